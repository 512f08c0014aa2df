"""Rules about disputes: the buyer's bank takes money back, and gives it again or not."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.sales.orders.models import PlacedOrder
from payments import get_payment, list_payments, poll_payment
from tests.sales.orders.machine.world import ShopMachine

DISPUTABLE = ("goods paid", "goods shipped", "goods received", "stay paid", "activity paid")


class DisputeRules(ShopMachine):
    """Buyers dispute a payment at their bank, which decides."""

    @precondition(lambda self: self.has(*DISPUTABLE))
    @rule(number=st.integers(0, 99), part=st.sampled_from([1, 1, 2, 7]))
    def dispute(self, number: int, part: int) -> None:
        """Dispute a payment, or a part of it."""
        _, order = self.choose_order(number, *DISPUTABLE)
        self.run_allowing_refusal(self.open_dispute(order, part))

    async def open_dispute(self, order: PlacedOrder, part: int) -> None:
        w = self.world
        async with w.steady.connection() as conn:
            paid = [each for each in await list_payments(conn, str(order.number)) if each.captured_minor]
        for each in paid[:1]:
            left = each.captured_minor - each.refunded_minor - each.disputed_minor
            if left // part > 0:
                await w.sandbox.open_dispute(each.provider_ref or "", left // part)
                await poll_payment(w.db, w.gateway, each.id, at=self.now)
                await self.apply_payments()

    @precondition(lambda self: self.has("disputed"))
    @rule(number=st.integers(0, 99), end=st.sampled_from(["won", "lost"]))
    def end_dispute(self, number: int, end: str) -> None:
        """Let the bank decide."""
        _, order = self.choose_order(number, "disputed")
        w = self.world

        async def deciding() -> None:
            rows = await w.owner.fetch(
                "SELECT provider_ref, payment_id FROM payments.disputes WHERE state = 'open' AND payment_id IN"
                " (SELECT id FROM payments.payments WHERE order_ref = $1) ORDER BY id",
                str(order.number),
            )
            for ref, payment_id in rows[:1]:
                await w.sandbox.close_dispute(ref, end)
                async with w.steady.connection() as conn:
                    payment = await get_payment(conn, payment_id)
                await poll_payment(w.db, w.gateway, payment.id, at=self.now)
                await self.apply_payments()

        self.run_allowing_refusal(deciding())
