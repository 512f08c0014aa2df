"""The calculation of a month: from a valid case to its answer, purely and deterministically."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.subsidies.engine.answer import Answer, AnswerLine, Totals
from market.subsidies.engine.canonical import hash_case, hash_result
from market.subsidies.engine.coverage import Coverage, CoverageCache
from market.subsidies.engine.days import ServiceMonth, read_month
from market.subsidies.engine.entitle import Entitlement, compute_entitlements
from market.subsidies.engine.explain import explain_en
from market.subsidies.engine.fund import Funding, compute_fundings
from market.subsidies.engine.idle import is_never_used
from market.subsidies.engine.models import Case, Funder
from market.subsidies.engine.reasons import CauseCode, ReasonCode, find_causes, find_reasons
from market.subsidies.engine.steps import Step
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
    coverages = CoverageCache(month)
    entitlements = compute_entitlements([coverages.get(line, programmes[line.programme]) for line in case.lines], month)
    fundings = compute_fundings(entitlements, tiers, budget_fen=case.budget_fen, month=month)
    explanations = _ExplanationCache(month)
    lines = tuple(
        _build_line(entitlement, funding, explanations.get(entitlement, funding))
        for entitlement, funding in zip(entitlements, fundings, strict=True)
    )
    totals = _add_up(lines)
    return Answer(case.month, hash_case(case), hash_result(lines, totals), lines, totals)


class _Explanation(Struct, frozen=True, gc=False, kw_only=True):
    """Why a line gets its sums."""

    reasons: tuple[ReasonCode, ...]
    causes: tuple[ReasonCode | CauseCode, ...]
    steps: tuple[Step, ...]
    trace: tuple[str, ...]


class _ExplanationCache:
    """Explains lines, each explanation once for all lines with the same facts, which most lines of a county share."""

    def __init__(self, month: ServiceMonth) -> None:
        self._month = month
        self._known: dict[tuple[object, ...], _Explanation] = {}

    def get(self, entitlement: Entitlement, funding: Funding) -> _Explanation:
        """Return the explanation. Lines that a household's cap scaled are explained each by itself."""
        if entitlement.group is not None:
            return _explain(entitlement, funding, self._month)
        key = self._build_key(entitlement, funding)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _explain(entitlement, funding, self._month)
        return known

    def _build_key(self, entitlement: Entitlement, funding: Funding) -> tuple[object, ...]:
        """Return everything that explains a line that no cap scaled.

        Of the bindings only the days in the month count, and whether there are days before or after it. Rates, tiers
        and funders are identified by their objects, which live as long as the calculation.
        """
        coverage = entitlement.coverage
        line, before, end = coverage.line, self._month.first - 1, self._month.end
        return (
            coverage.programme.code,
            line.in_snapshot,
            line.claimed_fen,
            line.settled_fen,
            line.charges,
            tuple([(max(low, before), min(high, end)) for low, high in coverage.bindings]),
            tuple(coverage.without_household),
            *(self._list_idleness(coverage) if coverage.programme.idle is not None else ()),
            tuple([(portion.start, portion.end, id(portion.span.rate)) for portion in entitlement.portions]),
            coverage.payable_days,
            entitlement.numerator,
            entitlement.denominator,
            funding.public_fen,
            id(funding.tier),
            id(funding.funders),
        )

    def _list_idleness(self, coverage: Coverage) -> tuple[object, ...]:
        idleness = coverage.idleness
        return (
            tuple(idleness.in_cure),
            tuple(idleness.removed),
            tuple(idleness.notices),
            idleness.removed_on,
            is_never_used(coverage.bindings, coverage.used_on, self._month),
        )


def _explain(entitlement: Entitlement, funding: Funding, month: ServiceMonth) -> _Explanation:
    reasons = find_reasons(entitlement, funding, month)
    steps = tuple(list_steps(entitlement, funding, month))
    return _Explanation(
        reasons=reasons,
        causes=find_causes(entitlement, reasons, month) if funding.match.over_fen else (),
        steps=steps,
        trace=tuple(map(explain_en, steps)),
    )


def _build_line(entitlement: Entitlement, funding: Funding, explanation: _Explanation) -> AnswerLine:
    coverage, match = entitlement.coverage, funding.match
    line, removed_on = coverage.line, coverage.idleness.removed_on
    funded = funding.funded_fen
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
        reasons=explanation.reasons,
        removed_on=None if removed_on is None else date.fromordinal(removed_on),
        trace=explanation.trace,
        causes=explanation.causes,
        payable_days=coverage.payable_days,
        payable_households=tuple(dict.fromkeys(span.household for span in coverage.spans)),
        steps=explanation.steps,
    )


def _add_up(lines: Sequence[AnswerLine]) -> Totals:
    shares: Counter[Funder] = Counter()
    for line in lines:
        for funder, fen in line.shares.items():
            shares[funder] += fen
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
