"""A parcel that its buyer returns, in tests of returns."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.people.identity.models import Actor, Role
from market.places.counties.change import change_county_setting
from market.sales.aftersales.answer_goods_return import (
    answer_goods_return,
    confirm_goods_arrival,
    decide_goods_return,
)
from market.sales.aftersales.end_goods_returns import end_due_returns
from market.sales.aftersales.goods_return import (
    OpenedGoodsReturn,
    ReturnedLine,
    open_goods_return,
    send_goods_return,
    withdraw_goods_return,
)
from market.sales.aftersales.goods_return_views import (
    GoodsReturn,
    get_goods_return,
)
from market.sales.aftersales.models import (
    LineRefundReason,
)
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.queries import OrderView
from market.sales.payouts.pay_out import PayoutHold, sum_kept_back
from payments import list_payments, poll_payment
from tests.conftest import NOW
from tests.support.make import (
    load_actor,
    load_owner,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.shop import Shopping

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WHERE = "样例农户 17010009002 阜平县样例村 1 号"


class Parcel(Struct, frozen=True):
    """A shipped parcel of three bags of millet, 96.00, and two of dates that are perishable, 90.00, at 2%."""

    shopping: Shopping
    order: OrderView
    owner: Actor
    finance: Actor
    platform: Actor

    async def receive(self) -> None:
        w = self.shopping
        async with w.db.transaction() as conn:
            await confirm_receipt(conn, w.seal, w.buyer, self.order.id, now=NOW)

    def line_id(self, line: int = 0) -> UUID:
        return self.order.suborders[0].lines[line].id

    async def ask(
        self, quantity: int = 3, *, line: int = 0, by: Actor | None = None, text: str = "", after: timedelta = HOUR
    ) -> OpenedGoodsReturn:
        return await self.ask_lines(
            ReturnedLine(line_id=self.line_id(line), quantity=quantity), by=by, text=text, after=after
        )

    async def ask_lines(
        self, *lines: ReturnedLine, by: Actor | None = None, text: str = "", after: timedelta = HOUR
    ) -> OpenedGoodsReturn:
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            return await open_goods_return(conn, w.seal, buyer, lines, text=text, days=7, now=NOW + after)

    async def answer(
        self,
        case_id: UUID,
        *,
        agree: bool = True,
        text: str = WHERE,
        by: Actor | None = None,
        after: timedelta = 2 * HOUR,
    ) -> GoodsReturn:
        w = self.shopping
        return await answer_goods_return(
            w.db, w.seal, by or self.owner, case_id, agree=agree, text=text, now=NOW + after
        )

    async def send(
        self, case_id: UUID, *, tracking: str = "XB0000000001CN", by: Actor | None = None, after: timedelta = DAY
    ) -> None:
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            await send_goods_return(conn, w.seal, buyer, case_id, carrier="邮政", tracking=tracking, now=NOW + after)

    async def withdraw(self, case_id: UUID, *, by: Actor | None = None) -> None:
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            await withdraw_goods_return(conn, w.seal, buyer, case_id, now=NOW + 3 * HOUR)

    async def arrive(
        self, case_id: UUID, *, objection: str = "", by: Actor | None = None, after: timedelta = 3 * DAY
    ) -> GoodsReturn:
        w = self.shopping
        return await confirm_goods_arrival(
            w.db, w.gateway, w.seal, by or self.owner, case_id, objection=objection, now=NOW + after
        )

    async def decide(
        self, case_id: UUID, *, grant: bool, reason: str = "问过两家", address: str = "", by: Actor | None = None
    ) -> GoodsReturn:
        w = self.shopping
        return await decide_goods_return(
            w.db, w.gateway, w.seal, by or self.finance, case_id, grant=grant, reason=reason, address=address,
            now=NOW + 4 * DAY,
        )  # fmt: skip

    async def end(self, after: timedelta) -> int:
        w = self.shopping
        return await end_due_returns(w.db, w.gateway, w.seal, days=10, now=NOW + after)

    async def see(self, case_id: UUID) -> GoodsReturn:
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            found = await get_goods_return(conn, w.seal, case_id)
        assert found is not None
        return found

    async def list_told(self) -> list[str]:
        """Return the templates about returns, in order."""
        return [name for name, _ in await self.shopping.messages() if name.startswith("goods_return_")]

    async def refund(self, amount_fen: int, *, line: int = 0) -> None:
        w = self.shopping
        await refund_line(
            w.db, w.gateway, w.seal, self.owner, self.line_id(line), key=str(amount_fen),
            reason=LineRefundReason.AGREED, amount_fen=amount_fen, now=NOW,
        )  # fmt: skip

    async def refunded(self) -> int:
        return (await self.shopping.see_id(self.order.id)).refunded_fen

    async def set_limit(self, fen: int) -> None:
        async with self.shopping.db.transaction() as conn:
            county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
            await change_county_setting(
                conn, county, "130624", "refund_limit_fen", fen, starts_on=NOW.date(), basis="样例", now=NOW
            )

    async def open_dispute(self, *, outcome: str = "") -> None:
        """Open a dispute over the whole payment, and end it if an outcome is given."""
        w = self.shopping
        async with w.db.connection() as conn:
            [payment] = await list_payments(conn, str(self.order.number))
        assert payment.provider_ref is not None
        dispute = await w.sandbox.open_dispute(payment.provider_ref)
        await poll_payment(w.db, w.gateway, payment.id, at=NOW)
        if outcome:
            await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
            await w.sandbox.close_dispute(dispute["id"], outcome)
            await poll_payment(w.db, w.gateway, payment.id, at=NOW)
            await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)

    async def keep_back(self, after: timedelta) -> int:
        """Return what is kept back of the seller's money so long after the receipt."""
        hold = PayoutHold(claim_hours=48, return_days=7)
        async with self.shopping.db.connection() as conn:
            return await sum_kept_back(conn, self.owner.producers[0], hold, now=NOW + after)


@pytest.fixture
async def parcel(shopping: Shopping) -> Parcel:
    async with shopping.db.transaction() as conn:
        millet = await make_product(conn, title="小米", category="coarse_grain", price_fen=32_00, gross_g=100)
        dates = await make_product(conn, millet.producer_id, title="大枣", gross_g=100)
        await conn.execute("UPDATE listings SET perishable = id <> $1", millet.listing_id)
        await make_freight_template(conn, millet.producer_id)
        owner = await load_owner(conn, millet.producer_id)
        finance = await load_actor(conn, await make_official(conn, Role.FINANCE, "130624"))
        platform = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))
    placed = await shopping.place([(millet.variant_id, 3), (dates.variant_id, 2)])
    await shopping.pay(placed)
    order = await shopping.see(placed)
    async with shopping.db.transaction() as conn:
        # The seller corrects the listing after the sale: what was bought keeps what it was.
        await conn.execute("UPDATE listings SET perishable = id = $1", millet.listing_id)
        await ship_suborder(
            conn, shopping.seal, owner, order.suborders[0].id, carrier="邮政", tracking="XA1234567890CN", now=NOW
        )
    return Parcel(shopping, order, owner, finance, platform)
