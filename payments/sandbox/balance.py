"""Transfers to connected accounts, and the list of balance transactions."""

from typing import Any

from payments.sandbox.state import SandboxState, current_time
from payments.sandbox.wire import ApiError, JsonObject, paginate, read_currency, read_integer, reject_unknown


def create_transfer(state: SandboxState, params: JsonObject) -> JsonObject:
    """Transfer money to a connected account, at most what its source charge brought in."""
    reject_unknown(params, "amount", "currency", "destination", "source_transaction", "transfer_group", "metadata")
    amount, currency, source = read_integer(params, "amount"), read_currency(params), params.get("source_transaction")
    if source is not None:
        transferred = sum(
            each["amount"] for each in state.objects["transfers"].values() if each["source_transaction"] == source
        )
        if amount > state.get("charges", source)["amount_captured"] - transferred:
            raise ApiError(400, "insufficient_funds", "More than the charge has left.", param="amount")
    transfer: JsonObject = {
        "id": state.next_id("tr"),
        "object": "transfer",
        "amount": amount,
        "currency": currency,
        "created": current_time(),
        "destination": params.get("destination"),
        "source_transaction": source,
        "transfer_group": params.get("transfer_group"),
        "metadata": params.get("metadata", {}),
        "reversed": False,
    }
    state.objects["transfers"][transfer["id"]] = transfer
    state.add_balance_transaction("transfer", transfer, -amount)
    return transfer


def list_balance_transactions(state: SandboxState, params: JsonObject) -> JsonObject:
    """List the balance transactions of an interval, with their sources if `expand` requests them."""
    created: dict[str, Any] = params.get("created", {})
    since, until = int(created.get("gte", 0)), int(created.get("lt", 1 << 62))
    listed = paginate(
        "/v1/balance_transactions",
        state.list_newest("balance_transactions", lambda each: since <= each["created"] < until),
        params,
    )
    if "data.source" in params.get("expand", []):
        listed["data"] = [{**each, "source": _find_source(state, each["source"])} for each in listed["data"]]
    return listed


def _find_source(state: SandboxState, ref: str) -> JsonObject:
    return next(objects[ref] for objects in state.objects.values() if ref in objects)
