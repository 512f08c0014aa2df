"""The printed forms of a month and a quarter, as pages and as workbooks."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock, get_next_month, get_quarter_start
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.audit.record import record_export
from market.people.identity.access import require_whole_county
from market.people.identity.models import Actor
from market.places.counties.form_numbers import PrintedFormKind
from market.reports.area_approvals import list_area_approvals, list_area_names
from market.reports.files.settlement_file import get_last_event_at, list_settlement_lines
from market.reports.month import list_month_statuses
from market.reports.month_view import MonthView, get_month_view
from market.reports.quarter import compute_quarter, list_quarter_months
from market.reports.registry import CSV_FILES
from market.reports.report import CsvFile
from market.reports.worklist import format_quarter
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, read_offset, render_desk_page
from market.service.web.desk.papers.form_numbers import add_form_number, build_numbers_context
from market.service.web.desk.papers.forms import (
    FormTable,
    PrintedForm,
    Value,
    build_approval_form,
    build_area_form,
    build_quarter_form,
    build_settlement_tables,
    describe_settlement,
)
from market.service.web.desk.papers.workbook import XLSX, WorkbookWriter, write_csv
from market.service.web.desk.presenters import format_quarter_zh
from market.subsidies.models import CYCLE_STATE_NAMES, CycleNotFound
from market.subsidies.month.cycles import find_cycle, read_month, read_quarter
from market.subsidies.month.run import get_run_case
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import format_month_zh

_PAGE_SIZE = 12


class MonthNotCalculated(CycleNotFound):
    """The month is not calculated yet and has no forms."""

    code = "not_calculated"
    zh = "{month}还没有计算，没有审批表。"
    en = "{month} is not calculated yet and has no forms."


@get("/sheets", include_in_schema=False)
async def list_forms(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the forms of each month and each quarter."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        months = [month for month in await list_month_statuses(conn, desk.county) if month.calculated]
    quarters = dict.fromkeys(format_quarter(get_quarter_start(month.month)) for month in months)
    skip = read_offset(request)
    rows = [
        (each.name, format_month_zh(each.name), CYCLE_STATE_NAMES[each.state], each.state in SETTLED_STATES)
        for each in months[skip : skip + _PAGE_SIZE]
    ]
    context = {
        "rows": rows,
        "files": [(name, file.title) for name, file in CSV_FILES.items()],
        "quarters": [(name, format_quarter_zh(name)) for name in list(quarters)[:_PAGE_SIZE]],
        "back": desk.to("/desk/sheets", skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": desk.to("/desk/sheets", skip=skip + _PAGE_SIZE) if len(months) > skip + _PAGE_SIZE else None,
    }
    async with db.transaction(scope=desk.county) as conn:
        context |= await build_numbers_context(conn, desk)
    context["said"] = request.query_params.get("done") == "1"
    return render_desk_page(request, desk, "forms.html", context)


@get("/sheets/{month:str}", include_in_schema=False)
async def show_approval_form(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the approval form of a month on one page to print; an official of part of the county sees that part."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        view = await _view(conn, seal, desk, month)
        if desk.whole:
            form = await load_approval_form(conn, view, desk.name)
        else:
            cycle = await find_cycle(conn, desk.county, read_month(month))
            approvals = await list_area_approvals(conn, cycle, desk.divisions)
            form = build_area_form(view, desk.name, await list_area_names(conn, desk.divisions), approvals)
    return render_desk_page(request, desk, "form.html", {"form": form, "back": desk.to("/desk/sheets"), "pair": True})


@get("/sheets/{month:str}/{name:str}", include_in_schema=False, rate=RateClass.SEARCH)
async def download_form(
    request: HttpRequest,
    *,
    month: FromPath[str],
    name: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download a file of a month: approval.xlsx, settlement.xlsx, one of `CSV_FILES`, or case.json to recalculate it.

    The audit record keeps who took a file of single lines or households.

    Raises:
        MonthNotCalculated: the month is not calculated, or has no file of this name.
    """
    desk = await open_county_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        view = await _view(conn, seal, desk, month)
        cycle = await find_cycle(conn, desk.county, read_month(month))
        made = await get_last_event_at(conn, cycle)
        blocked = view.settlement.held if view.settlement else []
        lines = await list_settlement_lines(conn, seal, cycle, blocked) if name == "settlement.xlsx" else []
        if name in {"settlement.xlsx", "case.json", *CSV_FILES}:
            who, detail = str(actor.account_id), {"month": month}
            await record_export(conn, actor=who, name=name, county=desk.county, detail=detail, now=clock.now())
        if file := CSV_FILES.get(name):
            csv = write_csv(_build_csv_table(file, await file.list_rows(conn, seal, cycle)))
            return download_file(csv, f"{desk.name}-{view.month}-{file.title}.csv", "text/csv")
        if name == "case.json" and cycle.run_id is not None:
            case = await get_run_case(conn, seal, desk.county, cycle.run_id)
            return download_file(case, f"{desk.name}-{view.month}-算例.json", "application/json")
        form = await load_approval_form(conn, view, desk.name)
    if name == "settlement.xlsx":
        # The workbook of a large county takes seconds, so it is written in a thread, outside the transaction.
        content = await asyncio.to_thread(
            lambda: write_settlement_workbook(view, build_settlement_tables(view, lines), made)
        )
        return download_file(content, f"{desk.name}-{view.month}-结算.xlsx", XLSX)
    if name == "approval.xlsx":
        return download_file(write_form_workbook(form, made), f"{desk.name}-{view.month}-审批表.xlsx", XLSX)
    raise MonthNotCalculated(month=month)


