"""红字发票: what came back of a paid purchase is taken off its invoice by a red-letter one."""

from datetime import datetime

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.orders.transitions import lock_order
from market.sales.procurement.models import PurchaseDetail, PurchaseInvalid, PurchaseStepChanged, SellerInvoice
from market.sales.procurement.request import note_step
from market.sales.procurement.rules import list_number_faults
from market.sales.procurement.views import get_purchase
from payments.money import format_yuan

IS_NUMBER_USED = Query(
    bool,
    "SELECT EXISTS (SELECT FROM procurement_invoices WHERE producer_id = :producer_id AND number = :number)",
)
# Two requests of one number are decided by the key.
ADD_RED_LETTER = Query(
    str,
    """
    INSERT INTO procurement_red_letters (order_id, producer_id, number, issued_on, fen, recorded_by, recorded_at)
    VALUES (:order_id, :producer_id, :number, :issued_on, :fen, :by, :now)
    ON CONFLICT ON CONSTRAINT procurement_red_letters_pkey DO NOTHING
    RETURNING number
    """,
)


async def record_red_letter(
    conn: Connection, actor: Actor, number: int, invoice: SellerInvoice, *, now: datetime
) -> PurchaseDetail:
    """Record a red-letter invoice that a member of the seller issued outside, for what came back or a part of it.

    The quota was restored by the refund, in the year of the order; nothing of it or of the ledger changes here.

    Raises:
        NotFound: there is no such purchase, or the actor does not work for its seller.
        PurchaseStepChanged: nothing came back that the invoice is not reduced by.
        PurchaseInvalid: the number, the day or the amount is wrong, or the seller recorded the number before.
    """
    purchase = (await get_purchase(conn, number)).purchase
    require_producer(actor, purchase.producer_id)
    await lock_order(conn, purchase.order_id)
    purchase = (await get_purchase(conn, number)).purchase
    if purchase.reducible_fen <= 0:
        raise PurchaseStepChanged(state=purchase.state)
    digits, faults = list_number_faults(invoice)
    if not faults and await IS_NUMBER_USED.one(conn, producer_id=purchase.producer_id, number=digits):
        faults.append(FieldFault("number", "这是一张蓝字发票的号码，写红字发票的"))
    assert purchase.invoice_issued_on is not None, "paid after its invoice"
    if not purchase.invoice_issued_on <= invoice.issued_on <= get_business_day(now):
        faults.append(
            FieldFault("issued_on", f"红字发票的日期应在原发票（{purchase.invoice_issued_on}）之后，到今天为止")
        )
    if not 0 < invoice.amount_fen <= purchase.reducible_fen:
        faults.append(FieldFault("amount_fen", f"写大于零的数，最多 {format_yuan(purchase.reducible_fen)} 元"))
    if not faults and await ADD_RED_LETTER.maybe(
        conn, order_id=purchase.order_id, producer_id=purchase.producer_id, number=digits,
        issued_on=invoice.issued_on, fen=invoice.amount_fen, by=actor.account_id, now=now,
    ) is None:  # fmt: skip
        faults.append(FieldFault("number", "这个号码记过了"))
    if faults:
        raise PurchaseInvalid(errors=tuple(faults))
    await note_step(conn, actor, "reduce", number, {"number": digits, "fen": invoice.amount_fen}, now=now)
    return await get_purchase(conn, number)
