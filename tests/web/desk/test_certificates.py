"""At the desk: who applied is named and called, and a certificate that was handed in later is checked."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity import Role, sign_in_without_code
from market.kernel import Connection, Database
from tests.factories import VILLAGE, a_certificate, a_producer, an_account, an_official
from tests.service import Service
from tests.web.desk.county import COUNTY, NOW, the_service
from tests.web.desk.desks import at_the_desk

PHONE = "17010008811"


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with the_service(dsn, folder) as running:
        yield running


async def official(conn: Connection, role: Role, scope: str = COUNTY) -> str:
    account = await an_official(conn, role, scope)
    return (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token


async def test_who_decides_sees_who_applied_and_the_whole_number(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        owner = await an_account(conn, name="样例顾某", phone=PHONE)
        producer = await a_producer(conn, state="applied", village=VILLAGE, owner=owner)
        village, township = await official(conn, Role.VILLAGE, VILLAGE), await official(conn, Role.TOWNSHIP)
    async with at_the_desk(service, village) as walker:
        seen = await walker.open(f"/desk/producers/{producer}")
        assert "样例顾某" in seen.text
        assert "170-1000-8811" in seen.text
    async with at_the_desk(service, township) as walker:
        seen = await walker.open(f"/desk/producers/{producer}")
        assert "样例顾某" in seen.text
        assert "170****8811" in seen.text
        assert "1701000" not in seen.html


async def test_the_county_checks_a_certificate_that_was_handed_in_later(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        producer = await a_producer(conn, village=VILLAGE, name="样例枣园")
        paper = await a_certificate(conn, producer, "homestay_permit", verified=False)
        await a_producer(conn, village=VILLAGE, name="样例没交证的家")
        county, village = await official(conn, Role.COUNTY), await official(conn, Role.VILLAGE, VILLAGE)
    path = f"/desk/producers/{producer}"
    async with at_the_desk(service, village) as walker:
        assert "交了证" not in (await walker.open("/desk/producers")).text
        assert "核对过，属实" not in (await walker.open(path)).text
    async with at_the_desk(service, county) as walker:
        seen = await walker.open("/desk/producers")
        assert "交了证，等您核对" in seen.text
        assert "样例枣园" in seen.text
        assert "样例没交证的家" not in seen.text
        seen = await walker.open(path)
        assert "待核验 民宿经营许可" in seen.text
        seen = await walker.submit(f"{path}/certificates/{paper}")
        assert "已记下" in seen.text
        assert "已核验 民宿经营许可" in seen.text
        assert "交了证" not in (await walker.open("/desk/producers")).text
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT verified_at IS NOT NULL FROM certificates WHERE id = $1", paper)
