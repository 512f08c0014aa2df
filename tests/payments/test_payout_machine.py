"""A state machine of a payee: owed, in transit and arrived are always what was earned less what was taken back."""

from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from payments import (
    AccountKind,
    GatewayUnavailable,
    PayoutId,
    PayoutState,
    Refusal,
    finish_operations,
    get_balance,
    list_payouts,
    poll_payout,
    post,
    request_payout,
    send_payout,
    sum_paid_out,
    verify_ledger,
)
from payments.ledger.journal import Leg
from payments.port import AccountRequest, Ok
from tests.payments.machine_world import World
from tests.support.postgres import EmbeddedServer
from tests.support.sandbox_payments import make_order_ref

DUE = "UPDATE payments.operations SET next_at = now()"
PICKS = st.integers(0, 9)
AMOUNTS = st.integers(1, 60_00)
FAULTS = st.tuples(
    st.sampled_from(["transfer", "payout", "reversals", "retrieve"]), st.sampled_from(["500", "close"]), st.booleans()
)


class Payee(RuleBasedStateMachine):
    """One payee, and everything that can happen to the money."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.payee = make_order_ref()
        self.payouts: list[PayoutId] = []
        self.earned = self.steps = 0

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Run a step; refusals and an unavailable provider are expected."""

        async def step() -> object:
            try:
                return await what
            except (Refusal, GatewayUnavailable):
                return None

        return self.world.runner.run(step())

    @initialize()
    def begin(self) -> None:
        async def open_account() -> str:
            await self.world.sandbox.clear_faults()
            request = AccountRequest(payee=self.payee, kind=AccountKind.BANK, holder="样例", number="000123450009")
            outcome = await self.world.gateway.open_account(request, f"account:{self.payee}")
            assert isinstance(outcome, Ok)
            return outcome.value.ref

        self.destination = self.world.runner.run(open_account())
        self.release(100_00)

    async def book(self, kind: str, minor: int) -> bool:
        self.steps += 1
        legs: list[Leg] = [(f"payable:{self.payee}", minor), ("commission", -minor)]
        async with self.world.db.transaction() as conn:
            await post(conn, key=f"{kind}:{self.payee}:{self.steps}", kind=kind, legs=legs)
        return True

    @rule(minor=AMOUNTS)
    def release(self, minor: int) -> None:
        if self.do(self.book("released", minor)):
            self.earned += minor

    @rule(minor=AMOUNTS)
    def refund_after_release(self, minor: int) -> None:
        if self.do(self.book("refunded", -minor)):
            self.earned -= minor

    @rule(minor=AMOUNTS, send=st.booleans())
    def ask(self, minor: int, *, send: bool) -> None:
        self.steps += 1

        async def request() -> PayoutId:
            async with self.world.db.transaction() as conn:
                legs: list[Leg] = [(f"payable:{self.payee}", -minor)]
                key = f"{self.payee}:{self.steps}"
                payout = await request_payout(
                    conn, self.world.gateway, payee=self.payee, destination=self.destination, legs=legs, key=key
                )
            return payout.id

        payout_id = self.do(request())
        if payout_id is not None:
            self.payouts.append(payout_id)
            if send:
                self.do(send_payout(self.world.db, self.world.gateway, payout_id))

    @rule(pick=PICKS)
    def send(self, pick: int) -> None:
        if self.payouts:
            self.do(send_payout(self.world.db, self.world.gateway, self.payouts[pick % len(self.payouts)]))

    @rule(pick=PICKS)
    def poll(self, pick: int) -> None:
        if self.payouts:
            self.do(poll_payout(self.world.db, self.world.gateway, self.payouts[pick % len(self.payouts)]))

    @rule(pick=PICKS, end=st.sampled_from(["paid", "paid", "failed"]), noticed=st.booleans())
    def bank_decides(self, pick: int, end: str, *, noticed: bool) -> None:
        """The bank confirms a payout, or returns it, even after it confirmed it."""

        async def decide() -> None:
            theirs = [each for each in (await self.world.sandbox.state())["payouts"] if self.is_mine(each)]
            open_ones = [each for each in theirs if each["status"] != "failed"]
            if open_ones:
                await self.world.sandbox.set_payout(open_ones[pick % len(open_ones)]["id"], end)

        self.world.runner.run(decide())
        if noticed:
            for payout_id in self.payouts:
                self.do(poll_payout(self.world.db, self.world.gateway, payout_id))

    def is_mine(self, payout: dict[str, Any]) -> bool:
        return payout["account"] == self.destination

    @rule(fault=FAULTS)
    def fault(self, fault: tuple[str, str, bool]) -> None:
        on, do, after = fault
        self.do(self.world.sandbox.fault(on, do, after=after))

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        self.world.runner.run(self.count())

    async def count(self) -> None:
        async with self.world.db.connection() as conn:
            owed = await get_balance(conn, f"payable:{self.payee}")
            transit = await get_balance(conn, f"transit:{self.payee}")
            arrived = await sum_paid_out(conn, self.payee)
        assert owed + transit + arrived == self.earned
        assert min(owed, transit, arrived) >= 0

    def teardown(self) -> None:
        self.world.runner.run(self.heal_and_compare())

    async def heal_and_compare(self) -> None:
        db, gateway = self.world.db, self.world.gateway
        await self.world.sandbox.clear_faults()
        await self.world.owner.execute(DUE)
        await finish_operations(db, gateway, limit=1000)
        for payout_id in self.payouts:
            await poll_payout(db, gateway, payout_id)
        theirs = [each for each in (await self.world.sandbox.state())["payouts"] if self.is_mine(each)]
        async with db.connection() as conn:
            assert await verify_ledger(conn) == []
            ours = await list_payouts(conn, self.payee)
        self.world.seen.update(each.state for each in ours)
        assert {(each.provider_ref, each.state, each.amount_minor) for each in ours} == {
            (each["id"], each["status"], each["amount"]) for each in theirs
        }
        assert len(theirs) == len(ours) == len(self.payouts)
        kept = [each for each in (await self.world.sandbox.state())["transfers"] if self.went_to_payee(each)]
        live = [each.amount_minor for each in ours if each.state is not PayoutState.FAILED]
        assert sorted(each["amount"] for each in kept) == sorted(live)

    def went_to_payee(self, transfer: dict[str, Any]) -> bool:
        return transfer["destination"] == self.destination and not transfer["reversed"]


def reach_every_end() -> None:
    """A scripted payee, which proves that the machine's steps reach each state."""
    payee = Payee()
    payee.begin()
    for number, end in enumerate(("paid", "failed", "in_transit")):
        payee.ask(10_00, send=True)
        if end != "in_transit":
            payee.bank_decides(number, end, noticed=True)
    payee.fault(("payout", "500", True))
    payee.ask(5_00, send=True)
    payee.nothing_is_lost_or_doubled()
    payee.teardown()


def test_owed_in_transit_and_arrived_are_what_was_earned(server: EmbeddedServer, alone: str) -> None:
    world = World(server, alone)
    world.runner.run(world.open())
    Payee.world = world
    try:
        reach_every_end()
        assert world.seen == {"in_transit": 2, "paid": 1, "failed": 1}
        run_state_machine_as_test(
            Payee,
            settings=settings(
                max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
            ),
        )
        assert world.seen["in_transit"] > 2, "the machine no longer gets anywhere"
    finally:
        world.runner.run(world.stack.aclose())
        world.runner.close()
