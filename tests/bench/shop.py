"""How fast the shop is, against the database's own limit: the same rows written by pgbench, an order a transaction.

`python -m tests.bench.shop` prints one JSON object a line. Sizes are the same with `quick`; there are fewer repeats.
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

from market.bookings import stay_nights
from market.bookings.nights import STAY_NIGHTS
from market.identity import AccountId
from market.kernel import Database, open_database
from market.kernel.embedded import Server, embedded_server, find_binaries
from market.kernel.migrate import create_database
from market.orders import Batcher, Line, VariantId, get_cart, place, put_lines
from market.orders.cart_view import CART_LINES, CART_NIGHTS
from market.orders.facts import GOODS
from market.startup import APP_ROLE, migrate_database
from tests.conftest import NOW
from tests.factories import a_product, a_stay, an_account

GOODS_COUNT = 1_000
BUYERS = 4_000
CALLERS = 128
CLIENTS = 16
LINES = 3
BOXES = 100_000_000
_TPS = re.compile(r"tps = ([0-9.]+)")
_LATENCY = re.compile(r"latency average = ([0-9.]+) ms")


class Row(Struct, frozen=True):
    """One figure: ours, the limit's, and our speed over the limit's speed."""

    name: str
    value: float
    unit: str
    limit: float
    ratio: float


class Ground(Struct, frozen=True):
    """A durable server with a market of 1,000 products of as many producers, and 4,000 buyers."""

    server: Server
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
async def shop_ground(*, quick: bool) -> AsyncGenerator[Ground]:
    """Lend the ground of the shop's figures; made in some 20 s."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        await create_database(server.dsn("postgres"), "bench")
        await migrate_database(server.dsn("bench"))
        db = await open_database(server.dsn("bench"), role=APP_ROLE, max_size=CLIENTS)
        async with db.transaction() as conn:
            products = [await a_product(conn, price_fen=45_00, left=BOXES) for _ in range(GOODS_COUNT)]
            stay = await a_stay(conn, rooms=8)
            buyers = [await an_account(conn) for _ in range(BUYERS)]
        ground = Ground(
            server,
            db,
            [each.variant_id for each in products],
            buyers,
            stay.listing_id,
            5 if quick else 15,
            2 if quick else 5,
        )
        await _prepare(ground)
        await _rush(ground, hot=False, callers=CALLERS, seconds=2)  # a market that has traded before
        yield ground
        await db.close()


async def _prepare(ground: Ground) -> None:
    """Number goods and buyers, so that pgbench can draw them."""
    conn = await asyncpg.connect(ground.dsn)
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
        """
    )
    await conn.close()


async def _settle(ground: Ground) -> None:
    """Let nobody hold unpaid orders, and the planner know the tables: each measurement begins alike."""
    conn = await asyncpg.connect(ground.dsn)
    await conn.execute("UPDATE orders SET state = 'expired' WHERE state = 'placed'")
    for table in ("orders", "suborders", "order_lines", "lots", "accounts", "variants", "listings", "producers"):
        await conn.execute(f"VACUUM ANALYZE {table}")
    await conn.execute("CHECKPOINT")
    await conn.close()


async def _rush(ground: Ground, *, hot: bool, callers: int, seconds: float) -> tuple[float, list[float]]:
    """Place orders of three products by `callers` at once; return orders a second and each one's seconds."""
    draw = random.Random(1)  # noqa: S311 - a reproducible draw
    took: list[float] = []
    stop = time.perf_counter() + seconds
    people = iter(draw.sample(ground.buyers, len(ground.buyers)) * 1_000)

    async def caller(batcher: Batcher) -> None:
        while time.perf_counter() < stop:
            chosen = draw.sample(ground.variants[1:], LINES)
            if hot:
                chosen[0] = ground.variants[0]
            begun = time.perf_counter()
            await place(batcher, next(people), [Line(VariantId(each), 1) for each in chosen], key=str(uuid4()))
            took.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    async with Batcher(ground.db) as batcher:
        await asyncio.gather(*(caller(batcher) for _ in range(callers)))
    return len(took) / (time.perf_counter() - begun), took


SCRIPT = r"""
\set a {first}
\set b random(2, 1000)
\set c random(2, 1000)
\set buyer random(1, 4000)
BEGIN;
SELECT count(*) FROM (SELECT FROM lots WHERE id IN (SELECT lot_id FROM bench_goods WHERE n IN (:a, :b, :c))
                       ORDER BY id FOR NO KEY UPDATE) AS held;
UPDATE lots SET left_units = left_units - 1, waiting_units = waiting_units + 1
 WHERE id IN (SELECT lot_id FROM bench_goods WHERE n IN (:a, :b, :c));
INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen, total_fen,
                    placed_at, pay_until)
SELECT uuidv7(), id, uuidv7()::text, '\\x00', '130000', '', asked.fen, 0, asked.fen, now(), now()
  FROM bench_buyers, (SELECT sum(price_fen) AS fen FROM bench_goods WHERE n IN (:a, :b, :c)) AS asked
 WHERE n = :buyer RETURNING id AS order_id \gset
INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)
SELECT uuidv7(), :order_id, n, producer_id, 'goods', price_fen, 0, 200 FROM bench_goods WHERE n IN (:a, :b, :c);
INSERT INTO order_lines (suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen, amount_fen,
                         lot_id, units)
SELECT suborders.id, 1, listing_id, variant_id, title, unit, 1, price_fen, price_fen, lot_id, 1
  FROM suborders JOIN bench_goods ON bench_goods.producer_id = suborders.producer_id WHERE order_id = :order_id;
COMMIT;
"""


