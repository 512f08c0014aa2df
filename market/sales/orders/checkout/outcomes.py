"""Outcomes of placing: the rows that the database returns for each request, and the refusals they become."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from market.catalogue.bookings.minimum import find_short_stay
from market.catalogue.listings.units import get_count_word
from market.catalogue.slots.models import SlotFull, SlotReserved
from market.kernel import Fen, FieldFault, Refusal
from market.kernel.idempotency import IdempotencyKeyReused
from market.kernel.language import say, use_language
from market.people.identity.models import NotSignedIn
from market.sales.coupons.rules import make_used_refusal
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.pricing import DraftLine, DraftSuborder, get_pay_minutes
from market.sales.orders.models import (
    MAX_LAPSED,
    MAX_UNPAID_FEN,
    MAX_UNPAID_ITEMS,
    MAX_UNPAID_NIGHTS,
    MAX_UNPAID_ORDERS,
    LotShareTooHigh,
    NightsReserved,
    NightsTaken,
    OrderId,
    OrderState,
    PlacedOrder,
    SoldOut,
    TooManyLapsedOrders,
    TooManyUnpaidItems,
    TooManyUnpaidNights,
    TooManyUnpaidOrders,
    UnpaidTotalTooHigh,
    WaitingForPayment,
)
from payments.money import format_yuan

type PlacementOutcome = PlacedOrder | Exception


class ItemLocked(Exception):
    """Another transaction has locked a lot, the rooms of a stay, a slot, or the buyer; nothing was placed.

    `cart_ids` are what the request names of it: variants, the stay, or the buyer.
    """

    def __init__(self, item_id: UUID, cart_ids: frozenset[UUID]) -> None:
        super().__init__(item_id)
        self.item_id = item_id
        self.cart_ids = cart_ids


class OrderMatch(Struct, frozen=True, kw_only=True):
    """The order with a request's key; every field is None if there is no such order."""

    fingerprint: bytes | None
    id: OrderId | None
    number: int | None
    state: OrderState | None
    goods_fen: Fen | None
    freight_fen: Fen | None
    discount_fen: Fen | None
    total_fen: Fen | None
    placed_at: datetime | None
    pay_until: datetime | None

    def get_outcome(self, request: OrderRequest) -> PlacementOutcome | None:
        """Return the order, or the refusal if the key was used for another request; None if there is no order."""
        if self.id is None:
            return None
        if self.fingerprint != request.fingerprint:
            return IdempotencyKeyReused()
        return msgspec.convert(self, PlacedOrder, from_attributes=True)


class PriorOrder(OrderMatch, frozen=True, kw_only=True):
    """The order that request `n` placed before, if any."""

    n: int


class Obstacle(StrEnum):
    """Why a request was not placed although enough may be available."""

    CLOSED = "closed"
    LOCKED = "locked"
    ORDERS = "orders"
    FEN = "fen"
    ITEMS = "items"
    NIGHTS = "nights"
    SHARE = "share"
    LAPSED = "lapsed"
    VOUCHER = "voucher"
    GAP = "gap"


class PlacementResult(OrderMatch, frozen=True, kw_only=True):
    """The result of the statement for request `n`.

    Without an order and an obstacle, `item_id` is the lot, stay or slot of which too little is available; `reserved`
    means that the missing units are in unpaid orders and may become available. With an obstacle, `item_id` is what is
    locked, or the lot whose share is exceeded.
    """

    n: int
    obstacle: Obstacle | None
    item_id: UUID | None
    left_units: int | None
    reserved: bool
    until: datetime | None


_PLAIN_REFUSALS: dict[Obstacle, Callable[[], Refusal]] = {
    Obstacle.CLOSED: NotSignedIn,
    Obstacle.ORDERS: lambda: TooManyUnpaidOrders(limit=MAX_UNPAID_ORDERS),
    Obstacle.FEN: lambda: UnpaidTotalTooHigh(limit_yuan=format_yuan(MAX_UNPAID_FEN)),
    Obstacle.ITEMS: lambda: TooManyUnpaidItems(limit=MAX_UNPAID_ITEMS),
    Obstacle.NIGHTS: lambda: TooManyUnpaidNights(limit=MAX_UNPAID_NIGHTS),
}


