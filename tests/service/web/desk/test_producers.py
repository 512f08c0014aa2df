"""Applications on the desk: the village confirms, the county recommends, another approves, never the applicant."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import COUNTY, NOW, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import VILLAGE, make_account, make_official, make_producer


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with serve_story(dsn, folder) as running:
        yield running


async def official(conn: Connection, role: Role, scope: str = COUNTY) -> str:
    account = await make_official(conn, role, scope)
    return (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token


async def load_state(database: Database, producer_id: object) -> str:
    async with database.connection() as conn:
        return await conn.fetchval("SELECT state FROM producers WHERE id = $1", producer_id)


async def take(
    service: Service, token: str, producer_id: object, step: str, *, status: int = 200, reason: str = ""
) -> str:
    path = f"/desk/producers/{producer_id}"
    async with open_desk_walker(service, token) as browser:
        await browser.open(path)
        return (await browser.submit(path, press=("step", step), reason=reason, status=status)).text


async def test_an_application_is_decided_by_three_officials(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, state="applied", village=VILLAGE, name="样例枣园")
        village = await official(conn, Role.VILLAGE, VILLAGE)
        first, second = await official(conn, Role.COUNTY), await official(conn, Role.COUNTY)
    async with open_desk_walker(service, village) as browser:
        assert "卖家申请 1 家，等您办" in (await browser.open("/desk")).text
        assert "样例枣园" in (await browser.open("/desk/producers")).text
    assert "村里已核实，等县里推荐" in await take(service, village, producer, "confirm")
    assert "县里已推荐，等审核" in await take(service, first, producer, "recommend")
    async with open_desk_walker(service, first) as browser:
        assert "没有等您办的申请。" in (await browser.open("/desk/producers")).text
    refused = await take(service, first, producer, "approve", status=403)
    assert "同一个人只能办一步" in refused
    assert await load_state(database, producer) == "recommended"
    assert "可以卖" in await take(service, second, producer, "approve")
    assert await load_state(database, producer) == "open"


async def test_the_applicant_cannot_confirm(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        own = await make_official(conn, Role.VILLAGE, VILLAGE)
        producer = await make_producer(conn, state="applied", village=VILLAGE, owner=own)
        token = (await sign_in_without_code(conn, own, now=NOW, second_factor=True)).token
    refused = await take(service, token, producer, "confirm", status=403)
    assert "申请人不能核实" in refused
    assert await load_state(database, producer) == "applied"


async def test_a_refusal_needs_its_reason(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, state="applied", village=VILLAGE)
        village = await official(conn, Role.VILLAGE, VILLAGE)
    assert "请写明原因" in await take(service, village, producer, "refuse", status=422)
    assert await load_state(database, producer) == "applied"
    assert "没有通过" in await take(service, village, producer, "refuse", reason="不是本村的地")
    assert await load_state(database, producer) == "refused"


async def test_another_countys_application_does_not_exist_here(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, state="applied", village=VILLAGE)
        elsewhere = await official(conn, Role.COUNTY, "130725")
        buyer = (await sign_in_without_code(conn, await make_account(conn), now=NOW, second_factor=False)).token
    async with open_desk_walker(service, elsewhere) as browser:
        await browser.open(f"/desk/producers/{producer}", status=404)
    async with open_desk_walker(service, buyer) as browser:
        await browser.open(f"/desk/producers/{producer}", status=403)
    assert await load_state(database, producer) == "applied"


async def test_the_platform_approves_and_sees_no_register_data(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, state="recommended", village=VILLAGE, name="样例枣园")
        platform = await official(conn, Role.PLATFORM, "13")
    async with open_desk_walker(service, platform) as browser:
        seen = await browser.open("/desk")
        assert "卖家申请 1 家，等您办" in seen.text
        assert "河北省" in seen.html
        assert "导入文件" not in seen.text
        assert {"/desk", "/desk/producers"} <= set(seen.links())
        assert {"/desk/months", "/desk/places", "/desk/findings", "/desk/sheets"}.isdisjoint(seen.links())
        for path in ("/desk/months", "/desk/places", "/desk/imports"):
            refused = await browser.client.get(f"{path}?county={COUNTY}")
            assert refused.status_code == 403, path
    assert "可以卖" in await take(service, platform, producer, "approve")
    assert await load_state(database, producer) == "open"


async def test_a_step_is_about_the_name_that_the_page_showed(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="样例甲")
        producer = await make_producer(conn, state="applied", village=VILLAGE, owner=owner)
        village = await official(conn, Role.VILLAGE, VILLAGE)
    path = f"/desk/producers/{producer}"
    async with open_desk_walker(service, village) as browser:
        assert "样例甲" in (await browser.open(path)).text
        async with database.transaction() as conn:
            await conn.execute("UPDATE accounts SET name = '样例乙' WHERE id = $1", owner)
        refused = await browser.submit(path, press=("step", "confirm"), status=409)
        assert "现在叫样例乙" in refused.text
        assert await load_state(database, producer) == "applied"
        assert "等县里推荐" in (await browser.submit(path, press=("step", "confirm"))).text


async def test_an_approval_verifies_the_certificates_that_the_page_showed(service: Service, database: Database) -> None:
    add = "INSERT INTO certificates (producer_id, kind, issuer) VALUES ($1, 'origin', $2)"
    async with database.transaction() as conn:
        producer = await make_producer(conn, state="recommended", village=VILLAGE)
        await conn.execute(add, producer, "样例村委会")
        county = await official(conn, Role.COUNTY)
    path = f"/desk/producers/{producer}"
    async with open_desk_walker(service, county) as browser:
        await browser.open(path)
        async with database.transaction() as conn:
            await conn.execute(add, producer, "后来交的")
        await browser.submit(path, press=("step", "approve"))
        assert "交了证，等核对" in (await browser.open("/desk/producers")).text
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT issuer, verified_at IS NOT NULL AS verified FROM certificates ORDER BY id")
    assert [tuple(row) for row in rows] == [("样例村委会", True), ("后来交的", False)]
