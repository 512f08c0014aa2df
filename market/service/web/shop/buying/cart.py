"""The cart: products of several producers and nights of stays, with freight and the total."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct
from msgspec.structs import replace

from market.catalogue.listings.night_rules import RuleKind
from market.catalogue.listings.units import get_count_word
from market.catalogue.slots.models import Slot, format_slot_hours
from market.catalogue.slots.rules import get_slot_terms
from market.kernel import Connection, Database, Fen, Query
from market.kernel.clock import Clock, get_business_day
from market.kernel.language import say
from market.people.identity.models import Actor
from market.people.storage.photos import PhotoFormat
from market.sales.orders.address import Address
from market.sales.orders.cart import CartOwner, load_cart_contents, put_cart
from market.sales.orders.cart_view import Cart, CartGroup, CartLine, CartNights, get_cart
from market.sales.orders.checkout.places import PlacesView
from market.sales.orders.checkout.pricing import PriceBasis
from market.sales.orders.list_orders import OrderGroup, list_orders
from market.sales.orders.models import ListingId, Nights, OrderState, SuborderKind
from market.sales.orders.queries import load_latest_address
from market.service.http import HttpRequest
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.buying import rejected_checkout
from market.service.web.shop.buying.device_cart import find_cart_owner, start_device_cart, store_device
from market.service.web.shop.cards import PhotoView, make_photo_view
from market.service.web.shop.coupon_words import describe_advice, list_cart_offers, load_cart_advice
from market.service.web.shop.listing.price_words import describe_price_rule
from market.service.web.shop.listing.stay import format_nights, list_refund_tiers
from market.service.web.shop.orders.order_deposit import describe_plan
from market.service.web.shop.promises import WEIGHED_LATER, list_escrow_notes
from market.service.web.shop.regions import get_region, list_regions, read_region
from market.service.web.shop.shown_rate import find_shown_rate
from market.service.web.ui.format import NUMERALS, day_short, weekday, yuan
from market.service.web.ui.illustrations import get_illustration

_MAX_QUANTITY = 999
_UNKNOWN = "没有选上要买的，请回到它的那一页再选一次"
_NO_DAY = "日子没写对，请回到日历上再选"
_NO_ROOMS = "要几间写整数，像 1、2"


class ListingPicture(Struct, frozen=True):
    """The picture of a listing."""

    id: UUID
    category: str
    title: str
    kind: str
    photo: str | None
    photo_kind: str | None


LIST_LISTING_PICTURES = Query(
    ListingPicture,
    """
    SELECT l.id, g.name AS category, l.title, l.kind, f.name AS photo, f.kind AS photo_kind
      FROM listings l
      JOIN categories g ON g.code = l.category_code
      LEFT JOIN photos f ON f.id = l.photo_id
     WHERE l.id = ANY(:listing_ids::uuid[])
     ORDER BY array_position(:listing_ids::uuid[], l.id)
    """,
)


class CartLineView(Struct, frozen=True):
    """A line of the cart for display."""

    id: str
    kind: str
    href: str
    title: str
    small: str
    amount_fen: Fen
    symbol: str
    photo: PhotoView | None
    quantity: int
    unit: str
    gone: str


class CartGroupView(Struct, frozen=True):
    """The lines of one producer in the cart."""

    name: str
    lines: list[CartLineView]
    freight_words: str
    freight_fen: Fen
    notes: list[str]


async def load_listing_pictures(conn: Connection, listing_ids: list[UUID]) -> dict[UUID, tuple[str, PhotoView | None]]:
    """Return the illustration and the photo of each listing; a repeated illustration is empty."""
    pictures: dict[UUID, tuple[str, PhotoView | None]] = {}
    seen: set[str] = set()
    for row in await LIST_LISTING_PICTURES.all(conn, listing_ids=listing_ids):
        symbol = get_illustration(row.category, row.title)
        photo = make_photo_view(row.photo, row.photo_kind, wide=row.kind != "product")
        drawn = photo is None or row.photo_kind == PhotoFormat.SVG
        pictures[row.id] = ("", None) if drawn and symbol in seen else (symbol, photo)
        seen |= {symbol} if drawn else set()
    return pictures


_BASIS_WORDS = {PriceBasis.TIER: "买得多的价", PriceBasis.PUBLIC: "公家单位的价"}


def _goods_line(line: CartLine, pictures: dict[UUID, tuple[str, PhotoView | None]]) -> CartLineView:
    symbol, photo = pictures[line.listing_id]
    word = say(get_count_word(line.unit))
    basis = say(_BASIS_WORDS.get(line.price_basis, ""))
    slot = format_slot(line.slot) if line.slot else ""
    if line.slot and line.slot.price_rule is not RuleKind.ALWAYS:
        basis = describe_price_rule(line.slot.price_rule, line.slot.holiday_name)
    later = say(WEIGHED_LATER) if line.weight else ""
    small = say("，").join(each for each in (say("{0} 元/{1}", yuan(line.price_fen), word), basis, slot, later) if each)
    return CartLineView(
        str(line.variant_id), "goods", f"/goods/{line.listing_number}", line.title, small, line.amount_fen,
        symbol, photo, line.quantity, word, line.problem,
    )  # fmt: skip


def _stay_line(stay: CartNights, pictures: dict[UUID, tuple[str, PhotoView | None]]) -> CartLineView:
    symbol, photo = pictures[stay.listing_id]
    count = format_nights((stay.leave_on - stay.arrive_on).days)
    small = say("{0}到，{1}走", day_short(stay.arrive_on), day_short(stay.leave_on))
    href = f"/stays/{stay.listing_number}?from={stay.arrive_on}&to={stay.leave_on}#c2"
    return CartLineView(
        str(stay.listing_id), "nights", href, say("{0}，{1} 间{2}", stay.title, stay.rooms, count), small,
        stay.amount_fen, symbol, photo, stay.rooms, say("间"), stay.problem,
    )  # fmt: skip


def describe_cancellation(stay: CartNights, today: date) -> list[str]:
    """Describe the refund of a cancelled stay; shown before paying."""
    rows = list_refund_tiers(stay.terms, arrive=stay.arrive_on, amount=stay.amount_fen, today=today)
    tiers = say("；").join(f"{words}{figure}" for words, figure, state in rows if state != "gone")
    return [say("“{0}”不去了：{1}。", stay.title, tiers)]


def list_cancellation_notes(group: CartGroup, now: datetime) -> list[str]:
    """Describe the refunds of cancelling the visits of a seller; shown before paying."""
    stays = [note for stay in group.nights for note in describe_cancellation(stay, get_business_day(now))]
    return stays + describe_slot_cancellation(group, now)


def format_slot(slot: Slot | PlacesView) -> str:
    """Format when a slot is: `9月21日 周六 8:00–12:00`."""
    return f"{day_short(slot.starts_at)} {weekday(slot.starts_at)} {format_slot_hours(slot.starts_at, slot.ends_at)}"


def describe_slot_cancellation(group: CartGroup, now: datetime) -> list[str]:
    """Describe places that the buyer has in the slot already, and the refund of cancelling; shown before paying."""
    slot = group.lines[0].slot if group.lines else None
    if slot is None:
        return []
    amount = Fen(sum(line.amount_fen for line in group.lines))
    rows = list_refund_tiers(
        get_slot_terms(slot, now), arrive=slot.day, amount=amount, today=get_business_day(now), place=say("去的")
    )
    tiers = say("；").join(f"{words}{figure}" for words, figure, state in rows if state != "gone")
    before = group.lines[0].reserved_before
    again = [say("您已经订了这一场 {0} 个名额，这里是再加的；不是再加，就从购物车里拿掉。", before)] if before else []
    return [*again, say("“{0}”不去了：{1}。", group.lines[0].title, tiers)]


def _group_view(group: CartGroup, pictures: dict[UUID, tuple[str, PhotoView | None]], now: datetime) -> CartGroupView:
    lines = [_goods_line(line, pictures) for line in group.lines] + [
        _stay_line(stay, pictures) for stay in group.nights
    ]
    goods = group.kind is SuborderKind.GOODS
    return CartGroupView(
        name=group.producer,
        lines=lines,
        freight_words=say("运费") if goods else "",
        freight_fen=group.freight_fen,
        notes=list_cancellation_notes(group, now),
    )


def list_sum_rows(cart: Cart) -> list[tuple[str, int]]:
    """Return the rows that add up to the total: goods, freight, activities, nights."""
    goods = sum(group.goods_fen for group in cart.groups if group.kind is SuborderKind.GOODS)
    activities = sum(group.goods_fen for group in cart.groups if group.kind is SuborderKind.ACTIVITY)
    nights = sum(group.goods_fen for group in cart.groups if group.kind is SuborderKind.STAY)
    rows = [(say("货"), goods), (say("运费"), cart.freight_fen)] if has_goods(cart) else []
    return rows + ([(say("玩的"), activities)] if activities else []) + ([(say("住的"), nights)] if nights else [])


def has_goods(cart: Cart) -> bool:
    """Return whether the cart contains anything to ship."""
    return any(group.kind is SuborderKind.GOODS for group in cart.groups)


def has_visits(cart: Cart) -> bool:
    """Return whether the cart contains nights or places."""
    return any(group.kind is not SuborderKind.GOODS for group in cart.groups)


def format_seller_count(count: int) -> str:
    """Format a number of sellers: `两家`."""
    return say("{0}家", say(NUMERALS[count])) if count < len(NUMERALS) else say("{0} 家", count)


def choose_region(request: HttpRequest, last: Address | None) -> str:
    """Return the region that the page asks for, else that of the person's latest address, else Hebei."""
    asked = str(request.query_params.get("region", ""))
    return read_region(asked) if asked or last is None else get_region(last.region_code)


