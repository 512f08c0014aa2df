"""A seller's day without scripts: apply, list, ship, check in a guest, see the money and the phone bill."""

import io
from datetime import timedelta

from PIL import Image

from market.villages.content.warnings import get_daily_warning
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.test_buying import ADDRESS, buy_everything, get_order_number
from tests.support.browser import LoadedPage, PageClient


def a_photo(colour: str = "firebrick") -> bytes:
    """A JPEG with a location in its metadata, as a phone takes it."""
    picture = Image.new("RGB", (1200, 900), colour)
    exif = Image.Exif()
    exif[0x010F] = "样例手机"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def test_the_farm_home_shows_parcels_to_send_and_earnings(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm")
        assert seen.heading.replace(" ", "") == "今天要发单0"
        await buy_everything(village, sandbox, browser)
        seen = await farm.open("/farm")
        assert seen.heading.replace(" ", "") == "今天要发单1"
        assert "阜平大枣礼箱 2 箱" in seen.text
        assert "卖货收入不影响话费减免。" in seen.text
        assert get_daily_warning(village.today) in seen.html
        doors = [node for node in seen.root.all("a") if "door" in node.attrs.get("class", "").split()]
        assert [door.attrs["href"] for door in doors] == ["/farm/orders", "/farm/sell", "/farm/bill", "/village"]


async def test_a_helper_reads_on_every_page_whose_things_these_are(village: Village) -> None:
    strip = "正替 样例革新庄枣园 办"
    async with await village.browser(village.farmer) as farm:
        for path in ("/farm", "/farm/orders", "/farm/sell", "/farm/money", "/farm/mine"):
            assert strip not in (await farm.open(path)).text
        await village.value("UPDATE producer_members SET role = 'helper' RETURNING 1")
        for path in ("/farm", "/farm/orders", "/farm/sell", "/farm/money", "/farm/mine"):
            assert strip in (await farm.open(path)).text, path


async def test_a_parcel_is_shipped_and_its_tracking_number_corrected(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        await buy_everything(village, sandbox, browser)
        seen = await farm.open("/farm/orders")
        [path] = {link for link in seen.links() if link.startswith("/farm/parcels/")}
        seen = await farm.open(path)
        for words in (ADDRESS["who"], ADDRESS["address"], "170-0000-9001", "平台服务费 2% −1.80 元", "您得 88.20 元"):
            assert words in seen.text, words
        seen = await farm.submit(path, status=422, carrier="邮政", tracking="1")
        assert "快递单号是 4 到 40 位" in seen.text
        assert seen.text.index("没发出去，改一下") < seen.text.index("装什么")
        assert await village.value("SELECT count(*) FROM suborders WHERE state = 'shipped'") == 0
        seen = await farm.submit(path, carrier="邮政", tracking="XA123456789CN")
        assert "发出去了" in seen.text
        await farm.submit(path, carrier="中通", tracking="ZT0001112223")
        assert await village.value("SELECT carrier || tracking FROM suborders WHERE state = 'shipped'") == (
            "中通ZT0001112223"
        )
        seen = await farm.submit(path, carrier="自己送", tracking="")
        assert "自己送。买家收到短信了。" in seen.text
        [chosen] = [node for node in seen.root.all("option") if "selected" in node.attrs]
        assert chosen.attrs["value"] == "自己送"
        seen = await browser.open(f"/orders/{await village.value('SELECT max(number) FROM orders')}")
        assert "自己送" in seen.text
        async with await village.browser(village.host) as stranger:
            await stranger.open(path, status=404)


async def test_earning_rows_add_up_to_the_total(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        await buy_everything(village, sandbox, browser)
        [path] = {link for link in (await farm.open("/farm/orders")).links() if link.startswith("/farm/parcels/")}
        await farm.open(path)
        await farm.submit(path, carrier="邮政", tracking="XA123456789CN")
        seen = await farm.open("/farm/money")
        assert "还在平台 88.20 元" in seen.text  # as the parcel's page says: 90.00 less 2%
        number = await get_order_number(village)
        await browser.open(f"/orders/{number}")
        await browser.submit(f"/orders/{number}/receive/1")
        seen = await farm.open("/farm/money")
        assert f"阜平大枣礼箱，{number}-1 88.20 元 该给您的 88.20 元" in seen.text
        assert "大写：人民币捌拾捌元贰角整" in seen.text
        seen = await farm.open("/farm")
        assert "88.20" in seen.text
        assert seen.heading.replace(" ", "") == "今天要发单0"


async def test_a_guest_is_checked_in_once_by_code(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.host) as farm:
        path = f"/stays/{await village.number(village.stay.listing_id)}"
        tomorrow = village.today + timedelta(days=1)
        await browser.open(f"{path}?from={village.today}&to={tomorrow}")
        await browser.submit("/cart/nights")
        await browser.open("/checkout")
        await browser.submit("/checkout", method="wechat", who="样例住客", tel="17000009001")
        await sandbox.pay(await village.value("SELECT provider_ref FROM payments.payments"))
        seen = await browser.submit(f"/orders/{await get_order_number(village)}/asked")
        [shown] = [node for node in seen.root.all("p") if node.attrs.get("class") == "code"]
        await farm.open("/farm/guests")
        seen = await farm.submit("/farm/guests", status=422, code="0000 0000")
        assert "码不对" in seen.text
        seen = await farm.submit("/farm/guests", code=shown.text)
        assert "样例住客住进来了" in seen.text
        seen = await farm.submit("/farm/guests", status=409, code=shown.text)
        assert "已经用过了" in seen.text
        assert "271.60" in (await farm.open("/farm/money")).text


async def listed(farm: PageClient, **more: str) -> LoadedPage:
    await farm.open("/farm/sell/fruit")
    values = {"title": "革新庄冬枣", "price": "58.5", "left": "20"} | more
    return await farm.submit("/farm/sell/fruit", files={"photo": ("枣.jpg", a_photo(), "image/jpeg")}, typed=values)


async def test_a_product_is_listed_in_five_fields_with_a_photo(village: Village) -> None:
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/sell")
        assert "阜平大枣" in seen.text
        seen = await farm.open("/farm/sell/fruit")
        form = seen.form("/farm/sell/fruit")
        names = {node.attrs.get("name") for node in form.walk()} - {None, "csrf", "key"}
        [folded] = form.all("details")
        optional = {node.attrs.get("name") for node in folded.walk()} - {None}
        assert optional == {
            "story", "ceiling", "storage", "shelf_days", "no_ship",
            "gross", "pack2", "price2", "left2", "gross2", "pack3", "price3", "left3", "gross3",
        }  # fmt: skip
        assert names - optional == {"title", "photo", "pack", "price", "left"}
        seen = await listed(farm, story="自家院里晒的")
        assert await village.value("SELECT story FROM listings ORDER BY number DESC LIMIT 1") == "自家院里晒的"
        assert "上架了" in seen.text
        assert "58.50 元" in seen.text
        [public] = [link for link in seen.links() if link.startswith("/goods/")]
        seen = await farm.open(public)
        [image] = seen.root.all("img")
        answer = await farm.client.get(image.attrs["src"])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.format == "WEBP"
            assert picture.size == (480, 360)
            assert dict(picture.getexif()) == {}


async def test_a_product_is_listed_with_several_packs(village: Village) -> None:
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/sell/fruit")
        values = {"title": "革新庄冬枣", "price": "58.5", "left": "20", "pack3": "2斤盒", "price3": "十"}
        seen = await farm.submit("/farm/sell/fruit", status=422, typed=values)
        assert "价钱没写对" in seen.text
        seen = await farm.submit("/farm/sell/fruit", status=422, typed={"price3": "26"})
        [error] = [node for node in seen.root.all("p") if node.attrs.get("id") == "left3-e"]
        assert "写上这一种有几份" in error.text
        seen = await farm.submit("/farm/sell/fruit", typed={"left3": "6", "pack2": "10斤箱", "price2": "110"})
        assert "5 斤箱 20，10 斤箱 10，2 斤盒 6" in seen.text


async def test_goods_sold_by_the_piece_are_weighed_with_their_box(village: Village) -> None:
    """Their freight would stay at the first weight, and the seller pay for the rest."""
    weights = "SELECT array_agg(gross_g ORDER BY v.position) FROM variants v JOIN listings l ON l.id = listing_id"
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/sell/livestock")
        values = {"title": "革新庄鸡蛋", "pack": "30枚箱", "price": "36", "left": "20", "gross": "两斤多"}
        values |= {"pack2": "60枚箱", "price2": "70"}
        seen = await farm.submit("/farm/sell/livestock", status=422, typed=values)
        [error] = [node for node in seen.root.all("p") if node.attrs.get("id") == "gross-e"]
        assert "写公斤数，比如 2.5" in error.text
        seen = await farm.submit("/farm/sell/livestock", typed={"gross": "2.25", "gross2": "4.4"})
        assert await village.value(f"{weights} WHERE title = '革新庄鸡蛋'") == [2250, 4400]
        path = seen.path.split("?", maxsplit=1)[0]
        await farm.open(f"{path}/edit")
        await farm.submit(f"{path}/packs/new", typed={"more-pack": "90枚箱", "more-price": "99", "more-gross": "6.5"})
        assert await village.value(f"{weights} WHERE title = '革新庄鸡蛋'") == [2250, 4400, 6500]


async def test_a_form_sent_twice_lists_once_and_another_is_refused(village: Village) -> None:
    sent = {"title": "革新庄冬枣", "price": "58", "left": "20"}
    async with await village.browser(village.farmer) as farm:
        form = await farm.open("/farm/sell/fruit")
        paths: set[str] = set()
        for title, colour, status in (
            ("革新庄冬枣", "firebrick", 200), ("革新庄冬枣", "firebrick", 200),
            ("革新庄小枣", "firebrick", 409), ("革新庄冬枣", "navy", 409),
        ):  # fmt: skip
            farm.page = form  # by the back button
            files = {"photo": ("枣.jpg", a_photo(colour), "image/jpeg")}
            seen = await farm.submit(
                "/farm/sell/fruit", files=files, typed=sent | {"title": title}, status=status
            )  # fmt: skip
            paths |= {seen.path} if status == 200 else set()
            assert ("上次写的和这次不一样" in seen.text) is (status == 409)
        assert len(paths) == 1
    assert await village.value("SELECT count(*) FROM listings WHERE title LIKE '革新庄%枣'") == 1


async def test_missing_fields_are_reported_and_the_others_keep_their_text(village: Village) -> None:
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/sell/fruit")
        seen = await farm.submit("/farm/sell/fruit", status=422, title="冬枣", price="", left="many")
        assert "还差 2 样" in seen.text
        assert "价钱没写。写一个数，比如 39" in seen.text
        assert "选过的没在这里，就再选一次" in seen.text, "without scripts the photo did not come back"
        [title] = [node for node in seen.root.all("input") if node.attrs.get("id") == "title"]
        assert title.attrs["value"] == "冬枣"
        seen = await farm.submit("/farm/sell/fruit", status=422, title="滞销冬枣", price="39", left="9")
        assert "请换个说法：滞销" in seen.text
        assert await village.value("SELECT count(*) FROM listings") == 3
        files = {"photo": ("a.jpg", b"no photo at all", "image/jpeg")}
        await farm.open("/farm/sell/fruit")
        seen = await farm.submit("/farm/sell/fruit", status=422, files=files, title="冬枣", price="39", left="9")
        assert "这个文件打不开" in seen.text
        assert "再选一次" not in seen.text


async def test_a_listing_is_withdrawn_and_relisted(village: Village) -> None:
    async with await village.browser(village.farmer) as farm:
        seen = await listed(farm)
        path = seen.path.split("?", maxsplit=1)[0]
        seen = await farm.submit(path, press=("move", "withdraw"))
        assert "下架了" in seen.text
        assert await village.value("SELECT state FROM listings WHERE title = '革新庄冬枣'") == "withdrawn"
        assert path in (await farm.open("/farm/sell")).links(), "from where it can be put on sale again"
        await farm.open(path)
        await farm.submit(path, press=("move", "relist"))
        assert await village.value("SELECT state FROM listings WHERE title = '革新庄冬枣'") == "live"
        async with await village.browser(village.host) as stranger:
            await stranger.open(path, status=404)


async def test_a_stay_is_listed_in_five_fields(village: Village) -> None:
    async with await village.browser(village.host) as farm:
        await farm.open("/farm/sell/stay")
        seen = await farm.submit("/farm/sell/stay", status=422, title="", rooms="0", price="x")
        assert "还差 3 样" in seen.text
        seen = await farm.submit("/farm/sell/stay", title="骆驼湾西院", rooms="3", price="260", story="火炕、热水")
        assert "上架了" in seen.text
        assert await village.value("SELECT count(*) FROM rooms JOIN listings l ON l.id = listing_id"
                                   " WHERE l.title = '骆驼湾西院'") == 3  # fmt: skip
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/sell/stay")
        seen = await farm.submit("/farm/sell/stay", status=409, title="枣园小院", rooms="1", price="200")
        assert "没有上架 卖民宿要先有民宿经营许可" in seen.text


async def test_a_seller_applies_step_by_step(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open("/farm")
        assert seen.path == "/farm/apply"
        for path in ("/farm/apply?at=130624", "/farm/apply?at=130624101", "/farm/apply?at=130624101201"):
            assert path in seen.links()
            seen = await browser.open(path)
        files = {"photo": ("证.jpg", a_photo(), "image/jpeg")}
        seen = await browser.submit("/farm/apply", status=422, files=files, name="", produce="")
        assert "名称写 2 到 60 个字" in seen.text
        typed = {"name": "样例顾家台小院", "produce": "小米、土鸡蛋", "paper": "cooperative"}
        seen = await browser.submit("/farm/apply", status=422, files=files, typed=typed, applicant="")
        assert "写上您的姓名" in seen.text
        seen = await browser.submit("/farm/apply", files=files, typed=typed, applicant="样例顾某")
        assert "交上去了" in seen.text
        assert "村里核实，等办" in seen.text
        assert await village.value("SELECT state FROM producers WHERE name = '样例顾家台小院'") == "applied"
        assert await village.value("SELECT name FROM accounts WHERE id = $1", village.buyer) == "样例顾某"
        assert await village.value("SELECT kind FROM certificates ORDER BY id DESC LIMIT 1") == "cooperative"
        photo = await village.value("SELECT photo_id FROM certificates ORDER BY id DESC LIMIT 1")
        answer = await browser.client.get(f"/certificates/{photo}")
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-type"] == "image/webp"
        async with await village.browser(village.farmer) as stranger:
            assert (await stranger.client.get(f"/certificates/{photo}")).status_code == 404
            assert (await stranger.client.get("/photos/" + "0" * 40 + "-480.webp")).status_code == 404


async def test_the_phone_bill_does_not_name_the_subsidy_category(village: Village) -> None:
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/bill")
        assert "还没有您的减免" in seen.text
        assert "卖货收入不影响话费减免。" in seen.text
        assert "村里、县里还没有登记联系人，有事先打服务电话" in seen.html


async def test_what_is_shipped_cold_is_said_charged_and_not_sent_where_it_cannot_go(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}"
    async with await village.browser(village.farmer) as farm, await village.browser(village.buyer) as buyer:
        await farm.open("/farm/freight")
        await farm.submit("/farm/freight", typed={"cold_price": "4", "remote_price": "10", "remote": "65"})
        await farm.open(f"{path}/edit")
        seen = await farm.submit(f"{path}/edit", status=422, typed={"storage": "chilled", "shelf_days": "很久"})
        assert "能放几天，写一个数" in seen.text
        await farm.submit(f"{path}/edit", typed={"storage": "chilled", "shelf_days": "7", "no_ship": "46"})
        seen = await buyer.open(f"/goods/{number}")
        assert "冷藏发，收到放冰箱冷藏。从发出那天算，能放 7 天。" in seen.text
        assert "冷链加 4.00 元，新疆维吾尔自治区加 10.00 元 18.00 元" in seen.text
        seen = await buyer.open(f"/goods/{number}?region=650000")
        assert "加 10.00 元 28.00 元" in seen.text
        seen = await buyer.open(f"/goods/{number}?region=460000")
        assert "不发海南省" in seen.text
        assert "运费到" not in seen.text
        await buyer.submit("/cart/goods")
        seen = await buyer.open("/cart?region=460000")
        assert "这一样不发往您的地区" in seen.text
        seen = await buyer.open("/cart?region=650000")
        assert "这一样不发往您的地区" not in seen.text


async def test_a_lower_price_from_a_quantity_is_written_shown_and_charged(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}"
    async with await village.browser(village.farmer) as farm, await village.browser(village.buyer) as buyer:
        await farm.open(path)
        wrong = {"from-0-0": "3", "tier-0-0": "46", "public-0": "九十"}
        seen = await farm.submit(f"{path}/offer", status=422, typed=wrong)
        assert seen.html.index('id="errors"') < seen.html.index('class="prod"')
        assert "买得多，每份要更便宜" in seen.text
        assert "公家单位的价没写对" in seen.text
        [typed] = [node for node in seen.root.all("input") if node.attrs.get("name") == "public-0"]
        assert typed.attrs["value"] == "九十"
        await farm.submit(f"{path}/offer", typed={"tier-0-0": "40", "public-0": "38"})
        seen = await buyer.open(f"/goods/{number}")
        assert "满 3 箱，一箱 40.00 元" in seen.text
        assert "公家单位一箱 38.00 元" in seen.text
        await buyer.submit("/cart/goods", n="3")
        seen = await buyer.open("/cart")
        assert "40.00 元/箱，买得多的价" in seen.text
        assert "120.00" in seen.text
        await farm.open(path)
        await farm.submit(f"{path}/offer", typed={"from-0-0": "", "tier-0-0": "", "public-0": ""})
        assert await village.value("SELECT count(*) FROM tier_prices") == 0
