"""要我定的事: the cases that an official's roles answer now, by deadline, and the decision of each."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.aftersales.bad_fruit_views import BadFruitClaim, get_claim, list_assigned_claims
from market.aftersales.decide_bad_fruit import decide_claim
from market.aftersales.goods_return_views import list_assigned_returns
from market.aftersales.models import MAX_CLAIM_TOTAL
from market.casework.models import CaseState
from market.casework.moves import get_person_scope
from market.http import HttpRequest
from market.identity.access import require_case_role
from market.identity.models import Actor, NotFound
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders.notifications import format_due
from market.web.desk.context import DeskContext, PageNotice, build_county_query, open_desk, render_desk_page
from market.web.farm.claims import list_claim_facts, list_photo_links
from market.web.forms import parse_integer, parse_uuid, read_form
from market.web.pages import redirect
from market.web.services import get_services


@get("/cases", include_in_schema=False)
async def show_cases(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the cases that the official decides, the first deadline first."""
    desk = await open_desk(request, db, actor, clock, register=False)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        claims = await list_assigned_claims(conn, seal, actor)
        returns = await list_assigned_returns(conn, seal, actor)
    assigned = [("cases", "坏果包赔", each) for each in claims] + [("returns", "退货", each) for each in returns]
    context = {
        "cases": [
            (
                desk.to(f"/desk/{path}/{each.case_id}"),
                f"{name}，{each.title}",
                f"{each.producer}，订单 {each.code}",
                f"{'过期了，' if each.due_at <= desk.now else ''}{format_due(each.due_at)}前",
            )
            for path, name, each in sorted(assigned, key=lambda row: row[2].due_at)
        ],
        "notice": PageNotice("ok", "定好了，已告诉买家和卖家") if request.query_params.get("done") == "1" else None,
    }
    return render_desk_page(request, desk, "cases.html", context)


async def _load_claim(db: Database, seal: Seal, actor: Actor, case_id: str) -> BadFruitClaim:
    """Return a claim that the official decides now.

    Raises:
        NotFound: it does not exist, or is not for the official's roles.
    """
    parsed = parse_uuid(case_id)
    if parsed is None:
        raise NotFound
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        claim = await get_claim(conn, seal, parsed)
    if claim is None:
        raise NotFound
    require_case_role(actor, claim.assignee, claim.county_code)
    return claim


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
    claim = await _load_claim(db, seal, actor, case_id)
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
    claim = await _load_claim(db, seal, actor, case_id)
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
