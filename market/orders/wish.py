"""A wish for one order: what can be known without the database, and what it comes to with it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.identity import AccountId
from market.kernel import FieldFault, Refusal
from market.orders.address import Destination
from market.orders.freight import ships_to
from market.orders.models import (
    FURTHEST_DAYS,
    MOST_LINES,
    MOST_NIGHTS,
    MOST_QUANTITY,
    MOST_ROOMS,
    MOST_STAYS,
    Line,
    Nights,
    NightsWrong,
    NotForSale,
    NothingAsked,
    NotShippedThere,
    QuantityWrong,
    ShopClosed,
    TooMuchAsked,
    TotalChanged,
)
from market.orders.rules import DraftLine, DraftSuborder, Goods, Stay, line_of, line_of_stay, merge, suborders_of


class Wish(Struct, frozen=True):
    """One order as it waits to be placed."""

    buyer_id: AccountId
    lines: tuple[tuple[int, Line], ...]
    nights: tuple[Nights, ...]
    destination: Destination
    key: str
    fingerprint: bytes
    now: datetime
    pay_minutes: int
    total_fen: int | None
    from_cart: bool


def check_wish(lines: Sequence[Line], nights: Sequence[Nights], *, day: date) -> None:
    """Look at what can be known without the database, naming every field that is wrong.

    Raises:
        NothingAsked, TooMuchAsked, QuantityWrong, NightsWrong: as `place` says.
    """
    if not lines and not nights:
        raise NothingAsked
    if len(lines) > MOST_LINES or len(nights) > MOST_STAYS:
        raise TooMuchAsked(lines=MOST_LINES, stays=MOST_STAYS)
    wrong = [
        FieldFault(f"lines[{place}].quantity", f"要在 1 到 {MOST_QUANTITY} 之间")
        for place, line in merge(lines)
        if not 1 <= line.quantity <= MOST_QUANTITY
    ]
    wrong += [
        FieldFault(f"lines[{place}].quantity", f"要在 1 到 {MOST_QUANTITY} 之间")
        for place, line in enumerate(lines)
        if line.quantity < 1 and not any(fault.field == f"lines[{place}].quantity" for fault in wrong)
    ]
    if wrong:
        raise QuantityWrong(most=MOST_QUANTITY, errors=tuple(wrong))
    named = [each.listing_id for each in nights]
    faults = [
        FieldFault(f"nights[{place}]", "日期或间数不对")
        for place, each in enumerate(nights)
        if not is_bookable(each, day) or named.index(each.listing_id) != place
    ]
    if faults:
        raise NightsWrong(most=MOST_NIGHTS, rooms=MOST_ROOMS, errors=tuple(faults))


def is_bookable(nights: Nights, day: date) -> bool:
    """Say whether a range of nights can be booked on `day` as far as the calendar goes."""
    return (
        day <= nights.arrive_on < nights.leave_on
        and (nights.leave_on - nights.arrive_on).days <= MOST_NIGHTS
        and (nights.arrive_on - day).days <= FURTHEST_DAYS
        and 1 <= nights.rooms <= MOST_ROOMS
    )


def draft(wish: Wish, goods: dict[UUID, Goods], stays: Sequence[Stay | None]) -> list[DraftSuborder]:
    """Return the suborders that a wish comes to at the prices of this moment.

    `stays` are those of the wish's nights, in their order.

    Raises:
        NotForSale, ShopClosed, NotShippedThere, TotalChanged: as `place` says.
    """
    found: list[tuple[Goods, DraftLine]] = []
    for place, line in wish.lines:
        thing = goods.get(line.variant_id)
        field = f"lines[{place}].variant_id"
        if thing is None:
            raise NotForSale(title="", errors=(FieldFault(field, "没有这种商品"),))
        _check_open(thing, field)
        if thing.listing_kind == "product" and not ships_to(thing.freight, wish.destination.region_code):
            raise NotShippedThere(
                producer=thing.producer, errors=(FieldFault("address.region_code", f"{thing.title} 不发往这里"),)
            )
        found.append((thing, line_of(place, thing, line.quantity)))
    found_stays: list[tuple[Stay, DraftLine]] = []
    for place, (nights, stay) in enumerate(zip(wish.nights, stays, strict=True)):
        field = f"nights[{place}].listing_id"
        if stay is None:
            raise NotForSale(title="", errors=(FieldFault(field, "没有这处住宿"),))
        _check_open(stay, field)
        found_stays.append((stay, line_of_stay(place, stay, nights.rooms)))
    suborders = suborders_of(found, found_stays)
    total = sum(each.goods_fen + each.freight_fen for each in suborders)
    if wish.total_fen is not None and wish.total_fen != total:
        raise TotalChanged(total_fen=total, errors=(FieldFault("total_fen", str(total)),))
    return suborders


def _check_open(thing: Goods | Stay, field: str) -> None:
    refusal: Refusal | None = None
    if not thing.on_sale:
        refusal = NotForSale(title=thing.title, errors=(FieldFault(field, "已经下架"),))
    elif not thing.shop_open:
        refusal = ShopClosed(producer=thing.producer, errors=(FieldFault(field, "这家现在不接单"),))
    if refusal is not None:
        raise refusal


def pay_until(wish: Wish) -> datetime:
    """Return until when an order keeps its goods."""
    return wish.now + timedelta(minutes=wish.pay_minutes)
