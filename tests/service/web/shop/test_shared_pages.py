"""Public pages of a signed-in buyer: what everybody sees, kept for a moment, with forms of their own."""

import re
from pathlib import Path

import pytest

from market.kernel import Database
from tests.service.web.conftest import a_village
from tests.support.app import build_settings, run_app
from tests.support.browser import ORIGIN, PageClient
from tests.support.statements import QueryTrace

TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{32})"')
LISTS = ("/", "/kinds", "/kinds/fruit", "/search?q=大枣", "/channels", "/packages")


async def test_lists_of_a_buyer_cost_no_statement_while_they_are_kept_and_their_forms_work(
    database: Database, dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = build_settings(dsn, folder, public_url=ORIGIN, keep_ms=60_000)
    async with run_app(settings) as app:
        village = await a_village(database, app, settings)
        number = await village.number(village.dates.listing_id)
        trace = QueryTrace(monkeypatch)
        async with await village.browser() as guest, await village.browser(village.buyer) as buyer:
            for path in LISTS:
                await guest.open(path)
                trace.take()
                page = await buyer.open(path)
                assert (path, trace.take(), page.headers["cache-control"]) == (path, [], "private, no-cache")
            tokens: set[str] = set()
            for path in (f"/goods/{number}", f"/goods/{number}", "/kinds"):
                tokens.update(TOKEN.findall((await buyer.open(path)).html))
                own = "GET_LISTING" in trace.take()
                assert own == path.startswith("/goods"), "the page of a product shows a buyer what is theirs"
            assert len(tokens) == 1, "the form of a page that is kept has the buyer's own token"
            for visitor in (buyer, guest):
                await _turn_large_type_on(visitor)
            guest.client.cookies.set("visitor", "a", domain="market.test")
            await guest.open(f"/goods/{number}")
            trace.take()
            await guest.open(f"/goods/{number}")
            assert trace.take() == [], "a visitor with a token sees what everybody does"


async def _turn_large_type_on(visitor: PageClient) -> None:
    """Use the form of a page that was kept."""
    await visitor.open("/kinds/fruit")
    page = await visitor.submit("/elder", press=("elder", "1"))
    assert (page.path, 'class="tabbed elder"' in page.html) == ("/kinds/fruit", True)


async def test_a_page_that_is_kept_is_kept_in_each_language(database: Database, dsn: str, folder: Path) -> None:
    settings = build_settings(dsn, folder, public_url=ORIGIN, keep_ms=60_000)
    async with run_app(settings) as app:
        village = await a_village(database, app, settings)
        stay = f"/stays/{await village.number(village.stay.listing_id)}"
        seller = await village.value("SELECT number FROM producers WHERE id = $1", village.stay.producer_id)
        async with (
            await village.browser() as chinese,
            await village.browser() as english,
            await village.browser() as one,
        ):
            english.client.headers["Accept-Language"] = "en"
            one.client.cookies.set("lang", "en", domain="market.test")
            for path in (stay, f"{stay}/reviews", f"/sellers/{seller}", f"/sellers/{seller}/reviews", "/packages"):
                read = [(await each.open(path)).root.all("html")[0].attrs["lang"] for each in (chinese, english, one)]
                assert (path, read) == (path, ["zh-Hans", "en", "en"])
