"""Read spreadsheets: CSV in UTF-8 or GB18030, XLSX, Chinese or English headers; limits are checked before opening."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from hashlib import sha256
from itertools import chain, islice
from typing import Self

from msgspec import Struct

from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.xlsx_area import NotXlsxError, measure_workbook
from market.kernel.text import normalize_text
from market.kernel.zip_files import TooManyMembers, open_zip

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 300_000
MAX_COLUMNS = 100
MAX_FAULTS = 1_000
FORMULA_STARTS = ("=", "+", "-", "@")
"""First characters that a spreadsheet program takes for a formula; such a cell of a CSV file gets an apostrophe."""
_MAX_TITLE_ROWS = 10
_MAX_WORKSHEETS = 20
_MAX_MEMBERS = 200
_MAX_RATIO = 200

type Cell = int | float | str | bool | date | datetime | time | object


class Column(Struct, frozen=True):
    """A column to read, by its English or Chinese header; an `optional` one may be missing.

    `example` and `meaning` explain it in templates; `may_be_empty` is a column whose cells may be empty.
    """

    name: str
    zh: str
    optional: bool = False
    may_be_empty: bool = False
    example: str = ""
    meaning: str = ""


class SheetLimits(Struct, frozen=True):
    """What a workbook may take when it is read.

    `max_area` is the number of cells up to the last filled one: the reader allocates all of them, about 30 bytes each.
    Texts of two letters take five times what they take unpacked.
    """

    max_unpacked_bytes: int
    max_area: int


COUNTY_SHEET = SheetLimits(400 * 1024 * 1024, 10_000_000)
"""A register or a bill of a county, read by the worker, for officials."""
SMALL_SHEET = SheetLimits(32 * 1024 * 1024, 500_000)
"""A list that a seller typed, read while the seller waits."""


class SpreadsheetRow(Struct, frozen=True, gc=False):
    """The text of a row by column name; row 1 is the header."""

    number: int
    cells: dict[str, str]


class Spreadsheet(Struct, frozen=True):
    """The rows, and the header of each column as in the file; the Chinese follows an English one."""

    name: str
    headers: dict[str, str]
    rows: list[SpreadsheetRow]


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file in hex."""
    return sha256(content).hexdigest()


def read_spreadsheet(
    name: str, content: bytes, columns: Sequence[Column], limits: SheetLimits = COUNTY_SHEET
) -> Spreadsheet:
    """Read the rows of a CSV or XLSX file as text, without blank rows.

    The header may follow a title, within the first ten rows, and be on another worksheet than the first. Hidden
    worksheets are not read, because nobody sees them, and no worksheet with rows is left out.

    Raises:
        FileUnreadable: the file is not a spreadsheet, has rows on two worksheets, or exceeds a limit (64 MiB, 300,000
            rows, 100 columns; for XLSX 200 members, 200 times its size unpacked, and `limits`).
        FileMalformed: a column is missing or appears twice.
    """
    tables = read_tables(name, content, limits)
    first: HeadedTable | None = None
    found: Spreadsheet | None = None
    for lines in tables:
        table = _find_header(lines, columns)
        first = first or table
        if table is None or not table.complete:
            continue
        read = _read_table(name, table, columns)
        if found is not None and found.rows and read.rows:
            raise FileUnreadable(name=name, reason="有两张工作表都有数据，请分成两个文件")
        found = read if found is None or read.rows else found
    if found is not None:
        return found
    if first is None:
        raise FileUnreadable(name=name, reason="是空文件")
    return _read_table(name, first, columns)


def read_tables(name: str, content: bytes, limits: SheetLimits = COUNTY_SHEET) -> Iterator[Iterable[list[str]]]:
    """Return the rows of a CSV file, or of each worksheet of an XLSX file that is not hidden, one after another.

    Raises:
        FileUnreadable: see `read_spreadsheet`; of a worksheet once it is reached.
    """
    if len(content) > MAX_BYTES:
        raise FileUnreadable(name=name, reason=f"超过 {MAX_BYTES // 1024 // 1024} MiB")
    if content[:4] == b"PK\x03\x04":
        return _read_xlsx(name, content, limits)
    return iter([_read_csv(name, content)])


class HeadedTable(Struct, frozen=True):
    """A table of a file from its header on; `complete` if the header has every required column."""

    number: int
    header: list[str]
    lines: Iterable[list[str]]
    complete: bool


def _find_header(lines: Iterable[list[str]], columns: Sequence[Column]) -> HeadedTable | None:
    """Return the table whose header is the first of ten rows with every column, or the one with the most of them."""
    rest = iter(lines)
    above = list(islice(rest, _MAX_TITLE_ROWS))
    known = [{_fold(column.zh), _fold(column.name)} for column in columns if not column.optional]
    best: HeadedTable | None = None
    most = -1
    for at, cells in enumerate(above):
        folded = {_fold(cell) for cell in cells[:MAX_COLUMNS]}
        count = sum(1 for names in known if names & folded)
        if count > most and any(cells):
            most = count
            following = chain(above[at + 1 :], rest)
            # One column more than is accepted, so that it is noticed.
            header = [normalize_text(cell) for cell in cells[: MAX_COLUMNS + 1]]
            best = HeadedTable(at + 1, header, following, count == len(known))
    return best


