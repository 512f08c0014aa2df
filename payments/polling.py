"""Polling the provider: the state of payments that no webhook reported, and calls whose outcome is unknown."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from payments.disputes import book_disputes
from payments.errors import ChargeMismatch, GatewayUnavailable, ProviderMismatch, Refusal
from payments.models import CLOSED_STATES, Payment, PaymentId, PaymentState, PayoutId, resolve_time
from payments.operations import CLAIM_DUE_OPERATIONS, Operation, complete_call
from payments.pay import CANCELED, close_payment, get_payment, lock_payment, send_create
from payments.payout import CLAIM_DUE_PAYOUTS, poll_payout, send_payout
from payments.port import Charge, Declined, Gateway
from payments.records import book_charge
from payments.refund import send_refund
from payments.refund_records import NEXT_REFUND_POLL, book_refunds
from payments.retries import run_claimed
from payments.sql import Connection, Database, Query
from payments.suspense import book_suspense, return_suspense

LOG = logging.getLogger("payments")
MAX_CONCURRENT_CALLS = 8

# A captured payment is polled while one of its refunds is pending.
CLAIM_DUE_POLLS = Query(
    UUID,
    """
    WITH due AS (
        SELECT id FROM {schema}.payments
         WHERE poll_at <= clock_timestamp()
         ORDER BY poll_at LIMIT :limit
           FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE {schema}.payments
       SET poll_at = CASE WHEN captured_minor = 0 THEN clock_timestamp() + interval '5 minutes' ELSE """
    + NEXT_REFUND_POLL
    + """ END
      FROM due
     WHERE payments.id = due.id
    RETURNING payments.id
    """,
)


async def book_provider_state(
    db: Database,
    gateway: Gateway,
    charge: Charge,
    *,
    refunds: bool,
    disputes: bool,
    at: datetime,
    also: Callable[[Connection], Awaitable[object]] | None = None,
) -> Payment:
    """Book a charge, and ask for and book its refunds and disputes if requested; `also` runs in the same transaction.

    Raises:
        PaymentNotFound: the charge belongs to no payment of ours.
        GatewayUnavailable: the provider did not answer.
        ProviderMismatch: the provider reports something else than was requested; if it took another sum, that is in
            suspense.
    """
    refund_reports = await gateway.list_refunds(charge.ref) if refunds else []
    dispute_reports = await gateway.list_disputes(charge.ref) if disputes else []
    assert charge.payment_id is not None
    try:
        async with db.transaction() as conn:
            payment = await book_charge(conn, await lock_payment(conn, charge.payment_id), charge, at)
            if payment.captured_minor:
                await return_suspense(conn, charge.ref, at=at)
            await book_refunds(conn, payment, refund_reports, at)
            await book_disputes(conn, payment, dispute_reports, at)
            if also is not None:
                await also(conn)
    except ChargeMismatch:
        async with db.transaction() as conn:
            payment = await lock_payment(conn, charge.payment_id)
            if not payment.captured_minor or payment.provider_ref != charge.ref:
                await book_suspense(conn, charge, order=payment.order_ref, at=at)
        raise
    return payment


async def poll_payment(db: Database, gateway: Gateway, payment_id: PaymentId, *, at: datetime | None = None) -> Payment:
    """Ask the provider for a payment's state, with its refunds and disputes, and book it.

    Raises:
        PaymentNotFound: the payment does not exist.
        GatewayUnavailable: the provider did not answer.
        ProviderMismatch: the provider reports something else than was requested.
    """
    async with db.connection() as conn:
        payment = await get_payment(conn, payment_id)
    if payment.provider_ref is None:
        charge = await gateway.find_charge(payment_id)
    else:
        charge = await gateway.get_charge(payment.provider_ref)
    if charge is None or charge.payment_id is None:
        return payment
    return await book_provider_state(db, gateway, charge, refunds=True, disputes=True, at=resolve_time(at))


async def poll_due_payments(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> int:
    """Poll the unfinished payments without news for some minutes, and those with a pending refund.

    Returns how many the provider answered for.
    """

    async def claim(room: int) -> list[UUID]:
        async with db.connection() as conn:
            return await CLAIM_DUE_POLLS.all(conn, limit=room)

    async def poll(payment_id: UUID) -> None:
        await poll_payment(db, gateway, PaymentId(payment_id), at=at)

    return (await run_claimed(claim, poll, _log_failure, concurrency=MAX_CONCURRENT_CALLS, limit=limit)).done


async def poll_due_payouts(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> int:
    """Poll the payouts on their way, and for a week the paid ones; return how many the provider answered for."""

    async def claim(room: int) -> list[UUID]:
        async with db.connection() as conn:
            return await CLAIM_DUE_PAYOUTS.all(conn, limit=room)

    async def poll(payout_id: UUID) -> None:
        await poll_payout(db, gateway, PayoutId(payout_id), at=at)

    return (await run_claimed(claim, poll, _log_failure, concurrency=MAX_CONCURRENT_CALLS, limit=limit)).done


async def finish_operations(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> int:
    """Finish at most `limit` calls that are due: refunds and payouts not sent yet, and calls whose outcome is unknown.

    Returns how many were completed. The others are retried after a longer wait each time; `verify_ledger` reports calls
    that stay unknown for a day. No more calls are claimed than are made at once.
    """

    async def claim(room: int) -> list[Operation]:
        async with db.connection() as conn:
            return await CLAIM_DUE_OPERATIONS.all(conn, limit=room)

    async def finish(operation: Operation) -> None:
        await _finish_operation(db, gateway, operation, at)

    return (await run_claimed(claim, finish, _log_failure, concurrency=MAX_CONCURRENT_CALLS, limit=limit)).done


async def _log_failure(item: object, error: Exception) -> None:
    """Log an unexpected failure of one call; the expected ones are stored with the call."""
    if not isinstance(error, GatewayUnavailable | ProviderMismatch | Refusal):
        LOG.error("%s could not be completed", item, exc_info=error)


async def _finish_operation(db: Database, gateway: Gateway, operation: Operation, at: datetime | None) -> None:
    match operation.kind:
        case "payout":
            assert operation.payout_id is not None
            await send_payout(db, gateway, operation.payout_id, at=at)
        case "create":
            assert operation.payment_id is not None
            async with db.connection() as conn:
                payment = await get_payment(conn, operation.payment_id)
            await send_create(db, gateway, payment, operation, at=resolve_time(at))
        case "cancel":
            await _finish_cancel(db, gateway, operation, at)
        case _:
            assert operation.refund_id is not None
            await send_refund(db, gateway, operation.refund_id, at=at)


async def _finish_cancel(db: Database, gateway: Gateway, operation: Operation, at: datetime | None) -> None:
    assert operation.payment_id is not None
    async with db.transaction() as conn:
        payment = await lock_payment(conn, operation.payment_id)
        ended = payment.state in CLOSED_STATES or payment.state is PaymentState.CAPTURED
        if ended:
            # The payment was captured or failed before the provider received the cancellation: nothing to cancel.
            await complete_call(conn, operation, Declined("ended_without_it"))
    if not ended:
        await close_payment(db, gateway, payment.id, reason=payment.reason or CANCELED, at=at)
