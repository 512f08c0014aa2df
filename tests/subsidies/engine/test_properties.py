"""Properties that hold for every case, on random cases."""

import json
from copy import deepcopy
from fractions import Fraction
from math import ceil, floor

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from market.subsidies.engine.amounts import RateCache
from market.subsidies.engine.answer import Answer
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.coverage import compute_coverage
from market.subsidies.engine.days import read_month
from market.subsidies.engine.entitle import compute_entitlements
from market.subsidies.engine.models import Funder
from market.subsidies.engine.read import read_case
from tests.subsidies.engine.cases import Json, case, funders, line, programme, shuffled, span, terms
from tests.subsidies.engine.random_cases import make_random, make_random_case

CASES = st.integers(0, 2**32).map(lambda seed: make_random_case(make_random(seed)))
FEN = st.integers(0, 100_00)
DAYS = st.integers(0, 30)
steady = settings(deadline=None)
"""No deadline: the machine may be loaded."""


def calculated(value: Json) -> Answer:
    return calculate(read_case(json.dumps(value)))


@steady
@given(CASES, st.integers(0, 2**32))
def test_the_order_of_lists_does_not_change_the_answer(made: Json, seed: int) -> None:
    assert calculated(shuffled(made, make_random(seed))) == calculated(made)


@steady
@given(CASES)
def test_the_sums_of_each_line_and_the_budget_agree(made: Json) -> None:
    got = calculated(made)
    claims = {own["id"]: own["claimed_fen"] or 0 for own in made["lines"]}
    for own in got.lines:
        assert own.approved_fen == min(own.entitled_fen, claims[own.id])
        assert own.over_fen == claims[own.id] - own.approved_fen
        assert own.under_fen == own.entitled_fen - own.approved_fen
        assert own.funded_fen == own.conceded_fen + own.public_fen == sum(own.shares.values())
        assert 0 <= own.public_fen <= own.funded_fen <= own.approved_fen
        assert own.conceded_fen == own.shares.get(Funder.OPERATOR, 0)
    public = sum(own.public_fen for own in got.lines)
    need = sum(own.approved_fen - own.conceded_fen for own in got.lines)
    assert public == (need if made["budget_fen"] is None else min(need, made["budget_fen"]))


@steady
@given(CASES)
def test_each_entitlement_is_its_exact_sum_rounded_once_and_groups_keep_theirs(made: Json) -> None:
    read = read_case(json.dumps(made))
    month, rates = read_month(read.month), RateCache()
    assert month is not None
    programmes = {own.code: own for own in read.programmes}
    entitlements = compute_entitlements(
        [compute_coverage(own, programmes[own.programme], month, rates) for own in read.lines], month
    )
    for own in entitlements:
        exact = Fraction(own.numerator, own.denominator)
        assert floor(exact) <= own.entitled_fen <= ceil(exact)
        if own.group is None:
            assert own.entitled_fen == floor(exact + Fraction(1, 2))
        else:
            assert own.coverage.line.id in own.group.line_ids
            together = [other for other in entitlements if other.group is own.group]
            assert tuple(other.coverage.line.id for other in together) == own.group.line_ids
            total = sum((Fraction(other.numerator, other.denominator) for other in together), Fraction(0))
            assert (
                sum(other.entitled_fen for other in together) == own.group.shared_fen == floor(total + Fraction(1, 2))
            )
            # A line with one more fen has the larger remainder, or an equal one and the smaller id.
            up = [
                (-(Fraction(o.numerator, o.denominator) % 1), o.coverage.line.id)
                for o in together
                if o.entitled_fen > floor(Fraction(o.numerator, o.denominator))
            ]
            down = [
                (-(Fraction(o.numerator, o.denominator) % 1), o.coverage.line.id)
                for o in together
                if o.entitled_fen == floor(Fraction(o.numerator, o.denominator))
            ]
            assert max(up, default=(Fraction(-1), "")) < min(down, default=(Fraction(1), ""))


@steady
@given(st.lists(FEN, min_size=1, max_size=6), FEN, st.integers(0, 10000))
def test_a_household_never_gets_more_than_its_cap(charges: list[int], cap: int, pays_bp: int) -> None:
    lines = [line(f"L{i}", charge) for i, charge in enumerate(charges)]
    capped = [programme(terms(household_cap_fen=cap, household_pays_bp=pays_bp))]
    uncapped = calculated(case(*lines, programmes=[programme(terms(household_pays_bp=pays_bp))])).totals.entitled_fen
    assert calculated(case(*lines, programmes=capped)).totals.entitled_fen == min(cap, uncapped)


@steady
@given(FEN, DAYS, st.integers(0, 10000))
def test_days_pay_their_part_half_up(charge: int, days: int, pays_bp: int) -> None:
    until = f"2019-04-{days + 1:02}" if days < 30 else "2019-05-01"
    active = [span("2019-04-01", until)] if days else []
    got = calculated(case(line(charge=charge, active=active), programmes=[programme(terms(household_pays_bp=pays_bp))]))
    amount = charge - floor(Fraction(charge * pays_bp, 10000))
    assert got.line("L1").entitled_fen == floor(Fraction(amount * days, 30) + Fraction(1, 2))


