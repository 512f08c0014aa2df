"""A market of many listings for benchmarks, filled with rows that its own functions would have written."""

import asyncio
import itertools
import os
import random
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.catalogue.listings.search.text import build_search_columns
from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server
from market.kernel.postgres.migrate import create_database
from market.kernel.uuid7 import RANDOM_BITS, make_uuid7
from market.people.identity.models import NO_DEVICE
from market.people.identity.sessions import start_session
from market.service.startup import migrate_database
from tests.conftest import NOW
from tests.support.make import make_account, make_producer

LISTINGS = int(os.environ.get("LISTINGS") or 100_000)
FEW_LISTINGS = 1_000
PRODUCERS = 300
_NAMES = [
    "大枣",
    "小米",
    "核桃",
    "板栗",
    "苹果",
    "香菇",
    "木耳",
    "蜂蜜",
    "花椒",
    "红薯",
    "土豆",
    "莜面",
    "杏仁",
    "柿饼",
    "山楂",
    "挂面",
    "香油",
    "粉条",
    "豆腐干",
    "土鸡蛋",
    "腊肉",
    "黑豆",
    "绿豆",
    "黄米",
    "藜麦",
    "枸杞",
    "金银花",
    "连翘",
    "黄芩",
    "菊花茶",
    "山野菜",
    "羊肚菌",
    "鸡枞",
    "梨",
    "桃",
    "葡萄",
    "草莓",
    "西瓜",
    "白菜",
    "萝卜",
]
_CATEGORIES = {"大枣": "fruit", "苹果": "fruit", "梨": "fruit", "桃": "fruit", "葡萄": "fruit", "小米": "grain"}
_QUALITIES = [
    "当季",
    "自晒",
    "手选",
    "有机",
    "老树",
    "高山",
    "阳坡",
    "旱地",
    "头茬",
    "笨种",
    "新收",
    "石磨",
    "柴火",
    "农家",
    "山沟",
    "沙地",
    "富硒",
    "散养",
    "罐装",
    "袋装",
]
_PACKS = ["礼箱", "家庭装", "尝鲜装", "整箱", "小袋", "双份", "五斤", "十斤", "半斤", "一斤"]
RARE_WORDS = ("罕见物", "铁棍山药", "黑枸杞", "火龙果")
"""Words of a query that one listing in some ten thousand has, or none."""


class Market(Struct, frozen=True):
    """A server with a market, the short numbers of its products, queries for it, and the session of a buyer."""

    dsn: str
    numbers: list[int]
    words: list[str]
    session: str
    repeats: int


class _Producer(Struct, frozen=True):
    id: UUID
    name: str
    village_code: str
    county: str
    division_names: list[str]


LIST_PRODUCERS = """
    SELECT p.id, p.name, p.village_code, d.name AS county,
           ARRAY(SELECT name FROM divisions WHERE code IN (rpad(left(p.village_code, 4), 12, '0'),
                 rpad(left(p.village_code, 9), 12, '0'), p.village_code) ORDER BY level) AS division_names
      FROM producers p JOIN divisions d ON d.code = rpad(p.county_code, 12, '0')
"""


async def _make_producers(conn: Connection) -> list[_Producer]:
    villages = await conn.fetch(
        "SELECT code FROM (SELECT code, row_number() OVER (PARTITION BY left(code, 6) ORDER BY code) AS n"
        " FROM divisions WHERE level = 5) AS numbered WHERE n <= 3 ORDER BY code LIMIT $1",
        PRODUCERS,
    )
    for number, village in enumerate(villages):
        await make_producer(conn, village=village["code"], name=f"样例{village['code'][-4:]}合作社{number}")
    return [_Producer(**dict(row)) for row in await conn.fetch(LIST_PRODUCERS)]


LIST_INDEXES = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition,
           ARRAY(SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', indexrelid::regclass, attnum,
                               attstattarget)
                   FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget IS NOT NULL) AS settings
      FROM pg_index
     WHERE indrelid = 'listings'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
     ORDER BY indexrelid::regclass::text LIKE '%search%' DESC
