"""发票、对公转账: the seller's invoice for what was accepted, and the transfer that is matched by the payer's code."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_platform_staff, require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.orders.escrow import get_order_ref, get_suborder_ref
from market.sales.orders.money.bank_numbers import lock_number_for_purchase
from market.sales.orders.money.uninvolved import require_uninvolved
from market.sales.orders.pay import CURRENCY
from market.sales.orders.transitions import lock_order_by_number
from market.sales.procurement.models import (
    MAX_LISTED,
    MAX_REASON_LENGTH,
    BankReceipt,
    BankReceiptClosed,
    BankReceiptClosing,
    BankReceiptKnown,
    NewBankReceipt,
    PurchaseDetail,
    PurchaseInvalid,
    PurchaseState,
    ReceiptClosing,
    ReceiptOfRecorder,
    SellerInvoice,
)
from market.sales.procurement.request import note_step
from market.sales.procurement.rules import get_order_number, is_payer_code, list_number_faults, normalize_payer_code
from market.sales.procurement.steps import lock_purchase
from market.sales.procurement.views import get_purchase
from payments import Amount, Method, Part, open_payment, record_bank_transfer
from payments.money import format_yuan

_MIN_REFERENCE, _MAX_REFERENCE, _MIN_NAME, _MAX_NAME = 4, 64, 2, 60


class _PaidOrder(Struct, frozen=True):
    order_id: UUID
    number: int
    fen: Fen
    producer_id: UUID
    reference: str


ADD_INVOICE = Query(
    UUID,
    """
    INSERT INTO procurement_invoices (order_id, producer_id, number, issued_on, fen, recorded_by, recorded_at)
    VALUES (:order_id, :producer_id, :number, :issued_on, :fen, :by, :now)
    ON CONFLICT ON CONSTRAINT procurement_invoices_once DO NOTHING
    RETURNING order_id
    """,
)
SET_INVOICED = Query(None, "UPDATE procurements SET invoiced_at = :now WHERE order_id = :order_id")
ADD_RECEIPT = Query(
    UUID,
    """
    INSERT INTO bank_receipts (reference, payer_code, payer_name, fen, received_on, recorded_by, recorded_at)
    VALUES (:reference, :payer_code, :payer_name, :fen, :received_on, :by, :now)
    ON CONFLICT (reference) WHERE closed_as IS DISTINCT FROM 'mistaken' DO NOTHING
    RETURNING id
    """,
)
LIST_WAITING_RECEIPTS = Query(
    UUID,
    """
    SELECT id FROM bank_receipts
     WHERE payer_code = :payer_code AND order_id IS NULL AND closed_at IS NULL ORDER BY id LIMIT 20
    """,
)
MATCH_RECEIPT = Query(
    _PaidOrder,
    """
    SELECT order_id, number, fen, producer_id,
           (SELECT reference FROM bank_receipts WHERE id = :receipt_id::uuid) AS reference
      FROM match_bank_receipt(:receipt_id::uuid, :now::timestamptz)
    """,
)
_WAITS = "b.order_id IS NULL AND b.closed_at IS NULL"
_RECEIPT = (
    """
    SELECT b.id, reference, payer_code, payer_name, b.fen, received_on, problem, o.number AS order_number,
           CASE WHEN """
    + _WAITS
    + """ THEN get_waiting_invoice(payer_code) END AS due_fen,
           CASE WHEN """
    + _WAITS
    + """ THEN (SELECT sum(w.fen)::bigint FROM bank_receipts w
                 WHERE w.payer_code = b.payer_code AND w.order_id IS NULL AND w.closed_at IS NULL) END AS waiting_fen,
           closed_as, closed_note, returned_on, recorded_at, confirmed_at,
           (SELECT name FROM accounts WHERE accounts.id = recorded_by) AS recorder,
           coalesce(is_same_person(recorded_by, :account_id::uuid), false) AS own
      FROM """
)
GET_RECEIPT = Query(
    BankReceipt, _RECEIPT + "bank_receipts b LEFT JOIN orders o ON o.id = order_id WHERE b.id = :receipt_id"
)
LIST_RECEIPTS = Query(
    BankReceipt,
    _RECEIPT
    + """(SELECT * FROM bank_receipts
              ORDER BY order_id IS NOT NULL OR closed_at IS NOT NULL, recorded_at DESC, id DESC LIMIT :limit) b
      LEFT JOIN orders o ON o.id = order_id
     ORDER BY b.order_id IS NOT NULL OR b.closed_at IS NOT NULL, recorded_at DESC, b.id DESC
    """,
)
# One that came before its invoice waits for the seller.
COUNT_UNMATCHED = Query(
    int,
    """
    SELECT count(*) FROM bank_receipts
     WHERE order_id IS NULL AND closed_at IS NULL AND problem IS DISTINCT FROM 'not_invoiced'
    """,
)
CLOSE_RECEIPT = Query(
    bool,
    """
    SELECT close_bank_receipt(:receipt_id::uuid, :closed_as::text, :note::text, :returned_on::date, :by::uuid,
                              :now::timestamptz)
    """,
)
CONFIRM_RECEIPT = Query(bool, "SELECT confirm_bank_receipt(:receipt_id::uuid, :by::uuid, :now::timestamptz)")
IS_RETURN_KNOWN = Query(
    bool, "SELECT EXISTS (SELECT FROM bank_receipts WHERE closed_note = :note AND closed_as = 'returned')"
)


async def record_seller_invoice(
    conn: Connection, actor: Actor, number: int, invoice: SellerInvoice, *, now: datetime
) -> PurchaseDetail:
    """Record the invoice that a member of the seller issued outside: exactly what was accepted.

    A transfer that came before is matched now.

    Raises:
        NotFound: there is no such purchase, or the actor does not work for its seller.
        PurchaseStepChanged: it is at another step.
        PurchaseInvalid: the number, the day or the amount is wrong, or the seller recorded the number before.
    """
    locked = await lock_purchase(conn, actor, number, {PurchaseState.ACCEPTED}, now=now)
    bought = locked.purchase
    require_producer(actor, bought.producer_id)
    assert bought.accepted_fen is not None, "accepted"
    assert bought.accepted_at is not None, "accepted"
    accepted_on, today = get_business_day(bought.accepted_at), get_business_day(now)
    digits, faults = list_number_faults(invoice)
    if not accepted_on <= invoice.issued_on <= today:
        faults.append(FieldFault("issued_on", f"开票日期应在验收（{accepted_on}）之后，到今天为止"))
    if invoice.amount_fen != bought.accepted_fen:
        faults.append(FieldFault("amount_fen", f"发票照验收的开，{format_yuan(bought.accepted_fen)} 元"))
    if not faults and await ADD_INVOICE.maybe(
        conn, order_id=bought.order_id, producer_id=bought.producer_id, number=digits, issued_on=invoice.issued_on,
        fen=invoice.amount_fen, by=actor.account_id, now=now,
    ) is None:  # fmt: skip
        faults.append(FieldFault("number", "这个号码记过了"))
    if faults:
        raise PurchaseInvalid(errors=tuple(faults))
    await SET_INVOICED.run(conn, order_id=bought.order_id, now=now)
    await note_step(conn, actor, "invoice", number, {"number": digits, "fen": invoice.amount_fen}, now=now)
    await _match_waiting(conn, bought.payer_code, now=now)
    return await get_purchase(conn, number)


async def record_bank_receipt(conn: Connection, actor: Actor, new: NewBankReceipt, *, now: datetime) -> BankReceipt:
    """Record a transfer from the bank's statement, which waits for another person to confirm it.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
        PurchaseInvalid: fields are missing or wrong.
        BankReceiptKnown: the bank's number was recorded before.
        TransferRecordedBefore: it paid an order of the shop.
        OwnOrderMoney: the actor bought or sold in the order of the payer's code.
    """
    require_platform_staff(actor)
    reference, name, code = clean_text(new.reference), clean_text(new.payer_name), normalize_payer_code(new.payer_code)
    faults: list[FieldFault] = []
    if not _MIN_REFERENCE <= len(reference) <= _MAX_REFERENCE:
        faults.append(FieldFault("reference", f"银行流水号写 {_MIN_REFERENCE} 到 {_MAX_REFERENCE} 个字"))
    if not is_payer_code(code):
        faults.append(FieldFault("payer_code", "付款码不对，是 CG 和数字，照转账附言写"))
    if not _MIN_NAME <= len(name) <= _MAX_NAME:
        faults.append(FieldFault("payer_name", f"付款户名写 {_MIN_NAME} 到 {_MAX_NAME} 个字"))
    if new.amount_fen <= 0:
        faults.append(FieldFault("amount_fen", "金额要大于零"))
    if new.received_on > get_business_day(now):
        faults.append(FieldFault("received_on", "到账日期不能晚于今天"))
    if faults:
        raise PurchaseInvalid(errors=tuple(faults))
    number = get_order_number(code)
    await require_uninvolved(conn, actor, number)
    await lock_order_by_number(conn, number)
    added = await ADD_RECEIPT.maybe(
        conn, reference=reference, payer_code=code, payer_name=name, fen=new.amount_fen, received_on=new.received_on,
        by=actor.account_id, now=now,
    )  # fmt: skip
    if added is None:
        raise BankReceiptKnown(errors=(FieldFault("reference", BankReceiptKnown.zh),))
    await lock_number_for_purchase(conn, reference)
    await _match(conn, added, now=now)
    receipt = await _get_receipt(conn, actor, added)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="procurement.receipt", object=f"bank_receipt:{added}",
        detail={"reference": reference, "payer_code": code, "fen": new.amount_fen, "problem": receipt.problem}, now=now,
    )  # fmt: skip
    return receipt


async def confirm_bank_receipt(conn: Connection, actor: Actor, receipt_id: UUID, *, now: datetime) -> BankReceipt:
    """Confirm a transfer as a second person who found it in the bank's statement, in the caller's transaction.

    With a payer's code and exactly the invoiced sum it pays that order, else with the other confirmed ones that wait
    for the order if they add up to that sum. Another waits, with its problem. Repeating changes nothing.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
        NotFound: there is no such transfer.
        OwnOrderMoney: the actor bought or sold in the order of the payer's code.
        ReceiptOfRecorder: the actor recorded it, by whatever account.
        BankReceiptClosed: it was sent back, or taken out as a mistake.
        TransferRecordedBefore: its number paid an order of the shop.
    """
    number = get_order_number((await get_bank_receipt(conn, actor, receipt_id)).payer_code)
    await require_uninvolved(conn, actor, number)
    await lock_order_by_number(conn, number)
    receipt = await get_bank_receipt(conn, actor, receipt_id)
    if receipt.own:
        raise ReceiptOfRecorder
    if receipt.closed_as is not None:
        raise BankReceiptClosed
    if receipt.confirmed_at is not None:
        return receipt
    await lock_number_for_purchase(conn, receipt.reference)
    if not await CONFIRM_RECEIPT.one(conn, receipt_id=receipt_id, by=actor.account_id, now=now):
        return receipt
    await _match(conn, receipt_id, now=now)
    receipt = await _get_receipt(conn, actor, receipt_id)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="procurement.confirm_receipt", object=f"bank_receipt:{receipt_id}",
        detail={"fen": receipt.fen, "problem": receipt.problem}, now=now,
    )  # fmt: skip
    return receipt


async def close_bank_receipt(
    conn: Connection, actor: Actor, receipt_id: UUID, closing: BankReceiptClosing, *, now: datetime
) -> BankReceipt:
    """Record that a transfer which paid nothing was sent back, or was recorded by mistake, in the caller's transaction.

    What else waits for its purchase pays that if it is exactly the invoiced sum without it. The bank's number of a
    mistake can be recorded again.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
        NotFound: there is no such transfer.
        PurchaseInvalid: the note is missing or too long, the number was recorded before, or the day is wrong.
        BankReceiptClosed: it paid an order, or was closed before.
    """
    code = (await get_bank_receipt(conn, actor, receipt_id)).payer_code
    await lock_order_by_number(conn, get_order_number(code))
    receipt = await get_bank_receipt(conn, actor, receipt_id)
    if not receipt.waits:
        raise BankReceiptClosed
    note = clean_text(closing.note)
    await _require_sound_closing(conn, receipt, closing, note, today=get_business_day(now))
    if not await CLOSE_RECEIPT.one(
        conn, receipt_id=receipt_id, closed_as=closing.closed_as, note=note, returned_on=closing.returned_on,
        by=actor.account_id, now=now,
    ):  # fmt: skip
        raise BankReceiptClosed
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="procurement.close_receipt", object=f"bank_receipt:{receipt_id}",
        detail={"closed_as": closing.closed_as, "fen": receipt.fen}, now=now,
    )  # fmt: skip
    await _match_waiting(conn, code, now=now)
    return await _get_receipt(conn, actor, receipt_id)


async def _require_sound_closing(
    conn: Connection, receipt: BankReceipt, closing: BankReceiptClosing, note: str, *, today: date
) -> None:
    faults: list[FieldFault] = []
    if closing.closed_as is ReceiptClosing.MISTAKEN:
        if not 0 < len(note) <= MAX_REASON_LENGTH:
            faults.append(FieldFault("note", f"写哪里记错了，最多 {MAX_REASON_LENGTH} 字"))
        if closing.returned_on is not None:
            faults.append(FieldFault("returned_on", "记错了的没有退款日期，空着"))
    else:
        if not _MIN_REFERENCE <= len(note) <= _MAX_REFERENCE:
            faults.append(FieldFault("note", f"写退款的银行流水号，{_MIN_REFERENCE} 到 {_MAX_REFERENCE} 个字"))
        elif await IS_RETURN_KNOWN.one(conn, note=note):
            faults.append(FieldFault("note", "这个退款流水号记过了"))
        if closing.returned_on is None or not receipt.received_on <= closing.returned_on <= today:
            faults.append(FieldFault("returned_on", f"写哪天退的，{receipt.received_on} 到今天"))
    if faults:
        raise PurchaseInvalid(errors=tuple(faults))


async def _match_waiting(conn: Connection, payer_code: str, *, now: datetime) -> None:
    for waiting in await LIST_WAITING_RECEIPTS.all(conn, payer_code=payer_code):
        await _match(conn, waiting, now=now)


async def _match(conn: Connection, receipt_id: UUID, *, now: datetime) -> None:
    """Match a transfer, and others with it, and book the order's payment; the outbox settles it. The order is locked.

    The payment has the bank's number of this transfer.
    """
    paid = await MATCH_RECEIPT.maybe(conn, receipt_id=receipt_id, now=now)
    if paid is None:
        return
    payment = await open_payment(
        conn, order=get_order_ref(paid.number), amount=Amount(paid.fen, CURRENCY), method=Method.BANK,
        parts=[Part(name=get_suborder_ref(paid.number, 1), minor=paid.fen)], at=now,
    )  # fmt: skip
    await record_bank_transfer(conn, payment.id, reference=paid.reference, at=now)


async def get_bank_receipt(conn: Connection, actor: Actor, receipt_id: UUID) -> BankReceipt:
    """Return a transfer.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
        NotFound: there is none.
    """
    require_platform_staff(actor)
    receipt = await GET_RECEIPT.maybe(conn, receipt_id=receipt_id, account_id=actor.account_id)
    if receipt is None:
        raise NotFound
    return receipt


async def _get_receipt(conn: Connection, actor: Actor, receipt_id: UUID) -> BankReceipt:
    return await GET_RECEIPT.one(conn, receipt_id=receipt_id, account_id=actor.account_id)


async def list_bank_receipts(conn: Connection, actor: Actor) -> list[BankReceipt]:
    """Return the transfers, those that wait first, then the latest, at most 200.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_platform_staff(actor)
    return await LIST_RECEIPTS.all(conn, limit=MAX_LISTED, account_id=actor.account_id)


async def count_unmatched_receipts(conn: Connection) -> int:
    """Return how many transfers wait for the platform's staff; the caller has checked who reads."""
    return await COUNT_UNMATCHED.one(conn)
