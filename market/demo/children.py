"""The demo's processes: forked from one that has imported everything, gone when it goes."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

from market.settings import Settings

_CONTEXT = get_context("fork")
_PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15.0


def _die_with_parent(parent: int) -> None:
    """Ask Linux to end this process when the demo is killed; elsewhere a killed demo leaves its parts running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _main(parent: int, work: Callable[[], Coroutine[None, None, None]]) -> None:
    _die_with_parent(parent)
    os.setsid()  # Ctrl-C reaches the demo alone, which stops its parts in order
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(work())


def start(name: str, work: Callable[[], Coroutine[None, None, None]]) -> BaseProcess:
    """Start a part of the demo in a process of its own."""
    process = _CONTEXT.Process(target=_main, args=(os.getpid(), work), name=name)
    process.start()
    return process


def stop(processes: list[BaseProcess]) -> None:
    """Stop the parts, last started first; what does not end in time is killed."""
    for process in reversed(processes):
        if process.is_alive():
            process.terminate()
        process.join(STOP_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


async def service(settings: Settings) -> None:
    """Answer requests until SIGTERM."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from market.app import create_app

    server = Server(
        create_app(settings),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_access=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


async def worker(settings: Settings) -> None:
    """Do the background work until SIGTERM."""
    from market.app import open_services
    from market.jobs.worker import Tools, run_worker
    from market.logs import configure_logs
    from market.notify import port_of
    from market.startup import owner_address

    configure_logs()
    async with owner_address(settings) as dsn, open_services(settings) as held:
        tools = Tools(settings, held.db, held.clock, held.seal, held.gateway, port_of(settings.sms_path))
        await run_worker(tools, dsn)
