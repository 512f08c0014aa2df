"""Stays and activities from their listing to the host's bank account."""

import re
from datetime import date, timedelta

import pytest

from tests.journeys.lives.live_market import LiveMarket
from tests.journeys.lives.person import Person

pytestmark = pytest.mark.long

_DAY = timedelta(days=1)


async def list_stay(host: Person, title: str) -> str:
    """List a stay of two rooms, 280.00 a night; return the path of its page for buyers."""
    await host.open("/farm/sell/stay")
    await host.submit("/farm/sell/stay", title=title, rooms="2", price="280")
    await host.open("/farm/sell")
    await host.press(title)
    await host.press("看买的人看到的")
    return host.path


async def _book(market: LiveMarket, guest: Person, stay: str, arrive: date, *, nights: int = 2) -> str:
    """Choose the nights on the page of a stay and pay; return the path of the order."""
    await guest.open(f"{stay}?from={arrive}&to={arrive + nights * _DAY}")
    await guest.submit("/cart/nights")
    return await market.check_out(guest)


def _find_code(text: str) -> str:
    [code] = re.findall(r"(?:入住码|入场码) (\d{4} \d{4})", text)
    return code


async def test_a_stay_from_its_listing_to_the_payout(market: LiveMarket) -> None:
    host, guest = await market.become("host"), await market.become("buyer")
    stay = await list_stay(host, "骆驼湾新院子")
    await host.open(f"/farm/listings/{stay.rpartition('/')[2]}")
    await host.press("订金")
    assert "客人先付订金。" in await host.submit(host.path, share="30", days="3")
    arrive = market.today + 12 * _DAY
    while arrive.weekday() != 0:
        arrive += _DAY
    order = await _book(market, guest, stay, arrive)
    assert "订金" in await guest.read()
    await guest.open(f"{order}/pay")
    await guest.submit(f"{order}/pay", method="wechat")
    await market.pay(guest)
    assert "付好了" in await guest.read()

    await guest.press("改日子")
    await guest.submit(guest.path, typed={"from": str(arrive + _DAY), "to": str(arrive + 2 * _DAY)})
    text = await guest.submit(guest.path, holds="price")
    assert "日子改好了" in text
    assert "退" in await guest.open(order)
    code = _find_code(await guest.read())

    await market.pass_time(days=(arrive + _DAY - market.today).days)
    host, guest = await market.become("host"), await market.become("buyer")
    await host.open("/farm")
    await host.press("客人到了")
    assert "来了" in await host.submit("/farm/guests", code=code)
    await host.press("已经到了")
    text = await host.submit(host.path, name="Sample Guest", document="passport", number="E1234567")
    assert "自动删掉" in text
    assert "271.60" in await host.open("/farm/money")  # 280.00 less 3 %
    await market.arrive_payout(host)


async def test_an_activity_from_its_listing_to_the_payout_and_a_rainy_day(market: LiveMarket) -> None:
    host, guest = await market.become("host"), await market.become("buyer")
    await host.open("/farm/sell/activity")
    text = await host.submit(
        "/farm/sell/activity", title="骆驼湾摘枣", category="picking", price="30", child="15", cancel="middle"
    )
    assert "上架了" in text
    slots = host.path
    first = market.today + 5 * _DAY
    text = await host.submit(
        slots, first=str(first), last=str(first + _DAY), starts="8:00", ends="12:00", places="6", minimum="1"
    )
    assert "加好了" in text
    goods = f"/goods/{slots.split('/')[3]}"
    orders: list[str] = []
    for number in range(2):
        await guest.open(goods)
        slot = await guest.page.locator('form [name="slot"]').nth(number).get_attribute("value")
        await guest.submit(goods, slot=str(slot), n="2", children="1")
        orders.append(await market.check_out(guest))
    code = _find_code(await guest.open(orders[0]))

    await host.open(slots)
    await host.page.locator('main a[href$="/cancel"]').nth(1).click()
    await host.page.wait_for_load_state()
    await host.submit(host.path, reason="weather")
    await market.pass_time(hours=1)
    assert "全退了" in await guest.open(orders[1])

    await market.pass_time(days=(first - market.today).days)
    host, guest = await market.become("host"), await market.become("buyer")
    await host.open("/farm")
    await host.press("客人到了")
    assert "来了" in await host.submit("/farm/guests", code=code)
    assert "去过了" in await guest.open(orders[0])
    assert "72.75" in await host.open("/farm/money")  # 75.00 less 3 %
    await market.arrive_payout(host)
