"""Ask for the invoice of a suborder, with its order or later; give other details, also after it was issued."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove
from market.cases.casework.moves import get_person_scope, move_case
from market.kernel import Connection, Query
from market.kernel.database import set_scope
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.sales.invoices.models import (
    MAX_CHANGES,
    InvoiceChangedTooOften,
    InvoiceDetails,
    InvoiceStep,
    NotInvoiced,
)
from market.sales.invoices.requests import GET_REQUEST, LOCK_REQUEST, PAID_FEN, open_details, seal_details
from market.sales.invoices.rules import check_details
from market.sales.invoices.tasks import find_open_task, tell_seller, update_task
from market.sales.orders.checkout.order_request import Companion
from market.sales.orders.models import OrderId
from market.sales.orders.transitions import lock_order_by_suborder

_CHANGED = "改了发票信息"


class _InvoicedSale(Struct, frozen=True, kw_only=True):
    producer_id: UUID
    county_code: str
    order_number: int
    invoiceable: bool


# The invoice of a public unit's contract is recorded with its purchase.
GET_INVOICED_SALE = Query(
    _InvoicedSale,
    """
    SELECT producer_id, producers.county_code, orders.number AS order_number,
           orders.terms = 'prepaid' AND (orders.state IN ('placed', 'deposited') OR """
    + PAID_FEN
    + """ > suborders.refunded_fen + lost_fen) AS invoiceable
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE suborders.id = :suborder_id AND buyer_id = :buyer_id
    """,
)
INSERT_REQUEST = Query(
    UUID,
    """
    INSERT INTO invoice_requests (suborder_id, producer_id, buyer_id, county_code, kind, title_sealed,
                                  tax_number_sealed, email_sealed, touched_at, paid)
    VALUES (:suborder_id, :producer_id, :buyer_id, :county_code, :kind, :title_sealed, :tax_number_sealed,
            :email_sealed, :now,
            (SELECT paid_at IS NOT NULL FROM suborders JOIN orders ON orders.id = order_id
              WHERE suborders.id = :suborder_id))
    RETURNING suborder_id
    """,
)
INSERT_REQUESTS_OF_ORDER = Query(
    None,
    """
    INSERT INTO invoice_requests (suborder_id, producer_id, buyer_id, county_code, kind, title_sealed,
                                  tax_number_sealed, email_sealed, touched_at, paid)
    SELECT suborders.id, producer_id, buyer_id, producers.county_code, :kind, :title_sealed::bytea,
           :tax_number_sealed::bytea, :email_sealed::bytea, :now, paid_at IS NOT NULL
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE order_id = :order_id
    """,
)
CHANGE_REQUEST = Query(
    UUID,
    """
    UPDATE invoice_requests
       SET kind = :kind, title_sealed = :title_sealed, tax_number_sealed = :tax_number_sealed,
           email_sealed = :email_sealed, wanted = true, correcting = :correcting, changes = changes + 1,
           touched_at = :now
     WHERE suborder_id = :suborder_id
    RETURNING suborder_id
    """,
)


async def ask_invoice(
    conn: Connection, seal: Seal, buyer: Actor, suborder_id: UUID, details: InvoiceDetails, *, now: datetime
) -> None:
    """Ask for the invoice of a suborder; its seller is told once the order is paid, and has five working days.

    Asked again with other details, they replace the first ones while nothing was issued; afterwards the issued invoice
    is corrected: reduced to nothing by a red-letter one, and issued again. The same details again change nothing. In
    the caller's transaction with the buyer's scope (`get_person_scope`).

    Raises:
        InvoiceInvalid: the details are wrong.
        NotFound: the suborder is not of an order of the buyer.
        NotInvoiced: it ended unpaid, or everything was refunded.
        InvoiceChangedTooOften: the details were changed five times.
    """
    checked = check_details(details)
    sale = await GET_INVOICED_SALE.maybe(conn, suborder_id=suborder_id, buyer_id=buyer.account_id)
    if sale is None:
        raise NotFound
    await lock_order_by_suborder(conn, suborder_id)
    sale = await GET_INVOICED_SALE.one(conn, suborder_id=suborder_id, buyer_id=buyer.account_id)
    if not sale.invoiceable:
        raise NotInvoiced
    asked = await LOCK_REQUEST.maybe(conn, suborder_id=suborder_id)
    if asked is None:
        sealed = seal_details(seal, checked)
        await INSERT_REQUEST.one(
            conn, suborder_id=suborder_id, producer_id=sale.producer_id, buyer_id=buyer.account_id,
            county_code=sale.county_code, kind=sealed.kind, title_sealed=sealed.title_sealed,
            tax_number_sealed=sealed.tax_number_sealed, email_sealed=sealed.email_sealed, now=now,
        )  # fmt: skip
    elif not await _change_request(conn, seal, suborder_id, checked, now=now):
        return
    request = await GET_REQUEST.one(conn, suborder_id=suborder_id)
    case = await find_open_task(conn, suborder_id)
    await update_task(conn, seal, request, by=buyer, done=InvoiceStep.NONE, now=now)
    if case is not None and request.task.step is not InvoiceStep.NONE:
        if case.stopped_at is not None:
            await move_case(conn, seal, case, CaseMove.SUPPLY, by=buyer, reason=_CHANGED, now=now)
        await tell_seller(conn, seal, request, case, now=now)
    await add_audit_entry(
        conn, actor=str(buyer.account_id), action="invoice.ask", object=f"order:{request.order_number}",
        detail={"position": request.position, "correct": request.correcting}, now=now,
    )  # fmt: skip


def ask_with_order(seal: Seal, buyer: Actor, details: InvoiceDetails, *, now: datetime) -> Companion:
    """Return what asks each seller of an order for its invoice in the transaction that places it (`place`).

    `details` are checked (`check_details`). The sellers are told once the order is paid.
    """
    sealed = seal_details(seal, details)

    async def ask(conn: Connection, order_id: OrderId) -> None:
        await set_scope(conn, get_person_scope(buyer))
        await INSERT_REQUESTS_OF_ORDER.run(
            conn, order_id=order_id, kind=sealed.kind, title_sealed=sealed.title_sealed,
            tax_number_sealed=sealed.tax_number_sealed, email_sealed=sealed.email_sealed, now=now,
        )  # fmt: skip

    return ask


async def _change_request(
    conn: Connection, seal: Seal, suborder_id: UUID, details: InvoiceDetails, *, now: datetime
) -> bool:
    """Replace the details of a locked request; return whether anything changed."""
    request = await GET_REQUEST.one(conn, suborder_id=suborder_id)
    if request.wanted and open_details(seal, request) == details:
        return False
    if request.changes >= MAX_CHANGES:
        raise InvoiceChangedTooOften
    sealed = seal_details(seal, details)
    await CHANGE_REQUEST.one(
        conn, suborder_id=suborder_id, kind=sealed.kind, title_sealed=sealed.title_sealed,
        tax_number_sealed=sealed.tax_number_sealed, email_sealed=sealed.email_sealed, correcting=request.net_fen > 0,
        now=now,
    )  # fmt: skip
    return True
