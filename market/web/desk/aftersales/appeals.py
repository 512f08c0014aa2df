"""Appeals of reviews that the platform decides."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.models import CaseState
from market.casework.moves import get_person_scope
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders.notifications import format_due
from market.reviews.appeal import decide_appeal
from market.reviews.appeal_views import ReviewAppeal, get_appeal
from market.reviews.models import HIDING_REASON_NAMES, HidingReason, InvalidAppeal
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, build_county_query, open_desk, render_desk_page
from market.web.forms import read_form, rename_faults
from market.web.pages import redirect

_SHOWN = "show"
_CHOICES = [
    (_SHOWN, "照样显示"),
    *((each.value, f"文字和照片不显示：{words}") for each, words in HIDING_REASON_NAMES.items()),
]


def _page(
    request: HttpRequest, desk: DeskContext, appeal: ReviewAppeal,
    *, typed: tuple[str, str] = ("", ""), errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "appeal": appeal,
        "claimed": HIDING_REASON_NAMES[appeal.claimed],
        "due": format_due(appeal.due_at),
        "open": appeal.state is CaseState.ASSIGNED,
        "choices": _CHOICES,
        "decision": typed[0],
        "reason": typed[1],
        "errors": errors,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "appeal.html", context, status=status)


@get("/appeals/{case_id:str}", include_in_schema=False)
async def show_desk_appeal(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show an appeal with the review, and the form of the decision."""
    desk = await open_desk(request, db, actor, clock, register=False)
    appeal = await load_assigned(db, actor, case_id, lambda conn, found: get_appeal(conn, seal, found))
    return _page(request, desk, appeal)


@post("/appeals/{case_id:str}", include_in_schema=False)
async def submit_appeal_decision(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """Decide an appeal; a decision is made once."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    appeal = await load_assigned(db, actor, case_id, lambda conn, found: get_appeal(conn, seal, found))
    decision, reason = form.get_text("decision"), form.get_text("reason")
    hide_for = next((each for each in HidingReason if each == decision), None)
    try:
        if hide_for is None and decision != _SHOWN:
            raise InvalidAppeal(errors=(FieldFault("decision", "请选怎么定"),))
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await decide_appeal(conn, seal, actor, appeal.case_id, hide_for=hide_for, reason=reason, now=desk.now)
    except Refusal as refusal:
        errors = tuple(rename_faults(refusal, {}, otherwise="reason"))
        return _page(request, desk, appeal, typed=(decision, reason), errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


ROUTES = [show_desk_appeal, submit_appeal_decision]
