"""Collecting money: open, start, close, change the method, expire.

A payment is written and committed before the provider is called, and the provider's answer is booked afterwards. No
call happens inside a transaction, and every function that calls is safe to repeat.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from payments.breaker import require_closed_circuit
from payments.errors import (
    AlreadyPaid,
    CircuitOpen,
    GatewayUnavailable,
    PaymentClosed,
    PaymentDeclined,
    PaymentInProgress,
    PaymentNotFound,
    ProviderMismatch,
    Refusal,
)
from payments.models import CLOSED_STATES, Action, Method, Part, Payment, PaymentId, PaymentState, Purpose, resolve_time
from payments.money import Amount
from payments.operations import (
    FIND_OPERATION_BY_KEY,
    INSERT_CANCEL,
    MARK_SENT,
    START_CREATE,
    Operation,
    build_create_key,
    complete_call,
    record_unknown_outcome,
)
from payments.port import Charge, ChargeRequest, Declined, Gateway, Ok, Outcome, Unknown
from payments.records import (
    EXPIRED,
    LOCK_PAYMENT,
    PAYMENT_COLUMNS,
    book_charge,
    check_opening,
    transition_payment,
)
from payments.retries import run_each
from payments.sql import Connection, Database, Query

PAYMENT_LIFETIME = timedelta(minutes=30)
"""The default time until an unfinished payment expires."""
MAX_CONCURRENT_CLOSES = 8
LOG = logging.getLogger("payments")
CANCELED = "canceled"

# One statement inserts the payment and its parts.
INSERT_PAYMENT = Query(
    Payment,
    """
    WITH opened AS (
        INSERT INTO {schema}.payments (order_ref, purpose, method, currency, amount_minor, return_url, opened_at,
                                       expires_at)
        VALUES (:order, :purpose, :method, :currency, :minor, :return_url, :at, :expires_at)
        ON CONFLICT DO NOTHING
        RETURNING """
    + PAYMENT_COLUMNS
    + """
    ), listed AS (
        INSERT INTO {schema}.parts (payment_id, seq, name, minor, discount_minor)
        SELECT opened.id, number, part, part_minor, part_discount
          FROM opened,
               unnest(:names::text[], :minors::bigint[], :discounts::bigint[])
                   WITH ORDINALITY AS given (part, part_minor, part_discount, number)
    )
    SELECT """
    + PAYMENT_COLUMNS
    + " FROM opened",
)
FIND_PAYMENT = Query(Payment, "SELECT " + PAYMENT_COLUMNS + " FROM {schema}.payments WHERE id = :payment_id")
LIST_PAYMENTS = Query(
    Payment,
    "SELECT " + PAYMENT_COLUMNS + " FROM {schema}.payments WHERE order_ref = :order ORDER BY id DESC LIMIT 100",
)
LIST_CAPTURED = Query(
    Payment,
    "SELECT "
    + PAYMENT_COLUMNS
    + " FROM {schema}.payments WHERE order_ref = :order AND state = 'captured' ORDER BY id DESC",
)
SET_CLOSE_REASON = Query(None, "UPDATE {schema}.payments SET reason = :reason WHERE id = :payment_id")
# A payment whose cancellation failed waits until that is due again, and does not keep the others from their turn.
LIST_EXPIRED = Query(
    UUID,
    """
    SELECT id FROM {schema}.payments
     WHERE state IN ('created', 'requires_action') AND expires_at <= :now
       AND NOT EXISTS (SELECT FROM {schema}.operations
                        WHERE payment_id = payments.id AND kind = 'cancel' AND next_at > clock_timestamp())
     ORDER BY expires_at
     LIMIT :limit
    """,
)


async def open_payment(
    conn: Connection,
    *,
    order: str,
    amount: Amount,
    method: Method | str,
    parts: Sequence[Part],
    purpose: Purpose = Purpose.FULL,
    return_url: str | None = None,
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> Payment:
    """Open a payment in the caller's transaction; `start` calls the provider later.

    `order` is the caller's reference, 1 to 90 characters without spaces. The parts less their discounts sum to
    `amount`. The provider redirects the payer to `return_url`, which a real Alipay payment requires. The payment
    expires at `expires_at`, by default 30 minutes after `at`, which defaults to now.

    Raises:
        PartsDoNotSumToAmount: the sum differs, or there are no parts, more than 100, or two of one name.
        ValueError: see `check_opening`; or there is no such method, or a time has no zone.
        PaymentInProgress: the order has a live payment (one each for a deposit and a balance).
    """
    check_opening(order, amount, parts)
    opened_at = resolve_time(at)
    payment = await INSERT_PAYMENT.maybe(
        conn,
        order=order,
        purpose=purpose,
        method=Method(method),
        currency=amount.currency,
        minor=amount.minor,
        return_url=return_url,
        at=opened_at,
        expires_at=expires_at or opened_at + PAYMENT_LIFETIME,
        names=[part.name for part in parts],
        minors=[part.minor for part in parts],
        discounts=[part.discount_minor for part in parts],
    )
    if payment is None:
        raise PaymentInProgress(order=order)
    return payment


async def get_payment(conn: Connection, payment_id: PaymentId) -> Payment:
    """Return a payment.

    Raises:
        PaymentNotFound: the payment does not exist.
    """
    payment = await FIND_PAYMENT.maybe(conn, payment_id=payment_id)
    if payment is None:
        raise PaymentNotFound
    return payment


async def list_payments(conn: Connection, order: str) -> list[Payment]:
    """Return the payments of an order, newest first, at most 100."""
    return await LIST_PAYMENTS.all(conn, order=order)


async def list_captured_payments(conn: Connection, order: str) -> list[Payment]:
    """Return the captured payments of an order, newest first: one, or its balance and its deposit."""
    return await LIST_CAPTURED.all(conn, order=order)


async def find_live_payment(conn: Connection, order: str, purpose: Purpose = Purpose.FULL) -> Payment | None:
    """Return the order's unfinished or captured payment, or None."""
    payments = await list_payments(conn, order)
    return next((each for each in payments if each.purpose is purpose and each.state not in CLOSED_STATES), None)


