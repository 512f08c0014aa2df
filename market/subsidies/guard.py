"""What must be right before a month can be calculated: every payable day has a charge and terms."""

from collections.abc import Iterator

from market.kernel import FieldFault
from market.subsidies.engine import Case, Line
from market.subsidies.engine.days import Month, Span, leave_out, name_day, overlap, read_month
from market.subsidies.engine.standing import spans_of
from market.subsidies.models import CaseFaulty

_MOST = 1_000


def refuse_faults(case: Case) -> None:
    """Let pass a case that the calculator can read; the database holds everything but these.

    Raises:
        CaseFaulty: a bound day with a household has no charge or no terms, or a correction takes a charge or a claim
            below zero; each line is named.
    """
    month = read_month(case.month)
    assert month is not None, "the month was written here"  # noqa: S101
    terms = {programme.code: spans_of(programme.terms) for programme in case.programmes}
    faults = [fault for line in case.lines for fault in _faults_of(line, terms, month)]
    if faults:
        raise CaseFaulty(month=case.month, count=len(faults), errors=tuple(faults[:_MOST]))


def _faults_of(line: Line, terms: dict[str, list[Span]], month: Month) -> Iterator[FieldFault]:
    if line.claimed_fen is not None and line.claimed_fen < 0:
        yield FieldFault(line.id, "冲正后的申请金额低于零")
    if any(charge.monthly_fen < 0 for charge in line.charges):
        yield FieldFault(line.id, "冲正后的月费低于零")
    if not line.in_snapshot or not line.households:
        return
    days = overlap(spans_of(line.active), [(month.first, month.end)])
    if len(line.charges) == 1 == len(line.households) and days:
        # By far the most: one charge for all of the days that the line is bound.
        covered = spans_of(line.charges)[0]
        low, high = days[0][0], days[-1][1]
        begins, ends = terms[line.programme][0]
        if covered[0] <= low and high <= covered[1] and begins <= low and high <= ends:
            return
    days = overlap(days, spans_of(line.households))
    for bare, message in (
        (leave_out(days, spans_of(line.charges)), "没有套餐月费"),
        (leave_out(days, terms[line.programme]), "没有补贴标准"),
    ):
        if bare:
            yield FieldFault(line.id, f"{name_day(bare[0][0])} 起{message}")
