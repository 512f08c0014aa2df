"""A period or a number that a page mentions is the one that rules: another setting changes the page."""

import msgspec
import pytest

from market.cases.casework.rules import MAX_STOPPED
from market.catalogue.bookings.host_nights import GUEST_LIFETIME
from market.catalogue.bookings.models import MAX_NIGHTS_SHOWN, InvalidNightsWindow
from market.catalogue.listings.goods_terms import PERISHABLE
from market.kernel import Database
from market.kernel.settings import Settings
from market.people.notify.templates import TEMPLATES
from market.sales.aftersales.case_moves import REOPENING_PERIOD
from market.sales.visits.models import ANSWER_HOURS
from market.service.web.shop.promises import describe_returns
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village, a_village
from tests.service.web.shop.checkout import buy_everything, fill_cart, get_order_number
from tests.service.web.test_packages import make_picking
from tests.support.app import run_app

SOLD_OUT = "UPDATE lots SET reserved_units = available_units, available_units = 0 WHERE id = $1 RETURNING 1"
CHANGED = {
    "pay_minutes": 45, "receive_days": 7, "claim_hours": 72, "return_days": 15, "help_phone": "0312-7200009",
    "help_hours": "早 9 点到晚 5 点",
}  # fmt: skip


async def read_pages(village: Village, sandbox: Sandbox) -> dict[str, str]:
    """Return the pages on which a buyer and a farmer read the settings, by a name."""
    pages: dict[str, str] = {}
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        pages["home"] = (await browser.open("/")).html
        pages["stay"] = (await browser.open(f"/stays/{await village.number(village.stay.listing_id)}")).text
        picking = await make_picking(village)
        pages["activity"] = (await browser.open(f"/goods/{await village.number(picking.listing_id)}")).text
        await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        pages["cart of goods"] = (await browser.submit("/cart/goods", n="1")).text
        pages["cart"] = (await fill_cart(village, browser)).text
        pages["checkout"] = (await browser.open("/checkout")).text
        await buy_everything(village, sandbox, browser)
        [path] = {link for link in (await farm.open("/farm/orders")).links() if link.startswith("/farm/parcels/")}
        await farm.open(path)
        await farm.submit(path, carrier="邮政", tracking="XA123456789CN")
        order = f"/orders/{await get_order_number(village)}"
        pages["order"] = (await browser.open(order)).html
        for name in ("complaint", "invoice", "messages"):
            report = "/report?message=1" if name == "messages" else ""
            pages[name] = (await browser.open(f"{order}/{name}/1{report}")).text
        await village.value(SOLD_OUT, village.dates.lot_id)
        pages["product"] = (await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")).html
        pages["farm"] = (await farm.open("/farm")).html
    return pages


@pytest.mark.parametrize("changed", [False, True])
async def test_pages_mention_the_settings(
    database: Database, settings: Settings, sandbox: Sandbox, changed: bool
) -> None:
    used = msgspec.structs.replace(settings, **CHANGED) if changed else settings
    async with run_app(used) as app:
        village = await a_village(database, app, used)
        if changed:
            await village.value("UPDATE case_categories SET dues = array_fill(4, ARRAY[cardinality(dues)]) RETURNING 1")
        pages = await read_pages(village, sandbox)
    assert ("45 分钟内没付款" if changed else "半小时内没付款") in pages["product"]
    assert f"收到 {72 if changed else 48} 小时内" in pages["product"]
    assert f"没拆封，收到 {15 if changed else 7} 天内能退：在订单里申请" in pages["product"]
    assert ("7 天没按，算收到" if changed else "10 天没按，算收到") in pages["order"]
    missed = f"过 {7 if changed else 10} 天也给店家"
    assert f"没来也没取消的，过了走的那天 {7 if changed else 10} 天也给店家；去不了，请先取消。" in pages["stay"]
    for page in ("activity", "cart", "checkout"):
        assert f"没来也没取消的，{missed}" in pages[page], page
    assert missed not in pages["cart of goods"]
    assert f"卖家 {4 if changed else 2} 个工作日内答复" in pages["complaint"]
    assert f"县里 {4 if changed else 1} 个工作日内办" in pages["complaint"]
    assert f"县里 {4 if changed else 1} 个工作日内办" in pages["messages"]
    assert f"卖家 {4 if changed else 5} 个工作日内开" in pages["invoice"]
    for page in ("home", "order", "farm"):
        assert ("tel:03127200009" if changed else "tel:12316") in pages[page], page
        assert used.help_hours in pages[page], page


async def test_pages_mention_the_settings_of_the_county(village: Village) -> None:
    goods = f"/goods/{await village.number(village.dates.listing_id)}"
    async with await village.browser(village.buyer) as browser:
        await village.value(SOLD_OUT, village.dates.lot_id)
        assert "平台服务费 2%" in (await browser.open(goods)).text
        await village.value(
            "INSERT INTO county_settings (county_code, name, valid_during, value, basis)"
            " VALUES ('130624', 'pay_minutes', '[2000-01-01,)', 20, '样例') RETURNING 1"
        )
        await village.value("UPDATE listings SET commission_bp = 350 RETURNING 1")
        seen = await browser.open(goods)
        assert "20 分钟内没付款" in seen.text
        assert "平台服务费 3.5%" in seen.text


async def test_a_host_reads_how_long_the_name_of_a_guest_is_kept(village: Village) -> None:
    async with await village.browser(village.host) as host:
        seen = await host.open(f"/farm/listings/{await village.number(village.stay.listing_id)}/nights")
        assert f"客人走了 {GUEST_LIFETIME.days} 天，名字和电话就删掉" in seen.text


def test_messages_mention_the_periods_that_rule() -> None:
    for name in ("change_asked_seller", "change_offered"):
        assert f"{ANSWER_HOURS} 小时内" in TEMPLATES[name]
    assert f"{MAX_STOPPED.days} 天内不补" in TEMPLATES["case_asked"]
    assert f"{REOPENING_PERIOD.days} 天内可以请上一级再看" in TEMPLATES["complaint_answered"]


async def test_what_counts_as_fresh_is_named_by_its_categories(village: Village) -> None:
    names = "SELECT string_agg(name, '、' ORDER BY position) FROM categories WHERE code = ANY($1)"
    words = describe_returns(7)
    fresh = await village.value(names, sorted(PERISHABLE))
    assert sorted(words.partition("，")[0].split("、")) == sorted(fresh.split("、"))
    assert "冷藏、冷冻发的，都算鲜货，没有七天无理由退货；别的没拆封，收到 7 天内能退" in words


def test_a_window_of_nights_names_its_limit() -> None:
    assert InvalidNightsWindow().text("zh") == f"请选 1 到 {MAX_NIGHTS_SHOWN} 天的一段日期。"
