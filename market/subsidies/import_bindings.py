"""Taking bindings: which person, device, SIM and number a line has, and since when (人、机、卡、号绑定)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.subsidies.cells import RowReader
from market.subsidies.files import Imported, Upload, begin_import, book_file, imported
from market.subsidies.models import CellFault, Duty
from market.subsidies.sheets import Column, Sheet, malformed, read_sheet
from market.subsidies.words import KINDS, OPERATORS, Kind, Operator

COLUMNS = (
    Column("line", "业务编号"),
    Column("operator", "运营商"),
    Column("kind", "业务类型"),
    Column("number", "业务号码"),
    Column("name", "姓名", optional=True),
    Column("identity", "身份证号"),
    Column("plan", "套餐编码"),
    Column("device", "设备标识"),
    Column("sim", "卡号"),
    Column("valid_from", "生效日"),
    Column("valid_until", "失效日"),
    Column("change", "变更类型"),
    Column("realname", "实名核验结果"),
)


class BindingRow(Struct, frozen=True, gc=False):
    """One version of a line's binding."""

    row: int
    line: str
    operator: Operator
    kind: Kind
    number: str
    identity_index: bytes
    plan: str
    device: str | None
    sim: str | None
    start: date
    until: date | None
    change: str
    realname: str


class KnownBinding(Struct, frozen=True, gc=False):
    """A version that is held already, of this county; others' numbers are guarded by the schema."""

    line: str
    operator: Operator
    kind: Kind
    number: str
    sim: str | None
    start: date
    until: date | None


class _KnownPlan(Struct, frozen=True):
    code: str
    operator: Operator
    kind: Kind


class _Elsewhere(Struct, frozen=True):
    row: int
    cell: str
    value: str


PLAN_SERVICES = Query(_KnownPlan, "SELECT DISTINCT code, operator, kind FROM plans WHERE county_code = :county")
KNOWN_BINDINGS = Query(
    KnownBinding,
    """
    SELECT line_code AS line, operator, kind, number, sim, lower(valid_during) AS start, upper(valid_during) AS until
      FROM bindings WHERE county_code = :county
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
# What a file says of a version replaces it; all that go are gone before the first comes, so that a number may move.
DROP_BINDINGS = Query(
    None,
    """
    DELETE FROM bindings b USING jsonb_to_recordset(:rows::jsonb) AS r(line text, start date)
     WHERE county_code = :county AND line_code = r.line AND lower(valid_during) = r.start
    """,
)
ADD_BINDINGS = Query(
    None,
    """
    INSERT INTO bindings (county_code, line_code, operator, kind, number, identity_index, plan_code, device, sim,
                          valid_during, change, realname)
    SELECT :county, line, operator, kind, number, decode(identity_index, 'base64'), plan, device, sim,
           daterange(start, until), change, realname
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, operator text, kind text, number text, identity_index text, plan text, device text, sim text,
             start date, until date, change text, realname text)
    """,
)


BOUND_ELSEWHERE = Query(_Elsewhere, 'SELECT "row", cell, "value" FROM bound_elsewhere(:county, :spans::jsonb)')


async def import_bindings(
    conn: Connection, actor: Actor | None, upload: Upload, *, seal: Seal, now: datetime
) -> Imported:
    """Take bindings; a row is a version of a line, and replaces the one that began on its day.

    A number and a SIM are one line's on a day, in all counties. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.IMPORT, now=now)
    if known is not None:
        return known
    sheet = await asyncio.to_thread(read_sheet, upload.name, upload.content, COLUMNS)
    plans = {(plan.code, plan.kind): plan.operator for plan in await PLAN_SERVICES.all(conn, county=upload.county)}
    faults: list[CellFault] = []
    rows: list[BindingRow] = []
    for row in sheet.rows:
        cells = RowReader(sheet, row, faults)
        binding = _read(cells, plans, seal)
        if binding is not None:
            rows.append(binding)
    held = await KNOWN_BINDINGS.all(conn, county=upload.county)
    _note_changed_lines(sheet, rows, held, faults)
    for head, key_of in _KEYS.items():
        faults += _overlaps(sheet, head, key_of, rows, held)
    faults += await _bound_elsewhere(conn, upload.county, sheet, rows)
    if faults:
        raise malformed(upload.name, sorted(faults, key=lambda fault: fault.row))
    before = {binding.line for binding in held}
    counts = {
        "versions": len(rows),
        "lines": len({row.line for row in rows} - before),
        "ended": sum(1 for row in rows if row.until is not None),
    }
    answer = imported(upload, rows=len(rows), counts=counts)
    if upload.dry_run:
        return answer
    await book_file(conn, actor, upload, rows=len(rows), now=now)
    await ADD_LINES.run(conn, county=upload.county, rows=rows)
    await DROP_BINDINGS.run(conn, county=upload.county, rows=rows)
    await ADD_BINDINGS.run(conn, county=upload.county, rows=rows)
    return answer


