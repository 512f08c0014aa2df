"""Compare the rows of a bindings file with each other, the county's bindings, its enrolments, and other counties."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet
from market.kernel.text import fold_identifier, fold_shape
from market.subsidies.identifiers import find_identifiers
from market.subsidies.imports.binding_facts import Binding, BindingRow
from market.subsidies.imports.enrolments import DECIDED
from market.subsidies.imports.upload import PreparedUpload
from market.subsidies.names import KIND_NAMES, PENDING_STATUSES, ServiceKind, describe_kinds


class _EnrolledKinds(Struct, frozen=True):
    line: str
    programme: str
    kinds: list[ServiceKind]


class _ForeignBinding(Struct, frozen=True):
    row: int
    cell: str


# A line keeps its kind, so that only new lines are compared with the programme that they are enrolled in.
LIST_UNBOUND_ENROLMENTS = Query(
    _EnrolledKinds,
    """
    SELECT e.line_code AS line, e.programme_code AS programme, p.kinds
      FROM enrolments e
      JOIN programmes p ON p.county_code = e.county_code AND p.code = e.programme_code
     WHERE e.county_code = :county AND e.status = ANY(:statuses::text[])
       AND NOT EXISTS (SELECT FROM lines l WHERE l.county_code = e.county_code AND l.code = e.line_code)
    """,
)
LIST_FOREIGN_BINDINGS = Query(_ForeignBinding, 'SELECT "row", cell FROM find_bound_elsewhere(:county, :spans::jsonb)')


async def check_bindings(
    conn: Connection,
    upload: PreparedUpload,
    rows: Sequence[BindingRow],
    stored: Sequence[Binding],
    faults: CellFaults,
) -> None:
    """Add faults for rows that change a line's operator or kind, do not fit its programme, or bind it twice."""
    spreadsheet = upload.get_spreadsheet()
    faults += _find_changed_lines(spreadsheet, rows, stored)
    statuses = [DECIDED, *PENDING_STATUSES]
    enrolled = await LIST_UNBOUND_ENROLMENTS.all(conn, county=upload.county, statuses=statuses)
    faults += _find_uncovered(spreadsheet, rows, {each.line: each for each in enrolled})
    faults += _find_lookalikes(spreadsheet, rows, stored)
    for header, get_key in _KEYS.items():
        faults += _find_overlaps(spreadsheet, header, get_key, rows, stored)
    faults += await _find_foreign_bindings(conn, upload, spreadsheet, rows)


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
    given = {row.row: row for row in rows}
    message = "这一天已绑定在别的县"
    return [
        CellFault(each.cell, message, each.row, spreadsheet.headers[each.cell], _show(given[each.row], each.cell))
        for each in await LIST_FOREIGN_BINDINGS.all(conn, county=upload.county, spans=spans)
    ]


def _find_changed_lines(
    spreadsheet: Spreadsheet, rows: Sequence[BindingRow], stored: Iterable[Binding]
) -> Iterator[CellFault]:
    """Yield faults for rows that change a line's operator or service: a ported number is a new line."""
    firsts: dict[str, Binding] = {binding.line: binding for binding in stored}
    for row in rows:
        first = firsts.setdefault(row.line, row)
        if row.operator is not first.operator:
            message = "业务编号不能换运营商；携号转网是新的业务编号"
            yield CellFault("operator", message, row.row, spreadsheet.headers["operator"], row.operator)
        if row.kind is not first.kind:
            yield CellFault("kind", "业务编号不能换业务类型", row.row, spreadsheet.headers["kind"], row.kind)


def _find_uncovered(
    spreadsheet: Spreadsheet, rows: Sequence[BindingRow], enrolled: Mapping[str, _EnrolledKinds]
) -> Iterator[CellFault]:
    """Yield faults for rows of a kind that the programme in which the line is enrolled is not for."""
    for row in rows:
        known = enrolled.get(row.line)
        if known is not None and row.kind not in known.kinds:
            message = f"登记的项目 {known.programme} 只用于{describe_kinds(known.kinds)}"
            yield CellFault("kind", message, row.row, spreadsheet.headers["kind"], KIND_NAMES[row.kind])


def _find_lookalikes(
    spreadsheet: Spreadsheet, rows: Sequence[BindingRow], stored: Sequence[Binding]
) -> Iterator[CellFault]:
    """Yield faults for new accounts that look like another one of their operator: 0 and O, 1 and l are misread."""
    known: dict[tuple[str, str, str], Binding] = {}
    for each in (*stored, *rows):
        if each.kind is ServiceKind.MOBILE:
            continue
        first = known.setdefault((each.operator, each.kind, fold_shape(each.number)), each)
        if fold_identifier(first.number) != fold_identifier(each.number) and isinstance(each, BindingRow):
            message = f"和 {first.line} 的 {first.number} 只差看不清的字（0 和 O，1 和 l），写成一样的"
            yield CellFault("number", message, each.row, spreadsheet.headers["number"], each.number)


type _Key = Callable[[Binding], str | None]


def _number_key(binding: Binding) -> str:
    number = fold_identifier(binding.number)
    return number if binding.kind is ServiceKind.MOBILE else f"{binding.operator}:{binding.kind}:{number}"


def _sim_key(binding: Binding) -> str | None:
    return binding.sim and fold_identifier(binding.sim)


def _line_key(binding: Binding) -> str:
    return binding.line


_KEYS: dict[str, _Key] = {"number": _number_key, "sim": _sim_key, "valid_from": _line_key}


def _find_overlaps(
    spreadsheet: Spreadsheet, header: str, get_key: _Key, rows: Iterable[BindingRow], stored: Iterable[Binding]
) -> Iterator[CellFault]:
    """Yield faults for rows whose number, SIM or line would be bound twice on one day."""
    given = {(row.line, row.start) for row in rows}
    by_row = {row.row: row for row in rows}
    spans: dict[str, list[tuple[date, date, int, str]]] = {}
    for row in rows:
        key = get_key(row)
        if key is not None:
            spans.setdefault(key, []).append((row.start, row.until or date.max, row.row, row.line))
    for fact in stored:
        own = spans.get(get_key(fact) or "")
        if own is not None and (fact.line, fact.start) not in given:
            own.append((fact.start, fact.until or date.max, 0, fact.line))
    for own in spans.values():
        own.sort()
        for (_, ends, before, line), (begins, _, row, other) in pairwise(own):
            if begins < ends:
                at, rival = (row, line) if row else (before, other)
                message = f"这一天已绑定在 {rival}，先写它的失效日"
                yield CellFault(header, message, at, spreadsheet.headers[header], _show(by_row[at], header))


def _show(row: BindingRow, name: str) -> str:
    """Return the cell of a row to which a fault points."""
    return str(row.start) if name == "valid_from" else (row.sim or "") if name == "sim" else row.number
