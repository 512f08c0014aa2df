"""查订单 and 查卖过的: finding orders without scripts, and buying again in three taps from 我的."""

from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import ADDRESS, buy_everything, get_order_number


async def receive_everything(village: Village) -> int:
    number = await get_order_number(village)
    await village.value("UPDATE suborders SET state = 'received', shipped_at = now(), received_at = now() RETURNING 1")
    await village.value("UPDATE orders SET state = 'finished' WHERE number = $1 RETURNING 1", number)
    return number


async def test_a_buyer_finds_an_order_by_words_state_and_number(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        order = f"/orders/{await get_order_number(village)}"
        assert "/me/orders" in (await browser.open("/me")).links()
        await browser.open("/me/orders")
        for typed, found in (
            ({"q": "小米"}, True),
            ({"q": "枣园"}, True),
            ({"q": "茶叶"}, False),
            ({"q": order.rpartition("/")[2]}, True),
            ({"state": "open"}, True),
            ({"state": "finished"}, False),
        ):
            seen = await browser.submit("/me/orders", typed={"q": "", "state": ""} | typed)
            assert (order in seen.links()) is found, typed
            assert ("没有找到" in seen.text) is not found
        await browser.open("/me/orders?state=nothing&before=x&q=%25%00")


async def test_goods_are_bought_again_in_three_taps_from_the_own_page(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await receive_everything(village)
        await browser.open("/me")
        seen = await browser.submit(f"/orders/{number}/again")
        [checkout] = [each for each in seen.links() if each.startswith("/checkout")]
        await browser.open(checkout)
        assert (await browser.submit("/checkout", method="wechat")).path == f"/orders/{number + 1}/pay"


async def test_a_seller_finds_a_sale_by_number_recipient_day_and_product(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
    number = await get_order_number(village)
    listing = await village.number(village.dates.listing_id)
    suborder = await village.value("SELECT id FROM suborders WHERE producer_id = $1", village.dates.producer_id)
    async with await village.browser(village.farmer) as farm:
        assert "/farm/sales" in (await farm.open("/farm/orders")).links()
        await farm.open("/farm/sales")
        everything = {"q": "", "state": "", "listing": "", "first": "", "last": ""}
        for typed, found in (
            ({}, True),
            ({"q": str(number)}, True),
            ({"q": ADDRESS["who"]}, True),
            ({"q": "别人"}, False),
            ({"state": "paid"}, True),
            ({"state": "received"}, False),
            ({"listing": str(listing)}, True),
            ({"first": str(village.today), "last": str(village.today)}, True),
            ({"last": "2019-01-01"}, False),
        ):
            seen = await farm.submit("/farm/sales", typed=everything | typed)
            assert (f"/farm/parcels/{suborder}" in seen.links()) is found, typed
        seen = await farm.submit("/farm/sales", typed=everything | {"first": "明天"}, status=422)
        assert "日子写成 2027-05-01 这样" in seen.text
        seen = await farm.submit(
            "/farm/sales", typed=everything | {"first": "2027-05-02", "last": "2027-05-01"}, status=422
        )
        assert "后一天不能早于头一天" in seen.text
    async with await village.browser(village.host) as host:
        assert f"/farm/parcels/{suborder}" not in (await host.open("/farm/sales")).links()
