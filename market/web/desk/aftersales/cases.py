"""要我定的事: the cases that an official's roles answer now, by deadline, and the decision of each."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.aftersales.bad_fruit_views import BadFruitClaim, get_claim
from market.aftersales.decide_bad_fruit import decide_claim
from market.aftersales.models import MAX_CLAIM_TOTAL
from market.casework.models import CaseState
from market.casework.moves import get_person_scope
from market.casework.worklist import AssignedCase, list_assigned_cases
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders.notifications import format_due
from market.web.case_words import get_desk_path
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, PageNotice, build_county_query, open_desk, render_desk_page
from market.web.farm.aftersales.claims import list_claim_facts, list_photo_links
from market.web.forms import parse_integer, read_form
from market.web.pages import redirect
from market.web.services import get_services


def _describe_deadline(case: AssignedCase, now: datetime) -> str:
    waits = "，在等补充情况" if case.stopped else "，等买家和卖家答复" if case.proposed else ""
    return f"{'过期了，' if case.due_at <= now else ''}{format_due(case.due_at)}前{waits}"


@get("/cases", include_in_schema=False)
async def show_cases(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the cases that the official decides, the first deadline first."""
    desk = await open_desk(request, db, actor, clock, register=False)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        cases = await list_assigned_cases(conn, actor)
    context = {
        "cases": [
            (
                desk.to(get_desk_path(each.category, each.id)),
                f"{each.name} {each.number}",
                each.producer or "",
                _describe_deadline(each, desk.now),
            )
            for each in cases
        ],
        "notice": PageNotice("ok", "定好了，已告诉买家和卖家") if request.query_params.get("done") == "1" else None,
    }
    return render_desk_page(request, desk, "cases.html", context)


def _page(
    request: HttpRequest, desk: DeskContext, claim: BadFruitClaim,
    *, typed: tuple[str, str], errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "claim": claim,
        "facts": list_claim_facts(claim),
        "photos": list_photo_links(claim),
        "due": format_due(claim.due_at),
        "open": claim.state is CaseState.ASSIGNED,
        "bad": typed[0],
        "reason": typed[1],
        "errors": errors,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "case.html", context, status=status)


@get("/cases/{case_id:str}", include_in_schema=False)
async def show_case(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show a claim with both sides' words and the photos, and the form of the decision."""
    desk = await open_desk(request, db, actor, clock, register=False)
    claim = await load_assigned(db, actor, case_id, lambda conn, found: get_claim(conn, seal, found))
    return _page(request, desk, claim, typed=(str(claim.bad), ""))


@post("/cases/{case_id:str}", include_in_schema=False)
async def submit_case_decision(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """Decide a claim; a decision is made once."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    claim = await load_assigned(db, actor, case_id, lambda conn, found: get_claim(conn, seal, found))
    typed = (form.get_text("bad"), form.get_text("reason"))
    bad = parse_integer(typed[0], maximum=MAX_CLAIM_TOTAL)
    gateway = get_services(request).gateway
    try:
        await decide_claim(
            db, gateway, seal, actor, claim.case_id, bad=-1 if bad is None else bad, reason=typed[1], now=desk.now
        )
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("reason", refusal.text("zh")),)
        return _page(request, desk, claim, typed=typed, errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


ROUTES = [show_cases, show_case, submit_case_decision]
