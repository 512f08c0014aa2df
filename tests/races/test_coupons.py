"""Fifty people claim one coupon at once, each over a connection of their own."""

import asyncio

import asyncpg

from market.kernel import Database, Refusal
from market.people.identity.models import Actor
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.models import CouponLimitReached, CouponUsedUp, Voucher
from tests.conftest import NOW
from tests.support.coupons import make_coupon
from tests.support.shop import make_buyer

MAX_SECONDS = 60


async def claim_at_once(database: Database, number: int, buyers: list[Actor]) -> list[Voucher | Refusal]:
    async def claim(buyer: Actor) -> Voucher | Refusal:
        while True:
            try:
                async with database.transaction() as conn:
                    return await claim_voucher(conn, buyer, number=number, now=NOW)
            except Refusal as refusal:
                return refusal
            except asyncpg.LockNotAvailableError:  # the page asks to press again
                continue

    async with asyncio.timeout(MAX_SECONDS):
        return await asyncio.gather(*(claim(buyer) for buyer in buyers))


async def test_of_fifty_people_one_claims_the_last_voucher(database: Database) -> None:
    async with database.transaction() as conn:
        coupon = await make_coupon(conn, quota=1)
        buyers = [await make_buyer(conn) for _ in range(50)]
    answers = await claim_at_once(database, coupon.number, buyers)
    assert sum(isinstance(each, Voucher) for each in answers) == 1
    assert sum(isinstance(each, CouponUsedUp) for each in answers) == 49


async def test_one_person_claims_up_to_the_limit_however_often_they_press(database: Database) -> None:
    async with database.transaction() as conn:
        coupon = await make_coupon(conn, quota=100, per_person=2)
        buyer = await make_buyer(conn)
    answers = await claim_at_once(database, coupon.number, [buyer] * 20)
    assert sum(isinstance(each, Voucher) for each in answers) == 2
    assert sum(isinstance(each, CouponLimitReached) for each in answers) == 18
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT claimed FROM coupons") == 2
