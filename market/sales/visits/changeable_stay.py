"""What a booked stay can be changed to: other days, their price, and the move itself."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.minimum import find_short_stay
from market.catalogue.bookings.move_bookings import MovableBooking, has_rooms_for, list_movable_bookings, move_bookings
from market.catalogue.bookings.tiers import get_refund_rate
from market.kernel import BASIS_POINTS, Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import NotFound
from market.people.notify.notifications import format_month_day, notify_account, notify_producer
from market.sales.orders.cancel import is_package, list_booked_visits
from market.sales.orders.checkout.offers import load_stay_offers
from market.sales.orders.checkout.order_request import is_bookable
from market.sales.orders.checkout.placing import require_on_sale
from market.sales.orders.checkout.pricing import StayOffer
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.models import ListingId, Nights, NightsTaken, PaymentDisputed, SuborderKind, SuborderState
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import LockedOrder, LockedSuborder, load_suborders, lock_order_by_suborder
from market.sales.visits.models import (
    BookingChange,
    BookingChangeQuote,
    BookingChangeState,
    BookingNotChangeable,
    ChangeInvalid,
    ChangeNotOpen,
    PackageStayNotChangeable,
)
from payments import Refund, RefundId, has_open_dispute
from payments.money import format_yuan


class NewDays(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other days for a stay; `price_fen` is the price that the buyer saw, or None."""

    arrive_on: date
    leave_on: date
    price_fen: int | None = None


class ChangeableStay(Struct, frozen=True):
    """A stay that may be changed, with the offer of its new nights."""

    order: LockedOrder
    suborder: LockedSuborder
    bookings: list[MovableBooking]
    offer: StayOffer


END_CHANGE = Query(
    int,
    "UPDATE booking_changes SET state = :state, ended_at = :now WHERE id = :id AND state = 'proposed' RETURNING 1",
)


async def load_changeable_stay(conn: Connection, suborder_id: UUID, days: NewDays, *, now: datetime) -> ChangeableStay:
    """Lock the order of a stay, and check that the stay can have these days.

    Raises:
        NotFound, BookingNotChangeable, ChangeInvalid: see `quote_change`.
        PackageStayNotChangeable: the stay is part of a package, whose other parts are on its days.
    """
    order = await lock_order_by_suborder(conn, suborder_id)
    if order is None:
        raise NotFound
    [suborder] = [each for each in await load_suborders(conn, order.id) if each.id == suborder_id]
    bookings = await list_movable_bookings(conn, suborder_id)
    if suborder.kind is not SuborderKind.STAY or suborder.state is not SuborderState.PAID or not bookings:
        raise BookingNotChangeable
    if await is_package(conn, order.id):
        raise PackageStayNotChangeable
    day = get_business_day(now)
    nights = Nights(ListingId(bookings[0].listing_id), days.arrive_on, days.leave_on, len(bookings))
    if not is_bookable(nights, day):
        raise ChangeInvalid(errors=(FieldFault("arrive_on", say("选今天以后的日子，走的那天在到的后面")),))
    if (bookings[0].arrive_on, bookings[0].leave_on) == (days.arrive_on, days.leave_on):
        raise ChangeInvalid(errors=(FieldFault("arrive_on", say("和现在订的是同样的日子")),))
    offer = (await load_stay_offers(conn, [nights], day=day))[1]
    return ChangeableStay(order, suborder, bookings, offer)


def require_bookable(stay: ChangeableStay, days: NewDays) -> None:
    """Require what a buyer must observe to book these days."""
    offer = stay.offer
    require_on_sale(offer, "arrive_on")
    if refusal := find_short_stay(
        offer.minimum, title=offer.title, arrive=days.arrive_on, leave=days.leave_on, field="leave_on"
    ):
        raise refusal


