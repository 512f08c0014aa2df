"""Nights that a host closes, opens, or gives to a guest who did not order here."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from market.catalogue.bookings.calendar import list_stay_nights
from market.catalogue.bookings.host_nights import (
    GuestNights,
    HostGuest,
    HostNights,
    close_nights,
    delete_past_nights,
    enter_guest,
    open_nights,
)
from market.catalogue.bookings.models import InvalidHostNights, RoomTaken
from market.kernel import Connection, Refusal
from market.kernel.seal import Seal
from market.people.identity.models import NotFound
from market.sales.aftersales.host_calendar import list_host_nights, list_host_rooms
from market.sales.orders.models import Nights
from tests.conftest import NOW
from tests.support.make import SEAL, StayIds, load_owner, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, make_october_nights, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

TODAY = date(2019, 9, 20)
ARRIVE = date(2019, 10, 3)


def nights(stay: StayIds, room: int = 0, *, first: date = ARRIVE, count: int = 2) -> HostNights:
    return HostNights(room_id=stay.room_ids[room], first=first, until=first + timedelta(days=count))


def guest_nights(
    stay: StayIds, room: int = 0, *, first: date = ARRIVE, count: int = 2, name: str = "样例住客", phone: str = ""
) -> GuestNights:
    until = first + timedelta(days=count)
    return GuestNights(room_id=stay.room_ids[room], first=first, until=until, guest=HostGuest(name, phone))


async def count_free(conn: Connection, stay: StayIds, *, first: date = ARRIVE, count: int = 3) -> list[int]:
    until = first + timedelta(days=count)
    return [each.free for each in await list_stay_nights(conn, stay.listing_id, arrive=first, leave=until)]


async def test_closed_nights_cannot_be_booked_until_each_is_opened(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=2)
    host = await load_owner(conn, stay.producer_id)
    for _ in range(2):
        await close_nights(conn, host, stay.listing_id, nights(stay), now=NOW)
    assert await count_free(conn, stay) == [1, 1, 2]
    await open_nights(conn, host, stay.listing_id, nights(stay, first=date(2019, 10, 4), count=1), now=NOW)
    assert await count_free(conn, stay) == [1, 2, 2]
    actions = await conn.fetch("SELECT action FROM audit_entries ORDER BY action")
    assert [row["action"] for row in actions] == ["stay.close", "stay.close", "stay.open"]


async def test_a_guest_of_the_host_takes_closed_nights_and_leaves_with_all_of_them(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=1)
    host = await load_owner(conn, stay.producer_id)
    await close_nights(conn, host, stay.listing_id, nights(stay, count=1), now=NOW)
    guest = guest_nights(stay, count=3, phone="139 0000 9001")
    await enter_guest(conn, SEAL, host, stay.listing_id, guest, now=NOW)
    assert await count_free(conn, stay) == [0, 0, 0]
    [room] = await list_host_rooms(conn, SEAL, host, stay.listing_id, date(2019, 10, 4), today=date(2019, 11, 4))
    assert (room.name, room.phone, room.arrive_on, room.leave_on, room.state, room.closed) == (
        "样例住客", "13900009001", ARRIVE, date(2019, 10, 6), None, False,
    )  # fmt: skip
    [room] = await list_host_rooms(conn, SEAL, host, stay.listing_id, date(2019, 10, 4), today=date(2019, 11, 5))
    assert (room.name, room.phone) == ("", "")
    assert "样例住客" not in str(await conn.fetch("SELECT detail FROM audit_entries"))
    with pytest.raises(RoomTaken):
        await enter_guest(conn, SEAL, host, stay.listing_id, guest_nights(stay, name="样例别人"), now=NOW)
    await open_nights(conn, host, stay.listing_id, nights(stay, first=date(2019, 10, 5), count=1), now=NOW)
    assert await count_free(conn, stay) == [1, 1, 1]


async def test_nights_of_a_buyer_are_shown_and_cannot_be_closed(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, rooms=2)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place([], nights=[make_october_nights(stay.listing_id)])
    async with shopping.db.connection() as conn:
        rooms = await list_host_rooms(conn, shopping.seal, host, stay.listing_id, ARRIVE, today=ARRIVE)
        assert [(room.state, room.name, room.free) for room in rooms] == [("reserved", "", False), (None, "", True)]
    await shopping.pay(order)

    async def close() -> None:
        async with shopping.db.transaction() as conn:
            await close_nights(conn, host, stay.listing_id, nights(stay, count=3), now=NOW)

    async def enter() -> None:
        async with shopping.db.transaction() as conn:
            await enter_guest(conn, shopping.seal, host, stay.listing_id, guest_nights(stay), now=NOW)

    for change in (close, enter):
        with pytest.raises(RoomTaken):
            await change()
    async with shopping.db.transaction() as conn:
        await open_nights(conn, host, stay.listing_id, nights(stay), now=NOW)
        assert await count_free(conn, stay) == [1, 1, 2]
        await close_nights(conn, host, stay.listing_id, nights(stay, 1, count=1), now=NOW)
        [first, second] = await list_host_nights(
            conn, host, stay.listing_id, first=ARRIVE, until=ARRIVE + timedelta(days=2)
        )
        assert (first.rooms, first.closed, first.taken, first.free) == (2, 1, 1, 0)
        assert (second.rooms, second.closed, second.taken, second.free) == (2, 0, 1, 1)


@pytest.mark.parametrize("entering", [False, True])
@pytest.mark.parametrize("delay", [0, 0.002, 0.005, 0.01, 0.02])
async def test_of_a_closing_and_a_checkout_of_the_last_room_one_wins(
    shopping: Shopping, delay: float, *, entering: bool
) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, rooms=1)
        host = await load_owner(conn, stay.producer_id)
    wanted: Nights = make_october_nights(stay.listing_id)

    async def checkout() -> bool:
        try:
            await shopping.place([], nights=[wanted])
        except Refusal:
            return False
        return True

    async def close() -> bool:
        await asyncio.sleep(delay)
        try:
            async with shopping.db.transaction() as conn:
                if entering:
                    await enter_guest(conn, shopping.seal, host, stay.listing_id, guest_nights(stay), now=NOW)
                else:
                    await close_nights(conn, host, stay.listing_id, nights(stay), now=NOW)
        except RoomTaken:
            return False
        return True

    outcomes = await asyncio.gather(checkout(), close())
    assert sorted(outcomes) == [False, True]
    async with shopping.db.connection() as conn:
        assert await count_free(conn, stay, count=2) == [0, 0]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"first": TODAY - timedelta(days=1)}, ["first"]),
        ({"first": TODAY + timedelta(days=401)}, ["first"]),
        ({"count": 0}, ["until"]),
        ({"count": 93}, ["until"]),
    ],
)
async def test_nights_that_no_host_can_close_are_refused(
    conn: Connection, change: dict[str, Any], fields: list[str]
) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    with pytest.raises(InvalidHostNights) as refused:
        await close_nights(conn, host, stay.listing_id, nights(stay, **change), now=NOW)
    assert [fault.field for fault in refused.value.errors] == fields


async def test_a_guest_without_a_name_or_with_half_a_phone_is_refused(conn: Connection, seal: Seal) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    with pytest.raises(InvalidHostNights) as refused:
        await enter_guest(conn, seal, host, stay.listing_id, guest_nights(stay, name=" ", phone="139"), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["name", "phone"]
    assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 0


async def test_rooms_of_others_and_of_another_stay_are_not_found(conn: Connection) -> None:
    stay, other = await make_stay(conn), await make_stay(conn)
    host, stranger = await load_owner(conn, stay.producer_id), await load_owner(conn, other.producer_id)
    for actor, listing_id in ((stranger, stay.listing_id), (host, other.listing_id)):
        with pytest.raises(NotFound):
            await close_nights(conn, actor, listing_id, nights(stay), now=NOW)
        with pytest.raises(NotFound):
            await open_nights(conn, actor, listing_id, nights(stay), now=NOW)
    assert await list_host_rooms(conn, SEAL, stranger, stay.listing_id, ARRIVE, today=ARRIVE) == []
    assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 0


async def test_what_a_host_entered_is_deleted_after_the_last_night(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, rooms=2)
        host = await load_owner(conn, stay.producer_id)
        await close_nights(conn, host, stay.listing_id, nights(stay), now=NOW)
        await enter_guest(conn, shopping.seal, host, stay.listing_id, guest_nights(stay, 1, count=9), now=NOW)
    await shopping.place([], nights=[make_october_nights(stay.listing_id, arrive=20, leave=22)])
    later = NOW + timedelta(days=16)
    assert await delete_past_nights(shopping.db, later) == 2
    assert await delete_past_nights(shopping.db, later + timedelta(days=30)) == 1
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 1
