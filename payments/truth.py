"""Booking what the provider says is true: the move, the ledger and the event, in one transaction.

Everything here is given the payment's row locked and can be repeated in any order: a state that was reached before, or
was left behind, changes nothing.
"""

from datetime import datetime
from uuid import UUID

from payments.ledger import Leg, post
from payments.models import (
    CLOSED,
    KINDS,
    MOVES,
    REFUND_MOVES,
    Action,
    DisputeState,
    Part,
    Payment,
    PaymentId,
    PaymentState,
    ProviderDisagrees,
    Refund,
    RefundState,
)
from payments.outbox import announce
from payments.port import Charge, DisputeReport, RefundReport
from payments.sql import Connection, Query

EXPIRED = "expired"
"""The reason that makes a closed payment an expired one."""

PAYMENT_COLUMNS = (
    "id, order_ref, purpose, method, provider_ref, currency, amount_minor, captured_minor, refunded_minor, "
    "disputed_minor, state, return_url, action, reason, opened_at, expires_at, captured_at, closed_at"
)
REFUND_COLUMNS = (
    "id, payment_id, key, kind, amount_minor, state, provider_ref, reason, attempt, requested_at, settled_at"
)

LOCK_PAYMENT = Query(
    Payment, "SELECT " + PAYMENT_COLUMNS + " FROM payments.payments WHERE id = :payment_id FOR NO KEY UPDATE"
)
PARTS = Query(
    Part, "SELECT name, minor, discount_minor FROM payments.parts WHERE payment_id = :payment_id ORDER BY seq"
)
MOVE_PAYMENT = Query(
    Payment,
    """
    UPDATE payments.payments
       SET state = :state, provider_ref = coalesce(:ref, provider_ref), action = coalesce(:action, action),
           reason = coalesce(:reason, reason),
           closed_at = CASE WHEN :closed THEN :at::timestamptz END,
           ask_at = CASE WHEN :closed THEN NULL ELSE ask_at END
     WHERE id = :payment_id AND state = ANY(:before::text[])
    RETURNING """
    + PAYMENT_COLUMNS,
)
NAME_CHARGE = Query(
    Payment,
    """
    UPDATE payments.payments SET provider_ref = :ref WHERE id = :payment_id AND provider_ref IS NULL
    RETURNING """
    + PAYMENT_COLUMNS,
)
CAPTURE = Query(
    Payment,
    """
    UPDATE payments.payments
       SET state = CASE WHEN :late THEN state ELSE 'captured' END, captured_minor = :minor, captured_at = :at,
           ask_at = NULL
     WHERE id = :payment_id AND captured_minor = 0
    RETURNING """
    + PAYMENT_COLUMNS,
)
REFUNDS_OF = Query(
    Refund,
    "SELECT " + REFUND_COLUMNS + " FROM payments.refunds WHERE payment_id = :payment_id ORDER BY id FOR NO KEY UPDATE",
)
MOVE_REFUND = Query(
    Refund,
    """
    UPDATE payments.refunds
       SET state = :state, provider_ref = coalesce(:ref, provider_ref), reason = coalesce(:reason, reason),
           settled_at = CASE WHEN :state = 'succeeded' THEN :at::timestamptz END
     WHERE id = :refund_id AND state = ANY(:before::text[])
    RETURNING """
    + REFUND_COLUMNS,
)
# The whole of a late payment goes back: nobody delivers for it.
ADD_LATE_REFUND = Query(
    UUID,
    """
    WITH reserved AS (
        UPDATE payments.payments SET refunded_minor = :minor WHERE id = :payment_id
    ), requested AS (
        INSERT INTO payments.refunds (payment_id, key, kind, amount_minor, requested_at)
        VALUES (:payment_id, :key, 'late payment', :minor, :at)
        RETURNING id
    ), written AS (
        INSERT INTO payments.operations (payment_id, refund_id, kind, key)
        SELECT :payment_id, id, 'refund', 'refund:' || id || ':1' FROM requested
    )
    SELECT id FROM requested
    """,
)
UPSERT_DISPUTE = Query(
    DisputeState,
    """
    INSERT INTO payments.disputes (payment_id, provider_ref, amount_minor, state, reason, due_at, opened_at, closed_at)
    VALUES (:payment_id, :ref, :minor, :state, :reason, :due_at, :at,
            CASE WHEN :state <> 'open' THEN :at::timestamptz END)
    ON CONFLICT (provider_ref) DO UPDATE
       SET state = excluded.state, closed_at = excluded.closed_at, reason = excluded.reason
     WHERE disputes.state = 'open' AND excluded.state <> 'open'
    RETURNING state
    """,
)
# Money that is gone or held back: a dispute that was won returns it.
DISPUTED = Query(
    int,
    """
    UPDATE payments.payments
       SET disputed_minor = least(captured_minor - refunded_minor,
                                  (SELECT coalesce(sum(amount_minor), 0)
                                     FROM payments.disputes WHERE payment_id = :payment_id AND state <> 'won'))
     WHERE id = :payment_id
    RETURNING disputed_minor
    """,
)


