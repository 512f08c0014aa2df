"""Payment events: a captured payment marks its order as paid, or is refunded if its stock is no longer available."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog
from msgspec import Struct

from market.catalogue.bookings.transitions import confirm_bookings, restore_bookings
from market.catalogue.slots.models import format_slot_hours
from market.catalogue.slots.transitions import confirm_places, restore_places
from market.catalogue.stock.reservations import restore_reservation, sell_reserved
from market.kernel import Connection, Database, GatewayUnavailable, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import AccountId
from market.people.notify.notifications import (
    OWNERS_WITH_PHONE,
    PHONE_CONTEXT,
    format_month_day,
    notify_account,
    notify_producer,
)
from market.people.notify.queue import QueuedText, queue_messages
from market.sales.orders.checkout.redemptions import restore_voucher
from market.sales.orders.contracts import settle_contract
from market.sales.orders.deposits import find_deposit, record_deposit
from market.sales.orders.escrow import parse_order_ref
from market.sales.orders.models import OrderState, PaymentTerms, SuborderKind, SuborderState
from market.sales.orders.money.payment_problems import PAYMENTS_ACTOR, PROBLEM_TOPICS, apply_payment_problem
from market.sales.orders.money.refund import ORDER_OVER
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    load_suborders,
    lock_order_by_number,
    move_orders,
    move_suborders,
)
from payments import (
    Gateway,
    PaymentEvent,
    PaymentId,
    ProviderMismatch,
    Purpose,
    RefundId,
    get_payment,
    handle_events,
    request_refund,
    send_refund,
)
from payments.money import format_yuan
from payments.outbox import EVENT_CONCURRENCY
from payments.records import build_capture_legs

log = structlog.get_logger()

PAYMENT_TOPICS = (
    "payment.captured",
    "payment.failed",
    "payment.canceled",
    "payment.expired",
    "payment.late",
    "refund.succeeded",
    *PROBLEM_TOPICS,
)
"""The topics that orders act on: all of them."""

# What people of a producer buy from it, by whatever account, is not counted, so that nobody raises their own rank.
COUNT_SALES = Query(
    None,
    """
    WITH sold AS (
        SELECT order_lines.listing_id, sum(quantity)::integer AS units
          FROM orders
          JOIN suborders ON order_id = orders.id
          JOIN order_lines ON suborder_id = suborders.id
         WHERE orders.id = :order_id
           AND find_seller_tie(orders.buyer_id, suborders.producer_id, NULL, NULL) IS NULL
         GROUP BY order_lines.listing_id
    ), locked AS (
        SELECT id FROM listings WHERE id IN (SELECT listing_id FROM sold) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE listings SET sold_count = sold_count + units
      FROM sold JOIN locked ON locked.id = listing_id
     WHERE listings.id = locked.id
    """,
)


class _Shipper(Struct, frozen=True):
    """The phones of the owners of a producer, sealed, and how many paid parcels it has to send."""

    phones_sealed: list[bytes]
    parcels: int


LIST_SHIPPERS = Query(
    _Shipper,
    """
    SELECT ARRAY(SELECT phone_sealed """
    + OWNERS_WITH_PHONE
    + """) AS phones_sealed,
           (SELECT count(*) FROM suborders
             WHERE suborders.producer_id = sold.producer_id AND state = 'paid' AND kind = 'goods')::integer AS parcels
      FROM unnest(:producer_ids::uuid[]) AS sold (producer_id)
    """,
)


class StayTitle(Struct, frozen=True):
    """The title of a suborder, for the message about a booking."""

    suborder_id: UUID
    title: str


LIST_STAY_TITLES = Query(
    StayTitle,
    """
    SELECT suborder_id, title FROM order_lines JOIN suborders ON suborders.id = suborder_id WHERE order_id = :order_id
    """,
)
# With the account the address was erased: nothing could be sent.
IS_BUYER_THERE = Query(bool, "SELECT closed_at IS NULL FROM accounts WHERE id = :account_id")


async def apply_payment_events(
    db: Database,
    gateway: Gateway | None,
    seal: Seal,
    *,
    now: datetime,
    order_ref: str | None = None,
    concurrency: int = EVENT_CONCURRENCY,
) -> int:
    """Apply the events of `payments`, one per transaction and several at once; return how many were applied.

    A request passes the `order_ref` of its own order, so that it does not work for others. Without a gateway the
    refunds that result are left to `finish_operations`. Safe to run in several workers. A failed event is retried after
    a delay that doubles and does not block the others.
    """

    async def apply(conn: Connection, event: PaymentEvent) -> RefundId | None:
        return await _apply_event(conn, seal, event, now)

    refunds = await handle_events(
        db, PAYMENT_TOPICS, apply, failed=log_failed_event, order=order_ref, concurrency=concurrency
    )
    for refund_id in refunds:
        if refund_id is not None and gateway is not None:
            # If the provider does not answer, a job sends the refund later.
            with suppress(GatewayUnavailable, ProviderMismatch):
                await send_refund(db, gateway, refund_id, at=now)
    return len(refunds)


def log_failed_event(event: PaymentEvent, error: Exception) -> None:
    """Log an event that could not be applied, with the error."""
    log.error("event_failed", id=event.id, topic=event.topic, order=event.order_ref, exc_info=error)


async def _apply_event(conn: Connection, seal: Seal, event: PaymentEvent, now: datetime) -> RefundId | None:
    if not event.order_ref.isdecimal():
        return None
    order = await lock_order_by_number(conn, parse_order_ref(event.order_ref))
    if order is None:
        return None
    if event.topic == "payment.captured":
        return await _apply_capture(conn, seal, order, PaymentId(UUID(str(event.facts["payment"]))), now)
    if event.topic == "refund.succeeded":
        facts = {"amount": format_yuan(int(event.facts["minor"] or 0))}
        await notify_account(conn, seal, order.buyer_id, "refunded", facts, now=now)
    elif event.topic in PROBLEM_TOPICS:
        await apply_payment_problem(conn, seal, order, event, now)
    return None


async def _apply_capture(
    conn: Connection, seal: Seal, order: LockedOrder, payment_id: PaymentId, now: datetime
) -> RefundId | None:
    """Mark an order as paid. An expired order is reserved again first; if that fails the payment is refunded.

    It is refunded too if the buyer has closed the account, with which the address was erased. The refund takes back
    what this payment brought; of what the order's other payment brought, some may be released.
    """
    payment = await get_payment(conn, payment_id)
    if payment.purpose is Purpose.BALANCE:
        payable = order.state is OrderState.DEPOSITED
    else:
        payable = order.state is OrderState.PLACED or (
            order.state is OrderState.EXPIRED and await _restore_order(conn, order, now)
        )
    if payable and order.terms is PaymentTerms.CONTRACT:
        await settle_contract(conn, seal, order, method=payment.method, now=now)
        await COUNT_SALES.run(conn, order_id=order.id)
        return None
    if payable and payment.purpose is Purpose.DEPOSIT:
        await mark_deposited(conn, seal, order, method=payment.method, now=now)
        return None
    if payable:
        await mark_paid(conn, seal, order, method=payment.method, now=now)
        return None
    if order.state not in {OrderState.EXPIRED, OrderState.CANCELLED}:
        return None
    refund = await request_refund(
        conn,
        payment_id,
        amount_minor=payment.amount_minor,
        legs=[(account, -minor) for account, minor in await build_capture_legs(conn, payment_id)],
        key=f"order {order.number} was over" + (" (balance)" if payment.purpose is Purpose.BALANCE else ""),
        kind=ORDER_OVER,
        at=now,
    )
    return refund.id


async def _restore_order(conn: Connection, order: LockedOrder, now: datetime) -> bool:
    attempt = conn.transaction()
    await attempt.start()
    restored = (
        await IS_BUYER_THERE.one(conn, account_id=order.buyer_id)
        and await restore_reservation(conn, order.id, now=now)
        and await restore_bookings(conn, order.id)
        and await restore_places(conn, order.id, now=now)
        and await restore_voucher(conn, order.id)
    )
    if restored:
        await attempt.commit()
        return True
    await attempt.rollback()
    return False


async def mark_deposited(conn: Connection, seal: Seal, order: LockedOrder, *, method: str, now: datetime) -> None:
    """Mark the deposit of a locked order as paid: its units are sold, its nights booked, and both sides are told."""
    await move_orders(conn, [order.id], OrderState.DEPOSITED, now=now, method=method)
    await record_deposit(conn, order.id, now=now)
    suborders = await load_suborders(conn, order.id)
    await move_suborders(conn, [each.id for each in suborders], SuborderState.DEPOSITED, actor=PAYMENTS_ACTOR, now=now)
    await sell_reserved(conn, order.id)
    deposit = await find_deposit(conn, order.id)
    assert deposit is not None, "an order with a deposit has its terms"
    facts = {
        "order": str(order.number),
        "deposit": format_yuan(deposit.deposit_fen),
        "balance": format_yuan(deposit.balance_fen),
        "start": format_month_day(deposit.balance_from),
        "end": format_month_day(deposit.balance_until),
    }
    await notify_account(conn, seal, order.buyer_id, "deposit_paid", facts, now=now)
    for producer_id in dict.fromkeys(each.producer_id for each in suborders):
        await notify_producer(conn, seal, producer_id, "deposit_paid_seller", facts, now=now)
    await _confirm_visits(conn, seal, order, suborders, now=now)


async def mark_paid(conn: Connection, seal: Seal, order: LockedOrder, *, method: str, now: datetime) -> None:
    """Mark a locked order as paid in the caller's transaction: sell units, confirm visits, notify both sides.

    What a deposit has sold and confirmed before stays so.
    """
    await move_orders(conn, [order.id], OrderState.PAID, now=now, method=method)
    suborders = await load_suborders(conn, order.id)
    await move_suborders(conn, [each.id for each in suborders], SuborderState.PAID, actor=PAYMENTS_ACTOR, now=now)
    if order.state is not OrderState.DEPOSITED:
        await sell_reserved(conn, order.id)
    await COUNT_SALES.run(conn, order_id=order.id)
    facts = {"order": str(order.number), "amount": format_yuan(order.total_fen)}
    await notify_account(conn, seal, AccountId(order.buyer_id), "order_paid", facts, now=now)
    await _confirm_visits(conn, seal, order, suborders, now=now)
    sellers = dict.fromkeys(each.producer_id for each in suborders if each.kind is SuborderKind.GOODS)
    shippers = await LIST_SHIPPERS.all(conn, producer_ids=list(sellers), day=get_business_day(now)) if sellers else []
    messages = [
        QueuedText(seal.open(phone, PHONE_CONTEXT), "to_ship", {"count": str(each.parcels)})
        for each in shippers
        for phone in each.phones_sealed
    ]
    await queue_messages(conn, seal, messages, now=now)


async def _confirm_visits(
    conn: Connection, seal: Seal, order: LockedOrder, suborders: Sequence[LockedSuborder], *, now: datetime
) -> None:
    """Confirm the reserved bookings and places of an order, if it has some, and tell guests and hosts."""
    producers: dict[UUID, UUID] = {
        each.id: each.producer_id for each in suborders if each.kind is not SuborderKind.GOODS
    }
    if not producers:
        return
    confirmed = await confirm_bookings(conn, seal, order.id)
    places = await confirm_places(conn, seal, order.id)
    titles = {row.suborder_id: row.title for row in await LIST_STAY_TITLES.all(conn, order_id=order.id)}
    for booking in confirmed:
        stay_facts = {
            "title": titles[booking.suborder_id],
            "arrival": format_month_day(booking.arrive_on),
            "nights": str((booking.leave_on - booking.arrive_on).days),
        }
        await notify_account(conn, seal, order.buyer_id, "booked", {**stay_facts, "code": booking.code}, now=now)
        await notify_producer(conn, seal, producers[booking.suborder_id], "guest_booked", stay_facts, now=now)
    for each in places:
        if each.cancelled:
            continue
        day = format_month_day(get_business_day(each.starts_at))
        slot_facts = {
            "title": titles[each.suborder_id],
            "when": f"{day} {format_slot_hours(each.starts_at, each.ends_at)}",
            "party": str(each.party),
        }
        await notify_account(conn, seal, order.buyer_id, "slot_booked", {**slot_facts, "code": each.code}, now=now)
        await notify_producer(conn, seal, producers[each.suborder_id], "party_booked", slot_facts, now=now)
