"""Purchases of public units: steps, what is asked and read, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Fen, Refusal

DEFAULT_PAYMENT_DAYS = 30
MAX_PAYMENT_DAYS = 60
"""Days from acceptance to payment: 30, by contract at most 60.

Source: 保障中小企业款项支付条例 (国务院令第802号, in force since 2025-06-01; before 第728号, since 2020-09-01).
"""
APPROVAL_TIME = timedelta(days=3)
"""How long goods wait for the unit's approver and the seller."""
CONTRACT_TIME = timedelta(days=400)
MAX_REASON_LENGTH = 200
MAX_LISTED = 200
_MAX_LINES = 100


class PurchaseState(StrEnum):
    """How far a purchase is; it follows from what was done."""

    REQUESTED = "requested"
    APPROVED = "approved"
    CONTRACTED = "contracted"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    INVOICED = "invoiced"
    PAID = "paid"
    ENDED = "ended"


class PurchaseStep(StrEnum):
    """What somebody does next with a purchase."""

    APPROVE = "approve"
    SIGN = "sign"
    DELIVER = "deliver"
    ACCEPT = "accept"
    INVOICE = "invoice"
    REDUCE = "reduce"
    END = "end"


class CheckItem(StrEnum):
    """What an acceptance has to say of. Source: 政府采购法实施条例, article 45."""

    TECHNICAL = "technical"
    SERVICE = "service"
    SAFETY = "safety"


class QuotaEntryKind(StrEnum):
    """What an entry of the book of quotas records, always in the year of the order."""

    COMMITTED = "committed"
    ACCEPTED = "accepted"
    RESTORED = "restored"
    SPENT = "spent"
    RETURNED = "returned"


class PurchaseRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unpaid order of the requester that the unit is to buy; the seller is paid so many days after acceptance."""

    order_id: UUID
    payment_days: int = DEFAULT_PAYMENT_DAYS


class PurchaseEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a purchase ends without acceptance."""

    reason: Annotated[str, Meta(max_length=400)]


class LineQuantity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of a line were delivered, or accepted."""

    line_id: UUID
    quantity: int


class Handover(Struct, frozen=True, forbid_unknown_fields=True):
    """What the seller brought, line by line."""

    lines: Annotated[list[LineQuantity], Meta(max_length=_MAX_LINES)]


class AcceptanceCheck(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a kind of requirement is met; if not, the note says what is missing."""

    item: CheckItem
    passed: bool
    note: Annotated[str, Meta(max_length=400)] = ""


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """What is accepted of each line, and the three checks."""

    lines: Annotated[list[LineQuantity], Meta(max_length=_MAX_LINES)]
    checks: Annotated[list[AcceptanceCheck], Meta(max_length=3)]


class SellerInvoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invoice that the seller issued outside: 20 digits, for exactly what was accepted.

    A red-letter one (红字) is for what came back since, or a part of it.
    """

    number: Annotated[str, Meta(max_length=60)]
    issued_on: date
    amount_fen: int


class UnitQuotaRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit's canteen purchases of a year, and how much of them it reserves; without a canteen both are zero."""

    year: int
    canteen_fen: int
    quota_fen: int


class NewBankReceipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A transfer on the platform's account, as on the bank's statement."""

    reference: Annotated[str, Meta(max_length=80)]
    payer_code: Annotated[str, Meta(max_length=60)]
    payer_name: Annotated[str, Meta(max_length=100)]
    amount_fen: int
    received_on: date


class ReceiptClosing(StrEnum):
    """What became of a transfer that paid nothing."""

    RETURNED = "returned"
    MISTAKEN = "mistaken"


class BankReceiptClosing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A transfer was sent back on a day, `note` is the bank's number of that; or recorded by mistake, `note` is why."""

    closed_as: ReceiptClosing
    note: Annotated[str, Meta(max_length=400)]
    returned_on: date | None = None


class BankReceipt(Struct, frozen=True, kw_only=True):
    """A transfer, and the order that it paid, alone or with others; else what is wrong with it, and what became of it.

    It pays nothing before another person than its recorder confirmed it; `own`: the reader recorded it.

    `due_fen` is the invoice of the unpaid purchase of its payer's code, `waiting_fen` what waits for that purchase,
    this transfer included.
    """

    id: UUID
    reference: str
    payer_code: str
    payer_name: str
    fen: Fen
    received_on: date
    problem: str | None
    order_number: int | None
    due_fen: Fen | None
    waiting_fen: Fen | None
    closed_as: ReceiptClosing | None
    closed_note: str | None
    returned_on: date | None
    recorded_at: datetime
    recorder: str
    confirmed_at: datetime | None
    own: bool

    @property
    def waits(self) -> bool:
        """Return whether it paid nothing yet and nothing else became of it."""
        return self.order_number is None and self.closed_as is None


class PurchaseLine(Struct, frozen=True, kw_only=True):
    """A line of a purchase: ordered, delivered, accepted."""

    line_id: UUID
    order_id: UUID
    title: str
    unit: str
    price_fen: Fen
    ordered: int
    delivered: int | None
    accepted: int | None


