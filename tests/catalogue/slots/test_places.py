"""Places in a slot: taken when the order is placed, freed when it lapses or is cancelled, refunded by tier."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from market.catalogue.slots.change_slots import move_slot
from market.catalogue.slots.models import (
    PartyTooLarge,
    SlotClosed,
    SlotFull,
    SlotId,
    SlotNeeded,
    SlotReserved,
    SlotStarted,
    SlotState,
)
from market.kernel import Connection, Refusal
from market.sales.aftersales.check_in import CheckIn, check_in_guest
from market.sales.aftersales.models import CheckInCodeUsed, CheckInOutsideStay, NothingToReceive
from market.sales.aftersales.receive import confirm_overdue, confirm_receipt
from market.sales.aftersales.slot_guests import list_slot_guests
from market.sales.orders.cancel import cancel_order
from market.sales.orders.cart import load_cart_contents, put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.expire import expire_orders
from market.sales.orders.models import Line, NotForSale, OrderNotCancellable, PlacedOrder, VariantId
from tests.conftest import NOW
from tests.sales.orders.requests import list_codes, make_request
from tests.support.make import (
    CANCEL_TIERS,
    DESTINATION,
    ActivityIds,
    load_owner,
    make_account,
    make_activity,
    make_product,
)
from tests.support.payment import pay_and_apply
from tests.support.shop import Shopping

SATURDAY = date(2019, 9, 21)
STARTS = datetime(2019, 9, 21, tzinfo=UTC)
"""8 o'clock of Shanghai."""


def slot_line(activity: ActivityIds, party: int, slot: int = 0) -> Line:
    return Line(VariantId(activity.variant_id), party, SlotId(activity.slot_ids[slot]))


async def make_market(
    shopping: Shopping, *, places: int = 20, tiers: Sequence[tuple[bool, int, int]] = ()
) -> ActivityIds:
    async with shopping.db.transaction() as conn:
        days = (SATURDAY, date(2019, 9, 22), date(2019, 10, 12))
        return await make_activity(conn, days=days, places=places, tiers=tiers)


async def count_free(shopping: Shopping, activity: ActivityIds, slot: int = 0) -> int:
    async with shopping.db.connection() as conn:
        return await conn.fetchval("SELECT free FROM slots WHERE id = $1", activity.slot_ids[slot])


async def read_states(shopping: Shopping) -> list[str]:
    async with shopping.db.connection() as conn:
        return [row[0] for row in await conn.fetch("SELECT state FROM slot_reservations ORDER BY id")]


async def test_places_are_taken_at_placing_and_freed_when_the_order_lapses(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    assert order.total_fen == 90_00
    assert await count_free(shopping, activity) == 17
    assert await expire_orders(shopping.db, shopping.gateway, now=order.pay_until + timedelta(minutes=1)) == 1
    assert (await count_free(shopping, activity), await read_states(shopping)) == (20, ["expired"])


async def test_an_unpaid_order_that_is_cancelled_frees_its_places(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    assert (await count_free(shopping, activity), await read_states(shopping)) == (20, ["cancelled"])


async def expire_with_an_open_payment(shopping: Shopping, activity: ActivityIds) -> tuple[PlacedOrder, Any]:
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    paying = await shopping.start(order)
    await shopping.sandbox.fault("cancel", "500", times=9)
    assert await expire_orders(shopping.db, shopping.gateway, now=NOW + timedelta(minutes=41)) == 1
    await shopping.sandbox.clear_faults()
    return order, paying


async def pay_late(shopping: Shopping, paying: Any) -> None:
    late = NOW + timedelta(hours=1)
    await pay_and_apply(shopping.db, shopping.gateway, shopping.sandbox, shopping.seal, paying, now=late)


async def test_a_late_payment_takes_the_places_again(shopping: Shopping) -> None:
    activity = await make_market(shopping, places=5)
    order, paying = await expire_with_an_open_payment(shopping, activity)
    assert await count_free(shopping, activity) == 5
    await pay_late(shopping, paying)
    assert ((await shopping.see(order)).state, await read_states(shopping)) == ("paid", ["booked"])
    assert await count_free(shopping, activity) == 2


@pytest.mark.parametrize("gone", ["places", "slot"])
async def test_a_late_payment_is_refunded_if_the_places_are_gone(shopping: Shopping, gone: str) -> None:
    activity = await make_market(shopping, places=5)
    order, paying = await expire_with_an_open_payment(shopping, activity)
    async with shopping.db.transaction() as conn:
        if gone == "places":
            other = await make_account(conn)
            await place_batch(conn, [make_request(other, [slot_line(activity, 3)])])
        else:
            host = await load_owner(conn, activity.producer_id)
            await move_slot(conn, host, activity.slot_ids[0], SlotState.CLOSED, now=NOW)
    free = await count_free(shopping, activity)
    await pay_late(shopping, paying)
    seen = await shopping.see(order)
    assert (seen.state, seen.payment and seen.payment.refunded_fen) == ("expired", 90_00)
    assert (await count_free(shopping, activity), await shopping.balances()) == (free, {})


async def test_the_refund_of_a_cancelled_place_follows_the_tiers_of_its_activity(shopping: Shopping) -> None:
    activity = await make_market(shopping, tiers=CANCEL_TIERS)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[2], 3))
    await shopping.pay(order)
    at = datetime(2019, 10, 8, 2, tzinfo=UTC)
    cancelled = await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=at)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 45_00)
    assert (await count_free(shopping, activity, 2), await read_states(shopping)) == (20, ["cancelled"])
    number = (await shopping.see(order)).number
    balances = await shopping.balances()
    assert balances["commission"] == 1_35
    assert sum(minor for code, minor in balances.items() if code.startswith("payable:")) == 43_65
    assert f"escrow:{number}-1" not in balances


