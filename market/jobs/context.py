"""The dependencies of background jobs, and the isolation of their steps from each other."""

from collections.abc import Awaitable, Callable

import structlog
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.notify.ports import MessagePort
from market.settings import Settings
from payments import Gateway

log = structlog.get_logger()


class WorkerContext(Struct, frozen=True):
    """The dependencies of the worker's jobs."""

    settings: Settings
    db: Database
    clock: Clock
    seal: Seal
    gateway: Gateway
    port: MessagePort


async def run_isolated(*steps: tuple[str, Callable[[], Awaitable[object]]]) -> None:
    """Run named steps in order. A failing step is logged and does not block the others."""
    for name, step in steps:
        try:
            await step()
        except Exception:
            log.exception("job_failed", job=name)
