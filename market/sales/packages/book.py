"""Book packages: choose who supplies them, and place one ordinary order with a part of it for each household."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.listings.models import ListingKind
from market.catalogue.slots.list_slots import load_slots
from market.catalogue.slots.models import PartyTooLarge, SlotClosed, SlotFull, SlotId, SlotStarted
from market.kernel import Connection, Database, Fen, FieldFault, Refusal
from market.kernel.clock import get_business_day
from market.kernel.language import say, say_day
from market.kernel.settings import DEFAULT_PAY_MINUTES
from market.kernel.structs import build_from
from market.people.identity.models import AccountId
from market.sales.orders.address import Destination
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.offers import load_goods_offers, load_stay_offers
from market.sales.orders.checkout.order_request import OrderRequest, merge_lines
from market.sales.orders.checkout.packages import PackageChoice, load_strictest_tiers
from market.sales.orders.checkout.place import find_placed_order, place
from market.sales.orders.checkout.placing import draft_order
from market.sales.orders.checkout.pricing import OrderPrice, PackageLine, get_order_price
from market.sales.orders.checkout.seen_terms import hash_tiers
from market.sales.orders.models import (
    MAX_DAYS_AHEAD,
    MAX_ROOMS,
    Line,
    ListingId,
    Nights,
    NightsTaken,
    NotForSale,
    PlacedOrder,
    ShopClosed,
    SoldOut,
    VariantId,
)
from market.sales.packages.capacity import has_holiday, load_capacities
from market.sales.packages.models import (
    MAX_COUNT,
    MAX_PARTS,
    InvalidPackageBooking,
    Package,
    PackageFull,
    PackagePart,
    PackageReserved,
)
from market.sales.packages.read import get_live_package
from market.sales.packages.rules import Capacity, choose_suppliers, count_possible

MAX_ATTEMPTS = 8
"""How often a booking chooses again when others took first what it had chosen."""
_TAKEN = (SoldOut, NightsTaken, SlotFull, SlotClosed, SlotStarted, NotForSale, ShopClosed)
_KINDS = {ListingKind.STAY: "住的", ListingKind.ACTIVITY: "玩的", ListingKind.PRODUCT: "东西"}
_UNITS = {ListingKind.STAY: "间", ListingKind.ACTIVITY: "个名额"}


class PartTime(Struct, frozen=True, forbid_unknown_fields=True):
    """When the activity of a part is to start, with a zone; `position` is that of the part, from 1."""

    position: int
    starts_at: datetime


class PackageWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a buyer wants of a package: how many, from which day on, and when each of its activities starts.

    `times` has one entry for each part that is an activity, and none for other parts.
    """

    count: int = 1
    arrive_on: date
    times: Annotated[list[PartTime], Meta(max_length=MAX_PARTS)] = []


class QuotedSupplier(Struct, frozen=True, kw_only=True):
    """Who would supply so many packages of a part now, and with what."""

    producer: str
    title: str
    packages: int


class PartQuote(Struct, frozen=True, kw_only=True):
    """Who would supply a part now."""

    position: int
    suppliers: list[QuotedSupplier]


class PackageQuote(Struct, frozen=True, kw_only=True):
    """What packages cost, with the freight of their goods, and the least that cancelling refunds: of all households.

    Notices count to the first day of the visit. Goods that were not sent are refunded whole whenever. `cancel_terms`
    stands for what cancelling refunds (`book_package` refuses other terms).
    """

    price_fen: Fen
    freight_fen: Fen
    total_fen: Fen
    first_day: date
    holiday: bool
    tiers: list[CancellationTier]
    cancel_terms: str
    parts: list[PartQuote]


class _Plan(Struct, frozen=True, kw_only=True):
    """An order of packages, and the part that each of its lines and nights is."""

    lines: list[Line]
    nights: list[Nights]
    choice: PackageChoice
    picks: list[tuple[PackagePart, Capacity, int]]
    first_day: date


