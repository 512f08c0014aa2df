"""Weighing a parcel: the price by weight, the refund of the difference, and what is refused."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from market.catalogue.listings.catch_weight import MAX_CEILING_BP, MIN_CEILING_BP, compute_ceiling, compute_weight_price
from market.catalogue.listings.units import MAX_NET_G
from market.kernel import Connection, Fen, Refusal
from market.people.identity.models import Actor, NotFound
from market.people.identity.sign_in import sign_in_without_code
from market.sales.aftersales.models import (
    InvalidWeights,
    LineRefundReason,
    NotShippable,
    NotWeighed,
    WeighedBefore,
    WeightAboveCeiling,
    WeightTooLow,
)
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.weigh import LinePrice, WeighedLine, preview_weights, weigh_parcel
from market.sales.orders.cancel import cancel_order
from market.sales.orders.models import MAX_QUANTITY
from market.sales.orders.money.verification import verify_orders
from market.sales.orders.queries import OrderView
from payments.ledger.verification import verify_ledger
from tests.conftest import NOW
from tests.support.app import build_settings, run_service
from tests.support.coupons import make_voucher
from tests.support.make import ProductIds, load_owner, make_producer, make_product
from tests.support.shop import Shopping


class Scale(Struct, frozen=True):
    """Dates sold by 斤 at 9.80 with a ceiling of 105%, and the owner of their producer."""

    shopping: Shopping
    dates: ProductIds
    boxes: ProductIds
    owner: Actor

    async def buy(self, *, paid: bool = True, **more: Any) -> OrderView:
        """Order 10 斤 and a box of a fixed price."""
        order = await self.shopping.place([(self.dates.variant_id, 10), (self.boxes.variant_id, 1)], **more)
        if paid:
            await self.shopping.pay(order)
        return await self.shopping.see(order)

    async def weigh(self, order: OrderView, *grams: int, owner: Actor | None = None, line: int = 0) -> list[LinePrice]:
        """Weigh a line, once for each weight."""
        w, suborder = self.shopping, order.suborders[0]
        weights = [WeighedLine(suborder.lines[line].id, each) for each in grams]
        return await weigh_parcel(
            w.db, w.gateway, w.seal, owner or self.owner, suborder.id, weights=weights, now=NOW + timedelta(hours=1)
        )

    async def ship(self, order: OrderView) -> None:
        """Send the parcel."""
        async with self.shopping.db.transaction() as conn:
            await ship_suborder(
                conn, self.shopping.seal, self.owner, order.suborders[0].id, carrier="邮政", tracking="XA12345", now=NOW
            )

    async def receive(self, order: OrderView) -> None:
        """Confirm its receipt."""
        async with self.shopping.db.transaction() as conn:
            await confirm_receipt(conn, self.shopping.seal, self.shopping.buyer, order.id, now=NOW)


@pytest.fixture
async def scale(shopping: Shopping) -> Scale:
    async with shopping.db.transaction() as conn:
        dates = await make_product(
            conn, unit="斤", price_fen=9_80, net_g=500, gross_g=530, ceiling_bp=10_500, title="鲜枣"
        )
        boxes = await make_product(conn, dates.producer_id, price_fen=45_00)
        return Scale(shopping, dates, boxes, await load_owner(conn, dates.producer_id))


@given(
    price=st.integers(1, 100_000_00),
    net_g=st.integers(1, 1_000_000),
    quantity=st.integers(1, 9999),
    ceiling_bp=st.integers(MIN_CEILING_BP, MAX_CEILING_BP),
    data=st.data(),
)
def test_a_weight_costs_at_most_its_ceiling_and_more_never_less(
    price: int, net_g: int, quantity: int, ceiling_bp: int, data: st.DataObject
) -> None:
    weight = compute_ceiling(net_g, quantity, ceiling_bp=ceiling_bp)
    assert weight is not None
    assert net_g * quantity <= weight.ceiling_g <= net_g * quantity * ceiling_bp / 10_000
    less = data.draw(st.integers(0, weight.ceiling_g))
    more = data.draw(st.integers(less, weight.ceiling_g))
    prices = [compute_weight_price(Fen(price), weight, grams) for grams in (0, less, more, weight.ceiling_g)]
    assert prices == sorted(prices)
    assert compute_weight_price(Fen(price), weight, net_g * quantity) == price * quantity
    assert abs(prices[1] * net_g - price * less) * 2 <= net_g


async def test_the_difference_is_refunded_once_and_the_buyer_is_told(scale: Scale) -> None:
    order = await scale.buy()
    async with scale.shopping.db.transaction() as conn:
        [seen] = await preview_weights(
            conn, scale.owner, order.suborders[0].id, [WeighedLine(order.suborders[0].lines[0].id, 4950)]
        )
    [price] = await scale.weigh(order, 4950)
    assert price == seen
    assert (price.charged_fen, price.final_fen, price.refund_fen) == (102_90, 97_02, 5_88)
    [again] = await scale.weigh(order, 4950)
    assert (again.final_fen, again.refund_fen) == (97_02, 0)
    view = await scale.shopping.see_id(order.id)
    assert (view.refunded_fen, view.refund_arrived_fen) == (5_88, 5_88)
    line = view.suborders[0].lines[0]
    assert (line.ceiling_g, line.weighed_g, line.final_fen, line.refunded_fen) == (5250, 4950, 97_02, 5_88)
    told = [facts for template, facts in await scale.shopping.messages() if template == "weighed"]
    assert len(told) == 1
    assert '"weight":"4.95 公斤（9.9 斤）"' in told[0].replace(": ", ":")
    await scale.ship(order)
    await scale.receive(order)
    async with scale.shopping.db.connection() as conn:
        assert await verify_orders(conn) == await verify_ledger(conn) == []


def test_the_weight_of_the_largest_line_can_be_given() -> None:
    weight = compute_ceiling(MAX_NET_G, MAX_QUANTITY, ceiling_bp=MAX_CEILING_BP)
    assert weight is not None
    line = {"line_id": "0190a0b0-0000-7000-8000-000000000001", "weighed_g": weight.ceiling_g}
    assert msgspec.convert(line, WeighedLine).weighed_g == weight.ceiling_g


async def test_at_the_ceiling_nothing_is_refunded(scale: Scale) -> None:
    order = await scale.buy()
    [price] = await scale.weigh(order, 5250)
    assert (price.final_fen, price.refund_fen) == (102_90, 0)
    assert (await scale.shopping.see_id(order.id)).refunded_fen == 0
    assert "weighed_full" in [template for template, _ in await scale.shopping.messages()]


@pytest.mark.parametrize(
    ("grams", "refusal", "message"),
    [
        (5251, WeightAboveCeiling, "最多按 5.25 公斤（10.5 斤）收钱。多的取出来；愿意送的，就写 5.25 公斤（10.5 斤）"),
        (2499, WeightTooLow, "不到订的一半（2.5 公斤（5 斤）），看看是不是写错了。真的没有那么多，先跟买家商量退款"),
    ],
)
async def test_a_weight_out_of_range_is_refused_at_its_field(
    scale: Scale, grams: int, refusal: type[Refusal], message: str
) -> None:
    order = await scale.buy()
    with pytest.raises(refusal) as raised:
        await scale.weigh(order, grams)
    [fault] = raised.value.errors
    assert (fault.field, fault.message) == ("weights[0].weighed_g", message)
    assert (await scale.shopping.see_id(order.id)).suborders[0].lines[0].weighed_g is None


async def test_only_the_sellers_own_lines_by_weight_are_weighed_and_once(scale: Scale) -> None:
    order = await scale.buy(paid=False)
    async with scale.shopping.db.transaction() as conn:
        stranger = await load_owner(conn, await make_producer(conn, name="样例别家"))
    with pytest.raises(NotFound):
        await scale.weigh(order, 4950, owner=stranger)
    with pytest.raises(NotShippable):
        await scale.weigh(order, 4950)
    await scale.shopping.pay(order)  # type: ignore[arg-type]
    for refused in ((4950, 4950), ()):
        with pytest.raises(InvalidWeights):
            await scale.weigh(order, *refused)
    with pytest.raises(InvalidWeights):
        await scale.weigh(order, 4950, line=1)
    await scale.weigh(order, 4950)
    with pytest.raises(WeighedBefore):
        await scale.weigh(order, 4951)


async def test_a_parcel_that_was_not_weighed_is_neither_sent_nor_received(scale: Scale, owner: Connection) -> None:
    order = await scale.buy()
    with pytest.raises(NotWeighed):
        await scale.ship(order)
    with pytest.raises(NotWeighed):
        await scale.receive(order)
    for state in ("shipped", "received"):
        with pytest.raises(asyncpg.PostgresError, match="was not weighed"):
            await owner.execute("UPDATE suborders SET state = $1", state)
    await scale.weigh(order, 4950)
    with pytest.raises(asyncpg.PostgresError, match="was weighed before"):
        await owner.execute("UPDATE catch_weights SET weighed_g = 4000")
    await scale.ship(order)


async def test_an_order_that_was_not_weighed_is_cancelled_in_full(scale: Scale) -> None:
    w = scale.shopping
    order = await scale.buy()
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    assert cancelled.refund_fen == order.total_fen
    with pytest.raises(NotShippable):
        await scale.weigh(order, 4950)


async def test_of_concurrent_weights_one_counts(scale: Scale) -> None:
    order = await scale.buy()
    answers = await asyncio.gather(*(scale.weigh(order, 4900 + n) for n in range(6)), return_exceptions=True)
    done = [each for each in answers if isinstance(each, list)]
    assert len(done) == 1
    assert {type(each) for each in answers if not isinstance(each, list)} == {WeighedBefore}
    assert (await scale.shopping.see_id(order.id)).refunded_fen == done[0][0].refund_fen
    async with scale.shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM payments.refunds") == 1
        assert await verify_orders(conn) == await verify_ledger(conn) == []


async def test_a_share_is_refunded_of_the_weighed_price(scale: Scale) -> None:
    order = await scale.buy()
    await scale.weigh(order, 4950)
    w = scale.shopping
    refund = await refund_line(
        w.db, w.gateway, w.seal, scale.owner, order.suborders[0].lines[0].id, key="1",
        reason=LineRefundReason.BAD_FRUIT, share_bp=5000, now=NOW,
    )  # fmt: skip
    assert (refund.amount_fen, refund.left_fen) == (48_51, 48_51)


async def test_what_was_refunded_before_is_not_refunded_again_by_weight(scale: Scale) -> None:
    order = await scale.buy()
    w = scale.shopping
    await refund_line(
        w.db, w.gateway, w.seal, scale.owner, order.suborders[0].lines[0].id, key="1",
        reason=LineRefundReason.AGREED, amount_fen=100_00, now=NOW,
    )  # fmt: skip
    [price] = await scale.weigh(order, 4950)
    assert (price.final_fen, price.refund_fen) == (97_02, 2_90)


async def test_a_sellers_coupon_is_taken_off_the_weighed_price(scale: Scale) -> None:
    async with scale.shopping.db.transaction() as conn:
        voucher = await make_voucher(conn, scale.shopping.buyer, borne_by=scale.dates.producer_id)
    order = await scale.buy(voucher_id=voucher)
    line = order.suborders[0].lines[0]
    assert line.amount_fen == 102_90 - line.reduction_fen
    [price] = await scale.weigh(order, 4950)
    assert (price.final_fen, price.refund_fen) == (97_02 - line.reduction_fen, 5_88)


async def test_a_parcel_is_weighed_over_the_api(scale: Scale, dsn: str, folder: Path) -> None:
    order = await scale.buy()
    w = scale.shopping
    async with w.db.transaction() as conn:
        session = await sign_in_without_code(conn, scale.owner.account_id, now=NOW, second_factor=False)
    settings = build_settings(dsn, folder, now=NOW, stripe_base=w.sandbox.url, stripe_key="sk_test_sample")
    line: UUID = order.suborders[0].lines[0].id
    async with run_service(settings) as service:

        async def weigh(grams: int) -> Any:
            return await service.call(
                "WeighParcel", {"weights": [{"line_id": str(line), "weighed_g": grams}]}, token=session.token,
                path={"suborder_id": order.suborders[0].id},
            )  # fmt: skip

        refused = await weigh(5251)
        assert (refused.status_code, refused.json()["code"]) == (422, "weight_above_ceiling")
        assert refused.json()["errors"][0]["field"] == "weights[0].weighed_g"
        assert (await weigh(4950)).json()[0]["refund_fen"] == 5_88
