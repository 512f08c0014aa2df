"""Import bindings: the person, device, SIM and number of a line, and from when (人、机、卡、号绑定)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from market.identity.models import Actor
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.sheets.models import CellFault
from market.sheets.spreadsheet import CellFaults, Spreadsheet, malformed_file
from market.subsidies.identifiers import IDENTIFIER_CONTEXT, add_identifiers, find_identifiers
from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.differences import Cells, find_differences, format_optional
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    begin_import,
    build_result,
    record_file,
    require_changes_taken,
)
from market.subsidies.names import KIND_NAMES, KINDS, OPERATOR_NAMES, OPERATORS, Operator, ServiceKind

BINDING_IDENTITY_CONTEXT = "bindings.identity"


class Binding(Struct, frozen=True, gc=False, kw_only=True):
    """One version of a line's binding."""

    line: str
    operator: Operator
    kind: ServiceKind
    number: str
    identity_index: bytes
    identity_sealed: bytes | None
    plan: str
    device: str | None
    sim: str | None
    start: date
    until: date | None
    change: str
    realname: str


class BindingRow(Binding, frozen=True, gc=False, kw_only=True):
    """A row of a bindings file."""

    row: int


class _PlanService(Struct, frozen=True):
    code: str
    operator: Operator
    kind: ServiceKind


class _ForeignBinding(Struct, frozen=True):
    row: int
    cell: str


class _StoredBinding(Struct, frozen=True, gc=False, kw_only=True):
    line: str
    operator: Operator
    kind: ServiceKind
    number_sealed: bytes
    identity_index: bytes
    identity_sealed: bytes | None
    plan: str
    device_sealed: bytes | None
    sim_sealed: bytes | None
    start: date
    until: date | None
    change: str
    realname: str


LIST_PLAN_SERVICES = Query(_PlanService, "SELECT DISTINCT code, operator, kind FROM plans WHERE county_code = :county")
LIST_BINDINGS = Query(
    _StoredBinding,
    """
    SELECT line_code AS line, operator, kind, n.value_sealed AS number_sealed, identity_index, identity_sealed,
           plan_code AS plan, d.value_sealed AS device_sealed, s.value_sealed AS sim_sealed,
           lower(valid_during) AS start, upper(valid_during) AS until, change, realname
      FROM bindings
      JOIN identifiers n ON n.id = number_id
      LEFT JOIN identifiers d ON d.id = device_id
      LEFT JOIN identifiers s ON s.id = sim_id
     WHERE county_code = :county
     ORDER BY line_code COLLATE "C", valid_during
    """,
)
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

LIST_FOREIGN_BINDINGS = Query(_ForeignBinding, 'SELECT "row", cell FROM find_bound_elsewhere(:county, :spans::jsonb)')


