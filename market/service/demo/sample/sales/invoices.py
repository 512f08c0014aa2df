"""Sample invoices of the demo's farmer: one corrected, one to issue, one to reduce after a refund, one late."""

from datetime import datetime, timedelta
from uuid import UUID

from market.kernel import Fen
from market.kernel.clock import get_business_day
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.refund import refund_line
from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.correct import correct_invoice
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep, IssuedInvoice
from market.sales.invoices.record import record_invoice
from market.sales.invoices.tasks import update_changed_invoices
from market.sales.orders.models import Line
from market.service.demo.sample.sales.simulation import Sale, SaleSimulation

_PERSON = InvoiceDetails(kind=InvoiceKind.PERSON, title="样例买家甲")
_UNIT = InvoiceDetails(
    kind=InvoiceKind.UNIT, title="样例单位食堂", tax_number="91130624MA0000001L", email="sample@example.com"
)
_DENTED = Fen(5_00)


async def play_invoices(sales: SaleSimulation, dates: Line) -> None:
    """Play the invoices of one bag of dates each; what is late goes to the county with the complaints that are late."""
    mistyped = await _issue(sales, await _sell(sales, dates, "XA310000110CN", days=11), _PERSON, sequence=1, days=9)
    at = sales.ago(days=8)
    async with sales.act_as(sales.farmer) as conn:
        number = _make_number(sales.ago(days=9), sequence=3)
        await correct_invoice(conn, sales.seal, sales.farmer, mistyped, number=number, now=at)
    sale = await _sell(sales, dates, "XA310000123CN", days=8)
    await _issue(sales, sale, _UNIT, sequence=2, days=6)
    at = sales.ago(days=1, hours=3)
    await refund_line(
        sales.db, sales.provider, sales.seal, sales.farmer, sale.suborder.lines[0].id, key="dented",
        reason=LineRefundReason.AGREED, amount_fen=_DENTED, note="盒子压瘪了", now=at,
    )  # fmt: skip
    await update_changed_invoices(sales.db, sales.seal, now=at)
    await _ask(sales, await _sell(sales, dates, "XA310000137CN", days=3), _UNIT, at=sales.ago(hours=7))
    await _ask(sales, await _sell(sales, dates, "XA310000145CN", days=15), _PERSON, at=sales.ago(days=14))


def _make_number(at: datetime, *, sequence: int) -> str:
    return f"{get_business_day(at):%y}132{sequence:015}"


async def _sell(sales: SaleSimulation, dates: Line, tracking: str, *, days: int) -> Sale:
    return await sales.buy_and_receive(sales.buyer, [dates], sales.farmer, tracking, received=sales.ago(days=days))


async def _ask(sales: SaleSimulation, sale: Sale, details: InvoiceDetails, *, at: datetime) -> None:
    async with sales.act_as(sales.buyer) as conn:
        await ask_invoice(conn, sales.seal, sales.buyer, sale.suborder.id, details, now=at)


async def _issue(sales: SaleSimulation, sale: Sale, details: InvoiceDetails, *, sequence: int, days: int) -> UUID:
    """Let the farmer issue an invoice of self-grown dates the day after it was asked for."""
    await _ask(sales, sale, details, at=sales.ago(days=days + 1))
    at = sales.ago(days=days) + timedelta(hours=1)
    day = get_business_day(at)
    issued = IssuedInvoice(
        step=InvoiceStep.ISSUE, number=_make_number(at, sequence=sequence), issued_on=day,
        amount_fen=sale.suborder.total_fen, self_grown=True,
    )  # fmt: skip
    async with sales.act_as(sales.farmer) as conn:
        return await record_invoice(conn, sales.seal, sales.farmer, sale.suborder.id, issued, now=at)