def _facts(payment: Payment) -> dict[str, str | int | None]:
    return {
        "payment": str(payment.id),
        "purpose": payment.purpose,
        "method": payment.method,
        "currency": payment.currency,
        "minor": payment.amount_minor,
        "reason": payment.reason,
    }


def clearing(payment: Payment) -> str:
    """Return the account of the rail that the payment came in by."""
    return f"clearing:{payment.method}"


def refund_account(payment: Payment) -> str:
    """Return the account that holds what is on its way back to the payer of an order."""
    return f"refund:{payment.order_ref}"


async def book_charge(conn: Connection, payment: Payment, charge: Charge, at: datetime) -> Payment:
    """Bring a locked payment to where the provider says its charge is, and return it.

    Raises:
        ProviderDisagrees: the charge is another one, or of another sum or currency; nothing was written.
    """
    if charge.amount != payment.amount or payment.provider_ref not in (None, charge.ref):
        raise ProviderDisagrees(f"{charge.ref} of {charge.amount} for payment {payment.id} of {payment.amount}")
    if charge.state is PaymentState.CAPTURED:
        if charge.captured_minor != payment.amount_minor:
            raise ProviderDisagrees(f"{charge.ref} captured {charge.captured_minor} of {payment.amount_minor}")
        if payment.provider_ref is None:
            payment = await NAME_CHARGE.one(conn, payment_id=payment.id, ref=charge.ref)
        return await book_capture(conn, payment, at)
    state = charge.state
    if state is PaymentState.CANCELED and payment.reason == EXPIRED:
        state = PaymentState.EXPIRED
    if state in MOVES[payment.state]:
        return await move_payment(
            conn, payment, state, at=at, ref=charge.ref, action=charge.action, reason=charge.reason
        )
    if payment.provider_ref is None:
        return await NAME_CHARGE.one(conn, payment_id=payment.id, ref=charge.ref)
    return payment


async def move_payment(
    conn: Connection,
    payment: Payment,
    state: PaymentState,
    *,
    at: datetime,
    ref: str | None = None,
    action: Action | None = None,
    reason: str | None = None,
) -> Payment:
    """Move a locked payment to a state without money, and tell of it where that ends it."""
    moved = await MOVE_PAYMENT.one(
        conn,
        payment_id=payment.id,
        state=state,
        before=[before for before, after in MOVES.items() if state in after],
        ref=ref,
        action=None if action is None else _plain(action),
        reason=reason,
        closed=state in CLOSED,
        at=at,
    )
    if state in CLOSED:
        await announce(conn, f"payment.{state}", order=moved.order_ref, facts=_facts(moved), at=at)
    return moved


def _plain(action: Action) -> dict[str, str]:
    words = {"redirect_url": action.redirect_url, "qr_code": action.qr_code, "qr_image": action.qr_image}
    return {name: word for name, word in words.items() if word is not None}


async def book_capture(conn: Connection, payment: Payment, at: datetime) -> Payment:
    """Book the money of a locked payment as come in; of a closed one, send it back. Repeating changes nothing."""
    late = payment.state in CLOSED
    captured = await CAPTURE.maybe(conn, payment_id=payment.id, minor=payment.amount_minor, late=late, at=at)
    if captured is None:
        return payment
    money_in = (clearing(payment), -payment.amount_minor)
    if late:
        await ADD_LATE_REFUND.one(
            conn, payment_id=payment.id, minor=payment.amount_minor, key=f"late:{payment.id}", at=at
        )
        captured = await LOCK_PAYMENT.one(conn, payment_id=payment.id)
        legs = [money_in, (refund_account(payment), payment.amount_minor)]
        key, kind, topic = f"late:{payment.id}", "late payment", "payment.late"
    else:
        legs = [money_in, *await _parts_in(conn, payment.id)]
        key, kind, topic = f"paid:{payment.id}", KINDS[payment.purpose], "payment.captured"
    await post(conn, key=key, kind=kind, order=payment.order_ref, legs=legs, currency=payment.currency, at=at)
    await announce(conn, topic, order=payment.order_ref, facts=_facts(payment), at=at)
    return captured


