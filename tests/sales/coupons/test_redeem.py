"""A voucher at checkout: redeemed with the order, free again if it ends unpaid, and where its money goes."""

import asyncio
from collections.abc import Awaitable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct, structs

from market.kernel import Connection, Database
from market.kernel.idempotency import IdempotencyKeyReused
from market.people.identity.models import AccountId, Device, Role
from market.people.identity.sessions import start_session
from market.people.identity.sign_in import DEFAULT_NAME
from market.sales.aftersales.models import OWN_DELIVERY, InvalidTracking, LineRefundReason
from market.sales.aftersales.parcels import list_parcels
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.carriers.models import UNPROVEN_PERIOD
from market.sales.carriers.unmoved import list_unmoved_parcels, record_delivery, refund_lost_parcel
from market.sales.coupons.models import CouponExpired, VoucherId, VoucherNotForGoods, VoucherUnknown, VoucherUsed
from market.sales.orders.address import Address
from market.sales.orders.cancel import cancel_order
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.outcomes import PlacementOutcome
from market.sales.orders.checkout.place import place
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.expire import expire_orders
from market.sales.orders.models import PlacedOrder
from market.sales.orders.money.money_problems import NothingToRepair
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from market.sales.payouts.pay_out import PayoutHold, sum_kept_back
from payments.ledger.verification import verify_ledger
from tests.conftest import NOW
from tests.sales.orders.invariants import find_violations
from tests.sales.orders.requests import line, list_codes, make_request
from tests.support.coupons import make_coupon, make_voucher
from tests.support.make import (
    DESTINATION,
    SEAL,
    ProductIds,
    load_actor,
    load_owner,
    make_account,
    make_activity,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.payment import pay_and_apply
from tests.support.postgres import as_owner
from tests.support.shop import BUYER_ADDRESS, Shopping, make_buyer
from tests.support.statements import QueryTrace

LATER = NOW + timedelta(minutes=31)
OVER = NOW + timedelta(minutes=41)


class Stall(Struct, frozen=True):
    """Eggs at 39.00 of one producer, with freight, and walnuts at 32.00 of another."""

    shopping: Shopping
    eggs: ProductIds
    nuts: ProductIds

    @property
    def lines(self) -> list[tuple[UUID, int]]:
        """The lines of the story's order O2: 78.00 and 64.00."""
        return [(self.eggs.variant_id, 2), (self.nuts.variant_id, 2)]

    async def claim(self, *, borne_by: UUID | None = None, **changes: Any) -> VoucherId:
        async with self.shopping.db.transaction() as conn:
            return await make_voucher(conn, self.shopping.buyer, borne_by=borne_by, **changes)

    async def list_uses(self) -> list[tuple[int, bool]]:
        """Return the number of each order that used a voucher, and whether it still does."""
        async with self.shopping.db.connection() as conn:
            rows = await conn.fetch(
                "SELECT number, freed_at IS NULL AS live FROM redemptions JOIN orders ON id = order_id ORDER BY number"
            )
        return [(row["number"], row["live"]) for row in rows]


@pytest.fixture
async def stall(shopping: Shopping) -> Stall:
    async with shopping.db.transaction() as conn:
        eggs = await make_product(conn, price_fen=39_00, gross_g=500, left=12)
        nuts = await make_product(conn, price_fen=32_00, gross_g=500, left=12)
        await make_freight_template(conn, eggs.producer_id, free_above_fen=78_00)
        await make_freight_template(conn, nuts.producer_id, free_above_fen=64_01)
    return Stall(shopping, eggs, nuts)


async def check(stall: Stall) -> None:
    """Check the invariants of orders and ledger."""
    async with stall.shopping.db.connection() as conn:
        assert await find_violations(conn) == {}
        assert await verify_ledger(conn, prefixes=ORDER_PREFIXES) == []
        assert await verify_orders(conn) == []


async def test_the_platforms_coupon_is_redeemed_with_the_order_and_freight_is_judged_before_it(stall: Stall) -> None:
    voucher_id = await stall.claim()
    order = await stall.shopping.place(stall.lines, voucher_id=voucher_id, key="one")
    assert (order.goods_fen, order.freight_fen, order.discount_fen, order.total_fen) == (142_00, 8_00, 10_00, 140_00)
    assert await stall.shopping.place(stall.lines, voucher_id=voucher_id, key="one") == order
    for other in (None, await stall.claim()):
        with pytest.raises(IdempotencyKeyReused):
            await stall.shopping.place(stall.lines, voucher_id=other, key="one")
    with pytest.raises(VoucherUsed) as used:
        await stall.shopping.place(stall.lines, voucher_id=voucher_id)
    assert [each.field for each in used.value.errors] == ["voucher_id"]
    await stall.shopping.pay(order)
    refs = [f"escrow:{order.number}-{position}" for position in (1, 2)]
    assert await stall.shopping.balances() == {
        "clearing:alipay": -140_00, "promotion": -10_00, refs[0]: 78_00, refs[1]: 72_00,
    }  # fmt: skip
    assert await stall.list_uses() == [(order.number, True)]
    await check(stall)


async def test_a_producers_coupon_lowers_what_it_gets_and_its_commission(stall: Stall) -> None:
    producer = stall.eggs.producer_id
    voucher_id = await stall.claim(borne_by=producer, amount_fen=7_99, min_goods_fen=78_00)
    order = await stall.shopping.place(stall.lines, voucher_id=voucher_id)
    assert (order.goods_fen, order.freight_fen, order.discount_fen, order.total_fen) == (134_01, 8_00, 0, 142_01)
    await stall.shopping.pay(order)
    seen = await stall.shopping.see(order)
    async with stall.shopping.db.transaction() as conn:
        for suborder, product in zip(seen.suborders, (stall.eggs, stall.nuts), strict=True):
            owner = await load_owner(conn, product.producer_id)
            await ship_suborder(
                conn, stall.shopping.seal, owner, suborder.id, carrier="邮政", tracking="XA1234567890CN", now=NOW
            )
        await confirm_receipt(conn, stall.shopping.seal, stall.shopping.buyer, order.id, now=NOW)
    balances = await stall.shopping.balances()
    # 78.00 − 7.99 = 70.01, of which 2% is 1.40; the other producer gets its 64.00 less 1.28.
    assert "promotion" not in balances
    assert balances["commission"] == 1_40 + 1_28
    assert sorted(fen for code, fen in balances.items() if code.startswith("payable:")) == [62_72, 68_61]
    assert await stall.list_uses() == [(order.number, True)]
    await check(stall)


async def test_a_voucher_is_free_again_if_the_order_lapses_or_is_cancelled_unpaid(stall: Stall) -> None:
    w, voucher_id = stall.shopping, await stall.claim()
    first = await w.place(stall.lines, voucher_id=voucher_id)
    assert await expire_orders(w.db, w.gateway, now=LATER) == 1
    second = await w.place(stall.lines, voucher_id=voucher_id)
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, second.id, now=NOW)
    third = await w.place(stall.lines, voucher_id=voucher_id)
    assert await stall.list_uses() == [(first.number, False), (second.number, False), (third.number, True)]
    await check(stall)