@get("/cart", include_in_schema=False, english=True)
async def show_cart(request: HttpRequest, visitor: NamedDependency[Actor | None]) -> Response[bytes]:
    """Show the cart of a person or of a device as it would be charged now, and why a checkout was refused."""
    services = get_services(request)
    clock = services.clock
    rejected = rejected_checkout.load(request)
    async with services.db.connection() as conn:
        address = None if visitor is None else await load_latest_address(conn, services.seal, visitor)
        region = choose_region(request, address)
        owner = find_cart_owner(request, visitor) or start_device_cart()[0]
        cart = await get_cart(conn, owner, region_code=region, now=clock.now())
        advice = await load_cart_advice(conn, visitor, cart, day=clock.today())
        listing_ids = [each.listing_id for group in cart.groups for each in (*group.lines, *group.nights)]
        pictures = await load_listing_pictures(conn, listing_ids)
        waiting = [] if visitor is None or cart.groups else await _list_unpaid(conn, visitor)
    context = {
        "waiting": waiting,
        "groups": [_group_view(group, pictures, clock.now()) for group in cart.groups],
        "heading": format_seller_count(len({group.producer_id for group in cart.groups})) + say("的东西"),
        "region": region,
        "regions": list_regions(),
        "has_goods": has_goods(cart),
        "rows": list_sum_rows(cart),
        "total_fen": cart.total_fen,
        "rate": await find_shown_rate(request),
        "deposit": describe_plan(cart.deposit, stay=not has_goods(cart)) if cart.deposit else [],
        "blocked": "" if cart.ready else say("上面有东西现在买不了，拿掉或者改少，再去结账。"),
        "coupon_words": describe_advice(advice),
        "offers": list_cart_offers(advice.offers),
        "message": rejected.message if rejected else "",
        "escrow": list_escrow_notes(services.settings.receive_days, visits=has_visits(cart)),
    }
    page = render_page(request, "shop/cart.html", context, actor=visitor, cart=cart.count)
    rejected_checkout.clear(request, page)
    return page


