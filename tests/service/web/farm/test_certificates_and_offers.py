"""Obstacles before a seller's forms, and later changes: certificates, freight, price and stock."""

import re
from datetime import datetime, timedelta

import pytest

from market.catalogue.listings.edit import move_listing
from market.catalogue.listings.models import ListingMove
from market.catalogue.producers.check_certificates import verify_certificate
from market.kernel.clock import Clock
from market.people.identity.models import Role
from market.sales.aftersales.ship import ship_suborder
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.farm.test_selling import a_photo
from tests.service.web.shop.test_buying import ADDRESS, get_order_number, pay_at_provider
from tests.support.browser import PageClient
from tests.support.make import SEAL, load_actor, make_official, make_producer, make_product

PERMIT = "/farm/papers?kind=homestay_permit"
FREE = "您现在包邮，快递费算您的。"


async def verified(village: Village) -> None:
    """Verify every pending certificate, as the county does."""
    async with village.database.transaction() as conn:
        county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        for row in await conn.fetch("SELECT id, producer_id FROM certificates WHERE verified_at IS NULL"):
            await verify_certificate(conn, county, row["producer_id"], row["id"], now=Clock().now())


async def test_a_household_submits_its_permit_and_then_lists_a_stay(village: Village) -> None:
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/sell/stay")
        assert (
            seen.text.index("现在还不能上架") < seen.text.index("卖民宿要先有民宿经营许可") < seen.text.index("叫什么")
        )
        assert PERMIT in seen.links()
        assert "住宿许可证" not in seen.html
        seen = await farm.open(PERMIT)
        form = farm.page
        files = {"photo": ("证.jpg", a_photo(), "image/jpeg")}
        for _ in range(2):
            farm.page = form
            seen = await farm.submit("/farm/papers", files=files, number="样例特字 7 号", until="2099-05-01")
        assert "交上去了" in seen.text
        assert "样例特字 7 号，2099年5月1日到期 等县里核对 民宿经营许可" in seen.text
        seen = await farm.open("/farm/sell/stay")
        assert "民宿经营许可已经交了，等县里核对。" in seen.text
        assert "/farm/papers" in seen.links()
        kept = "SELECT count(*) FROM certificates WHERE verified_at IS NULL AND photo_id IS NOT NULL AND kind = $1"
        assert await village.value(kept, "homestay_permit") == 1
        await verified(village)
        assert "县里核对过了" in (await farm.open("/farm/papers")).text
        assert "还不能上架" not in (await farm.open("/farm/sell/stay")).text
        seen = await farm.submit("/farm/sell/stay", title="枣园小院", rooms="1", price="200")
        assert "上架了" in seen.text
        assert {"/farm/papers", "/farm/freight"} <= set((await farm.open("/farm/mine")).links())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "", "until": ""}, "每份证件要有照片或证号"),
        ({"number": "样例-1", "until": "2001-01-01"}, "这张证已经过期了"),
        ({"number": "样例-1", "until": "明年"}, "到期的日子写成"),
        ({"number": "号" * 61, "until": ""}, "证号最多 60 个字"),
    ],
)
async def test_an_invalid_certificate_form_is_refused(village: Village, typed: dict[str, str], words: str) -> None:
    async with await village.browser(village.farmer) as farm:
        before = await village.value("SELECT count(*) FROM certificates")
        await farm.open("/farm/papers")
        seen = await farm.submit("/farm/papers", status=422, typed=typed)
        assert words in seen.text
        assert await village.value("SELECT count(*) FROM certificates") == before


async def test_a_pending_seller_sees_the_obstacle_before_filling_a_form(village: Village) -> None:
    async with village.database.transaction() as conn:
        await make_producer(conn, name="样例等着的家", owner=village.buyer, state="confirmed")
    words = "审核通过后才能卖东西；现在是村里已核实，等县里推荐"
    async with await village.browser(village.buyer) as farm:
        seen = await farm.open("/farm")
        assert "样例等着的家现在不能卖：村里已核实，等县里推荐" in seen.text
        for path, name in (("/farm/sell/nut", "核桃"), ("/farm/sell/stay", "小院")):
            seen = await farm.open(path)
            assert seen.text.index(words) < seen.text.index("叫什么")
            assert "/farm/apply" in seen.links()
            more = {"left": "5"} if path.endswith("nut") else {"rooms": "1"}
            seen = await farm.submit(path, status=409, typed={"title": name, "price": "30", **more})
            assert seen.text.count(words) == 1
            assert seen.text.index(words) < seen.text.index("叫什么")
        assert await village.value("SELECT count(*) FROM listings WHERE title IN ('核桃', '小院')") == 0


