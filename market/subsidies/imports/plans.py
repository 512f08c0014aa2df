"""Import the operators' plans."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection, Fen, Query, split
from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.kinds import PLANS
from market.subsidies.imports.models import CellFault
from market.subsidies.imports.spreadsheet import Spreadsheet, malformed_file, read_spreadsheet
from market.subsidies.imports.upload import ImportResult, Upload, begin_import, build_result, record_file
from market.subsidies.names import BUNDLE, KINDS, OPERATORS, Operator, ServiceKind

_WEIGHTS = re.compile(r"(\w+(?::\w+){1,9})=([0-9]{1,4}(?::[0-9]{1,4}){1,9})")


class PlanRow(Struct, frozen=True, kw_only=True):
    """One service of a plan and its share of the charge."""

    row: int
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


class _PlanVersion(Struct, frozen=True):
    code: str
    kind: ServiceKind
    start: date
    until: date | None


LIST_PLAN_VERSIONS = Query(
    _PlanVersion,
    """
    SELECT code, kind, lower(valid_during) AS start, upper(valid_during) AS until
      FROM plans WHERE county_code = :county
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
                       valid_during)
    SELECT :county, code, kind, operator, name, plan_fen, monthly_fen, market_fen, weights, basis,
           daterange(start, until)
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(code text, kind text, operator text, name text, plan_fen bigint, monthly_fen bigint, market_fen bigint,
             weights text, basis text, start date, until date)
    """,
)


async def import_plans(conn: Connection, actor: Actor | None, upload: Upload, *, now: datetime) -> ImportResult:
    """Import plans; a row is a version, and replaces the stored one of the same code and first day.

    A bundle (融合) names its services and their weights (手机:宽带=2:1); its charge is shared by largest remainder.
    The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, now=now)
    if known is not None:
        return known
    spreadsheet = await asyncio.to_thread(read_spreadsheet, upload.name, upload.content, PLANS.columns)
    faults: list[CellFault] = []
    plans = [plan for row in spreadsheet.rows for plan in _read(RowReader(spreadsheet, row, faults))]
    _check_overlaps(spreadsheet, plans, await LIST_PLAN_VERSIONS.all(conn, county=upload.county), faults)
    if faults:
        raise malformed_file(upload.name, faults)
    answer = build_result(upload, rows=len(spreadsheet.rows), counts={"plans": len({plan.code for plan in plans})})
    if upload.dry_run:
        return answer
    await record_file(conn, actor, upload, rows=len(spreadsheet.rows), now=now)
    await DELETE_PLANS.run(conn, county=upload.county, rows=plans)
    await ADD_PLANS.run(conn, county=upload.county, rows=plans)
    return answer


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
    spreadsheet: Spreadsheet, plans: Sequence[PlanRow], known: Sequence[_PlanVersion], faults: list[CellFault]
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
