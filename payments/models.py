"""What a payment is, the states it may pass through, and the answers that say no."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from payments.errors import Refusal
from payments.money import Amount, figure

PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
OperationId = NewType("OperationId", UUID)


class Method(StrEnum):
    """The rail that money comes in by; each has a clearing account of its own."""

    ALIPAY = "alipay"
    WECHAT = "wechat"
    BANK = "bank"
    """A transfer outside any provider: someone records what arrived."""


class Purpose(StrEnum):
    """Which share of an order a payment is for: the whole, or a deposit and later the balance."""

    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class PaymentState(StrEnum):
    """Where a payment stands. Captured never goes back: refunds and disputes are objects of their own."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class RefundState(StrEnum):
    """Where a refund stands; one that the buyer's bank sends back fails after it succeeded."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeState(StrEnum):
    """Where a buyer's claim against a charge, raised at the provider, stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class OperationState(StrEnum):
    """Where a call to the provider stands. A call that got no answer is unknown, never declined."""

    PENDING = "pending"
    SENT = "sent"
    OK = "ok"
    DECLINED = "declined"
    UNKNOWN = "unknown"


_S = PaymentState
MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    _S.CREATED: frozenset(
        {_S.REQUIRES_ACTION, _S.PROCESSING, _S.AUTHORIZED, _S.CAPTURED, _S.FAILED, _S.CANCELED, _S.EXPIRED}
    ),
    _S.REQUIRES_ACTION: frozenset({_S.PROCESSING, _S.AUTHORIZED, _S.CAPTURED, _S.FAILED, _S.CANCELED, _S.EXPIRED}),
    _S.PROCESSING: frozenset({_S.AUTHORIZED, _S.CAPTURED, _S.FAILED, _S.CANCELED, _S.EXPIRED}),
    _S.AUTHORIZED: frozenset({_S.CAPTURED, _S.FAILED, _S.CANCELED, _S.EXPIRED}),
    _S.CAPTURED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELED: frozenset(),
    _S.EXPIRED: frozenset(),
}
"""The moves of a payment; what is not here never happens."""

_R = RefundState
REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    _R.REQUESTED: frozenset({_R.PENDING, _R.SUCCEEDED, _R.FAILED}),
    _R.PENDING: frozenset({_R.SUCCEEDED, _R.FAILED}),
    _R.SUCCEEDED: frozenset({_R.FAILED}),
    _R.FAILED: frozenset({_R.REQUESTED}),
}
"""The moves of a refund; a failed one is asked for again under the next attempt's key."""

CLOSED = frozenset({_S.FAILED, _S.CANCELED, _S.EXPIRED})
"""States in which a payment has ended without money; such money as comes in later goes back by itself."""

LIVE = frozenset(_S) - CLOSED
"""States of which an order holds at most one."""

KINDS = {Purpose.FULL: "paid", Purpose.DEPOSIT: "deposit paid", Purpose.BALANCE: "balance paid"}
"""What the ledger calls the payment's transaction."""


class Part(Struct, frozen=True):
    """One share of a payment: `minor` goes to the account `escrow:<name>`.

    `discount_minor` of it is borne by the platform (account `promotion`), the rest by the payer.
    """

    name: str
    minor: int
    discount_minor: int = 0


class Action(Struct, frozen=True, omit_defaults=True):
    """What the payer has to do next; empty where nothing is left to do."""

    redirect_url: str | None = None
    """Open this page (Alipay, or the provider's page that shows the WeChat code)."""
    qr_code: str | None = None
    """Show this text as a QR code."""
    qr_image: str | None = None
    """The same code as an image, where the provider draws one."""


class Payment(Struct, frozen=True):
    """One attempt to collect `amount_minor` for an order."""

    id: PaymentId
    order_ref: str
    purpose: Purpose
    method: Method
    provider_ref: str | None
    currency: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    disputed_minor: int
    state: PaymentState
    return_url: str | None
    action: Action | None
    reason: str | None
    opened_at: datetime
    expires_at: datetime
    captured_at: datetime | None
    closed_at: datetime | None

    @property
    def amount(self) -> Amount:
        """The sum asked of the payer."""
        return Amount(self.amount_minor, self.currency)


