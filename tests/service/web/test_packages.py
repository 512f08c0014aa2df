"""乡村套餐 on the pages: composed and agreed to, shown, booked and paid, and its rest cancelled."""

from datetime import timedelta

from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.models import CancelReason
from market.kernel.clock import Clock
from market.kernel.seal import derive_seal
from market.sales.aftersales.cancelled_slots import refund_cancelled_slots
from market.service.web.ui.format import yuan
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import ADDRESS, pay_at_provider
from tests.support.browser import PageClient
from tests.support.make import ActivityIds, load_owner, make_activity
from tests.support.postgres import as_owner

FORM = {"title": "枣乡两日", "persons": "2", "nights": "1", "price": "400", "holidays": "1"}


async def make_picking(village: Village) -> ActivityIds:
    async with village.database.transaction() as conn:
        return await make_activity(
            conn, village.dates.producer_id, title="采摘大枣", days=[village.today + timedelta(days=21)], places=10,
            now=Clock().now(),
        )  # fmt: skip


async def compose(village: Village, farm: PageClient, activity: ActivityIds) -> None:
    await farm.open("/farm/packages/new")
    parts = {
        "p1a": str(village.stay.variant_id), "q1": "1", "s1": "250", "p2a": str(activity.variant_id), "q2": "2",
        "s2": "109.99", "p3a": str(village.dates.variant_id), "q3": "1", "s3": "39",
    }  # fmt: skip
    refused = await farm.submit("/farm/packages/new", typed={**FORM, **parts}, status=422)
    assert "各家分的加起来是 398.99 元，和价格 400.00 元对不上" in refused.text
    refused = await farm.submit("/farm/packages/new", typed={"q2": "0", "s3": "40.01"}, status=422)
    assert "第 2 样要几个没写对" in refused.text
    asked = await farm.submit("/farm/packages/new", typed={"q2": "2"})
    assert "样例骆驼湾农家院（骆驼湾农家院）：还没答复" in asked.text
    assert "样例骆驼湾农家院还没答复，还不能卖" in asked.text


async def agree_and_publish(village: Village, farm: PageClient) -> str:
    async with await village.browser(village.host) as host:
        assert "个套餐，请您答复" in (await host.open("/farm")).text
        seen = await host.open("/farm/packages")
        assert "骆驼湾农家院，1 间 250.00" in " ".join(seen.text.split())
        assert "109.99" not in seen.text
        assert "您同意了" in (await host.submit("/farm/packages", press=("do", "agreed"))).text
    await farm.open("/farm/packages")
    seen = await farm.submit("/farm/packages", press=("do", "live"))
    assert "开始卖了" in seen.text
    return next(link for link in seen.links() if link.startswith("/packages/"))


async def book(village: Village, buyer: PageClient, path: str) -> None:
    assert path in (await buyer.open("/packages")).links()
    day = str(village.today + timedelta(days=20))
    await buyer.open(path)
    full = await buyer.submit(path, day=day, n="3")
    assert "那天订不了" in full.text
    seen = await buyer.submit(path, day=day, n="1")
    assert "还够 5 套" in seen.text
    booking = await buyer.submit(f"{path}/book")
    assert "一共" in booking.text
    assert "您收到货、人到了才给各家。 订了没来也没取消的，过 10 天也给店家。" in booking.text
    refused = await buyer.submit(f"{path}/book", typed={"who": "", "tel": "1", "address": "样例路 1 号"}, status=422)
    assert "请写收货人姓名" in refused.text
    moved = await buyer.submit(f"{path}/book", typed={**ADDRESS, "total": "1"}, status=422)
    assert "价钱变了" in moved.text
    async with village.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE cancel_tiers SET refund_bp = 900 WHERE refund_bp > 0 AND NOT holiday")
    changed = await buyer.submit(f"{path}/book", typed=ADDRESS, status=422)
    assert "店家改了“不去了退多少”，现在提前" in changed.text
    assert "退 9%" in changed.text


