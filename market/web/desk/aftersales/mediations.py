"""Mediations: an official of the county, who is no party, ends each with a share."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.models import CaseState
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.mediation.mediate import end_mediation
from market.mediation.models import MAX_MEDIATION_TEXT_LENGTH, InvalidMediation
from market.mediation.views import Mediation, get_mediation
from market.orders.notifications import format_due
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, build_county_query, open_desk, render_desk_page
from market.web.forms import parse_integer, read_form, rename_faults
from market.web.pages import redirect
from market.web.services import get_services
from market.web.shop.aftersales.mediation import describe_mediation

_WHOLE = 100
_HOW = [("agreed", "双方谈好了这个数"), ("decided", "谈不拢，我来定")]


def _page(
    request: HttpRequest, desk: DeskContext, mediation: Mediation,
    *, typed: tuple[str, str, str] = ("", "", ""), errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "mediation": mediation,
        "lines": describe_mediation(mediation),
        "due": format_due(mediation.due_at),
        "open": mediation.state is CaseState.ASSIGNED,
        "hows": _HOW,
        "most": MAX_MEDIATION_TEXT_LENGTH,
        "share": typed[0],
        "how": typed[1],
        "reason": typed[2],
        "errors": errors,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "mediation.html", context, status=status)


@get("/mediations/{case_id:str}", include_in_schema=False)
async def show_desk_mediation(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show a mediation with both sides' words, and the form of its end."""
    desk = await open_desk(request, db, actor, clock, register=False)
    mediation = await load_assigned(db, actor, case_id, lambda conn, found: get_mediation(conn, seal, found))
    return _page(request, desk, mediation)


@post("/mediations/{case_id:str}", include_in_schema=False)
async def submit_mediation_end(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """End a mediation, once."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    mediation = await load_assigned(db, actor, case_id, lambda conn, found: get_mediation(conn, seal, found))
    typed = (form.get_text("share"), form.get_text("how"), form.get_text("reason"))
    share = parse_integer(typed[0], maximum=_WHOLE)
    gateway = get_services(request).gateway
    try:
        if typed[1] not in {value for value, _ in _HOW}:
            raise InvalidMediation(errors=(FieldFault("how", "请选一条"),))
        await end_mediation(
            db, gateway, seal, actor, mediation.case_id, share_bp=-1 if share is None else share * _WHOLE,
            agreed=typed[1] == "agreed", reason=typed[2], now=desk.now,
        )  # fmt: skip
    except Refusal as refusal:
        errors = tuple(rename_faults(refusal, {}, otherwise="reason"))
        return _page(request, desk, mediation, typed=typed, errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


ROUTES = [show_desk_mediation, submit_mediation_end]
