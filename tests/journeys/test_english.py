"""A buyer who reads English, in Chromium: from home to a paid order and to what follows; pages pass axe at 360 px."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from market.service.web.ui.translate_template import HAN
from tests.journeys.conftest import Phone, Town, in_thread, wait_for

pytestmark = pytest.mark.long

PHONE = "17020000077"
PAIR = """
WITH paired AS (
    INSERT INTO channel_counties VALUES ('beijing', '130624', '[2016-10-01,)', '样例，未核实') RETURNING 1)
INSERT INTO rates SELECT 'USD', CURRENT_DATE - 1, 7073200, '样例汇率' FROM paired
"""
RECEIVE = """
WITH paid AS (UPDATE orders SET state = 'paid', paid_at = now() WHERE number = $1 RETURNING id)
UPDATE suborders SET state = 'received', shipped_at = now(), received_at = now() FROM paid WHERE order_id = paid.id
"""


def run_sql(town: Town, sql: str, *given: Any) -> Any:
    """Run a statement on the town's database, and return the first value of its first row."""

    async def run() -> Any:
        conn = await asyncpg.connect(town.dsn)
        try:
            return await conn.fetchval(sql, *given)
        finally:
            await conn.close()

    return in_thread(lambda: asyncio.run(run()))


def keep(buyer: Phone, name: str) -> None:
    """Store a picture of the page in the folder that `PICTURES` names, if it does."""
    if folder := os.environ.get("PICTURES"):
        buyer.tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def buy_millet(town: Town, buyer: Phone) -> str:
    """Find millet in the channel of Beijing, buy it up to the payment, and return the order's address."""
    run_sql(town, PAIR)
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
    return buyer.tab.url.removesuffix("/pay")


def look_around(town: Town, buyer: Phone, order: str) -> None:
    """Open the pages of a stay, of a shop, of what follows a purchase, and the buyer's own."""
    arrive = town.village.today + timedelta(days=30)
    stay = run_sql(town, "SELECT number FROM listings WHERE kind = 'stay'")
    seller = run_sql(town, "SELECT number FROM producers WHERE kind = 'cooperative'")
    for name, path in {
        "stay": f"/stays/{stay}?month={arrive:%Y-%m}",
        "nights": f"/stays/{stay}?from={arrive}&to={arrive + timedelta(days=2)}",
        "seller": f"/sellers/{seller}", "packages": "/packages", "coupons": "/coupons", "me": "/me",
        "orders": "/me/orders", "messages": "/me/messages", "favourites": "/me/favourites", "devices": "/me/devices",
        "info": "/me/info", "requests": "/me/info/requests", "kept": "/me/info/kept", "looks": "/me/info/looks",
        "records": "/me/data", "close": "/me/close", "report": f"/report/listing/{stay}",
        "order": order, "claim": f"{order}/claim/1", "return": f"{order}/return/1",
        "complaint": f"{order}/complaint/1", "message": f"{order}/messages/1", "invoice": f"{order}/invoice/1",
    }.items():  # fmt: skip
        buyer.open(f"{town.url}{path.removeprefix(town.url)}")
        assert buyer.tab.locator("html").get_attribute("lang") == "en", path
        keep(buyer, f"{'a' if buyer.scripts else 'b'}-{name}")


def test_a_buyer_pays_in_english_and_reads_what_follows(town: Town, phone: Callable[[bool], Phone]) -> None:
    buyer = phone(True)
    order = buy_millet(town, buyer)
    buyer.press("See the order")
    keep(buyer, "9-order")
    seen = buyer.tab.inner_text("main")
    assert buyer.tab.url == order
    assert "Waiting for your payment" in seen
    for name in ("顾家台小米", "样例顾家台合作社", "河北省"):
        seen = seen.replace(name, "")
    assert HAN.findall(seen) == []
    run_sql(town, RECEIVE, int(order.rpartition("/")[2]))
    look_around(town, buyer, order)
    without_scripts = phone(False)
    kept = [(each.get("name", ""), each.get("value", "")) for each in buyer.context.cookies()]
    without_scripts.context.add_cookies([{"name": name, "value": value, "url": town.url} for name, value in kept])
    look_around(town, without_scripts, order)