def _read_table(name: str, table: HeadedTable, columns: Sequence[Column]) -> Spreadsheet:
    headers, positions = _find_columns(name, table.number, table.header, columns)
    rows: list[SpreadsheetRow] = []
    for number, cells in enumerate(table.lines, table.number + 1):
        if number > table.number + MAX_ROWS:
            raise FileUnreadable(name=name, reason=f"超过 {MAX_ROWS} 行")
        if any(cells):
            count = len(cells)
            rows.append(SpreadsheetRow(number, {key: cells[at] if at < count else "" for key, at in positions.items()}))
    return Spreadsheet(name, headers, rows)


def _find_columns(
    name: str, number: int, header: list[str], columns: Sequence[Column]
) -> tuple[dict[str, str], dict[str, int]]:
    if len(header) > MAX_COLUMNS:
        raise FileUnreadable(name=name, reason=f"超过 {MAX_COLUMNS} 列")
    folded = [_fold(cell) for cell in header]
    headers: dict[str, str] = {}
    positions: dict[str, int] = {}
    faults = CellFaults()
    for column in columns:
        known = {_fold(column.zh), _fold(column.name)}
        matches = [index for index, cell in enumerate(folded) if cell in known]
        if len(matches) > 1:
            faults.append(
                CellFault(column.name, f"表头“{column.zh}”出现了 {len(matches)} 次", number, column.zh, column.zh)
            )
        elif matches:
            text = header[matches[0]]
            headers[column.name] = text if _fold(text) == _fold(column.zh) else f"{text}（{column.zh}）"
            positions[column.name] = matches[0]
        elif not column.optional:
            faults.append(CellFault(column.name, f"缺少“{column.zh}”这一列", number, column.zh, ""))
    if faults:
        raise malformed_file(name, faults)
    return headers, positions


def _fold(text: str) -> str:
    """Fold a header: ignore case, blanks and underscores."""
    return normalize_text(text).casefold().replace("_", "").replace(" ", "")


def is_json(content: bytes) -> bool:
    """Return whether a file that may be a spreadsheet or JSON is JSON."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


class CellFaults:
    """The faults of a file: the first 1,000 are kept, and the others counted, so that memory is bounded."""

    def __init__(self) -> None:
        self._kept: list[CellFault] = []
        self._count = 0

    def append(self, fault: CellFault) -> None:
        """Add a fault."""
        self._count += 1
        if len(self._kept) < MAX_FAULTS:
            self._kept.append(fault)

    def __iadd__(self, faults: Iterable[CellFault]) -> Self:
        for fault in faults:
            self.append(fault)
        return self

    def __len__(self) -> int:
        return self._count

    def list_first(self) -> list[CellFault]:
        """Return the kept faults by row."""
        return sorted(self._kept, key=lambda fault: fault.row)


def malformed_file(name: str, faults: CellFaults) -> FileMalformed:
    """Return the refusal of a file with its first 1,000 faults and the number of all."""
    return FileMalformed(name=name, count=len(faults), errors=tuple(faults.list_first()))


def _read_csv(name: str, content: bytes) -> Iterable[list[str]]:
    text = decode_text(name, content)
    if "\x00" in text:
        raise FileUnreadable(name=name, reason="不是 CSV 或 XLSX 文件")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise FileUnreadable(name=name, reason=f"不是完好的 CSV（{error}）") from error


def decode_text(name: str, content: bytes) -> str:
    """Return the text of a file in UTF-8 (with or without a byte-order mark) or GB18030.

    Raises:
        FileUnreadable: the encoding is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileUnreadable(name=name, reason="编码既不是 UTF-8，也不是 GB18030")


def _read_xlsx(name: str, content: bytes, limits: SheetLimits) -> Iterator[Iterable[list[str]]]:
    """Yield the rows of each worksheet that is not hidden, one worksheet at a time."""
    import python_calamine

    try:
        with open_zip(content, max_members=_MAX_MEMBERS) as archive:
            members = archive.infolist()
    except TooManyMembers as error:
        raise FileUnreadable(name=name, reason="XLSX 展开后过大") from error
    except zipfile.BadZipFile as error:
        raise FileUnreadable(name=name, reason="不是完好的 XLSX 文件") from error
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.max_unpacked_bytes or unpacked > _MAX_RATIO * max(len(content), 1):
        raise FileUnreadable(name=name, reason="XLSX 展开后过大")
    try:
        measured = measure_workbook(content)
    except NotXlsxError as error:
        raise FileUnreadable(name=name, reason="不是完好的 XLSX 文件") from error
    if measured.area > limits.max_area:
        raise FileUnreadable(name=name, reason="有内容的格子离得太远，请删掉表格下方和右边多余的内容")
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(measured.content))
        for index, sheet in enumerate(workbook.sheets_metadata):
            if sheet.visible is not python_calamine.SheetVisibleEnum.Visible:
                continue
            if index >= _MAX_WORKSHEETS:
                raise FileUnreadable(name=name, reason=f"超过 {_MAX_WORKSHEETS} 张工作表")
            # One row more than is accepted, so that what is cut off is noticed.
            most = MAX_ROWS + _MAX_TITLE_ROWS + 1
            rows = workbook.get_sheet_by_index(index).to_python(skip_empty_area=False, nrows=most)
            yield ([_cell_text(cell) for cell in row] for row in rows)
    except (python_calamine.CalamineError, IndexError, OSError, ValueError) as error:
        raise FileUnreadable(name=name, reason="不是完好的 XLSX 文件") from error


def _cell_text(cell: Cell) -> str:
    """Return a cell as text: a number without exponent, a date in ISO format."""
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
