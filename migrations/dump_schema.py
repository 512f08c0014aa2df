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
from market.kernel.embedded import embedded_server, find_binaries
from market.kernel.migrate import create_database, make_alembic_config, upgrade
from market.kernel.schema_guards import list_guards, write_guards


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
        command.upgrade(make_alembic_config(), "heads", sql=True)
    return out.getvalue()


def dump_guards() -> str:
    """Return the guards of the schema with their digests."""
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder), fsync="off") as server:
        asyncio.run(create_database(server.dsn("postgres"), "market"))
        upgrade(server.dsn())

        async def read() -> str:
            db = await open_database(server.dsn(), max_size=1)
            async with db.connection() as conn:
                return write_guards(await list_guards(conn))

        return asyncio.run(read())


if __name__ == "__main__":
    printed = {"--sql": list_statements, "--guards": dump_guards}.get("".join(sys.argv[1:2]), dump_schema)
    sys.stdout.write(printed())
