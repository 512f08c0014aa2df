"""A shop whose parts run in processes of their own, so that they can be killed: service, worker, provider."""

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

from market.identity import sign_in_without_code
from market.kernel import open_database
from tests.factories import a_producer, a_product, an_account
from tests.service import SECRET

BUYERS = 16
UNITS = 100_000
ADDRESS = {"name": "样例买家", "phone": "17000009001", "region_code": "130100", "street": "样例路 1 号"}


class Shop(Struct, frozen=True):
    """What the buyers need: their tokens and the one thing that they buy."""

    tokens: list[str]
    variant: uuid.UUID


async def a_shop(dsn: str) -> Shop:
    db = await open_database(dsn)
    now = datetime.now(UTC)
    tokens: list[str] = []
    async with db.transaction(scope="all") as conn:
        product = await a_product(conn, await a_producer(conn), left=UNITS)
        for _ in range(BUYERS):
            signed = await sign_in_without_code(conn, await an_account(conn), now=now, second_factor=False)
            tokens.append(signed.token)
    await db.close()
    return Shop(tokens, product.variant_id)


@contextmanager
def a_part(folder: Path, *words: str, **environment: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a command of `market` in a process group of its own, killed whole at the end."""
    known = {**os.environ, "MARKET_DATA": str(folder), "MARKET_SECRET": SECRET, **environment}
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "market.cli", *words], env=known, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 a part with its workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@asynccontextmanager
async def a_client(port: int, ready: str = "/readyz") -> AsyncGenerator[httpx.AsyncClient]:
    """Lend a client of a part once it answers."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        for _ in range(600):
            with suppress(httpx.TransportError):
                if (await http.get(ready)).status_code == 200:
                    break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("it did not come up")
        yield http
