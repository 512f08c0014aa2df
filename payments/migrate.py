"""Creates this library's tables with Alembic, in a schema and for a database role of the caller's choice."""

from pathlib import Path

import asyncpg
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.util import await_only

from payments.sql import DEFAULT_SCHEMA, require_identifier

DEFAULT_ROLE = "payments_app"
"""The role that works with the tables and owns none of them, unless the caller chooses another."""

FOLDER = Path(__file__).parent / "migrations"
VERSIONS = FOLDER / "versions"
"""The folder of this branch's revisions, for callers who run them together with their own."""


def run_script(script: str) -> None:
    """Run a script of several statements in the migration's transaction, or print it in Alembic's offline mode."""
    if context.is_offline_mode():
        op.execute(text(script.replace(":", "\\:")))
        return
    # The driver's statements are in the migration's transaction only once SQLAlchemy has begun it.
    op.get_bind().exec_driver_sql("SELECT 1")
    raw = op.get_bind().connection.dbapi_connection
    assert raw is not None
    driver = raw.driver_connection  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType,reportUnknownVariableType]
    assert isinstance(driver, asyncpg.Connection)
    await_only(driver.execute(script))  # pyright: ignore[reportUnknownMemberType]


def run_file(path: str) -> None:
    """Run a file of the migrations folder, with the schema and role that Alembic's `config.attributes` name.

    The attributes are `payments_schema` and `payments_role`; both have defaults.

    Raises:
        ValueError: one of them is not a plain SQL identifier.
    """
    attributes = context.config.attributes
    schema = require_identifier(str(attributes.get("payments_schema", DEFAULT_SCHEMA)))
    role = require_identifier(str(attributes.get("payments_role", DEFAULT_ROLE)))
    run_script((FOLDER / path).read_text("utf-8").replace("{schema}", schema).replace("{role}", role))


def is_installed(revision: str) -> bool:
    """Return whether `migrate` created this revision before the caller's own Alembic took over the database.

    A revision that is installed needs only the privileges of the caller's role.
    """
    schema = require_identifier(str(context.config.attributes.get("payments_schema", DEFAULT_SCHEMA)))
    if context.is_offline_mode() or op.get_context().version_table_schema == schema:
        return False
    bind = op.get_bind()
    table = f"{schema}.alembic_version"
    if bind.scalar(text("SELECT to_regclass(:name)").bindparams(name=table)) is None:
        return False
    return bind.scalars(text(f"SELECT version_num FROM {table}")).one() >= revision


def migrate(dsn: str, *, role: str = DEFAULT_ROLE, schema: str = DEFAULT_SCHEMA) -> None:
    """Bring the tables in `schema` of the database at `dsn` to the newest version; repeating changes nothing.

    The schema and `role` are created if they do not exist; the role can use the tables and owns none of them.

    Raises:
        ValueError: `role` or `schema` is not a plain SQL identifier.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["dsn"] = dsn
    config.attributes["payments_role"] = require_identifier(role)
    config.attributes["payments_schema"] = require_identifier(schema)
    command.upgrade(config, "payments@head")
