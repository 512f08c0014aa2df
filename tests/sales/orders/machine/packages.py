"""Rules about packages: a stay, an activity and goods of three households, booked as one order."""

from datetime import date, datetime

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec.structs import replace

from market.kernel import Connection
from market.kernel.clock import SHANGHAI
from market.people.identity.models import Actor
from market.sales.orders.address import seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.packages.book import PackageWish, PartTime, book_package
from market.sales.packages.compose import compose_package
from market.sales.packages.consent import answer_package, publish_package
from market.sales.packages.models import NewPackage, NewPart, Package
from market.sales.packages.order_parts import cancel_package_rest
from tests.conftest import NOW
from tests.sales.orders.machine.buying import PAY
from tests.sales.orders.machine.slot_rules import SlotRules
from tests.support.make import load_owner, make_producer, make_stay
from tests.support.shop import BUYER_ADDRESS, Shopping

WISH = PackageWish(count=1, arrive_on=date(2019, 9, 27), times=[PartTime(2, datetime(2019, 9, 28, 8, tzinfo=SHANGHAI))])


class PackageRules(SlotRules):
    """Buyers book packages; after a host cancelled its part they cancel the rest."""

    inn: Actor
    package: Package

    @classmethod
    async def create_package(cls, conn: Connection) -> None:
        """Put a package on sale: a night, two places and a box; the price of a place does not divide by two."""
        cls.inn = await load_owner(conn, await make_producer(conn, kind="homestay", name="样例客栈"))
        inn = await make_stay(conn, cls.inn.producers[0], rooms=4)
        parts = [
            NewPart(variant_ids=[inn.variant_id], quantity=1, share_fen=150_00),
            NewPart(variant_ids=[cls.activity.variant_id], quantity=2, share_fen=50_01),
            NewPart(variant_ids=[cls.products[0].variant_id], quantity=1, share_fen=29_99),
        ]
        new = NewPackage(
            title="枣乡两日", persons=2, nights=1, price_fen=230_00, starts_on=date(2019, 9, 20),
            ends_on=date(2019, 11, 30), parts=parts,
        )  # fmt: skip
        cls.package = await compose_package(conn, cls.world.seal, cls.guide, new, now=NOW)
        for each in (cls.inn, cls.farmer):
            await answer_package(conn, cls.world.seal, each, each.producers[0], cls.package.id, agrees=True, now=NOW)
        await publish_package(conn, cls.guide, cls.guide.producers[0], cls.package.id, now=NOW)

    @rule(who=st.integers(0, 1), count=st.integers(1, 3), pay=PAY)
    def book_package(self, who: int, count: int, *, pay: bool) -> None:
        """Book packages and pay for them or not."""
        self.run_allowing_refusal(self.order_package(self.shoppers[who], count, pay=pay))

    async def order_package(self, shopper: Shopping, count: int, *, pay: bool) -> None:
        w = self.world
        async with Batcher(w.steady) as batcher:
            order = await book_package(
                w.steady, batcher, shopper.buyer.account_id, self.package.number, replace(WISH, count=count),
                address=seal_address(w.seal, BUYER_ADDRESS), key=f"{self.now} {len(self.orders)}", now=self.now,
            )  # fmt: skip
        self.orders.append((shopper, order))
        if pay:
            await self.pay_now(shopper, order)

    @precondition(lambda self: self.has("package"))
    @rule(number=st.integers(0, 99))
    def cancel_rest(self, number: int) -> None:
        """Cancel what is left of a package, which is free after a host cancelled its part."""
        shopper, order = self.choose_order(number, "package")
        w = self.world
        self.run_allowing_refusal(cancel_package_rest(w.db, w.gateway, w.seal, shopper.buyer, order.id, now=self.now))
