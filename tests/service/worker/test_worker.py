"""The worker: polls that do not wait for each other, and schedules that run once."""

import asyncio
import itertools
import threading
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec
import pytest

from market.kernel import Connection
from market.kernel.clock import make_clock_at
from market.kernel.seal import Seal
from market.people.identity.codes import CodeLimits, request_code
from market.service.worker.context import WorkerContext
from market.service.worker.own_loop import open_own_loop
from market.service.worker.polls import POLLS, Poll
from market.service.worker.queues import list_schedule_states
from market.service.worker.schedules import SCHEDULES, Schedule, add_schedules, run_if_due
from market.service.worker.worker import make_poll, run_polls
from tests.conftest import NOW


async def request_a_code(context: WorkerContext, seal: Seal) -> None:
    async with context.db.transaction() as conn:
        limits = CodeLimits(per_phone=10, per_network=60, per_day=100)
        await request_code(conn, seal, limits, phone="17000009001", network="127.0.0.1", now=NOW)


async def test_a_code_is_sent_at_once_while_every_other_poll_hangs(context: WorkerContext, seal: Seal) -> None:
    async def hang(_context: WorkerContext) -> None:
        await asyncio.sleep(60)

    context = msgspec.structs.replace(context, clock=make_clock_at(NOW))
    sending = next(poll for poll in POLLS if poll.name == "send_codes")
    polls = [poll if poll is sending else Poll(poll.name, poll.interval, hang) for poll in POLLS]
    await request_a_code(context, seal)
    stop = asyncio.Event()
    running = asyncio.create_task(run_polls(context, polls, stop, stop_seconds=0))
    path = context.settings.data / "sms.jsonl"
    for _ in range(40):
        if path.exists():
            break
        await asyncio.sleep(0.05)
    stop.set()
    await running
    assert "17000009001" in path.read_text()


async def test_a_poll_that_fails_is_repeated_with_growing_pauses(context: WorkerContext) -> None:
    started: list[float] = []
    stop = asyncio.Event()

    async def fail(_context: WorkerContext) -> None:
        started.append(asyncio.get_running_loop().time())
        if len(started) == 4:
            stop.set()
        raise ValueError

    await run_polls(context, [Poll("failing", timedelta(seconds=0.02), fail)], stop)
    pauses = [after - before for before, after in itertools.pairwise(started)]
    assert [pause >= 0.02 * 2**n for n, pause in enumerate(pauses, 1)] == [True, True, True]


async def store(owner: Connection, *chosen: Schedule) -> None:
    """Store schedules as due."""
    await owner.executemany(
        "INSERT INTO jobs.schedules (name, next_at) VALUES ($1, now())", [(each.name,) for each in chosen]
    )


async def test_old_codes_are_deleted_at_night(context: WorkerContext, seal: Seal, owner: Connection) -> None:
    await request_a_code(context, seal)
    await add_schedules(context.db)
    assert not any([await run_if_due(context, each) for each in SCHEDULES])
    await owner.execute("UPDATE jobs.schedules SET next_at = now()")
    assert all([await run_if_due(context, each) for each in SCHEDULES])
    assert await owner.fetchval("SELECT count(*) FROM sign_in_codes") == 0
    assert await owner.fetchval("SELECT count(*) FROM jobs.schedules WHERE next_at <= now() + interval '1 day'") == len(
        SCHEDULES
    )


async def test_a_due_schedule_runs_in_one_of_many_workers(context: WorkerContext, owner: Connection) -> None:
    ran: list[int] = []

    async def run(_context: WorkerContext) -> None:
        await asyncio.sleep(0.1)
        ran.append(1)

    once = Schedule(name="once", offset=timedelta(hours=4), run=run)
    await store(owner, once)
    assert sorted(await asyncio.gather(*(run_if_due(context, once) for _ in range(8)))) == [False] * 7 + [True]
    assert ran == [1]


async def test_a_schedule_runs_once_although_the_clock_of_its_worker_is_late(
    context: WorkerContext, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []

    class LateClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=2)

    async def run(_context: WorkerContext) -> None:
        ran.append(1)

    monkeypatch.setattr("market.service.worker.schedules.datetime", LateClock)
    hourly = Schedule(name="hourly", interval=timedelta(hours=1), offset=timedelta(0), run=run)
    await store(owner, hourly)
    assert await run_if_due(context, hourly)
    assert not await run_if_due(context, hourly)
    assert ran == [1]


