"""A host adds slots, closes them and opens them again."""

import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from market.catalogue.slots.change_slots import NewSlots, add_slots, move_slot
from market.catalogue.slots.list_slots import (
    LIST_COMING_SLOTS,
    LIST_HOST_SLOTS,
    count_open_slots,
    find_coming_slot,
    find_host_slot,
    list_coming_slots,
    list_host_slots,
    load_slots,
)
from market.catalogue.slots.models import (
    InvalidSlot,
    SlotNotOpen,
    SlotOverlap,
    SlotState,
    format_slot_hours,
)
from market.kernel import Connection
from market.people.identity.models import NotFound
from tests.conftest import NOW
from tests.support.make import (
    CANCEL_TIERS,
    load_actor,
    load_owner,
    make_account,
    make_activity,
    make_producer,
    make_product,
)
from tests.support.postgres import as_owner

TOMORROW = date(2019, 9, 21)
MORNINGS = NewSlots(first=TOMORROW, last=TOMORROW, starts=time(8, 30), ends=time(12), places=20)


async def test_a_slot_is_added_on_each_day_and_listed_by_time(conn: Connection) -> None:
    activity = await make_activity(conn, days=(), tiers=CANCEL_TIERS)
    host = await load_owner(conn, activity.producer_id)
    three = replace(MORNINGS, first=date(2019, 9, 22), last=date(2019, 9, 24), minimum=4)
    added = await add_slots(conn, host, activity.listing_id, three, now=NOW)
    assert len(added) == 3
    slots = await list_coming_slots(conn, activity.listing_id, now=NOW)
    assert [(each.day.day, each.capacity, each.free, each.minimum, each.state) for each in slots] == [
        (22, 20, 20, 4, "open"), (23, 20, 20, 4, "open"), (24, 20, 20, 4, "open"),
    ]  # fmt: skip
    first = slots[0]
    assert first.starts_at == datetime(2019, 9, 22, 0, 30, tzinfo=UTC)
    assert format_slot_hours(first.starts_at, first.ends_at) == "8:30–12:00"
    assert len(first.tiers) == 6
    [action] = await conn.fetch("SELECT action, detail FROM audit_entries")
    assert action["action"] == "slot.add"


async def test_invalid_slots_are_refused_at_their_fields(conn: Connection) -> None:
    activity = await make_activity(conn, days=())
    host = await load_owner(conn, activity.producer_id)
    cases = {
        "first": replace(MORNINGS, first=date(2019, 9, 20), last=date(2019, 9, 20), starts=time(1)),
        "first ": replace(MORNINGS, first=date(2021, 1, 1), last=date(2021, 1, 1)),
        "last": replace(MORNINGS, last=date(2019, 9, 20)),
        "last ": replace(MORNINGS, last=TOMORROW + timedelta(days=62)),
        "ends": replace(MORNINGS, ends=time(8, 40)),
        "places": replace(MORNINGS, places=0),
        "places ": replace(MORNINGS, places=5001),
        "minimum": replace(MORNINGS, minimum=21),
        "minimum ": replace(MORNINGS, minimum=0),
        "minimum  ": replace(MORNINGS, minimum=2),
    }
    for name, new in cases.items():
        with pytest.raises(InvalidSlot) as raised:
            await add_slots(conn, host, activity.listing_id, new, now=NOW)
        assert [each.field for each in raised.value.errors] == [name.strip()], name
    assert await conn.fetchval("SELECT count(*) FROM slots") == 0


