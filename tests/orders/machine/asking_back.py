"""Rules about money that goes back: refunds of a line, by one person or two, and claims for bad fruit."""

from contextlib import suppress
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.aftersales.bad_fruit import NewClaim, open_claim
from market.aftersales.bad_fruit_views import BadFruitClaim, list_assigned_claims, list_producer_claims
from market.aftersales.decide_bad_fruit import answer_claim, decide_claim, notify_late_claim
from market.aftersales.decide_refund import decide_refund_request, list_refund_requests
from market.aftersales.models import LineRefundReason
from market.aftersales.refund import refund_line
from market.casework.models import LockedCase
from market.casework.moves import escalate_late_cases, get_person_scope
from market.identity.models import Actor
from market.kernel import Connection, Refusal
from tests.orders.machine.world import ShopMachine

CLAIM_HOURS = 48
PAID = ("goods paid", "goods shipped", "goods received", "stay paid", "activity paid")


class AskingBackRules(ShopMachine):
    """Sellers refund, a second person of theirs decides, buyers claim, and officials decide on claims."""

    guide: Actor
    officials: list[Actor]
    photos: dict[UUID, UUID]

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
            actor = next(each for each in (self.farmer, self.host, self.guide) if producer_id in each.producers)
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

    @precondition(lambda self: self.has("goods shipped", "goods received"))
    @rule(number=st.integers(0, 99), line=st.integers(0, 2), bad=st.integers(1, 7))
    def claim(self, number: int, line: int, bad: int) -> None:
        """Claim that some of seven pieces of a line are bad."""
        shopper, order = self.choose_order(number, "goods shipped", "goods received")
        w = self.world

        async def claiming() -> None:
            seen = await shopper.see(order)
            lines = [one.id for each in seen.suborders for one in each.lines]
            new = NewClaim(line_id=lines[line % len(lines)], bad=bad, total=7)
            photos = [self.photos[shopper.buyer.account_id]]
            async with w.db.transaction(scope=get_person_scope(shopper.buyer)) as conn:
                await open_claim(conn, w.seal, shopper.buyer, new, photo_ids=photos, hours=CLAIM_HOURS, now=self.now)

        self.run_allowing_refusal(claiming())

    @precondition(lambda self: self.has("claim"))
    @rule(number=st.integers(0, 9), agree=st.booleans())
    def answer(self, number: int, *, agree: bool) -> None:
        """Agree to a claim as the seller, or refuse it."""
        w = self.world

        async def answering() -> None:
            async with w.steady.transaction(scope=get_person_scope(self.farmer)) as conn:
                found = await list_producer_claims(conn, w.seal, [self.products[0].producer_id])
            waiting = [each for each in found if each.assignee == "seller"]
            if waiting:
                case_id = waiting[number % len(waiting)].case_id
                reason = "" if agree else "没有坏"
                await answer_claim(
                    w.db, w.gateway, w.seal, self.farmer, case_id, agree=agree, reason=reason, now=self.now
                )

        self.run_allowing_refusal(answering())

    @precondition(lambda self: self.has("claim"))
    @rule(number=st.integers(0, 9), bad=st.integers(0, 7))
    def decide(self, number: int, bad: int) -> None:
        """Decide, as the official whose turn it is, for how many pieces of a claim the buyer gets money back."""
        w = self.world

        async def deciding() -> None:
            for official in self.officials:
                async with w.steady.transaction(scope=get_person_scope(official)) as conn:
                    found: list[BadFruitClaim] = await list_assigned_claims(conn, w.seal, official)
                own = [each for each in found if each.producer_id == self.products[0].producer_id]
                if own:
                    each = own[number % len(own)]
                    granted = min(bad, each.bad)
                    with suppress(Refusal):
                        await decide_claim(
                            w.db, w.gateway, w.seal, official, each.case_id, bad=granted, reason="看过", now=self.now
                        )

        self.run_allowing_refusal(deciding())

    @precondition(lambda self: self.has("claim"))
    @rule()
    def escalate(self) -> None:
        """Move the claims up that nobody answered in time, as the worker does."""
        w = self.world

        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_claim(conn, w.seal, case, now=self.now)

        self.run_allowing_refusal(escalate_late_cases(w.db, w.seal, tell, now=self.now))
