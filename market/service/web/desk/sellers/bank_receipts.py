"""对公转账: what public units transferred, recorded by the platform's staff from the bank's statement."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.access import require_platform_staff
from market.people.identity.models import Actor
from market.sales.orders.money.uninvolved import OwnOrderMoney
from market.sales.procurement.models import (
    BankReceipt,
    BankReceiptClosed,
    BankReceiptClosing,
    BankReceiptKnown,
    NewBankReceipt,
    PurchaseInvalid,
    ReceiptClosing,
    ReceiptOfRecorder,
)
from market.sales.procurement.pay import (
    close_bank_receipt,
    confirm_bank_receipt,
    get_bank_receipt,
    list_bank_receipts,
    record_bank_receipt,
)
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_county_query, open_desk, render_desk_page
from market.service.web.forms import make_form_key, parse_id, parse_typed_yuan, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh, yuan
from payments import TransferRecordedBefore

PROBLEM_NAMES = {
    "unconfirmed": "等另一位工作人员核对",
    "unknown_code": "没有这个付款码的采购单",
    "wrong_amount": "和发票的金额不一样",
    "not_invoiced": "卖家还没有记发票，记了自动对上",
    "paid_before": "这一单付过了，请原路退回",
}
CLOSING_NAMES = {ReceiptClosing.RETURNED: "原路退回了", ReceiptClosing.MISTAKEN: "记错了"}
_DONE = {
    "1": PageNotice("ok", "记好了，等另一位工作人员照银行流水核对"),
    "confirmed": PageNotice("ok", "核对好了，对上的马上结给卖家"),
    "closed": PageNotice("ok", "办好了，同一单别的到账合起来正好的，马上结给卖家"),
}


class TransferForm(Struct, frozen=True):
    """The form as typed."""

    reference: str = ""
    payer_code: str = ""
    payer_name: str = ""
    amount: str = ""
    received_on: str = ""


class ClosingForm(Struct, frozen=True):
    """The form of what became of a transfer, as typed."""

    closed_as: str = ""
    note: str = ""
    returned_on: str = ""


def _describe_outcome(receipt: BankReceipt) -> str:
    """Return what a transfer paid, what became of it, or what is wrong with it and how much is missing or too much."""
    if receipt.order_number:
        return f"付了采购单 {receipt.order_number}"
    if receipt.closed_as is not None:
        on = f"{day_zh(receipt.returned_on)}" if receipt.returned_on else ""
        return f"{on}{CLOSING_NAMES[receipt.closed_as]}，{receipt.closed_note}"
    words = PROBLEM_NAMES[receipt.problem or ""]
    if receipt.confirmed_at is None:
        words += f"，{receipt.recorder}记的"
    if receipt.due_fen is None or receipt.waiting_fen is None:
        return words
    left = receipt.due_fen - receipt.waiting_fen
    gap = f"还差 {yuan(left)} 元，补足了自动对上" if left > 0 else f"多了 {yuan(-left)} 元"
    return f"{words}：发票 {yuan(receipt.due_fen)} 元，一共到了 {yuan(receipt.waiting_fen)} 元，{gap}"


def _describe(receipt: BankReceipt) -> tuple[str, list[str]]:
    return f"{yuan(receipt.fen)} 元，{receipt.payer_name}", [
        _describe_outcome(receipt),
        f"{day_zh(receipt.received_on)}到账，付款码 {receipt.payer_code}，流水 {receipt.reference}",
    ]


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, form: TransferForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        receipts = await list_bank_receipts(conn, desk.actor)
    context = {
        "waiting": [(desk.to(f"/desk/bank-receipts/{each.id}"), *_describe(each)) for each in receipts if each.waits],
        "ended": [_describe(each) for each in receipts if not each.waits],
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "notice": _DONE.get(request.query_params.get("done", "")),
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
    except (PurchaseInvalid, BankReceiptKnown, TransferRecordedBefore) as refusal:
        errors = [FieldFault(each.field.removesuffix("_fen"), each.message) for each in refusal.errors]
        return await _page(request, db, desk, values, errors=errors, status=refusal.status)


async def _closing_page(
    request: HttpRequest, db: Database, desk: DeskContext, receipt_id: str, form: ClosingForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        receipt = await get_bank_receipt(conn, desk.actor, parse_id(receipt_id))
    title, lines = _describe(receipt)
    context = {
        "heading": title,
        "lines": lines,
        "open": receipt.waits,
        "confirm": receipt.waits and receipt.confirmed_at is None and not receipt.own,
        "choices": [(each.value, words) for each, words in CLOSING_NAMES.items()],
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "action": desk.to(f"/desk/bank-receipts/{receipt.id}"),
        "confirmation": desk.to(f"/desk/bank-receipts/{receipt.id}/confirmation"),
        "back": desk.to("/desk/bank-receipts"),
    }
    return render_desk_page(request, desk, "bank_receipt.html", context, status=status)


@get("/bank-receipts/{receipt_id:str}", include_in_schema=False)
async def show_bank_receipt(
    request: HttpRequest,
    *,
    receipt_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a transfer, with the form of what became of it if it paid nothing."""
    desk = await open_desk(request, db, actor, clock, register=False)
    return await _closing_page(request, db, desk, receipt_id, ClosingForm())


@post("/bank-receipts/{receipt_id:str}", include_in_schema=False)
async def submit_receipt_closing(
    request: HttpRequest,
    *,
    receipt_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Record that a transfer was sent back, or was recorded by mistake, once however often the form is sent."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    require_platform_staff(actor)
    found, values = parse_id(receipt_id), form.fill(ClosingForm)
    closed_as = next((each for each in ReceiptClosing if each == values.closed_as), None)
    if closed_as is None:
        form.add_fault("closed_as", "请选怎么了")
    returned_on = form.read_day("returned_on", fault="退款日期写成 2027-03-31 这样") if values.returned_on else None
    if closed_as is None or form.faults:
        status = PurchaseInvalid.status
        return await _closing_page(request, db, desk, receipt_id, values, errors=form.faults, status=status)
    closing = BankReceiptClosing(closed_as=closed_as, note=values.note[:400], returned_on=returned_on)

    async def save(conn: Connection) -> str:
        await close_bank_receipt(conn, actor, found, closing, now=desk.now)
        return desk.to("/desk/bank-receipts", done="closed")

    try:
        return await submit_once(request, actor, form, save)
    except (PurchaseInvalid, BankReceiptClosed) as refusal:
        errors = refusal.errors or (FieldFault("closed_as", refusal.text("zh")),)
        return await _closing_page(request, db, desk, receipt_id, values, errors=errors, status=refusal.status)


@post("/bank-receipts/{receipt_id:str}/confirmation", include_in_schema=False)
async def submit_receipt_confirmation(
    request: HttpRequest,
    *,
    receipt_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Confirm a transfer as a second person; sent twice it changes nothing more."""
    await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    found = parse_id(receipt_id)
    try:
        async with db.transaction() as conn:
            await confirm_bank_receipt(conn, actor, found, now=desk.now)
    except (ReceiptOfRecorder, OwnOrderMoney, BankReceiptClosed, TransferRecordedBefore) as refusal:
        errors = (FieldFault("confirm", refusal.text("zh")),)
        return await _closing_page(request, db, desk, receipt_id, ClosingForm(), errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/bank-receipts", done="confirmed"))


ROUTES = [
    show_bank_receipts,
    submit_bank_receipt,
    show_bank_receipt,
    submit_receipt_closing,
    submit_receipt_confirmation,
]
