"""A buyer's claim or return: what happened to it, and what the buyer can do besides asking."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.history import get_case, list_case_events
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.bad_fruit_views import get_claim
from market.sales.aftersales.case_moves import GET_SALE_CASE, list_buyer_moves, move_own_case
from market.sales.mediation.mediate import is_mediable
from market.sales.mediation.views import load_mediation
from market.service.http import HttpRequest
from market.service.web.case_words import build_case_context, get_case_move
from market.service.web.farm.aftersales.claims import list_photo_links
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.aftersales.mediation import link_mediation


async def _page(
    request: HttpRequest, actor: Actor, case_id: UUID, *, text: str = "", errors: list[FieldFault] | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        case = await get_case(conn, case_id)
        if case.asker_id != actor.account_id:
            raise NotFound
        sale = await GET_SALE_CASE.maybe(conn, case_id=case_id)
        if sale is None:  # a grievance, whose page is opened with its receipt
            raise NotFound
        events = await list_case_events(conn, services.seal, case_id)
        claim = await get_claim(conn, services.seal, case_id)
        mediable = await is_mediable(conn, case, now=services.clock.now())
        mediation = await load_mediation(conn, services.seal, case)
    moves = list_buyer_moves(case, now=services.clock.now())
    context = build_case_context(case, events, moves, text=text, errors=errors or [])
    context |= {
        "back": ("/farm/reviews", say("回评价"))
        if case.for_producer_id
        else (f"/orders/{sale.order_number}", say("回订单")),
        "photos": [] if claim is None else list_photo_links(claim),
        "mediable": mediable,
        "mediation": None if mediation is None else link_mediation(mediation),
        "said": say("交上去了") if request.query_params.get("said") == "1" else "",
    }
    return render_page(request, "shop/case.html", context, actor=actor, status=status)


@get("/cases/{case_id:uuid}", include_in_schema=False, english=True)
async def show_own_case(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[bytes]:
    """Show what happened to a claim or a return of the person.

    Raises:
        NotFound: it is not the person's own.
    """
    return await _page(request, actor, case_id)


@post("/cases/{case_id:uuid}", include_in_schema=False, english=True)
async def submit_own_case_move(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Supply facts, withdraw a claim, or ask for another look.

    Raises:
        NotFound: it is not the person's own, or the form names no move.
    """
    form, now = await read_form(request), clock.now()
    text = form.get_text("text")
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            move = get_case_move(form.get_text("move"), list_buyer_moves(await get_case(conn, case_id), now=now))
            await move_own_case(conn, seal, actor, case_id, move, text=text, now=now)
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, actor, case_id, text=text, errors=errors, status=refusal.status)
    return redirect(f"/cases/{case_id}?said=1", draft=form.draft)


ROUTES = [show_own_case, submit_own_case_move]
