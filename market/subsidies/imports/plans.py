"""Import the operators' plans."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from msgspec import Struct

from market.kernel import Connection, Fen, Query, split
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet, malformed_file
from market.people.identity.models import Actor
from market.subsidies.imports.differences import Cells, find_differences, format_optional
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    begin_import,
    build_result,
    record_file,
    require_changes_taken,
)
from market.subsidies.names import (
    BUNDLE,
    KIND_NAMES,
    KINDS,
    OPERATOR_NAMES,
    OPERATORS,
    Operator,
    ServiceKind,
)
from payments.money import format_yuan

_WEIGHTS = re.compile(r"(\w+(?::\w+){1,9})=([0-9]{1,4}(?::[0-9]{1,4}){1,9})")


class Plan(Struct, frozen=True, kw_only=True):
    """One service of a plan and its share of the charge; data and place are what the public list has besides."""

    code: str
    kind: ServiceKind
    operator: Operator
    name: str
    plan_fen: Fen
    monthly_fen: Fen
    market_fen: Fen | None
    weights: str
    basis: str
    start: date
    until: date | None
    data_mb: int | None
    apply_at: str


class PlanRow(Plan, frozen=True, kw_only=True):
    """A service of a plan in a row of a file."""

    row: int


LIST_PLAN_VERSIONS = Query(
    Plan,
    """
    SELECT p.code, p.kind, p.operator, p.name, p.plan_fen, p.monthly_fen, p.market_fen, p.weights, p.basis,
           lower(p.valid_during) AS start, upper(p.valid_during) AS until, o.data_mb,
           coalesce(o.apply_at, '') AS apply_at
      FROM plans p
      LEFT JOIN public_plans o ON o.county_code = p.county_code AND o.code = p.code AND o.valid_during = p.valid_during
     WHERE p.county_code = :county
     ORDER BY p.code COLLATE "C", p.valid_during, p.kind
    """,
)
# A row replaces the stored version of the same code and first day.
DELETE_PLANS = Query(
    None,
    """
    DELETE FROM plans USING jsonb_to_recordset(:rows::jsonb) AS r(code text, start date)
     WHERE county_code = :county AND plans.code = r.code AND lower(valid_during) = r.start
    """,
)
ADD_PLANS = Query(
    None,
    """
    INSERT INTO plans (county_code, code, kind, operator, name, plan_fen, monthly_fen, market_fen, weights, basis,
                       valid_during, file_id)
    SELECT :county, code, kind, operator, name, plan_fen, monthly_fen, market_fen, weights, basis,
           daterange(start, until), :file_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(code text, kind text, operator text, name text, plan_fen bigint, monthly_fen bigint, market_fen bigint,
             weights text, basis text, start date, until date)
    """,
)
# The services of a bundle are one plan to the public.
DELETE_PUBLIC_PLANS = Query(
    None,
    """
    DELETE FROM public_plans USING jsonb_to_recordset(:rows::jsonb) AS r(code text, start date)
     WHERE county_code = :county AND public_plans.code = r.code AND lower(valid_during) = r.start
    """,
)
ADD_PUBLIC_PLANS = Query(
    None,
    """
    INSERT INTO public_plans (county_code, code, operator, name, kinds, monthly_fen, data_mb, apply_at, valid_during)
    SELECT :county, code, operator, name, array_agg(kind ORDER BY kind), plan_fen, data_mb, apply_at,
           daterange(start, until)
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(code text, kind text, operator text, name text, plan_fen bigint, data_mb integer, apply_at text,
             start date, until date)
     GROUP BY code, operator, name, plan_fen, data_mb, apply_at, start, until
    """,
)
_PUBLIC_COLUMNS = {"data", "apply_at"}
MAX_DATA_MB = 10_000_000


async def import_plans(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import plans; a row is a version, and replaces the stored one of the same code and first day.

    An open version may be ended by a later file, and data and place, which no reduction depends on, may change; any
    other change of a known version needs `take_changes`. A bundle
    (融合) names its services and their weights (手机:宽带=2:1); its charge is shared by largest remainder.
    The caller owns the transaction.

    Raises:
        FactsDiffer: known versions change and `take_changes` is not set.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    spreadsheet = upload.get_spreadsheet()
    faults = CellFaults()
    plans = [plan for row in spreadsheet.rows for plan in _read(RowReader(spreadsheet, row, faults))]
    stored = await LIST_PLAN_VERSIONS.all(conn, county=upload.county)
    _check_overlaps(spreadsheet, plans, stored, faults)
    if faults:
        raise malformed_file(upload.name, faults)
    known_versions = {(plan.code, plan.start): get_plan_cells(plan) for plan in stored}
    to_publish = [plan for plan in plans if known_versions.get((plan.code, plan.start)) != get_plan_cells(plan)]
    to_store = [plan for plan in to_publish if _changes_facts(known_versions.get((plan.code, plan.start)), plan)]
    # The services of a bundle are in one row.
    changes = [
        change
        for plan in {plan.row: plan for plan in to_publish}.values()
        if (before := known_versions.get((plan.code, plan.start))) is not None
        for change in _find_changes(spreadsheet, plan, before)
    ]
    counts = {"plans": len({plan.code for plan in plans}), "changed": len(changes)}
    answer = build_result(upload, rows=len(spreadsheet.rows), counts=counts, changes=changes)
    if upload.dry_run:
        return answer
    require_changes_taken(upload, changes)
    file_id = await record_file(conn, actor, upload, rows=len(spreadsheet.rows))
    await DELETE_PLANS.run(conn, county=upload.county, rows=to_store)
    await ADD_PLANS.run(conn, county=upload.county, file_id=file_id, rows=to_store)
    await DELETE_PUBLIC_PLANS.run(conn, county=upload.county, rows=to_publish)
    await ADD_PUBLIC_PLANS.run(conn, county=upload.county, rows=to_publish)
    return answer


def get_plan_cells(plan: Plan) -> dict[str, str]:
    """Return a plan as the cells of its row; each service of a bundle has the same."""
    return {
        "code": plan.code,
        "operator": OPERATOR_NAMES[plan.operator],
        "name": plan.name,
        "kind": BUNDLE if plan.weights else KIND_NAMES[plan.kind],
        "plan": format_yuan(plan.plan_fen),
        "market": "" if plan.market_fen is None else format_yuan(plan.market_fen),
        "valid_from": str(plan.start),
        "valid_until": format_optional(plan.until),
        "weights": plan.weights,
        "basis": plan.basis,
        "data": "" if plan.data_mb is None else str(plan.data_mb),
        "apply_at": plan.apply_at,
    }


def _changes_facts(before: Cells | None, plan: Plan) -> bool:
    """Return whether a row changes, beside data and place, a known version or adds one."""
    after = get_plan_cells(plan)
    return before is None or any(before[name] != after[name] for name in after.keys() - _PUBLIC_COLUMNS)


def _find_changes(spreadsheet: Spreadsheet, plan: PlanRow, before: Cells) -> list[CellFault]:
    """Return the cells that change a known version; to end an open one is no change, nor is other data or place."""
    free = _PUBLIC_COLUMNS if before["valid_until"] else _PUBLIC_COLUMNS | {"valid_until"}
    after = get_plan_cells(plan)
    return find_differences(spreadsheet, plan.row, before, after, expected=lambda column, _: column in free)


def _read(cells: RowReader) -> list[PlanRow]:
    code, name = cells.code("code"), cells.text("name")
    operator = cells.choice("operator", OPERATORS)
    plan_fen = cells.fen("plan")
    market_fen = cells.fen("market") if cells.raw("market") else None
    start, until = cells.day("valid_from"), cells.maybe_day("valid_until")
    if start and until and until <= start:
        cells.fault("valid_until", f"应晚于生效日 {start}")
    weights = cells.code("weights", max_length=80, required=False)
    basis = cells.text("basis", required=False)
    data_mb = cells.integer("data", low=0, high=MAX_DATA_MB) if cells.raw("data") else None
    apply_at = cells.text("apply_at", max_length=80, required=False)
    shares = _read_shares(cells, weights)
    if not cells.valid or operator is None or plan_fen is None or start is None:
        return []
    parts = split(plan_fen, [weight for _, weight in shares])
    return [
        PlanRow(
            row=cells.row.number,
            code=code,
            kind=kind,
            operator=operator,
            name=name,
            plan_fen=plan_fen,
            monthly_fen=Fen(part),
            market_fen=market_fen,
            weights=weights,
            basis=basis,
            start=start,
            until=until,
            data_mb=data_mb,
            apply_at=apply_at,
        )
        for (kind, _), part in zip(shares, parts, strict=True)
    ]


def _read_shares(cells: RowReader, weights: str) -> list[tuple[ServiceKind, int]]:
    """Return the services of a plan with their weights."""
    if cells.raw("kind") != BUNDLE:
        kind = cells.choice("kind", {**KINDS, BUNDLE: ServiceKind.MOBILE})
        if weights:
            cells.fault("weights", "只有融合套餐有分摊比例")
        return [(kind or ServiceKind.MOBILE, 1)]
    match = _WEIGHTS.fullmatch(weights)
    names = match[1].split(":") if match else []
    numbers = [int(text) for text in match[2].split(":")] if match else []
    if len(names) != len(numbers) or len(set(names)) != len(names) or not set(names) <= set(KINDS) or not sum(numbers):
        cells.fault("weights", "应写业务和比例，例如 手机:宽带=2:1")
        return [(ServiceKind.MOBILE, 1)]
    return [(KINDS[name], number) for name, number in zip(names, numbers, strict=True)]


def _check_overlaps(
    spreadsheet: Spreadsheet, plans: Sequence[PlanRow], known: Sequence[Plan], faults: CellFaults
) -> None:
    """Add faults for rows that give a plan two charges on one day."""
    given = {(plan.code, plan.start) for plan in plans}
    versions: dict[tuple[str, ServiceKind], list[tuple[date, date, int]]] = {}
    for plan in plans:
        versions.setdefault((plan.code, plan.kind), []).append((plan.start, plan.until or date.max, plan.row))
    for fact in known:
        own = versions.get((fact.code, fact.kind))
        if own is not None and (fact.code, fact.start) not in given:
            own.append((fact.start, fact.until or date.max, 0))
    header = spreadsheet.headers["valid_from"]
    for (code, _), own in versions.items():
        own.sort()
        for (_, ends, before), (begins, _, row) in pairwise(own):
            if begins < ends:
                message = f"{code} 在这一天已有另一个版本，先写它的失效日"
                faults.append(CellFault("valid_from", message, row or before, header, str(begins)))
