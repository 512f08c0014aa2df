"""The calculation of a month: from a valid case to its answer, purely and deterministically."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from market.subsidies.engine.answer import Answer, AnswerLine, Totals
from market.subsidies.engine.canonical import canonical_json, hash_shared_result
from market.subsidies.engine.coverage import CoverageGroups, clip_bindings
from market.subsidies.engine.days import ServiceMonth, read_month
from market.subsidies.engine.entitle import Entitlement, compute_entitlements
from market.subsidies.engine.explain import explain_en
from market.subsidies.engine.fund import Funding, compute_fundings
from market.subsidies.engine.idle import list_idleness
from market.subsidies.engine.models import Case, CaseLine, Funder
from market.subsidies.engine.reasons import CauseCode, ReasonCode, find_causes, find_reasons
from market.subsidies.engine.steps import Step
from market.subsidies.engine.trace import list_steps
from payments.money import Fen


def calculate(case: Case, *, case_json: bytes | None = None) -> Answer:
    """Return what each line gets for the month, who bears it and why.

    The case comes from `read_case` or `check_case`, so it is valid and its lists are sorted. Sums are in fen; the
    entitlement of each line is rounded once (R1). `case_json` is the case's canonical JSON, where it is known.
    """
    month = read_month(case.month)
    assert month is not None, "the case was not read by read_case or check_case"
    programmes = {programme.code: programme for programme in case.programmes}
    tiers = {household.id: household.tier for household in case.households}
    groups = CoverageGroups(month)
    for line in case.lines:
        groups.add(line, programmes[line.programme])
    entitlements = compute_entitlements(groups.coverages, month)
    fundings = compute_fundings(
        entitlements, case.lines, groups.numbers, tiers, budget_fen=case.budget_fen, month=month
    )
    explanations = _ExplanationCache(month)
    shared: list[AnswerLine] = []
    for number, funding in zip(fundings.entitlements, fundings.found, strict=True):
        entitlement = entitlements[number]
        shared.append(_build_line(entitlement, funding, explanations.get(entitlement, funding)))
    totals = _add_up(shared, fundings.numbers)
    manifest = sha256(canonical_json(case) if case_json is None else case_json).hexdigest()
    result = hash_shared_result([line.id for line in case.lines], shared, fundings.numbers, totals)
    lines = [_name_line(shared[number], line) for number, line in zip(fundings.numbers, case.lines, strict=True)]
    return Answer(case.month, manifest, result, tuple(lines), totals, tuple(fundings.numbers))


def _name_line(answer: AnswerLine, line: CaseLine) -> AnswerLine:
    """Return the answer that a line shares, with its own id and household; `answer` itself is the first line's."""
    if answer.id == line.id:
        return answer
    households = (line.households[0].household,) if answer.payable_households else ()
    return replace(answer, id=line.id, payable_households=households)


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
        line = coverage.line
        return (
            coverage.programme.code,
            line.in_snapshot,
            line.claimed_fen,
            line.settled_fen,
            line.charges,
            clip_bindings(coverage.bindings, self._month),
            tuple(coverage.without_household),
            *(
                list_idleness(coverage.idleness, coverage.bindings, coverage.used_on, self._month)
                if coverage.programme.idle is not None
                else ()
            ),
            tuple([(portion.start, portion.end, id(portion.span.rate)) for portion in entitlement.portions]),
            coverage.payable_days,
            entitlement.numerator,
            entitlement.denominator,
            funding.public_fen,
            id(funding.tier),
            id(funding.funders),
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


def _add_up(shared: Sequence[AnswerLine], numbers: Iterable[int]) -> Totals:
    """Return the sums of all lines, each of which has the answer of its number."""
    counts = Counter(numbers)
    lines = [counts[number] for number in range(len(shared))]
    shares: Counter[Funder] = Counter()
    for count, answer in zip(lines, shared, strict=True):
        for funder, fen in answer.shares.items():
            shares[funder] += count * fen
    return Totals(
        shares={funder: Fen(shares[funder]) for funder in Funder if funder in shares},
        **{
            name: Fen(sum(count * (getattr(answer, name) or 0) for count, answer in zip(lines, shared, strict=True)))
            for name in _SUMS
        },
    )


def add_totals(some: Totals, others: Totals) -> Totals:
    """Return the sums of two answers together."""
    funders = [funder for funder in Funder if funder in some.shares or funder in others.shares]
    return Totals(
        shares={funder: Fen(some.shares.get(funder, 0) + others.shares.get(funder, 0)) for funder in funders},
        **{name: Fen(getattr(some, name) + getattr(others, name)) for name in _SUMS},
    )


_SUMS = tuple(name for name in Totals.__struct_fields__ if name != "shares")
