"""Taking the operators' plan catalogue and the county's budget."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

import msgspec
from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Fen, Query, split
from market.kernel.clock import parse_month
from market.subsidies.cells import RowReader
from market.subsidies.files import Imported, Upload, begin_import, book_file, imported
from market.subsidies.models import CellFault, Duty, FileUnreadable
from market.subsidies.sheets import Column, Sheet, decode, malformed, read_sheet
from market.subsidies.words import BUNDLE, KINDS, OPERATORS, Kind, Operator

MOST_MONTHS = 600
_MOST_FEN = 10**12

COLUMNS = (
    Column("code", "套餐编码"),
    Column("operator", "运营商"),
    Column("name", "套餐名称"),
    Column("kind", "业务类型"),
    Column("plan", "减免前月费"),
    Column("market", "资费表价格", optional=True),
    Column("valid_from", "生效日"),
    Column("valid_until", "失效日"),
    Column("weights", "分摊比例", optional=True),
    Column("basis", "依据", optional=True),
)
_WEIGHTS = re.compile(r"(\w+(?::\w+){1,9})=([0-9]{1,4}(?::[0-9]{1,4}){1,9})")


class PlanRow(Struct, frozen=True):
    """One service of a plan and its part of the charge."""

    row: int
    code: str
    kind: Kind
    operator: Operator
    name: str
    plan_fen: Fen
    monthly_fen: Fen
    market_fen: Fen | None
    weights: str
    basis: str
    start: date
    until: date | None


class _KnownPlan(Struct, frozen=True):
    code: str
    kind: Kind
    start: date
    until: date | None


KNOWN_PLANS = Query(
    _KnownPlan,
    """
    SELECT code, kind, lower(valid_during) AS start, upper(valid_during) AS until
      FROM plans WHERE county_code = :county
    """,
)
# A version is replaced by a later row of its code and first day.
DROP_PLANS = Query(
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
PUT_BUDGET = Query(
    None,
    """
    INSERT INTO budgets (county_code, month, public_fen)
    SELECT :county, month, public_fen FROM jsonb_to_recordset(:rows::jsonb) AS r(month date, public_fen bigint)
    ON CONFLICT ON CONSTRAINT budgets_once DO UPDATE SET public_fen = excluded.public_fen
    """,
)


async def import_plans(conn: Connection, actor: Actor | None, upload: Upload, *, now: datetime) -> Imported:
    """Take plans; a row is a version, which replaces an earlier one of its code and first day.

    A bundle (融合) names its services and their weights (手机:宽带=2:1); its charge is shared by largest remainder.
    The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.TERMS, now=now)
    if known is not None:
        return known
    sheet = await asyncio.to_thread(read_sheet, upload.name, upload.content, COLUMNS)
    faults: list[CellFault] = []
    plans = [plan for row in sheet.rows for plan in _read_plan(RowReader(sheet, row, faults))]
    _note_overlaps(sheet, plans, await KNOWN_PLANS.all(conn, county=upload.county), faults)
    if faults:
        raise malformed(upload.name, faults)
    answer = imported(upload, rows=len(sheet.rows), counts={"plans": len({plan.code for plan in plans})})
    if upload.dry_run:
        return answer
    await book_file(conn, actor, upload, rows=len(sheet.rows), now=now)
    await DROP_PLANS.run(conn, county=upload.county, rows=plans)
    await ADD_PLANS.run(conn, county=upload.county, rows=plans)
    return answer


def _read_plan(cells: RowReader) -> list[PlanRow]:
    code, name = cells.code("code"), cells.text("name")
    operator = cells.choice("operator", OPERATORS)
    plan_fen = cells.fen("plan")
    market_fen = cells.fen("market") if cells.raw("market") else None
    start, until = cells.day("valid_from"), cells.maybe_day("valid_until")
    if start and until and until <= start:
        cells.fault("valid_until", f"应晚于生效日 {start}")
    weights = cells.code("weights", most=80, needed=False)
    basis = cells.text("basis", needed=False)
    shares = _read_shares(cells, weights)
    if not cells.sound or operator is None or plan_fen is None or start is None:
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


