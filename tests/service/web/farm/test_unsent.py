"""Until when a parcel is sent, on the pages of buyer and seller, and a parcel that the seller cannot send."""

from datetime import timedelta

from market.service.web.ui.format import day_short
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number


def in_days(village: Village, days: int) -> str:
    return day_short(village.today + timedelta(days=days))


async def test_a_seller_cannot_send_a_parcel_and_the_buyer_reads_why(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        assert f"{in_days(village, 3)}前发货。" in (await browser.open(f"/orders/{number}")).text
        listing = await village.value("SELECT number FROM listings WHERE id = $1", village.dates.listing_id)
        seen = await browser.open(f"/goods/{listing}")
        assert "付款后 3 天内发货；再过 7 天还没发，自动取消，钱全退给您。" in seen.text
    suborder = await village.value(
        "SELECT id FROM suborders WHERE producer_id = $1 AND kind = 'goods'", village.dates.producer_id
    )
    async with await village.browser(village.farmer) as farm:
        assert f"{in_days(village, 3)}前发" in (await farm.open("/farm/orders")).text
        assert f"{in_days(village, 3)}前发" in (await farm.open(f"/farm/parcels/{suborder}")).text
        seen = await farm.submit(f"/farm/parcels/{suborder}/cancel", status=422, reason="")
        assert "请写为什么发不了，买家会看到。" in seen.text
        seen = await farm.submit(f"/farm/parcels/{suborder}/cancel", reason="下雨，枣裂了")
        assert "退给买家了" in seen.text
        await farm.open(f"/farm/parcels/{suborder}", status=404)
    async with await village.browser(village.buyer) as browser:
        assert "卖家发不了：下雨，枣裂了" in (await browser.open(f"/orders/{number}")).text


async def test_a_closed_farm_says_on_the_order_why_it_sends_later(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        path = f"/orders/{await get_order_number(village)}"
        assert "往后推了" not in (await browser.open(path)).text
        async with await village.browser(village.farmer) as farm:
            await farm.open("/farm/closed")
            await farm.submit("/farm/closed")
        seen = (await browser.open(path)).text
        assert f"{in_days(village, 5)}前发货。卖家农忙歇几天，本来是{in_days(village, 3)}前" in seen


async def test_a_late_parcel_says_when_it_is_cancelled(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        await village.value("UPDATE orders SET paid_at = paid_at - interval '4 days' RETURNING 1")
        seen = await browser.open(f"/orders/{number}")
        assert f"晚了，{in_days(village, -1)}就该发，已经催卖家。" in seen.text
        assert f"{in_days(village, 7)}还没发，自动取消，钱全退给您；您也可以现在不要。" in seen.text
    async with await village.browser(village.farmer) as farm:
        assert f"晚了，{in_days(village, 7)}取消" in (await farm.open("/farm/orders")).text
