"""The request of an invoice under the lock of its order: its details, its sums, and what has to be done next."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.people.identity.models import NotFound
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceSums, InvoiceTask
from market.sales.invoices.rules import find_task
from market.sales.orders.models import SuborderKind
from market.sales.orders.transitions import lock_order_by_suborder

TITLE_CONTEXT = "invoice_requests.title"
TAX_NUMBER_CONTEXT = "invoice_requests.tax_number"
EMAIL_CONTEXT = "invoice_requests.email"


class SealedDetails(Struct, frozen=True, kw_only=True):
    """The encrypted details of a request; without a title they were erased."""

    kind: InvoiceKind
    title_sealed: bytes | None
    tax_number_sealed: bytes | None
    email_sealed: bytes | None


class LockedRequest(SealedDetails, frozen=True, kw_only=True):
    """A locked request: who asked whom, and the sums of the suborder and of its invoices.

    Until the order is paid, `paid_at` is None and `paid_fen` zero.
    """

    suborder_id: UUID
    producer_id: UUID
    buyer_id: UUID
    village_code: str
    order_number: int
    position: int
    sale_kind: SuborderKind
    paid_at: datetime | None
    wanted: bool
    correcting: bool
    changes: int
    paid_fen: Fen
    refunded_fen: Fen
    net_fen: Fen
    markable: bool

    @property
    def task(self) -> InvoiceTask:
        """What the seller has to do next."""
        sums = InvoiceSums(paid_fen=self.paid_fen, refunded_fen=self.refunded_fen, net_fen=self.net_fen)
        return find_task(sums, wanted=self.wanted, correcting=self.correcting)

    @property
    def code(self) -> str:
        """The number of the suborder, as both sides see it."""
        return f"{self.order_number}-{self.position}"


# Only goods that a producer grew itself, none of them processed, may bear the mark.
MARKABLE = """
    (suborders.kind = 'goods' AND producers.self_grown AND NOT EXISTS (
        SELECT FROM order_lines l JOIN listings ON listings.id = l.listing_id
         WHERE l.suborder_id = suborders.id AND category_code IN ('processed', 'craft')))
"""
# Nothing is invoiced before the order is paid, although the invoice may be asked for when it is placed.
PAID_FEN = """
    (CASE WHEN orders.paid_at IS NULL THEN 0
          ELSE suborders.goods_fen + suborders.freight_fen - suborders.discount_fen END)
"""
NET_FEN = """
    (SELECT coalesce(sum(CASE WHEN corrects_id IS NULL THEN i.amount_fen ELSE -i.amount_fen END), 0)
       FROM invoices i WHERE i.suborder_id = suborders.id)::bigint
"""
LOCK_REQUEST = Query(
    UUID, "SELECT suborder_id FROM invoice_requests WHERE suborder_id = :suborder_id FOR NO KEY UPDATE"
)
GET_REQUEST = Query(
    LockedRequest,
    """
    SELECT r.suborder_id, r.producer_id, r.buyer_id, village_code, orders.number AS order_number,
           suborders.position, suborders.kind AS sale_kind, orders.paid_at, r.kind, title_sealed, tax_number_sealed,
           email_sealed, wanted, correcting, changes,
           suborders.refunded_fen + suborders.lost_fen AS refunded_fen,
           """
    + PAID_FEN
    + " AS paid_fen, "
    + NET_FEN
    + " AS net_fen, "
    + MARKABLE
    + """ AS markable
      FROM invoice_requests r
      JOIN suborders ON suborders.id = r.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = r.producer_id
     WHERE r.suborder_id = :suborder_id
    """,
)


async def lock_request(conn: Connection, suborder_id: UUID) -> LockedRequest:
    """Lock the order of a suborder, then the request of its invoice, and return it as it is now.

    Raises:
        NotFound: nobody asked for one, or it does not concern the person of the transaction.
    """
    await lock_order_by_suborder(conn, suborder_id)
    if await LOCK_REQUEST.maybe(conn, suborder_id=suborder_id) is None:
        raise NotFound
    return await GET_REQUEST.one(conn, suborder_id=suborder_id)


def open_details(seal: Seal, sealed: SealedDetails) -> InvoiceDetails | None:
    """Return the details of a request, or None if they were erased."""
    if sealed.title_sealed is None:
        return None
    return InvoiceDetails(
        kind=sealed.kind,
        title=seal.open(sealed.title_sealed, TITLE_CONTEXT),
        tax_number=seal.open(sealed.tax_number_sealed, TAX_NUMBER_CONTEXT) if sealed.tax_number_sealed else "",
        email=seal.open(sealed.email_sealed, EMAIL_CONTEXT) if sealed.email_sealed else "",
    )


def seal_details(seal: Seal, details: InvoiceDetails) -> SealedDetails:
    """Return checked details encrypted."""
    return SealedDetails(
        kind=details.kind,
        title_sealed=seal.seal(details.title, TITLE_CONTEXT),
        tax_number_sealed=seal.seal(details.tax_number, TAX_NUMBER_CONTEXT) if details.tax_number else None,
        email_sealed=seal.seal(details.email, EMAIL_CONTEXT) if details.email else None,
    )
