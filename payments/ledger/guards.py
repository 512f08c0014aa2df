"""The guards of the ledger: its triggers and functions, compared with the migrations that created them."""

import re
from functools import cache
from pathlib import Path

from msgspec import Struct

from payments.sql import DEFAULT_SCHEMA, Connection, Query

_FOLDER = Path(__file__).parents[1] / "migrations"
_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION \{schema\}\.(\w+)\(.*?\$\$(.*?)\$\$", re.DOTALL)
# Those of a partition alone are not compared with a definition: months are made and archived.
_TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+) (?![^;]* ON \{schema\}\.\w+_late )[^;]*;")


class Guard(Struct, frozen=True):
    """A trigger with its definition, or a function with its body; None as `source` means that it is disabled."""

    name: str
    source: str | None


LIST_GUARDS = Query(
    Guard,
    """
    SELECT proname AS name, prosrc AS source FROM pg_proc WHERE pronamespace = '{schema}'::regnamespace
    UNION ALL
    SELECT tgname, CASE WHEN tgenabled IN ('O', 'A') THEN pg_get_triggerdef(pg_trigger.oid) END
      FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
     WHERE relnamespace = '{schema}'::regnamespace AND NOT tgisinternal AND NOT relispartition
    UNION ALL
    -- One that a partition lacks, or that is disabled there.
    SELECT tgname, NULL
      FROM pg_inherits
      JOIN pg_class ON pg_class.oid = inhrelid AND relkind = 'r'
      JOIN pg_trigger ON tgrelid = inhparent AND NOT tgisinternal
     WHERE relnamespace = '{schema}'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_trigger AS own
                        WHERE own.tgrelid = inhrelid AND own.tgname = pg_trigger.tgname
                          AND own.tgfoid = pg_trigger.tgfoid AND own.tgtype = pg_trigger.tgtype
                          AND own.tgenabled IN ('O', 'A'))
    """,
)


@cache
def load_guards(schema: str) -> dict[str, str]:
    """Return the source of each trigger and function by its name, as the migrations create them in `schema`."""
    # The last definition counts: a file of `functions` is the newest of its own.
    paths = [*sorted(_FOLDER.glob("sql/*.sql")), *sorted(_FOLDER.glob("functions/*.sql"))]
    scripts = [path.read_text("utf-8") for path in paths]
    functions = {name: body for script in scripts for name, body in _FUNCTION.findall(script)}
    triggers = {match[1]: match[0] for script in scripts for match in _TRIGGER.finditer(script)}
    return {name: text.replace("{schema}", schema) for name, text in (functions | triggers).items()}


def _normalize(source: str) -> str:
    """Return a definition as PostgreSQL writes that of a trigger, without differences of whitespace."""
    return " ".join(source.rstrip(";").split()).replace("UPDATE OR DELETE", "DELETE OR UPDATE")


async def list_changed_guards(conn: Connection) -> list[Guard]:
    """Return the guards that are missing or disabled (`source` is None), or differ from their migration."""
    installed = {each.name: each for each in await LIST_GUARDS.all(conn)}
    changed: list[Guard] = []
    for name, source in load_guards(str(getattr(conn, "payments_schema", DEFAULT_SCHEMA))).items():
        guard = installed.get(name, Guard(name, None))
        if guard.source is None or _normalize(guard.source) != _normalize(source):
            changed.append(guard)
    return changed
