"""Offers beyond a price and a stock: by weight, before the harvest, with a coupon, from a file; a closed farm."""

from datetime import timedelta

import pytest
from playwright.async_api import FilePayload

from market.catalogue.listings.listing_sheet import make_template_rows, write_listing_file
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat
from tests.journeys.lives.live_market import LiveMarket
from tests.journeys.lives.opening import FARMER
from tests.journeys.lives.test_goods import buy, list_goods

pytestmark = pytest.mark.long

_DAY = timedelta(days=1)


async def test_goods_by_weight_are_weighed_and_the_difference_goes_back(market: LiveMarket) -> None:
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    goods = await list_goods(farmer, "革新庄鲜枣", pack="斤", price="9.8", left="200", ceiling="10500")
    order = await buy(market, buyer, goods, n="10")
    await farmer.open("/farm/orders")
    await farmer.press("革新庄鲜枣")
    parcel = farmer.path
    text = await farmer.submit(f"{parcel}/weight", typed={"weight-1": "9.9"}, unit="jin")
    assert "收 97.02 元，退买家 5.88 元" in text
    assert "称好了，可以发了" in await farmer.press("对，就按这个收")
    await market.ship(farmer, "革新庄鲜枣")
    assert "称了 4.95 公斤（9.9 斤），合 97.02 元" in await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    assert "95.08" in await farmer.open("/farm/money")  # 97.02 less 2 %
    await market.arrive_payout(farmer)


async def test_goods_before_the_harvest_are_paid_in_two_parts(market: LiveMarket) -> None:
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    goods = await list_goods(farmer, "革新庄新枣")
    await farmer.open("/farm/sell")
    await farmer.press("革新庄新枣")
    await farmer.press("预售")
    first = market.today + 5 * _DAY
    window = {
        "balance_from": str(first), "balance_until": str(first + 5 * _DAY), "send_from": str(first),
        "send_until": str(first + 15 * _DAY),
    }  # fmt: skip
    assert "现在是预售。" in await farmer.submit(farmer.path, typed=window, deposit="20")
    order = await buy(market, buyer, goods)
    assert "订金付了，40.00 元" in await buyer.read()
    assert "付了订金，等尾款的 1 单" in await farmer.open("/farm/orders")
    await market.pass_time(days=5)
    assert "该付尾款了" in await buyer.open(order)
    await buyer.open(f"{order}/pay")
    await buyer.submit(f"{order}/pay", method="wechat")
    await market.pay(buyer)
    assert "付好了，90.00 元" in await buyer.read()
    await market.ship(farmer, "革新庄新枣")
    await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    assert "88.20" in await farmer.open("/farm/money")
    await market.arrive_payout(farmer)


async def test_a_coupon_of_the_seller_is_claimed_and_used(market: LiveMarket) -> None:
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    await farmer.open("/farm/money")
    await farmer.press("发券")
    text = await farmer.submit(
        "/farm/coupons", name="自家枣满80减5", amount="5", minimum="80", ends_on=str(market.today + 9 * _DAY),
        quota="10", per_person="1",
    )  # fmt: skip
    assert "发 10 张，领了 0 张，用了 0 张" in text
    await buyer.open("/coupons")
    assert "领到了" in await buyer.press("领一张")
    order = await buy(market, buyer, await list_goods(farmer, "革新庄红枣"))
    assert "85.00" in await buyer.read()
    await market.ship(farmer, "革新庄红枣")
    await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    assert "83.30" in await farmer.open("/farm/money")  # 85.00, which the seller's own coupon left, less 2 %
    assert "领了 1 张，用了 1 张" in await farmer.open("/farm/coupons")
    await market.arrive_payout(farmer)


async def test_a_file_is_tried_and_listed_and_the_feed_has_it(market: LiveMarket) -> None:
    farmer, title = await market.become("farmer"), "表里的大枣"
    [row] = make_template_rows()
    content = write_listing_file([row | {"title": title}], FileFormat.XLSX)
    file = FilePayload(name="货.xlsx", mimeType=MEDIA_TYPES[FileFormat.XLSX], buffer=content)
    await farmer.open("/farm/sell")
    await farmer.press("用表格一次上架")
    text = await farmer.submit("/farm/import", press=("do", "try"), files={"file": file})
    assert "1 样都能上架，现在还没上" in text
    text = await farmer.submit("/farm/import", press=("do", "import"), files={"file": file})
    assert "1 样都上架了" in text
    assert title in await (await farmer.page.context.request.get(f"{market.address}/feeds/products.xml")).text()
    buyer = await market.become("buyer")
    await buyer.open("/search?q=表里的大枣")
    await buyer.press(title)
    order = await buy(market, buyer, buyer.path, n="1")
    await market.ship(farmer, title)
    await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    await market.arrive_payout(farmer)


async def test_a_farm_closes_and_opens_again_by_itself(market: LiveMarket) -> None:
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    goods = await list_goods(farmer, "革新庄早枣")
    await farmer.open("/farm")
    await farmer.press("歇几天")
    back = market.today + 3 * _DAY
    words = f"农忙，{back.month} 月 {back.day} 日回来"
    assert words in await farmer.submit("/farm/closed")
    assert f"{words}，那天起可以下单。" in await buyer.open(goods)
    await market.pass_time(days=3)
    order = await buy(market, buyer, goods)
    await market.ship(farmer, "革新庄早枣")
    await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    await market.arrive_payout(farmer)


async def test_a_parcel_is_picked_up_with_its_code(market: LiveMarket) -> None:
    county = await market.become("county")
    await county.open("/desk/pickup-points")
    await county.submit(
        "/desk/pickup-points", name="样例自提点", place="130624107000", address="样例街 1 号", phone="03127000001",
        hours="白天", keeper_phone="17010009002",
    )  # fmt: skip
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    goods = await list_goods(farmer, "革新庄甘枣")
    await buyer.open(goods)
    await buyer.submit("/cart/goods", n="2")
    await buyer.open("/checkout?region=130000")
    point = await buyer.page.locator('[name="pickup"] [value*="-"]').first.get_attribute("value")
    order = await market.check_out(buyer, address="", pickup=str(point))
    await farmer.open("/point")
    assert "等人来取，1 件" in await farmer.press("到了，告诉买家")
    await buyer.open(order)
    code = await buyer.page.inner_text("p.code")
    assert "交给买家了" in await farmer.submit("/point", code=code)
    await market.arrive_payout(farmer)


async def test_another_account_is_paid_after_three_days_and_a_second_person(market: LiveMarket) -> None:
    farmer = await market.become("farmer")
    await farmer.open("/farm/money")
    assert "尾号 9999" in await farmer.submit("/farm/money/account", number="6222000000129999")
    finance = await market.become("finance")
    await finance.open("/desk/money")
    action = await finance.page.locator('form[action*="/account-changes/"][action*="/consent"]').first.get_attribute(
        "action"
    )
    await finance.submit(str(action).partition("?")[0])
    await market.pass_time(days=4)
    assert f"收款账户：{FARMER}，银行卡，尾号 9999。" in await farmer.open("/farm/money")
    buyer = await market.become("buyer")
    order = await buy(market, buyer, await list_goods(farmer, "革新庄冬枣"))
    await market.ship(farmer, "革新庄冬枣")
    await buyer.open(order)
    await buyer.press("收到了，钱给卖家")
    assert "尾号 9999" in await market.arrive_payout(farmer)
