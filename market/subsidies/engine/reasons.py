"""Why a line's figure is what it is: the reason codes, in the order of the rulebook."""

from collections.abc import Iterator
from itertools import pairwise

from market.subsidies.engine.days import Month, leave_out, overlap
from market.subsidies.engine.entitle import Entitlement
from market.subsidies.engine.fund import Funding
from market.subsidies.engine.idle import is_never_used
from market.subsidies.engine.models import Line, Reason
from market.subsidies.engine.standing import Standing, during, spans_of


def find_reasons(entitlement: Entitlement, funding: Funding, month: Month) -> tuple[Reason, ...]:
    """Return every reason that applies to the line, in order."""
    standing = entitlement.standing
    reasons = set(_of_days(standing, month))
    line = standing.line
    if line.claimed_fen is not None:
        reasons.add(Reason.REDUCED if funding.match.over_fen else Reason.MATCHED)
    if not line.in_snapshot:
        reasons.add(Reason.NOT_IN_SNAPSHOT)
    if line.claimed_fen is not None and line.claimed_fen > _highest_charge(line, month):
        reasons.add(Reason.OVER_CHARGE)
    if any(portion.scale is not None for portion in entitlement.portions):
        reasons.add(Reason.OVER_HOUSEHOLD_CAP)
    if funding.funded_fen < funding.match.approved_fen:
        reasons.add(Reason.UNFUNDED)
    return tuple(sorted(reasons, key=_ORDER.__getitem__))


_ORDER = {reason: at for at, reason in enumerate(Reason)}


def _of_days(standing: Standing, month: Month) -> Iterator[Reason]:
    """Yield the reasons that lie in the line's days; a removed day is bound all the same."""
    whole = [(month.first, month.end)]
    bound = overlap(standing.bindings, whole)
    silence = standing.silence
    if bound:
        if standing.programme.idle is not None and is_never_used(standing.bindings, standing.used_on, month):
            yield Reason.NO_USAGE_YET
        if silence.in_cure:
            yield Reason.IN_CURE
        if leave_out(bound, spans_of(standing.line.households)):
            yield Reason.LOST_ELIGIBILITY
    elif not standing.bindings or standing.bindings[0][0] >= month.end:
        yield Reason.NOT_BOUND
    if overlap([(end, start) for (_, end), (start, _) in pairwise(standing.bindings)], whole):
        yield Reason.SUSPENDED
    if silence.removed_on is not None or (standing.bindings and standing.bindings[-1][1] < month.end):
        yield Reason.ENDED


def _highest_charge(line: Line, month: Month) -> int:
    """Return the highest charge in force on a day of the month; where there is none, nothing can be claimed of it."""
    return max((charge.monthly_fen for _, _, charge in during(month.first, month.end, line.charges)), default=0)
