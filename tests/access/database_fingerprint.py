"""A fingerprint of the database and the file store, to check that a request changed nothing."""

from pathlib import Path

from market.kernel import Connection

READ_ONLY_TABLES = ("divisions", "division_names")
"""130,000 rows, excluded: `test_tables_without_fingerprint_are_read_only` checks that they cannot change."""
IGNORED_COLUMNS = {"public.sessions": "seen_at"}
"""The time a session was last used, updated once a minute by any request."""

_DOWNLOAD = "GET /desk/sheets/{month}/{name} name="
RECORDED_REQUESTS = (
    "POST /api/v1/check-ins",
    "POST /farm/guests",
    "GET /desk/boards/{village_code} village_code=130624107221",
    "GET /desk/idle/calls",
    *(_DOWNLOAD + name for name in ("settlement.xlsx", "operators.csv", "case.json")),
)
"""Requests that add to the audit record: wrong codes, which are counted, and downloads of lines or households."""

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname IN ('public', 'payments', 'jobs') AND c.relname <> ALL($1::text[])
 ORDER BY 1
"""


async def list_watched_tables(conn: Connection) -> list[str]:
    """Return the tables that the fingerprint covers."""
    return [row[0] for row in await conn.fetch(_TABLES, list(READ_ONLY_TABLES))]


async def take_fingerprint(conn: Connection, tables: list[str], folder: Path) -> dict[str, tuple[int, str]]:
    """Return the row count and the sum of row hashes of each table, in one statement, and the stored files.

    `conn` belongs to the database owner, who sees every county.
    """
    parts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*)::integer AS rows,"
        f" coalesce(sum(hashtextextended((to_jsonb(t) - '{IGNORED_COLUMNS.get(table, '')}')::text, 0)), 0)::text"
        f" AS hash"
        f" FROM {table} t"
        for table in tables
    )
    prints = {row["name"]: (row["rows"], row["hash"]) for row in await conn.fetch(parts)}
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {**prints, "files": (len(names), "\n".join(names))}


def list_changes(
    before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]], *, request: str = ""
) -> list[str]:
    """Return the tables that differ, with their row counts.

    One of `RECORDED_REQUESTS` may add to the audit record, and to nothing else.
    """
    ignored = {"public.audit_entries"} if request in RECORDED_REQUESTS else set[str]()
    return [
        f"{name} {before[name][0]} → {after[name][0]} rows"
        for name in before
        if name not in ignored and before[name] != after[name]
    ]
