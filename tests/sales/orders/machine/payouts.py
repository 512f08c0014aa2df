"""Rules about payouts: asked for or by schedule, and what the bank does with them."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.sales.orders.escrow import get_payable_account
from market.sales.payouts.pay_out import PayoutHold, ask_for_payout, pay_out_due, sum_kept_back
from payments import get_balance, list_payouts
from tests.sales.orders.machine.world import ShopMachine

HOLD = PayoutHold(claim_hours=48, return_days=7)


class PayoutRules(ShopMachine):
    """The farmer, the host and the guide have accounts that were checked."""

    numbers: list[int]

    @precondition(lambda self: self.has("released"))
    @rule(by_schedule=st.booleans(), key=st.integers(1, 4))
    def pay_out(self, *, by_schedule: bool, key: int) -> None:
        """Pay out what is owed; what buyers may still claim is kept back."""
        w = self.world
        producer_id = self.products[0].producer_id

        async def paying() -> None:
            if by_schedule:
                await pay_out_due(w.db, w.gateway, hold=HOLD, now=self.now)
            else:
                await ask_for_payout(w.db, w.gateway, self.farmer, producer_id, key=str(key), hold=HOLD, now=self.now)

        before = self.run(self._read_payable())
        self.run_allowing_refusal(paying())
        kept_fen = self.run(self._read_kept())
        assert self.run(self._read_payable()) >= min(before, kept_fen)

    async def _read_payable(self) -> int:
        async with self.world.steady.connection() as conn:
            return await get_balance(conn, get_payable_account(self.numbers[0]))

    async def _read_kept(self) -> int:
        async with self.world.steady.connection() as conn:
            return await sum_kept_back(conn, self.products[0].producer_id, HOLD, now=self.now)

    @precondition(lambda self: self.has("released"))
    @rule(number=st.integers(0, 9), status=st.sampled_from(["paid", "failed"]))
    def bank_decides(self, number: int, status: str) -> None:
        """Let the bank pay a payout, or return it, before or after it arrived; the news comes by a poll."""
        w = self.world

        async def deciding() -> None:
            async with w.steady.connection() as conn:
                found = [each for one in self.numbers for each in await list_payouts(conn, str(one))]
            sent = [each for each in found if each.provider_ref is not None]
            if sent:
                ref = sent[number % len(sent)].provider_ref or ""
                await w.sandbox.set_payout(ref, status, "account_closed" if status == "failed" else None)
                await w.end_leases()
                await self.apply_all_events()

        self.run_allowing_refusal(deciding())
