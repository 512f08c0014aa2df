"""Spreadsheets: encodings, XLSX, headers, limits, and cells as people type them."""

import io
import random
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.sheets.cells import parse_fen
from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.spreadsheet import (
    MAX_ROWS,
    SMALL_SHEET,
    CellFaults,
    Column,
    Spreadsheet,
    SpreadsheetRow,
    read_spreadsheet,
)
from market.kernel.text import normalize_identity_number
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.names import ServiceKind

COLUMNS = (Column("name", "姓名"), Column("charge", "账单金额"), Column("day", "日期", optional=True))
TEXT = "姓名,账单金额,日期\n样例甲,38.00,2019-01-31\n,,\n样例乙,19,2019-02-01\n"
ROWS = [
    SpreadsheetRow(2, {"name": "样例甲", "charge": "38.00", "day": "2019-01-31"}),
    SpreadsheetRow(4, {"name": "样例乙", "charge": "19", "day": "2019-02-01"}),
]


def write_xlsx(rows: list[list[object]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()  # pyright: ignore[reportUnknownMemberType]
    day = book.add_format({"num_format": "yyyy-mm-dd"})  # pyright: ignore[reportUnknownMemberType]
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(at, column, value, day)
            else:
                sheet.write(at, column, value)  # pyright: ignore[reportUnknownMemberType]
    book.close()
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_reads_the_same_in_every_encoding(encoding: str) -> None:
    sheet = read_spreadsheet("a.csv", TEXT.encode(encoding), COLUMNS)
    assert sheet.rows == ROWS
    assert sheet.headers == {"name": "姓名", "charge": "账单金额", "day": "日期"}


def test_english_headers_are_the_same_columns() -> None:
    text = TEXT.replace("姓名,账单金额,日期", "Name,CHARGE,day")
    sheet = read_spreadsheet("a.csv", text.encode(), COLUMNS)
    assert (sheet.rows, sheet.headers["charge"]) == (ROWS, "CHARGE（账单金额）")


def test_a_workbook_reads_like_its_csv() -> None:
    content = write_xlsx(
        [
            ["姓名", "账单金额", "日期"],
            ["样例甲", "38.00", datetime(2019, 1, 31)],
            [],
            ["样例乙", 19, "2019-02-01"],
        ]
    )
    assert read_spreadsheet("a.xlsx", content, COLUMNS).rows == ROWS


@pytest.mark.parametrize("above", [["阜平县 2019年1月 样例表"], ["制表：样例某", "", "单位：元"]])
def test_a_title_above_the_header_is_skipped(above: list[str]) -> None:
    text = ",".join(above) + "\n\n" + TEXT
    sheet = read_spreadsheet("a.csv", text.encode(), COLUMNS)
    assert [(row.number, row.cells["name"]) for row in sheet.rows] == [(4, "样例甲"), (6, "样例乙")]


def test_rows_on_the_second_worksheet_are_read() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.add_worksheet("说明").write(0, 0, "请填下一页")  # pyright: ignore[reportUnknownMemberType]
    second = book.add_worksheet("数据")  # pyright: ignore[reportUnknownMemberType]
    for at, row in enumerate([["标题"], ["姓名", "账单金额"], ["样例甲", "38.00"]]):
        second.write_row(at, 0, row)  # pyright: ignore[reportUnknownMemberType]
    book.close()
    sheet = read_spreadsheet("a.xlsx", buffer.getvalue(), COLUMNS)
    assert sheet.rows == [SpreadsheetRow(3, {"name": "样例甲", "charge": "38.00"})]


def write_book(*sheets: tuple[str, list[list[str]]]) -> bytes:
    """Return a workbook of some worksheets; one whose name begins with # is hidden."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in sheets:
        sheet = book.add_worksheet(name.lstrip("#"))  # pyright: ignore[reportUnknownMemberType]
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)  # pyright: ignore[reportUnknownMemberType]
        if name.startswith("#"):
            sheet.hide()
    book.close()
    return buffer.getvalue()


HEADER, ONE, TWO = ["姓名", "账单金额"], ["样例甲", "38.00"], ["样例乙", "19.00"]


def test_rows_on_two_worksheets_are_not_read_in_part() -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_spreadsheet("a.xlsx", write_book(("一月", [HEADER, ONE]), ("二月", [HEADER, TWO])), COLUMNS)
    assert refused.value.facts["reason"] == "有两张工作表都有数据，请分成两个文件"


def test_a_worksheet_with_rows_is_read_after_one_with_a_header_alone() -> None:
    sheet = read_spreadsheet("a.xlsx", write_book(("样表", [HEADER]), ("数据", [HEADER, ONE])), COLUMNS)
    assert [row.cells["name"] for row in sheet.rows] == ["样例甲"]


@pytest.mark.parametrize("hidden_at", [0, 1])
def test_what_nobody_sees_is_not_read(hidden_at: int) -> None:
    sheets = [("数据", [HEADER, ONE])]
    sheets.insert(hidden_at, ("#别的", [HEADER, TWO]))
    if hidden_at == 0:  # the first worksheet of a workbook is active, and only another one can be hidden
        sheets.insert(0, ("说明", [["请填下一页"]]))
    sheet = read_spreadsheet("a.xlsx", write_book(*sheets), COLUMNS)
    assert [row.cells["name"] for row in sheet.rows] == ["样例甲"]


def test_a_missing_column_is_named_by_its_header_in_chinese() -> None:
    with pytest.raises(FileMalformed) as refused:
        read_spreadsheet("a.csv", "标题\n姓名,金额\n样例甲,1\n".encode(), COLUMNS)
    assert [(fault.message, fault.row) for fault in refused.value.errors if isinstance(fault, CellFault)] == [
        ("缺少“账单金额”这一列", 2)
    ]


def test_a_number_of_a_workbook_keeps_its_decimals() -> None:
    content = write_xlsx([["姓名", "账单金额"], ["样例甲", 13.84], ["样例乙", 1234.5]])
    charges = [parse_fen(row.cells["charge"]) for row in read_spreadsheet("a.xlsx", content, COLUMNS).rows]
    assert charges == [13_84, 1234_50]


def test_a_missing_and_a_doubled_column_are_named() -> None:
    with pytest.raises(FileMalformed) as refused:
        read_spreadsheet("a.csv", "姓名,name\n甲,乙\n".encode(), COLUMNS)
    faults = [(fault.row, fault.column) for fault in refused.value.errors if isinstance(fault, CellFault)]
    assert faults == [(1, "姓名"), (1, "账单金额")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "是空文件"),
        (b"\xff\xff\xff\xff", "编码既不是 UTF-8，也不是 GB18030"),
        (b"PK\x03\x04 and nothing else", "不是完好的 XLSX 文件"),
        ('姓名,账单金额\n"甲'.encode(), "不是完好的 CSV（unexpected end of data）"),
        ("姓名,账单金额\n甲\x00,1\n".encode(), "不是 CSV 或 XLSX 文件"),
        (("姓名,账单金额\n" + "a,1\n" * (MAX_ROWS + 1)).encode(), f"超过 {MAX_ROWS} 行"),
    ],
    ids=["empty", "encoding", "broken zip", "open quote", "binary", "too long"],
)
def test_a_file_that_is_not_a_spreadsheet_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_spreadsheet("a.csv", content, COLUMNS)
    assert refused.value.facts["reason"] == reason


def test_a_zip_bomb_is_refused_before_it_is_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    with pytest.raises(FileUnreadable) as refused:
        read_spreadsheet("a.xlsx", buffer.getvalue(), COLUMNS)
    assert refused.value.facts["reason"] == "XLSX 展开后过大"


def test_a_small_sheet_has_smaller_limits() -> None:
    far_cell = '<row r="10000"><c r="CB10000"><v>1</v></c></row>'
    assert [row.number for row in read_spreadsheet("a.xlsx", build_xlsx(HEAD + far_cell), COLUMNS).rows] == [10_000]
    with pytest.raises(FileUnreadable) as far:
        read_spreadsheet("a.xlsx", build_xlsx(HEAD + far_cell), COLUMNS, SMALL_SHEET)
    texts = build_xlsx(
        HEAD, **{"xl/sharedStrings.xml": "<si/>" * 7_000_000, "pad": random.Random(1).randbytes(200_000)}
    )
    with pytest.raises(FileUnreadable) as large:
        read_spreadsheet("a.xlsx", texts, COLUMNS, SMALL_SHEET)
    assert (far.value.facts["reason"], large.value.facts["reason"]) == (FAR, "XLSX 展开后过大")


def build_xlsx(sheet: str, **others: str | bytes) -> bytes:
    """Build the smallest workbook with `sheet` as the rows of its only worksheet."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = (
        f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/%s" Target="%s"/></Relationships>'
    )
    files = {
        "_rels/.rels": link % ("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": link % ("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
        **others,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>账单金额</t></is></c></row>'
)
FAR = "有内容的格子离得太远，请删掉表格下方和右边多余的内容"
BROKEN = "不是完好的 XLSX 文件"


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="2"><c x=">" r="ALM10000"><v>1</v></c></row>',
        '<row r="2">' + "<c><v>1</v></c>" * 40 + '</row><row r="1048576"><c><v>1</v></c></row>',
    ],
    ids=["by reference", "behind another attribute", "without references"],
)
def test_cells_too_far_apart_are_refused_before_memory_is_allocated(far: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_spreadsheet("a.xlsx", build_xlsx(HEAD + far), COLUMNS)
    assert refused.value.facts["reason"] == FAR


@pytest.mark.parametrize(
    ("at", "patch"),
    [(4, b"\x01\x00"), (6, b"\x01\x00"), (20, b"\x05\x00")],
    ids=["disk of the record", "disk of the directory", "comment"],
)
def test_the_reader_gets_what_was_measured_although_another_directory_stands_before_it(at: int, patch: bytes) -> None:
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>样例甲</t></is></c><c r="B2"><v>38</v></c></row>'
    other = '<row r="3"><c r="A3" t="inlineStr"><is><t>样例乙</t></is></c><c r="B3"><v>38</v></c></row>'
    seen = bytearray(build_xlsx(HEAD + row))
    record = seen.rindex(b"PK\x05\x06")
    seen[record + at : record + at + len(patch)] = patch  # a reader that minds it goes on to the record before
    sheet = read_spreadsheet("a.xlsx", build_xlsx(HEAD + row + other) + bytes(seen), COLUMNS)
    assert [each.number for each in sheet.rows] == [2]


def test_a_distant_cell_with_only_a_colour_is_ignored() -> None:
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>样例甲</t></is></c><c r="B2"><v>38</v></c></row>'
    coloured = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    sheet = read_spreadsheet("a.xlsx", build_xlsx(HEAD + row + coloured), COLUMNS)
    assert sheet.rows == [SpreadsheetRow(2, {"name": "样例甲", "charge": "38"})]


@pytest.mark.parametrize(
    "content",
    [
        build_xlsx(HEAD + "<row>"),
        build_xlsx(HEAD, **{"content.xml": "<x/>"}),
        build_xlsx(HEAD, **{"xl/workbook.bin": ""}),
        build_xlsx(HEAD, **{"xl/Workbook.xml": "<x/>"}),
    ],
    ids=["not closed", "ods", "xlsb", "one name twice"],
)
def test_a_file_that_only_looks_like_a_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_spreadsheet("a.xlsx", content, COLUMNS)
    assert refused.value.facts["reason"] == BROKEN


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("38.00", 3800),
        ("1,234.50", 123_450),
        ("３８．００", 3800),
        ("-２８．００", -2800),
        ("'19.5", 1950),
        (" 0 ", 0),
        ("五元", None),
        ("1.005", None),
        ("1,23.00", None),
        ("1e3", None),
        ("", None),
        ("--1", None),
    ],
)
def test_an_amount_is_parsed_as_fen_or_rejected(text: str, fen: int | None) -> None:
    assert parse_fen(text) == fen


