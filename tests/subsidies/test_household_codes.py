"""Codes of households that an earlier release stored in small letters are in capitals after the upgrade."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from alembic import command

from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.postgres.migrate import make_alembic_config, upgrade
from tests.conftest import drop_database
from tests.support.make import SEAL

EARLIER_REVISION = "0099"
HOUSEHOLDS = """
INSERT INTO households (county_code, code, split_from) VALUES ('130624', 'h7', NULL), ('130624', 'H8b', 'h7');
INSERT INTO persons (county_code, identity_index, identity_sealed, name_sealed, born_on, sex)
VALUES ('130624', '\\x01', '\\x', '\\x', '1970-01-01', '男');
INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during)
SELECT '130624', id, 'h7', 1, '户主', '[2018-01-01,)' FROM persons;
"""


@pytest.fixture
async def earlier(server: EmbeddedServer) -> AsyncGenerator[str]:
    """A database of the release before."""
    name = "earlier_codes"
    admin = await asyncpg.connect(server.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    await asyncio.to_thread(command.upgrade, make_alembic_config(server.dsn(name)), EARLIER_REVISION)
    yield server.dsn(name)
    await drop_database(server, name)


async def test_households_in_small_letters_are_renamed_with_their_members_or_named(earlier: str) -> None:
    conn: Connection = await asyncpg.connect(earlier)
    await conn.execute(HOUSEHOLDS)
    await conn.execute("INSERT INTO households (county_code, code) VALUES ('130624', 'H7')")
    with pytest.raises(asyncpg.RaiseError, match="130624 H7"):
        await asyncio.to_thread(upgrade, earlier, SEAL)
    await conn.execute("DELETE FROM households WHERE code = 'H7'")
    await asyncio.to_thread(upgrade, earlier, SEAL)
    rows = await conn.fetch("SELECT code, split_from FROM households ORDER BY code")
    assert [tuple(row) for row in rows] == [("H7", None), ("H8B", "H7")]
    assert await conn.fetchval("SELECT household_code FROM memberships") == "H7"
    await conn.close()
