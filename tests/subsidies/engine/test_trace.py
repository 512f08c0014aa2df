"""The trace: the steps of an amount in English."""

from tests.subsidies.engine.cases import answer, funders, line, programme, span, terms


def test_days_charge_line_cap_and_rounding_are_in_the_trace() -> None:
    own = line(charge=39_33, active=[span("2019-04-11")], claimed_fen=13_00)
    borne = [programme(terms(line_cap_fen=19_50, household_pays_bp=5050, funders=funders(operator=3333, county=6667)))]
    assert answer(own, programmes=borne).line("L1").trace == (
        "2019-04-11..2019-04-30: 20 of 30 days × 19.47",
        "19.47: charge 39.33 less 19.86, 50.5% of it rounded down, which the household pays",
        "2019-04-01..2019-04-10: not bound",
        "entitled 12.98",
        "claimed 13.00: approved 12.98, over 0.02, under 0.00",
        "borne by operator 33.33% 4.33, county 66.67% 8.65",
    )
    dearer = {**own, "charges": [span("2018-01-01", monthly_fen=59_00)], "active": [span("2019-04-30")]}
    assert answer(dearer, programmes=borne).line("L1").trace[:5] == (
        "2019-04-30: 1 of 30 days × 19.50",
        "29.21: charge 59.00 less 29.79, 50.5% of it rounded down, which the household pays",
        "19.50: line cap, instead of 29.21",
        "2019-04-01..2019-04-29: not bound",
        "entitled 0.65",
    )


def test_half_a_fen_and_a_fixed_amount_are_in_the_trace() -> None:
    own = line(charge=18_00, active=[span("2019-04-01", "2019-04-08")], claimed_fen=None, settled_fen=5_00)
    assert answer(own, programmes=[programme(terms(fixed_fen=10_00))]).line("L1").trace == (
        "2019-04-01..2019-04-07: 7 of 30 days × 10.00",
        "10.00: the smaller of fixed 10.00 and charge 18.00",
        "2019-04-08..2019-04-30: not bound",
        "entitled 2.33: 233 10/30 fen, rounded half up",
        "no claim: approved 0.00, over 0.00, under 2.33",
        "adjustment -5.00: funded 0.00, settled 5.00",
    )


def test_a_line_cap_that_reduces_nothing_is_not_in_the_trace() -> None:
    for cap, reported in [(19_51, False), (19_50, False), (19_49, True)]:
        trace = answer(line(), programmes=[programme(terms(line_cap_fen=cap))]).line("L1").trace
        assert any("line cap" in step for step in trace) == reported


def test_negative_sums_are_written_with_a_sign() -> None:
    assert answer(line(settled_fen=19_51)).line("L1").trace[-1] == "adjustment -0.01: funded 19.50, settled 19.51"
    assert answer(line(settled_fen=19_50)).line("L1").trace[-1] == "adjustment 0.00: funded 19.50, settled 19.50"


def test_days_are_one_step_while_nothing_changes() -> None:
    kept = [programme(terms(household_cap_fen=100_00))]
    later = line("L2", active=[span("2019-04-11", "2019-04-21")])
    assert answer(line(), later, programmes=kept).line("L1").trace[0] == "2019-04-01..2019-04-30: 30 of 30 days × 19.50"
    passed = [programme(terms(household_cap_fen=19_50))]
    third = line("L3", 0, active=[span("2019-04-16")])
    assert answer(line(), later, third, programmes=passed).line("L1").trace[:3] == (
        "2019-04-01..2019-04-10: 10 of 30 days × 19.50",
        "2019-04-11..2019-04-20: 10 of 30 days × 19.50 × 19.50/39.00 (household H01: cap/sum)",
        "2019-04-21..2019-04-30: 10 of 30 days × 19.50",
    )


def test_days_are_in_order_although_the_household_changes() -> None:
    moved = line("L1", households=[span("2018-01-01", "2019-04-11", id="H02"), span("2019-04-11", id="H01")])
    first = line("L0", 1, active=[span("2019-04-30")])
    kept = [programme(terms("2018-01-01", "2019-04-21", household_cap_fen=100_00), terms("2019-04-21"))]
    assert answer(moved, first, programmes=kept, households=[("H01", 1), ("H02", 1)]).line("L1").trace[:3] == (
        "2019-04-01..2019-04-10: 10 of 30 days × 19.50",
        "2019-04-11..2019-04-20: 10 of 30 days × 19.50",
        "2019-04-21..2019-04-30: 10 of 30 days × 19.50",
    )


