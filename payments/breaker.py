"""A gateway that spares a provider which does not answer: bounded concurrency and a circuit breaker."""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from payments.errors import CircuitOpen, GatewayUnavailable
from payments.models import AccountKind, Method, PaymentId, PayoutId
from payments.port import (
    AccountReport,
    AccountRequest,
    Charge,
    ChargeRequest,
    DisputeReport,
    Gateway,
    Outcome,
    PayoutReport,
    PayoutRequest,
    RefundReport,
    RefundRequest,
    StatementLine,
    Unknown,
    WebhookNotice,
)


class CircuitBreaker(ABC):
    """Passes calls on to a provider, at most `concurrency` at a time; others wait for at most `max_wait` seconds.

    After `threshold` calls in a row without an answer the circuit is open: for `cooldown` seconds every call fails at
    once, and then one call tries whether the provider answers again.
    """

    def __init__(
        self, *, concurrency: int = 8, threshold: int = 5, cooldown: float = 15.0, max_wait: float = 10.0
    ) -> None:
        self._semaphore = asyncio.Semaphore(concurrency)
        self._threshold, self._cooldown, self._max_wait = threshold, cooldown, max_wait
        self._failures = 0
        self._closed_from = 0.0

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the provider."""

    def is_open(self) -> bool:
        """Return whether the circuit is open, so that a call would fail at once."""
        return self._failures >= self._threshold and time.monotonic() < self._closed_from

    def require_closed(self) -> None:
        """Do nothing while the provider is called.

        Raises:
            CircuitOpen: the circuit is open.
        """
        if self.is_open():
            raise CircuitOpen(self.name, max(1, math.ceil(self._closed_from - time.monotonic())))

    def _count(self, *, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= self._threshold:
            self._closed_from = time.monotonic() + self._cooldown

    async def _pass[T](self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._max_wait):
                await self._semaphore.acquire()
        except TimeoutError:
            raise GatewayUnavailable(f"{self.name} has too many calls to answer") from None
        try:
            self.require_closed()
            if self._failures >= self._threshold:  # the trial call: the others wait for its outcome
                self._closed_from = time.monotonic() + self._cooldown
            try:
                result = await call()
            except GatewayUnavailable:
                self._count(answered=False)
                raise
            self._count(answered=not isinstance(result, Unknown))
            return result
        finally:
            self._semaphore.release()

    async def _pass_outcome[T](self, call: Callable[[], Awaitable[Outcome[T]]]) -> Outcome[T]:
        try:
            return await self._pass(call)
        except GatewayUnavailable as error:
            return Unknown(str(error))


class GuardedGateway(CircuitBreaker):
    """A gateway whose calls pass through a circuit breaker."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        concurrency: int = 8,
        threshold: int = 5,
        cooldown: float = 15.0,
        max_wait: float = 10.0,
    ) -> None:
        super().__init__(concurrency=concurrency, threshold=threshold, cooldown=cooldown, max_wait=max_wait)
        self._gateway = gateway

    @property
    def name(self) -> str:
        """The name of the gateway."""
        return self._gateway.name

    @property
    def methods(self) -> frozenset[Method]:
        """The methods that the gateway collects."""
        return self._gateway.methods

    @property
    def account_kinds(self) -> frozenset[AccountKind]:
        """The kinds of accounts that the gateway pays out to."""
        return self._gateway.account_kinds

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        """Create a charge."""
        return await self._pass_outcome(lambda: self._gateway.create(request, key))

    async def cancel(self, ref: str, key: str) -> Outcome[Charge]:
        """Cancel a charge."""
        return await self._pass_outcome(lambda: self._gateway.cancel(ref, key))

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        """Refund a charge."""
        return await self._pass_outcome(lambda: self._gateway.refund(request, key))

    async def get_charge(self, ref: str) -> Charge | None:
        """Return a charge."""
        return await self._pass(lambda: self._gateway.get_charge(ref))

    async def find_charge(self, payment_id: PaymentId) -> Charge | None:
        """Return the charge of one of our payments."""
        return await self._pass(lambda: self._gateway.find_charge(payment_id))

    async def list_refunds(self, charge_ref: str) -> list[RefundReport]:
        """Return the refunds of a charge."""
        return await self._pass(lambda: self._gateway.list_refunds(charge_ref))

    async def list_disputes(self, charge_ref: str) -> list[DisputeReport]:
        """Return the disputes over a charge."""
        return await self._pass(lambda: self._gateway.list_disputes(charge_ref))

    async def open_account(self, request: AccountRequest, key: str) -> Outcome[AccountReport]:
        """Register the account of a payee."""
        return await self._pass_outcome(lambda: self._gateway.open_account(request, key))

    async def pay_out(self, request: PayoutRequest, key: str) -> Outcome[PayoutReport]:
        """Pay out."""
        return await self._pass_outcome(lambda: self._gateway.pay_out(request, key))

    async def get_payout(self, destination: str, ref: str) -> PayoutReport | None:
        """Return a payout."""
        return await self._pass(lambda: self._gateway.get_payout(destination, ref))

    async def find_payout(self, destination: str, payout_id: PayoutId) -> PayoutReport | None:
        """Return one of our payouts."""
        return await self._pass(lambda: self._gateway.find_payout(destination, payout_id))

    async def list_statement_lines(self, since: datetime, until: datetime) -> list[StatementLine]:
        """Return the balance transactions of an interval."""
        return await self._pass(lambda: self._gateway.list_statement_lines(since, until))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookNotice:
        """Verify a webhook."""
        return self._gateway.verify(headers, body, now)


def require_closed_circuit(gateway: Gateway) -> None:
    """Do nothing while a gateway calls the provider, so that nothing is written about a call that is not made.

    Raises:
        CircuitOpen: the gateway has a circuit, and it is open.
    """
    if isinstance(gateway, GuardedGateway):
        gateway.require_closed()
