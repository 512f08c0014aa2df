"""Parcels that are not sent by their day: sellers are reminded, buyers told, and at last the parcel is cancelled.

A seller who cannot send a parcel cancels it at once.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import LiteralString
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, GatewayUnavailable, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import require_on_platform
from market.people.notify.notifications import format_month_day, notify_account, notify_producer
from market.places.counties.settings import SEND_DEFAULTS
from market.sales.aftersales.models import NotShippable
from market.sales.aftersales.ship import find_own_suborder
from market.sales.orders.cancel import cancel_suborders
from market.sales.orders.expire import CLOCK_ACTOR
from market.sales.orders.models import SuborderKind, SuborderState
from market.sales.orders.send_by import CANCEL_ON, SEND_BY
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    finish_order,
    load_suborders,
    lock_order_by_suborder,
)
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_each

log = structlog.get_logger()

MAX_UNSENT = 500
UNSENT_JOB = "cancel_unsent"
UNSENT_RETRIES = RetryPolicy(first_delay=timedelta(minutes=10), max_delay=timedelta(days=1))
NOT_SENT = "not_shipped"
"""The reason of these refunds."""
NOT_SENT_NOTE = "过了日子没有发"
"""The note of a parcel that was cancelled because nobody sent it; a seller who cannot send one writes another."""
_MAX_REASON_LENGTH = 100


class UnsentParcel(Struct, frozen=True):
    """A paid parcel on or after the day by which it is sent; `late` after that day."""

    suborder_id: UUID
    order_number: int
    buyer_id: UUID
    producer_id: UUID
    producer: str
    late: bool
    cancel_on: date


class ReasonMissing(Refusal):
    """The seller has to say why a parcel cannot be sent."""

    code = "reason_missing"
    status = 422
    zh = "请写为什么发不了，买家会看到。"
    en = "Say why the parcel cannot be sent; the buyer reads it."


# A parcel whose payment the buyer disputes is not sent, so nobody is reminded and nothing is cancelled.
_UNSENT: LiteralString = (
    """
    SELECT suborders.id AS suborder_id, orders.number AS order_number, buyer_id, producer_id,
           producers.name AS producer, """
    + SEND_BY
    + " < :today::date AS late, "
    + CANCEL_ON
    + """ AS cancel_on
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE suborders.state = 'paid' AND suborders.kind = 'goods'
       AND NOT EXISTS (SELECT FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                        WHERE order_ref = orders.number::text AND disputes.state = 'open')
    """
)
LIST_TO_REMIND = Query(
    UnsentParcel,
    _UNSENT
    + " AND "
    + SEND_BY
    + """ <= :today::date
       AND NOT EXISTS (SELECT FROM parcel_reminders
                        WHERE suborder_id = suborders.id AND late = ("""
    + SEND_BY
    + """ < :today::date))
     ORDER BY producer_id, suborders.id
     LIMIT :limit
    """,
)
_TO_CANCEL: LiteralString = _UNSENT + " AND " + CANCEL_ON + " <= :today::date"
LIST_TO_CANCEL = Query(
    UnsentParcel,
    _TO_CANCEL
    + """
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'cancel_unsent' AND item = suborders.id AND next_at > clock_timestamp())
     ORDER BY suborders.id
     LIMIT :limit
    """,
)
FIND_TO_CANCEL = Query(UnsentParcel, _TO_CANCEL + " AND suborders.id = :suborder_id")
ADD_REMINDERS = Query(
    UUID,
    """
    INSERT INTO parcel_reminders (suborder_id, late, reminded_at)
    SELECT id, late, :now FROM unnest(:suborder_ids::uuid[], :late::boolean[]) AS parcels (id, late)
    ON CONFLICT DO NOTHING
    RETURNING suborder_id
    """,
)
GET_PRODUCER_NAME = Query(str, "SELECT name FROM producers WHERE id = :producer_id")


async def remind_sellers(db: Database, seal: Seal, *, now: datetime) -> int:
    """Remind sellers of the parcels due today and of those that are late, and tell the buyers of the late ones.

    Each parcel is named once on its day and once after it. Opens its own transactions, one for each seller, so that one
    that fails delays no other, and returns the number of parcels. Safe to run concurrently.
    """
    today, reminded = get_business_day(now), 0

    async def remind(parcels: list[UnsentParcel]) -> None:
        nonlocal reminded
        async with db.transaction() as conn:
            reminded += await _remind_seller(conn, seal, parcels, now)

    async def fail(parcels: list[UnsentParcel], error: Exception) -> None:
        log.error("seller_not_reminded", producer=str(parcels[0].producer_id), exc_info=error)

    while True:
        before = reminded
        async with db.connection() as conn:
            unsent = await LIST_TO_REMIND.all(conn, today=today, limit=MAX_UNSENT, **SEND_DEFAULTS)
        sellers = [list(parcels) for _, parcels in groupby(unsent, key=lambda each: each.producer_id)]
        await run_each(sellers, remind, fail)
        if len(unsent) < MAX_UNSENT or reminded == before:
            return reminded


async def _remind_seller(conn: Connection, seal: Seal, parcels: Sequence[UnsentParcel], now: datetime) -> int:
    added = await ADD_REMINDERS.all(
        conn, suborder_ids=[each.suborder_id for each in parcels], late=[each.late for each in parcels], now=now
    )
    new = [each for each in parcels if each.suborder_id in set(added)]
    due, late = [each for each in new if not each.late], [each for each in new if each.late]
    if due:
        facts = {"name": due[0].producer, "count": str(len(due))}
        await notify_producer(conn, seal, due[0].producer_id, "parcels_due", facts, now=now)
    if late:
        day = format_month_day(min(each.cancel_on for each in late))
        facts = {"name": late[0].producer, "count": str(len(late)), "day": day}
        await notify_producer(conn, seal, late[0].producer_id, "parcels_late", facts, now=now)
    for each in late:
        facts = {"order": str(each.order_number), "name": each.producer, "day": format_month_day(each.cancel_on)}
        await notify_account(conn, seal, each.buyer_id, "parcel_late", facts, now=now)
    return len(new)


async def cancel_unsent(db: Database, seal: Seal, *, now: datetime) -> int:
    """Cancel the parcels that are still not sent on their last day, and refund them in full; return how many.

    At most 500 a call, one transaction each; the worker sends the refunds. One that fails is tried again ever later.
    """
    today, cancelled = get_business_day(now), 0
    async with db.connection() as conn:
        unsent = await LIST_TO_CANCEL.all(conn, today=today, limit=MAX_UNSENT, **SEND_DEFAULTS)

    async def cancel(parcel: UnsentParcel) -> None:
        nonlocal cancelled
        async with db.transaction() as conn:
            order = await lock_order_by_suborder(conn, parcel.suborder_id)
            # Its day, or a dispute, may have changed until the order was locked.
            due = await FIND_TO_CANCEL.maybe(conn, suborder_id=parcel.suborder_id, today=today, **SEND_DEFAULTS)
            if order is None or due is None:
                return
            suborder = next(each for each in await load_suborders(conn, order.id) if each.id == parcel.suborder_id)
            await _cancel_parcel(
                conn, seal, order, suborder, producer=parcel.producer, why=NOT_SENT_NOTE,
                actor=CLOCK_ACTOR, by=order.buyer_id, note=NOT_SENT_NOTE, now=now,
            )  # fmt: skip
            facts = {"order": str(order.number), "day": format_month_day(parcel.cancel_on)}
            await notify_producer(conn, seal, suborder.producer_id, "parcel_cancelled_seller", facts, now=now)
        cancelled += 1
        await forget_failure(db, job=UNSENT_JOB, item=parcel.suborder_id)

    async def fail(parcel: UnsentParcel, error: Exception) -> None:
        await record_failure(db, UNSENT_RETRIES, job=UNSENT_JOB, item=parcel.suborder_id, error=error)

    await run_each(unsent, cancel, fail)
    return cancelled


async def cancel_own_parcel(
    db: Database, gateway: Gateway, seal: Seal, actor: Actor, suborder_id: UUID, *, reason: str, now: datetime
) -> None:
    """Cancel a parcel that the seller cannot send; the buyer gets back what was paid. Opens its own transactions.

    Cancelling a cancelled parcel changes nothing.

    Raises:
        NotFound: the suborder does not belong to a producer that the actor works for.
        ReasonMissing: the reason, of at most 100 characters, is empty.
        OffPlatformContact: the reason leads away from the platform.
        NotShippable: the suborder is not a parcel to send.
        PaymentDisputed: a dispute over the order is open.
    """
    async with db.transaction() as conn:
        refunds = await _cancel_own_parcel(conn, seal, actor, suborder_id, reason=reason, now=now)
    for refund_id in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)


async def _cancel_own_parcel(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, *, reason: str, now: datetime
) -> list[RefundId]:
    reason = clean_text(reason)[:_MAX_REASON_LENGTH]
    order = await lock_order_by_suborder(conn, suborder_id)
    suborder = None if order is None else await find_own_suborder(conn, actor, order.id, suborder_id)
    if order is None or suborder is None:
        raise NotFound
    if suborder.kind is SuborderKind.GOODS and suborder.state is SuborderState.CANCELLED:
        return []
    if suborder.kind is not SuborderKind.GOODS or suborder.state not in {SuborderState.DEPOSITED, SuborderState.PAID}:
        raise NotShippable(state=suborder.state)
    if not reason:
        raise ReasonMissing(errors=(FieldFault("reason", ReasonMissing.zh),))
    require_on_platform(reason=reason)
    producer = await GET_PRODUCER_NAME.one(conn, producer_id=suborder.producer_id)
    return await _cancel_parcel(
        conn, seal, order, suborder, producer=producer, why="发不了",
        actor=str(actor.account_id), by=actor.account_id, note=reason, now=now,
    )  # fmt: skip


async def _cancel_parcel(
    conn: Connection,
    seal: Seal,
    order: LockedOrder,
    suborder: LockedSuborder,
    *,
    producer: str,
    why: str,
    actor: str,
    by: UUID,
    note: str,
    now: datetime,
) -> list[RefundId]:
    shares = [(suborder, suborder.goods_left_fen)]
    refunds = await cancel_suborders(conn, seal, order, shares, actor=actor, reason=NOT_SENT, by=by, note=note, now=now)
    await finish_order(conn, order.id, now=now)
    amount = format_yuan(sum(each.amount_minor for each in refunds))
    facts = {"order": str(order.number), "name": producer, "why": why, "amount": amount}
    await notify_account(conn, seal, order.buyer_id, "parcel_cancelled", facts, now=now)
    return [each.id for each in refunds]
