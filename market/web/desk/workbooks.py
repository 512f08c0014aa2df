"""Papers as XLSX: codes and words as text, sums as exact decimals, nothing that a spreadsheet would calculate."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from market.web.desk.papers import Paper, Shape, Table, Value

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAME = 31
_WIDEST = 42


class Book:
    """A workbook under way; the same values give the same bytes."""

    def __init__(self, made: datetime) -> None:
        self._bytes = io.BytesIO()
        self._book: Any = xlsxwriter.Workbook(
            self._bytes, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._book.set_properties({"created": made.replace(tzinfo=None, microsecond=0), "author": "乡集"})
        base = {"font_name": "SimSun", "font_size": 11}
        self._plain = self._book.add_format(base)
        self._bold = self._book.add_format({**base, "bold": True})
        self._title = self._book.add_format({**base, "bold": True, "font_size": 16, "align": "center"})
        edge = {**base, "border": 1}
        self._head = self._book.add_format({**edge, "bold": True, "align": "center", "text_wrap": True})
        self._cells = {
            "text": self._book.add_format({**edge, "num_format": "@", "text_wrap": True, "valign": "vcenter"}),
            "count": self._book.add_format({**edge, "num_format": "#,##0"}),
            "fen": self._book.add_format({**edge, "num_format": "#,##0.00"}),
        }
        self._sums = {
            "text": self._book.add_format({**edge, "num_format": "@", "bold": True, "top": 6}),
            "count": self._book.add_format({**edge, "num_format": "#,##0", "bold": True, "top": 6}),
            "fen": self._book.add_format({**edge, "num_format": "#,##0.00", "bold": True, "top": 6}),
        }

    def add_paper(self, name: str, paper: Paper) -> None:
        """Add a sheet with a whole paper on it, to be printed on one page."""
        sheet = self._sheet(name)
        wide = max((len(table.head) for table in (*paper.tables, paper.signs)), default=1) - 1
        sheet.merge_range(0, 0, 0, max(wide, 1), paper.title, self._title)
        row = self._lines(sheet, 1, ["　　".join(paper.meta)])
        for table in paper.tables:
            if table.rows:
                row = self._table(sheet, row + 1, table)
        row = self._lines(sheet, row + 1, [*paper.words, *paper.notes])
        row = self._table(sheet, row + 1, paper.signs)
        row = self._lines(sheet, row + 1, paper.foot)
        sheet.write_string(row + 1, max(wide - 1, 0), "（盖章）", self._plain)
        sheet.fit_to_pages(1, 1)
        sheet.print_area(0, 0, row + 2, wide)

    def add_table(self, table: Table, above: Sequence[str] = ()) -> None:
        """Add a sheet that holds one table, its head staying on top."""
        sheet = self._sheet(table.title)
        row = self._lines(sheet, 0, list(above))
        self._table(sheet, row, table, titled=False)
        sheet.freeze_panes(row + 1, 1)
        sheet.fit_to_pages(1, 0)

    def close(self) -> bytes:
        """Return the workbook's bytes."""
        self._book.close()
        return self._bytes.getvalue()

    def _sheet(self, name: str) -> Any:  # noqa: ANN401 - xlsxwriter declares no types
        sheet = self._book.add_worksheet(name[:_NAME])
        sheet.set_landscape()
        sheet.set_paper(9)
        return sheet

    def _lines(self, sheet: Any, row: int, lines: Sequence[str]) -> int:  # noqa: ANN401 - xlsxwriter declares no types
        for line in lines:
            sheet.write_string(row, 0, line, self._plain)
            row += 1
        return row

    def _table(self, sheet: Any, row: int, table: Table, *, titled: bool = True) -> int:  # noqa: ANN401 - as above
        if titled:
            sheet.write_string(row, 0, table.title, self._bold)
            row += 1
        for at, words in enumerate(table.head):
            sheet.write_string(row, at, words, self._head)
            sheet.set_column(at, at, min(max(2 * len(words) + 2, 14 if at == 0 else 11), _WIDEST))
        for cells in table.rows:
            row += 1
            self._row(sheet, row, cells, table.shapes, self._cells)
        if table.foot is not None:
            row += 1
            self._row(sheet, row, table.foot, table.shapes, self._sums)
        return row + 1

    @staticmethod
    def _row(sheet: Any, row: int, cells: Sequence[Value], shapes: Sequence[Shape], formats: dict[str, Any]) -> None:  # noqa: ANN401
        for at, (value, shape) in enumerate(zip(cells, shapes, strict=True)):
            if value is None:
                sheet.write_blank(row, at, None, formats[shape])
            elif isinstance(value, str):
                # A text stays a text, whatever it begins with: no formula comes out of a file that was imported.
                sheet.write_string(row, at, value, formats["text"])
            else:
                sheet.write_number(row, at, Decimal(value).scaleb(-2) if shape == "fen" else value, formats[shape])


def csv_of(table: Table) -> bytes:
    """Return a table as CSV for spreadsheets: a byte-order mark, sums with two decimals, no cell that is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.head)
    for cells in (*table.rows, *((table.foot,) if table.foot else ())):
        writer.writerow([_csv_cell(value, shape) for value, shape in zip(cells, table.shapes, strict=True)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _csv_cell(value: Value, shape: Shape) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    return f"{Decimal(value).scaleb(-2):.2f}" if shape == "fen" else str(value)
