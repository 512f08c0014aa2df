"""The audit record verifies, and detects changed and removed entries."""

import asyncpg
import pytest

from market.audit.record import AuditFault, add_audit_entry, verify_audit
from market.kernel import Connection, Database
from tests.conftest import NOW


async def add_entries(db: Database, count: int) -> None:
    async with db.transaction() as conn:
        for n in range(count):
            await add_audit_entry(
                conn, actor="a", action="tried", object="thing:1", detail={"n": n, "what": "枣"}, now=NOW
            )


async def test_the_record_verifies_over_all_chains(conn: Connection) -> None:
    for n in range(200):
        await add_audit_entry(conn, actor="a", action="tried", object=f"thing:{n}", detail={"n": n}, now=NOW)
    assert await verify_audit(conn) == (200, [])
    assert await conn.fetchval("SELECT count(DISTINCT chain) FROM audit_entries") == 16


async def test_a_changed_entry_breaks_its_chain(database: Database, owner: Connection) -> None:
    await add_entries(database, 3)
    await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only")
    await owner.execute("UPDATE audit_entries SET detail = '{\"n\": 9}' WHERE sequence = 2")
    chain = await owner.fetchval("SELECT chain FROM audit_entries LIMIT 1")
    async with database.connection() as conn:
        assert await verify_audit(conn) == (3, [AuditFault(chain, 2)])


async def test_a_removed_entry_breaks_its_chain(database: Database, owner: Connection) -> None:
    await add_entries(database, 3)
    await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only")
    await owner.execute("DELETE FROM audit_entries WHERE sequence = 2")
    async with database.connection() as conn:
        assert [fault.sequence for fault in (await verify_audit(conn))[1]] == [3]


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET actor = 'b'", "DELETE FROM audit_entries"])
async def test_even_the_owner_cannot_change_an_entry(database: Database, owner: Connection, statement: str) -> None:
    await add_entries(database, 1)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute(statement)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute("TRUNCATE audit_entries")


async def test_the_service_writes_entries_only_through_the_function(conn: Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute("INSERT INTO audit_entries SELECT * FROM audit_entries")
