"""Tables by month: partitions made ahead, and what came late gets its month without being moved."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.kernel.postgres.months import archive_partitions, make_partitions
from market.people.audit.record import add_audit_entry
from market.service.worker.queues import list_queue_states
from tests.conftest import NOW
from tests.payments.test_verification import owners
from tests.support.postgres import wait_for_blocked

__all__ = ["owners"]

LIST_PARTITIONS = "SELECT partition FROM list_month_partitions('audit_entries')"
FIND_PARTITION = "SELECT tableoid::regclass::text FROM audit_entries WHERE object = $1"


def list_coming_months(count: int) -> list[str]:
    now = datetime.now(UTC)
    months = [now.year * 12 + now.month - 1 + n for n in range(count)]
    return [f"{each // 12 % 100:02}{each % 12 + 1:02}" for each in months]


async def drop_months(owner: Connection) -> None:
    """Leave of the tables by month what a migration makes: the partition of what is late."""
    tables = "list_month_tables() AS each CROSS JOIN LATERAL list_month_partitions(each.name)"
    for (partition,) in await owner.fetch(f"SELECT partition FROM {tables}"):
        await owner.execute(f"DROP TABLE {partition}")


async def add(conn: Connection, name: str) -> None:
    await add_audit_entry(conn, actor="a", action="tried", object=name, detail={}, now=NOW)


async def test_months_are_made_ahead_once_by_workers_at_once(database: Database, owner: Connection) -> None:
    await drop_months(owner)
    made = await asyncio.gather(*(make_partitions(database, ahead=3) for _ in range(4)))
    # Each table’s are made by whichever came to it first.
    assert sum(made) == 25
    names = [row[0] for row in await owner.fetch(LIST_PARTITIONS)]
    assert names == ["audit_entries_before", *(f"audit_entries_{month}" for month in list_coming_months(4))]
    async with database.connection() as conn:
        await add(conn, "thing:1")
    assert await owner.fetchval(FIND_PARTITION, "thing:1") == f"audit_entries_{list_coming_months(1)[0]}"


async def test_what_was_stored_before_its_month_was_made_is_that_month(database: Database, owner: Connection) -> None:
    await drop_months(owner)
    async with database.connection() as conn:
        await add(conn, "thing:1")
        late = {state.queue: state.due for state in await list_queue_states(conn, now=NOW)}["late_rows"]
        place = await owner.fetchval("SELECT ctid FROM audit_entries")
        assert late == 1
        await make_partitions(database, ahead=3)
        states = await list_queue_states(conn, now=NOW)
    assert {state.queue: state.due for state in states}["late_rows"] == 0
    names = [row[0] for row in await owner.fetch(LIST_PARTITIONS)]
    assert names == [f"audit_entries_{month}" for month in list_coming_months(4)]
    assert await owner.fetchval(FIND_PARTITION, "thing:1") == names[0]
    assert await owner.fetchval("SELECT ctid FROM audit_entries") == place
    # What comes after the last of them, and what no month has been made for, is late once more.
    await owner.execute(
        "INSERT INTO audit_entries (chain, sequence, at, actor, action, object, detail, previous, hash)"
        " SELECT chain, 49120000000001, at, actor, action, object, detail, previous, hash FROM audit_entries"
    )
    assert await owner.fetchval("SELECT sum(late_rows) FROM count_late_rows(9)") == 1
    assert await make_partitions(database, ahead=3) == 1
    assert await make_partitions(database, ahead=3) == 0
    bounds = await owner.fetch("SELECT first_bound, end_bound FROM list_month_partitions('audit_entries')")
    assert [row["first_bound"] for row in bounds[1:]] == [row["end_bound"] for row in bounds[:-1]]
    assert bounds[-1]["end_bound"] == "50010000000000"


async def test_months_are_made_while_others_write_and_refuse_none(database: Database, owner: Connection) -> None:
    await drop_months(owner)
    async with database.connection() as first, database.connection() as second:
        open_one = first.transaction()
        await open_one.start()
        await add(first, "thing:1")
        giving_way = asyncio.create_task(make_partitions(database, ahead=3))
        await wait_for_blocked(owner, first.get_server_pid())
        with pytest.raises(asyncpg.LockNotAvailableError):
            await giving_way
        waiting = asyncio.create_task(add(second, "thing:1"))
        await open_one.commit()
        await waiting
    assert await make_partitions(database, ahead=3) > 0
    assert await owner.fetchval("SELECT count(*) FROM audit_entries") == 2


async def test_each_partition_refuses_what_its_table_refuses(database: Database, owner: Connection) -> None:
    async with database.connection() as conn:
        await add(conn, "thing:1")
    for month in [*list_coming_months(1), "late"]:
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(f"TRUNCATE audit_entries_{month}")
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(f"TRUNCATE run_lines_{month}, claims_{month}")
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute(f"DELETE FROM audit_entries_{list_coming_months(1)[0]}")
    kept = await owner.fetch(
        "SELECT attstattarget FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relkind = 'r' AND relname LIKE 'run\\_lines\\_%' AND attname = 'run_id'"
    )
    assert {row[0] for row in kept} == {0}
    async with database.connection() as conn:
        for statement in (
            "SELECT FROM claims_late",
            "SELECT archive_month_partition('claims')",
            "SELECT FROM market_archive.claims_1901",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)


async def test_nothing_is_archived_before_its_table_kept_it(database: Database, owners: Database) -> None:
    await make_partitions(database, ahead=3)
    tables = ["audit_entries", "usage_days", "claims", "run_lines", "run_explanations"]
    assert await archive_partitions(owners, tables=tables) == []


@pytest.mark.parametrize(
    ("kind", "first", "last", "month"),
    [
        ("day", "2026-12-01", "2026-12-31", "2026-12-01"),
        ("number", "26120000000000", "26129999999999", "2026-12-01"),
        ("id", "01a22ee6-b000-0000-0000-000000000000", "01a2ce8b-d3ff-7fff-bfff-ffffffffffff", "2026-12-01"),
    ],
)
async def test_a_value_is_in_the_month_between_its_bounds(
    conn: Connection, kind: str, first: str, last: str, month: str
) -> None:
    day = datetime.fromisoformat(month).date()
    assert await conn.fetchval("SELECT get_month_bound($1, $2)", kind, day) == first
    for value in (first, last):
        assert await conn.fetchval("SELECT get_bound_month($1, $2)", kind, value) == day
