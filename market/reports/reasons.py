"""The reasons of a line for officials, with the causes of a reduction instead of `REDUCED`."""

from collections.abc import Sequence

from market.subsidies.engine.reasons import REASON_NAMES

_ORDER = {code: at for at, code in enumerate(REASON_NAMES)}


def expand_reasons(reasons: Sequence[str], causes: Sequence[str]) -> list[str]:
    """Return the reasons of a line, with its causes instead of `REDUCED`, in the order of `REASON_NAMES`."""
    if not causes:
        return list(reasons)
    others = [reason for reason in reasons if reason != "REDUCED" and reason not in causes]
    return sorted([*causes, *others], key=_ORDER.__getitem__)


def describe_reasons(reasons: Sequence[str]) -> str:
    """Return reasons in Chinese, as officials read them, or an empty text."""
    return "、".join(REASON_NAMES[reason] for reason in reasons)
