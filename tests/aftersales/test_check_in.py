"""Guests arrive: their code counts once, in their days, at their host's."""

from datetime import date, timedelta

import pytest

from market.aftersales import CodeUsed, CodeWrong, NotTheDay, check_in_guest, guests_of
from market.identity import Actor
from market.kernel import Refusal
from market.orders import OrderView, cancel_order
from tests.conftest import NOW
from tests.factories import a_stay, owner_of
from tests.shopping import Shopping, stay_of

ARRIVAL = NOW + timedelta(days=13)


async def a_booked_stay(shopping: Shopping, rooms: int = 1) -> OrderView:
    async with shopping.db.transaction() as conn:
        stay = await a_stay(conn, rooms=3)
    order = await shopping.place(nights=[stay_of(stay.listing_id, rooms=rooms)])
    await shopping.pay(order)
    return await shopping.see(order)


async def test_the_code_lets_the_guest_in_once_and_releases_the_money(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping)
    code = order.suborders[0].bookings[0].code or ""
    async with shopping.db.transaction() as conn:
        host = await owner_of(conn, order.suborders[0].producer_id)
        number = await conn.fetchval("SELECT number FROM producers")
        arrived = await check_in_guest(conn, shopping.seal, host, f" {code[:4]} {code[4:]} ", now=ARRIVAL)
    assert (arrived.title, arrived.room, arrived.arrive_on) == ("农家院客房", "1 号房", date(2019, 10, 3))
    with pytest.raises(CodeUsed):
        async with shopping.db.transaction() as conn:
            await check_in_guest(conn, shopping.seal, host, code, now=ARRIVAL)
    seen = await shopping.see_id(order.id)
    assert (seen.state, seen.suborders[0].bookings[0].state, seen.suborders[0].bookings[0].code) == (
        "finished", "arrived", None,
    )  # fmt: skip
    assert await shopping.balances() == {
        "clearing:alipay": -560_00, f"payable:{number}": 543_20, "commission": 16_80,
    }  # fmt: skip


async def test_the_money_waits_for_the_last_room(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping, rooms=2)
    first, second = [room.code or "" for room in order.suborders[0].bookings]
    assert first != second
    async with shopping.db.transaction() as conn:
        host = await owner_of(conn, order.suborders[0].producer_id)
        await check_in_guest(conn, shopping.seal, host, first, now=ARRIVAL)
    assert (await shopping.balances())[f"escrow:{order.number}-1"] == 1120_00
    async with shopping.db.transaction() as conn:
        await check_in_guest(conn, shopping.seal, host, second, now=ARRIVAL + timedelta(days=1))
    assert f"escrow:{order.number}-1" not in await shopping.balances()


async def test_a_code_counts_at_its_host_in_its_days_and_dies_with_its_booking(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping)
    code = order.suborders[0].bookings[0].code or ""
    async with shopping.db.transaction() as conn:
        host = await owner_of(conn, order.suborders[0].producer_id)
        other = await owner_of(conn, (await a_stay(conn)).producer_id)

    async def refused(actor: Actor, shown: str, days: int) -> type[Refusal]:
        with pytest.raises(Refusal) as told:
            async with shopping.db.transaction() as conn:
                await check_in_guest(conn, shopping.seal, actor, shown, now=NOW + timedelta(days=days))
        return type(told.value)

    assert await refused(other, code, 13) is CodeWrong
    assert await refused(shopping.buyer, code, 13) is CodeWrong
    assert await refused(host, "00000000" if code != "00000000" else "1", 13) is CodeWrong
    assert await refused(host, "", 13) is CodeWrong
    assert await refused(host, code, 12) is NotTheDay
    assert await refused(host, code, 16) is NotTheDay
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    assert await refused(host, code, 13) is CodeWrong


async def test_the_guest_list_of_a_day_names_who_sleeps_there(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping, rooms=2)
    producer_id = order.suborders[0].producer_id
    async with shopping.db.connection() as conn:
        lists = [await guests_of(conn, shopping.seal, producer_id, date(2019, 10, day)) for day in (2, 3, 4, 5)]
    assert [[(each.name, each.phone, each.room) for each in guests] for guests in lists] == [
        [],
        [("样例买家", "13900009001", "1 号房"), ("样例买家", "13900009001", "2 号房")],
        [("样例买家", "13900009001", "1 号房"), ("样例买家", "13900009001", "2 号房")],
        [],
    ]
