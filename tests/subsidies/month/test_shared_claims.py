"""The claim of a number that passes to another person within the month: no fen is lost, doubled or another day's."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen
from market.subsidies.engine.models import ActiveSpan
from market.subsidies.month.case_queries import CaseLines
from market.subsidies.month.shared_claims import SharedNumber, share_claims
from market.subsidies.names import Operator, ServiceKind

MONTH, NEXT = date(2019, 1, 1), date(2019, 2, 1)


def make_lines(*codes: str, claimed: int | None = None, correction: int = 0) -> CaseLines:
    return CaseLines(
        codes=list(codes), number_id=None, number_sealed=None, operator=Operator.MOBILE, kind=ServiceKind.MOBILE,
        programme="P1", in_snapshot=True, claimed_fen=None if claimed is None else Fen(claimed), charge_fen=Fen(0),
        correction_fen=Fen(correction), corrected=correction != 0,
    )  # fmt: skip


def list_by_code(rows: list[CaseLines]) -> dict[str, CaseLines]:
    listed = [(code, row) for row in rows for code in row.codes]
    assert len(dict(listed)) == len(listed)
    return dict(listed)


@given(
    st.integers(-500, 10**6), st.sets(st.integers(1, 30), min_size=1, max_size=4), st.integers(0, 4),
    st.integers(-900, 900), st.randoms(use_true_random=False),
)  # fmt: skip
def test_each_holder_has_the_part_of_their_days(
    claimed: int, passed_after: set[int], billed_at: int, correction: int, random: object
) -> None:
    """The bill is found at any one of the lines; the others stand in one group with a line that shares nothing."""
    days = [0, *sorted(passed_after), 31]
    codes = [f"L{at}" for at in range(len(days) - 1)]
    active = {
        code: (ActiveSpan(MONTH + timedelta(start), MONTH + timedelta(end) if end < 31 else None),)
        for code, (start, end) in zip(codes, pairwise(days), strict=True)
    }
    active["L0"] = (ActiveSpan(date(2018, 1, 1), active["L0"][0].until),)
    billed = codes[billed_at % len(codes)]
    group = ["OTHER", *(code for code in codes if code != billed), "GONE"]
    random.shuffle(group)  # type: ignore[attr-defined]
    rows = [make_lines(*group), make_lines(billed, claimed=claimed, correction=correction), make_lines("X", claimed=7)]
    shared = [SharedNumber(["GONE", *codes[::-1]], ["P1"])]
    result = list_by_code(share_claims(rows, shared, active, whole=set(), month=MONTH, next_=NEXT))
    assert result.pop("OTHER") == make_lines("OTHER")
    assert result.pop("X") == rows[-1]
    assert result.pop("GONE").claimed_fen is None
    parts = [result[code].claimed_fen or 0 for code in codes]
    assert sum(parts) == claimed
    for part, (start, end) in zip(parts, pairwise(days), strict=True):
        # Less than a fen from the exact part.
        assert abs(part * 31 - claimed * (end - start)) < 31
    assert {(row.correction_fen, row.corrected) for row in result.values()} == {(correction, correction != 0)}


def test_of_equal_remainders_the_smaller_line_has_the_fen() -> None:
    spans = {"B": (ActiveSpan(MONTH, date(2019, 1, 11)),), "A": (ActiveSpan(date(2019, 1, 11), date(2019, 1, 21)),)}
    rows = [make_lines("B"), make_lines("A", claimed=15)]
    shared = list_by_code(
        share_claims(rows, [SharedNumber(["B", "A"], ["P1"])], spans, whole=set(), month=MONTH, next_=NEXT)
    )
    assert {code: row.claimed_fen for code, row in shared.items()} == {"A": 8, "B": 7}


def test_a_claim_of_whole_months_is_that_of_the_line_on_the_first() -> None:
    spans = {"A": (ActiveSpan(MONTH, date(2019, 1, 16)),), "B": (ActiveSpan(date(2019, 1, 16), None),)}
    rows = [make_lines("A"), make_lines("B", claimed=2000)]
    shared = list_by_code(
        share_claims(rows, [SharedNumber(["A", "B"], ["P1"])], spans, whole={"P1"}, month=MONTH, next_=NEXT)
    )
    assert {code: row.claimed_fen for code, row in shared.items()} == {"A": 2000, "B": None}


def test_a_number_without_a_bill_or_a_day_stays_as_it_is() -> None:
    for rows, spans in (
        ([make_lines("A"), make_lines("B")], {"A": (ActiveSpan(MONTH, None),)}),
        ([make_lines("A", claimed=100), make_lines("B")], {"A": (ActiveSpan(date(2018, 1, 1), MONTH),)}),
    ):
        assert (
            share_claims(rows, [SharedNumber(["A", "B"], ["P1"])], spans, whole=set(), month=MONTH, next_=NEXT) == rows
        )
