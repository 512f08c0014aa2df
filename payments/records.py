"""Booking the provider's state of a payment: the state change, the ledger and the event, in one transaction.

Every function expects the payment's row to be locked. Repeated and late reports change nothing, in any order.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from payments.errors import ChargeMismatch, PartsDoNotSumToAmount
from payments.ledger.journal import Leg, post
from payments.models import (
    CAPTURE_KINDS,
    CLOSED_STATES,
    PAYMENT_TRANSITIONS,
    Action,
    Method,
    Part,
    Payment,
    PaymentId,
    PaymentState,
)
from payments.money import Amount
from payments.outbox import publish_event
from payments.port import Charge
from payments.sql import Connection, Query

EXPIRED = "expired"
"""The close reason that turns `canceled` into `expired`."""

PAYMENT_COLUMNS = (
    "id, order_ref, purpose, method, provider_ref, currency, amount_minor, captured_minor, refunded_minor, "
    "disputed_minor, state, return_url, action, reason, opened_at, expires_at, captured_at, closed_at"
)


MAX_PARTS = 100
_CURRENCY = re.compile("[A-Z]{3}")
_ORDER = re.compile(r"[^\s\0]{1,90}")
_PART = re.compile(r"[^\s\0]{1,100}")

LOCK_PAYMENT = Query(
    Payment, "SELECT " + PAYMENT_COLUMNS + " FROM {schema}.payments WHERE id = :payment_id FOR NO KEY UPDATE"
)
LIST_PARTS = Query(
    Part, "SELECT name, minor, discount_minor FROM {schema}.parts WHERE payment_id = :payment_id ORDER BY seq"
)
# A payment that the provider knows is polled if no webhook reports its end. Nobody follows the action of an ended one.
UPDATE_PAYMENT_STATE = Query(
    Payment,
    """
    UPDATE {schema}.payments
       SET state = :state, provider_ref = coalesce(:ref, provider_ref),
           action = CASE WHEN NOT :closed THEN coalesce(:action, action) END,
           return_url = CASE WHEN NOT :closed THEN return_url END, reason = coalesce(:reason, reason),
           closed_at = CASE WHEN :closed THEN :at::timestamptz END,
           poll_at = CASE WHEN NOT :closed THEN coalesce(poll_at, clock_timestamp() + interval '2 minutes') END
     WHERE id = :payment_id AND state = ANY(:before::text[])
    RETURNING """
    + PAYMENT_COLUMNS,
)
SET_PROVIDER_REF = Query(
    Payment,
    """
    UPDATE {schema}.payments
       SET provider_ref = :ref,
           poll_at = CASE WHEN closed_at IS NULL THEN coalesce(poll_at, clock_timestamp() + interval '2 minutes') END
     WHERE id = :payment_id AND provider_ref IS NULL
    RETURNING """
    + PAYMENT_COLUMNS,
)
MARK_CAPTURED = Query(
    Payment,
    """
    UPDATE {schema}.payments
       SET state = CASE WHEN :late THEN state ELSE 'captured' END, captured_minor = :minor, captured_at = :at,
           action = NULL, return_url = NULL, poll_at = NULL
     WHERE id = :payment_id AND captured_minor = 0
    RETURNING """
    + PAYMENT_COLUMNS,
)
# A late payment is refunded in full, because its order is no longer fulfilled; a bank transfer is returned by hand.
INSERT_LATE_REFUND = Query(
    UUID,
    """
    WITH reserved AS (
        UPDATE {schema}.payments SET refunded_minor = :minor WHERE id = :payment_id
    ), requested AS (
        INSERT INTO {schema}.refunds (payment_id, key, kind, amount_minor, requested_at)
        VALUES (:payment_id, :key, 'late payment', :minor, :at)
        RETURNING id
    ), written AS (
        INSERT INTO {schema}.operations (payment_id, refund_id, kind, key)
        SELECT :payment_id, id, 'refund', 'refund:' || id || ':1' FROM requested WHERE NOT :by_hand
    )
    SELECT id FROM requested
    """,
)
GET_REFUNDABLE_AMOUNT = Query(
    int,
    """
    SELECT coalesce(sum(captured_minor - refunded_minor - disputed_minor), 0)::bigint
      FROM {schema}.payments WHERE order_ref = :order AND state = 'captured'
    """,
)


def _build_payment_facts(payment: Payment) -> dict[str, str | int | None]:
    return {
        "payment": str(payment.id),
        "purpose": payment.purpose,
        "method": payment.method,
        "currency": payment.currency,
        "minor": payment.amount_minor,
        "reason": payment.reason,
    }


def get_clearing_account(payment: Payment) -> str:
    """Return the clearing account of the payment's method."""
    return f"clearing:{payment.method}"


def get_refund_account(payment: Payment) -> str:
    """Return the account that holds refunds of an order until they succeed."""
    return f"refund:{payment.order_ref}"


