"""The audit record verifies, and detects changed and removed entries."""

import resource
from pathlib import Path

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.people.audit.heads_file import HeadsNotReadable, NotedHeads, append_heads, read_heads
from market.people.audit.record import add_audit_entry
from market.people.audit.verification import AuditFault, AuditFaultKind, AuditHead, list_heads, verify_audit
from tests.conftest import NOW

REWRITE_CHAIN = """
    WITH RECURSIVE again AS (
        SELECT chain, sequence, hash_audit_entry('\\x00', chain, sequence, at, 'b', action, object, detail) AS hash,
               '\\x00'::bytea AS previous
          FROM audit_entries WHERE sequence % 10000000000 = 1
         UNION ALL
        SELECT e.chain, e.sequence,
               hash_audit_entry(a.hash, e.chain, e.sequence, e.at, 'b', e.action, e.object, e.detail), a.hash
          FROM again a JOIN audit_entries e ON e.sequence = a.sequence + 1)
    UPDATE audit_entries e SET actor = 'b', hash = a.hash, previous = a.previous
      FROM again a WHERE a.sequence = e.sequence
"""
"""Rewrites the only chain with fresh hashes, as the owner of the database can."""


async def number(conn: Connection, n: int) -> int:
    """Return the number of the nth entry of a chain that began this month."""
    return n + int(await conn.fetchval("SELECT get_month_bound('number', (now() AT TIME ZONE 'UTC')::date)"))


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
    await owner.execute("UPDATE audit_entries SET detail = '{\"n\": 9}' WHERE sequence % 10000000000 = 2")
    chain = await owner.fetchval("SELECT chain FROM audit_entries LIMIT 1")
    async with database.connection() as conn:
        assert await verify_audit(conn) == (3, [AuditFault(chain, await number(owner, 2))])


async def test_a_removed_entry_breaks_its_chain(database: Database, owner: Connection) -> None:
    await add_entries(database, 3)
    await owner.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only")
    await owner.execute("DELETE FROM audit_entries WHERE sequence % 10000000000 = 2")
    async with database.connection() as conn:
        assert [fault.sequence for fault in (await verify_audit(conn))[1]] == [await number(owner, 3)]


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


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DELETE FROM audit_entries WHERE sequence % 10000000000 = 3", AuditFaultKind.HEAD_MISSING),
        ("DELETE FROM audit_entries", AuditFaultKind.HEAD_MISSING),
        (
            REWRITE_CHAIN,
            AuditFaultKind.HEAD_REWRITTEN,
        ),
    ],
)
async def test_a_removed_end_or_chain_and_a_rewritten_chain_are_found_by_noted_heads(
    database: Database, owner: Connection, statement: str, kind: AuditFaultKind
) -> None:
    await add_entries(database, 3)
    noted = await list_heads(owner)
    assert [head.sequence for head in noted] == [await number(owner, 3)]
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(statement)
    async with database.connection() as conn:
        assert (await verify_audit(conn))[1] == []
        assert (await verify_audit(conn, noted=noted))[1] == [AuditFault(noted[0].chain, noted[0].sequence, kind)]


async def test_entries_after_noted_heads_are_verified_without_reading_the_earlier_ones(
    database: Database, owner: Connection
) -> None:
    await add_entries(database, 3)
    noted = await list_heads(owner)
    await add_entries(database, 2)
    async with database.connection() as conn:
        assert await verify_audit(conn, noted=noted, after=noted) == (2, [])
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE audit_entries SET previous = '\\x01' WHERE sequence % 10000000000 = 4")
    async with database.connection() as conn:
        _, faults = await verify_audit(conn, noted=noted, after=noted)
    assert [fault.sequence for fault in faults] == [await number(owner, 4)]


def test_noted_heads_are_appended_line_by_line_for_the_owner_alone(folder: Path) -> None:
    path = folder / "outside" / "heads.jsonl"
    lines = [NotedHeads(NOW, [AuditHead(3, n, "ab")]) for n in (1, 2)]
    for line in lines:
        append_heads(path, line)
    assert read_heads(path) == lines
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("no heads")
    with pytest.raises(HeadsNotReadable):
        read_heads(path)


def test_heads_that_a_full_disk_cuts_leave_the_earlier_ones_readable(folder: Path) -> None:
    path = folder / "heads.jsonl"
    line = NotedHeads(NOW, [AuditHead(3, 1, "ab")])
    append_heads(path, line)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(OSError, match="No space left"):
            append_heads(path, line)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    append_heads(path, line)
    assert read_heads(path) == [line, line]