async def test_a_package_from_its_composition_to_the_cancelled_rest(village: Village, sandbox: Sandbox) -> None:
    activity = await make_picking(village)
    async with await village.browser(village.farmer) as farm:
        await compose(village, farm, activity)
        path = await agree_and_publish(village, farm)
    assert "/packages" in (await (await village.browser()).open("/kinds")).links()
    async with await village.browser(village.buyer) as buyer:
        await book(village, buyer, path)
        await buyer.submit(f"{path}/book", typed=ADDRESS, method="wechat")
        assert "付好了" in (await pay_at_provider(village, sandbox, buyer)).text
        number = await village.value("SELECT number FROM orders")
        order = await buyer.open(f"/orders/{number}")
        assert "乡村套餐：枣乡两日" in order.text
        assert "整套不要了，看退多少" in order.text
        assert ("再订这个套餐" in order.text, path in order.links()) == (True, True)
        assert "照这单再买一次" not in order.text
        assert await village.value("SELECT sum(reduction_fen) FROM order_lines") > 0, "a share was rounded"
        assert "店家的券" not in order.text
        assert f"/orders/{number}/cancel?part=1" not in order.links()
        assert f"/orders/{number}/days/3" not in order.links()
        assert "一起退" in (await buyer.open(f"/orders/{number}/cancel?part=1", status=409)).text
        assert "取消订单" in (await buyer.open(f"/orders/{number}/cancel")).text
        assert "店家取消一样以后" in (await buyer.open(f"/orders/{number}/rest", status=409)).text
        await cancel_weather(village, activity)
        assert f"/orders/{number}/rest" in (await buyer.open(f"/orders/{number}")).links()
        rest = await buyer.open(f"/orders/{number}/rest")
        left = await village.value(
            "SELECT sum(goods_fen + freight_fen)::bigint FROM suborders WHERE kind <> 'activity'"
        )
        assert f"都取消，退 {yuan(left)} 元" in rest.text
        done = await buyer.submit(f"/orders/{number}/rest")
        assert "取消了" in done.text
        assert await village.value("SELECT state FROM orders") == "cancelled"
        assert await village.value("SELECT sum(refunded_fen) FROM suborders WHERE kind <> 'activity'") == left
    async with await village.browser(village.host) as host:
        await host.open(f"/orders/{number}", status=404)


async def cancel_weather(village: Village, activity: ActivityIds) -> None:
    now = Clock().now()
    async with village.database.transaction() as conn:
        host = await load_owner(conn, activity.producer_id)
        await cancel_slot(conn, host, activity.slot_ids[0], CancelReason.WEATHER, now=now)
    seal = derive_seal(village.settings.secret)
    assert await refund_cancelled_slots(village.database, None, seal, now=now) == 1


async def test_a_package_is_found_like_other_offers(village: Village) -> None:
    activity = await make_picking(village)
    async with await village.browser(village.farmer) as farm:
        await compose(village, farm, activity)
        path = await agree_and_publish(village, farm)
        visitor = await village.browser()
        county = await village.value("SELECT county_code FROM producers JOIN packages ON producer_id = producers.id")
        category = await village.value("SELECT category_code FROM listings WHERE id = $1", activity.listing_id)
        shown = (
            "/", "/search?q=枣乡两日", "/search?q=套餐", "/search?q=骆驼湾", f"/places/{county}", f"/kinds/{category}",
            f"/search?q=枣&county={county}&low=400&high=400", "/packages?q=采摘", f"/packages?division={county}",
        )  # fmt: skip
        assert [page for page in shown if path not in (await visitor.open(page)).links()] == []
        seen = await visitor.open("/packages")
        assert "样例革新庄枣园，阜平县" in seen.text
        assert "阜平大枣礼箱，5 斤箱 × 1" in seen.text
        absent = (
            "/search?q=菠萝蜜", "/places/1301", "/search?q=枣&low=401", "/packages?q=菠萝蜜", "/packages?division=1301",
            "/packages?category=egg",
        )  # fmt: skip
        assert [page for page in absent if path in (await visitor.open(page)).links()] == []
        await village.value("UPDATE listings SET state = 'withdrawn' WHERE id = $1 RETURNING 1", activity.listing_id)
        assert [page for page in shown if path in (await visitor.open(page)).links()] == []
        await farm.open("/farm/packages")
        await farm.submit("/farm/packages", press=("do", "withdrawn"))
        gone = await visitor.open(path, status=410)
        assert "这个套餐停卖了" in gone.text
        assert "/packages" in gone.links()