@pytest.mark.parametrize(("day", "refund_fen"), [(date(2019, 9, 20), 90_00), (date(2019, 9, 21), 0)])
async def test_without_tiers_a_place_is_refunded_in_full_until_the_day_before(
    shopping: Shopping, day: date, refund_fen: int
) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(minutes=1 if refund_fen == 0 else 0)
    cancelled = await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=at)
    assert cancelled.refund_fen == refund_fen


async def test_nothing_is_cancelled_once_the_slot_has_started(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    with pytest.raises(OrderNotCancellable):
        await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=STARTS)
    assert (await count_free(shopping, activity), await read_states(shopping)) == (17, ["booked"])


async def refuse(shopping: Shopping, lines: list[Line], *, now: datetime = NOW) -> tuple[type[Refusal], str, str]:
    async with Batcher(shopping.db) as batcher:
        with pytest.raises(Refusal) as raised:
            await place(batcher, shopping.buyer.account_id, lines, address=DESTINATION, now=now)
    [fault] = raised.value.errors
    return type(raised.value), fault.field, fault.message


async def test_what_cannot_be_booked_is_refused_at_its_field_and_nothing_changes(shopping: Shopping) -> None:
    activity = await make_market(shopping, places=5)
    async with shopping.db.transaction() as conn:
        other = await make_activity(conn, activity.producer_id, title="另一处采摘")
        gone = await make_activity(conn, activity.producer_id, title="下架的采摘", state="withdrawn")
        host = await load_owner(conn, activity.producer_id)
        await move_slot(conn, host, activity.slot_ids[1], SlotState.CLOSED, now=NOW)
    variant = VariantId(activity.variant_id)
    strange = Line(variant, 2, SlotId(other.slot_ids[0]))
    assert await refuse(shopping, [Line(variant, 2)]) == (SlotNeeded, "lines[0].slot_id", "选一场")
    assert await refuse(shopping, [strange]) == (SlotNeeded, "lines[0].slot_id", "选一场")
    assert await refuse(shopping, [slot_line(activity, 2)], now=STARTS) == (
        SlotStarted, "lines[0].slot_id", "这一场已经开始了",
    )  # fmt: skip
    assert await refuse(shopping, [slot_line(activity, 2, 1)]) == (SlotClosed, "lines[0].slot_id", "这一场不接人了")
    assert await refuse(shopping, [slot_line(activity, 6)]) == (
        PartyTooLarge, "lines[0].quantity", "一场一共 5 个名额",
    )  # fmt: skip
    assert (await refuse(shopping, [slot_line(gone, 2)]))[0] is NotForSale
    await shopping.pay(await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3)))
    assert await refuse(shopping, [slot_line(activity, 3)]) == (SlotFull, "lines[0].quantity", "只剩 2 个名额")
    await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 2))
    assert await refuse(shopping, [slot_line(activity, 1)]) == (SlotReserved, "lines[0].quantity", "这一场满了")
    assert await count_free(shopping, activity) == 0
    assert await count_free(shopping, activity, 1) == 5


