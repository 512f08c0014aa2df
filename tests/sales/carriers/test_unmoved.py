"""Parcels that stand still wait for a person, who finds out that they were delivered, or refunds them."""

import asyncio
from datetime import timedelta

import pytest

from market.kernel import Connection
from market.people.identity.models import Actor, NotAllowed, Role
from market.sales.aftersales.receive import confirm_overdue, confirm_receipt
from market.sales.carriers.models import TrackingState
from market.sales.carriers.unmoved import list_unmoved_parcels, record_delivery, refund_lost_parcel
from market.sales.orders.models import OrderState, PaymentDisputed, SuborderState
from market.sales.orders.money.money_problems import NothingToRepair
from market.sales.orders.money.repairs import RepairTextMissing
from payments import finish_operations
from tests.conftest import NOW
from tests.sales.carriers.travel import Travel
from tests.support.make import load_actor, make_official

LATER = NOW + timedelta(days=6)


async def make_finance(travel: Travel, scope: str = "130624", role: Role = Role.FINANCE) -> Actor:
    async with travel.shopping.db.transaction() as conn:
        return await load_actor(conn, await make_official(conn, role, scope))


async def lose(travel: Travel) -> Actor:
    """Send a parcel that stands still after ten hours, and return the county's finance."""
    await travel.send("ZT01LOST")
    await travel.poll(hours=1)
    await travel.poll(days=5)
    return await make_finance(travel)


async def refund(travel: Travel, actor: Actor, basis: str = "快递公司电话里说丢了") -> None:
    w = travel.shopping
    await refund_lost_parcel(w.db, w.gateway, w.seal, actor, travel.suborder_id, basis=basis, now=LATER)


async def test_a_parcel_is_listed_once_it_stands_still_and_to_its_county_alone(travel: Travel) -> None:
    finance = await lose(travel)
    elsewhere = await make_finance(travel, "130725")
    async with travel.shopping.db.connection() as conn:
        moved_at = (await travel.see()).moved_at
        for actor, after, listed in ((finance, 71, 0), (finance, 72, 1), (elsewhere, 72, 0)):
            now = moved_at + timedelta(hours=after)
            found = await list_unmoved_parcels(conn, actor, days=3, now=now)
            assert [each.suborder_id for each in found] == [travel.suborder_id] * listed
        with pytest.raises(NotAllowed):
            await list_unmoved_parcels(conn, travel.shopping.buyer, days=3, now=LATER)


async def test_a_lost_parcel_is_refunded_whole_and_its_units_do_not_return(travel: Travel) -> None:
    finance = await lose(travel)
    await refund(travel, finance)
    await finish_operations(travel.shopping.db, travel.shopping.gateway, at=LATER)
    order = await travel.shopping.see_id(await travel.owner.fetchval("SELECT id FROM orders"))
    assert (order.state, order.suborders[0].state) == (OrderState.CANCELLED, SuborderState.CANCELLED)
    assert order.refund_arrived_fen == order.total_fen == 99_99
    assert await travel.shopping.balances() == {}
    assert await travel.shopping.lots() == [(7, 0, 3)]
    told = [template for template, _ in await travel.shopping.messages()]
    assert told[-2:] == ["parcel_lost", "parcel_lost_seller"]
    with pytest.raises(NothingToRepair):
        await refund(travel, finance)


async def test_a_parcel_is_refunded_once_or_received(travel: Travel) -> None:
    finance = await lose(travel)
    order_id = await travel.owner.fetchval("SELECT id FROM orders")

    async def receive() -> None:
        async with travel.shopping.db.transaction() as conn:
            await confirm_receipt(conn, travel.shopping.seal, travel.shopping.buyer, order_id, now=LATER)

    ended = await asyncio.gather(*(refund(travel, finance) for _ in range(4)), receive(), return_exceptions=True)
    assert sum(each is None for each in ended) == 1
    row = await travel.owner.fetchrow("SELECT refunded_fen, released_at IS NOT NULL FROM suborders")
    assert row is not None
    assert tuple(row) in {(99_99, False), (0, True)}


async def test_a_parcel_that_was_delivered_after_all_counts_from_then(travel: Travel) -> None:
    finance = await lose(travel)
    w = travel.shopping
    async with w.db.transaction() as conn:
        await record_delivery(conn, w.seal, finance, travel.suborder_id, basis="门卫签收，有照片", now=LATER)
    assert (await travel.see()).state is TrackingState.DELIVERED
    assert await confirm_overdue(w.db, now=LATER + timedelta(days=9), days=10) == 0
    assert await confirm_overdue(w.db, now=LATER + timedelta(days=10), days=10) == 1
    with pytest.raises(NothingToRepair):
        await refund(travel, finance)


async def test_nobody_decides_about_their_own_parcel_nor_without_a_basis(travel: Travel, owner: Connection) -> None:
    finance = await lose(travel)
    await owner.execute("UPDATE orders SET buyer_id = $1", finance.account_id)
    async with travel.shopping.db.connection() as conn:
        assert [each.own for each in await list_unmoved_parcels(conn, finance, days=3, now=LATER)] == [True]
    with pytest.raises(NotAllowed):
        await refund(travel, finance)
    with pytest.raises(NotAllowed):
        await refund(travel, await make_finance(travel, "130725"))
    with pytest.raises(RepairTextMissing):
        await refund(travel, await make_finance(travel), basis=" ")
    assert await travel.get_state() is SuborderState.SHIPPED


async def test_a_disputed_parcel_is_not_refunded_as_well(travel: Travel, owner: Connection) -> None:
    finance = await lose(travel)
    await owner.execute(
        "INSERT INTO payments.disputes (payment_id, provider_ref, amount_minor, state, opened_at)"
        " SELECT id, 'dp_1', 1, 'open', now() FROM payments.payments"
    )
    with pytest.raises(PaymentDisputed):
        await refund(travel, finance)
    assert await travel.get_state() is SuborderState.SHIPPED


async def test_a_parcel_that_moves_is_not_listed_nor_one_that_was_received(travel: Travel) -> None:
    await travel.send()
    await travel.poll(hours=1)
    await travel.poll(hours=11)
    finance = await make_finance(travel)
    async with travel.shopping.db.connection() as conn:
        assert await list_unmoved_parcels(conn, finance, days=3, now=NOW + timedelta(days=2)) == []