async def quote_package(
    conn: Connection,
    number: int,
    wish: PackageWish,
    *,
    region_code: str,
    now: datetime,
    pay_minutes: int = DEFAULT_PAY_MINUTES,
) -> PackageQuote:
    """Return what packages cost and refund, with freight to a region of six digits (GB/T 2260); nothing is reserved.

    Raises:
        NotFound: no package on sale has this number.
        InvalidPackageBooking, PartyTooLarge, PackageFull, PackageReserved: see `book_package`.
        Other refusals: see `place`, at `parts[i]`.
    """
    package = await get_live_package(conn, number)
    plan = await _plan(conn, package, wish, minutes=pay_minutes, now=now)
    try:
        price = await _price_plan(conn, plan, region_code, now=now)
    except Refusal as refusal:
        refusal.errors = _name_parts(refusal.errors, plan)
        raise
    suppliers = {each.variant_id: each for part in package.parts for each in part.suppliers}
    tiers = await load_strictest_tiers(conn, package.id, holiday=plan.choice.holiday)
    return PackageQuote(
        price_fen=plan.choice.price_fen,
        freight_fen=price.freight_fen,
        total_fen=price.total_fen,
        first_day=plan.first_day,
        holiday=plan.choice.holiday,
        tiers=tiers,
        cancel_terms=hash_tiers(tiers),
        parts=[
            PartQuote(
                position=part.position,
                suppliers=[
                    build_from(QuotedSupplier, suppliers[each.variant_id], packages=count)
                    for own, each, count in plan.picks
                    if own is part
                ],
            )
            for part in package.parts
        ],
    )


async def book_package(
    db: Database,
    batcher: Batcher,
    buyer: AccountId,
    number: int,
    wish: PackageWish,
    *,
    address: Destination,
    key: str,
    total_fen: int | None = None,
    cancel_terms: str | None = None,
    now: datetime,
    pay_minutes: int = DEFAULT_PAY_MINUTES,
) -> PlacedOrder:
    """Book packages: one order, placed in full or not at all, with a suborder for each household.

    Who supplies a part is chosen by `choose_suppliers` from what is free; if others take it first, it is chosen again.
    Idempotent by buyer and `key`. `total_fen` is the total that the buyer saw, with freight, and `cancel_terms` those
    of the quote, if known.

    Raises:
        NotFound: no package on sale has this number.
        InvalidPackageBooking: a field is invalid, or a day is not offered; `errors` lists the fields.
        PartyTooLarge: an activity never has so many places, at `parts[i]`.
        PackageFull, PackageReserved: too little is free, or may become so.
        CancelTermsChanged: what cancelling refunds differs from `cancel_terms`; an error says what holds.
        IdempotencyKeyReused: the key was used for another order.
        Other refusals: see `place`, at `parts[i]`.
    """
    contents = msgspec.json.encode([number, wish, address.region_code])
    fingerprint = hashlib.sha256(contents + address.digest).digest()
    placed = await find_placed_order(db, buyer, key, fingerprint)
    if placed is not None:
        return placed
    for attempt in range(1, MAX_ATTEMPTS + 1):
        async with db.connection() as conn:
            package = await get_live_package(conn, number)
            plan = await _plan(conn, package, wish, minutes=pay_minutes, now=now)
        try:
            return await place(
                batcher, buyer, plan.lines, nights=plan.nights, address=address, key=key, fingerprint=fingerprint,
                package=plan.choice, total_fen=total_fen, cancel_terms=cancel_terms, now=now, pay_minutes=pay_minutes,
            )  # fmt: skip
        except Refusal as refusal:
            if not isinstance(refusal, _TAKEN) or attempt == MAX_ATTEMPTS:
                refusal.errors = _name_parts(refusal.errors, plan)
                raise
    raise AssertionError("the last attempt returns or raises")


