"""Why a line's figure is what it is: the reason codes, in the order of the rulebook."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from market.subsidies.engine.coverage import Coverage, clip_items
from market.subsidies.engine.days import ServiceMonth, intersect
from market.subsidies.engine.entitle import Entitlement
from market.subsidies.engine.fund import Funding
from market.subsidies.engine.idle import is_never_used
from market.subsidies.engine.models import CaseLine, CauseCode, Proration, ReasonCode
from market.subsidies.engine.steps import LineCapStep

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
    """Return why less was approved than claimed, at least one code.

    A reason code that explains it stands alone; otherwise unpayable days, and a claim above the line cap or above what
    the terms give.
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
    # By more than the rounding of one fen, scaled up from the payable days to the whole month.
    above_month = (coverage.line.claimed_fen or 0) * days > (entitlement.entitled_fen + 1) * month.days
    if part_of_month and not above_month:
        return (CauseCode.PART_OF_MONTH,)
    capped = any(isinstance(step, LineCapStep) for portion in portions for step in portion.span.rate.steps)
    above = CauseCode.LINE_CAP if capped else CauseCode.ABOVE_TERMS
    return (CauseCode.PART_OF_MONTH, above) if part_of_month else (above,)


def _list_day_reasons(coverage: Coverage, month: ServiceMonth) -> Iterator[ReasonCode]:
    """Yield the reasons found in the days of the line; a day after its removal is still bound."""
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
    """Return the highest charge in force on a day of the month, 0 without any."""
    return max((charge.monthly_fen for _, _, charge in clip_items(month.first, month.end, line.charges)), default=0)
