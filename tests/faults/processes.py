"""Service, worker and provider in processes of their own, so that tests can kill them."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
from msgspec import Struct

from market.kernel import open_database
from market.people.identity.sign_in import sign_in_without_code
from tests.support.app import SECRET
from tests.support.make import make_account, make_producer, make_product

BUYERS = 16
UNITS = 100_000
ADDRESS = {"name": "样例买家", "phone": "17000009001", "region_code": "130100", "street": "样例路 1 号"}


class Shop(Struct, frozen=True):
    """The buyers' tokens and the variant that they buy."""

    tokens: list[str]
    variant: uuid.UUID


async def a_shop(dsn: str) -> Shop:
    db = await open_database(dsn)
    now = datetime.now(UTC)
    tokens: list[str] = []
    async with db.transaction() as conn:
        product = await make_product(conn, await make_producer(conn), left=UNITS)
        for _ in range(BUYERS):
            signed = await sign_in_without_code(conn, await make_account(conn), now=now, second_factor=False)
            tokens.append(signed.token)
    await db.close()
    return Shop(tokens, product.variant_id)


@contextmanager
def run_command(folder: Path, *words: str, **environment: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a command of `market` in a process group of its own, which is killed at the end: what it covers is lost."""
    known = dict(os.environ, MARKET_DATA=str(folder), MARKET_SECRET=SECRET, **environment)
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "market.service.commands", *words],
            env=known,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process group with SIGKILL."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@asynccontextmanager
async def open_client(port: int, ready: str = "/readyz") -> AsyncGenerator[httpx.AsyncClient]:
    """Yield a client once the process answers."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        for _ in range(600):
            with suppress(httpx.TransportError):
                if (await http.get(ready)).status_code == 200:
                    break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("the process did not become ready")
        yield http
