"""Money as integers of the currency's smallest unit, never as floats."""

import re
from collections.abc import Sequence
from typing import NewType

from msgspec import Struct

Fen = NewType("Fen", int)
"""An amount in fen (0.01 yuan)."""

BASIS_POINTS = 10_000
"""Basis points in a whole: rates are written `_bp`."""


class Amount(Struct, frozen=True):
    """An amount in minor units of a currency: `Amount(146_00, "CNY")` is 146.00 yuan; yen have no minor unit."""

    minor: int
    currency: str


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`; the parts sum to it exactly.

    Each part is rounded down; the remaining units go, one each, to the largest remainders, ties to the earlier weight.
    A negative total is split like its absolute value, with the sign reversed.

    Raises:
        ValueError: a weight is negative, or all of them are zero while the total is not.
    """
    if total < 0:
        return [-part for part in split(-total, weights)]
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and total):
        raise ValueError("weights must be non-negative and not all zero")
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def apply_rate(amount: int, rate_bp: int) -> int:
    """Return `amount` × `rate_bp`, rounded down in favour of the payer of the rate."""
    return amount * rate_bp // BASIS_POINTS


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return a non-negative fraction rounded half up: the receiver gains the half."""
    return (2 * numerator + denominator) // (2 * denominator)


ZERO_DECIMAL_CURRENCIES = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
"""Currencies without a minor unit; all others here have hundredths. Source: ISO 4217, list one."""
_YUAN = re.compile(r"-?(?:[0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,2})?")


def format_amount(amount: Amount) -> str:
    """Return an amount as text without its currency: `146.00`, and `500` for yen."""
    if amount.currency in ZERO_DECIMAL_CURRENCIES:
        return str(amount.minor)
    return format_yuan(amount.minor)


def format_yuan(fen: int) -> str:
    """Return an amount in yuan with two decimals: 1950 is `19.50`, -1221 is `-12.21`."""
    return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else f"-{format_yuan(-fen)}"


def parse_yuan(text: str) -> Fen | None:
    """Return an amount in yuan as fen, None if the text is no amount: `19.5`, `-12.21` or `1,234.50`.

    The whole part has at most ten digits, without separators or with all of them; at most two decimals follow.
    """
    if _YUAN.fullmatch(text) is None:
        return None
    whole, _, part = text.removeprefix("-").replace(",", "").partition(".")
    fen = int(whole) * 100 + int(part.ljust(2, "0"))
    return Fen(-fen if text.startswith("-") else fen)


def format_percent(rate_bp: int) -> str:
    """Return a rate in per cent without trailing zeros: 5000 is `50%`, 1250 is `12.5%`, 3333 is `33.33%`."""
    return f"{format_yuan(rate_bp).rstrip('0').rstrip('.')}%"


def parse_percent(text: str) -> int | None:
    """Return a rate in per cent, `12.5%` or `12.5`, in basis points; None if the text is no rate."""
    # Per cent and yuan both have hundredths.
    return parse_yuan(text.removesuffix("%"))
