"""The calculation of a month: from a valid case to its answer, purely and deterministically."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from market.subsidies.engine.amounts import RateCache
from market.subsidies.engine.answer import Answer, AnswerLine, Totals
from market.subsidies.engine.canonical import hash_case, hash_result
from market.subsidies.engine.coverage import compute_coverage
from market.subsidies.engine.days import ServiceMonth, read_month
from market.subsidies.engine.entitle import Entitlement, compute_entitlements
from market.subsidies.engine.explain import explain_en
from market.subsidies.engine.fund import Funding, compute_fundings
from market.subsidies.engine.models import Case, Funder
from market.subsidies.engine.reasons import find_causes, find_reasons
from market.subsidies.engine.trace import list_steps
from payments.money import Fen


def calculate(case: Case) -> Answer:
    """Return what each line gets for the month, who bears it and why.

    The case comes from `read_case` or `check_case`, so it is valid and its lists are sorted. Sums are in fen; the
    entitlement of each line is rounded once (R1).
    """
    month = read_month(case.month)
    assert month is not None, "the case was not read by read_case or check_case"
    programmes = {programme.code: programme for programme in case.programmes}
    tiers = {household.id: household.tier for household in case.households}
    rates = RateCache()
    entitlements = compute_entitlements(
        [compute_coverage(line, programmes[line.programme], month, rates) for line in case.lines], month
    )
    fundings = compute_fundings(entitlements, tiers, budget_fen=case.budget_fen, month=month)
    lines = tuple(
        _build_line(entitlement, funding, month) for entitlement, funding in zip(entitlements, fundings, strict=True)
    )
    totals = _add_up(lines)
    return Answer(case.month, hash_case(case), hash_result(lines, totals), lines, totals)


def _build_line(entitlement: Entitlement, funding: Funding, month: ServiceMonth) -> AnswerLine:
    coverage, match = entitlement.coverage, funding.match
    line, removed_on = coverage.line, coverage.idleness.removed_on
    funded = funding.funded_fen
    reasons = find_reasons(entitlement, funding, month)
    steps = tuple(list_steps(entitlement, funding, month))
    return AnswerLine(
        id=line.id,
        entitled_fen=entitlement.entitled_fen,
        funded_fen=funded,
        approved_fen=match.approved_fen,
        over_fen=match.over_fen,
        under_fen=match.under_fen,
        conceded_fen=funding.conceded_fen,
        public_fen=funding.public_fen,
        shares=funding.shares,
        adjustment_fen=None if line.settled_fen is None else Fen(funded - line.settled_fen),
        reasons=reasons,
        removed_on=None if removed_on is None else date.fromordinal(removed_on),
        trace=tuple(map(explain_en, steps)),
        causes=find_causes(entitlement, reasons, month) if match.over_fen else (),
        payable_days=coverage.payable_days,
        payable_households=tuple(dict.fromkeys(span.household for span in coverage.spans)),
        steps=steps,
    )


def _add_up(lines: Sequence[AnswerLine]) -> Totals:
    shares: Counter[Funder] = Counter()
    for line in lines:
        shares.update(line.shares)
    return Totals(
        entitled_fen=Fen(sum(line.entitled_fen for line in lines)),
        funded_fen=Fen(sum(line.funded_fen for line in lines)),
        approved_fen=Fen(sum(line.approved_fen for line in lines)),
        over_fen=Fen(sum(line.over_fen for line in lines)),
        under_fen=Fen(sum(line.under_fen for line in lines)),
        conceded_fen=Fen(sum(line.conceded_fen for line in lines)),
        public_fen=Fen(sum(line.public_fen for line in lines)),
        shares={funder: Fen(shares[funder]) for funder in Funder if funder in shares},
        adjustment_fen=Fen(sum(line.adjustment_fen or 0 for line in lines)),
    )
