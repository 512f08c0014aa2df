"""kill -9 of the service in the middle of checkouts: what was acknowledged is there, nothing is half done."""

import asyncio
import uuid
from pathlib import Path

import httpx

from market.kernel import open_database
from market.kernel.embedded import embedded_server, free_port
from market.startup import create_and_migrate
from payments.verification import verify
from tests.faults.parts import ADDRESS, UNITS, a_client, a_part, a_shop, kill


class Buyer:
    """Places orders one after the other, keeping what it sent and what was acknowledged."""

    def __init__(self, token: str, variant: uuid.UUID) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.body = {"address": ADDRESS, "lines": [{"variant_id": str(variant), "quantity": 1}]}
        self.sent: list[str] = []
        self.acknowledged: dict[str, str] = {}

    async def place(self, http: httpx.AsyncClient, key: str) -> None:
        response = await http.post("/api/v1/orders", json=self.body, headers={**self.headers, "Idempotency-Key": key})
        assert response.status_code == 201, response.text
        self.acknowledged[key] = response.json()["id"]

    async def go_on(self, http: httpx.AsyncClient) -> None:
        while True:
            self.sent.append(uuid.uuid4().hex)
            await self.place(http, self.sent[-1])

    async def repeat_the_last(self, http: httpx.AsyncClient) -> None:
        known = self.acknowledged.get(self.sent[-1])
        await self.place(http, self.sent[-1])
        assert known in {None, self.acknowledged[self.sent[-1]]}


async def test_every_acknowledged_order_survives_and_a_repetition_places_none_twice(folder: Path) -> None:
    port = free_port()
    with embedded_server(folder) as server:
        await create_and_migrate(server.dsn())
        shop = await a_shop(server.dsn())
        buyers = [Buyer(token, shop.variant) for token in shop.tokens]
        for round_ in range(1, 4):
            with a_part(folder, "serve", MARKET_PORT=str(port)) as process:
                async with a_client(port) as http:
                    at_work = [asyncio.create_task(buyer.go_on(http)) for buyer in buyers]
                    while sum(len(buyer.acknowledged) for buyer in buyers) < 100 * round_:
                        await asyncio.sleep(0.01)
                    kill(process)
                    await asyncio.gather(*at_work, return_exceptions=True)
            with a_part(folder, "serve", MARKET_PORT=str(port)):
                async with a_client(port) as http:
                    await asyncio.gather(*(buyer.repeat_the_last(http) for buyer in buyers))
            await look(server.dsn(), buyers)


async def look(dsn: str, buyers: list[Buyer]) -> None:
    """Count from the database: one order a key, as many units gone as were ordered, every sum whole."""
    db = await open_database(dsn)
    acknowledged = {order for buyer in buyers for order in buyer.acknowledged.values()}
    async with db.transaction(scope="all") as conn:
        orders = {str(row[0]) for row in await conn.fetch("SELECT id FROM orders")}
        assert orders == acknowledged
        assert len(orders) >= 100
        lot = await conn.fetchrow("SELECT left_units, waiting_units, sold_units FROM lots")
        assert lot is not None
        assert tuple(lot) == (UNITS - len(orders), len(orders), 0)
        half = await conn.fetchval(
            "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM suborders s JOIN order_lines l"
            " ON l.suborder_id = s.id WHERE s.order_id = o.id)"
        )
        assert half == 0
        assert await verify(conn) == []
    await db.close()
