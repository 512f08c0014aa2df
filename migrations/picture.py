"""The picture of the schema: both branches migrated into an empty database and printed in one stable form.

`python migrations/picture.py` prints it; with `--sql`, the statements that the migrations would run.
"""

import asyncio
import contextlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from market.kernel.embedded import embedded_server, find_binaries
from market.kernel.migrate import configuration, create_database, upgrade


def picture() -> str:
    """Return the schema as pg_dump prints it, without what differs from run to run."""
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder), fsync="off") as server:
        asyncio.run(create_database(server.dsn("postgres"), "market"))
        upgrade(server.dsn())
        done = subprocess.run(  # noqa: S603 - our own program
            [find_binaries() / "pg_dump", "--schema-only", "--no-owner", "--restrict-key=xiangji", server.dsn()],
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def statements() -> str:
    """Return what the migrations would run on an empty database."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        command.upgrade(configuration(), "heads", sql=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.stdout.write(statements() if "--sql" in sys.argv else picture())
