"""Which schema is current, the way from it to later ones, and two processes that migrate one database at once."""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.postgres.migrate import (
    BRANCHES,
    UnknownRevision,
    create_database,
    get_heads,
    is_current,
    make_alembic_config,
    upgrade,
)
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


@pytest.fixture
async def empty(server: EmbeddedServer) -> AsyncGenerator[str]:
    name = f"market_path_{os.getpid()}"
    await create_database(server.dsn("postgres"), name)
    yield server.dsn(name)
    await drop_database(server, name)


async def read_revisions(dsn: str) -> list[str]:
    conn = await asyncpg.connect(dsn)
    rows = await conn.fetch("SELECT version_num FROM alembic_version ORDER BY version_num")
    await conn.close()
    return [row[0] for row in rows]


async def test_later_revisions_of_both_branches_follow_the_first_ones(empty: str, tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade, empty)
    heads = sorted(get_heads())
    assert await read_revisions(empty) == heads
    for head, following in zip(heads, ("0999", "p0999"), strict=True):
        (tmp_path / f"{following}_later.py").write_text(
            "from alembic import op\n\n"
            f"revision, down_revision = {following!r}, {head!r}\n"
            "branch_labels = depends_on = None\n\n\n"
            f"def upgrade() -> None:\n    op.execute('CREATE TABLE later_{following} ()')\n",
            "utf-8",
        )
    config = make_alembic_config(empty)
    config.set_main_option("version_locations", f"{config.get_main_option('version_locations')}\n{tmp_path}")
    for branch in BRANCHES:
        await asyncio.to_thread(command.upgrade, config, branch)
    assert await read_revisions(empty) == ["0999", "p0999"]
    assert not await is_current(empty)
    conn = await asyncpg.connect(empty)
    assert await conn.fetchval(
        "SELECT to_regclass('later_0999') IS NOT NULL AND to_regclass('later_p0999') IS NOT NULL"
    )
    await conn.close()


@pytest.mark.parametrize("revisions", [["0280", "p0022"], ["0281", "p0021"], ["0999", "p0022"]])
async def test_a_database_of_another_release_is_refused_in_a_sentence(empty: str, revisions: list[str]) -> None:
    conn = await asyncpg.connect(empty)
    await conn.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    await conn.executemany("INSERT INTO alembic_version VALUES ($1)", [(each,) for each in revisions])
    await conn.close()
    unknown = (set(revisions) - get_heads()).pop()
    with pytest.raises(
        UnknownRevision, match=f"cannot migrate the database: .*'{unknown}'.*begin with an empty database"
    ):
        await asyncio.to_thread(upgrade, empty)
    assert await read_revisions(empty) == revisions
