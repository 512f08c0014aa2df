"""The interface to a payment provider.

A call has three outcomes. `Ok` and `Declined` are the provider's answer; `Unknown` is everything else, above all a
timeout: the call may have taken effect, so it is repeated with the same key or queried, and never counts as a failure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from payments.models import (
    AccountKind,
    Action,
    DisputeState,
    Method,
    PaymentId,
    PaymentState,
    PayoutId,
    PayoutState,
    RefundId,
    RefundState,
)
from payments.money import Amount

__all__ = [
    "AccountReport",
    "AccountRequest",
    "Charge",
    "ChargeRequest",
    "Declined",
    "DisputeReport",
    "Gateway",
    "Ok",
    "Outcome",
    "PayoutReport",
    "PayoutRequest",
    "RefundReport",
    "RefundRequest",
    "StatementLine",
    "Unknown",
    "WebhookNotice",
]


class Ok[T](Struct, frozen=True):
    """The provider carried out the call, now or earlier under the same key."""

    value: T


class Declined(Struct, frozen=True):
    """The provider declined the call; `code` is its reason."""

    code: str
    message: str = ""


class Unknown(Struct, frozen=True):
    """There was no answer, or none that could be parsed."""

    reason: str


type Outcome[T] = Ok[T] | Declined | Unknown


class ChargeRequest(Struct, frozen=True):
    """What to collect from the payer."""

    payment_id: PaymentId
    order: str
    amount: Amount
    method: Method
    return_url: str | None


class Charge(Struct, frozen=True):
    """The provider's state of one payment; `payment_id` is None if this library did not create the charge."""

    ref: str
    payment_id: PaymentId | None
    state: PaymentState
    amount: Amount
    captured_minor: int
    action: Action | None = None
    reason: str | None = None
    method: str = "other"


class RefundRequest(Struct, frozen=True):
    """What to refund of a charge."""

    refund_id: RefundId
    attempt: int
    charge_ref: str
    amount: Amount


class RefundReport(Struct, frozen=True):
    """The provider's state of one refund; `refund_id` is None if this library did not create it."""

    ref: str
    refund_id: RefundId | None
    attempt: int
    state: RefundState
    amount: Amount
    reason: str | None = None


class DisputeReport(Struct, frozen=True):
    """The provider's state of one dispute over a charge."""

    ref: str
    charge_ref: str
    state: DisputeState
    amount: Amount
    reason: str | None = None
    due_at: datetime | None = None


class AccountRequest(Struct, frozen=True, kw_only=True):
    """The account of a payee; `holder` is the name and `number` the number that its bank knows."""

    payee: str
    kind: AccountKind
    holder: str
    number: str


class AccountReport(Struct, frozen=True, kw_only=True):
    """The provider's reference of an account, and whether it checked that the account exists and is the holder's."""

    ref: str
    verified: bool
    reason: str | None = None


class PayoutRequest(Struct, frozen=True):
    """What to pay out, to the account with the provider's reference `destination`."""

    payout_id: PayoutId
    destination: str
    amount: Amount


class PayoutReport(Struct, frozen=True):
    """The provider's state of one payout. A failed one is back in the provider's balance of the caller."""

    ref: str
    payout_id: PayoutId | None
    state: PayoutState
    amount: Amount
    reason: str | None = None


class WebhookNotice(Struct, frozen=True):
    """A verified webhook: a hint that the charge, or the payout, `object_ref` may have changed; empty if none may.

    Its content is never booked. The topics of payouts begin with `payout.`.
    """

    id: str
    topic: str
    object_ref: str


class StatementLine(Struct, frozen=True, kw_only=True):
    """One line of the provider's statement. `amount` is positive for money received, before the provider's fee.

    `kind` is one of charge, refund, refund_failure, dispute, payout (negative, or positive if it came back), other.
    `payment_id`, `refund_id` and `payout_id` are ours, if the provider knows them; `charge_ref` and `dispute_ref` are
    the provider's references. The amount is in the currency of the charge, refund, dispute or payout, the fee in that
    of the settlement: fees add up only within one currency.
    """

    ref: str
    kind: str
    amount: Amount
    fee: Amount
    method: str
    payment_id: PaymentId | None = None
    refund_id: RefundId | None = None
    attempt: int = 1
    dispute_ref: str | None = None
    charge_ref: str | None = None
    payout_id: PayoutId | None = None


class Gateway(Protocol):
    """A payment provider. Your own gateway implements this and passes `payments.testing.gateway_contract`.

    Methods that take a `key` are idempotent by it. The other calls raise GatewayUnavailable if there is no answer.
    """

    @property
    def name(self) -> str:
        """The name under which its webhooks and statement lines are stored."""
        ...

    @property
    def methods(self) -> frozenset[Method]:
        """The methods that it collects; its statement is compared with their clearing accounts."""
        ...

    @property
    def account_kinds(self) -> frozenset[AccountKind]:
        """The kinds of accounts that it pays out to."""
        ...

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        """Create a charge."""
        ...

    async def cancel(self, ref: str, key: str) -> Outcome[Charge]:
        """Cancel a charge; a captured one stays as it is and is returned with its state."""
        ...

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        """Refund a charge, in full or in part."""
        ...

    async def get_charge(self, ref: str) -> Charge | None:
        """Return a charge, or None if the provider does not know it.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def find_charge(self, payment_id: PaymentId) -> Charge | None:
        """Return the charge of one of our payments whose reference is unknown, or None.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def list_refunds(self, charge_ref: str) -> list[RefundReport]:
        """Return all refunds of a charge.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def list_disputes(self, charge_ref: str) -> list[DisputeReport]:
        """Return all disputes over a charge.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def open_account(self, request: AccountRequest, key: str) -> Outcome[AccountReport]:
        """Register the account of a payee and have it checked. A kind that it does not pay out to is declined."""
        ...

    async def pay_out(self, request: PayoutRequest, key: str) -> Outcome[PayoutReport]:
        """Pay out from the provider's balance of the caller. A declined payout has moved no money."""
        ...

    async def get_payout(self, destination: str, ref: str) -> PayoutReport | None:
        """Return a payout, or None if the provider does not know it.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def find_payout(self, destination: str, payout_id: PayoutId) -> PayoutReport | None:
        """Return one of our payouts whose reference is unknown, or None if it moved no money.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def list_statement_lines(self, since: datetime, until: datetime) -> list[StatementLine]:
        """Return the balance transactions of a half-open interval.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookNotice:
        """Verify a webhook: its signature, its timestamp (not old, not in the future) and its mode (test or live).

        Raises:
            InvalidSignature: one of them is wrong.
        """
        ...
