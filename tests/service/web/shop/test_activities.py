"""An activity from its slots to the host's money, on the pages of both, without scripts."""

import re
from datetime import timedelta

from market.kernel.clock import Clock
from market.sales.aftersales.cancelled_slots import refund_cancelled_slots
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import ADDRESS, get_order_number, pay_at_provider
from tests.support.browser import PageClient, read_form_values
from tests.support.make import ActivityIds, load_owner, make_activity

_VISITOR = {name: ADDRESS[name] for name in ("who", "tel", "region")}


async def list_activity(village: Village, *, places: int = 20) -> ActivityIds:
    """List an activity of the farmer, without slots."""
    async with village.database.transaction() as conn:
        producer = await conn.fetchval("SELECT producer_id FROM listings WHERE id = $1", village.dates.listing_id)
        return await make_activity(conn, producer, days=(), places=places, now=Clock().now())


async def add_slot(village: Village, browser: PageClient, activity: ActivityIds, *, days: int, places: str) -> str:
    """Add a slot from 8 to 12 on the host's page, and return its id."""
    day = str(village.today + timedelta(days=days))
    path = f"/farm/listings/{await village.number(activity.listing_id)}/slots"
    await browser.open(path)
    seen = await browser.submit(path, first=day, last=day, starts="8:00", ends="12:00", places=places, minimum="1")
    assert "加好了" in seen.text
    return str(await village.value("SELECT id FROM slots ORDER BY lower(during) DESC LIMIT 1"))


async def book(village: Village, browser: PageClient, activity: ActivityIds, slot: str, party: str) -> None:
    """Choose a slot and pay for it."""
    path = f"/goods/{await village.number(activity.listing_id)}"
    await browser.open(path)
    await browser.submit(path, slot=slot, n=party)
    await browser.open("/checkout")
    await browser.submit("/checkout", method="wechat", typed=_VISITOR)


async def test_every_page_of_the_sitemap_opens(village: Village) -> None:
    activity = await list_activity(village)
    async with await village.browser() as crawler:
        sitemap = (await crawler.client.get("/sitemap.xml")).text
        paths = re.findall("<loc>http://market.test(.*)</loc>", sitemap)
        assert f"/goods/{await village.number(activity.listing_id)}" in paths
        assert [path for path in paths if (await crawler.client.get(path)).status_code != 200] == []


async def test_an_activity_is_listed_on_a_page_that_leads_to_its_slots(village: Village) -> None:
    async with await village.browser(village.farmer) as host:
        seen = await host.open("/farm/sell")
        assert "/farm/sell/activity" in seen.links()
        await host.open("/farm/sell/activity")
        page = host.current
        seen = await host.submit("/farm/sell/activity", status=422, title="", price="x")
        assert {"#title", "#price", "#category"} <= {node.attrs.get("href") for node in seen.root.all("a")}
        host.page = page
        seen = await host.submit("/farm/sell/activity", status=422, title="摘", category="picking", price="30")
        assert "#title" in {node.attrs.get("href") for node in seen.root.all("a")}
        host.page = page
        seen = await host.submit("/farm/sell/activity", title="革新庄摘枣", category="picking", price="30")
        assert "上架了" in seen.text
        assert "还没有场次" in seen.text
        number = await village.value("SELECT number FROM listings WHERE title = '革新庄摘枣'")
        assert seen.path == f"/farm/listings/{number}/slots?said=listed"
        seen = await host.open(f"/farm/listings/{number}/edit")
        assert f"/farm/listings/{number}/packs" not in seen.html
    async with await village.browser(village.buyer) as visitor:
        assert (await visitor.open("/farm/sell/activity")).path != "/farm/sell/activity"