async def _list_unpaid(conn: Connection, buyer: Actor) -> list[tuple[int, Fen]]:
    """Return number and total of the latest order that waits for its payment: who comes back unpaid looks here."""
    page = await list_orders(conn, buyer, group=OrderGroup.UNPAID, limit=1)
    return [(order.number, order.total_fen) for order in page.items if order.state is OrderState.PLACED]


@post("/cart/nights", include_in_schema=False, english=True)
async def add_nights(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[Any]:
    """Put nights of a stay into the cart; they replace earlier nights of the same stay."""
    form = await read_form(request)
    listing_id = form.read_uuid("listing", fault=say(_UNKNOWN))
    arrive, leave = (form.read_day(name, fault=say(_NO_DAY)) for name in ("arrive", "leave"))
    rooms = form.read_integer("rooms", fault=say(_NO_ROOMS), minimum=1) if form.get_text("rooms") else 1
    form.refuse_faults()
    assert listing_id is not None
    assert arrive is not None
    assert leave is not None
    owner, token = get_or_start_cart(request, visitor)
    async with db.transaction() as conn:
        nights = Nights(ListingId(listing_id), arrive, leave, rooms)
        await put_cart(conn, owner, nights=[nights], now=clock.now())
    return show_cart_next(request, token)


@post("/cart/change", include_in_schema=False, english=True)
async def change_cart(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[Any]:
    """Change a quantity by one, or remove a line or a stay."""
    form = await read_form(request)
    less, more, drop = (form.read_optional_uuid(name, fault=say(_UNKNOWN)) for name in ("less", "more", "drop"))
    form.refuse_faults()
    owner = find_cart_owner(request, visitor)
    if owner is None:
        return redirect("/cart")
    async with db.transaction() as conn:
        contents = await load_cart_contents(conn, owner)
        changed = [
            replace(line, quantity=min(_MAX_QUANTITY, line.quantity + (1 if line.variant_id == more else -1)))
            for line in contents.lines
            if line.variant_id in {more, less}
        ]
        changed += [replace(line, quantity=0) for line in contents.lines if line.variant_id == drop]
        dropped = [
            Nights(each.listing_id, each.arrive_on, each.leave_on, 0)
            for each in contents.nights
            if each.listing_id == drop
        ]
        if changed or dropped:
            await put_cart(conn, owner, lines=changed, nights=dropped, now=clock.now())
    # The pressed button gets the focus again, where it was on the screen.
    pressed = f"more-{more}" if more else f"less-{less}" if less else ""
    return redirect(f"/cart#{pressed}" if pressed else "/cart")


def get_or_start_cart(request: HttpRequest, visitor: Actor | None) -> tuple[CartOwner, str]:
    """Return the owner of the cart, and the token of the cookie to set if the device is new."""
    owner = find_cart_owner(request, visitor)
    return (owner, "") if owner is not None else start_device_cart()


def show_cart_next(request: HttpRequest, token: str) -> Response[Any]:
    """Return the redirect to the cart, with the cookie of a new device."""
    response = redirect("/cart")
    if token:
        store_device(request, response, token)
    return response


ROUTES = [show_cart, add_nights, change_cart]
