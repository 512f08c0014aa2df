"""Benchmarks of pages over HTTP in a market of 100,000 listings, and how their cost grows from 1,000 to that.

Figure and limit use the same server of one process, the same client and connections; the limit is `/healthz`, which
asks nothing. Growth is the time of an uncached page in the large market over that in the small one.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote
from uuid import UUID

from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.kernel import Connection, open_database
from market.kernel.database import APP_ROLE
from market.kernel.page import MAX_PAGE_SIZE
from tests.bench.market import Market, Markets
from tests.bench.memory import measure_largest_child
from tests.bench.pairs import in_pairs
from tests.bench.requests import CONNECTIONS, request_paths, run_service
from tests.bench.shop import Row
from tests.conftest import NOW

REQUESTS = 4_000
SLOW_REQUESTS = 600
HOT_PRODUCTS = 100
SEARCHES = 300
IDLE_MIB = 110.0
LOADED_MIB = 180.0
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


async def idle_memory(markets: Markets) -> Row:
    """Measure the memory of a process of the service that has answered nothing yet, in MiB."""
    async with run_service(markets.large.dsn):
        return _make_memory_row("idle_memory", measure_largest_child(), IDLE_MIB)


async def loaded_memory(markets: Markets) -> Row:
    """Measure the memory of a process that has shown products, lists and searches, in MiB."""
    market = markets.large
    async with run_service(market.dsn) as port:
        for paths in (_any_products, _lists, _searches, _home):
            await request_paths(port, paths(market), count=REQUESTS)
        return _make_memory_row("loaded_memory", measure_largest_child(), LOADED_MIB)


def _make_memory_row(name: str, mib: float, limit: float) -> Row:
    return Row(name, round(mib, 1), "MiB", limit, round(mib / limit, 2))


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


async def search_recall(markets: Markets) -> Row:
    """Measure which part of searches for up to eight characters of a product name find that product in its shop.

    The name in a shop with some hundred products, because a page has the best of all; the limit is every search.
    """
    rng = random.Random(5)
    db = await open_database(markets.large.dsn, role=APP_ROLE, max_size=1)
    found = 0
    async with db.connection() as conn:
        rows = await conn.fetch("SELECT id, producer_id, title FROM listings TABLESAMPLE SYSTEM (5) LIMIT $1", SEARCHES)
        for row in rows:
            title = row["title"]
            start = rng.randrange(len(title) - 1)
            typed = title[start : start + rng.randint(2, 8)].strip()
            filters = SearchFilters(text=typed, producer_id=row["producer_id"])
            found += await _finds(conn, filters, row["id"])
    await db.close()
    return Row("search_recall", found, "searches", len(rows), round(found / len(rows), 3))


async def _finds(conn: Connection, filters: SearchFilters, listing_id: UUID) -> bool:
    after: str | None = None
    while True:
        page = await search_listings(conn, filters, today=NOW.date(), after=after, limit=MAX_PAGE_SIZE)
        if any(card.id == listing_id for card in page.items):
            return True
        if page.next is None:
            return False
        after = page.next


FIGURES: dict[str, Callable[[Markets], Awaitable[Row]]] = {
    "home_html": _measure("home_html", _home),
    "list_html": _measure("list_html", _lists),
    "list_json": _measure("list_json", _list_json),
    "product_html": _measure("product_html", _any_products, count=SLOW_REQUESTS),
    "product_hot_html": _measure("product_hot_html", _hot_products),
    "search_html": _measure("search_html", _searches, count=SLOW_REQUESTS),
    "buyer_product_html": _measure("buyer_product_html", _any_products, count=SLOW_REQUESTS, buyer=True),
    "buyer_list_html": _measure("buyer_list_html", _lists, count=SLOW_REQUESTS, buyer=True),
    "search_recall": search_recall,
    "idle_memory": idle_memory,
    "loaded_memory": loaded_memory,
    "growth_home": _measure_growth("growth_home", _home),
    "growth_list": _measure_growth("growth_list", _lists),
    "growth_product": _measure_growth("growth_product", _any_products),
    "growth_search": _measure_growth("growth_search", _searches),
}
"""The figures of the group `shop` that need a large market."""
