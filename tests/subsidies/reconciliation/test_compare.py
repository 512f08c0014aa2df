"""The comparison names each difference once, and what was credited with the differences is what was settled."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.subsidies.reconciliation.compare import ReturnDifference, ReturnRow, SettledRow, compare_return
from market.subsidies.reconciliation.models import DifferenceKind

MONTHS = (date(2019, 1, 1), date(2019, 2, 1), date(2019, 3, 1))
LINES = ("YD-01", "YD-02", "YD-03", "YD-99")


def settle(line: str, month: date = MONTHS[2], *, fen: int = 415, number: str = "17050000101") -> SettledRow:
    return SettledRow(line=line, month=month, number=number, fen=fen)


def answer(
    row: int,
    line: str,
    month: date = MONTHS[2],
    *,
    fen: int = 415,
    number: str = "170 5000 0101",
    returned: bool = False,
) -> ReturnRow:
    return ReturnRow(row=row, line=line, month=month, number=number, credited_fen=fen, returned=returned)


def describe(found: list[ReturnDifference]) -> list[tuple[str, str | None, int | None, int]]:
    return [
        (each.kind, each.settled.line if each.settled else None, each.row.row if each.row else None, each.fen)
        for each in found
    ]


def test_a_file_that_credits_what_was_settled_has_no_difference() -> None:
    settled = [settle("YD-01"), settle("YD-01", MONTHS[0], fen=-120)]
    assert compare_return(settled, [answer(2, "YD-01", MONTHS[0], fen=-120), answer(3, "YD-01")]) == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], [("missing", "YD-01", None, 415)]),
        ([answer(2, "YD-01", fen=414)], [("less", "YD-01", 2, 1)]),
        ([answer(2, "YD-01", fen=416)], [("more", "YD-01", 2, -1)]),
        ([answer(2, "YD-01", number="17050000102")], [("other_number", "YD-01", 2, 0)]),
        ([answer(2, "YD-01", fen=0, returned=True)], [("returned", "YD-01", 2, 415)]),
        ([answer(2, "YD-01"), answer(3, "YD-01")], [("twice", None, 3, -415)]),
        ([answer(2, "YD-01", MONTHS[1])], [("wrong_month", "YD-01", 2, 0)]),
        ([answer(2, "YD-01"), answer(3, "YD-01", MONTHS[1])], [("wrong_month", None, 3, -415)]),
        ([answer(2, "YD-01"), answer(3, "YD-99")], [("unknown_line", None, 3, -415)]),
        # Credited in one row and returned in another: the payment came back, and the credit is one too many.
        (
            [answer(2, "YD-01"), answer(3, "YD-01", fen=0, returned=True)],
            [("twice", None, 2, -415), ("returned", "YD-01", 3, 415)],
        ),
        ([answer(2, "YD-01", MONTHS[1], fen=0, returned=True)], [("returned", "YD-01", 2, 415)]),
    ],
)
def test_each_difference_is_named(rows: list[ReturnRow], found: list[tuple[str, str | None, int | None, int]]) -> None:
    assert describe(compare_return([settle("YD-01")], rows)) == found


KEYS = st.tuples(st.sampled_from(LINES[:3]), st.sampled_from(MONTHS))
FEN = st.integers(-500, 2_000)
NUMBERS = st.sampled_from(("17050000101", "17050000102"))


@st.composite
def draw_settled(draw: st.DrawFn) -> list[SettledRow]:
    keys = draw(st.lists(KEYS, unique=True))
    return [settle(line, month, fen=draw(FEN.filter(bool)), number=draw(NUMBERS)) for line, month in keys]


@st.composite
def draw_rows(draw: st.DrawFn) -> list[ReturnRow]:
    keys = draw(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(MONTHS)), max_size=12))
    rows: list[ReturnRow] = []
    for number, (line, month) in enumerate(keys, 2):
        returned = draw(st.booleans())
        fen = 0 if returned else draw(FEN)
        rows.append(answer(number, line, month, fen=fen, number=draw(NUMBERS), returned=returned))
    return rows


@given(settled=draw_settled(), rows=draw_rows())
def test_credited_and_different_is_what_was_settled_and_each_difference_is_named_once(
    settled: list[SettledRow], rows: list[ReturnRow]
) -> None:
    found = compare_return(settled, rows)
    credited = sum(row.credited_fen for row in rows)
    assert credited + sum(each.fen for each in found) == sum(each.fen for each in settled)
    keys = Counter((each.settled.line, each.settled.month) for each in found if each.settled)
    numbers = Counter(each.row.row for each in found if each.row)
    assert max([*keys.values(), *numbers.values()], default=1) == 1
    # What is in no difference agrees: as many settled rows as rows, each with its sum and number.
    agreed = {(each.line, each.month): each for each in settled if (each.line, each.month) not in keys}
    answers = [row for row in rows if row.row not in numbers]
    assert {(row.line, row.month) for row in answers} == agreed.keys()
    for row in answers:
        each = agreed[row.line, row.month]
        assert (row.credited_fen, row.number, row.returned) == (each.fen, each.number, False)
    # A payment that came back is never settled in silence.
    assert all(row.row in numbers for row in rows if row.returned)


@given(settled=draw_settled(), rows=draw_rows())
def test_the_order_of_rows_changes_nothing_but_which_of_two_equals_is_the_second(
    settled: list[SettledRow], rows: list[ReturnRow]
) -> None:
    kinds = Counter(each.kind for each in compare_return(settled, rows))
    turned = Counter(each.kind for each in compare_return(settled[::-1], rows[::-1]))
    assert kinds == turned
    assert DifferenceKind.OTHER_FILE not in kinds