class Purchase(Struct, frozen=True, kw_only=True):
    """A purchase of a public unit.

    `list` is the list of poor counties that the seller's county is on, None if the purchase does not count.
    `accept_due_on` is until when the unit accepts what was delivered, five working days after it; `due_on` is the last
    day of payment. `waiting_fen` is what the bank received for it that pays nothing yet. `order_state` tells of a
    request that lapsed or was cancelled in the shop. `returned_fen` came back after the payment; red-letter invoices
    took `reduced_fen` of it off the invoice. The seller records the rest until `reduce_due_on`, five working days after
    it was told.
    """

    order_id: UUID
    number: int
    order_state: str
    organisation_id: UUID
    unit: str
    credit_code: str
    producer_id: UUID
    seller: str
    producer_county: str
    year: int
    list: str | None
    payment_days: int
    payer_code: str
    freight_fen: Fen
    ordered_fen: Fen
    accepted_fen: Fen | None
    refused_fen: Fen
    state: PurchaseState
    requested_by: UUID
    requester: str
    requested_at: datetime
    approved_by: UUID | None
    approver: str | None
    approved_at: datetime | None
    signer: str | None
    signed_at: datetime | None
    delivered_at: datetime | None
    accept_due_on: date | None
    acceptor: str | None
    accepted_at: datetime | None
    due_on: date | None
    invoice_number: str | None
    invoice_issued_on: date | None
    invoiced_at: datetime | None
    paid_at: datetime | None
    waiting_fen: Fen
    returned_fen: Fen
    reduced_fen: Fen
    reduce_due_on: date | None
    ended_at: datetime | None
    reason: str | None

    @property
    def reducible_fen(self) -> Fen:
        """Return for how much the seller owes a red-letter invoice."""
        return Fen(self.returned_fen - self.reduced_fen)

    @property
    def lapsed(self) -> bool:
        """Return whether the goods no longer wait for it: it was not signed in time, or was cancelled in the shop."""
        return self.state in {PurchaseState.REQUESTED, PurchaseState.APPROVED} and self.order_state != "placed"


class RedLetter(Struct, frozen=True, kw_only=True):
    """A red-letter invoice (红字发票) of a purchase."""

    number: str
    issued_on: date
    fen: Fen
    recorded_at: datetime


class PurchaseDetail(Struct, frozen=True):
    """A purchase with its lines, checks and red-letter invoices."""

    purchase: Purchase
    lines: list[PurchaseLine]
    checks: list[AcceptanceCheck]
    red_letters: list[RedLetter]


class YearBook(Struct, frozen=True, kw_only=True):
    """A unit's book of a year: sums of entries, in fen.

    `quota_fen` is None until the unit has set it. `spent_fen` is what counts: accepted, paid, from a listed county,
    less what came back (`returned_fen`, already subtracted); `platform_fen` of it was bought on the 832 platform.
    """

    organisation_id: UUID
    unit: str
    year: int
    canteen_fen: Fen | None
    quota_fen: Fen | None
    ratio_bp: int
    source: str
    committed_fen: Fen
    accepted_fen: Fen
    restored_fen: Fen
    spent_fen: Fen
    returned_fen: Fen
    platform_fen: Fen


class CountedEntry(Struct, frozen=True, kw_only=True):
    """A part of a book's `spent_fen`: a purchase that was paid, or what came back of it (less than 0).

    `number` is of a purchase here; `order_number` with its line and `product` of one on the 832 platform.
    """

    number: int | None
    order_number: str | None
    line_number: int | None
    seller: str
    product: str | None
    fen: Fen
    at: datetime


class NotOfPublicUnit(Refusal):
    """The account does not work for a verified public unit, or not in this duty."""

    code = "not_of_public_unit"
    status = 403
    zh = "这一步要单位里{duty}的账号来办。"
    en = "This step belongs to the unit's {duty}."


class PurchaseInvalid(Refusal):
    """Fields of a step are invalid; `errors` lists each."""

    code = "purchase_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class OrderNotForUnit(Refusal):
    """The order cannot be bought by contract."""

    code = "order_not_for_unit"
    zh = "这个订单不能转成单位采购：{why}。"
    en = "A unit cannot buy this order by contract: {why}."


class PurchaseStepChanged(Refusal):
    """The purchase is at another step."""

    code = "purchase_step_changed"
    zh = "这一单已经到别的一步了，请看最新的情况。"
    en = "The purchase is {state}; see its current state."


class SamePersonTwice(Refusal):
    """One person may do one of the three: request, approve, accept."""

    code = "purchase_same_person"
    status = 403
    zh = "申请、审批、验收要三个人，您在这一单里已经办过别的一步。"
    en = "Requesting, approving and accepting take three people; you did another step of this purchase."


class SellersPurchase(Refusal):
    """Who works for the seller does no step of the unit."""

    code = "purchase_of_seller"
    status = 403
    zh = "这一单是您自己的店卖的，请单位里别的人办。"
    en = "You work or worked for the seller of this purchase; another person of the unit has to do this."


class BankReceiptKnown(Refusal):
    """The bank's number was recorded before."""

    code = "bank_receipt_known"
    zh = "这个流水号记过了。"
    en = "The bank's number was recorded before."


class ReceiptOfRecorder(Refusal):
    """Who recorded a transfer does not confirm it."""

    code = "bank_receipt_of_recorder"
    status = 403
    zh = "这一笔是您记的，请另一位工作人员照银行流水核对。"
    en = "You recorded this transfer; another person has to find it in the bank's statement."


class BankReceiptClosed(Refusal):
    """The transfer paid an order, or was sent back or taken out before."""

    code = "bank_receipt_closed"
    zh = "这一笔已经付了采购单，或者办过了。"
    en = "The transfer has paid an order, or was closed before."
