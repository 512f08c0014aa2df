"""Balances of orders that are paid in two parts: buyers are reminded, and an order whose balance is not paid ends."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Database, Fen, GatewayUnavailable, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.notify.notifications import format_month_day, notify_account, notify_producer
from market.sales.orders.cancel import cancel_suborders, list_cancellation_shares
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.expire import CLOCK_ACTOR, PROVIDER_GRACE
from market.sales.orders.models import OrderId, OrderState
from market.sales.orders.transitions import finish_order, lock_order
from payments import Gateway, PaymentState, ProviderMismatch, Purpose, close_payment, find_live_payment, send_refund
from payments.errors import AlreadyPaid
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_each, run_listed

log = structlog.get_logger()

MAX_BALANCES = 500
LAPSE_JOB = "lapse_balance"
LAPSE_RETRIES = RetryPolicy(first_delay=timedelta(minutes=10), max_delay=timedelta(days=1))
BALANCE_UNPAID = "balance_unpaid"
"""The reason of these refunds."""


class DueBalance(Struct, frozen=True, kw_only=True):
    """An order whose balance is due, and the number of the reminder that its buyer gets next."""

    order_id: OrderId
    number: int
    buyer_id: UUID
    balance_fen: Fen
    balance_until: date
    reminder: int


# The first reminder is on the first day of the window, the second on its last; on a window of a day there is one.
LIST_TO_REMIND = Query(
    DueBalance,
    """
    SELECT order_id, number, buyer_id, balance_fen, balance_until,
           CASE WHEN balance_until <= :today::date THEN 2 ELSE 1 END AS reminder
      FROM orders JOIN deposits ON order_id = orders.id
     WHERE waits_for = 'balance' AND balance_from <= :today::date AND balance_until >= :today::date
       AND reminders < CASE WHEN balance_until <= :today::date THEN 2 ELSE 1 END
     ORDER BY order_id
     LIMIT :limit
    """,
)
RECORD_REMINDER = Query(
    UUID,
    """
    UPDATE deposits SET reminders = :reminder WHERE order_id = :order_id AND reminders < :reminder RETURNING order_id
    """,
)
LIST_UNPAID_BALANCES = Query(
    UUID,
    """
    SELECT order_id FROM orders JOIN deposits ON order_id = orders.id
     WHERE waits_for = 'balance' AND balance_until < :today::date
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'lapse_balance' AND item = order_id AND next_at > clock_timestamp())
     ORDER BY order_id
     LIMIT :limit
    """,
)
GET_BALANCE_UNTIL = Query(date, "SELECT balance_until FROM deposits WHERE order_id = :order_id")


async def remind_of_balances(db: Database, seal: Seal, *, now: datetime) -> int:
    """Remind buyers of balances on the first and on the last day of their window; return how many.

    One transaction each, so that one that fails delays no other. Safe to run concurrently.
    """

    async def list_due(most: int) -> list[DueBalance]:
        async with db.connection() as conn:
            return await LIST_TO_REMIND.all(conn, today=get_business_day(now), limit=most)

    async def remind(balance: DueBalance) -> int:
        async with db.transaction() as conn:
            if await RECORD_REMINDER.maybe(conn, order_id=balance.order_id, reminder=balance.reminder) is None:
                return 0
            facts = {
                "order": str(balance.number),
                "amount": format_yuan(balance.balance_fen),
                "day": format_month_day(balance.balance_until),
            }
            await notify_account(conn, seal, balance.buyer_id, "balance_due", facts, now=now)
        return 1

    async def fail(balance: DueBalance, error: Exception) -> None:
        log.error("balance_not_reminded", order=balance.number, exc_info=error)

    return await run_listed(list_due, remind, fail, most=MAX_BALANCES)


async def lapse_balances(db: Database, gateway: Gateway, seal: Seal, *, now: datetime) -> int:
    """Cancel orders whose balance was not paid in its window; return how many.

    The deposit of goods goes back in full, that of a stay by its cancellation tier. An open payment of the balance is
    closed at the provider first; one that has just succeeded keeps the order. At most 500 a call; one that fails is
    tried again ever later. Safe to run concurrently.
    """
    async with db.connection() as conn:
        due = await LIST_UNPAID_BALANCES.all(conn, today=get_business_day(now), limit=MAX_BALANCES)
    lapsed = 0

    async def lapse(order_id: UUID) -> None:
        nonlocal lapsed
        lapsed += await _lapse(db, gateway, seal, order_id, now=now)
        await forget_failure(db, job=LAPSE_JOB, item=order_id)

    async def fail(order_id: UUID, error: Exception) -> None:
        await record_failure(db, LAPSE_RETRIES, job=LAPSE_JOB, item=order_id, error=error)

    await run_each(due, lapse, fail)
    return lapsed


async def _lapse(db: Database, gateway: Gateway, seal: Seal, order_id: UUID, *, now: datetime) -> bool:
    if not await _close_balance(db, gateway, order_id, now=now):
        return False
    async with db.transaction() as conn:
        order = await lock_order(conn, order_id)
        if order is None or order.state is not OrderState.DEPOSITED:
            return False
        payment = await find_live_payment(conn, get_order_ref(order.number), Purpose.BALANCE)
        if payment is not None and payment.state is PaymentState.CAPTURED:
            return False
        # The tier is that of the day after the window, whenever this is noticed: a late worker costs a guest nothing.
        until = await GET_BALANCE_UNTIL.one(conn, order_id=order_id)
        lapsed_at = get_day_start(until + timedelta(days=1))
        shares = await list_cancellation_shares(conn, order, now=min(now, lapsed_at))
        refunds = await cancel_suborders(
            conn, seal, order, shares, actor=CLOCK_ACTOR, reason=BALANCE_UNPAID, by=order.buyer_id, now=now
        )
        await finish_order(conn, order.id, now=now)
        facts = {"order": str(order.number), "amount": format_yuan(sum(each.amount_minor for each in refunds))}
        await notify_account(conn, seal, order.buyer_id, "balance_lapsed", facts, now=now)
        for suborder, _ in shares:
            seller_facts = {"order": str(order.number)}
            await notify_producer(conn, seal, suborder.producer_id, "balance_lapsed_seller", seller_facts, now=now)
    for refund in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund.id, at=now)
    return True


async def _close_balance(db: Database, gateway: Gateway, order_id: UUID, *, now: datetime) -> bool:
    """Close an open payment of the balance; return whether none is left that can take the money."""
    async with db.connection() as conn:
        order = await lock_order(conn, order_id)
        if order is None:
            return False
        payment = await find_live_payment(conn, get_order_ref(order.number), Purpose.BALANCE)
        until = await GET_BALANCE_UNTIL.one(conn, order_id=order_id)
    if payment is None:
        return True
    try:
        await close_payment(db, gateway, payment.id, reason="expired", at=now)
    except AlreadyPaid:
        return False
    except (GatewayUnavailable, ProviderMismatch):
        return get_day_start(until + timedelta(days=1)) + PROVIDER_GRACE <= now
    return True
