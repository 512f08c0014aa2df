"""Every error of this library.

```text
Exception
├── Refusal                   a request that cannot be carried out; the caller can act on its code and text
│   ├── Busy
│   ├── InvalidSignature
│   ├── PartsDoNotSumToAmount
│   ├── PaymentNotFound
│   ├── PaymentInProgress
│   ├── PaymentClosed
│   ├── PaymentDeclined
│   ├── AlreadyPaid
│   ├── NotBankTransfer
│   ├── AnotherTransferRecorded
│   ├── TransferRecordedBefore
│   ├── RefundNotFound
│   ├── RefundExceedsPayment
│   ├── KeyAlreadyUsed
│   ├── InsufficientBalance
│   ├── UnknownAccountKind
│   └── DiscrepancyNotFound
├── GatewayUnavailable        the provider did not answer; retry later
│   └── CircuitOpen           it has not answered for a while and was not called
└── ProviderMismatch          the provider reports something else than was requested; a person decides
```
"""

import re
from typing import ClassVar, override

from msgspec import Struct

from payments.money import Amount, format_amount


class FieldFault(Struct, frozen=True):
    """What is wrong with one field of a request, and what would be right."""

    field: str
    message: str


class Refusal(Exception):
    """A request that cannot be carried out, with a stable code and a text in Chinese and English.

    `code` never changes and is read by programs; `status` is the HTTP status. `zh` and `en` are templates filled with
    the keyword arguments, which stay available in `facts`. `errors` describes single fields.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    zh: ClassVar[str] = "不能这样做。"
    en: ClassVar[str] = "This cannot be done."

    def __init__(self, *, errors: tuple[FieldFault, ...] = (), **facts: object) -> None:
        super().__init__(self.code)
        self.errors = errors
        self.facts = facts

    def text(self, language: str = "zh") -> str:
        """Return the text in a language (`zh` or `en`)."""
        return (self.en if language == "en" else self.zh).format_map(self.facts)

    @classmethod
    def title(cls, language: str = "zh") -> str:
        """Return the text without its facts: the same for every refusal of the class."""
        text = cls.en if language == "en" else cls.zh
        return re.sub(r"\s*\{[^}]*\}\s*", " … ", text).strip()

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"


class GatewayUnavailable(Exception):
    """The provider did not answer, so the outcome of the call is unknown."""


class CircuitOpen(GatewayUnavailable):
    """The provider has not answered for a while and was not called; it is tried again in `retry_after` seconds."""

    def __init__(self, provider: str, retry_after: int) -> None:
        super().__init__(f"{provider} has not answered for a while")
        self.retry_after = retry_after


class ProviderMismatch(Exception):
    """The provider reports a different charge, amount or currency than was requested; nothing is booked."""


class ChargeMismatch(ProviderMismatch):
    """The charge itself differs from its payment; what it took is booked into suspense."""


class Busy(Refusal):
    """No database connection became available in time."""

    code = "busy"
    status = 503
    zh = "现在人多，请过几秒再试。"
    en = "The service is busy; try again in a few seconds."


class InvalidSignature(Refusal):
    """The webhook's signature, timestamp or mode (test or live) is invalid."""

    code = "bad_signature"
    status = 400
    zh = "通知无法验证。"
    en = "The message could not be verified ({why})."


class PartsDoNotSumToAmount(Refusal):
    """The parts less their discounts do not sum to the amount, or their number or names are invalid."""

    code = "uneven_parts"
    status = 422
    zh = "各部分合计 {parts_minor}，与应付 {amount_minor} 不一致。"
    en = "The parts add up to {parts_minor} instead of {amount_minor}."


class PaymentNotFound(Refusal):
    """The payment does not exist."""

    code = "unknown_payment"
    status = 404
    zh = "没有这笔支付。"
    en = "There is no such payment."


class PaymentInProgress(Refusal):
    """The order already has a live payment: continue it or change its method."""

    code = "already_paying"
    zh = "订单 {order} 已有一笔进行中或已完成的支付。"
    en = "Order {order} already has an open or captured payment."


class PaymentClosed(Refusal):
    """The payment ended without money; open a new one."""

    code = "payment_closed"
    zh = "这笔支付已关闭，请重新付款。"
    en = "This payment is closed ({state}); open a new one."


class PaymentDeclined(Refusal):
    """The provider declined the payment, which has failed."""

    code = "payment_declined"
    status = 402
    zh = "支付未成功（{reason}），请换一种方式。"
    en = "The provider declined the payment ({reason})."


class AlreadyPaid(Refusal):
    """The payment was captured and can no longer be changed or closed."""

    code = "already_paid"
    zh = "这笔支付已经成功。"
    en = "This payment was already captured."


class NotBankTransfer(Refusal):
    """The payment goes through a provider; only a bank transfer is recorded by hand."""

    code = "not_offline"
    zh = "只有银行转账可以人工登记。"
    en = "Only a bank transfer is recorded by hand."


class AnotherTransferRecorded(Refusal):
    """The payment was booked under another of the bank's numbers; a second transfer is not booked for it."""

    code = "other_transfer_recorded"
    zh = "这笔支付已按流水号 {reference} 登记到账。又来一笔转账的，请退给付款人。"
    en = "This payment was recorded under the number {reference}; return a second transfer to its payer."


class TransferRecordedBefore(Refusal):
    """The bank's number was recorded for the payment of another order, or for another refund."""

    code = "transfer_recorded_before"
    zh = "流水号 {reference} 已登记给订单 {order}。一笔转账付几个订单的，第二个起在流水号后面加 -2、-3 再记。"
    en = "The number {reference} was recorded for order {order}; if it paid several, add -2, -3 to it for the others."


class PayoutNotFound(Refusal):
    """The payout does not exist."""

    code = "unknown_payout"
    status = 404
    zh = "没有这笔打款。"
    en = "There is no such payout."


class RefundNotFound(Refusal):
    """The refund does not exist."""

    code = "unknown_refund"
    status = 404
    zh = "没有这笔退款。"
    en = "There is no such refund."


class RefundExceedsPayment(Refusal):
    """The refund is not positive or exceeds the refundable amount of the payment."""

    code = "over_refund"
    status = 422
    zh = "最多还可退 {refundable}。"
    en = "At most {refundable} can still be refunded."

    def __init__(self, *, refundable: Amount) -> None:
        super().__init__(refundable=format_amount(refundable), refundable_minor=refundable.minor)


class KeyAlreadyUsed(Refusal):
    """The key belongs to a different ledger transaction, refund or payout."""

    code = "fact_differs"
    zh = "编号 {key} 已用于另一笔账。"
    en = "The key {key} was already used for something else."


class InsufficientBalance(Refusal):
    """The account's balance would fall below its floor; the database transaction is aborted."""

    code = "below_floor"
    zh = "账户 {account} 余额不足。"
    en = "The balance of account {account} is insufficient."


class UnknownAccountKind(Refusal):
    """The prefix of the account's code is not a known kind."""

    code = "unknown_account_kind"
    status = 422
    zh = "没有 {account} 这类账户。"
    en = "The account {account} is not of a known kind."


class DiscrepancyNotFound(Refusal):
    """The discrepancy is not open, or the closing ledger transaction does not exist."""

    code = "unknown_break"
    status = 404
    zh = "没有这条未处理的对账差异，或没有用来销账的分录。"
    en = "There is no such open discrepancy, or no such transaction to close it."
