"""The demo's processes: one that ends by itself is started again, but not for ever."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from market.service.demo.children import MAX_RESTARTS, Child, ChildEndsAgain, run_service, stop_processes
from tests.support.app import build_settings


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


def kill(child: Child) -> None:
    pid = child.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    child.process.join()


def test_a_killed_process_is_started_again_a_few_times_a_minute() -> None:
    child = Child("service", wait_for_ever)
    try:
        assert child.restart_if_dead(0.0) is None
        for _ in range(MAX_RESTARTS):
            before = child.process.pid
            kill(child)
            assert child.restart_if_dead(1.0) == -signal.SIGKILL
            assert child.process.is_alive()
            assert child.process.pid != before
        kill(child)
        with pytest.raises(ChildEndsAgain, match="The service ends again and again"):
            child.restart_if_dead(60.0)
        assert child.restart_if_dead(61.0) == -signal.SIGKILL
        assert child.process.is_alive()
    finally:
        stop_processes([child.process])


async def test_the_service_of_the_demo_lets_a_thousand_connections_wait(
    dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rush of a sale connects faster than one process accepts."""
    asked: dict[str, Any] = {}

    class ListeningError(Exception):
        pass

    def listen(*_: object, **options: Any) -> None:
        asked.update(options)
        raise ListeningError

    monkeypatch.setattr("granian.server.embed.Server", listen)
    with pytest.raises(ListeningError):
        await run_service(build_settings(dsn, folder))
    assert asked["backlog"] >= 1_024
