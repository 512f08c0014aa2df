"""Write forms as XLSX: codes and words as text, sums as exact decimals, without formulas."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from market.reports.tables import Shape
from market.service.web.desk.papers.forms import FormTable, PrintedForm, Value
from payments.money import format_yuan

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAME = 31
_WIDEST = 42


class WorkbookWriter:
    """Writes a workbook; the same values give the same bytes."""

    def __init__(self, made: datetime) -> None:
        import xlsxwriter  # 12 MB, for who exports something

        self._bytes = io.BytesIO()
        self._workbook: Any = xlsxwriter.Workbook(
            self._bytes, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._workbook.set_properties({"created": made.replace(tzinfo=None, microsecond=0), "author": "乡集"})
        base = {"font_name": "SimSun", "font_size": 11}
        self._plain = self._workbook.add_format(base)
        self._bold = self._workbook.add_format({**base, "bold": True})
        self._title = self._workbook.add_format({**base, "bold": True, "font_size": 16, "align": "center"})
        edge = {**base, "border": 1}
        self._head = self._workbook.add_format({**edge, "bold": True, "align": "center", "text_wrap": True})
        self._cells = {
            "text": self._workbook.add_format({**edge, "num_format": "@", "text_wrap": True, "valign": "vcenter"}),
            "count": self._workbook.add_format({**edge, "num_format": "#,##0"}),
            "fen": self._workbook.add_format({**edge, "num_format": "#,##0.00"}),
        }
        self._sums = {
            "text": self._workbook.add_format({**edge, "num_format": "@", "bold": True, "top": 6}),
            "count": self._workbook.add_format({**edge, "num_format": "#,##0", "bold": True, "top": 6}),
            "fen": self._workbook.add_format({**edge, "num_format": "#,##0.00", "bold": True, "top": 6}),
        }

    def add_form(self, name: str, form: PrintedForm) -> None:
        """Add a worksheet with a form, which prints on one page."""
        worksheet = self._add_worksheet(name)
        wide = max((len(table.head) for table in (*form.tables, form.signs)), default=1) - 1
        worksheet.merge_range(0, 0, 0, max(wide, 1), form.title, self._title)
        row = self._lines(worksheet, 1, ["　　".join(form.meta)])
        for table in form.tables:
            if table.rows:
                row = self._table(worksheet, row + 1, table)
        row = self._lines(worksheet, row + 1, [*form.words, *form.notes])
        row = self._table(worksheet, row + 1, form.signs)
        row = self._lines(worksheet, row + 1, form.foot)
        worksheet.write_string(row + 1, max(wide - 1, 0), "（盖章）", self._plain)
        worksheet.fit_to_pages(1, 1)
        worksheet.print_area(0, 0, row + 2, wide)

    def add_table(self, table: FormTable, above: Sequence[str] = ()) -> None:
        """Add a worksheet with one table and a frozen header row."""
        worksheet = self._add_worksheet(table.title)
        row = self._lines(worksheet, 0, list(above))
        self._table(worksheet, row, table, titled=False)
        worksheet.freeze_panes(row + 1, 1)
        worksheet.fit_to_pages(1, 0)

    def close(self) -> bytes:
        """Return the workbook's bytes."""
        self._workbook.close()
        return self._bytes.getvalue()

    def _add_worksheet(self, name: str) -> Any:
        worksheet = self._workbook.add_worksheet(name[:_NAME])
        worksheet.set_landscape()
        worksheet.set_paper(9)
        return worksheet

    def _lines(self, worksheet: Any, row: int, lines: Sequence[str]) -> int:
        for line in lines:
            worksheet.write_string(row, 0, line, self._plain)
            row += 1
        return row

    def _table(self, worksheet: Any, row: int, table: FormTable, *, titled: bool = True) -> int:
        if titled:
            worksheet.write_string(row, 0, table.title, self._bold)
            row += 1
        for at, words in enumerate(table.head):
            worksheet.write_string(row, at, words, self._head)
            worksheet.set_column(at, at, min(max(2 * len(words) + 2, 14 if at == 0 else 11), _WIDEST))
        for cells in table.rows:
            row += 1
            self._row(worksheet, row, cells, table.shapes, self._cells)
        if table.foot is not None:
            row += 1
            self._row(worksheet, row, table.foot, table.shapes, self._sums)
        return row + 1

    @staticmethod
    def _row(
        worksheet: Any,
        row: int,
        cells: Sequence[Value],
        shapes: Sequence[Shape],
        formats: dict[str, Any],
    ) -> None:
        for at, (value, shape) in enumerate(zip(cells, shapes, strict=True)):
            if value is None:
                worksheet.write_blank(row, at, None, formats[shape])
            elif isinstance(value, str):
                # Write text as text, so that a value from an imported file never becomes a formula.
                worksheet.write_string(row, at, value, formats["text"])
            else:
                worksheet.write_number(
                    row, at, Decimal(format_yuan(value)) if shape == "fen" else value, formats[shape]
                )


def write_csv(table: FormTable) -> bytes:
    """Return a table as CSV for spreadsheets: with a byte-order mark, sums with two decimals, without formulas."""
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
    return format_yuan(value) if shape == "fen" else str(value)
