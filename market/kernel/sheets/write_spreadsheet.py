"""Write rows as CSV or XLSX that `read_spreadsheet` reads back unchanged."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from market.kernel.sheets.spreadsheet import FORMULA_STARTS, Column

_WIDEST = 60


class FileFormat(StrEnum):
    """The format of a written spreadsheet."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.CSV: "text/csv; charset=utf-8",
}


def write_csv(columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return rows as CSV in UTF-8 with a byte-order mark, which spreadsheet programs need for Chinese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.zh for column in columns])
    for row in rows:
        cells = [row.get(column.name, "") for column in columns]
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return rows as a workbook of text cells, with a second worksheet that explains each column."""
    import xlsxwriter  # 12 MB, for who exports something

    out = io.BytesIO()
    # Rows are written in order, so only one is in memory.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook: Any = xlsxwriter.Workbook(out, options)
    text, bold = workbook.add_format({"num_format": "@"}), workbook.add_format({"num_format": "@", "bold": True})
    worksheet = workbook.add_worksheet(title)
    worksheet.freeze_panes(1, 0)
    for at, column in enumerate(columns):
        worksheet.set_column(at, at, max(12, 2 * len(column.zh) + 2, len(column.example) + 2), text)
        worksheet.write_string(0, at, column.zh, bold)
    for number, row in enumerate(rows, 1):
        for at, column in enumerate(columns):
            if cell := row.get(column.name, ""):
                worksheet.write_string(number, at, cell, text)
    _explain(workbook, columns, text, bold)
    workbook.close()
    return out.getvalue()


def _explain(workbook: Any, columns: Sequence[Column], text: Any, bold: Any) -> None:
    worksheet = workbook.add_worksheet("填写说明")
    table = [("列", "要不要填", "例子", "填什么"), *(describe_column(column) for column in columns)]
    for number, cells in enumerate(table):
        for at, cell in enumerate(cells):
            worksheet.write_string(number, at, cell, text if number else bold)
    for at in range(len(table[0])):
        worksheet.set_column(at, at, min(max(2 * len(cells[at]) + 2 for cells in table), _WIDEST))


def describe_column(column: Column) -> tuple[str, str, str, str]:
    """Return a column's header, whether it must be filled, an example, and its meaning, for people."""
    required = "可以不要这一列" if column.optional else "可以空着" if column.may_be_empty else "必填"
    return (column.zh, required, column.example, column.meaning)
