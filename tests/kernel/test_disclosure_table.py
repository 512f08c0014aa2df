"""No cell of a table that is hidden can be computed from what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from market.kernel.disclosure_table import Place, TableCell, find_hidden, is_small_cell, list_lines


def make_table(counts: list[list[int]], *, largest: int = 1) -> dict[Place, TableCell]:
    """Return a table with its sums in which each household has one fen and the largest has `largest`."""
    cells: dict[Place, TableCell] = {}
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            cells[str(row), str(column)] = TableCell(households=count, fen=count, largest_fen=min(largest, count))
    rows, columns = {place[0] for place in cells}, {place[1] for place in cells}
    for row in (*rows, None):
        for column in (*columns, None):
            if row is None or column is None:
                total = sum(
                    cell.households for place, cell in cells.items()
                    if None not in place and row in {place[0], None} and column in {place[1], None}
                )  # fmt: skip
                cells[row, column] = TableCell(households=total, fen=total, largest_fen=min(largest, total))
    return cells


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([0, 1, 5, 9, 10, 12, 40]), min_size=width, max_size=width), min_size=1, max_size=5
        )
    )
)
def test_each_line_hides_none_or_enough(counts: list[list[int]]) -> None:
    cells = make_table(counts)
    hidden = find_hidden(cells)
    assert {place for place, cell in cells.items() if is_small_cell(cell)} <= hidden
    for line in list_lines([place for place, cell in cells.items() if cell.households]):
        gone = [place for place in line.parts if place in hidden]
        if line.total in hidden:
            assert gone, line
        else:
            assert not gone or (len(gone) > 1 and sum(cells[place].households for place in gone) >= 10), line


def test_a_cell_of_which_one_household_has_more_than_four_fifths_is_small() -> None:
    assert is_small_cell(TableCell(households=12, fen=100, largest_fen=81))
    assert not is_small_cell(TableCell(households=12, fen=100, largest_fen=80))
    assert is_small_cell(TableCell(households=9, fen=100, largest_fen=20))
    assert not is_small_cell(TableCell(households=0, fen=0, largest_fen=0))


def test_what_is_large_is_shown() -> None:
    assert find_hidden(make_table([[10, 20], [30, 40]])) == set()
    assert find_hidden(make_table([[10, 0], [0, 40]])) == set()
