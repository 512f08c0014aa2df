"""A request to place one order, and the checks that need no database."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from msgspec import Struct, field

from market.catalogue.slots.models import SlotId
from market.kernel import Connection, FieldFault
from market.kernel.language import get_language, say
from market.people.identity.models import AccountId
from market.sales.coupons.models import VoucherId
from market.sales.orders.address import Destination
from market.sales.orders.checkout.packages import PackageChoice
from market.sales.orders.models import (
    MAX_DAYS_AHEAD,
    MAX_LINES,
    MAX_NIGHTS,
    MAX_QUANTITY,
    MAX_ROOMS,
    MAX_STAYS,
    EmptyOrder,
    InvalidNights,
    InvalidQuantity,
    Line,
    Nights,
    OrderId,
    TooManyLines,
    VariantId,
)
from market.sales.pickup_points.models import PickupPointId

type Companion = Callable[[Connection, OrderId], Awaitable[None]]
"""Stores what another package keeps of an order, in the transaction that places it and only if it does (ADR 73)."""


class OrderRequest(Struct, frozen=True, kw_only=True):
    """One order to place; each of `lines` has the index at which the caller listed it.

    `pay_minutes` applies unless a county of the order has set its own.
    """

    buyer_id: AccountId
    lines: tuple[tuple[int, Line], ...]
    nights: tuple[Nights, ...]
    destination: Destination
    key: str
    fingerprint: bytes
    now: datetime
    pay_minutes: int
    total_fen: int | None = None
    cancel_terms: str | None = None
    from_cart: bool = False
    voucher_id: VoucherId | None = None
    pickup_point_id: PickupPointId | None = None
    package: PackageChoice | None = None
    companion: Companion | None = None
    language: str = field(default_factory=get_language)
    """Of the request's page, for what it is refused with: batches are placed by tasks of their own."""

    @property
    def writes_beside_order(self) -> bool:
        """Whether placing takes more statements than `place_orders`, so that they need a transaction."""
        return self.companion is not None or self.pickup_point_id is not None


def merge_lines(lines: Sequence[Line]) -> list[tuple[int, Line]]:
    """Merge the lines of each variant and slot, with the index at which they were first listed."""
    first: dict[tuple[VariantId, SlotId | None], int] = {}
    total: dict[tuple[VariantId, SlotId | None], int] = {}
    for index, line in enumerate(lines):
        item = (line.variant_id, line.slot_id)
        first.setdefault(item, index)
        total[item] = total.get(item, 0) + line.quantity
    return [(first[item], Line(item[0], quantity, item[1])) for item, quantity in total.items()]


def check_request(
    lines: Sequence[Line], nights: Sequence[Nights], *, day: date, package: PackageChoice | None = None
) -> None:
    """Check the quantities, the nights and the number of both; report every invalid field.

    The stays of a `package` are as many as households share its guests, which its parts and suppliers bound.

    Raises:
        EmptyOrder, TooManyLines: the order has no lines, or too many.
        InvalidQuantity, InvalidNights: a quantity or a range of nights cannot be ordered.
    """
    if not lines and not nights:
        raise EmptyOrder
    if len(lines) > MAX_LINES or (package is None and len(nights) > MAX_STAYS):
        raise TooManyLines(max_lines=MAX_LINES, max_stays=MAX_STAYS)
    quantity_faults = [
        FieldFault(f"lines[{index}].quantity", say("要在 1 到 {0} 之间", MAX_QUANTITY))
        for index, line in merge_lines(lines)
        if not 1 <= line.quantity <= MAX_QUANTITY
    ]
    quantity_faults += [
        FieldFault(f"lines[{index}].quantity", say("要在 1 到 {0} 之间", MAX_QUANTITY))
        for index, line in enumerate(lines)
        if line.quantity < 1 and not any(fault.field == f"lines[{index}].quantity" for fault in quantity_faults)
    ]
    if quantity_faults:
        raise InvalidQuantity(max_quantity=MAX_QUANTITY, errors=tuple(quantity_faults))
    listing_ids = [each.listing_id for each in nights]
    night_faults = [
        FieldFault(f"nights[{index}]", say("日期或间数不对"))
        for index, each in enumerate(nights)
        if not is_bookable(each, day) or listing_ids.index(each.listing_id) != index
    ]
    if night_faults:
        raise InvalidNights(max_nights=MAX_NIGHTS, max_rooms=MAX_ROOMS, errors=tuple(night_faults))


def is_bookable(nights: Nights, day: date) -> bool:
    """Return whether a range of nights is within the bookable calendar on `day`."""
    return (
        day <= nights.arrive_on < nights.leave_on
        and (nights.leave_on - nights.arrive_on).days <= MAX_NIGHTS
        and (nights.arrive_on - day).days <= MAX_DAYS_AHEAD
        and 1 <= nights.rooms <= MAX_ROOMS
    )
