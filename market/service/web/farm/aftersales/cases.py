"""A claim or a return against a seller: what happened to it, and a question to the buyer."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.history import get_case, list_case_events
from market.cases.casework.models import SELLER, CaseMove
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.case_moves import SELLER_MOVES, list_answerer_moves, move_assigned_case
from market.service.http import HttpRequest
from market.service.web.case_words import build_case_context, get_farm_path
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services


async def _page(
    request: HttpRequest, actor: Actor, case_id: UUID, *, text: str = "", errors: list[FieldFault] | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        case = await get_case(conn, case_id)
        if case.against_producer_id is None:
            raise NotFound
        require_producer(actor, case.against_producer_id)
        events = await list_case_events(conn, services.seal, case_id)
    moves = list_answerer_moves(case) & SELLER_MOVES if case.assignee == SELLER else set[CaseMove]()
    context = build_case_context(case, events, moves, text=text, errors=errors or [])
    context |= {
        "back": get_farm_path(case.category, case_id),
        "said": "问过了" if request.query_params.get("said") == "1" else "",
    }
    return render_page(request, "farm/case.html", context, actor=actor, status=status)


@get("/farm/cases/{case_id:uuid}", include_in_schema=False)
async def show_farm_case(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[bytes]:
    """Show what happened to a claim or a return.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    return await _page(request, actor, case_id)


@post("/farm/cases/{case_id:uuid}", include_in_schema=False)
async def submit_seller_question(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Ask the buyer for facts; the clock stops until they come.

    Raises:
        NotFound: it is not for the seller to answer.
    """
    form = await read_form(request)
    text = form.get_text("text")
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await move_assigned_case(conn, seal, actor, case_id, CaseMove.ASK, text=text, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, actor, case_id, text=text, errors=errors, status=refusal.status)
    return redirect(f"/farm/cases/{case_id}?said=1", draft=form.draft)


ROUTES = [show_farm_case, submit_seller_question]
