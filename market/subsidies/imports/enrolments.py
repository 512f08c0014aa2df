"""Import enrolments: the application, its public notice, and the decision."""

import asyncio
from datetime import date, datetime, timedelta

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.kinds import ENROLMENTS
from market.subsidies.imports.models import CellFault
from market.subsidies.imports.spreadsheet import malformed_file, read_spreadsheet
from market.subsidies.imports.upload import ImportResult, Upload, begin_import, build_result, record_file
from market.subsidies.programmes.import_programmes import LIST_PROGRAMME_CODES

DECIDED = "已审定"
"""The only status in which a line is entitled."""


class EnrolmentRow(Struct, frozen=True, gc=False):
    """An enrolment; `notice_until` is the day after the last whole day of notice."""

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


LIST_HOUSEHOLD_CODES = Query(str, "SELECT code FROM households WHERE county_code = :county")
UPSERT_ENROLMENTS = Query(
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
    ON CONFLICT ON CONSTRAINT enrolments_one_per_line DO UPDATE
       SET programme_code = excluded.programme_code, identity_index = excluded.identity_index,
           household_code = excluded.household_code, applied_on = excluded.applied_on, notice = excluded.notice,
           decided_on = excluded.decided_on, entitled_from = excluded.entitled_from, status = excluded.status,
           agent = excluded.agent, assessor = excluded.assessor
    """,
)


async def import_enrolments(
    conn: Connection, actor: Actor | None, upload: Upload, *, seal: Seal, now: datetime
) -> ImportResult:
    """Import enrolments, one per line; a later file replaces the enrolment. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, now=now)
    if known is not None:
        return known
    spreadsheet = await asyncio.to_thread(read_spreadsheet, upload.name, upload.content, ENROLMENTS.columns)
    programmes = await LIST_PROGRAMME_CODES.all(conn, county=upload.county)
    households = set(await LIST_HOUSEHOLD_CODES.all(conn, county=upload.county))
    faults: list[CellFault] = []
    rows: list[EnrolmentRow] = []
    first_rows: dict[str, int] = {}
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        enrolment = _read(cells, programmes, households, seal)
        if first_rows.setdefault(enrolment.line, row.number) != row.number:
            cells.fault("line", f"第 {first_rows[enrolment.line]} 行已有这个业务编号")
        if cells.valid:
            rows.append(enrolment)
    if faults:
        raise malformed_file(upload.name, faults)
    counts = {"enrolments": len(rows), "decided": sum(1 for row in rows if row.status == DECIDED)}
    answer = build_result(upload, rows=len(rows), counts=counts)
    if upload.dry_run:
        return answer
    await record_file(conn, actor, upload, rows=len(rows), now=now)
    await UPSERT_ENROLMENTS.run(conn, county=upload.county, rows=rows)
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
    status = cells.text("status", max_length=20)
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
        agent=cells.text("agent", required=False),
        assessor=cells.text("assessor", required=False),
    )
