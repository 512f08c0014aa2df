"""调解 on a seller's page: what is disputed and kept back, what is proposed, and how it ended."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.moves import get_person_scope
from market.kernel import FieldFault, Refusal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.mediation.models import MAX_MEDIATION_TEXT_LENGTH
from market.sales.mediation.views import get_mediation
from market.service.http import HttpRequest
from market.service.web.forms import rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.aftersales.mediation import describe_mediation, may_answer, submit_answer


async def _page(
    request: HttpRequest, actor: Actor, case_id: UUID, *, errors: list[FieldFault] | None = None, status: int = 200
) -> Response[bytes]:
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        mediation = await get_mediation(conn, services.seal, case_id)
    if mediation is None:
        raise NotFound
    require_producer(actor, mediation.producer_id)
    context = {
        "mediation": mediation,
        "lines": describe_mediation(mediation),
        "answers": may_answer(mediation, buyer=False),
        "most": MAX_MEDIATION_TEXT_LENGTH,
        "errors": errors or [],
    }
    return render_page(request, "farm/mediation.html", context, actor=actor, status=status)


@get("/farm/mediations/{case_id:uuid}", include_in_schema=False)
async def show_farm_mediation(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[bytes]:
    """Show a mediation.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    return await _page(request, actor, case_id)


@post("/farm/mediations/{case_id:uuid}", include_in_schema=False)
async def submit_farm_answer(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[Any]:
    """Answer for the seller what the mediator proposed.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    try:
        await submit_answer(request, actor, case_id)
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="reason")
        return await _page(request, actor, case_id, errors=errors, status=refusal.status)
    return redirect(f"/farm/mediations/{case_id}")


ROUTES = [show_farm_mediation, submit_farm_answer]
