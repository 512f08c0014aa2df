"""The month's calculation, from a case without fault to the answer: pure, the same for the same case."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from market.subsidies.engine.amounts import Rates
from market.subsidies.engine.canonical import hash_case, hash_result
from market.subsidies.engine.days import Month, read_month
from market.subsidies.engine.entitle import Entitlement, entitle
from market.subsidies.engine.explain import explain
from market.subsidies.engine.fund import Funding, fund
from market.subsidies.engine.models import Answer, AnswerLine, Case, Funder, Totals
from market.subsidies.engine.reasons import find_reasons
from market.subsidies.engine.standing import stand
from payments.money import Fen


def calculate(case: Case) -> Answer:
    """Return what each line of the month gets, who bears it and why.

    The case comes from `read_case` or `check_case`: it has no fault, and its lists are in one order. Sums are fen;
    each line's entitlement is rounded once (R1).
    """
    month = read_month(case.month)
    assert month is not None, "only a read case is calculated"  # noqa: S101
    programmes = {programme.code: programme for programme in case.programmes}
    tiers = {household.id: household.tier for household in case.households}
    rates = Rates()
    entitlements = entitle([stand(line, programmes[line.programme], month, rates) for line in case.lines], month)
    fundings = fund(entitlements, tiers, budget_fen=case.budget_fen, month=month)
    lines = tuple(
        _answer_line(entitlement, funding, month) for entitlement, funding in zip(entitlements, fundings, strict=True)
    )
    totals = _add_up(lines)
    return Answer(case.month, hash_case(case), hash_result(lines, totals), lines, totals)


def _answer_line(entitlement: Entitlement, funding: Funding, month: Month) -> AnswerLine:
    line = entitlement.standing.line
    removed_on = entitlement.standing.silence.removed_on
    funded = funding.funded_fen
    return AnswerLine(
        id=line.id,
        entitled_fen=entitlement.entitled_fen,
        funded_fen=funded,
        approved_fen=funding.match.approved_fen,
        over_fen=funding.match.over_fen,
        under_fen=funding.match.under_fen,
        conceded_fen=funding.conceded_fen,
        public_fen=funding.public_fen,
        shares=funding.shares,
        adjustment_fen=None if line.settled_fen is None else Fen(funded - line.settled_fen),
        reasons=find_reasons(entitlement, funding, month),
        removed_on=None if removed_on is None else date.fromordinal(removed_on),
        trace=tuple(explain(entitlement, funding, month)),
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
