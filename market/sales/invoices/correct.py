"""Correct the mistyped number of a recorded invoice: a new version, and the buyer is told."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account
from market.sales.invoices.models import MAX_CORRECTIONS, InvoiceCorrectedTooOften, InvoiceInvalid, InvoiceNumberUsed
from market.sales.invoices.requests import lock_request
from market.sales.invoices.rules import list_number_faults

_NUMBER_ONCE = "invoices_number_once"


class _RecordedInvoice(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    producer_id: UUID
    number: str
    year: int
    version: int


GET_RECORDED = Query(
    _RecordedInvoice,
    """
    SELECT suborder_id, producer_id, number, extract(year FROM issued_on)::integer AS year, version
      FROM invoices WHERE id = :invoice_id
    """,
)
CORRECT_NUMBER = Query(
    UUID,
    """
    UPDATE invoices SET number = :number, recorded_by = :by, recorded_at = :now WHERE id = :invoice_id RETURNING id
    """,
)


async def correct_invoice(
    conn: Connection, seal: Seal, actor: Actor, invoice_id: UUID, *, number: str, now: datetime
) -> None:
    """Replace the number that a member of the seller mistyped; the old one stays visible, and the buyer is told.

    The same number again changes nothing. What was issued on another day or for another sum is no typing error: it is
    reduced by a red-letter invoice and issued again. In the caller's transaction with the seller's scope.

    Raises:
        NotFound: there is no such invoice of a producer that the actor works for.
        InvoiceInvalid: the number is not 20 digits that begin with the year of the invoice.
        InvoiceNumberUsed: the seller recorded the number before.
        InvoiceCorrectedTooOften: it was corrected three times.
    """
    found = await GET_RECORDED.maybe(conn, invoice_id=invoice_id)
    if found is None:
        raise NotFound
    require_producer(actor, found.producer_id)
    request = await lock_request(conn, found.suborder_id)
    recorded = await GET_RECORDED.one(conn, invoice_id=invoice_id)
    cleaned, faults = list_number_faults(number, year=recorded.year)
    if faults:
        raise InvoiceInvalid(errors=tuple(faults))
    if cleaned == recorded.number:
        return
    if recorded.version > MAX_CORRECTIONS:
        raise InvoiceCorrectedTooOften
    try:
        async with conn.transaction():
            await CORRECT_NUMBER.one(conn, invoice_id=invoice_id, number=cleaned, by=actor.account_id, now=now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != _NUMBER_ONCE:
            raise
        raise InvoiceNumberUsed(errors=(FieldFault("number", InvoiceNumberUsed.zh),)) from error
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="invoice.correct", object=f"order:{request.order_number}",
        detail={"position": request.position, "old": recorded.number, "number": cleaned}, now=now,
    )  # fmt: skip
    facts = {"order": str(request.order_number), "old": recorded.number[-4:], "number": cleaned[-4:]}
    await notify_account(conn, seal, request.buyer_id, "invoice_number_corrected", facts, now=now)
