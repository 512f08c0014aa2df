"""Bring a database to the schema of this release: Alembic with plain SQL, both branches at once."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from alembic.config import Config

IMPLIED = {"p0001"}
"""Market's first revision depends on it, so Alembic keeps no row for it."""


def _migrations() -> Path:
    """Return the folder of market's branch: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    return package / "_migrations" if (package / "_migrations").exists() else package.parent / "migrations"


def version_folders() -> tuple[Path, Path]:
    """Return where the revisions of `payments` and of `market` lie."""
    spec = find_spec("payments")
    assert spec is not None  # noqa: S101 - it stands beside this package
    assert spec.origin is not None  # noqa: S101 - it is no namespace
    return Path(spec.origin).parent / "migrations" / "versions", _migrations() / "versions"


def heads() -> set[str]:
    """Return the newest revision of each branch; files are named by revision, in order."""
    return {max(path.stem.split("_")[0] for path in folder.glob("[0-9p]*.py")) for folder in version_folders()}


def configuration(dsn: str = "") -> "Config":
    """Return Alembic's settings for both branches on `dsn`."""
    from alembic.config import Config  # most commands find the schema current and never need it

    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", "\n".join(str(folder).replace("%", "%%") for folder in version_folders())
    )
    config.attributes["dsn"] = dsn
    return config


def upgrade(dsn: str) -> None:
    """Bring the database to the newest schema; nothing happens where it is there already."""
    from alembic import command

    command.upgrade(configuration(dsn), "heads")


async def create_database(server_dsn: str, name: str) -> bool:
    """Create a database on the server where it is missing; return whether it was."""
    conn = await asyncpg.connect(server_dsn)
    try:
        if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return False
        quoted = name.replace('"', '""')
        await conn.execute(f'CREATE DATABASE "{quoted}"')
        return True
    finally:
        await conn.close()


async def is_current(dsn: str) -> bool:
    """Say whether the database has exactly the newest revisions."""
    conn = await asyncpg.connect(dsn)
    try:
        if not await conn.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL"):
            return False
        found = {row[0] for row in await conn.fetch("SELECT version_num FROM alembic_version")}
        return found | IMPLIED == heads() | IMPLIED
    finally:
        await conn.close()
