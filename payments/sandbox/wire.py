"""Stripe's wire format: bracketed form fields in, JSON objects and error bodies out."""

import re
from typing import Any, cast
from urllib.parse import parse_qsl

type JsonObject = dict[str, Any]
"""An object in Stripe's shape."""

MAX_FIELDS = 500


class ApiError(Exception):
    """An error response in Stripe's format."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: JsonObject = {"type": kind, "code": code, "message": message, **more}
        if param is not None:
            self.error["param"] = param


def build_not_found(kind: str, ref: str) -> ApiError:
    """Return the error for an object that does not exist."""
    return ApiError(404, "resource_missing", f"No such {kind}: '{ref}'", param="id")


def read_form(body: str) -> JsonObject:
    """Parse `a[b][0]=c` into nested objects and lists.

    Raises:
        ApiError: there are more than 500 fields, or a field has two shapes.
    """
    tree: JsonObject = {}
    fields = parse_qsl(body, keep_blank_values=True)
    if len(fields) > MAX_FIELDS:
        raise ApiError(400, "parameter_invalid", "Too many parameters.")
    for name, value in fields:
        head, *rest = name.replace("]", "").split("[")
        node, key = tree, head
        for step in rest:
            below = node.setdefault(key, {})
            if not isinstance(below, dict):
                raise ApiError(400, "parameter_invalid", f"Invalid parameter: {head}", param=head)
            node, key = cast("JsonObject", below), step or str(len(cast("JsonObject", below)))
        node[key] = value
    return {name: _convert_lists(value) for name, value in tree.items()}


def _convert_lists(value: object) -> Any:
    if not isinstance(value, dict):
        return value
    below = {name: _convert_lists(each) for name, each in cast("JsonObject", value).items()}
    return list(below.values()) if below and all(name.isdecimal() for name in below) else below


def reject_unknown(params: JsonObject, *names: str) -> None:
    """Reject parameters that are not among `names`.

    Raises:
        ApiError: there is one; `payment_method_types`, which Stripe removed, has its own code.
    """
    if "payment_method_types" in params and "payment_method_types" not in names:
        raise ApiError(400, "payment_method_types_no_longer_supported", "Use `allowed_payment_method_types`.")
    for name in params:
        if name not in names and name != "expand":
            raise ApiError(400, "parameter_unknown", f"Received unknown parameter: {name}", param=name)


def read_integer(params: JsonObject, name: str, *, minimum: int = 1, default: int | None = None) -> int:
    """Read an integer.

    Raises:
        ApiError: it is missing without a default, not an integer, or less than `minimum`.
    """
    text = params.get(name)
    if text is None and default is not None:
        return default
    if not isinstance(text, str) or not text.isdecimal():
        raise ApiError(400, "parameter_invalid_integer", f"Invalid integer: {text}", param=name)
    if int(text) < minimum:
        raise ApiError(400, "amount_too_small", f"{name} must be at least {minimum}.", param=name)
    return int(text)


def paginate(url: str, objects: list[JsonObject], params: JsonObject) -> JsonObject:
    """Return one page of a list by Stripe's `limit` and `starting_after`."""
    limit = min(read_integer(params, "limit", default=10), 100)
    after = params.get("starting_after")
    if after is not None:
        index = next((i for i, each in enumerate(objects) if each["id"] == after), None)
        if index is None:
            raise build_not_found("object", str(after))
        objects = objects[index + 1 :]
    return {"object": "list", "url": url, "data": objects[:limit], "has_more": len(objects) > limit}


def read_currency(params: JsonObject) -> str:
    """Read a currency code in lower case.

    Raises:
        ApiError: it is missing or not three small letters.
    """
    currency = params.get("currency")
    if not isinstance(currency, str) or not re.fullmatch(r"[a-z]{3}", currency):
        raise ApiError(400, "parameter_missing", "A currency in lower case is needed.", param="currency")
    return currency
