"""Stripe's wire form: bracketed form fields in, JSON objects and its error body out."""

import re
from typing import Any, cast
from urllib.parse import parse_qsl

type Thing = dict[str, Any]
"""An object as Stripe shapes it."""

MOST_FIELDS = 500


class Refused(Exception):  # noqa: N818 - an answer in Stripe's own form
    """An error answer as Stripe gives it."""

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
        self.error: Thing = {"type": kind, "code": code, "message": message, **more}
        if param is not None:
            self.error["param"] = param


def missing(kind: str, ref: str) -> Refused:
    """Return the answer for an object that does not exist."""
    return Refused(404, "resource_missing", f"No such {kind}: '{ref}'", param="id")


def read_form(body: str) -> Thing:
    """Read `a[b][0]=c` into nested objects; lists are objects with number keys, turned into lists.

    Raises:
        Refused: there are more than 500 fields, or a field is given twice in two shapes.
    """
    tree: Thing = {}
    fields = parse_qsl(body, keep_blank_values=True)
    if len(fields) > MOST_FIELDS:
        raise Refused(400, "parameter_invalid", "Too many parameters.")
    for name, value in fields:
        head, *rest = name.replace("]", "").split("[")
        node, key = tree, head
        for step in rest:
            below = node.setdefault(key, {})
            if not isinstance(below, dict):
                raise Refused(400, "parameter_invalid", f"Invalid parameter: {head}", param=head)
            node, key = cast("Thing", below), step or str(len(cast("Thing", below)))
        node[key] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: object) -> Any:  # noqa: ANN401 - a tree of anything
    if not isinstance(value, dict):
        return value
    below = {name: _lists(each) for name, each in cast("Thing", value).items()}
    return list(below.values()) if below and all(name.isdecimal() for name in below) else below


def known_only(params: Thing, *names: str) -> None:
    """Refuse a parameter that is not among `names`.

    Raises:
        Refused: there is one; `payment_method_types` has an answer of its own, as it was taken out of the interface.
    """
    if "payment_method_types" in params and "payment_method_types" not in names:
        raise Refused(400, "payment_method_types_no_longer_supported", "Use `allowed_payment_method_types`.")
    for name in params:
        if name not in names and name != "expand":
            raise Refused(400, "parameter_unknown", f"Received unknown parameter: {name}", param=name)


def whole(params: Thing, name: str, *, least: int = 1, default: int | None = None) -> int:
    """Read a whole number.

    Raises:
        Refused: it is missing without a default, no whole number, or under `least`.
    """
    word = params.get(name)
    if word is None and default is not None:
        return default
    if not isinstance(word, str) or not word.isdecimal():
        raise Refused(400, "parameter_invalid_integer", f"Invalid integer: {word}", param=name)
    if int(word) < least:
        raise Refused(400, "amount_too_small", f"{name} must be at least {least}.", param=name)
    return int(word)


def page(url: str, things: list[Thing], params: Thing) -> Thing:
    """Return one page of a list, newest first, as Stripe pages: `limit` and `starting_after`."""
    limit = min(whole(params, "limit", default=10), 100)
    after = params.get("starting_after")
    if after is not None:
        at = next((place for place, each in enumerate(things) if each["id"] == after), None)
        if at is None:
            raise missing("object", str(after))
        things = things[at + 1 :]
    return {"object": "list", "url": url, "data": things[:limit], "has_more": len(things) > limit}


def currency_of(params: Thing) -> str:
    """Read a currency in lower case.

    Raises:
        Refused: it is missing, or no three small letters.
    """
    currency = params.get("currency")
    if not isinstance(currency, str) or not re.fullmatch(r"[a-z]{3}", currency):
        raise Refused(400, "parameter_missing", "A currency in lower case is needed.", param="currency")
    return currency