async def _price_plan(conn: Connection, plan: _Plan, region_code: str, *, now: datetime) -> OrderPrice:
    """Return what placing a plan would cost, by the functions that place it."""
    day = get_business_day(now)
    request = OrderRequest(
        buyer_id=AccountId(UUID(int=0)), lines=tuple(merge_lines(plan.lines)), nights=tuple(plan.nights),
        destination=Destination(region_code, b"", b""), key="", fingerprint=b"", now=now,
        pay_minutes=DEFAULT_PAY_MINUTES, package=plan.choice,
    )  # fmt: skip
    goods = await load_goods_offers(conn, [each.variant_id for each in plan.lines], day=day)
    stays = await load_stay_offers(conn, plan.nights, day=day)
    slots = await load_slots(conn, [each.slot_id for each in plan.lines if each.slot_id])
    offers = [stays.get(position) for position in range(1, len(plan.nights) + 1)]
    return get_order_price(draft_order(request, goods, offers, slots))


async def _plan(conn: Connection, package: Package, wish: PackageWish, *, minutes: int, now: datetime) -> _Plan:
    """Choose who supplies each part.

    Raises:
        InvalidPackageBooking, PartyTooLarge, PackageFull, PackageReserved: see `book_package`.
    """
    times = _check_wish(package, wish, now)
    days = [get_business_day(each) for each in times.values()]
    holiday = await has_holiday(conn, package, arrive=wish.arrive_on, days=days)
    if holiday and not package.on_holidays:
        raise InvalidPackageBooking(errors=(FieldFault("arrive_on", say("这个套餐节假日不接，换个日子")),))
    capacities = await load_capacities(conn, package, arrive=wish.arrive_on, now=now)
    picks: list[tuple[PackagePart, Capacity, int]] = []
    missing: list[PackagePart] = []
    waiting = True
    for part in package.parts:
        found = [each for each in capacities[part.position] if each.starts_at == times.get(part.position)]
        if part.kind is ListingKind.STAY:
            found = [_cap_rooms(each) for each in found]
        if part.kind is ListingKind.ACTIVITY:
            _require_time(package, part, found)
        chosen = choose_suppliers(found, quantity=part.quantity, count=wish.count)
        picks += [(part, each, count) for each, count in chosen]
        if not chosen:
            missing.append(part)
            waiting = waiting and count_possible(found, quantity=part.quantity) >= wish.count
    if missing:
        raise _refuse_full(package, missing, waiting=waiting, minutes=minutes)
    first_day = min([wish.arrive_on, *days] if package.nights else days)
    return _make_plan(package, wish, picks, holiday=holiday, first_day=first_day)


def _cap_rooms(capacity: Capacity) -> Capacity:
    """Return a stay with at most the rooms that one order may have of it."""
    rooms = {"free": min(capacity.free, MAX_ROOMS), "possible": min(capacity.possible, MAX_ROOMS)}
    return msgspec.structs.replace(capacity, **rooms)


def _check_wish(package: Package, wish: PackageWish, now: datetime) -> dict[int, datetime]:
    """Return when each activity starts, by position of its part.

    Raises:
        InvalidPackageBooking: a field is invalid; `errors` lists all of them.
    """
    today = get_business_day(now)
    faults: list[FieldFault] = []
    if not 1 <= wish.count <= MAX_COUNT:
        faults.append(FieldFault("count", say("几套，1 到 {0}", MAX_COUNT)))
    if not package.starts_on <= wish.arrive_on <= package.ends_on:
        first, last = (say_day(day) for day in (package.starts_on, package.ends_on))
        faults.append(FieldFault("arrive_on", say("选 {0}到 {1}之间的日子", first, last)))
    elif not 0 <= (wish.arrive_on - today).days <= MAX_DAYS_AHEAD:
        faults.append(FieldFault("arrive_on", say("选今天以后、一年以内的日子")))
    times = {each.position: each.starts_at for each in wish.times}
    activities = {part.position for part in package.parts if part.kind is ListingKind.ACTIVITY}
    for position in sorted(activities | times.keys()):
        starts_at = times.get(position)
        if position not in activities:
            faults.append(FieldFault(f"parts[{position - 1}]", say("这一样不用选时间")))
        elif starts_at is None:
            faults.append(FieldFault(f"parts[{position - 1}]", say("选一场")))
        elif not _is_within(starts_at, wish.arrive_on, package.nights):
            faults.append(FieldFault(f"parts[{position - 1}]", say("选在这几天里的一场")))
    if faults:
        raise InvalidPackageBooking(errors=tuple(faults))
    return times


