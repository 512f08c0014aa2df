"""What a farmer finds out before filling a form, and what may be changed after: papers, freight, price and stock."""

import re
from datetime import datetime, timedelta

import pytest

from market.aftersales import ship_suborder
from market.catalogue import Move, move_listing
from market.identity import Role
from market.kernel.clock import Clock
from market.producers import verify_certificate
from payments.sandbox import Sandbox
from tests.factories import SEAL, a_producer, a_product, an_official, the_actor
from tests.web.pages.conftest import Village
from tests.web.pages.test_buying import ADDRESS, number_of, press_pay
from tests.web.pages.test_selling import a_photo
from tests.web.pages.walker import Walker

PERMIT = "/farm/papers?kind=homestay_permit"
FREE = "您现在包邮，快递费算您的。"


async def verified(village: Village) -> None:
    """Let the county verify every certificate that waits."""
    async with village.database.transaction() as conn:
        county = await the_actor(conn, await an_official(conn, Role.COUNTY, "130624"))
        for row in await conn.fetch("SELECT id, producer_id FROM certificates WHERE verified_at IS NULL"):
            await verify_certificate(conn, county, row["producer_id"], row["id"], now=Clock().now())


async def test_a_household_hands_in_its_permit_and_then_lets_a_room(village: Village) -> None:
    async with await village.walker(village.farmer) as farm:
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
async def test_a_certificate_that_cannot_be_checked_is_not_taken(
    village: Village, typed: dict[str, str], words: str
) -> None:
    async with await village.walker(village.farmer) as farm:
        before = await village.value("SELECT count(*) FROM certificates")
        await farm.open("/farm/papers")
        seen = await farm.submit("/farm/papers", status=422, typed=typed)
        assert words in seen.text
        assert await village.value("SELECT count(*) FROM certificates") == before


async def test_who_is_not_admitted_yet_is_told_before_filling_a_form(village: Village) -> None:
    async with village.database.transaction() as conn:
        await a_producer(conn, name="样例等着的家", owner=village.buyer, state="confirmed")
    words = "审核通过后才能卖东西；现在是村里已核实，等县里推荐"
    async with await village.walker(village.buyer) as farm:
        seen = await farm.open("/farm")
        assert "现在不能卖 样例等着的家：村里已核实，等县里推荐" in seen.text
        for path, name in (("/farm/sell/nut", "核桃"), ("/farm/sell/stay", "小院")):
            seen = await farm.open(path)
            assert seen.text.index(words) < seen.text.index("叫什么")
            assert "/farm/apply" in seen.links()
            more = {"left": "5"} if path.endswith("nut") else {"rooms": "1"}
            seen = await farm.submit(path, status=409, typed={"title": name, "price": "30", **more})
            assert seen.text.count(words) == 1
            assert seen.text.index(words) < seen.text.index("叫什么")
        assert await village.value("SELECT count(*) FROM listings WHERE title IN ('核桃', '小院')") == 0


async def test_who_is_not_signed_in_is_led_to_it_and_back(village: Village) -> None:
    async with await village.walker() as walker:
        for path in ("/farm", "/farm/bill", "/farm/money", "/farm/papers", "/farm/listings/1"):
            answer = await walker.client.get(f"{path}?a=1")
            assert (answer.status_code, answer.headers["cache-control"]) == (303, "private, no-store")
            assert answer.headers["location"] == f"/sign-in?to={path.replace('/', '%2F')}%3Fa%3D1"
            assert answer.headers["x-content-type-options"] == "nosniff"
        answer = await walker.client.post("/farm/papers", data={"kind": "licence"})
        assert answer.status_code == 401


async def the_listing(village: Village) -> str:
    return f"/farm/listings/{await village.number(village.dates.listing_id)}"


async def offer_of(village: Village) -> tuple[int, int, int]:
    """The price of the dates, what is left, and what waits in orders."""
    async with village.database.connection() as conn:
        row = await conn.fetchrow(
            "SELECT price_fen, left_units, waiting_units FROM variants JOIN lots ON lots.id = lot_id"
            " WHERE variants.id = $1", village.dates.variant_id,
        )  # fmt: skip
    assert row is not None
    return row["price_fen"], row["left_units"], row["waiting_units"]


async def test_price_and_stock_of_ones_own_are_changed_once_a_form(village: Village) -> None:
    path = await the_listing(village)
    async with await village.walker(village.farmer) as farm:
        seen = await farm.open(path)
        form = farm.page
        for _ in range(2):
            farm.page = form
            seen = await farm.submit(f"{path}/offer", typed={"price-0": "47.5", "left-0": "30"})
        assert "改好了" in seen.text
        assert "47.50 元" in seen.text
        assert await offer_of(village) == (47_50, 30, 0)
        recorded = "SELECT count(*) FROM audit_entries WHERE action = 'listing.price'"
        assert await village.value(recorded) == 1
        await farm.submit(f"{path}/offer", typed={"left-0": "31"})
        assert await offer_of(village) == (47_50, 31, 0)
        assert await village.value(recorded) == 1
        async with await village.walker(village.host) as stranger:
            await stranger.open("/farm/sell")
            csrf = re.search(r'name="csrf" value="(\w+)"', stranger.seen.html)
            assert csrf is not None
            body = {"csrf": csrf[1], "price-0": "1", "left-0": "1", "seen-0": "1"}
            assert (await stranger.client.post(f"{path}/offer", data=body)).status_code == 404
        assert await offer_of(village) == (47_50, 31, 0)


