"""Benchmarks of the shop, against the same rows written by pgbench with one order per transaction.

`python -m tests.bench.shop` prints one JSON object per line; `quick` repeats less at the same sizes.
"""

import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from msgspec import Struct

from market.catalogue.bookings.calendar import LIST_STAY_NIGHTS, list_stay_nights
from market.kernel import Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server, find_binaries
from market.kernel.postgres.migrate import create_database
from market.people.identity.models import AccountId
from market.sales.orders.cart import GET_CART_CONTENTS, put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.offers import LIST_GOODS_OFFERS
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, VariantId
from market.service.startup import migrate_database
from tests.conftest import NOW
from tests.support.make import DESTINATION, make_account, make_product, make_stay

GOODS_COUNT = 1_000
BUYERS = 4_000
CALLERS = 128
CLIENTS = 16
SECONDS = 15
QUICK_SECONDS = 5
LINES = 3
BOXES = 100_000_000
_TPS = re.compile(r"tps = ([0-9.]+)")
_LATENCY = re.compile(r"latency average = ([0-9.]+) ms")


class Row(Struct, frozen=True):
    """One figure: its value, its limit, and the ratio of their speeds."""

    name: str
    value: float
    unit: str
    limit: float
    ratio: float


class Environment(Struct, frozen=True):
    """A durable server with a market of 1,000 products of as many producers, and 4,000 buyers."""

    server: EmbeddedServer
    db: Database
    variants: list[UUID]
    buyers: list[AccountId]
    stay: UUID
    seconds: float
    repeats: int

    @property
    def dsn(self) -> str:
        """The owner's address."""
        return self.server.dsn("bench")


@asynccontextmanager
async def shop_environment(*, quick: bool) -> AsyncGenerator[Environment]:
    """Yield the environment of the shop's figures; the set-up takes about 20 s."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        await create_database(server.dsn("postgres"), "bench")
        await migrate_database(server.dsn("bench"))
        db = await open_database(server.dsn("bench"), role=APP_ROLE, max_size=CLIENTS)
        async with db.transaction() as conn:
            products = [await make_product(conn, price_fen=45_00, left=BOXES) for _ in range(GOODS_COUNT)]
            stay = await make_stay(conn, rooms=8)
            buyers = [await make_account(conn) for _ in range(BUYERS)]
        environment = Environment(
            server,
            db,
            [each.variant_id for each in products],
            buyers,
            stay.listing_id,
            QUICK_SECONDS if quick else SECONDS,
            2 if quick else 5,
        )
        await _prepare(environment)
        await _place_orders(
            environment, hot=False, callers=CALLERS, seconds=2
        )  # the tables are not empty in the measurements
        yield environment
        await db.close()


async def _prepare(environment: Environment) -> None:
    """Number goods and buyers, so that pgbench can choose them at random."""
    conn = await asyncpg.connect(environment.dsn)
    await conn.execute(
        """
        CREATE TABLE bench_goods AS
        SELECT row_number() OVER (ORDER BY variants.id)::integer AS n, variants.id AS variant_id, listing_id, lot_id,
               price_fen, title, unit, producer_id
          FROM variants JOIN listings ON listings.id = listing_id WHERE lot_id IS NOT NULL;
        ALTER TABLE bench_goods ADD PRIMARY KEY (n);
        CREATE INDEX ON bench_goods (producer_id);
        CREATE TABLE bench_buyers AS SELECT row_number() OVER (ORDER BY id)::integer AS n, id FROM accounts;
        ALTER TABLE bench_buyers ADD PRIMARY KEY (n);
        ANALYZE;
        """
    )
    await conn.close()


async def _reset(environment: Environment) -> None:
    """Expire unpaid orders and analyse the tables, so that each measurement starts from the same state."""
    conn = await asyncpg.connect(environment.dsn)
    await conn.execute("UPDATE orders SET state = 'expired' WHERE state = 'placed'")
    for table in ("orders", "suborders", "order_lines", "lots", "accounts", "variants", "listings", "producers"):
        await conn.execute(f"VACUUM ANALYZE {table}")
    await conn.execute("CHECKPOINT")
    await conn.close()


async def _place_orders(
    environment: Environment, *, hot: bool, callers: int, seconds: float
) -> tuple[float, list[float]]:
    """Place orders of three products by `callers` at once; return orders per second and each order's seconds."""
    rng = random.Random(1)
    durations: list[float] = []
    stop = time.perf_counter() + seconds
    buyers = iter(rng.sample(environment.buyers, len(environment.buyers)) * 1_000)

    async def caller(batcher: Batcher) -> None:
        while time.perf_counter() < stop:
            chosen = rng.sample(environment.variants[1:], LINES)
            if hot:
                chosen[0] = environment.variants[0]
            begun = time.perf_counter()
            lines = [Line(VariantId(each), 1) for each in chosen]
            await place(batcher, next(buyers), lines, address=DESTINATION, key=str(uuid4()))
            durations.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    async with Batcher(environment.db) as batcher:
        await asyncio.gather(*(caller(batcher) for _ in range(callers)))
    return len(durations) / (time.perf_counter() - begun), durations


