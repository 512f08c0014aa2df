"""Browsing the shop: the home page, categories, divisions, and search; public, cached for one second."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import structs

from market.catalogue.listings.browse import CategoryCount, CountyCount, ListingCount
from market.catalogue.listings.models import ListingCard, ListingKind, Sort
from market.catalogue.listings.search.listings import (
    MAX_COUNTED,
    CountyHits,
    ListingPage,
    SearchFilters,
    count_by_county,
    list_first_cards,
    search_and_count,
    search_listings,
)
from market.kernel import Connection
from market.kernel.clock import Clock
from market.kernel.division_codes import PREFECTURE, get_county_code, truncate_code
from market.kernel.language import say
from market.kernel.page import Page
from market.kernel.public_reads import PublicReads
from market.kernel.rate_limits import RateClass
from market.people.identity.models import NotFound
from market.sales.packages.read import PackageFilters, PackageOffer, list_offers
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.pages import render_page
from market.service.web.services import get_services
from market.service.web.shared_pages import Audience
from market.service.web.shop.cards import find_drawing, make_card_views
from market.service.web.shop.coupon_words import describe_best_offer
from market.service.web.shop.listing_filters import ListingFilters, read_filters, read_prices
from market.service.web.shop.package_cards import link_packages, make_package_cards
from market.service.web.shop.regions import (
    find_division,
    list_division_path,
    list_listed_counties,
    list_selling_children,
    make_trail,
)
from market.service.web.shop.shown_rate import find_shown_rate
from market.service.web.shop.solar_terms import make_season_greeting
from market.service.web.ui.illustrations import get_illustration
from market.villages.channels.models import ChannelKind

SHORT_PUBLIC_CACHE = "public, max-age=1"
"""The Cache-Control of pages that show stock or prices. Source: web.md, Rules."""
_PAGE_SIZE = 12
_COUNTY_DIGITS = 6
_GOODS_ON_HOME = 8
_STAYS_ON_HOME = 3
_PACKAGES_ON_HOME = 2
_PACKAGES_IN_LIST = 4
_MAX_HOME_CANDIDATES = 60
_MAX_PER_CATEGORY = 2
_SEASONAL_CATEGORIES = frozenset({"fruit", "vegetable", "nut", "coarse_grain", "grain", "tuber", "mushroom"})
_CATEGORIES_ON_HOME = 8


def _category_links(categories: Sequence[CategoryCount]) -> list[tuple[str, str, str]]:
    return [(f"/kinds/{each.code}", say(each.name), get_illustration(each.name, "")) for each in categories]


def _say_categories(words: str) -> str:
    return say("、").join(say(each) for each in words.split("、"))


def _choose_home_categories(categories: Sequence[CategoryCount]) -> list[CategoryCount]:
    """Choose the categories with most listings, six of goods and two of tourism, in their usual order."""
    goods = sorted((each for each in categories if each.kind is ListingKind.PRODUCT), key=lambda each: -each.count)
    trips = [each for each in categories if each.kind is not ListingKind.PRODUCT]
    chosen = {each.code for each in [*goods[: _CATEGORIES_ON_HOME - 2], *trips[:2]]}
    return [each for each in categories if each.code in chosen]


def _order_by_season(cards: Sequence[ListingCard]) -> list[ListingCard]:
    """Sort seasonal categories before others, and two of each category before a third."""
    seen: dict[str, int] = {}
    ranked: list[tuple[bool, int, int]] = []
    for position, card in enumerate(cards):
        seen[card.category_code] = seen.get(card.category_code, 0) + 1
        ranked.append(
            (
                card.category_code not in _SEASONAL_CATEGORIES,
                (seen[card.category_code] - 1) // _MAX_PER_CATEGORY,
                position,
            )
        )
    return [cards[position] for *_, position in sorted(ranked)]


def _choose_home_goods(cards: Sequence[ListingCard], shown: Collection[str]) -> list[ListingCard]:
    """Choose goods in season: photos first, then one of each drawing that is not on the screen yet, then the rest."""
    ordered = _order_by_season(cards)
    seen = set(shown)
    photos: list[ListingCard] = []
    fresh: list[ListingCard] = []
    rest: list[ListingCard] = []
    for card in ordered:
        drawing = find_drawing(card)
        (photos if not drawing else rest if drawing in seen else fresh).append(card)
        seen.add(drawing)
    return [*photos, *fresh, *rest][:_GOODS_ON_HOME]


@get("/", include_in_schema=False, shared=Audience.ALL, english=True)
async def show_home(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the home page: listings in season, stays, categories, prefectures."""
    today = clock.today()
    counts = get_services(request).counts
    categories, prefectures = await counts.categories.get(), await counts.prefectures.get()
    channels, offers = await counts.channels.get(), await counts.offers.get()
    async with reads.connection() as conn:
        season, stays = await list_first_cards(
            conn,
            [
                (SearchFilters(kind=ListingKind.PRODUCT, month=today.month), _MAX_HOME_CANDIDATES),
                (SearchFilters(kind=ListingKind.STAY), _STAYS_ON_HOME),
            ],
            today=today,
        )
        packages = await list_offers(conn, limit=_PACKAGES_ON_HOME, today=today)
    kinds = _category_links(_choose_home_categories(categories))
    icons = {symbol for _, _, symbol in kinds}
    goods = _choose_home_goods(season, icons)
    drawn = icons | {find_drawing(card) for card in goods}
    numbers = {kind: sum(each.count for each in categories if each.kind is kind) for kind in ListingKind}
    context = {
        "season": make_season_greeting(today),
        "coupon": describe_best_offer(offers, today=today),
        "kinds": kinds,
        "channels": [(f"/channels/{each.code}", say(each.name)) for each in channels if each.kind is ChannelKind.CITY],
        "goods": make_card_views(goods, shown=icons),
        "goods_count": numbers[ListingKind.PRODUCT],
        "stays": make_card_views(stays, shown=drawn),
        "packages": make_package_cards(packages.items, shown=drawn),
        "stay_count": numbers[ListingKind.STAY],
        "prefectures": [(f"/places/{each.prefix}", each.short, _say_categories(each.words)) for each in prefectures],
        "canonical": f"{get_origin(request)}/",
    }
    return render_page(request, "shop/home.html", context, cache=SHORT_PUBLIC_CACHE)


