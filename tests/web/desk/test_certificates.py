"""Certificates on the desk: the applicant's name and phone, and a certificate that is submitted later."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity.models import Role
from market.identity.sign_in import sign_in_without_code
from market.kernel import Connection, Database
from tests.support.app import Service
from tests.support.make import VILLAGE, make_account, make_certificate, make_official, make_producer
from tests.web.desk.county import COUNTY, NOW, serve_story
from tests.web.desk.desk_pages import open_desk_walker

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
