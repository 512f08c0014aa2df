"""The reason codes of a line's amount, in the order of the rulebook."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

from market.subsidies.engine.coverage import Coverage, clip_items
from market.subsidies.engine.days import ServiceMonth, intersect
from market.subsidies.engine.entitle import Entitlement
from market.subsidies.engine.fund import Funding
from market.subsidies.engine.idle import is_never_used
from market.subsidies.engine.models import CaseLine, Proration
from market.subsidies.engine.steps import LineCapStep


class ReasonCode(StrEnum):
    """The reasons for a line's amount, in the order in which they are listed."""

    MATCHED = "MATCHED"
    REDUCED = "REDUCED"
    NO_USAGE_YET = "NO_USAGE_YET"
    IN_CURE = "IN_CURE"
    LOST_ELIGIBILITY = "LOST_ELIGIBILITY"
    SUSPENDED = "SUSPENDED"
    NOT_IN_SNAPSHOT = "NOT_IN_SNAPSHOT"
    NOT_BOUND = "NOT_BOUND"
    OVER_CHARGE = "OVER_CHARGE"
    DUPLICATE_OPERATOR = "DUPLICATE_OPERATOR"
    OVER_HOUSEHOLD_CAP = "OVER_HOUSEHOLD_CAP"
    UNFUNDED = "UNFUNDED"
    ENDED = "ENDED"


class CauseCode(StrEnum):
    """Causes of `REDUCED` that no reason code states.

    `PART_OF_MONTH`: not every day of the month is payable. `NOT_ON_FIRST`: not payable on the 1st, without proration.
    `LINE_CAP`, `ABOVE_TERMS`: the claim is above the line cap, or above the amount under the terms.
    """

    PART_OF_MONTH = "PART_OF_MONTH"
    NOT_ON_FIRST = "NOT_ON_FIRST"
    LINE_CAP = "LINE_CAP"
    ABOVE_TERMS = "ABOVE_TERMS"


REASON_NAMES: dict[str, str] = {
    ReasonCode.MATCHED: "一致",
    ReasonCode.REDUCED: "申请多于应补",
    CauseCode.PART_OF_MONTH: "不满整月，只补可享受的天数",
    CauseCode.NOT_ON_FIRST: "当月 1 日不能享受，整月不补",
    CauseCode.LINE_CAP: "超过每条业务每月上限",
    CauseCode.ABOVE_TERMS: "申请高于按标准应补的数",
    ReasonCode.NO_USAGE_YET: "尚无使用记录",
    ReasonCode.IN_CURE: "闲置宽限期内不补",
    ReasonCode.LOST_ELIGIBILITY: "已失去享受条件",
    ReasonCode.SUSPENDED: "停机期间不补",
    ReasonCode.NOT_IN_SNAPSHOT: "不在当月名单",
    ReasonCode.NOT_BOUND: "号码未绑定",
    ReasonCode.OVER_CHARGE: "申请超过套餐月费",
    ReasonCode.DUPLICATE_OPERATOR: "一户两家运营商",
    ReasonCode.OVER_HOUSEHOLD_CAP: "超过每户每月上限",
    ReasonCode.UNFUNDED: "预算不足待安排",
    ReasonCode.ENDED: "已销户或移出",
}
"""Reason and cause codes of the engine in Chinese, in the order in which they are listed."""

_ORDER = {reason: at for at, reason in enumerate(ReasonCode)}
_REDUCING = frozenset({
    ReasonCode.IN_CURE, ReasonCode.LOST_ELIGIBILITY, ReasonCode.SUSPENDED, ReasonCode.NOT_IN_SNAPSHOT,
    ReasonCode.NOT_BOUND, ReasonCode.OVER_CHARGE, ReasonCode.OVER_HOUSEHOLD_CAP, ReasonCode.ENDED,
})  # fmt: skip
"""The reason codes that explain a reduction by themselves."""


def find_reasons(entitlement: Entitlement, funding: Funding, month: ServiceMonth) -> tuple[ReasonCode, ...]:
    """Return every reason that applies to the line, in order."""
    coverage = entitlement.coverage
    reasons = set(_list_day_reasons(coverage, month))
    line = coverage.line
    if line.claimed_fen is not None:
        reasons.add(ReasonCode.REDUCED if funding.match.over_fen else ReasonCode.MATCHED)
    if not line.in_snapshot:
        reasons.add(ReasonCode.NOT_IN_SNAPSHOT)
    if line.claimed_fen is not None and line.claimed_fen > _find_highest_charge(line, month):
        reasons.add(ReasonCode.OVER_CHARGE)
    if any(portion.scale is not None for portion in entitlement.portions):
        reasons.add(ReasonCode.OVER_HOUSEHOLD_CAP)
    if funding.funded_fen < funding.match.approved_fen:
        reasons.add(ReasonCode.UNFUNDED)
    return tuple(sorted(reasons, key=_ORDER.__getitem__))


def find_causes(
    entitlement: Entitlement, reasons: Sequence[ReasonCode], month: ServiceMonth
) -> tuple[ReasonCode | CauseCode, ...]:
    """Return at least one cause why less was approved than claimed.

    A reason code that explains it is the only cause; otherwise the causes are unpayable days, and a claim above the
    line cap or above the amount under the terms.
    """
    known = tuple(reason for reason in reasons if reason in _REDUCING)
    if known:
        return known
    coverage, portions = entitlement.coverage, entitlement.portions
    daily = coverage.programme.proration is Proration.DAILY
    if not daily and not portions:
        return (CauseCode.NOT_ON_FIRST,)
    days = coverage.payable_days
    part_of_month = daily and days < month.days
    # Above by more than the rounding of one fen, scaled from the payable days to the whole month.
    above_month = (coverage.line.claimed_fen or 0) * days > (entitlement.entitled_fen + 1) * month.days
    if part_of_month and not above_month:
        return (CauseCode.PART_OF_MONTH,)
    capped = any(isinstance(step, LineCapStep) for portion in portions for step in portion.span.rate.steps)
    above = CauseCode.LINE_CAP if capped else CauseCode.ABOVE_TERMS
    return (CauseCode.PART_OF_MONTH, above) if part_of_month else (above,)


def _list_day_reasons(coverage: Coverage, month: ServiceMonth) -> Iterator[ReasonCode]:
    """Yield the reasons that follow from the days of the line; days after its removal are still bound."""
    idleness = coverage.idleness
    if coverage.bound:
        if coverage.programme.idle is not None and is_never_used(coverage.bindings, coverage.used_on, month):
            yield ReasonCode.NO_USAGE_YET
        if idleness.in_cure:
            yield ReasonCode.IN_CURE
        if coverage.without_household:
            yield ReasonCode.LOST_ELIGIBILITY
    elif not coverage.bindings or coverage.bindings[0][0] >= month.end:
        yield ReasonCode.NOT_BOUND
    gaps = [(end, start) for (_, end), (start, _) in pairwise(coverage.bindings)]
    if intersect(gaps, [(month.first, month.end)]):
        yield ReasonCode.SUSPENDED
    if idleness.removed_on is not None or (coverage.bindings and coverage.bindings[-1][1] < month.end):
        yield ReasonCode.ENDED


def _find_highest_charge(line: CaseLine, month: ServiceMonth) -> int:
    """Return the highest charge in force on a day of the month, or 0."""
    return max((charge.monthly_fen for _, _, charge in clip_items(month.first, month.end, line.charges)), default=0)
