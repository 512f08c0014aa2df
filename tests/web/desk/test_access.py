"""Whose desk it is: a prefecture chooses a county, and the demo's band stays in the demo; the rest is tests/access."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity import Role, sign_in_without_code
from market.kernel import Database
from tests.factories import an_official
from tests.service import Service
from tests.web.desk.county import COUNTY, NOW, People, take_january, the_service
from tests.web.desk.desks import at_the_desk


@pytest.fixture
async def service(dsn: str, folder: Path, county: People, database: Database) -> AsyncGenerator[Service]:
    await take_january(database, county, until="run")
    async with the_service(dsn, folder) as running:
        yield running


async def test_an_official_of_a_prefecture_chooses_a_county(
    service: Service, county: People, database: Database
) -> None:
    del county
    async with database.transaction() as conn:
        account = await an_official(conn, Role.COUNTY, "1306")
        token = (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token
    async with at_the_desk(service, token) as walker:
        seen = await walker.open("/desk")
        assert seen.heading == "选一个县"
        assert f"/desk?county={COUNTY}" in seen.links()
        assert "/desk?county=130725" not in seen.links()
        seen = await walker.open(f"/desk/months/2019-01?county={COUNTY}")
        assert "2019年1月账期" in seen.heading
        assert f"/desk/sheets/2019-01?county={COUNTY}" in seen.links()


async def test_the_menu_stays_in_the_county_that_was_chosen(
    service: Service, county: People, database: Database
) -> None:
    del county
    async with database.transaction() as conn:
        account = await an_official(conn, Role.COUNTY, "1306")
        token = (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token
    async with at_the_desk(service, token) as walker:
        seen = await walker.open(f"/desk?county={COUNTY}")
    menu = next(node for node in seen.root.all("nav") if "menu" in node.attrs["class"])
    paths = ("", "/months", "/places", "/findings", "/sheets", "/producers")
    assert [link.attrs["href"] for link in menu.all("a")] == [f"/desk{path}?county={COUNTY}" for path in paths]


async def test_an_official_leaves_the_desk(service: Service, county: People) -> None:
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        await walker.open("/desk")
        assert (await walker.submit("/sign-out")).path == "/"
        assert (await walker.open("/desk")).path.startswith("/sign-in")


async def test_the_demos_band_is_not_there_outside_the_demo(service: Service, county: People) -> None:
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        seen = await walker.open("/desk")
    assert "我是农户" not in seen.html
