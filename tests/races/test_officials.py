"""Officials of several counties imported at once, and deputies given while somebody is dismissed."""

import asyncio
from datetime import date

import pytest

from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.deputies import NothingToDeputise, appoint_deputy
from market.people.identity.models import Actor, Role
from market.people.identity.officials import revoke_official
from market.subsidies.imports.officials import import_officials
from tests.conftest import NOW
from tests.support.make import load_actor, make_official
from tests.support.postgres import wait_for_blocked

COUNTY, TODAY = "130624", get_business_day(NOW)


async def test_imports_at_once_take_the_audit_chains_in_one_order(database: Database, seal: Seal) -> None:
    async def import_county(county: str, number: int) -> None:
        rows = [f"o{county}_{number}_{n},样例{county}第{n}位,财政结算,{county}" for n in range(25)]
        content = "\n".join(["账号,姓名,职责,范围", *rows]).encode()
        async with database.transaction() as conn:
            await import_officials(conn, seal, county=county, name="officials.csv", content=content, now=NOW)

    for number in range(5):
        await asyncio.gather(*(import_county(county, number) for county in ("130624", "130725", "130623")))
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM grants") == 375


async def make_county(conn: Connection) -> Actor:
    """Make the officials of a county: `cun` who is absent, `cai` who stands in, and one who says so."""
    await make_official(conn, Role.VILLAGE, "130624101204", handle="cun")
    await make_official(conn, Role.FINANCE, COUNTY, handle="cai")
    return await load_actor(conn, await make_official(conn, Role.COUNTY, COUNTY))


async def appoint(conn: Connection, boss: Actor) -> int:
    return await appoint_deputy(conn, boss, COUNTY, "cun", deputy="cai", first=TODAY, last=TODAY, now=NOW)


async def list_roles(conn: Connection, handle: str, day: date = TODAY) -> list[Role]:
    actor = await find_actor_by_handle(conn, handle, day=day)
    assert actor is not None
    return [each.role for each in actor.grants]


async def test_a_deputy_who_is_given_while_the_official_is_dismissed_stands_in_for_nobody(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        boss = await make_county(conn)

    async def dismiss() -> None:
        async with database.transaction() as conn:
            await revoke_official(conn, "cun", by="platform", now=NOW)

    async with database.transaction() as conn:
        assert await appoint(conn, boss) == 1
        dismissing = asyncio.create_task(dismiss())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    await dismissing
    async with database.connection() as conn:
        assert (await list_roles(conn, "cun"), await list_roles(conn, "cai")) == ([], [Role.FINANCE])


async def test_nobody_stands_in_who_is_dismissed_at_that_moment(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        boss = await make_county(conn)

    async def stand_in() -> None:
        async with database.transaction() as conn:
            await appoint(conn, boss)

    async with database.transaction() as conn:
        await revoke_official(conn, "cai", by="platform", now=NOW)
        appointing = asyncio.create_task(stand_in())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(NothingToDeputise):
        await appointing
    async with database.connection() as conn:
        assert await list_roles(conn, "cai") == []
