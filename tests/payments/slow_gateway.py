"""A gateway whose answers come late."""

import asyncio
from typing import override

from payments import GuardedGateway
from payments.port import Outcome, PayoutReport, PayoutRequest, RefundReport, RefundRequest
from payments.stripe import Stripe


class SlowGateway(GuardedGateway):
    """A gateway whose refunds and payouts are made at once, and answered when `answer` is set."""

    def __init__(self, gateway: Stripe) -> None:
        super().__init__(gateway)
        self.made, self.answer = asyncio.Event(), asyncio.Event()

    async def _hold[T](self, outcome: Outcome[T]) -> Outcome[T]:
        self.made.set()
        await self.answer.wait()
        return outcome

    @override
    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        return await self._hold(await super().refund(request, key))

    @override
    async def pay_out(self, request: PayoutRequest, key: str) -> Outcome[PayoutReport]:
        return await self._hold(await super().pay_out(request, key))
