"""Invoices that their sellers did not issue in time, for the county or the platform."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.casework.moves import get_person_scope
from market.http import HttpRequest
from market.identity.models import Actor
from market.invoices.models import MAX_REASON_LENGTH
from market.invoices.record import answer_invoice_task
from market.invoices.views import SaleInvoice, get_task_invoice
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders.notifications import format_due
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, build_county_query, open_desk, render_desk_page
from market.web.forms import read_form, rename_faults
from market.web.invoice_words import describe_invoice, present_issued
from market.web.pages import redirect


def _page(
    request: HttpRequest, desk: DeskContext, case_id: str, invoice: SaleInvoice,
    *, text: str = "", errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "case_id": case_id,
        "invoice": invoice,
        "state": describe_invoice(invoice),
        "due": format_due(invoice.due_at) if invoice.due_at else "",
        "issued": present_issued(invoice.issued),
        "most": MAX_REASON_LENGTH,
        "text": text,
        "errors": errors,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "invoice.html", context, status=status)


@get("/invoices/{case_id:str}", include_in_schema=False)
async def show_desk_invoice(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show an invoice that is late, and the form to end it with a reason."""
    desk = await open_desk(request, db, actor, clock, register=False)
    invoice = await _load(db, seal, actor, case_id)
    return _page(request, desk, case_id, invoice)


async def _load(db: Database, seal: Seal, actor: Actor, case_id: str) -> SaleInvoice:
    """Return the invoice of an open task that the official answers now; raises as `load_assigned`."""

    async def read(conn: Connection, task: UUID) -> SaleInvoice | None:
        invoice = await get_task_invoice(conn, seal, task)
        return invoice if invoice is not None and invoice.case_id == task else None

    return await load_assigned(db, actor, case_id, read)


@post("/invoices/{case_id:str}", include_in_schema=False)
async def submit_desk_invoice_answer(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """End the task without an invoice, with the reason."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    invoice = await _load(db, seal, actor, case_id)
    text = form.get_text("text")
    assert invoice.case_id is not None, "checked by _load"
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await answer_invoice_task(conn, seal, actor, invoice.case_id, text=text, now=desk.now)
    except Refusal as refusal:
        errors = tuple(rename_faults(refusal, {}, otherwise="text"))
        return _page(request, desk, case_id, invoice, text=text, errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


ROUTES = [show_desk_invoice, submit_desk_invoice_answer]
