"""The buyer's journey in Chromium, with and without scripts: search, sign in, cart, pay, receive, review."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.journeys.conftest import Phone, Town
from tests.journeys.evenness import find_uneven
from tests.journeys.farming import send_everything
from tests.service.web.conftest import FARMER_PHONE


def sign_in(town: Town, person: Phone, number: str) -> None:
    """Sign in on the sign-in page."""
    before = len(town.texts_with_codes(number))
    town.let_a_minute_pass()
    person.tab.fill("#phone", number)
    person.press("发验证码")
    person.tab.locator("#code").press_sequentially(town.code(number, after=before))
    if person.scripts:
        # A complete code moves the focus to the button.
        assert person.tab.evaluate("document.activeElement.textContent") == "登录"
    person.press("登录")


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)])
def test_two_producers_and_two_nights_are_bought_paid_received_and_reviewed(
    town: Town, phone: Callable[[bool], Phone], *, scripts: bool
) -> None:
    buyer = phone(scripts)
    number = "17020000001" if scripts else "17020000002"
    buyer.open(f"{town.url}/")
    buyer.tab.fill("#find", "小米")
    buyer.tab.press("#find", "Enter")
    buyer.tab.wait_for_url("**/search**")
    buyer.look()
    card = buyer.tab.locator(".goods li").first.inner_text()
    assert "顾家台小米" in card
    assert "样例顾家台合作社" in card
    assert "6.40 元/斤" in card
    buyer.press("顾家台小米")
    buyer.tab.fill("#n", "2")
    buyer.press("放进购物车")
    buyer.open(f"{town.url}/kinds/fruit")
    buyer.press("阜平大枣礼箱")
    buyer.press("放进购物车")
    arrive = town.village.today + timedelta(days=40 if scripts else 50)
    buyer.open(f"{town.url}/kinds/stay")
    buyer.press("骆驼湾农家院")
    buyer.tab.goto(f"{buyer.tab.url}?from={arrive}&to={arrive + timedelta(days=2)}#c2")
    buyer.look()
    buyer.press("订这两晚")
    assert "三家的东西" in buyer.tab.inner_text("main")
    buyer.press("去结账")
    sign_in(town, buyer, number)
    unevenness = [find_uneven(buyer)]
    buyer.tab.fill("#who", "样例买家丁")
    buyer.tab.fill("#tel", number)
    buyer.tab.fill("#address", "石家庄市长安区样例路 1 号")
    buyer.tab.check("input[value=wechat]", force=True)
    buyer.press("付款")
    buyer.tab.get_by_role("img", name="付款二维码").wait_for()
    pay(buyer)
    text = buyer.tab.inner_text("main")
    for words in ("样例顾家台合作社的包裹", "样例革新庄枣园的包裹", "样例骆驼湾农家院，住两晚", "入住码"):
        assert words in text
    order = buyer.tab.url.split("?")[0]

    farmer = phone(scripts)
    farmer.open(f"{town.url}/sign-in?to=/farm")
    sign_in(town, farmer, FARMER_PHONE)
    send_everything(farmer)

    buyer.open(order)
    assert "邮政 XA" in buyer.tab.inner_text("main")
    assert [*unevenness, find_uneven(buyer)] == [([], []), ([], [])]
    buyer.press("收到了，钱给卖家")
    buyer.press("写评价")
    buyer.tab.check("input[value='5']", force=True)
    buyer.tab.fill("#text", "枣甜个头匀")
    buyer.press("发出去")
    assert "评价发出去了" in buyer.tab.inner_text("main")


def order_millet(town: Town, buyer: Phone, number: str) -> None:
    """Sign in, put millet into the cart, and go to the provider's Alipay page."""
    buyer.open(f"{town.url}/sign-in")
    sign_in(town, buyer, number)
    buyer.open(f"{town.url}/kinds/coarse_grain")
    buyer.press("顾家台小米")
    buyer.press("放进购物车")
    buyer.press("去结账")
    buyer.tab.fill("#who", "样例买家戊")
    buyer.tab.fill("#tel", number)
    buyer.tab.fill("#address", "石家庄市长安区样例路 2 号")
    buyer.tab.locator('main button:has-text("付款")').click()


def pay(buyer: Phone) -> None:
    """Go to the provider's page, press 付款 once, and return to the order."""
    buyer.tab.locator('main a:has-text("去微信付")').click()
    pay_there(buyer)