async def _pgbench(ground: Ground, *, hot: bool, clients: int, seconds: float) -> tuple[float, float]:
    """Write the same rows by PostgreSQL's own client; return orders a second and the mean milliseconds of one."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT.replace("{first}", "1" if hot else "random(2, 1000)"))
        script.flush()
        process = await asyncio.create_subprocess_exec(
            str(find_binaries() / "pgbench"),
            *("-n", "-M", "prepared", "-c", str(clients), "-j", "2" if clients > 1 else "1"),
            *("-T", str(int(seconds)), "-f", script.name, "-h", "127.0.0.1", "-p", str(ground.server.port)),
            *("-U", "postgres", "bench"),
            env={**os.environ, "PGPASSWORD": ground.server.password},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
    text = out.decode()
    tps, latency = _TPS.search(text), _LATENCY.search(text)
    assert process.returncode == 0, error.decode()[-500:]
    assert tps is not None
    assert latency is not None
    return float(tps.group(1)), float(latency.group(1))


async def _checkout(ground: Ground, name: str, *, hot: bool) -> Row:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ground.repeats):
        await _settle(ground)
        theirs.append((await _pgbench(ground, hot=hot, clients=CLIENTS, seconds=ground.seconds))[0])
        await _settle(ground)
        ours.append((await _rush(ground, hot=hot, callers=CALLERS, seconds=ground.seconds))[0])
    return _faster(name, "orders/s", ours, theirs)


async def checkout_cold(ground: Ground) -> Row:
    """Orders of three products out of a thousand, a second."""
    return await _checkout(ground, "checkout_cold", hot=False)


async def checkout_hot(ground: Ground) -> Row:
    """Orders that all hold one product, a second."""
    return await _checkout(ground, "checkout_hot", hot=True)


async def checkout_lone(ground: Ground) -> Row:
    """Milliseconds of an order when nobody else is there."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ground.repeats):
        await _settle(ground)
        theirs.append((await _pgbench(ground, hot=False, clients=1, seconds=ground.seconds))[1])
        await _settle(ground)
        took = (await _rush(ground, hot=False, callers=1, seconds=ground.seconds))[1]
        ours.append(statistics.median(took) * 1_000)
    value, limit = statistics.median(ours), statistics.median(theirs)
    return Row("checkout_lone", round(value, 2), "ms", round(limit, 2), round(limit / value, 2))


async def _per_second(seconds: float, work: Callable[[], Awaitable[object]]) -> float:
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        await work()
        count += 1
    return count / (time.perf_counter() - begun)


async def nights_read(ground: Ground) -> Row:
    """Calendars of 92 nights a second on one connection; the limit is the bare statement."""
    window = {"arrive": date(2019, 10, 1), "leave": date(2020, 1, 1)}
    values = {"listing_id": ground.stay, **window}
    bare = [values[name] for name in STAY_NIGHTS.names]
    ours: list[float] = []
    theirs: list[float] = []
    async with ground.db.connection() as conn:
        for _ in range(ground.repeats):
            theirs.append(await _per_second(ground.seconds, lambda: conn.fetch(STAY_NIGHTS.sql, *bare)))
            ours.append(await _per_second(ground.seconds, lambda: stay_nights(conn, ground.stay, **window)))
    return _faster("stay_nights", "calendars/s", ours, theirs)


async def cart_read(ground: Ground) -> Row:
    """Carts of 20 lines a second on one connection; the limit is their bare statements."""
    buyer = ground.buyers[0]
    async with ground.db.transaction() as conn:
        await put_lines(conn, buyer, [Line(VariantId(each), 1) for each in ground.variants[:20]], whole=True, now=NOW)
    ours: list[float] = []
    theirs: list[float] = []
    async with ground.db.connection() as conn:

        async def bare() -> None:
            rows = await conn.fetch(CART_LINES.sql, buyer, 100)
            await conn.fetch(CART_NIGHTS.sql, buyer, 5)
            await conn.fetch(GOODS.sql, [row["variant_id"] for row in rows])

        for _ in range(ground.repeats):
            theirs.append(await _per_second(ground.seconds, bare))
            ours.append(await _per_second(ground.seconds, lambda: get_cart(conn, buyer, now=NOW)))
    return _faster("cart", "carts/s", ours, theirs)


def _faster(name: str, unit: str, ours: list[float], theirs: list[float]) -> Row:
    value, limit = statistics.median(ours), statistics.median(theirs)
    return Row(name, round(value, 1), unit, round(limit, 1), round(value / limit, 2))


FIGURES: dict[str, Callable[[Ground], Awaitable[Row]]] = {
    "checkout_cold": checkout_cold,
    "checkout_hot": checkout_hot,
    "checkout_lone": checkout_lone,
    "stay_nights": nights_read,
    "cart": cart_read,
}
"""The group `shop`: each figure by its name."""


async def main(names: list[str], *, quick: bool) -> None:
    """Measure the figures named, or all, and print one JSON object a line."""
    async with shop_ground(quick=quick) as ground:
        for name, measure in FIGURES.items():
            if not names or name in names:
                row = await measure(ground)
                sys.stdout.write(json.dumps({field: getattr(row, field) for field in Row.__struct_fields__}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:], quick=bool(os.environ.get("QUICK"))))
