"""JSON text to plain values, keeping what is not plain: a key given twice, a number that is no integer."""

import json

from market.subsidies.engine.models import BadCase, Fault

MAX_BYTES = 1 << 30
"""The largest case in bytes; a large county's is 20 MB."""
_LONGEST_INTEGER = 20
"""Digits that are read of an integer: one more than any number of the contract has, so that it stays too large."""


class Doubled(dict[str, object]):
    """An object in which a key was given more than once: the last value of each, and the keys."""

    keys_given_twice: tuple[str, ...] = ()


def parse(source: bytes | str) -> object:
    """Return the values of a JSON text; a byte-order mark is passed over.

    Objects with a key given twice are `Doubled`; NaN, Infinity and numbers with a point or an exponent are floats,
    which no field of the contract takes.

    Raises:
        BadCase: not UTF-8, not JSON, too large or nested too deeply.
    """
    if len(source) > MAX_BYTES:
        raise _refused(f"must be at most {MAX_BYTES} bytes, not {len(source)}")
    try:
        text = source if isinstance(source, str) else source.decode()
    except UnicodeDecodeError as error:
        raise _refused(f"must be UTF-8: byte {error.start} is not") from None
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_pairs, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise _refused(f"must be JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _refused("must be JSON of a case: nested too deeply") from None


def _refused(message: str) -> BadCase:
    return BadCase([Fault("$", message)])


def _integer(digits: str) -> int:
    return int(digits[:_LONGEST_INTEGER])


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for key, _ in pairs:
        if key in seen:
            twice[key] = None
        seen.add(key)
    doubled = Doubled(values)
    doubled.keys_given_twice = tuple(twice)
    return doubled
