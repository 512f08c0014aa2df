"""Benchmarks of pages over HTTP in a market of 100,000 listings, and how their cost grows from 1,000 to that.

Figure and limit use the same server of one process, the same client and connections; the limit is `/healthz`, which
asks nothing. Growth is the time of an uncached page in the large market over that in the small one.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from tests.bench.market import Market, Markets
from tests.bench.pairs import in_pairs
from tests.bench.requests import CONNECTIONS, request_paths, run_service
from tests.bench.shop import Row

REQUESTS = 4_000
SLOW_REQUESTS = 600
HOT_PRODUCTS = 100
SORTS = ("", "sold", "new", "price")
CATEGORIES = ("fruit", "grain", "nut", "mushroom")

type _Paths = Callable[[Market], Sequence[str]]


def _home(_market: Market) -> list[str]:
    return ["/"]


def _lists(_market: Market) -> list[str]:
    return [f"/kinds/{code}?sort={sort}" for code in CATEGORIES for sort in SORTS]


def _list_json(_market: Market) -> list[str]:
    return [f"/api/v1/listings?category={code}" for code in CATEGORIES]


def _any_products(market: Market) -> list[str]:
    return [f"/goods/{number}" for number in random.Random(3).choices(market.numbers, k=REQUESTS)]


def _hot_products(market: Market) -> list[str]:
    return [f"/goods/{number}" for number in market.numbers[:HOT_PRODUCTS]]


def _searches(market: Market) -> list[str]:
    return [f"/search?q={quote(word)}" for word in random.Random(4).choices(market.words, k=REQUESTS)]


def _measure(name: str, paths: _Paths, *, count: int = REQUESTS, buyer: bool = False) -> Callable[..., Awaitable[Row]]:
    async def measure(markets: Markets) -> Row:
        market = markets.large
        headers = f"Cookie: session={market.session}\r\n" if buyer else ""
        asked = paths(market)
        async with run_service(market.dsn) as port:
            await request_paths(port, asked[:CONNECTIONS], count=CONNECTIONS, headers=headers)
            return await in_pairs(
                name,
                "requests/s",
                repeats=market.repeats,
                limit=lambda: request_paths(port, ["/healthz"], count=REQUESTS),
                ours=lambda: request_paths(port, asked, count=count, headers=headers),
            )

    return measure


def _measure_growth(name: str, paths: _Paths) -> Callable[..., Awaitable[Row]]:
    async def measure(markets: Markets) -> Row:
        async with (
            run_service(markets.small.dsn, keep_ms=0) as small,
            run_service(markets.large.dsn, keep_ms=0) as large,
        ):
            few, many = paths(markets.small), paths(markets.large)
            for port, asked in ((small, few), (large, many)):
                await request_paths(port, asked, count=CONNECTIONS)
            row = await in_pairs(
                name,
                "requests/s",
                repeats=markets.large.repeats,
                limit=lambda: request_paths(small, few, count=SLOW_REQUESTS),
                ours=lambda: request_paths(large, many, count=SLOW_REQUESTS),
            )
        # As a growth of the time: 1 is none.
        return Row(name, row.value, row.unit, row.limit, round(row.limit / row.value, 2))

    return measure


FIGURES: dict[str, Callable[[Markets], Awaitable[Row]]] = {
    "home_html": _measure("home_html", _home),
    "list_html": _measure("list_html", _lists),
    "list_json": _measure("list_json", _list_json),
    "product_html": _measure("product_html", _any_products, count=SLOW_REQUESTS),
    "product_hot_html": _measure("product_hot_html", _hot_products),
    "search_html": _measure("search_html", _searches, count=SLOW_REQUESTS),
    "buyer_product_html": _measure("buyer_product_html", _any_products, count=SLOW_REQUESTS, buyer=True),
    "buyer_list_html": _measure("buyer_list_html", _lists, count=SLOW_REQUESTS, buyer=True),
    "growth_home": _measure_growth("growth_home", _home),
    "growth_list": _measure_growth("growth_list", _lists),
    "growth_product": _measure_growth("growth_product", _any_products),
    "growth_search": _measure_growth("growth_search", _searches),
}
"""The figures of the group `shop` that need a large market."""
