"""A cancelled slot: by its host, or without its minimum; every guest gets all of the money back and is told."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.change_slots import move_slot
from market.catalogue.slots.list_slots import list_coming_slots
from market.catalogue.slots.models import CancelReason, SlotNotOpen, SlotState
from market.kernel import Connection
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.cancelled_slots import cancel_slots_below_minimum, refund_cancelled_slots
from market.sales.aftersales.check_in import CheckIn, check_in_guest
from market.sales.aftersales.models import InvalidCheckInCode
from market.sales.aftersales.receive import confirm_overdue
from market.sales.orders.cancel import cancel_order
from market.sales.orders.models import PlacedOrder
from tests.conftest import NOW
from tests.support.make import (
    CANCEL_TIERS,
    ActivityIds,
    load_actor,
    load_owner,
    make_account,
    make_activity,
    make_product,
    make_slot,
)
from tests.support.shop import Shopping

SATURDAY = date(2019, 9, 21)
STARTS = datetime(2019, 9, 21, tzinfo=UTC)


async def make_market(shopping: Shopping, *, minimum: int = 1) -> tuple[ActivityIds, Actor]:
    async with shopping.db.transaction() as conn:
        activity = await make_activity(conn, days=(), tiers=CANCEL_TIERS)
        slot = await make_slot(conn, activity.listing_id, SATURDAY, minimum=minimum)
        own = ActivityIds(activity.producer_id, activity.listing_id, activity.variant_id, (slot,))
        return own, await load_owner(conn, activity.producer_id)


async def book(shopping: Shopping, activity: ActivityIds, party: int = 3) -> PlacedOrder:
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], party))
    await shopping.pay(order)
    return order


async def cancel(shopping: Shopping, activity: ActivityIds, host: Actor, *, now: datetime = NOW) -> None:
    async with shopping.db.transaction() as conn:
        await cancel_slot(conn, host, activity.slot_ids[0], CancelReason.WEATHER, now=now)


async def refund(shopping: Shopping, *, now: datetime = NOW) -> int:
    return await refund_cancelled_slots(shopping.db, shopping.gateway, shopping.seal, now=now)


async def test_the_guests_of_a_cancelled_slot_get_all_of_their_money_back_once(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    order = await book(shopping, activity)
    other = await book(shopping, activity, 2)
    await cancel(shopping, activity, host)
    assert await refund(shopping) == 2
    assert await refund(shopping) == 0
    for each, fen in ((order, 90_00), (other, 60_00)):
        seen = await shopping.see(each)
        assert (seen.state, seen.refunded_fen, seen.suborders[0].state) == ("cancelled", fen, "cancelled")
    assert {code: minor for code, minor in (await shopping.balances()).items() if "clearing" not in code} == {}
    messages = [facts for template, facts in await shopping.messages() if template == "slot_cancelled"]
    assert len(messages) == 2
    assert "天气不好" in messages[0]
    assert "90.00" in messages[0]
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT free FROM slots") == 20
        assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'slot.cancel'") == 1
        assert await list_coming_slots(conn, activity.listing_id, now=NOW) == []


async def test_other_parts_of_the_order_stay(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
    order = await shopping.place([(product.variant_id, 1)], slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    await cancel(shopping, activity, host)
    assert await refund(shopping) == 1
    seen = await shopping.see(order)
    assert (seen.state, [each.state for each in seen.suborders]) == ("paid", ["paid", "cancelled"])


async def test_who_pays_after_the_cancellation_is_refunded_and_gets_no_code(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await cancel(shopping, activity, host)
    assert await refund(shopping) == 0
    await shopping.pay(order)
    assert await refund(shopping) == 1
    assert (await shopping.see(order)).refunded_fen == 90_00
    assert "slot_booked" not in [template for template, _ in await shopping.messages()]


async def test_a_guest_who_cancels_first_is_refunded_whole_too(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    order = await book(shopping, activity)
    await cancel(shopping, activity, host)
    cancelled = await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=STARTS)
    assert cancelled.refund_fen == 90_00
    assert await refund(shopping) == 0


async def test_the_code_of_a_cancelled_slot_is_dead_and_the_clock_pays_nobody(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    order = await book(shopping, activity)
    places = (await shopping.see(order)).suborders[0].places
    assert places is not None
    assert places.code is not None
    await cancel(shopping, activity, host)
    async with shopping.db.transaction() as conn:
        assert isinstance(await check_in_guest(conn, shopping.seal, host, places.code, now=STARTS), InvalidCheckInCode)
    assert await confirm_overdue(shopping.db, now=STARTS + timedelta(days=30), days=10, seal=shopping.seal) == 0
    assert await refund(shopping) == 1


async def test_a_party_that_has_come_keeps_its_visit(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    order = await book(shopping, activity)
    late = await book(shopping, activity, 1)
    places = (await shopping.see(order)).suborders[0].places
    assert places is not None
    async with shopping.db.transaction() as conn:
        arrived = await check_in_guest(conn, shopping.seal, host, places.code or "", now=STARTS)
        assert isinstance(arrived, CheckIn)
    await cancel(shopping, activity, host, now=STARTS + timedelta(hours=1))
    assert await refund(shopping) == 1
    assert ((await shopping.see(order)).refunded_fen, (await shopping.see(late)).refunded_fen) == (0, 30_00)


async def test_one_refund_that_fails_delays_no_other_and_is_tried_again(shopping: Shopping) -> None:
    activity, host = await make_market(shopping)
    first, second = await book(shopping, activity), await book(shopping, activity, 1)
    await cancel(shopping, activity, host)
    paid = await shopping.see(first)
    async with shopping.db.connection() as conn:
        payment = await conn.fetchval("SELECT id FROM payments.payments WHERE order_ref = $1", str(paid.number))
    async with shopping.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO payments.disputes (payment_id, provider_ref, amount_minor, reason, state, opened_at)"
            " VALUES ($1, 'dp_1', 9000, 'sample', 'open', $2)", payment, NOW,
        )  # fmt: skip
    assert await refund(shopping) == 1
    assert (await shopping.see(second)).refunded_fen == 30_00
    async with shopping.db.connection() as conn:
        [failure] = await conn.fetch("SELECT job, attempts FROM jobs.failures")
    assert tuple(failure) == ("refund_slot", 1)


async def test_only_the_host_cancels_and_only_once_until_the_end(conn: Connection) -> None:
    activity = await make_activity(conn)
    host, [slot] = await load_owner(conn, activity.producer_id), activity.slot_ids
    stranger = await load_actor(conn, await make_account(conn))
    with pytest.raises(NotFound):
        await cancel_slot(conn, stranger, slot, CancelReason.HOST, now=NOW)
    with pytest.raises(SlotNotOpen):
        await cancel_slot(conn, host, slot, CancelReason.HOST, now=STARTS + timedelta(hours=4))
    assert await cancel_slot(conn, host, slot, CancelReason.HOST, now=NOW) == activity.listing_id
    for attempt in (
        cancel_slot(conn, host, slot, CancelReason.HOST, now=NOW),
        move_slot(conn, host, slot, SlotState.OPEN, now=NOW),
    ):
        with pytest.raises(SlotNotOpen):
            await attempt
    await make_slot(conn, activity.listing_id, SATURDAY)
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute("UPDATE slots SET cancel_reason = 'minimum' WHERE id = $1", slot)


async def test_a_slot_without_its_minimum_is_cancelled_a_day_before(shopping: Shopping) -> None:
    activity, host = await make_market(shopping, minimum=4)
    order = await book(shopping, activity)
    await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 2))
    day_before = STARTS - timedelta(hours=24)

    async def look(now: datetime) -> int:
        return await cancel_slots_below_minimum(shopping.db, shopping.seal, hours=24, now=now)

    assert await look(day_before - timedelta(minutes=1)) == 0
    assert await look(STARTS) == 0
    assert await look(day_before) == 1
    assert await look(day_before) == 0
    assert await refund(shopping, now=day_before) == 1
    assert (await shopping.see(order)).refunded_fen == 90_00
    facts = [facts for template, facts in await shopping.messages() if template == "slot_cancelled"]
    assert "人数不够" in facts[0]
    told = [template for template, _ in await shopping.messages()]
    assert told.count("slot_below_minimum") == 1
    assert host.producers


@pytest.mark.parametrize(("minimum", "party"), [(3, 3), (1, 0)])
async def test_a_slot_with_its_minimum_or_none_takes_place(shopping: Shopping, minimum: int, party: int) -> None:
    activity, _ = await make_market(shopping, minimum=minimum)
    if party:
        await book(shopping, activity, party)
    day_before = STARTS - timedelta(hours=24)
    assert await cancel_slots_below_minimum(shopping.db, shopping.seal, hours=24, now=day_before) == 0


async def test_a_slot_whose_host_cannot_be_told_delays_no_other(shopping: Shopping, owner: Connection) -> None:
    failing, _ = await make_market(shopping, minimum=4)
    await make_market(shopping, minimum=4)
    await owner.execute(
        "UPDATE accounts SET phone_sealed = 'unreadable' WHERE id IN ("
        "SELECT account_id FROM producer_members WHERE producer_id = $1)",
        failing.producer_id,
    )
    now = STARTS - timedelta(hours=1)
    assert await cancel_slots_below_minimum(shopping.db, shopping.seal, hours=24, now=now) == 1
    assert await cancel_slots_below_minimum(shopping.db, shopping.seal, hours=24, now=now) == 0
    states = await owner.fetch("SELECT state FROM slots ORDER BY id")
    assert [row["state"] for row in states] == ["open", "cancelled"]
    assert await owner.fetchval("SELECT attempts FROM jobs.failures WHERE job = 'cancel_small_slot'") == 1
