"""Parse JSON text; duplicate keys and numbers that are not integers remain detectable."""

import json

from market.subsidies.engine.models import BadCase, CaseFault

MAX_BYTES = 1 << 30
"""The maximum size of a case in bytes; a large county has 20 MB."""
_MAX_INTEGER_DIGITS = 20
"""The maximum number of digits that are parsed: one more than valid numbers have, so that larger ones stay invalid."""


class DuplicateKeyObject(dict[str, object]):
    """An object with duplicate keys: the last value of each, and the keys."""

    keys_given_twice: tuple[str, ...] = ()


def parse_json(source: bytes | str) -> object:
    """Parse a JSON text, with or without a byte-order mark.

    Objects with duplicate keys are `DuplicateKeyObject`; NaN, Infinity and numbers with a point or an exponent are
    floats, which no field of the contract accepts.

    Raises:
        BadCase: the text is not UTF-8, not JSON, too large or nested too deeply.
    """
    if len(source) > MAX_BYTES:
        raise _make_fault(f"must be at most {MAX_BYTES} bytes, not {len(source)}")
    try:
        text = source if isinstance(source, str) else source.decode()
    except UnicodeDecodeError as error:
        raise _make_fault(f"must be UTF-8: byte {error.start} is not") from None
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_build_object, parse_int=_parse_integer)
    except json.JSONDecodeError as error:
        raise _make_fault(f"must be JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _make_fault("must be JSON of a case: nested too deeply") from None


def _make_fault(message: str) -> BadCase:
    return BadCase([CaseFault("$", message)])


def _parse_integer(digits: str) -> int:
    return int(digits[:_MAX_INTEGER_DIGITS])


def _build_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for key, _ in pairs:
        if key in seen:
            twice[key] = None
        seen.add(key)
    doubled = DuplicateKeyObject(values)
    doubled.keys_given_twice = tuple(twice)
    return doubled
