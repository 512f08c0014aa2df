"""The worker process: queued jobs and the two schedules."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg

from market.jobs.context import WorkerContext, run_isolated
from market.jobs.minutely import EVERY_MINUTE, run_every_minute, send_messages
from market.jobs.nightly import EVERY_NIGHT, run_nightly
from market.jobs.payments import PAYMENTS_JOB, apply_payment_messages
from market.kernel.queue import QUEUE_SCHEMA
from market.notify.queue import MESSAGES_JOB

HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""A job whose worker has sent no heartbeat for this long is taken over by another worker."""


async def run_worker(context: WorkerContext, dsn: str, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run jobs until SIGTERM or SIGINT. The queue listens on its connections, so it has a separate pool."""
    from pgqueuer import PgQueuer

    async def set_search_path(conn: "asyncpg.Connection[asyncpg.Record]") -> None:
        await conn.execute(f"SET search_path = {QUEUE_SCHEMA}")

    pool = await asyncpg.create_pool(
        dsn,
        min_size=2,
        max_size=4,
        init=set_search_path,
        reset=_keep_connection_state,
        server_settings={"application_name": "market-queue"},
    )
    queue = PgQueuer.from_asyncpg_pool(pool)

    def register(job: str, work: Callable[[WorkerContext], Awaitable[None]]) -> None:
        @queue.entrypoint(job, concurrency_limit=1)
        async def _run(_job: object) -> None:
            await work(context)

    register(PAYMENTS_JOB, apply_payment_messages)
    register(MESSAGES_JOB, send_messages)

    @queue.schedule("run_every_minute", EVERY_MINUTE)
    async def _minutely(_schedule: object) -> None:
        await run_every_minute(context)

    @queue.schedule("run_nightly", EVERY_NIGHT)
    async def _nightly(_schedule: object) -> None:
        await run_isolated(("run_nightly", lambda: run_nightly(context)))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, queue.shutdown.set)
    await run_every_minute(context)
    on_ready()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await queue.run(dequeue_timeout=timedelta(seconds=10), heartbeat_timeout=HEARTBEAT_TIMEOUT)
    finally:
        await pool.close()


async def _keep_connection_state(_conn: object) -> None:
    """Keep the search path when a connection returns to the pool, which only the queue uses."""