async def test_two_slots_of_an_activity_and_goods_end_separately(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, activity.producer_id)
    lines = [
        slot_line(activity, 2),
        slot_line(activity, 3, 1),
        slot_line(activity, 1),
        Line(VariantId(product.variant_id), 1),
    ]
    async with Batcher(shopping.db) as batcher:
        order = await place(batcher, shopping.buyer.account_id, lines, address=DESTINATION, now=NOW)
    seen = await shopping.see(order)
    assert [(each.kind, each.goods_fen, each.places and each.places.party) for each in seen.suborders] == [
        ("activity", 90_00, 3), ("activity", 90_00, 3), ("goods", 45_00, None),
    ]  # fmt: skip
    assert (await count_free(shopping, activity), await count_free(shopping, activity, 1)) == (17, 17)
    await shopping.pay(order)
    first = await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW
    )
    assert first.refund_fen == 90_00
    assert (await count_free(shopping, activity), await count_free(shopping, activity, 1)) == (20, 17)


async def test_one_batch_never_takes_more_places_than_there_are(conn: Connection) -> None:
    activity = await make_activity(conn, places=5)
    buyers = [await make_account(conn) for _ in range(4)]
    parties = (3, 3, 1, 2)
    outcomes = await place_batch(
        conn, [make_request(buyer, [slot_line(activity, party)]) for buyer, party in zip(buyers, parties, strict=True)]
    )
    assert list_codes(outcomes) == ["placed", "slot_reserved", "placed", "slot_reserved"]
    assert await conn.fetchval("SELECT free FROM slots WHERE id = $1", activity.slot_ids[0]) == 1
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def test_places_are_not_taken_if_other_goods_of_the_order_are_sold_out(conn: Connection) -> None:
    activity, product = await make_activity(conn), await make_product(conn, left=1)
    buyer = await make_account(conn)
    both = [slot_line(activity, 2), Line(VariantId(product.variant_id), 2)]
    assert list_codes(await place_batch(conn, [make_request(buyer, both)])) == ["sold_out"]
    assert await conn.fetchval("SELECT free FROM slots WHERE id = $1", activity.slot_ids[0]) == 20


async def test_the_cart_keeps_its_slot_and_says_what_is_wrong_with_it(shopping: Shopping) -> None:
    activity = await make_market(shopping, places=5)
    owner = shopping.buyer.account_id
    async with shopping.db.transaction() as conn:
        await put_cart(conn, owner, lines=[slot_line(activity, 2), slot_line(activity, 4, 1)], now=NOW)
        await put_cart(conn, owner, lines=[Line(VariantId(activity.variant_id), 3)], now=NOW)
        [line] = (await load_cart_contents(conn, owner)).lines
        assert line == slot_line(activity, 3, 1)
        cart = await get_cart(conn, owner, now=NOW)
        [shown] = cart.groups[0].lines
        assert (cart.ready, cart.total_fen, shown.left, shown.problem) == (True, 90_00, 5, "")
        late = await get_cart(conn, owner, now=datetime(2019, 9, 22, 3, tzinfo=UTC))
        assert late.groups[0].lines[0].problem == "这一场已经开始了"
        host = await load_owner(conn, activity.producer_id)
        await move_slot(conn, host, activity.slot_ids[1], SlotState.CLOSED, now=NOW)
        assert (await get_cart(conn, owner, now=NOW)).groups[0].lines[0].problem == "这一场不接人了"
        await move_slot(conn, host, activity.slot_ids[1], SlotState.OPEN, now=NOW)
        other = await make_account(conn)
        await place_batch(conn, [make_request(other, [slot_line(activity, 4, 1)])])
        assert (await get_cart(conn, owner, now=NOW)).groups[0].lines[0].problem == "这一场只剩 1 个名额"
        await place_batch(conn, [make_request(await make_account(conn), [slot_line(activity, 1, 1)])])
        assert (await get_cart(conn, owner, now=NOW)).groups[0].lines[0].problem == "这一场满了"
        await conn.execute("UPDATE cart_lines SET slot_id = NULL")
        cart = await get_cart(conn, owner, now=NOW)
        assert (cart.ready, cart.groups[0].lines[0].problem) == (False, "先选一场")


