"""A host cancels a paid stay: the guest gets everything back and is told, the nights return to sale or are closed."""

from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.host_nights import CLOSE_NIGHTS
from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_month_day, notify_account
from market.sales.orders.cancel import cancel_suborders, is_payment_open
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import SuborderState
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    finish_order,
    load_suborders,
    lock_order_by_suborder,
)
from payments import Gateway, ProviderMismatch, Purpose, close_payment, find_live_payment, send_refund
from payments.errors import AlreadyPaid
from payments.money import format_yuan


class StayCancelReason(StrEnum):
    """Why a host cancels a stay."""

    WEATHER = "weather"
    REPAIR = "repair"
    DOUBLE = "double"
    HOST = "host"


STAY_CANCEL_REASON_NAMES = {
    StayCancelReason.WEATHER: "天气不好、路不通",
    StayCancelReason.REPAIR: "房子要修",
    StayCancelReason.DOUBLE: "房间订重了",
    StayCancelReason.HOST: "主家有事",
}


class StayBegun(Refusal):
    """The guests have come or were registered, the first day is over, or the stay has ended otherwise."""

    code = "stay_begun"
    zh = "客人已经到了、登记了，或者这一单已经变了，不能取消。"
    en = "The guests have come, or the stay has ended meanwhile; it cannot be cancelled by its host."


class CancelledStay(Struct, frozen=True, kw_only=True):
    """A stay that its host cancelled, and what the guest gets back."""

    suborder_id: UUID
    refund_fen: Fen


class _BookedRoom(Struct, frozen=True, kw_only=True):
    room_id: UUID
    arrive_on: date
    leave_on: date
    begun: bool
    title: str


class _Cancellation(Struct, frozen=True):
    suborder_id: UUID
    reason: StayCancelReason


class _HostedStay(Struct, frozen=True):
    suborder_id: UUID
    producer_id: UUID
    order_number: int


FIND_HOSTED_STAY = Query(
    _HostedStay,
    """
    SELECT suborder_id, producer_id, orders.number AS order_number
      FROM bookings JOIN suborders ON suborders.id = suborder_id JOIN orders ON orders.id = order_id
     WHERE bookings.id = :booking_id
    """,
)
LIST_BOOKED_ROOMS = Query(
    _BookedRoom,
    """
    SELECT room_id, lower(nights) AS arrive_on, upper(nights) AS leave_on, listings.title,
           bookings.state <> 'booked' OR EXISTS (SELECT FROM stay_guests WHERE booking_id = bookings.id) AS begun
      FROM bookings JOIN listings ON listings.id = listing_id
     WHERE suborder_id = :suborder_id AND bookings.state IN ('booked', 'arrived')
     ORDER BY room_id
    """,
)
LIST_CANCELLATIONS = Query(
    _Cancellation,
    """
    SELECT suborder_id, reason FROM stay_cancellations JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = :order_id LIMIT 100
    """,
)
INSERT_CANCELLATION = Query(
    UUID,
    """
    INSERT INTO stay_cancellations (suborder_id, reason, closed, cancelled_by, cancelled_at)
    VALUES (:suborder_id, :reason, :closed, :account_id, :now)
    RETURNING suborder_id
    """,
)


async def cancel_booked_stay(
    db: Database, gateway: Gateway, seal: Seal, host: Actor, booking_id: UUID,
    *, reason: StayCancelReason, close: bool, now: datetime,
) -> CancelledStay:  # fmt: skip
    """Cancel the paid stay of a booking, all of its rooms, as its host; opens its own transactions.

    Everything that was paid is refunded, also a deposit, whatever the tiers say; the buyer is told why. The nights
    return to sale, or with `close` are closed. It counts in the producer's score, and the buyer of a package may cancel
    the rest of it without cost for 72 hours.

    Raises:
        NotFound: there is no such booking of a producer that the actor works for.
        StayBegun: guests have come or were registered, the first day is over, or it has ended or is not paid.
        PaymentDisputed: a dispute over the order is open.
        GatewayUnavailable: it is not known yet whether an open payment of the balance succeeds; try again.
    """
    async with db.connection() as conn:
        stay = await FIND_HOSTED_STAY.maybe(conn, booking_id=booking_id)
        if stay is None:
            raise NotFound
        require_producer(host, stay.producer_id)
        payment = await find_live_payment(conn, get_order_ref(stay.order_number), Purpose.BALANCE)
    if payment is not None:
        try:
            await close_payment(db, gateway, payment.id, at=now)
        except AlreadyPaid:
            await apply_payment_events(db, gateway, seal, now=now, order_ref=payment.order_ref)
    async with db.transaction() as conn:
        order, suborder, rooms = await _lock(conn, stay.suborder_id, now=now)
        refunds = await cancel_suborders(
            conn, seal, order, [(suborder, suborder.goods_left_fen)], actor=str(host.account_id), reason="cancelled",
            by=host.account_id, note=f"host: {reason}", now=now,
        )  # fmt: skip
        if close:
            await _close(conn, rooms)
        await INSERT_CANCELLATION.one(
            conn, suborder_id=stay.suborder_id, reason=reason, closed=close, account_id=host.account_id, now=now
        )
        await finish_order(conn, order.id, now=now)
        refund_fen = Fen(sum(each.amount_minor for each in refunds))
        facts = {
            "title": rooms[0].title,
            "when": format_month_day(rooms[0].arrive_on),
            "reason": STAY_CANCEL_REASON_NAMES[reason],
            "amount": format_yuan(refund_fen),
        }
        await notify_account(conn, seal, order.buyer_id, "stay_cancelled", facts, now=now)
    for each in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, each.id, at=now)
    return CancelledStay(suborder_id=stay.suborder_id, refund_fen=refund_fen)


async def _lock(
    conn: Connection, suborder_id: UUID, *, now: datetime
) -> tuple[LockedOrder, LockedSuborder, list[_BookedRoom]]:
    """Lock the order of a stay, and return it with its rooms.

    Raises:
        StayBegun: guests have come or were registered, the first day is over, or it has ended or is not paid.
        GatewayUnavailable: a payment of the balance is open.
    """
    order = await lock_order_by_suborder(conn, suborder_id)
    assert order is not None, "a booking belongs to an order"
    suborder = next(each for each in await load_suborders(conn, order.id) if each.id == suborder_id)
    rooms = await LIST_BOOKED_ROOMS.all(conn, suborder_id=suborder_id)
    today = get_business_day(now)
    begun = not rooms or any(each.begun or each.arrive_on < today for each in rooms)
    if begun or suborder.state not in {SuborderState.DEPOSITED, SuborderState.PAID}:
        raise StayBegun
    if await is_payment_open(conn, order):
        raise GatewayUnavailable("a payment of the balance is open")
    return order, suborder, rooms


async def _close(conn: Connection, rooms: list[_BookedRoom]) -> None:
    """Close the freed nights, in the transaction that freed them: nobody can take them between."""
    for each in rooms:
        await CLOSE_NIGHTS.one(conn, room_id=each.room_id, first=each.arrive_on, until=each.leave_on)


async def list_stay_cancellations(conn: Connection, order_id: UUID) -> dict[UUID, StayCancelReason]:
    """Return why hosts cancelled stays of an order, by suborder; the caller has checked the reader."""
    return {each.suborder_id: each.reason for each in await LIST_CANCELLATIONS.all(conn, order_id=order_id)}
