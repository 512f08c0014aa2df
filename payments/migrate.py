"""The tables of this library, brought into a database by Alembic."""

from pathlib import Path

import asyncpg
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.util import await_only

APP_ROLE = "market_app"
"""The one role that the service works as: made where it is missing, owner of nothing."""

FOLDER = Path(__file__).parent / "migrations"
VERSIONS = FOLDER / "versions"
"""Where this branch's versions lie, for those who migrate it together with a branch of their own."""


def run_script(script: str) -> None:
    """Run a script of several statements inside the migration's transaction, or print it where only SQL is wanted."""
    if context.is_offline_mode():
        op.execute(text(script.replace(":", "\\:")))
        return
    raw = op.get_bind().connection.dbapi_connection
    assert raw is not None  # noqa: S101 - a migration always has its connection
    driver = raw.driver_connection  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType,reportUnknownVariableType]
    assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - env.py connects with nothing else
    await_only(driver.execute(script))  # pyright: ignore[reportUnknownMemberType]


def migrate(dsn: str) -> None:
    """Bring the schema `payments` of the database at `dsn` to the newest version; repeating changes nothing."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["dsn"] = dsn
    command.upgrade(config, "payments@head")
