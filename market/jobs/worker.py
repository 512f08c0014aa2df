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
from market.catalogue import refresh_scores
from market.identity import forget_codes
from market.kernel import Database, Query
from market.kernel.clock import Clock
from market.kernel.queue import SCHEMA
from market.kernel.seal import Seal
from market.notify import Port, send_due
from market.orders import act_on_payments, expire_orders
from market.settings import Settings
from payments import Gateway, apply_events, ask_due, finish_operations
from payments.idempotency import forget_old_keys
from payments.pay import expire_payments

log = structlog.get_logger()

EVERY_MINUTE = "* * * * *"
EVERY_NIGHT = "0 20 * * *"
"""Four in the morning in Shanghai."""
CODES_KEPT = timedelta(days=2)
LOG_KEPT = timedelta(days=7)
COUNTS_AS_NEW = timedelta(days=30)
PAYMENTS, MESSAGES = "payments", "messages"
"""The jobs that others wake."""
LEFT_BEHIND = timedelta(seconds=10)
"""A job of a worker that gave no sign of life for so long is another's."""


PRUNE_LOG = Query(None, "DELETE FROM jobs.pgqueuer_log WHERE created < :before")


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
    now, db, gateway = tools.clock.now(), tools.db, tools.gateway
    await _each(
        ("finish_operations", lambda: finish_operations(db, gateway, at=now)),
        ("ask_due", lambda: ask_due(db, gateway, at=now)),
        ("expire_orders", lambda: expire_orders(db, gateway, now=now)),
        ("expire_payments", lambda: expire_payments(db, gateway, now=now)),
        ("settle_payments", lambda: settle_payments(tools)),
        ("confirm_overdue", lambda: confirm_overdue(db, now=now, days=tools.settings.receive_days, seal=tools.seal)),
        ("send_messages", lambda: send_messages(tools)),
    )


async def keep_house(tools: Tools) -> None:
    """Once a night: forget old one-time codes and request keys, and compute the listings' scores anew."""
    now = tools.clock.now()
    async with tools.db.transaction() as conn:
        await forget_codes(conn, before=now - CODES_KEPT)
        await forget_old_keys(conn)
        await PRUNE_LOG.run(conn, before=now - LOG_KEPT)
    async with tools.db.transaction() as conn:
        await refresh_scores(conn, new_since=now - COUNTS_AS_NEW)


async def _each(*work: tuple[str, Callable[[], Awaitable[object]]]) -> None:
    """Do one piece of work after the other: one that fails is logged and tried again next time, the others go on."""
    for name, piece in work:
        try:
            await piece()
        except Exception:
            log.exception("job_failed", job=name)


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

    @queue.schedule("keep_house", EVERY_NIGHT)
    async def _keep_house(_schedule: object) -> None:
        await _each(("keep_house", lambda: keep_house(tools)))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, queue.shutdown.set)
    await tidy(tools)
    ready()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await queue.run(dequeue_timeout=timedelta(seconds=10), heartbeat_timeout=LEFT_BEHIND)
    finally:
        await pool.close()


async def _keep(_conn: object) -> None:
    """Keep the search path: the pool is the queue's alone."""
