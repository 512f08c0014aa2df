"""Sheets as they come: CSV in UTF-8 or GB18030, XLSX; Chinese or English headers; bounded before they are opened."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from hashlib import sha256

import python_calamine
from msgspec import Struct

from market.kernel.text import fold
from market.subsidies.models import CellFault, FileMalformed, FileUnreadable
from market.subsidies.xlsx_area import NotXlsxError, largest_area

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 300_000
MOST_COLUMNS = 100
MOST_FAULTS = 1_000
_MOST_MEMBERS = 200
_MOST_UNPACKED = 400 * 1024 * 1024
_MOST_RATIO = 200
_MOST_AREA = 10_000_000
"""Cells from the first to the last that is filled: the reader holds them all, some 30 bytes each."""

type Cell = int | float | str | bool | date | datetime | time | object


class Column(Struct, frozen=True):
    """A column that is read: its name here, its Chinese header, and whether the file may lack it."""

    name: str
    zh: str
    optional: bool = False


class Row(Struct, frozen=True, gc=False):
    """A row as it was written; row 1 is the header."""

    number: int
    cells: dict[str, str]


class Sheet(Struct, frozen=True):
    """A sheet's rows, and how each column is called: as the file writes it, an English header with the Chinese."""

    name: str
    heads: dict[str, str]
    rows: list[Row]


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file, as it is printed."""
    return sha256(content).hexdigest()


def read_sheet(name: str, content: bytes, columns: Sequence[Column]) -> Sheet:
    """Read the rows of a CSV or XLSX file as text, blank rows left out.

    Raises:
        FileUnreadable: it is no sheet, or past a bound (64 MiB, 300,000 rows, 100 columns; an XLSX of more than 200
            members, unpacking to more than 400 MiB or more than 200 times its size, or whose filled cells span more
            than 10 million).
        FileMalformed: a column is missing or comes twice.
    """
    if len(content) > MOST_BYTES:
        raise FileUnreadable(name=name, reason=f"超过 {MOST_BYTES // 1024 // 1024} MiB")
    lines = _read_xlsx(name, content) if content[:4] == b"PK\x03\x04" else _read_csv(name, content)
    header: list[str] | None = None
    heads: dict[str, str] = {}
    places: dict[str, int] = {}
    rows: list[Row] = []
    for number, cells in enumerate(lines, 1):
        if number > MOST_ROWS + 1:
            raise FileUnreadable(name=name, reason=f"超过 {MOST_ROWS} 行")
        if header is None:
            header = [fold(cell) for cell in cells]
            heads, places = _find_columns(name, header, columns)
            continue
        if any(cells):
            count = len(cells)
            rows.append(Row(number, {key: cells[at] if at < count else "" for key, at in places.items()}))
    if header is None:
        raise FileUnreadable(name=name, reason="是空文件")
    return Sheet(name, heads, rows)


def _find_columns(name: str, header: list[str], columns: Sequence[Column]) -> tuple[dict[str, str], dict[str, int]]:
    if len(header) > MOST_COLUMNS:
        raise FileUnreadable(name=name, reason=f"超过 {MOST_COLUMNS} 列")
    folded = [_fold(cell) for cell in header]
    heads: dict[str, str] = {}
    places: dict[str, int] = {}
    faults: list[CellFault] = []
    for column in columns:
        known = {_fold(column.zh), _fold(column.name)}
        found = [at for at, cell in enumerate(folded) if cell in known]
        if len(found) > 1:
            faults.append(CellFault(column.name, f"表头“{column.zh}”出现了 {len(found)} 次", 1, column.zh, column.zh))
        elif found:
            head = header[found[0]]
            heads[column.name] = head if _fold(head) == _fold(column.zh) else f"{head}（{column.zh}）"
            places[column.name] = found[0]
        elif not column.optional:
            faults.append(CellFault(column.name, f"缺少“{column.zh}”（{column.name}）这一列", 1, column.zh, ""))
    if faults:
        raise malformed(name, faults)
    return heads, places


def _fold(text: str) -> str:
    """Compare headers without case, blanks and underscores."""
    return fold(text).casefold().replace("_", "").replace(" ", "")


def malformed(name: str, faults: Sequence[CellFault]) -> FileMalformed:
    """Return the refusal of a whole file, which names its first 1,000 faults."""
    return FileMalformed(name=name, count=len(faults), errors=tuple(faults[:MOST_FAULTS]))


def _read_csv(name: str, content: bytes) -> Iterable[list[str]]:
    text = decode(name, content)
    if "\x00" in text:
        raise FileUnreadable(name=name, reason="不是 CSV 或 XLSX 文件")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise FileUnreadable(name=name, reason=f"不是完好的 CSV（{error}）") from error


def decode(name: str, content: bytes) -> str:
    """Return the text of a file in UTF-8 (with or without a byte-order mark) or GB18030.

    Raises:
        FileUnreadable: it is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileUnreadable(name=name, reason="编码既不是 UTF-8，也不是 GB18030")


def _read_xlsx(name: str, content: bytes) -> Iterable[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise FileUnreadable(name=name, reason="不是完好的 XLSX 文件") from error
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MOST_MEMBERS or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * max(len(content), 1):
        raise FileUnreadable(name=name, reason="XLSX 展开后过大")
    try:
        area = largest_area(content)
    except NotXlsxError as error:
        raise FileUnreadable(name=name, reason="不是完好的 XLSX 文件") from error
    if area > _MOST_AREA:
        raise FileUnreadable(name=name, reason="有内容的格子离得太远，请删掉表格下方和右边多余的内容")
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MOST_ROWS + 2)
    except (python_calamine.CalamineError, IndexError, OSError, ValueError) as error:
        raise FileUnreadable(name=name, reason="不是完好的 XLSX 文件") from error
    for row in rows:
        yield [_cell_text(cell) for cell in row]


def _cell_text(cell: Cell) -> str:
    """Return a cell as it would be typed: a number without exponent, a date by its day."""
    match cell:
        case str():
            return cell
        case bool():
            return "是" if cell else "否"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
