"""What an official does with a case before deciding it: ask the buyer, take more time, give it one level up."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.history import get_case, list_case_events, record_case_looks
from market.cases.casework.models import LockedCase
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.case_moves import list_answerer_moves, move_assigned_case
from market.service.http import HttpRequest
from market.service.web.case_words import build_case_context, get_case_move, get_desk_path
from market.service.web.desk.aftersales.decisions import load_assigned
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect
from market.service.web.services import get_services


async def _page(
    request: HttpRequest, desk: DeskContext, db: Database, actor: Actor, case: LockedCase,
    *, text: str = "", errors: list[FieldFault] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        events = await list_case_events(conn, get_services(request).seal, case.id)
        await record_case_looks(conn, actor, [case], now=desk.now)
    context = build_case_context(case, events, list_answerer_moves(case), text=text, errors=errors or [])
    context |= {
        "back": desk.to(get_desk_path(case.category, case.id)),
        "said": "记下了" if request.query_params.get("done") == "1" else "",
    }
    return render_desk_page(request, desk, "case_moves.html", context, status=status)


@get("/cases/{case_id:str}/moves", include_in_schema=False)
async def show_case_moves(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show what happened to a case, and what can be done before the decision."""
    desk = await open_desk(request, db, actor, clock, register=False)
    _, case = await load_assigned(db, actor, case_id, get_case)
    return await _page(request, desk, db, actor, case)


@post("/cases/{case_id:str}/moves", include_in_schema=False)
async def submit_case_move(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """Ask the buyer, take more time, or give a case one level up, which then decides it."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    _, case = await load_assigned(db, actor, case_id, get_case)
    text, move = form.get_text("text"), get_case_move(form.get_text("move"), list_answerer_moves(case))
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            moved = await move_assigned_case(conn, seal, actor, case.id, move, text=text, now=desk.now)
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, desk, db, actor, case, text=text, errors=errors, status=refusal.status)
    kept = moved.assignee == case.assignee
    return redirect(desk.to(f"/desk/cases/{case.id}/moves" if kept else "/desk/cases", done=1))


ROUTES = [show_case_moves, submit_case_move]