@get("/kinds", include_in_schema=False, shared=Audience.ALL, english=True)
async def show_categories(request: HttpRequest, reads: NamedDependency[PublicReads]) -> Response[bytes]:
    """Show every category, and the counties of the national and provincial lists."""
    categories = await get_services(request).counts.categories.get()
    async with reads.connection() as conn:
        counties = await list_listed_counties(conn)
    prefectures: dict[str, tuple[str, str, list[tuple[str, str]]]] = {}
    for each in counties:
        entry = prefectures.setdefault(
            each.prefecture_code, (f"/places/{truncate_code(each.prefecture_code, PREFECTURE)}", each.prefecture, [])
        )
        entry[2].append((f"/places/{get_county_code(each.code)}", each.name))
    context = {
        "groups": [
            (say("吃的用的"), _category_links([each for each in categories if each.kind is ListingKind.PRODUCT])),
            (
                say("去村里"),
                [
                    ("/packages", say("乡村套餐"), "feast"),
                    *_category_links([each for each in categories if each.kind is not ListingKind.PRODUCT]),
                ],
            ),
        ],
        "prefectures": list(prefectures.values()),
        "canonical": f"{get_origin(request)}/kinds",
    }
    return render_page(request, "shop/kinds.html", context, cache=SHORT_PUBLIC_CACHE)


def _offer_kinds(filters: ListingFilters, categories: Sequence[CategoryCount]) -> ListingFilters:
    """Offer the categories with listings; a category that does not exist is not chosen."""
    known = {each.code for each in categories}
    return structs.replace(
        filters,
        kind=filters.kind if filters.kind in known else "",
        kinds=[("", say("都看")), *((each.code, say(each.name)) for each in categories if each.count)],
    )