"""
"""The indexes of listings that are no constraints, with their settings; those of words first, which take longest."""


async def _build_indexes(dsn: str, indexes: list[asyncpg.Record]) -> None:
    """Build indexes again as they were, two at a time: of many rows in far less time than row by row."""
    async with asyncpg.create_pool(dsn, min_size=2, max_size=2) as pool:

        async def build(index: asyncpg.Record) -> None:
            async with pool.acquire() as conn:
                await conn.execute("SET maintenance_work_mem = '1GB'")
                for statement in (index["definition"], *index["settings"]):
                    await conn.execute(statement)

        await asyncio.gather(*(build(index) for index in indexes))


async def fill_market(dsn: str, count: int) -> Market:
    """Write `count` live products with stock and different scores, and a buyer; 20 minutes for 1,000,000."""
    rng = random.Random(7)
    conn = await asyncpg.connect(dsn)
    categories = [row["code"] for row in await conn.fetch("SELECT code FROM categories WHERE kind = 'product'")]
    names = {row["code"]: row["name"] for row in await conn.fetch("SELECT code, name FROM categories")}
    producers = await _make_producers(conn)
    titles = [" ".join(each) for each in itertools.product(_NAMES, _QUALITIES, _PACKS)]
    listings: list[tuple[object, ...]] = []
    lots: list[tuple[object, ...]] = []
    variants: list[tuple[object, ...]] = []
    for number in range(count):
        producer, title = rng.choice(producers), rng.choice(titles)
        if number % 20_000 == 9:
            title = f"{rng.choice(RARE_WORDS)} {title}"
        category = _CATEGORIES.get(title.partition(" ")[0], categories[number % len(categories)])
        columns = build_search_columns(
            title, county=producer.county, category=names[category], producer=producer.name,
            division_names=producer.division_names,
        )  # fmt: skip
        listing, lot = (make_uuid7(number, rng.getrandbits(RANDOM_BITS)) for _ in range(2))
        sold = rng.randrange(500)
        price = rng.randrange(5_00, 200_00)
        listings.append(
            (listing, producer.id, category, title, producer.village_code, 2 * sold, sold, sold, columns.search_text,
             " ".join(f"'{word}'" for word in columns.search_words), columns.search_pinyin,
             [(number + later) % 12 + 1 for later in range(number % 3)])
        )  # fmt: skip
        lots.append((lot, producer.id, title, "箱", 1_000_000))
        variants.append((listing, "箱", price, 2500, 2800, lot, 1))
    indexes = await conn.fetch(LIST_INDEXES)
    await conn.execute(f"DROP INDEX {', '.join(index['name'] for index in indexes)}")
    async with conn.transaction():
        await conn.execute(
            "CREATE TEMP TABLE filled (id uuid, producer_id uuid, category_code text, title text, origin_code text,"
            " score integer, sold integer, ranked integer, search_text text, search_words text, search_pinyin text,"
            " months smallint[])"
            " ON COMMIT DROP"
        )
        await conn.copy_records_to_table("filled", records=listings)
        await conn.execute(
            "INSERT INTO listings (id, producer_id, kind, category_code, title, origin_code, commission_bp, score,"
            " sold_count, ranked_sold_count, search_text, search_words, search_pinyin, harvest_months, published_at,"
            " sample)"
            " SELECT id, producer_id, 'product', category_code, title, origin_code, 200, score, sold, ranked,"
            " search_text, search_words::tsvector, search_pinyin, months, $1, true FROM filled",
            NOW,
        )
        await conn.copy_records_to_table(
            "lots", records=lots, columns=["id", "producer_id", "label", "unit", "available_units"]
        )
        await conn.copy_records_to_table(
            "variants", records=variants,
            columns=["listing_id", "unit", "price_fen", "net_g", "gross_g", "lot_id", "lot_units_per_item"],
        )  # fmt: skip
        buyer = await make_account(conn)
        started = await start_session(conn, buyer, second_factor=False, device=NO_DEVICE, now=datetime.now(UTC))
    # As every morning.
    await conn.execute("SELECT move_search_bands()")
    await conn.execute("UPDATE listings SET score = score WHERE search_band <> get_search_band(score, id)")
    await _build_indexes(dsn, indexes)
    await conn.execute("VACUUM ANALYZE")
    numbers = [row["number"] for row in await conn.fetch("SELECT number FROM listings ORDER BY number")]
    await conn.close()
    words = [f"{name}{end}" for name in _NAMES for end in ("", f" {rng.choice(_QUALITIES)}")]
    words += [f"{quality}" for quality in _QUALITIES] + [word[:2] for word in _NAMES if len(word) > 2]
    words += [*RARE_WORDS, *(producer.name for producer in producers[: 200 - len(words) - len(RARE_WORDS)])]
    return Market(dsn, numbers, words[:200], started.token, 3)


async def open_market(server: EmbeddedServer, name: str, count: int) -> Market:
    """Create a database of a server with a market of `count` listings."""
    await create_database(server.dsn("postgres"), name)
    await migrate_database(server.dsn(name))
    return await fill_market(server.dsn(name), count)


class Markets(Struct, frozen=True):
    """A large market, and a small one to compare the growth with."""

    large: Market
    small: Market


@asynccontextmanager
async def market_environment(*, quick: bool) -> AsyncGenerator[Markets]:
    """Yield a market of `LISTINGS` listings and one of 1,000 on one durable server; quick or not, the same."""
    del quick
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        small = await open_market(server, "small", FEW_LISTINGS)
        yield Markets(await open_market(server, "large", LISTINGS), small)
