"""A hypothesis state machine: buyers, producers, clock and provider act in any order; every invariant holds."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from market.aftersales.check_in import check_in_guest
from market.aftersales.decide_refund import decide_refund_request, list_refund_requests
from market.aftersales.models import LineRefundReason
from market.aftersales.receive import confirm_overdue, confirm_receipt
from market.aftersales.refund import refund_line
from market.aftersales.ship import ship_suborder
from market.coupons.claim import claim_voucher
from market.coupons.models import Voucher
from market.coupons.vouchers import list_vouchers
from market.identity.models import Actor
from market.kernel import Database, GatewayUnavailable, Refusal, open_database
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from market.orders.cancel import cancel_order
from market.orders.checkout.batcher import Batcher
from market.orders.expire import expire_orders
from market.orders.mark_paid import apply_payment_events
from market.orders.money.verification import RELEASE_PREFIX, verify_orders
from payments import Method, get_payment, list_payments
from payments.polling import finish_operations, poll_payment
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe
from payments.verification import verify_ledger
from tests.conftest import NOW
from tests.orders.invariants import find_violations
from tests.orders.slot_rules import SlotRules
from tests.support.coupons import make_coupon
from tests.support.make import (
    ProductIds,
    StayIds,
    add_member,
    load_owner,
    make_freight_template,
    make_product,
    make_stay,
)
from tests.support.shop import Shopping, make_buyer, make_october_nights


class World:
    """One market for all examples; each example creates its own goods and buyers."""

    def __init__(self, dsn: str, seal: Seal) -> None:
        self.dsn, self.seal = dsn, seal
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def open(self) -> None:
        self.db: Database = await open_database(self.dsn, role=APP_ROLE, max_size=4)
        self.stack.push_async_callback(self.db.close)
        self.sandbox: Sandbox = await self.stack.enter_async_context(running())
        self.gateway = await self.stack.enter_async_context(
            Stripe("sk_test_sample", self.sandbox.secret, base=self.sandbox.url, timeout=5)
        )
        async with self.db.transaction() as conn:
            await conn.execute(
                "INSERT INTO county_settings (county_code, name, valid_during, value, basis)"
                " VALUES ('130624', 'refund_limit_fen', daterange('2012-01-01', NULL), 4000, 'the tests')"
            )
        self.batcher = await self.stack.enter_async_context(Batcher(self.db))

    def close(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()


class Shop(SlotRules):
    """Two products of one producer, one stay of another, an activity of a third, two buyers."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.orders = []
        self.run(self._begin())

    async def _begin(self) -> None:
        w = self.world
        await w.sandbox.clear_faults()
        async with w.db.transaction() as conn:
            first = await make_product(conn, price_fen=33_33, left=12, gross_g=700)
            second = await make_product(conn, first.producer_id, price_fen=1_01, left=12)
            await make_freight_template(conn, first.producer_id, free_above_fen=150_00)
            self.products: list[ProductIds] = [first, second]
            self.stay: StayIds = await make_stay(conn, rooms=2)
            self.farmer: Actor = await load_owner(conn, first.producer_id)
            self.host: Actor = await load_owner(conn, self.stay.producer_id)
            self.partner: Actor = await add_member(conn, first.producer_id, "样例合伙人")
            await self.begin_slots(conn)
            buyers = [await make_buyer(conn), await make_buyer(conn)]
            own = await make_coupon(
                conn, borne_by=first.producer_id, amount_fen=3_07, min_goods_fen=33_33, quota=3, per_person=3
            )
            public = await make_coupon(conn, amount_fen=5_55, min_goods_fen=30_00, quota=4, per_person=2)
            self.coupons = [public.number, own.number]
        self.shoppers = [Shopping(w.db, w.seal, w.gateway, w.sandbox, buyer) for buyer in buyers]

    def get_product_variant(self) -> UUID:
        return self.products[0].variant_id

    @rule(
        who=st.integers(0, 1),
        units=st.tuples(st.integers(0, 7), st.integers(0, 7)),
        nights=st.none() | st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(1, 2)),
    )
    def place(self, who: int, units: tuple[int, int], nights: tuple[int, int, int] | None) -> None:
        shopper = self.shoppers[who]
        lines = [(each.variant_id, count) for each, count in zip(self.products, units, strict=True) if count]
        stays = []
        if nights is not None:
            first, length, rooms = nights
            stays = [make_october_nights(self.stay.listing_id, arrive=first, leave=first + length, rooms=rooms)]

        async def placing() -> None:
            self.orders.append((shopper, await shopper.place(lines, nights=stays, now=self.now)))

        self.run_allowing_refusal(placing())

    @rule(who=st.integers(0, 1), units=st.tuples(st.integers(0, 3), st.integers(0, 3)), night=st.integers(0, 12))
    def buy(self, who: int, units: tuple[int, int], night: int) -> None:
        """Place and pay at once, and apply the events; night 0 means no stay."""
        before = len(self.orders)
        self.run(self._buy(self.shoppers[who], units, night))
        if len(self.orders) > before:
            self.run(self.apply_all_events())

    async def _buy(self, shopper: Shopping, units: tuple[int, int], night: int) -> None:
        lines = [(each.variant_id, count) for each, count in zip(self.products, units, strict=True) if count]
        stays = [make_october_nights(self.stay.listing_id, arrive=night, leave=night + 2)] if night else []
        with suppress(Refusal, GatewayUnavailable):
            order = await shopper.place(lines, nights=stays, now=self.now)
            self.orders.append((shopper, order))
            paying = await shopper.start(order, now=self.now)
            async with self.world.db.connection() as conn:
                payment = await get_payment(conn, paying.payment_id)
            await self.world.sandbox.pay(payment.provider_ref or "")

    @rule(who=st.integers(0, 1), which=st.integers(0, 1))
    def claim(self, who: int, which: int) -> None:
        """Claim a voucher of the platform's coupon or of the producer's."""

        async def claiming() -> None:
            async with self.world.db.transaction() as conn:
                await claim_voucher(conn, self.shoppers[who].buyer, number=self.coupons[which], now=self.now)

        self.run_allowing_refusal(claiming())

    @rule(who=st.integers(0, 1), number=st.integers(0, 9), units=st.integers(1, 4), night=st.integers(0, 12))
    def place_with_voucher(self, who: int, number: int, units: int, night: int) -> None:
        """Place an order with any voucher of the buyer, used or not; night 0 means no stay."""
        shopper = self.shoppers[who]

        async def placing() -> None:
            async with self.world.db.connection() as conn:
                vouchers: list[Voucher] = await list_vouchers(conn, shopper.buyer.account_id)
            stays = [make_october_nights(self.stay.listing_id, arrive=night, leave=night + 2)] if night else []
            if vouchers:
                lines = [(each.variant_id, units) for each in self.products]
                voucher_id = vouchers[number % len(vouchers)].id
                order = await shopper.place(lines, nights=stays, voucher_id=voucher_id, now=self.now)
                self.orders.append((shopper, order))

        self.run_allowing_refusal(placing())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), method=st.sampled_from([Method.ALIPAY, Method.WECHAT]))
    def start(self, number: int, method: Method) -> None:
        shopper, order = self.choose_order(number)
        self.run_allowing_refusal(shopper.start(order, method=method, now=self.now))

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def pay_at_provider(self, number: int) -> None:
        """Pay at the provider, on a page opened at any time; no event arrives yet."""
        _, order = self.choose_order(number)

        async def pressing() -> None:
            async with self.world.db.connection() as conn:
                found = await list_payments(conn, str(order.number))
            for each in found[-1:]:
                if each.provider_ref is not None:
                    state = await self.world.sandbox.state()
                    intent = next(thing for thing in state["intents"] if thing["id"] == each.provider_ref)
                    if intent["status"] == "requires_action":
                        await self.world.sandbox.pay(each.provider_ref)

        self.run(pressing())

    @rule()
    def apply_events(self) -> None:
        """Poll the provider and apply the events."""
        self.run(self.apply_all_events())

    async def apply_all_events(self) -> None:
        w = self.world
        async with w.db.connection() as conn:
            ids: list[UUID] = [
                each.id for _, order in self.orders for each in await list_payments(conn, str(order.number))
            ]
            known = [await get_payment(conn, each) for each in ids]  # pyright: ignore[reportArgumentType]
        for payment in known:
            if payment.provider_ref is not None:
                await poll_payment(w.db, w.gateway, payment.id, at=self.now)
        await apply_payment_events(w.db, w.gateway, w.seal, now=self.now)
        await finish_operations(w.db, w.gateway, at=self.now)

    @rule(minutes=st.sampled_from([1, 20, 35, 60 * 24, 60 * 24 * 7]))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        w = self.world
        self.run(expire_orders(w.db, w.gateway, now=self.now))
        self.run(confirm_overdue(w.db, now=self.now, days=10, seal=w.seal))

    @rule(calls=st.integers(1, 3))
    def fail_cancel(self, calls: int) -> None:
        """Let the provider's next cancel calls fail."""
        self.run(self.world.sandbox.fault("cancel", "500", times=calls))

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), position=st.none() | st.integers(1, 2))
    def cancel(self, number: int, position: int | None) -> None:
        shopper, order = self.choose_order(number)
        w = self.world
        positions = None if position is None else [position]
        self.run_allowing_refusal(
            cancel_order(w.db, w.gateway, w.seal, shopper.buyer, order.id, positions=positions, now=self.now)
        )

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def ship(self, number: int) -> None:
        shopper, order = self.choose_order(number)

        async def shipping() -> None:
            seen = await shopper.see(order)
            async with self.world.db.transaction() as conn:
                await ship_suborder(
                    conn, self.world.seal, self.farmer, seen.suborders[0].id, carrier="邮政", tracking="EMS0001",
                    now=self.now,
                )  # fmt: skip

        self.run_allowing_refusal(shipping())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def receive(self, number: int) -> None:
        shopper, order = self.choose_order(number)

        async def receiving() -> None:
            async with self.world.db.transaction() as conn:
                await confirm_receipt(conn, self.world.seal, shopper.buyer, order.id, now=self.now)

        self.run_allowing_refusal(receiving())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def check_in(self, number: int) -> None:
        shopper, order = self.choose_order(number)

        async def arriving() -> None:
            seen = await shopper.see(order)
            codes = [room.code for each in seen.suborders for room in each.bookings if room.code]
            async with self.world.db.transaction() as conn:
                for code in codes[:1]:
                    await check_in_guest(conn, self.world.seal, self.host, code, now=self.now)

        self.run_allowing_refusal(arriving())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), line=st.integers(0, 2), share=st.integers(1, 10_000), key=st.integers(1, 3))
    def refund(self, number: int, line: int, share: int, key: int) -> None:
        shopper, order = self.choose_order(number)
        w = self.world

        async def giving() -> None:
            seen = await shopper.see(order)
            lines = [(each.producer_id, one.id) for each in seen.suborders for one in each.lines]
            producer_id, line_id = lines[line % len(lines)]
            actor = next(each for each in (self.farmer, self.host, self.guide) if producer_id in each.producers)
            await refund_line(
                w.db,
                w.gateway,
                w.seal,
                actor,
                line_id,
                key=str(key),
                reason=LineRefundReason.AGREED,
                share_bp=share,
                now=self.now,
            )

        self.run_allowing_refusal(giving())

    @rule(number=st.integers(0, 99), by_partner=st.booleans(), consent=st.booleans())
    def decide_refund(self, number: int, *, by_partner: bool, consent: bool) -> None:
        w = self.world
        actor = self.partner if by_partner else self.farmer

        async def deciding() -> None:
            async with w.db.connection() as conn:
                found = await list_refund_requests(conn, actor, self.products[0].producer_id)
            if found:
                request = found[number % len(found)]
                await decide_refund_request(w.db, w.gateway, actor, request.id, consent=consent, now=self.now)

        self.run_allowing_refusal(deciding())

    @invariant()
    def invariants_hold(self) -> None:
        async def checking() -> None:
            async with self.world.db.connection() as conn:
                assert await find_violations(conn) == {}
                assert await verify_ledger(conn, prefixes=(RELEASE_PREFIX,)) == []
                assert await verify_orders(conn) == []

        if hasattr(self, "orders"):
            self.run(checking())

    def teardown(self) -> None:
        """Check with the provider that no order was charged twice."""
        if not hasattr(self, "orders"):
            return
        self.run(self.world.sandbox.clear_faults())
        self.run(self.apply_all_events())
        state = self.run(self.world.sandbox.state())
        for _, order in self.orders:
            succeeded = [
                each["id"]
                for each in state["intents"]
                if each["metadata"]["order"] == str(order.number) and each["status"] == "succeeded"
            ]
            assert len(succeeded) <= 1, f"{order.number} was charged by {succeeded}"
        self.invariants_hold()


@pytest.fixture
def world(dsn: str, seal: Seal) -> Any:
    """Open the market of the machine on an event loop of its own."""
    made = World(dsn, seal)
    made.run(made.open())
    yield made
    made.close()


def test_invariants_hold_in_any_order_of_events(world: World) -> None:
    class Machine(Shop):
        pass

    Machine.world = world
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
