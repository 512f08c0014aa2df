"""The page of one product or activity."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct, to_builtins

from market.catalogue import Product, Variant, get_product, listing_id_of
from market.identity import NotFound
from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.orders.freight import FreightTemplate, freight_of
from market.web.cards import Number, compared, count_word, months_words, unit_words
from market.web.look.format import yuan
from market.web.offers import (
    asked_before_buying,
    freight_rows,
    lines_of,
    papers,
    reviews_of,
    shown,
    split_of,
    tags,
    trail,
)
from market.web.origins import HOME_REGION
from market.web.plumbing import page, see_other
from market.web.shop import PUBLIC

_MOST_AT_ONCE = 999


class Item(Struct, frozen=True):
    """What the page says of the thing itself."""

    number: int
    title: str
    line: str
    tags: list[tuple[str, str]]
    price_fen: Fen
    unit: str
    per: str
    count_word: str
    choices: list[tuple[str, str]]
    left: int
    most: int
    left_words: str
    gone_words: str


def _item(product: Product) -> Item:
    listing, base = product.listing, product.variants[0]
    open_ones = [each for each in product.variants if each.left is None or each.left > 0]
    word = count_word(base.unit)
    left = sum(each.left if each.left is not None else _MOST_AT_ONCE for each in open_ones)
    sold = f"卖出 {listing.sold_count} {word}" if listing.sold_count else ""
    season = f"{months_words(listing.harvest_months)}收" if listing.harvest_months else ""
    selling = left if listing.taking_orders else 0
    title, words = _gone(product)
    return Item(
        number=listing.number,
        title=listing.title,
        line=lines_of([unit_words(base.unit), season, "冷链发" if listing.chilled else "", sold]),
        tags=tags(listing),
        price_fen=base.price_fen,
        unit=f"一{word}",
        per=compared(base.price_fen, base.net_g, base.pieces, base.unit),
        count_word=word,
        choices=[(str(each.id), _choice(each)) for each in open_ones],
        left=selling,
        most=min(_MOST_AT_ONCE, max((each.left or 1 for each in open_ones), default=1)),
        left_words=title,
        gone_words=words,
    )


def _choice(variant: Variant) -> str:
    return f"{variant.label or unit_words(variant.unit)}，{yuan(variant.price_fen)} 元"


def _gone(product: Product) -> tuple[str, str]:
    """Say why nothing can be bought, and whether trying again helps."""
    if not product.listing.taking_orders:
        return "这家现在不接单", "农忙或者路不通的时候会停几天，过些日子再来看。"
    if any(each.waiting for each in product.variants):
        return "都在别人的订单里等付款", "半小时内没付款的会放出来，可以过一会儿再看。"
    return "卖完了", "等下一茬；看看别家同样的。"


@get("/goods/{number:int}", include_in_schema=False)
async def goods(
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    number: Number,
) -> Response[Any]:
    """Show a product or an activity; a stay's number leads to its own page.

    Raises:
        NotFound: nothing of that number is for sale.
    """
    async with db.connection() as conn:
        listing_id = await listing_id_of(conn, number)
        try:
            product = await get_product(conn, listing_id, now=clock.now())
        except NotFound:
            return see_other(f"/stays/{number}")
        reviews = await reviews_of(conn, product.listing)
        item = _item(product)
        parts = await split_of(conn, product.listing, item.price_fen)
    base = product.variants[0]
    template = FreightTemplate(**to_builtins(product.freight)) if product.freight else None
    charged = freight_of(template, gross_g=base.gross_g, goods_fen=base.price_fen)
    stock = [("还剩", f"{item.left} {item.count_word}", "")] if item.left and base.left is not None else []
    freight = freight_rows(product.freight, charged=charged, region=HOME_REGION, gross_g=base.gross_g)
    about = shown(
        request, product.listing, reviews, link=f"/goods/{number}", price=item.price_fen, in_stock=item.left > 0
    )
    context = {
        "item": item,
        "trail": trail(product.listing),
        "freight": freight + stock,
        "ask": asked_before_buying(product.listing, product.freight),
        "parts": parts,
        "papers": papers(product.listing),
        **to_dict(reviews),
        **to_dict(about),
    }
    return page(request, "shop/product.html", context, cache=PUBLIC)


def to_dict(struct: Struct) -> dict[str, Any]:
    """Return the fields of a struct by name, their values as they are."""
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


ROUTES = [goods]