async def test_two_slots_at_one_time_are_refused(conn: Connection) -> None:
    activity = await make_activity(conn, days=())
    host = await load_owner(conn, activity.producer_id)
    await add_slots(conn, host, activity.listing_id, MORNINGS, now=NOW)
    attempt = conn.transaction()
    await attempt.start()
    with pytest.raises(SlotOverlap):
        await add_slots(conn, host, activity.listing_id, replace(MORNINGS, starts=time(11), ends=time(13)), now=NOW)
    await attempt.rollback()
    await add_slots(conn, host, activity.listing_id, replace(MORNINGS, starts=time(12), ends=time(13)), now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM slots") == 2


async def test_slots_belong_to_the_host_of_an_activity(conn: Connection) -> None:
    activity, product = await make_activity(conn), await make_product(conn)
    owner, seller = await load_owner(conn, activity.producer_id), await load_owner(conn, product.producer_id)
    stranger = await load_actor(conn, await make_account(conn))
    for actor, listing_id in ((stranger, activity.listing_id), (seller, product.listing_id), (owner, uuid4())):
        with pytest.raises(NotFound):
            await add_slots(conn, actor, listing_id, MORNINGS, now=NOW)
    for actor, slot_id in ((stranger, activity.slot_ids[0]), (owner, uuid4())):
        with pytest.raises(NotFound):
            await move_slot(conn, actor, slot_id, SlotState.CLOSED, now=NOW)
    assert await list_host_slots(conn, seller.producers, activity.listing_id, now=NOW) == []
    assert await load_slots(conn, []) == {}


async def test_a_slot_is_closed_and_opened_until_it_starts(conn: Connection) -> None:
    activity = await make_activity(conn)
    host, [slot_id] = await load_owner(conn, activity.producer_id), activity.slot_ids
    for state in (SlotState.CLOSED, SlotState.CLOSED, SlotState.OPEN):
        assert await move_slot(conn, host, slot_id, state, now=NOW) == activity.listing_id
        [slot] = await list_host_slots(conn, host.producers, activity.listing_id, now=NOW)
        assert slot.state is state
    actions = [row["action"] for row in await conn.fetch("SELECT action FROM audit_entries ORDER BY at, action")]
    assert sorted(actions) == ["slot.closed", "slot.open"]
    with pytest.raises(SlotNotOpen):
        await move_slot(conn, host, slot_id, SlotState.CLOSED, now=datetime(2019, 9, 21, tzinfo=UTC))


async def test_only_coming_slots_of_a_listing_on_sale_are_offered(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    activity = await make_activity(conn, producer_id, days=(TOMORROW, date(2019, 9, 22)))
    assert len(await list_coming_slots(conn, activity.listing_id, now=NOW)) == 2
    assert len(await list_coming_slots(conn, activity.listing_id, now=datetime(2019, 9, 21, tzinfo=UTC))) == 1
    await conn.execute("UPDATE producers SET state = 'suspended' WHERE id = $1", producer_id)
    assert await list_coming_slots(conn, activity.listing_id, now=NOW) == []
    await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE id = $1", activity.listing_id)
    with pytest.raises(NotFound):
        await list_coming_slots(conn, activity.listing_id, now=NOW)
    assert len(await list_host_slots(conn, [producer_id], activity.listing_id, now=NOW)) == 2


async def test_the_database_refuses_places_that_do_not_add_up(conn: Connection) -> None:
    activity = await make_activity(conn)
    await conn.execute("UPDATE slots SET free = free - 1 WHERE id = $1", activity.slot_ids[0])
    with pytest.raises(asyncpg.PostgresError, match="do not add up"):
        await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def test_the_slots_of_an_activity_go_on_behind_any_of_them(conn: Connection) -> None:
    days = [date(2019, 9, 21 + n) for n in range(5)]
    activity, other = await make_activity(conn, days=days), await make_activity(conn)
    first, _, third, fourth, fifth = activity.slot_ids
    await conn.execute(
        "UPDATE slots SET state = 'cancelled', cancelled_at = $2, cancel_reason = 'minimum' WHERE id = $1", fourth, NOW
    )

    async def read(after: UUID | None, limit: int = 2) -> list[UUID]:
        slots = await list_coming_slots(conn, activity.listing_id, now=NOW, after=after, limit=limit)
        return [each.id for each in slots]

    assert [await read(after) for after in (third, fourth, fifth)] == [[fifth], [fifth], []]
    assert [(await read(after))[0] for after in (None, uuid4(), other.slot_ids[0])] == [first] * 3
    assert await read(None, 9) == [each for each in activity.slot_ids if each != fourth]
    host = await load_owner(conn, activity.producer_id)
    shown = await list_host_slots(conn, host.producers, activity.listing_id, now=NOW, after=third)
    assert [each.id for each in shown] == [fourth, fifth]
    found = [await find_coming_slot(conn, activity.listing_id, each, now=NOW) for each in (fifth, fourth)]
    assert [each and each.id for each in found] == [fifth, None]
    assert await find_coming_slot(conn, other.listing_id, fifth, now=NOW) is None
    assert await find_host_slot(conn, [other.producer_id], activity.listing_id, fifth, now=NOW) is None
    assert await count_open_slots(conn, activity.listing_id, now=NOW) == 4


async def test_a_page_of_slots_is_read_by_the_index(new_conn: Connection) -> None:
    activity = await make_activity(new_conn)
    async with as_owner(new_conn):
        await new_conn.execute("SET LOCAL session_replication_role = replica")
        await new_conn.execute(
            "INSERT INTO slots (listing_id, during, capacity, free)"
            " SELECT CASE WHEN n % 10 = 0 THEN $1 ELSE gen_random_uuid() END,"
            "        tstzrange($2::timestamptz + n * interval '1 hour', $2 + (n + 1) * interval '1 hour'), 9, 9"
            "   FROM generate_series(-50000, 50000) AS n",
            activity.listing_id,
            NOW,
        )
        await new_conn.execute("ANALYZE slots")
    values: dict[str, object] = {
        "listing_id": activity.listing_id, "now": NOW, "after": None, "limit": 101,
        "producer_ids": [activity.producer_id],
    }  # fmt: skip
    for query in (LIST_COMING_SLOTS, LIST_HOST_SLOTS):
        rows = await new_conn.fetch(
            f"EXPLAIN (ANALYZE, FORMAT TEXT) {query.sql}", *[values[name] for name in query.names]
        )
        plan = "\n".join(row[0] for row in rows)
        assert "slots_by_listing" in plan, plan
        assert "Seq Scan on slots" not in plan, plan
        assert not any(int(found) > 101 for found in re.findall(r"slots.* rows=(\d+)\.", plan)), plan
