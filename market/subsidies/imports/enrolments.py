"""Import enrolments: the application, its public notice, and the decision."""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct, structs

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet, malformed_file
from market.people.identity.models import Actor
from market.subsidies.imports.differences import find_differences, format_optional
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    begin_import,
    build_result,
    record_file,
    require_changes_taken,
)
from market.subsidies.names import ENROLMENT_STATUSES, PENDING_STATUSES, ServiceKind
from market.subsidies.programmes.import_programmes import load_programme_kinds
from market.subsidies.register.queries import LIST_HOUSEHOLD_CODES, LIST_KNOWN_MEMBERSHIPS, KnownMembership

ENROLMENT_IDENTITY_CONTEXT = "enrolments.identity"
AGENT_IDENTITY_CONTEXT = "enrolments.agent_identity"
ASSESSOR_IDENTITY_CONTEXT = "enrolments.assessor_identity"
DECIDED = "已审定"
"""The only status in which a line is entitled."""


class EnrolmentRow(Struct, frozen=True, gc=False):
    """An enrolment; `notice_until` is the day after the last whole day of notice.

    Agent and assessor are known by their identity numbers where these are written, else by their names.
    """

    line: str
    programme: str
    identity_index: bytes
    identity_sealed: bytes | None
    household: str
    applied_on: date
    notice_from: date | None
    notice_until: date | None
    decided_on: date | None
    entitled_from: date | None
    status: str
    agent: str
    assessor: str
    agent_identity_index: bytes | None = None
    agent_identity_sealed: bytes | None = None
    assessor_identity_index: bytes | None = None
    assessor_identity_sealed: bytes | None = None


class _KnownFacts(Struct, frozen=True):
    """The facts that enrolments refer to: the kinds of programmes and lines, households, and memberships by person."""

    programmes: dict[str, list[ServiceKind]]
    kinds: dict[str, ServiceKind]
    households: set[str]
    memberships: dict[bytes, list[KnownMembership]]
    today: date


class _LineKind(Struct, frozen=True):
    line: str
    kind: ServiceKind


LIST_LINE_KINDS = Query(_LineKind, "SELECT code AS line, kind FROM lines WHERE county_code = :county")
LIST_ENROLMENTS = Query(
    EnrolmentRow,
    """
    SELECT line_code AS line, programme_code AS programme, identity_index, identity_sealed,
           household_code AS household, applied_on, lower(notice) AS notice_from, upper(notice) AS notice_until,
           decided_on, entitled_from, status, agent, assessor, agent_identity_index, agent_identity_sealed,
           assessor_identity_index, assessor_identity_sealed
      FROM enrolments WHERE county_code = :county
     ORDER BY line_code COLLATE "C"
    """,
)
UPSERT_ENROLMENTS = Query(
    None,
    """
    INSERT INTO enrolments (county_code, line_code, programme_code, identity_index, identity_sealed, household_code,
                            applied_on, notice, decided_on, entitled_from, status, agent, assessor,
                            agent_identity_index, agent_identity_sealed, assessor_identity_index,
                            assessor_identity_sealed, file_id, lead_id)
    SELECT :county, line, programme, decode(identity_index, 'base64'), decode(identity_sealed, 'base64'), household,
           applied_on, CASE WHEN notice_from IS NOT NULL THEN daterange(notice_from, notice_until) END,
           decided_on, entitled_from, status, agent, assessor, decode(agent_identity_index, 'base64'),
           decode(agent_identity_sealed, 'base64'), decode(assessor_identity_index, 'base64'),
           decode(assessor_identity_sealed, 'base64'), :file_id, :lead_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, programme text, identity_index text, identity_sealed text, household text, applied_on date,
             notice_from date, notice_until date, decided_on date, entitled_from date, status text, agent text,
             assessor text, agent_identity_index text, agent_identity_sealed text, assessor_identity_index text,
             assessor_identity_sealed text)
    ON CONFLICT ON CONSTRAINT enrolments_one_per_line DO UPDATE
       SET programme_code = excluded.programme_code, identity_index = excluded.identity_index,
           identity_sealed = excluded.identity_sealed, file_id = excluded.file_id, lead_id = excluded.lead_id,
           household_code = excluded.household_code, applied_on = excluded.applied_on, notice = excluded.notice,
           decided_on = excluded.decided_on, entitled_from = excluded.entitled_from, status = excluded.status,
           agent = excluded.agent, assessor = excluded.assessor,
           agent_identity_index = excluded.agent_identity_index,
           agent_identity_sealed = excluded.agent_identity_sealed,
           assessor_identity_index = excluded.assessor_identity_index,
           assessor_identity_sealed = excluded.assessor_identity_sealed
    """,
)


