"""调解 on a buyer's pages: asking for it after a refusal, and how it ended."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.models import CaseState
from market.casework.moves import get_person_scope
from market.http import HttpRequest
from market.identity.models import Actor, NotFound
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.mediation.mediate import ask_for_mediation
from market.mediation.models import MAX_MEDIATION_TEXT_LENGTH, MEDIATION_PERIOD
from market.mediation.views import Mediation, find_mediation_of_case
from market.orders.notifications import format_due
from market.web.forms import read_form, rename_faults
from market.web.pages import redirect, render_page
from market.web.services import get_services
from market.web.ui.format import percent_bp, yuan


def describe_mediation(mediation: Mediation) -> list[str]:
    """Return what is mediated, by whom until when, or how it ended, as lines."""
    lines = [f"订单 {mediation.code}，{mediation.title}：争的是 {yuan(mediation.amount_fen)} 元，调解时先不打给卖家。"]
    lines += [f"买家说：{mediation.text}"]
    lines += [f"原来没有同意：{mediation.refused}"] if mediation.refused else []
    if mediation.state is not CaseState.CLOSED or mediation.share_bp is None:
        return [
            *lines,
            f"等{'平台' if mediation.assignee == 'platform' else '县里'}调解，{format_due(mediation.due_at)}前有结果。",
        ]
    how = "双方谈好了" if mediation.agreed else "调解的人定的"
    result = f"退 {percent_bp(mediation.share_bp)}，{yuan(mediation.granted_fen or 0)} 元。"
    return [*lines, f"有了结果，{how}：{result}{mediation.decision}"]


async def _page(
    request: HttpRequest, actor: Actor, case_id: UUID, *, text: str = "",
    errors: list[FieldFault] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        mediation = await find_mediation_of_case(conn, services.seal, case_id)
    context = {
        "case_id": case_id,
        "lines": describe_mediation(mediation) if mediation else [],
        "mediation": mediation,
        "days": MEDIATION_PERIOD.days,
        "most": MAX_MEDIATION_TEXT_LENGTH,
        "text": text,
        "errors": errors or [],
    }
    return render_page(request, "shop/mediation.html", context, actor=actor, status=status)


@get("/cases/{case_id:uuid}/mediation", include_in_schema=False)
async def show_own_mediation(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[bytes]:
    """Show the mediation of a refused claim or return, or the form to ask for it."""
    return await _page(request, actor, case_id)


@post("/cases/{case_id:uuid}/mediation", include_in_schema=False)
async def submit_mediation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Ask for mediation, once.

    Raises:
        NotFound: the case is not a claim or a return of the person.
    """
    text = (await read_form(request)).get_text("text")
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await ask_for_mediation(conn, seal, actor, case_id, text=text, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, actor, case_id, text=text, errors=errors, status=refusal.status)
    return redirect(f"/cases/{case_id}/mediation")


ROUTES = [show_own_mediation, submit_mediation]
