"""Coupons on a buyer's pages: claimed, chosen at checkout with the total charged, and refused at their field."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from market.kernel.clock import Clock
from market.sales.coupons.manage import Coupon, create_coupon, create_producer_coupon
from tests.service.web.conftest import Village
from tests.service.web.shop.test_buying import ADDRESS, get_order_number
from tests.support.browser import LoadedPage
from tests.support.coupons import make_platform_staff, new_coupon
from tests.support.make import load_owner, make_producer

DAY = timedelta(days=1)


async def make_coupon(village: Village, *, of_producer: bool = False, **changes: Any) -> Coupon:
    today = Clock().today()
    new = new_coupon(**({"starts_on": today, "ends_on": today + 9 * DAY} | changes))
    async with village.database.transaction() as conn:
        if of_producer:
            producer = village.millet.producer_id
            return await create_producer_coupon(
                conn, await load_owner(conn, producer), producer, new, now=Clock().now()
            )
        return await create_coupon(conn, await make_platform_staff(conn), new, now=Clock().now())


def read_total(page: LoadedPage) -> int:
    return int(next(each.attrs["value"] for each in page.root.all("input") if each.attrs.get("name") == "total"))


def read_choices(page: LoadedPage) -> list[tuple[str, bool]]:
    return [
        (each.attrs["value"], "checked" in each.attrs)
        for each in page.root.all("input")
        if each.attrs.get("name") == "voucher"
    ]


async def test_a_buyer_claims_a_coupon_chooses_it_and_pays_the_total_that_was_shown(village: Village) -> None:
    public = await make_coupon(village, name="满30减2", amount_fen=2_00, min_goods_fen=30_00)
    await make_coupon(village, name="小米券", code="MI2019", amount_fen=3_00, min_goods_fen=30_00, of_producer=True)
    await make_coupon(village, name="满500减50", amount_fen=50_00, min_goods_fen=500_00)
    async with await village.browser(village.buyer) as browser:
        await browser.open(f"/goods/{await village.number(village.millet.listing_id)}")
        await browser.submit("/cart/goods", n="1")
        page = await browser.open("/checkout?region=440000")
        assert read_choices(page) == []
        plain = read_total(page)
        page = await browser.open("/coupons")
        assert "满 30.00 元减 2.00 元" in page.text
        assert "走查得到的快递" in page.text
        await browser.submit("/coupons", number=str(public.number))
        page = await browser.submit("/coupons", code="mi2019")
        assert "领到了" in page.text
        buttons = [each.attrs.get("aria-label") for each in page.root.all("button")]
        assert ("领满30减2" in buttons, "领满500减50" in buttons) == (False, True), "only what may be claimed"
        assert "满 30.00 元减 3.00 元，样例顾家台合作社" in page.text
        assert "满 30.00 元减 2.00 元，什么都能买" in page.text
        refused = await browser.submit("/coupons", status=409, code="mi2019")
        assert "每人最多领 1 张" in refused.text
        assert "没有这个券" in (await browser.submit("/coupons", status=404, code="XXXX")).text
        page = await browser.open("/checkout?region=440000")
        assert read_total(page) == plain - 3_00
        [(best, chosen), (other, _), (none, _)] = read_choices(page)
        assert (chosen, none) == (True, "none")
        assert "走查得到的快递" not in page.text
        page = await browser.submit("/checkout", typed=ADDRESS, voucher=other, press=("do", "voucher"))
        assert "用平台出的券买的货，走查得到的快递，或者到自提点取。" in page.text
        assert read_total(page) == plain - 2_00
        assert ADDRESS["address"] in {each.attrs.get("value") for each in page.root.all("input")}
        page = await browser.submit("/checkout", status=422, voucher="none", method="wechat")
        assert "一共的钱变了" in page.text
        assert read_total(page) == plain
        page = await browser.submit("/checkout", voucher=best, press=("do", "voucher"))
        await browser.submit("/checkout", method="wechat")
        number = await get_order_number(village)
        assert await village.value("SELECT total_fen FROM orders WHERE number = $1", number) == plain - 3_00
        page = await browser.open(f"/orders/{number}")
        assert "店家的券" in page.text
        assert "用过了" in (await browser.open("/coupons")).text


async def test_a_voucher_that_cannot_be_used_any_more_is_refused_at_its_field_and_the_cart_stays(
    village: Village,
) -> None:
    coupon = await make_coupon(village, amount_fen=2_00, min_goods_fen=30_00)
    async with await village.browser(village.buyer) as browser:
        await browser.open("/coupons")
        await browser.submit("/coupons", number=str(coupon.number))
        await browser.open(f"/goods/{await village.number(village.millet.listing_id)}")
        await browser.submit("/cart/goods", n="1")
        await browser.open("/checkout?region=440000")
        await village.value("UPDATE coupons SET valid_during = '[2019-01-01,2019-01-02)' RETURNING 1")
        page = await browser.submit("/checkout", status=422, method="wechat", typed=ADDRESS)
        assert "已经过期" in page.text
        assert read_choices(page) == [("none", True)]
        assert await village.value("SELECT count(*) FROM orders") == 0
        assert await village.value("SELECT count(*) FROM cart_lines") == 1
        await browser.submit("/checkout", method="wechat")
        assert await village.value("SELECT discount_fen FROM orders") == 0


async def test_the_owner_makes_a_coupon_on_a_page_and_closes_it(village: Village) -> None:
    today = Clock().today()
    typed = {
        "name": "自家满80减5", "amount": "5", "minimum": "80", "ends_on": str(today + 9 * DAY), "quota": "10",
        "per_person": "1",
    }  # fmt: skip
    async with await village.browser(village.farmer) as browser:
        await browser.open("/farm/money")
        page = await browser.open("/farm/coupons")
        for wrong in ({"minimum": "5"}, {"amount": "五"}, {"quota": "0"}, {"ends_on": str(today - DAY)}):
            page = await browser.submit("/farm/coupons", typed=typed | wrong, status=422)
            assert [each.attrs["href"] for each in page.root.all("a") if each.attrs.get("href") in
                    {f"#{name}" for name in typed}] == [f"#{name}" for name in wrong]  # fmt: skip
        shown = browser.page
        for _ in range(2):
            browser.page = shown
            page = await browser.submit("/farm/coupons", typed=typed)
            assert "发 10 张，领了 0 张，用了 0 张" in page.text
        assert await village.value("SELECT count(*) FROM coupons") == 1
        assert await village.value("SELECT bearer FROM coupons WHERE state = 'open'") == "producer"
        page = await browser.submit("/farm/coupons", close=await village.value("SELECT id::text FROM coupons"))
        assert "（停了）" in page.text
        assert await village.value("SELECT state FROM coupons") == "closed"


async def test_an_owner_of_two_shops_makes_a_coupon_of_the_one_chosen(village: Village) -> None:
    first = village.dates.producer_id
    async with village.database.transaction() as conn:
        second = await make_producer(conn, name="样例第二家", owner=village.farmer)
    typed = {
        "name": "满80减5", "amount": "5", "minimum": "80", "ends_on": str(Clock().today() + 9 * DAY), "quota": "10",
        "per_person": "1",
    }  # fmt: skip
    async with await village.browser(village.farmer) as browser:
        for shop, other in ((first, second), (second, first)):
            page = await browser.open(f"/farm/coupons?of={shop}")
            assert f"/farm/coupons?of={other}" in page.links()
            assert "还没有发过" in page.text
            await browser.submit("/farm/coupons", typed=typed | {"amount": "五"}, status=422)
            page = await browser.submit("/farm/coupons", typed=typed)
            assert "发 10 张，领了 0 张，用了 0 张" in page.text
        assert await village.value("SELECT array_agg(producer_id ORDER BY id) FROM coupons") == [first, second]
        await browser.open(f"/farm/coupons?of={first}")
        coupon = await village.value("SELECT id::text FROM coupons ORDER BY id LIMIT 1")
        page = await browser.submit("/farm/coupons", close=coupon)
        assert "（停了）" in page.text
        await browser.open(f"/farm/coupons?of={uuid4()}", status=404)


async def test_coupons_are_shown_where_they_help(village: Village) -> None:
    product = f"/goods/{await village.number(village.millet.listing_id)}"
    other = f"/goods/{await village.number(village.dates.listing_id)}"
    own = await make_coupon(village, name="小米券", amount_fen=3_00, min_goods_fen=30_00, of_producer=True)
    await make_coupon(village, name="满500减50", amount_fen=50_00, min_goods_fen=500_00)
    async with await village.browser() as visitor:
        assert "满 500.00 元减 50.00 元等 2 种，去领" in (await visitor.open("/")).text
        seen = await visitor.open(product)
        assert "满 30.00 元减 3.00 元，样例顾家台合作社，减的钱店家出" in seen.text
        assert "小米券" not in (await visitor.open(other)).text
        await visitor.open(product)
        await visitor.submit("/cart/goods", n="1")
        assert "现在领，能减 3.00 元（店家出）" in (await visitor.open("/cart")).text
    async with await village.browser(village.buyer) as browser:
        await browser.open(product)
        await browser.submit("/cart/goods", n="1")
        await browser.open("/cart")
        seen = await browser.submit("/coupons", number=str(own.number))
        assert seen.path == "/cart"
        assert "结账时用“小米券”，减 3.00 元（店家出）" in seen.text
        assert "满500减50" not in seen.text
        seen = await browser.open(product)
        assert "您有一张券：满 30.00 元减 3.00 元" in seen.text
        assert "领小米券" not in seen.html
        seen = await browser.submit("/coupons")
        assert seen.path == product
        seen = await browser.open("/cart")
        assert "“满500减50”要满 500.00 元才能用，现在是 32.00 元。" in seen.text
        await village.value("UPDATE coupons SET valid_during = '[2019-01-01,2019-01-02)' RETURNING 1")
        assert "小米券" not in (await browser.open("/cart")).text
        await asyncio.sleep(1)  # the home page keeps the best coupon that long
        assert "去领" not in (await browser.open("/")).text


async def test_the_desk_says_for_what_a_coupon_of_the_platform_is(village: Village) -> None:
    await make_coupon(village, name="枣园券", producer_id=village.dates.producer_id)
    await make_coupon(village, name="县里的粮", county_code="130624", category_code="coarse_grain")
    async with village.database.transaction() as conn:
        staff = await make_platform_staff(conn)
    async with await village.browser(staff.account_id, second_factor=True) as desk:
        seen = await desk.open("/desk/coupons")
    assert "样例革新庄枣园" in seen.text
    assert "阜平县的杂粮" in seen.text
