"""A fingerprint of the database and the file store, to check that a request changed nothing."""

import asyncio
from pathlib import Path

from asyncpg.prepared_stmt import PreparedStatement

from market.kernel import Connection

READ_ONLY_TABLES = ("divisions", "division_names")
"""130,000 rows, excluded: `test_tables_without_fingerprint_are_read_only` checks that they cannot change."""
WRITTEN_BY = {"public.village_periods": "xmin::text::bigint"}
"""A table of 20,000 rows, of which a row's hash is the transaction that wrote it: its columns take 90 ms to read."""
IGNORED_COLUMNS = {"public.sessions": "seen_at"}
"""The time a session was last used, updated once a minute by any request."""

COUNTED_TABLES = frozenset({"public.sent_bytes"})
"""Counts of what an account sent, also of files that are refused."""

_DOWNLOAD = "GET /desk/sheets/{month}/{name} name="
RECORDED_REQUESTS = (
    "POST /api/v1/check-ins",
    "POST /farm/guests",
    "GET /desk/boards/{village_code} village_code=130624107221",
    "GET /desk/audit.csv",
    "GET /desk/idle/calls",
    "GET /desk/reports/{name}/{file} name=funnel file=report.csv",
    *(_DOWNLOAD + name for name in ("settlement.xlsx", "operators.csv", "case.json")),
)
"""Requests that add to the audit record: wrong codes, which are counted, and downloads of lines, households or it."""

FILE_ATTEMPTS, FILE_SECONDS = 40, 0.05

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'payments', 'jobs')
   AND c.relname <> ALL($1::text[])
 ORDER BY 1
"""


class Fingerprints:
    """The fingerprint of a database and its file store as of the last request.

    That is the row count and the sum of the hashes of the rows of each table, and the names of the files. One statement
    takes it, prepared once: to plan it takes longer than to run it. While the server has written no WAL, no row has
    changed, and the tables are not read again.
    """

    def __init__(self, conn: Connection, statement: PreparedStatement, folder: Path) -> None:
        self._conn = conn
        self._statement = statement
        self._folder = folder
        self._wal = ""
        self._tables: dict[str, tuple[int, str]] = {}
        self._last: dict[str, tuple[int, str]] = {}

    async def take(self) -> dict[str, tuple[int, str]]:
        """Take the fingerprint now."""
        wal = await self._conn.fetchval("SELECT pg_current_wal_insert_lsn()::text")
        if wal != self._wal:
            self._tables = {row["name"]: (row["rows"], row["hash"]) for row in await self._statement.fetch()}
            self._wal = wal
        names = sorted(str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.is_file())
        return {**self._tables, "files": (len(names), "\n".join(names))}

    async def list_changes(self, request: str = "") -> list[str]:
        """Return what differs from the last fingerprint, with the row counts, and keep the new one.

        One of `RECORDED_REQUESTS` may add to the audit record, and to nothing else. The file of a task that was refused
        is removed just after the answer, so that files are waited for.
        """
        before = self._last
        changed: list[str] = []
        ignored = COUNTED_TABLES | ({"public.audit_entries"} if request in RECORDED_REQUESTS else set[str]())
        for _ in range(FILE_ATTEMPTS):
            self._last = await self.take()
            changed = [name for name in before if name not in ignored and before[name] != self._last[name]]
            if changed != ["files"]:
                break
            await asyncio.sleep(FILE_SECONDS)
        return [f"{name} {before[name][0]} → {self._last[name][0]} rows" for name in changed]


def _hash_columns(table: str) -> str:
    return f"hashtextextended((to_jsonb(t) - '{IGNORED_COLUMNS.get(table, '')}')::text, 0)"


async def start_fingerprints(conn: Connection, folder: Path) -> Fingerprints:
    """Take the first fingerprint. `conn` belongs to the database owner, who sees every county."""
    tables = [row[0] for row in await conn.fetch(_TABLES, list(READ_ONLY_TABLES))]
    parts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*)::integer AS rows,"
        f" coalesce(sum({WRITTEN_BY.get(table) or _hash_columns(table)}), 0)::text AS hash FROM {table} t"
        for table in tables
    )
    fingerprints = Fingerprints(conn, await conn.prepare(parts), folder)
    await fingerprints.list_changes()
    return fingerprints
