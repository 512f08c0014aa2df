"""Refunds of charges."""

from payments.sandbox.state import SandboxState, current_time
from payments.sandbox.wire import ApiError, JsonObject, read_integer, reject_unknown


def create_refund(state: SandboxState, params: JsonObject) -> JsonObject:
    """Refund a charge in full or in part, at most its unrefunded amount."""
    reject_unknown(params, "payment_intent", "charge", "amount", "metadata", "reason")
    charge = get_charge(state, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = read_integer(params, "amount", default=left)
    if charge["disputed"]:
        raise ApiError(400, "charge_disputed", "The charge is disputed.")
    if left == 0:
        raise ApiError(400, "charge_already_refunded", "The charge has already been refunded.")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise ApiError(400, "amount_too_large", message, param="amount")
    refund = add_refund(
        state,
        charge,
        ref=state.next_id("re"),
        amount=amount,
        metadata=params.get("metadata", {}),
        reason=params.get("reason"),
        created=current_time(),
    )
    state.add_event("refund.created", refund)
    state.add_event("charge.refunded", charge)
    return refund


def add_refund(
    state: SandboxState,
    charge: JsonObject,
    *,
    ref: str,
    amount: int,
    metadata: JsonObject,
    reason: str | None = None,
    created: int,
) -> JsonObject:
    """Add a refund that succeeded, without an event."""
    refund: JsonObject = {
        "id": ref,
        "object": "refund",
        "amount": amount,
        "currency": charge["currency"],
        "created": created,
        "charge": charge["id"],
        "payment_intent": charge["payment_intent"],
        "metadata": metadata,
        "reason": reason,
        "status": "succeeded",
        "destination_details": {"type": charge["payment_method_details"]["type"]},
    }
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    state.objects["refunds"][refund["id"]] = refund
    state.add_balance_transaction("refund", refund, -amount, created=created)
    return refund


def get_charge(state: SandboxState, params: JsonObject) -> JsonObject:
    """Return the charge that a request names, directly or by its intent.

    Raises:
        ApiError: it does not exist, or the intent has no charge.
    """
    if "charge" in params:
        return state.get("charges", params["charge"])
    intent = state.get("intents", str(params.get("payment_intent")))
    if intent["latest_charge"] is None:
        raise ApiError(400, "charge_not_captured", "The PaymentIntent has no successful charge to refund.")
    return state.get("charges", intent["latest_charge"])


def set_refund_status(state: SandboxState, ref: str, status: str, reason: str | None = None) -> JsonObject:
    """Set a refund's status; `failed` means that the payer's bank returned it."""
    refund = state.get("refunds", ref)
    if status == "failed" and refund["status"] != "failed":
        charge = state.get("charges", refund["charge"])
        charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
        refund["failure_reason"] = reason or "expired_or_canceled_card"
        state.add_balance_transaction("refund_failure", refund, refund["amount"])
    refund["status"] = status
    state.add_event("refund.failed" if status == "failed" else "refund.updated", refund)
    return refund