async def _parts_in(conn: Connection, payment_id: PaymentId) -> list[Leg]:
    parts = await PARTS.all(conn, payment_id=payment_id)
    borne = sum(part.discount_minor for part in parts)
    return [("promotion", -borne), *((f"escrow:{part.name}", part.minor) for part in parts)]


async def book_refund(conn: Connection, payment: Payment, refund: Refund, report: RefundReport, at: datetime) -> Refund:
    """Bring a refund of a locked payment to where the provider says it is, and return it.

    A refund that fails leaves its money in the order's refund account, from where it is sent again or paid by hand.

    Raises:
        ProviderDisagrees: the provider's refund is of another sum or currency; nothing was written.
    """
    if (report.amount.minor, report.amount.currency) != (refund.amount_minor, payment.currency):
        raise ProviderDisagrees(f"{report.ref} of {report.amount} for refund {refund.id} of {refund.amount_minor}")
    if report.state not in REFUND_MOVES[refund.state] or report.state is RefundState.REQUESTED:
        return refund
    moved = await MOVE_REFUND.one(
        conn,
        refund_id=refund.id,
        state=report.state,
        before=[refund.state],
        ref=report.ref,
        reason=report.reason,
        at=at,
    )
    back = refund.amount_minor
    if report.state is RefundState.SUCCEEDED:
        await settle(conn, payment, moved, at=at, account=clearing(payment))
    elif report.state is RefundState.FAILED:
        if refund.state is RefundState.SUCCEEDED:
            legs = [(clearing(payment), -back), (refund_account(payment), back)]
            key, kind = f"refund-returned:{refund.id}:{refund.attempt}", "refund returned"
            await post(conn, key=key, kind=kind, order=payment.order_ref, legs=legs, currency=payment.currency, at=at)
        await announce(conn, "refund.failed", order=payment.order_ref, facts=_refund_facts(moved), at=at)
    return moved


async def settle(conn: Connection, payment: Payment, refund: Refund, *, at: datetime, account: str) -> None:
    """Book a refund as paid out of `account`, and tell of it."""
    await post(
        conn,
        key=f"refunded:{refund.id}:{refund.attempt}",
        kind="refund settled",
        order=payment.order_ref,
        legs=[(refund_account(payment), -refund.amount_minor), (account, refund.amount_minor)],
        currency=payment.currency,
        at=at,
    )
    await announce(conn, "refund.succeeded", order=payment.order_ref, facts=_refund_facts(refund), at=at)


def _refund_facts(refund: Refund) -> dict[str, str | int | None]:
    return {
        "refund": str(refund.id),
        "payment": str(refund.payment_id),
        "key": refund.key,
        "kind": refund.kind,
        "minor": refund.amount_minor,
        "reason": refund.reason,
    }


async def book_refunds(conn: Connection, payment: Payment, reports: list[RefundReport], at: datetime) -> None:
    """Bring every refund of a locked payment to where the provider says it is.

    A refund that was not made by us is left to reconciliation, which shows it as missing here.
    """
    ours = {(refund.id, refund.attempt): refund for refund in await REFUNDS_OF.all(conn, payment_id=payment.id)}
    for report in reports:
        refund = None if report.refund_id is None else ours.get((report.refund_id, report.attempt))
        if refund is not None:
            await book_refund(conn, payment, refund, report, at)


async def book_disputes(conn: Connection, payment: Payment, reports: list[DisputeReport], at: datetime) -> None:
    """Record the disputes over a locked payment: what is disputed can no longer be refunded."""
    for report in reports:
        changed = await UPSERT_DISPUTE.maybe(
            conn,
            payment_id=payment.id,
            ref=report.ref,
            minor=report.amount.minor,
            state=report.state,
            reason=report.reason,
            due_at=report.due_at,
            at=at,
        )
        if changed is not None:
            facts = {"dispute": report.ref, "payment": str(payment.id), "minor": report.amount.minor}
            await announce(conn, f"dispute.{changed}", order=payment.order_ref, facts=facts, at=at)
    if reports:
        await DISPUTED.one(conn, payment_id=payment.id)
