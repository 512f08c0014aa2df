"""A farmer without scripts records a harvest and prints labels; a buyer scans one of them, and a forged one."""

import asyncio
from collections.abc import Callable

import asyncpg

from market.catalogue.trace.labels import list_signed_labels
from tests.journeys.conftest import Phone, Town, in_thread
from tests.journeys.test_buyer import sign_in
from tests.service.web.conftest import FARMER_PHONE
from tests.support.make import load_actor

_LIMIT = """
    INSERT INTO yield_limits (county_code, crop, kg_per_mu, valid_during, source, added_by, added_at)
    SELECT '130624', '香菇', 6000, '[2018-01-01,)', '样例产量调查', id, now() FROM accounts ORDER BY id LIMIT 1
"""


async def _add_limit(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute(_LIMIT)
    await conn.close()


async def _read_label(dsn: str) -> str:
    """Return what the first QR code of the farmer's first run says."""
    conn = await asyncpg.connect(dsn)
    try:
        account = await conn.fetchval("SELECT issued_by FROM label_runs ORDER BY number LIMIT 1")
        number = await conn.fetchval("SELECT min(number) FROM label_runs")
        return (await list_signed_labels(conn, await load_actor(conn, account), number))[0].text
    finally:
        await conn.close()


def test_a_farmer_labels_a_harvest_and_a_buyer_scans_it(town: Town, phone: Callable[[bool], Phone]) -> None:
    in_thread(lambda: asyncio.run(_add_limit(town.dsn)))
    farmer = phone(False)
    farmer.open(f"{town.url}/sign-in?to=/farm")
    sign_in(town, farmer, FARMER_PHONE)
    farmer.press("村里的事")
    farmer.press("地块和标签")
    farmer.tab.fill("#name", "东坡棚")
    farmer.tab.fill("#area", "0.8")
    farmer.press("记下这块地")
    farmer.tab.fill("#kg", "4900")
    farmer.tab.click('main button:has-text("记下，去打标签")')
    assert "比这块地一年能收的多了" in farmer.tab.inner_text("main")
    farmer.faults.clear()  # the status 409 of what was refused
    farmer.tab.fill("#kg", "48.5")
    farmer.press("记下，去打标签")
    assert "48.5 公斤" in farmer.tab.inner_text("main")
    farmer.tab.fill("#count", "3")
    farmer.tab.fill("#each", "2.5")
    farmer.press("做标签")
    printed = farmer.tab.inner_text("main")
    assert printed.count("承诺达标合格证") == 3
    assert "不使用禁用农药兽药" in printed
    assert farmer.tab.locator("main svg[role=img]").count() == 3
    label = in_thread(lambda: asyncio.run(_read_label(town.dsn)))
    buyer = phone(True)
    buyer.open(town.url + label)
    assert "是真的标签" in buyer.tab.inner_text("main")
    assert "东坡棚" in buyer.tab.inner_text("main")
    buyer.tab.goto(town.url + label.replace("3103=002500", "3103=025000"))
    assert "这不是乡集的标签" in buyer.tab.inner_text("main")
    buyer.faults.clear()
    # From the farm: 村里的事, 地块和标签, the lot; then one label is revoked, and a person who scans it reads why.
    farmer.open(f"{town.url}/farm")
    farmer.press("村里的事")
    farmer.press("地块和标签")
    farmer.press("香菇，第")
    farmer.tab.click("summary")
    farmer.tab.fill("#serial", "1")
    farmer.tab.fill("#reason", "袋子破了")
    farmer.press("作废")
    buyer.open(town.url + label)
    assert "袋子破了" in buyer.tab.inner_text("main")
    buyer.press("看这家店还卖什么")
    # Only with scripts are pages checked by axe.
    seen = phone(True)
    seen.open(f"{town.url}/sign-in?to=/farm/plots")
    sign_in(town, seen, FARMER_PHONE)
    for path in ("/farm/plots", "/farm/mixtures", "/farm/plots/import"):
        seen.open(town.url + path)
    seen.open(f"{town.url}/farm/plots")
    seen.press("香菇，第")
    seen.press("1 到 3 号")
