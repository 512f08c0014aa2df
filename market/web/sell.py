"""卖东西: a product in five fields from a ready template, a stay by the night, and what is on sale already."""

import secrets
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue import (
    BadListing,
    Card,
    CategoryCount,
    CertificateNeeded,
    Kind,
    NewProduct,
    ProducerNotOpen,
    Template,
    list_categories,
    list_templates,
    listings_of,
    own_producer,
    publish_product,
)
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.producers import ForbiddenWord
from market.storage import BadPhoto, Files, Purpose, add_photo
from market.web.cards import count_word, read_number, unit_words
from market.web.farm import Row, sells
from market.web.forms import faults_of, houses_of, read_uuid, read_yuan
from market.web.freight import freight_line
from market.web.look.drawings import drawing_for
from market.web.look.format import yuan
from market.web.once import once_form
from market.web.photos import taken_photo
from market.web.plumbing import fields, page, see_other
from market.web.stops import Stop, stop_for, stop_of

_PACKS: dict[str, tuple[str, ...]] = {
    "fruit": ("5斤箱", "10斤箱"), "vegetable": ("5斤箱", "10斤箱"), "tuber": ("10斤箱", "5斤箱"),
    "coarse_grain": ("2.5kg袋", "500g袋"), "grain": ("5kg袋", "2.5kg袋"), "nut": ("500g袋", "2.5kg箱"),
    "mushroom": ("250g袋", "500g袋"), "livestock": ("30枚箱", "500g袋"), "processed": ("500g袋", "1kg罐"),
    "herb": ("250g袋", "500g袋"), "oil": ("2.5kg桶", "500g瓶"), "craft": ("件", "套"),
    "aquatic": ("2斤箱", "5斤箱"), "flower": ("盆", "束"),
}  # fmt: skip
_ON_PAGE = 12
_MOST_PACKS = 3
_MOST_LEFT = 1_000_000
_OK = 200

Asked = Request[Any, Any, Any]


class Ready(Struct, frozen=True):
    """A form that waits to be filled: a local product, or a whole category."""

    slug: str
    name: str
    title: str
    category: str
    packs: list[str]
    months: list[int]
    chilled: bool
    asked: "AskedView | None" = None


class AskedView(Struct, frozen=True):
    """What others ask for the same pack, in fen, and in words."""

    low: int
    usual: int
    high: int
    unit: str
    words: str


class Values(Struct, frozen=True):
    """What the form of a product holds."""

    title: str = ""
    pack: str = ""
    price: str = ""
    left: str = ""
    producer: str = ""


