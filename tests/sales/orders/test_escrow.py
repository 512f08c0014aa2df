"""Escrow: the pure legs equal those in the ledger, and one rule divides the shares."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.cancel import cancel_order
from market.sales.orders.escrow import (
    RefundShare,
    capture_legs,
    compute_refund_share,
    compute_share,
    get_order_ref,
    get_suborder_ref,
    refund_legs,
    release_legs,
)
from market.sales.orders.models import OrderId, SuborderId, SuborderKind, SuborderState
from market.sales.orders.transitions import LockedSuborder
from payments import Part, list_order_entries
from payments.ledger.journal import Leg
from tests.conftest import NOW
from tests.support.make import make_freight_template, make_product
from tests.support.shop import Shopping


async def list_legs(shopping: Shopping, number: int) -> list[list[Leg]]:
    async with shopping.db.connection() as conn:
        return [entry.legs for entry in await list_order_entries(conn, order=get_order_ref(number))]


def without_zeros(legs: list[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg[1]]


async def test_capture_and_release_legs_are_those_of_the_ledger(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=45_00, commission_bp=200)
        await make_freight_template(conn, product.producer_id)
        producer_number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", product.producer_id)
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
    part = Part(name=get_suborder_ref(order.number, 1), minor=order.total_fen)
    share = compute_share(goods_left_fen=45_00, freight_fen=14_00, commission_bp=200)
    assert (share.commission_fen, share.payable_fen, share.due_fen) == (90, 44_10, 58_10)
    assert await list_legs(shopping, order.number) == [
        without_zeros(capture_legs("alipay", [part])),
        without_zeros(
            release_legs(order_number=order.number, position=1, producer_number=producer_number, share=share)
        ),
    ]


async def test_refund_legs_are_those_of_the_ledger(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=45_00)
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    share = RefundShare(
        goods_fen=Fen(45_00), freight_fen=Fen(0), platform_fen=Fen(0), payable_fen=None, commission_fen=None
    )
    sources = refund_legs(order_number=order.number, position=1, producer_number=1, share=share)
    assert (await list_legs(shopping, order.number))[1] == [*sources, (f"refund:{order.number}", share.buyer_fen)]


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10_000))
def test_commission_and_due_sum_to_the_money(goods: int, freight: int, commission_bp: int) -> None:
    share = compute_share(goods_left_fen=goods, freight_fen=freight, commission_bp=commission_bp)
    assert share.commission_fen + share.due_fen == goods + freight
    assert 0 <= goods * commission_bp - share.commission_fen * 10_000 < 10_000


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_refund_legs_sum_to_the_buyers_refund(payable: int, commission: int, freight: int, platform: int) -> None:
    goods = payable + commission
    share = RefundShare(
        goods_fen=Fen(goods),
        freight_fen=Fen(freight),
        platform_fen=Fen(min(platform, goods)),
        payable_fen=Fen(payable),
        commission_fen=Fen(commission),
    )
    before = RefundShare(
        goods_fen=share.goods_fen,
        freight_fen=share.freight_fen,
        platform_fen=share.platform_fen,
        payable_fen=None,
        commission_fen=None,
    )
    for each in (share, before):
        legs = refund_legs(order_number=7, position=1, producer_number=3, share=each)
        assert sum(minor for _, minor in legs) == -each.buyer_fen


def make_suborder(goods: int, freight: int, discount: int) -> LockedSuborder:
    return LockedSuborder(
        id=SuborderId(UUID(int=1)), order_id=OrderId(UUID(int=2)), number=1, position=1, producer_id=UUID(int=3),
        producer_number=1,
        kind=SuborderKind.GOODS, state=SuborderState.PAID, goods_fen=Fen(goods), freight_fen=Fen(freight),
        discount_fen=Fen(discount), refunded_fen=Fen(0), goods_left_fen=Fen(goods), commission_bp=200, payable_fen=None,
        commission_fen=None, received_at=None,
    )  # fmt: skip


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.integers(0, 10**6))
def test_refunds_of_all_goods_give_back_what_each_paid_however_they_are_divided(
    parts: list[int], discount: int
) -> None:
    goods = sum(parts)
    discount = min(discount, goods)
    suborder = make_suborder(goods, 8_00, discount)
    before, platform = 0, 0
    for part in parts:
        share = compute_refund_share(suborder, goods_fen=Fen(part), freight_fen=Fen(0), refunded_goods_fen=Fen(before))
        assert 0 <= share.platform_fen <= part
        before, platform = before + part, platform + share.platform_fen
        assert abs(platform * goods - before * discount) <= goods
    assert platform == discount
