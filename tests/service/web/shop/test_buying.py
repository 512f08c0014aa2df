"""Buying without scripts: two producers and two nights in one cart, paid, shipped, received, reviewed."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from payments import poll_payment
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import (
    ADDRESS,
    buy_everything,
    check_out,
    fill_cart,
    get_order_number,
    pay_at_provider,
)
from tests.support.browser import LeftSiteError, read_form_values


async def test_one_cart_holds_products_of_two_producers_and_two_nights(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        seen = await fill_cart(village, browser)
        assert "三家的东西" in seen.text
        for words in (
            "阜平大枣礼箱 45.00 元/箱 90.00",
            "运费 免",
            "顾家台小米 32.00 元/袋 96.00",
            "运费 29.00",
            "骆驼湾农家院，1 间两晚",
            "货 186.00 元 运费 29.00 元 住的 560.00 元 您付 775.00 元",
            "大写：人民币柒佰柒拾伍元整",
        ):
            assert words in seen.text, words
        variant = str(village.dates.variant_id)
        seen = await browser.submit("/cart/change", press=("less", variant))
        assert "阜平大枣礼箱 45.00 元/箱 45.00" in seen.text
        assert "运费 14.00" in seen.text
        await browser.submit("/cart/change", press=("less", variant))
        assert await village.value("SELECT count(*) FROM cart_lines") == 1
        seen = await browser.submit("/cart/change", press=("drop", str(village.stay.listing_id)))
        assert "一家的东西" in seen.text


async def test_an_unavailable_cart_line_has_an_explanation_and_blocks_the_checkout(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        await browser.submit("/cart/goods", n="40")
        await village.value("UPDATE lots SET available_units = 3 WHERE id = $1 RETURNING 1", village.dates.lot_id)
        seen = await browser.open("/cart")
        assert "只剩 3 箱" in seen.text
        assert [link for link in seen.links() if link.startswith("/checkout")] == []
        assert (await browser.open("/checkout?region=540000")).path == "/cart?region=540000"
        seen = await browser.submit("/cart/change", press=("drop", str(village.dates.variant_id)))
        assert "还是空的" in seen.text
        await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        seen = await browser.submit("/cart/goods", status=422, n="0")
        assert seen.html.index('id="errors"') < seen.html.index('class="prod"')
        assert "写 1 到 9999 的整数" in seen.text
        seen = await browser.submit("/cart/goods", status=409, n="4")
        assert "只剩 3 箱" in seen.text
        assert ("n", "4") in read_form_values(seen.form("/cart/goods"))
        await browser.submit("/cart/goods", n="2")
        await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        seen = await browser.submit("/cart/goods", status=409, n="2")
        assert "只剩 3 箱，购物车里已经有 2 箱" in seen.text
        await village.value("UPDATE lots SET reserved_units = 1 WHERE id = $1 RETURNING 1", village.dates.lot_id)
        seen = await browser.submit("/cart/goods", status=409, n="2")
        assert "其余在等别人付款，可以稍后再试" in seen.text
        await village.value("UPDATE lots SET available_units = 0 WHERE id = $1 RETURNING 1", village.dates.lot_id)
        assert "都在别人的订单里等付款" in (await browser.submit("/cart/goods", n="1")).text
        assert await village.value("SELECT quantity FROM cart_lines") == 2


async def test_freight_depends_on_the_region_and_some_regions_are_excluded(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        await browser.submit("/cart/goods", n="1")
        seen = await browser.submit("/cart", region="540000")
        assert "不发往您的地区" in seen.text
        assert "上面有东西现在买不了" in seen.text


async def test_all_faults_of_an_address_are_reported_at_once(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        seen = await browser.submit("/checkout", status=422, who="", tel="12", address="")
        assert seen.path == "/checkout?again=1"
        links = [node.attrs["href"] for node in seen.root.all("a") if node.attrs.get("href", "").startswith("#")]
        assert {"#who", "#tel", "#address"} <= set(links)
        assert "有 3 处要改" in seen.text
        assert await get_order_number(village) is None
        [typed] = [node for node in seen.root.all("input") if node.attrs.get("id") == "tel"]
        assert typed.attrs["value"] == "12"


async def test_a_changed_total_is_shown_before_the_order_is_placed(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        await village.value("UPDATE variants SET price_fen = 5000 WHERE id = $1 RETURNING 1", village.dates.variant_id)
        seen = await browser.submit("/checkout", status=422, typed=ADDRESS)
        assert "现在一共 785.00 元" in seen.text
        assert "一共的钱变了" in seen.text
        assert "处要改" not in seen.text
        assert "大写：人民币柒佰捌拾伍元整" in seen.text
        assert await get_order_number(village) is None


async def test_submitting_twice_places_one_order(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        page = await browser.open("/checkout")
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        browser.page = page
        seen = await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        assert seen.path == f"/orders/{await get_order_number(village)}/pay"
        assert await village.value("SELECT count(*) FROM orders") == 1
        assert await village.value("SELECT count(*) FROM payments.payments") == 1
        assert await village.value("SELECT count(*) FROM cart_lines") == 0


async def test_alipay_redirects_to_the_providers_page(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        where = await check_out(village, browser, "alipay")
        assert where.startswith(f"{sandbox.url}/pay/")
        assert sandbox.url in browser.current.headers["content-security-policy"]
        number = await get_order_number(village)
        seen = await browser.open(f"/orders/{number}?back=1")
        assert "正在确认付款" in seen.text
        assert [node.attrs["action"] for node in seen.root.all("form") if "data-wait" in node.attrs] == [
            f"/orders/{number}/asked"
        ]
        seen = await browser.open(f"/orders/{number}/pay")
        assert where in [node.attrs.get("href") for node in seen.root.all("a")]


async def test_a_browser_without_scripts_refreshes_for_two_minutes(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await check_out(village, browser, "alipay")
        number = await get_order_number(village)
        looks: list[str] = []
        path = f"/orders/{number}?back=1"
        while path:
            seen = await browser.open(path)
            assert "正在确认付款" in seen.text
            found = re.findall(r'<noscript><meta http-equiv="refresh" content="5;url=([^"]+)"></noscript>', seen.html)
            path = found[0].replace("&amp;", "&") if found else ""
            looks += found
        assert len(looks) == 24
        assert len(set(looks)) == 24


async def test_wechat_shows_a_qr_code_and_polling_marks_the_order_paid(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        path = await check_out(village, browser, "wechat")
        number = await get_order_number(village)
        assert path == f"/orders/{number}/pay"
        seen = browser.current
        assert "付款 775.00 元" in seen.heading
        assert "大写：人民币柒佰柒拾伍元整" in seen.text
        assert [node.attrs["aria-label"] for node in seen.root.all("svg") if node.attrs.get("role") == "img"] == [
            "付款二维码"
        ]
        assert "hidden" in next(node for node in seen.root.all("p") if "这一页会自己变" in node.text).attrs
        assert "回到这一页按“我已付款”" in seen.html
        assert "补贴" not in seen.html
        seen = await browser.submit(f"/orders/{number}/asked")
        assert "还没有收到您的付款" in seen.text
        seen = await pay_at_provider(village, sandbox, browser)
        assert seen.path == f"/orders/{number}"
        assert seen.heading == "付好了，等着收"
        for words in ("样例革新庄枣园的包裹", "样例顾家台合作社的包裹", "样例骆驼湾农家院，住两晚", "付了 775.00 元"):
            assert words in seen.text
        assert re.search(r"入住码 \d{4} \d{4}", seen.text)
        assert "17000009001" not in seen.html
        assert "170****9001" in seen.html
        assert (await browser.open(f"/orders/{number}/pay")).path == f"/orders/{number}"


async def test_a_captured_payment_is_not_requested_again_before_the_order_is_marked_paid(
    village: Village, sandbox: Sandbox
) -> None:
    async with await village.browser(village.buyer) as browser:
        await check_out(village, browser, "wechat")
        payment, ref = await village.value("SELECT (id, provider_ref) FROM payments.payments")
        await sandbox.pay(ref)
        held = village.app.state["market"]
        await poll_payment(held.db, held.gateway, payment)
        seen = await browser.open(f"/orders/{await get_order_number(village)}")
        assert "正在确认付款" in seen.text
        assert f"/orders/{await get_order_number(village)}/pay" not in seen.links()


async def test_another_method_cancels_the_payment_in_progress(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await check_out(village, browser, "wechat")
        with pytest.raises(LeftSiteError):
            await browser.submit(f"/orders/{await get_order_number(village)}/pay", method="alipay")
        states = await village.value("SELECT array_agg(state ORDER BY opened_at) FROM payments.payments")
        assert states == ["canceled", "requires_action"]
        await sandbox.clear_faults()


async def test_an_unavailable_provider_is_reported_and_can_be_retried(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        await sandbox.fault("create", "500", times=20)
        seen = await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        assert "付款的地方没有回话" in seen.text
        await sandbox.clear_faults()
        # Opening the page calls nobody, only the button does.
        seen = await browser.open(f"/orders/{await get_order_number(village)}/pay")
        assert "付款的地方没有回话" in seen.text
        assert "钱没有动" not in seen.text
        assert await village.value("SELECT state FROM payments.payments") == "created"
        seen = await browser.submit(f"/orders/{await get_order_number(village)}/pay", method="wechat")
        assert "付款二维码" in seen.html


async def test_a_provider_that_does_not_answer_for_a_while_is_not_called(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        await sandbox.fault("create", "close", times=5)
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        pay = f"/orders/{await get_order_number(village)}/pay"
        for notice in ["还不知道付成没有"] * 4 + ["这一次没有去付"] * 2:
            seen = await browser.submit(pay, method="wechat")
            assert notice in seen.text
        assert await village.value("SELECT array_agg(attempts) FROM payments.operations") == [5]


async def test_a_visitor_is_redirected_to_sign_in_and_back(village: Village) -> None:
    async with await village.browser() as browser:
        for path in ("/me", "/checkout", "/orders/1"):
            seen = await browser.open(path)
            assert seen.path == f"/sign-in?to={quote(path, safe='')}"


async def test_cancelling_an_unpaid_order_frees_its_stock(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await check_out(village, browser, "wechat")
        number = await get_order_number(village)
        assert await village.value("SELECT available_units FROM lots WHERE id = $1", village.dates.lot_id) == 48
        seen = await browser.open(f"/orders/{number}/cancel")
        assert "还没付，不用退" in seen.text
        seen = await browser.submit(f"/orders/{number}/cancel")
        assert seen.heading == "取消了"
        assert await village.value("SELECT available_units FROM lots WHERE id = $1", village.dates.lot_id) == 50


async def test_unbookable_days_have_an_explanation(street: Village) -> None:
    path = f"/stays/{await street.number(street.stay.listing_id)}"
    day = street.today + timedelta(days=20)
    async with await street.browser() as browser:
        for query, words in (
            (f"from={street.today - timedelta(days=1)}&to={day}", "到店的日子已经过了"),
            (f"from={day}&to={day}", "走的日子要在到的后面"),
            (f"from={day}&to={day + timedelta(days=31)}", "一次最多订 30 晚"),
            (f"from={street.today + timedelta(days=400)}", "日子太远了"),
            (f"from={day}", "再按走的那天"),
            ("from=nonsense&to=x&day=y&month=z", "按日历上写着价钱的日子"),
        ):
            assert words in (await browser.open(f"{path}?{query}")).text, query


SUSPEND = "UPDATE producers SET state = 'suspended' WHERE id = $1 RETURNING 1"
CLOSE = """
    INSERT INTO closures (producer_id, closed_during, reason, created_by, created_at)
    SELECT $1, daterange(business_day(now()) - 1, business_day(now()) + 7), 'harvest', id, now() FROM accounts LIMIT 1
    RETURNING 1
"""


@pytest.mark.parametrize(("why", "words"), [(SUSPEND, "过些日子再来看。"), (CLOSE, "那天起可以下单。")])
async def test_a_stay_that_takes_no_orders_says_so_and_offers_no_nights(village: Village, why: str, words: str) -> None:
    await village.value(why, village.stay.producer_id)
    day = village.today + timedelta(days=20)
    path = f"/stays/{await village.number(village.stay.listing_id)}?from={day}&to={day + timedelta(days=2)}"
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(path)
    assert seen.heading == "骆驼湾农家院"
    assert "这家现在不接单" in seen.text
    assert words in seen.text
    assert "schema.org/OutOfStock" in seen.html
    assert [node for node in seen.root.all("form") if node.attrs.get("action") == "/cart/nights"] == []


async def test_personal_pages_are_never_cached(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        for path in ("/cart", "/me", f"/orders/{number}", f"/orders/{number}/cancel", "/farm/bill", "/farm/apply"):
            seen = await browser.open(path)
            assert seen.headers["cache-control"] == "private, no-store", path
