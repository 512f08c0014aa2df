"""Benchmarks of whole orders over HTTP: from the product's page to the payment, each by a buyer of its own.

Figure and limit use the same server of two processes; the limit is `/healthz`, which asks nothing.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import embedded_server, find_free_port
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from tests.bench import buyers
from tests.bench.buyers import Buy, Goods, HttpConnection
from tests.bench.market import FEW_LISTINGS, Markets, open_market
from tests.bench.pairs import in_pairs
from tests.bench.requests import is_ready, request_paths, run_process, run_service
from tests.bench.shop import Row
from tests.support.make import SEAL, load_actor, load_owner

WORKERS = 2
ORDERS = 600
SANDBOX_ORDERS = 200
HEALTHS = 6_000
MEASURED_ORDERS = 500
BURST, STOCK = 500, 50
MAX_BURST_SECONDS = 5
MAX_ORDER_BYTES, MAX_ORDER_WAL, MAX_ORDER_ROWS = 8 * 1024, 15 * 1024, 20
MAX_PROCESSOR_MS = 9
SETTLE_SECONDS = 120


class Shop(Struct, frozen=True):
    """A market of 1,000 listings on a server of its own."""

    dsn: str
    goods: list[Goods]
    repeats: int


@asynccontextmanager
async def checkout_environment(*, quick: bool) -> AsyncGenerator[Shop]:
    """Yield a market of 1,000 listings; WAL is counted without whole pages."""
    with (
        tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder,
        embedded_server(Path(folder), full_page_writes="off") as server,
    ):
        market = await open_market(server, "bench", FEW_LISTINGS)
        yield Shop(market.dsn, await buyers.list_goods(market.dsn), 3 if quick else 5)


async def buy_by_transfer(http: HttpConnection, token: str, chosen: list[Goods]) -> None:
    """Buy by a method without a provider."""
    order = await buyers.place_order(http, token, chosen)
    await buyers.start_payment(http, token, order, "bank")


async def checkout_http(shop: Shop) -> Row:
    """Measure whole orders per second that are paid by a method without a provider."""
    tokens = await buyers.add_buyers(shop.dsn, ORDERS * shop.repeats + buyers.CONNECTIONS)
    async with run_service(shop.dsn, workers=WORKERS) as port:
        await buyers.buy_at_once(port, tokens, shop.goods, buy_by_transfer, count=buyers.CONNECTIONS)
        return await in_pairs(
            "checkout_http",
            "orders/s",
            repeats=shop.repeats,
            limit=lambda: request_paths(port, ["/healthz"], count=HEALTHS),
            ours=lambda: buyers.buy_at_once(port, tokens, shop.goods, buy_by_transfer, count=ORDERS),
        )


async def checkout_processor(shop: Shop) -> Row:
    """Measure the milliseconds of processor of such an order, of the service and PostgreSQL together."""
    tokens = await buyers.add_buyers(shop.dsn, 2 * ORDERS)
    async with run_service(shop.dsn, workers=WORKERS) as port:
        await buyers.buy_at_once(port, tokens, shop.goods, buy_by_transfer, count=ORDERS)
        before = buyers.read_processor_seconds()
        await buyers.buy_at_once(port, tokens, shop.goods, buy_by_transfer, count=ORDERS)
        spent = (buyers.read_processor_seconds() - before) * 1_000 / ORDERS
    return Row("checkout_processor", round(spent, 2), "ms", MAX_PROCESSOR_MS, round(MAX_PROCESSOR_MS / spent, 2))


class _Counterparty(Struct, frozen=True):
    """A service with a worker and the payment sandbox, each in processes of their own."""

    port: int
    sandbox: int
    conn: Connection

    async def pay(self, http: HttpConnection, token: str, order: Any) -> None:
        """Pay an order at the sandbox, as its payer does there."""
        payment = await buyers.start_payment(http, token, order, "alipay")
        ref = str(payment["redirect_url"]).rpartition("/")[2].partition("?")[0]
        async with buyers.connect(self.sandbox) as provider:
            status, content = await provider.ask("POST", f"/_pay/{ref}", body={})
            assert status < 300, (ref, status, content)

    async def settle(self) -> None:
        """Wait until every order that was placed is paid."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while await self.conn.fetchval("SELECT EXISTS (SELECT FROM orders WHERE state = 'placed' AND NOT EXISTS ("
                                           "SELECT FROM payments.payments WHERE order_ref = number::text"
                                           " AND method = 'bank'))"):  # fmt: skip
                await asyncio.sleep(0.05)


@asynccontextmanager
async def _run_counterparty(dsn: str) -> AsyncGenerator[_Counterparty]:
    sandbox = find_free_port()
    async with AsyncExitStack() as stack:
        base = f"http://127.0.0.1:{sandbox}"
        port = await stack.enter_async_context(run_service(dsn, workers=WORKERS, stripe=base))
        command = ["sandbox", "--port", str(sandbox), "--webhook", f"http://127.0.0.1:{port}/payments/webhook"]
        await stack.enter_async_context(run_process(dsn, *command, port=port))
        await stack.enter_async_context(run_process(dsn, "worker", port=port, MARKET_STRIPE_BASE=base))
        while not await is_ready(sandbox, "/healthz"):
            await asyncio.sleep(0.05)
        conn = await asyncpg.connect(dsn)
        yield _Counterparty(port, sandbox, conn)
        await conn.close()


def _make_buy(counterparty: _Counterparty) -> Buy:
    async def buy(http: HttpConnection, token: str, chosen: list[Goods]) -> None:
        await counterparty.pay(http, token, await buyers.place_order(http, token, chosen))

    return buy


async def checkout_sandbox(shop: Shop) -> Row:
    """Measure whole orders per second through the payment sandbox, until the last is marked as paid."""
    tokens = await buyers.add_buyers(shop.dsn, SANDBOX_ORDERS * (shop.repeats + 1))
    async with _run_counterparty(shop.dsn) as counterparty:

        async def ours() -> int:
            port, buy = counterparty.port, _make_buy(counterparty)
            bought = await buyers.buy_at_once(port, tokens, shop.goods, buy, count=SANDBOX_ORDERS)
            await counterparty.settle()
            return bought

        await ours()
        return await in_pairs(
            "checkout_sandbox",
            "orders/s",
            repeats=shop.repeats,
            limit=lambda: request_paths(counterparty.port, ["/healthz"], count=HEALTHS),
            ours=ours,
        )


LIST_SIZES = """
    SELECT oid::regclass::text AS name, pg_total_relation_size(oid) AS bytes
      FROM pg_class WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace,
           'information_schema'::regnamespace)
"""
LIST_PARCELS = """
    SELECT suborders.id, order_id, buyer_id, producer_id FROM suborders JOIN orders ON orders.id = order_id
     WHERE suborders.state = 'paid' AND suborders.kind = 'goods'
"""


class _Volume(Struct, frozen=True):
    """What a database takes: bytes and rows by table."""

    bytes: dict[str, int]
    rows: dict[str, int]


async def _measure_volume(conn: Connection) -> _Volume:
    """Measure after a vacuum: what it frees, the next orders take again."""
    await conn.execute("VACUUM")
    sizes = {row["name"]: row["bytes"] for row in await conn.fetch(LIST_SIZES)}
    rows = {name: await conn.fetchval("SELECT count(*) FROM " + name) for name in sizes}
    return _Volume(sizes, rows)


async def _read_wal(conn: Connection) -> int:
    """Return the bytes of WAL that were ever written."""
    return await conn.fetchval("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")


async def _deliver(db: Database, parcels: list[Any]) -> None:
    """Ship the parcels, and confirm their receipt."""
    now = datetime.now(UTC)
    for number, each in enumerate(parcels):
        async with db.transaction() as conn:
            owner = await load_owner(conn, each["producer_id"])
            await ship_suborder(conn, SEAL, owner, each["id"], carrier="邮政", tracking=f"EMS{number:09d}", now=now)
        async with db.transaction() as conn:
            await confirm_receipt(conn, SEAL, await load_actor(conn, each["buyer_id"]), each["order_id"], now=now)


async def _count_order(shop: Shop) -> dict[str, tuple[float, float]]:
    """Return bytes and rows of an order of one line from place to receipt by table, with its WAL under `WAL`."""
    tokens = await buyers.add_buyers(shop.dsn, 2 * MEASURED_ORDERS)
    db = await open_database(shop.dsn, role=APP_ROLE)
    async with _run_counterparty(shop.dsn) as counterparty:
        conn, volumes, wal = counterparty.conn, list[_Volume](), 0
        for _ in range(2):
            volumes.append(await _measure_volume(conn))
            wal = -await _read_wal(conn)
            await buyers.buy_at_once(
                counterparty.port, tokens, shop.goods, _make_buy(counterparty), count=MEASURED_ORDERS, lines=1
            )
            await counterparty.settle()
            await _deliver(db, await conn.fetch(LIST_PARCELS))
            wal += await _read_wal(conn)
        volumes.append(await _measure_volume(conn))
    await db.close()
    _, before, after = volumes
    counted = {
        name: ((after.bytes[name] - before.bytes[name]) / MEASURED_ORDERS,
               (after.rows[name] - before.rows[name]) / MEASURED_ORDERS)
        for name in before.bytes
    }  # fmt: skip
    return counted | {"WAL": (wal / MEASURED_ORDERS, 0)}


class _OrderVolumes:
    """The volume of an order, counted once for three figures."""

    def __init__(self) -> None:
        self.counted: dict[str, tuple[float, float]] = {}

    async def get(self, shop: Shop) -> dict[str, tuple[float, float]]:
        """Return the volume by table."""
        self.counted = self.counted or await _count_order(shop)
        return self.counted


_VOLUMES = _OrderVolumes()


def _rate(name: str, value: float, unit: str, limit: float) -> Row:
    return Row(name, round(value, 1), unit, limit, round(limit / value, 2))


async def order_bytes(shop: Shop) -> Row:
    """Measure the bytes on disk that an order of one line leaves, from place to receipt, once vacuumed."""
    counted = await _VOLUMES.get(shop)
    return _rate("order_bytes", sum(size for name, (size, _) in counted.items() if name != "WAL"), "B", MAX_ORDER_BYTES)


async def order_wal(shop: Shop) -> Row:
    """Measure the bytes of WAL of such an order, without whole pages."""
    return _rate("order_wal", (await _VOLUMES.get(shop))["WAL"][0], "B", MAX_ORDER_WAL)


async def order_rows(shop: Shop) -> Row:
    """Measure the rows that such an order leaves."""
    return _rate("order_rows", sum(rows for _, rows in (await _VOLUMES.get(shop)).values()), "rows", MAX_ORDER_ROWS)


async def burst_500(shop: Shop) -> Row:
    """Measure the seconds until the last of 500 buyers of the last 50 pieces is answered; 50 get one."""
    conn = await asyncpg.connect(shop.dsn)
    chosen = shop.goods[0]
    lot_id: UUID = await conn.fetchval("SELECT lot_id FROM variants WHERE id = $1", UUID(chosen.variant_id))
    slowest: list[float] = []
    loop = asyncio.get_running_loop()
    async with run_service(shop.dsn, workers=WORKERS) as port:
        for _ in range(shop.repeats):
            await conn.execute("UPDATE lots SET available_units = $2 WHERE id = $1", lot_id, STOCK)
            tokens = await buyers.add_buyers(shop.dsn, BURST)
            body = {"address": buyers.ADDRESS, "lines": [{"variant_id": chosen.variant_id, "quantity": 1}]}

            async def order(token: str, body: object = body) -> int:
                async with buyers.connect(port) as http:
                    return (await http.ask("POST", "/api/v1/orders", token=token, body=body, key=token))[0]

            begun = loop.time()
            answers = await asyncio.gather(*(order(token) for token in itertools.islice(tokens, BURST)))
            slowest.append(loop.time() - begun)
            assert (answers.count(201), answers.count(409)) == (STOCK, BURST - STOCK), sorted(set(answers))
    await conn.execute("UPDATE lots SET available_units = 1000000 WHERE id = $1", lot_id)
    await conn.close()
    return Row("burst_500", round(max(slowest), 2), "s", MAX_BURST_SECONDS, round(MAX_BURST_SECONDS / max(slowest), 2))


async def growth_checkout(markets: Markets) -> Row:
    """Measure how an order's time grows from 1,000 listings to 100,000; 1 is not at all."""
    count = ORDERS // 2
    async with AsyncExitStack() as stack:
        sides: list[Callable[[], Awaitable[int]]] = []
        for market in (markets.small, markets.large):
            tokens = await buyers.add_buyers(market.dsn, count * (market.repeats + 1))
            goods = await buyers.list_goods(market.dsn, len(market.numbers))
            port = await stack.enter_async_context(run_service(market.dsn, workers=WORKERS))

            async def buy(port: int = port, tokens: Any = tokens, goods: list[Goods] = goods) -> int:
                return await buyers.buy_at_once(port, tokens, goods, buy_by_transfer, count=count)

            await buy()
            sides.append(buy)
        row = await in_pairs(
            "growth_checkout", "orders/s", repeats=markets.large.repeats, limit=sides[0], ours=sides[1]
        )
    return Row(row.name, row.value, row.unit, row.limit, round(row.limit / row.value, 2))


FIGURES: dict[str, Callable[[Shop], Awaitable[Row]]] = {
    "checkout_http": checkout_http,
    "checkout_processor": checkout_processor,
    "checkout_sandbox": checkout_sandbox,
    "burst_500": burst_500,
}
"""The figures of the group `shop` of whole orders."""
VOLUME_FIGURES: dict[str, Callable[[Shop], Awaitable[Row]]] = {
    "order_bytes": order_bytes,
    "order_wal": order_wal,
    "order_rows": order_rows,
}
"""Those of what an order leaves: on a database of their own, because a new sandbox gives the same references again."""
