"""哪晚有客: a host's calendar, without scripts."""

from contextlib import suppress
from datetime import timedelta

from market.service.web.ui.format import day_short
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, pay_at_provider
from tests.support.browser import LeftSiteError


async def test_a_host_closes_a_night_enters_a_guest_and_frees_both(village: Village) -> None:
    number = await village.number(village.stay.listing_id)
    path = f"/farm/listings/{number}/nights"
    day = village.today + timedelta(days=3)
    async with await village.browser(village.host) as host, await village.browser() as visitor:
        seen = await host.open(f"/farm/listings/{number}")
        assert path in seen.links()
        seen = await host.open(f"{path}?day={day}")
        assert day_short(day) in seen.text
        seen = await host.submit(path, do="close")
        assert "这间这晚不卖了" in seen.text
        seen = await host.submit(f"{path}/guests", status=422, nights="0", name="样例住客")
        assert "住几晚没写对" in seen.text
        seen = await host.submit(f"{path}/guests", status=422, nights="1", name="", phone="139")
        assert "写上客人叫什么" in seen.text
        assert "电话写 11 位手机号" in seen.text
        room = str(village.stay.room_ids[1])
        seen = await host.submit(f"{path}/guests", room=room, nights="2", name="样例住客", phone="13900009001")
        assert "样例住客，自己来的" in seen.text
        assert "139-0000-9001" in seen.text
        seen = await visitor.open(f"/stays/{number}?from={day}&to={day + timedelta(days=1)}")
        assert "没有空房" in seen.text
        for taken in village.stay.room_ids:
            await host.submit(path, room=str(taken), do="open")
        seen = await visitor.open(f"/stays/{number}?from={day}&to={day + timedelta(days=1)}")
        assert "没有空房" not in seen.text
    async with await village.browser(village.farmer) as stranger:
        await stranger.open(path, status=404)
        await stranger.open(f"/farm/listings/{await village.number(village.dates.listing_id)}/nights", status=404)


async def test_a_night_that_was_just_booked_is_not_closed(village: Village) -> None:
    number = await village.number(village.stay.listing_id)
    path = f"/farm/listings/{number}/nights"
    async with await village.browser(village.host) as host, await village.browser(village.buyer) as buyer:
        await host.open(path)
        tomorrow = village.today + timedelta(days=1)
        await buyer.open(f"/stays/{number}?from={village.today}&to={tomorrow}")
        seen = await buyer.submit("/cart/nights", rooms="2")
        assert "2 间" in seen.text
        await buyer.open("/checkout")
        await buyer.submit("/checkout", method="wechat", who="样例住客", tel="17000009001")
        seen = await host.submit(path, status=409, do="close")
        assert "这间房这几晚里已经有客人了" in seen.text
        assert seen.text.count("有人下了单，等付款") == 2


async def test_a_host_prices_nights_and_weekends(village: Village) -> None:
    path = f"/farm/listings/{await village.number(village.stay.listing_id)}/nights"
    monday = village.today + timedelta(days=(7 - village.today.weekday()) % 7)
    friday, saturday, sunday = (monday + timedelta(days=days) for days in (4, 5, 6))
    async with await village.browser(village.host) as host:
        await host.open(path)
        first, last = str(monday), str(sunday)
        seen = await host.submit(f"{path}/prices", status=422, first=last, last=first, price="300")
        assert "从头一晚到最后一晚之后" in seen.text
        seen = await host.submit(f"{path}/prices", status=422, first="", last=last, price="-")
        assert "头一晚没写对" in seen.text
        seen = await host.submit(f"{path}/prices", first=first, last=last, price="300", which="weekends")
        assert "价钱改好了" in seen.text
        for day, words in ((friday, "300.00"), (saturday, "300.00"), (sunday, "280.00")):
            assert f"这晚一间卖 {words} 元" in (await host.open(f"{path}?day={day}")).text, day


async def test_the_nights_of_a_suspended_stay_say_so_instead_of_offering_prices(village: Village) -> None:
    path = f"/farm/listings/{await village.number(village.stay.listing_id)}/nights"
    async with await village.browser(village.host) as host:
        seen = await host.open(path)
        assert "改几晚的价钱" in seen.text
        await village.value(
            "UPDATE listings SET state = 'suspended' WHERE id = $1 RETURNING 1", village.stay.listing_id
        )
        seen = await host.open(path)
        assert "县里停了这一样，现在改不了价" in seen.text
        assert f"{path}/prices" not in [form.attrs["action"] for form in seen.root.all("form")]
        seen = await host.submit(path, do="close")
        assert "这间这晚不卖了" in seen.text


