"""Giving money back: asked for in one transaction, sent outside of any, settled by what the provider says."""

from collections.abc import Sequence
from datetime import datetime

from payments.errors import GatewayUnavailable
from payments.ledger import Leg, balances, post
from payments.models import (
    FactDiffers,
    Method,
    OverRefund,
    Payment,
    PaymentId,
    ProviderDisagrees,
    Refund,
    RefundId,
    RefundState,
    UnknownRefund,
    instant,
)
from payments.money import Amount, split
from payments.operations import SEND, Operation, leave_unknown, refund_key, settle_operation, unanswered
from payments.pay import find_payment, lock_payment
from payments.port import Declined, Gateway, Ok, Outcome, RefundReport, RefundRequest, Unknown
from payments.sql import Connection, Database, Query
from payments.truth import PARTS, REFUND_COLUMNS, book_refund, clearing, refund_account, settle

REQUEST = Query(
    Refund,
    """
    INSERT INTO payments.refunds (payment_id, key, kind, amount_minor, reason, requested_at)
    VALUES (:payment_id, :key, :kind, :minor, :reason, :at)
    ON CONFLICT (key) DO NOTHING
    RETURNING """
    + REFUND_COLUMNS,
)
FIND_BY_KEY = Query(Refund, "SELECT " + REFUND_COLUMNS + " FROM payments.refunds WHERE key = :key")
FIND = Query(Refund, "SELECT " + REFUND_COLUMNS + " FROM payments.refunds WHERE id = :refund_id")
LOCK = Query(Refund, "SELECT " + REFUND_COLUMNS + " FROM payments.refunds WHERE id = :refund_id FOR NO KEY UPDATE")
OF_PAYMENT = Query(
    Refund, "SELECT " + REFUND_COLUMNS + " FROM payments.refunds WHERE payment_id = :payment_id ORDER BY id LIMIT 100"
)
RESERVE = Query(
    None,
    "UPDATE payments.payments SET refunded_minor = refunded_minor + :minor WHERE id = :payment_id",
)
WRITE_OPERATION = Query(
    None,
    """
    INSERT INTO payments.operations (payment_id, refund_id, kind, key) VALUES (:payment_id, :refund_id, 'refund', :key)
    ON CONFLICT (key) DO NOTHING
    """,
)
AGAIN = Query(
    Refund,
    """
    UPDATE payments.refunds SET state = 'requested', attempt = attempt + 1, provider_ref = NULL
     WHERE id = :refund_id AND state = 'failed'
    RETURNING """
    + REFUND_COLUMNS,
)
PAID_BY_HAND = Query(
    Refund,
    """
    UPDATE payments.refunds
       SET state = 'succeeded', attempt = attempt + CASE state WHEN 'failed' THEN 1 ELSE 0 END, settled_at = :at,
           reason = :reference
     WHERE id = :refund_id AND state IN ('requested', 'failed')
    RETURNING """
    + REFUND_COLUMNS,
)
LEFT_OF_ORDER = Query(
    int,
    """
    SELECT coalesce(sum(captured_minor - refunded_minor), 0)::bigint
      FROM payments.payments WHERE order_ref = :order AND state = 'captured'
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
    """Set aside what goes back to the payer, in the caller's transaction; `send_refund` sends it.

    Idempotent by `key`. `legs` say where the sum comes from and come to −`amount_minor`: before release from escrow
    (with `promotion` + for what the platform had borne), after it from the recorded payable and commission. Without
    them it comes from the escrows of the payment's parts by what each still holds, and the platform gets its share of
    the discount back, rounded down.

    Raises:
        UnknownPayment: there is none such.
        OverRefund: more than is left of what came in, or nothing; `left_minor` says how much is left.
        FactDiffers: the key stands for another refund.
        BelowFloor: an account does not hold what is taken from it.
    """
    payment = await lock_payment(conn, payment_id)
    known = await FIND_BY_KEY.maybe(conn, key=key)
    if known is not None:
        if (known.payment_id, known.amount_minor, known.kind) != (payment_id, amount_minor, kind):
            raise FactDiffers(key=key)
        return known
    left = payment.captured_minor - payment.refunded_minor - payment.disputed_minor
    if not 0 < amount_minor <= left:
        raise OverRefund(left=Amount(left, payment.currency))
    moment = instant(at)
    refund = await REQUEST.maybe(
        conn, payment_id=payment_id, key=key, kind=kind, minor=amount_minor, reason=reason, at=moment
    )
    if refund is None:
        raise FactDiffers(key=key)
    if legs is None:
        legs = await _legs_of_parts(conn, payment, amount_minor)
    await RESERVE.run(conn, payment_id=payment_id, minor=amount_minor)
    await post(
        conn,
        key=f"refund:{refund.id}",
        kind=kind,
        order=payment.order_ref,
        legs=[*legs, (refund_account(payment), amount_minor)],
        currency=payment.currency,
        at=moment,
    )
    if payment.method is not Method.BANK:
        await WRITE_OPERATION.run(
            conn, payment_id=payment_id, refund_id=refund.id, key=refund_key(refund.id, refund.attempt)
        )
    return refund


async def _legs_of_parts(conn: Connection, payment: Payment, amount: int) -> list[Leg]:
    """Take a sum from the escrows of the parts, with the platform's share of the discount beside it."""
    held = await balances(conn, order=payment.order_ref)
    codes = [f"escrow:{part.name}" for part in await PARTS.all(conn, payment_id=payment.id)]
    escrows = [held.get(code, 0) for code in codes]
    left = await LEFT_OF_ORDER.one(conn, order=payment.order_ref)
    borne = max(0, sum(escrows) - left)
    # Rounded down, so that the payer and the producers gain; the last refund takes what is left to the fen.
    platform = amount * borne // left
    if sum(escrows) < amount + platform:
        raise OverRefund(left=Amount(max(0, sum(escrows) - borne), payment.currency))
    shares = split(amount + platform, escrows)
    return [*((code, -share) for code, share in zip(codes, shares, strict=True)), ("promotion", platform)]


async def find_refund(conn: Connection, refund_id: RefundId) -> Refund:
    """Return a refund.

    Raises:
        UnknownRefund: there is none such.
    """
    refund = await FIND.maybe(conn, refund_id=refund_id)
    if refund is None:
        raise UnknownRefund
    return refund


async def refunds_of(conn: Connection, payment_id: PaymentId) -> list[Refund]:
    """Return the refunds of a payment, oldest first, at most 100."""
    return await OF_PAYMENT.all(conn, payment_id=payment_id)


async def send_refund(db: Database, gateway: Gateway, refund_id: RefundId, *, at: datetime | None = None) -> Refund:
    """Send a refund that was asked for to the provider and book the outcome. Safe to repeat.

    One to a bank account is paid by hand: `record_repaid`.

    Raises:
        UnknownRefund: there is none such.
        GatewayUnavailable: no answer; `finish_operations` finds out.
        ProviderDisagrees: the provider made something else than was asked.
    """
    async with db.transaction() as conn:
        refund = await find_refund(conn, refund_id)
        payment = await find_payment(conn, refund.payment_id)
        operation = await SEND.maybe(conn, key=refund_key(refund_id, refund.attempt))
    if operation is None or payment.provider_ref is None:
        return refund
    amount = Amount(refund.amount_minor, payment.currency)
    request = RefundRequest(refund_id, refund.attempt, payment.provider_ref, amount)
    return await _carry_out(db, gateway, request, operation, instant(at))


async def _carry_out(
    db: Database, gateway: Gateway, request: RefundRequest, operation: Operation, at: datetime
) -> Refund:
    outcome = await (_ask_for(gateway, request) if operation.stale else gateway.refund(request, operation.key))
    try:
        async with db.transaction() as conn:
            payment = await lock_payment(conn, operation.payment_id)
            refund = await LOCK.one(conn, refund_id=request.refund_id)
            await settle_operation(conn, operation, outcome)
            match outcome:
                case Ok(value=report):
                    refund = await book_refund(conn, payment, refund, report, at)
                case Declined(code=code):
                    no = RefundReport("", refund.id, refund.attempt, RefundState.FAILED, request.amount, code)
                    refund = await book_refund(conn, payment, refund, no, at)
                case Unknown():
                    pass
    except ProviderDisagrees as error:
        await leave_unknown(db, operation, str(error))
        raise
    if isinstance(outcome, Unknown):
        raise unanswered(outcome)
    return refund


async def _ask_for(gateway: Gateway, request: RefundRequest) -> Outcome[RefundReport]:
    try:
        reports = await gateway.refunds(request.charge_ref)
    except GatewayUnavailable as error:
        return Unknown(str(error))
    for report in reports:
        if (report.refund_id, report.attempt) == (request.refund_id, request.attempt):
            return Ok(report)
    return Declined("never_arrived")


async def retry_refund(conn: Connection, refund_id: RefundId) -> Refund:
    """Ask again for a refund that failed, under a new key, in the caller's transaction; `send_refund` sends it.

    Raises:
        UnknownRefund: there is none such.
    """
    refund = await find_refund(conn, refund_id)
    again = await AGAIN.maybe(conn, refund_id=refund_id)
    if again is None:
        return refund
    await WRITE_OPERATION.run(
        conn, payment_id=again.payment_id, refund_id=refund_id, key=refund_key(refund_id, again.attempt)
    )
    return again


async def record_repaid(conn: Connection, refund_id: RefundId, *, reference: str, at: datetime | None = None) -> Refund:
    """Book a refund that was paid by bank transfer, in the caller's transaction; `reference` is the bank's number.

    For payments that came by bank, and for refunds that the provider could not carry out. Repeating changes nothing.

    Raises:
        UnknownRefund: there is none such.
        FactDiffers: it is with the provider, or was settled by it.
    """
    refund = await find_refund(conn, refund_id)
    payment = await lock_payment(conn, refund.payment_id)
    refund = await LOCK.one(conn, refund_id=refund_id)
    if refund.state is RefundState.SUCCEEDED and refund.reason == reference:
        return refund
    by_bank = payment.method is Method.BANK and refund.state is RefundState.REQUESTED
    if not by_bank and refund.state is not RefundState.FAILED:
        raise FactDiffers(key=refund.key)
    paid = await PAID_BY_HAND.one(conn, refund_id=refund_id, reference=reference, at=instant(at))
    account = clearing(payment) if by_bank else "clearing:bank"
    await settle(conn, payment, paid, at=instant(at), account=account)
    return paid