def _build_csv_table(file: CsvFile, rows: Sequence[Struct]) -> FormTable:
    cells: list[list[Value]] = [[file.name_row(row), *file.table.get_cells(row)] for row in rows]
    return FormTable(file.title, file.table.head, file.table.shapes, cells)


async def load_approval_form(conn: Connection, view: MonthView, name: str) -> PrintedForm:
    """Build the approval form of a calculated month of a county."""
    last_day = get_next_month(read_month(view.month)) - timedelta(days=1)
    form = build_approval_form(view, name)
    return await add_form_number(conn, view.county, PrintedFormKind.APPROVAL, form, day=last_day)


async def load_quarter_form(conn: Connection, seal: Seal, county: str, name: str, quarter: str) -> PrintedForm:
    """Build the quarter's report of a county from its three months.

    Raises:
        BadQuarter: the quarter is not written `2019Q1`.
    """
    first, until = read_quarter(quarter)
    report = await compute_quarter(conn, county, first, until)
    months: list[MonthView] = []
    for month in list_quarter_months(first):
        try:
            months.append(await get_month_view(conn, seal, county, month, [county]))
        except CycleNotFound:
            continue
    form = build_quarter_form(report, name, months)
    return await add_form_number(conn, county, PrintedFormKind.QUARTER, form, day=report.last_day)


async def open_county_desk(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> DeskContext:
    """Open the desk for an official of the whole county, because the forms cover all of it.

    Raises:
        NotAllowed: the official sees only part of the county.
    """
    desk = await open_desk(request, db, actor, clock)
    require_whole_county(desk.divisions, desk.county)
    return desk


async def _view(conn: Connection, seal: Seal, desk: DeskContext, month: str) -> MonthView:
    view = await get_month_view(conn, seal, desk.county, read_month(month), desk.divisions)
    if view.run is None:
        raise MonthNotCalculated(month=month)
    return view


def write_form_workbook(form: PrintedForm, made: datetime) -> bytes:
    """Write a form into a workbook."""
    workbook = WorkbookWriter(made)
    workbook.add_form(next(name for name in ("审批表", "拨付申请", "季度报表") if name in form.title), form)
    return workbook.close()


def write_settlement_workbook(view: MonthView, tables: list[FormTable], made: datetime) -> bytes:
    """Write the settlement of a month into a workbook: the sums by operator, then every line."""
    workbook = WorkbookWriter(made)
    workbook.add_table(tables[0], [describe_settlement(view)])
    workbook.add_table(tables[1])
    return workbook.close()


def download_file(content: bytes, name: str, kind: str) -> Response[bytes]:
    """Return a private file to download."""
    # Litestar adds the charset of text itself.
    kind = kind.partition(";")[0]
    ascii_name = "".join(char if char.isascii() else "_" for char in name)
    return Response(
        content,
        media_type=kind,
        headers={
            "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [list_forms, show_approval_form, download_form]