def pay_there(buyer: Phone) -> None:
    """Press 付款 on the provider's page, and return."""
    buyer.tab.wait_for_url("**/pay/pi_*")
    buyer.tab.locator('button:has-text("付款")').click()
    paid, back = buyer.tab.locator('h1:has-text("付好了")'), buyer.tab.locator('a:has-text("回到商家")')
    paid.or_(back).first.wait_for()
    if back.count():
        back.click()
    paid.wait_for()
    buyer.look()


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)])
def test_alipay_leads_to_the_provider_and_back(town: Town, phone: Callable[[bool], Phone], *, scripts: bool) -> None:
    buyer = phone(scripts)
    number = "17020000003" if scripts else "17020000004"
    order_millet(town, buyer, number)
    pay_there(buyer)
    buyer.press("这一家的不要了")
    assert "退 46.00 元" in buyer.tab.inner_text("main")
    buyer.press("取消，退 46.00 元")
    assert "取消了" in buyer.tab.inner_text("main")


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)])
def test_the_order_page_updates_once_the_payment_is_captured(
    town: Town, phone: Callable[[bool], Phone], *, scripts: bool
) -> None:
    buyer = phone(scripts)
    number = "17020000007" if scripts else "17020000008"
    order_millet(town, buyer, number)
    buyer.tab.wait_for_url("**/pay/pi_*")
    provider = buyer.tab.url
    buyer.open(f"{town.url}/me")
    order = buyer.tab.locator('main a[href^="/orders/"]').first.get_attribute("href")
    buyer.open(f"{town.url}{order}?back=1")
    assert "正在确认付款" in buyer.tab.inner_text("main")
    other = buyer.context.new_page()
    other.goto(provider)
    other.locator('button:has-text("付款")').click()
    buyer.tab.locator('h1:has-text("付好了")').wait_for()
    buyer.look()


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/", ".goods .go"),
        ("/search?q=小米", ".goods .go"),
        ("/kinds/fruit", ".goods .go"),
        ("/goods/1", 'button:has-text("放进购物车")'),
        ("/goods/2", 'button:has-text("放进购物车")'),
        ("/stays/3", '.dock a:has-text("看空房")'),
    ],
)
@pytest.mark.parametrize(("width", "height"), [(360, 592), (500, 592)])
def test_the_first_screen_shows_a_price_and_a_way_to_buy(
    town: Town, phone: Callable[[bool], Phone], path: str, way: str, width: int, height: int
) -> None:
    # The demo's band takes 48 of 640 pixels.
    buyer = phone(False)
    buyer.open(town.url + path)
    buyer.tab.set_viewport_size({"width": width, "height": height})
    bar = buyer.tab.locator(".tabs").bounding_box() or buyer.tab.locator(".dock").bounding_box()
    assert bar is not None
    price = buyer.tab.locator("main .yen").first.bounding_box()
    assert price is not None
    assert price["y"] + price["height"] <= bar["y"]
    button = buyer.tab.locator(way).first.bounding_box()
    assert button is not None
    assert button["y"] + button["height"] <= (bar["y"] if ".go" in way else height)


def test_inner_pages_have_a_header_of_one_line(town: Town, phone: Callable[[bool], Phone]) -> None:
    buyer = phone(False)
    for path, most in (("/", 140), ("/kinds", 84), ("/goods/1", 84), ("/search?q=小米", 84)):
        buyer.open(town.url + path)
        header = buyer.tab.locator("header.top").bounding_box()
        assert header is not None
        assert header["height"] <= most


def test_filter_and_order_are_one_row(town: Town, phone: Callable[[bool], Phone]) -> None:
    buyer = phone(False)
    buyer.open(f"{town.url}/search?q=小米")
    row = buyer.tab.locator("div.sift").bounding_box()
    assert row is not None
    assert row["height"] <= 50
    buyer.press("便宜")
    assert buyer.tab.locator('div.sift [aria-current="true"]').inner_text() == "便宜"
    assert "1 样" in buyer.tab.inner_text("h1")


def test_large_type_persists(town: Town, phone: Callable[[bool], Phone]) -> None:
    buyer = phone(True)
    buyer.open(f"{town.url}/")
    buyer.tab.locator('button:has-text("长辈版")').click()
    buyer.tab.wait_for_load_state()
    buyer.look()
    assert buyer.tab.evaluate("getComputedStyle(document.querySelector('main p')).fontSize") == "22px"
    buyer.open(f"{town.url}/kinds")
    assert buyer.tab.evaluate("getComputedStyle(document.querySelector('main p')).fontSize") == "22px"
