"""Buyers for benchmarks of checkouts over HTTP: each with a session of its own, and what they request."""

import asyncio
import itertools
import os
import random
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from market.people.identity.actors import hash_token
from tests.support.make import SEAL, make_phone

LINES = 3
CONNECTIONS = 16
ADDRESS = {"name": "样例买家", "phone": "13900009001", "region_code": "130100", "street": "样例路 1 号"}

# The rows of accounts and of their sessions, as signing in writes them.
ADD_ACCOUNTS = """
    WITH made AS (
        INSERT INTO accounts (name, phone_index, phone_sealed, sample, created_at)
        SELECT '样例买家', phone_index, phone_sealed, true, $3 FROM unnest($1::bytea[], $2::bytea[])
               AS phone (phone_index, phone_sealed)
        RETURNING id
    ), numbered AS (SELECT id, row_number() OVER () AS n FROM made)
    INSERT INTO sessions (token_hash, account_id, created_at, seen_at, expires_at, second_factor, device)
    SELECT token_hash, id, $3, $3, $4, false, '' FROM numbered
      JOIN unnest($5::bytea[]) WITH ORDINALITY AS token (token_hash, n) USING (n)
"""
LIST_GOODS = (
    "SELECT number, variants.id FROM listings JOIN variants ON listing_id = listings.id ORDER BY number LIMIT $1"
)


class Goods(Struct, frozen=True):
    """A product: the number of its page, and what the cart calls it."""

    number: int
    variant_id: str


async def add_buyers(dsn: str, count: int) -> Iterator[str]:
    """Add accounts with a session each; return the tokens, one for each order."""
    now = datetime.now(UTC)
    phones = [make_phone() for _ in range(count)]
    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    conn = await asyncpg.connect(dsn)
    await conn.execute(
        ADD_ACCOUNTS, [SEAL.index(each) for each in phones], [SEAL.seal(each, "accounts.phone") for each in phones],
        now, now + timedelta(days=30), [hash_token(each) for each in tokens],
    )  # fmt: skip
    await conn.execute("ANALYZE accounts, sessions")
    await conn.close()
    return iter(tokens)


async def list_goods(dsn: str, count: int = 1_000) -> list[Goods]:
    """Return products of the market."""
    conn = await asyncpg.connect(dsn)
    rows = await conn.fetch(LIST_GOODS, count)
    await conn.close()
    return [Goods(row["number"], str(row["id"])) for row in rows]


class HttpConnection:
    """A keep-alive connection; a client library would be the bottleneck."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port, self._reader, self._writer = port, reader, writer

    async def ask(
        self, method: str, path: str, *, token: str = "", body: object = None, key: str = ""
    ) -> tuple[int, bytes]:
        """Send a request and return the status and the body of the answer."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(content)}\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        head += f"Idempotency-Key: {key}\r\n" if key else ""
        self._writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        return int(answer[9:12]), await self._reader.readexactly(length)

    async def get_json(self, method: str, path: str, **more: Any) -> Any:
        """Send a request that must succeed, and return what the answer says."""
        status, content = await self.ask(method, path, **more)
        assert status < 300, (method, path, status, content[:500])
        return msgspec.json.decode(content)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


@asynccontextmanager
async def connect(port: int) -> AsyncGenerator[HttpConnection]:
    """Yield a connection to a server on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    http = HttpConnection(port, reader, writer)
    try:
        yield http
    finally:
        http.close()


async def place_order(http: HttpConnection, token: str, chosen: list[Goods]) -> Any:
    """Open a product's page, fill the cart and place it; return the order."""
    status, _ = await http.ask("GET", f"/goods/{chosen[0].number}", token=token)
    assert status == 200, status
    lines = [{"variant_id": each.variant_id, "quantity": 1} for each in chosen]
    await http.get_json("PUT", "/api/v1/cart/lines", token=token, body={"lines": lines, "whole": True})
    return await http.get_json("POST", "/api/v1/orders", token=token, body={"address": ADDRESS}, key=token)


async def start_payment(http: HttpConnection, token: str, order: Any, method: str) -> Any:
    """Choose a method; of a bank transfer no provider is asked."""
    return await http.get_json("POST", f"/api/v1/orders/{order['id']}/payment", token=token, body={"method": method})


type Buy = Callable[[HttpConnection, str, list[Goods]], Awaitable[None]]


async def buy_at_once(
    port: int, tokens: Iterator[str], goods: list[Goods], buy: Buy, *, count: int, lines: int = LINES
) -> int:
    """Let `count` buyers buy, over 16 connections."""
    rng = random.Random(5)
    todo = itertools.islice(tokens, count)

    async def caller() -> int:
        bought = 0
        async with connect(port) as http:
            for token in todo:
                await buy(http, token, rng.sample(goods, lines))
                bought += 1
        return bought

    bought = sum(await asyncio.gather(*(caller() for _ in range(CONNECTIONS))))
    assert bought == count, "too few buyers were added"
    return bought


def read_processor_seconds() -> float:
    """Return the processor time of all descendants of this process, those that ended included."""
    parents: dict[int, tuple[int, float]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    total, family = 0.0, {os.getpid()}
    for pid, (parent, seconds) in sorted(parents.items()):
        if parent in family:
            family.add(pid)
            total += seconds
    return total
