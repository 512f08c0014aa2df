"""The cart at current prices: by producer, with freight, sums, and problems."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.minimum import find_short_stay
from market.catalogue.bookings.models import CancellationTerms
from market.catalogue.bookings.tiers import make_terms
from market.catalogue.listings.catch_weight import LineWeight
from market.catalogue.listings.freight import Shipment
from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.units import get_count_word
from market.catalogue.producers.closures import describe_closure
from market.catalogue.slots.list_slots import load_reserved_places, load_slots
from market.catalogue.slots.models import Slot
from market.catalogue.slots.rules import find_slot_refusal
from market.kernel import Connection, Fen
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.sales.coupons.rules import CouponItem
from market.sales.orders.cart import CartContents, CartOwner, load_cart_contents
from market.sales.orders.checkout.offers import load_goods_offers, load_public_buyers, load_stay_offers
from market.sales.orders.checkout.pricing import (
    DraftLine,
    GoodsOffer,
    PriceBasis,
    StayOffer,
    find_shipping_fault,
    get_apart_id,
    list_coupon_items,
    make_parcels,
    price_goods_line,
    price_stay_line,
    price_suborders,
)
from market.sales.orders.checkout.seen_terms import hash_cancel_terms
from market.sales.orders.deposits import DepositPlan, plan_deposit
from market.sales.orders.models import Line, Nights, SuborderKind


class CartLine(Struct, frozen=True, kw_only=True):
    """A line of the cart, with the slot of an activity.

    `reserved_before` are places that the buyer has in the slot already. `problem` is the reason in Chinese why it
    cannot be ordered now, or empty. With a `weight` the amount is the most that is charged: what was weighed less is
    refunded.
    """

    variant_id: UUID
    listing_id: UUID
    listing_number: int
    title: str
    unit: str
    quantity: int
    price_fen: Fen
    price_basis: PriceBasis
    amount_fen: Fen
    left: int | None
    slot: Slot | None
    reserved_before: int
    weight: LineWeight | None
    problem: str


class CartNights(Struct, frozen=True, kw_only=True):
    """A stay in the cart, with the price of each night and its cancellation terms."""

    listing_id: UUID
    listing_number: int
    title: str
    arrive_on: date
    leave_on: date
    rooms: int
    nights: list[tuple[date, Fen]]
    amount_fen: Fen
    free: int
    terms: CancellationTerms
    problem: str


class CartGroup(Struct, frozen=True, kw_only=True):
    """The suborder that placing the cart would create. Its sums exclude lines with a problem."""

    producer_id: UUID
    producer: str
    kind: SuborderKind
    lines: list[CartLine]
    nights: list[CartNights]
    goods_fen: Fen
    freight_fen: Fen
    total_fen: Fen


class Cart(Struct, frozen=True, kw_only=True):
    """The whole cart, with freight to the requested region; `ready` means that all of it can be ordered.

    `items` are the lines that can be ordered, as coupons look at them. `deposit`: the cart is paid in two parts.
    `cancel_terms` stands for what cancelling refunds (`place` refuses other terms).
    """

    groups: list[CartGroup]
    goods_fen: Fen
    freight_fen: Fen
    total_fen: Fen
    count: int
    ready: bool
    items: list[CouponItem]
    deposit: DepositPlan | None
    cancel_terms: str


class _OfferedLine(Struct, frozen=True):
    """A line with its offer, its slot, and why it cannot be ordered now."""

    offer: GoodsOffer
    wanted: Line
    slot: Slot | None
    problem: str
    public_buyer: bool
    reserved_before: int

    def price(self) -> tuple[GoodsOffer, DraftLine]:
        """Return the offer and the priced line."""
        quantity = self.wanted.quantity
        return self.offer, price_goods_line(0, self.offer, quantity, self.slot, public_buyer=self.public_buyer)


async def get_cart(conn: Connection, owner: CartOwner, *, region_code: str | None = None, now: datetime) -> Cart:
    """Return the cart by producer with freight and sums; see `price_cart`."""
    contents = await load_cart_contents(conn, owner)
    return await price_cart(conn, owner, contents, region_code=region_code, now=now)


async def price_cart(
    conn: Connection, owner: CartOwner, contents: CartContents, *, region_code: str | None = None, now: datetime
) -> Cart:
    """Return what a cart contains at current prices; the number of statements does not depend on its size.

    Lines that cannot be ordered now have a problem and are excluded from the sums. The sums are exactly what placing
    the other lines would charge.
    """
    day = get_business_day(now)
    goods = await load_goods_offers(conn, [line.variant_id for line in contents.lines], day=day)
    stays = await load_stay_offers(conn, contents.nights, day=day)
    offered = [(goods[line.variant_id], line) for line in contents.lines]
    public_buyer = owner in await load_public_buyers(conn, [owner], goods.values(), day=day)
    needed_units: dict[UUID, int] = {}
    for offer, line in offered:
        if offer.lot_id is not None:
            needed_units[offer.lot_id] = needed_units.get(offer.lot_id, 0) + line.quantity * offer.lot_units_per_item
    parcels = make_parcels(((offer, line.quantity) for offer, line in offered), region_code)
    slots = await load_slots(conn, [line.slot_id for line in contents.lines if line.slot_id])
    reserved = await load_reserved_places(conn, owner, list(slots))
    parties: dict[UUID | None, int] = {}
    for line in contents.lines:
        parties[line.slot_id] = parties.get(line.slot_id, 0) + line.quantity
    lines: list[_OfferedLine] = []
    for offer, line in offered:
        slot = slots.get(line.slot_id) if line.slot_id else None
        problem = _describe_problem(offer, needed_units, parcels) or _describe_slot_problem(
            offer, slot, party=parties[line.slot_id], now=now
        )
        before = reserved.get(slot.id, 0) if slot else 0
        lines.append(_OfferedLine(offer, line, slot, problem, public_buyer, before))
    nights: list[tuple[StayOffer, CartNights]] = []
    for position, each in enumerate(contents.nights, 1):
        stay = stays[position]
        nights.append((stay, _build_cart_nights(stay, each, day)))
    return _build_cart(lines, nights, region_code, day)


def _describe_problem(offer: GoodsOffer, needed_units: dict[UUID, int], parcels: dict[UUID, Shipment]) -> str:
    """Return why a line cannot be ordered now, or an empty string."""
    if offer.replaced:
        return say("卖家换了装法，点名字看新的")
    closed = _describe_closed(offer)
    if closed:
        return closed
    if fault := find_shipping_fault(offer, parcels):
        return say(fault.cart_zh)
    if offer.lot_id is None or offer.available_units is None or offer.reserved_units is None:
        return ""
    return _describe_shortage(offer, needed_units[offer.lot_id], offer.available_units, offer.reserved_units)


def _describe_slot_problem(offer: GoodsOffer, slot: Slot | None, *, party: int, now: datetime) -> str:
    """Return why the places of an activity, `party` in the whole cart, cannot be ordered now, or an empty string."""
    if offer.listing_kind != ListingKind.ACTIVITY:
        return ""
    if slot is None or slot.listing_id != offer.listing_id:
        return say("先选一场")
    if refusal := find_slot_refusal(slot, party=party, title=offer.title, field="slot_id", now=now):
        return refusal.errors[0].message
    if party > slot.free:
        return say("这一场只剩 {0} 个名额", slot.free) if slot.free else say("这一场满了")
    return ""


def _describe_closed(offer: GoodsOffer | StayOffer) -> str:
    if not offer.on_sale:
        return say("已经下架")
    if not offer.shop_open:
        return say("这家现在不接单")
    return describe_closure(offer.closed_for, offer.reopens_on)


def _describe_shortage(offer: GoodsOffer, needed: int, available: int, reserved: int) -> str:
    if needed <= available:
        return ""
    left = say("只剩 {0} {1}", available // offer.lot_units_per_item, say(get_count_word(offer.unit)))
    if needed <= available + reserved:
        return say("现在{0}，其余在等别人付款，可以稍后再试", left)
    return left if available >= offer.lot_units_per_item else say("卖完了")


def _build_cart_nights(stay: StayOffer, wanted: Nights, day: date) -> CartNights:
    problem = _describe_closed(stay)
    if not problem and wanted.arrive_on < day:
        problem = say("日期已经过了")
    elif not problem and (
        refusal := find_short_stay(
            stay.minimum, title=stay.title, arrive=wanted.arrive_on, leave=wanted.leave_on, field="leave_on"
        )
    ):
        problem = refusal.errors[0].message
    elif not problem and stay.free < wanted.rooms:
        problem = say("这几晚只剩 {0} 间", stay.free) if stay.free else say("这几晚没有房间了")
    return CartNights(
        listing_id=wanted.listing_id,
        listing_number=stay.listing_number,
        title=stay.title,
        arrive_on=wanted.arrive_on,
        leave_on=wanted.leave_on,
        rooms=wanted.rooms,
        nights=stay.nights,
        amount_fen=Fen(stay.room_fen * wanted.rooms),
        free=stay.free,
        terms=make_terms(stay.tiers, days_left=(wanted.arrive_on - day).days, holiday=stay.holiday),
        problem=problem,
    )


def _build_cart(
    lines: Sequence[_OfferedLine],
    nights: Sequence[tuple[StayOffer, CartNights]],
    region_code: str | None,
    day: date,
) -> Cart:
    all_suborders = price_suborders(
        [each.price() for each in lines],
        [(stay, price_stay_line(0, stay, stay_view.rooms)) for stay, stay_view in nights],
        region_code=region_code,
    )
    orderable = price_suborders(
        [each.price() for each in lines if not each.problem],
        [(stay, price_stay_line(0, stay, stay_view.rooms)) for stay, stay_view in nights if not stay_view.problem],
        region_code=region_code,
    )
    sums = {(each.producer_id, each.kind, get_apart_id(each.lines[0])): each for each in orderable}
    groups: list[CartGroup] = []
    for each in all_suborders:
        charged = sums.get((each.producer_id, each.kind, get_apart_id(each.lines[0])))
        goods_fen = charged.goods_fen if charged else Fen(0)
        freight_fen = charged.freight_fen if charged else Fen(0)
        members = {line.variant_id for line in each.lines}
        groups.append(
            CartGroup(
                producer_id=each.producer_id,
                producer=each.producer,
                kind=each.kind,
                lines=[
                    _build_cart_line(line)
                    for line in lines
                    if each.kind is not SuborderKind.STAY and line.offer.variant_id in members
                ],
                nights=[stay_view for _, stay_view in nights if stay_view.listing_id == get_apart_id(each.lines[0])],
                goods_fen=goods_fen,
                freight_fen=freight_fen,
                total_fen=Fen(goods_fen + freight_fen),
            )
        )
    goods, freight = sum(each.goods_fen for each in groups), sum(each.freight_fen for each in groups)
    count = len(lines) + len(nights)
    ready = (
        count > 0 and not any(each.problem for each in lines) and not any(stay_view.problem for _, stay_view in nights)
    )
    return Cart(
        groups=groups,
        goods_fen=Fen(goods),
        freight_fen=Fen(freight),
        total_fen=Fen(goods + freight),
        count=count,
        ready=ready,
        items=list_coupon_items(orderable),
        deposit=plan_deposit(orderable, day=day) if ready else None,
        cancel_terms=hash_cancel_terms(line for each in orderable for line in each.lines),
    )


def _build_cart_line(line: _OfferedLine) -> CartLine:
    offer, priced = line.price()
    left = None if offer.available_units is None else offer.available_units // offer.lot_units_per_item
    return CartLine(
        variant_id=offer.variant_id,
        listing_id=offer.listing_id,
        listing_number=offer.listing_number,
        title=priced.title,
        unit=offer.unit,
        quantity=line.wanted.quantity,
        price_fen=priced.price_fen,
        price_basis=priced.price_basis,
        amount_fen=priced.amount_fen,
        left=left if line.slot is None else line.slot.free,
        slot=line.slot,
        reserved_before=line.reserved_before,
        weight=priced.weight,
        problem=line.problem,
    )
