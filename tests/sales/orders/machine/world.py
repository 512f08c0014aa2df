"""The market of the state machine, and what all of its rules share."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
from hypothesis.stateful import RuleBasedStateMachine
from msgspec.structs import replace

from market.kernel import Database, GatewayUnavailable, Refusal, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import PlacedOrder
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from market.sales.payouts.pay_out import apply_payout_events
from payments import get_payment, list_payments, poll_payment
from payments.ledger.verification import verify_ledger
from payments.polling import finish_operations, poll_due_payouts
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe
from tests.conftest import clone_database, drop_database
from tests.sales.orders.invariants import find_violations
from tests.sales.orders.machine.killing import Fuse, KilledError, MortalDatabase, MortalGateway
from tests.support.make import ProductIds, StayIds
from tests.support.shop import Shopping

REFUND_LIMIT_FEN = 40_00
ORDERS_AN_EXAMPLE = 1000

SALE_CASES = """
    SELECT case_id, suborder_id FROM bad_fruit_claims JOIN order_lines ON order_lines.id = line_id
     UNION ALL SELECT case_id, suborder_id FROM goods_returns
     UNION ALL SELECT case_id, suborder_id FROM mediations
     UNION ALL SELECT case_id, suborder_id FROM invoice_tasks
"""

# What the orders of an example are good for now: the kind and state of their suborders, and what waits for an answer.
LIST_STAGES = f"""
    SELECT order_id,
           array_agg(kind || ' ' || suborders.state)
           || array_agg('case'::text) FILTER (WHERE EXISTS (
                  SELECT FROM ({SALE_CASES}) AS about JOIN cases ON cases.id = case_id
                   WHERE suborder_id = suborders.id AND cases.closed_at IS NULL))
           || array_agg('refused'::text) FILTER (WHERE EXISTS (
                  SELECT FROM ({SALE_CASES}) AS about JOIN cases ON cases.id = case_id
                   WHERE suborder_id = suborders.id AND outcome = 'unsolved'
                     AND category IN ('bad_fruit', 'goods_return')
                     AND NOT EXISTS (SELECT FROM mediations WHERE source_id = cases.id)))
           || array_agg('disputed'::text) FILTER (WHERE EXISTS (
                  SELECT FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                    JOIN orders ON orders.number::text = order_ref
                   WHERE orders.id = order_id AND disputes.state = 'open'))
           || array_agg('package'::text) FILTER (WHERE EXISTS (
                  SELECT FROM package_orders WHERE package_orders.order_id = suborders.order_id)
                  AND suborders.state = 'cancelled')
           || array_agg('request'::text) FILTER (WHERE EXISTS (
                  SELECT FROM refund_requests q WHERE q.suborder_id = suborders.id AND q.state = 'waiting'))
           || array_agg('unweighed'::text) FILTER (WHERE suborders.state = 'paid' AND EXISTS (
                  SELECT FROM catch_weights w JOIN order_lines l ON l.id = line_id
                   WHERE l.suborder_id = suborders.id AND weighed_at IS NULL))
           || array_agg('released'::text) FILTER (WHERE released_at IS NOT NULL)
      FROM suborders WHERE order_id = ANY($1::uuid[])
     GROUP BY order_id
"""


class World:
    """The market of the machine: each example gets a copy of it, so that none sees what another left behind.

    Rules act through `db` and `gateway`, which a crash may kill; placing orders and checks use `steady`.
    """

    def __init__(self, server: EmbeddedServer, template: str, seal: Seal) -> None:
        self.server, self.template, self.seal = server, template, seal
        self.runner = asyncio.Runner()
        self.stack, self.example = AsyncExitStack(), AsyncExitStack()
        self.fuse = Fuse()
        self.first_number = 0
        self.reached: Counter[str] = Counter()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the market's event loop."""
        return self.runner.run(work)

    async def open(self) -> None:
        """Open the provider, and the database that is copied, with the limits above which two people are needed."""
        self.name = await clone_database(self.server, self.template)
        self.stack.push_async_callback(drop_database, self.server, self.name)
        self.sandbox: Sandbox = await self.stack.enter_async_context(running())
        stripe = await self.stack.enter_async_context(
            Stripe("sk_test_sample", self.sandbox.secret, base=self.sandbox.url, timeout=5)
        )
        self.gateway = cast("Stripe", MortalGateway(stripe, self.fuse))
        await self._connect(self.name)
        async with self.steady.transaction() as conn:
            await conn.execute(
                "INSERT INTO county_settings (county_code, name, valid_during, value, basis)"
                " VALUES ('130624', 'refund_limit_fen', daterange('2012-01-01', NULL), $1, 'the tests'),"
                "        ('130624', 'payout_min_fen', daterange('2012-01-01', NULL), 100, 'the tests'),"
                "        ('130624', 'payout_limit_fen', daterange('2012-01-01', NULL), 20000, 'the tests')",
                REFUND_LIMIT_FEN,
            )

    async def _connect(self, name: str) -> None:
        self.steady: Database = await open_database(self.server.dsn(name), role=APP_ROLE, max_size=6)
        self.example.push_async_callback(self.steady.close)
        self.owner = await asyncpg.connect(self.server.dsn(name))
        self.example.push_async_callback(self.owner.close)
        self.db = MortalDatabase(self.steady, self.fuse)

    async def begin_example(self) -> None:
        """Copy the database; the provider goes on, so that the orders of an example have numbers of their own."""
        self.fuse.remove()
        await self.sandbox.clear_faults()
        await self.example.aclose()
        name = await clone_database(self.server, self.name)
        self.example.push_async_callback(drop_database, self.server, name)
        await self._connect(name)
        self.first_number += ORDERS_AN_EXAMPLE
        await self.owner.execute(
            "SELECT setval(pg_get_serial_sequence('orders', 'number'), $1)", 1_000_000 + self.first_number
        )

    def close(self) -> None:
        """Close everything."""
        self.run(self.example.aclose())
        self.run(self.stack.aclose())
        self.runner.close()

    async def end_leases(self) -> None:
        """Make all calls and polls due that a dead process had claimed: the time of leases is the server's."""
        await self.owner.execute("UPDATE payments.operations SET next_at = clock_timestamp() - interval '1 second'")
        await self.owner.execute(
            "UPDATE payments.payouts SET poll_at = clock_timestamp() - interval '1 second' WHERE poll_at IS NOT NULL"
        )


