"""Read Stripe's objects into the reports of the port."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from payments.models import (
    STRIPE_METHODS,
    Action,
    DisputeState,
    PaymentId,
    PaymentState,
    PayoutId,
    PayoutState,
    RefundId,
    RefundState,
)
from payments.money import Amount
from payments.port import AccountReport, Charge, DisputeReport, PayoutReport, RefundReport, StatementLine

if TYPE_CHECKING:
    import stripe

_STATES = {
    "requires_payment_method": PaymentState.FAILED,
    "requires_confirmation": PaymentState.CREATED,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORIZED,
    "canceled": PaymentState.CANCELED,
    "succeeded": PaymentState.CAPTURED,
}
_REFUND_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
# An inquiry (`warning_…`) is open like a dispute; one that is closed or prevented took no money.
_DISPUTE_STATES = {
    "won": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
    "lost": DisputeState.LOST,
}
_PAYOUT_STATES = {
    "pending": PayoutState.IN_TRANSIT,
    "in_transit": PayoutState.IN_TRANSIT,
    "paid": PayoutState.PAID,
    "failed": PayoutState.FAILED,
    "canceled": PayoutState.FAILED,
}
_LINE_KINDS = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "refund_failure",
    "adjustment": "dispute",
    "transfer": "payout",
    "transfer_refund": "payout",
}


def _read_metadata(obj: "stripe.StripeObject", name: str) -> str | None:
    metadata = cast("dict[str, str] | None", obj.to_dict().get("metadata"))
    return None if metadata is None else metadata.get(name)


def _parse_uuid(text: str | None) -> UUID | None:
    """Return our id from metadata, or None: anyone with access to the account can write it."""
    try:
        return None if text is None else UUID(text)
    except ValueError:
        return None


def read_charge(intent: "stripe.PaymentIntent") -> Charge:
    """Return a payment intent as a charge."""
    payment_id = _parse_uuid(_read_metadata(intent, "payment"))
    error = intent.last_payment_error
    return Charge(
        ref=intent.id,
        payment_id=None if payment_id is None else PaymentId(payment_id),
        state=_STATES[intent.status],
        amount=Amount(intent.amount, intent.currency.upper()),
        captured_minor=intent.amount_received or 0,
        action=_read_action(intent),
        reason=None if error is None else error.code or error.type,
        method=_read_method(intent.payment_method_types),
    )


def _read_method(types: list[str]) -> str:
    """Return our method of a charge that could be paid in one way, or `other`."""
    return STRIPE_METHODS.get(types[0], "other") if len(types) == 1 else "other"


def _read_action(intent: "stripe.PaymentIntent") -> Action | None:
    action = intent.next_action
    if action is None:
        return None
    if action.type == "wechat_pay_display_qr_code" and action.wechat_pay_display_qr_code is not None:
        code = action.wechat_pay_display_qr_code
        return Action(redirect_url=code.hosted_instructions_url, qr_code=code.data, qr_image=code.image_data_url)
    if action.type == "alipay_handle_redirect" and action.alipay_handle_redirect is not None:
        return Action(redirect_url=action.alipay_handle_redirect.url)
    return None


def read_refund(refund: "stripe.Refund") -> RefundReport:
    """Return a refund as a report."""
    refund_id = _parse_uuid(_read_metadata(refund, "refund"))
    return RefundReport(
        ref=refund.id,
        refund_id=None if refund_id is None else RefundId(refund_id),
        attempt=_read_attempt(refund),
        state=_REFUND_STATES[refund.status or "pending"],
        amount=Amount(refund.amount, refund.currency.upper()),
        reason=refund.to_dict().get("failure_reason"),
    )


def _read_attempt(refund: "stripe.StripeObject") -> int:
    text = _read_metadata(refund, "attempt") or "1"
    return int(text) if text.isdecimal() else 0


def read_dispute(charge_ref: str, dispute: "stripe.Dispute") -> DisputeReport:
    """Return a dispute, or an inquiry, of a charge as a report."""
    state = _DISPUTE_STATES.get(dispute.status, DisputeState.OPEN)
    due = dispute.evidence_details.due_by
    return DisputeReport(
        ref=dispute.id,
        charge_ref=charge_ref,
        state=state,
        amount=Amount(dispute.amount, dispute.currency.upper()),
        reason=dispute.reason,
        due_at=None if due is None else datetime.fromtimestamp(due, UTC),
    )


def read_account(account: "stripe.Account") -> AccountReport:
    """Return a connected account as a report."""
    problems = account.requirements
    return AccountReport(
        ref=account.id,
        verified=bool(account.payouts_enabled),
        reason=None if problems is None else problems.disabled_reason,
    )


def read_payout_id(obj: "stripe.StripeObject") -> PayoutId | None:
    """Return the id of our payout that a payout, a transfer or a reversal belongs to."""
    payout_id = _parse_uuid(_read_metadata(obj, "payout"))
    return None if payout_id is None else PayoutId(payout_id)


def read_payout(payout: "stripe.Payout") -> PayoutReport:
    """Return a payout of a connected account as a report."""
    return PayoutReport(
        ref=payout.id,
        payout_id=read_payout_id(payout),
        state=_PAYOUT_STATES[payout.status],
        amount=Amount(payout.amount, payout.currency.upper()),
        reason=payout.failure_code,
    )


def read_transfer_ref(payout: "stripe.Payout") -> str:
    """Return the reference of the transfer that brought a payout's money to the connected account."""
    return _read_metadata(payout, "transfer") or ""


def read_statement_line(transaction: "stripe.BalanceTransaction") -> StatementLine:
    """Return a balance transaction as a line of the statement, in the currency of its source."""
    from stripe import StripeObject

    source = transaction.source
    obj = source if isinstance(source, StripeObject) else None
    payment_id = None if obj is None else _parse_uuid(_read_metadata(obj, "payment"))
    refund_id = None if obj is None else _parse_uuid(_read_metadata(obj, "refund"))
    payout_id = None if obj is None else read_payout_id(obj)
    details: dict[str, Any] = {} if obj is None else obj.to_dict()
    method_details = cast(
        "dict[str, Any] | None", details.get("payment_method_details") or details.get("destination_details")
    )
    is_dispute = details.get("object") == "dispute"
    kind = _LINE_KINDS.get(transaction.type, "other")
    return StatementLine(
        ref=transaction.id,
        kind="other" if (kind == "dispute" and not is_dispute) or (kind == "payout" and payout_id is None) else kind,
        amount=_read_line_amount(transaction, details),
        fee=Amount(transaction.fee, transaction.currency.upper()),
        method=STRIPE_METHODS.get(str((method_details or {}).get("type")), "other"),
        payment_id=None if payment_id is None else PaymentId(payment_id),
        refund_id=None if refund_id is None else RefundId(refund_id),
        attempt=1 if obj is None else _read_attempt(obj),
        dispute_ref=str(details["id"]) if is_dispute else None,
        charge_ref=details.get("payment_intent"),
        payout_id=payout_id,
    )


def _read_line_amount(transaction: "stripe.BalanceTransaction", source: dict[str, Any]) -> Amount:
    """Return the amount of the source in its own currency: the transaction's is in the currency of settlement."""
    minor = source.get("amount_captured") or source.get("amount")
    if minor is None or "currency" not in source:
        return Amount(transaction.amount, transaction.currency.upper())
    return Amount(int(minor) if transaction.amount >= 0 else -int(minor), str(source["currency"]).upper())