@steady
@given(FEN, FEN, DAYS)
def test_a_version_applies_from_its_day_on(before: int, after: int, day: int) -> None:
    if day in {0, 30}:
        charges = [span("2018-01-01", monthly_fen=before if day == 30 else after)]
    else:
        cut = f"2019-04-{day + 1:02}"
        charges = [span("2018-01-01", cut, monthly_fen=before), span(cut, monthly_fen=after)]
    got = calculated(case(line(charges=charges), programmes=[programme(terms(household_pays_bp=0))]))
    assert got.line("L1").entitled_fen == floor(Fraction(before * day + after * (30 - day), 30) + Fraction(1, 2))


@steady
@given(FEN, st.integers(1, 30), st.integers(1, 30))
def test_more_days_never_entitle_to_less(charge: int, some: int, more: int) -> None:
    def days(count: int) -> int:
        return calculated(
            case(line(charge=charge, active=[span("2019-04-01", f"2019-04-{count:02}")]))
        ).totals.entitled_fen

    low, high = sorted((some, more))
    if low > 1:
        assert days(low) <= days(high)


@steady
@given(CASES, st.integers(0, 10_00), st.integers(0, 10_00))
def test_a_larger_budget_never_lowers_a_tier_or_the_total(made: Json, some: int, more: int) -> None:
    low, high = sorted((some, more))
    small, large = calculated({**made, "budget_fen": low}), calculated({**made, "budget_fen": high})
    assert small.totals.public_fen <= large.totals.public_fen
    assert small.totals.conceded_fen == large.totals.conceded_fen
    for poor, rich in zip(small.lines, large.lines, strict=True):
        # The largest remainder may change a line by one fen, never more.
        assert poor.public_fen <= rich.public_fen + 1


@steady
@given(CASES, st.integers(0, 20_00))
def test_a_tier_gets_nothing_before_the_previous_one_is_fully_funded(made: Json, budget: int) -> None:
    made = {**made, "budget_fen": budget}
    first = {**made, "households": [{**own, "tier": 1} for own in made["households"]]}
    assert calculated(first).totals.public_fen == calculated(made).totals.public_fen
    by_id = {own["id"]: own["tier"] for own in made["households"]}
    got = calculated(made)
    read = read_case(json.dumps(made))
    month, rates = read_month(read.month), RateCache()
    assert month is not None
    programmes = {own.code: own for own in read.programmes}
    short: set[int] = set()
    paid: set[int] = set()
    for own, reported in zip(read.lines, got.lines, strict=True):
        spans = compute_coverage(own, programmes[own.programme], month, rates).spans
        if spans:
            tier = by_id[spans[0].household]
            short |= {tier} if reported.public_fen < reported.approved_fen - reported.conceded_fen else set()
            paid |= {tier} if reported.public_fen else set()
    assert max(paid, default=0) <= min(short, default=9)


@steady
@given(CASES)
def test_a_line_that_leaves_the_snapshot_gets_nothing_and_its_household_no_less(made: Json) -> None:
    assume(made["lines"])
    without = deepcopy(made)
    without["lines"][0]["in_snapshot"] = False
    gone = made["lines"][0]["id"]
    before, after = calculated(made), calculated(without)
    assert after.line(gone).entitled_fen == 0
    for own in before.lines:
        if own.id != gone:
            # A line may change by one fen if the group of the household's lines changes.
            assert after.line(own.id).entitled_fen >= own.entitled_fen - 1


@steady
@given(st.integers(0, 10**9), st.integers(0, 10000), st.integers(0, 10000))
def test_no_funder_bears_a_fen_more_than_its_share(charge: int, one: int, other: int) -> None:
    low, high = sorted((one, other))
    borne = funders(operator=low, county=high - low, province=10000 - high)
    own = calculated(
        case(line(charge=charge, claimed_fen=10**9), programmes=[programme(terms(household_pays_bp=0, funders=borne))])
    ).line("L1")
    conceded = Fraction(charge * low, 10000)
    assert floor(conceded) <= own.conceded_fen <= ceil(conceded)
    for funder, share_bp in ((Funder.COUNTY, high - low), (Funder.PROVINCE, 10000 - high)):
        exact = Fraction(own.public_fen * share_bp, 10000 - low) if low < 10000 else Fraction(0)
        assert floor(exact) <= own.shares[funder] <= ceil(exact)


@steady
@given(CASES)
def test_calculating_again_gives_the_same_hashes_and_no_adjustment(made: Json) -> None:
    first = calculated(made)
    assert calculated(made) == first
    settled = {own.id: own.funded_fen for own in first.lines}
    again = calculated({**made, "lines": [{**own, "settled_fen": settled[own["id"]]} for own in made["lines"]]})
    assert {own.adjustment_fen for own in again.lines} <= {0}
    assert again.totals.adjustment_fen == 0
