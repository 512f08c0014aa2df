"""Which schema is current, and two processes that migrate one database at once."""

import asyncio

from alembic.script import ScriptDirectory

from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.postgres.migrate import create_database, get_heads, is_current, make_alembic_config
from market.service.startup import migrate_database
from tests.conftest import drop_database


def test_the_newest_revisions_are_those_of_the_chain_whatever_their_numbers() -> None:
    assert get_heads() == set(ScriptDirectory.from_config(make_alembic_config()).get_heads())


async def test_the_second_of_two_migrations_waits_and_finds_nothing_to_do(server: EmbeddedServer) -> None:
    await create_database(server.dsn("postgres"), "migrated_twice")
    dsn = server.dsn("migrated_twice")
    try:
        assert sorted(await asyncio.gather(migrate_database(dsn), migrate_database(dsn))) == [False, True]
        assert await is_current(dsn)
    finally:
        await drop_database(server, "migrated_twice")
