"""R10 and R11: the funders of a line, the budget, and the adjustment of a month settled before."""

import pytest

from tests.subsidies.engine.cases import Json, Value, answer, funders, line, programme, span, terms


def whole(**given: Value) -> list[Json]:
    """One programme that gives the whole charge."""
    return [programme(terms(household_pays_bp=0, **given))]


def shares(charge: int, **shares_bp: int) -> dict[str, int]:
    own = answer(line(charge=charge), programmes=whole(funders=funders(**shares_bp))).line("L1")
    return {str(funder): fen for funder, fen in own.shares.items()}


@pytest.mark.parametrize(
    ("charge", "shares_bp", "fen"),
    [
        (1, {"county": 5000, "operator": 5000}, {"county": 1, "operator": 0}),
        (1, {"operator": 5000, "county": 5000}, {"operator": 1, "county": 0}),
        (1, {"county": 4999, "operator": 5001}, {"county": 0, "operator": 1}),
        (10_00, {"operator": 10000}, {"operator": 10_00}),
        (10_00, {"central": 10000}, {"central": 10_00}),
        (10_00, {"operator": 10000, "county": 0}, {"operator": 10_00, "county": 0}),
        (10_00, {"operator": 0, "county": 10000}, {"operator": 0, "county": 10_00}),
        (
            1_00,
            {"operator": 3334, "county": 3333, "other": 3333},
            {"operator": 34, "county": 33, "other": 33},
        ),
    ],
)
def test_the_approved_sum_is_split_by_largest_remainder(
    charge: int, shares_bp: dict[str, int], fen: dict[str, int]
) -> None:
    assert shares(charge, **shares_bp) == fen


def test_the_public_part_is_split_again_by_the_public_shares_alone() -> None:
    # Of 0.03 the operator's 1.2 is 1 fen; the public 2 are split 4:1:1, 1.33 and 0.33 and 0.33, so 2 and none.
    # One split among all four would have given the county 1.2, the others 0.3: one fen each to the largest.
    assert shares(3, operator=4000, county=4000, province=1000, central=1000) == {
        "operator": 1,
        "county": 2,
        "province": 0,
        "central": 0,
    }


def test_shares_are_those_of_the_first_payable_day() -> None:
    versions = [
        terms("2018-01-01", "2019-04-11", funders=funders(county=10000)),
        terms("2019-04-11", "2019-04-21", funders=funders(province=10000)),
        terms("2019-04-21", funders=funders(operator=10000)),
    ]
    own = answer(line(active=[span("2019-04-11")]), programmes=[programme(*versions)]).line("L1")
    assert dict(own.shares) == {"province": own.approved_fen}


def test_without_a_payable_day_shares_name_the_funders_of_the_first_day_with_terms() -> None:
    versions = [
        terms("2018-01-01", "2019-04-01", funders=funders(other=10000)),
        terms("2019-04-21", funders=funders(operator=10000)),
        terms("2019-04-11", "2019-04-21", funders=funders(province=4000, county=6000)),
    ]
    own = answer(line(in_snapshot=False), programmes=[programme(*versions)]).line("L1")
    assert dict(own.shares) == {"province": 0, "county": 0}


@pytest.mark.parametrize("versions", [[], [terms("2018-01-01", "2019-04-01")], [terms("2019-05-01")]])
def test_without_terms_in_the_month_there_are_no_shares(versions: list[Json]) -> None:
    none = [{**programme(), "terms": versions}]
    got = answer(line(in_snapshot=False), programmes=none)
    assert (dict(got.line("L1").shares), dict(got.totals.shares)) == ({}, {})


@pytest.mark.parametrize(
    ("budget", "public"),
    [
        (None, [1_00, 2_00, 3_00]),
        (6_01, [1_00, 2_00, 3_00]),
        (6_00, [1_00, 2_00, 3_00]),
        (5_99, [1_00, 2_00, 2_99]),
        (3_00, [1_00, 2_00, 0]),
        (2_00, [67, 1_33, 0]),
        (0, [0, 0, 0]),
    ],
)
def test_the_budget_is_spent_tier_by_tier(budget: int | None, public: list[int]) -> None:
    got = answer(
        line("L1", 1_00, "H1"),
        line("L2", 2_00, "H1"),
        line("L3", 3_00, "H2"),
        programmes=whole(),
        budget=budget,
        households=[("H1", 3), ("H2", 11)],
    )
    assert [own.public_fen for own in got.lines] == public
    assert ["UNFUNDED" in own.reasons for own in got.lines] == [own.public_fen < own.approved_fen for own in got.lines]