async def import_enrolments(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import enrolments, one per line. The caller owns the transaction.

    An enrolment that is not decided yet may be completed and decided by a later file; any other change of a known
    enrolment needs `take_changes`, so that one that was turned down is not decided by the next file unseen.

    Raises:
        FactsDiffer: known enrolments change and `take_changes` is not set.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    spreadsheet = upload.get_spreadsheet()
    known_facts = await _load_known_facts(conn, upload)
    faults = CellFaults()
    known_enrolments = {each.line: each for each in await LIST_ENROLMENTS.all(conn, county=upload.county)}
    rows: list[EnrolmentRow] = []
    to_store: list[EnrolmentRow] = []
    changes: list[CellFault] = []
    first_rows: dict[str, int] = {}
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        enrolment = _read(cells, known_facts, upload.seal)
        if first_rows.setdefault(enrolment.line, row.number) != row.number:
            cells.fault("line", f"第 {first_rows[enrolment.line]} 行已有这个业务编号")
        before = known_enrolments.get(enrolment.line)
        enrolment = _keep_unwritten_numbers(spreadsheet, before, enrolment)
        new = before is None or get_enrolment_cells(before) != get_enrolment_cells(enrolment)
        if cells.valid and new:
            _check_applicant(
                cells, enrolment, known_facts.memberships.get(enrolment.identity_index, ()), known_facts.today
            )
        if not cells.valid:
            continue
        rows.append(enrolment)
        if new:
            to_store.append(enrolment)
        if before is not None:
            changes += _find_changes(spreadsheet, row.number, before, enrolment)
    if faults:
        raise malformed_file(upload.name, faults)
    decided = sum(1 for row in rows if row.status == DECIDED)
    counts = {"enrolments": len(rows), "decided": decided, "changed": len(changes)}
    answer = build_result(upload, rows=len(rows), counts=counts, changes=changes)
    if upload.dry_run:
        return answer
    require_changes_taken(upload, changes)
    file_id = await record_file(conn, actor, upload, rows=len(rows))
    await UPSERT_ENROLMENTS.run(conn, county=upload.county, file_id=file_id, lead_id=None, rows=to_store)
    return answer


async def _load_known_facts(conn: Connection, upload: PreparedUpload) -> _KnownFacts:
    memberships: dict[bytes, list[KnownMembership]] = {}
    for membership in await LIST_KNOWN_MEMBERSHIPS.all(conn, county=upload.county):
        memberships.setdefault(membership.identity_index, []).append(membership)
    return _KnownFacts(
        await load_programme_kinds(conn, upload.county),
        {each.line: each.kind for each in await LIST_LINE_KINDS.all(conn, county=upload.county)},
        set(await LIST_HOUSEHOLD_CODES.all(conn, county=upload.county)),
        memberships,
        get_business_day(upload.now),
    )


def get_enrolment_cells(enrolment: EnrolmentRow, identity: str = "") -> dict[str, str]:
    """Return an enrolment as the cells of its row; without `identity` its cell is the blind index, for comparison."""
    until = enrolment.notice_until
    return {
        "line": enrolment.line,
        "programme": enrolment.programme,
        "identity": identity or enrolment.identity_index.hex(),
        "household": enrolment.household,
        "applied_on": str(enrolment.applied_on),
        "notice_from": format_optional(enrolment.notice_from),
        "notice_to": format_optional(until - timedelta(days=1) if until else None),
        "decided_on": format_optional(enrolment.decided_on),
        "entitled_from": format_optional(enrolment.entitled_from),
        "status": enrolment.status,
        "agent": enrolment.agent,
        "agent_identity": (enrolment.agent_identity_index or b"").hex(),
        "assessor": enrolment.assessor,
        "assessor_identity": (enrolment.assessor_identity_index or b"").hex(),
    }


def _keep_unwritten_numbers(
    spreadsheet: Spreadsheet, before: EnrolmentRow | None, enrolment: EnrolmentRow
) -> EnrolmentRow:
    """Return the enrolment with the known numbers of agent and assessor if the file has no column for them."""
    if before is None:
        return enrolment
    if "agent_identity" not in spreadsheet.headers and enrolment.agent == before.agent:
        enrolment = structs.replace(
            enrolment,
            agent_identity_index=before.agent_identity_index,
            agent_identity_sealed=before.agent_identity_sealed,
        )
    if "assessor_identity" not in spreadsheet.headers and enrolment.assessor == before.assessor:
        enrolment = structs.replace(
            enrolment,
            assessor_identity_index=before.assessor_identity_index,
            assessor_identity_sealed=before.assessor_identity_sealed,
        )
    return enrolment


def _find_changes(spreadsheet: Spreadsheet, row: int, before: EnrolmentRow, after: EnrolmentRow) -> list[CellFault]:
    """Return the cells that change an enrolment; to complete and decide one that is pending is no change."""
    pending = before.status in PENDING_STATUSES
    return find_differences(
        spreadsheet,
        row,
        get_enrolment_cells(before),
        get_enrolment_cells(after),
        hidden=("identity", "agent_identity", "assessor_identity"),
        expected=lambda column, old: pending and (not old or column == "status"),
    )


def _read(cells: RowReader, known: _KnownFacts, seal: Seal) -> EnrolmentRow:
    line, household, status = cells.line(), cells.household(), cells.listed("status", ENROLMENT_STATUSES)
    entitles = status == DECIDED or status in PENDING_STATUSES
    programme = cells.programme(known.programmes, known.kinds.get(line) if entitles else None)
    if household and household not in known.households:
        cells.fault("household", "名册里没有这一户")
    identity = cells.identity("identity")
    index = seal.index(identity) if identity else b""
    registered = {each.household for each in known.memberships.get(index, ())}
    if household in known.households and registered and household not in registered:
        cells.fault("household", f"名册里这个人在 {'、'.join(sorted(registered))} 户")
    applied_on = cells.past_day("applied_on", known.today, required=True)
    agent, agent_identity = _read_person(cells, "agent")
    assessor, assessor_identity = _read_person(cells, "assessor")
    notice_from, notice_to = cells.maybe_day("notice_from"), cells.maybe_day("notice_to")
    enrolment = EnrolmentRow(
        line=line,
        programme=programme,
        identity_index=index,
        identity_sealed=seal.seal(identity, ENROLMENT_IDENTITY_CONTEXT),
        household=household,
        applied_on=applied_on or date.min,
        notice_from=notice_from,
        notice_until=notice_to + timedelta(days=1) if notice_to else None,
        decided_on=cells.past_day("decided_on", known.today),
        entitled_from=cells.maybe_day("entitled_from"),
        status=status,
        agent=agent,
        assessor=assessor,
        agent_identity_index=seal.index(agent_identity) if agent_identity else None,
        agent_identity_sealed=seal.seal(agent_identity, AGENT_IDENTITY_CONTEXT) if agent_identity else None,
        assessor_identity_index=seal.index(assessor_identity) if assessor_identity else None,
        assessor_identity_sealed=seal.seal(assessor_identity, ASSESSOR_IDENTITY_CONTEXT) if assessor_identity else None,
    )
    _check_notice(cells, enrolment, notice_to)
    _check_decision(cells, enrolment, notice_to)
    return enrolment


def _read_person(cells: RowReader, column: str) -> tuple[str, str | None]:
    """Return who is named in a column, and the identity number beside it if it is written."""
    name, identity_column = cells.person(column), f"{column}_identity"
    if not cells.raw(identity_column):
        return name, None
    if not name:
        cells.fault(column, "写了身份证号，姓名也要写")
    return name, cells.identity(identity_column) or None


def _check_applicant(
    cells: RowReader, enrolment: EnrolmentRow, memberships: Iterable[KnownMembership], today: date
) -> None:
    """Add a fault unless a person of the register applied as one, and was of the household before the entitlement.

    The household may be one that they moved to while the application was decided. What is known of them may change
    later, so that an enrolment is compared when it is new or changed. Who is not in the register has no household on
    any day, and nothing is paid.
    """
    if enrolment.status != DECIDED and enrolment.status not in PENDING_STATUSES:
        return
    applied_on, until = enrolment.applied_on, enrolment.entitled_from or enrolment.decided_on or today
    own = sorted(memberships, key=lambda each: each.start)
    if own and not _find_households(own, applied_on, applied_on):
        cells.fault("applied_on", f"这天名册里这个人不在哪一户，最早在册是 {own[0].start}")
        return
    households = _find_households(own, applied_on, until)
    if own and enrolment.household not in households:
        cells.fault("household", f"名册里这个人从申请日 {applied_on} 起在 {'、'.join(households)} 户")


def _find_households(memberships: Iterable[KnownMembership], first: date, last: date) -> list[str]:
    """Return the households that a person was of on a day from `first` to `last`."""
    return [each.household for each in memberships if each.start <= last and (each.until is None or each.until > first)]


def _check_notice(cells: RowReader, enrolment: EnrolmentRow, notice_to: date | None) -> None:
    """Add faults unless application ≤ notice from < notice to."""
    applied_on, notice_from = enrolment.applied_on, enrolment.notice_from
    if bool(cells.raw("notice_from")) != bool(cells.raw("notice_to")):
        cells.fault("notice_to", "公示起止要一起填")
    if notice_from is not None and notice_from < applied_on:
        cells.fault("notice_from", f"不能早于申请日 {applied_on}")
    if notice_from is not None and notice_to is not None and notice_to <= notice_from:
        cells.fault("notice_to", f"应晚于公示起 {notice_from}")


def _check_decision(cells: RowReader, enrolment: EnrolmentRow, notice_to: date | None) -> None:
    """Add faults unless the decision is after the notice, and the entitlement not before the month of the decision."""
    applied_on, decided_on, entitled_from = enrolment.applied_on, enrolment.decided_on, enrolment.entitled_from
    if decided_on is not None and decided_on < applied_on:
        cells.fault("decided_on", f"不能早于申请日 {applied_on}")
    elif decided_on is not None and notice_to is not None and decided_on <= notice_to:
        cells.fault("decided_on", f"应晚于公示止 {notice_to}")
    if decided_on is not None and entitled_from is not None and entitled_from < decided_on.replace(day=1):
        cells.fault("entitled_from", f"不能早于审定的那个月，最早 {decided_on.replace(day=1)}")
    if enrolment.status == DECIDED:
        if not cells.raw("decided_on"):
            cells.fault("decided_on", "已审定的要有审定日")
        if not cells.raw("entitled_from"):
            cells.fault("entitled_from", "已审定的要有享受起")
        if not cells.raw("assessor"):
            cells.fault("assessor", "已审定的要有村级评议人")