async def test_what_was_ordered_since_the_page_was_opened_stays_ordered(village: Village) -> None:
    path = await the_listing(village)
    async with await village.walker(village.farmer) as farm:
        await farm.open(path)
        assert await village.value(
            "UPDATE lots SET left_units = 2, waiting_units = 48 WHERE id = $1 RETURNING 1", village.dates.lot_id
        ) == 1  # fmt: skip
        # 50 were shown, 45 are there: five fewer than thought, but only two can still be sold.
        seen = await farm.submit(f"{path}/offer", status=409, typed={"price-0": "47", "left-0": "45"})
        assert "刚有人下了单，能卖的不够减了" in seen.text
        assert "还有 2 箱" in seen.text
        assert await offer_of(village) == (45_00, 2, 48)
        seen = await farm.submit(f"{path}/offer", typed={"price-0": "47", "left-0": "0"})
        assert await offer_of(village) == (47_00, 0, 48)


@pytest.mark.parametrize(
    ("price", "left", "words"),
    [
        ("0", "5", "价钱没写对"), ("", "5", "价钱没写对"), ("1000001", "5", "价钱没写对"), ("4.999", "5", "价钱没写对"),
        ("45", "-1", "还有几份没写对"), ("45", "", "还有几份没写对"), ("45", "1000001", "还有几份没写对"),
    ],
)  # fmt: skip
async def test_a_price_or_a_count_that_is_none_changes_nothing(
    village: Village, price: str, left: str, words: str
) -> None:
    path = await the_listing(village)
    async with await village.walker(village.farmer) as farm:
        await farm.open(path)
        seen = await farm.submit(f"{path}/offer", status=422, typed={"price-0": price, "left-0": left})
        assert words in seen.text
        assert await offer_of(village) == (45_00, 50, 0)


async def test_the_price_of_a_night_is_changed_and_a_suspended_thing_is_not(village: Village) -> None:
    async with await village.walker(village.host) as farm:
        path = f"/farm/listings/{await village.number(village.stay.listing_id)}"
        seen = await farm.open(path)
        assert [node for node in seen.root.all("input") if node.attrs.get("id") == "left-0"] == []
        await farm.submit(f"{path}/offer", typed={"price-0": "300"})
        price = "SELECT price_fen FROM variants WHERE id = $1"
        assert await village.value(price, village.stay.variant_id) == 300_00
        form = farm.page
        async with village.database.transaction() as conn:
            county = await the_actor(conn, await an_official(conn, Role.COUNTY, "130624"))
            await move_listing(conn, county, village.stay.listing_id, Move.SUSPEND, reason="样例", now=Clock().now())
        seen = await farm.open(path)
        assert "改价" not in seen.text
        farm.page = form
        await farm.submit(f"{path}/offer", status=404, typed={"price-0": "310"})
        assert await village.value(price, village.stay.variant_id) == 300_00


async def test_who_pays_for_carriage_is_said_and_set_in_words(village: Village) -> None:
    async with village.database.transaction() as conn:
        producer = await a_producer(conn, owner=village.buyer)
        walnuts = await a_product(conn, producer, title="样例核桃", category="nut", unit="500g袋", gross_g=2000)
    public = f"/goods/{await village.number(walnuts.listing_id)}"
    async with await village.walker(village.buyer) as farm:
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
        assert "还差 5 样" in seen.text
        await farm.open("/farm/freight")
        seen = await farm.submit("/farm/freight", typed={"way": "free", "no_ship": "65"})
        assert FREE in seen.text
        kept = "SELECT (first_fen, next_fen, no_ship)::text FROM freight_templates WHERE producer_id = $1"
        assert await village.value(kept, producer) == "(0,0,{65})"
        assert "运费含在价钱里" in (await farm.open(public)).text


async def test_a_template_says_what_others_ask_for_which_pack(village: Village) -> None:
    async with village.database.transaction() as conn:
        await a_product(conn, village.millet.producer_id, title="干大枣", category="nut", net_g=1000, price_fen=20_00)
    async with await village.walker(village.host) as farm:
        assert "别家约 20.00 元/1 公斤袋" in (await farm.open("/farm/sell")).text


async def received(walker: Walker, village: Village, sandbox: Sandbox, at: datetime) -> str:
    """Buy, receive, and say when the money was released; return the order's number."""
    await walker.open(f"/goods/{await village.number(village.dates.listing_id)}")
    await walker.submit("/cart/goods", n="1")
    await walker.open("/checkout?region=130000")
    await walker.submit("/checkout", rail="wechat", typed=ADDRESS)
    await press_pay(village, sandbox, walker)
    number = str(await number_of(village))
    async with village.database.transaction() as conn:
        parcel = await conn.fetchval("SELECT s.id FROM suborders s ORDER BY s.id DESC LIMIT 1")
        farmer = await the_actor(conn, village.farmer)
        await ship_suborder(conn, SEAL, farmer, parcel, carrier="邮政", tracking=f"XA{number}000", now=Clock().now())
    await walker.open(f"/orders/{number}")
    await walker.submit(f"/orders/{number}/receive/1")
    moved = "UPDATE suborders SET released_at = $2 FROM orders WHERE orders.id = order_id AND number = $1 RETURNING 1"
    assert await village.value(moved, int(number), at) == 1
    return number


async def test_money_that_came_in_is_told_the_latest_first(village: Village, sandbox: Sandbox) -> None:
    now = Clock().now()
    async with await village.walker(village.buyer) as walker, await village.walker(village.farmer) as farm:
        days = (5, 1, 9)
        numbers = {day: await received(walker, village, sandbox, now - timedelta(days=day)) for day in days}
        for path in ("/farm", "/farm/money"):
            text = (await farm.open(path)).text
            shown = [text.index(f"{numbers[day]}-1") for day in (1, 5, 9)]
            assert shown == sorted(shown), path
