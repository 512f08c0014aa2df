"""Sheets as they come: encodings, XLSX, headers, bounds, and cells as people type them."""

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from market.subsidies.cells import RowReader, fen_of, identity_of
from market.subsidies.models import CellFault, FileMalformed, FileUnreadable
from market.subsidies.sheets import MOST_ROWS, Column, Row, Sheet, read_sheet
from market.subsidies.words import Kind

COLUMNS = (Column("name", "姓名"), Column("charge", "账单金额"), Column("day", "日期", optional=True))
TEXT = "姓名,账单金额,日期\n样例甲,38.00,2019-01-31\n,,\n样例乙,19,2019-02-01\n"
ROWS = [
    Row(2, {"name": "样例甲", "charge": "38.00", "day": "2019-01-31"}),
    Row(4, {"name": "样例乙", "charge": "19", "day": "2019-02-01"}),
]


def workbook(rows: list[list[object]]) -> bytes:
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
    sheet = read_sheet("a.csv", TEXT.encode(encoding), COLUMNS)
    assert sheet.rows == ROWS
    assert sheet.heads == {"name": "姓名", "charge": "账单金额", "day": "日期"}


def test_english_headers_are_the_same_columns() -> None:
    text = TEXT.replace("姓名,账单金额,日期", "Name,CHARGE,day")
    sheet = read_sheet("a.csv", text.encode(), COLUMNS)
    assert (sheet.rows, sheet.heads["charge"]) == (ROWS, "CHARGE")


def test_a_workbook_reads_as_its_csv_would() -> None:
    content = workbook(
        [
            ["姓名", "账单金额", "日期"],
            ["样例甲", "38.00", datetime(2019, 1, 31)],  # noqa: DTZ001 - a cell has no zone
            [],
            ["样例乙", 19, "2019-02-01"],
        ]
    )
    assert read_sheet("a.xlsx", content, COLUMNS).rows == ROWS


def test_a_number_of_a_workbook_keeps_its_decimals() -> None:
    content = workbook([["姓名", "账单金额"], ["样例甲", 13.84], ["样例乙", 1234.5]])
    charges = [fen_of(row.cells["charge"]) for row in read_sheet("a.xlsx", content, COLUMNS).rows]
    assert charges == [13_84, 1234_50]


def test_a_missing_and_a_doubled_column_are_named() -> None:
    with pytest.raises(FileMalformed) as refused:
        read_sheet("a.csv", "姓名,name\n甲,乙\n".encode(), COLUMNS)
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
        (("姓名,账单金额\n" + "a,1\n" * (MOST_ROWS + 1)).encode(), f"超过 {MOST_ROWS} 行"),
    ],
    ids=["empty", "encoding", "broken zip", "open quote", "binary", "too long"],
)
def test_what_is_no_sheet_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_sheet("a.csv", content, COLUMNS)
    assert refused.value.facts["reason"] == reason


def test_a_zip_bomb_is_refused_before_it_is_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    with pytest.raises(FileUnreadable) as refused:
        read_sheet("a.xlsx", buffer.getvalue(), COLUMNS)
    assert refused.value.facts["reason"] == "XLSX 展开后过大"


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
def test_an_amount_is_read_in_fen_or_not_at_all(text: str, fen: int | None) -> None:
    assert fen_of(text) == fen


@given(st.integers(-(10**11), 10**11))
def test_every_amount_that_is_written_is_read_back(fen: int) -> None:
    sign = "-" if fen < 0 else ""
    assert fen_of(f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}") == fen
    assert fen_of(f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}") == fen


def test_an_identity_number_has_its_check_digit() -> None:
    assert identity_of("13062419550505991x") == "13062419550505991X"
    assert identity_of("'130624196202029910") == "130624196202029910"
    assert identity_of("130624196202029911") is None
    assert identity_of("1306241962020299") is None


def reader(**cells: str) -> tuple[RowReader, list[CellFault]]:
    faults: list[CellFault] = []
    return RowReader(Sheet("a.csv", {name: name for name in cells}, []), Row(7, cells), faults), faults


@pytest.mark.parametrize("text", ["+86 19900000304", "'19900000304", "１９９０００００３０４", "199-0000-0304"])
def test_a_phone_number_is_read_as_people_type_it(text: str) -> None:
    cells, faults = reader(number=text)
    assert (cells.number("number", Kind.MOBILE), faults) == ("19900000304", [])


def test_a_day_is_read_in_its_usual_forms() -> None:
    cells, faults = reader(a="2019/1/31", b="2019年1月31日", c="2019-01-31", d="2019-02-30", e="")
    assert [cells.maybe_day(name) for name in "abcde"] == [date(2019, 1, 31)] * 3 + [None, None]
    assert [(fault.row, fault.column, fault.value) for fault in faults] == [(7, "d", "2019-02-30")]
    assert not cells.sound
