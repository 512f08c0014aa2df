"""Check-in: a code is valid once, during the stay, at its host."""

import asyncio
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from market.kernel import Refusal
from market.people.identity.models import Actor
from market.sales.aftersales.check_in import MAX_WRONG_CODES, CheckIn, check_in_guest, list_guests
from market.sales.aftersales.models import CheckInCodeUsed, CheckInOutsideStay, InvalidCheckInCode, TooManyCheckInCodes
from market.sales.orders.cancel import cancel_order
from market.sales.orders.queries import OrderView
from tests.conftest import NOW
from tests.support.make import load_owner, make_stay
from tests.support.shop import Shopping, make_october_nights

ARRIVAL = NOW + timedelta(days=13)


async def a_booked_stay(shopping: Shopping, rooms: int = 1) -> OrderView:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, rooms=3)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, rooms=rooms)])
    await shopping.pay(order)
    return await shopping.see(order)


async def test_a_code_checks_in_once_and_releases_the_escrow(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping)
    code = order.suborders[0].bookings[0].code or ""
    async with shopping.db.transaction() as conn:
        host = await load_owner(conn, order.suborders[0].producer_id)
        number = await conn.fetchval("SELECT number FROM producers")
        arrived = await check_in_guest(conn, shopping.seal, host, f" {code[:4]} {code[4:]} ", now=ARRIVAL)
    assert isinstance(arrived, CheckIn)
    assert (arrived.title, arrived.room, arrived.arrive_on) == ("农家院客房", "1 号房", date(2019, 10, 3))
    with pytest.raises(CheckInCodeUsed):
        async with shopping.db.transaction() as conn:
            await check_in_guest(conn, shopping.seal, host, code, now=ARRIVAL)
    seen = await shopping.see_id(order.id)
    assert (seen.state, seen.suborders[0].bookings[0].state, seen.suborders[0].bookings[0].code) == (
        "finished", "arrived", None,
    )  # fmt: skip
    assert await shopping.balances() == {
        "clearing:alipay": -560_00, f"payable:{number}": 543_20, "commission": 16_80,
    }  # fmt: skip


async def test_the_escrow_is_released_with_the_last_room(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping, rooms=2)
    first, second = [room.code or "" for room in order.suborders[0].bookings]
    assert first != second
    async with shopping.db.transaction() as conn:
        host = await load_owner(conn, order.suborders[0].producer_id)
        await check_in_guest(conn, shopping.seal, host, first, now=ARRIVAL)
    assert (await shopping.balances())[f"escrow:{order.number}-1"] == 1120_00
    async with shopping.db.transaction() as conn:
        await check_in_guest(conn, shopping.seal, host, second, now=ARRIVAL + timedelta(days=1))
    assert f"escrow:{order.number}-1" not in await shopping.balances()


async def test_a_code_is_valid_at_its_host_during_the_stay_and_ends_with_its_booking(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping)
    code = order.suborders[0].bookings[0].code or ""
    async with shopping.db.transaction() as conn:
        host = await load_owner(conn, order.suborders[0].producer_id)
        other = await load_owner(conn, (await make_stay(conn)).producer_id)

    async def refused(actor: Actor, shown: str, days: int) -> type[object]:
        try:
            async with shopping.db.transaction() as conn:
                return type(await check_in_guest(conn, shopping.seal, actor, shown, now=NOW + timedelta(days=days)))
        except Refusal as refusal:
            return type(refusal)

    assert await refused(other, code, 13) is InvalidCheckInCode
    assert await refused(shopping.buyer, code, 13) is InvalidCheckInCode
    assert await refused(host, "00000000" if code != "00000000" else "1", 13) is InvalidCheckInCode
    assert await refused(host, "", 13) is InvalidCheckInCode
    assert await refused(host, code, 12) is CheckInOutsideStay
    assert await refused(host, code, 16) is CheckInOutsideStay
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    assert await refused(host, code, 13) is InvalidCheckInCode


async def test_a_host_tries_ten_wrong_codes_an_hour_and_each_is_recorded(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping)
    code = order.suborders[0].bookings[0].code or ""
    async with shopping.db.transaction() as conn:
        host = await load_owner(conn, order.suborders[0].producer_id)

    async def try_code(shown: str, moment: datetime) -> object:
        async with shopping.db.transaction() as conn:
            return await check_in_guest(conn, shopping.seal, host, shown, now=moment)

    outcomes = await asyncio.gather(
        *(try_code(f"{n:07d}", ARRIVAL) for n in range(MAX_WRONG_CODES + 5)), return_exceptions=True
    )
    assert Counter(type(outcome) for outcome in outcomes) == {InvalidCheckInCode: 10, TooManyCheckInCodes: 5}
    async with shopping.db.connection() as conn:
        recorded = "SELECT count(*) FROM audit_entries WHERE action = 'stay.wrong_code' AND actor = $1"
        assert await conn.fetchval(recorded, str(host.account_id)) == MAX_WRONG_CODES
    with pytest.raises(TooManyCheckInCodes) as refused:
        await try_code(code, ARRIVAL + timedelta(minutes=59))
    assert refused.value.facts["retry_after"] == 60
    assert isinstance(await try_code(code, ARRIVAL + timedelta(hours=1)), CheckIn)


async def test_the_guest_list_of_a_day_contains_its_guests(shopping: Shopping) -> None:
    order = await a_booked_stay(shopping, rooms=2)
    producer_id = order.suborders[0].producer_id
    async with shopping.db.connection() as conn:
        days = [date(2019, 10, day) for day in (2, 3, 4, 5)]
        lists = [await list_guests(conn, shopping.seal, producer_id, day, today=day) for day in days]
        for today, name in ((date(2019, 11, 3), "样例买家"), (date(2019, 11, 4), "")):
            late = await list_guests(conn, shopping.seal, producer_id, days[1], today=today)
            assert [each.name for each in late] == [name, name]
    assert [[(each.name, each.phone, each.room) for each in guests] for guests in lists] == [
        [],
        [("样例买家", "13900009001", "1 号房"), ("样例买家", "13900009001", "2 号房")],
        [("样例买家", "13900009001", "1 号房"), ("样例买家", "13900009001", "2 号房")],
        [],
    ]