def test_a_household_cap_and_its_group_are_in_the_trace() -> None:
    capped = [programme(terms(household_cap_fen=20_00))]
    later = line("L2", 38_00, active=[span("2019-01-11")], claimed_fen=8_87)
    got = answer(line("L1", 20_00, claimed_fen=7_90), later, month="2019-01", programmes=capped)
    assert got.line("L1").trace == (
        "2019-01-01..2019-01-10: 10 of 31 days × 10.00",
        "2019-01-11..2019-01-31: 21 of 31 days × 10.00 × 20.00/29.00 (household H01: cap/sum)",
        "10.00: charge 20.00 less 10.00, 50% of it rounded down, which the household pays",
        "entitled 7.90: 710000/899 fen, by largest remainder of L1+L2 = 16.77 together",
        "claimed 7.90: approved 7.90, over 0.00, under 0.00",
        "borne by county 100% 7.90",
    )
    assert got.line("L2").trace[3] == "entitled 8.87: 798000/899 fen, by largest remainder of L1+L2 = 16.77 together"


def test_a_line_that_a_cap_scaled_alone_has_no_group_in_the_trace() -> None:
    capped = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    own = line(charge=2, active=[span("2019-04-01", "2019-04-16")], claimed_fen=None)
    assert answer(own, programmes=capped).line("L1").trace == (
        "2019-04-01..2019-04-15: 15 of 30 days × 0.02 × 0.01/0.02 (household H01: cap/sum)",
        "0.02: charge 0.02 less 0.00, 0% of it rounded down, which the household pays",
        "2019-04-16..2019-04-30: not bound",
        "entitled 0.01: 0 1/2 fen, rounded half up",
        "no claim: approved 0.00, over 0.00, under 0.01",
    )


def test_unpaid_days_are_in_the_trace() -> None:
    own = line(
        charge=60_00,
        active=[span("2018-01-01", "2019-04-29")],
        households=[span("2018-01-01", "2019-04-28", id="H01")],
        used_on=["2019-03-31", "2019-04-13"],
        claimed_fen=0,
    )
    assert answer(own, programmes=[programme(terms(), idle=(10, 3))]).line("L1").trace == (
        "2019-04-01..2019-04-10: 10 of 30 days × 30.00",
        "2019-04-13..2019-04-23: 11 of 30 days × 30.00",
        "30.00: charge 60.00 less 30.00, 50% of it rounded down, which the household pays",
        "2019-04-29..2019-04-30: not bound",
        "2019-04-28: no household",
        "2019-04-11..2019-04-12: not payable, no use since the notice of 2019-04-10",
        "2019-04-24..2019-04-26: not payable, no use since the notice of 2019-04-23",
        "2019-04-27..2019-04-28: removed for want of use",
        "entitled 21.00",
        "claimed 0.00: approved 0.00, over 0.00, under 21.00",
    )


def test_a_line_outside_the_snapshot_is_in_the_trace() -> None:
    assert answer(line(in_snapshot=False, claimed_fen=1)).line("L1").trace == (
        "not in the snapshot: entitled to nothing",
        "entitled 0.00",
        "claimed 0.01: approved 0.00, over 0.01, under 0.00",
    )


def test_a_programme_without_proration_names_the_first_day() -> None:
    whole = [programme(terms(household_cap_fen=10_00), proration="none")]
    assert answer(line(claimed_fen=10_00), programmes=whole).line("L1").trace[0] == (
        "2019-04-01: whole month × 19.50 × 10.00/19.50 (household H01: cap/sum)"
    )
    assert answer(line(active=[span("2019-04-02")], claimed_fen=None), programmes=whole).line("L1").trace[0] == (
        "not payable on 2019-04-01: nothing for the month"
    )


def test_a_short_budget_is_in_the_trace() -> None:
    got = answer(line("L1", claimed_fen=19_50), line("L2", claimed_fen=19_50), budget=30_00)
    assert got.line("L2").trace[-1] == "budget: 30.00 left for tier 1, which needs 39.00; public 15.00 of 19.50"
    assert not any(step.startswith("budget") for step in answer(line(), budget=19_50).line("L1").trace)
