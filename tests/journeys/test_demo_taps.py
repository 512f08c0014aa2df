"""docs/villages.md says the truth: each way exists, leads to its page, and takes as many taps as it says."""

import re
from pathlib import Path

import pytest
from msgspec import Struct

from market.kernel.seal import derive_seal
from market.service.demo.sample.accounts import SampleLogin, list_logins
from market.service.web.desk.villages.home import DESK_AREAS
from market.service.web.village.areas import VILLAGE_AREAS
from tests.journeys.demo import Demo
from tests.support.app import SECRET
from tests.support.browser import LoadedPage, PageClient

pytestmark = pytest.mark.long

MAX_TAPS = 3
TABLE = Path(__file__).parents[2] / "docs" / "villages.md"
PEOPLE = {
    "villager": "farmer", "producer": "farmer", "company": "farmer", "employer": "farmer", "charity": "farmer",
    "agronomist": "host", "public unit": "buyer", "buyer": "buyer", "village station": "village", "county": "county",
    "prefecture": "supervisor", "province": "province", "platform": "platform", "operator": "operator",
}  # fmt: skip
"""The sample person who stands for each."""
VALUES = {"int": "[0-9]+", "str": "[^/]+"}


class Way(Struct, frozen=True):
    """A line of the table."""

    area: str
    article: str
    who: str
    start: str
    links: str
    taps: str
    page: str


def list_ways() -> list[Way]:
    """Return the lines of the table."""
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [Way(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[1:]]


def find_link(page: LoadedPage, words: str) -> str | None:
    """Return the address of the first link whose name is `words`, else of the first that has them."""
    links = [each for each in page.root.all("a") if each.attrs.get("href", "").startswith("/")]
    named = [each for each in links if words in (each.text, *(part.text for part in each.walk()))]
    return next((each.attrs["href"] for each in (*named, *(one for one in links if words in one.text))), None)


async def test_each_way_of_the_table_leads_to_its_page_in_the_taps_it_says(demo: Demo) -> None:
    ways, wrong = list_ways(), list[str]()
    logins: dict[str, SampleLogin] = {each.role: each for each in list_logins(derive_seal(SECRET))}
    pages: dict[tuple[str, str], LoadedPage] = {}
    for role in dict.fromkeys(PEOPLE[each.who] for each in ways):
        login = logins[role]
        async with PageClient(demo.app) as browser:
            token = await demo.sign_in(login.phone, second_factor=login.totp_secret is not None)
            browser.client.cookies.set("session", token, domain="market.test")

            async def look(at: str, role: str = role, browser: PageClient = browser) -> LoadedPage:
                if (role, at) not in pages:
                    pages[role, at] = await browser.open(at)
                return pages[role, at]

            for way in (each for each in ways if PEOPLE[each.who] == role):
                at: str | None = way.start
                links = [each.strip() for each in way.links.split(",")]
                for words in links:
                    at = find_link(await look(at), words) if at is not None else None
                path = (at or "").partition("?")[0].partition("#")[0]
                pattern = re.sub(r"\{\w+:(\w+)\}", lambda found: VALUES[found[1]], way.page)
                if at is None or not re.fullmatch(pattern, path) or way.taps != str(len(links)):
                    wrong.append(f"{way.area}: {way.taps} taps, {at}")
                else:
                    await look(at)
    assert wrong == []
    assert max(int(each.taps) for each in ways) == MAX_TAPS


async def test_every_area_of_the_lists_stands_in_the_table_and_every_page_of_it_exists(demo: Demo) -> None:
    pages = {each.page for each in list_ways()}
    listed = {each.path.partition("?")[0] for each in VILLAGE_AREAS} | {each.path for each in DESK_AREAS}
    assert listed - pages == {"/villages/{village}/notice"}  # of the reduction of phone bills, no service area
    assert pages - {route.path for route in demo.app.routes} == set()
