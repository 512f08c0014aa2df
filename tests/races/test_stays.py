"""A stay that ends while its guests are registered."""

import asyncio

import pytest

from market.kernel import Connection
from market.visits.cancel_stay import StayCancelReason, cancel_booked_stay
from market.visits.models import RegisterClosed
from tests.support.postgres import wait_for_locks
from tests.support.shop import Shopping
from tests.visits.test_guest_register import ARRIVAL, VALID, book, get_booking_id, register


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
