"""The list of balance transactions."""

from typing import Any

from payments.sandbox.state import SandboxState
from payments.sandbox.wire import JsonObject, paginate


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
