"""The drilldown from county to line: each row is the sum of the rows below it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for
from market.people.identity.models import Actor
from market.reports.drilldown import (
    NO_VILLAGE,
    DrilldownSums,
    find_household_village,
    list_household_heads,
    list_lines,
    sum_by_household,
    sum_by_township,
    sum_by_village,
)
from market.reports.line import ExplainedLine, explain_line
from market.reports.month import OperatorSums, compute_total, list_month_statuses, sum_by_operator
from market.reports.tables import DRILLDOWN_TABLE
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.presenters import (
    DrilldownRow,
    build_row_id,
    format_short_month,
    get_kind_name,
    get_operator_name,
)
from market.service.web.forms import read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import yuan
from market.subsidies.findings.hold import HOLDING_ROLES, hold_line
from market.subsidies.month.cycles import Cycle, find_cycle, read_month
from market.subsidies.month.steps import HOLDABLE_STATES
from market.subsidies.names import format_month_zh

_TOWNSHIP = 9
_PAGE_SIZE = 50
_SHORT = 6
_TAIL = 4
_COUNTY_ROW = "county"


class DrilldownPath(Struct, frozen=True):
    """The open rows by code; an outer division is derived from an inner one."""

    month: str
    township: str = ""
    village: str = ""
    household: str = ""
    line: str = ""
    after: str = ""

    def href(self, desk: DeskContext, at: str, **opened: str) -> str:
        """Return the URL of the drilldown with these rows open, at the row of a code."""
        return f"{desk.to('/desk/places', month=self.month, **opened)}#{build_row_id(at)}"


class _DrilldownQuery(Struct, frozen=True):
    """A month of a county for one official, with the open rows."""

    conn: Connection
    desk: DeskContext
    cycle: Cycle
    opened: DrilldownPath
    seal: Seal


@get("/places", include_in_schema=False)
async def show_drilldown(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a month by division, with the rows that the URL opens."""
    desk = await open_desk(request, db, actor, clock)
    held = request.query_params.get("done", "") == "hold"
    notice = PageNotice("ok", "先停付了，等乡镇处理这件疑点") if held else None
    path = {name: request.query_params.get(name, "")[:40] for name in DrilldownPath.__struct_fields__}
    return await _page(request, db, seal, desk, path, notice=notice)


