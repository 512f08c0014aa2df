"""The shop: what is in season, kinds, origins, and search. Open to all, kept by shared caches for a second."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct, structs

from market.catalogue import (
    Card,
    CategoryCount,
    CountyCount,
    Found,
    Kind,
    Sort,
    Wanted,
    in_season,
    list_categories,
    list_counties,
    search_listings,
)
from market.identity import NotFound
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.text import clean
from market.web.assets import origin_of
from market.web.cards import goods_cards
from market.web.look.drawings import drawing_for
from market.web.origins import find_place, listed_counties, origins, path_of, selling_children_of, trail_of
from market.web.plumbing import page
from market.web.season import season_of

PUBLIC = "public, max-age=1"
"""Pages that show stock or prices. Source: web.md, Rules."""
_A_PAGE = 12
_ON_HOME = 8
_STAYS_ON_HOME = 3
_LOOKED_THROUGH = 60
_OF_A_KIND = 2
_RIPENS = frozenset({"fruit", "vegetable", "nut", "coarse_grain", "grain", "tuber", "mushroom"})
_KINDS_ON_HOME = 8
_LONGEST_QUERY = 60
_COUNTY_DIGITS = 6
_SORT_WORDS = (
    (Sort.SCORE, "综合"),
    (Sort.SOLD, "卖得多的在前"),
    (Sort.PRICE, "便宜的在前"),
    (Sort.NEW, "新上的在前"),
)

Asked = Request[Any, Any, Any]


class Sift(Struct, frozen=True, kw_only=True):
    """What a list can be narrowed by; empty lists are not offered."""

    action: str
    q: str = ""
    county: str = ""
    kind: str = ""
    sort: str = Sort.SCORE
    season: bool = False
    counties: list[tuple[str, str]] = []
    kinds: list[tuple[str, str]] = []

    @property
    def query(self) -> str:
        """The choice as it goes on to the next page."""
        pairs = [("q", self.q), ("county", self.county), ("kind", self.kind), ("season", "1" if self.season else "")]
        pairs.append(("sort", "" if self.sort == Sort.SCORE else self.sort))
        return urlencode([pair for pair in pairs if pair[1]])

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """The orders that can be asked for."""
        return [(str(value), words) for value, words in _SORT_WORDS]

    @property
    def said(self) -> str:
        """What was chosen, in words."""
        words = [
            dict(self.counties).get(self.county, "") if self.county else "",
            dict(self.kinds).get(self.kind, "") if self.kind else "",
            "当季" if self.season else "",
            dict(self.sorts)[self.sort] if self.sort != Sort.SCORE else "",
        ]
        return "、".join(word for word in words if word)


def _kind_links(categories: Sequence[CategoryCount]) -> list[tuple[str, str, str]]:
    return [(f"/kinds/{each.code}", each.name, drawing_for(each.name, "")) for each in categories]


def _kinds_for_home(categories: Sequence[CategoryCount]) -> list[CategoryCount]:
    """Choose the kinds with most to sell: six of goods, two of going there, in their own order."""
    goods = sorted((each for each in categories if each.kind is Kind.PRODUCT), key=lambda each: -each.count)
    trips = [each for each in categories if each.kind is not Kind.PRODUCT]
    chosen = {each.code for each in [*goods[: _KINDS_ON_HOME - 2], *trips[:2]]}
    return [each for each in categories if each.code in chosen]


def _ripe_first(cards: Sequence[Card]) -> list[Card]:
    """Put what grows and ripens before what is made all year round, and two of each kind before a third."""
    seen: dict[str, int] = {}
    ranked: list[tuple[bool, int, int]] = []
    for position, card in enumerate(cards):
        seen[card.category_code] = seen.get(card.category_code, 0) + 1
        ranked.append((card.category_code not in _RIPENS, (seen[card.category_code] - 1) // _OF_A_KIND, position))
    return [cards[position] for *_, position in sorted(ranked)][:_ON_HOME]


@get("/", include_in_schema=False)
async def home(request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock]) -> Response[bytes]:
    """Show the shop in season."""
    today = clock.today()
    async with db.connection() as conn:
        goods = _ripe_first(await in_season(conn, month=today.month, most=_LOOKED_THROUGH))
        stays = await search_listings(conn, Wanted(kind=Kind.STAY), this_month=today.month, most=_STAYS_ON_HOME)
        categories = await list_categories(conn)
        places = await origins(conn)
    counts = {kind: sum(each.count for each in categories if each.kind is kind) for kind in Kind}
    context = {
        "season": season_of(today),
        "kinds": _kind_links(_kinds_for_home(categories)),
        "goods": goods_cards(goods),
        "goods_count": counts[Kind.PRODUCT],
        "stays": goods_cards(stays.items),
        "stay_count": counts[Kind.STAY],
        "prefectures": [(f"/places/{each.prefix}", each.short, each.words) for each in places],
        "canonical": f"{origin_of(request)}/",
    }
    return page(request, "shop/home.html", context, cache=PUBLIC)


@get("/kinds", include_in_schema=False)
async def kinds(request: Asked, db: NamedDependency[Database]) -> Response[bytes]:
    """Show every kind, and the counties of the lists."""
    async with db.connection() as conn:
        categories = await list_categories(conn)
        counties = await listed_counties(conn)
    prefectures: dict[str, tuple[str, str, list[tuple[str, str]]]] = {}
    for each in counties:
        entry = prefectures.setdefault(
            each.prefecture_code, (f"/places/{each.prefecture_code[:4]}", each.prefecture, [])
        )
        entry[2].append((f"/places/{each.code[:6]}", each.name))
    context = {
        "groups": [
            ("吃的用的", _kind_links([each for each in categories if each.kind is Kind.PRODUCT])),
            ("去村里", _kind_links([each for each in categories if each.kind is not Kind.PRODUCT])),
        ],
        "prefectures": list(prefectures.values()),
        "canonical": f"{origin_of(request)}/kinds",
    }
    return page(request, "shop/kinds.html", context, cache=PUBLIC)


def _read_sift(request: Asked, action: str) -> Sift:
    """Read what was chosen; what is none of ours counts as not chosen."""
    given = request.query_params
    county = str(given.get("county", ""))
    sort = str(given.get("sort", ""))
    return Sift(
        action=action,
        q=clean(str(given.get("q", "")))[:_LONGEST_QUERY],
        county=county if county.isdecimal() and len(county) == _COUNTY_DIGITS else "",
        kind=str(given.get("kind", "")),
        sort=sort if sort in {str(each) for each in Sort} else str(Sort.SCORE),
        season=given.get("season") == "1",
    )


def _offered(
    sift: Sift, categories: Sequence[CategoryCount], counties: Sequence[CountyCount], *, by_county: bool, by_kind: bool
) -> Sift:
    known = {each.code for each in categories}
    shown = [("", "都看"), *((each.code, each.name) for each in counties)] if by_county else []
    sorts = [("", "都看"), *((each.code, each.name) for each in categories if each.count)] if by_kind else []
    return structs.replace(
        sift,
        kind=sift.kind if by_kind and sift.kind in known else "",
        county=sift.county if by_county and sift.county in dict(shown) else "",
        counties=shown,
        kinds=sorts,
    )


async def _listed(
    request: Asked, conn: Connection, *, month: int, wanted: Wanted, sift: Sift, context: dict[str, Any]
) -> Response[bytes]:
    """Show a page of listings with the rule of its order, or neighbours where there are none; no others for a word."""
    wanted = structs.replace(
        wanted,
        sort=Sort(sift.sort),
        month=month if sift.season else None,
        place=sift.county or wanted.place,
        category=sift.kind or wanted.category,
    )
    after = request.query_params.get("after")
    found = await search_listings(conn, wanted, this_month=month, after=after, most=_A_PAGE)
    cards = [] if found.near else found.items
    near = found.items if found.near else []
    if not cards and not near and not wanted.text:
        near = (await search_listings(conn, Wanted(), this_month=month, most=_ON_HOME)).items
    more = f"{sift.action}?{_joined(sift.query, found.next)}" if found.next else None
    whole = {
        "lead": None, "trail": [], "narrow": [], "filters": sift, "sort_words": _sort_words(found),
        "cards": goods_cards(cards), "more": more, "neighbours": [],
        "near": goods_cards(near), "near_words": "和它相近的" if found.near else "大家在买的",
        "empty": "这里还没有", "empty_words": "换个地方或者换一类看看。",
        "canonical": f"{origin_of(request)}{sift.action}", **context,
    }  # fmt: skip
    return page(request, "shop/list.html", whole, cache=PUBLIC)


def _joined(query: str, after: str) -> str:
    return f"{query}&after={after}" if query else f"after={after}"


def _sort_words(found: Found) -> str:
    return f"排序按{found.rule}。" if found.items and not found.near else ""


@get("/kinds/{code:str}", include_in_schema=False)
async def kind(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """Show what there is of a kind.

    Raises:
        NotFound: there is no such kind.
    """
    async with db.transaction() as conn:
        categories = await list_categories(conn)
        category = next((each for each in categories if each.code == code), None)
        if category is None:
            raise NotFound
        sift = _offered(
            _read_sift(request, f"/kinds/{code}"), categories, await list_counties(conn), by_county=True, by_kind=False
        )
        context = {"heading": category.name, "empty": f"{category.name}还没有人卖"}
        return await _listed(
            request,
            conn,
            month=clock.today().month,
            wanted=Wanted(category=code),
            sift=structs.replace(sift, q=""),
            context=context,
        )


@get("/places/{code:str}", include_in_schema=False)
async def place(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """Show what comes from a place, and the places inside it that sell.

    Raises:
        NotFound: there is no such place.
    """
    async with db.transaction() as conn:
        found = await find_place(conn, code)
        if found is None:
            raise NotFound
        path = await path_of(conn, found.code)
        inside = await selling_children_of(conn, found)
        categories = await list_categories(conn)
        sift = _offered(_read_sift(request, f"/places/{found.prefix}"), categories, [], by_county=False, by_kind=True)
        context = {
            "heading": found.name,
            "trail": trail_of(path[:-1]),
            "narrow": [(f"/places/{each.prefix}", f"{each.name} {each.live}") for each in inside],
            "empty": f"{found.name}还没有东西在卖",
        }
        return await _listed(
            request,
            conn,
            month=clock.today().month,
            wanted=Wanted(place=found.prefix),
            sift=structs.replace(sift, q=""),
            context=context,
        )


@get("/search", include_in_schema=False)
async def search(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], q: FromQuery[str] = ""
) -> Response[bytes]:
    """Show what was searched for; where nothing fits, what comes close and where to look."""
    async with db.transaction() as conn:
        categories = await list_categories(conn)
        sift = _offered(
            _read_sift(request, "/search"), categories, await list_counties(conn), by_county=True, by_kind=True
        )
        filled = [each for each in categories if each.count]
        context = {
            "heading": f"找“{sift.q}”" if q else "所有在卖的",
            "empty": f"没有找到“{sift.q}”" if sift.q else "还没有东西在卖",
            "empty_words": "换个短一点的词，比如只写“枣”；或者按种类看：",
            "neighbours": [(each.name, f"/kinds/{each.code}") for each in filled[:_KINDS_ON_HOME]],
        }
        month = clock.today().month
        return await _listed(request, conn, month=month, wanted=Wanted(text=sift.q), sift=sift, context=context)


ROUTES = [home, kinds, kind, place, search]