def _read(cells: RowReader, plans: dict[tuple[str, Kind], Operator], seal: Seal) -> BindingRow | None:
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
    line = cells.code("line")
    device = cells.code("device", most=80, needed=False)
    sim = cells.code("sim", needed=False)
    change, realname = cells.text("change", most=20), cells.text("realname", most=20)
    if not cells.sound or operator is None or kind is None or start is None:
        return None
    return BindingRow(
        row=cells.row.number,
        line=line,
        operator=operator,
        kind=kind,
        number=number,
        identity_index=seal.index(identity),
        plan=plan,
        device=device or None,
        sim=sim or None,
        start=start,
        until=until,
        change=change,
        realname=realname,
    )


async def _bound_elsewhere(conn: Connection, county: str, sheet: Sheet, rows: Sequence[BindingRow]) -> list[CellFault]:
    """Return the numbers and SIMs that another county has bound on a day of theirs, without saying which county."""
    spans = [
        {"row": row.row, "number": _number_key(row), "sim": row.sim, "start": row.start, "until": row.until}
        for row in rows
    ]
    message = "这一天已绑定在别的县"
    return [
        CellFault(each.cell, message, each.row, sheet.heads[each.cell], each.value)
        for each in await BOUND_ELSEWHERE.all(conn, county=county, spans=spans)
    ]


def _note_changed_lines(
    sheet: Sheet, rows: Sequence[BindingRow], held: Iterable[KnownBinding], faults: list[CellFault]
) -> None:
    """Note rows that give a line another operator or service: a ported number is a new line."""
    firsts: dict[str, BindingRow | KnownBinding] = {binding.line: binding for binding in held}
    for row in rows:
        first = firsts.setdefault(row.line, row)
        if row.operator is not first.operator:
            message = "业务编号不能换运营商；携号转网是新的业务编号"
            faults.append(CellFault("operator", message, row.row, sheet.heads["operator"], row.operator))
        if row.kind is not first.kind:
            faults.append(CellFault("kind", "业务编号不能换业务类型", row.row, sheet.heads["kind"], row.kind))


type _Key = Callable[[BindingRow | KnownBinding], str | None]


def _number_key(binding: BindingRow | KnownBinding) -> str:
    return binding.number if binding.kind is Kind.MOBILE else f"{binding.operator}:{binding.number}"


def _sim_key(binding: BindingRow | KnownBinding) -> str | None:
    return binding.sim


def _line_key(binding: BindingRow | KnownBinding) -> str:
    return binding.line


_KEYS: dict[str, _Key] = {"number": _number_key, "sim": _sim_key, "valid_from": _line_key}


def _overlaps(
    sheet: Sheet, head: str, key_of: _Key, rows: Iterable[BindingRow], held: Iterable[KnownBinding]
) -> Iterator[CellFault]:
    """Yield rows whose number, SIM or line would be bound twice on one day."""
    given = {(row.line, row.start) for row in rows}
    spans: dict[str, list[tuple[date, date, int, str]]] = {}
    for row in rows:
        key = key_of(row)
        if key is not None:
            spans.setdefault(key, []).append((row.start, row.until or date.max, row.row, row.line))
    for fact in held:
        own = spans.get(key_of(fact) or "")
        if own is not None and (fact.line, fact.start) not in given:
            own.append((fact.start, fact.until or date.max, 0, fact.line))
    for key, own in spans.items():
        own.sort()
        for (_, ends, before, line), (begins, _, row, other) in pairwise(own):
            if begins < ends:
                at, rival = (row, line) if row else (before, other)
                message = f"这一天已绑定在 {rival}，先写它的失效日"
                yield CellFault(head, message, at, sheet.heads[head], key)