@post("/places/hold", include_in_schema=False)
async def submit_hold(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Hold a line with the reason; a refusal is shown beside the line and changes nothing."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    path = {"month": form.get_text("month"), "line": form.get_text("line")[:40]}
    try:
        async with db.transaction(scope=desk.county) as conn:
            month, why = read_month(path["month"]), form.get_text("why")
            await hold_line(conn, actor, desk.county, month, path["line"], why=why, seal=seal, now=desk.now)
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有停付")
        return await _page(request, db, seal, desk, path, notice=notice, status=refusal.status)
    return redirect(f"{desk.to('/desk/places', **path, done='hold')}#{build_row_id(path['line'])}")


async def _page(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    desk: DeskContext,
    path: Mapping[str, str],
    *,
    notice: PageNotice | None,
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        listed = [month for month in await list_month_statuses(conn, desk.county) if month.calculated]
        if not listed:
            return render_desk_page(request, desk, "drilldown.html", {"months": [], "opened": None, "notice": notice})
        cycle = await find_cycle(conn, desk.county, read_month(path.get("month", "") or listed[0].name))
        opened = DrilldownPath(**{**path, "month": cycle.name})
        line = await explain_line(conn, seal, cycle, desk.divisions, opened.line) if opened.line else None
        opened = await _complete_path(conn, cycle, opened, line)
        sums = compute_total(await sum_by_operator(conn, cycle, desk.divisions))
        rows = await _township_rows(_DrilldownQuery(conn, desk, cycle, opened, seal), sums)
    return render_desk_page(
        request,
        desk,
        "drilldown.html",
        {
            "months": [(each.name, format_month_zh(each.name)) for each in listed],
            "opened": opened,
            "name": format_month_zh(cycle.name),
            "short": format_short_month(cycle.name),
            "rows": rows,
            "table": DRILLDOWN_TABLE,
            "foot": None if opened.township else [_name_scope(desk), *DRILLDOWN_TABLE.get_cells(sums)],
            "line": line,
            "why": _summarize_line(line) if line else "",
            "facts": _facts(line) if line else [],
            "may_hold": line is not None and _may_hold(desk, cycle, line),
            "notice": notice,
        },
        status=status,
    )


def _may_hold(desk: DeskContext, cycle: Cycle, line: ExplainedLine) -> bool:
    """Return whether the official may hold the line, which is not settled yet."""
    return cycle.state in HOLDABLE_STATES and has_role_for(desk.actor, HOLDING_ROLES, line.village_code or desk.county)


async def _complete_path(
    conn: Connection, cycle: Cycle, opened: DrilldownPath, line: ExplainedLine | None
) -> DrilldownPath:
    """Complete the path: a line opens its household, a household its village, a village its township."""
    if line is not None:
        village_code = line.village_code
        return msgspec.structs.replace(
            opened,
            township=village_code[:_TOWNSHIP] if village_code else NO_VILLAGE,
            village=village_code or "",
            household=(line.household or "") if village_code else NO_VILLAGE,
        )
    village = opened.village
    if opened.household and opened.household != NO_VILLAGE and not village:
        village = await find_household_village(conn, cycle, opened.household) or ""
    return msgspec.structs.replace(opened, village=village, township=opened.township or village[:_TOWNSHIP])


def _name_scope(desk: DeskContext) -> str:
    return desk.name if desk.whole else "合计"


async def _township_rows(query: _DrilldownQuery, sums: OperatorSums) -> list[DrilldownRow]:
    """Return the townships, or the path to the open row and its content once a township is open."""
    desk, opened = query.desk, query.opened
    townships = await sum_by_township(query.conn, query.cycle, desk.divisions)
    current = next((each for each in townships if each.code == opened.township), None)
    if current is None:
        return [_build_row(0, each, each.name, opened.href(desk, each.code, township=each.code)) for each in townships]
    county = DrilldownRow(
        0,
        _name_scope(desk),
        opened.href(desk, current.code),
        DRILLDOWN_TABLE.get_cells(sums),
        open=True,
        id=build_row_id(_COUNTY_ROW),
    )
    close_href = opened.href(desk, current.code)
    rows = [county, _build_row(1, current, current.name, close_href, is_open=True)]
    if current.code == NO_VILLAGE:
        return rows + await _line_rows(query, NO_VILLAGE, 2)
    return rows + await _village_rows(query)


async def _village_rows(query: _DrilldownQuery) -> list[DrilldownRow]:
    desk, opened = query.desk, query.opened
    villages = await sum_by_village(query.conn, query.cycle, desk.divisions, opened.township)
    current = next((each for each in villages if each.code == opened.village), None)
    if current is None:
        return [
            _build_row(2, each, each.name, opened.href(desk, each.code, township=opened.township, village=each.code))
            for each in villages
        ]
    close_href = opened.href(desk, current.code, township=opened.township)
    return [_build_row(2, current, current.name, close_href, is_open=True), *await _household_rows(query)]


async def _household_rows(query: _DrilldownQuery) -> list[DrilldownRow]:
    desk, cycle, opened = query.desk, query.cycle, query.opened
    households = await sum_by_household(
        query.conn, cycle, desk.divisions, opened.village, after=opened.after, only=opened.household, limit=_PAGE_SIZE
    )
    heads = await list_household_heads(query.conn, query.seal, cycle, [each.code for each in households.items])
    path = {"township": opened.township, "village": opened.village}
    rows: list[DrilldownRow] = []
    for each in households.items:
        name, persons = heads.get(each.code, ("", 0))
        is_open = each.code == opened.household
        href = opened.href(desk, each.code, **path, household="" if is_open else each.code)
        rows.append(_build_row(3, each, describe_household(each.code, name, persons), href, is_open=is_open))
        if is_open:
            rows += await _line_rows(query, each.code, 4)
    if households.next:
        rows[-1].more = desk.to("/desk/places", month=opened.month, **path, after=households.next) + (
            f"#{build_row_id(opened.village)}"
        )
    return rows


async def _line_rows(query: _DrilldownQuery, household: str, level: int) -> list[DrilldownRow]:
    """Return the lines of a household, or a page of those without a village, which may be many."""
    desk, opened = query.desk, query.opened
    without_village = household == NO_VILLAGE
    lines = await list_lines(
        query.conn,
        query.seal,
        query.cycle,
        desk.divisions,
        household,
        after=opened.after if without_village else "",
        only=opened.line if without_village else "",
        limit=_PAGE_SIZE,
    )
    path = {"township": opened.township, "village": opened.village, "household": "" if without_village else household}
    rows: list[DrilldownRow] = []
    for each in lines.items:
        is_open = each.code == opened.line
        href = opened.href(desk, each.code, **path, line="" if is_open else each.code)
        row = _build_row(level, each, each.name, href, is_open=is_open)
        row.explained = is_open
        rows.append(row)
    if lines.next and without_village:
        rows[-1].more = desk.to("/desk/places", month=opened.month, township=NO_VILLAGE, after=lines.next) + (
            f"#{build_row_id(NO_VILLAGE)}"
        )
    return rows


def _build_row(level: int, sums: DrilldownSums, words: str, href: str, *, is_open: bool = False) -> DrilldownRow:
    return DrilldownRow(level, words, href, DRILLDOWN_TABLE.get_cells(sums), open=is_open, id=build_row_id(sums.code))


def describe_household(code: str, name: str, persons: int) -> str:
    """Describe a household: its head's masked name, the end of its code, the number of persons."""
    tail = code if len(code) <= _SHORT else f"尾号 {code[-_TAIL:]}"
    count = f"，{persons} 人" if persons else ""
    return f"{name or '户'} {tail}{count}"


def _summarize_line(line: ExplainedLine) -> str:
    """Return the result of a claim and its reasons in one sentence."""
    days = f"{line.payable_days}/{line.month_days} 天可享受"
    reasons = "、".join(line.reasons_zh)
    if line.holds:
        return f"{days}，现在不拨付：{reasons}"
    if line.claimed_fen is None:
        return f"{days}，运营商没有申请" + (f"：{reasons}" if reasons else "")
    if line.over_fen:
        return f"{days}，申请 {yuan(line.claimed_fen)}，核减 {yuan(line.over_fen)}：{reasons}"
    return f"{days}，申请 {yuan(line.claimed_fen)}，没有核减：{reasons}"


def _facts(line: ExplainedLine) -> list[tuple[str, str]]:
    """Return the facts of a line, with names and numbers masked."""
    location = f"{line.village or '不在册'}　{line.household} 户" if line.household else "不在册"
    return [
        ("业务", f"{get_operator_name(line.operator)} {get_kind_name(line.kind)}，{line.number or '号码未知'}"),
        ("受益人", line.person or "—"),
        ("户", location),
        ("项目", f"{line.programme} {line.programme_name}，{line.document_number}"),
    ]


ROUTES = [show_drilldown, submit_hold]