def _offer_counties(
    filters: ListingFilters, counties: Sequence[CountyCount], hits: Sequence[CountyHits], *, exact: bool
) -> ListingFilters:
    """Offer the counties with hits, by prefecture, each with its number; a county that does not exist is not chosen.

    If not all matches are counted, every county that sells anything is offered, without a number.
    """
    found = {each.code: each.count for each in hits}
    groups: dict[str, list[tuple[str, str]]] = {"": [("", say("都看"))]}
    for each in sorted(counties, key=lambda county: county.code):
        if not exact:
            groups.setdefault(each.prefecture, []).append((each.code, each.name))
        elif each.code in found or each.code == filters.county:
            words = say("{1}，{0} 样", found.get(each.code, 0), each.name)
            groups.setdefault(each.prefecture, []).append((each.code, words))
    known = {each.code for each in counties}
    return structs.replace(
        filters, county=filters.county if filters.county in known else "", counties=list(groups.items())
    )


async def _listings_page(
    request: HttpRequest,
    conn: Connection,
    counties: Sequence[CountyCount],
    *,
    today: date,
    search: SearchFilters,
    filters: ListingFilters,
    context: dict[str, Any],
) -> Response[bytes]:
    """Render a page of listings with its sorting rule; show similar listings if there are none."""
    filters, low, high = read_prices(filters)
    search = structs.replace(
        search,
        price_from_fen=low,
        price_to_fen=high,
        sort=Sort(filters.sort),
        month=today.month if filters.season else None,
        category=filters.kind or search.category,
    )
    after = request.query_params.get("after")
    page: ListingPage | None = None
    hits = _sum_counts(search, await get_services(request).counts.listings.get())
    exact = hits is not None
    if hits is None and filters.county and search.division is None:
        hits = await count_by_county(conn, search, today=today)
    elif hits is None:
        page, hits = await search_and_count(conn, search, today=today, after=after, limit=_PAGE_SIZE)
    exact = exact or sum(each.count for each in hits) < MAX_COUNTED
    if search.division is None:
        filters = _offer_counties(filters, counties, hits, exact=exact)
        search = structs.replace(search, division=filters.county or None)
    if page is None:
        page = await search_listings(conn, search, today=today, after=after, limit=_PAGE_SIZE)
    count = sum(each.count for each in hits if filters.county in {"", each.code})
    filters = structs.replace(filters, count_words=_format_count(count, exact=exact))
    cards = [] if page.near else page.items
    near = page.items if page.near else []
    if not cards and not near and not search.text:
        near = (await search_listings(conn, SearchFilters(), today=today, limit=_GOODS_ON_HOME)).items
    wanted = PackageFilters(
        text=search.text, division=search.division, category=search.category, price_from_fen=low, price_to_fen=high
    )
    packages: Page[PackageOffer] = Page([], None)
    if after is None and not filters.season:
        packages = await list_offers(conn, wanted, limit=_PACKAGES_IN_LIST, today=today)
    more = f"{filters.action}?{_join_query(filters.query, page.next)}" if page.next else None
    values = {
        "count_words": filters.count_words, "drawn": any(map(find_drawing, page.items)), "lead": None,
        "trail": [], "narrow": [], "filters": filters, "sort_words": _describe_sort(page),
        "cards": make_card_views(cards), "rate": await find_shown_rate(request), "more": more, "neighbours": [],
        "packages": make_package_cards(packages.items, shown={find_drawing(card) for card in cards}),
        "all_packages": link_packages(wanted) if packages.next else None,
        "near": make_card_views(near), "near_words": say("和它相近的") if page.near else say("大家在买的"),
        "empty": say("这里还没有"), "empty_words": say("换个地方或者换一类看看。"),
        "canonical": f"{get_origin(request)}{filters.action}", **context,
    }  # fmt: skip
    return render_page(request, "shop/list.html", values, cache=SHORT_PUBLIC_CACHE)


