"""The demo's child processes: forked after all imports, stopped with their parent."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

from market.kernel.event_loop import run_to_end
from market.kernel.settings import Settings

_CONTEXT = get_context("fork")
_PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15.0
MAX_RESTARTS = 3
_RESTART_SECONDS = 60.0


def _die_with_parent(parent: int) -> None:
    """Make Linux kill this process when the demo is killed; on other systems the processes keep running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _run_child(parent: int, work: Callable[[], Coroutine[None, None, None]]) -> None:
    _die_with_parent(parent)
    os.setsid()  # Only the demo handles Ctrl-C; it stops its processes in order
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    run_to_end(work())


def start_process(name: str, work: Callable[[], Coroutine[None, None, None]]) -> BaseProcess:
    """Start a process of the demo."""
    process = _CONTEXT.Process(target=_run_child, args=(os.getpid(), work), name=name)
    process.start()
    return process


class Child:
    """A process of the demo that is started again when it ends by itself."""

    def __init__(self, name: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self.name = name
        self._work = work
        self.process = start_process(name, work)
        self._restarted_at: list[float] = []

    def restart_if_dead(self, now: float) -> int | None:
        """Start the process again if it ended, and return the exit code that it ended with, None if it runs.

        Raises:
            ChildEndsAgain: it was started again `MAX_RESTARTS` times within a minute.
        """
        if self.process.is_alive():
            return None
        code = self.process.exitcode or 0
        self._restarted_at = [each for each in self._restarted_at if now - each < _RESTART_SECONDS]
        if len(self._restarted_at) >= MAX_RESTARTS:
            raise ChildEndsAgain(f"The {self.name} ends again and again (exit code {code}); see the output above.")
        self._restarted_at.append(now)
        self.process = start_process(self.name, self._work)
        return code


class ChildEndsAgain(Exception):
    """A process of the demo cannot be kept running; the text names it."""


def stop_processes(processes: list[BaseProcess]) -> None:
    """Stop the processes, the last started first; kill those that do not end in time."""
    for process in reversed(processes):
        if process.is_alive():
            process.terminate()
        process.join(STOP_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


async def run_service(settings: Settings) -> None:
    """Serve requests until SIGTERM."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from market.service.app import create_app

    server = Server(
        create_app(settings),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        backlog=1_024,
        websockets=False,
        log_access=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


async def run_demo_worker(settings: Settings) -> None:
    """Run the background jobs until SIGTERM."""
    from market.kernel.structs import build_from
    from market.people.notify.open_port import open_port
    from market.service.app import open_services
    from market.service.logs import configure_logs
    from market.service.worker.context import WorkerContext
    from market.service.worker.worker import run_worker

    configure_logs()
    async with open_services(settings) as services, open_port(settings) as port:
        await run_worker(build_from(WorkerContext, services, port=port))
