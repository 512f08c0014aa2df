"""The county of the desk, and the demo's banner; other access rules are in tests/access."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import COUNTY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import make_official


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials, database: Database) -> AsyncGenerator[Service]:
    await play_january(database, county, until="run")
    async with serve_story(dsn, folder) as running:
        yield running


async def test_an_official_of_a_prefecture_chooses_a_county(
    service: Service, county: Officials, database: Database
) -> None:
    del county
    async with database.transaction() as conn:
        account = await make_official(conn, Role.COUNTY, "1306")
        token = (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open("/desk")
        assert seen.heading == "选一个县"
        assert f"/desk?county={COUNTY}" in seen.links()
        assert "/desk?county=130725" not in seen.links()
        seen = await browser.open(f"/desk/months/2019-01?county={COUNTY}")
        assert "2019年1月账期" in seen.heading
        assert f"/desk/sheets/2019-01?county={COUNTY}" in seen.links()


async def test_the_menu_keeps_the_chosen_county(service: Service, county: Officials, database: Database) -> None:
    del county
    async with database.transaction() as conn:
        account = await make_official(conn, Role.COUNTY, "1306")
        token = (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open(f"/desk?county={COUNTY}")
    menu = next(node for node in seen.root.all("nav") if "menu" in node.attrs["class"])
    paths = ("", "/months", "/places", "/findings", "/sheets", "/producers")
    assert [link.attrs["href"] for link in menu.all("a")] == [f"/desk{path}?county={COUNTY}" for path in paths]


async def test_an_official_signs_out(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk")
        assert (await browser.submit("/sign-out")).path == "/"
        assert (await browser.open("/desk")).path.startswith("/sign-in")


async def test_the_demo_banner_is_not_shown_outside_the_demo(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk")
    assert "我是农户" not in seen.html
