"""Every page of buyers and farmers: accessible, no overflow at 320 px, large text and targets."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import Phone, Town
from tests.journeys.test_buyer import sign_in
from tests.service.web.conftest import FARMER_PHONE, HOST_PHONE
from tests.service.web.ui.test_in_browser import SMALL_TARGETS, SMALL_TEXT
from tests.support.accessibility import find_faults as find_axe_faults

pytestmark = pytest.mark.long

PHONE, NARROWEST = 360, 320
SHOP = (
    "/", "/kinds", "/kinds/fruit", "/search?q=小米", "/search?q=菠萝蜜", "/search?low=a&high=1", "/places/1306",
    "/places/130624", "/goods/1", "/goods/2", "/stays/3", "/packages", "/sign-in", "/nothing/here",
)  # fmt: skip
OWN = (
    "/cart", "/checkout", "/me", "/farm", "/farm/orders", "/farm/guests", "/farm/sell", "/farm/sell/local-1",
    "/farm/sell/stay", "/farm/listings/1", "/farm/listings/1/edit", "/farm/money", "/farm/bill", "/farm/mine",
    "/farm/apply", "/farm/apply?new=1", "/farm/apply?at=130624", "/farm/apply?at=130624101201",
    "/farm/packages", "/farm/packages/new", "/farm/invoices", "/me/info", "/me/info/requests", "/me/info/looks",
    "/me/info/kept", "/me/data?all=1", "/village/stories?write=1", "/report/listing/1",
)  # fmt: skip
HOST = ("/farm/listings/3", "/farm/listings/3/edit", "/farm/listings/3/nights")


def find_faults(tab: Page, address: str, *, looks: bool) -> list[object]:
    """Open a page and return its accessibility and layout faults."""
    tab.goto(address)
    found: list[object] = [*find_axe_faults(tab, looks=looks)]
    found += [("small", each) for each in tab.evaluate(SMALL_TEXT) + tab.evaluate(SMALL_TARGETS)]
    tab.set_viewport_size({"width": NARROWEST, "height": 740})
    wide = tab.evaluate("document.documentElement.scrollWidth")
    tab.set_viewport_size({"width": PHONE, "height": 740})
    found += [] if wide == NARROWEST else [("wide", wide)]
    return [(address, each) for each in found]


@pytest.mark.parametrize("mode", ["day", "night", "elder"])
def test_every_page_is_accessible(town: Town, chromium: Browser, mode: str) -> None:
    context = chromium.new_context(
        viewport={"width": PHONE, "height": 740}, color_scheme="dark" if mode == "night" else "light", locale="zh-CN"
    )
    if mode == "elder":
        context.add_cookies([{"name": "elder", "value": "1", "url": town.url}])
    tab = context.new_page()
    day = town.village.today + timedelta(days=60)
    paths = [*SHOP, f"/stays/3?from={day}&to={day + timedelta(days=2)}", f"/stays/3?from={day}"]
    found = [fault for path in paths for fault in find_faults(tab, town.url + path, looks=mode != "day")]
    person = Phone(context, tab, scripts=True, faults=[])
    person.open(f"{town.url}/sign-in?to=/goods/2")
    sign_in(town, person, FARMER_PHONE)
    person.press("放进购物车")
    found += [fault for path in OWN for fault in find_faults(tab, town.url + path, looks=mode != "day")]
    context.clear_cookies(name="session")
    person.open(f"{town.url}/sign-in?to=/farm")
    sign_in(town, person, HOST_PHONE)
    found += [fault for path in HOST for fault in find_faults(tab, town.url + path, looks=mode != "day")]
    context.close()
    assert found == []
