"""Disputes that payers open at their bank."""

from payments.sandbox.refunds import get_charge
from payments.sandbox.state import SandboxState, current_time
from payments.sandbox.wire import JsonObject


def open_dispute(state: SandboxState, ref: str, amount: int | None = None) -> JsonObject:
    """Open a dispute of the payer over an intent."""
    charge = get_charge(state, {"payment_intent": ref})
    charge["disputed"] = True
    dispute: JsonObject = {
        "id": state.next_id("dp"),
        "object": "dispute",
        "amount": amount or charge["amount_captured"],
        "currency": charge["currency"],
        "created": current_time(),
        "charge": charge["id"],
        "payment_intent": ref,
        "reason": "product_not_received",
        "status": "needs_response",
        "evidence_details": {"due_by": current_time() + 7 * 86_400, "has_evidence": False, "submission_count": 0},
        "metadata": {},
    }
    state.objects["disputes"][dispute["id"]] = dispute
    state.add_balance_transaction("adjustment", dispute, -dispute["amount"])
    state.add_event("charge.dispute.created", dispute)
    return dispute


def close_dispute(state: SandboxState, ref: str, status: str) -> JsonObject:
    """Close an open dispute as `won` or `lost`; a closed one does not change."""
    dispute = state.get("disputes", ref)
    if dispute["status"] == "needs_response":
        dispute["status"] = status
        if status == "won":
            state.add_balance_transaction("adjustment", dispute, dispute["amount"])
        state.add_event("charge.dispute.closed", dispute)
    return dispute
