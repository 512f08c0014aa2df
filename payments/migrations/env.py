"""Alembic's environment for this library alone; `payments.migrate.migrate` runs it.

The version table is in the chosen schema, so that it never conflicts with the caller's own.
"""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from payments.hosts import connect_to_primary

dsn = str(context.config.attributes["dsn"])
schema = str(context.config.attributes["payments_schema"])


def run(connection: Connection) -> None:
    """Upgrade over one connection, in one transaction."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    context.configure(connection=connection, version_table_schema=schema)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connect with asyncpg and upgrade."""
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect_to_primary(dsn), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
