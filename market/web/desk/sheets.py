"""The papers of a month: the approval sheet to print and sign, and the workbooks."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.identity import Actor, NotAllowed
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.reports.desk.lines import last_move, settlement_lines
from market.reports.desk.months import month_states
from market.reports.desk.view import MonthView, view_month
from market.reports.desk.waiting import quarter_name
from market.reports.subsidies.quarter import months_of, quarter_of
from market.subsidies.cycles import find_cycle, read_month, read_quarter
from market.subsidies.models import STATE_NAMES, NoCycle
from market.subsidies.run import case_of_run
from market.web.desk.drawn import month_words, quarter_words
from market.web.desk.office import Office, enter, show, skip_of
from market.web.desk.papers import (
    Paper,
    Table,
    approval_paper,
    quarter_paper,
    settlement_tables,
    settlement_words,
)
from market.web.desk.workbooks import XLSX, Book, csv_of

Asked = Request[Any, Any, Any]

_A_PAGE = 12


class NotCalculated(NoCycle):
    """The month was not calculated yet, so it has no papers."""

    code = "not_calculated"
    zh = "{month}还没有计算，没有审批表。"
    en = "{month} is not calculated yet and has no papers."


@get("/sheets", include_in_schema=False)
async def sheets(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show which papers there are: of each month, and of each quarter."""
    office = await enter(request, db, actor, clock)
    async with db.transaction(scope=office.county) as conn:
        found = [month for month in await month_states(conn, office.county) if month.calculated]
    quarters = dict.fromkeys(
        quarter_name(month.month.replace(month=(month.month.month - 1) // 3 * 3 + 1)) for month in found
    )
    skip = skip_of(request)
    rows = [(each.name, month_words(each.name), STATE_NAMES[each.state]) for each in found[skip : skip + _A_PAGE]]
    context = {
        "rows": rows,
        "quarters": [(name, quarter_words(name)) for name in list(quarters)[:_A_PAGE]],
        "back": office.to("/desk/sheets", skip=max(skip - _A_PAGE, 0)) if skip else None,
        "more": office.to("/desk/sheets", skip=skip + _A_PAGE) if len(found) > skip + _A_PAGE else None,
    }
    return show(request, office, "sheets.html", context)


@get("/sheets/{month:str}", include_in_schema=False)
async def approval(
    request: Asked,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show the approval sheet of a month, on one page to print."""
    office = await _whole(request, db, actor, clock)
    async with db.transaction(scope=office.county) as conn:
        view = await _view(conn, office, month)
    paper = approval_paper(view, office.name)
    return show(request, office, "paper.html", {"paper": paper, "back": office.to("/desk/sheets"), "pair": True})


@get("/sheets/{month:str}/{name:str}", include_in_schema=False)
async def workbook(
    request: Asked,
    *,
    month: FromPath[str],
    name: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Give a paper of a month as a file: approval.xlsx, settlement.xlsx, operators.csv, or the case to recalculate."""
    office = await _whole(request, db, actor, clock)
    async with db.transaction(scope=office.county) as conn:
        view = await _view(conn, office, month)
        cycle = await find_cycle(conn, office.county, read_month(month))
        made = await last_move(conn, cycle)
        held = view.settlement.held if view.settlement else []
        lines = await settlement_lines(conn, cycle, held) if name == "settlement.xlsx" else []
        if name == "case.json" and cycle.run_id is not None:
            case = await case_of_run(conn, office.county, cycle.run_id)
            return _file(case, f"{office.name}-{view.month}-算例.json", "application/json")
    if name == "settlement.xlsx":
        # A large county's workbook takes seconds: written outside the transaction, beside the loop.
        content = await asyncio.to_thread(lambda: settlement_book(view, settlement_tables(view, lines), made))
        return _file(content, f"{office.name}-{view.month}-结算.xlsx", XLSX)
    paper = approval_paper(view, office.name)
    if name == "approval.xlsx":
        return _file(paper_book(paper, made), f"{office.name}-{view.month}-审批表.xlsx", XLSX)
    if name == "operators.csv":
        return _file(csv_of(paper.tables[0]), f"{office.name}-{view.month}-按运营商.csv", "text/csv")
    raise NotCalculated(month=month)


@get("/quarters/{quarter:str}", include_in_schema=False)
async def show_quarter(
    request: Asked,
    quarter: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show the quarter's report, to print; with `.xlsx` behind the quarter it is a workbook."""
    office = await _whole(request, db, actor, clock)
    name = quarter.removesuffix(".xlsx")
    async with db.transaction(scope=office.county) as conn:
        paper = await quarter_of_county(conn, office.county, office.name, name)
    if quarter != name:
        return _file(paper_book(paper, office.now), f"{office.name}-{name}-季度报表.xlsx", XLSX)
    context = {
        "paper": paper,
        "back": office.to("/desk"),
        "pair": False,
        "download": office.to(f"/desk/quarters/{name}.xlsx"),
    }
    return show(request, office, "paper.html", context)


async def quarter_of_county(conn: Connection, county: str, name: str, quarter: str) -> Paper:
    """Make the quarter's report of a county out of its three months.

    Raises:
        BadQuarter: the quarter cannot be read.
    """
    first, until = read_quarter(quarter)
    found = await quarter_of(conn, county, first, until)
    months: list[MonthView] = []
    for month in months_of(first):
        try:
            months.append(await view_month(conn, county, month, [county]))
        except NoCycle:
            continue
    return quarter_paper(found, name, months)


async def _whole(request: Asked, db: Database, actor: Actor, clock: Clock) -> Office:
    """Open the desk for who sees the whole county: its papers hold nothing less.

    Raises:
        NotAllowed: the official sees a part of the county alone.
    """
    office = await enter(request, db, actor, clock)
    if not office.whole:
        raise NotAllowed
    return office


async def _view(conn: Connection, office: Office, month: str) -> MonthView:
    view = await view_month(conn, office.county, read_month(month), office.places)
    if view.run is None:
        raise NotCalculated(month=month)
    return view


def paper_book(paper: Paper, made: datetime) -> bytes:
    """Write one paper into a workbook of its own."""
    book = Book(made)
    book.add_paper("审批表" if "审批" in paper.title else "季度报表", paper)
    return book.close()


def settlement_book(view: MonthView, tables: list[Table], made: datetime) -> bytes:
    """Write a month's settlement into a workbook: the sums by operator, then every line."""
    book = Book(made)
    book.add_table(tables[0], [settlement_words(view)])
    book.add_table(tables[1])
    return book.close()


def _file(content: bytes, name: str, kind: str) -> Response[bytes]:
    ascii_name = "".join(char if char.isascii() else "_" for char in name)
    return Response(
        content,
        media_type=kind,
        headers={
            "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [sheets, approval, workbook, show_quarter]