def _sum_counts(search: SearchFilters, counts: Sequence[ListingCount]) -> list[CountyHits] | None:
    """Return the kept numbers of a list that they are of: of a category and a county or its prefecture, or of all."""
    division = search.division or ""
    narrow = [search.text, search.kind, search.producer_id, search.month, search.price_from_fen, search.price_to_fen]
    if any(each for each in narrow) or len(division) > _COUNTY_DIGITS:
        return None
    hits: Counter[str] = Counter()
    for each in counts:
        if search.category in {None, each.category} and each.county.startswith(division):
            hits[each.county] += each.count
    return [CountyHits(code, count) for code, count in hits.items()]


def _format_count(count: int, *, exact: bool) -> str:
    """Format the number of hits; the number of a common word is a lower bound."""
    return say("{0} 样" if exact else "{0} 样以上", count) if count else ""


def _join_query(query: str, after: str) -> str:
    return f"{query}&after={after}" if query else f"after={after}"


def _describe_sort(page: ListingPage) -> str:
    return say("排序按{0}。", say(page.rule)) if page.items and not page.near else ""


@get("/kinds/{code:str}", include_in_schema=False, shared=Audience.ALL, english=True, rate=RateClass.SEARCH)
async def show_category(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """Show the listings of a category.

    Raises:
        NotFound: the category does not exist.
    """
    counts = get_services(request).counts
    category = next((each for each in await counts.categories.get() if each.code == code), None)
    if category is None:
        raise NotFound
    counties = await counts.counties.get()
    async with reads.connection() as conn:
        filters = structs.replace(read_filters(request, f"/kinds/{code}"), kind="")
        context: dict[str, Any] = {"heading": say(category.name), "empty": say("{0}还没有人卖", say(category.name))}
        if category.kind is not ListingKind.PRODUCT:
            context["narrow"] = [("/packages", say("乡村套餐"))]
        return await _listings_page(
            request,
            conn,
            counties,
            today=clock.today(),
            search=SearchFilters(category=code),
            filters=structs.replace(filters, q=""),
            context=context,
        )


@get("/places/{code:str}", include_in_schema=False, shared=Audience.ALL, english=True, rate=RateClass.SEARCH)
async def show_division(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """Show the listings of a division, and its children that have any.

    Raises:
        NotFound: the division does not exist.
    """
    categories = await get_services(request).counts.categories.get()
    async with reads.connection() as conn:
        division = await find_division(conn, code)
        if division is None:
            raise NotFound
        path = await list_division_path(conn, division.code)
        children = await list_selling_children(conn, division, today=clock.today())
        filters = _offer_kinds(read_filters(request, f"/places/{division.prefix}"), categories)
        context = {
            "heading": division.name,
            "trail": make_trail(path[:-1]),
            "narrow": [(f"/places/{each.prefix}", f"{each.name} {each.live}") for each in children],
            "empty": say("{0}还没有东西在卖", division.name),
        }
        return await _listings_page(
            request,
            conn,
            [],
            today=clock.today(),
            search=SearchFilters(division=division.prefix),
            filters=structs.replace(filters, q="", county=""),
            context=context,
        )


@get("/search", include_in_schema=False, shared=Audience.ALL, english=True, rate=RateClass.SEARCH)
async def show_search(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], q: FromQuery[str] = ""
) -> Response[bytes]:
    """Show search results; if there are none, similar listings and the categories."""
    counts = get_services(request).counts
    categories, counties = await counts.categories.get(), await counts.counties.get()
    async with reads.connection() as conn:
        filters = _offer_kinds(read_filters(request, "/search"), categories)
        filled = [each for each in categories if each.count]
        context = {
            "heading": say("找“{0}”", filters.q) if q else say("所有在卖的"),
            "empty": say("没有找到“{0}”", filters.q) if filters.q else say("还没有东西在卖"),
            "empty_words": say("换个短一点的词，比如只写“枣”；或者按种类看："),
            "neighbours": [(say(each.name), f"/kinds/{each.code}") for each in filled[:_CATEGORIES_ON_HOME]],
        }
        today = clock.today()
        return await _listings_page(
            request, conn, counties, today=today, search=SearchFilters(text=filters.q), filters=filters, context=context
        )


ROUTES = [show_home, show_categories, show_category, show_division, show_search]