async def lock_payment(conn: Connection, payment_id: PaymentId) -> Payment:
    """Lock a payment's row, always before its refunds and before any account balance.

    Raises:
        PaymentNotFound: the payment does not exist.
    """
    payment = await LOCK_PAYMENT.maybe(conn, payment_id=payment_id)
    if payment is None:
        raise PaymentNotFound
    return payment


async def start(db: Database, gateway: Gateway, payment_id: PaymentId, *, at: datetime | None = None) -> Action:
    """Create the payment at the provider and return what the payer has to do next.

    Safe to repeat: the call reuses its key, and a started payment returns its stored action. The action of a bank
    transfer and of a captured payment is empty.

    Raises:
        PaymentNotFound: the payment does not exist.
        PaymentClosed: the payment ended without money.
        PaymentDeclined: the provider declined; the payment has failed.
        CircuitOpen: the provider has not answered for a while; it was not called.
        GatewayUnavailable: the outcome is unknown; repeat the call or leave it to `finish_operations`.
        ProviderMismatch: the provider created something else than was requested.
    """
    async with db.transaction() as conn:
        payment = await lock_payment(conn, payment_id)
        if payment.state in CLOSED_STATES:
            raise PaymentClosed(state=payment.state)
        if payment.state is not PaymentState.CREATED or payment.method is Method.BANK:
            return payment.action or Action()
        require_closed_circuit(gateway)
        operation = await _start_create(conn, payment)
        if operation is None:
            return Action()
    return await start_prepared(db, gateway, payment, operation, at=at)


async def prepare_start(conn: Connection, gateway: Gateway, payment: Payment) -> Operation | None:
    """Write the call that creates a payment in the transaction that opens it, for `start_prepared` after the commit.

    If that never comes, `finish_operations` makes the call. None, and `start` decides, for a bank transfer and while
    the provider does not answer.
    """
    if payment.method is Method.BANK:
        return None
    try:
        require_closed_circuit(gateway)
    except CircuitOpen:
        return None
    return await START_CREATE.one(conn, payment_id=payment.id)


async def start_prepared(
    db: Database, gateway: Gateway, payment: Payment, prepared: Operation, *, at: datetime | None = None
) -> Action:
    """Create a payment at the provider, as `start` does, whose call `prepare_start` has written.

    Raises:
        PaymentDeclined: the provider declined; the payment has failed.
        GatewayUnavailable: the outcome is unknown; call `start` or leave it to `finish_operations`.
        ProviderMismatch: the provider created something else than was requested.
    """
    started = await send_create(db, gateway, payment, prepared, at=resolve_time(at))
    if started.state in CLOSED_STATES:
        raise PaymentDeclined(reason=started.reason)
    return started.action or Action()


async def _start_create(conn: Connection, payment: Payment) -> Operation | None:
    """Mark the creation of a locked payment as sent; None if the provider has answered it."""
    if payment.provider_ref is None:
        return await START_CREATE.maybe(conn, payment_id=payment.id)
    return await MARK_SENT.maybe(conn, key=build_create_key(payment.id))


