"""Refunds: requested in one transaction, sent outside of any, booked by the provider's answer."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from payments.errors import GatewayUnavailable, KeyAlreadyUsed, ProviderMismatch, RefundExceedsPayment, RefundNotFound
from payments.ledger.journal import Leg, balances, post
from payments.models import Method, Payment, PaymentId, Refund, RefundId, RefundState, resolve_time
from payments.money import Amount, split
from payments.operations import (
    MARK_SENT,
    Operation,
    build_refund_key,
    complete_call,
    record_unknown_outcome,
)
from payments.pay import get_payment, lock_payment
from payments.port import Declined, Gateway, Ok, Outcome, RefundReport, RefundRequest, Unknown
from payments.records import GET_REFUNDABLE_AMOUNT, LIST_PARTS, get_refund_account
from payments.refund_records import (
    COVERED_MINOR,
    GET_COVERED_AMOUNT,
    MAX_PENDING,
    REFUND_COLUMNS,
    book_refund,
    book_refunds,
    end_covered_refunds,
)
from payments.sql import Connection, Database, Query

LOG = logging.getLogger("payments")


class FailedRefund(Struct, frozen=True, kw_only=True):
    """A refund that a person may have to help: a failed one, one that only a bank transfer can pay, or a pending one.

    Without `retry_at` nothing is retried: a person has to retry a failed one or transfer the money. Lost disputes gave
    the payer `covered_minor` of it: only the rest is transferred, and nothing is sent; if that is all, a retry ends it.
    A pending one has been with the provider since `pending_since`, longer than `MAX_PENDING`.
    """

    id: RefundId
    order_ref: str
    method: Method
    currency: str
    amount_minor: int
    covered_minor: int
    state: RefundState
    reason: str | None
    attempt: int
    provider_ref: str | None
    requested_at: datetime
    pending_since: datetime | None
    retry_at: datetime | None


INSERT_REFUND = Query(
    Refund,
    """
    INSERT INTO {schema}.refunds (payment_id, key, kind, amount_minor, reason, requested_at)
    VALUES (:payment_id, :key, :kind, :minor, :reason, :at)
    ON CONFLICT (key) DO NOTHING
    RETURNING """
    + REFUND_COLUMNS,
)
FIND_REFUND_BY_KEY = Query(Refund, "SELECT " + REFUND_COLUMNS + " FROM {schema}.refunds WHERE key = :key")
FIND_REFUND = Query(Refund, "SELECT " + REFUND_COLUMNS + " FROM {schema}.refunds WHERE id = :refund_id")
LOCK_REFUND = Query(
    Refund, "SELECT " + REFUND_COLUMNS + " FROM {schema}.refunds WHERE id = :refund_id FOR NO KEY UPDATE"
)
LIST_REFUNDS = Query(
    Refund, "SELECT " + REFUND_COLUMNS + " FROM {schema}.refunds WHERE payment_id = :payment_id ORDER BY id LIMIT 100"
)
RESERVE_REFUND_AMOUNT = Query(
    None,
    "UPDATE {schema}.payments SET refunded_minor = refunded_minor + :minor WHERE id = :payment_id",
)
INSERT_REFUND_OPERATION = Query(
    None,
    """
    INSERT INTO {schema}.operations (payment_id, refund_id, kind, key) VALUES (:payment_id, :refund_id, 'refund', :key)
    ON CONFLICT (key) DO NOTHING
    """,
)
RETRY_REFUND = Query(
    Refund,
    """
    UPDATE {schema}.refunds SET state = 'requested', attempt = attempt + 1, provider_ref = NULL, retry_at = NULL
     WHERE id = :refund_id AND state = 'failed' AND attempt = :attempt AND (NOT :due OR retry_at IS NOT NULL)
    RETURNING """
    + REFUND_COLUMNS,
)
STOP_RETRYING = Query(None, "UPDATE {schema}.refunds SET retry_at = NULL WHERE id = :refund_id AND state = 'failed'")
# An attempt that fails the same way at once must not be due at once: the next failure sets the next date.
CLAIM_DUE_RETRIES = Query(
    UUID,
    """
    WITH due AS (
        SELECT id
          FROM {schema}.refunds
         WHERE retry_at <= clock_timestamp()
         ORDER BY retry_at
         LIMIT :limit
           FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE {schema}.refunds SET retry_at = clock_timestamp() + interval '10 minutes'
      FROM due
     WHERE refunds.id = due.id AND state = 'failed'
    RETURNING refunds.id
    """,
)
LIST_FAILED_REFUNDS = Query(
    FailedRefund,
    """
    SELECT refunds.id, order_ref, method, currency, refunds.amount_minor, refunds.state, refunds.reason, attempt,
           refunds.provider_ref, requested_at, pending_since, retry_at, """
    + COVERED_MINOR
    + """ AS covered_minor
      FROM {schema}.refunds JOIN {schema}.payments ON payments.id = payment_id
     WHERE refunds.state = 'failed' OR (refunds.state = 'requested' AND method = 'bank')
        OR (refunds.state = 'pending' AND pending_since < clock_timestamp() - :max_pending::interval)
     ORDER BY refunds.id
     LIMIT 1000
    """,
)


async def request_refund(
    conn: Connection,
    payment_id: PaymentId,
    *,
    amount_minor: int,
    key: str,
    legs: Sequence[Leg] | None = None,
    kind: str = "refunded",
    reason: str | None = None,
    at: datetime | None = None,
) -> Refund:
    """Reserve a refund in the caller's transaction; `send_refund` sends it.

    Idempotent by `key`. `legs` name the accounts that the amount comes from and sum to −`amount_minor`: escrow before
    its release (with `promotion` + for the platform's discount), the recorded payable and commission after it. By
    default the amount comes from the escrows of the payment's parts in proportion to their balances, and the platform
    gets its share of the discount back, rounded down.

    Raises:
        PaymentNotFound: the payment does not exist.
        RefundExceedsPayment: the amount is not positive or exceeds the refundable amount (`refundable_minor`).
        KeyAlreadyUsed: the key belongs to another refund.
        InsufficientBalance: the balance of an account is too low.
    """
    payment = await lock_payment(conn, payment_id)
    known = await FIND_REFUND_BY_KEY.maybe(conn, key=key)
    if known is not None:
        if (known.payment_id, known.amount_minor, known.kind) != (payment_id, amount_minor, kind):
            raise KeyAlreadyUsed(key=key)
        return known
    refundable = payment.captured_minor - payment.refunded_minor - payment.disputed_minor
    if not 0 < amount_minor <= refundable:
        raise RefundExceedsPayment(refundable=Amount(refundable, payment.currency))
    moment = resolve_time(at)
    refund = await INSERT_REFUND.maybe(
        conn, payment_id=payment_id, key=key, kind=kind, minor=amount_minor, reason=reason, at=moment
    )
    if refund is None:
        raise KeyAlreadyUsed(key=key)
    if legs is None:
        legs = await _build_escrow_legs(conn, payment, amount_minor)
    await RESERVE_REFUND_AMOUNT.run(conn, payment_id=payment_id, minor=amount_minor)
    await post(
        conn,
        key=f"refund:{refund.id}",
        kind=kind,
        order=payment.order_ref,
        legs=[*legs, (get_refund_account(payment), amount_minor)],
        currency=payment.currency,
        at=moment,
    )
    if payment.method is not Method.BANK:
        await INSERT_REFUND_OPERATION.run(
            conn, payment_id=payment_id, refund_id=refund.id, key=build_refund_key(refund.id, refund.attempt)
        )
    return refund


async def _build_escrow_legs(conn: Connection, payment: Payment, amount: int) -> list[Leg]:
    """Return legs that take an amount from the escrows of the parts, with the platform's share of the discount."""
    by_account = await balances(conn, order=payment.order_ref)
    codes = [f"escrow:{part.name}" for part in await LIST_PARTS.all(conn, payment_id=payment.id)]
    escrows = [by_account.get(code, 0) for code in codes]
    refundable = await GET_REFUNDABLE_AMOUNT.one(conn, order=payment.order_ref)
    discount = max(0, sum(escrows) - refundable)
    # Rounded down in favour of the payer and the payees; the last refund takes the exact rest.
    platform = amount * discount // refundable
    if sum(escrows) < amount + platform:
        raise RefundExceedsPayment(refundable=Amount(max(0, sum(escrows) - discount), payment.currency))
    shares = split(amount + platform, escrows)
    return [*((code, -share) for code, share in zip(codes, shares, strict=True)), ("promotion", platform)]


async def get_refund(conn: Connection, refund_id: RefundId) -> Refund:
    """Return a refund.

    Raises:
        RefundNotFound: the refund does not exist.
    """
    refund = await FIND_REFUND.maybe(conn, refund_id=refund_id)
    if refund is None:
        raise RefundNotFound
    return refund


async def list_refunds(conn: Connection, payment_id: PaymentId) -> list[Refund]:
    """Return the refunds of a payment, oldest first, at most 100."""
    return await LIST_REFUNDS.all(conn, payment_id=payment_id)


async def send_refund(db: Database, gateway: Gateway, refund_id: RefundId, *, at: datetime | None = None) -> Refund:
    """Send a requested refund to the provider and book the outcome. Safe to repeat.

    A refund to a bank account is transferred by hand: `record_refund_transfer`.

    Raises:
        RefundNotFound: the refund does not exist.
        GatewayUnavailable: the outcome is unknown; `finish_operations` resolves it.
        ProviderMismatch: the provider created something else than was requested.
    """
    async with db.transaction() as conn:
        refund = await get_refund(conn, refund_id)
        payment = await get_payment(conn, refund.payment_id)
        operation = await MARK_SENT.maybe(conn, key=build_refund_key(refund_id, refund.attempt))
    if operation is None or payment.provider_ref is None:
        return refund
    amount = Amount(refund.amount_minor, payment.currency)
    request = RefundRequest(refund_id, refund.attempt, payment.provider_ref, amount)
    return await _send_request(db, gateway, request, operation, resolve_time(at))


async def _send_request(
    db: Database, gateway: Gateway, request: RefundRequest, operation: Operation, at: datetime
) -> Refund:
    payment_id = operation.payment_id
    assert payment_id is not None
    outcome = await (_query_refund(gateway, request) if operation.stale else gateway.refund(request, operation.key))
    try:
        async with db.transaction() as conn:
            payment = await lock_payment(conn, payment_id)
            refund = await LOCK_REFUND.one(conn, refund_id=request.refund_id)
            first = await complete_call(conn, operation, outcome)
            match outcome:
                case Ok(value=report) if refund.attempt == request.attempt:
                    refund = await book_refund(conn, payment, refund, report, at)
                case Declined(code=code) if first and refund.attempt == request.attempt:
                    declined = RefundReport("", refund.id, refund.attempt, RefundState.FAILED, request.amount, code)
                    refund = await book_refund(conn, payment, refund, declined, at)
                case _:
                    pass
    except ProviderMismatch as error:
        await record_unknown_outcome(db, operation, str(error))
        raise
    if isinstance(outcome, Unknown):
        raise GatewayUnavailable(outcome.reason)
    return refund


async def _query_refund(gateway: Gateway, request: RefundRequest) -> Outcome[RefundReport]:
    try:
        reports = await gateway.list_refunds(request.charge_ref)
    except GatewayUnavailable as error:
        return Unknown(str(error))
    for report in reports:
        if (report.refund_id, report.attempt) == (request.refund_id, request.attempt):
            return Ok(report)
    return Declined("never_arrived")


async def retry_refund(conn: Connection, refund_id: RefundId, *, at: datetime | None = None) -> Refund:
    """Request a failed refund again, under a new key, in the caller's transaction; `send_refund` sends it.

    One that lost disputes cover ends instead, and one that they cover in part does not change.

    Raises:
        RefundNotFound: the refund does not exist.
    """
    return await _retry_refund(conn, refund_id, at=at, due=False)


async def _retry_refund(conn: Connection, refund_id: RefundId, *, at: datetime | None, due: bool) -> Refund:
    """Retry a failed refund; with `due`, only if it still has a date for that."""
    refund = await get_refund(conn, refund_id)
    payment = await lock_payment(conn, refund.payment_id)
    await end_covered_refunds(conn, payment, resolve_time(at))
    if await GET_COVERED_AMOUNT.maybe(conn, refund_id=refund_id):
        return await get_refund(conn, refund_id)
    retried = await RETRY_REFUND.maybe(conn, refund_id=refund_id, attempt=refund.attempt, due=due)
    if retried is None:
        return await get_refund(conn, refund_id)
    await INSERT_REFUND_OPERATION.run(
        conn, payment_id=retried.payment_id, refund_id=refund_id, key=build_refund_key(refund_id, retried.attempt)
    )
    return retried


async def retry_due_refunds(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> int:
    """Send the failed refunds again that are due, each at most five times; return how many the provider answered for.

    One that the provider made after all, though it said otherwise, is not sent. A failure of one refund does not block
    the others. After the fifth a person decides: `list_failed_refunds`.
    """
    async with db.transaction() as conn:
        due = await CLAIM_DUE_RETRIES.all(conn, limit=min(limit, 1000))
    answered = 0
    for refund_id in due:
        try:
            await _retry_unmade_refund(db, gateway, RefundId(refund_id), at=at)
            await send_refund(db, gateway, RefundId(refund_id), at=at)
        except (GatewayUnavailable, ProviderMismatch):
            continue
        except Exception:
            LOG.exception("refund %s could not be sent again", refund_id)
            continue
        answered += 1
    return answered


async def _retry_unmade_refund(db: Database, gateway: Gateway, refund_id: RefundId, *, at: datetime | None) -> None:
    """Retry a failed refund that is due, unless the provider has made it."""
    async with db.connection() as conn:
        payment = await get_payment(conn, (await get_refund(conn, refund_id)).payment_id)
    assert payment.provider_ref is not None
    reports = [each for each in await gateway.list_refunds(payment.provider_ref) if each.refund_id == refund_id]
    async with db.transaction() as conn:
        await book_refunds(conn, await lock_payment(conn, payment.id), reports, resolve_time(at))
        await _retry_refund(conn, refund_id, at=at, due=True)


async def stop_retrying_refund(conn: Connection, refund_id: RefundId) -> None:
    """Send a failed refund no more by itself, in the caller's transaction: a person pays it by bank transfer.

    `retry_refund` still sends it.

    Raises:
        RefundNotFound: the refund does not exist.
    """
    refund = await get_refund(conn, refund_id)
    await lock_payment(conn, refund.payment_id)
    await STOP_RETRYING.run(conn, refund_id=refund_id)


async def list_failed_refunds(conn: Connection) -> list[FailedRefund]:
    """Return the refunds that failed, wait for a bank transfer or are pending too long, oldest first, at most 1,000."""
    return await LIST_FAILED_REFUNDS.all(conn, max_pending=MAX_PENDING)
