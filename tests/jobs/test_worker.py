"""The worker: polls that do not wait for each other, and schedules that run once."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from market.identity.codes import CodeLimits, request_code
from market.jobs import schedules
from market.jobs.context import WorkerContext
from market.jobs.polls import POLLS, Poll
from market.jobs.schedules import Schedule, add_schedules, run_due_schedules
from market.jobs.worker import run_polls
from market.kernel import Connection, Database
from market.kernel.clock import make_clock_at
from market.kernel.seal import Seal
from market.notify.ports import FilePort
from market.settings import Settings
from market.storage.files import open_file_store
from payments import GuardedGateway
from payments.stripe import Stripe
from tests.conftest import NOW

LATER = NOW + timedelta(days=3)


@pytest.fixture
async def context(database: Database, seal: Seal, folder: Path) -> AsyncGenerator[WorkerContext]:
    """The worker's dependencies; the provider's address refuses connections."""
    async with Stripe("sk_test_tests", "whsec_tests", base="http://127.0.0.1:9") as gateway:
        yield WorkerContext(
            Settings(data=folder),
            database,
            make_clock_at(LATER),
            seal,
            GuardedGateway(gateway),
            FilePort(folder / "sms.jsonl"),
            open_file_store((folder / "files").as_uri()),
        )


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


async def test_old_codes_are_deleted_at_night(context: WorkerContext, seal: Seal, owner: Connection) -> None:
    await request_a_code(context, seal)
    await add_schedules(context.db)
    assert await run_due_schedules(context) == 0
    await owner.execute("UPDATE jobs.schedules SET next_at = now()")
    assert await run_due_schedules(context) == len(schedules.SCHEDULES)
    assert await owner.fetchval("SELECT count(*) FROM sign_in_codes") == 0
    assert await owner.fetchval("SELECT count(*) FROM jobs.schedules WHERE next_at <= now() + interval '1 day'") == len(
        schedules.SCHEDULES
    )


async def test_a_due_schedule_runs_in_one_of_many_workers(
    context: WorkerContext, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []

    async def run(_context: WorkerContext) -> None:
        await asyncio.sleep(0.1)
        ran.append(1)

    monkeypatch.setattr(schedules, "SCHEDULES", (Schedule(name="once", offset=timedelta(hours=4), run=run),))
    await add_schedules(context.db)
    await owner.execute("UPDATE jobs.schedules SET next_at = now()")
    assert sorted(await asyncio.gather(*(run_due_schedules(context) for _ in range(8)))) == [0] * 7 + [1]
    assert ran == [1]


async def test_a_failed_schedule_is_retried_after_a_pause_and_the_others_run(
    context: WorkerContext, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_context: WorkerContext) -> None:
        raise ValueError("no")

    async def succeed(_context: WorkerContext) -> None:
        pass

    both = tuple(Schedule(name=name, offset=timedelta(0), run=run) for name, run in (("bad", fail), ("good", succeed)))
    monkeypatch.setattr(schedules, "SCHEDULES", both)
    await add_schedules(context.db)
    await owner.execute("UPDATE jobs.schedules SET next_at = now()")
    assert await run_due_schedules(context) == 1
    row = await owner.fetchrow(
        "SELECT attempts, error, round(extract(epoch FROM next_at - now()) / 60) AS minutes"
        " FROM jobs.schedules WHERE name = 'bad'"
    )
    assert row is not None
    assert tuple(row) == (1, "ValueError: no", 5)
    await owner.execute("UPDATE jobs.schedules SET next_at = now() WHERE name = 'bad'")
    await run_due_schedules(context)
    assert (
        await owner.fetchval(
            "SELECT round(extract(epoch FROM next_at - now()) / 60) FROM jobs.schedules WHERE name = 'bad'"
        )
        == 10
    )


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