SCRIPT = r"""
\set a {first}
\set b random(2, {goods})
\set c random(2, {goods})
\set buyer random(1, {buyers})
BEGIN;
SELECT count(*) FROM (SELECT FROM lots WHERE id IN (SELECT lot_id FROM bench_goods WHERE n IN (:a, :b, :c))
                       ORDER BY id FOR NO KEY UPDATE) AS held;
UPDATE lots SET available_units = available_units - 1, reserved_units = reserved_units + 1
 WHERE id IN (SELECT lot_id FROM bench_goods WHERE n IN (:a, :b, :c));
INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen, total_fen,
                    items, lot_units, placed_at, pay_until)
SELECT uuidv7(), id, uuidv7()::text, '\\x00', '130000', '', asked.fen, 0, asked.fen, asked.goods, asked.goods, now(),
       now()
  FROM bench_buyers, (SELECT sum(price_fen) AS fen, count(*) AS goods FROM bench_goods
                   WHERE n IN (:a, :b, :c)) AS asked
 WHERE n = :buyer RETURNING id AS order_id \gset
INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)
SELECT uuidv7(), :order_id, n, producer_id, 'goods', price_fen, 0, 200 FROM bench_goods WHERE n IN (:a, :b, :c);
INSERT INTO order_lines (suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen, amount_fen,
                         lot_id, units)
SELECT suborders.id, 1, listing_id, variant_id, title, unit, 1, price_fen, price_fen, lot_id, 1
  FROM suborders JOIN bench_goods ON bench_goods.producer_id = suborders.producer_id WHERE order_id = :order_id;
COMMIT;
"""


async def _pgbench(environment: Environment, *, hot: bool, clients: int, seconds: float) -> tuple[float, float]:
    """Write the same rows with pgbench; return orders per second and the mean latency in milliseconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        first = "1" if hot else "random(2, {goods})"
        sizes = {"{first}": first, "{goods}": str(len(environment.variants)), "{buyers}": str(len(environment.buyers))}
        text = SCRIPT
        for name, size in sizes.items():
            text = text.replace(name, size)
        script.write(text)
        script.flush()
        process = await asyncio.create_subprocess_exec(
            str(find_binaries() / "pgbench"),
            *("-n", "-M", "prepared", "-c", str(clients), "-j", "2" if clients > 1 else "1"),
            *("-T", str(int(seconds)), "-f", script.name, "-h", "127.0.0.1", "-p", str(environment.server.port)),
            *("-U", "postgres", "bench"),
            env={**os.environ, "PGPASSWORD": environment.server.password},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
    told = out.decode()
    tps, latency = _TPS.search(told), _LATENCY.search(told)
    assert process.returncode == 0, error.decode()[-500:]
    assert tps is not None
    assert latency is not None
    return float(tps.group(1)), float(latency.group(1))


async def _checkout(environment: Environment, name: str, *, hot: bool) -> Row:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(environment.repeats):
        await _reset(environment)
        theirs.append((await _pgbench(environment, hot=hot, clients=CLIENTS, seconds=environment.seconds))[0])
        await _reset(environment)
        ours.append((await _place_orders(environment, hot=hot, callers=CALLERS, seconds=environment.seconds))[0])
    return _compare(name, "orders/s", ours, theirs)


async def checkout_cold(environment: Environment) -> Row:
    """Measure orders per second of three products out of a thousand."""
    return await _checkout(environment, "checkout_cold", hot=False)


async def checkout_hot(environment: Environment) -> Row:
    """Measure orders per second that all contain one product."""
    return await _checkout(environment, "checkout_hot", hot=True)


async def checkout_lone(environment: Environment) -> Row:
    """Measure the milliseconds of an order without concurrency."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(environment.repeats):
        await _reset(environment)
        theirs.append((await _pgbench(environment, hot=False, clients=1, seconds=environment.seconds))[1])
        await _reset(environment)
        durations = (await _place_orders(environment, hot=False, callers=1, seconds=environment.seconds))[1]
        ours.append(statistics.median(durations) * 1_000)
    value, limit = statistics.median(ours), statistics.median(theirs)
    return Row("checkout_lone", round(value, 2), "ms", round(limit, 2), round(limit / value, 2))


