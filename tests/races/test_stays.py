"""A stay that ends or moves while its guests are registered or come."""

import asyncio

import pytest

from market.kernel import Connection
from market.sales.aftersales.check_in import check_in_guest
from market.sales.aftersales.models import CheckInOutsideStay
from market.sales.visits.cancel_stay import StayCancelReason, cancel_booked_stay
from market.sales.visits.models import RegisterClosed
from tests.sales.visits.test_booking_changes import book as book_days
from tests.sales.visits.test_guest_register import ARRIVAL, VALID, book, get_booking_id, register
from tests.support.postgres import wait_for_locks
from tests.support.shop import Shopping


async def test_nobody_is_registered_in_a_stay_that_is_cancelled_at_that_moment(
    shopping: Shopping, owner: Connection
) -> None:
    w = shopping
    order, host = await book(w)
    booking_id = get_booking_id(order)
    async with owner.transaction():
        await owner.execute("SELECT FROM orders FOR UPDATE")
        cancelling = asyncio.create_task(
            cancel_booked_stay(
                w.db, w.gateway, w.seal, host, booking_id, reason=StayCancelReason.REPAIR, close=False, now=ARRIVAL
            )
        )
        await wait_for_locks(owner, 1)
        registering = asyncio.create_task(register(w, host, booking_id, number=VALID))
        await wait_for_locks(owner, 2)
    await cancelling
    with pytest.raises(RegisterClosed):
        await registering
    assert await owner.fetchval("SELECT count(*) FROM stay_guests") == 0


async def test_nobody_comes_on_days_that_change_at_that_moment(shopping: Shopping, owner: Connection) -> None:
    w, booked = shopping, await book_days(shopping)
    code = booked.order.suborders[0].bookings[0].code or ""
    change = await booked.propose(5, 7, now=ARRIVAL)

    async def check_in() -> object:
        async with w.db.transaction() as conn:
            return await check_in_guest(conn, w.seal, booked.host, code, now=ARRIVAL)

    async with owner.transaction():
        await owner.execute("SELECT FROM orders FOR UPDATE")
        answering = asyncio.create_task(booked.answer(change, now=ARRIVAL))
        await wait_for_locks(owner, 1)
        coming = asyncio.create_task(check_in())
        await wait_for_locks(owner, 2)
    await answering
    with pytest.raises(CheckInOutsideStay):
        await coming
    assert (await w.see_id(booked.order.id)).suborders[0].bookings[0].state == "booked"
