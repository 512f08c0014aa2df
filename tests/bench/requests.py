"""Benchmarks of pages and searches per second of one process, against the smallest response with one statement.

Figure and limit use the same server, client and connections; the limit is `/readyz`, one statement and a line of JSON.
"""

import asyncio
import itertools
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote

import asyncpg

from market.kernel.postgres.embedded import find_free_port
from tests.bench.pairs import in_pairs
from tests.bench.shop import Environment, Row
from tests.support.app import SECRET

REQUESTS = 1_500
CONNECTIONS = 8
START_SECONDS = 90
STOP_SECONDS = 20
WEBHOOK_SECRET = "whsec_bench"


@asynccontextmanager
async def run_service(dsn: str, *, keep_ms: int = 1000, workers: int = 1, stripe: str = "") -> AsyncGenerator[int]:
    """Yield the port of a service on a database, in `workers` processes of its own, without limits of requests.

    `stripe` is the address of the sandbox that it takes for the payment provider.
    """
    port = find_free_port()
    settings = {"MARKET_KEEP_MS": str(keep_ms), "MARKET_WORKERS": str(workers), "MARKET_STRIPE_BASE": stripe}
    async with run_process(dsn, "serve", port=port, **settings):
        async with asyncio.timeout(START_SECONDS):
            while not await is_ready(port):
                await asyncio.sleep(0.05)
        yield port


@asynccontextmanager
async def run_process(dsn: str, *command: str, port: int, **settings: str) -> AsyncGenerator[None]:
    """Run a command of `market` on a database, of the service at `port`, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "market.service.commands", *command),
            env=os.environ
            | {
                "MARKET_DATABASE_URL": dsn,
                "MARKET_DATA": folder,
                "MARKET_SECRET": SECRET,
                "MARKET_PORT": str(port),
                "MARKET_PUBLIC_URL": f"http://127.0.0.1:{port}",
                "MARKET_SMS_PATH": f"{folder}/sms.jsonl",
                "MARKET_STRIPE_KEY": "sk_test_bench",
                "MARKET_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "MARKET_RATE_PAGES": "1000000",
                "MARKET_RATE_SEARCHES": "1000000",
                "MARKET_RATE_WRITES": "1000000",
            }
            | settings,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), STOP_SECONDS)


async def is_ready(port: int, path: str = "/readyz") -> bool:
    """Return whether a server answers."""
    try:
        await request_paths(port, [path], count=1)
    except (OSError, AssertionError, asyncio.IncompleteReadError):
        return False
    return True


async def request_paths(port: int, paths: Sequence[str], *, count: int, headers: str = "") -> int:
    """Request `count` paths in turn over keep-alive connections; a client library would be the bottleneck."""
    todo = itertools.islice(itertools.cycle(paths), count)

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in todo:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), (path, head)
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(caller() for _ in range(min(CONNECTIONS, count))))
    return count


async def _measure_path(environment: Environment, name: str, path: str) -> Row:
    async with run_service(environment.dsn, keep_ms=0) as port:
        await request_paths(port, [path], count=CONNECTIONS)
        return await in_pairs(
            name,
            "requests/s",
            repeats=environment.repeats,
            limit=lambda: request_paths(port, ["/readyz"], count=REQUESTS),
            ours=lambda: request_paths(port, [path], count=REQUESTS),
        )


async def _find_listing(environment: Environment) -> tuple[int, str]:
    """Return the short number and the title of a product."""
    conn = await asyncpg.connect(environment.dsn)
    row = await conn.fetchrow(
        "SELECT number, title FROM listings JOIN variants ON listings.id = listing_id WHERE variants.id = $1",
        environment.variants[0],
    )
    await conn.close()
    assert row is not None
    return row["number"], row["title"]


async def product_page(environment: Environment) -> Row:
    """Measure product pages per second."""
    number, _ = await _find_listing(environment)
    return await _measure_path(environment, "product_page", f"/goods/{number}")


async def search_page(environment: Environment) -> Row:
    """Measure searches of two characters per second, with a thousand matching products."""
    _, title = await _find_listing(environment)
    return await _measure_path(environment, "search_page", f"/search?q={quote(title[:2])}")


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {"product_page": product_page, "search_page": search_page}
"""The figures of the group `shop` over HTTP."""