def get_request_pay_minutes(request: OrderRequest, suborders: Sequence[DraftSuborder]) -> int:
    """Return how long the order of a request keeps its reservation."""
    return get_pay_minutes((each.pay_minutes for each in suborders), default=request.pay_minutes)


def refuse(result: PlacementResult, request: OrderRequest, suborders: Sequence[DraftSuborder]) -> Exception:
    """Return the refusal of a request that was not placed, in the language of its page, or `ItemLocked`."""
    use_language(request.language)
    lines = [line for each in suborders for line in each.lines]
    match result.obstacle:
        case None:
            return _refuse_missing(result, lines, get_request_pay_minutes(request, suborders))
        case Obstacle.LOCKED:
            assert result.item_id is not None
            return ItemLocked(result.item_id, _list_cart_ids(result.item_id, lines, request))
        case Obstacle.VOUCHER:
            return make_used_refusal()
        case Obstacle.GAP | Obstacle.SHARE as obstacle:
            return (_refuse_short_stay if obstacle is Obstacle.GAP else _refuse_share)(result, lines)
        case Obstacle.LAPSED:
            assert result.until is not None
            hours = -((request.now - result.until) // timedelta(hours=1))
            return TooManyLapsedOrders(minutes=MAX_LAPSED // timedelta(minutes=1), hours=hours)
        case plain:
            return _PLAIN_REFUSALS[plain]()


def _list_cart_ids(item_id: UUID, lines: Sequence[DraftLine], request: OrderRequest) -> frozenset[UUID]:
    if item_id == request.buyer_id:
        return frozenset({item_id})
    return frozenset(
        line.listing_id if line.stay is not None else line.variant_id
        for line in lines
        if item_id in (line.lot_id, line.listing_id, line.slot and line.slot.id)
    )


def _refuse_missing(result: PlacementResult, lines: Sequence[DraftLine], minutes: int) -> Refusal:
    stay = next((line for line in lines if line.stay is not None and line.listing_id == result.item_id), None)
    if stay is not None:
        refusal = NightsReserved if result.reserved else NightsTaken
        return refusal(title=stay.title, minutes=minutes, errors=(FieldFault(stay.field, say("这几晚房间不够")),))
    places = [line for line in lines if line.slot is not None and line.slot.id == result.item_id]
    if places:
        left = result.left_units or 0
        return (SlotReserved if result.reserved else SlotFull)(
            title=places[0].title,
            left=left,
            minutes=minutes,
            errors=tuple(
                FieldFault(line.field, say("只剩 {0} 个名额", left) if left else say("这一场满了")) for line in places
            ),
        )
    short = [line for line in lines if line.lot_id == result.item_id]
    first = short[0]
    left = _count_items(result, first)
    return (WaitingForPayment if result.reserved else SoldOut)(
        title=first.title,
        left=left,
        unit=get_count_word(first.unit),
        minutes=minutes,
        errors=tuple(FieldFault(line.field, say("只剩 {0} {1}", left, get_count_word(line.unit))) for line in short),
    )


def _refuse_short_stay(result: PlacementResult, lines: Sequence[DraftLine]) -> Refusal:
    """Return the refusal of a stay that filled a gap when it was priced, and does not any more."""
    line = next(each for each in lines if each.stay is not None and each.listing_id == result.item_id)
    assert line.stay is not None, "chosen above"
    nights = line.stay.nights
    refusal = find_short_stay(
        replace(line.stay.minimum, fills_gap=False), title=line.title, arrive=nights[0][0],
        leave=nights[-1][0] + timedelta(days=1), field=f"{line.field}.leave_on",
    )  # fmt: skip
    assert refusal is not None, "only a stay below its minimum fills a gap"
    return refusal


def _refuse_share(result: PlacementResult, lines: Sequence[DraftLine]) -> Refusal:
    held = [line for line in lines if result.item_id in (line.lot_id, line.slot and line.slot.id)]
    first = held[0]
    left, word = _count_items(result, first), get_count_word(first.unit)
    faults = tuple(FieldFault(line.field, say("付款前最多还能订 {0} {1}", left, word)) for line in held)
    return LotShareTooHigh(title=first.title, left=left, unit=word, errors=faults)


def _count_items(result: PlacementResult, line: DraftLine) -> int:
    """Return how many items of a line the left units of its lot are; of a slot, the left places."""
    if line.slot is not None:
        return result.left_units or 0
    return (result.left_units or 0) // (line.units // line.quantity)