async def import_bindings(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import bindings; a row is a version of a line, and replaces the one that began on the same day.

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
    stored = await list_bindings(conn, upload.seal, upload.county)
    _check_changed_lines(spreadsheet, rows, stored, faults)
    for header, get_key in _KEYS.items():
        faults += _find_overlaps(spreadsheet, header, get_key, rows, stored)
    faults += await _find_foreign_bindings(conn, upload, spreadsheet, rows)
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
    await ADD_BINDINGS.run(conn, county=upload.county, file_id=file_id, rows=stored)


async def list_bindings(conn: Connection, seal: Seal, county: str) -> list[Binding]:
    """Return the versions of a county's bindings, by line and day."""

    def unseal(sealed: bytes | None) -> str | None:
        return None if sealed is None else seal.open(sealed, IDENTIFIER_CONTEXT)

    return [
        build_from(
            Binding,
            row,
            number=seal.open(row.number_sealed, IDENTIFIER_CONTEXT),
            device=unseal(row.device_sealed),
            sim=unseal(row.sim_sealed),
        )
        for row in await LIST_BINDINGS.all(conn, county=county)
    ]


def get_binding_cells(binding: Binding, identity: str = "") -> dict[str, str]:
    """Return a binding as the cells of its row; without `identity` its cell is the blind index, for comparison."""
    return {
        "line": binding.line,
        "operator": OPERATOR_NAMES[binding.operator],
        "kind": KIND_NAMES[binding.kind],
        "number": binding.number,
        "identity": identity or binding.identity_index.hex(),
        "plan": binding.plan,
        "device": binding.device or "",
        "sim": binding.sim or "",
        "valid_from": str(binding.start),
        "valid_until": format_optional(binding.until),
        "change": binding.change,
        "realname": binding.realname,
    }


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


async def _find_foreign_bindings(
    conn: Connection, upload: PreparedUpload, spreadsheet: Spreadsheet, rows: Sequence[BindingRow]
) -> list[CellFault]:
    """Return faults for numbers and SIMs bound in another county on the same day; the county is not named."""
    known = await find_identifiers(
        conn, upload.seal, {value for row in rows for value in (row.number, row.sim) if value}
    )
    spans = [
        {
            "row": row.row,
            "operator": row.operator,
            "kind": row.kind,
            "number_id": known.get(row.number),
            "sim_id": known.get(row.sim or ""),
            "start": row.start,
            "until": row.until,
        }
        for row in rows
    ]
    values = {row.row: {"number": _number_key(row), "sim": row.sim or ""} for row in rows}
    message = "这一天已绑定在别的县"
    return [
        CellFault(each.cell, message, each.row, spreadsheet.headers[each.cell], values[each.row][each.cell])
        for each in await LIST_FOREIGN_BINDINGS.all(conn, county=upload.county, spans=spans)
    ]


def _check_changed_lines(
    spreadsheet: Spreadsheet, rows: Sequence[BindingRow], stored: Iterable[Binding], faults: CellFaults
) -> None:
    """Add faults for rows that change a line's operator or service: a ported number is a new line."""
    firsts: dict[str, Binding] = {binding.line: binding for binding in stored}
    for row in rows:
        first = firsts.setdefault(row.line, row)
        if row.operator is not first.operator:
            message = "业务编号不能换运营商；携号转网是新的业务编号"
            faults.append(CellFault("operator", message, row.row, spreadsheet.headers["operator"], row.operator))
        if row.kind is not first.kind:
            faults.append(CellFault("kind", "业务编号不能换业务类型", row.row, spreadsheet.headers["kind"], row.kind))


type _Key = Callable[[Binding], str | None]


def _number_key(binding: Binding) -> str:
    if binding.kind is ServiceKind.MOBILE:
        return binding.number
    return f"{binding.operator}:{binding.kind}:{binding.number}"


def _sim_key(binding: Binding) -> str | None:
    return binding.sim


def _line_key(binding: Binding) -> str:
    return binding.line


_KEYS: dict[str, _Key] = {"number": _number_key, "sim": _sim_key, "valid_from": _line_key}


def _find_overlaps(
    spreadsheet: Spreadsheet, header: str, get_key: _Key, rows: Iterable[BindingRow], stored: Iterable[Binding]
) -> Iterator[CellFault]:
    """Yield faults for rows whose number, SIM or line would be bound twice on one day."""
    given = {(row.line, row.start) for row in rows}
    spans: dict[str, list[tuple[date, date, int, str]]] = {}
    for row in rows:
        key = get_key(row)
        if key is not None:
            spans.setdefault(key, []).append((row.start, row.until or date.max, row.row, row.line))
    for fact in stored:
        own = spans.get(get_key(fact) or "")
        if own is not None and (fact.line, fact.start) not in given:
            own.append((fact.start, fact.until or date.max, 0, fact.line))
    for key, own in spans.items():
        own.sort()
        for (_, ends, before, line), (begins, _, row, other) in pairwise(own):
            if begins < ends:
                at, rival = (row, line) if row else (before, other)
                message = f"这一天已绑定在 {rival}，先写它的失效日"
                yield CellFault(header, message, at, spreadsheet.headers[header], key)
