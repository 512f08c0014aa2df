"""Hide cells of a table of sums that would tell of few people, and what could be computed back from the rest; pure.

Source: Hundepool and others, Statistical Disclosure Control (2012), chapter 4: threshold and dominance, then secondary
suppression along each row and column with its sum.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from market.kernel.disclosure import MIN_SHOWN

MAX_SHARE_BP = 8_000
"""One household may be at most this of a cell."""
_WHOLE_BP = 10_000

type Place = tuple[str | None, str | None]
"""Row and column of a cell; None is the sum of all rows or columns."""


class TableCell(Struct, frozen=True, kw_only=True):
    """A cell before it is shown: how many households, their sum, and what the largest of them is of it."""

    households: int
    fen: int
    largest_fen: int


class TableLine(Struct, frozen=True, kw_only=True):
    """The places of a row or a column that have households, and the place of its sum."""

    parts: Sequence[Place]
    total: Place


def is_small_cell(cell: TableCell) -> bool:
    """Return whether a cell tells of fewer than ten households, or mostly of one."""
    if cell.households == 0:
        return False
    return cell.households < MIN_SHOWN or cell.largest_fen * _WHOLE_BP > cell.fen * MAX_SHARE_BP


def find_hidden(cells: Mapping[Place, TableCell]) -> set[Place]:
    """Return the places that are not shown: small cells, and others so that none of them can be computed.

    In each row and each column, its sum counted, none or at least two places are hidden, and while the sum is shown,
    what is hidden beside it is of ten households or more. Count and sum of a place are hidden together. A place
    without households tells of nobody and hides nothing. Each step hides one more place, so that it ends.
    """
    lines = list_lines([place for place, cell in cells.items() if cell.households])
    hidden = {place for place, cell in cells.items() if is_small_cell(cell)}
    while True:
        more = next((found for line in lines if (found := _find_one_more(line, cells, hidden)) is not None), None)
        if more is None:
            return hidden
        hidden.add(more)


def list_lines(places: Sequence[Place]) -> list[TableLine]:
    """Return the rows and columns of a table with their sums."""
    rows, columns = dict.fromkeys(row for row, _ in places), dict.fromkeys(column for _, column in places)
    lines = [
        TableLine(parts=[each for each in places if each[0] == row and each[1] is not None], total=(row, None))
        for row in rows
    ]
    lines += [
        TableLine(parts=[each for each in places if each[1] == column and each[0] is not None], total=(None, column))
        for column in columns
    ]
    return [each for each in lines if each.parts]


def _find_one_more(line: TableLine, cells: Mapping[Place, TableCell], hidden: set[Place]) -> Place | None:
    """Return the place that a line must hide too, the smallest part before the sum; None if it is safe."""
    gone = [place for place in line.parts if place in hidden]
    kept = [place for place in line.parts if place not in hidden]
    if line.total in hidden:
        # A sum that is hidden alone is the sum of its parts.
        return min(kept, key=lambda place: cells[place].households) if not gone and kept else None
    if not gone or (len(gone) > 1 and sum(cells[place].households for place in gone) >= MIN_SHOWN):
        return None
    return min(kept, key=lambda place: cells[place].households) if kept else line.total
