"""The invoices that a person asked for, for the copy of what is held about them."""

from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.sales.invoices.models import InvoiceDetails
from market.sales.invoices.requests import SealedDetails, open_details


class OwnInvoice(Struct, frozen=True, kw_only=True):
    """An invoice that a person asked for: to whom, unless erased, and the numbers of what was issued."""

    order_number: int
    details: InvoiceDetails | None
    numbers: list[str]


class _OwnInvoiceRow(SealedDetails, frozen=True, kw_only=True):
    order_number: int
    numbers: list[str]


LIST_OWN_INVOICES = Query(
    _OwnInvoiceRow,
    """
    SELECT orders.number AS order_number, r.kind, title_sealed, tax_number_sealed, email_sealed,
           ARRAY(SELECT i.number FROM invoices i WHERE i.suborder_id = r.suborder_id ORDER BY i.id) AS numbers
      FROM invoice_requests r
      JOIN suborders ON suborders.id = r.suborder_id
      JOIN orders ON orders.id = order_id
     WHERE r.buyer_id = :account_id
     ORDER BY orders.number DESC, suborders.position LIMIT :limit
    """,
)


async def list_own_invoices(conn: Connection, seal: Seal, account_id: UUID, *, limit: int) -> list[OwnInvoice]:
    """Return the invoices that an account asked for, in a transaction with its person's scope."""
    rows = await LIST_OWN_INVOICES.all(conn, account_id=account_id, limit=limit)
    return [build_from(OwnInvoice, row, details=open_details(seal, row)) for row in rows]