async def test_a_visitor_is_redirected_to_sign_in_and_back(village: Village) -> None:
    async with await village.browser() as browser:
        for path in ("/farm", "/farm/bill", "/farm/money", "/farm/papers", "/farm/listings/1"):
            answer = await browser.client.get(f"{path}?a=1")
            assert (answer.status_code, answer.headers["cache-control"]) == (303, "private, no-store")
            assert answer.headers["location"] == f"/sign-in?to={path.replace('/', '%2F')}%3Fa%3D1"
            assert answer.headers["x-content-type-options"] == "nosniff"
        answer = await browser.client.post("/farm/papers", data={"kind": "licence"})
        assert answer.status_code == 401


async def the_listing(village: Village) -> str:
    return f"/farm/listings/{await village.number(village.dates.listing_id)}"


async def load_offer(village: Village) -> tuple[int, int, int]:
    """The price of the dates, and their available and reserved units."""
    async with village.database.connection() as conn:
        row = await conn.fetchrow(
            "SELECT price_fen, available_units, reserved_units FROM variants JOIN lots ON lots.id = lot_id"
            " WHERE variants.id = $1", village.dates.variant_id,
        )  # fmt: skip
    assert row is not None
    return row["price_fen"], row["available_units"], row["reserved_units"]


async def test_a_form_sent_twice_changes_price_and_stock_once(village: Village) -> None:
    path = await the_listing(village)
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open(path)
        form = farm.page
        for _ in range(2):
            farm.page = form
            seen = await farm.submit(f"{path}/offer", typed={"price-0": "47.5", "left-0": "30"})
        assert "改好了" in seen.text
        assert "47.50 元" in seen.text
        assert await load_offer(village) == (47_50, 30, 0)
        recorded = "SELECT count(*) FROM audit_entries WHERE action = 'listing.price'"
        assert await village.value(recorded) == 1
        await farm.submit(f"{path}/offer", typed={"left-0": "31"})
        assert await load_offer(village) == (47_50, 31, 0)
        assert await village.value(recorded) == 1
        async with await village.browser(village.host) as stranger:
            await stranger.open("/farm/sell")
            csrf = re.search(r'name="csrf" value="(\w+)"', stranger.current.html)
            assert csrf is not None
            body = {"csrf": csrf[1], "price-0": "1", "left-0": "1", "seen-0": "1"}
            assert (await stranger.client.post(f"{path}/offer", data=body)).status_code == 404
        assert await load_offer(village) == (47_50, 31, 0)


async def test_stock_ordered_since_the_page_was_opened_stays_reserved(village: Village) -> None:
    path = await the_listing(village)
    async with await village.browser(village.farmer) as farm:
        await farm.open(path)
        assert await village.value(
            "UPDATE lots SET available_units = 2, reserved_units = 48 WHERE id = $1 RETURNING 1", village.dates.lot_id
        ) == 1  # fmt: skip
        # The form showed 50 and the seller counts 45: five fewer, but only two are still available.
        seen = await farm.submit(f"{path}/offer", status=409, typed={"price-0": "47", "left-0": "45"})
        assert "刚有人下了单，能卖的不够减了" in seen.text
        assert "还有 2 箱" in seen.text
        assert await load_offer(village) == (45_00, 2, 48)
        seen = await farm.submit(f"{path}/offer", typed={"price-0": "47", "left-0": "0"})
        assert await load_offer(village) == (47_00, 0, 48)


@pytest.mark.parametrize(
    ("price", "left", "words"),
    [
        ("0", "5", "价钱没写对"), ("", "5", "价钱没写对"), ("1000001", "5", "最多 1,000,000.00"),
        ("4.999", "5", "价钱没写对"),
        ("45", "-1", "还有几份没写对"), ("45", "", "还有几份没写对"), ("45", "1000001", "还有几份没写对"),
    ],
)  # fmt: skip
async def test_an_invalid_price_or_quantity_changes_nothing(
    village: Village, price: str, left: str, words: str
) -> None:
    path = await the_listing(village)
    async with await village.browser(village.farmer) as farm:
        await farm.open(path)
        seen = await farm.submit(f"{path}/offer", status=422, typed={"price-0": price, "left-0": left})
        assert words in seen.text
        assert await load_offer(village) == (45_00, 50, 0)


