"""Validate a month's case before it is calculated: every payable day has a charge and terms."""

from collections.abc import Iterator

from market.kernel import FieldFault
from market.subsidies.engine.coverage import to_spans
from market.subsidies.engine.days import ServiceMonth, Span, format_day, intersect, read_month, subtract
from market.subsidies.engine.models import Case, CaseLine
from market.subsidies.models import CaseInvalid

_MAX_FAULTS = 1_000


def validate_case(case: Case) -> None:
    """Require a case that the calculator accepts; the schema guarantees everything else.

    Raises:
        CaseInvalid: a bound day with a household has no charge or no terms, or a correction reduces a charge or a claim
            below zero; each line is listed.
    """
    month = read_month(case.month)
    assert month is not None, "the month was written here"
    terms = {programme.code: to_spans(programme.terms) for programme in case.programmes}
    faults: list[FieldFault] = []
    sound: set[tuple[object, ...]] = set()
    for line in case.lines:
        # Everything that can make a fault, but not the household itself.
        days = [(each.start, each.until) for each in line.households]
        claimed = line.claimed_fen is not None and line.claimed_fen < 0
        key = (line.programme, line.in_snapshot, line.active, line.charges, claimed, *days)
        if key not in sound:
            own = list(_list_faults(line, terms, month))
            if own:
                faults += own
            else:
                sound.add(key)
    if faults:
        raise CaseInvalid(month=case.month, count=len(faults), errors=tuple(faults[:_MAX_FAULTS]))


def _list_faults(line: CaseLine, terms: dict[str, list[Span]], month: ServiceMonth) -> Iterator[FieldFault]:
    if line.claimed_fen is not None and line.claimed_fen < 0:
        yield FieldFault(line.id, "冲正后的申请金额低于零")
    if any(charge.monthly_fen < 0 for charge in line.charges):
        yield FieldFault(line.id, "冲正后的月费低于零")
    if not line.in_snapshot or not line.households:
        return
    days = intersect(to_spans(line.active), [(month.first, month.end)])
    days = intersect(days, to_spans(line.households))
    for bare, message in (
        (subtract(days, to_spans(line.charges)), "没有套餐月费"),
        (subtract(days, terms[line.programme]), "没有补贴标准"),
    ):
        if bare:
            yield FieldFault(line.id, f"{format_day(bare[0][0])} 起{message}")
