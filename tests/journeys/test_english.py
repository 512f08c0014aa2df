"""A buyer who reads English: from home over a channel to a paid order, in Chromium; every page passes axe at 360 px."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import asyncpg

from tests.journeys.conftest import Phone, Town, in_thread, wait_for
from tests.web.shop.test_english import HAN

PHONE = "17020000077"
PAIR = """
WITH paired AS (
    INSERT INTO channel_counties VALUES ('beijing', '130624', '[2016-10-01,)', '样例，未核实') RETURNING 1)
INSERT INTO rates SELECT 'USD', CURRENT_DATE - 1, 7073200, '样例汇率' FROM paired
"""


def pair(town: Town) -> None:
    """Put the town's county into the channel of Beijing, and store a rate."""

    async def store() -> None:
        conn = await asyncpg.connect(town.dsn)
        await conn.execute(PAIR)
        await conn.close()

    in_thread(lambda: asyncio.run(store()))


def keep(buyer: Phone, name: str) -> None:
    """Store a picture of the page in the folder that `PICTURES` names, if it does."""
    if folder := os.environ.get("PICTURES"):
        buyer.tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_buyer_finds_pays_and_reads_an_order_in_english(town: Town, phone: Callable[[bool], Phone]) -> None:
    pair(town)
    buyer = phone(True)
    buyer.open(f"{town.url}/")
    buyer.tab.locator("footer button", has_text="English").click()
    buyer.tab.locator("html[lang=en]").wait_for()
    # Channels are kept for five seconds.
    wait_for(lambda: buyer.tab.reload() and buyer.tab.locator("main a", has_text="Beijing channel").count())
    buyer.look()
    keep(buyer, "1-home")
    buyer.press("Beijing channel")
    assert "What the counties paired with Beijing sell; 1 in all." in buyer.tab.inner_text("main")
    keep(buyer, "2-channel")
    buyer.tab.locator("footer a", has_text="another currency").click()
    buyer.look()
    keep(buyer, "3-currency")
    buyer.press("Show")
    buyer.open(f"{town.url}/channels/beijing")
    buyer.press("顾家台小米")
    text = buyer.tab.inner_text("main")
    assert "Approximately USD 4.52" in text
    assert buyer.tab.locator("h1[lang=zh-Hans]").inner_text() == "顾家台小米"
    keep(buyer, "4-product")
    buyer.press("Add to cart")
    assert "Check out, CNY 46.00" in buyer.tab.inner_text("main")
    keep(buyer, "5-cart")
    buyer.press("Check out")
    keep(buyer, "6-sign-in")
    buyer.tab.fill("#phone", PHONE)
    buyer.press("Send a code")
    buyer.tab.fill("#code", town.code(PHONE))
    buyer.press("Sign in")
    buyer.tab.fill("#who", "Sample Buyer")
    buyer.tab.fill("#tel", PHONE)
    buyer.tab.fill("#address", "1 Sample Road, Shijiazhuang")
    buyer.tab.check("input[value=wechat]", force=True)
    keep(buyer, "7-checkout")
    buyer.press("Pay CNY")
    buyer.tab.get_by_role("img", name="Payment QR code").wait_for()
    keep(buyer, "8-pay")
    order = buyer.tab.url.removesuffix("/pay")
    buyer.press("See the order")
    keep(buyer, "9-order")
    seen = buyer.tab.inner_text("main")
    assert buyer.tab.url == order
    assert "Waiting for your payment" in seen
    for name in ("顾家台小米", "样例顾家台合作社", "河北省"):
        seen = seen.replace(name, "")
    assert HAN.findall(seen) == []