class ShopMachine(RuleBasedStateMachine):
    """What the rules of all concerns read and change."""

    world: World
    now: datetime
    orders: list[tuple[Shopping, PlacedOrder]]
    shoppers: list[Shopping]
    products: list[ProductIds]
    weighed: ProductIds
    presale: ProductIds
    stays: list[StayIds]
    farmer: Actor
    partner: Actor
    host: Actor
    seen: str = ""
    booked: int = -1
    stages: dict[UUID, set[str]]

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the world's event loop."""
        return self.world.run(work)

    def run_allowing_refusal(self, work: Awaitable[object]) -> None:
        """Run a step that may be refused, or die; the invariants hold afterwards too."""

        async def attempt() -> None:
            with suppress(Refusal, GatewayUnavailable, KilledError):
                await work

        self.run(attempt())

    def has(self, *stages: str) -> bool:
        """Return whether an order is at one of some stages."""
        return any(found & set(stages) for found in self.stages.values())

    def choose_order(self, number: int, *stages: str) -> tuple[Shopping, PlacedOrder]:
        """Return an order, mostly one at one of some stages; any other is tried too, and refused."""
        fitting = [each for each in self.orders if self.stages.get(each[1].id, set()) & set(stages)]
        candidates = fitting if fitting and number % 5 else self.orders
        return candidates[number % len(candidates)]

    async def place(self, shopper: Shopping, lines: list[tuple[UUID, int]], **more: Any) -> PlacedOrder:
        """Place an order, which no crash interrupts: tests/faults kills real processes during checkouts."""
        steady = replace(shopper, db=self.world.steady)
        order = await steady.place(lines, now=self.now, **more)
        self.orders.append((shopper, order))
        return order

    async def pay_now(self, shopper: Shopping, order: PlacedOrder) -> None:
        """Pay what is due of an order at the provider, whose webhook about it arrives."""
        w = self.world
        paying = await shopper.start(order, now=self.now)
        async with w.steady.connection() as conn:
            payment = await get_payment(conn, paying.payment_id)
        await w.sandbox.pay(payment.provider_ref or "")
        await poll_payment(w.db, w.gateway, payment.id, at=self.now)
        await self.apply_payments()

    async def apply_payments(self) -> None:
        """Apply the events of payments."""
        w = self.world
        await apply_payment_events(w.db, w.gateway, w.seal, now=self.now)

    async def buy(self, shopper: Shopping, lines: list[tuple[UUID, int]], **more: Any) -> None:
        """Place an order, pay what is due of it, and apply the events."""
        await self.pay_now(shopper, await self.place(shopper, lines, **more))

    async def apply_all_events(self) -> None:
        """Ask the provider for what is open, finish the calls that are due, and apply the events."""
        w = self.world
        async with w.steady.connection() as conn:
            known = [each for _, order in self.orders for each in await list_payments(conn, str(order.number))]
        for payment in known:
            if payment.provider_ref is not None and not payment.captured_minor:
                await poll_payment(w.db, w.gateway, payment.id, at=self.now)
        await self.apply_payments()
        await finish_operations(w.db, w.gateway, at=self.now)
        await poll_due_payouts(w.db, w.gateway, at=self.now)
        await apply_payout_events(w.db, w.seal, now=self.now)

    async def check(self) -> None:
        """Check every invariant if anything was written since the last time, and the ledger if anything was booked.

        The owner reads: to the service the cases of a person exist only in a transaction with their scope.
        """
        owner = self.world.owner
        written = await owner.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        if written == self.seen:
            return
        self.seen = written
        rows = await owner.fetch(LIST_STAGES, [order.id for _, order in self.orders])
        self.stages = {order_id: set(stages) for order_id, stages in rows}
        violations = await find_violations(owner)
        assert violations == {}, violations
        booked = await owner.fetchval("SELECT coalesce(max(id), 0) FROM payments.transactions")
        if booked != self.booked:
            self.booked = booked
            async with self.world.steady.connection() as conn:
                discrepancies = await verify_ledger(conn, prefixes=ORDER_PREFIXES) + await verify_orders(conn)
            assert discrepancies == [], discrepancies
