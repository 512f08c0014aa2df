"""A state machine of an order: after any steps in any order the ledger agrees with the provider."""

from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from payments import (
    GatewayUnavailable,
    Method,
    PaymentId,
    PaymentState,
    Purpose,
    RefundId,
    Refusal,
    apply_events,
    close_payment,
    expire_payments,
    finish_operations,
    list_failed_refunds,
    list_order_entries,
    list_payments,
    poll_payment,
    post,
    receive,
    record_refund_transfer,
    request_refund,
    retry_due_refunds,
    retry_refund,
    send_refund,
    start,
    verify_ledger,
)
from payments.models import CLOSED_STATES, RefundState
from tests.payments.machine_world import World
from tests.support.postgres import EmbeddedServer
from tests.support.sandbox_payments import change_method, list_messages, make_order_ref, make_parts, open_test_payment

pytestmark = pytest.mark.long

FAULTS = st.tuples(
    st.sampled_from(["create", "cancel", "refund", "retrieve", "search", "list"]),
    st.sampled_from(["500", "close", "decline"]),
    st.booleans(),
)
PICKS = st.integers(0, 9)
METHODS = st.sampled_from([Method.ALIPAY, Method.WECHAT])
RARELY = st.sampled_from([True, False, False, False])
DUE = "UPDATE payments.operations SET next_at = now()", "UPDATE payments.inbox SET next_at = now()"


