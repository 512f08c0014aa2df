"""投诉 on a seller's pages: the complaints to answer, and what came of the others."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.models import SELLER, CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.complaints.complain import answer_complaint
from market.sales.complaints.models import MAX_COMPLAINT_LENGTH
from market.sales.complaints.views import Complaint, get_complaint, list_producer_complaints
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FarmRow, list_notes
from market.service.web.forms import parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.aftersales.complaints import describe_complaint

_SAID = {"answered": ("ok", "答复了", "买家看得到；不满意的话，买家可以请县里再看一次。")}


@get("/farm/complaints", include_in_schema=False)
async def show_farm_complaints(
    request: HttpRequest, *, db: NamedDependency[Database], seal: NamedDependency[Seal], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """List the complaints about the producers that a person works for, latest first."""
    before = parse_uuid(request.query_params.get("before", ""))
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        page = await list_producer_complaints(conn, seal, list(actor.producers), before=before)
    context = {
        "complaints": [
            FarmRow(f"/farm/complaints/{each.case_id}", f"订单 {each.code}", [describe_complaint(each)], "")
            for each in page.items
        ],
        "more": f"/farm/complaints?before={page.next}" if page.next else None,
        "notes": list_notes(request, _SAID),
    }
    return render_page(request, "farm/complaints.html", context, actor=actor)


async def _load(db: Database, seal: Seal, actor: Actor, case_id: UUID) -> Complaint:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        complaint = await get_complaint(conn, seal, case_id)
    if complaint is None:
        raise NotFound
    require_producer(actor, complaint.producer_id)
    return complaint


async def _page(
    request: HttpRequest, actor: Actor, case_id: UUID, *, text: str = "",
    errors: list[FieldFault] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    complaint = await _load(services.db, services.seal, actor, case_id)
    context = {
        "complaint": complaint,
        "state": describe_complaint(complaint),
        "answerable": complaint.state is CaseState.ASSIGNED and complaint.assignee == SELLER,
        "most": MAX_COMPLAINT_LENGTH,
        "text": text,
        "errors": errors or [],
    }
    return render_page(request, "farm/complaint.html", context, actor=actor, status=status)


@get("/farm/complaints/{case_id:uuid}", include_in_schema=False)
async def show_farm_complaint(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[bytes]:
    """Show a complaint, and the form of the answer while it waits for one.

    Raises:
        NotFound: it is not about a producer that the person works for.
    """
    return await _page(request, actor, case_id)


@post("/farm/complaints/{case_id:uuid}", include_in_schema=False)
async def submit_complaint_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Answer a complaint, once.

    Raises:
        NotFound: it is not about a producer that the person works for.
    """
    form = await read_form(request)
    text = form.get_text("text")
    outcome = CaseOutcome.SOLVED if form.get_text("outcome") == "solved" else CaseOutcome.UNSOLVED
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await answer_complaint(conn, seal, actor, case_id, outcome=outcome, text=text, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, actor, case_id, text=text, errors=errors, status=refusal.status)
    return redirect("/farm/complaints?said=answered", draft=form.draft)


ROUTES = [show_farm_complaints, show_farm_complaint, submit_complaint_answer]
