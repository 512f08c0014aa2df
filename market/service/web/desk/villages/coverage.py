"""信号 on the desk: the county's projects for coverage, and the reports that the operator did not answer in time."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.divisions.queries import list_divisions_named
from market.places.organisations.register import list_organisations
from market.service.http import HttpRequest
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import PostedForm, make_form_key, parse_id, parse_typed_yuan, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.village.coverage import describe_outage, describe_project
from market.villages.coverage.models import (
    ANSWERS,
    MAX_TEXT_LENGTH,
    NewProject,
    Outage,
    ProjectInvalid,
    ProjectNotMovable,
    ProjectState,
)
from market.villages.coverage.outages import answer_outage, get_outage
from market.villages.coverage.projects import accept_project, add_project, build_project, list_projects, reopen_project
from market.villages.coverage.register import list_operators


class ProjectForm(Struct, frozen=True):
    """The forms of a project as typed."""

    village: str = ""
    operator: str = ""
    funder: str = ""
    name: str = ""
    planned: str = ""
    spent: str = ""
    reason: str = ""
    done_on: str = ""


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, form: ProjectForm | None = None,
    failed: str = "", errors: Sequence[FieldFault] = (), notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        projects = await list_projects(conn, desk.county)
        operators = await list_operators(conn)
        organisations = await list_organisations(conn, desk.county, pending=False, day=desk.today)
    context = {
        "projects": [
            (
                str(each.id),
                each.name,
                describe_project(each),
                "build" if each.state in {ProjectState.PLANNED, ProjectState.BUILDING}
                else "accept" if each.state is ProjectState.DONE else "reopen",
            )
            for each in projects
        ],
        "operators": [("", "请选"), *((each.code, each.name) for each in operators)],
        "funders": [("", "运营商自己"), *((str(each.id), each.name) for each in organisations)],
        "keeps": has_role_for(desk.actor, COUNTY_KEEPERS, desk.county),
        "form": form or ProjectForm(),
        "failed": failed,
        "errors": errors,
        "notice": notice,
        "key": make_form_key(),
    }  # fmt: skip
    return render_desk_page(request, desk, "coverage.html", context, status=status)


@get("/coverage", include_in_schema=False)
async def show_projects(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's projects, with the form for another one."""
    desk = await open_desk(request, db, actor, clock)
    notice = PageNotice("ok", "记好了") if request.query_params.get("done") == "1" else None
    return await _page(request, db, desk, notice=notice)


@post("/coverage", include_in_schema=False)
async def submit_project(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Plan a project, once however often the form is sent."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    typed = form.fill(ProjectForm)

    async def add(conn: Connection) -> str:
        found = await list_divisions_named(conn, typed.village, within=desk.county)
        new = NewProject(
            village_code=found[0].code if len(found) == 1 else "",
            operator=typed.operator[:20],
            name=typed.name[:200],
            planned_fen=parse_typed_yuan(typed.planned) or Fen(0),
            funded_by=parse_uuid(typed.funder),
        )
        await add_project(conn, actor, desk.county, new, now=desk.now)
        return desk.to("/desk/coverage", done=1)

    try:
        return await submit_once(request, actor, form, add)
    except ProjectInvalid as refusal:
        return await _page(request, db, desk, form=typed, errors=refusal.errors, status=refusal.status)


@post("/coverage/{project_id:str}", include_in_schema=False)
async def submit_project_step(
    request: HttpRequest,
    *,
    project_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Record what was spent and that a project is done, accept it, or put it back: `act` is build, accept or reopen."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    try:
        await _take_step(db, desk, project_id, form)
    except ProjectInvalid as refusal:
        # The fields of many projects are on the page, so that a fault names none of them.
        notice = PageNotice("no", "没有记下", tuple(each.message for each in refusal.errors))
        typed = form.fill(ProjectForm)
        return await _page(request, db, desk, form=typed, failed=project_id, notice=notice, status=refusal.status)
    except ProjectNotMovable as refusal:
        return await _page(request, db, desk, notice=build_refusal_notice(refusal), status=refusal.status)
    return redirect(desk.to("/desk/coverage", done=1))


async def _take_step(db: Database, desk: DeskContext, project_id: str, form: PostedForm) -> None:
    found = parse_id(project_id)
    if form.get_text("act") == "accept":
        async with db.transaction() as conn:
            await accept_project(conn, desk.actor, desk.county, found, now=desk.now)
        return
    if form.get_text("act") == "reopen":
        async with db.transaction() as conn:
            await reopen_project(conn, desk.actor, desk.county, found, form.get_text("reason"), now=desk.now)
        return
    done_on = form.read_optional_day("done_on", fault="写成 2026-01-31 这样")
    spent = parse_typed_yuan(form.get_text("spent"))
    if spent is None:
        form.add_fault("spent", "写已经花了多少")
    if form.faults or spent is None:
        raise ProjectInvalid(errors=tuple(form.faults))
    async with db.transaction() as conn:
        await build_project(
            conn, desk.actor, desk.county, found, spent_fen=spent, reason=form.get_text("reason"), done_on=done_on,
            now=desk.now,
        )  # fmt: skip


def _view(outage: Outage) -> DecidedCase:
    return DecidedCase(
        name="没信号", number=outage.number, about=f"{outage.village}，{outage.operator_name}", due_at=outage.due_at,
        due="前答复", facts=[*describe_outage(outage), outage.text], asks="",
        more={"choices": [(each.value, words) for each, words in ANSWERS.items()], "most": MAX_TEXT_LENGTH,
              "readers": "报的人看得到"},
    )  # fmt: skip


async def _decide(asked: Decision[Outage]) -> None:
    async with asked.db.transaction(scope=asked.found.county_code) as conn:
        await answer_outage(
            conn, asked.seal, asked.actor, asked.case_id, outcome=asked.form.get_text("outcome"),
            text=asked.form.get_text("text"), now=asked.now,
        )  # fmt: skip


ROUTES = [
    show_projects,
    submit_project,
    submit_project_step,
    *make_decision_routes(
        DecidedKind(
            path="outages",
            template="complaint.html",
            fields=("outcome", "text"),
            read=get_outage,
            view=_view,
            decide=_decide,
        )
    ),
]