async def test_a_voucher_is_not_given_back_once_the_order_was_paid(stall: Stall) -> None:
    w, voucher_id = stall.shopping, await stall.claim()
    order = await w.place(stall.lines, voucher_id=voucher_id)
    await w.pay(order)
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 140_00)
    assert await w.balances() == {}
    assert await stall.list_uses() == [(order.number, True)]
    with pytest.raises(VoucherUsed):
        await w.place(stall.lines, voucher_id=voucher_id)
    await check(stall)


@pytest.mark.parametrize("taken", [False, True])
async def test_a_late_payment_uses_the_voucher_again_or_is_refunded(stall: Stall, *, taken: bool) -> None:
    w, voucher_id = stall.shopping, await stall.claim()
    order = await w.place(stall.lines, voucher_id=voucher_id)
    paying = await w.start(order)
    await w.sandbox.fault("cancel", "500", times=9)
    assert await expire_orders(w.db, w.gateway, now=OVER) == 1
    await w.sandbox.clear_faults()
    if taken:
        await w.place(stall.lines, voucher_id=voucher_id)
    await pay_and_apply(w.db, w.gateway, w.sandbox, w.seal, paying, now=OVER)
    seen = await w.see(order)
    assert (seen.state, seen.payment and seen.payment.refunded_fen) == (
        ("expired", 140_00) if taken else ("paid", 0)
    )  # fmt: skip
    assert [live for _, live in await stall.list_uses()] == ([False, True] if taken else [True])
    await check(stall)


