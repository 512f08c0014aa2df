"""Killing the worker within a month's run: the month is calculated once, as if nothing had happened."""

import asyncio
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from market.kernel import open_database
from market.kernel.postgres.embedded import embedded_server
from market.service.startup import create_and_migrate
from market.subsidies.month.steps import RUN
from market.subsidies.tasks.submit import add_task, make_month_task
from tests.faults.processes import kill_group, run_command
from tests.service.web.desk.county import COUNTY, create_officials, import_story_files
from tests.support.make import SEAL

pytestmark = pytest.mark.long

LOCK_AUDIT = "SELECT pg_advisory_lock(7001, chain) FROM generate_series(0, 15) AS chain"
"""The locks that a run takes last, when everything but its audit entry is written."""
IS_BLOCKED = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND NOT granted"
NOW = "2019-02-14T01:00:00Z"


async def wait_for(owner: "asyncpg.Connection[asyncpg.Record]", query: str) -> None:
    for _ in range(600):
        if await owner.fetchval(query):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(query)


async def test_a_month_is_calculated_once_although_its_worker_is_killed(folder: Path) -> None:
    with embedded_server(folder) as server:
        await create_and_migrate(server.dsn())
        db = await open_database(server.dsn())
        people = await create_officials(db)
        await import_story_files(db, SEAL, people)
        async with db.transaction(scope=COUNTY) as conn:
            task = make_month_task(RUN, "2019-01")
            await add_task(conn, people.actors["gan"], COUNTY, task, request_key="k", now=datetime.fromisoformat(NOW))
        await db.close()
        owner = await asyncpg.connect(server.dsn())
        await owner.execute(LOCK_AUDIT)
        with run_command(folder, "worker", MARKET_NOW=NOW) as process:
            await wait_for(owner, IS_BLOCKED)
            kill_group(process)
        await owner.execute("SELECT pg_advisory_unlock_all()")
        await wait_for(owner, "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'market-tasks'")
        assert await owner.fetchval("SELECT count(*) FROM runs") == 0
        assert await owner.fetchval("SELECT state FROM tasks") == "running"
        # A minute later the lease has expired.
        await owner.execute("UPDATE tasks SET next_at = clock_timestamp()")
        with run_command(folder, "worker", MARKET_NOW=NOW):
            await wait_for(owner, "SELECT state = 'done' FROM tasks")
        assert [tuple(row) for row in await owner.fetch("SELECT state, attempts FROM tasks")] == [("done", 2)]
        assert await owner.fetchval("SELECT count(*) FROM runs") == 1
        assert await owner.fetchval("SELECT count(*) FROM cycle_events WHERE state = 'calculated'") == 1
        await owner.close()
