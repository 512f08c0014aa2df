"""What this library asks of a payment provider.

Outcomes have three values. `Ok` and `Declined` are the provider's word; `Unknown` is everything else, a timeout above
all: the call may have been carried out, so it is repeated with the same key or asked about, never taken for a failure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from payments.models import Action, DisputeState, Method, PaymentId, PaymentState, RefundId, RefundState
from payments.money import Amount


class Ok[T](Struct, frozen=True):
    """The provider did it, or had done it before under the same key."""

    value: T


class Declined(Struct, frozen=True):
    """The provider will not do it; `code` is its reason."""

    code: str
    message: str = ""


class Unknown(Struct, frozen=True):
    """No answer that could be understood."""

    why: str


type Outcome[T] = Ok[T] | Declined | Unknown


class ChargeRequest(Struct, frozen=True):
    """What to collect from the payer."""

    payment_id: PaymentId
    order: str
    amount: Amount
    method: Method
    return_url: str | None


class Charge(Struct, frozen=True):
    """What the provider says about one payment.

    `payment_id` is ours, given at creation; None where the charge was not made by us.
    """

    ref: str
    payment_id: PaymentId | None
    state: PaymentState
    amount: Amount
    captured_minor: int
    action: Action | None = None
    reason: str | None = None


class RefundRequest(Struct, frozen=True):
    """What to give back of a charge."""

    refund_id: RefundId
    attempt: int
    charge_ref: str
    amount: Amount


class RefundReport(Struct, frozen=True):
    """What the provider says about one refund; `refund_id` is None where it was not made by us."""

    ref: str
    refund_id: RefundId | None
    attempt: int
    state: RefundState
    amount: Amount
    reason: str | None = None


class DisputeReport(Struct, frozen=True):
    """What the provider says about one dispute over a charge."""

    ref: str
    charge_ref: str
    state: DisputeState
    amount: Amount
    reason: str | None = None
    due_at: datetime | None = None


class Notice(Struct, frozen=True):
    """A verified message: a hint that something about the charge `charge_ref` changed. It states no truth."""

    id: str
    topic: str
    charge_ref: str


class StatementLine(Struct, frozen=True):
    """One line of the provider's account of what it moved; money towards us is positive, before `fee_minor`.

    `kind` is one of charge, refund, refund_failure, dispute, other. `payment_id` and `refund_id` are ours, where the
    provider knows them.
    """

    ref: str
    kind: str
    amount: Amount
    fee_minor: int
    rail: str
    payment_id: PaymentId | None = None
    refund_id: RefundId | None = None
    attempt: int = 1


class Gateway(Protocol):
    """A provider. A gateway of one's own implements this and passes `payments.testing.gateway_contract`.

    Methods that take a `key` are idempotent by it. Those that ask raise GatewayUnavailable where no answer came.
    """

    @property
    def name(self) -> str:
        """The name that its messages and statement lines are kept under."""
        ...

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        """Begin to collect."""
        ...

    async def cancel(self, ref: str, key: str) -> Outcome[Charge]:
        """End a charge that was not captured; one that was captured is Ok with that state, and not ended."""
        ...

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        """Give money back."""
        ...

    async def charge(self, ref: str) -> Charge | None:
        """Ask how a charge stands; None where the provider has none such.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def find_charge(self, payment_id: PaymentId) -> Charge | None:
        """Ask for the charge made for one of our payments, whose reference never reached us.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def refunds(self, charge_ref: str) -> list[RefundReport]:
        """Ask for the refunds of a charge, at most 100.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def disputes(self, charge_ref: str) -> list[DisputeReport]:
        """Ask for the disputes over a charge, at most 100.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    async def statement(self, since: datetime, until: datetime) -> list[StatementLine]:
        """Ask for what was moved in the half-open interval.

        Raises:
            GatewayUnavailable: the provider did not answer.
        """
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Check that a message is the provider's own, fresh (old and future alike) and of our mode.

        Raises:
            BadSignature: it is not.
        """
        ...
