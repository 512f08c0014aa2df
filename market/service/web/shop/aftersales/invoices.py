"""发票 on a buyer's pages: asking for the invoice of a part of an order, correcting it, and the sheet to print."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.models import (
    DETAILS_YEARS,
    INVOICE,
    MAX_EMAIL_LENGTH,
    MAX_TITLE_LENGTH,
    InvoiceChangedTooOften,
    InvoiceDetails,
    InvoiceInvalid,
    InvoiceKind,
    NotInvoiced,
)
from market.sales.invoices.rules import check_details
from market.sales.invoices.views import SaleInvoice, SaleInvoiceState, get_sale_invoice
from market.sales.orders.models import OrderState, PaymentTerms
from market.sales.orders.queries import OrderView, SuborderView
from market.service.http import HttpRequest
from market.service.web.case_words import load_due_words
from market.service.web.forms import make_form_key, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.invoice_words import KIND_NAMES, describe_buyer, describe_invoice, load_sheet, present_issued
from market.service.web.pages import render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.ui.format import deadline


class _OwnPart(Struct, frozen=True):
    suborder_id: UUID
    producer: str


GET_OWN_PART = Query(
    _OwnPart,
    """
    SELECT suborders.id AS suborder_id, producers.name AS producer
      FROM suborders JOIN orders ON orders.id = order_id JOIN producers ON producers.id = producer_id
     WHERE orders.number = :number AND position = :position AND buyer_id = :buyer_id
    """,
)


class InvoiceForm(Struct, frozen=True):
    """The form of an invoice's details as it was typed."""

    kind: str = InvoiceKind.PERSON
    title: str = ""
    tax_number: str = ""
    email: str = ""


def link_invoice(order: OrderView, suborder: SuborderView, state: SaleInvoiceState | None) -> tuple[str, str] | None:
    """Return where to ask for the invoice of a part, and how far it is; nothing is invoiced of what ended unpaid."""
    if order.terms is not PaymentTerms.PREPAID:
        return None
    payable = order.state in {OrderState.PLACED, OrderState.DEPOSITED}
    if not payable and (order.paid_at is None or (state is None and suborder.refunded_fen >= suborder.total_fen)):
        return None
    words = say("要发票")
    if state is not None and payable:
        words = say("发票：付清了就开")
    elif state is not None and state.due_at is not None:
        words = say("发票{0}，{1}前", say("在改") if state.issued else say("在开"), deadline(state.due_at))
    elif state is not None:
        words = say("看发票")
    return f"/orders/{order.number}/invoice/{suborder.position}", words


async def _find_part(db: Database, actor: Actor, number: int, position: int) -> _OwnPart:
    async with db.connection() as conn:
        part = await GET_OWN_PART.maybe(conn, number=number, position=position, buyer_id=actor.account_id)
    if part is None:
        raise NotFound
    return part


async def _load(
    db: Database, seal: Seal, actor: Actor, number: int, position: int
) -> tuple[_OwnPart, SaleInvoice | None]:
    part = await _find_part(db, actor, number, position)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        return part, await get_sale_invoice(conn, seal, actor, part.suborder_id)


async def _page(
    request: HttpRequest, actor: Actor, loaded: tuple[_OwnPart, SaleInvoice | None], values: InvoiceForm | None = None,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    part, invoice = loaded
    path = request.url.path
    held = invoice.details if invoice else None
    given = InvoiceForm(held.kind, held.title, held.tax_number, held.email) if held else InvoiceForm()
    context = {
        "action": path,
        "back": path.partition("/invoice/")[0],
        "seller": part.producer,
        "said": request.query_params.get("said") == "1",
        "invoice": invoice,
        "state": describe_invoice(invoice) if invoice else "",
        "due": await load_due_words(request, INVOICE),
        "years": DETAILS_YEARS,
        "buyer": describe_buyer(invoice) if invoice else [],
        "issued": present_issued(invoice.issued) if invoice else [],
        "kinds": [(kind.value, say(words)) for kind, words in KIND_NAMES.items()],
        "values": values or given,
        "open": bool(errors) or invoice is None or held is None,
        "most": (MAX_TITLE_LENGTH, MAX_EMAIL_LENGTH),
        "errors": errors,
        "key": key,
    }
    return render_page(request, "shop/invoice.html", context, actor=actor, status=status)


@get("/orders/{number:int}/invoice/{position:int}", include_in_schema=False, english=True)
async def show_invoice(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Show how far the invoice of a part of an order is, and the form of its details.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    loaded = await _load(db, seal, actor, number, position)
    return await _page(request, actor, loaded, key=make_form_key())


@post("/orders/{number:int}/invoice/{position:int}", include_in_schema=False, english=True)
async def submit_invoice_details(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Ask for an invoice, or give other details; a form sent twice asks once.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(InvoiceForm)
    loaded = await _load(db, seal, actor, number, position)
    kind = next((each for each in InvoiceKind if each == values.kind), InvoiceKind.PERSON)
    details = InvoiceDetails(kind=kind, title=values.title, tax_number=values.tax_number, email=values.email)

    async def work(conn: Connection) -> str:
        await ask_invoice(conn, seal, actor, loaded[0].suborder_id, details, now=now)
        return f"/orders/{number}/invoice/{position}?said=1"

    try:
        check_details(details)
        return await submit_once(request, actor, form, work, scope=get_person_scope(actor))
    except (InvoiceInvalid, NotInvoiced, InvoiceChangedTooOften) as refusal:
        errors = rename_faults(refusal, {}, otherwise="title")
        return await _page(request, actor, loaded, values, key=form.key, errors=errors, status=refusal.status)


@get("/orders/{number:int}/invoice/{position:int}/sheet", include_in_schema=False, english=True)
async def show_own_sheet(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Show what was bought and invoiced, to print beside the invoice.

    Raises:
        NotFound: the order belongs to someone else, or no invoice was asked for.
    """
    part = await _find_part(db, actor, number, position)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        back = f"/orders/{number}/invoice/{position}"
        context = await load_sheet(conn, seal, actor, part.suborder_id, back=back)
    return render_page(request, "base/invoice_sheet.html", context, actor=actor)


ROUTES = [show_invoice, submit_invoice_details, show_own_sheet]