async def test_only_the_own_voucher_is_used_on_its_days_at_the_total_that_was_shown(stall: Stall) -> None:
    w, voucher_id = stall.shopping, await stall.claim()
    async with w.db.transaction() as conn:
        theirs = await make_voucher(conn, await make_buyer(conn))
    for unknown in (theirs, VoucherId(UUID(int=1))):
        with pytest.raises(VoucherUnknown) as refused:
            await w.place(stall.lines, voucher_id=unknown)
        assert [each.field for each in refused.value.errors] == ["voucher_id"]
    with pytest.raises(CouponExpired):
        await w.place(stall.lines, voucher_id=voucher_id, now=NOW + timedelta(days=11))
    async with w.db.transaction() as conn:
        request = make_request(w.buyer.account_id, [line(stall.eggs.variant_id, 3)])
        for total, code in ((117_00, "total_changed"), (107_00, "placed")):
            wanted = structs.replace(request, voucher_id=voucher_id, total_fen=total)
            assert list_codes(await place_batch(conn, [wanted])) == [code]
    assert len(await stall.list_uses()) == 1


async def test_one_voucher_is_used_once_by_parallel_orders(stall: Stall, database: Database) -> None:
    voucher_id, buyer = await stall.claim(), stall.shopping.buyer.account_id
    requests = [make_request(buyer, [line(stall.eggs.variant_id, 3)]) for _ in range(8)]

    async def place_alone(index: int) -> PlacementOutcome:
        async with database.transaction() as conn:
            [outcome] = await place_batch(conn, [structs.replace(requests[index], voucher_id=voucher_id)])
            return outcome

    outcomes = await asyncio.gather(*(place_alone(index) for index in range(4)))
    assert sorted(list_codes(outcomes)) == ["placed", "voucher_used", "voucher_used", "voucher_used"]
    async with Batcher(database) as first, Batcher(database) as second:
        results = await asyncio.gather(
            *(_place(each, stall, voucher_id) for each in (first, second) for _ in range(4)), return_exceptions=True
        )
    assert {type(each) for each in results} == {VoucherUsed}
    assert len(await stall.list_uses()) == 1


def _place(batcher: Batcher, stall: Stall, voucher_id: VoucherId) -> Awaitable[PlacedOrder]:
    lines = [line(stall.eggs.variant_id, 3)]
    return place(batcher, stall.shopping.buyer.account_id, lines, address=DESTINATION, voucher_id=voucher_id, now=NOW)


async def test_the_schema_holds_quota_limit_and_use(stall: Stall, owner: Connection) -> None:
    voucher_id = await stall.claim(quota=1)
    order = await stall.shopping.place(stall.lines, voucher_id=voucher_id)
    async with stall.shopping.db.transaction() as conn:
        other = await make_coupon(conn, ends_on=date(2019, 9, 20))
    statements = {
        "coupons_quota": "INSERT INTO vouchers (coupon_id, account_id, ordinal, per_person, claimed_at)"
        " SELECT coupon_id, created_by, 1, 1, now() FROM vouchers JOIN coupons ON coupons.id = coupon_id",
        "vouchers_one": "INSERT INTO vouchers (coupon_id, account_id, ordinal, per_person, claimed_at)"
        " SELECT coupon_id, account_id, 1, 1, now() FROM vouchers",
        "vouchers_per_person": "INSERT INTO vouchers (coupon_id, account_id, ordinal, per_person, claimed_at)"
        " SELECT coupon_id, account_id, 2, 1, now() FROM vouchers",
        "vouchers_coupon": "INSERT INTO vouchers (coupon_id, account_id, ordinal, per_person, claimed_at)"
        f" SELECT '{other.id}', account_id, 2, 2, now() FROM vouchers",
        "redemptions_one_use": "INSERT INTO redemptions SELECT id, voucher_id, 1, now() FROM redemptions,"
        f" (SELECT id FROM orders WHERE id <> '{order.id}') AS other",
        "coupons_minimum": "UPDATE coupons SET min_goods_fen = amount_fen",
    }
    await stall.shopping.place(stall.lines)
    for constraint, statement in statements.items():
        with pytest.raises(Exception, match=constraint):
            await owner.execute(statement)


