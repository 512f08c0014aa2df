"""Import bindings: the person, device, SIM and number of a line, and from when (人、机、卡、号绑定)."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet, malformed_file
from market.kernel.text import fold_identifier
from market.people.identity.models import Actor
from market.subsidies.identifiers import add_identifiers
from market.subsidies.imports.binding_checks import check_bindings
from market.subsidies.imports.binding_facts import (
    BINDING_IDENTITY_CONTEXT,
    Binding,
    BindingRow,
    get_binding_cells,
    list_bindings,
)
from market.subsidies.imports.differences import Cells, find_differences
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    begin_import,
    build_result,
    record_file,
    require_changes_taken,
)
from market.subsidies.names import KINDS, OPERATORS, Operator, ServiceKind

_CHUNK = 10_000
"""Rows that one statement stores: three keys of periods take long, and no statement comes near its limit."""


class _PlanService(Struct, frozen=True):
    code: str
    operator: Operator
    kind: ServiceKind


LIST_PLAN_SERVICES = Query(_PlanService, "SELECT DISTINCT code, operator, kind FROM plans WHERE county_code = :county")
ADD_LINES = Query(
    None,
    """
    INSERT INTO lines (county_code, code, operator, kind)
    SELECT DISTINCT :county, line, operator, kind
      FROM jsonb_to_recordset(:rows::jsonb) AS r(line text, operator text, kind text)
    ON CONFLICT ON CONSTRAINT lines_code DO NOTHING
    """,
)
# A version in the file replaces the stored one. All are deleted before any is added, so that a number may change lines.
DELETE_BINDINGS = Query(
    None,
    """
    DELETE FROM bindings b USING jsonb_to_recordset(:rows::jsonb) AS r(line text, start date)
     WHERE county_code = :county AND line_code = r.line AND lower(valid_during) = r.start
    """,
)
ADD_BINDINGS = Query(
    None,
    """
    INSERT INTO bindings (county_code, line_code, operator, kind, number_id, identity_index, identity_sealed, plan_code,
                          device_id, sim_id, valid_during, change, realname, file_id)
    SELECT :county, line, operator, kind, number_id, decode(identity_index, 'base64'),
           decode(identity_sealed, 'base64'), plan, device_id, sim_id, daterange(start, until), change, realname,
           :file_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, operator text, kind text, number_id bigint, identity_index text, identity_sealed text,
             plan text, device_id bigint, sim_id bigint, start date, until date, change text, realname text)
    """,
)


async def import_bindings(
    conn: Connection, actor: Actor | None, upload: PreparedUpload, *, line: str | None = None
) -> ImportResult:
    """Import bindings; a row is a version of a line, and replaces the one that began on the same day.

    A file that is about one `line` is compared with that line's versions alone, not with the whole county's: the keys
    of the schema refuse what is bound to another line.

    An open version may be ended by a later file; any other change of a known version needs `take_changes`. A number
    and a SIM belong to one line a day, across all counties. The caller owns the transaction.

    Raises:
        FactsDiffer: known versions change and `take_changes` is not set.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    spreadsheet = upload.get_spreadsheet()
    plans = {(plan.code, plan.kind): plan.operator for plan in await LIST_PLAN_SERVICES.all(conn, county=upload.county)}
    faults = CellFaults()
    rows: list[BindingRow] = []
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        binding = _read(cells, plans, upload.seal)
        if binding is not None:
            rows.append(binding)
    stored = await list_bindings(conn, upload.seal, upload.county, line)
    rows = _spell_as_stored(rows, stored)
    await check_bindings(conn, upload, rows, stored, faults)
    if faults:
        raise malformed_file(upload.name, faults)
    known_versions = {(binding.line, binding.start): get_binding_cells(binding) for binding in stored}
    to_store = [row for row in rows if known_versions.get((row.line, row.start)) != get_binding_cells(row)]
    changes = [
        change
        for row in to_store
        if (before := known_versions.get((row.line, row.start))) is not None
        for change in _find_changes(spreadsheet, row, before)
    ]
    counts = {
        "versions": len(rows),
        "lines": len({row.line for row in rows} - {binding.line for binding in stored}),
        "ended": sum(1 for row in rows if row.until is not None),
        "changed": len(changes),
    }
    answer = build_result(upload, rows=len(rows), counts=counts, changes=changes)
    if upload.dry_run:
        return answer
    require_changes_taken(upload, changes)
    file_id = await record_file(conn, actor, upload, rows=len(rows))
    await ADD_LINES.run(conn, county=upload.county, rows=to_store)
    await DELETE_BINDINGS.run(conn, county=upload.county, rows=to_store)
    await _store(conn, upload, file_id, to_store)
    return answer


