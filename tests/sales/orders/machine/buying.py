"""Rules about buying: orders of goods, of goods in pre-sale and by weight, and of stays; coupons; payments."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection
from market.sales.aftersales.cancelled_slots import cancel_slots_below_minimum, refund_cancelled_slots
from market.sales.aftersales.case_moves import notify_late_case
from market.sales.aftersales.end_goods_returns import end_due_returns
from market.sales.aftersales.receive import confirm_overdue
from market.sales.aftersales.unsent import cancel_unsent, remind_sellers
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.vouchers import list_vouchers
from market.sales.invoices.tasks import update_changed_invoices
from market.sales.orders.cancel import cancel_order
from market.sales.orders.expire import expire_orders
from market.sales.orders.lapse_balances import lapse_balances, remind_of_balances
from payments import Method, list_payments
from tests.sales.orders.machine.world import ShopMachine
from tests.support.shop import Shopping, make_october_nights

DAY = 60 * 24
MINUTES = (DAY, 1, 20, 20, 20, 35, 120, 120, 240, DAY, DAY, 2 * DAY, 4 * DAY, 11 * DAY)
PAY = st.sampled_from([True, True, True, False])
UNPAID = ("goods placed", "stay placed", "activity placed", "goods deposited", "stay deposited")


class BuyingRules(ShopMachine):
    """Two buyers order, pay, and cancel; the clock jumps."""

    coupons: list[int]

    @rule(
        who=st.integers(0, 1),
        units=st.tuples(st.integers(0, 3), st.integers(0, 3)),
        weighed=st.integers(0, 2),
        nights=st.none() | st.tuples(st.integers(0, 1), st.integers(1, 12), st.integers(1, 3), st.integers(1, 2)),
        pay=PAY,
    )
    def order(
        self, who: int, units: tuple[int, int], weighed: int, nights: tuple[int, int, int, int] | None, *, pay: bool
    ) -> None:
        """Order goods, goods by weight and nights together, and pay at once or not."""
        counts = [*zip(self.products, units, strict=True), (self.weighed, weighed)]
        lines = [(each.variant_id, count) for each, count in counts if count]
        stays = []
        if nights is not None:
            which, first, length, rooms = nights
            stays = [make_october_nights(self.stays[which].listing_id, arrive=first, leave=first + length, rooms=rooms)]
        shopper = self.shoppers[who]

        async def ordering() -> None:
            order = await self.place(shopper, lines, nights=stays)
            if pay:
                await self.pay_now(shopper, order)

        self.run_allowing_refusal(ordering())

    @rule(who=st.integers(0, 1), units=st.integers(1, 3), pay=PAY)
    def order_presale(self, who: int, units: int, *, pay: bool) -> None:
        """Order goods in pre-sale alone, so that a deposit is due, and pay it or not."""
        shopper = self.shoppers[who]

        async def ordering() -> None:
            order = await self.place(shopper, [(self.presale.variant_id, units)])
            if pay:
                await self.pay_now(shopper, order)

        self.run_allowing_refusal(ordering())

    @rule(who=st.integers(0, 1), which=st.integers(0, 1))
    def claim_coupon(self, who: int, which: int) -> None:
        """Claim a voucher of the platform's coupon or of the producer's."""
        self.run_allowing_refusal(self.claim_voucher(self.shoppers[who], which))

    async def claim_voucher(self, shopper: Shopping, which: int) -> None:
        async with self.world.db.transaction() as conn:
            await claim_voucher(conn, shopper.buyer, number=self.coupons[which], now=self.now)

    @rule(who=st.integers(0, 1), number=st.integers(0, 9), units=st.integers(1, 4), presale=st.booleans(), pay=PAY)
    def order_with_voucher(self, who: int, number: int, units: int, *, presale: bool, pay: bool) -> None:
        """Order with any voucher of the buyer, used or not; claim one first if there is none."""
        shopper = self.shoppers[who]
        lines = [(each.variant_id, units) for each in ([self.presale] if presale else self.products)]

        async def ordering() -> None:
            async with self.world.steady.connection() as conn:
                vouchers = await list_vouchers(conn, shopper.buyer.account_id)
            if not vouchers:
                await self.claim_voucher(shopper, number % 2)
                return
            order = await self.place(shopper, lines, voucher_id=vouchers[number % len(vouchers)].id)
            if pay:
                await self.pay_now(shopper, order)

        self.run_allowing_refusal(ordering())

    @precondition(lambda self: self.has(*UNPAID))
    @rule(number=st.integers(0, 99), method=st.sampled_from([Method.ALIPAY, Method.WECHAT]))
    def start(self, number: int, method: Method) -> None:
        """Start a payment: of everything, of the deposit, or of the balance."""
        shopper, order = self.choose_order(number, *UNPAID)
        self.run_allowing_refusal(shopper.start(order, method=method, now=self.now))

    @precondition(lambda self: self.has(*UNPAID))
    @rule(number=st.integers(0, 99))
    def pay_open_page(self, number: int) -> None:
        """Pay at the provider, on a page opened at any time; no event arrives yet."""
        _, order = self.choose_order(number, *UNPAID)

        async def pressing() -> None:
            async with self.world.steady.connection() as conn:
                found = await list_payments(conn, str(order.number))
            for each in found[:1]:
                if each.provider_ref is not None:
                    state = await self.world.sandbox.state()
                    intent = next(thing for thing in state["intents"] if thing["id"] == each.provider_ref)
                    if intent["status"] == "requires_action":
                        await self.world.sandbox.pay(each.provider_ref)

        self.run(pressing())

    @rule(minutes=st.sampled_from(MINUTES))
    def advance_clock(self, minutes: int) -> None:
        """Let the clock jump, and the worker do what is due then."""
        self.now += timedelta(minutes=minutes)
        self.run_allowing_refusal(self.work())

    async def work(self) -> None:
        """Do what the worker does at this time."""
        w = self.world

        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_case(conn, w.seal, case, now=self.now)

        await expire_orders(w.db, w.gateway, now=self.now)
        await confirm_overdue(w.db, now=self.now, days=10, seal=w.seal)
        await remind_sellers(w.db, w.seal, now=self.now)
        await cancel_unsent(w.db, w.seal, now=self.now)
        await remind_of_balances(w.db, w.seal, now=self.now)
        await lapse_balances(w.db, w.gateway, w.seal, now=self.now)
        await cancel_slots_below_minimum(w.db, w.seal, hours=24, now=self.now)
        await refund_cancelled_slots(w.db, w.gateway, w.seal, now=self.now)
        await end_due_returns(w.db, w.gateway, w.seal, days=10, now=self.now)
        await update_changed_invoices(w.db, w.seal, now=self.now)
        await escalate_late_cases(w.db, w.seal, tell, now=self.now)

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), position=st.none() | st.integers(1, 2))
    def cancel(self, number: int, position: int | None) -> None:
        """Cancel an order or a suborder of it."""
        shopper, order = self.choose_order(number, *UNPAID, "goods paid", "stay paid", "activity paid")
        w = self.world
        positions = None if position is None else [position]
        self.run_allowing_refusal(
            cancel_order(w.db, w.gateway, w.seal, shopper.buyer, order.id, positions=positions, now=self.now)
        )