async def _per_second(seconds: float, work: Callable[[], Awaitable[object]]) -> float:
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        await work()
        count += 1
    return count / (time.perf_counter() - begun)


async def nights_read(environment: Environment) -> Row:
    """Measure calendars of 92 nights per second on one connection; the limit is the bare statement."""
    window = {"arrive": date(2019, 10, 1), "leave": date(2020, 1, 1)}
    values = {"listing_id": environment.stay, **window, "today": None}
    bare = [values[name] for name in LIST_STAY_NIGHTS.names]
    ours: list[float] = []
    theirs: list[float] = []
    async with environment.db.connection() as conn:
        for _ in range(environment.repeats):
            theirs.append(await _per_second(environment.seconds, lambda: conn.fetch(LIST_STAY_NIGHTS.sql, *bare)))
            ours.append(
                await _per_second(environment.seconds, lambda: list_stay_nights(conn, environment.stay, **window))
            )
    return _compare("stay_nights", "calendars/s", ours, theirs)


async def cart_read(environment: Environment) -> Row:
    """Measure carts of 20 lines per second on one connection; the limit is their bare statements."""
    buyer = environment.buyers[0]
    async with environment.db.transaction() as conn:
        lines = [Line(VariantId(each), 1) for each in environment.variants[:20]]
        await put_cart(conn, buyer, lines=lines, whole=True, now=NOW)
    ours: list[float] = []
    theirs: list[float] = []
    async with environment.db.connection() as conn:

        async def bare() -> None:
            [row] = await conn.fetch(GET_CART_CONTENTS.sql, buyer)
            arguments = {"day": NOW.date(), "variant_ids": [each["variant_id"] for each in row["lines"]]}
            await conn.fetch(LIST_GOODS_OFFERS.sql, *(arguments[name] for name in LIST_GOODS_OFFERS.names))

        for _ in range(environment.repeats):
            theirs.append(await _per_second(environment.seconds, bare))
            ours.append(await _per_second(environment.seconds, lambda: get_cart(conn, buyer, now=NOW)))
    return _compare("cart", "carts/s", ours, theirs)


def _compare(name: str, unit: str, ours: list[float], theirs: list[float]) -> Row:
    value, limit = statistics.median(ours), statistics.median(theirs)
    return Row(name, round(value, 1), unit, round(limit, 1), round(value / limit, 2))


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "checkout_cold": checkout_cold,
    "checkout_hot": checkout_hot,
    "checkout_lone": checkout_lone,
    "stay_nights": nights_read,
    "cart": cart_read,
}
"""The figures of the group `shop`, by name."""


async def main(names: list[str], *, quick: bool) -> None:
    """Measure the named figures, or all, and print one JSON object per line."""
    async with shop_environment(quick=quick) as environment:
        for name, measure in FIGURES.items():
            if not names or name in names:
                row = await measure(environment)
                sys.stdout.write(json.dumps({field: getattr(row, field) for field in Row.__struct_fields__}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:], quick=bool(os.environ.get("QUICK"))))
