"""Report a change of a line; another person takes it, as rows of a bindings file, or refuses it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault, FileMalformed
from market.kernel.sheets.write_spreadsheet import write_csv
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import get_visible_divisions, require_county_role, require_role
from market.people.identity.models import Actor
from market.subsidies.imports.binding_facts import BINDING_IDENTITY_CONTEXT, Binding, list_bindings
from market.subsidies.imports.bindings import import_bindings
from market.subsidies.imports.formats.columns import BINDING_COLUMNS
from market.subsidies.imports.kinds import BINDINGS
from market.subsidies.imports.models import FactsDiffer
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.lines.models import (
    MAX_NOTE_LENGTH,
    REPORTERS,
    LineChangeDecided,
    LineChangeInvalid,
    LineChangeWaiting,
    LineVerb,
    NewLineChange,
    SecondChangePart,
)
from market.subsidies.lines.rules import build_cells, list_change_faults, read_details
from market.subsidies.lines.views import (
    CHANGE_DETAILS_CONTEXT,
    CHANGE_NOTE_CONTEXT,
    CHANGE_REASON_CONTEXT,
    ChangeOutcome,
    KnownLine,
    LineChange,
    get_change,
    get_line,
)
from market.subsidies.month.cycles import LOCK_IMPORTS
from market.subsidies.month.steps import DUTY_ROLES
from market.subsidies.register.queries import IDENTITY_CONTEXT

_INVOLVED = "P0171"
"""The error of the trigger `check_line_change`."""
_FIELDS = {name: name for name in ("sim", "device", "identity", "operator", "plan", "realname")} | {"line": "new_line"}
"""The field of a change to which a column of its file belongs; the other columns are about its day."""


class ReportedChange(Struct, frozen=True):
    """A change that was reported, with the number that people see."""

    id: UUID
    number: int


ADD_CHANGE = Query(
    ReportedChange,
    """
    INSERT INTO line_changes (county_code, line_code, verb, effective_on, details_sealed, note_sealed, reported_by,
                              reported_at)
    VALUES (:county, :line, :verb, :effective_on, :details_sealed, :note_sealed, :account_id, :now)
    RETURNING id, number
    """,
)
LOCK_CHANGE = Query(
    bool,
    "SELECT outcome IS NULL FROM line_changes WHERE county_code = :county AND id = :change_id FOR NO KEY UPDATE",
)
END_CHANGE = Query(
    None,
    """
    UPDATE line_changes
       SET outcome = :outcome, decided_by = :account_id, decided_at = :now, reason_sealed = :reason_sealed,
           file_id = (SELECT id FROM import_files WHERE county_code = :county AND kind = :kind AND name = :name)
     WHERE county_code = :county AND id = :change_id
    """,
)
HAS_LINE = Query(bool, "SELECT EXISTS (SELECT FROM lines WHERE county_code = :county AND code = :line)")
HAS_PLAN = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM plans WHERE county_code = :county AND code = :plan AND operator = :operator
                      AND kind = :kind AND valid_during @> :day::date)
    """,
)
FIND_REGISTERED_IDENTITY = Query(
    bytes, "SELECT identity_sealed FROM persons WHERE county_code = :county AND identity_index = :identity_index"
)


