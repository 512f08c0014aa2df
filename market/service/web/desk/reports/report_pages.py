"""报表: every report that counts, from one table: its page, the rows behind each figure, its files and its print."""

from datetime import date, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock, get_next_month
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.audit.record import record_export
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotFound, Role
from market.places.counties.form_numbers import PrintedFormKind
from market.reports.counted.models import CountedReport, ItemRow, Subject
from market.reports.counted.reports import COUNTED_REPORTS
from market.reports.counted.view import ReportView, load_items, load_report
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, read_offset, render_desk_page
from market.service.web.desk.papers.form_numbers import add_form_number
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.desk.papers.workbook import XLSX, WorkbookWriter, write_csv
from market.service.web.desk.reports.report_tables import (
    SUBJECT_NAMES,
    build_report_form,
    describe_budget,
    describe_note,
    draw_report,
    list_shown,
    make_divisions_table,
    make_figures_table,
    make_long_table,
    name_month,
    write_number,
)
from market.service.web.desk.saved_filters import build_saved_context
from market.service.web.ui.format import count, percent_bp
from market.subsidies.line_codes import show_lines
from market.subsidies.month.cycles import read_month

_PAGE_SIZE = 50
_OTHER_PAGES = (
    ("/desk/months", "账期", "各月的申请、核减、核定，让利和补贴"),
    ("/desk/places", "乡镇村户", "一个月的钱，从县到每个号码"),
    ("/desk/findings", "疑点", "按检查、乡镇、运营商和户筛选"),
    ("/desk/idle", "闲置的号码", "给谁打电话，打过没有"),
    ("/desk/operators", "运营商", "谁的账单没有到"),
    ("/desk/sheets", "审批表和季度报表", "要打印、签字、盖章的"),
)
_AUDIT_PAGE = ("/desk/audit", "审计记录", "谁在什么时候办了什么、看了什么，可以下载")
_REGION_PAGE = ("/desk/region", "全市、全省", "各县办到哪一步，谁迟了，一季的合计")


class ReportAddress(Struct, frozen=True):
    """What the address of a report's page says: its month, empty for the last closed one, and a division."""

    desk: DeskContext
    report: CountedReport
    month: str
    within: str

    def to(self, path: str = "", **query: str | int) -> str:
        """Return a URL of the report for the same month and division."""
        within = self.within if self.within != self.desk.county else ""
        given: dict[str, str | int] = {"month": self.month, "within": within, **query}
        return self.desk.to(f"/desk/reports/{self.report.name}{path}", **given)


def _list_other_pages(actor: Actor) -> list[tuple[str, str, str]]:
    """Return the reports that are pages of their own; those of auditors and of who is above, to them."""
    roles = get_roles(actor)
    pages = list(_OTHER_PAGES)
    if roles & {Role.AUDITOR, Role.COUNTY}:
        pages.append(_AUDIT_PAGE)
    if Role.SUPERVISOR in roles:
        pages.append(_REGION_PAGE)
    return pages


