"""Migrate a database to the schema of this release: Alembic with plain SQL, both branches at once."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import asyncpg

from market.kernel.database import APP_ROLE
from payments.hosts import connect_to_primary

if TYPE_CHECKING:
    from alembic.config import Config

_REVISION = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)
# With another LC_CTYPE pg_trgm silently indexes no Chinese.
_LOCALE = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"
_HAS_LOCALE = """
    SELECT pg_encoding_to_char(encoding) = 'UTF8' AND datlocprovider = 'b' AND datlocale = 'C.UTF-8'
           AND lower(replace(datctype, '-', '')) = 'c.utf8'
      FROM pg_database WHERE datname = current_database()
"""
BRANCHES = ("payments@head", "market@head")
"""The newest revisions, in the order in which they run: tables of the market refer to those of payments."""


class UnknownRevision(Exception):
    """The database is at a revision that this release does not have; the text names it, and what to do."""


def get_migrations_folder() -> Path:
    """Return the migrations folder: next to the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[2]
    return package / "_migrations" if (package / "_migrations").exists() else package.parent / "migrations"


def get_version_folders() -> tuple[Path, Path]:
    """Return the folders of the revisions of `payments` and of `market`."""
    spec = find_spec("payments")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "migrations" / "versions", get_migrations_folder() / "versions"


def get_heads() -> set[str]:
    """Return the newest revision of each branch: the one that no other names as its predecessor.

    The files are read rather than imported, because every command asks before it starts.
    """
    files = [path.read_text("utf-8") for folder in get_version_folders() for path in folder.glob("[0-9p]*.py")]
    named = [dict(_REVISION.findall(text)) for text in files]
    return {each["revision"] for each in named} - {each.get("down_revision") for each in named}


def make_alembic_config(dsn: str = "") -> "Config":
    """Return Alembic's configuration for both branches on `dsn`."""
    from alembic.config import Config  # slow to import, and not needed while the schema is current

    config = Config()
    config.set_main_option("script_location", str(get_migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", "\n".join(str(folder).replace("%", "%%") for folder in get_version_folders())
    )
    config.attributes["dsn"] = dsn
    config.attributes["payments_role"] = APP_ROLE
    config.attributes["payments_schema"] = "payments"
    return config


def upgrade(dsn: str) -> None:
    """Migrate the database to the newest schema. Idempotent.

    Raises:
        UnknownRevision: another release than this one, or a draft before 0.1.0, wrote the database; nothing changes.
    """
    from alembic import command
    from alembic.util import CommandError

    config = make_alembic_config(dsn)
    try:
        for branch in BRANCHES:
            command.upgrade(config, branch)
    except CommandError as error:
        raise UnknownRevision(
            f"This release cannot migrate the database: {error}. A newer release wrote it, or a draft before 0.1.0; use"
            " that release, or begin with an empty database (for the demo: another folder in MARKET_DATA)."
        ) from error


async def create_database(server_dsn: str, name: str) -> bool:
    """Create the database on the server unless it exists; return whether it was created.

    Its locale is that of deploy/README.md, whatever the server's is.
    """
    conn = await connect_to_primary(server_dsn)
    try:
        if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return False
        quoted = name.replace('"', '""')
        await conn.execute(f'CREATE DATABASE "{quoted}" {_LOCALE}')
        return True
    finally:
        await conn.close()


async def create_named_database(dsn: str) -> bool:
    """Create the database that the DSN names, over its server's `postgres`; return whether it was created."""
    address, mark, options = dsn.partition("?")
    server = address.rpartition("/")[0]
    return await create_database(f"{server}/postgres{mark}{options}", unquote(urlsplit(dsn).path.removeprefix("/")))


async def has_locale(conn: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Return whether the database of a connection has the locale of `create_database`."""
    return bool(await conn.fetchval(_HAS_LOCALE))


async def is_current(dsn: str) -> bool:
    """Return whether the database is at exactly the newest revisions."""
    conn = await connect_to_primary(dsn)
    try:
        if not await conn.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL"):
            return False
        revisions = {row[0] for row in await conn.fetch("SELECT version_num FROM alembic_version")}
        return revisions == get_heads()
    finally:
        await conn.close()
