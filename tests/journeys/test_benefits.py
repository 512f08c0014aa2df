"""A seller says by file who gains; a buyer receives; the household sees its part, and an official only sums."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from market.kernel import open_database
from market.kernel.database import APP_ROLE
from market.villages.benefits.record import record_benefits
from tests.journeys.conftest import Phone, Town, in_thread
from tests.journeys.test_buyer import sign_in
from tests.service.web.conftest import FARMER_PHONE

_HOUSEHOLD = "17020000091"
_RELEASE = """
    UPDATE suborders SET state = 'received', received_at = now(), released_at = now(), payable_fen = 4410,
           commission_fen = 90
     WHERE id = $1
"""


async def _sell(dsn: str, title: str) -> None:
    """Insert an order of one box of a listing that was received."""
    conn = await asyncpg.connect(dsn)
    async with conn.transaction():
        number = await conn.fetchval("SELECT number FROM listings WHERE title = $1", title)
        buyer = await conn.fetchval("SELECT account_id FROM benefits.households WHERE account_id IS NOT NULL")
        order = await conn.fetchval(
            """
            INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen,
                                total_fen, items, placed_at, pay_until, state)
            VALUES (uuidv7(), $1, 'benefits', 'x', '130000', 'x', 4500, 0, 4500, 1, now(), now(), 'finished')
            RETURNING id
            """,
            buyer,
        )
        suborder = await conn.fetchval(
            """
            INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)
            SELECT uuidv7(), $1, 1, producer_id, 'goods', 4500, 0, 200 FROM listings WHERE number = $2 RETURNING id
            """,
            order, number,
        )  # fmt: skip
        await conn.execute(
            """
            INSERT INTO order_lines (suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen,
                                     amount_fen)
            SELECT $1, 1, l.id, v.id, l.title, v.unit, 1, 4500, 4500
              FROM listings l JOIN variants v ON v.listing_id = l.id WHERE l.number = $2 LIMIT 1
            """,
            suborder, number,
        )  # fmt: skip
        await conn.execute(_RELEASE, suborder)
    await conn.close()


async def _get_number(dsn: str, title: str) -> int:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval("SELECT number FROM listings WHERE title = $1", title)
    finally:
        await conn.close()


async def _record(dsn: str) -> None:
    """Do what the worker does within fifteen seconds."""
    db = await open_database(dsn, role=APP_ROLE, max_size=2)
    await record_benefits(db, now=datetime.now(UTC))
    await db.close()


def test_a_household_sees_what_it_gained(town: Town, phone: Callable[[bool], Phone], tmp_path: Path) -> None:
    title = "阜平大枣礼箱"
    number = in_thread(lambda: asyncio.run(_get_number(town.dsn, title)))
    household = phone(False)
    household.open(f"{town.url}/sign-in?to=/village/benefits")
    sign_in(town, household, _HOUSEHOLD)
    assert "还没有。" in household.tab.inner_text("main")
    file = tmp_path / "受益.csv"
    file.write_text(f"商品,户编号,方式,比例\n{number},N05,卖货,60%\n{number},N06,卖货,40%\n{number},N05,工钱,1.50\n")
    farmer = phone(True)
    farmer.open(f"{town.url}/sign-in?to=/farm/benefits")
    sign_in(town, farmer, FARMER_PHONE)
    farmer.tab.set_input_files("#file", file)
    farmer.press("先试一遍")
    assert "1 样货品，3 行，2 个新户" in farmer.tab.inner_text("main")
    farmer.tab.set_input_files("#file", file)
    farmer.press("没错，照这个分")
    assert "N05：卖货 60%" in farmer.tab.inner_text("main")
    farmer.tab.fill("#code", "N05")
    farmer.tab.fill("#phone", _HOUSEHOLD)
    farmer.press("登记")
    assert "能自己看" in farmer.tab.inner_text("main")
    in_thread(lambda: asyncio.run(_sell(town.dsn, title)))
    in_thread(lambda: asyncio.run(_record(town.dsn)))
    # From 村里的事 it is one tap: 44.10 less 1.50 of wage, 60% of 42.60.
    household.open(f"{town.url}/village?village=130624107221")
    household.press("我的受益")
    said = household.tab.inner_text("main")
    assert "25.56" in said
    assert "1.50" in said
    assert "27.06" in said
    farmer.open(f"{town.url}/village/benefits")
    assert "还没有。" in farmer.tab.inner_text("main")
