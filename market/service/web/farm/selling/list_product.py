"""卖东西: list a product in five fields from a template, and see what is on sale."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct, structs

from market.catalogue.listings.browse import (
    CategoryCount,
    UnsoldListing,
    list_categories,
    list_producer_listings,
    list_unsold_listings,
)
from market.catalogue.listings.goods_terms import Storage
from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    MAX_QUANTITY,
    BadListing,
    CertificateNeeded,
    ListingCard,
    ListingKind,
    ListingState,
    ProducerNotOpen,
)
from market.catalogue.listings.publish import NewProduct, publish_product, resolve_own_producer
from market.catalogue.listings.templates import ListingTemplate, list_templates
from market.catalogue.listings.units import get_count_word
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import MAX_STORY_LENGTH, ForbiddenWord
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FIELD_NAMES, FarmRow, is_seller, list_producer_options, show_drawings_once
from market.service.web.farm.selling.freight import load_freight_line
from market.service.web.farm.selling.goods_fields import (
    GOODS_FIELDS,
    REGION_OPTIONS,
    STORAGE_OPTIONS,
    GoodsForm,
    read_goods,
)
from market.service.web.farm.selling.listing_texts import read_texts
from market.service.web.farm.selling.pack_fields import get_pack_field_names, read_gross, read_new_pack
from market.service.web.farm.selling.selling_obstacles import SellingObstacle, describe_refusal, find_obstacle
from market.service.web.farm.sending.weighing import list_ceilings, read_ceiling
from market.service.web.forms import PostedForm, make_form_key, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import format_unit, has_photo, make_photo_view
from market.service.web.ui.format import yuan
from market.service.web.ui.illustrations import get_illustration

_PACKS: dict[str, tuple[str, ...]] = {
    "fruit": ("5斤箱", "10斤箱"), "vegetable": ("5斤箱", "10斤箱"), "tuber": ("10斤箱", "5斤箱"),
    "coarse_grain": ("2.5kg袋", "500g袋"), "grain": ("5kg袋", "2.5kg袋"), "nut": ("500g袋", "2.5kg箱"),
    "mushroom": ("250g袋", "500g袋"), "livestock": ("30枚箱", "500g袋"), "processed": ("500g袋", "1kg罐"),
    "herb": ("250g袋", "500g袋"), "oil": ("2.5kg桶", "500g瓶"), "craft": ("件", "套"),
    "aquatic": ("2斤箱", "5斤箱"), "flower": ("盆", "束"),
}  # fmt: skip
_BY_WEIGHT = frozenset({"fruit", "vegetable", "tuber", "mushroom", "aquatic"})
"""Categories that are also sold loose, by 斤."""
_TEMPLATES_ON_PAGE = 12
_MAX_PACKS = 3
_OK = 200


class ProductTemplate(Struct, frozen=True):
    """A template of a product form: of a local product, or of a category."""

    slug: str
    name: str
    title: str
    category: str
    packs: list[str]
    months: list[int]
    storage: Storage
    price_hint: "PriceHintView | None" = None


class PriceHintView(Struct, frozen=True):
    """Prices of the same pack from other sellers, in fen, and as a sentence."""

    low: int
    usual: int
    high: int
    unit: str
    words: str


class ProductForm(GoodsForm, frozen=True, kw_only=True):
    """The product form as it was typed."""

    pack: str = ""
    price: str = ""
    left: str = ""
    ceiling: str = ""
    gross: str = ""
    producer: str = ""
    pack2: str = ""
    price2: str = ""
    left2: str = ""
    gross2: str = ""
    pack3: str = ""
    price3: str = ""
    left3: str = ""
    gross3: str = ""

    def list_further_packs(self) -> list[tuple[str, str, str, str, str]]:
        """Return the rows of further packs: number, pack, price, what is left and the gross weight."""
        return [
            ("2", self.pack2, self.price2, self.left2, self.gross2),
            ("3", self.pack3, self.price3, self.left3, self.gross3),
        ]

    def says_more(self, template: ProductTemplate) -> bool:
        """Return whether a field that the form folds away is written."""
        packs = any(any(row[1:]) for row in self.list_further_packs())
        stored = self.storage != template.storage or self.shelf_days or self.no_ship
        return bool(self.story or self.ceiling or self.gross or stored or packs)


def _price_hint_view(template: ListingTemplate) -> PriceHintView | None:
    """Return the price hint in the template's own unit; lowest and highest keep their ratio to the median."""
    hint, usual = template.price_hint, template.hint_unit_fen
    if hint is None or usual is None or not hint.median_fen:
        return None
    low = usual * hint.min_fen // hint.median_fen
    high = -(-usual * hint.max_fen // hint.median_fen)
    unit = format_unit(template.unit)
    words = f"同样的 {unit}，{hint.count} 家卖 {yuan(low)} 到 {yuan(high)} 元，多数卖 {yuan(usual)} 元左右。"
    if low == high:
        words = f"同样的 {unit}，别家卖 {yuan(usual)} 元。"
    return PriceHintView(low, usual, high, unit, words)


def _list_packs(category: str, unit: str | None = None) -> list[str]:
    packs = _PACKS.get(category, ("500g袋", "5斤箱"))
    wanted = [unit, *packs] if unit else list(packs)
    loose = ["斤"] if category in _BY_WEIGHT else []
    return [*list(dict.fromkeys(wanted))[:_MAX_PACKS], *loose]


def _from_local_product(template: ListingTemplate, position: int) -> ProductTemplate:
    return ProductTemplate(
        slug=f"local-{position}",
        name=template.name,
        title=template.name,
        category=template.category,
        packs=_list_packs(template.category, template.unit),
        months=list(template.months),
        storage=Storage.CHILLED if template.chilled else Storage.AMBIENT,
        price_hint=_price_hint_view(template),
    )


async def _load_templates(conn: Connection, actor: Actor) -> list[ProductTemplate]:
    return [
        _from_local_product(template, position)
        for position, template in enumerate(await list_templates(conn, actor, actor.producers[0]), start=1)
    ]


def _from_category(category: CategoryCount) -> ProductTemplate:
    return ProductTemplate(
        category.code, category.name, "", category.code, _list_packs(category.code), [], Storage.AMBIENT
    )


def _listing_row(card: ListingCard) -> FarmRow:
    left = f"还剩 {card.left} {get_count_word(card.unit)}" if card.left is not None else ""
    lines = [f"{yuan(card.price_fen)} 元，{format_unit(card.unit)}", left]
    return FarmRow(
        f"/farm/listings/{card.number}",
        card.title,
        lines,
        get_illustration(card.category, card.title),
        photo=make_photo_view(card.photo, card.photo_kind) if has_photo(card) else None,
    )


def _unsold_row(listing: UnsoldListing, why: str) -> tuple[str, str, list[str]]:
    return f"/farm/listings/{listing.number}", listing.title, [f"{listing.category}，{why}"]


@get("/farm/sell", include_in_schema=False)
async def show_sell(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the local products as templates, the listings on sale, and those that are not sold."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        templates = await _load_templates(conn, actor)
        today = clock.today()
        categories = [each for each in await list_categories(conn, today=today) if each.kind is ListingKind.PRODUCT]
        cards = [
            card
            for producer_id in actor.producers
            for card in await list_producer_listings(conn, producer_id, today=today)
        ]
        unsold = await list_unsold_listings(conn, actor.producers, today=today)
    names = {each.code: each.name for each in categories}
    shown = templates[:_TEMPLATES_ON_PAGE]
    symbols = [get_illustration(names.get(each.category, ""), each.name) for each in shown]
    [mine] = show_drawings_once([_listing_row(card) for card in cards], shown=symbols)
    context = {
        "templates": [
            (
                f"/farm/sell/{each.slug}",
                each.name,
                symbol,
                f"{each.price_hint.unit}，别家卖 {yuan(each.price_hint.usual)} 元左右" if each.price_hint else "",
            )
            for each, symbol in zip(shown, symbols, strict=True)
        ],
        "others": [(f"/farm/sell/{each.code}", each.name) for each in categories],
        "mine": mine,
        "ended": [_unsold_row(each, "要的证过期了") for each in unsold if each.state is ListingState.LIVE],
        "off": [
            _unsold_row(each, LISTING_STATE_NAMES[each.state]) for each in unsold if each.state is not ListingState.LIVE
        ],
    }
    return render_page(request, "farm/sell.html", context, actor=actor)


async def _load_template(conn: Connection, actor: Actor, slug: str, *, today: date) -> ProductTemplate:
    if not is_seller(actor):
        raise NotFound
    if slug.startswith("local-"):
        template = next((each for each in await _load_templates(conn, actor) if each.slug == slug), None)
    else:
        categories = await list_categories(conn, today=today)
        chosen = next((each for each in categories if each.code == slug and each.kind is ListingKind.PRODUCT), None)
        template = None if chosen is None else _from_category(chosen)
    if template is None:
        raise NotFound
    return template


class OfferContext(Struct, frozen=True):
    """What the form shows besides its fields: producers to choose from, the obstacle to selling, the freight rule."""

    producers: list[tuple[str, str]]
    obstacle: SellingObstacle | None
    freight: str = ""


async def _load_context(conn: Connection, actor: Actor, template: ProductTemplate, clock: Clock) -> OfferContext:
    return OfferContext(
        await list_producer_options(conn, actor),
        await find_obstacle(conn, actor, category=template.category, kind=ListingKind.PRODUCT, clock=clock),
        await load_freight_line(conn, actor),
    )


def _product_page(
    request: HttpRequest, actor: Actor, template: ProductTemplate, offer: OfferContext, values: ProductForm,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "template": template,
        "packs": [(pack, format_unit(pack)) for pack in template.packs],
        "price_hint": template.price_hint,
        "values": values,
        "more": values.list_further_packs(),
        "more_open": values.says_more(template),
        "storages": STORAGE_OPTIONS,
        "regions": REGION_OPTIONS,
        "ceilings": list_ceilings(),
        "errors": errors,
        "key": key,
        "producers": offer.producers,
        "obstacle": offer.obstacle,
        "refused": status != _OK,
        "freight_words": offer.freight,
        "story_length": MAX_STORY_LENGTH,
    }
    return render_page(request, "farm/product.html", context, actor=actor, status=status)


@get("/farm/sell/{slug:str}", include_in_schema=False)
async def show_product_form(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
) -> Response[Any]:
    """Ask for the five fields of a product.

    Raises:
        NotFound: the template does not exist, or the person sells for no producer.
    """
    async with db.connection() as conn:
        template = await _load_template(conn, actor, slug, today=clock.today())
        offer = await _load_context(conn, actor, template, clock)
    values = ProductForm(title=template.title, pack=template.packs[0], storage=template.storage)
    return _product_page(request, actor, template, offer, values, key=make_form_key())


def _list_written_packs(form: PostedForm) -> list[str]:
    """Return the numbers of the further packs of which something is written."""
    return [row[0] for row in form.fill(ProductForm).list_further_packs() if any(row[1:])]


def _get_field_names(form: PostedForm) -> dict[str, str]:
    """Return the names that the form gives to the fields of a product and of its further packs."""
    return (
        FIELD_NAMES
        | GOODS_FIELDS
        | {
            f"packs[{index}].{field}": name
            for index, number in enumerate(_list_written_packs(form))
            for field, name in get_pack_field_names(suffix=number).items()
        }
    )


def _read_product(form: PostedForm, template: ProductTemplate) -> NewProduct:
    """Read a product without its photo."""
    return NewProduct(
        **read_texts(form),
        category=template.category,
        unit=form.read_text("pack", missing="怎么装没选"),
        price_fen=form.read_yuan("price", missing="价钱没写。写一个数，比如 39", fault="价钱要写成 39 或 39.5"),
        quantity=form.read_integer("left", fault="有几份没写。写一个数，比如 20", maximum=MAX_QUANTITY),
        producer_id=parse_uuid(form.get_text("producer")),
        harvest_months=template.months,
        goods=read_goods(form),
        packs=tuple(read_new_pack(form, suffix=number) for number in _list_written_packs(form)),
        ceiling_bp=read_ceiling(form),
        gross_g=read_gross(form),
    )


@post("/farm/sell/{slug:str}", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_product(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
) -> Response[Any]:
    """Put a product up for sale; a form sent twice lists it once.

    Raises:
        NotFound: the template does not exist, or the person sells for no producer.
    """
    form = await read_form(request)
    values, key = form.fill(ProductForm), form.key
    async with db.connection() as conn:
        template = await _load_template(conn, actor, slug, today=clock.today())
        offer = await _load_context(conn, actor, template, clock)
    new = _read_product(form, template)
    if form.faults:
        return _product_page(request, actor, template, offer, values, key=key, errors=form.faults, status=422)
    try:
        resolve_own_producer(actor, new.producer_id)
        photo_id = await form.store_photo(request, actor, "photo", PhotoPurpose.LISTING)

        async def publish(conn: Connection) -> str:
            product = structs.replace(new, photo_id=photo_id)
            listing = await publish_product(conn, actor, product, now=clock.now())
            return f"/farm/listings/{listing.number}?said=listed"

        return await submit_once(request, actor, form, publish)
    except (BadListing, BadPhoto, ForbiddenWord) as refusal:
        names = _get_field_names(form)
        errors = rename_faults(refusal, names, otherwise="photo" if isinstance(refusal, BadPhoto) else "title")
        return _product_page(request, actor, template, offer, values, key=key, errors=errors, status=refusal.status)
    except (CertificateNeeded, ProducerNotOpen) as refusal:
        offer = structs.replace(offer, obstacle=describe_refusal(refusal))
        return _product_page(request, actor, template, offer, values, key=key, status=refusal.status)


ROUTES = [show_sell, show_product_form, submit_product]