async def report_change(
    conn: Connection, seal: Seal, actor: Actor, county: str, new: NewLineChange, *, now: datetime
) -> ReportedChange:
    """Report a change of a line in the caller's transaction of the county; it counts once another person takes it.

    Raises:
        LineNotFound: the line is not in the actor's divisions.
        NotAllowed, SecondFactorRequired: the actor reports nothing of the line's village.
        LineChangeInvalid: the change does not fit the line, or fields are wrong; `errors` lists them.
        LineChangeWaiting: another change of the line waits.
    """
    line = await get_line(conn, county, new.line.strip(), get_visible_divisions(actor, county))
    require_role(actor, REPORTERS, line.village_code or county)
    details, faults = read_details(new.verb, new.details)
    change = replace(new, line=line.line, details=details)
    versions = await list_bindings(conn, seal, county, line.line)
    faults += list_change_faults(change, versions, today=get_business_day(now)) if versions else []
    faults += await _list_known_faults(conn, seal, line, change, versions, county=county)
    note = clean_text(new.note)
    if not note:
        faults.append(FieldFault("note", "请写您怎么知道的"))
    elif len(note) > MAX_NOTE_LENGTH:
        faults.append(FieldFault("note", f"最多 {MAX_NOTE_LENGTH} 个字"))
    if faults:
        raise LineChangeInvalid(errors=tuple(faults))
    attempt = conn.transaction()
    await attempt.start()
    try:
        reported = await ADD_CHANGE.one(
            conn, county=county, line=line.line, verb=change.verb, effective_on=change.effective_on,
            details_sealed=_seal_details(seal, change), note_sealed=seal.seal(note, CHANGE_NOTE_CONTEXT),
            account_id=actor.account_id, now=now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        await attempt.rollback()
        raise LineChangeWaiting from error
    await attempt.commit()
    await _record(conn, actor, reported.id, "report", change.verb, now=now)
    return reported


async def _list_known_faults(
    conn: Connection, seal: Seal, line: KnownLine, change: NewLineChange, versions: Sequence[Binding], *, county: str
) -> list[FieldFault]:
    """Return what is wrong of a change beside what the county knows: codes, plans and persons."""
    if not versions:
        return [FieldFault("line", "这条业务还没有绑定")]
    details, faults = change.details, list[FieldFault]()
    if details.identity and seal.index(details.identity) == versions[-1].identity_index:
        faults.append(FieldFault("identity", "现在的机主就是这个人"))
    if details.new_line and await HAS_LINE.one(conn, county=county, line=details.new_line):
        faults.append(FieldFault("new_line", "这个业务编号已经有了"))
    if details.operator and details.plan and not await HAS_PLAN.one(
        conn, county=county, plan=details.plan, operator=details.operator, kind=line.kind, day=change.effective_on
    ):  # fmt: skip
        faults.append(FieldFault("plan", "套餐表里没有这一家的这个套餐"))
    return faults


def _seal_details(seal: Seal, change: NewLineChange) -> bytes | None:
    written = msgspec.json.encode(change.details).decode()
    return seal.seal(written, CHANGE_DETAILS_CONTEXT) if any(msgspec.structs.astuple(change.details)) else None


async def take_change(
    conn: Connection, seal: Seal, actor: Actor, county: str, change_id: UUID, *, now: datetime
) -> LineChange:
    """Take a change that another person reported: import its rows as a bindings file, and return it.

    The versions of the line stay; what the change ends is kept as the file's predecessor, and a month that is settled
    changes by an adjustment only (R10). Who takes it has the import duty of the open months (R14).

    Raises:
        LineNotFound: the change is not in the actor's divisions.
        NotAllowed, SecondFactorRequired, SecondDuty: the actor imports nothing for the county, or has another duty.
        LineChangeDecided: it was taken or refused before.
        LineChangeInvalid: the line, its number or SIM, or a fact is not as it was when the change was reported.
        SecondChangePart: the actor reported it, uses the line, or lives with who does.
    """
    require_county_role(actor, DUTY_ROLES[BINDINGS.duty], county)
    await LOCK_IMPORTS.run(conn, county=county)
    waiting = await _lock(conn, seal, actor, county, change_id)
    versions = await list_bindings(conn, seal, county, waiting.line)
    change = build_from(NewLineChange, waiting)
    line = await get_line(conn, county, waiting.line, (county,))
    faults = list_change_faults(change, versions, today=get_business_day(now))
    faults += await _list_known_faults(conn, seal, line, change, versions, county=county)
    if faults:
        raise LineChangeInvalid(errors=tuple(faults))
    name = f"业务变更-{waiting.number}.csv"
    cells = build_cells(change, versions[-1], await _open_identity(conn, seal, county, versions[-1]))
    upload = Upload(county, BINDINGS.name, name, write_csv(BINDING_COLUMNS, cells))
    try:
        prepared = await prepare_upload(actor, upload, ImportContext(seal=seal, now=now))
        await import_bindings(conn, actor, prepared, line=change.line)
    except (FileMalformed, FactsDiffer) as refusal:
        raise LineChangeInvalid(errors=_name_fields(refusal)) from refusal
    except asyncpg.ExclusionViolationError as error:
        field = "sim" if error.constraint_name == "bindings_one_line_per_sim_and_day" else "effective_on"
        raise LineChangeInvalid(errors=(FieldFault(field, "这一天已绑定在另一条业务"),)) from error
    return await _end(conn, seal, actor, waiting, ChangeOutcome.TAKEN, county=county, file=name, now=now)


async def refuse_change(
    conn: Connection, seal: Seal, actor: Actor, county: str, change_id: UUID, *, reason: str, now: datetime
) -> LineChange:
    """Refuse a change that another person reported, with the reason, and return it; nothing else changes.

    Raises:
        LineNotFound, NotAllowed, SecondFactorRequired, LineChangeDecided, SecondChangePart: see `take_change`.
        LineChangeInvalid: the reason is missing or too long.
    """
    require_county_role(actor, DUTY_ROLES[BINDINGS.duty], county)
    written = clean_text(reason)
    if not 0 < len(written) <= MAX_NOTE_LENGTH:
        raise LineChangeInvalid(errors=(FieldFault("reason", f"请写为什么，最多 {MAX_NOTE_LENGTH} 个字"),))
    waiting = await _lock(conn, seal, actor, county, change_id)
    return await _end(conn, seal, actor, waiting, ChangeOutcome.REFUSED, county=county, reason=written, now=now)


async def _lock(conn: Connection, seal: Seal, actor: Actor, county: str, change_id: UUID) -> LineChange:
    """Return a waiting change, locked."""
    change = await get_change(conn, seal, county, change_id, get_visible_divisions(actor, county), masked=False)
    if not await LOCK_CHANGE.one(conn, county=county, change_id=change_id):
        raise LineChangeDecided
    return change


async def _end(
    conn: Connection, seal: Seal, actor: Actor, change: LineChange, outcome: ChangeOutcome,
    *, county: str, reason: str = "", file: str = "", now: datetime,
) -> LineChange:  # fmt: skip
    attempt = conn.transaction()
    await attempt.start()
    try:
        await END_CHANGE.run(
            conn, county=county, change_id=change.id, outcome=outcome, account_id=actor.account_id, now=now,
            reason_sealed=seal.seal(reason, CHANGE_REASON_CONTEXT) if reason else None, kind=BINDINGS.name, name=file,
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _INVOLVED:
            raise SecondChangePart from error
        raise
    await attempt.commit()
    await _record(conn, actor, change.id, outcome, change.verb, now=now)
    return await get_change(conn, seal, county, change.id, (county,))


async def _record(conn: Connection, actor: Actor, change_id: UUID, step: str, verb: LineVerb, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"line change {step}", object=f"line_change:{change_id}",
        detail={"verb": str(verb)}, now=now,
    )  # fmt: skip


async def _open_identity(conn: Connection, seal: Seal, county: str, version: Binding) -> str:
    """Return the identity number of the person to whom a version is bound.

    Raises:
        LineChangeInvalid: it was bound before numbers were kept, and the register does not know the person.
    """
    if version.identity_sealed is not None:
        return seal.open(version.identity_sealed, BINDING_IDENTITY_CONTEXT)
    sealed = await FIND_REGISTERED_IDENTITY.maybe(conn, county=county, identity_index=version.identity_index)
    if sealed is None:
        raise LineChangeInvalid(errors=(FieldFault("line", "不知道现在的机主是谁，先再导入一次它的绑定"),))
    return seal.open(sealed, IDENTITY_CONTEXT)


def _name_fields(refusal: Refusal) -> tuple[FieldFault, ...]:
    """Return the faults of the file as faults of the change; what was given and is in the way is named."""
    faults = [each for each in refusal.errors if isinstance(each, CellFault)]
    named = {FieldFault(_FIELDS.get(each.field, "effective_on"), each.message): None for each in faults}
    return tuple(named) or (FieldFault("effective_on", refusal.text("zh")),)
