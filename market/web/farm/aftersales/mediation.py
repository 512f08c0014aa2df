"""调解 on a seller's page: what is disputed and kept back, and how it ended."""

from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.moves import get_person_scope
from market.http import HttpRequest
from market.identity.access import require_producer
from market.identity.models import Actor, NotFound
from market.kernel import Database
from market.kernel.seal import Seal
from market.mediation.views import get_mediation
from market.web.pages import render_page
from market.web.shop.aftersales.mediation import describe_mediation


@get("/farm/mediations/{case_id:uuid}", include_in_schema=False)
async def show_farm_mediation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[bytes]:
    """Show a mediation.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        mediation = await get_mediation(conn, seal, case_id)
    if mediation is None:
        raise NotFound
    require_producer(actor, mediation.producer_id)
    context = {"mediation": mediation, "lines": describe_mediation(mediation)}
    return render_page(request, "farm/mediation.html", context, actor=actor)


ROUTES = [show_farm_mediation]
