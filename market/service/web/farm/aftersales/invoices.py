"""发票 on a seller's pages: what has to be issued, the form of what was issued, the register, the sheet to print."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.models import SELLER
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.invoices.correct import correct_invoice
from market.sales.invoices.models import (
    NUMBER_LENGTH,
    InvoiceAmountWrong,
    InvoiceCorrectedTooOften,
    InvoiceInvalid,
    InvoiceNumberUsed,
    InvoiceStep,
    InvoiceStepChanged,
    IssuedInvoice,
    NoInvoiceDue,
)
from market.sales.invoices.record import record_invoice
from market.sales.invoices.views import SaleInvoice, get_sale_invoice, list_open_invoices, list_recorded_invoices
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FarmRow, list_notes
from market.service.web.forms import make_form_key, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.invoice_words import (
    SELF_GROWN_WORDS,
    describe_buyer,
    describe_invoice,
    load_sheet,
    present_issued,
)
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.ui.format import yuan_input

_SAID = {
    "recorded": ("ok", "记下了", "都办好了，买家会收到短信。"),
    "more": ("ok", "记下了", "还差一步，看下面。"),
    "corrected": ("ok", "改好了", "老号码也留着，买家会收到短信。"),
}


class RecordForm(Struct, frozen=True):
    """The form of an issued invoice as it was typed."""

    number: str = ""
    issued_on: str = ""
    amount: str = ""
    self_grown: list[str] = []
    before_refund: list[str] = []


class WrongNumber(Struct, frozen=True):
    """The form of a mistyped number as it was typed: which invoice, and the right number."""

    invoice: str
    right: str = ""


@get("/farm/invoices", include_in_schema=False)
async def show_farm_invoices(
    request: HttpRequest, *, db: NamedDependency[Database], seal: NamedDependency[Seal], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """List the invoices about which something has to be done, by deadline, and those that were recorded."""
    before = parse_uuid(request.query_params.get("before", ""))
    producers = list(actor.producers)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        due = await list_open_invoices(conn, seal, producers)
        page = await list_recorded_invoices(conn, producers, before=before)
    context = {
        "due": [
            FarmRow(
                f"/farm/invoices/{each.suborder_id}", f"订单 {each.code}", [describe_invoice(each, seller="您")], ""
            )
            for each in due
        ],
        "issued": [
            FarmRow(
                f"/farm/invoices/{row.suborder_id}", f"{view.title}　订单 {row.code}", [view.number, view.words], ""
            )
            for row, view in zip(page.items, present_issued(list(page.items)), strict=True)
        ],
        "more": f"/farm/invoices?before={page.next}" if page.next else None,
        "notes": list_notes(request, _SAID),
    }
    return render_page(request, "farm/invoices.html", context, actor=actor)


async def _load(db: Database, seal: Seal, actor: Actor, suborder_id: UUID) -> SaleInvoice:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        invoice = await get_sale_invoice(conn, seal, actor, suborder_id)
    if invoice is None or invoice.producer_id not in actor.producers:
        raise NotFound
    return invoice


async def _page(
    request: HttpRequest, actor: Actor, suborder_id: UUID, values: RecordForm | None = None, *, today: date, key: str,
    wrong: WrongNumber | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    invoice = await _load(services.db, services.seal, actor, suborder_id)
    task = invoice.task
    context = {
        "invoice": invoice,
        "state": describe_invoice(invoice, seller="您"),
        "buyer": describe_buyer(invoice),
        "issued": present_issued(invoice.issued),
        "step": task.step.value,
        "moves": invoice.case_id if invoice.assignee == SELLER else None,
        "values": values
        or RecordForm(
            issued_on=str(today), amount=yuan_input(task.least_fen), self_grown=["1"] if invoice.markable else []
        ),
        "marks": [("1", f"票上有“{SELF_GROWN_WORDS}”")] if invoice.markable else [],
        "before": [("1", "退款以前已经开了，照开的金额记")] if task.most_fen > task.least_fen else [],
        "length": NUMBER_LENGTH,
        "numbers": [(str(each.id), each.number) for each in invoice.issued],
        "wrong": wrong or WrongNumber(str(invoice.issued[-1].id) if invoice.issued else ""),
        "correcting": wrong is not None,
        "notes": list_notes(request, _SAID),
        "errors": errors,
        "key": key,
    }
    return render_page(request, "farm/invoice.html", context, actor=actor, status=status)


@get("/farm/invoices/{suborder_id:uuid}", include_in_schema=False)
async def show_farm_invoice(
    request: HttpRequest, clock: NamedDependency[Clock], actor: NamedDependency[Actor], suborder_id: FromPath[UUID]
) -> Response[bytes]:
    """Show to whom an invoice is issued for how much, and the form of what was issued.

    Raises:
        NotFound: nobody asked for it, or not of a producer that the person works for.
    """
    return await _page(request, actor, suborder_id, today=clock.today(), key=make_form_key())


@post("/farm/invoices/{suborder_id:uuid}", include_in_schema=False)
async def submit_issued_invoice(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Record what was issued; a form sent twice records once.

    Raises:
        NotFound: nobody asked for it, or not of a producer that the person works for.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(RecordForm)
    await _load(db, seal, actor, suborder_id)
    issued_on = form.read_day("issued_on", fault="开票日期照发票上的写")
    amount = form.read_yuan("amount", fault="金额写数字，比如 45.00")
    step = InvoiceStep.REDUCE if form.get_text("step") == InvoiceStep.REDUCE else InvoiceStep.ISSUE

    async def show(errors: Sequence[FieldFault], status: int) -> Response[bytes]:
        return await _page(
            request, actor, suborder_id, values, today=clock.today(), key=form.key, errors=errors, status=status
        )

    async def work(conn: Connection) -> str:
        assert issued_on is not None, "checked below"
        issued = IssuedInvoice(
            step=step, number=values.number, issued_on=issued_on, amount_fen=amount,
            self_grown="1" in values.self_grown, before_refund="1" in values.before_refund,
        )  # fmt: skip
        await record_invoice(conn, seal, actor, suborder_id, issued, now=now)
        left = await get_sale_invoice(conn, seal, actor, suborder_id)
        if left is not None and left.task.step is not InvoiceStep.NONE:
            return f"/farm/invoices/{suborder_id}?said=more"
        return "/farm/invoices?said=recorded"

    if form.faults:
        return await show(form.faults, 422)
    try:
        return await submit_once(request, actor, form, work, scope=get_person_scope(actor))
    except (InvoiceInvalid, InvoiceAmountWrong, InvoiceNumberUsed, InvoiceStepChanged, NoInvoiceDue) as refusal:
        return await show(rename_faults(refusal, {}, otherwise="number"), refusal.status)


@post("/farm/invoices/{suborder_id:uuid}/number", include_in_schema=False)
async def submit_corrected_number(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Correct the number of a recorded invoice.

    Raises:
        NotFound: the invoice is not of a producer that the person works for, or not of this suborder.
    """
    form = await read_form(request)
    invoice = await _load(db, seal, actor, suborder_id)
    invoice_id = parse_uuid(form.get_text("invoice"))
    if invoice_id is None or invoice_id not in {each.id for each in invoice.issued}:
        raise NotFound
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await correct_invoice(conn, seal, actor, invoice_id, number=form.get_text("right"), now=clock.now())
    except (InvoiceInvalid, InvoiceNumberUsed, InvoiceCorrectedTooOften) as refusal:
        errors = rename_faults(refusal, {"number": "right"}, otherwise="right")
        wrong = WrongNumber(str(invoice_id), form.get_text("right"))
        return await _page(
            request, actor, suborder_id, today=clock.today(), key=make_form_key(), wrong=wrong, errors=errors,
            status=refusal.status,
        )  # fmt: skip
    return redirect(f"/farm/invoices/{suborder_id}?said=corrected")


@get("/farm/invoices/{suborder_id:uuid}/sheet", include_in_schema=False)
async def show_farm_sheet(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[bytes]:
    """Show what to issue, to print and take to the tax office.

    Raises:
        NotFound: nobody asked for it, or not of a producer that the person works for.
    """
    await _load(db, seal, actor, suborder_id)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        context = await load_sheet(conn, seal, actor, suborder_id, back=f"/farm/invoices/{suborder_id}")
    return render_page(request, "base/invoice_sheet.html", context, actor=actor)


ROUTES = [show_farm_invoices, show_farm_invoice, submit_issued_invoice, submit_corrected_number, show_farm_sheet]
