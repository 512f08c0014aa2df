"""R1 to R7, R9 and R13: the entitlement of a line, and the approved part of its claim."""

import json

import pytest

from market.subsidies.engine.amounts import RateCache
from market.subsidies.engine.read import read_case
from payments.money import Fen
from tests.subsidies.engine.cases import answer, case, entitled, line, programme, reasons, span, terms


@pytest.mark.parametrize(
    ("days", "fen"),
    [(14, 0), (15, 1), (16, 1), (30, 1)],
)
def test_half_a_fen_is_rounded_up(days: int, fen: int) -> None:
    own = line(charge=1, active=[span("2019-04-01", None if days == 30 else f"2019-04-{days + 1:02}")])
    assert entitled(own, programmes=[programme(terms(household_pays_bp=0))]) == [fen]


@pytest.mark.parametrize(
    ("charge", "pays_bp", "fen"),
    [
        (19_99, 5000, 10_00),
        (19_98, 5000, 9_99),
        (20_00, 5000, 10_00),
        (1, 9999, 1),
        (1, 10000, 0),
        (39_00, 0, 39_00),
        (39_00, 10000, 0),
        (0, 5000, 0),
        (10**12, 5000, 10**12 // 2),
    ],
)
def test_the_household_pays_at_most_its_part(charge: int, pays_bp: int, fen: int) -> None:
    assert entitled(line(charge=charge), programmes=[programme(terms(household_pays_bp=pays_bp))]) == [fen]


@pytest.mark.parametrize(("charge", "fen"), [(9_99, 9_99), (10_00, 10_00), (10_01, 10_00), (0, 0)])
def test_a_fixed_amount_never_exceeds_the_charge(charge: int, fen: int) -> None:
    assert entitled(line(charge=charge), programmes=[programme(terms(fixed_fen=10_00))]) == [fen]


@pytest.mark.parametrize(("cap", "fen"), [(None, 19_50), (19_51, 19_50), (19_50, 19_50), (19_49, 19_49), (0, 0)])
def test_the_line_cap_bounds_the_full_month_amount(cap: int | None, fen: int) -> None:
    assert entitled(line(), programmes=[programme(terms(line_cap_fen=cap))]) == [fen]


def test_a_rate_is_computed_once_for_the_same_terms_and_charge() -> None:
    changed = [programme(terms(until="2019-04-11"), terms("2019-04-11", household_pays_bp=0))]
    first, second = read_case(json.dumps(case(programmes=changed))).programmes[0].terms
    rates = RateCache()
    rate = rates.get(first, Fen(39_00))
    assert rates.get(first, Fen(39_00)) is rate
    assert [rates.get(second, Fen(39_00)).amount_fen, rates.get(first, Fen(40_00)).amount_fen] == [39_00, 20_00]


def test_days_are_those_of_the_month() -> None:
    for month, days in [("2019-02", 28), ("2020-02", 29), ("2019-04", 30), ("2019-12", 31), ("9999-12", 31)]:
        gives_all = [programme(terms(household_pays_bp=0))]
        own = line(charge=days * 100, active=[span(f"{month}-01", f"{month}-02")])
        assert entitled(own, month=month, programmes=gives_all) == [1_00]
        assert entitled(line(charge=days * 100), month=month, programmes=gives_all) == [days * 100]


def test_the_last_day_of_the_calendar_is_payable() -> None:
    assert entitled(line(), month="9999-12") == [19_50]


def test_the_day_of_a_change_of_charge_belongs_to_the_new_one() -> None:
    own = line(charges=[span("2018-01-01", "2019-04-16", monthly_fen=60_00), span("2019-04-16", monthly_fen=30_00)])
    assert entitled(own) == [(15 * 30_00 + 15 * 15_00) // 30]


def test_the_day_of_a_change_of_terms_belongs_to_the_new_ones() -> None:
    changed = [programme(terms("2018-01-01", "2019-04-11"), terms("2019-04-11", household_pays_bp=0))]
    assert entitled(line(charge=60_00), programmes=changed) == [(10 * 30_00 + 20 * 60_00) // 30]


@pytest.mark.parametrize(
    ("until", "days"), [("2019-04-01", 0), ("2019-04-02", 1), ("2019-04-30", 29), ("2019-05-01", 30)]
)
def test_the_last_day_of_a_membership_is_payable_and_the_next_is_not(until: str, days: int) -> None:
    own = line(charge=60_00, households=[span("2018-01-01", until, id="H01")])
    assert entitled(own) == [days * 1_00]


def test_a_bound_day_without_a_household_is_no_fault_even_without_charge_or_terms() -> None:
    own = line(
        charge=60_00,
        households=[span("2019-04-11", "2019-04-21", id="H01")],
        charges=[span("2019-04-11", "2019-04-21", monthly_fen=60_00)],
    )
    got = answer(own, programmes=[programme(terms("2019-04-11", "2019-04-21"))]).line("L1")
    assert (got.entitled_fen, [*got.reasons]) == (10_00, ["REDUCED", "LOST_ELIGIBILITY", "OVER_CHARGE"])


def test_without_proration_only_the_first_counts() -> None:
    whole = [programme(terms("2018-01-01", "2019-04-02"), terms("2019-04-02", household_pays_bp=0), proration="none")]
    own = line(active=[span("2018-01-01", "2019-04-02")])
    assert entitled(own, programmes=whole) == [19_50]
    assert entitled(line(active=[span("2019-04-02")]), programmes=whole) == [0]
    late = line(households=[span("2019-04-02", id="H01")])
    assert entitled(late, programmes=whole) == [0]
    changed = line(charges=[span("2018-01-01", "2019-04-02", monthly_fen=20_00), span("2019-04-02", monthly_fen=90_00)])
    assert entitled(changed, programmes=whole) == [10_00]


def test_without_proration_the_household_cap_is_that_of_the_first() -> None:
    whole = [programme(terms(household_cap_fen=15_00), proration="none")]
    first, second = line("L1", 20_00), line("L2", 40_00)
    assert entitled(first, second, programmes=whole) == [5_00, 10_00]
    later = line("L2", 40_00, active=[span("2019-04-02")])
    got = answer(first, later, programmes=whole)
    assert [own.entitled_fen for own in got.lines] == [10_00, 0]
    assert "OVER_HOUSEHOLD_CAP" not in got.line("L2").reasons


@pytest.mark.parametrize(
    ("cap", "fens", "scaled"),
    [
        (None, [10_00, 20_00], False),
        (30_01, [10_00, 20_00], False),
        (30_00, [10_00, 20_00], False),
        (29_99, [10_00, 19_99], True),
        (15_00, [5_00, 10_00], True),
        (0, [0, 0], True),
    ],
)
def test_a_household_cap_scales_its_lines_together(cap: int | None, fens: list[int], *, scaled: bool) -> None:
    got = answer(line("L1", 20_00), line("L2", 40_00), programmes=[programme(terms(household_cap_fen=cap))])
    assert [own.entitled_fen for own in got.lines] == fens
    assert ["OVER_HOUSEHOLD_CAP" in own.reasons for own in got.lines] == [scaled, scaled]


def test_a_household_cap_is_per_household_and_programme() -> None:
    capped = terms(household_cap_fen=10_00)
    got = entitled(
        line("L1", 20_00),
        line("L2", 20_00, "H02"),
        line("L3", 20_00, programme="P2"),
        programmes=[programme(capped), programme(capped, code="P2")],
    )
    assert got == [10_00, 10_00, 10_00]


def test_a_cap_of_zero_scales_nothing_where_nothing_is_due() -> None:
    assert reasons(line(charge=0), programmes=[programme(terms(household_cap_fen=0))]) == ["REDUCED", "OVER_CHARGE"]


def test_lines_that_are_not_payable_on_a_day_do_not_count_for_the_cap() -> None:
    capped = [programme(terms(household_cap_fen=20_00))]
    moved = line("L1", 60_00, households=[span("2018-01-01", "2019-04-16", id="H01")])
    stays = line("L2", 30_00)
    outside = line("L3", 90_00, in_snapshot=False)
    # 15 days of 30.00 + 15.00 under a cap of 20.00, then 15 days of 15.00 alone.
    assert entitled(moved, stays, outside, programmes=capped) == [6_67, 10_83, 0]


def test_a_group_rounds_its_sum_and_gives_ties_to_the_smaller_id() -> None:
    one_fen = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    assert entitled(line("L2", 1), line("L1", 1), programmes=one_fen) == [1, 0]
    three = [line(line_id, 1) for line_id in ("l", "L", "线")]
    got = answer(*three, programmes=[programme(terms(household_pays_bp=0, household_cap_fen=2))])
    assert [(own.id, own.entitled_fen) for own in got.lines] == [("L", 1), ("l", 1), ("线", 0)]


def test_ids_compare_by_code_point_and_not_by_utf_16() -> None:
    one_fen = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    got = answer(line("😀", 1), line("\ufffd", 1), programmes=one_fen)
    assert [(own.id, own.entitled_fen) for own in got.lines] == [("\ufffd", 1), ("😀", 0)]


def test_lines_scaled_on_different_days_with_a_third_are_one_group() -> None:
    # H01 has A and B until the 16th, H02 has B and C from then on: B links all three.
    capped = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    early, late = span("2018-01-01", "2019-04-16"), span("2019-04-16")
    a = line("A", 1, active=[early])
    b = line("B", 1, households=[{**early, "id": "H01"}, {**late, "id": "H02"}])
    c = line("C", 1, "H02", active=[late])
    got = answer(c, b, a, programmes=capped)
    # A 1/4, B 1/2, C 1/4 together one fen, and B has the largest remainder; each alone would get 0, 1, 0.
    assert [own.entitled_fen for own in got.lines] == [0, 1, 0]
    assert "by largest remainder of A+B+C = 0.01 together" in "\n".join(got.line("C").trace)


def test_a_group_is_sorted_by_id_regardless_of_the_order_of_unions() -> None:
    # Z links A (with it in H01 until the 16th) to M (with it in H02 from then on): 1/4, 1/4 and 2/4 of a fen.
    capped = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    early, late = span("2018-01-01", "2019-04-16"), span("2019-04-16")
    z = line("Z", 1, households=[{**early, "id": "H01"}, {**late, "id": "H02"}])
    a, m = line("A", 1, active=[early]), line("M", 1, "H02", active=[late])
    got = answer(z, a, m, programmes=capped)
    assert [own.entitled_fen for own in got.lines] == [0, 0, 1]
    assert "by largest remainder of A+M+Z = 0.01 together" in "\n".join(got.line("M").trace)


def test_ties_in_a_group_go_to_the_smaller_id_whichever_was_scaled_first() -> None:
    capped = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    c = line("C", 1, households=[span("2018-01-01", "2019-04-21", id="H01"), span("2019-04-21", id="H02")])
    a = line("A", 1, active=[span("2018-01-01", "2019-04-21")])
    b = line("B", 1, "H02", active=[span("2019-04-11")])
    # A and C share H01 until the 21st, B and C share H02 from then on; B is alone there from the 11th to the 20th.
    # A has 10/30, B 10/30 + 5/30, C 10/30 + 5/30: one fen is shared, and B and C have the same remainder.
    got = answer(a, b, c, programmes=capped)
    assert [own.entitled_fen for own in got.lines] == [0, 1, 0]


def test_lines_of_one_household_that_no_cap_scaled_are_rounded_alone() -> None:
    uncapped = [programme(terms(household_pays_bp=0, household_cap_fen=2))]
    half = [span("2019-04-01", "2019-04-16")]
    assert entitled(line("L1", 1, active=half), line("L2", 1, active=half), programmes=uncapped) == [1, 1]


def test_a_line_scaled_alone_is_rounded_half_up() -> None:
    capped = [programme(terms(household_pays_bp=0, household_cap_fen=1))]
    assert entitled(line(charge=2, active=[span("2019-04-01", "2019-04-16")]), programmes=capped) == [1]
    assert entitled(line(charge=2, active=[span("2019-04-01", "2019-04-15")]), programmes=capped) == [0]


def test_a_group_member_without_remainder_never_gets_a_fen() -> None:
    # Exactly 7.00 and 1.005: the sum 8.005 is rounded up, and the fen goes to the one with a remainder.
    capped = [programme(terms(household_pays_bp=0, household_cap_fen=14_01))]
    lines = [line("L1", 14_00), line("L2", 2_01)]
    got = entitled(*lines, programmes=capped)
    assert sum(got) == 14_01


@pytest.mark.parametrize(
    ("claimed", "approved", "over", "under", "reported"),
    [
        (None, 0, 0, 19_50, []),
        (0, 0, 0, 19_50, ["MATCHED"]),
        (19_49, 19_49, 0, 1, ["MATCHED"]),
        (19_50, 19_50, 0, 0, ["MATCHED"]),
        (19_51, 19_50, 1, 0, ["REDUCED"]),
        (39_00, 19_50, 19_50, 0, ["REDUCED"]),
        (39_01, 19_50, 19_51, 0, ["REDUCED", "OVER_CHARGE"]),
    ],
)
def test_approved_is_the_smaller_of_entitled_and_claimed(
    claimed: int | None, approved: int, over: int, under: int, reported: list[str]
) -> None:
    got = answer(line(claimed_fen=claimed)).line("L1")
    assert (got.approved_fen, got.over_fen, got.under_fen, [*got.reasons]) == (approved, over, under, reported)


def test_a_line_outside_the_snapshot_is_entitled_to_nothing() -> None:
    own = answer(line(in_snapshot=False, claimed_fen=19_50)).line("L1")
    assert (own.entitled_fen, own.over_fen, [*own.reasons]) == (0, 19_50, ["REDUCED", "NOT_IN_SNAPSHOT"])
    assert dict(own.shares) == {"county": 0}