async def test_a_slot_is_added_booked_paid_and_checked_in_on_the_pages(village: Village, sandbox: Sandbox) -> None:
    activity = await list_activity(village)
    number = await village.number(activity.listing_id)
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        seen = await host.open(f"/farm/listings/{number}")
        assert f"/farm/listings/{number}/slots" in seen.links()
        slot = await add_slot(village, host, activity, days=1, places="20")
        assert "20 个名额，订了 0 个，还有 20 个" in host.current.text
        seen = await buyer.open(f"/goods/{number}")
        assert "周" in seen.text
        assert "8:00–12:00，还有 20 个名额" in seen.text
        assert "去的前一天及以前退全款" in seen.text
        seen = await buyer.submit(f"/goods/{number}", slot=slot, n="3")
        assert (seen.path, "8:00–12:00" in seen.text) == ("/cart", True)
        assert "玩的 90.00 元 您付 90.00 元" in seen.text
        assert "去的前一天及以前退全款" in seen.text
        seen = await buyer.submit("/cart/change", press=("more", str(activity.variant_id)))
        assert "您付 120.00 元" in seen.text
        await buyer.submit("/cart/change", press=("less", str(activity.variant_id)))
        await buyer.open("/checkout")
        assert "8:00–12:00" in buyer.current.text
        await buyer.submit("/checkout", method="wechat", typed=_VISITOR)
        seen = await pay_at_provider(village, sandbox, buyer)
        assert "3 个名额" in seen.text
        assert "去玩的，下面有入场码和店家电话" in seen.text
        [code] = re.findall(r"入场码 (\d{4} \d{4})", seen.text)
        assert "17002" not in code
        seen = await host.open("/farm/guests")
        assert "样例买家甲，3 个名额，还没到" in seen.text
        seen = await host.submit("/farm/guests", status=409, code=code)
        assert "这个码从" in seen.text
        await village.value("UPDATE slots SET during = tstzrange(now() - interval '1 hour', now() + interval '1 hour')")
        seen = await host.submit("/farm/guests", code=code)
        assert "样例买家甲来了" in seen.text
        seen = await host.open(f"/farm/listings/{number}/slots")
        assert "样例买家甲，3 个名额，到了" in seen.text
        seen = await buyer.open(f"/orders/{await get_order_number(village)}")
        assert "去过了" in seen.heading
        seen = await host.open("/farm/money")
        assert "87.30" in seen.text


async def test_the_refund_is_shown_before_cancelling_and_not_after_the_start(
    village: Village, sandbox: Sandbox
) -> None:
    activity = await list_activity(village)
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        slot = await add_slot(village, host, activity, days=2, places="20")
        await book(village, buyer, activity, slot, "3")
        await pay_at_provider(village, sandbox, buyer)
        number = await get_order_number(village)
        seen = await buyer.open(f"/orders/{number}/cancel?part=1")
        assert "离去的那天 2 天，退 100%" in seen.text
        await village.value("UPDATE slots SET during = tstzrange(now() - interval '1 hour', now() + interval '1 hour')")
        await buyer.open(f"/orders/{number}/cancel?part=1", status=409)
        await village.value("UPDATE slots SET during = tstzrange(now() + interval '2 days', now() + interval '3 days')")
        seen = await buyer.open(f"/orders/{number}/cancel?part=1")
        assert "取消，退 90.00 元" in seen.text
        await village.value(
            "UPDATE slots SET during = tstzrange(now() + interval '1 hour', now() + interval '3 hours')"
        )
        seen = await buyer.submit(f"/orders/{number}/cancel", status=409)
        assert "要退的钱变了" in seen.text
        assert "取消，退 90.00 元" not in seen.text
        await village.value("UPDATE slots SET during = tstzrange(now() + interval '2 days', now() + interval '3 days')")
        await buyer.open(f"/orders/{number}/cancel?part=1")
        seen = await buyer.submit(f"/orders/{number}/cancel")
        assert "名额放出来了" in seen.text
        assert await village.value("SELECT free FROM slots") == 20


async def test_the_host_cancels_a_slot_and_every_guest_is_refunded(village: Village, sandbox: Sandbox) -> None:
    activity = await list_activity(village)
    path = f"/farm/listings/{await village.number(activity.listing_id)}/slots"
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        slot = await add_slot(village, host, activity, days=3, places="20")
        await book(village, buyer, activity, slot, "3")
        await pay_at_provider(village, sandbox, buyer)
        seen = await host.open(f"{path}/{slot}/cancel")
        assert "付了钱的有 1 单，3 个名额" in seen.text
        page = seen
        seen = await host.submit(f"{path}/{slot}/cancel", reason="host")
        assert "取消了" in seen.text
        assert "付的钱全退" in seen.text
        host.page = page
        seen = await host.submit(f"{path}/{slot}/cancel", status=409)
        assert "这一场已经开始了，或者取消了" in seen.text
        await host.open(f"{path}/{slot}/cancel", status=404)
        services = village.app.state["market"]
        assert await refund_cancelled_slots(village.database, services.gateway, services.seal, now=Clock().now()) == 1
        seen = await buyer.open(f"/orders/{await get_order_number(village)}")
        assert "店家取消了这一场" in seen.text
        assert "付了 90.00 元" in seen.text
        seen = await buyer.open(f"/goods/{await village.number(activity.listing_id)}")
        assert "还没有能订的场次" in seen.text


