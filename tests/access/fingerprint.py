"""All that the service keeps, in one short value a table: whether a request changed anything."""

from pathlib import Path

from market.kernel import Connection

UNCHANGEABLE = ("divisions", "division_names")
"""130,000 rows that the service's role may only read; `test_what_is_not_watched_cannot_be_written` holds that."""
BLIND = {"public.sessions": "seen_at"}
"""When a session was last used is noted once a minute, whatever is answered."""

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname IN ('public', 'payments', 'jobs') AND c.relname <> ALL($1::text[])
 ORDER BY 1
"""


async def watched_tables(conn: Connection) -> list[str]:
    """Return the tables that are watched."""
    return [row[0] for row in await conn.fetch(_TABLES, list(UNCHANGEABLE))]


async def fingerprint(conn: Connection, tables: list[str], folder: Path) -> dict[str, tuple[int, str]]:
    """Return each table's count and the sum of its rows' hashes, in one statement, and the files of the store.

    `conn` is the owner's, who sees every county.
    """
    parts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*)::integer AS rows,"
        f" coalesce(sum(hashtextextended((to_jsonb(t) - '{BLIND.get(table, '')}')::text, 0)), 0)::text AS hash"
        f" FROM {table} t"
        for table in tables
    )
    found = {row["name"]: (row["rows"], row["hash"]) for row in await conn.fetch(parts)}
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {**found, "files": (len(names), "\n".join(names))}


def changed(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    """Return the tables that differ."""
    return [f"{name} {before[name][0]} → {after[name][0]} rows" for name in before if before[name] != after[name]]
