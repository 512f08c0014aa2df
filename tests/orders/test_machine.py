"""A hypothesis state machine: buyers, producers, the clock and the provider in any order; the books always hold."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from market.aftersales import Why, check_in_guest, confirm_overdue, confirm_receipt, refund_line, ship_suborder
from market.identity import Actor
from market.kernel import Database, GatewayUnavailable, Refusal, open_database
from market.kernel.seal import Seal
from market.orders import Batcher, Placed, act_on_payments, cancel_order, expire_orders
from market.startup import APP_ROLE
from payments import Method, find_payment, payments_of
from payments.events import ask, finish_operations
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe
from payments.verification import verify
from tests.conftest import NOW
from tests.factories import AProduct, AStay, a_freight_template, a_product, a_stay, owner_of
from tests.orders.machine import broken
from tests.shopping import Shopping, a_shopper, stay_of


class World:
    """One market for all examples: each example brings its own goods and buyers, the invariants hold over all."""

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
        self.batcher = await self.stack.enter_async_context(Batcher(self.db))

    def close(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()


class Shop(RuleBasedStateMachine):
    """Two products of one producer, one stay of another, two buyers."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.now: datetime = NOW
        self.orders: list[tuple[Shopping, Placed]] = []
        self.run(self._begin())

    async def _begin(self) -> None:
        w = self.world
        await w.sandbox.heal()
        async with w.db.transaction() as conn:
            first = await a_product(conn, price_fen=33_33, left=12, gross_g=700)
            second = await a_product(conn, first.producer_id, price_fen=1_01, left=12)
            await a_freight_template(conn, first.producer_id, free_above_fen=150_00)
            self.products: list[AProduct] = [first, second]
            self.stay: AStay = await a_stay(conn, rooms=2)
            self.farmer: Actor = await owner_of(conn, first.producer_id)
            self.host: Actor = await owner_of(conn, self.stay.producer_id)
            buyers = [await a_shopper(conn), await a_shopper(conn)]
        self.shoppers = [Shopping(w.db, w.seal, w.gateway, w.sandbox, buyer) for buyer in buyers]

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.world.run(work)

    def tried(self, work: Awaitable[object]) -> None:
        """Do something that may be refused: a refusal is an answer, and the invariants hold after it too."""

        async def trying() -> None:
            with suppress(Refusal, GatewayUnavailable):
                await work

        self.run(trying())

    def chosen(self, number: int) -> tuple[Shopping, Placed]:
        """One of the last three orders mostly, so that things happen to orders that are still alive."""
        recent = self.orders[-3:] if number % 4 else self.orders
        return recent[number % len(recent)]

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
            stays = [stay_of(self.stay.listing_id, arrive=first, leave=first + length, rooms=rooms)]

        async def placing() -> None:
            self.orders.append((shopper, await shopper.place(lines, nights=stays, now=self.now)))

        self.tried(placing())

    @rule(who=st.integers(0, 1), units=st.tuples(st.integers(0, 3), st.integers(0, 3)), night=st.integers(0, 12))
    def buy(self, who: int, units: tuple[int, int], night: int) -> None:
        """The usual way: place, pay at once, and it is heard of; night 0 is no stay."""
        before = len(self.orders)
        self.run(self._buy(self.shoppers[who], units, night))
        if len(self.orders) > before:
            self.run(self._hear())

    async def _buy(self, shopper: Shopping, units: tuple[int, int], night: int) -> None:
        lines = [(each.variant_id, count) for each, count in zip(self.products, units, strict=True) if count]
        stays = [stay_of(self.stay.listing_id, arrive=night, leave=night + 2)] if night else []
        with suppress(Refusal, GatewayUnavailable):
            order = await shopper.place(lines, nights=stays, now=self.now)
            self.orders.append((shopper, order))
            paying = await shopper.start(order, now=self.now)
            async with self.world.db.connection() as conn:
                payment = await find_payment(conn, paying.payment_id)
            await self.world.sandbox.pay(payment.provider_ref or "")

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), method=st.sampled_from([Method.ALIPAY, Method.WECHAT]))
    def start(self, number: int, method: Method) -> None:
        shopper, order = self.chosen(number)
        self.tried(shopper.start(order, method=method, now=self.now))

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def press(self, number: int) -> None:
        """The buyer pays on a page that was opened at some time, however old; we hear nothing of it yet."""
        _, order = self.chosen(number)

        async def pressing() -> None:
            async with self.world.db.connection() as conn:
                found = await payments_of(conn, str(order.number))
            for each in found[-1:]:
                if each.provider_ref is not None:
                    state = await self.world.sandbox.state()
                    intent = next(thing for thing in state["intents"] if thing["id"] == each.provider_ref)
                    if intent["status"] == "requires_action":
                        await self.world.sandbox.pay(each.provider_ref)

        self.run(pressing())

    @rule()
    def hear(self) -> None:
        """The provider's truth is asked for and acted on."""
        self.run(self._hear())

    async def _hear(self) -> None:
        w = self.world
        async with w.db.connection() as conn:
            ids: list[UUID] = [
                each.id for _, order in self.orders for each in await payments_of(conn, str(order.number))
            ]
            known = [await find_payment(conn, each) for each in ids]  # pyright: ignore[reportArgumentType]
        for payment in known:
            if payment.provider_ref is not None:
                await ask(w.db, w.gateway, payment.id, at=self.now)
        await act_on_payments(w.db, w.gateway, w.seal, now=self.now)
        await finish_operations(w.db, w.gateway, at=self.now)

    @rule(minutes=st.sampled_from([1, 20, 35, 60 * 24, 60 * 24 * 7]))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        w = self.world
        self.run(expire_orders(w.db, w.gateway, now=self.now))
        self.run(confirm_overdue(w.db, now=self.now, days=10, seal=w.seal))

    @rule(calls=st.integers(1, 3))
    def silence(self, calls: int) -> None:
        """The provider's next answers to cancel are errors."""
        self.run(self.world.sandbox.fault("cancel", "500", times=calls))

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), position=st.none() | st.integers(1, 2))
    def cancel(self, number: int, position: int | None) -> None:
        shopper, order = self.chosen(number)
        w = self.world
        positions = None if position is None else [position]
        self.tried(cancel_order(w.db, w.gateway, w.seal, shopper.buyer, order.id, positions=positions, now=self.now))

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def ship(self, number: int) -> None:
        shopper, order = self.chosen(number)

        async def shipping() -> None:
            seen = await shopper.see(order)
            async with self.world.db.transaction() as conn:
                await ship_suborder(
                    conn, self.world.seal, self.farmer, seen.suborders[0].id, carrier="邮政", tracking="EMS0001",
                    now=self.now,
                )  # fmt: skip

        self.tried(shipping())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def receive(self, number: int) -> None:
        shopper, order = self.chosen(number)

        async def receiving() -> None:
            async with self.world.db.transaction() as conn:
                await confirm_receipt(conn, self.world.seal, shopper.buyer, order.id, now=self.now)

        self.tried(receiving())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99))
    def check_in(self, number: int) -> None:
        shopper, order = self.chosen(number)

        async def arriving() -> None:
            seen = await shopper.see(order)
            codes = [room.code for each in seen.suborders for room in each.bookings if room.code]
            async with self.world.db.transaction() as conn:
                for code in codes[:1]:
                    await check_in_guest(conn, self.world.seal, self.host, code, now=self.now)

        self.tried(arriving())

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), line=st.integers(0, 2), share=st.integers(1, 10_000), key=st.integers(1, 3))
    def give_back(self, number: int, line: int, share: int, key: int) -> None:
        shopper, order = self.chosen(number)
        w = self.world

        async def giving() -> None:
            seen = await shopper.see(order)
            lines = [(each.producer_id, one.id) for each in seen.suborders for one in each.lines]
            producer_id, line_id = lines[line % len(lines)]
            actor = self.farmer if producer_id in self.farmer.producers else self.host
            await refund_line(
                w.db, w.gateway, actor, line_id, key=str(key), reason=Why.AGREED, share_bp=share, now=self.now
            )

        self.tried(giving())

    @invariant()
    def the_books_hold(self) -> None:
        async def checking() -> None:
            async with self.world.db.connection() as conn:
                assert await broken(conn) == {}
                assert await verify(conn) == []

        if hasattr(self, "orders"):
            self.run(checking())

    def teardown(self) -> None:
        """As the provider counts: an order was charged once at most, what went back left out."""
        if not hasattr(self, "orders"):
            return
        self.run(self.world.sandbox.heal())
        self.run(self._hear())
        state = self.run(self.world.sandbox.state())
        for _, order in self.orders:
            kept = [
                each["id"]
                for each in state["intents"]
                if each["metadata"]["order"] == str(order.number) and each["status"] == "succeeded"
            ]
            assert len(kept) <= 1, f"{order.number} was charged by {kept}"
        self.the_books_hold()


@pytest.fixture
def world(dsn: str, seal: Seal) -> Any:  # noqa: ANN401 - a generator of a World
    """The market of the machine, on an event loop of its own."""
    made = World(dsn, seal)
    made.run(made.open())
    yield made
    made.close()


def test_any_order_of_events_keeps_the_books(world: World) -> None:
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
