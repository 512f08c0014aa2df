"""The cart: things of several producers and nights of stays, with freight and the sum to pay."""

from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Database, Fen, Query
from market.kernel.clock import Clock
from market.orders import (
    Cart,
    CartGroup,
    CartLine,
    CartNights,
    Line,
    ListingId,
    Nights,
    SuborderKind,
    VariantId,
    cart_wishes,
    count_cart,
    get_cart,
    put_lines,
    put_nights,
)
from market.web.cards import Photo, count_word, photo_of
from market.web.look.drawings import drawing_for
from market.web.look.format import day_short, yuan
from market.web.origins import REGIONS, region_of
from market.web.plumbing import fields, local_path, page, read_form, see_other, services
from market.web.stay import nights_words, tier_rows

_HOUSES = "零一两三四五六七八九十"
_MOST_OF_ONE = 999

Asked = Request[Any, Any, Any]


class Put(Struct, frozen=True):
    """The form of a product's page."""

    variant: UUID
    n: int


class PutNights(Struct, frozen=True):
    """The form of a stay's page."""

    listing: UUID
    arrive: date
    leave: date


class Change(Struct, frozen=True):
    """One key of the cart."""

    less: UUID | None = None
    more: UUID | None = None
    drop: UUID | None = None


class Looks(Struct, frozen=True):
    """What a listing looks like."""

    id: UUID
    category: str
    title: str
    kind: str
    photo: str | None
    photo_kind: str | None


LOOKS = Query(
    Looks,
    """
    SELECT l.id, g.name AS category, l.title, l.kind, f.name AS photo, f.kind AS photo_kind
      FROM listings l
      JOIN categories g ON g.code = l.category_code
      LEFT JOIN photos f ON f.id = l.photo_id
     WHERE l.id = ANY(:listing_ids::uuid[])
    """,
)


class LineView(Struct, frozen=True):
    """A line as the page shows it."""

    id: str
    kind: str
    href: str
    title: str
    small: str
    amount_fen: Fen
    symbol: str
    photo: Photo | None
    quantity: int
    unit: str
    gone: str


class GroupView(Struct, frozen=True):
    """What one producer sends or hosts."""

    name: str
    lines: list[LineView]
    freight_words: str
    freight_small: str
    freight_fen: Fen
    notes: list[str]


async def looks_of(conn: Connection, listing_ids: list[UUID]) -> dict[UUID, tuple[str, Photo | None]]:
    """Return the drawing and the photo of each listing."""
    return {
        row.id: (
            drawing_for(row.category, row.title),
            photo_of(row.photo, row.photo_kind, wide=row.kind != "product"),
        )
        for row in await LOOKS.all(conn, listing_ids=listing_ids)
    }


def _goods_line(line: CartLine, looks: dict[UUID, tuple[str, Photo | None]]) -> LineView:
    symbol, photo = looks[line.listing_id]
    word = count_word(line.unit)
    return LineView(
        str(line.variant_id), "goods", f"/goods/{line.listing_number}", line.title,
        f"{yuan(line.price_fen)} 元/{word}", line.amount_fen, symbol, photo, line.quantity, word, line.problem,
    )  # fmt: skip


def _stay_line(stay: CartNights, looks: dict[UUID, tuple[str, Photo | None]]) -> LineView:
    symbol, photo = looks[stay.listing_id]
    count = nights_words((stay.leave_on - stay.arrive_on).days)
    small = f"{day_short(stay.arrive_on)}到，{day_short(stay.leave_on)}走"
    href = f"/stays/{stay.listing_number}?from={stay.arrive_on}&to={stay.leave_on}#c2"
    return LineView(
        str(stay.listing_id), "nights", href, f"{stay.title}，{stay.rooms} 间{count}", small,
        stay.amount_fen, symbol, photo, stay.rooms, "间", stay.problem,
    )  # fmt: skip


def stay_notes(stay: CartNights, today: date) -> list[str]:
    """Write what comes back to who does not go, shown before paying."""
    rows = tier_rows(stay.terms, arrive=stay.arrive_on, amount=stay.amount_fen, today=today)
    return ["；".join(f"{words}{figure}" for words, figure, state in rows if state != "gone") + "。"]


def _group(group: CartGroup, looks: dict[UUID, tuple[str, Photo | None]], today: date) -> GroupView:
    lines = [_goods_line(line, looks) for line in group.lines] + [_stay_line(stay, looks) for stay in group.nights]
    goods = group.kind is SuborderKind.GOODS
    return GroupView(
        name=group.producer,
        lines=lines,
        freight_words="运费" if goods else "",
        freight_small="" if group.freight_fen else "不收",
        freight_fen=group.freight_fen,
        notes=[note for stay in group.nights for note in stay_notes(stay, today)],
    )


