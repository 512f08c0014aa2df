"""Orders paid in two parts: deposit and balance, what they refund, and what ends them."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from market.catalogue.listings.models import BadListing
from market.catalogue.listings.presale import PresaleTerms, end_presale, set_presale
from market.kernel import Connection, Fen
from market.people.identity.models import NotFound
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.unsent import cancel_own_parcel
from market.sales.orders.cancel import cancel_order
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.escrow import divide_legs
from market.sales.orders.expire import expire_orders
from market.sales.orders.lapse_balances import remind_of_balances
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import BalanceNotDue, Line, OrderAlreadyPaid, OrderNotPayable, VariantId
from payments import Method, Purpose, list_payments
from payments.polling import poll_payment
from tests.conftest import NOW
from tests.sales.orders.orchard import DUE, LAST, OVER, TERMS, Orchard, orchard
from tests.support.coupons import make_voucher
from tests.support.payment import pay_at_sandbox
from tests.support.shop import make_buyer

__all__ = ["orchard"]


async def test_deposit_and_balance_are_paid_once_each(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order(deposited=False)
    paying = await w.start(order, method=Method.WECHAT)
    assert paying.amount_fen == 40_00
    await w.pay(order, method=Method.ALIPAY)
    view = await w.see(order)
    assert (view.state, view.suborders[0].state, view.paid_at) == ("deposited", "deposited", None)
    assert await w.lots() == [(18, 0, 2), (50, 0, 0)]
    assert (await w.balances())[f"escrow:{order.number}-1"] == 40_00
    await orchard.verify()
    with pytest.raises(BalanceNotDue):
        await w.start(order, now=DUE - timedelta(days=1))
    assert (await w.start(order, now=DUE)).amount_fen == 118_00 + 8_00 - 40_00
    await w.pay(order, now=DUE)
    view = await w.see(order)
    assert (view.state, view.suborders[0].send_by) == ("paid", TERMS.send_until)
    assert await w.lots() == [(18, 0, 2), (50, 0, 0)]
    with pytest.raises(OrderAlreadyPaid):
        await w.start(order, now=DUE)
    assert await orchard.count_charges(order) == {Purpose.DEPOSIT: 1, Purpose.BALANCE: 1}
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, order.id, positions=[1], now=OVER)
    await orchard.verify()
    assert [each for each, _ in await w.messages()] == [
        "deposit_paid", "deposit_paid_seller", "order_paid", "to_ship", "money_owed",
    ]  # fmt: skip


async def test_a_refund_of_both_parts_takes_the_balance_first(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    await w.pay(order, now=DUE)
    view = await w.see(order)
    refund = await refund_line(
        w.db, w.gateway, w.seal, orchard.owner, view.suborders[0].lines[0].id, key="1",
        reason=LineRefundReason.BAD_FRUIT, amount_fen=100_00, now=DUE,
    )  # fmt: skip
    assert refund.left_fen == 18_00
    async with w.db.connection() as conn:
        rows = await conn.fetch(
            "SELECT purpose, r.amount_minor FROM payments.refunds r JOIN payments.payments p ON p.id = payment_id"
            " ORDER BY r.id"
        )
    assert [tuple(row) for row in rows] == [("balance", 86_00), ("deposit", 14_00)]
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=DUE)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 26_00)
    await orchard.verify()


@given(
    legs=st.lists(st.integers(1, 500), min_size=1, max_size=3),
    returned=st.integers(0, 100),
    data=st.data(),
)
def test_divided_legs_sum_to_their_payments_and_the_whole(legs: list[int], returned: int, data: st.DataObject) -> None:
    total = sum(legs)
    returned = min(returned, total - 1)
    first = data.draw(st.integers(0, total - returned))
    amounts = [first, total - returned - first]
    whole = [*((f"source:{n}", -fen) for n, fen in enumerate(legs)), *([("promotion", returned)] if returned else [])]
    divided = divide_legs(whole, amounts)
    assert [-sum(fen for _, fen in part) for part in divided] == amounts
    assert [part for part, amount in zip(divided, amounts, strict=True) if not amount and part] == []
    sums: dict[str, int] = {}
    for account, fen in [leg for part in divided for leg in part]:
        sums[account] = sums.get(account, 0) + fen
    assert sums == dict(whole)


async def test_a_refund_after_the_balance_is_gone_gives_the_platform_its_discount_back(orchard: Orchard) -> None:
    w = orchard.shopping
    async with w.db.transaction() as conn:
        voucher = await make_voucher(conn, w.buyer, amount_fen=10_00)
    order = await orchard.order(voucher_id=voucher)
    await w.pay(order, now=DUE)
    line = (await w.see(order)).suborders[0].lines[0].id
    for key, amount_fen in (("1", 100_00), ("2", 9_00)):
        await refund_line(
            w.db, w.gateway, w.seal, orchard.owner, line, key=key, reason=LineRefundReason.BAD_FRUIT,
            amount_fen=amount_fen, now=DUE,
        )  # fmt: skip
        await orchard.verify()
    assert (await w.balances())[f"escrow:{order.number}-1"] == 9_00 + 8_00
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=DUE)
    assert cancelled.state == "cancelled"
    assert [code for code in await w.balances() if code.startswith(("escrow", "promotion"))] == []
    await orchard.verify()


async def test_a_deposit_is_refunded_however_often_the_balance_was_tried(orchard: Orchard, owner: Connection) -> None:
    w = orchard.shopping
    order = await orchard.order()
    await owner.execute(
        "INSERT INTO payments.payments"
        " (order_ref, purpose, method, currency, amount_minor, state, opened_at, expires_at)"
        " SELECT $1, 'balance', 'alipay', 'CNY', 8600, 'canceled', now(), now() FROM generate_series(1, 100)",
        str(order.number),
    )
    await w.pay(order, now=DUE)
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=DUE)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 126_00)
    await orchard.verify()


async def test_the_buyer_gets_the_deposit_back_before_the_balance(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 40_00)
    assert await w.lots() == [(20, 0, 0), (50, 0, 0)]
    assert [code for code in await w.balances() if code.startswith(("escrow", "payable"))] == []
    await orchard.verify()


async def test_a_farm_that_cannot_deliver_gives_the_deposit_back(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    suborder = (await w.see(order)).suborders[0].id
    await cancel_own_parcel(w.db, w.gateway, w.seal, orchard.owner, suborder, reason="冰雹", now=NOW)
    view = await w.see(order)
    assert (view.state, view.refund_arrived_fen) == ("cancelled", 40_00)
    await orchard.verify()


async def test_an_unpaid_balance_lapses_after_its_last_day_and_the_deposit_goes_back(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    assert await remind_of_balances(w.db, w.seal, now=DUE - timedelta(days=1)) == 0
    assert [await remind_of_balances(w.db, w.seal, now=day) for day in (DUE, DUE, LAST, LAST)] == [1, 0, 1, 0]
    await w.start(order, now=LAST)
    assert await orchard.lapse(LAST) == 0
    with pytest.raises(OrderNotPayable):
        await w.start(order, now=OVER)
    assert [await orchard.lapse(OVER), await orchard.lapse(OVER)] == [1, 0]
    view = await w.see(order)
    assert (view.state, view.refund_arrived_fen) == ("cancelled", 40_00)
    assert await w.lots() == [(20, 0, 0), (50, 0, 0)]
    told = [each for each, _ in await w.messages()]
    assert told.count("balance_due") == 2
    assert {"balance_lapsed", "balance_lapsed_seller"} <= set(told)
    await orchard.verify()


async def test_every_due_balance_gets_a_reminder(orchard: Orchard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.sales.orders.lapse_balances.MAX_BALANCES", 2)
    w = orchard.shopping
    for _ in range(3):
        await orchard.order()
    assert [await remind_of_balances(w.db, w.seal, now=DUE) for _ in range(2)] == [3, 0]


async def test_a_balance_that_was_just_paid_does_not_lapse(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    paying = await w.start(order, now=LAST)
    await pay_at_sandbox(w.db, w.gateway, w.sandbox, paying, now=LAST)
    assert await orchard.lapse(OVER) == 0
    await apply_payment_events(w.db, w.gateway, w.seal, now=OVER)
    assert (await w.see(order)).state == "paid"
    await orchard.verify()


async def test_of_lapse_and_payment_at_once_one_counts(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    paying = await w.start(order, now=LAST)
    async with w.db.connection() as conn:
        [balance, _] = await list_payments(conn, str(order.number))
    assert balance.provider_ref is not None

    async def pay() -> None:
        try:
            await w.sandbox.pay(str(balance.provider_ref))
        except Exception:
            return

    await asyncio.gather(pay(), orchard.lapse(OVER), orchard.lapse(OVER))
    await poll_payment(w.db, w.gateway, paying.payment_id, at=OVER)
    await apply_payment_events(w.db, w.gateway, w.seal, now=OVER)
    view = await w.see(order)
    assert view.state in {"paid", "cancelled"}
    async with w.db.connection() as conn:
        kept = sum(each.captured_minor - each.refunded_minor for each in await list_payments(conn, str(order.number)))
    assert kept == (126_00 if view.state == "paid" else 0)
    await orchard.verify()


async def test_a_deposit_that_arrives_late_takes_the_goods_again_or_goes_back(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order(deposited=False)
    paying = await w.start(order)
    await pay_at_sandbox(w.db, w.gateway, w.sandbox, paying, now=NOW)
    async with w.db.transaction() as conn:
        await conn.execute("UPDATE orders SET state = 'expired', closed_at = $1", NOW)
        await conn.execute("UPDATE suborders SET state = 'expired', closed_at = $1", NOW)
        await conn.execute("UPDATE lots SET available_units = available_units + reserved_units, reserved_units = 0")
    await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    assert (await w.see(order)).state == "deposited"
    assert (await w.lots())[0] == (18, 0, 2)


async def test_an_unpaid_deposit_expires_like_any_order(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order(deposited=False)
    await w.start(order)
    assert await expire_orders(w.db, w.gateway, now=NOW + timedelta(hours=1)) == 1
    assert (await w.see(order)).state == "expired"
    assert (await w.lots())[0] == (20, 0, 0)


async def test_with_anything_else_or_in_the_window_all_is_paid_at_once(orchard: Orchard) -> None:
    w = orchard.shopping
    mixed = await w.place([(orchard.new.variant_id, 1), (orchard.old.variant_id, 1)])
    assert (await w.see(mixed)).deposit is None
    assert [each.freight_fen for each in (await w.see(mixed)).suborders] == [8_00, 8_00]
    assert (await w.start(mixed)).amount_fen == 120_00
    late = await orchard.order(deposited=False, now=DUE)
    assert (await w.see(late)).deposit is None
    await w.pay(late, now=DUE)
    assert (await w.see(late)).suborders[0].send_by == TERMS.send_until


async def test_the_platform_pays_its_discount_with_the_balance(orchard: Orchard) -> None:
    w = orchard.shopping
    async with w.db.transaction() as conn:
        voucher = await make_voucher(conn, w.buyer, amount_fen=10_00)
    order = await orchard.order(voucher_id=voucher)
    assert "promotion" not in await w.balances()
    await w.pay(order, now=DUE)
    assert (await w.balances())["promotion"] == -10_00
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=DUE)
    assert cancelled.refund_fen == 116_00
    assert "promotion" not in await w.balances()
    await orchard.verify()


@pytest.mark.parametrize(("price_fen", "off_fen", "goods_fen"), [(59_00, 25_00, 93_00), (47_00, 0, 94_00)])
async def test_a_deposit_above_the_price_of_the_goods_is_that_price_and_goes_back(
    orchard: Orchard, price_fen: int, off_fen: int, goods_fen: int
) -> None:
    w = orchard.shopping
    voucher = None
    async with w.db.transaction() as conn:
        await set_presale(conn, orchard.owner, orchard.new.listing_id, replace(TERMS, deposit_fen=Fen(50_00)), now=NOW)
        await conn.execute("UPDATE variants SET price_fen = $2 WHERE id = $1", orchard.new.variant_id, price_fen)
        if off_fen:
            voucher = await make_voucher(conn, w.buyer, borne_by=orchard.new.producer_id, amount_fen=off_fen)
    order = await orchard.order(voucher_id=voucher)
    deposit = (await w.see(order)).deposit
    assert deposit is not None
    assert (deposit.deposit_fen, deposit.balance_fen) == (goods_fen, 8_00)
    if voucher is None:
        assert await orchard.lapse(OVER) == 1
    else:
        await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    view = await w.see(order)
    assert (view.state, view.refund_arrived_fen) == ("cancelled", goods_fen)
    assert [code for code in await w.balances() if code.startswith("escrow")] == []
    await orchard.verify()


async def test_the_cart_shows_the_two_parts(orchard: Orchard) -> None:
    w = orchard.shopping
    async with w.db.transaction() as conn:
        await put_cart(conn, w.buyer.account_id, lines=[Line(VariantId(orchard.new.variant_id), 2)], now=NOW)
        deposit = (await get_cart(conn, w.buyer.account_id, region_code="130000", now=NOW)).deposit
        assert deposit is not None
        assert (deposit.deposit_fen, deposit.balance_fen) == (40_00, 86_00)
        await put_cart(conn, w.buyer.account_id, lines=[Line(VariantId(orchard.old.variant_id), 1)], now=NOW)
        assert (await get_cart(conn, w.buyer.account_id, region_code="130000", now=NOW)).deposit is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"deposit_fen": 59_00}, "deposit_fen"),
        ({"deposit_fen": 0}, "deposit_fen"),
        ({"balance_from": NOW.date()}, "balance_from"),
        ({"balance_until": date(2019, 9, 27)}, "balance_until"),
        ({"send_from": date(2019, 9, 27)}, "send_from"),
        ({"send_from": date(2019, 11, 30), "send_until": date(2019, 12, 1)}, "send_from"),
        ({"send_until": date(2019, 9, 29)}, "send_until"),
    ],
)
async def test_terms_that_cannot_be_kept_are_refused_at_their_field(
    orchard: Orchard, changes: dict[str, Any], field: str
) -> None:
    terms = PresaleTerms(**{name: getattr(TERMS, name) for name in TERMS.__struct_fields__} | changes)
    async with orchard.shopping.db.transaction() as conn:
        with pytest.raises(BadListing) as raised:
            await set_presale(conn, orchard.owner, orchard.new.listing_id, terms, now=NOW)
    assert field in {each.field for each in raised.value.errors}


async def test_only_its_seller_ends_a_presale_and_orders_keep_their_terms(orchard: Orchard) -> None:
    w = orchard.shopping
    order = await orchard.order()
    async with w.db.transaction() as conn:
        stranger = await make_buyer(conn)
        with pytest.raises(NotFound):
            await end_presale(conn, stranger, orchard.new.listing_id, now=NOW)
        await end_presale(conn, orchard.owner, orchard.new.listing_id, now=NOW)
    assert (await w.start(order, now=DUE)).amount_fen == 86_00
    assert (await w.see(await orchard.order(deposited=False))).deposit is None


@pytest.mark.parametrize(("deposit_fen", "balance_fen"), [(40_00, 85_00), (118_01, 7_99)])
async def test_the_schema_refuses_parts_that_do_not_add_up_and_a_deposit_of_freight(
    orchard: Orchard, owner: Connection, deposit_fen: int, balance_fen: int
) -> None:
    order = await orchard.order(deposited=False)
    await owner.execute("DELETE FROM deposits")
    with pytest.raises(asyncpg.PostgresError, match="do not add up"):
        await owner.execute(
            "INSERT INTO deposits (order_id, deposit_fen, balance_fen, balance_from, balance_until)"
            " VALUES ($1, $2, $3, '2019-09-28', '2019-09-30')",
            order.id, deposit_fen, balance_fen,
        )  # fmt: skip
