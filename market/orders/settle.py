"""Acting on what `payments` tells: a captured payment makes its order paid, or goes back where the goods are gone."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog
from msgspec import Struct

from market.bookings import book_held, hold_again
from market.identity import AccountId
from market.kernel import Connection, Database, GatewayUnavailable, Query
from market.kernel.seal import Seal
from market.orders.models import OrderState, SuborderKind, SuborderState
from market.orders.move import OrderRow, lock_order_numbered, move_orders, move_suborders, suborders_of_order
from market.orders.tell import month_day, tell_account, tell_producer
from market.stock import sell_held, take_again
from payments import (
    Event,
    Gateway,
    PaymentId,
    ProviderDisagrees,
    RefundId,
    find_payment,
    request_refund,
    send_refund,
    take_events,
)
from payments.money import yuan

log = structlog.get_logger()

TOPICS = (
    "payment.captured",
    "payment.failed",
    "payment.canceled",
    "payment.expired",
    "payment.late",
    "refund.succeeded",
)
"""What an order follows. Failed refunds and disputes wait for a person, so they are left where they are."""
MOST_EVENTS = 10_000
BY_PAYMENTS = "payments"

COUNT_SALES = Query(
    None,
    """
    WITH sold AS (
        SELECT order_lines.listing_id, sum(quantity)::integer AS units
          FROM suborders JOIN order_lines ON suborder_id = suborders.id
         WHERE order_id = :order_id
         GROUP BY order_lines.listing_id
    ), held AS (
        SELECT id FROM listings WHERE id IN (SELECT listing_id FROM sold) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE listings SET sold_count = sold_count + units
      FROM sold JOIN held ON held.id = listing_id
     WHERE listings.id = held.id
    """,
)
WAITING_PARCELS = Query(
    int, "SELECT count(*) FROM suborders WHERE producer_id = :producer_id AND state = 'paid' AND kind = 'goods'"
)


class StayTold(Struct, frozen=True):
    """What is said about a stay when it is booked."""

    suborder_id: UUID
    title: str


TITLES = Query(
    StayTold,
    """
    SELECT suborder_id, title FROM order_lines JOIN suborders ON suborders.id = suborder_id WHERE order_id = :order_id
    """,
)


async def act_on_payments(db: Database, gateway: Gateway, seal: Seal, *, now: datetime) -> int:
    """Act on what `payments` has told, one event a transaction, and return how many were acted on.

    Several workers may run this at once. What fails is logged and told again next time; the others do not wait for it.
    """
    done = last = 0
    for _ in range(MOST_EVENTS):
        refund_id = None
        events: list[Event] = []
        try:
            async with db.transaction() as conn:
                events = await take_events(conn, TOPICS, limit=1, after=last)
                for event in events:
                    refund_id = await _act(conn, seal, event, now)
        except Exception:
            if not events:
                raise
            log.exception("event_failed", id=events[0].id, topic=events[0].topic, order=events[0].order_ref)
            last = events[0].id
            continue
        if not events:
            break
        done, last = done + 1, events[0].id
        if refund_id is not None:
            # Where the provider does not answer now, finish_operations sends it later.
            with suppress(GatewayUnavailable, ProviderDisagrees):
                await send_refund(db, gateway, refund_id, at=now)
    return done


async def _act(conn: Connection, seal: Seal, event: Event, now: datetime) -> RefundId | None:
    if not event.order_ref.isdecimal():
        return None
    order = await lock_order_numbered(conn, int(event.order_ref))
    if order is None:
        return None
    if event.topic == "payment.captured":
        return await _captured(conn, seal, order, PaymentId(UUID(str(event.facts["payment"]))), now)
    if event.topic == "refund.succeeded":
        facts = {"amount": yuan(int(event.facts["minor"] or 0))}
        await tell_account(conn, seal, order.buyer_id, "refunded", facts, now=now)
    return None


async def _captured(
    conn: Connection, seal: Seal, order: OrderRow, payment_id: PaymentId, now: datetime
) -> RefundId | None:
    """Make an order paid. One that has expired takes its goods again; where they are gone the money goes back."""
    payment = await find_payment(conn, payment_id)
    wanted = order.state is OrderState.PLACED or (order.state is OrderState.EXPIRED and await _again(conn, order, now))
    if wanted:
        await settle(conn, seal, order, rail=payment.method, now=now)
        return None
    if order.state not in {OrderState.EXPIRED, OrderState.CANCELLED}:
        return None
    refund = await request_refund(
        conn,
        payment_id,
        amount_minor=payment.amount_minor,
        key=f"order {order.number} was over",
        kind="refunded: the order was over",
        at=now,
    )
    return refund.id


async def _again(conn: Connection, order: OrderRow, now: datetime) -> bool:
    attempt = conn.transaction()
    await attempt.start()
    if await take_again(conn, order.id, now=now) and await hold_again(conn, order.id):
        await attempt.commit()
        return True
    await attempt.rollback()
    return False


async def settle(conn: Connection, seal: Seal, order: OrderRow, *, rail: str, now: datetime) -> None:
    """Make a locked order paid, in the caller's transaction: goods are sold, nights booked, and everyone is told."""
    await move_orders(conn, [order.id], OrderState.PAID, now=now, rail=rail)
    suborders = await suborders_of_order(conn, order.id)
    await move_suborders(conn, [each.id for each in suborders], SuborderState.PAID, actor=BY_PAYMENTS, now=now)
    await sell_held(conn, order.id)
    confirmed = await book_held(conn, seal, order.id)
    await COUNT_SALES.run(conn, order_id=order.id)
    titles = {row.suborder_id: row.title for row in await TITLES.all(conn, order_id=order.id)}
    paid = {"order": str(order.number), "amount": yuan(order.total_fen)}
    await tell_account(conn, seal, AccountId(order.buyer_id), "order_paid", paid, now=now)
    producers = {each.id: each.producer_id for each in suborders}
    for booking in confirmed:
        stay = {
            "title": titles[booking.suborder_id],
            "arrival": month_day(booking.arrive_on),
            "nights": str((booking.leave_on - booking.arrive_on).days),
        }
        await tell_account(conn, seal, order.buyer_id, "booked", {**stay, "code": booking.code}, now=now)
        producer_id = next(producer for each, producer in producers.items() if each == booking.suborder_id)
        await tell_producer(conn, seal, producer_id, "guest_booked", stay, now=now)
    for producer_id in dict.fromkeys(each.producer_id for each in suborders if each.kind is SuborderKind.GOODS):
        count = await WAITING_PARCELS.one(conn, producer_id=producer_id)
        await tell_producer(conn, seal, producer_id, "to_ship", {"count": str(count)}, now=now)