def test_ties_of_a_short_budget_go_to_the_smaller_id() -> None:
    got = answer(line("L2", 1), line("L10", 1), line("L1", 1), programmes=whole(), budget=2)
    assert [(own.id, own.public_fen) for own in got.lines] == [("L1", 1), ("L10", 1), ("L2", 0)]


def test_the_concession_needs_no_budget() -> None:
    borne = whole(funders=funders(operator=7000, county=3000))
    own = answer(line(charge=10_00), programmes=borne, budget=0).line("L1")
    assert (own.conceded_fen, own.public_fen, own.funded_fen, own.approved_fen) == (7_00, 0, 7_00, 10_00)
    assert dict(own.shares) == {"operator": 7_00, "county": 0}
    conceded = answer(line(charge=10_00), programmes=whole(funders=funders(operator=10000)), budget=0).line("L1")
    assert (conceded.funded_fen, "UNFUNDED" in conceded.reasons) == (10_00, False)


def test_the_budget_is_applied_after_the_match_and_over_all_programmes() -> None:
    got = answer(
        line("L1", 10_00, claimed_fen=4_00),
        line("L2", 10_00, programme="P2", claimed_fen=4_00),
        line("L3", 10_00, claimed_fen=None),
        programmes=[*whole(), programme(terms(fixed_fen=10_00), code="P2")],
        budget=6_00,
    )
    assert [own.public_fen for own in got.lines] == [3_00, 3_00, 0]


def test_a_line_has_the_tier_of_its_household_on_its_first_payable_day() -> None:
    moved = line(
        "L1",
        10_00,
        households=[span("2018-01-01", "2019-04-02", id="late"), span("2019-04-02", id="early")],
    )
    got = answer(
        moved,
        line("L2", 10_00, "middle"),
        programmes=whole(),
        budget=15_00,
        households=[("late", 3), ("middle", 2), ("early", 1)],
    )
    assert [own.public_fen for own in got.lines] == [5_00, 10_00]
    bound_later = {**moved, "active": [span("2019-04-02")]}
    got = answer(
        bound_later,
        line("L2", 10_00, "middle"),
        programmes=whole(),
        budget=15_00,
        households=[("late", 3), ("middle", 2), ("early", 1)],
    )
    assert [own.public_fen for own in got.lines] == [9_67, 5_33]


@pytest.mark.parametrize(
    ("settled", "adjustment"), [(None, None), (0, 19_50), (19_49, 1), (19_50, 0), (19_51, -1), (39_00, -19_50)]
)
def test_an_adjustment_is_funded_less_settled(settled: int | None, adjustment: int | None) -> None:
    got = answer(line(settled_fen=settled), line("L2", settled_fen=None), line("L3", settled_fen=0))
    assert got.line("L1").adjustment_fen == adjustment
    assert got.totals.adjustment_fen == (adjustment or 0) + 19_50


def test_an_adjustment_counts_what_is_funded_not_what_is_approved() -> None:
    assert answer(line(settled_fen=5_00), budget=12_00).line("L1").adjustment_fen == 7_00


def test_totals_sum_the_lines_and_list_all_their_funders() -> None:
    got = answer(
        line("L1", 10_00, claimed_fen=4_00),
        line("L2", 10_00, programme="P2", claimed_fen=11_00),
        line("L3", in_snapshot=False, programme="P3", claimed_fen=1_00),
        programmes=[
            programme(terms(funders=funders(operator=5000, county=5000))),
            programme(terms(fixed_fen=10_00, funders=funders(province=10000)), code="P2"),
            programme(terms(funders=funders(central=10000)), code="P3"),
        ],
        budget=9_00,
    )
    totals = got.totals
    assert (totals.entitled_fen, totals.approved_fen, totals.over_fen, totals.under_fen) == (15_00, 14_00, 2_00, 1_00)
    assert (totals.conceded_fen, totals.public_fen, totals.funded_fen) == (2_00, 9_00, 11_00)
    assert dict(totals.shares) == {"operator": 2_00, "county": 1_50, "province": 7_50, "central": 0}


def test_a_case_without_lines_has_zero_totals() -> None:
    got = answer(programmes=[], budget=5)
    assert (got.lines, got.totals.public_fen, dict(got.totals.shares)) == ((), 0, {})
