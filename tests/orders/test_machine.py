"""A hypothesis state machine: people, clock and provider act in any order, and every invariant holds."""

from collections.abc import Generator
from datetime import date

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test

from market.aftersales.ship import ship_suborder
from market.catalogue.presale import PresaleTerms, set_presale
from market.catalogue.stay_deposit import StayDeposit, set_stay_deposit
from market.coupons.manage import close_coupon
from market.identity.models import Role
from market.kernel import Fen
from market.kernel.seal import Seal
from market.payouts.account import enter_payout_account
from payments import AccountKind
from tests.aftersales.test_bad_fruit import make_photo
from tests.conftest import NOW
from tests.orders.machine.asking_back import AskingBackRules
from tests.orders.machine.buying import BuyingRules
from tests.orders.machine.crashes import CrashRules
from tests.orders.machine.parcels import ParcelRules
from tests.orders.machine.payouts import PayoutRules
from tests.orders.machine.slot_rules import SlotRules
from tests.orders.machine.world import World
from tests.support.coupons import make_coupon, make_platform_staff
from tests.support.make import (
    add_member,
    load_actor,
    load_owner,
    make_freight_template,
    make_official,
    make_product,
    make_stay,
)
from tests.support.shop import Shopping, make_buyer, make_october_nights

UNITS = 12
PRESALE = PresaleTerms(
    deposit_fen=Fen(11_11), balance_from=date(2019, 9, 23), balance_until=date(2019, 9, 25),
    send_from=date(2019, 9, 26), send_until=date(2019, 9, 30),
)  # fmt: skip


class Shop(BuyingRules, ParcelRules, SlotRules, AskingBackRules, PayoutRules, CrashRules):
    """Products of one producer, stays of another, an activity of a third, two buyers."""

    @initialize(shipped=st.booleans(), visits=st.booleans())
    def begin(self, *, shipped: bool, visits: bool) -> None:
        self.now, self.orders, self.stages = NOW, [], {}
        self.world.fuse.remove()
        self.run(self._begin())
        self.run(self._sell(shipped=shipped, visits=visits))

    async def _begin(self) -> None:
        w = self.world
        await w.sandbox.clear_faults()
        async with w.steady.transaction() as conn:
            first = await make_product(conn, price_fen=33_33, left=UNITS, gross_g=700)
            seller = first.producer_id
            second = await make_product(conn, seller, price_fen=1_01, left=UNITS)
            self.weighed = await make_product(
                conn, seller, price_fen=9_80, left=UNITS, unit="斤", net_g=500, gross_g=530, ceiling_bp=10_500
            )
            self.presale = await make_product(conn, seller, price_fen=59_00, left=UNITS, title="新枣")
            await make_freight_template(conn, seller, free_above_fen=150_00)
            self.products = [first, second]
            whole = await make_stay(conn, rooms=2)
            self.stays = [whole, await make_stay(conn, whole.producer_id, rooms=1, price_fen=333_33)]
            self.farmer, self.host = await load_owner(conn, seller), await load_owner(conn, whole.producer_id)
            self.partner = await add_member(conn, seller, "样例合伙人")
            await set_presale(conn, self.farmer, self.presale.listing_id, PRESALE, now=NOW)
            half = StayDeposit(share_bp=3_333, days_before=7)
            await set_stay_deposit(conn, self.host, self.stays[1].listing_id, half, now=NOW)
            await self.begin_slots(conn)
            self.officials = [
                await load_actor(conn, await make_official(conn, role, scope))
                for role, scope in ((Role.COUNTY, "130624"), (Role.FINANCE, "130624"), (Role.PLATFORM, "13"))
            ]
            buyers = [await make_buyer(conn), await make_buyer(conn)]
            self.photos = {each.account_id: await make_photo(conn, each) for each in buyers}
            own = await make_coupon(conn, borne_by=seller, amount_fen=3_07, min_goods_fen=33_33, quota=3, per_person=3)
            public = await make_coupon(conn, amount_fen=5_55, min_goods_fen=30_00, quota=4, per_person=2)
            self.coupons, self.public_coupon = [public.number, own.number], public.id
            sellers = [each.producers[0] for each in (self.farmer, self.host, self.guide)]
            self.numbers = [await conn.fetchval("SELECT number FROM producers WHERE id = $1", each) for each in sellers]
        for each in (self.farmer, self.host, self.guide):
            await enter_payout_account(
                w.steady, w.gateway, w.seal, each, each.producers[0], kind=AccountKind.BANK,
                number="6222000000123456", now=NOW,
            )  # fmt: skip
        self.shoppers = [Shopping(w.db, w.seal, w.gateway, w.sandbox, buyer) for buyer in buyers]

    async def _sell(self, *, shipped: bool, visits: bool) -> None:
        """Begin in the midst of things: with a paid parcel, sent or not, and a deposit or visits that are paid."""
        one, other = self.shoppers
        parcel = [(self.products[0].variant_id, 2), (self.weighed.variant_id, 0 if shipped else 2)]
        await self.buy(one, [line for line in parcel if line[1]])
        if shipped:
            seen = await one.see(self.orders[0][1])
            async with self.world.steady.transaction() as conn:
                await ship_suborder(
                    conn, self.world.seal, self.farmer, seen.suborders[0].id, carrier="邮政", tracking="EMS0001",
                    now=self.now,
                )  # fmt: skip
        if visits:
            await self.buy(other, [], nights=[make_october_nights(self.stays[0].listing_id)])
            await self.buy(other, [], nights=[make_october_nights(self.stays[1].listing_id)])
            await self.buy(one, [], slot=(self.activity.variant_id, self.slots[0], 2))
        else:
            await self.buy(other, [(self.presale.variant_id, 1)])

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
        for _ in range(2):
            await w.end_leases()
            await self.apply_all_events()
        unfinished = await w.owner.fetch(
            "SELECT kind, state, error FROM payments.operations WHERE state IN ('sent', 'unknown')"
            " OR (state = 'pending' AND kind <> 'create')"
            " UNION ALL SELECT 'refund', state, NULL FROM payments.refunds WHERE state = 'requested'"
            " UNION ALL SELECT 'payout', state, NULL FROM payments.payouts WHERE state = 'created'"
        )
        assert [tuple(each) for each in unfinished] == []
        async with w.steady.transaction() as conn:
            # The platform has at most fifty open ones.
            await close_coupon(conn, await make_platform_staff(conn), self.public_coupon, now=self.now)
        intents = (await w.sandbox.state())["intents"]
        for _, order in self.orders:
            charged = [
                each["amount"]
                for each in intents
                if each["metadata"]["order"] == str(order.number) and each["status"] == "succeeded"
            ]
            assert sum(charged) <= order.total_fen, f"{order.number} was charged {charged}"


@pytest.fixture
def world(dsn: str, seal: Seal) -> Generator[World]:
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
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
