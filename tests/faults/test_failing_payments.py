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
import pytest
from msgspec import Struct

from market.kernel import open_database
from market.kernel.postgres.embedded import embedded_server, find_free_port
from market.service.startup import create_and_migrate
from payments.ledger.verification import verify_ledger
from payments.sandbox import Sandbox
from tests.faults.processes import ADDRESS, a_shop, kill_group, open_client, run_command

pytestmark = pytest.mark.long

ORDERS_PER_KILL = 10
"""Orders paid at the provider between two kills."""
MAX_WAIT_SECONDS = 200
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
# Makes scheduled work due at once.
DUE = (
    "UPDATE payments.operations SET next_at = now() WHERE next_at > now()",
    "UPDATE payments.inbox SET next_at = now() WHERE next_at > now()",
    "UPDATE payments.payments SET poll_at = now() WHERE poll_at > now()",
)


class Deployment(Struct, frozen=True):
    """The running processes by name, each replaceable by a new one."""

    start: dict[str, Callable[[], subprocess.Popen[bytes]]]
    running: dict[str, subprocess.Popen[bytes]]

    def replace(self, name: str) -> None:
        """Kill a process and start another."""
        kill_group(self.running[name])
        self.running[name] = self.start[name]()


@asynccontextmanager
async def run_deployment(folder: Path, dsn: str) -> AsyncGenerator[tuple[Deployment, httpx.AsyncClient, Sandbox]]:
    port = find_free_port()
    provider = find_free_port(port)
    environment = {
        "MARKET_DATABASE_URL": dsn,
        "MARKET_PORT": str(port),
        "MARKET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MARKET_STRIPE_KEY": "sk_test_faults",
        "MARKET_STRIPE_BASE": f"http://127.0.0.1:{provider}",
        "MARKET_STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
        "MARKET_SMS_PATH": str(folder / "sms.jsonl"),
    }
    with ExitStack() as stack:

        def start(*words: str) -> subprocess.Popen[bytes]:
            return stack.enter_context(run_command(folder, *words, **environment))

        start("sandbox", "--port", str(provider), "--webhook", f"http://127.0.0.1:{port}/payments/webhook")
        deployment = Deployment({"serve": lambda: start("serve"), "worker": lambda: start("worker")}, {})
        deployment.running.update({name: begin() for name, begin in deployment.start.items()})
        async with AsyncExitStack() as clients:
            http = await clients.enter_async_context(open_client(port))
            away = await clients.enter_async_context(open_client(provider, "/healthz"))
            yield deployment, http, Sandbox(str(away.base_url), "whsec_sandbox", away)


class Buyer:
    """Orders and pays, one order after another, repeating requests without a response."""

    def __init__(self, token: str, variant: uuid.UUID, sandbox: Sandbox) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.line = {"variant_id": str(variant), "quantity": 1}
        self.sandbox = sandbox
        self.paid: list[str] = []

    async def post_until_success(self, http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Repeat a request under the same key until it succeeds, while processes are down."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        while True:
            with suppress(httpx.TransportError):
                answer = await http.post(path, json=body, headers=self.headers | key)
                if answer.is_success:
                    return answer.json()
                assert answer.status_code in {409, 503}, answer.text
            await asyncio.sleep(0.05)

    async def run(self, http: httpx.AsyncClient, stop: asyncio.Event) -> None:
        while not stop.is_set():
            order = (await self.post_until_success(http, "/api/v1/orders", {"address": ADDRESS, "lines": [self.line]}))[
                "id"
            ]
            paying = await self.post_until_success(http, f"/api/v1/orders/{order}/payment", {"method": "alipay"})
            await self.sandbox.pay(paying["redirect_url"].rsplit("/", 1)[1])
            self.paid.append(order)


async def test_every_order_is_charged_once_and_booked_once(folder: Path) -> None:
    with embedded_server(folder) as server:
        await create_and_migrate(server.dsn())
        shop = await a_shop(server.dsn())
        async with run_deployment(folder, server.dsn()) as (deployment, http, sandbox):
            buyers = [Buyer(token, shop.variant, sandbox) for token in shop.tokens]
            stop = asyncio.Event()
            at_work = [asyncio.create_task(buyer.run(http, stop)) for buyer in buyers]
            for name, fault in zip(itertools.cycle(("worker", "serve")), FAULTS, strict=False):
                wanted = sum(len(buyer.paid) for buyer in buyers) + ORDERS_PER_KILL
                await sandbox.client.post("/_faults", json=[fault])
                while sum(len(buyer.paid) for buyer in buyers) < wanted:
                    await asyncio.sleep(0.05)
                deployment.replace(name)
            await sandbox.clear_faults()
            stop.set()
            await asyncio.gather(*at_work)
            await wait_until_idle(server.dsn())
            await compare(server.dsn(), await sandbox.state(), {order for buyer in buyers for order in buyer.paid})


async def wait_until_idle(dsn: str) -> None:
    """Wait until every payment is captured and every queue is empty, making scheduled work due at once."""
    conn = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(MAX_WAIT_SECONDS):
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


async def compare(dsn: str, provider_state: dict[str, Any], paid: set[str]) -> None:
    """Compare charges and bookings: one charge per order, equal to the fen, no order missing."""
    db = await open_database(dsn)
    async with db.transaction() as conn:
        orders = {str(row[0]) for row in await conn.fetch("SELECT id FROM orders WHERE state = 'paid'")}
        assert orders == paid
        taken = sorted(charge["metadata"]["order"] for charge in provider_state["charges"])
        booked = await conn.fetch("SELECT order_ref FROM payments.payments WHERE state = 'captured' ORDER BY 1")
        assert taken == sorted(row[0] for row in booked)
        assert len(set(taken)) == len(taken) == len(paid)
        cleared = await conn.fetchval(
            "SELECT -sum(amount_minor) FROM payments.postings JOIN payments.accounts ON accounts.id = account_id"
            " WHERE code = 'clearing:alipay'"
        )
        assert cleared == sum(charge["amount_captured"] for charge in provider_state["charges"])
        assert await verify_ledger(conn) == []
    await db.close()
