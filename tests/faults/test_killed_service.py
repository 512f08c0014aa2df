"""Killing the service during checkouts: acknowledged orders exist, and no order is incomplete."""

import asyncio
import uuid
from pathlib import Path

import httpx
import pytest

from market.kernel import open_database
from market.kernel.postgres.embedded import embedded_server, find_free_port
from market.service.startup import create_and_migrate
from payments.ledger.verification import verify_ledger
from tests.faults.processes import ADDRESS, UNITS, a_shop, kill_group, open_client, run_command

pytestmark = pytest.mark.long


class Buyer:
    """Places orders one after another, recording sent and acknowledged keys."""

    def __init__(self, token: str, variant: uuid.UUID) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.body = {"address": ADDRESS, "lines": [{"variant_id": str(variant), "quantity": 1}]}
        self.sent: list[str] = []
        self.acknowledged: dict[str, str] = {}

    async def place(self, http: httpx.AsyncClient, key: str) -> None:
        response = await http.post("/api/v1/orders", json=self.body, headers={**self.headers, "Idempotency-Key": key})
        assert response.status_code == 201, response.text
        self.acknowledged[key] = response.json()["id"]

    async def run(self, http: httpx.AsyncClient) -> None:
        while True:
            self.sent.append(uuid.uuid4().hex)
            await self.place(http, self.sent[-1])

    async def repeat_the_last(self, http: httpx.AsyncClient) -> None:
        known = self.acknowledged.get(self.sent[-1])
        await self.place(http, self.sent[-1])
        assert known in {None, self.acknowledged[self.sent[-1]]}


async def test_acknowledged_orders_survive_and_repeated_requests_place_no_second_order(folder: Path) -> None:
    port = find_free_port()
    with embedded_server(folder) as server:
        await create_and_migrate(server.dsn())
        shop = await a_shop(server.dsn())
        buyers = [Buyer(token, shop.variant) for token in shop.tokens]
        for round_ in range(1, 4):
            with run_command(folder, "serve", MARKET_PORT=str(port)) as process:
                async with open_client(port) as http:
                    at_work = [asyncio.create_task(buyer.run(http)) for buyer in buyers]
                    while sum(len(buyer.acknowledged) for buyer in buyers) < 100 * round_:
                        await asyncio.sleep(0.01)
                    kill_group(process)
                    await asyncio.gather(*at_work, return_exceptions=True)
            with run_command(folder, "serve", MARKET_PORT=str(port)):
                async with open_client(port) as http:
                    await asyncio.gather(*(buyer.repeat_the_last(http) for buyer in buyers))
            await check_database(server.dsn(), buyers)


async def check_database(dsn: str, buyers: list[Buyer]) -> None:
    """Check in the database: one order per key, units equal to orders, no order incomplete."""
    db = await open_database(dsn)
    acknowledged = {order for buyer in buyers for order in buyer.acknowledged.values()}
    async with db.transaction() as conn:
        orders = {str(row[0]) for row in await conn.fetch("SELECT id FROM orders")}
        assert orders == acknowledged
        assert len(orders) >= 100
        lot = await conn.fetchrow("SELECT available_units, reserved_units, sold_units FROM lots")
        assert lot is not None
        assert tuple(lot) == (UNITS - len(orders), len(orders), 0)
        half = await conn.fetchval(
            "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM suborders s JOIN order_lines l"
            " ON l.suborder_id = s.id WHERE s.order_id = o.id)"
        )
        assert half == 0
        assert await verify_ledger(conn) == []
    await db.close()
