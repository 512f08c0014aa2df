"""Shipping and receipt, which releases the escrow less the commission, rounded down."""

from datetime import timedelta
from uuid import UUID

import pytest

from market.kernel import Database, Refusal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales import parcels
from market.sales.aftersales.models import (
    OWN_DELIVERY,
    InvalidTracking,
    LineRefundReason,
    NothingSent,
    NothingToReceive,
    NotShippable,
)
from market.sales.aftersales.parcels import list_parcels
from market.sales.aftersales.receive import confirm_overdue, confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.address import Address
from market.sales.orders.cancel import cancel_order
from market.sales.orders.models import SuborderState
from market.sales.orders.queries import OrderView
from market.sales.payouts.statement import get_share, get_statement
from market.service.web.farm.sending.parcels import load_parcel
from tests.conftest import NOW
from tests.support.make import load_owner, make_freight_template, make_product, make_stay
from tests.support.shop import BUYER_ADDRESS, Shopping, make_buyer, make_october_nights


async def a_paid_order(shopping: Shopping) -> OrderView:
    """One parcel of 99.99 with 17.00 freight, and a stay."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=33_33, gross_g=1200, commission_bp=200)
        await make_freight_template(conn, product.producer_id)
        stay = await make_stay(conn)
    order = await shopping.place([(product.variant_id, 3)], nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    return await shopping.see(order)


async def producer_number(db: Database, order: OrderView, position: int = 1) -> int:
    async with db.connection() as conn:
        return await conn.fetchval(
            "SELECT number FROM producers WHERE id = $1", order.suborders[position - 1].producer_id
        )


async def test_the_producer_sees_no_address_before_payment_or_after_cancellation(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
        owner = await load_owner(conn, product.producer_id)
    waiting = await shopping.place([(product.variant_id, 1)])
    given_up = await shopping.place([(product.variant_id, 1)])
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, given_up.id, now=NOW)
    states = (SuborderState.PLACED, SuborderState.CANCELLED)
    async with shopping.db.connection() as conn:
        found = await list_parcels(conn, shopping.seal, owner, product.producer_id, states=states, now=NOW)
    assert [(each.code, each.address) for each in found] == [
        (f"{waiting.number}-1", None), (f"{given_up.number}-1", None),
    ]  # fmt: skip


async def test_the_producer_sees_the_address_until_thirty_days_after_receipt(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel = order.suborders[0]
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, parcel.producer_id)
        await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="EMS0001", now=NOW)
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW)
    seen: list[Address | None] = []
    for now in (NOW, NOW + timedelta(days=30, seconds=-1), NOW + timedelta(days=30), NOW + timedelta(days=3000)):
        async with shopping.db.connection() as conn:
            (received,) = await list_parcels(
                conn, shopping.seal, owner, parcel.producer_id, states=(SuborderState.RECEIVED,), now=now
            )
        seen.append(received.address)
    assert seen == [BUYER_ADDRESS, BUYER_ADDRESS, None, None]


async def test_every_parcel_is_found_however_many_the_producer_has(
    shopping: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parcels, "MAX_PARCELS", 1)
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
        owner = await load_owner(conn, product.producer_id)
        other = await load_owner(conn, (await make_product(conn)).producer_id)
    orders = [await shopping.place([(product.variant_id, 1)]) for _ in range(2)]
    for order in orders:
        await shopping.pay(order)
    async with shopping.db.connection() as conn:
        listed: list[UUID] = []
        for _ in orders:
            after = listed[-1] if listed else None
            (found,) = await list_parcels(conn, shopping.seal, owner, product.producer_id, after=after, now=NOW)
            listed.append(found.suborder_id)
        assert listed == [(await shopping.see(order)).suborders[0].id for order in orders]
        assert not await list_parcels(conn, shopping.seal, owner, product.producer_id, after=listed[-1], now=NOW)
        for order in orders:
            suborder_id = (await shopping.see(order)).suborders[0].id
            loaded = await load_parcel(conn, shopping.seal, owner, suborder_id, now=NOW)
            assert (loaded.parcel.suborder_id, loaded.parcel.address) == (suborder_id, BUYER_ADDRESS)
            with pytest.raises(NotFound):
                await load_parcel(conn, shopping.seal, other, suborder_id, now=NOW)


async def test_a_parcel_is_shipped_notified_and_released_on_receipt(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel = order.suborders[0]
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, parcel.producer_id)
        queue = await list_parcels(conn, shopping.seal, owner, parcel.producer_id, now=NOW)
        (waiting,) = queue
        assert (waiting.code, waiting.address) == (parcel.code, BUYER_ADDRESS)
        assert [(line.quantity, line.amount_fen) for line in waiting.lines] == [(3, 99_99)]
        for _ in range(2):
            state = await ship_suborder(
                conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="ems 0001", now=NOW
            )
            assert state is SuborderState.SHIPPED
    shipped = [facts for template, facts in await shopping.messages() if template == "shipped"]
    assert shipped == ['{"carrier":"邮政","tracking":"EMS0001"}']
    async with shopping.db.transaction() as conn:
        received = await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW)
        again = await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW)
    assert (received.state, received.positions) == ("paid", [1])
    assert again == received
    number = await producer_number(shopping.db, order)
    # 2% of 99.99 is 1.9998, rounded down.
    assert await shopping.balances() == {
        "clearing:alipay": -676_99, f"escrow:{order.number}-2": 560_00,
        f"payable:{number}": 98_00, "commission": 1_99, f"freight:{number}": 17_00,
    }  # fmt: skip
    arrived = [facts for template, facts in await shopping.messages() if template == "money_owed"]
    assert arrived == ['{"amount":"115.00"}']


async def test_a_tracking_number_can_be_corrected_until_receipt(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel = order.suborders[0]
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, parcel.producer_id)
        for tracking in ("EMS0001", "EMS0002"):
            await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking=tracking, now=NOW)
    assert (await shopping.see_id(order.id)).suborders[0].tracking == "EMS0002"
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        with pytest.raises(NotShippable):
            await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="EMS0003", now=NOW)


async def test_only_its_producer_ships_and_only_parcels(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel, stay = order.suborders
    async with shopping.db.transaction() as conn:
        owner, host = await load_owner(conn, parcel.producer_id), await load_owner(conn, stay.producer_id)
        stranger = await make_buyer(conn)

    async def refused(actor: Actor, suborder: UUID, carrier: str = "邮政", tracking: str = "EMS0001") -> type[Refusal]:
        with pytest.raises(Refusal) as raised:
            async with shopping.db.transaction() as conn:
                await ship_suborder(conn, shopping.seal, actor, suborder, carrier=carrier, tracking=tracking, now=NOW)
        return type(raised.value)

    assert await refused(host, parcel.id) is NotFound
    assert await refused(stranger, parcel.id) is NotFound
    assert await refused(shopping.buyer, parcel.id) is NotFound
    assert await refused(host, stay.id) is NotShippable
    assert await refused(owner, parcel.id, carrier="") is InvalidTracking
    assert await refused(owner, parcel.id, tracking="1") is InvalidTracking
    assert await refused(owner, parcel.id, tracking="<b>0001</b>") is InvalidTracking
    assert [each.state for each in (await shopping.see_id(order.id)).suborders] == ["paid", "paid"]


async def test_a_stay_is_not_received_before_its_arrival(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    async with shopping.db.transaction() as conn:
        with pytest.raises(NothingToReceive):
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[2], now=NOW)
    async with shopping.db.transaction() as conn:
        received = await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW + timedelta(days=13))
    assert (received.state, received.positions) == ("paid", [2])
    seen = await shopping.see_id(order.id)
    assert [room.state for room in seen.suborders[1].bookings] == ["arrived"]


async def test_what_nobody_sent_is_received_only_by_its_position(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        sent, waiting, stay = await make_product(conn), await make_product(conn), await make_stay(conn)
    order = await shopping.place(
        [(sent.variant_id, 1), (waiting.variant_id, 1)], nights=[make_october_nights(stay.listing_id)]
    )
    await shopping.pay(order)
    parcels = {each.producer_id: each for each in (await shopping.see(order)).suborders}
    parcel, other = parcels[sent.producer_id], parcels[waiting.producer_id]
    before = await shopping.balances()

    async def receive(*, positions: list[int] | None = None) -> list[int]:
        async with shopping.db.transaction() as conn:
            return (
                await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=positions, now=NOW)
            ).positions

    with pytest.raises(NothingSent):
        await receive()
    assert await shopping.balances() == before
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, sent.producer_id)
        await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="EMS0001", now=NOW)
    assert await receive() == [parcel.position]
    assert f"escrow:{order.number}-{other.position}" in await shopping.balances()
    assert await receive(positions=[other.position]) == [other.position]
    assert f"escrow:{order.number}-{other.position}" not in await shopping.balances()


async def test_unpaid_orders_and_orders_of_others_cannot_be_received(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        stranger = await make_buyer(conn)
    order = await shopping.place([(product.variant_id, 1)])
    async with shopping.db.transaction() as conn:
        with pytest.raises(NothingToReceive):
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW)
        with pytest.raises(NotFound):
            await confirm_receipt(conn, shopping.seal, stranger, order.id, now=NOW)
        with pytest.raises(NotFound):
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1, 7], now=NOW)
    assert await shopping.balances() == {}


async def test_overdue_suborders_are_confirmed_automatically(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel = order.suborders[0]
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, parcel.producer_id)
        await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="EMS0001", now=NOW)
    days = timedelta(days=1)

    async def confirmed(after: timedelta) -> int:
        return await confirm_overdue(shopping.db, now=NOW + after, days=10, seal=shopping.seal)

    assert await confirmed(10 * days - timedelta(seconds=1)) == 0
    assert await confirmed(10 * days) == 1
    assert await confirmed(10 * days) == 0
    assert (await shopping.see_id(order.id)).state == "paid"
    assert await confirmed(24 * days) == 0
    assert await confirmed(25 * days) == 1  # left on 5 October, and 10 days on
    assert (await shopping.see_id(order.id)).state == "finished"
    arrived = [facts for template, facts in await shopping.messages() if template == "money_owed"]
    assert arrived == ['{"amount":"115.00"}', '{"amount":"543.20"}']


async def test_a_locked_order_keeps_no_other_receipt_from_being_confirmed(shopping: Shopping) -> None:
    locked, other = await a_paid_order(shopping), await a_paid_order(shopping)
    for order in (locked, other):
        async with shopping.db.transaction() as conn:
            owner = await load_owner(conn, order.suborders[0].producer_id)
            await ship_suborder(
                conn, shopping.seal, owner, order.suborders[0].id, carrier="邮政", tracking="EMS0001", now=NOW
            )

    async def confirmed() -> int:
        return await confirm_overdue(shopping.db, now=NOW + timedelta(days=10), days=10)

    async with shopping.db.transaction() as conn:
        await conn.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", locked.id)
        assert await confirmed() == 1
        assert await confirmed() == 0  # waits for its next attempt
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT split_part(error, ':', 1) FROM jobs.failures") == "LockNotAvailableError"
        await conn.execute("UPDATE jobs.failures SET next_at = clock_timestamp()")
        assert await confirmed() == 1
        assert await conn.fetchval("SELECT count(*) FROM jobs.failures") == 0


async def test_a_statement_shows_what_is_owed_and_what_is_pending(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel = order.suborders[0]
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, parcel.producer_id)
        before = await get_statement(conn, owner, parcel.producer_id)
        share = await get_share(conn, owner, parcel.id)
        with pytest.raises(NotFound):
            await get_share(conn, shopping.buyer, parcel.id)
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        after = await get_statement(conn, owner, parcel.producer_id)
        with pytest.raises(NotFound):
            await get_statement(conn, shopping.buyer, parcel.producer_id)
    assert (before.owed_fen, before.pending_fen) == (0, 115_00)  # 99.99 less 1.99, and 17.00 of freight
    assert share.due_fen == 115_00
    assert (after.payable_fen, after.freight_fen, after.owed_fen, after.pending_fen) == (98_00, 17_00, 115_00, 0)
    (line,) = after.lines
    assert (line.code, line.state, line.goods_fen, line.freight_fen, line.commission_fen, line.payable_fen) == (
        parcel.code, "received", 99_99, 17_00, 1_99, 98_00,
    )  # fmt: skip


async def test_the_pending_sum_is_the_expected_earnings_also_after_a_refund(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=33_33, gross_g=1200, commission_bp=200)
        await make_freight_template(conn, product.producer_id)
        owner = await load_owner(conn, product.producer_id)
    orders = [await shopping.place([(product.variant_id, 1)]) for _ in range(3)]
    for order in orders:
        await shopping.pay(order)
    parcels = [(await shopping.see(order)).suborders[0] for order in orders]
    line = parcels[0].lines[0].id
    await refund_line(
        shopping.db, shopping.gateway, shopping.seal, owner, line, key="k", reason=LineRefundReason.AGREED,
        amount_fen=3_33, now=NOW,
    )  # fmt: skip
    async with shopping.db.connection() as conn:
        shares = [(await get_share(conn, owner, parcel.id)).due_fen for parcel in parcels]
        statement = await get_statement(conn, owner, product.producer_id)
    # 2% of 30.00 is 0.60, of 33.33 it is 0.6666, rounded down per parcel; freight is 8.00 and 3.00.
    assert shares == [40_40, 43_67, 43_67]
    assert statement.pending_fen == sum(shares)
    for order in orders:
        async with shopping.db.transaction() as conn:
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
    async with shopping.db.connection() as conn:
        after = await get_statement(conn, owner, product.producer_id)
    assert (after.owed_fen, after.pending_fen) == (sum(shares), 0)


async def test_own_delivery_needs_no_number_and_the_buyer_is_notified(shopping: Shopping) -> None:
    order = await a_paid_order(shopping)
    parcel = order.suborders[0]

    async def kept() -> tuple[str | None, str | None]:
        seen = (await shopping.see_id(order.id)).suborders[0]
        assert seen.state == "shipped"
        return seen.carrier, seen.tracking

    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, parcel.producer_id)
        await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier=OWN_DELIVERY, tracking="", now=NOW)
    assert await kept() == (None, None)
    async with shopping.db.transaction() as conn:
        await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="EMS0001", now=NOW)
    assert await kept() == ("邮政", "EMS0001")
    async with shopping.db.transaction() as conn:
        await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier=OWN_DELIVERY, tracking="x", now=NOW)
    assert await kept() == (None, None)
    sent = [name for name, _ in await shopping.messages() if name in {"shipped", "brought"}]
    assert sent == ["brought"]
    with pytest.raises(InvalidTracking) as refused:
        async with shopping.db.transaction() as conn:
            await ship_suborder(conn, shopping.seal, owner, parcel.id, carrier="邮政", tracking="", now=NOW)
    assert [(fault.field, fault.message[:4]) for fault in refused.value.errors] == [("tracking", "快递单号")]
