"""A hypothesis state machine: people, clock and provider act in any order, and every invariant holds."""

from collections.abc import Generator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from tests.sales.orders.machine.crashes import CrashRules
from tests.sales.orders.machine.lives import LifeRules
from tests.sales.orders.machine.payouts import PayoutRules
from tests.sales.orders.machine.refunds import RefundRules
from tests.sales.orders.machine.world import World

pytestmark = pytest.mark.long


class Shop(LifeRules, RefundRules, PayoutRules, CrashRules):
    """All rules together."""

    @invariant()
    def invariants_hold(self) -> None:
        if hasattr(self, "orders"):
            self.run(self.check())

    def teardown(self) -> None:
        """Let a last process finish everything; check with the provider that nothing was charged twice."""
        if not hasattr(self, "orders"):
            return
        self.world.fuse.remove()
        self.run(self._settle())
        self.invariants_hold()

    async def _settle(self) -> None:
        w = self.world
        await w.sandbox.clear_faults()
        # Whatever was begun comes to rest by itself.
        for days in (0, 30, 0):
            self.now += timedelta(days=days)
            await w.end_leases()
            await self.apply_all_events()
            await self.work()
        unfinished = await w.owner.fetch(
            "SELECT kind, state, error FROM payments.operations WHERE state IN ('sent', 'unknown')"
            " OR (state = 'pending' AND kind <> 'create')"
            " UNION ALL SELECT 'refund', state, NULL FROM payments.refunds WHERE state = 'requested'"
            " UNION ALL SELECT 'payout', state, NULL FROM payments.payouts WHERE state = 'created'"
        )
        assert [tuple(each) for each in unfinished] == []
        intents = (await w.sandbox.state())["intents"]
        for _, order in self.orders:
            charged = [
                each["amount"]
                for each in intents
                if each["metadata"]["order"] == str(order.number) and each["status"] == "succeeded"
            ]
            assert sum(charged) <= order.total_fen, f"{order.number} was charged {charged}"


@pytest.fixture
def world(server: EmbeddedServer, template: str, seal: Seal) -> Generator[World]:
    """Open the market of the machine on an event loop of its own."""
    made = World(server, template, seal)
    made.run(made.open())
    yield made
    made.close()


def test_invariants_hold_in_any_order_of_events(world: World) -> None:
    class Machine(Shop):
        pass

    Machine.world = world
    world.run(Machine.create())
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=16,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
    assert world.reached.keys() == {"bad_fruit", "goods_return", "mediation", "invoice"}, world.reached
