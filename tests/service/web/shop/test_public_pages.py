"""Public pages answered in front of the framework: what visitors are sent, counted and refused is what it would be."""

import re
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute

from market.kernel import Busy, Database
from market.kernel.rate_limits import RateClass, RateLimiter
from market.service.metrics import RESPONSES
from market.service.public_pages import PublicPages
from market.service.web.services import Services
from tests.service.web.conftest import Village

_OWN = re.compile(r"visitor=[^;]+|nonce[-=]\"?[\w-]+|name=\"csrf\" value=\"\w+\"|ETag|W/\"\w+\"")
COOKIES = ("", "elder=1; lang=en", "elder=0; visitor=somebody", "session=nobody", "lang=en; drafts=x; currency=USD")
LANGUAGES = ("zh", "en-GB")
REFUSED = 2


@contextmanager
def by_the_framework() -> Generator[None]:
    """Leave every page to the framework until the block ends."""

    def find_none(*_: object) -> None:
        """Find no page."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PublicPages, "find_page", find_none)
        yield


def take_apart(response: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    """Return status, headers in their order and body, without what each answer has of its own."""
    headers = [(name, _OWN.sub("*", value)) for name, value in response.headers.multi_items()]
    return response.status_code, headers, _OWN.sub("*", response.text)


def read_counts() -> dict[tuple[str, str, str], float]:
    """Return how many responses were counted, by method, route and status."""
    [found] = RESPONSES.collect()
    counted = [(each.labels, each.value) for each in found.samples if each.name.endswith("_total")]
    return {(labels["method"], labels["route"], labels["status"]): value for labels, value in counted}


async def list_paths(village: Village) -> list[str]:
    """Return an address of each route that is answered so, and odd spellings of some."""
    goods = await village.number(village.dates.listing_id)
    stay = await village.number(village.stay.listing_id)
    seller = await village.value("SELECT number FROM producers WHERE id = $1", village.dates.producer_id)
    usual = [
        "/", "/kinds", "/kinds/fruit", "/kinds/fruit?sort=sold&season=1", "/kinds/none", "/places/130624", "/places/13",
        "/places/99", "/search", "/search?q=大枣", "/search?q=dazao&sort=price", "/search?q=<b>&after=1.2", "/channels",
        "/channels/none", f"/goods/{goods}", f"/goods/{goods}?region=540000", f"/goods/{goods}/reviews",
        f"/goods/{stay}", f"/stays/{stay}", f"/stays/{stay}/reviews", f"/sellers/{seller}",
        f"/sellers/{seller}/reviews", "/packages", "/packages/1", "/goods/999999",
    ]  # fmt: skip
    odd = [
        "/kinds/", f"/goods/{goods}/", f"//goods/{goods}", f"/goods/0{goods}", f"/goods/+{goods}", "/goods/0",
        "/goods/x", "/goods/-1", "/goods/99999999999999999999", "/goods/４", "/kinds/Fruit", "/kinds/%20",
        "/search?q=a&q=b", "/goods", "/search?q=%ff", "/kinds/fruit/more", "/places/1306/24",
        "/search?after=tampered", "/search?sort=unknown",
    ]  # fmt: skip
    return usual + odd


async def test_every_public_page_is_what_the_framework_would_send_to_anybody(street: Village) -> None:
    routes = {route.path_format for route in street.app.routes if isinstance(route, HTTPRoute)}
    seen: set[str] = set()
    wrong: list[str] = []
    RESPONSES.clear()  # after all other tests it takes long to read
    async with await street.browser(street.buyer) as buyer, await street.browser() as visitor:
        for path in await list_paths(street):
            for cookies in COOKIES:
                headers = {"Accept-Language": LANGUAGES[len(seen) % 2], **({"Cookie": cookies} if cookies else {})}
                client = visitor.client if cookies else buyer.client
                before = read_counts()
                ours = take_apart(await client.get(path, headers=headers))
                between = read_counts()
                with by_the_framework():
                    theirs = take_apart(await client.get(path, headers=headers))
                after = read_counts()
                visitor.client.cookies.clear()
                counted = {key: value - before.get(key, 0) for key, value in between.items()}
                if ours != theirs or counted != {key: value - between.get(key, 0) for key, value in after.items()}:
                    wrong.append(f"{path} {headers}")
                seen |= {key[1] for key, value in counted.items() if value}
    assert wrong == []
    assert {"/goods/{number}", "/search", "/kinds/{code}", "/sellers/{number}/reviews"} <= seen & routes


async def test_a_public_page_is_refused_as_the_framework_does(street: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    services: Services = street.app.state["market"]
    limiter = RateLimiter({RateClass.PAGE: REFUSED, RateClass.SEARCH: REFUSED})
    monkeypatch.setitem(street.app.state, "market", msgspec.structs.replace(services, rate_limiter=limiter))
    async with await street.browser() as visitor:
        for path in ("/", "/search"):
            allowed = [await visitor.client.get(path) for _ in range(REFUSED)]
            assert [each.status_code for each in allowed] == [200] * REFUSED
            ours = await visitor.client.get(path)
            visitor.client.cookies.clear()
            with by_the_framework():
                theirs = await visitor.client.get(path)
            visitor.client.cookies.clear()
            assert ours.status_code == 429
            assert take_apart(ours) == take_apart(theirs)


async def test_a_page_that_fails_is_answered_as_the_framework_does(
    street: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await street.number(street.dates.listing_id)
    for error, status in ((Busy, 503), (ZeroDivisionError, 500)):

        def fail(*_: object, error: type[Exception] = error) -> None:
            raise error

        monkeypatch.setattr(Database, "connection", fail)
        async with await street.browser() as visitor:
            ours = await visitor.client.get(f"/goods/{number}")
            visitor.client.cookies.clear()
            with by_the_framework():
                theirs = await visitor.client.get(f"/goods/{number}")
        assert ours.status_code == status
        assert take_apart(ours) == take_apart(theirs)