async def test_a_slot_that_cannot_be_booked_is_refused_at_its_field(village: Village) -> None:
    activity = await list_activity(village)
    path = f"/goods/{await village.number(activity.listing_id)}"
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        seen = await buyer.open(path)
        assert "还没有能订的场次" in seen.text
        slot = await add_slot(village, host, activity, days=3, places="5")
        await buyer.open(path)
        page = buyer.current
        for values, field, words, status in (
            ({"n": "0"}, "n", "几位没写对", 422),
            ({"n": "6"}, "n", "一场一共 5 个名额", 422),
            ({"slot": str(village.dates.variant_id)}, "slot", "选一场", 422),
        ):
            buyer.page = page
            seen = await buyer.submit(path, status=status, typed={"slot": slot, "n": "2", **values})
            assert words in seen.text
            assert f"#{field}" in [node.attrs.get("href") for node in seen.root.all("a")]
        await village.value("UPDATE slots SET capacity = 6, free = 6")
        await village.value("UPDATE slots SET state = 'closed'")
        buyer.page = page
        seen = await buyer.submit(path, status=409, typed={"slot": slot, "n": "2"})
        assert "这一场不接人了" in seen.text


async def test_a_slot_that_fills_up_leaves_cart_and_form(village: Village) -> None:
    activity = await list_activity(village)
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        slot = await add_slot(village, host, activity, days=3, places="4")
        path = f"/goods/{await village.number(activity.listing_id)}"
        await buyer.open(path)
        page = buyer.current
        await buyer.submit(path, slot=slot, n="2")
        await buyer.open("/checkout")
        async with village.database.transaction() as conn:
            other = await load_owner(conn, activity.producer_id)
        async with await village.browser(other.account_id) as neighbour:
            await book(village, neighbour, activity, slot, "3")
        seen = await buyer.submit("/checkout", method="wechat", typed=_VISITOR)
        assert seen.path.startswith("/cart")
        assert "这一场现在只剩 1 个名额" in seen.text
        assert "这一场只剩 1 个名额" in seen.text
        assert await village.value("SELECT count(*) FROM cart_lines WHERE slot_id IS NOT NULL") == 1
        buyer.page = page
        seen = await buyer.submit(path, status=409, slot=slot, n="2")
        assert "这一场只剩 1 个名额" in seen.text


async def test_the_host_corrects_a_slot_form_and_closes_a_slot(village: Village) -> None:
    activity = await list_activity(village)
    path = f"/farm/listings/{await village.number(activity.listing_id)}/slots"
    async with await village.browser(village.farmer) as host:
        seen = await host.open(path)
        assert "还没有场次" in seen.text
        seen = await host.submit(path, status=422, first="", last="", starts="八点", ends="12:00", places="0")
        for field in ("first", "starts", "places"):
            assert f"#{field}" in [node.attrs.get("href") for node in seen.root.all("a")]
        slot = await add_slot(village, host, activity, days=3, places="5")
        day = str(village.today + timedelta(days=3))
        await host.open(path)
        seen = await host.submit(path, status=409, first=day, last=day, starts="11:00", ends="13:00")
        assert "这个时间已经有一场了" in seen.text
        for words in ("关好了", "打开了"):
            await host.open(path)
            seen = await host.submit(f"{path}/{slot}")
            assert words in seen.text
        await village.value("UPDATE slots SET during = tstzrange(now() - interval '1 hour', now() + interval '1 hour')")
        host.page = seen
        seen = await host.submit(f"{path}/{slot}", status=409)
        assert "这一场已经开始了" in seen.text
        await host.open(f"/farm/listings/{await village.number(village.dates.listing_id)}/slots", status=404)