async def quote_days(conn: Connection, stay: ChangeableStay, days: NewDays, *, now: datetime) -> BookingChangeQuote:
    """Return what the days cost, and whether the host must consent: not if cancelling now would refund everything.

    Raises:
        NightsTaken: the rooms are not free in these nights.
    """
    if not await has_rooms_for(conn, stay.bookings, arrive=days.arrive_on, leave=days.leave_on):
        raise NightsTaken(title=stay.offer.title, errors=(FieldFault("arrive_on", say("这几晚房间不够")),))
    visits = await list_booked_visits(conn, stay.order.id, now=now)
    [visit] = [each for each in visits if each.suborder_id == stay.suborder.id]
    days_left = (visit.arrive_on - get_business_day(now)).days
    refund_bp = get_refund_rate(visit.tiers, days_left=days_left, holiday=visit.holiday)
    paid, price = stay.suborder.goods_left_fen, stay.offer.room_fen * len(stay.bookings)
    return BookingChangeQuote(
        arrive_on=days.arrive_on,
        leave_on=days.leave_on,
        price_fen=Fen(price),
        paid_fen=paid,
        refund_fen=Fen(max(0, paid - price)),
        extra_fen=Fen(max(0, price - paid)),
        at_once=refund_bp == BASIS_POINTS,
    )


async def make_change(
    conn: Connection, seal: Seal, stay: ChangeableStay, change: BookingChange, *, by: UUID, now: datetime
) -> RefundId | None:
    """Free the old nights and take the new ones, refund the difference, and tell both sides.

    Raises:
        ChangeNotOpen: the booking has other days, or other money is left of it, than when the change was proposed.
        NightsTaken, PaymentDisputed: see `answer_change`.
    """
    booked, suborder = stay.bookings[0], stay.suborder
    unchanged = (booked.arrive_on, booked.leave_on, suborder.goods_left_fen) == (
        change.old_arrive_on, change.old_leave_on, change.paid_fen,
    )  # fmt: skip
    if not unchanged:
        raise ChangeNotOpen
    if await has_open_dispute(conn, get_order_ref(stay.order.number)):
        raise PaymentDisputed
    moved = await move_bookings(
        conn,
        stay.bookings,
        arrive=change.arrive_on,
        leave=change.leave_on,
        night_prices=[price for _, price in stay.offer.nights],
        price_fen=change.price_fen,
    )
    if not moved:
        raise NightsTaken(title=stay.offer.title, errors=(FieldFault("arrive_on", say("这几晚房间不够")),))
    await END_CHANGE.one(conn, id=change.id, state=BookingChangeState.DONE, now=now)
    refunds: list[Refund] = []
    if change.refund_fen:
        refunds = await refund_suborder(
            conn, suborder, goods_fen=change.refund_fen, key=f"changed:{change.id}", kind="changed", reason="changed",
            by=by, now=now,
        )  # fmt: skip
    await add_audit_entry(
        conn,
        actor=str(by),
        action="stay.change",
        object=f"order:{stay.order.number}",
        detail={
            "position": suborder.position,
            "from": [str(change.old_arrive_on), str(change.old_leave_on)],
            "to": [str(change.arrive_on), str(change.leave_on)],
            "refund_fen": change.refund_fen,
        },
        now=now,
    )
    facts = describe_change(change) | {"amount": format_yuan(change.refund_fen)}
    await notify_account(conn, seal, stay.order.buyer_id, "change_done", facts, now=now)
    del facts["amount"]
    await notify_producer(conn, seal, suborder.producer_id, "change_done_seller", facts, now=now)
    return refunds[0].id if refunds else None


def describe_change(change: BookingChange) -> dict[str, str]:
    """Return the facts of the messages about a change."""
    return {
        "order": str(change.order_number),
        "old": f"{format_month_day(change.old_arrive_on)}到 {format_month_day(change.old_leave_on)}",
        "new": f"{format_month_day(change.arrive_on)}到 {format_month_day(change.leave_on)}",
    }
