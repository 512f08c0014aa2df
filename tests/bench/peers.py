"""The benchmark of whole orders beside Vendure; it needs Node.js and npm, and is measured only when it is named.

Both servers run on one PostgreSQL at the same time and are measured alternately: ours in two processes, Vendure in two
as well. Orders are alike: a product's page, three lines, address, and a payment that settles at once. Vendure's buyer
is a guest with a new session, as its storefronts sell.
"""

import asyncio
import itertools
import random
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from market.kernel.postgres.embedded import EmbeddedServer, embedded_server, find_free_port
from tests.bench import buyers
from tests.bench.checkout import ORDERS, WORKERS, buy_by_transfer
from tests.bench.market import FEW_LISTINGS, open_market
from tests.bench.pairs import in_pairs
from tests.bench.requests import run_service
from tests.bench.shop import Row

SOURCE = Path(__file__).with_name("vendure")
DATABASE = "vendure"
VENDURE_ORDERS = 32
MAX_PRODUCTS = 1_000
START_SECONDS = 900

GET_PRODUCT = """query($slug: String!) { product(slug: $slug) {
    id name description variants { id name priceWithTax stockLevel } } }"""
ADD_LINE = """mutation($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) {
    __typename ... on Order { id totalWithTax } ... on ErrorResult { errorCode message } } }"""
SET_ADDRESS = """mutation { setOrderShippingAddress(input: {
    fullName: "Sample Buyer", streetLine1: "1 Sample Road", city: "Shijiazhuang", postalCode: "050000",
    countryCode: "CN"}) { __typename ... on ErrorResult { errorCode message } } }"""
LIST_SHIPPING = "query { eligibleShippingMethods { id } }"
SET_SHIPPING = """mutation($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) {
    __typename ... on ErrorResult { errorCode message } } }"""
SET_CUSTOMER = """mutation($email: String!) { setCustomerForOrder(input: {
    firstName: "Sample", lastName: "Buyer", emailAddress: $email}) {
    __typename ... on ErrorResult { errorCode message } } }"""
ARRANGE = """mutation { transitionOrderToState(state: "ArrangingPayment") {
    __typename ... on ErrorResult { errorCode message } } }"""
PAY = """mutation { addPaymentToOrder(input: {method: "settles-at-once", metadata: {}}) {
    __typename ... on Order { state } ... on ErrorResult { errorCode message } } }"""


class Peers(Struct, frozen=True):
    """Our market and the ports of Vendure's processes, which share a PostgreSQL."""

    dsn: str
    vendure: list[int]
    repeats: int


class _Buyer:
    """A guest of Vendure with a keep-alive connection and a session of its own."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port, self._reader, self._writer, self.token = port, reader, writer, ""

    async def ask(self, query: str, **variables: object) -> Any:
        """Send a query of the shop's API; return its data."""
        content = msgspec.json.encode({"query": query, "variables": variables})
        head = f"POST /shop-api HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(content)}\r\n"
        head += f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        self._writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in answer.split("\r\n"))
        }
        body = await self._reader.readexactly(int(fields["content-length"]))
        self.token = fields.get("vendure-auth-token", self.token)
        said = msgspec.json.decode(body)
        assert "errors" not in said, body[:500]
        assert b"errorCode" not in body, body[:500]
        (data,) = said["data"].values()
        return data


async def _buy_of_vendure(port: int, rng: random.Random, number: int) -> None:
    """Buy three products as a guest; the last answer says that the order is paid."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    buyer = _Buyer(port, reader, writer)
    product = await buyer.ask(GET_PRODUCT, slug=f"product-{rng.randrange(MAX_PRODUCTS)}")
    for variant in [product["variants"][0]["id"], *rng.sample(range(1, MAX_PRODUCTS), buyers.LINES - 1)]:
        await buyer.ask(ADD_LINE, id=str(variant))
    await buyer.ask(SET_ADDRESS)
    (method,) = await buyer.ask(LIST_SHIPPING)
    await buyer.ask(SET_SHIPPING, id=[method["id"]])
    await buyer.ask(SET_CUSTOMER, email=f"sample-{number}@example.com")
    await buyer.ask(ARRANGE)
    paid = await buyer.ask(PAY)
    assert paid["state"] == "PaymentSettled", paid
    writer.close()


class _Numbers:
    """Buyers of Vendure, each with an address of its own."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    async def buy(self, ports: list[int], count: int) -> int:
        """Let `count` guests buy over 16 connections, spread over the processes."""
        rng = random.Random(5)
        todo = iter(range(count))

        async def caller(port: int) -> None:
            for _ in todo:
                await _buy_of_vendure(port, rng, next(self._numbers))

        await asyncio.gather(*(caller(ports[n % len(ports)]) for n in range(buyers.CONNECTIONS)))
        return count


async def _run(folder: Path, *command: str, ready: str = "") -> asyncio.subprocess.Process:
    """Start a command; with `ready`, return when it prints that line."""
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        while ready and (line := (await process.stdout.readline()).decode().strip()) != ready:
            assert line or process.returncode is None, f"{command} ended with {process.returncode}"
    return process


@asynccontextmanager
async def _run_vendure(server: EmbeddedServer, folder: Path) -> AsyncGenerator[list[int]]:
    """Install Vendure from npm, fill its database, and yield the ports of its processes."""
    assert shutil.which("npm"), "the comparison needs Node.js and npm"
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    installing = await _run(folder, "npm", "install", "--no-audit", "--no-fund", "--silent")
    assert await installing.wait() == 0, "npm could not install Vendure"
    conn = await asyncpg.connect(server.dsn("postgres"))
    await conn.execute(f"CREATE DATABASE {DATABASE}")
    await conn.close()
    dsn, ports = server.dsn(DATABASE), [find_free_port() for _ in range(WORKERS)]
    filling = await _run(folder, "node", "server.js", str(ports[0]), dsn, "fill", ready="filled")
    filling.terminate()
    await filling.wait()
    processes = [await _run(folder, "node", "server.js", str(port), dsn, ready="ready") for port in ports]
    try:
        yield ports
    finally:
        for process in processes:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def peers_environment(*, quick: bool) -> AsyncGenerator[Peers]:
    """Yield our market of 1,000 listings and Vendure with 1,200 products on one PostgreSQL."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xiangji-bench-")))
        server = stack.enter_context(embedded_server(folder / "postgres"))
        market = await open_market(server, "bench", FEW_LISTINGS)
        ports = await stack.enter_async_context(_run_vendure(server, folder / "vendure"))
        yield Peers(market.dsn, ports, 3 if quick else 5)


async def checkout_vendure(peers: Peers) -> Row:
    """Measure whole orders per second over Vendure's, both in two processes; the ratio asked is 25."""
    tokens = await buyers.add_buyers(peers.dsn, ORDERS * (peers.repeats + 1))
    goods, guests = await buyers.list_goods(peers.dsn), _Numbers()
    async with run_service(peers.dsn, workers=WORKERS) as port:

        async def ours() -> int:
            return await buyers.buy_at_once(port, tokens, goods, buy_by_transfer, count=ORDERS)

        await ours()
        await guests.buy(peers.vendure, VENDURE_ORDERS)
        return await in_pairs(
            "checkout_vendure",
            "orders/s",
            repeats=peers.repeats,
            limit=lambda: guests.buy(peers.vendure, VENDURE_ORDERS),
            ours=ours,
        )


FIGURES: dict[str, Callable[[Peers], Awaitable[Row]]] = {"checkout_vendure": checkout_vendure}
"""The figures of the group `peers`."""
