"""信号和宽带: what a village has, the report that there is none, and the map of a county."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.models import CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.division_codes import COUNTY, get_county_code, truncate_code
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import Column
from market.kernel.sheets.write_spreadsheet import write_csv
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due
from market.places.divisions.queries import get_division_names
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh, percent_bp, yuan
from market.service.web.ui.tiles import ShareTile, draw_tiles
from market.service.web.village.home import choose_village
from market.subsidies.month.cycles import read_county
from market.villages.coverage.models import (
    ANSWERS,
    KIND_NAMES,
    PROJECT_STATES,
    SETTING_NAMES,
    TECHNOLOGY_NAMES,
    NewOutage,
    Outage,
    OutageInvalid,
    OutageKind,
    Project,
    Technology,
    TooManyOutages,
)
from market.villages.coverage.outages import count_people_waiting, list_own_outages, report_outage
from market.villages.coverage.projects import list_projects
from market.villages.coverage.register import (
    list_coverage_rows,
    list_operators,
    list_village_coverage,
    sum_up_townships,
)
from payments.money import format_percent

HIDDEN = "少，不列"
_MAX_TEXT = 1000
_CSV = (
    Column("village_code", "村代码"),
    Column("village", "村名"),
    Column("operator", "运营商"),
    Column("technology", "制式"),
    Column("setting", "场景"),
    Column("share", "覆盖率"),
    Column("down", "下行速率"),
    Column("source", "数据来源"),
    Column("observed_on", "采集日期"),
)


class OutageForm(Struct, frozen=True):
    """The report as typed."""

    kind: str = ""
    operator: str = ""
    technology: str = ""
    since: str = ""
    text: str = ""


def describe_outage(outage: Outage) -> list[str]:
    """Return what was reported, where it is, and the answer."""
    asked = f"{outage.operator_name} {TECHNOLOGY_NAMES[outage.technology]}，{KIND_NAMES[outage.kind]}，"
    if outage.state is CaseState.CLOSED:
        outcome = ANSWERS.get(outage.outcome, "办完了") if outage.outcome else "办完了"
        return [f"{asked}{day_zh(outage.since)}起", f"{outcome}：{outage.answer}" if outage.answer else outcome]
    who = {"operator": outage.operator_name, "county": "县里"}.get(outage.assignee or "", "平台")
    return [f"{asked}{day_zh(outage.since)}起", f"等{who}答复，{format_due(outage.due_at)}前"]


def describe_project(project: Project) -> list[str]:
    """Return where a project is and what it costs."""
    over = f"，比计划多：{project.overrun_reason}" if project.spent_fen > project.planned_fen else ""
    done = f"，{day_zh(project.accepted_on)}验收" if project.accepted_on else ""
    funder = f"，{project.funder}出钱" if project.funder else ""
    return [
        f"{project.village}，{project.operator_name}{funder}，{PROJECT_STATES[project.state]}{done}",
        f"计划 {yuan(project.planned_fen)} 元，花了 {yuan(project.spent_fen)} 元{over}",
    ]


async def _page(
    request: HttpRequest, db: Database, seal: Seal, visitor: Actor | None, clock: Clock,
    *, form: OutageForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
    if not village.code or village.fault:
        return redirect(f"/village?village={village.code}" if village.code else "/village")
    county = get_county_code(village.code)
    async with db.transaction(scope=county) as conn:
        rows = await list_village_coverage(conn, village.code, day=clock.today())
        waiting = await count_people_waiting(conn, village.code)
        operators = await list_operators(conn)
        projects = await list_projects(conn, county, village=village.code)
    own: list[Outage] = []
    if visitor is not None:
        async with db.transaction(scope=get_person_scope(visitor)) as conn:
            own = [
                each
                for each in await list_own_outages(conn, seal, visitor.account_id)
                if each.village_code == village.code
            ]
    context = {
        "village": village,
        "head": ["运营商", "制式", "哪里", "覆盖", "下行 Mbps", "谁测的", "哪天测的"],
        "rows": [
            [
                each.operator_name, TECHNOLOGY_NAMES[each.technology], SETTING_NAMES[each.setting],
                percent_bp(each.share_bp), "—" if each.down_mbps is None else str(each.down_mbps), each.source,
                day_zh(each.observed_on),
            ]
            for each in rows
        ],
        "waiting": waiting,
        "own": [(f"第 {each.number} 件", describe_outage(each)) for each in own],
        "projects": [(each.name, describe_project(each)) for each in projects],
        "county": county,
        "kinds": [(each.value, words) for each, words in KIND_NAMES.items()],
        "operators": [("", "请选"), *((each.code, each.name) for each in operators)],
        "technologies": [(each.value, words) for each, words in TECHNOLOGY_NAMES.items()],
        "form": form or OutageForm(kind=OutageKind.GONE, technology=Technology.G4, since=clock.today().isoformat()),
        "errors": errors,
        "key": make_form_key(),
        "signed_in": visitor is not None,
        "sent": request.query_params.get("done") == "1",
    }  # fmt: skip
    return render_page(request, "village/coverage.html", context, status=status, actor=visitor)


@get("/village/coverage", include_in_schema=False)
async def show_village_coverage(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show what a village has, and the form that reports that there is none."""
    return await _page(request, db, seal, visitor, clock)


