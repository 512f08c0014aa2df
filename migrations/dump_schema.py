"""Print the schema of both migration branches, as `pg_dump` shows it after migrating an empty database.

With `--sql`, print the statements that the migrations run; with `--guards`, what `market ledger verify` compares.
"""

import asyncio
import contextlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from market.kernel import open_database
from market.kernel.postgres.embedded import embedded_server, find_binaries
from market.kernel.postgres.migrate import BRANCHES, create_database, make_alembic_config, upgrade
from market.kernel.postgres.schema_guards import SchemaGuard, list_guards, write_guards


def dump_schema() -> str:
    """Return the schema as pg_dump prints it, in a form that is the same on every run."""
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder), fsync="off") as server:
        asyncio.run(create_database(server.dsn("postgres"), "market"))
        upgrade(server.dsn())
        result = subprocess.run(
            [find_binaries() / "pg_dump", "--schema-only", "--no-owner", "--restrict-key=xiangji", server.dsn()],
            capture_output=True,
            text=True,
            check=True,
        )
    return result.stdout


def list_statements() -> str:
    """Return the statements that the migrations run on an empty database."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for branch in BRANCHES:
            command.upgrade(make_alembic_config(), branch, sql=True)
    return out.getvalue()


def dump_guards() -> str:
    """Return the guards of the schema with their digests, as migrated and as restored from a dump of it."""
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder), fsync="off") as server:
        for name in ("market", "restored"):
            asyncio.run(create_database(server.dsn("postgres"), name))
        upgrade(server.dsn())
        dump = Path(folder) / "schema.dump"
        subprocess.run(
            [find_binaries() / "pg_dump", "--schema-only", "-Fc", f"--file={dump}", server.dsn()], check=True
        )
        subprocess.run(
            [find_binaries() / "pg_restore", "--no-owner", f"--dbname={server.dsn('restored')}", dump], check=True
        )
        guards = asyncio.run(_read_guards(server.dsn())) | asyncio.run(_read_guards(server.dsn("restored")))
    return write_guards(sorted(guards))


async def _read_guards(dsn: str) -> set[SchemaGuard]:
    db = await open_database(dsn, max_size=1)
    async with db.connection() as conn:
        return set(await list_guards(conn))


if __name__ == "__main__":
    printed = {"--sql": list_statements, "--guards": dump_guards}.get("".join(sys.argv[1:2]), dump_schema)
    sys.stdout.write(printed())
