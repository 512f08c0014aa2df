"""Taking what is known of use, and what was settled before this system began."""

import asyncio
from datetime import date, datetime

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Fen, Query
from market.subsidies.cells import RowReader
from market.subsidies.files import Imported, Upload, begin_import, book_file, imported
from market.subsidies.import_enrolments import PROGRAMME_CODES
from market.subsidies.models import CellFault, Duty
from market.subsidies.sheets import Column, malformed, read_sheet
from market.subsidies.words import KINDS, OPERATORS, Kind, Operator

USAGE_COLUMNS = (Column("number", "业务号码"), Column("operator", "运营商"), Column("used_on", "使用日期"))
OPENING_COLUMNS = (
    Column("line", "业务编号"),
    Column("operator", "运营商"),
    Column("kind", "业务类型"),
    Column("programme", "项目"),
    Column("household", "户编号"),
    Column("months", "已结月数"),
    Column("conceded_fen", "让利_分"),
    Column("public_fen", "财政补贴_分"),
)
_MOST_FEN = 10**12


class UsageRow(Struct, frozen=True, gc=False):
    """A day on which a number was used."""

    number: str
    operator: Operator
    used_on: date


class OpeningRow(Struct, frozen=True, gc=False):
    """What a line was settled before."""

    line: str
    operator: Operator
    kind: Kind
    programme: str
    household: str
    months: int
    conceded_fen: Fen
    public_fen: Fen


ADD_USAGE = Query(
    None,
    """
    INSERT INTO usage_days (county_code, operator, number, used_on)
    SELECT DISTINCT :county, operator, number, used_on
      FROM jsonb_to_recordset(:rows::jsonb) AS r(number text, operator text, used_on date)
    ON CONFLICT ON CONSTRAINT usage_days_once DO NOTHING
    """,
)
ADD_OPENINGS = Query(
    None,
    """
    INSERT INTO openings (county_code, line_code, operator, kind, programme_code, household_code, months, conceded_fen,
                          public_fen)
    SELECT :county, line, operator, kind, programme, household, months, conceded_fen, public_fen
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, operator text, kind text, programme text, household text, months smallint, conceded_fen bigint,
             public_fen bigint)
    """,
)
OPENED_LINES = Query(str, "SELECT line_code FROM openings WHERE county_code = :county")


async def import_usage(conn: Connection, actor: Actor | None, upload: Upload, *, now: datetime) -> Imported:
    """Take known days of use; a day that was known before is harmless. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        FileChanged: a file of that name was taken with other content.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.IMPORT, now=now)
    if known is not None:
        return known
    sheet = await asyncio.to_thread(read_sheet, upload.name, upload.content, USAGE_COLUMNS)
    faults: list[CellFault] = []
    rows: list[UsageRow] = []
    for row in sheet.rows:
        cells = RowReader(sheet, row, faults)
        # An account has letters; what is all digits is a phone number.
        kind = None if any(letter.isalpha() for letter in cells.raw("number")) else Kind.MOBILE
        number = cells.number("number", kind)
        operator, used_on = cells.choice("operator", OPERATORS), cells.day("used_on")
        if cells.sound and operator is not None and used_on is not None:
            rows.append(UsageRow(number, operator, used_on))
    if faults:
        raise malformed(upload.name, faults)
    answer = imported(upload, rows=len(rows), counts={"days": len(rows)})
    if upload.dry_run:
        return answer
    await book_file(conn, actor, upload, rows=len(rows), now=now)
    await ADD_USAGE.run(conn, county=upload.county, rows=rows)
    return answer


async def import_opening(conn: Connection, actor: Actor | None, upload: Upload, *, now: datetime) -> Imported:
    """Take what lines were settled before this system began, once a line. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        FileChanged: a file of that name was taken with other content.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.IMPORT, now=now)
    if known is not None:
        return known
    sheet = await asyncio.to_thread(read_sheet, upload.name, upload.content, OPENING_COLUMNS)
    programmes = await PROGRAMME_CODES.all(conn, county=upload.county)
    opened = set(await OPENED_LINES.all(conn, county=upload.county))
    faults: list[CellFault] = []
    rows: list[OpeningRow] = []
    for row in sheet.rows:
        cells = RowReader(sheet, row, faults)
        opening = _read_opening(cells, programmes)
        if opening is None:
            continue
        if opening.line in opened:
            cells.fault("line", "这个业务编号已有期初数")
        opened.add(opening.line)
        rows.append(opening)
    if faults:
        raise malformed(upload.name, faults)
    total = Fen(sum(row.conceded_fen + row.public_fen for row in rows))
    answer = imported(upload, rows=len(rows), counts={"lines": len(rows)}, sum_fen=total)
    if upload.dry_run:
        return answer
    await book_file(conn, actor, upload, rows=len(rows), now=now)
    await ADD_OPENINGS.run(conn, county=upload.county, rows=rows)
    return answer


def _read_opening(cells: RowReader, programmes: list[str]) -> OpeningRow | None:
    programme = cells.code("programme")
    if programme and programme not in programmes:
        cells.fault("programme", f"没有这个项目，应是 {'、'.join(programmes)}")
    operator, kind = cells.choice("operator", OPERATORS), cells.choice("kind", KINDS)
    line, household = cells.code("line"), cells.code("household")
    months = cells.integer("months", low=1, high=600)
    conceded = cells.integer("conceded_fen", low=0, high=_MOST_FEN)
    public = cells.integer("public_fen", low=0, high=_MOST_FEN)
    if not cells.sound or operator is None or kind is None or months is None or conceded is None or public is None:
        return None
    return OpeningRow(line, operator, kind, programme, household, months, Fen(conceded), Fen(public))
