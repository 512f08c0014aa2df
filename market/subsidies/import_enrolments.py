"""Taking enrolments: what was applied for, its public notice, and what was decided."""

import asyncio
from datetime import date, datetime, timedelta

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.subsidies.cells import RowReader
from market.subsidies.files import Imported, Upload, begin_import, book_file, imported
from market.subsidies.models import CellFault, Duty
from market.subsidies.sheets import Column, malformed, read_sheet

COLUMNS = (
    Column("line", "业务编号"),
    Column("programme", "项目"),
    Column("identity", "身份证号"),
    Column("household", "户编号"),
    Column("applied_on", "申请日"),
    Column("notice_from", "公示起"),
    Column("notice_to", "公示止"),
    Column("decided_on", "审定日"),
    Column("entitled_from", "享受起"),
    Column("status", "状态"),
    Column("agent", "代办人", optional=True),
    Column("assessor", "村级评议人", optional=True),
)
DECIDED = "已审定"
"""The one status under which a line is entitled."""


class EnrolmentRow(Struct, frozen=True, gc=False):
    """One enrolment; `notice_until` is the day after the last whole day of notice."""

    line: str
    programme: str
    identity_index: bytes
    household: str
    applied_on: date
    notice_from: date | None
    notice_until: date | None
    decided_on: date | None
    entitled_from: date | None
    status: str
    agent: str
    assessor: str


PROGRAMME_CODES = Query(str, "SELECT code FROM programmes WHERE county_code = :county ORDER BY code")
HOUSEHOLD_CODES = Query(str, "SELECT code FROM households WHERE county_code = :county")
PUT_ENROLMENTS = Query(
    None,
    """
    INSERT INTO enrolments (county_code, line_code, programme_code, identity_index, household_code, applied_on, notice,
                            decided_on, entitled_from, status, agent, assessor)
    SELECT :county, line, programme, decode(identity_index, 'base64'), household, applied_on,
           CASE WHEN notice_from IS NOT NULL THEN daterange(notice_from, notice_until) END,
           decided_on, entitled_from, status, agent, assessor
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, programme text, identity_index text, household text, applied_on date, notice_from date,
             notice_until date, decided_on date, entitled_from date, status text, agent text, assessor text)
    ON CONFLICT ON CONSTRAINT enrolments_one_a_line DO UPDATE
       SET programme_code = excluded.programme_code, identity_index = excluded.identity_index,
           household_code = excluded.household_code, applied_on = excluded.applied_on, notice = excluded.notice,
           decided_on = excluded.decided_on, entitled_from = excluded.entitled_from, status = excluded.status,
           agent = excluded.agent, assessor = excluded.assessor
    """,
)


async def import_enrolments(
    conn: Connection, actor: Actor | None, upload: Upload, *, seal: Seal, now: datetime
) -> Imported:
    """Take enrolments, one a line; a later row of a line replaces the earlier. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.IMPORT, now=now)
    if known is not None:
        return known
    sheet = await asyncio.to_thread(read_sheet, upload.name, upload.content, COLUMNS)
    programmes = await PROGRAMME_CODES.all(conn, county=upload.county)
    households = set(await HOUSEHOLD_CODES.all(conn, county=upload.county))
    faults: list[CellFault] = []
    rows: list[EnrolmentRow] = []
    seen: dict[str, int] = {}
    for row in sheet.rows:
        cells = RowReader(sheet, row, faults)
        enrolment = _read(cells, programmes, households, seal)
        if seen.setdefault(enrolment.line, row.number) != row.number:
            cells.fault("line", f"第 {seen[enrolment.line]} 行已有这个业务编号")
        if cells.sound:
            rows.append(enrolment)
    if faults:
        raise malformed(upload.name, faults)
    counts = {"enrolments": len(rows), "decided": sum(1 for row in rows if row.status == DECIDED)}
    answer = imported(upload, rows=len(rows), counts=counts)
    if upload.dry_run:
        return answer
    await book_file(conn, actor, upload, rows=len(rows), now=now)
    await PUT_ENROLMENTS.run(conn, county=upload.county, rows=rows)
    return answer


def _read(cells: RowReader, programmes: list[str], households: set[str], seal: Seal) -> EnrolmentRow:
    programme, household = cells.code("programme"), cells.code("household")
    if programme and programme not in programmes:
        cells.fault("programme", f"没有这个项目，应是 {'、'.join(programmes)}")
    if household and household not in households:
        cells.fault("household", "名册里没有这一户")
    applied_on = cells.day("applied_on")
    notice_from, notice_to = cells.maybe_day("notice_from"), cells.maybe_day("notice_to")
    if (notice_from is None) != (notice_to is None):
        cells.fault("notice_to", "公示起止要一起填")
    elif notice_from and notice_to and notice_to < notice_from:
        cells.fault("notice_to", f"不能早于公示起 {notice_from}")
    status = cells.text("status", most=20)
    decided_on, entitled_from = cells.maybe_day("decided_on"), cells.maybe_day("entitled_from")
    if status == DECIDED:
        if decided_on is None:
            cells.fault("decided_on", "已审定的要有审定日")
        elif applied_on and decided_on < applied_on:
            cells.fault("decided_on", f"不能早于申请日 {applied_on}")
        if entitled_from is None:
            cells.fault("entitled_from", "已审定的要有享受起")
    identity = cells.identity("identity")
    return EnrolmentRow(
        line=cells.code("line"),
        programme=programme,
        identity_index=seal.index(identity) if identity else b"",
        household=household,
        applied_on=applied_on or date.min,
        notice_from=notice_from,
        notice_until=notice_to + timedelta(days=1) if notice_to else None,
        decided_on=decided_on,
        entitled_from=entitled_from,
        status=status,
        agent=cells.text("agent", needed=False),
        assessor=cells.text("assessor", needed=False),
    )