async def test_children_have_their_own_price_and_a_second_booking_is_said(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        await host.open("/farm/sell/activity")
        page = host.current
        form = {"title": "革新庄摘枣", "category": "picking", "price": "30"}
        seen = await host.submit("/farm/sell/activity", status=422, typed=form, child="31", cancel="middle")
        assert "儿童的价钱不比大人的高" in seen.text
        host.page = page
        await host.submit("/farm/sell/activity", typed=form, child="15", cancel="middle")
        listing_id = await village.value("SELECT id FROM listings WHERE title = '革新庄摘枣'")
        number = await village.number(listing_id)
        path = f"/farm/listings/{number}/slots"
        day = str(village.today + timedelta(days=5))
        await host.submit(path, first=day, last=day, starts="8:00", ends="12:00", places="6", minimum="1")
        slot = str(await village.value("SELECT id FROM slots WHERE listing_id = $1", listing_id))
        seen = await buyer.open(f"/goods/{number}")
        assert "儿童一位 15.00 元，也占一个名额" in seen.text
        assert "提前 3 天" in seen.text
        seen = await buyer.submit(f"/goods/{number}", status=422, slot=slot, n="4", children="3")
        assert "一场一共 6 个名额" in seen.text
        seen = await buyer.submit(f"/goods/{number}", slot=slot, n="2", children="1")
        assert "您付 75.00 元" in seen.text
        assert "您已经订了这一场" not in seen.text
        await buyer.open("/checkout")
        await buyer.submit("/checkout", method="wechat", typed=_VISITOR)
        seen = await pay_at_provider(village, sandbox, buyer)
        assert "3 个名额" in seen.text
        await buyer.open(f"/goods/{number}")
        seen = await buyer.submit(f"/goods/{number}", slot=slot, n="1")
        assert "您已经订了这一场 3 个名额，这里是再加的" in seen.text
        seen = await buyer.open("/checkout")
        assert "您已经订了这一场 3 个名额" in seen.text
        assert await village.value("SELECT free FROM slots WHERE id = $1", slot) == 3


async def test_the_price_of_a_day_is_set_on_a_page_and_shown_at_its_slot(village: Village) -> None:
    activity = await list_activity(village)
    number = await village.number(activity.listing_id)
    path = f"/farm/listings/{number}/prices"
    day = str(village.today + timedelta(days=2))
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        for days in (1, 2):
            slot = await add_slot(village, host, activity, days=days, places="20")
        assert path in host.current.links()
        seen = await host.open(path)
        assert "最少住" not in seen.text
        seen = await host.submit(f"{path}/rules", status=422, applies="weekend", price="")
        assert "什么也没写" in seen.text
        wrong = {"first": day, "last": str(village.today), "season-price": "38"}
        seen = await host.submit(f"{path}/seasons", status=422, typed=wrong)
        assert ("season-price", "38") in read_form_values(seen.form(f"{path}/seasons", {"which"}))
        seen = await host.submit(f"{path}/seasons", typed={"first": day, "last": day})
        assert "这几天另定的价" in seen.text
        seen = await buyer.open(f"/goods/{number}")
        assert "30.00 起，一位" in seen.text
        assert "一位 38.00 元，这天的价，还有 20 个名额" in seen.text
        seen = await buyer.submit(f"/goods/{number}", slot=slot, n="2")
        assert "38.00 元/人，这天的价" in seen.text
        assert "您付 76.00 元" in seen.text


async def test_slots_behind_the_first_hundred_are_booked_closed_and_cancelled(village: Village) -> None:
    activity = await list_activity(village)
    number = await village.number(activity.listing_id)
    await village.value(
        "INSERT INTO slots (listing_id, during, capacity, free)"
        " SELECT $1, tstzrange(start, start + interval '2 hours'), 7, 7"
        "   FROM generate_series(1, 102) AS n,"
        "        LATERAL (SELECT date_trunc('day', now()) + n * interval '1 day' AS start)",
        activity.listing_id,
    )
    last = str(await village.value("SELECT id FROM slots ORDER BY lower(during) DESC LIMIT 1"))
    async with await village.browser(village.farmer) as host, await village.browser(village.buyer) as buyer:
        seen = await buyer.open(f"/goods/{number}")
        assert last not in seen.html
        [more] = [each for each in seen.links() if each.startswith(f"/goods/{number}?after=")]
        seen = await buyer.open(more)
        assert "更晚的场次" not in seen.text
        assert f"/goods/{number}" in seen.links()
        seen = await buyer.submit(f"/goods/{number}", status=422, slot=last, n="8")
        assert last in seen.html
        seen = await buyer.submit(f"/goods/{number}", slot=last, n="2")
        assert seen.path == "/cart"
        assert (await buyer.open(f"/goods/{number}?after=nothing")).links().count(more) == 1
        path = f"/farm/listings/{number}/slots"
        seen = await host.open(f"/farm/listings/{number}")
        assert "102 场能订" in seen.text
        seen = await host.open(path)
        for _ in range(3):
            [more] = [each for each in seen.links() if each.startswith(f"{path}?after=")]
            seen = await host.open(more)
        assert not [each for each in seen.links() if each.startswith(f"{path}?after=")]
        seen = await host.submit(f"{path}/{last}")
        assert "关好了" in seen.text
        assert last in seen.html
        seen = await host.open(f"{path}/{last}/cancel")
        await host.submit(f"{path}/{last}/cancel", reason="weather")
        assert await village.value("SELECT state FROM slots WHERE id = $1", last) == "cancelled"