class Shop(RuleBasedStateMachine):
    """One order, and everything that can happen to it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.order = make_order_ref()
        self.payments: list[PaymentId] = []
        self.refunds: list[RefundId] = []
        self.disputes: list[str] = []
        self.mail: list[tuple[dict[str, str], bytes]] = []
        self.asked = 0

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Run a step; refusals and an unavailable provider are expected."""

        async def step() -> object:
            try:
                return await what
            except (Refusal, GatewayUnavailable):
                return None

        return self.world.runner.run(step())

    def any_payment(self, pick: int) -> PaymentId:
        return self.payments[-1 - pick % min(len(self.payments), 3)]

    def has_payment(self) -> bool:
        return bool(self.payments)

    @initialize(purpose=st.sampled_from(Purpose))
    def begin(self, purpose: Purpose) -> None:
        self.add(Method.ALIPAY, purpose)
        self.do(start(self.world.db, self.world.gateway, self.payments[0]))

    @rule(method=METHODS, purpose=st.sampled_from(Purpose))
    def add(self, method: Method, purpose: Purpose) -> None:
        payment = self.do(open_test_payment(self.world.db, order=self.order, method=method, purpose=purpose))
        if payment is not None:
            self.payments.append(payment.id)

    @precondition(has_payment)
    @rule(pick=PICKS)
    def start(self, pick: int) -> None:
        self.do(start(self.world.db, self.world.gateway, self.any_payment(pick)))

    @rule(pick=PICKS, answer=st.sampled_from(["pay", "pay", "abandon", "confirm"]))
    def decide(self, pick: int, answer: str) -> None:
        """The payer pays, abandons, or continues on a page of a closed payment."""
        self.world.runner.run(self.payer_does(pick, answer))

    async def payer_does(self, pick: int, answer: str) -> None:
        sandbox = self.world.sandbox
        intents = [each for each in (await sandbox.state())["intents"] if self.mine(each)]
        if not intents:
            return
        ref = intents[-1 - pick % len(intents)]["id"]
        match answer:
            case "pay":
                await sandbox.pay(ref)
            case "abandon":
                await sandbox.abandon(ref)
            case _:
                await sandbox.client.post(
                    f"{sandbox.url}/v1/payment_intents/{ref}/confirm",
                    data={"payment_method_data[type]": "alipay", "return_url": "https://shop.example/"},
                    headers={"Authorization": "Bearer sk_test_sample"},
                )
        self.mail = await self.messages()

    @precondition(has_payment)
    @rule(pick=PICKS, reported=st.booleans())
    def regret(self, pick: int, *, reported: bool) -> None:
        """The payer abandons, which may be reported, then finds the old page and pays after all."""
        self.world.runner.run(self.payer_does(pick, "abandon"))
        if reported:
            self.do(poll_payment(self.world.db, self.world.gateway, self.any_payment(pick)))
        self.world.runner.run(self.payer_does(pick, "confirm"))
        self.world.runner.run(self.payer_does(pick, "pay"))

    async def messages(self) -> list[tuple[dict[str, str], bytes]]:
        refs = [each["id"] for each in (await self.world.sandbox.state())["intents"] if self.mine(each)]
        return [each for ref in refs for each in await list_messages(self.world.sandbox, ref)]

    def mine(self, thing: dict[str, Any]) -> bool:
        return thing["metadata"].get("order") == self.order

    @precondition(lambda self: bool(self.mail))
    @rule(pick=st.integers(0, 99), times=st.integers(1, 3), act=st.booleans())
    def deliver(self, pick: int, times: int, *, act: bool) -> None:
        """A message arrives, early or late, once or three times; the job may run."""
        headers, body = self.mail[-1 - pick % len(self.mail)]
        for _ in range(times):
            self.do(receive(self.world.db, self.world.gateway, headers, body))
        if act:
            self.do(apply_events(self.world.db, self.world.gateway))

    @precondition(has_payment)
    @rule(pick=PICKS)
    def ask(self, pick: int) -> None:
        self.do(poll_payment(self.world.db, self.world.gateway, self.any_payment(pick)))

    @precondition(has_payment)
    @rule(pick=PICKS, how=st.sampled_from(["close", "alipay", "wechat", "expire"]), really=RARELY)
    def end(self, pick: int, how: str, *, really: bool) -> None:
        """The buyer changes the method or leaves, or the payment expires."""
        db, gateway = self.world.db, self.world.gateway
        if not really:
            return
        match how:
            case "close":
                self.do(close_payment(db, gateway, self.any_payment(pick)))
            case "expire":
                self.do(expire_payments(db, gateway, now=datetime.now(UTC) + timedelta(hours=1)))
            case _:
                new = self.do(change_method(db, gateway, self.any_payment(pick), method=Method(how)))
                if new is not None:
                    self.payments.append(new.id)

    @precondition(has_payment)
    @rule(pick=PICKS, minor=st.integers(1, 100_00))
    def refund(self, pick: int, minor: int) -> None:
        self.asked += 1

        async def request() -> RefundId:
            async with self.world.db.transaction() as conn:
                key = f"{self.order}:{self.asked}"
                return (await request_refund(conn, self.any_payment(pick), amount_minor=minor, key=key)).id

        refund_id = self.do(request())
        if refund_id is not None:
            self.refunds.append(refund_id)

    @precondition(lambda self: bool(self.refunds))
    @rule(pick=PICKS)
    def send(self, pick: int) -> None:
        self.do(send_refund(self.world.db, self.world.gateway, self.refunds[pick % len(self.refunds)]))

    @precondition(has_payment)
    @rule(part=st.integers(0, 1), minor=st.integers(1, 50_00))
    def release(self, part: int, minor: int) -> None:
        name = make_parts(self.order)[part].name
        self.asked += 1

        async def book() -> None:
            async with self.world.db.transaction() as conn:
                legs = [(f"escrow:{name}", -minor), ("payable:P1", minor)]
                await post(conn, key=f"released:{name}:{self.asked}", kind="released", order=self.order, legs=legs)

        self.do(book())

    @precondition(has_payment)
    @rule(pick=PICKS, really=RARELY, minor=st.none() | st.integers(1, 100_00))
    def dispute(self, pick: int, *, really: bool, minor: int | None) -> None:
        """The payer disputes a charge at their bank, in full or in part."""
        if really:
            self.world.runner.run(self.payer_disputes(pick, minor))
            for payment_id in self.payments:
                self.do(poll_payment(self.world.db, self.world.gateway, payment_id))

    async def payer_disputes(self, pick: int, minor: int | None) -> None:
        theirs = await self.world.sandbox.state()
        charges = [each for each in theirs["charges"] if self.mine(each) and not each["disputed"]]
        if charges:
            charge = charges[pick % len(charges)]
            dispute = await self.world.sandbox.open_dispute(charge["payment_intent"], minor)
            self.disputes.append(dispute["id"])
            self.mail = await self.messages()

    @precondition(lambda self: bool(self.disputes))
    @rule(pick=PICKS, end=st.sampled_from(["won", "lost"]))
    def judge(self, pick: int, end: str) -> None:
        """The bank decides a dispute; whether and when this is noticed is left to the other steps."""
        self.world.runner.run(self.world.sandbox.close_dispute(self.disputes[pick % len(self.disputes)], end))
        self.mail = self.world.runner.run(self.messages())

    @precondition(lambda self: bool(self.refunds))
    @rule(pick=PICKS, act=st.booleans())
    def send_back(self, pick: int, *, act: bool) -> None:
        """The payer's bank returns a refund that had arrived; the job that retries may run."""
        self.world.runner.run(self.bank_returns(pick))
        if act:
            self.do(self.make_retries_due())

    async def bank_returns(self, pick: int) -> None:
        theirs = await self.world.sandbox.state()
        intents = {each["id"] for each in theirs["intents"] if self.mine(each)}
        arrived = [
            each for each in theirs["refunds"] if each["payment_intent"] in intents and each["status"] == "succeeded"
        ]
        if arrived:
            await self.world.sandbox.set_refund(arrived[pick % len(arrived)]["id"], "failed")
            self.mail = await self.messages()

    async def make_retries_due(self) -> None:
        await self.world.owner.execute("UPDATE payments.refunds SET retry_at = now() WHERE retry_at IS NOT NULL")
        await retry_due_refunds(self.world.db, self.world.gateway)

    @rule(fault=FAULTS)
    def fault(self, fault: tuple[str, str, bool]) -> None:
        on, do, after = fault
        if do != "decline":
            self.do(self.world.sandbox.fault(on, do, after=after))
        elif on in {"create", "refund"}:
            self.do(self.world.sandbox.fault(on, do))

    def teardown(self) -> None:
        self.world.runner.run(self.heal_and_compare())

    async def heal_and_compare(self) -> None:
        db, gateway, owner = self.world.db, self.world.gateway, self.world.owner
        await self.world.sandbox.clear_faults()
        for ref in self.disputes:
            await self.world.sandbox.close_dispute(ref, "won")
        for _ in range(3):
            for payment_id in self.payments:
                await poll_payment(db, gateway, payment_id)
            for refund_id in self.refunds:
                async with db.transaction() as conn:
                    await retry_refund(conn, refund_id)
            for headers, body in reversed(await self.messages()):
                await receive(db, gateway, headers, body)
            for statement in DUE:
                await owner.execute(statement)
            await finish_operations(db, gateway)
            await apply_events(db, gateway)
            for payment_id in self.payments:
                await poll_payment(db, gateway, payment_id)
        await self.transfer_rests()
        await self.compare(await self.world.sandbox.state())

    async def transfer_rests(self) -> None:
        """A person transfers what lost disputes leave of refunds that they cover in part."""
        async with self.world.db.transaction() as conn:
            for each in await list_failed_refunds(conn):
                if each.order_ref == self.order and each.covered_minor:
                    await record_refund_transfer(conn, each.id, reference=str(each.id))

    async def compare(self, theirs: dict[str, Any]) -> None:
        async with self.world.db.connection() as conn:
            # A refund that the provider never makes, because it took the charge's money, waits for a person.
            assert [each for each in await verify_ledger(conn) if each.code != "failed_refund"] == []
            ours = await list_payments(conn, self.order)
            booked = await list_order_entries(conn, order=self.order)
            waiting = await conn.fetch(
                "SELECT 1 FROM payments.operations JOIN payments.payments ON payments.id = payment_id"
                " WHERE order_ref = $1 AND operations.state IN ('sent', 'unknown')",
                self.order,
            )
            unsettled = await conn.fetch(
                "SELECT payments.provider_ref FROM payments.refunds JOIN payments.payments ON payments.id = payment_id"
                " WHERE order_ref = $1 AND refunds.state <> $2",
                self.order,
                RefundState.SUCCEEDED,
            )
        self.world.seen.update(each.state for each in ours)
        self.world.seen.update(entry.kind for entry in booked)
        charges = [each for each in theirs["charges"] if self.mine(each)]
        lost = [each for each in theirs["disputes"] if each["id"] in self.disputes and each["status"] == "lost"]
        # The provider refunds no charge whose dispute was lost: its money is gone.
        gone = {each["payment_intent"] for each in lost}
        at_provider = {f"clearing:{method}" for method in (Method.ALIPAY, Method.WECHAT)}
        cleared = sum(minor for entry in booked for code, minor in entry.legs if code in at_provider)
        assert -cleared == sum(each["amount_captured"] - each["amount_refunded"] for each in charges) - sum(
            each["amount"] for each in lost
        )
        assert sorted(each.captured_minor for each in ours if each.captured_minor) == sorted(
            each["amount_captured"] for each in charges
        )
        assert waiting == []
        assert [row["provider_ref"] for row in unsettled if row["provider_ref"] not in gone] == []
        live = [each.purpose for each in ours if each.state not in CLOSED_STATES]
        most = 1 if Purpose.FULL in live else 2
        kept = {each.provider_ref for each in ours if each.state is PaymentState.CAPTURED}
        assert len(live) <= most
        assert {each["payment_intent"] for each in charges if each["amount_refunded"] < 146_00} <= kept | gone