async def test_without_a_voucher_a_batch_runs_no_statement_more(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stall.shopping.db.transaction() as conn:
        for voucher in (False, True):
            buyer = await make_buyer(conn)
            voucher_id = await make_voucher(conn, buyer) if voucher else None
            request = make_request(buyer.account_id, [line(stall.eggs.variant_id, 3)])
            trace = QueryTrace(monkeypatch)
            await place_batch(conn, [structs.replace(request, voucher_id=voucher_id)])
            assert trace.names == [
                "LIST_GOODS_OFFERS", *(["LOAD_VOUCHERS"] if voucher else []),
                "PLACE_ORDERS",
            ]  # fmt: skip


async def test_the_platform_pays_nothing_for_what_a_seller_buys_from_itself(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=200_00)
        seller = await load_owner(conn, product.producer_id)
        voucher = await make_voucher(conn, seller)
    with pytest.raises(VoucherNotForGoods):
        await structs.replace(shopping, buyer=seller).place([(product.variant_id, 1)], voucher_id=voucher)


async def test_another_account_of_the_seller_gets_nothing_from_the_platform_either(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product, other = await make_product(conn, price_fen=200_00), await make_product(conn, price_fen=200_00)
        seller = await load_owner(conn, product.producer_id)
        twin = await load_actor(conn, await make_account(conn, name="样例唐某（会计）"))
        async with as_owner(conn):
            await conn.execute("UPDATE accounts SET name = '样例唐某' WHERE id = $1", seller.account_id)
        voucher = await make_voucher(conn, twin)
    buying = structs.replace(shopping, buyer=twin)
    with pytest.raises(VoucherNotForGoods):
        await buying.place([(product.variant_id, 1)], voucher_id=voucher)
    order = await buying.place([(product.variant_id, 1), (other.variant_id, 1)], voucher_id=voucher)
    await buying.pay(order)
    async with shopping.db.connection() as conn:
        counts = await conn.fetch("SELECT id, sold_count FROM listings")
    assert {row["id"]: row["sold_count"] for row in counts} == {product.listing_id: 0, other.listing_id: 1}


SELLERS_PHONE = "17000004401"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("样例\u3164同名", BUYER_ADDRESS),
        ("樣例 同名（会计）", BUYER_ADDRESS),
        (DEFAULT_NAME, structs.replace(BUYER_ADDRESS, name="样例同名")),
        ("样例别名", structs.replace(BUYER_ADDRESS, name="样例\u2800同名")),
        (DEFAULT_NAME, structs.replace(BUYER_ADDRESS, phone=SELLERS_PHONE)),
    ],
    ids=["filler", "variant", "unnamed", "parcel", "phone"],
)
async def test_a_seller_in_disguise_gets_nothing_from_the_platform(
    stall: Stall, owner: Connection, name: str, address: Address
) -> None:
    w, voucher_id = stall.shopping, await stall.claim()
    await owner.execute(
        "UPDATE accounts SET name = '样例同名', phone_index = $2, phone_sealed = 'x'"
        " WHERE id = (SELECT account_id FROM producer_members WHERE producer_id = $1)",
        stall.eggs.producer_id, SEAL.index(SELLERS_PHONE),
    )  # fmt: skip
    await owner.execute("UPDATE accounts SET name = $2 WHERE id = $1", w.buyer.account_id, name)
    with pytest.raises(VoucherNotForGoods):
        await w.place([(stall.eggs.variant_id, 3)], voucher_id=voucher_id, address=address)
    order = await w.place([(stall.nuts.variant_id, 4)], voucher_id=voucher_id, address=address)
    assert order.discount_fen == 10_00


async def test_an_account_of_the_sellers_device_gets_nothing_from_the_platform(stall: Stall, owner: Connection) -> None:
    w, voucher_id = stall.shopping, await stall.claim()
    seller = await owner.fetchval(
        "SELECT account_id FROM producer_members WHERE producer_id = $1", stall.eggs.producer_id
    )
    for account_id in (seller, w.buyer.account_id):
        await start_session(
            owner, AccountId(account_id), second_factor=False, device=Device("phone", "key of a browser"), now=NOW
        )
    with pytest.raises(VoucherNotForGoods):
        await w.place([(stall.eggs.variant_id, 3)], voucher_id=voucher_id)
    assert (await w.place([(stall.nuts.variant_id, 4)], voucher_id=voucher_id)).discount_fen == 10_00


