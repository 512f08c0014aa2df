"""The tasks of the worker: long work, in an event loop of its own beside the other jobs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from market.kernel import open_database
from market.kernel.database import APP_ROLE
from market.service.startup import open_logins
from market.service.worker.context import WorkerContext
from market.service.worker.own_loop import open_own_loop
from market.service.worker.polls import Poll
from market.subsidies.tasks.work import TaskWorker, run_due_tasks

LANES = 2
"""How many tasks run at once, each of another county."""
_MAX_STATEMENT_SECONDS = 600
# A month is calculated inside its transaction, which sends nothing meanwhile.
_MAX_IDLE_TRANSACTION_SECONDS = 600
_INTERVAL = timedelta(seconds=0.3)


@asynccontextmanager
async def open_task_polls(context: WorkerContext) -> AsyncGenerator[tuple[Poll, ...]]:
    """Yield a poll per lane. No request waits for their statements, so that these may take ten minutes each."""
    async with open_logins(context.settings) as logins, open_own_loop("tasks") as own:
        db = await own.run(
            open_database(
                logins.service,
                role=APP_ROLE,
                max_size=2 * LANES,
                application_name="market-tasks",
                max_statement_seconds=_MAX_STATEMENT_SECONDS,
                max_idle_transaction_seconds=_MAX_IDLE_TRANSACTION_SECONDS,
            )
        )
        worker = TaskWorker(db=db, seal=context.seal, files=context.files, clock=context.clock)

        async def run(_: WorkerContext) -> None:
            await own.run(run_due_tasks(worker))

        try:
            yield tuple(Poll(f"run_tasks_{lane}", _INTERVAL, run) for lane in range(1, LANES + 1))
        finally:
            await own.run(db.close())