@get("/reports", include_in_schema=False)
async def show_reports(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the reports."""
    desk = await open_desk(request, db, actor, clock)
    context = {
        "reports": [
            (desk.to(f"/desk/reports/{each.name}"), each.title, each.about) for each in COUNTED_REPORTS.values()
        ],
        "others": [(desk.to(path), title, about) for path, title, about in _list_other_pages(actor)],
    }
    return render_desk_page(request, desk, "reports.html", context)


@get("/reports/{name:str}", include_in_schema=False)
async def show_report(
    request: HttpRequest,
    *,
    name: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a report of a month: chart and table, comparison, budget, and the divisions below.

    Raises:
        NotFound: there is no such report, month or division.
    """
    address, view = await _load(request, db, actor, clock, name)
    desk, report = address.desk, address.report
    if view is None:
        return render_desk_page(request, desk, "report.html", {"report": report, "view": None})
    shown = list_shown(view)
    async with db.transaction(scope=desk.county) as conn:
        values = {"within": view.within if view.within != desk.county else ""}
        saved = await build_saved_context(conn, desk, f"reports/{report.name}", values)
    context: dict[str, Any] = {
        **saved,
        "report": report,
        "view": view,
        "area": _name_area(view),
        "chosen": address.month,
        "months": [(f"{each.month:%Y-%m}", name_month(each)) for each in view.months],
        "month_words": name_month(view.month),
        "figures": [(line.figure.title, write_number(line)) for line in shown[:5]],
        "chart": draw_report(view),
        "rows": [
            (
                line.figure.title,
                address.to("/items", key=line.figure.key) if line.n else None,
                write_number(line),
                "—" if line.before is None else count(line.before),
                "—" if line.year_before is None else count(line.year_before),
                "" if line.share_bp is None else percent_bp(line.share_bp),
                line.fen if line.figure.money and not line.hidden else "",
            )
            for line in shown
        ],
        "budget": describe_budget(view),
        "division_head": ["地方", *(line.figure.title for line in shown)],
        "division_rows": _list_divisions(address, view),
        "division_foot": ["合计", *(line.n or 0 for line in shown)],
        "up": _find_up(address, view),
        "files": [
            (address.to("/report.csv"), "下载 CSV"),
            (address.to("/report.xlsx"), "下载 XLSX"),
            (address.to("/print"), "打印"),
        ],
    }
    return render_desk_page(request, desk, "report.html", context)


@get("/reports/{name:str}/items", include_in_schema=False)
async def show_items(
    request: HttpRequest,
    *,
    name: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """List the rows that a figure counts, 50 a page; each leads to what it is about.

    Raises:
        NotFound: there is no such report, figure, month or division, or the figure is too small to be shown.
    """
    address = await _read_address(request, db, actor, clock, name)
    desk, report = address.desk, address.report
    figure = report.get_figure(request.query_params.get("key", ""))
    if figure is None or not address.month:
        raise NotFound
    month = read_month(address.month)
    skip = read_offset(request)
    async with db.transaction(scope=desk.county) as conn:
        page = await load_items(
            conn, report, figure, desk.county, desk.divisions, month=month, within=address.within,
            limit=_PAGE_SIZE, skip=skip, now=desk.now,
        )  # fmt: skip
        items = await show_lines(conn, seal, page.items, "subject")
    at = {"key": figure.key}
    context = {
        "figure": report.name_for(month).get_figure(figure.key),
        "report": report,
        "month_words": name_month(page.month),
        "matches": page.matches,
        "kept": page.kept if page.kept != page.matches else None,
        "head": [SUBJECT_NAMES[figure.subject], "村", *(["金额"] if figure.money else []), "说明"],
        "money": figure.money,
        "rows": [
            (
                item.subject,
                _link(desk, f"{month:%Y-%m}", figure.subject, item),
                item.name or "—",
                item.fen,
                describe_note(item.note),
            )
            for item in items
        ],
        "up": address.to(),
        "back": address.to("/items", **at, skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": address.to("/items", **at, skip=skip + _PAGE_SIZE) if page.matches > skip + _PAGE_SIZE else None,
    }
    return render_desk_page(request, desk, "report_items.html", context)


@get("/reports/{name:str}/{file:str}", include_in_schema=False, rate=RateClass.SEARCH)
async def download_report(
    request: HttpRequest,
    *,
    name: FromPath[str],
    file: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Download a report as report.csv or report.xlsx, or show it as a form to print (print).

    Raises:
        NotFound: there is no such report, month, division or file.
    """
    address, view = await _load(request, db, actor, clock, name)
    desk = address.desk
    if view is None or file not in {"report.csv", "report.xlsx", "print"}:
        raise NotFound
    title = f"{_name_area(view)}-{view.month.month:%Y-%m}-{view.report.title}"
    last_day = get_next_month(view.month.month) - timedelta(days=1)
    async with db.transaction(scope=desk.county) as conn:
        form = build_report_form(view, _name_area(view))
        form = await add_form_number(conn, desk.county, PrintedFormKind.REPORT, form, day=last_day)
    if file == "print":
        return render_desk_page(request, desk, "form.html", {"form": form, "back": address.to(), "pair": False})
    async with db.transaction(scope=desk.county) as conn:
        who, detail = str(actor.account_id), {"report": view.report.name, "month": f"{view.month.month:%Y-%m}"}
        await record_export(conn, actor=who, name=file, county=desk.county, detail=detail, now=desk.now)
    if file == "report.csv":
        return download_file(write_csv(make_long_table(view)), f"{title}.csv", "text/csv")
    workbook = WorkbookWriter(desk.now)
    workbook.add_table(make_figures_table(view), [form.title, *form.meta, *form.notes])
    if view.divisions:
        workbook.add_table(make_divisions_table(view))
    return download_file(workbook.close(), f"{title}.xlsx", XLSX)


async def _read_address(request: HttpRequest, db: Database, actor: Actor, clock: Clock, name: str) -> ReportAddress:
    desk = await open_desk(request, db, actor, clock)
    report = COUNTED_REPORTS.get(name)
    if report is None:
        raise NotFound
    within = request.query_params.get("within", "")[:12] or desk.county
    return ReportAddress(desk, report, request.query_params.get("month", "")[:7], within)


async def _load(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, name: str
) -> tuple[ReportAddress, ReportView | None]:
    address = await _read_address(request, db, actor, clock, name)
    desk = address.desk
    month: date | None = read_month(address.month) if address.month else None
    async with db.transaction(scope=desk.county) as conn:
        view = await load_report(
            conn, address.report, desk.county, desk.divisions, month=month, within=address.within, now=desk.now
        )
    if view is None:
        return address, None
    return ReportAddress(desk, address.report, f"{view.month.month:%Y-%m}", view.within), view


def _name_area(view: ReportView) -> str:
    return view.names.get(view.within, "没有村的")


def _list_divisions(address: ReportAddress, view: ReportView) -> list[tuple[str, str, list[int]]]:
    """Return each division below with its address, and the figures that the page shows."""
    places = [view.report.figures.index(line.figure) for line in list_shown(view)]
    desk, month = address.desk, address.month
    return [
        (
            each.name,
            desk.to(f"/desk/reports/{view.report.name}", month=month, within=each.code),
            [each.figures[place] for place in places],
        )
        for each in view.divisions
    ]


def _find_up(address: ReportAddress, view: ReportView) -> tuple[str, str] | None:
    """Return the address and the words of the division above, None at the county."""
    desk = address.desk
    if view.within == desk.county:
        return None
    township = view.within[:9]
    wider = township if len(view.within) > len(township) else ""
    return desk.to(f"/desk/reports/{view.report.name}", month=address.month, within=wider), "回到上一级"


def _link(desk: DeskContext, month: str, subject: Subject, item: ItemRow) -> str | None:
    """Return where a row leads: to a household or line in its place, a finding, or a difference."""
    match subject:
        case Subject.HOUSEHOLD:
            return desk.to("/desk/places", month=month, household=item.subject)
        case Subject.PERSON:
            return desk.to("/desk/places", month=month, household=item.subject.rpartition("-")[0])
        case Subject.LINE:
            return desk.to("/desk/places", month=month, line=item.subject)
        case Subject.FINDING:
            return desk.to("/desk/findings", month=month)
        case Subject.DIFFERENCE:
            return desk.to(f"/desk/months/{month}/reconciliation") if desk.whole else None
        case Subject.CASE | Subject.CLAWBACK:
            return desk.to("/desk/grievances" if subject is Subject.CASE else "/desk/clawbacks") if desk.whole else None


ROUTES = [show_reports, show_report, show_items, download_report]
