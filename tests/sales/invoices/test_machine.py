"""One sale, invoiced, corrected and refunded at random: at rest what is invoiced is what was paid less refunds."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine, Generator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from market.kernel import Database, Fen, Refusal, open_database
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from market.sales.invoices.erase import erase_invoice_details
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep, InvoiceSums
from market.sales.invoices.rules import find_task
from payments.sandbox import running
from payments.stripe import Stripe
from tests.sales.invoices.invoiced import ISSUE, PAID_FEN, REDUCE, Invoiced, make_invoiced
from tests.support.shop import Shopping, make_buyer


class World:
    """One market for all examples; each example has a sale of its own."""

    def __init__(self, dsn: str, seal: Seal) -> None:
        self.dsn, self.seal = dsn, seal
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.seen: Counter[str] = Counter()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def open(self) -> None:
        self.db: Database = await open_database(self.dsn, role=APP_ROLE, max_size=4)
        self.stack.push_async_callback(self.db.close)
        sandbox = await self.stack.enter_async_context(running())
        gateway = await self.stack.enter_async_context(Stripe("sk_test", sandbox.secret, base=sandbox.url, timeout=5))
        async with self.db.transaction() as conn:
            buyer = await make_buyer(conn)
        self.shopping = Shopping(self.db, self.seal, gateway, sandbox, buyer)


class Sale(RuleBasedStateMachine):
    """The buyer asks and corrects, the seller records, money goes back, the worker looks, the buyer leaves."""

    world: World
    sale: Invoiced

    @initialize(late=st.sampled_from([False, False, False, True]))
    def begin(self, *, late: bool) -> None:
        self.sale = self.world.run(make_invoiced(self.world.shopping))
        self.refunded = self.net = 0
        self.asked = self.gone = False
        if not late:
            self.ask(0)

    def attempt(self, work: Awaitable[object]) -> bool:
        """Run a step that may be refused; return whether it was done."""

        async def step() -> bool:
            try:
                await work
            except Refusal:
                return False
            return True

        return self.world.run(step())

    @rule(name=st.integers(0, 2))
    def ask(self, name: int) -> None:
        details = InvoiceDetails(kind=InvoiceKind.PERSON, title=f"样例 {name}")
        if self.attempt(self.sale.ask(details)):
            self.asked, self.gone = True, False

    @rule(amount=st.sampled_from([1, 7_77, 30_00, PAID_FEN]))
    def refund(self, amount: int) -> None:
        if self.attempt(self.sale.refund(amount)):
            self.refunded += amount

    @rule(
        step=st.sampled_from([ISSUE, REDUCE]), shift=st.sampled_from([0, 0, 0, -1, 1, -500]), before=st.booleans(),
        whole=st.booleans(),
    )  # fmt: skip
    def record(self, step: InvoiceStep, shift: int, *, before: bool, whole: bool) -> None:
        """Record what is due, or something near it; `whole` is all that is left, whatever was refunded."""
        due = self.net if step is REDUCE and whole else abs(PAID_FEN - self.refunded - self.net)
        amount = (PAID_FEN - self.net if step is ISSUE and whole else due) + shift
        if self.attempt(self.sale.record(amount, step, before_refund=before)):
            self.net += amount if step is ISSUE else -amount
            self.world.seen[step] += 1

    @rule()
    def do_as_told(self) -> None:
        """Record exactly what the page says until nothing is left to do."""
        for _ in range(3):
            found = self.world.run(self.sale.find(self.sale.owner))
            if found is None or found.task.step is InvoiceStep.NONE:
                break
            task = found.task
            self.world.run(self.sale.record(task.least_fen, task.step))
            self.net += task.least_fen if task.step is ISSUE else -task.least_fen
            self.world.seen[f"{task.step} as told"] += 1
        else:
            raise AssertionError("three records end every task")
        if self.net:
            assert self.net == PAID_FEN - self.refunded
            self.world.seen["rest"] += 1

    @rule()
    def work(self) -> None:
        self.world.run(self.sale.work())
        self.tasks_agree()

    @rule(sure=st.sampled_from([False, False, False, True]))
    def leave(self, *, sure: bool) -> None:
        async def erase() -> None:
            async with self.world.db.transaction() as conn:
                await erase_invoice_details(conn, self.world.shopping.buyer.account_id)

        if sure:
            self.world.run(erase())
            self.gone = True

    def tasks_agree(self) -> None:
        """After the worker there is a task exactly when something has to be done."""
        found = self.world.run(self.sale.find(self.sale.owner))
        if found is not None:
            assert (found.case_id is not None) == (found.task.step is not InvoiceStep.NONE)

    @invariant()
    def never_more_than_paid(self) -> None:
        if not hasattr(self, "sale"):
            return
        found = self.world.run(self.sale.find(self.sale.owner))
        assert (found is not None) == self.asked
        if found is None:
            return
        assert (found.net_fen, found.refunded_fen, found.paid_fen) == (self.net, self.refunded, PAID_FEN)
        assert 0 <= found.net_fen <= PAID_FEN
        blue = sum(each.amount_fen for each in found.issued if each.corrects_id is None)
        assert blue - sum(each.amount_fen for each in found.issued if each.corrects_id is not None) == self.net
        if found.task.step is InvoiceStep.NONE and self.net:
            assert self.net == PAID_FEN - self.refunded
        assert (found.details is None) == self.gone


@pytest.fixture
def world(dsn: str, seal: Seal) -> Generator[World]:
    made = World(dsn, seal)
    made.run(made.open())
    Sale.world = made
    yield made
    made.run(made.stack.aclose())
    made.runner.close()


def test_at_rest_what_is_invoiced_is_what_was_paid_less_refunds(world: World) -> None:
    run_state_machine_as_test(
        Sale,
        settings=settings(
            max_examples=30, stateful_step_count=18, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
    assert min(world.seen[each] for each in (ISSUE, "issue as told", "reduce as told", "rest")) > 0, world.seen


@pytest.mark.parametrize("wanted", [False, True])
def test_the_next_step_leads_to_rest(*, wanted: bool) -> None:
    """Whatever the sums are, doing what is due twice leaves nothing to do, and is never above what was paid."""
    for paid in (1, 7, 90):
        for refunded in range(paid + 1):
            for net in range(paid + 1):
                for correcting in {False, wanted and net > 0}:
                    _do_until_rest(paid, refunded, net, wanted=wanted, correcting=correcting)


def _do_until_rest(paid: int, refunded: int, net: int, *, wanted: bool, correcting: bool) -> None:
    for _ in range(3):
        sums = InvoiceSums(paid_fen=Fen(paid), refunded_fen=Fen(refunded), net_fen=Fen(net))
        task = find_task(sums, wanted=wanted, correcting=correcting)
        if task.step is InvoiceStep.NONE:
            assert net <= paid - refunded
            assert net == paid - refunded or not wanted
            return
        net += task.least_fen if task.step is ISSUE else -task.least_fen
        correcting = correcting and task.step is REDUCE and net > 0
        assert 0 <= net <= paid
    raise AssertionError((paid, refunded))
