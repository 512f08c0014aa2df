"""Payments, refunds and their parts, and the transitions of their states."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from payments.money import Amount

PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
PayoutId = NewType("PayoutId", UUID)
OperationId = NewType("OperationId", UUID)


class Method(StrEnum):
    """How the payer pays; each method has its own clearing account."""

    ALIPAY = "alipay"
    WECHAT = "wechat"
    BANK = "bank"
    """A bank transfer outside any provider, recorded by hand."""


class MethodTraits(Struct, frozen=True, kw_only=True):
    """What payers and the provider know of a method.

    `app_zh` is the app that the payer pays with. `stripe_type` is None for a method outside the provider. The payer
    scans a code if `scans`, and opens a page if not.
    """

    name_zh: str
    app_zh: str
    stripe_type: str | None
    scans: bool = False


METHODS = {
    Method.ALIPAY: MethodTraits(name_zh="支付宝", app_zh="支付宝", stripe_type="alipay"),
    Method.WECHAT: MethodTraits(name_zh="微信支付", app_zh="微信", stripe_type="wechat_pay", scans=True),
    Method.BANK: MethodTraits(name_zh="银行转账", app_zh="银行", stripe_type=None),
}
"""Every method, in the order in which payers choose."""
STRIPE_METHODS = {traits.stripe_type: method for method, traits in METHODS.items() if traits.stripe_type}
"""The methods of the provider by their type there."""


class Purpose(StrEnum):
    """The share of an order that a payment is for: all of it, or a deposit and later the balance."""

    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class PaymentState(StrEnum):
    """The state of a payment. `captured` is final: refunds and disputes are objects of their own."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class RefundState(StrEnum):
    """The state of a refund; a succeeded one fails if the payer's bank returns it."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeState(StrEnum):
    """The state of a dispute that the payer opened at the provider."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class AccountKind(StrEnum):
    """Where a payee gets money: an account at a bank, or a WeChat account."""

    BANK = "bank"
    WECHAT = "wechat"


class PayoutState(StrEnum):
    """The state of a payout; `paid` means that the bank confirmed it, and even then it may come back."""

    CREATED = "created"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"


class OperationState(StrEnum):
    """The state of a call to the provider. A call without an answer is unknown, never declined."""

    PENDING = "pending"
    SENT = "sent"
    OK = "ok"
    DECLINED = "declined"
    UNKNOWN = "unknown"


_S = PaymentState
PAYMENT_TRANSITIONS: dict[PaymentState, frozenset[PaymentState]] = {
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
"""The transitions of a payment; no other happens."""

_R = RefundState
REFUND_TRANSITIONS: dict[RefundState, frozenset[RefundState]] = {
    _R.REQUESTED: frozenset({_R.PENDING, _R.SUCCEEDED, _R.FAILED}),
    _R.PENDING: frozenset({_R.SUCCEEDED, _R.FAILED}),
    _R.SUCCEEDED: frozenset({_R.FAILED}),
    _R.FAILED: frozenset({_R.REQUESTED, _R.PENDING}),
}
"""The transitions of a refund; a failed one is requested again under the next attempt's key.

If the provider says later that it made one, it is pending: nothing sends it, and the provider is asked once more.
"""

_P = PayoutState
PAYOUT_TRANSITIONS: dict[PayoutState, frozenset[PayoutState]] = {
    _P.CREATED: frozenset({_P.IN_TRANSIT, _P.PAID, _P.FAILED}),
    _P.IN_TRANSIT: frozenset({_P.PAID, _P.FAILED}),
    _P.PAID: frozenset({_P.FAILED}),
    _P.FAILED: frozenset(),
}
"""The transitions of a payout; after a failed one the money is owed again, and another payout takes it."""

CLOSED_STATES = frozenset({_S.FAILED, _S.CANCELED, _S.EXPIRED})
"""States of a payment that ended without money; money that arrives later is refunded automatically."""

CAPTURE_KINDS = {Purpose.FULL: "paid", Purpose.DEPOSIT: "deposit paid", Purpose.BALANCE: "balance paid"}
"""The kind of the ledger transaction that books a payment."""


class _EscrowShare(Struct, frozen=True):
    name: str
    minor: int


class Part(_EscrowShare, frozen=True, kw_only=True):
    """One share of a payment: `minor` goes to the account `escrow:<name>`.

    The platform bears `discount_minor` of it (account `promotion`), the payer the rest.
    """

    discount_minor: int = 0


class Action(Struct, frozen=True, omit_defaults=True):
    """What the payer has to do next; empty if nothing is left to do."""

    redirect_url: str | None = None
    """A page to open: Alipay, or the provider's page with the WeChat code."""
    qr_code: str | None = None
    """A text to show as a QR code."""
    qr_image: str | None = None
    """The same code as an image, if the provider supplies one."""


class Payment(Struct, frozen=True, kw_only=True):
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
        """The amount to collect."""
        return Amount(self.amount_minor, self.currency)


class Refund(Struct, frozen=True, kw_only=True):
    """Money that goes back to the payer of one payment."""

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
    succeeded_at: datetime | None


class Payout(Struct, frozen=True, kw_only=True):
    """Money that goes to a payee; `destination` is the provider's reference of the payee's account.

    `reason` says why it failed. `paid_at` stays if a paid one comes back.
    """

    id: PayoutId
    payee: str
    key: str
    provider: str
    destination: str
    currency: str
    amount_minor: int
    state: PayoutState
    provider_ref: str | None
    reason: str | None
    created_at: datetime
    paid_at: datetime | None
    failed_at: datetime | None


def resolve_time(at: datetime | None) -> datetime:
    """Return `at`, or the current time if it is None.

    Raises:
        ValueError: `at` has no time zone.
    """
    if at is None:
        return datetime.now(UTC)
    if at.tzinfo is None:
        raise ValueError("a datetime needs a time zone")
    return at