async def test_the_price_of_a_night_changes_and_a_suspended_listing_does_not(village: Village) -> None:
    async with await village.browser(village.host) as farm:
        path = f"/farm/listings/{await village.number(village.stay.listing_id)}"
        seen = await farm.open(path)
        assert [node for node in seen.root.all("input") if node.attrs.get("id") == "left-0"] == []
        await farm.submit(f"{path}/offer", typed={"price-0": "300"})
        price = "SELECT price_fen FROM variants WHERE id = $1"
        assert await village.value(price, village.stay.variant_id) == 300_00
        form = farm.page
        async with village.database.transaction() as conn:
            county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
            await move_listing(
                conn, county, village.stay.listing_id, ListingMove.SUSPEND, reason="样例", now=Clock().now()
            )
        seen = await farm.open(path)
        assert "改价" not in seen.text
        farm.page = form
        await farm.submit(f"{path}/offer", status=404, typed={"price-0": "310"})
        assert await village.value(price, village.stay.variant_id) == 300_00


async def test_the_freight_rule_is_described_and_set(village: Village) -> None:
    async with village.database.transaction() as conn:
        producer = await make_producer(conn, owner=village.buyer)
        walnuts = await make_product(conn, producer, title="样例核桃", category="nut", unit="500g袋", gross_g=2000)
    public = f"/goods/{await village.number(walnuts.listing_id)}"
    async with await village.browser(village.buyer) as farm:
        assert "运费含在价钱里" in (await farm.open(public)).text
        seen = await farm.open("/farm/sell/fruit")
        assert FREE in seen.text
        assert "/farm/freight" in seen.links()
        assert FREE in (await farm.open("/farm/freight")).text
        charged = {"way": "charged", "first": "1", "first_price": "8", "more": "0.5", "more_price": "2.5"}
        seen = await farm.submit("/farm/freight", typed={**charged, "free_above": "88"})
        rule = "1 公斤内 8.00 元，每加 0.5 公斤 2.50 元；满 88.00 元免"
        assert f"买家付快递费：{rule}。" in seen.text
        assert f"买家付快递费：{rule}。" in (await farm.open("/farm/sell/fruit")).text
        assert f"{rule} 13.00 元" in (await farm.open(public)).text
        await farm.open("/farm/freight")
        wrong = {
            "way": "charged",
            "first": "0",
            "first_price": "",
            "more": "x",
            "more_price": "10001",
            "free_above": "a",
        }
        seen = await farm.submit("/farm/freight", status=422, typed=wrong)
        assert "有 5 处要改" in seen.text
        await farm.open("/farm/freight")
        seen = await farm.submit("/farm/freight", typed={"way": "free", "no_ship": "65"})
        assert FREE in seen.text
        kept = "SELECT (first_fen, next_fen, no_ship)::text FROM freight_templates WHERE producer_id = $1"
        assert await village.value(kept, producer) == "(0,0,{65})"
        assert "运费含在价钱里" in (await farm.open(public)).text


async def test_a_template_shows_other_sellers_prices_of_the_same_pack(village: Village) -> None:
    async with village.database.transaction() as conn:
        await make_product(
            conn, village.millet.producer_id, title="干大枣", category="nut", net_g=1000, price_fen=20_00
        )
    async with await village.browser(village.host) as farm:
        assert "1 公斤袋，别家卖 20.00 元左右" in (await farm.open("/farm/sell")).text


async def received(browser: PageClient, village: Village, sandbox: Sandbox, at: datetime) -> str:
    """Buy and receive, set the time of the escrow's release, and return the order's number."""
    await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
    await browser.submit("/cart/goods", n="1")
    await browser.open("/checkout?region=130000")
    await browser.submit("/checkout", method="wechat", typed=ADDRESS)
    await pay_at_provider(village, sandbox, browser)
    number = str(await get_order_number(village))
    async with village.database.transaction() as conn:
        parcel = await conn.fetchval("SELECT s.id FROM suborders s ORDER BY s.id DESC LIMIT 1")
        farmer = await load_actor(conn, village.farmer)
        await ship_suborder(conn, SEAL, farmer, parcel, carrier="邮政", tracking=f"XA{number}000", now=Clock().now())
    await browser.open(f"/orders/{number}")
    await browser.submit(f"/orders/{number}/receive/1")
    moved = "UPDATE suborders SET released_at = $2 FROM orders WHERE orders.id = order_id AND number = $1 RETURNING 1"
    assert await village.value(moved, int(number), at) == 1
    return number


async def test_earnings_are_listed_latest_first(village: Village, sandbox: Sandbox) -> None:
    now = Clock().now()
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        days = (5, 1, 9)
        numbers = {day: await received(browser, village, sandbox, now - timedelta(days=day)) for day in days}
        for path in ("/farm", "/farm/money"):
            text = (await farm.open(path)).text
            shown = [text.index(f"{numbers[day]}-1") for day in (1, 5, 9)]
            assert shown == sorted(shown), path
