"""Archived months of the audit record: nothing of them is lost, changed or forgotten by the chains."""

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.kernel.postgres.months import archive_partitions, make_partitions
from market.people.audit.record import add_audit_entry
from market.people.audit.verification import AuditFault, AuditFaultKind, list_heads, verify_audit
from tests.conftest import NOW
from tests.kernel.test_months import drop_months
from tests.payments.test_verification import owners

__all__ = ["owners"]

OBJECT = "thing:1"
ADD_OLD_ENTRIES = """
    WITH RECURSIVE chain AS (
        SELECT (hashtextextended('thing:1', 0) & 15)::smallint AS chain
    ), old AS (
        SELECT chain, 19010000000001 AS sequence, '\\x00'::bytea AS previous,
               hash_audit_entry('\\x00', chain, 19010000000001, $1, 'a', 'tried', 'thing:1', '{}') AS hash
          FROM chain
         UNION ALL
        SELECT chain, sequence + 1, hash,
               hash_audit_entry(hash, chain, sequence + 1, $1, 'a', 'tried', 'thing:1', '{}')
          FROM old WHERE sequence < 19010000000000 + $2::integer
    )
    INSERT INTO audit_entries (chain, sequence, at, actor, action, object, detail, previous, hash)
    SELECT chain, sequence, $1, 'a', 'tried', 'thing:1', '{}', previous, hash FROM old
"""
"""As they were added in January 2019."""
ARCHIVED = "audit_entries_1901"


@pytest.fixture(autouse=True)
async def months(owner: Connection) -> None:
    """No months are made yet."""
    await drop_months(owner)


async def add_now(conn: Connection) -> int:
    """Add an entry and return its number in the chain, over all months."""
    await add_audit_entry(conn, actor="a", action="tried", object=OBJECT, detail={}, now=NOW)
    return await conn.fetchval("SELECT max(sequence) % 10000000000 FROM audit_entries")


async def archive(owner: Connection, database: Database, owners: Database, *, entries: int) -> None:
    await owner.execute(ADD_OLD_ENTRIES, NOW, entries)
    await make_partitions(database, ahead=3)
    assert await archive_partitions(owners, tables=["audit_entries"]) == [ARCHIVED]
    assert await archive_partitions(owners, tables=["audit_entries"]) == []


async def test_an_archived_month_loses_nothing_and_its_chain_goes_on(
    owner: Connection, database: Database, owners: Database
) -> None:
    await owner.execute(ADD_OLD_ENTRIES, NOW, 7)
    noted = await list_heads(owner)
    await make_partitions(database, ahead=3)
    before = await owner.fetch("SELECT * FROM audit_entries ORDER BY sequence")
    assert await archive_partitions(owners, tables=["audit_entries"]) == [ARCHIVED]
    assert await owner.fetch(f"SELECT * FROM market_archive.{ARCHIVED} ORDER BY sequence") == before
    assert await owner.fetchval("SELECT count(*) FROM audit_entries") == 0
    async with database.connection() as conn:
        assert await verify_audit(conn, noted=noted) == (7, [])
        assert [await add_now(conn) for _ in range(2)] == [8, 9]
        assert await verify_audit(conn, noted=[*noted, *await list_heads(conn)]) == (9, [])
        assert await verify_audit(conn, noted=noted, after=noted) == (2, [])
    # What came late to the archived month has its place, and an archive of its own.
    await owner.execute(
        "INSERT INTO audit_entries (chain, sequence, at, actor, action, object, detail, previous, hash)"
        f" SELECT 0, sequence, at, actor, action, object, detail, previous, hash FROM market_archive.{ARCHIVED}"
    )
    assert await make_partitions(database, ahead=3) == 1
    assert await archive_partitions(owners, tables=["audit_entries"]) == [f"{ARCHIVED}_1"]
    assert await owner.fetchval(f"SELECT count(*) FROM market_archive.{ARCHIVED}") == 7


async def test_the_archive_is_append_only_and_a_change_of_it_is_found(
    owner: Connection, database: Database, owners: Database
) -> None:
    await archive(owner, database, owners, entries=7)
    assert await owner.fetchval("SELECT sequence FROM archived_audit_heads") == 19010000000007
    for statement in ("UPDATE {} SET actor = 'b'", "DELETE FROM {}", "INSERT INTO {} SELECT * FROM {}", "TRUNCATE {}"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(statement.replace("{}", f"market_archive.{ARCHIVED}"))
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(f"UPDATE market_archive.{ARCHIVED} SET actor = 'b' WHERE sequence = 19010000000003")
    async with database.connection() as conn:
        await add_now(conn)
        chain = await owner.fetchval("SELECT chain FROM audit_entries")
        assert await verify_audit(conn) == (8, [AuditFault(chain, 19010000000003)])


async def test_a_month_that_was_taken_elsewhere_is_not_missed_and_what_follows_is_verified(
    owner: Connection, database: Database, owners: Database
) -> None:
    await owner.execute(ADD_OLD_ENTRIES, NOW, 7)
    old = await list_heads(owner)
    await make_partitions(database, ahead=3)
    await archive_partitions(owners, tables=["audit_entries"])
    async with database.connection() as conn:
        await add_now(conn)
        noted = [*old, *await list_heads(conn)]
        await owner.execute(f"DROP TABLE market_archive.{ARCHIVED}")
        assert await verify_audit(conn, noted=noted) == (1, [])
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("DELETE FROM audit_entries")
        head = noted[-1]
        faults = [AuditFault(head.chain, head.sequence, AuditFaultKind.HEAD_MISSING)]
        assert await verify_audit(conn, noted=noted) == (0, faults)
