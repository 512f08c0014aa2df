"""How many pages and searches a second one process answers, against the smallest answer that asks the database once.

Ours and the limit go through the same server, the same client and the same connections; the limit is `/readyz`, one
statement and a line of JSON.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

import asyncpg

from market.kernel.embedded import free_port
from tests.bench.pairs import in_pairs
from tests.bench.shop import Ground, Row
from tests.service import SECRET

REQUESTS = 1_500
CONNECTIONS = 8
START_SECONDS = 30
STOP_SECONDS = 20


@asynccontextmanager
async def _service(ground: Ground) -> AsyncGenerator[int]:
    """Lend the port of a service on the ground's database, in a process of its own."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "market.cli", "serve"),
            env=os.environ
            | {
                "MARKET_DATABASE_URL": ground.dsn,
                "MARKET_DATA": folder,
                "MARKET_SECRET": SECRET,
                "MARKET_PORT": str(port),
            },
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await _answers(port):
                    await asyncio.sleep(0.05)
            yield port
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), STOP_SECONDS)


async def _answers(port: int) -> bool:
    try:
        await _ask(port, "/readyz", count=1, connections=1)
    except (OSError, AssertionError, asyncio.IncompleteReadError):
        return False
    return True


async def _ask(port: int, path: str, *, count: int, connections: int) -> int:
    """Ask for a path `count` times over some connections that stay open; a client library would be the bottleneck."""
    todo = iter(range(count))
    wanted = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in todo:
            writer.write(wanted)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), head
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(caller() for _ in range(connections)))
    return count


async def _path(ground: Ground, name: str, path: str) -> Row:
    async with _service(ground) as port:
        await _ask(port, path, count=CONNECTIONS, connections=CONNECTIONS)
        return await in_pairs(
            name,
            "requests/s",
            repeats=ground.repeats,
            limit=lambda: _ask(port, "/readyz", count=REQUESTS, connections=CONNECTIONS),
            ours=lambda: _ask(port, path, count=REQUESTS, connections=CONNECTIONS),
        )


async def _listing(ground: Ground) -> tuple[int, str]:
    """Return the short number and the title of a product."""
    conn = await asyncpg.connect(ground.dsn)
    row = await conn.fetchrow(
        "SELECT number, title FROM listings JOIN variants ON listings.id = listing_id WHERE variants.id = $1",
        ground.variants[0],
    )
    await conn.close()
    assert row is not None
    return row["number"], row["title"]


async def product_page(ground: Ground) -> Row:
    """Product pages a second."""
    number, _ = await _listing(ground)
    return await _path(ground, "product_page", f"/goods/{number}")


async def search_page(ground: Ground) -> Row:
    """Searches of two characters a second, a thousand products fitting."""
    _, title = await _listing(ground)
    return await _path(ground, "search_page", f"/search?q={quote(title[:2])}")


FIGURES: dict[str, Callable[[Ground], Awaitable[Row]]] = {"product_page": product_page, "search_page": search_page}
"""A part of the group `shop`: what goes over HTTP."""
