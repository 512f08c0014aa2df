"""A verified name is corrected on the desk: by who verifies, never by those concerned, told and recorded."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.people.identity.models import AccountId, Role, SecondFactorRequired
from market.people.identity.sign_in import sign_in_without_code
from market.sales.payouts.correct_seller_name import list_seller_names
from tests.service.web.desk.county import COUNTY, NOW, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import VILLAGE, load_actor, make_account, make_official, make_producer

PHONE = "17010009041"
REASON = "登记时写了别字，看了身份证"


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with serve_story(dsn, folder) as running:
        yield running


async def sign_in(conn: Connection, account: AccountId) -> str:
    return (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token


async def read_name(database: Database, account: AccountId) -> str:
    async with database.connection() as conn:
        return await conn.fetchval("SELECT name FROM accounts WHERE id = $1", account)


async def test_a_county_official_finds_a_seller_by_phone_and_corrects_the_name(
    service: Service, database: Database
) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="样例唐别字", phone=PHONE)
        producer = await make_producer(conn, village=VILLAGE, owner=owner, name="样例唐家枣园")
        official = await make_official(conn, Role.COUNTY, COUNTY)
        token = await sign_in(conn, official)
    path = f"/desk/producers/{producer}/name"
    async with open_desk_walker(service, token) as browser:
        await browser.open("/desk/producers")
        assert (
            "没有用这个电话的卖家"
            in (await browser.submit("/desk/producers/find", phone="17010009042", status=422)).text
        )
        found = await browser.submit("/desk/producers/find", phone="170 1000 9041")
        assert found.heading == "样例唐家枣园"
        assert path in found.links()
        page = await browser.open(path)
        assert "样例唐别字（店主）" in page.text
        assert "最多 300 字" in (await browser.submit(path, name="样例唐真名", reason="", status=422)).text
        assert (await browser.submit(path, name="官方客服", reason=REASON, status=422)).text.count("官方客服") == 0
        assert await read_name(database, owner) == "样例唐别字"
        assert "短信已经发给本人" in (await browser.submit(path, name="样例唐真名", reason=REASON)).text
        await browser.open(path)
        assert "没有改动" in (await browser.submit(path, name="样例唐真名", reason=REASON)).text
        await browser.open(path)
        async with database.transaction() as conn:
            await conn.execute("UPDATE accounts SET name = '样例唐又改' WHERE id = $1", owner)
        assert "现在叫样例唐又改" in (await browser.submit(path, name="样例唐三", reason=REASON, status=409)).text
    assert await read_name(database, owner) == "样例唐又改"
    async with database.connection() as conn:
        entry = await conn.fetchrow("SELECT actor, detail FROM audit_entries WHERE action = 'account.correct_name'")
        told = await conn.fetchval("SELECT count(*) FROM messages WHERE template = 'name_corrected'")
    assert entry is not None
    assert (entry["actor"], entry["detail"]["reason"], told) == (str(official), REASON, 1)


async def test_nobody_else_corrects_a_name(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="样例唐别字", phone=PHONE)
        producer = await make_producer(conn, village=VILLAGE, owner=owner)
        applied = await make_producer(conn, village=VILLAGE, state="applied")
        county, kin = await make_official(conn, Role.COUNTY, COUNTY), await make_official(conn, Role.COUNTY, COUNTY)
        # A helper of the person's other shop.
        second = await make_producer(conn, village=VILLAGE, owner=owner)
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2019-01-01', NULL))", second, kin
        )
        tokens = {
            "county": await sign_in(conn, county),
            "kin": await sign_in(conn, kin),
            "village": await sign_in(conn, await make_official(conn, Role.VILLAGE, VILLAGE)),
            "elsewhere": await sign_in(conn, await make_official(conn, Role.COUNTY, "130725")),
        }
    path = f"/desk/producers/{producer}/name"
    for who, status in (("village", 403), ("elsewhere", 404)):
        async with open_desk_walker(service, tokens[who]) as browser:
            await browser.open(path, status=status)
    async with open_desk_walker(service, tokens["elsewhere"]) as browser:
        await browser.open("/desk/producers")
        await browser.submit("/desk/producers/find", phone=PHONE, status=422)
    async with open_desk_walker(service, tokens["village"]) as browser:
        assert path not in (await browser.open(f"/desk/producers/{producer}")).links()
    async with open_desk_walker(service, tokens["kin"]) as browser:
        await browser.open(f"/desk/producers/{second}/name", status=403)
        await browser.open(path)
        await browser.submit(path, name="样例唐真名", reason=REASON, status=403)
    async with open_desk_walker(service, tokens["county"]) as browser:
        assert "已申请，等村里核实" in (await browser.open(f"/desk/producers/{applied}/name", status=409)).text
        await browser.open(path)
        await browser.submit(path, account=str(county), name="样例唐真名", reason=REASON, status=404)
    # The desk refuses the session before; the rule does too.
    async with database.connection() as conn:
        actor = await load_actor(conn, county, second_factor=False)
        with pytest.raises(SecondFactorRequired):
            await list_seller_names(conn, actor, producer, now=NOW)
    assert await read_name(database, owner) == "样例唐别字"
