"""What goes out again: refunds, disputes, transfers; and the statement of all that moved."""

from typing import Any

from payments.sandbox.wire import Refused, Thing, currency_of, known_only, page, whole
from payments.sandbox.world import World, now


def create_refund(world: World, params: Thing) -> Thing:
    """Give back all of a charge or a part of it, never more than is left."""
    known_only(params, "payment_intent", "charge", "amount", "metadata", "reason")
    charge = _charge_of(world, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = whole(params, "amount", default=left)
    if charge["disputed"]:
        raise Refused(400, "charge_disputed", "The charge is disputed.")
    if left == 0:
        raise Refused(400, "charge_already_refunded", "The charge has already been refunded.")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Refused(400, "amount_too_large", message, param="amount")
    refund: Thing = {
        "id": world.id("re"),
        "object": "refund",
        "amount": amount,
        "currency": charge["currency"],
        "created": now(),
        "charge": charge["id"],
        "payment_intent": charge["payment_intent"],
        "metadata": params.get("metadata", {}),
        "reason": params.get("reason"),
        "status": "succeeded",
        "destination_details": {"type": charge["payment_method_details"]["type"]},
    }
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    world.things["refunds"][refund["id"]] = refund
    world.move("refund", refund, -amount)
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge)
    return refund


def _charge_of(world: World, params: Thing) -> Thing:
    if "charge" in params:
        return world.get("charges", params["charge"])
    intent = world.get("intents", str(params.get("payment_intent")))
    if intent["latest_charge"] is None:
        raise Refused(400, "charge_not_captured", "The PaymentIntent has no successful charge to refund.")
    return world.get("charges", intent["latest_charge"])


def set_refund(world: World, ref: str, status: str, reason: str | None = None) -> Thing:
    """Let a refund become pending, succeed, or come back from the payer's bank (`failed`)."""
    refund = world.get("refunds", ref)
    if status == "failed" and refund["status"] != "failed":
        charge = world.get("charges", refund["charge"])
        charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
        refund["failure_reason"] = reason or "expired_or_canceled_card"
        world.move("refund_failure", refund, refund["amount"])
    refund["status"] = status
    world.emit("refund.failed" if status == "failed" else "refund.updated", refund)
    return refund


def open_dispute(world: World, ref: str, amount: int | None = None) -> Thing:
    """Let the payer of an intent dispute it at their bank."""
    charge = _charge_of(world, {"payment_intent": ref})
    charge["disputed"] = True
    dispute: Thing = {
        "id": world.id("dp"),
        "object": "dispute",
        "amount": amount or charge["amount_captured"],
        "currency": charge["currency"],
        "created": now(),
        "charge": charge["id"],
        "payment_intent": ref,
        "reason": "product_not_received",
        "status": "needs_response",
        "evidence_details": {"due_by": now() + 7 * 86_400, "has_evidence": False, "submission_count": 0},
        "metadata": {},
    }
    world.things["disputes"][dispute["id"]] = dispute
    world.move("adjustment", dispute, -dispute["amount"])
    world.emit("charge.dispute.created", dispute)
    return dispute


def close_dispute(world: World, ref: str, status: str) -> Thing:
    """Let a dispute be `won` by us or `lost`."""
    dispute = world.get("disputes", ref)
    if dispute["status"] == "needs_response":
        dispute["status"] = status
        if status == "won":
            world.move("adjustment", dispute, dispute["amount"])
        world.emit("charge.dispute.closed", dispute)
    return dispute


def create_transfer(world: World, params: Thing) -> Thing:
    """Hand money on to a connected account, never more of a charge than it brought."""
    known_only(params, "amount", "currency", "destination", "source_transaction", "transfer_group", "metadata")
    amount, currency, source = whole(params, "amount"), currency_of(params), params.get("source_transaction")
    if source is not None:
        given = sum(
            each["amount"] for each in world.things["transfers"].values() if each["source_transaction"] == source
        )
        if amount > world.get("charges", source)["amount_captured"] - given:
            raise Refused(400, "insufficient_funds", "More than the charge has left.", param="amount")
    transfer: Thing = {
        "id": world.id("tr"),
        "object": "transfer",
        "amount": amount,
        "currency": currency,
        "created": now(),
        "destination": params.get("destination"),
        "source_transaction": source,
        "transfer_group": params.get("transfer_group"),
        "metadata": params.get("metadata", {}),
        "reversed": False,
    }
    world.things["transfers"][transfer["id"]] = transfer
    world.move("transfer", transfer, -amount)
    return transfer


def statement(world: World, params: Thing) -> Thing:
    """List balance transactions of an interval, each with its source where that is asked for."""
    created: dict[str, Any] = params.get("created", {})
    since, until = int(created.get("gte", 0)), int(created.get("lt", 1 << 62))
    listed = page(
        "/v1/balance_transactions",
        world.newest("moved", lambda each: since <= each["created"] < until),
        params,
    )
    if "data.source" in params.get("expand", []):
        listed["data"] = [{**each, "source": _source(world, each["source"])} for each in listed["data"]]
    return listed


def _source(world: World, ref: str) -> Thing:
    return next(things[ref] for things in world.things.values() if ref in things)
