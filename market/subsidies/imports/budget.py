"""Import a county's budget: the public money of each month."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, parse_month
from market.kernel.sheets.models import CellFault, FileUnreadable
from market.kernel.sheets.spreadsheet import CellFaults, is_json, malformed_file
from market.people.identity.models import Actor
from market.subsidies.engine.models import MAX_FEN
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.formats.json_file import read_json
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    begin_import,
    build_result,
    record_file,
    require_changes_taken,
)
from market.subsidies.month.budget_lines import appropriate
from payments.money import format_yuan

MAX_BUDGET_MONTHS = 600


class MonthBudget(Struct, frozen=True, kw_only=True):
    """The public money of a month."""

    month: date
    public_fen: Fen


class BudgetRow(MonthBudget, frozen=True, kw_only=True):
    """The public money of a month in a file."""

    row: int


LIST_BUDGETS = Query(MonthBudget, "SELECT month, public_fen FROM budgets WHERE county_code = :county ORDER BY month")
UPSERT_BUDGETS = Query(
    None,
    """
    INSERT INTO budgets (county_code, month, public_fen, file_id)
    SELECT :county, month, public_fen, :file_id
      FROM jsonb_to_recordset(:rows::jsonb) AS r(month date, public_fen bigint)
    ON CONFLICT ON CONSTRAINT budgets_unique DO UPDATE
       SET public_fen = excluded.public_fen, file_id = excluded.file_id
     WHERE budgets.public_fen <> excluded.public_fen
    """,
)


class BudgetFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The public money of each month, in fen."""

    unit: str
    months: dict[str, int]


async def import_budget(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import the public money of months; a month that is already stored is replaced.

    A spreadsheet says yuan, JSON says fen. The caller owns the transaction.

    Raises:
        FileUnreadable: the file is neither a spreadsheet nor JSON of the shape of `BudgetFile`.
        FileMalformed: a month or a sum is wrong.
        FactsDiffer: known months change and `take_changes` is not set.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    faults = CellFaults()
    budgets = _read_json(upload, faults) if is_json(upload.content) else _read_rows(upload, faults)
    if faults:
        raise malformed_file(upload.name, faults)
    stored = {each.month: each for each in await LIST_BUDGETS.all(conn, county=upload.county)}
    changes = [
        CellFault(
            "public", f"原来是 {format_yuan(before.public_fen)}", each.row, "财政补贴", format_yuan(each.public_fen)
        )
        for each in budgets
        if (before := stored.get(each.month)) is not None and before.public_fen != each.public_fen
    ]
    total = Fen(sum(each.public_fen for each in budgets))
    counts = {"months": len(budgets), "changed": len(changes)}
    answer = build_result(upload, rows=len(budgets), counts=counts, sum_fen=total, changes=changes)
    if upload.dry_run:
        return answer
    require_changes_taken(upload, changes)
    file_id = await record_file(conn, actor, upload, rows=len(budgets))
    await UPSERT_BUDGETS.run(conn, county=upload.county, file_id=file_id, rows=budgets)
    raised = {
        each.month: each.public_fen - (stored[each.month].public_fen if each.month in stored else 0) for each in budgets
    }
    await appropriate(conn, upload.county, file_id, raised, now=upload.now)
    return answer


def get_budget_cells(budget: MonthBudget) -> dict[str, str]:
    """Return the budget of a month as the cells of its row."""
    return {"month": f"{budget.month:%Y-%m}", "public": format_yuan(budget.public_fen)}


def _read_json(upload: PreparedUpload, faults: CellFaults) -> list[BudgetRow]:
    source, today = read_json(upload.name, upload.content, BudgetFile), get_business_day(upload.now)
    if len(source.months) > MAX_BUDGET_MONTHS:
        raise FileUnreadable(name=upload.name, reason=f"超过 {MAX_BUDGET_MONTHS} 个月")
    if source.unit != "fen":
        faults.append(CellFault("unit", "应是 fen", 1, "unit", source.unit))
    rows: list[BudgetRow] = []
    for text, public_fen in source.months.items():
        try:
            rows.append(BudgetRow(month=parse_month(text, today=today), public_fen=Fen(public_fen), row=1))
        except ValueError:
            faults.append(CellFault("months", "没有这个月份，应写成 2019-01", 1, "months", text))
        if not 0 <= public_fen <= MAX_FEN:
            faults.append(CellFault("months", "应是 0 到 1000000000000 的整数（分）", 1, text, str(public_fen)))
    return rows


def _read_rows(upload: PreparedUpload, faults: CellFaults) -> list[BudgetRow]:
    spreadsheet, today = upload.get_spreadsheet(), get_business_day(upload.now)
    if len(spreadsheet.rows) > MAX_BUDGET_MONTHS:
        raise FileUnreadable(name=spreadsheet.name, reason=f"超过 {MAX_BUDGET_MONTHS} 个月")
    rows: dict[date, BudgetRow] = {}
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        month, public_fen = cells.month("month", today=today), cells.fen("public")
        if public_fen is not None and public_fen > MAX_FEN:
            cells.fault("public", f"最多 {format_yuan(MAX_FEN)}")
        if month is not None and month in rows:
            cells.fault("month", f"第 {rows[month].row} 行已有这个月")
        elif cells.valid and month is not None and public_fen is not None:
            rows[month] = BudgetRow(month=month, public_fen=public_fen, row=row.number)
    return list(rows.values())
