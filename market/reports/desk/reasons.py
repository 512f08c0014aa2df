"""Why less was approved than claimed: what the calculator's `REDUCED` stands for, read off days and steps of a line."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from market.subsidies.words import REASON_NAMES

_REDUCING = frozenset({
    "IN_CURE", "LOST_ELIGIBILITY", "SUSPENDED", "NOT_IN_SNAPSHOT", "NOT_BOUND", "OVER_CHARGE", "OVER_HOUSEHOLD_CAP",
    "ENDED",
})  # fmt: skip
"""The calculator's codes that explain a reduction by themselves."""
_ORDER = {code: at for at, code in enumerate(REASON_NAMES)}

RECKONED: Final = """
           (r.payable_days < :month_days::integer AND r.trace NOT LIKE '%whole month ×%'
            AND r.trace NOT LIKE '%nothing for the month%') AS part_of_month,
           (coalesce(r.claimed_fen, 0) * r.payable_days > (r.entitled_fen + 1) * :month_days::integer) AS above_whole,
           (r.trace LIKE '%: line cap, instead of %') AS capped,
           (r.trace LIKE '%nothing for the month%') AS not_on_first
"""
"""Columns of a row `r` of run_lines for `Reckoned`; the trace is written by market/subsidies/engine/explain.py."""


class Reckoned(Struct, frozen=True, kw_only=True, gc=False):
    """What of a line's days and steps says why it was reduced.

    `above_whole`: the claim is above what the line's days come to for a whole month, by more than the rounding of one
    fen a day can be.
    """

    part_of_month: bool
    above_whole: bool
    capped: bool
    not_on_first: bool


def causes_of(reasons: Sequence[str], reckoned: Reckoned) -> list[str]:
    """Return why a reduced line was reduced, at least one code of `REASON_NAMES`, in their order.

    A code of the calculator that explains it stands alone; else days that are not payable, and a claim above the line's
    cap or above what the terms give.
    """
    said = [reason for reason in reasons if reason in _REDUCING]
    if said:
        return sorted(said, key=_ORDER.__getitem__)
    if reckoned.not_on_first:
        return ["NOT_ON_FIRST"]
    causes = ["PART_OF_MONTH"] if reckoned.part_of_month else []
    if reckoned.above_whole or not causes:
        causes.append("LINE_CAP" if reckoned.capped else "ABOVE_TERMS")
    return causes


def told_reasons(reasons: Sequence[str], reckoned: Reckoned) -> list[str]:
    """Return the reasons of a line as they are told: in the place of `REDUCED` stands why."""
    if "REDUCED" not in reasons:
        return list(reasons)
    causes = causes_of(reasons, reckoned)
    others = [reason for reason in reasons if reason != "REDUCED" and reason not in causes]
    return sorted([*causes, *others], key=_ORDER.__getitem__)


def reason_words(reasons: Sequence[str]) -> str:
    """Say reasons in the words of officials, empty for none."""
    return "、".join(REASON_NAMES[reason] for reason in reasons)
