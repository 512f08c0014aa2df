"""Alembic environment for both branches: `payments`, which is independent, and `market`, which depends on it."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from payments.hosts import connect_to_primary


def _run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _connect() -> "asyncpg.Connection[asyncpg.Record]":
    # A migration fails after waiting 4 s for a lock, so that it does not block the service's queries behind it.
    return await connect_to_primary(
        str(context.config.attributes["dsn"]),
        server_settings={"lock_timeout": "4000", "application_name": "migrate"},
    )


async def _online() -> None:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=_connect, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(_online())
