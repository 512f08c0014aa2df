"""What two sides agree on besides a sale: a package of two households, and an invoice."""

from datetime import timedelta

import pytest

from tests.journeys.lives.live_market import LiveMarket
from tests.journeys.lives.person import Person
from tests.journeys.lives.test_goods import list_goods, sell_parcel
from tests.journeys.lives.test_visits import list_stay
from tests.service.web.shop.checkout import ADDRESS

pytestmark = pytest.mark.long


async def _choose(person: Person, name: str, words: str) -> str:
    """Return the value of the option of a list that has these words."""
    value = await person.page.locator(f'select[name="{name}"] option:has-text("{words}")').first.get_attribute("value")
    return str(value)


async def test_two_households_agree_on_a_package_and_a_guest_finds_it(market: LiveMarket) -> None:
    farmer, host, guest = [await market.become(role) for role in ("farmer", "host", "buyer")]
    await list_goods(farmer, "革新庄礼枣")
    await list_stay(host, "骆驼湾农家院")
    await farmer.open("/farm/packages/new")
    parts = {"p1a": await _choose(farmer, "p1a", "农家院"), "p2a": await _choose(farmer, "p2a", "革新庄礼枣")}
    typed = {"title": "枣乡一夜", "persons": "2", "nights": "1", "price": "300", "s1": "260", "s2": "40"}
    await farmer.submit("/farm/packages/new", press=("do", "more"), typed=parts | typed)
    assert "还没答复" in await farmer.press("问各家同不同意")
    await host.open("/farm")
    await host.press("1 个套餐，请您答复")
    assert "您同意了" in await host.press("同意，一起做")
    await farmer.open("/farm/packages")
    assert "开始卖了" in await farmer.press("开始卖")

    await guest.open("/search?q=枣乡一夜")
    await guest.press("枣乡一夜")
    package = guest.path
    day = market.today + timedelta(days=20)
    while day.weekday() != 0:
        day += timedelta(days=1)
    await guest.submit(package, typed={"day": str(day), "n": "1"})
    await guest.press("订 1 套，300.00 元")
    await guest.submit(f"{package}/book", typed=ADDRESS | {"method": "wechat"})
    text = await guest.open(await market.pay(guest))
    assert "乡村套餐：枣乡一夜" in text
    assert "再订这个套餐" in text
    assert "今天要发" in await farmer.open("/farm")
    await farmer.press("革新庄礼枣")
    assert "40.00" in await farmer.read()


async def test_an_invoice_from_its_request_to_its_number(market: LiveMarket) -> None:
    order = await sell_parcel(market, "革新庄票枣")
    farmer, buyer = await market.become("farmer"), await market.become("buyer")
    await buyer.open(order)
    await buyer.press("发票")
    assert "交给卖家了" in await buyer.submit(buyer.path, title="样例买家甲")
    asked = buyer.path
    await farmer.open("/farm")
    await farmer.press("1 张发票，等您开")
    await farmer.page.locator('main a[href^="/farm/invoices/"]').first.click()
    await farmer.page.wait_for_load_state()
    number = f"{market.today:%y}132{71:015}"
    assert "没有要开的" in await farmer.submit(farmer.path, number=number)
    text = await buyer.open(asked)
    assert "开好了" in text
    assert number in text
