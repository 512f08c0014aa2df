"""The record of who did what verifies, and shows what was changed."""

import asyncpg
import pytest

from market.audit import AuditFault, record, verify
from market.kernel import Connection, Database
from tests.conftest import NOW


async def entries(db: Database, count: int) -> None:
    async with db.transaction() as conn:
        for n in range(count):
            await record(conn, actor="a", action="tried", object="thing:1", detail={"n": n, "what": "枣"}, now=NOW)


async def test_the_record_verifies_over_several_chains(conn: Connection) -> None:
    for n in range(200):
        await record(conn, actor="a", action="tried", object=f"thing:{n}", detail={"n": n}, now=NOW)
    assert await verify(conn) == (200, [])
    assert await conn.fetchval("SELECT count(DISTINCT chain) FROM audit_entries") == 16


async def test_a_changed_entry_breaks_its_chain(database: Database, owner: Connection) -> None:
    await entries(database, 3)
    await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_stay")
    await owner.execute("UPDATE audit_entries SET detail = '{\"n\": 9}' WHERE n = 2")
    chain = await owner.fetchval("SELECT chain FROM audit_entries LIMIT 1")
    async with database.connection() as conn:
        assert await verify(conn) == (3, [AuditFault(chain, 2)])


async def test_a_removed_entry_breaks_its_chain(database: Database, owner: Connection) -> None:
    await entries(database, 3)
    await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_stay")
    await owner.execute("DELETE FROM audit_entries WHERE n = 2")
    async with database.connection() as conn:
        assert [fault.n for fault in (await verify(conn))[1]] == [3]


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET actor = 'b'", "DELETE FROM audit_entries"])
async def test_even_the_owner_cannot_change_an_entry(database: Database, owner: Connection, statement: str) -> None:
    await entries(database, 1)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute(statement)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute("TRUNCATE audit_entries")


async def test_the_service_writes_entries_only_through_the_function(conn: Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute("INSERT INTO audit_entries SELECT * FROM audit_entries")
