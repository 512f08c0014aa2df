"""The page of one product."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.favourites.models import FavouriteKind
from market.catalogue.listings.detail import (
    ListingVariant,
    ProductDetail,
    get_listing_id,
    get_numbered_product,
    get_shelf_place,
    get_variant_number,
)
from market.catalogue.listings.freight import Shipment, compute_freight, find_parcel_fault
from market.catalogue.listings.goods_terms import STORAGE_NAMES
from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.presale import PresaleTerms
from market.catalogue.listings.units import get_count_word
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.public_reads import PublicReads
from market.people.identity.models import Actor, NotFound
from market.places.counties.load import load_county_settings
from market.sales.orders.cart import load_cart_contents, put_cart
from market.sales.orders.models import MAX_QUANTITY, Line, SoldOut, VariantId
from market.service.http import HttpRequest
from market.service.web.forms import InvalidForm, read_form
from market.service.web.pages import NO_STORE, redirect, render_page
from market.service.web.services import get_services
from market.service.web.shared_pages import Audience
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.buying.cart import get_or_start_cart, show_cart_next
from market.service.web.shop.cards import ShortNumber, format_comparison_price, format_months, format_unit
from market.service.web.shop.coupon_words import list_listing_coupons
from market.service.web.shop.favourites import FavouriteButton
from market.service.web.shop.listing.activity import render_activity
from market.service.web.shop.listing.details import (
    describe_shop_closed,
    join_facts,
    list_buyer_questions,
    list_certificates,
    list_freight_rows,
    list_more_photos,
    list_price_split,
    list_tags,
    list_trail,
    list_way,
    load_reviews,
    make_metadata,
    to_dict,
)
from market.service.web.shop.listing.off_sale import render_off_sale_listing
from market.service.web.shop.listing.own_view import OwnView, load_own_view
from market.service.web.shop.orders.order_deposit import describe_presale
from market.service.web.shop.promises import describe_ceiling, format_minutes
from market.service.web.shop.regions import get_region_name, list_regions, read_region
from market.service.web.shop.shown_rate import find_shown_rate
from market.service.web.ui.format import yuan

_MAX_QUANTITY = 999
_UNKNOWN = "没有选上要买的，请回到它的那一页再选一次"


class QuantityForm(Struct, frozen=True):
    """The form that puts goods into the cart, as it was typed."""

    variant: str = ""
    n: str = "1"


class ProductView(Struct, frozen=True):
    """The product for display."""

    number: int
    title: str
    line: str
    tags: list[tuple[str, str]]
    price_fen: Fen
    unit: str
    per: str
    prices: list[str]
    count_word: str
    choices: list[tuple[str, str]]
    left: int
    left_words: str
    gone_words: str
    weighed_words: str
    presale_words: list[str]


def _product_view(product: ProductDetail, *, pay_minutes: int, today: date, public: bool) -> ProductView:
    listing, base = product.listing, product.variants[0]
    open_ones = [each for each in product.variants if each.left is None or each.left > 0]
    word = say(get_count_word(base.unit))
    left = count_items_left(product.variants)
    sold = say("卖出 {0} {1}", listing.sold_count, word) if listing.sold_count else ""
    cold = say("{0}发", say(STORAGE_NAMES[listing.goods.storage])) if listing.goods.cold else ""
    season = say("{0}收", format_months(listing.harvest_months)) if listing.harvest_months else ""
    selling = left if listing.taking_orders else 0
    title, words = _explain_unavailable(product, pay_minutes)
    return ProductView(
        number=listing.number,
        title=listing.title,
        line=join_facts([format_unit(base.unit), season, cold, sold]),
        tags=list_tags(listing),
        price_fen=base.price_fen,
        unit=say("一{0}", word),
        per=format_comparison_price(base.price_fen, base.net_g, base.pieces, base.unit),
        prices=_list_further_prices(product.variants, public=public),
        count_word=word,
        choices=[(str(each.id), _format_choice(each)) for each in open_ones],
        left=selling,
        left_words=title,
        gone_words=words,
        presale_words=describe_presale(product.presale, word=word, today=today)
        if product.presale is not None and today <= product.presale.send_until
        else [],
        weighed_words=""
        if base.ceiling_bp is None
        else describe_ceiling(price=base.price_fen, word=word, ceiling_bp=base.ceiling_bp),
    )


def _find_sending_window(product: ProductDetail, today: date) -> PresaleTerms | None:
    """Return the pre-sale by whose window what is paid today is sent; without one, days after payment count.

    The later day of the two rules, as in `market/sales/orders/send_by.py`.
    """
    terms = product.presale
    return terms if terms and terms.send_until > today + timedelta(days=product.listing.ship_days) else None


def _apply_public_price(product: ProductDetail, own: OwnView) -> tuple[ProductDetail, bool]:
    """Return the product at the prices of a public unit and true, if the visitor buys for one."""
    prices = [_find_public_price(each) for each in product.variants]
    if not own.buys_for_unit or not any(prices):
        return product, False
    variants = [
        structs.replace(each, price_fen=price or each.price_fen)
        for each, price in zip(product.variants, prices, strict=True)
    ]
    return structs.replace(product, variants=variants), True


def _find_public_price(variant: ListingVariant) -> Fen | None:
    """Return the price for public units, unless that for everyone is lower by now: it holds for them too."""
    price = variant.public_price_fen
    return price if price is not None and price <= variant.price_fen else None


def _list_further_prices(variants: Sequence[ListingVariant], *, public: bool) -> list[str]:
    """Return the lower prices of the packs in words, each with the name of its pack if there are several.

    `public`: the prices are already those for public units, and the words say so.
    """
    prices: list[str] = []
    for variant in variants:
        word = say(get_count_word(variant.unit))
        name = say("{0}：", variant.label or format_unit(variant.unit)) if len(variants) > 1 else ""
        prices += [
            say("{0}满 {1} {2}，一{2} {3} 元", name, tier.from_quantity, word, yuan(tier.price_fen))
            for tier in variant.tiers
            if tier.price_fen < variant.price_fen
        ]
        unit_fen = _find_public_price(variant)
        if public and unit_fen is not None:
            prices.append(say("{0}这是公家单位的价，您的单位核过了", name))
        elif unit_fen is not None:
            prices.append(say("{0}公家单位一{1} {2} 元，核过的单位登录后按这个价", name, word, yuan(unit_fen)))
    return prices


def count_items_left(variants: Sequence[ListingVariant]) -> int:
    """Return how many items can be bought: of each lot the number of its smallest size, as sizes share its units."""
    by_lot: dict[UUID, int] = {}
    for each in variants:
        lot = each.lot_id or each.id
        by_lot[lot] = max(by_lot.get(lot, 0), each.left if each.left is not None else _MAX_QUANTITY)
    return sum(by_lot.values())


def format_stock(variants: Sequence[ListingVariant]) -> str:
    """Return what is left of each size: by its count word, or by its name where two sizes have the same word."""
    words = [say(get_count_word(each.unit)) for each in variants]
    names = [say("{0}：", each.label or format_unit(each.unit)) for each in variants]
    distinct = len(set(words)) == len(words)
    left = [
        f"{each.left} {word}" if distinct else f"{name}{each.left}"
        for each, word, name in zip(variants, words, names, strict=True)
        if each.left
    ]
    return say("，").join(left)


def _format_choice(variant: ListingVariant) -> str:
    return say("{0}，{1} 元", variant.label or format_unit(variant.unit), yuan(variant.price_fen))


def _explain_unavailable(product: ProductDetail, pay_minutes: int) -> tuple[str, str]:
    """Explain why nothing can be bought, and whether to retry."""
    if not product.listing.taking_orders:
        return say("这家现在不接单"), describe_shop_closed(product.listing)
    if any(each.reserved for each in product.variants):
        return say("都在别人的订单里等付款"), say(
            "{0}内没付款的会放出来，可以过一会儿再看。", format_minutes(pay_minutes)
        )
    return say("卖完了"), say("等下一茬；看看别家同样的。")


def _describe_freight(product: ProductDetail, item: ProductView, region: str) -> dict[str, Any]:
    """Return what is left and what one item costs to a region, or why nothing is sent there."""
    base, goods = product.variants[0], product.listing.goods
    charged = compute_freight(
        product.freight, gross_g=base.gross_g, goods_fen=base.price_fen, cold=goods.cold, region_code=region
    )
    fault = find_parcel_fault(product.freight, goods, Shipment(gross_g=base.gross_g, region_code=region))
    left = format_stock(product.variants) if item.left else ""
    stock = [(say("还剩"), left, "")] if left else []
    freight = list_freight_rows(product.freight, charged=charged, region=region, gross_g=base.gross_g)
    return {
        "freight": stock if fault else freight + stock,
        "region": region,
        "regions": list_regions(),
        "unshipped": say("不发{0}", get_region_name(region)) if fault else "",
        "unshipped_words": say(fault.cart_zh) if fault else "",
    }


@get("/goods/{number:int}", include_in_schema=False, shared=Audience.GUESTS, english=True)
async def show_product(
    request: HttpRequest,
    *,
    reads: NamedDependency[PublicReads],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
    number: ShortNumber,
) -> Response[Any]:
    """Show a product or an activity, or that it is not sold any more; redirect from a stay's number to its own page.

    Raises:
        NotFound: no listing has that number, or it is suspended.
    """
    async with reads.connection() as conn:
        try:
            product = await get_numbered_product(conn, number, now=clock.now())
        except NotFound:
            place = await get_shelf_place(conn, await get_listing_id(conn, number))
            is_stay = place.kind is ListingKind.STAY
            return redirect(f"/stays/{number}") if is_stay else render_off_sale_listing(request, place)
        if product.listing.kind is ListingKind.ACTIVITY:
            return await render_activity(request, conn, product, visitor, now=clock.now())
        return await _render_product(request, conn, product, visitor)


async def _render_product(
    request: HttpRequest,
    conn: Connection,
    product: ProductDetail,
    visitor: Actor | None,
    *,
    typed: QuantityForm | None = None,
    errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:
    """Render a product; with faults, the form as it was typed."""
    settings, clock = get_services(request).settings, get_services(request).clock
    listing, link = product.listing, f"/goods/{product.listing.number}"
    own = await load_own_view(conn, visitor, listing, day=clock.today())
    reviews = await load_reviews(conn, listing)
    minutes = settings.pay_minutes
    if any(each.reserved for each in product.variants) and not count_items_left(product.variants):
        county = await load_county_settings(conn, listing.county_code, day=clock.today())
        minutes = county.pay_minutes or minutes
    product, public = _apply_public_price(product, own)
    item = _product_view(product, pay_minutes=minutes, today=clock.today(), public=public)
    parts = list_price_split(listing, item.price_fen)
    region = read_region(request.query_params.get("region", ""))
    about = make_metadata(request, listing, reviews, link=link, price=item.price_fen, in_stock=item.left > 0)
    context = {
        "item": item,
        "rate": await find_shown_rate(request),
        "typed": typed or QuantityForm(item.choices[0][0] if item.choices else ""),
        "errors": errors,
        "favourite": FavouriteButton(FavouriteKind.LISTING, listing.number, own.kept, link),
        "more_photos": list_more_photos(listing),
        "coupons": list_listing_coupons(own, visitor, listing, item.price_fen, day=clock.today()),
        "trail": list_trail(listing),
        **_describe_freight(product, item, region),
        "way": list_way(listing),
        "ask": list_buyer_questions(
            listing,
            product.freight,
            _find_sending_window(product, clock.today()),
            claim_hours=settings.claim_hours,
            return_days=settings.return_days,
        ),
        "parts": parts,
        "certificates": list_certificates(listing),
        **to_dict(reviews),
        **to_dict(about),
    }
    cache = NO_STORE if errors else SHORT_PUBLIC_CACHE
    return render_page(request, "shop/product.html", context, cache=cache, status=status)


def _find_shortage(variant: ListingVariant, count: int, *, in_cart: int) -> str:
    """Return why `count` more items than are in the cart cannot be ordered now, or an empty string."""
    if variant.left is None or count + in_cart <= variant.left:
        return ""
    word = say(get_count_word(variant.unit))
    left = say("只剩 {0} {1}", variant.left, word) if variant.left else say("这种卖完了")
    if in_cart and variant.left:
        left += say("，购物车里已经有 {0} {1}", in_cart, word)
    waiting = count + in_cart <= variant.left + (variant.reserved or 0)
    return say("{0}，其余在等别人付款，可以稍后再试", left) if waiting else left


@post("/cart/goods", include_in_schema=False, english=True)
async def add_product(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[Any]:
    """Add units of a variant to the cart, before signing in to that of the device; at most as many as are left.

    Raises:
        NotFound: there is no such variant.
    """
    form = await read_form(request)
    variant_id = form.read_uuid("variant", fault=say(_UNKNOWN))
    form.refuse_faults()
    assert variant_id is not None
    count = form.read_integer("n", fault=say("写 1 到 {0} 的整数", MAX_QUANTITY), minimum=1, maximum=MAX_QUANTITY)
    owner, token = get_or_start_cart(request, visitor)
    async with db.transaction() as conn:
        number = await get_variant_number(conn, variant_id)
        try:
            product = await get_numbered_product(conn, number, now=clock.now())
        except NotFound:
            return redirect(f"/goods/{number}")
        variant = next((each for each in product.variants if each.id == variant_id), None)
        if variant is None or product.listing.kind is not ListingKind.PRODUCT or not product.listing.taking_orders:
            return redirect(f"/goods/{number}")
        contents = await load_cart_contents(conn, owner)
        in_cart = sum(line.quantity for line in contents.lines if line.variant_id == variant_id)
        status = InvalidForm.status if form.faults else SoldOut.status
        if count and (shortage := _find_shortage(variant, count, in_cart=in_cart)):
            form.add_fault("n", shortage)
        if form.faults and count_items_left(product.variants):
            typed = form.fill(QuantityForm)
            return await _render_product(
                request, conn, product, visitor, typed=typed, errors=form.faults, status=status
            )
        if form.faults:
            return redirect(f"/goods/{number}")
        await put_cart(conn, owner, lines=[Line(VariantId(variant_id), count + in_cart)], now=clock.now())
    return show_cart_next(request, token)


ROUTES = [show_product, add_product]