def _asked_view(template: Template) -> AskedView | None:
    """Return what others ask for the template's own unit; the ends keep their distance to the median."""
    asked, usual = template.asked, template.asked_unit_fen
    if asked is None or usual is None or not asked.median_fen:
        return None
    low = usual * asked.least_fen // asked.median_fen
    high = -(-usual * asked.most_fen // asked.median_fen)
    unit = unit_words(template.unit)
    words = f"同样的 {unit}，{asked.count} 家卖 {yuan(low)} 到 {yuan(high)} 元，中间的一家 {yuan(usual)} 元。"
    return AskedView(low, usual, high, unit, words)


def _packs(category: str, unit: str | None = None) -> list[str]:
    ready = _PACKS.get(category, ("500g袋", "5斤箱"))
    wanted = [unit, *ready] if unit else list(ready)
    return list(dict.fromkeys(wanted))[:_MOST_PACKS]


def _ready(template: Template, place: int) -> Ready:
    return Ready(
        slug=f"local-{place}",
        name=template.name,
        title=template.name,
        category=template.category,
        packs=_packs(template.category, template.unit),
        months=list(template.months),
        chilled=template.chilled,
        asked=_asked_view(template),
    )


async def _templates(conn: Connection, actor: Actor) -> list[Ready]:
    return [
        _ready(template, place)
        for place, template in enumerate(await list_templates(conn, actor, actor.producers[0]), start=1)
    ]


def _of_category(category: CategoryCount) -> Ready:
    return Ready(category.code, category.name, "", category.code, _packs(category.code), [], chilled=False)


def _on_sale(card: Card) -> Row:
    left = f"还剩 {card.left} {count_word(card.unit)}" if card.left is not None else ""
    lines = [f"{yuan(card.price_fen)} 元，{unit_words(card.unit)}", left]
    return Row(f"/farm/listings/{card.number}", card.title, lines, drawing_for(card.category, card.title))


@get("/farm/sell", include_in_schema=False)
async def sell(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Offer the local products as templates, and show what is on sale."""
    if not sells(actor):
        return see_other("/farm/apply")
    async with db.connection() as conn:
        ready = await _templates(conn, actor)
        categories = [each for each in await list_categories(conn) if each.kind is Kind.PRODUCT]
        cards = [
            card
            for producer_id in actor.producers
            for card in await listings_of(conn, producer_id, month=clock.today().month)
        ]
    names = {each.code: each.name for each in categories}
    context = {
        "templates": [
            (
                f"/farm/sell/{each.slug}",
                each.name,
                drawing_for(names.get(each.category, ""), each.name),
                f"别家约 {yuan(each.asked.usual)} 元/{each.asked.unit}" if each.asked else "",
            )
            for each in ready[:_ON_PAGE]
        ],
        "others": [(f"/farm/sell/{each.code}", each.name) for each in categories],
        "mine": [_on_sale(card) for card in cards],
    }
    return page(request, "farm/sell.html", context, actor=actor)


async def _find(conn: Connection, actor: Actor, slug: str) -> Ready:
    if not sells(actor):
        raise NotFound
    if slug.startswith("local-"):
        found = next((each for each in await _templates(conn, actor) if each.slug == slug), None)
    else:
        categories = await list_categories(conn)
        chosen = next((each for each in categories if each.code == slug and each.kind is Kind.PRODUCT), None)
        found = None if chosen is None else _of_category(chosen)
    if found is None:
        raise NotFound
    return found


class Around(Struct, frozen=True):
    """What a form of an offer says besides its fields: for whom, what is in the way, who pays for carriage."""

    houses: list[tuple[str, str]]
    stop: Stop | None
    freight: str = ""


async def _around(conn: Connection, actor: Actor, ready: Ready, clock: Clock) -> Around:
    return Around(
        await houses_of(conn, actor),
        await stop_of(conn, actor, category=ready.category, kind=Kind.PRODUCT, clock=clock),
        await freight_line(conn, actor),
    )


def _product_page(
    request: Asked, actor: Actor, ready: Ready, around: Around, values: Values,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "template": ready,
        "packs": [(pack, unit_words(pack)) for pack in ready.packs],
        "asked": ready.asked,
        "values": values,
        "errors": errors,
        "key": key,
        "houses": around.houses,
        "stop": around.stop,
        "refused": status != _OK,
        "freight_words": around.freight,
    }
    return page(request, "farm/product.html", context, actor=actor, status=status)


@get("/farm/sell/{slug:str}", include_in_schema=False)
async def product_form(
    request: Asked,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
) -> Response[Any]:
    """Ask for the five things that a listing needs.

    Raises:
        NotFound: there is no such template, or the person sells for nobody.
    """
    async with db.connection() as conn:
        ready = await _find(conn, actor, slug)
        around = await _around(conn, actor, ready, clock)
    values = Values(title=ready.title, pack=ready.packs[0])
    return _product_page(request, actor, ready, around, values, key=secrets.token_urlsafe(18))


def _check_product(values: Values) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not values.title:
        faults.append(FieldFault("title", "名字没写"))
    if not values.pack:
        faults.append(FieldFault("pack", "怎么装没选"))
    if read_yuan(values.price) is None:
        faults.append(
            FieldFault("price", "价钱没写。写一个数，比如 39" if not values.price else "价钱要写成 39 或 39.5")
        )
    if read_number(values.left, most=_MOST_LEFT) is None:
        faults.append(FieldFault("left", "有几份没写。写一个数，比如 20"))
    return faults


@post("/farm/sell/{slug:str}", include_in_schema=False)
async def list_product(
    request: Asked,
    *,
    db: NamedDependency[Database],
    files: NamedDependency[Files],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
) -> Response[Any]:
    """Put a product up for sale; the same form sent twice lists it once.

    Raises:
        NotFound: there is no such template, or the person sells for nobody.
    """
    found = await fields(request)
    values = Values(*(str(found.get(name, "")) for name in Values.__struct_fields__))
    key = str(found.get("key", "")) or secrets.token_urlsafe(18)
    async with db.connection() as conn:
        ready = await _find(conn, actor, slug)
        around = await _around(conn, actor, ready, clock)
    faults = _check_product(values)
    if faults:
        return _product_page(request, actor, ready, around, values, key=key, errors=faults, status=422)
    try:
        own_producer(actor, read_uuid(values.producer))
        prepared = await taken_photo(files, found, "photo", Purpose.LISTING)

        async def publish(conn: Connection) -> str:
            photo_id = await add_photo(conn, actor.account_id, prepared, now=clock.now()) if prepared else None
            new = NewProduct(
                title=values.title,
                category=ready.category,
                unit=values.pack,
                price_fen=read_yuan(values.price) or 0,
                quantity=read_number(values.left) or 0,
                photo_id=photo_id,
                producer_id=read_uuid(values.producer),
                harvest_months=ready.months,
                chilled=ready.chilled,
            )
            return f"/farm/listings/{(await publish_product(conn, actor, new, now=clock.now())).number}?said=listed"

        return await once_form(request, actor, key, publish)
    except (BadListing, BadPhoto, ForbiddenWord) as refusal:
        errors = faults_of(refusal, "photo" if isinstance(refusal, BadPhoto) else "title")
        return _product_page(request, actor, ready, around, values, key=key, errors=errors, status=refusal.status)
    except (CertificateNeeded, ProducerNotOpen) as refusal:
        around = Around(around.houses, stop_for(refusal), around.freight)
        return _product_page(request, actor, ready, around, values, key=key, status=refusal.status)


ROUTES = [sell, product_form, list_product]
