"""Giving back part of a line: where it comes from, how often, how much, and until when."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.aftersales import (
    LineRefund,
    NotRefundable,
    OtherRefundUnderKey,
    RefundWrong,
    TooLateToRefund,
    Why,
    confirm_receipt,
    refund_line,
)
from market.aftersales.refund import refund_amount
from market.identity import Actor, NotFound
from market.kernel import Fen
from market.orders import MoreThanLeft, OrderView, cancel_order
from tests.conftest import NOW
from tests.factories import a_freight_template, a_product, owner_of
from tests.shopping import Shopping, a_shopper


async def a_paid_order(shopping: Shopping) -> tuple[OrderView, Actor, int]:
    """Two lines, 100.00 and 50.01, and freight 8.00, at 2%."""
    async with shopping.db.transaction() as conn:
        one = await a_product(conn, price_fen=100_00, gross_g=300, commission_bp=200)
        two = await a_product(conn, one.producer_id, price_fen=50_01, gross_g=300, commission_bp=200)
        await a_freight_template(conn, one.producer_id)
        owner = await owner_of(conn, one.producer_id)
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", one.producer_id)
    order = await shopping.place([(one.variant_id, 1), (two.variant_id, 1)])
    await shopping.pay(order)
    return await shopping.see(order), owner, number


async def give(
    shopping: Shopping, owner: Actor, order: OrderView, *, line: int = 0, key: str = "1", amount_fen: int | None = None,
    share_bp: int | None = None, reason: Why = Why.AGREED, after: timedelta = timedelta(),
) -> LineRefund:  # fmt: skip
    return await refund_line(
        shopping.db, shopping.gateway, owner, order.suborders[0].lines[line].id, key=key, reason=reason,
        amount_fen=amount_fen, share_bp=share_bp, now=NOW + after,
    )  # fmt: skip


async def receive(shopping: Shopping, order: OrderView) -> None:
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW)


async def test_before_release_it_comes_from_what_is_held_and_lowers_the_commission(shopping: Shopping) -> None:
    order, owner, number = await a_paid_order(shopping)
    refund = await give(shopping, owner, order, share_bp=2500)
    assert (refund.amount_fen, refund.left_fen) == (25_00, 75_00)
    assert (await shopping.balances())[f"escrow:{order.number}-1"] == 133_01
    await receive(shopping, order)
    # 2% of 125.01 is 2.5002, rounded down.
    assert await shopping.balances() == {
        "clearing:alipay": -133_01, f"payable:{number}": 122_51, "commission": 2_50, f"freight:{number}": 8_00,
    }  # fmt: skip
    seen = await shopping.see_id(order.id)
    assert (seen.refunded_fen, [each.refunded_fen for each in seen.suborders[0].lines]) == (25_00, [25_00, 0])


async def test_after_release_it_comes_from_the_parts_as_recorded(shopping: Shopping) -> None:
    order, owner, number = await a_paid_order(shopping)
    await receive(shopping, order)
    assert (await shopping.balances())[f"payable:{number}"] == 147_01
    await give(shopping, owner, order, amount_fen=10_00)
    # 10.00 of 147.01 and 3.00: 9.80… and 0.19…; the fen goes to the larger remainder.
    assert await shopping.balances() == {
        "clearing:alipay": -148_01, f"payable:{number}": 137_21, "commission": 2_80, f"freight:{number}": 8_00,
    }  # fmt: skip
    for key, line, left in (("2", 0, 90_00), ("3", 1, 50_01)):
        await give(shopping, owner, order, key=key, line=line, amount_fen=left)
    assert await shopping.balances() == {"clearing:alipay": -8_00, f"freight:{number}": 8_00}


async def test_no_key_of_a_producer_bars_the_buyers_cancellation(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    await give(shopping, owner, order, key="cancelled", amount_fen=1)
    cancelled = await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW + timedelta(hours=1)
    )
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 158_00)
    assert (await shopping.see_id(order.id)).refunded_fen == 158_01
    assert await shopping.balances() == {}


async def test_a_key_gives_back_once(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    first = await give(shopping, owner, order, amount_fen=10_00)
    assert await give(shopping, owner, order, amount_fen=10_00) == first
    with pytest.raises(OtherRefundUnderKey):
        await give(shopping, owner, order, amount_fen=11_00)
    await give(shopping, owner, order, key="1", line=1, amount_fen=1_00)
    assert (await shopping.see_id(order.id)).refunded_fen == 11_00


async def test_no_more_goes_back_than_the_line_holds(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    with pytest.raises(MoreThanLeft) as refused:
        await give(shopping, owner, order, amount_fen=100_01)
    assert refused.value.facts == {"left_fen": 100_00}
    await give(shopping, owner, order, amount_fen=60_00)
    with pytest.raises(MoreThanLeft):
        await give(shopping, owner, order, key="2", share_bp=5000)
    assert (await shopping.see_id(order.id)).refunded_fen == 60_00


@pytest.mark.parametrize(
    ("reason", "hours", "fine"),
    [
        (Why.BAD_FRUIT, 48, True),
        (Why.BAD_FRUIT, 49, False),
        (Why.AGREED, 90 * 24, True),
        (Why.AGREED, 90 * 24 + 1, False),
    ],
)
async def test_there_is_a_time_for_it(shopping: Shopping, reason: Why, hours: int, *, fine: bool) -> None:
    order, owner, _ = await a_paid_order(shopping)
    await receive(shopping, order)
    if fine:
        await give(shopping, owner, order, amount_fen=1_00, reason=reason, after=timedelta(hours=hours))
        return
    with pytest.raises(TooLateToRefund):
        await give(shopping, owner, order, amount_fen=1_00, reason=reason, after=timedelta(hours=hours))
    assert (await shopping.see_id(order.id)).refunded_fen == 0


async def test_only_its_producer_gives_back_and_only_what_was_paid(shopping: Shopping) -> None:
    order, owner, _ = await a_paid_order(shopping)
    async with shopping.db.transaction() as conn:
        stranger = await a_shopper(conn)
        unpaid_product = await a_product(conn, owner.producers[0])
    for actor in (stranger, shopping.buyer):
        with pytest.raises(NotFound):
            await give(shopping, actor, order, amount_fen=1_00)
    unpaid = await shopping.see(await shopping.place([(unpaid_product.variant_id, 1)]))
    with pytest.raises(NotRefundable):
        await give(shopping, owner, unpaid, amount_fen=1_00)
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    with pytest.raises(NotRefundable):
        await give(shopping, owner, order, amount_fen=1_00)


def test_how_much_is_said_in_one_way() -> None:
    assert refund_amount(Fen(96_00), amount_fen=None, share_bp=2000) == 19_20
    assert refund_amount(Fen(1_01), amount_fen=None, share_bp=5000) == 51
    for amount, share in ((None, None), (1, 1), (0, None), (-1, None), (None, 0), (None, 10_001)):
        with pytest.raises(RefundWrong):
            refund_amount(Fen(1_00), amount_fen=amount, share_bp=share)


@given(st.integers(1, 10**8), st.integers(1, 10_000))
def test_a_share_is_never_more_than_the_line(line_fen: int, share_bp: int) -> None:
    try:
        amount = refund_amount(Fen(line_fen), amount_fen=None, share_bp=share_bp)
    except RefundWrong:
        assert 2 * line_fen * share_bp < 10_000
        return
    assert abs(amount * 10_000 - line_fen * share_bp) <= 5_000
    assert 0 < amount <= line_fen
