"""Money as whole numbers of the currency's smallest unit; no float ever touches it."""

from collections.abc import Sequence
from typing import NewType

from msgspec import Struct

Fen = NewType("Fen", int)
"""A sum in fen (0.01 yuan)."""

BASIS = 10_000
"""Basis points in a whole: rates are written `_bp`."""


class Amount(Struct, frozen=True):
    """A sum in minor units of a currency (`Amount(146_00, "CNY")` is 146.00 yuan; yen have no minor unit)."""

    minor: int
    currency: str


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` by `weights` so that the parts sum to it exactly.

    Each part is rounded down; what is left goes, one unit each, to the largest remainders, ties to the earlier
    weight. A negative total is shared as its positive would be, with the sign turned round.

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


def rate_down(amount: int, rate_bp: int) -> int:
    """Return `amount` × `rate_bp`, rounded down: whoever pays the rate gains the fraction."""
    return amount * rate_bp // BASIS


def ratio_half_up(amount: int, numerator: int, denominator: int) -> int:
    """Return `amount` × `numerator` / `denominator` rounded half up; all three are non-negative."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


NO_MINOR = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
"""Currencies whose smallest unit is the whole one; every other here has hundredths. Source: ISO 4217, list one."""


def figure(amount: Amount) -> str:
    """Write a sum as people do, without its currency: `146.00`, and `500` for yen."""
    if amount.currency in NO_MINOR:
        return str(amount.minor)
    return yuan(amount.minor)


def yuan(fen: int) -> str:
    """Write a sum in yuan with two decimals: 1950 is `19.50`, -1221 is `-12.21`."""
    return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else f"-{yuan(-fen)}"
