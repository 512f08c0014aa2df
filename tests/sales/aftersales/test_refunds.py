"""Refunds of a line: sources, idempotency, limits, and deadlines."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen
from market.kernel.idempotency import IdempotencyKeyReused
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import (
    InvalidRefundAmount,
    LineRefundReason,
    NotRefundable,
    TooLateToRefund,
)
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import LineRefund, compute_refund_amount, refund_line
from market.sales.orders.cancel import cancel_order
from market.sales.orders.money.refund import RefundAmountTooHigh
from market.sales.orders.queries import OrderView
from tests.conftest import NOW
from tests.support.coupons import make_voucher
from tests.support.make import load_owner, make_freight_template, make_product
from tests.support.shop import Shopping, make_buyer


async def a_paid_order(shopping: Shopping) -> tuple[OrderView, Actor, int]:
    """Two lines, 100.00 and 50.01, and freight 8.00, at 2%."""
    async with shopping.db.transaction() as conn:
        one = await make_product(conn, price_fen=100_00, gross_g=300, commission_bp=200)
        two = await make_product(conn, one.producer_id, price_fen=50_01, gross_g=300, commission_bp=200)
        await make_freight_template(conn, one.producer_id)
        owner = await load_owner(conn, one.producer_id)
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", one.producer_id)
    order = await shopping.place([(one.variant_id, 1), (two.variant_id, 1)])
    await shopping.pay(order)
    return await shopping.see(order), owner, number


async def refund_one_line(
    shopping: Shopping, owner: Actor, order: OrderView, *, line: int = 0, key: str = "1", amount_fen: int | None = None,
    share_bp: int | None = None, reason: LineRefundReason = LineRefundReason.AGREED, after: timedelta = timedelta(),
) -> LineRefund:  # fmt: skip
    return await refund_line(
        shopping.db, shopping.gateway, shopping.seal, owner, order.suborders[0].lines[line].id, key=key, reason=reason,
        amount_fen=amount_fen, share_bp=share_bp, now=NOW + after,
    )  # fmt: skip


async def receive(shopping: Shopping, order: OrderView) -> None:
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)


async def test_before_release_a_refund_comes_from_escrow_and_lowers_the_commission(shopping: Shopping) -> None:
    order, owner, number = await a_paid_order(shopping)
    refund = await refund_one_line(shopping, owner, order, share_bp=2500)
    assert (refund.amount_fen, refund.left_fen) == (25_00, 75_00)
    assert (await shopping.balances())[f"escrow:{order.number}-1"] == 133_01
    await receive(shopping, order)
    # 2% of 125.01 is 2.5002, rounded down.
    assert await shopping.balances() == {
        "clearing:alipay": -133_01, f"payable:{number}": 122_51, "commission": 2_50, f"freight:{number}": 8_00,
    }  # fmt: skip
    seen = await shopping.see_id(order.id)
    assert (seen.refunded_fen, [each.refunded_fen for each in seen.suborders[0].lines]) == (25_00, [25_00, 0])


async def test_after_release_a_refund_comes_from_the_recorded_parts(shopping: Shopping) -> None:
    order, owner, number = await a_paid_order(shopping)
    await receive(shopping, order)
    assert (await shopping.balances())[f"payable:{number}"] == 147_01
    await refund_one_line(shopping, owner, order, amount_fen=10_00)
    # 10.00 of 147.01 and 3.00: 9.80… and 0.19…; the fen goes to the larger remainder.
    assert await shopping.balances() == {
        "clearing:alipay": -148_01, f"payable:{number}": 137_21, "commission": 2_80, f"freight:{number}": 8_00,
    }  # fmt: skip
    for key, line, left in (("2", 0, 90_00), ("3", 1, 50_01)):
        await refund_one_line(shopping, owner, order, key=key, line=line, amount_fen=left)
    assert await shopping.balances() == {"clearing:alipay": -8_00, f"freight:{number}": 8_00}


async def test_no_key_of_a_producer_blocks_the_buyers_cancellation(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    await refund_one_line(shopping, owner, order, key="cancelled", amount_fen=1)
    cancelled = await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW + timedelta(hours=1)
    )
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 158_00)
    assert (await shopping.see_id(order.id)).refunded_fen == 158_01
    assert await shopping.balances() == {}


async def test_a_key_refunds_once(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    first = await refund_one_line(shopping, owner, order, amount_fen=10_00)
    assert await refund_one_line(shopping, owner, order, amount_fen=10_00) == first
    with pytest.raises(IdempotencyKeyReused):
        await refund_one_line(shopping, owner, order, amount_fen=11_00)
    await refund_one_line(shopping, owner, order, key="1", line=1, amount_fen=1_00)
    assert (await shopping.see_id(order.id)).refunded_fen == 11_00


async def test_a_refund_does_not_exceed_the_line(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    with pytest.raises(RefundAmountTooHigh) as refused:
        await refund_one_line(shopping, owner, order, amount_fen=100_01)
    assert refused.value.facts == {"left_fen": 100_00}
    await refund_one_line(shopping, owner, order, amount_fen=60_00)
    with pytest.raises(RefundAmountTooHigh):
        await refund_one_line(shopping, owner, order, key="2", share_bp=5000)
    assert (await shopping.see_id(order.id)).refunded_fen == 60_00


@pytest.mark.parametrize(
    ("reason", "hours", "fine"),
    [
        (LineRefundReason.BAD_FRUIT, 90 * 24, True),
        (LineRefundReason.AGREED, 90 * 24, True),
        (LineRefundReason.AGREED, 90 * 24 + 1, False),
    ],
)
async def test_refunds_have_a_deadline(shopping: Shopping, reason: LineRefundReason, hours: int, *, fine: bool) -> None:
    order, owner, _ = await a_paid_order(shopping)
    await receive(shopping, order)
    if fine:
        await refund_one_line(shopping, owner, order, amount_fen=1_00, reason=reason, after=timedelta(hours=hours))
        return
    with pytest.raises(TooLateToRefund):
        await refund_one_line(shopping, owner, order, amount_fen=1_00, reason=reason, after=timedelta(hours=hours))
    assert (await shopping.see_id(order.id)).refunded_fen == 0


async def test_only_the_producer_refunds_and_only_paid_lines(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    async with shopping.db.transaction() as conn:
        stranger = await make_buyer(conn)
        unpaid_product = await make_product(conn, owner.producers[0])
    for actor in (stranger, shopping.buyer):
        with pytest.raises(NotFound):
            await refund_one_line(shopping, actor, order, amount_fen=1_00)
    unpaid = await shopping.see(await shopping.place([(unpaid_product.variant_id, 1)]))
    with pytest.raises(NotRefundable):
        await refund_one_line(shopping, owner, unpaid, amount_fen=1_00)
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    with pytest.raises(NotRefundable):
        await refund_one_line(shopping, owner, order, amount_fen=1_00)


def test_a_refund_needs_either_an_amount_or_a_share() -> None:
    assert compute_refund_amount(line_fen=Fen(96_00), amount_fen=None, share_bp=2000) == 19_20
    assert compute_refund_amount(line_fen=Fen(1_01), amount_fen=None, share_bp=5000) == 51
    for amount, share in ((None, None), (1, 1), (0, None), (-1, None), (None, 0), (None, 10_001)):
        with pytest.raises(InvalidRefundAmount):
            compute_refund_amount(line_fen=Fen(1_00), amount_fen=amount, share_bp=share)


@given(st.integers(1, 10**8), st.integers(1, 10_000))
def test_a_share_is_never_more_than_the_line(line_fen: int, share_bp: int) -> None:
    try:
        amount = compute_refund_amount(line_fen=Fen(line_fen), amount_fen=None, share_bp=share_bp)
    except InvalidRefundAmount:
        assert 2 * line_fen * share_bp < 10_000
        return
    assert abs(amount * 10_000 - line_fen * share_bp) <= 5_000
    assert 0 < amount <= line_fen


async def test_after_refunds_of_some_lines_of_a_coupons_order_the_rest_goes_back_too(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        first = await make_product(conn, price_fen=34_33, gross_g=100)
        more = [await make_product(conn, first.producer_id, price_fen=34_33, gross_g=100) for _ in range(2)]
        await make_freight_template(conn, first.producer_id)
        voucher = await make_voucher(conn, w.buyer)
        owner = await load_owner(conn, first.producer_id)
    placed = await w.place([(each.variant_id, 1) for each in (first, *more)], voucher_id=voucher)
    await w.pay(placed)
    for line in (await w.see(placed)).suborders[0].lines[:2]:
        await refund_line(
            w.db, w.gateway, w.seal, owner, line.id, key="x", reason=LineRefundReason.AGREED, amount_fen=34_33, now=NOW
        )
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, placed.id, now=NOW)
    seen = await w.see(placed)
    assert seen.refunded_fen == seen.total_fen == 3 * 34_33 + 8_00 - 10_00
    assert await w.balances() == {}
