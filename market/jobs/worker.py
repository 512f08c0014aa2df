"""The worker: acts on what the payment provider said, sends messages, lets unpaid orders go."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import structlog
from msgspec import Struct

from market.aftersales import confirm_overdue
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.queue import SCHEMA
from market.kernel.seal import Seal
from market.notify import Port, send_due
from market.orders import act_on_payments, expire_orders
from market.settings import Settings
from payments import Gateway, apply_events, ask_due, finish_operations
from payments.pay import expire_payments

log = structlog.get_logger()

EVERY_MINUTE = "* * * * *"
PAYMENTS, MESSAGES = "payments", "messages"
"""The jobs that others wake."""


class Tools(Struct, frozen=True):
    """What the worker's jobs work with."""

    settings: Settings
    db: Database
    clock: Clock
    seal: Seal
    gateway: Gateway
    port: Port


async def settle_payments(tools: Tools) -> None:
    """Ask the provider about every message it sent, book what is true, and let the orders follow."""
    now = tools.clock.now()
    while (applied := await apply_events(tools.db, tools.gateway, at=now)).done:
        log.info("payment_messages", done=applied.done, parked=applied.parked, dead=applied.dead)
    await act_on_payments(tools.db, tools.gateway, tools.seal, now=now)


async def send_messages(tools: Tools) -> None:
    """Send what is queued."""
    await send_due(tools.db, tools.seal, tools.port, now=tools.clock.now())


async def tidy(tools: Tools) -> None:
    """Once a minute: finish calls without an answer, let unpaid orders go, take old parcels as received."""
    now = tools.clock.now()
    await finish_operations(tools.db, tools.gateway, at=now)
    await ask_due(tools.db, tools.gateway, at=now)
    await expire_orders(tools.db, tools.gateway, now=now)
    await expire_payments(tools.db, tools.gateway, now=now)
    await settle_payments(tools)
    await confirm_overdue(tools.db, now=now, days=tools.settings.receive_days, seal=tools.seal)
    await send_messages(tools)


async def run_worker(tools: Tools, dsn: str, ready: Callable[[], None] = lambda: None) -> None:
    """Work until SIGTERM or SIGINT. The queue keeps a pool of its own, because it listens on its connections."""
    from pgqueuer import PgQueuer

    async def schema(conn: "asyncpg.Connection[asyncpg.Record]") -> None:
        await conn.execute(f"SET search_path = {SCHEMA}")

    pool = await asyncpg.create_pool(
        dsn, min_size=2, max_size=4, init=schema, reset=_keep, server_settings={"application_name": "market-queue"}
    )
    queue = PgQueuer.from_asyncpg_pool(pool)

    def on(job: str, work: Callable[[Tools], Awaitable[None]]) -> None:
        @queue.entrypoint(job, concurrency_limit=1)
        async def _run(_job: object) -> None:
            await work(tools)

    on(PAYMENTS, settle_payments)
    on(MESSAGES, send_messages)

    @queue.schedule("tidy", EVERY_MINUTE)
    async def _tidy(_schedule: object) -> None:
        await tidy(tools)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, queue.shutdown.set)
    await tidy(tools)
    ready()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await queue.run(dequeue_timeout=timedelta(seconds=10))
    finally:
        await pool.close()


async def _keep(_conn: object) -> None:
    """Keep the search path: the pool is the queue's alone."""