@given(st.integers(-(10**11), 10**11))
def test_every_formatted_amount_is_parsed_back(fen: int) -> None:
    sign = "-" if fen < 0 else ""
    assert parse_fen(f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}") == fen
    assert parse_fen(f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}") == fen


def test_an_identity_number_needs_its_check_digit() -> None:
    assert normalize_identity_number("13062419550505991x") == "13062419550505991X"
    assert normalize_identity_number("'130624196202029910") == "130624196202029910"
    assert normalize_identity_number("130624196202029911") is None
    assert normalize_identity_number("1306241962020299") is None


def reader(**cells: str) -> tuple[RowReader, CellFaults]:
    faults = CellFaults()
    return RowReader(Spreadsheet("a.csv", {name: name for name in cells}, []), SpreadsheetRow(7, cells), faults), faults


@pytest.mark.parametrize("text", ["+86 19900000304", "'19900000304", "１９９０００００３０４", "199-0000-0304"])
def test_a_phone_number_is_read_as_people_type_it(text: str) -> None:
    cells, faults = reader(number=text)
    assert (cells.number("number", ServiceKind.MOBILE), len(faults)) == ("19900000304", 0)


def test_a_day_is_read_in_its_usual_forms() -> None:
    cells, faults = reader(a="2019/1/31", b="2019年1月31日", c="2019-01-31", d="2019-02-30", e="")
    assert [cells.maybe_day(name) for name in "abcde"] == [date(2019, 1, 31)] * 3 + [None, None]
    assert [(fault.row, fault.column, fault.value) for fault in faults.list_first()] == [(7, "d", "2019-02-30")]
    assert not cells.valid


@pytest.mark.parametrize("written", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_a_day_outside_1900_to_2999_is_a_fault(written: str) -> None:
    cells, faults = reader(a=written)
    assert cells.maybe_day("a") is None
    assert [(fault.column, fault.message) for fault in faults.list_first()] == [
        ("a", "年份应在 1900 到 2999 之间；没有这一天就空着")
    ]
