"""改日子, without scripts: what other days cost is shown before, and the side that did not propose them answers."""

from contextlib import suppress
from datetime import date, timedelta

from market.service.web.ui.format import day_short
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import get_order_number, pay_at_provider
from tests.support.browser import LeftSiteError, PageClient


def days(arrive: date, nights: int) -> dict[str, str]:
    return {"from": str(arrive), "to": str(arrive + timedelta(days=nights))}


async def book(village: Village, buyer: PageClient, sandbox: Sandbox, arrive: date) -> int:
    number = await village.number(village.stay.listing_id)
    await buyer.open(f"/stays/{number}?from={arrive}&to={arrive + timedelta(days=2)}")
    await buyer.submit("/cart/nights", rooms="1")
    await buyer.open("/checkout")
    with suppress(LeftSiteError):
        await buyer.submit("/checkout", method="wechat", who="样例住客", tel="17000009001")
    await pay_at_provider(village, sandbox, buyer)
    return await get_order_number(village)


async def test_a_guest_asks_for_other_days_and_the_host_agrees(village: Village, sandbox: Sandbox) -> None:
    arrive = village.today + timedelta(days=2)
    async with await village.browser(village.buyer) as buyer, await village.browser(village.host) as host:
        order = await book(village, buyer, sandbox, arrive)
        path = f"/orders/{order}/days/1"
        seen = await buyer.open(f"/orders/{order}")
        assert path in seen.links()
        seen = await buyer.open(f"{path}?from=x&to={arrive}", status=422)
        assert "日子没写对" in seen.text
        seen = await buyer.open(f"{path}?from={arrive}&to={arrive + timedelta(days=3)}")
        assert "新日子比付过的贵，这里改不了" in seen.text
        assert "问店家能不能改" not in seen.text
        seen = await buyer.open(f"{path}?from={arrive + timedelta(days=1)}&to={arrive + timedelta(days=2)}")
        assert "退给您 280.00 元" in seen.text
        seen = await buyer.submit(path, price="28000")
        assert "问店家了" in seen.text
        seen = await host.open("/farm")
        assert "/farm/changes" in seen.links()
        seen = await host.open("/farm/changes")
        assert "退 280.00 元" in seen.text
        action = next(
            form.attrs["action"] for form in seen.root.all("form") if "/farm/changes/" in form.attrs["action"]
        )
        seen = await host.submit(action, press=("do", "accept"))
        assert "日子改好了" in seen.text
        seen = await buyer.open(f"/orders/{order}")
        new = arrive + timedelta(days=1)
        assert f"{day_short(new)}到，{day_short(new + timedelta(days=1))}走" in seen.text


async def test_a_host_who_cancels_a_stay_comes_to_the_other_guests(village: Village, sandbox: Sandbox) -> None:
    arrive = village.today + timedelta(days=1)
    async with await village.browser(village.buyer) as buyer, await village.browser(village.host) as host:
        await book(village, buyer, sandbox, arrive)
        assert "样例住客" in (await host.open("/farm/guests")).text
        number = await village.number(village.stay.listing_id)
        seen = await host.open(f"/farm/listings/{number}/nights?day={arrive}")
        path = next(link for link in seen.links() if link.endswith("/days")).removesuffix("/days") + "/cancel"
        assert path in (await host.open(path.replace("/cancel", "/days"))).links()
        await host.open(path)
        seen = await host.submit(path, reason="weather", nights="open")
        assert seen.path == "/farm/guests?said=cancelled"
        assert "客人收到了短信，付的钱全退" in seen.text
        assert "样例住客" not in seen.text


async def test_a_host_offers_other_days_and_the_guest_keeps_the_old_ones(village: Village, sandbox: Sandbox) -> None:
    arrive = village.today + timedelta(days=2)
    async with await village.browser(village.buyer) as buyer, await village.browser(village.host) as host:
        order = await book(village, buyer, sandbox, arrive)
        number = await village.number(village.stay.listing_id)
        seen = await host.open(f"/farm/listings/{number}/nights?day={arrive}")
        path = next(link for link in seen.links() if link.endswith("/days"))
        await host.open(path)
        seen = await host.submit(path, status=422, typed=days(arrive, 2))
        assert "和现在订的是同样的日子" in seen.text
        later = arrive + timedelta(days=1)
        seen = await host.submit(path, typed=days(later, 3))
        assert "客人不加钱" in seen.text
        seen = await buyer.open(f"/orders/{order}")
        assert "店家想给您改到" in seen.text
        seen = await buyer.open(f"/orders/{order}/days/1")
        action = next(form.attrs["action"] for form in seen.root.all("form") if "/days/1/" in form.attrs["action"])
        seen = await buyer.submit(action, press=("do", "decline"))
        assert "还是原来的日子" in seen.text


async def test_a_host_registers_the_guests_of_a_room(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as buyer, await village.browser(village.host) as host:
        await book(village, buyer, sandbox, village.today)
        seen = await host.open("/farm/guests")
        path = next(link for link in seen.links() if link.endswith("/guests") and "/bookings/" in link)
        await host.open(path)
        seen = await host.submit(path, status=422, name="样例住客", number="130624199001011234")
        assert "身份证号没写对" in seen.text
        seen = await host.submit(path, name="Sample Guest", document="passport", number="E1234567")
        assert "前报派出所" in seen.text
        assert "E1234567" not in seen.text
        assert "自动删掉" in seen.text
        assert "E1234567" in (await host.open(f"{path}?whole=1")).text
        remove = next(each.attrs["value"] for each in seen.root.all("input") if each.attrs.get("name") == "remove")
        seen = await host.submit(path, remove=remove)
        assert "这位不在登记里了" in seen.text