def _read_shares(cells: RowReader, weights: str) -> list[tuple[Kind, int]]:
    """Return the services of a plan with their weights."""
    if cells.raw("kind") != BUNDLE:
        kind = cells.choice("kind", {**KINDS, BUNDLE: Kind.MOBILE})
        if weights:
            cells.fault("weights", "只有融合套餐有分摊比例")
        return [(kind or Kind.MOBILE, 1)]
    found = _WEIGHTS.fullmatch(weights)
    names = found[1].split(":") if found else []
    numbers = [int(text) for text in found[2].split(":")] if found else []
    if len(names) != len(numbers) or len(set(names)) != len(names) or not set(names) <= set(KINDS) or not sum(numbers):
        cells.fault("weights", "应写业务和比例，例如 手机:宽带=2:1")
        return [(Kind.MOBILE, 1)]
    return [(KINDS[name], number) for name, number in zip(names, numbers, strict=True)]


def _note_overlaps(
    sheet: Sheet, plans: Sequence[PlanRow], known: Sequence[_KnownPlan], faults: list[CellFault]
) -> None:
    """Note rows by which a plan would have two charges on one day."""
    given = {(plan.code, plan.start) for plan in plans}
    versions: dict[tuple[str, Kind], list[tuple[date, date, int]]] = {}
    for plan in plans:
        versions.setdefault((plan.code, plan.kind), []).append((plan.start, plan.until or date.max, plan.row))
    for fact in known:
        own = versions.get((fact.code, fact.kind))
        if own is not None and (fact.code, fact.start) not in given:
            own.append((fact.start, fact.until or date.max, 0))
    head = sheet.heads["valid_from"]
    for (code, _), own in versions.items():
        own.sort()
        for (_, ends, before), (begins, _, row) in pairwise(own):
            if begins < ends:
                message = f"{code} 在这一天已有另一个版本，先写它的失效日"
                faults.append(CellFault("valid_from", message, row or before, head, str(begins)))


class BudgetSource(Struct, frozen=True, forbid_unknown_fields=True):
    """The public money of each month, in fen."""

    unit: str
    months: dict[str, int]


async def import_budget(conn: Connection, actor: Actor | None, upload: Upload, *, now: datetime) -> Imported:
    """Take the public money of months, in fen; a month that is given again is replaced.

    The caller owns the transaction.

    Raises:
        FileUnreadable: the file is no JSON of that shape.
        FileMalformed: a month or a sum is wrong.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.TERMS, now=now)
    if known is not None:
        return known
    try:
        source = msgspec.json.decode(decode(upload.name, upload.content), type=BudgetSource)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FileUnreadable(name=upload.name, reason=str(error)) from error
    if len(source.months) > MOST_MONTHS:
        raise FileUnreadable(name=upload.name, reason=f"超过 {MOST_MONTHS} 个月")
    faults: list[CellFault] = []
    rows: list[dict[str, object]] = []
    if source.unit != "fen":
        faults.append(CellFault("unit", "应是 fen", 1, "unit", source.unit))
    for text, public_fen in source.months.items():
        try:
            rows.append({"month": parse_month(text), "public_fen": public_fen})
        except ValueError:
            faults.append(CellFault("months", "没有这个月份，应写成 2019-01", 1, "months", text))
        if not 0 <= public_fen <= _MOST_FEN:
            faults.append(CellFault("months", "应是 0 到 1000000000000 的整数（分）", 1, text, str(public_fen)))
    if faults:
        raise malformed(upload.name, faults)
    answer = imported(upload, rows=len(rows), counts={"months": len(rows)}, sum_fen=Fen(sum(source.months.values())))
    if upload.dry_run:
        return answer
    await book_file(conn, actor, upload, rows=len(rows), now=now)
    await PUT_BUDGET.run(conn, county=upload.county, rows=rows)
    return answer