def reach_every_end() -> None:
    """Three scripted orders, which prove that the machine's steps reach each final state."""
    for purpose in Purpose:
        shop = Shop()
        shop.begin(purpose)
        shop.regret(0, reported=True)
        shop.add(Method.WECHAT, purpose)
        shop.end(0, "close", really=True)
        shop.add(Method.WECHAT, purpose)
        shop.start(0)
        shop.end(0, "expire", really=True)
        shop.add(Method.ALIPAY, purpose)
        shop.start(0)
        shop.decide(0, "pay")
        shop.deliver(0, 3, act=True)
        shop.refund(0, 46_00)
        shop.release(0, 11_00)
        shop.send(0)
        shop.send_back(0, act=True)
        shop.dispute(0, really=True, minor=None)
        shop.judge(0, "won")
        for number in range(3):
            shop.ask(number)
        shop.dispute(0, really=True, minor=50_00)
        shop.judge(1, "lost")
        shop.teardown()


def test_the_ledger_always_agrees_with_the_provider(server: EmbeddedServer, alone: str) -> None:
    world = World(server, alone)
    world.runner.run(world.open())
    Shop.world = world
    try:
        reach_every_end()
        assert world.seen == {
            "failed": 3,
            "canceled": 3,
            "expired": 3,
            "captured": 3,
            "paid": 1,
            "deposit paid": 1,
            "balance paid": 1,
            "late payment": 3,
            "refunded": 3,
            "refund settled": 9,
            "released": 3,
            "refund returned": 3,
            "dispute opened": 6,
            "dispute won": 3,
            "dispute lost": 3,
        }
        run_state_machine_as_test(
            Shop,
            settings=settings(
                max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
            ),
        )
        assert world.seen["captured"] > 3, "the machine no longer gets anywhere"
    finally:
        world.runner.run(world.stack.aclose())
        world.runner.close()
