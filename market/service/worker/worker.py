"""The worker process: a task per poll and schedule."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from market.service.worker.context import WorkerContext
from market.service.worker.polls import POLLS, Poll
from market.service.worker.schedules import SCHEDULES, Schedule, add_schedules, run_if_due
from market.service.worker.tasks import open_task_polls

log = structlog.get_logger()

MAX_PAUSE = timedelta(seconds=30)
"""The longest pause of a poll that keeps failing, for instance while the database is down."""
STOP_SECONDS = 15.0
"""How long work in progress may take after SIGTERM; work that is cut off is repeated when its lease expires."""
SCHEDULE_INTERVAL = timedelta(seconds=10)


async def run_worker(context: WorkerContext, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run background jobs until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await add_schedules(context.db)
    async with open_task_polls(context) as task_polls:
        on_ready()
        await run_polls(context, [*POLLS, *task_polls, *map(make_poll, SCHEDULES)], stop)


def make_poll(schedule: Schedule) -> Poll:
    """Return the poll that runs a schedule when it is due, so that no schedule waits for another."""
    return Poll(schedule.name, SCHEDULE_INTERVAL, lambda context: run_if_due(context, schedule))


async def run_polls(
    context: WorkerContext, polls: Sequence[Poll], stop: asyncio.Event, *, stop_seconds: float = STOP_SECONDS
) -> None:
    """Repeat each poll in a task of its own until `stop` is set, then wait `stop_seconds` for work in progress."""
    tasks = [asyncio.create_task(_repeat(context, poll, stop), name=poll.name) for poll in polls]
    await stop.wait()
    _, pending = await asyncio.wait(tasks, timeout=stop_seconds)
    for task in pending:
        log.warning("job_stopped", job=task.get_name())
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


async def _repeat(context: WorkerContext, poll: Poll, stop: asyncio.Event) -> None:
    failures = 0
    while not stop.is_set():
        interval = poll.interval
        try:
            if await poll.run(context) and poll.busy_interval is not None:
                interval = poll.busy_interval
            failures = 0
        except Exception:
            failures += 1
            log.exception("job_failed", job=poll.name)
        pause = min(interval * 2 ** min(failures, 10), max(MAX_PAUSE, interval))
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await stop.wait()
        except TimeoutError:
            continue