async def test_what_the_platform_pays_for_is_paid_out_once_somebody_else_saw_it_arrive(
    stall: Stall, owner: Connection
) -> None:
    w = stall.shopping
    order = await w.place(stall.lines, voucher_id=await stall.claim())
    await w.pay(order)
    await w.see(order)
    borne = await owner.fetchrow("SELECT id, producer_id, payable_fen FROM suborders WHERE discount_fen > 0 LIMIT 1")
    assert borne is not None

    async def ship(carrier: str, tracking: str) -> None:
        async with w.db.transaction() as conn:
            seller = await load_owner(conn, borne["producer_id"])
            await ship_suborder(conn, w.seal, seller, borne["id"], carrier=carrier, tracking=tracking, now=NOW)

    async def keep_back(days: int) -> int:
        """Return what is kept back so many days after the receipt, when no claim or return is possible."""
        async with w.db.connection() as conn:
            return await sum_kept_back(
                conn, borne["producer_id"], PayoutHold(claim_hours=0, return_days=0), now=NOW + timedelta(days=days)
            )

    async with w.db.connection() as conn:
        seller = await load_owner(conn, borne["producer_id"])
        [parcel] = await list_parcels(conn, w.seal, seller, borne["producer_id"], now=NOW)
    assert parcel.discount_fen > 0
    for carrier, tracking in ((OWN_DELIVERY, ""), ("村头老王", "1234567890")):
        with pytest.raises(InvalidTracking) as refused:
            await ship(carrier, tracking)
        assert [each.field for each in refused.value.errors] == ["carrier"]
    await ship("邮政", "XA1234567890CN")
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, order.id, positions=None, now=NOW)
    payable = await owner.fetchval("SELECT payable_fen FROM suborders WHERE id = $1", borne["id"])
    assert payable > 0
    assert [await keep_back(days) for days in (1, UNPROVEN_PERIOD.days - 1, UNPROVEN_PERIOD.days + 1)] == [
        payable,
        payable,
        0,
    ]
    async with w.db.transaction() as conn:
        county = await owner.fetchval("SELECT county_code FROM producers WHERE id = $1", borne["producer_id"])
        finance = await load_actor(conn, await make_official(conn, Role.FINANCE, county))

    async def list_waiting(days: int = 1) -> list[UUID]:
        async with w.db.connection() as conn:
            found = await list_unmoved_parcels(conn, finance, days=3, now=NOW + timedelta(days=days))
        assert all(each.received for each in found)
        return [each.suborder_id for each in found]

    assert await list_waiting() == []
    for state in ("unknown", "mismatched"):
        # The carrier does not know the number, so that nobody else will ever say that it arrived.
        await owner.execute("UPDATE tracked_parcels SET state = $1", state)
        assert [await list_waiting(days) for days in (1, UNPROVEN_PERIOD.days + 1)] == [[borne["id"]], []]
    with pytest.raises(NothingToRepair):
        await refund_lost_parcel(w.db, w.gateway, w.seal, finance, borne["id"], basis="样例", now=NOW)
    told = len(await w.messages())
    async with w.db.transaction() as conn:
        await record_delivery(conn, w.seal, finance, borne["id"], basis="驿站说取走了", now=NOW)
    assert await list_waiting() == []
    assert await keep_back(1) == 0
    assert len(await w.messages()) == told
    await check(stall)


@pytest.mark.parametrize("received", [False, True])
async def test_a_refund_of_which_the_buyer_gets_nothing_goes_back_to_the_platform(
    stall: Stall, *, received: bool
) -> None:
    w = stall.shopping
    order = await w.place(stall.lines, voucher_id=await stall.claim())
    await w.pay(order)
    eggs = (await w.see(order)).suborders[0]
    async with w.db.transaction() as conn:
        owner = await load_owner(conn, stall.eggs.producer_id)
        if received:
            await ship_suborder(conn, w.seal, owner, eggs.id, carrier="邮政", tracking="XA1234567890CN", now=NOW)
            await confirm_receipt(conn, w.seal, w.buyer, order.id, positions=[1], now=NOW)
    # Of 78.00 the buyer paid 72.51: the eighth fen is the first that the platform gets.
    for key, amount_fen in (("seven", 7), ("the eighth", 1)):
        await refund_line(
            w.db, w.gateway, w.seal, owner, eggs.lines[0].id, key=key, reason=LineRefundReason.AGREED,
            amount_fen=amount_fen, now=NOW,
        )  # fmt: skip
        await check(stall)
    assert (await w.balances())["promotion"] == -10_00 + 1
    assert (await w.see(order)).refunded_fen == 7


async def test_what_a_coupon_pays_all_of_is_neither_collected_nor_owed(stall: Stall) -> None:
    w, producer = stall.shopping, stall.eggs.producer_id
    async with w.db.transaction() as conn:
        picking = await make_activity(conn, producer, price_fen=1, days=[date(2019, 9, 28)])
    voucher_id = await stall.claim(borne_by=producer, amount_fen=39_00, min_goods_fen=39_01)
    order = await w.place(
        [(stall.eggs.variant_id, 1)], slot=(picking.variant_id, picking.slot_ids[0], 1), voucher_id=voucher_id
    )
    assert (order.goods_fen, order.total_fen) == (1, 8_01)
    await w.pay(order)
    assert await w.balances() == {"clearing:alipay": -8_01, f"escrow:{order.number}-1": 8_01}
    await check(stall)
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 8_01)
    await check(stall)