async def book_charge(conn: Connection, payment: Payment, charge: Charge, at: datetime) -> Payment:
    """Book the provider's state of a locked payment's charge, and return the payment.

    Raises:
        ChargeMismatch: the charge, its amount or its currency differ from the payment's; nothing was written.
    """
    if charge.amount != payment.amount or payment.provider_ref not in (None, charge.ref):
        raise ChargeMismatch(f"{charge.ref} of {charge.amount} for payment {payment.id} of {payment.amount}")
    if charge.state is PaymentState.CAPTURED:
        if charge.captured_minor != payment.amount_minor:
            raise ChargeMismatch(f"{charge.ref} captured {charge.captured_minor} of {payment.amount_minor}")
        if payment.provider_ref is None:
            payment = await SET_PROVIDER_REF.one(conn, payment_id=payment.id, ref=charge.ref)
        return await book_capture(conn, payment, at)
    state = charge.state
    if state is PaymentState.CANCELED and payment.reason == EXPIRED:
        state = PaymentState.EXPIRED
    if state in PAYMENT_TRANSITIONS[payment.state]:
        return await transition_payment(
            conn, payment, state, at=at, ref=charge.ref, action=charge.action, reason=charge.reason
        )
    if payment.provider_ref is None:
        return await SET_PROVIDER_REF.one(conn, payment_id=payment.id, ref=charge.ref)
    return payment


async def transition_payment(
    conn: Connection,
    payment: Payment,
    state: PaymentState,
    *,
    at: datetime,
    ref: str | None = None,
    action: Action | None = None,
    reason: str | None = None,
) -> Payment:
    """Set the state of a locked payment without money; publish an event if that closes it."""
    updated = await UPDATE_PAYMENT_STATE.one(
        conn,
        payment_id=payment.id,
        state=state,
        before=[before for before, after in PAYMENT_TRANSITIONS.items() if state in after],
        ref=ref,
        action=None if action is None else msgspec.to_builtins(action),
        reason=reason,
        closed=state in CLOSED_STATES,
        at=at,
    )
    if state in CLOSED_STATES:
        await publish_event(
            conn, f"payment.{state}", order=updated.order_ref, facts=_build_payment_facts(updated), at=at
        )
    return updated


async def book_capture(conn: Connection, payment: Payment, at: datetime) -> Payment:
    """Book the money of a locked payment, and refund it if the payment is closed. Repeating changes nothing."""
    late = payment.state in CLOSED_STATES
    captured = await MARK_CAPTURED.maybe(conn, payment_id=payment.id, minor=payment.amount_minor, late=late, at=at)
    if captured is None:
        return payment
    clearing_leg = (get_clearing_account(payment), -payment.amount_minor)
    if late:
        await INSERT_LATE_REFUND.one(
            conn,
            payment_id=payment.id,
            minor=payment.amount_minor,
            key=f"late:{payment.id}",
            by_hand=payment.method is Method.BANK,
            at=at,
        )
        captured = await LOCK_PAYMENT.one(conn, payment_id=payment.id)
        legs = [clearing_leg, (get_refund_account(payment), payment.amount_minor)]
        key, kind, topic = f"late:{payment.id}", "late payment", "payment.late"
    else:
        legs = [clearing_leg, *await build_capture_legs(conn, payment.id)]
        key, kind, topic = f"paid:{payment.id}", CAPTURE_KINDS[payment.purpose], "payment.captured"
    await post(conn, key=key, kind=kind, order=payment.order_ref, legs=legs, currency=payment.currency, at=at)
    await publish_event(conn, topic, order=payment.order_ref, facts=_build_payment_facts(payment), at=at)
    return captured


def check_opening(order: str, amount: Amount, parts: Sequence[Part]) -> None:
    """Require that a payment can be opened, and booked once it is paid.

    Raises:
        PartsDoNotSumToAmount: the sum differs, or there are no parts, more than 100, or two of one name.
        ValueError: the order's reference or a part's name is empty, too long or has a space, the currency is no code of
            three capital letters, the amount or a part is not above 0, or a discount is not from 0 to its part.
    """
    parts_minor = sum(part.minor - part.discount_minor for part in parts)
    names = {part.name for part in parts}
    if parts_minor != amount.minor or not 0 < len(parts) <= MAX_PARTS or len(names) != len(parts):
        raise PartsDoNotSumToAmount(parts_minor=parts_minor, amount_minor=amount.minor)
    if not _ORDER.fullmatch(order) or not _CURRENCY.fullmatch(amount.currency) or amount.minor <= 0:
        raise ValueError(f"not a payment: order {order!r}, {amount}")
    for part in parts:
        if not _PART.fullmatch(part.name) or not 0 <= part.discount_minor <= part.minor or part.minor <= 0:
            raise ValueError(f"not a part: {part}")


async def build_capture_legs(conn: Connection, payment_id: PaymentId) -> list[Leg]:
    """Return the legs that a payment's capture adds: to the escrow of each part, and the discounts from `promotion`."""
    parts = await LIST_PARTS.all(conn, payment_id=payment_id)
    discount = sum(part.discount_minor for part in parts)
    return [("promotion", -discount), *((f"escrow:{part.name}", part.minor) for part in parts)]