def _is_within(starts_at: datetime, arrive_on: date, nights: int) -> bool:
    """Return whether a time, if it has a zone, is on one of the days of a visit."""
    try:
        return starts_at.tzinfo is not None and 0 <= (get_business_day(starts_at) - arrive_on).days <= nights
    except OverflowError:  # the first or the last day of the calendar, which another zone does not have
        return False


def _require_time(package: Package, part: PackagePart, found: Sequence[Capacity]) -> None:
    """Require that an activity takes place at the chosen time, and has room for the party of one package.

    Raises:
        InvalidPackageBooking: no household has it then.
        PartyTooLarge: no household ever has so many places then.
    """
    field = f"parts[{part.position - 1}]"
    if not found:
        raise InvalidPackageBooking(errors=(FieldFault(field, say("这个时间没有，换一场")),))
    most = max(each.most for each in found)
    if most < part.quantity:
        fault = FieldFault(field, say("一场一共 {0} 个名额", most))
        raise PartyTooLarge(title=package.title, capacity=most, errors=(fault,))


def _refuse_full(package: Package, missing: Sequence[PackagePart], *, waiting: bool, minutes: int) -> PackageFull:
    words = {part.position: say("{0}不够", say(_UNITS.get(part.kind, part.unit))) for part in missing}
    names = say("、").join(
        say(_KINDS[part.kind]) if len(part.agreed) > 1 else f"“{part.agreed[0].title}”" for part in missing
    )
    faults = tuple(FieldFault(f"parts[{position - 1}]", message) for position, message in words.items())
    kind = PackageReserved if waiting else PackageFull
    return kind(title=package.title, parts=names, minutes=minutes, errors=faults)


def _make_plan(
    package: Package,
    wish: PackageWish,
    picks: list[tuple[PackagePart, Capacity, int]],
    *,
    holiday: bool,
    first_day: date,
) -> _Plan:
    lines: list[Line] = []
    nights: list[Nights] = []
    line_parts: list[PackageLine] = []
    night_parts: list[PackageLine] = []
    for part, capacity, count in picks:
        own = PackageLine(position=part.position, packages=count, amount_fen=Fen(part.share_fen * count))
        quantity = part.quantity * count
        if part.kind is ListingKind.STAY:
            leave = wish.arrive_on + timedelta(days=package.nights)
            nights.append(Nights(ListingId(capacity.listing_id), wish.arrive_on, leave, quantity))
            night_parts.append(own)
        else:
            slot_id = SlotId(capacity.slot_id) if capacity.slot_id else None
            lines.append(Line(VariantId(capacity.variant_id), quantity, slot_id))
            line_parts.append(own)
    choice = PackageChoice(
        package_id=package.id,
        count=wish.count,
        price_fen=Fen(package.price_fen * wish.count),
        arrive_on=wish.arrive_on,
        holiday=holiday,
        lines=tuple(line_parts),
        nights=tuple(night_parts),
    )
    return _Plan(lines=lines, nights=nights, choice=choice, picks=picks, first_day=first_day)


def _name_parts(faults: Sequence[FieldFault], plan: _Plan) -> tuple[FieldFault, ...]:
    """Return the faults of an order's lines and nights at the parts of the package."""
    named: list[FieldFault] = []
    for fault in faults:
        name, _, rest = fault.field.partition("[")
        index = rest.partition("]")[0]
        parts = {"lines": plan.choice.lines, "nights": plan.choice.nights}.get(name)
        known = parts is not None and index.isdecimal() and int(index) < len(parts)
        field = f"parts[{parts[int(index)].position - 1}]" if parts is not None and known else fault.field
        named.append(FieldFault(field, fault.message))
    return tuple(named)
