"""Invoices: asked for by buyers, recorded by sellers, ended by officials."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.correct import correct_invoice
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep, IssuedInvoice
from market.sales.invoices.record import answer_invoice_task, record_invoice
from market.sales.invoices.views import (
    RecordedInvoice,
    SaleInvoice,
    get_sale_invoice,
    list_open_invoices,
    list_recorded_invoices,
)
from market.service.api.idempotency import run_once
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest


class InvoiceRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom an invoice is issued: a person, or a unit with its unified social credit code."""

    kind: InvoiceKind
    title: Annotated[str, Meta(max_length=200)]
    tax_number: Annotated[str, Meta(max_length=40)] = ""
    email: Annotated[str, Meta(max_length=200)] = ""


class InvoiceRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What the seller issued outside; `step` is `issue`, or `reduce` for a red-letter invoice."""

    step: InvoiceStep
    number: Annotated[str, Meta(max_length=40)]
    issued_on: date
    amount_fen: Annotated[int, Meta(ge=1, le=2**53)]
    self_grown: bool = False
    before_refund: bool = False


class CorrectedNumber(Struct, frozen=True, forbid_unknown_fields=True):
    """The right number of a recorded invoice."""

    number: Annotated[str, Meta(max_length=40)]


class RecordedId(Struct, frozen=True):
    """The id of a recorded invoice."""

    id: UUID


class InvoiceTaskAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Why no invoice comes; the buyer sees it."""

    text: Annotated[str, Meta(max_length=1000)]


class InvoiceController(Controller):
    """Invoices of suborders."""

    path = "/api/v1"
    tags = ("invoices",)

    @post("/suborders/{suborder_id:uuid}/invoice", operation_id="AskInvoice", idempotent=True)
    async def ask(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[InvoiceRequest],
    ) -> Response[SaleInvoice]:
        """Ask for the invoice of a part of your order; other details replace it, also after it was issued."""
        details = build_from(InvoiceDetails, data)

        async def work(conn: Connection) -> SaleInvoice:
            await ask_invoice(conn, seal, actor, suborder_id, details, now=clock.now())
            return await self._load(conn, seal, actor, suborder_id)

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @get("/suborders/{suborder_id:uuid}/invoice", operation_id="GetInvoice")
    async def one(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        suborder_id: FromPath[UUID],
    ) -> SaleInvoice:
        """Get the invoice of your suborder, as its buyer or its seller: what is due, and what was recorded."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await self._load(conn, seal, actor, suborder_id)

    @post("/suborders/{suborder_id:uuid}/invoices", operation_id="RecordInvoice", idempotent=True)
    async def record(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[InvoiceRecord],
    ) -> Response[RecordedId]:
        """Record an invoice, or a red-letter one, that you issued for a suborder as its seller."""
        issued = build_from(IssuedInvoice, data)

        async def work(conn: Connection) -> RecordedId:
            return RecordedId(await record_invoice(conn, seal, actor, suborder_id, issued, now=clock.now()))

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @post("/invoices/{invoice_id:uuid}/number", operation_id="CorrectInvoice", status_code=204)
    async def correct(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        invoice_id: FromPath[UUID],
        data: JSONBody[CorrectedNumber],
    ) -> None:
        """Correct the number of an invoice that you mistyped; the old one stays visible, and the buyer is told."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await correct_invoice(conn, seal, actor, invoice_id, number=data.number, now=clock.now())

    @get("/producers/{producer_id:uuid}/invoices/due", operation_id="ListDueInvoices")
    async def due(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
    ) -> list[SaleInvoice]:
        """List the invoices about which a producer has to do something, by deadline."""
        require_producer(actor, producer_id)
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_open_invoices(conn, seal, [producer_id])

    @get("/producers/{producer_id:uuid}/invoices", operation_id="ListRecordedInvoices")
    async def recorded(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[RecordedInvoice]:
        """List the invoices that a producer recorded, latest first."""
        require_producer(actor, producer_id)
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_recorded_invoices(conn, [producer_id], before=before, limit=limit)

    @post("/invoice-tasks/{case_id:uuid}/answer", operation_id="AnswerInvoiceTask", status_code=204)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[InvoiceTaskAnswer],
    ) -> None:
        """End a task that came to you as an official without an invoice, with the reason."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await answer_invoice_task(conn, seal, actor, case_id, text=data.text, now=clock.now())

    async def _load(self, conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID) -> SaleInvoice:
        invoice = await get_sale_invoice(conn, seal, actor, suborder_id)
        if invoice is None:
            raise NotFound
        return invoice


ROUTES = [InvoiceController]
