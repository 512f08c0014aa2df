"""Two servers on one database, in processes of their own: buyers, guests and people with a coupon race over HTTP.

A busy server answers 503 with Retry-After; the clients then repeat the request under its key, as a shop's app does.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from market.coupons.manage import Coupon, create_coupon
from market.identity.sign_in import sign_in_without_code
from market.kernel import Connection, Database, open_database
from market.kernel.clock import get_business_day
from market.kernel.database import APP_ROLE
from market.kernel.embedded import EmbeddedServer, find_free_port
from tests.conftest import clone_database, drop_database
from tests.faults.processes import ADDRESS, open_client, run_command
from tests.orders.invariants import find_violations
from tests.support.coupons import make_platform_staff, new_coupon
from tests.support.make import load_actor, make_account, make_product, make_stay
from tests.support.shop import make_buyer

CONNECTIONS = 100
MAX_TRIES = 60


class Servers(Struct, frozen=True):
    """Two running servers and their database."""

    db: Database
    clients: list[httpx.AsyncClient]

    async def post(self, number: int, path: str, token: str, body: Any, key: str = "") -> httpx.Response:
        """Send a request to one of the servers, again if it is busy."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or uuid.uuid4().hex}
        for _ in range(MAX_TRIES):
            answer = await self.clients[number % 2].post(path, json=body, headers=headers)
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(float(answer.headers["retry-after"]))
        raise AssertionError(f"{path} stays busy")

    async def post_at_once(self, path: str, tokens: Sequence[str], body: Any) -> Counter[str]:
        """Let everybody send the same request at once; count what they are answered."""
        answers = await asyncio.gather(*(self.post(n, path, token, body) for n, token in enumerate(tokens)))
        return count_answers(answers)


def count_answers(answers: Sequence[httpx.Response]) -> Counter[str]:
    return Counter("done" if each.is_success else str(each.json()["code"]) for each in answers)


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


@pytest.fixture(scope="module")
async def servers(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Servers]:
    name = await clone_database(server, template)
    folder: Path = tmp_path_factory.mktemp("two-servers")
    ports = [find_free_port()]
    ports.append(find_free_port(ports[0]))
    environment = {
        "MARKET_DATABASE_URL": server.dsn(name), "MARKET_PUBLIC_URL": "https://shop.test", "MARKET_POOL_SIZE": "8",
        "MARKET_STRIPE_KEY": "sk_test_races", "MARKET_STRIPE_WEBHOOK_SECRET": "whsec_races",
        "MARKET_RATE_WRITES": "100000", "MARKET_RATE_SIGN_INS": "100000",
    }  # fmt: skip
    async with AsyncExitStack() as stack:
        for port in ports:
            stack.enter_context(run_command(folder, "serve", MARKET_PORT=str(port), **environment))
        clients: list[httpx.AsyncClient] = []
        for port in ports:
            await stack.enter_async_context(open_client(port))
            limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
            client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, limits=limits)
            clients.append(await stack.enter_async_context(client))
        db = await open_database(server.dsn(name), role=APP_ROLE, max_size=4)
        stack.push_async_callback(db.close)
        yield Servers(db, clients)
    await drop_database(server, name)


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
