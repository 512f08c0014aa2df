"""Disputes that payers open at their bank."""

from payments.sandbox.refunds import get_charge
from payments.sandbox.state import SandboxState, current_time
from payments.sandbox.wire import JsonObject

OPEN_STATUSES = {"needs_response", "warning_needs_response"}


def open_dispute(state: SandboxState, ref: str, amount: int | None = None, *, inquiry: bool = False) -> JsonObject:
    """Open a dispute of the payer over an intent, or an inquiry, which takes no money."""
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
        "status": "warning_needs_response" if inquiry else "needs_response",
        "evidence_details": {"due_by": current_time() + 7 * 86_400, "has_evidence": False, "submission_count": 0},
        "metadata": {},
    }
    state.objects["disputes"][dispute["id"]] = dispute
    if not inquiry:
        state.add_balance_transaction("adjustment", dispute, -dispute["amount"])
    state.add_event("charge.dispute.created", dispute)
    return dispute


def close_dispute(state: SandboxState, ref: str, status: str) -> JsonObject:
    """Close an open dispute as `won` or `lost`, an inquiry as `warning_closed`; a closed one does not change.

    A charge can be refunded again once none of its disputes is open or lost.
    """
    dispute = state.get("disputes", ref)
    if dispute["status"] in OPEN_STATUSES:
        inquiry, dispute["status"] = dispute["status"] == "warning_needs_response", status
        if status == "won" and not inquiry:
            state.add_balance_transaction("adjustment", dispute, dispute["amount"])
        others = [each for each in state.objects["disputes"].values() if each["charge"] == dispute["charge"]]
        state.get("charges", dispute["charge"])["disputed"] = any(
            each["status"] in {*OPEN_STATUSES, "lost"} for each in others
        )
        state.add_event("charge.dispute.closed", dispute)
    return dispute
