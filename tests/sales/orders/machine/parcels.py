"""Rules about parcels and guests: weighed, sent, cancelled by the seller, received, checked in."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.sales.aftersales.check_in import check_in_guest
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.unsent import cancel_own_parcel
from market.sales.aftersales.weigh import WeighedLine, weigh_parcel
from market.sales.orders.models import PlacedOrder, SuborderKind
from tests.sales.orders.machine.world import ShopMachine
from tests.support.shop import Shopping


class ParcelRules(ShopMachine):
    """The farmer weighs, sends and cancels; buyers receive; the host checks guests in."""

    @precondition(lambda self: self.has("unweighed"))
    @rule(number=st.integers(0, 99), share_bp=st.sampled_from([0, 4_999, 5_000, 9_871, 10_000, 10_500, 10_501]))
    def weigh(self, number: int, share_bp: int) -> None:
        """Weigh the line that is sold by weight: half of what was ordered at least, the ceiling at most."""
        self.run_allowing_refusal(self._weigh(*self.choose_order(number, "unweighed"), share_bp))

    async def _weigh(self, shopper: Shopping, order: PlacedOrder, share_bp: int) -> None:
        w = self.world
        for parcel in (await shopper.see(order)).suborders:
            for line in parcel.lines:
                if line.ceiling_g is not None:
                    weighed = WeighedLine(line.id, line.ceiling_g * share_bp // 10_500 or 1)
                    await weigh_parcel(w.db, w.gateway, w.seal, self.farmer, parcel.id, weights=[weighed], now=self.now)

    @precondition(lambda self: self.has("goods paid"))
    @rule(number=st.integers(0, 99), share_bp=st.none() | st.sampled_from([7_777, 10_500]))
    def ship(self, number: int, share_bp: int | None) -> None:
        """Send the first parcel of an order, after weighing it or not."""
        shopper, order = self.choose_order(number, "goods paid")

        async def shipping() -> None:
            if share_bp is not None:
                await self._weigh(shopper, order, share_bp)
            parcel = await self._find_parcel(shopper, order)
            async with self.world.db.transaction() as conn:
                await ship_suborder(
                    conn, self.world.seal, self.farmer, parcel, carrier="邮政", tracking="EMS0001",
                    now=self.now,
                )  # fmt: skip

        self.run_allowing_refusal(shipping())

    async def _find_parcel(self, shopper: Shopping, order: PlacedOrder) -> UUID:
        """Return the first suborder of goods, or any suborder, which is refused."""
        suborders = (await shopper.see(order)).suborders
        return next((each.id for each in suborders if each.kind is SuborderKind.GOODS), suborders[0].id)

    @precondition(lambda self: self.has("goods paid", "goods deposited"))
    @rule(number=st.integers(0, 99))
    def cancel_parcel(self, number: int) -> None:
        """Cancel, as its seller, a parcel that cannot be sent."""
        shopper, order = self.choose_order(number, "goods paid", "goods deposited")
        w = self.world

        async def cancelling() -> None:
            parcel = await self._find_parcel(shopper, order)
            await cancel_own_parcel(w.db, w.gateway, w.seal, self.farmer, parcel, reason="下雨", now=self.now)

        self.run_allowing_refusal(cancelling())

    @precondition(lambda self: self.has("goods paid", "goods shipped"))
    @rule(number=st.integers(0, 99))
    def receive(self, number: int) -> None:
        """Confirm a receipt."""
        shopper, order = self.choose_order(number, "goods paid", "goods shipped")

        async def receiving() -> None:
            async with self.world.db.transaction() as conn:
                positions = [1] if number % 2 else None
                await confirm_receipt(conn, self.world.seal, shopper.buyer, order.id, positions=positions, now=self.now)

        self.run_allowing_refusal(receiving())

    @precondition(lambda self: self.has("stay paid"))
    @rule(number=st.integers(0, 99))
    def check_in(self, number: int) -> None:
        """Check a guest in by the code of the first room."""
        shopper, order = self.choose_order(number, "stay paid")

        async def arriving() -> None:
            seen = await shopper.see(order)
            stays = [each for each in seen.suborders if each.kind is SuborderKind.STAY]
            codes = [room.code for each in stays for room in each.bookings if room.code]
            async with self.world.db.transaction() as conn:
                for code in codes[:1]:
                    await check_in_guest(conn, self.world.seal, self.host, code, now=self.now)

        self.run_allowing_refusal(arriving())