async def send_create(
    db: Database, gateway: Gateway, payment: Payment, operation: Operation, *, at: datetime
) -> Payment:
    """Send a `create` that is marked as sent, or query a stale one, and book the outcome.

    Raises:
        GatewayUnavailable: the outcome is still unknown.
        ProviderMismatch: the provider created something else than was requested.
    """
    if operation.stale:
        outcome = await _query_charge(gateway, payment)
    else:
        request = ChargeRequest(
            payment_id=payment.id,
            order=payment.order_ref,
            amount=payment.amount,
            method=payment.method,
            return_url=payment.return_url,
        )
        outcome = await gateway.create(request, operation.key)
    try:
        async with db.transaction() as conn:
            locked = await lock_payment(conn, payment.id)
            first = await complete_call(conn, operation, outcome)
            match outcome:
                case Ok(value=charge):
                    locked = await book_charge(conn, locked, charge, at)
                case Declined(code=code) if first and locked.state is PaymentState.CREATED:
                    locked = await transition_payment(conn, locked, PaymentState.FAILED, at=at, reason=code)
                case _:
                    pass
    except ProviderMismatch as error:
        await record_unknown_outcome(db, operation, str(error))
        raise
    if isinstance(outcome, Unknown):
        raise GatewayUnavailable(outcome.reason)
    return locked


async def _query_charge(gateway: Gateway, payment: Payment) -> Outcome[Charge]:
    try:
        charge = await gateway.find_charge(payment.id)
    except GatewayUnavailable as error:
        return Unknown(str(error))
    return Declined("never_arrived") if charge is None else Ok(charge)


async def close_payment(
    db: Database, gateway: Gateway, payment_id: PaymentId, *, reason: str = CANCELED, at: datetime | None = None
) -> Payment:
    """Close an unfinished payment, at the provider first; `reason` is `canceled` or `expired`. Safe to repeat.

    Raises:
        PaymentNotFound: the payment does not exist.
        AlreadyPaid: the payment is captured, perhaps just now; that is booked.
        GatewayUnavailable: it could not be canceled and may still be captured; `CircuitOpen`: that was not tried.
        ProviderMismatch: the provider reports something else than was requested.
    """
    moment = resolve_time(at)
    async with db.transaction() as conn:
        payment = await lock_payment(conn, payment_id)
        if payment.state in CLOSED_STATES:
            return payment
        if payment.state is PaymentState.CAPTURED:
            raise AlreadyPaid
        create = await FIND_OPERATION_BY_KEY.maybe(conn, key=build_create_key(payment_id))
        if create is None and payment.provider_ref is None:
            ended = PaymentState.EXPIRED if reason == EXPIRED else PaymentState.CANCELED
            return await transition_payment(conn, payment, ended, at=moment, reason=reason)
        require_closed_circuit(gateway)
        await SET_CLOSE_REASON.run(conn, payment_id=payment_id, reason=reason)
        cancel = await INSERT_CANCEL.one(conn, payment_id=payment_id)
        create = await MARK_SENT.maybe(conn, key=build_create_key(payment_id)) if payment.provider_ref is None else None
    if create is not None:
        payment = await send_create(db, gateway, payment, create, at=moment)
    if payment.provider_ref is None:
        outcome = Declined("never_arrived")
    else:
        outcome = await gateway.cancel(payment.provider_ref, cancel.key)
    async with db.transaction() as conn:
        payment = await lock_payment(conn, payment_id)
        await complete_call(conn, cancel, outcome)
        if isinstance(outcome, Ok):
            await book_charge(conn, payment, outcome.value, moment)
    return await _require_closed(db, payment_id)


async def _require_closed(db: Database, payment_id: PaymentId) -> Payment:
    async with db.connection() as conn:
        payment = await get_payment(conn, payment_id)
    if payment.state is PaymentState.CAPTURED:
        raise AlreadyPaid
    if payment.state not in CLOSED_STATES:
        raise GatewayUnavailable(f"payment {payment_id} could not be canceled")
    return payment


async def expire_payments(
    db: Database, gateway: Gateway, *, now: datetime | None = None, limit: int = 100
) -> list[PaymentId]:
    """Close at most `limit` unfinished payments past their expiry; return those that closed.

    A payment captured in the meantime is booked; one that cannot be canceled is retried by the next call.
    """
    moment = resolve_time(now)
    async with db.connection() as conn:
        due = await LIST_EXPIRED.all(conn, now=moment, limit=limit)
    closed: list[PaymentId] = []

    async def close(payment_id: UUID) -> None:
        await close_payment(db, gateway, PaymentId(payment_id), reason=EXPIRED, at=moment)
        closed.append(PaymentId(payment_id))

    async def fail(payment_id: UUID, error: Exception) -> None:
        if not isinstance(error, Refusal | GatewayUnavailable | ProviderMismatch):
            LOG.error("payment %s could not be closed", payment_id, exc_info=error)

    await run_each(due, close, fail, concurrency=MAX_CONCURRENT_CLOSES)
    return closed
