"""Rules about refunds of a line by its seller: of one person, or of two above the limit."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.people.identity.models import Actor
from market.sales.aftersales.decide_refund import decide_refund_request, list_refund_requests
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.refund import refund_line
from tests.sales.orders.machine.world import ShopMachine

CLAIM_HOURS = 48
PAID = ("goods paid", "goods shipped", "goods received", "stay paid", "activity paid")


class RefundRules(ShopMachine):
    """Sellers refund, and a second person of theirs decides."""

    guide: Actor
    inn: Actor
    partner: Actor

    @precondition(lambda self: self.has(*PAID))
    @rule(number=st.integers(0, 99), line=st.integers(0, 2), share=st.integers(1, 10_000), key=st.integers(1, 3))
    def refund(self, number: int, line: int, share: int, key: int) -> None:
        """Refund a share of a line as its seller; above the limit it is requested."""
        shopper, order = self.choose_order(number, *PAID)
        w = self.world

        async def giving() -> None:
            seen = await shopper.see(order)
            lines = [(each.producer_id, one.id) for each in seen.suborders for one in each.lines]
            producer_id, line_id = lines[line % len(lines)]
            actor = next(
                each for each in (self.farmer, self.host, self.guide, self.inn) if producer_id in each.producers
            )
            await refund_line(
                w.db, w.gateway, w.seal, actor, line_id, key=str(key), reason=LineRefundReason.AGREED, share_bp=share,
                now=self.now,
            )  # fmt: skip

        self.run_allowing_refusal(giving())

    @precondition(lambda self: self.has("request"))
    @rule(number=st.integers(0, 99), by_partner=st.booleans(), consent=st.booleans())
    def decide_refund(self, number: int, *, by_partner: bool, consent: bool) -> None:
        """Consent to a requested refund or refuse it, as who asked for it or as the other member."""
        w = self.world
        actor = self.partner if by_partner else self.farmer

        async def deciding() -> None:
            async with w.steady.connection() as conn:
                found = await list_refund_requests(conn, actor, self.products[0].producer_id)
            if found:
                request = found[number % len(found)]
                await decide_refund_request(w.db, w.gateway, actor, request.id, consent=consent, now=self.now)

        self.run_allowing_refusal(deciding())