async def test_the_form_grows_to_eight_parts_and_keeps_what_was_typed(village: Village) -> None:
    activity = await make_picking(village)
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/packages/new")
        for parts in (6, 8):
            seen = await farm.submit(
                "/farm/packages/new", typed={**FORM, "p2a": str(activity.variant_id)}, press=("do", "more")
            )
            assert f"第 {parts} 样" in seen.text
            assert f"第 {parts + 1} 样" not in seen.text
            assert f'value="{FORM["title"]}"' in seen.html
        assert 'value="more"' not in seen.html
        refused = await farm.submit("/farm/packages/new", typed={"p8a": str(village.dates.variant_id)}, status=422)
        assert "第 8 样，没有就空着" in refused.text
    assert await village.value("SELECT count(*) FROM packages") == 0


async def test_a_listing_that_is_not_sold_any_more_says_so_and_leads_on(village: Village) -> None:
    async with await village.browser() as visitor:
        for listing_id, page in ((village.dates.listing_id, "goods"), (village.stay.listing_id, "stays")):
            number = await village.number(listing_id)
            await village.value(
                "UPDATE listings SET certified_until = '2020-01-01' WHERE id = $1 RETURNING 1", listing_id
            )
            ended = await visitor.open(f"/{page}/{number}", status=404)
            assert "证件到期了" in ended.text
            await village.value("UPDATE listings SET state = 'withdrawn' WHERE id = $1 RETURNING 1", listing_id)
            gone = await visitor.open(f"/goods/{number}", status=410)
            assert "卖家把它下架了" in gone.text
            assert {link.split("/")[1] for link in gone.links()} >= {"sellers", "kinds"}
            await village.value("UPDATE listings SET state = 'suspended' WHERE id = $1 RETURNING 1", listing_id)
            assert "没找到这一页" in (await visitor.open(f"/{page}/{number}", status=404)).text


async def test_who_composed_a_package_reads_what_of_it_is_not_to_be_had(village: Village) -> None:
    activity = await make_picking(village)
    async with await village.browser(village.farmer) as farm:
        await compose(village, farm, activity)
        await agree_and_publish(village, farm)
        assert "有一样现在没有" not in (await farm.open("/farm/packages")).text
        stay = f"/farm/listings/{await village.number(village.stay.listing_id)}"
        async with await village.browser(village.host) as host:
            await host.open(stay)
            await host.submit(stay, press=("move", "withdraw"))
        await village.value("UPDATE lots SET available_units = 0 WHERE id = $1 RETURNING 1", village.dates.lot_id)
        seen = await farm.open("/farm/packages")
        assert "样例骆驼湾农家院的骆驼湾农家院现在不卖。" in seen.text
        assert "样例革新庄枣园的阜平大枣礼箱卖完了。" in seen.text
        assert "采摘大枣现在不卖" not in seen.text


async def test_a_helper_has_no_button_to_answer_for_the_household(village: Village) -> None:
    activity = await make_picking(village)
    async with village.database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL))",
            village.stay.producer_id, village.buyer,
        )  # fmt: skip
    async with await village.browser(village.farmer) as farm:
        await compose(village, farm, activity)
    async with await village.browser(village.buyer) as helper:
        seen = await helper.open("/farm/packages")
        assert "帮忙的人不能替他答应" in seen.text
        assert {each.attrs.get("value") for each in seen.root.all("button")} & {"agreed", "declined"} == set()
