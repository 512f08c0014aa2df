"""对公转账: what public units transferred, recorded by the platform's staff from the bank's statement."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.http import HttpRequest
from market.identity.access import require_platform_staff
from market.identity.models import Actor
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.procurement.models import BankReceipt, BankReceiptKnown, NewBankReceipt, PurchaseInvalid
from market.procurement.pay import list_bank_receipts, record_bank_receipt
from market.web.desk.context import DeskContext, PageNotice, build_county_query, open_desk, render_desk_page
from market.web.forms import make_form_key, parse_typed_yuan, read_form
from market.web.idempotent_form import submit_once
from market.web.ui.format import day_zh, yuan

PROBLEM_NAMES = {
    "unknown_code": "没有这个付款码的采购单",
    "wrong_amount": "和发票的金额不一样",
    "not_invoiced": "卖家还没有记发票，记了自动对上",
    "paid_before": "这一单付过了，请原路退回",
}
_DONE = PageNotice("ok", "记好了，对上的马上结给卖家")


class TransferForm(Struct, frozen=True):
    """The form as typed."""

    reference: str = ""
    payer_code: str = ""
    payer_name: str = ""
    amount: str = ""
    received_on: str = ""


def _describe(receipt: BankReceipt) -> tuple[str, list[str]]:
    found = f"付了采购单 {receipt.order_number}" if receipt.order_number else PROBLEM_NAMES[receipt.problem or ""]
    return f"{yuan(receipt.fen)} 元，{receipt.payer_name}", [
        found, f"{day_zh(receipt.received_on)}到账，付款码 {receipt.payer_code}，流水 {receipt.reference}",
    ]  # fmt: skip


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, form: TransferForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        receipts = await list_bank_receipts(conn, desk.actor)
    context = {
        "waiting": [_describe(each) for each in receipts if each.order_number is None],
        "matched": [_describe(each) for each in receipts if each.order_number is not None],
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "notice": _DONE if request.query_params.get("done") == "1" else None,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "bank_receipts.html", context, status=status)


@get("/bank-receipts", include_in_schema=False)
async def show_bank_receipts(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the transfers, those that found no purchase first, with the form for the next."""
    desk = await open_desk(request, db, actor, clock, register=False)
    return await _page(request, db, desk, TransferForm())


@post("/bank-receipts", include_in_schema=False)
async def submit_bank_receipt(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Record a transfer, once however often the form is sent."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    require_platform_staff(actor)
    values = form.fill(TransferForm)
    amount = parse_typed_yuan(values.amount)
    received_on = form.read_day("received_on", fault="到账日期写成 2027-03-31 这样")
    if amount is None:
        form.add_fault("amount", "写到账的金额，多少元")
    if received_on is None or amount is None:
        return await _page(request, db, desk, values, errors=form.faults, status=PurchaseInvalid.status)
    new = NewBankReceipt(
        reference=values.reference[:80], payer_code=values.payer_code[:60], payer_name=values.payer_name[:100],
        amount_fen=amount, received_on=received_on,
    )  # fmt: skip

    async def save(conn: Connection) -> str:
        await record_bank_receipt(conn, actor, new, now=desk.now)
        return desk.to("/desk/bank-receipts", done=1)

    try:
        return await submit_once(request, actor, form, save)
    except (PurchaseInvalid, BankReceiptKnown) as refusal:
        errors = [FieldFault(each.field.removesuffix("_fen"), each.message) for each in refusal.errors]
        return await _page(request, db, desk, values, errors=errors, status=refusal.status)


ROUTES = [show_bank_receipts, submit_bank_receipt]