class Refund(Struct, frozen=True):
    """Money on its way back to the payer of one payment."""

    id: RefundId
    payment_id: PaymentId
    key: str
    kind: str
    amount_minor: int
    state: RefundState
    provider_ref: str | None
    reason: str | None
    attempt: int
    requested_at: datetime
    settled_at: datetime | None


def instant(at: datetime | None) -> datetime:
    """Return `at`, or this moment where the caller has no clock of its own.

    Raises:
        ValueError: `at` has no time zone.
    """
    if at is None:
        return datetime.now(UTC)
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return at


class UnevenParts(Refusal):
    """The parts, less what the platform bears, are not the amount; or there are none, too many, or two of one name."""

    code = "uneven_parts"
    status = 422
    zh = "各部分合计 {parts_minor}，与应付 {amount_minor} 不一致。"
    en = "The parts come to {parts_minor}, not to the amount of {amount_minor}."


class AlreadyPaying(Refusal):
    """The order has a live payment already: continue it, or change its method."""

    code = "already_paying"
    zh = "订单 {order} 已有一笔进行中或已完成的支付。"
    en = "Order {order} has a payment under way or done."


class UnknownPayment(Refusal):
    """There is no such payment."""

    code = "unknown_payment"
    status = 404
    zh = "没有这笔支付。"
    en = "There is no such payment."


class PaymentClosed(Refusal):
    """The payment has ended without money; a new one has to be opened."""

    code = "payment_closed"
    zh = "这笔支付已关闭，请重新付款。"
    en = "This payment is closed ({state}); open a new one."


class AlreadyPaid(Refusal):
    """The payment went through, so it can be neither changed nor closed."""

    code = "already_paid"
    zh = "这笔支付已经成功。"
    en = "This payment went through already."


class PaymentDeclined(Refusal):
    """The provider said no; the payment has failed."""

    code = "payment_declined"
    status = 402
    zh = "支付未成功（{reason}），请换一种方式。"
    en = "The provider declined the payment ({reason})."


class NotOffline(Refusal):
    """Only a payment by bank transfer is recorded by hand."""

    code = "not_offline"
    zh = "只有银行转账可以人工登记。"
    en = "Only a bank transfer is recorded by hand."


class OverRefund(Refusal):
    """More would go back than came in."""

    code = "over_refund"
    status = 422
    zh = "最多还可退 {left}。"
    en = "At most {left} can still be given back."

    def __init__(self, *, left: Amount) -> None:
        super().__init__(left=figure(left), left_minor=left.minor)


class UnknownRefund(Refusal):
    """There is no such refund."""

    code = "unknown_refund"
    status = 404
    zh = "没有这笔退款。"
    en = "There is no such refund."


class FactDiffers(Refusal):
    """The key stands for another fact in the ledger or among the refunds; nothing was written."""

    code = "fact_differs"
    zh = "编号 {key} 已用于另一笔账。"
    en = "The key {key} stands for another fact."


class BelowFloor(Refusal):
    """An account holds less than would be taken from it; the transaction is lost."""

    code = "below_floor"
    zh = "账户 {account} 余额不足。"
    en = "The account {account} does not hold that much."


class UnknownAccount(Refusal):
    """The account's prefix is none of the known kinds."""

    code = "unknown_account"
    status = 422
    zh = "没有 {account} 这类账户。"
    en = "The account {account} is of no known kind."


class BadSignature(Refusal):
    """The message is not the provider's, not fresh, or of the other mode (test or live); nothing was stored."""

    code = "bad_signature"
    status = 400
    zh = "通知无法验证。"
    en = "The message could not be verified ({why})."


class ProviderDisagrees(Exception):  # noqa: N818 - told apart from our own errors by its meaning
    """The provider reports another sum or currency than was asked; nothing is booked, a person must look."""
