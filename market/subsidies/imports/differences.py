"""Differences between known facts and a file that brings them again, cell by cell."""

from collections.abc import Callable, Collection, Mapping

from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import Spreadsheet

type Cells = Mapping[str, str]
"""A fact as the cells of its row, by column name."""


def find_differences(
    spreadsheet: Spreadsheet,
    row: int,
    before: Cells,
    after: Cells,
    *,
    hidden: Collection[str] = (),
    expected: Callable[[str, str], bool] | None = None,
) -> list[CellFault]:
    """Return the cells of a row that change a known fact, each with the value that it replaces.

    `expected(column, before)` excludes the normal course of things, such as the end of an open binding. Values
    of `hidden` columns are compared and not shown.
    """
    return [
        CellFault(
            column,
            "原来空着" if not before[column] else "原来是另一个" if column in hidden else f"原来是 {before[column]}",
            row,
            spreadsheet.headers.get(column, column),
            "" if column in hidden else text,
        )
        for column, text in after.items()
        if text != before[column] and not (expected and expected(column, before[column]))
    ]


def format_optional(value: object) -> str:
    """Return a value of a cell as text; an empty cell for None."""
    return "" if value is None else str(value)
