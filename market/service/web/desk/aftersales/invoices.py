"""Invoices that their sellers did not issue in time, for the county or the platform."""

from uuid import UUID

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection
from market.kernel.seal import Seal
from market.sales.invoices.models import MAX_REASON_LENGTH
from market.sales.invoices.record import answer_invoice_task
from market.sales.invoices.views import SaleInvoice, get_task_invoice
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.invoice_words import describe_invoice, present_issued

_ADVICE = "卖家到时间没有开。请打电话催、帮他到办税厅代开；卖家记下号码，这件自己办结。"


def _view(invoice: SaleInvoice) -> DecidedCase:
    assert invoice.case_number is not None, "checked by _read"
    issued = [f"{each.title} {each.number}，{each.words}" for each in present_issued(invoice.issued)]
    return DecidedCase(
        name="发票", number=invoice.case_number, about=f"{invoice.producer}，订单 {invoice.code}",
        due_at=invoice.due_at, due="前办", facts=[describe_invoice(invoice), *issued, _ADVICE],
        more={"most": MAX_REASON_LENGTH},
    )  # fmt: skip


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> SaleInvoice | None:
    """Return the invoice of an open task."""
    invoice = await get_task_invoice(conn, seal, case_id)
    return invoice if invoice is not None and invoice.case_id == case_id else None


async def _end(asked: Decision[SaleInvoice]) -> None:
    async with asked.db.transaction(scope=get_person_scope(asked.actor)) as conn:
        await answer_invoice_task(
            conn, asked.seal, asked.actor, asked.case_id, text=asked.form.get_text("text"), now=asked.now
        )


ROUTES = make_decision_routes(
    DecidedKind(path="invoices", template="invoice.html", fields=("text",), read=_read, view=_view, decide=_end)
)
