"""What the pages of buyers, sellers and officials say about an invoice, and the sheet that both sides print."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import SELLER
from market.catalogue.listings.units import get_count_word
from market.kernel import Connection, Fen
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep
from market.sales.invoices.views import IssuedRow, SaleInvoice, SaleLine, get_sale_invoice, list_sale_lines
from market.service.web.shop.cards import format_unit
from market.service.web.ui.format import day_zh, deadline, yuan
from payments.money import format_yuan

KIND_NAMES = {InvoiceKind.PERSON: "个人", InvoiceKind.UNIT: "单位"}
SELF_GROWN_WORDS = "自产农产品，免增值税"
_WHO = {"county": "县里催卖家", "platform": "平台催卖家"}


class IssuedView(Struct, frozen=True):
    """A recorded invoice for display: its heading, its number, and what it says."""

    title: str
    number: str
    words: str
    id: UUID


class SheetRow(Struct, frozen=True):
    """A line of the printed sheet."""

    title: str
    unit: str
    count: str
    amount_fen: int


def describe_invoice(invoice: SaleInvoice, *, seller: str = "") -> str:
    """Describe what has to be done about an invoice by whom until when, or that it is there.

    `seller` is what the seller is called, if not that: its own pages say you.
    """
    seller = seller or say("卖家")
    task = invoice.task
    if not invoice.paid:
        return say("付清了，{0}就开", seller) if invoice.details else say("不用开了")
    if task.step is InvoiceStep.NONE:
        return say("开好了") if invoice.net_fen else say("不用开了")
    due = say("，{0}前", deadline(invoice.due_at)) if invoice.due_at and not invoice.stopped else ""
    who = seller if invoice.assignee in {None, SELLER} else say(_WHO[invoice.assignee or "county"])
    amount = format_yuan(task.least_fen)
    if task.step is InvoiceStep.ISSUE:
        return say("等{0}开 {1} 元{2}", who, amount, due)
    if invoice.correcting:
        return say("等{0}换：先开红字 {1} 元，再开新的{2}", who, amount, due)
    return say("退了款，等{0}开红字 {1} 元{2}", who, amount, due)


def describe_buyer(invoice: SaleInvoice) -> list[tuple[str, str]]:
    """Return to whom an invoice is issued, as rows; what was erased is said."""
    details = invoice.details
    if details is None:
        return [(say("开给谁"), say("买家注销了账号，或者过了保存期，资料已删除"))]
    rows = [(say("开给谁"), say(KIND_NAMES[details.kind])), (say("抬头"), details.title)]
    rows += [(say("税号"), details.tax_number)] if details.tax_number else []
    return [*rows, (say("发到邮箱"), details.email)] if details.email else rows


def describe_details(details: InvoiceDetails | None) -> list[str]:
    """Return the title, the tax number and the e-mail address of an invoice; none if they were erased."""
    return [] if details is None else [text for text in (details.title, details.tax_number, details.email) if text]


def present_issued(rows: list[IssuedRow]) -> list[IssuedView]:
    """Return recorded invoices for display, oldest first."""
    return [
        IssuedView(
            say("发票") if each.corrected_number is None else say("红字发票"),
            each.number,
            say("{0}开，减 {1} 元", day_zh(each.issued_on), yuan(each.amount_fen))
            if each.corrected_number
            else say("{0}开，{1} 元", day_zh(each.issued_on), yuan(each.amount_fen))
            + (say("，{0}", say(SELF_GROWN_WORDS)) if each.self_grown else "")
            + (say("，冲 {0}", each.corrected_number) if each.corrected_number else "")
            + "".join(say("；原来记错成 {0}", old) for old in each.old_numbers),
            each.id,
        )
        for each in rows
    ]


def _list_sheet_rows(invoice: SaleInvoice, lines: list[SaleLine]) -> list[SheetRow]:
    """Return the lines, and what is added to or taken from their sum up to what was paid less refunds."""
    rows = [
        SheetRow(
            each.title, format_unit(each.unit), f"{each.quantity} {say(get_count_word(each.unit))}", each.amount_fen
        )
        for each in lines
    ]
    rest = invoice.paid_fen - sum(each.amount_fen for each in lines)
    rows += [SheetRow(say("运费和优惠"), "", "", rest)] if rest else []
    return [*rows, SheetRow(say("退款"), "", "", -invoice.refunded_fen)] if invoice.refunded_fen else rows


async def load_sheet(conn: Connection, seal: Seal, actor: Actor, suborder_id: Any, *, back: str) -> dict[str, Any]:
    """Return the context of the printed sheet of an invoice, for its buyer or its seller, in the reader's scope.

    Raises:
        NotFound: nobody asked for an invoice of that suborder, or not of the reader's.
    """
    invoice = await get_sale_invoice(conn, seal, actor, suborder_id)
    if invoice is None:
        raise NotFound
    return {
        "invoice": invoice,
        "state": describe_invoice(invoice),
        "buyer": describe_buyer(invoice),
        "rows": _list_sheet_rows(invoice, await list_sale_lines(conn, suborder_id)),
        "due_fen": Fen(invoice.paid_fen - invoice.refunded_fen),
        "issued": present_issued(invoice.issued),
        "mark": say(SELF_GROWN_WORDS) if invoice.markable else "",
        "back": back,
    }