async def _store(conn: Connection, upload: PreparedUpload, file_id: UUID, rows: list[BindingRow]) -> None:
    """Store the rows, with the ids of their numbers, devices and SIMs."""
    values = {value for row in rows for value in (row.number, row.device, row.sim) if value}
    ids = await add_identifiers(conn, upload.seal, values)
    stored = [
        {
            **asdict(row),
            "number_id": ids[row.number],
            "device_id": row.device and ids[row.device],
            "sim_id": row.sim and ids[row.sim],
        }
        for row in rows
    ]
    for at in range(0, len(stored), _CHUNK):
        await ADD_BINDINGS.run(conn, county=upload.county, file_id=file_id, rows=stored[at : at + _CHUNK])


def _spell_as_stored(rows: list[BindingRow], stored: Sequence[Binding]) -> list[BindingRow]:
    """Return the rows with identifiers as they are stored: another spelling is no change."""
    if not stored:
        return rows
    spellings = {
        fold_identifier(value): value
        for each in stored
        for value in (each.number, each.device, each.sim)
        if value is not None
    }

    def spell(value: str) -> str:
        return spellings.get(fold_identifier(value), value)

    return [
        replace(row, number=spell(row.number), device=row.device and spell(row.device), sim=row.sim and spell(row.sim))
        for row in rows
    ]


def _find_changes(spreadsheet: Spreadsheet, row: BindingRow, before: Cells) -> list[CellFault]:
    """Return the cells that change a known version; to end an open one, and to say how, is no change."""
    ends = not before["valid_until"]
    return find_differences(
        spreadsheet,
        row.row,
        before,
        get_binding_cells(row),
        hidden=("identity",),
        expected=lambda column, _: ends and row.until is not None and column in ("valid_until", "change"),
    )


def _read(cells: RowReader, plans: dict[tuple[str, ServiceKind], Operator], seal: Seal) -> BindingRow | None:
    operator, kind = cells.choice("operator", OPERATORS), cells.choice("kind", KINDS)
    number = cells.number("number", kind)
    plan = cells.code("plan")
    if plan and kind:
        owner = plans.get((plan, kind))
        if owner is None:
            cells.fault("plan", "套餐目录里没有这个套餐的这种业务")
        elif operator is not None and owner is not operator:
            cells.fault("plan", "是另一家运营商的套餐")
    start, until = cells.day("valid_from"), cells.maybe_day("valid_until")
    if start and until and until <= start:
        cells.fault("valid_until", f"应晚于生效日 {start}")
    identity = cells.identity("identity")
    line = cells.line()
    device, sim = cells.device("device"), cells.sim("sim")
    change, realname = cells.text("change", max_length=20), cells.text("realname", max_length=20)
    if not cells.valid or operator is None or kind is None or start is None:
        return None
    return BindingRow(
        row=cells.row.number,
        line=line,
        operator=operator,
        kind=kind,
        number=number,
        identity_index=seal.index(identity),
        identity_sealed=seal.seal(identity, BINDING_IDENTITY_CONTEXT),
        plan=plan,
        device=device,
        sim=sim,
        start=start,
        until=until,
        change=change,
        realname=realname,
    )