async def test_a_schedule_that_ends_with_its_worker_counts_as_failed(context: WorkerContext, owner: Connection) -> None:
    async def hang(_context: WorkerContext) -> None:
        await asyncio.sleep(60)

    lethal = Schedule(name=SCHEDULES[0].name, offset=timedelta(0), run=hang)
    await store(owner, lethal)
    counted: list[int] = []
    for _ in range(3):
        killed = asyncio.create_task(run_if_due(context, lethal))
        while await owner.fetchval("SELECT next_at <= now() FROM jobs.schedules"):
            await asyncio.sleep(0.01)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        async with context.db.connection() as conn:
            counted += [each.failures for each in await list_schedule_states(conn)]
        await owner.execute("UPDATE jobs.schedules SET next_at = now()")
    assert counted == [0, 1, 2]


async def test_a_failed_schedule_is_retried_after_a_pause(context: WorkerContext, owner: Connection) -> None:
    async def fail(_context: WorkerContext) -> None:
        raise ValueError("no")

    bad = Schedule(name="bad", offset=timedelta(0), run=fail)
    await store(owner, bad)
    assert not await run_if_due(context, bad)
    row = await owner.fetchrow(
        "SELECT attempts, error, round(extract(epoch FROM next_at - now()) / 60) AS minutes FROM jobs.schedules"
    )
    assert row is not None
    assert tuple(row) == (1, "ValueError: no", 5)
    await owner.execute("UPDATE jobs.schedules SET next_at = now()")
    assert not await run_if_due(context, bad)
    assert await owner.fetchval("SELECT round(extract(epoch FROM next_at - now()) / 60) FROM jobs.schedules") == 10


async def test_a_schedule_runs_while_the_others_hang_or_fail(context: WorkerContext, owner: Connection) -> None:
    stop = asyncio.Event()

    async def hang(_context: WorkerContext) -> None:
        await asyncio.sleep(60)

    async def fail(_context: WorkerContext) -> None:
        raise ValueError("no")

    async def succeed(_context: WorkerContext) -> None:
        stop.set()

    others = [Schedule(name=f"slow {n}", offset=timedelta(0), run=hang) for n in range(4)]
    both = [Schedule(name=name, offset=timedelta(0), run=run) for name, run in (("bad", fail), ("good", succeed))]
    await store(owner, *others, *both)
    async with asyncio.timeout(10):
        await run_polls(context, [make_poll(each) for each in (*others, *both)], stop, stop_seconds=0.5)
    assert await owner.fetchval("SELECT finished_at IS NOT NULL FROM jobs.schedules WHERE name = 'good'")


@pytest.mark.parametrize(
    ("interval", "after", "expected"),
    [
        (timedelta(days=1), "2019-09-20T03:59:00+08:00", "2019-09-20T04:00:00+08:00"),
        (timedelta(days=1), "2019-09-20T04:00:00+08:00", "2019-09-21T04:00:00+08:00"),
        (timedelta(hours=1), "2019-09-20T04:00:01+08:00", "2019-09-20T05:00:00+08:00"),
        (timedelta(days=1), "2018-01-01T00:00:00+08:00", "2018-01-01T04:00:00+08:00"),
    ],
)
def test_a_schedule_names_its_next_run_in_shanghai(interval: timedelta, after: str, expected: str) -> None:
    async def run(_context: WorkerContext) -> None: ...

    schedule = Schedule(name="any", interval=interval, offset=timedelta(hours=4), run=run)
    assert schedule.get_next_run(datetime.fromisoformat(after).astimezone(UTC)) == datetime.fromisoformat(expected)


async def test_no_commit_notifies_a_listener(owner: Connection) -> None:
    """PostgreSQL serializes the commits of transactions that call NOTIFY, across the whole server."""
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM pg_proc WHERE prosrc ILIKE '%notify%' AND pronamespace <> 'pg_catalog'::regnamespace"
        )
        == 0
    )


async def test_work_in_a_loop_of_its_own_holds_up_nothing_and_is_cancelled_with_its_caller() -> None:
    ended: list[str] = []
    released, began = threading.Event(), threading.Event()

    async def block() -> str:
        assert released.wait(30), "this loop did not run meanwhile"
        return threading.current_thread().name

    async def wait() -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async with open_own_loop("own") as own:
        working = asyncio.create_task(own.run(block()))
        await asyncio.sleep(0.01)
        released.set()
        assert await working == "own"
        waiting = asyncio.create_task(own.run(wait()))
        while not began.is_set():
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert ended == ["cancelled"]
