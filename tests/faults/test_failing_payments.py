"""Payments while service and worker are killed and the provider fails: each order is charged and booked once."""

import asyncio
import itertools
import subprocess
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from msgspec import Struct

from market.kernel import open_database
from market.kernel.embedded import embedded_server, free_port
from market.startup import create_and_migrate
from payments.sandbox import Sandbox
from payments.verification import verify
from tests.faults.parts import ADDRESS, a_client, a_part, a_shop, kill

EACH = 10
"""Orders that are paid at the provider between one kill and the next."""
PATIENCE_SECONDS = 200
FAULTS: list[dict[str, Any]] = [
    {"on": "create", "do": "500", "times": 3, "after": True},
    {"on": "create", "do": "close", "times": 3, "after": True},
    {"on": "create", "do": "hang", "times": 2, "seconds": 12},
    {"on": "retrieve", "do": "500", "times": 5},
    {"on": "search", "do": "429", "times": 3},
    {"on": "webhook", "do": "drop", "times": 6},
    {"on": "webhook", "do": "duplicate", "times": 6, "copies": 3},
    {"on": "webhook", "do": "reorder", "times": 4},
]
# What waits for its time is due at once: the test has no hours.
DUE = (
    "UPDATE payments.operations SET next_at = now() WHERE next_at > now()",
    "UPDATE payments.inbox SET next_at = now() WHERE next_at > now()",
    "UPDATE payments.payments SET ask_at = now() WHERE ask_at > now()",
)


class Town(Struct, frozen=True):
    """The parts as they run, by name, each replaceable by a new process of its kind."""

    start: dict[str, Callable[[], subprocess.Popen[bytes]]]
    running: dict[str, subprocess.Popen[bytes]]

    def replace(self, name: str) -> None:
        """Kill -9 a part and start another."""
        kill(self.running[name])
        self.running[name] = self.start[name]()


@asynccontextmanager
async def a_town(folder: Path, dsn: str) -> AsyncGenerator[tuple[Town, httpx.AsyncClient, Sandbox]]:
    port = free_port()
    provider = free_port(port)
    environment = {
        "MARKET_DATABASE_URL": dsn,
        "MARKET_PORT": str(port),
        "MARKET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MARKET_STRIPE_KEY": "sk_test_faults",
        "MARKET_STRIPE_BASE": f"http://127.0.0.1:{provider}",
        "MARKET_STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
    }
    with ExitStack() as stack:

        def start(*words: str) -> subprocess.Popen[bytes]:
            return stack.enter_context(a_part(folder, *words, **environment))

        start("sandbox", "--port", str(provider), "--webhook", f"http://127.0.0.1:{port}/payments/webhook")
        town = Town({"serve": lambda: start("serve"), "worker": lambda: start("worker")}, {})
        town.running.update({name: begin() for name, begin in town.start.items()})
        async with AsyncExitStack() as clients:
            http = await clients.enter_async_context(a_client(port))
            away = await clients.enter_async_context(a_client(provider, "/healthz"))
            yield town, http, Sandbox(str(away.base_url), "whsec_sandbox", away)


class Buyer:
    """Orders and pays, one order after the other, repeating whatever was not answered."""

    def __init__(self, token: str, variant: uuid.UUID, sandbox: Sandbox) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.line = {"variant_id": str(variant), "quantity": 1}
        self.sandbox = sandbox
        self.paid: list[str] = []

    async def ask(self, http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask until it is answered: a part that is down or waits for the provider is asked again with the same key."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        while True:
            with suppress(httpx.TransportError):
                answer = await http.post(path, json=body, headers=self.headers | key)
                if answer.is_success:
                    return answer.json()
                assert answer.status_code in {409, 503}, answer.text
            await asyncio.sleep(0.05)

    async def go_on(self, http: httpx.AsyncClient, stop: asyncio.Event) -> None:
        while not stop.is_set():
            order = (await self.ask(http, "/api/v1/orders", {"address": ADDRESS, "lines": [self.line]}))["id"]
            paying = await self.ask(http, f"/api/v1/orders/{order}/payment", {"method": "alipay"})
            await self.sandbox.pay(paying["redirect_url"].rsplit("/", 1)[1])
            self.paid.append(order)


async def test_every_order_is_charged_once_and_booked_once(folder: Path) -> None:
    with embedded_server(folder) as server:
        await create_and_migrate(server.dsn())
        shop = await a_shop(server.dsn())
        async with a_town(folder, server.dsn()) as (town, http, sandbox):
            buyers = [Buyer(token, shop.variant, sandbox) for token in shop.tokens]
            stop = asyncio.Event()
            at_work = [asyncio.create_task(buyer.go_on(http, stop)) for buyer in buyers]
            for name, fault in zip(itertools.cycle(("worker", "serve")), FAULTS, strict=False):
                wanted = sum(len(buyer.paid) for buyer in buyers) + EACH
                await sandbox.client.post("/_faults", json=[fault])
                while sum(len(buyer.paid) for buyer in buyers) < wanted:
                    await asyncio.sleep(0.05)
                town.replace(name)
            await sandbox.heal()
            stop.set()
            await asyncio.gather(*at_work)
            await until_settled(server.dsn())
            await compare(server.dsn(), await sandbox.state(), {order for buyer in buyers for order in buyer.paid})


async def until_settled(dsn: str) -> None:
    """Wait until every payment is captured and nothing waits; what waits for its time is due at once."""
    conn = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await conn.fetchval(
                "SELECT EXISTS (SELECT FROM orders WHERE state = 'placed')"
                " OR EXISTS (SELECT FROM payments.operations WHERE state IN ('sent', 'unknown'))"
                " OR EXISTS (SELECT FROM payments.inbox WHERE state IN ('new', 'parked'))"
            ):
                for statement in DUE:
                    await conn.execute(statement)
                await asyncio.sleep(0.5)
    finally:
        await conn.close()


async def compare(dsn: str, theirs: dict[str, Any], paid: set[str]) -> None:
    """Hold what the provider took against what is booked: one charge an order, to the fen, no order forgotten."""
    db = await open_database(dsn)
    async with db.transaction(scope="all") as conn:
        orders = {str(row[0]) for row in await conn.fetch("SELECT id FROM orders WHERE state = 'paid'")}
        assert orders == paid
        taken = sorted(charge["metadata"]["order"] for charge in theirs["charges"])
        booked = await conn.fetch("SELECT order_ref FROM payments.payments WHERE state = 'captured' ORDER BY 1")
        assert taken == sorted(row[0] for row in booked)
        assert len(set(taken)) == len(taken) == len(paid)
        cleared = await conn.fetchval(
            "SELECT -sum(amount_minor) FROM payments.postings JOIN payments.accounts ON accounts.id = account_id"
            " WHERE code = 'clearing:alipay'"
        )
        assert cleared == sum(charge["amount_captured"] for charge in theirs["charges"])
        assert await verify(conn) == []
    await db.close()
