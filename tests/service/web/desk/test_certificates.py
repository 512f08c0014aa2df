"""Certificates on the desk: the applicant's name and phone, and a certificate that is submitted later."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import COUNTY, NOW, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import VILLAGE, make_account, make_certificate, make_official, make_producer, make_stay

PHONE = "17010008811"


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with serve_story(dsn, folder) as running:
        yield running


async def official(conn: Connection, role: Role, scope: str = COUNTY) -> str:
    account = await make_official(conn, role, scope)
    return (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token


async def test_the_deciding_official_sees_the_whole_number(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="样例顾某", phone=PHONE)
        producer = await make_producer(conn, state="applied", village=VILLAGE, owner=owner)
        village, township = await official(conn, Role.VILLAGE, VILLAGE), await official(conn, Role.TOWNSHIP)
    async with open_desk_walker(service, village) as browser:
        seen = await browser.open(f"/desk/producers/{producer}")
        assert "样例顾某" in seen.text
        assert "170-1000-8811" in seen.text
    async with open_desk_walker(service, township) as browser:
        seen = await browser.open(f"/desk/producers/{producer}")
        assert "样例顾某" in seen.text
        assert "170****8811" in seen.text
        assert "1701000" not in seen.html


async def test_the_county_verifies_a_certificate_submitted_later(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, village=VILLAGE, name="样例枣园")
        paper = await make_certificate(conn, producer, "homestay_permit", verified=False)
        await make_producer(conn, village=VILLAGE, name="样例没交证的家")
        county, village = await official(conn, Role.COUNTY), await official(conn, Role.VILLAGE, VILLAGE)
    path = f"/desk/producers/{producer}"
    async with open_desk_walker(service, village) as browser:
        assert "交了证" not in (await browser.open("/desk/producers")).text
        assert "核对过，属实" not in (await browser.open(path)).text
    async with open_desk_walker(service, county) as browser:
        seen = await browser.open("/desk/producers")
        assert "交了证，等您核对" in seen.text
        assert "样例枣园" in seen.text
        assert "样例没交证的家" not in seen.text
        seen = await browser.open(path)
        assert "待核验 民宿经营许可" in seen.text
        seen = await browser.submit(f"{path}/certificates/{paper}")
        assert "已记下" in seen.text
        assert "已核验 民宿经营许可" in seen.text
        assert "交了证" not in (await browser.open("/desk/producers")).text
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT verified_at IS NOT NULL FROM certificates WHERE id = $1", paper)


async def test_the_county_rejects_a_certificate_and_the_seller_reads_why(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="样例顾某", phone=PHONE)
        producer = await make_producer(conn, village=VILLAGE, owner=owner)
        paper = await make_certificate(conn, producer, "homestay_permit", verified=False)
        county = await official(conn, Role.COUNTY)
        farmer = (await sign_in_without_code(conn, owner, now=NOW, second_factor=False)).token
    path = f"/desk/producers/{producer}"
    check = f"{path}/certificates/{paper}"
    async with open_desk_walker(service, county) as browser, open_desk_walker(service, farmer) as farm:
        await browser.open(path)
        seen = await browser.submit(check, press=("act", "reject"), status=422)
        assert "请写明原因" in seen.text
        await browser.open(path)
        seen = await browser.submit(check, press=("act", "reject"), reason="照片看不清")
        assert "没有通过：照片看不清" in seen.text
        assert check not in seen.html
        assert "交了证" not in (await browser.open("/desk/producers")).text
        assert "没有通过：照片看不清。照着改好，在下面再交一次" in (await farm.open("/farm/papers")).text


async def test_a_geographical_indication_is_verified_with_its_townships(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, village=VILLAGE)
        mark = await make_certificate(conn, producer, "geographical_indication", verified=False)
        county = await official(conn, Role.COUNTY)
    path = f"/desk/producers/{producer}"
    check = f"{path}/certificates/{mark}"
    async with open_desk_walker(service, county) as browser:
        await browser.open(path)
        assert "地理标志要选保护范围" in (await browser.submit(check, status=422)).text
        await browser.open(path)
        assert "已核验" in (await browser.submit(check, area=f"{VILLAGE[:9]}000")).text
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT area FROM certificates WHERE id = $1", mark) == [VILLAGE[:9]]


@pytest.mark.parametrize(("days", "home", "page"), [
    (91, None, "县里核对过了"),
    (30, "民宿经营许可还有 30 天到期", "还有 30 天到期；请早点在下面交新的"),
    (0, "民宿经营许可还有 0 天到期", "还有 0 天到期"),
    (-1, "民宿经营许可过期了，去交新的", "过期了，要这张证的东西先不卖"),
])  # fmt: skip
async def test_a_seller_reads_when_a_certificate_ends(
    service: Service, database: Database, days: int, home: str | None, page: str
) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="样例顾某")
        producer = await make_producer(conn, village=VILLAGE, owner=owner)
        ends = get_business_day(NOW) + timedelta(days=days)
        await make_certificate(conn, producer, "homestay_permit", expires_on=ends, now=NOW)
        stay = await make_stay(conn, producer, now=NOW)
        await conn.execute("UPDATE listings SET certified_until = $1", ends)
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", stay.listing_id)
        farmer = (await sign_in_without_code(conn, owner, now=NOW, second_factor=False)).token
    async with open_desk_walker(service, farmer) as farm:
        seen = await farm.open("/farm")
        assert home in seen.text if home else "到期" not in seen.text
        assert page in (await farm.open("/farm/papers")).text
        assert ("证过期了，先不卖" in (await farm.open("/farm/sell")).text) is (days < 0)
        nights = await farm.client.get(f"/api/v1/stays/{stay.listing_id}/nights?arrive=2030-01-01&leave=2030-01-02")
        assert nights.status_code == (404 if days < 0 else 200)
        assert ("证过期了，先不卖" in (await farm.open(f"/farm/listings/{number}")).text) is (days < 0)
        await farm.open(f"/stays/{number}", status=404 if days < 0 else 200)
