"""Complaints that the county or the platform answers."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.models import CaseOutcome, CaseState
from market.casework.moves import get_person_scope
from market.complaints.complain import ANSWERS, answer_complaint
from market.complaints.models import MAX_COMPLAINT_LENGTH, InvalidComplaint
from market.complaints.views import Complaint, get_complaint
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders.notifications import format_due
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, build_county_query, open_desk, render_desk_page
from market.web.forms import read_form, rename_faults
from market.web.pages import redirect
from market.web.shop.aftersales.complaints import OUTCOME_NAMES

_CHOICES = [(each.value, words) for each, words in OUTCOME_NAMES.items() if each in ANSWERS]


def _page(
    request: HttpRequest, desk: DeskContext, complaint: Complaint,
    *, typed: tuple[str, str] = ("", ""), errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "complaint": complaint,
        "due": format_due(complaint.due_at),
        "open": complaint.state is CaseState.ASSIGNED,
        "choices": _CHOICES,
        "most": MAX_COMPLAINT_LENGTH,
        "outcome": typed[0],
        "text": typed[1],
        "errors": errors,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "complaint.html", context, status=status)


@get("/complaints/{case_id:str}", include_in_schema=False)
async def show_desk_complaint(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show a complaint, and the form of the answer."""
    desk = await open_desk(request, db, actor, clock, register=False)
    complaint = await load_assigned(db, actor, case_id, lambda conn, found: get_complaint(conn, seal, found))
    return _page(request, desk, complaint)


@post("/complaints/{case_id:str}", include_in_schema=False)
async def submit_desk_answer(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """Answer a complaint, once."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    complaint = await load_assigned(db, actor, case_id, lambda conn, found: get_complaint(conn, seal, found))
    typed, text = form.get_text("outcome"), form.get_text("text")
    outcome = next((each for each in CaseOutcome if each == typed), None)
    try:
        if outcome is None:
            raise InvalidComplaint(errors=(FieldFault("outcome", "请选办得怎么样"),))
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await answer_complaint(conn, seal, actor, complaint.case_id, outcome=outcome, text=text, now=desk.now)
    except Refusal as refusal:
        errors = tuple(rename_faults(refusal, {}, otherwise="text"))
        return _page(request, desk, complaint, typed=(typed, text), errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


ROUTES = [show_desk_complaint, submit_desk_answer]
