"""How an example begins: the people and goods of its own, and a sale that is somewhere on its way."""

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from market.catalogue.listings.presale import PresaleTerms, set_presale
from market.catalogue.listings.stay_deposit import StayDeposit, set_stay_deposit
from market.kernel import Fen
from market.people.identity.models import Actor, Role
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.models import PlacedOrder
from market.sales.payouts.account import enter_payout_account
from payments import AccountKind
from tests.conftest import NOW
from tests.sales.aftersales.grove import make_photo
from tests.sales.orders.machine.cases import LIST_OPEN_CASES, CaseRules
from tests.sales.orders.machine.disputes import DisputeRules
from tests.sales.orders.machine.packages import PackageRules
from tests.support.coupons import make_coupon
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
SCENES = ("refused", "returned", "received", "invoiced", "disputed", "package", "visits", "shipped", "paid")


class Beginning(CaseRules, DisputeRules, PackageRules):
    """Products of one producer, stays of others, an activity of a third, a package of them, two buyers."""

    buyers: list[Actor]

    @initialize(scene=st.sampled_from(SCENES))
    def begin(self, scene: str) -> None:
        self.now, self.orders, self.stages, self.slots = NOW, [], {}, list(self.first_slots)
        self.run(self.world.begin_example())
        self.shoppers = [
            Shopping(self.world.db, self.world.seal, self.world.gateway, self.world.sandbox, each)
            for each in self.buyers
        ]
        self.run(self._sell(scene))

    @classmethod
    async def create(cls) -> None:
        """Create the people and what they sell, in the database that each example gets a copy of."""
        w = cls.world
        async with w.steady.transaction() as conn:
            first = await make_product(conn, price_fen=33_33, left=UNITS, gross_g=700, category="grain")
            seller = first.producer_id
            second = await make_product(conn, seller, price_fen=1_01, left=UNITS)
            cls.weighed = await make_product(
                conn, seller, price_fen=9_80, left=UNITS, unit="斤", net_g=500, gross_g=530, ceiling_bp=10_500
            )
            cls.presale = await make_product(conn, seller, price_fen=59_00, left=UNITS, title="新枣")
            await make_freight_template(conn, seller, free_above_fen=150_00)
            cls.products = [first, second]
            whole = await make_stay(conn, rooms=2)
            cls.stays = [whole, await make_stay(conn, whole.producer_id, rooms=1, price_fen=333_33)]
            cls.farmer, cls.host = await load_owner(conn, seller), await load_owner(conn, whole.producer_id)
            cls.partner = await add_member(conn, seller, "样例合伙人")
            await set_presale(conn, cls.farmer, cls.presale.listing_id, PRESALE, now=NOW)
            half = StayDeposit(share_bp=3_333, days_before=7)
            await set_stay_deposit(conn, cls.host, cls.stays[1].listing_id, half, now=NOW)
            await cls.create_slots(conn)
            await cls.create_package(conn)
            cls.officials = [
                await load_actor(conn, await make_official(conn, role, scope))
                for role, scope in ((Role.COUNTY, "130624"), (Role.FINANCE, "130624"), (Role.PLATFORM, "13"))
            ]
            cls.buyers = [await make_buyer(conn), await make_buyer(conn)]
            cls.photos = {each.account_id: await make_photo(conn, each) for each in cls.buyers}
            own = await make_coupon(conn, borne_by=seller, amount_fen=3_07, min_goods_fen=33_33, quota=3, per_person=3)
            public = await make_coupon(conn, amount_fen=5_55, min_goods_fen=30_00, quota=4, per_person=2)
            cls.coupons = [public.number, own.number]
            sellers = [each.producers[0] for each in (cls.farmer, cls.host, cls.guide)]
            cls.numbers = [await conn.fetchval("SELECT number FROM producers WHERE id = $1", each) for each in sellers]
        for each in (cls.farmer, cls.host, cls.guide):
            await enter_payout_account(
                w.steady, w.gateway, w.seal, each, each.producers[0], kind=AccountKind.BANK,
                number="6222000000123456", now=NOW,
            )  # fmt: skip

    async def _sell(self, scene: str) -> None:
        """Begin in the midst of things: with a sale that is paid, sent, received, or argued about."""
        one, other = self.shoppers
        match scene:
            case "visits":
                nights = make_october_nights(self.stays[0].listing_id)
                await self.buy(one, [], nights=[nights], slot=(self.activity.variant_id, self.slots[0], 2))
                await self.buy(other, [], nights=[make_october_nights(self.stays[1].listing_id)])
            case "package":
                await self.order_package(one, 2, pay=True)
            case "paid":
                await self.buy(one, [(self.products[0].variant_id, 2), (self.weighed.variant_id, 2)])
                await self.buy(other, [(self.presale.variant_id, 1)])
            case _:
                await self.buy(one, [(each.variant_id, 2) for each in self.products])
                await self._go_on(one, self.orders[0][1], scene)

    async def _go_on(self, shopper: Shopping, order: PlacedOrder, scene: str) -> None:
        w = self.world
        if scene == "disputed":
            await self.open_dispute(order, 2)
            return
        [parcel] = (await shopper.see(order)).suborders
        async with w.steady.transaction() as conn:
            await ship_suborder(conn, w.seal, self.farmer, parcel.id, carrier="邮政", tracking="EMS0001", now=self.now)
            if scene != "shipped":
                await confirm_receipt(conn, w.seal, shopper.buyer, order.id, now=self.now)
        match scene:
            case "returned":
                await self.ask_return(shopper, order, 0, 2)
                await self._act_on_oldest_case(agree=True)
                await self._act_on_oldest_case(agree=True)
            case "refused":
                await self.open_claim(shopper, order, 1, 3)
                await self._act_on_oldest_case(agree=False)
                await self._act_on_oldest_case(agree=False)
                await self.ask_return(shopper, order, 0, 1)
            case "invoiced":
                await self.ask_for_invoice(shopper, order, 0)
                await self._act_on_oldest_case(agree=True)
            case _:
                pass

    async def _act_on_oldest_case(self, *, agree: bool) -> None:
        found = await self.world.owner.fetch(LIST_OPEN_CASES, [order.id for _, order in self.orders])
        await self.act(self.read_case(found[0]), 0, agree=agree)
