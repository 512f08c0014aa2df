"""The rulebook's worked examples and the sample of its contract, figure by figure."""

import json

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from tests.subsidies.engine.cases import answer, case, entitled, funders, line, programme, span, terms


def test_example_1_the_household_pays_half_rounded_down() -> None:
    assert entitled(line(charge=19_99)) == [10_00]


def test_example_2_a_line_from_the_eleventh_gets_twenty_thirtieths() -> None:
    assert entitled(line(active=[span("2019-04-11")])) == [13_00]


def test_example_3_the_line_cap_comes_before_the_days() -> None:
    capped = [programme(terms(line_cap_fen=20_00))]
    own = line(charge=59_00, active=[span("2018-01-01", "2019-06-11")])
    assert entitled(own, month="2019-06", programmes=capped) == [6_67]


def test_example_4_a_household_cap_is_shared_to_the_fen() -> None:
    capped = [programme(terms(household_cap_fen=30_00))]
    lines = [line("L1", 29_00), line("L2", 19_00), line("L3", 19_00)]
    assert entitled(*lines, programmes=capped) == [12_98, 8_51, 8_51]


def test_example_5_the_day_of_a_transfer_belongs_to_the_new_operator() -> None:
    old = line("A", active=[span("2018-01-01", "2019-05-16")], claimed_fen=19_50)
    new = line("B", charge=29_00, operator="B", active=[span("2019-05-16")], claimed_fen=14_50)
    got = answer(old, new, month="2019-05")
    assert [(own.entitled_fen, own.over_fen) for own in got.lines] == [(9_44, 10_06), (7_48, 7_02)]


def test_example_6_the_tier_that_does_not_fit_shares_the_remaining_budget() -> None:
    charges = {"H01": 39_00, "H02": 39_00, "H03": 29_00, "H04": 19_00, "H05": 19_00}
    got = answer(
        *(line(f"L-{household}", charge, household) for household, charge in charges.items()),
        budget=50_00,
        households=[("H01", 1), ("H02", 2), ("H03", 2), ("H04", 3), ("H05", 3)],
    )
    assert [own.approved_fen for own in got.lines] == [19_50, 19_50, 14_50, 9_50, 9_50]
    assert [own.public_fen for own in got.lines] == [19_50, 17_49, 13_01, 0, 0]
    assert [own.public_fen for own in got.lines] == [own.funded_fen for own in got.lines]


def test_example_7_approved_is_split_by_the_funders_in_listed_order() -> None:
    borne = [programme(terms(funders=funders(operator=7000, county=3000)))]
    own = answer(line(active=[span("2019-04-11")]), programmes=borne).line("L1")
    assert (own.conceded_fen, own.public_fen) == (9_10, 3_90)
    halved = [programme(terms(funders=funders(county=5000, operator=5000)))]
    own = answer(line(charge=1), programmes=halved).line("L1")
    assert (own.approved_fen, own.conceded_fen, own.public_fen) == (1, 0, 1)


def test_example_8_the_public_part_is_split_among_the_public_funders() -> None:
    borne = [programme(terms(funders=funders(operator=5000, province=2500, county=2500)))]
    got = answer(line("L1", 39_00), line("L2", 29_00), programmes=borne, budget=10_00)
    assert [own.conceded_fen for own in got.lines] == [9_75, 7_25]
    assert [dict(own.shares) for own in got.lines] == [
        {"operator": 9_75, "province": 2_87, "county": 2_87},
        {"operator": 7_25, "province": 2_13, "county": 2_13},
    ]


def test_the_sample_of_the_contract_has_the_sample_answer() -> None:
    borne = [
        programme(terms("2019-01-01", funders=funders(operator=7000, county=3000))),
    ]
    own = line(active=[span("2019-04-11")], charges=[span("2019-04-01", monthly_fen=39_00)], claimed_fen=19_50)
    got = json.loads(calculate(read_case(json.dumps(case(own, programmes=borne)))).to_json())
    assert list(got) == ["month", "manifest_sha256", "result_sha256", "lines", "totals"]
    figures = {
        "entitled_fen": 13_00,
        "funded_fen": 13_00,
        "approved_fen": 13_00,
        "over_fen": 6_50,
        "under_fen": 0,
        "conceded_fen": 9_10,
        "public_fen": 3_90,
        "shares": {"operator": 9_10, "county": 3_90},
    }
    trace = got["lines"][0].pop("trace")
    assert got["lines"] == [
        {"id": "L1", **figures, "adjustment_fen": None, "reasons": ["REDUCED"], "removed_on": None},
    ]
    assert trace[0] == "2019-04-11..2019-04-30: 20 of 30 days × 19.50"
    assert got["totals"] == {**figures, "adjustment_fen": 0}
    assert got["month"] == "2019-04"
