"""Two servers on one database, in processes of their own: buyers, guests and people with a coupon race over HTTP.

A busy server answers 503 with Retry-After; the clients then repeat the request under its key, as a shop's app does.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.people.identity.sign_in import sign_in_without_code
from market.sales.coupons.manage import Coupon, create_coupon
from tests.faults.processes import ADDRESS
from tests.races.two_servers import Servers
from tests.sales.orders.invariants import find_violations
from tests.support.coupons import make_platform_staff, new_coupon
from tests.support.make import load_actor, make_account, make_product, make_stay
from tests.support.shop import make_buyer

pytestmark = pytest.mark.long

CONNECTIONS = 100
MAX_TRIES = 60


async def make_tokens(conn: Connection, people: int) -> list[str]:
    """Create people who are signed in."""
    now = datetime.now(UTC)
    return [
        (await sign_in_without_code(conn, await make_account(conn, now=now), now=now, second_factor=False)).token
        for _ in range(people)
    ]


async def make_running_coupon(conn: Connection, *, quota: int) -> Coupon:
    """Create a coupon of the platform that can be claimed today."""
    now = datetime.now(UTC)
    today = get_business_day(now)
    new = new_coupon(quota=quota, starts_on=today, ends_on=today + timedelta(days=30))
    return await create_coupon(conn, await make_platform_staff(conn), new, now=now)


async def test_five_hundred_buyers_and_fifty_units_make_fifty_orders(servers: Servers) -> None:
    async with servers.db.transaction() as conn:
        product = await make_product(conn, left=50)
        tokens = await make_tokens(conn, 500)
    body = {"address": ADDRESS, "lines": [{"variant_id": str(product.variant_id), "quantity": 1}]}
    assert await servers.post_at_once("/api/v1/orders", tokens, body) == {"done": 50, "waiting_for_payment": 450}
    async with servers.db.connection() as conn:
        lot = await conn.fetchrow(
            "SELECT available_units, reserved_units, sold_units FROM lots WHERE id = $1", product.lot_id
        )
        lines = "SELECT count(*) FROM order_lines WHERE variant_id = $1"
        assert lot is not None
        assert (tuple(lot), await conn.fetchval(lines, product.variant_id)) == ((0, 50, 0), 50)


async def test_two_hundred_guests_and_twenty_rooms_make_twenty_bookings(servers: Servers) -> None:
    async with servers.db.transaction() as conn:
        stay = await make_stay(conn, rooms=20)
        tokens = await make_tokens(conn, 200)
    arrive = get_business_day(datetime.now(UTC)) + timedelta(days=30)
    nights = {"arrive_on": arrive.isoformat(), "leave_on": (arrive + timedelta(days=2)).isoformat(), "rooms": 1}
    body = {"address": ADDRESS, "lines": [], "nights": [{"listing_id": str(stay.listing_id), **nights}]}
    assert await servers.post_at_once("/api/v1/orders", tokens, body) == {"done": 20, "nights_held": 180}
    async with servers.db.connection() as conn:
        taken = await conn.fetch("SELECT room_id FROM taken_nights WHERE room_id = ANY($1)", list(stay.room_ids))
        assert {each["room_id"] for each in taken} == set(stay.room_ids)
        assert len(taken) == 20


async def test_fifty_people_and_seven_vouchers_make_seven_claims(servers: Servers) -> None:
    async with servers.db.transaction() as conn:
        coupon = await make_running_coupon(conn, quota=7)
        tokens = await make_tokens(conn, 50)
    claim = {"number": coupon.number}
    assert await servers.post_at_once("/api/v1/coupons/claims", tokens, claim) == {"done": 7, "coupon_used_up": 43}
    async with servers.db.connection() as conn:
        counts = "SELECT claimed, (SELECT count(*) FROM vouchers WHERE coupon_id = $1) FROM coupons WHERE id = $1"
        counted = await conn.fetchrow(counts, coupon.id)
        assert counted is not None
        assert tuple(counted) == (7, 7)


async def test_a_voucher_in_ten_checkouts_at_once_is_used_by_one(servers: Servers) -> None:
    now = datetime.now(UTC)
    async with servers.db.transaction() as conn:
        product = await make_product(conn, price_fen=100_00, left=50)
        coupon = await make_running_coupon(conn, quota=100)
        buyer = await load_actor(conn, (await make_buyer(conn)).account_id)
        signed = await sign_in_without_code(conn, buyer.account_id, now=now, second_factor=False)
    claimed = await servers.post(0, "/api/v1/coupons/claims", signed.token, {"number": coupon.number})
    body = {
        "address": ADDRESS, "lines": [{"variant_id": str(product.variant_id), "quantity": 1}],
        "voucher_id": claimed.json()["id"],
    }  # fmt: skip
    assert await servers.post_at_once("/api/v1/orders", [signed.token] * 10, body) == {"done": 1, "voucher_used": 9}


async def test_one_key_sent_to_both_servers_makes_one_order(servers: Servers) -> None:
    async with servers.db.transaction() as conn:
        product = await make_product(conn, left=50)
        [token] = await make_tokens(conn, 1)
    body = {"address": ADDRESS, "lines": [{"variant_id": str(product.variant_id), "quantity": 3}]}
    answers = await asyncio.gather(*(servers.post(n, "/api/v1/orders", token, body, key="one key") for n in range(20)))
    assert [each.text for each in answers if each.status_code != 201] == []
    assert len({each.json()["number"] for each in answers}) == 1
    async with servers.db.connection() as conn:
        left = await conn.fetchval("SELECT available_units FROM lots WHERE id = $1", product.lot_id)
        violations = await find_violations(conn)
        assert (left, {name for name in violations if not name.startswith("14: a lot's units")}) == (47, set())