def sum_rows(cart: Cart) -> list[tuple[str, int]]:
    """Return the rows that make up the sum: goods, freight, nights."""
    goods = sum(group.goods_fen for group in cart.groups if group.kind is SuborderKind.GOODS)
    places = sum(group.goods_fen for group in cart.groups if group.kind is SuborderKind.ACTIVITY)
    nights = sum(group.goods_fen for group in cart.groups if group.kind is SuborderKind.STAY)
    rows = [("货", goods), ("运费", cart.freight_fen)] if has_goods(cart) else []
    return rows + ([("玩的", places)] if places else []) + ([("住的", nights)] if nights else [])


def has_goods(cart: Cart) -> bool:
    """Say whether anything in the cart is sent."""
    return any(group.kind is SuborderKind.GOODS for group in cart.groups)


def houses(count: int) -> str:
    """Write how many sellers there are: `两家`."""
    return f"{_HOUSES[count]}家" if count < len(_HOUSES) else f"{count} 家"


async def cart_page(request: Asked, actor: Actor, *, region: str, said: str = "", status: int = 200) -> Response[bytes]:
    """Show a person's cart as it would be charged now."""
    held = services(request)
    clock = held.clock
    async with held.db.connection() as conn:
        cart = await get_cart(conn, actor.account_id, region_code=region, now=clock.now())
        listing_ids = [each.listing_id for group in cart.groups for each in (*group.lines, *group.nights)]
        looks = await looks_of(conn, listing_ids)
    context = {
        "groups": [_group(group, looks, clock.today()) for group in cart.groups],
        "heading": houses(len({group.producer_id for group in cart.groups})) + "的东西",
        "region": region,
        "regions": REGIONS,
        "has_goods": has_goods(cart),
        "rows": sum_rows(cart),
        "total_fen": cart.total_fen,
        "blocked": "" if cart.ready else "上面有东西现在买不了，拿掉或者改少，再去结账。",
        "said": said,
    }
    return page(request, "shop/cart.html", context, actor=actor, cart=cart.count, status=status)


@get("/cart", include_in_schema=False)
async def show_cart(request: Asked, actor: NamedDependency[Actor]) -> Response[bytes]:
    """Show the cart."""
    return await cart_page(request, actor, region=region_of(str(request.query_params.get("region", ""))))


@post("/cart/goods", include_in_schema=False)
async def put_goods(
    request: Asked,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[Any]:
    """Add some of a thing to the cart; who is not signed in does that first and comes back to the thing."""
    found = await fields(request)
    back = local_path(str(found.pop("to", "/")))
    if visitor is None:
        return see_other(f"/sign-in?to={quote(back)}")
    put = read_form(Put, found)
    async with db.transaction() as conn:
        lines, _ = await cart_wishes(conn, visitor.account_id)
        there = sum(line.quantity for line in lines if line.variant_id == put.variant)
        wanted = Line(VariantId(put.variant), max(1, put.n) + there)
        await put_lines(conn, visitor.account_id, [wanted], now=clock.now())
    return see_other("/cart")


@post("/cart/nights", include_in_schema=False)
async def put_stay(
    request: Asked,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[Any]:
    """Put nights of a stay into the cart, in the place of earlier ones of the same stay."""
    found = await fields(request)
    back = local_path(str(found.pop("to", "/")))
    if visitor is None:
        days = f"?from={found.get('arrive', '')}&to={found.get('leave', '')}"
        return see_other(f"/sign-in?to={quote(back + days)}")
    put = read_form(PutNights, found)
    async with db.transaction() as conn:
        nights = Nights(ListingId(put.listing), put.arrive, put.leave)
        await put_nights(conn, visitor.account_id, [nights], now=clock.now())
    return see_other("/cart")


@post("/cart/change", include_in_schema=False)
async def change_cart(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Take one more or one less of a thing, or give up a stay."""
    change = read_form(Change, await fields(request))
    async with db.transaction() as conn:
        lines, nights = await cart_wishes(conn, actor.account_id)
        changed = [
            Line(line.variant_id, min(_MOST_OF_ONE, line.quantity + (1 if line.variant_id == change.more else -1)))
            for line in lines
            if line.variant_id in {change.more, change.less}
        ]
        dropped = [
            Nights(each.listing_id, each.arrive_on, each.leave_on, 0)
            for each in nights
            if each.listing_id == change.drop
        ]
        if changed:
            await put_lines(conn, actor.account_id, changed, now=clock.now())
        if dropped:
            await put_nights(conn, actor.account_id, dropped, now=clock.now())
    return see_other("/cart")


async def cart_count(db: Database, actor: Actor | None) -> int:
    """Return the number beside the cart's picture."""
    if actor is None:
        return 0
    async with db.connection() as conn:
        return await count_cart(conn, actor.account_id)


ROUTES = [show_cart, put_goods, put_stay, change_cart]