@post("/village/coverage", include_in_schema=False)
async def submit_outage(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Report that there is no signal, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(OutageForm)
    village = request.query_params.get("village", "")[:12]
    since = form.read_day("since", fault="写成 2026-01-31 这样")
    kind = next((each for each in OutageKind if each == typed.kind), None)
    technology = next((each for each in Technology if each == typed.technology), None)
    if kind is None:
        form.add_fault("kind", "请选怎么没有的")
    if technology is None:
        form.add_fault("technology", "请选哪种")
    if form.faults or since is None or kind is None or technology is None:
        return await _page(request, db, seal, actor, clock, form=typed, errors=form.faults, status=OutageInvalid.status)
    new = NewOutage(
        kind=kind, operator=typed.operator[:20], technology=technology, since=since, text=typed.text[:_MAX_TEXT]
    )

    async def report(conn: Connection) -> str:
        await report_outage(conn, seal, actor, village, new, now=clock.now())
        return f"/village/coverage?village={village}&done=1"

    try:
        return await submit_once(request, actor, form, report, scope=get_person_scope(actor))
    except (OutageInvalid, TooManyOutages) as refusal:
        errors = refusal.errors or (FieldFault("text", refusal.text("zh")),)
        return await _page(request, db, seal, actor, clock, form=typed, errors=errors, status=refusal.status)


@get("/coverage", include_in_schema=False)
async def show_county_coverage(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show a county: a tile for each township, the table beneath, and what is built.

    Raises:
        BadCounty, NotFound: the address names no county.
    """
    county = read_county(request.query_params.get("county", ""))
    async with db.transaction(scope=county) as conn:
        names = await get_division_names(conn, [truncate_code(county, COUNTY)])
        townships = await sum_up_townships(conn, county, day=clock.today())
        projects = await list_projects(conn, county)
    if county not in names:
        raise NotFound
    shown = request.query_params.get("technology", "5g")
    counts = {"4g": "with_4g", "5g": "with_5g", "fibre": "with_fibre"}
    field = counts.get(shown, "with_5g")
    words = {"with_4g": "4G", "with_5g": "5G", "with_fibre": "光纤"}[field]
    context = {
        "name": names[county],
        "county": county,
        "shown": words,
        "choices": [(f"/coverage?county={county}&technology={key}", text) for key, text in
                    (("4g", "4G"), ("5g", "5G"), ("fibre", "光纤"))],
        "tiles": draw_tiles(
            f"{names[county]}各乡镇有{words}的村",
            [ShareTile(each.name, getattr(each, field), each.villages) for each in townships],
        ),
        "head": ["乡镇", "村", "有 4G", "有 5G", "有光纤", "报过没信号的人"],
        "rows": [
            [
                each.name, str(each.villages), str(each.with_4g), str(each.with_5g), str(each.with_fibre),
                HIDDEN if each.reporters is None else str(each.reporters),
            ]
            for each in townships
        ],
        "projects": [(each.name, describe_project(each)) for each in projects],
    }  # fmt: skip
    return render_page(request, "village/county_coverage.html", context)


@get("/coverage.csv", include_in_schema=False, rate=RateClass.SEARCH)
async def download_coverage(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Download a county's register as CSV: villages, operators and shares, nothing of people.

    Raises:
        BadCounty: the address names no county.
    """
    county = read_county(request.query_params.get("county", ""))
    async with db.connection() as conn:
        rows = await list_coverage_rows(conn, county, day=clock.today())
    content = write_csv(
        _CSV,
        (
            {
                "village_code": each.village_code,
                "village": each.village,
                "operator": each.operator,
                "technology": TECHNOLOGY_NAMES[each.technology],
                "setting": SETTING_NAMES[each.setting],
                "share": format_percent(each.share_bp).removesuffix("%"),
                "down": "" if each.down_mbps is None else str(each.down_mbps),
                "source": each.source,
                "observed_on": each.observed_on.isoformat(),
            }
            for each in rows
        ),
    )
    return Response(
        content,
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="coverage-{county}.csv"',
            "Cache-Control": "public, max-age=3600",
        },
    )


ROUTES = [show_village_coverage, submit_outage, show_county_coverage, download_coverage]