async def test_a_party_checks_in_once_on_its_day_and_the_money_is_released(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    [suborder] = (await shopping.see(order)).suborders
    assert suborder.places is not None
    code = suborder.places.code
    assert code is not None
    async with shopping.db.connection() as conn:
        host = await load_owner(conn, activity.producer_id)
        shown: list[tuple[str, str, int, str]] = []
        for after in (0, 29, 30, 3000):
            today = SATURDAY + timedelta(days=after)
            [guest] = await list_slot_guests(
                conn, shopping.seal, host.producers, first=SATURDAY, last=SATURDAY, today=today
            )
            shown.append((guest.name, guest.phone, guest.party, guest.state))
        assert shown == [("样例买家", "13900009001", 3, "booked")] * 2 + [("", "", 3, "booked")] * 2

    async def check_in(now: datetime) -> object:
        async with shopping.db.transaction() as conn:
            return await check_in_guest(conn, shopping.seal, host, code, now=now)

    with pytest.raises(CheckInOutsideStay):
        await check_in(NOW)
    arrived = await check_in(STARTS + timedelta(hours=1))
    assert isinstance(arrived, CheckIn)
    assert (arrived.title, arrived.room, arrived.party, arrived.arrive_on) == ("革新庄采摘 上午场", "", 3, SATURDAY)
    with pytest.raises(CheckInCodeUsed):
        await check_in(STARTS + timedelta(hours=2))
    seen = await shopping.see(order)
    assert (seen.state, seen.suborders[0].state, await read_states(shopping)) == ("finished", "received", ["attended"])
    assert (await shopping.balances())["commission"] == 2_70
    templates = [template for template, _ in await shopping.messages()]
    assert {"slot_booked", "party_booked", "money_owed"} <= set(templates)
    with pytest.raises(OrderNotCancellable):
        await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=STARTS)


async def test_who_does_not_come_is_missed_after_the_days_of_receipt_and_the_host_is_paid(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    with pytest.raises(NothingToReceive):
        async with shopping.db.transaction() as conn:
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=NOW)
    due = datetime(2019, 9, 30, 16, tzinfo=UTC)
    assert await confirm_overdue(shopping.db, now=due - timedelta(minutes=1), days=10, seal=shopping.seal) == 0
    assert await confirm_overdue(shopping.db, now=due, days=10, seal=shopping.seal) == 1
    assert await read_states(shopping) == ["missed"]
    assert (await shopping.balances())["commission"] == 2_70
    assert await count_free(shopping, activity) == 17


async def test_a_buyer_confirms_the_visit_on_its_day(shopping: Shopping) -> None:
    activity = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=STARTS)
    assert await read_states(shopping) == ["attended"]


async def test_an_activity_is_not_ordered_without_places_nor_goods_with(conn: Connection) -> None:
    """The database refuses it too: a deferred check of suborders and reservations."""
    activity, product = await make_activity(conn), await make_product(conn)
    buyer = await make_account(conn)
    await place_batch(conn, [make_request(buyer, [Line(VariantId(product.variant_id), 1)])])
    suborder: UUID = await conn.fetchval("SELECT id FROM suborders")
    attempt = conn.transaction()
    await attempt.start()
    await conn.execute(
        "INSERT INTO slot_reservations (slot_id, suborder_id, party) VALUES ($1, $2, 1)", activity.slot_ids[0], suborder
    )
    with pytest.raises(asyncpg.PostgresError, match="is an activity without places"):
        await conn.execute("SET CONSTRAINTS slot_reservations_of_activity IMMEDIATE")
    await attempt.rollback()
    await place_batch(conn, [make_request(await make_account(conn), [slot_line(activity, 1)])])
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(asyncpg.PostgresError, match="is an activity without places"):
        await conn.execute(
            "INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)"
            " SELECT $1, order_id, 9, producer_id, 'activity', 0, 0, 300 FROM suborders WHERE kind = 'activity'",
            uuid4(),
        )
