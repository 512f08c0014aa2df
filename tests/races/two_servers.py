"""Two running servers on one database, in processes of their own, for races over HTTP."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from market.kernel import Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer, find_free_port
from tests.conftest import clone_database, drop_database
from tests.faults.processes import open_client, run_command

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
        return Counter("done" if each.is_success else str(each.json()["code"]) for each in answers)


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
        "MARKET_SMS_PATH": str(folder / "sms.jsonl"),
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