async def test_a_hosts_home_begins_with_the_guests_who_come(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.host) as host, await village.browser(village.buyer) as buyer:
        assert (await host.open("/farm")).heading.replace(" ", "") == "今天要发单0"
        number = await village.number(village.stay.listing_id)
        tomorrow = village.today + timedelta(days=1)
        await buyer.open(f"/stays/{number}?from={village.today}&to={tomorrow}")
        await buyer.submit("/cart/nights")
        await buyer.open("/checkout")
        with suppress(LeftSiteError):
            await buyer.submit("/checkout", method="wechat", who="样例住客", tel="17000009001")
        await pay_at_provider(village, sandbox, buyer)
        seen = await host.open("/farm")
        assert seen.heading.replace(" ", "") == "快到的客人拨1"
        assert "填客人的码 客人到了" in seen.text


async def test_a_host_sets_rules_and_sees_what_each_night_costs_and_why(village: Village) -> None:
    number = await village.number(village.stay.listing_id)
    path = f"/farm/listings/{number}/prices"
    saturday = village.today + timedelta(days=(5 - village.today.weekday()) % 7 + 7)
    async with await village.browser(village.host) as host, await village.browser() as visitor:
        seen = await host.open(f"/farm/listings/{number}/nights")
        assert path in seen.links()
        await host.open(path)
        seen = await host.submit(f"{path}/rules", status=422, applies="weekend", price="", nights="")
        assert "什么也没写；不要这条了，按它后面的" in seen.text
        seen = await host.submit(f"{path}/rules", status=422, applies="weekend", price="300", nights="31")
        assert "最少几晚没写对，写 1 到 30" in seen.text
        assert [each.attrs["value"] for each in seen.root.all("input") if each.attrs.get("name") == "price"] == ["300"]
        seen = await host.submit(f"{path}/rules", status=422, applies="always", price="300", nights="")
        assert "平常的价钱，在这一样的“改价”里改" in seen.text
        seen = await host.submit(f"{path}/rules", applies="weekend", price="300", nights="2")
        assert "一晚 300.00 元，最少住 2 晚" in seen.text
        seen = await host.submit(
            f"{path}/seasons", typed={"first": str(saturday), "last": str(saturday), "season-price": "350"}
        )
        assert "这几晚另定的价，最少住 2 晚" in seen.text
        seen = await visitor.open(f"/stays/{number}?from={saturday}&to={saturday + timedelta(days=1)}")
        assert f"周五、周六晚上最少住 2 晚，改到{day_short(saturday + timedelta(days=2))}走" in seen.text
        seen = await visitor.open(f"/stays/{number}?from={saturday}&to={saturday + timedelta(days=2)}")
        assert "350.00" in seen.text
        await host.open(f"{path}?month={saturday:%Y-%m}")
        seen = await host.submit(f"{path}/seasons", do="remove", first=str(saturday), last=str(saturday))
        assert "350.00" not in seen.text
        seen = await host.submit(f"{path}/rules", do="remove", applies="weekend")
        assert "最少住 2 晚" not in seen.text
    async with await village.browser(village.farmer) as stranger:
        await stranger.open(path, status=404)


async def test_a_host_cancels_a_guests_stay_and_closes_the_nights(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as buyer:
        await buy_everything(village, sandbox, buyer)
    booking = await village.value("SELECT id FROM bookings WHERE state = 'booked' LIMIT 1")
    path = f"/farm/bookings/{booking}/cancel"
    async with await village.browser(village.host) as host:
        assert path in (await host.open(f"/farm/bookings/{booking}/days")).links()
        assert "客人付的钱全退" in (await host.open(path)).text
        seen = await host.submit(path, typed={"reason": "repair", "nights": "close"})
        assert "客人收到了短信，付的钱全退。" in seen.text
        await host.open(path)
        assert "不能取消" in (await host.submit(path, typed={"reason": "repair", "nights": "close"}, status=409)).text
    assert await village.value("SELECT count(*) FROM taken_nights WHERE booking_id IS NULL") > 0
    async with await village.browser(village.buyer) as buyer:
        seen = await buyer.open(f"/orders/{await village.value('SELECT max(number) FROM orders')}")
        assert "店家取消的：房子要修。" in seen.text
    async with await village.browser(village.farmer) as stranger:
        await stranger.open(path, status=404)
