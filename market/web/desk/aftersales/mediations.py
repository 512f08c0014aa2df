"""Mediations: an official of the county proposes a share; if the sides do not agree, the platform decides."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.models import CaseState
from market.casework.moves import get_person_scope
from market.http import HttpRequest
from market.identity.models import Actor, Role
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.mediation.agree import propose_share
from market.mediation.end import decide_mediation
from market.mediation.models import MAX_MEDIATION_TEXT_LENGTH
from market.mediation.views import Mediation, get_mediation
from market.orders.notifications import format_due
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, build_county_query, open_desk, render_desk_page
from market.web.forms import parse_integer, read_form, rename_faults
from market.web.pages import redirect
from market.web.services import get_services
from market.web.shop.aftersales.mediation import describe_mediation

_WHOLE = 100


def _page(
    request: HttpRequest, desk: DeskContext, mediation: Mediation,
    *, typed: tuple[str, str] = ("", ""), errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "mediation": mediation,
        "lines": describe_mediation(mediation),
        "due": format_due(mediation.due_at),
        "open": mediation.state is CaseState.ASSIGNED and not _is_proposed(mediation),
        "decides": mediation.assignee == Role.PLATFORM,
        "most": MAX_MEDIATION_TEXT_LENGTH,
        "share": typed[0],
        "reason": typed[1],
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
    """Show a mediation with both sides' words, and the form of a proposal or of the decision."""
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
    """Propose a share for the county, once, or decide for the platform."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    mediation = await load_assigned(db, actor, case_id, lambda conn, found: get_mediation(conn, seal, found))
    typed = (form.get_text("share"), form.get_text("reason"))
    share = parse_integer(typed[0], maximum=_WHOLE)
    share_bp = -1 if share is None else share * _WHOLE
    gateway = get_services(request).gateway
    try:
        if mediation.assignee == Role.PLATFORM:
            await decide_mediation(
                db, gateway, seal, actor, mediation.case_id, share_bp=share_bp, reason=typed[1], now=desk.now
            )
        else:
            async with db.transaction(scope=get_person_scope(actor)) as conn:
                await propose_share(
                    conn, seal, actor, mediation.case_id, share_bp=share_bp, reason=typed[1], now=desk.now
                )
    except Refusal as refusal:
        errors = tuple(rename_faults(refusal, {}, otherwise="reason"))
        return _page(request, desk, mediation, typed=typed, errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


def _is_proposed(mediation: Mediation) -> bool:
    return mediation.proposed_bp is not None and mediation.assignee != Role.PLATFORM


ROUTES = [show_desk_mediation, submit_mediation_end]
