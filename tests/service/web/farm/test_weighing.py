"""称重 on the pages: listed by the seller, bought at the most it costs, weighed before it is sent."""

import pytest

from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import ADDRESS, get_order_number, pay_at_provider
from tests.support.make import make_product
from tests.support.shop import Shopping, shopping

__all__ = ["shopping"]


async def list_by_weight(village: Village) -> int:
    """List dates by 斤 with the form, and return their number."""
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/sell/fruit")
        seen = await farm.submit(
            "/farm/sell/fruit", status=422, title="阜平鲜枣", pack="斤", price="9.8", left="200", ceiling="13000"
        )
        assert "称重最多多收两成" in seen.text
        await farm.submit("/farm/sell/fruit", title="阜平鲜枣", pack="斤", price="9.8", left="200", ceiling="10500")
    return await village.value("SELECT max(number) FROM listings")


async def test_a_listing_by_weight_is_bought_weighed_and_sent(village: Village, sandbox: Sandbox) -> None:
    number = await list_by_weight(village)
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/goods/{number}")
        assert "称重算钱：一斤最多付 10.29 元，发货前称，称重后多退，不用补。" in seen.text
        await browser.submit("/cart/goods", n="10")
        assert "9.80 元/斤，最多付这些，称重后多退" in (await browser.open("/cart")).text
        seen = await browser.open("/checkout?region=130000")
        assert "阜平鲜枣 × 10 斤，最多付这些，称重后多退 102.90 元" in seen.text
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        await pay_at_provider(village, sandbox, browser)
    suborder = await village.value("SELECT id FROM suborders")
    path = f"/farm/parcels/{suborder}"
    async with await village.browser(village.farmer) as farm:
        assert "先称重" in (await farm.open("/farm/orders")).text
        seen = await farm.open(path)
        assert "去皮称，最多按 5.25 公斤（10.5 斤）收钱" in seen.text
        assert "快递单号" not in seen.text
        seen = await farm.submit(f"{path}/weight", status=422, typed={"weight-1": "很重"}, unit="kg")
        assert "称得多重没写对。写一个数，比如 4.95" in seen.text
        seen = await farm.submit(f"{path}/weight", status=422, typed={"weight-1": "10.6"}, unit="jin")
        assert "多的取出来；愿意送的，就写 5.25 公斤（10.5 斤）" in seen.text
        assert {"10.6"} <= {each.attrs.get("value") for each in seen.root.all("input")}
        seen = await farm.submit(f"{path}/weight", typed={"weight-1": "9.9"}, unit="jin")
        for words in ("阜平鲜枣，4.95 公斤（9.9 斤）", "收 97.02 元，退买家 5.88 元", "对，就按这个收"):
            assert words in seen.text
        assert await village.value("SELECT weighed_g FROM catch_weights") is None
        seen = await farm.submit(f"{path}/weight", sure="1")
        assert "称好了，可以发了" in seen.text
        assert "退给买家的 −5.88 元" in seen.text
        await farm.submit(path, carrier="邮政", tracking="XA123456789CN")
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/orders/{await get_order_number(village)}")
        assert "称了 4.95 公斤（9.9 斤），合 97.02 元" in seen.text


@pytest.mark.parametrize(("typed", "unit"), [("2025.5", "kg"), ("4051", "jin")])
async def test_an_order_of_tonnes_is_weighed_on_its_page(
    village: Village, shopping: Shopping, typed: str, unit: str
) -> None:
    async with shopping.db.transaction() as conn:
        bags = await make_product(
            conn,
            village.dates.producer_id,
            unit="25公斤袋",
            price_fen=100_00,
            net_g=25_000,
            gross_g=0,
            left=100,
            ceiling_bp=10_500,
        )
    order = await shopping.place([(bags.variant_id, 81)])
    await shopping.pay(order)
    suborder = await village.value("SELECT id FROM suborders")
    async with await village.browser(village.farmer) as farm:
        await farm.open(f"/farm/parcels/{suborder}")
        seen = await farm.submit(f"/farm/parcels/{suborder}/weight", typed={"weight-1": typed}, unit=unit)
        assert "2,025.5 公斤" in seen.text
        await farm.submit(f"/farm/parcels/{suborder}/weight", sure="1")
    assert await village.value("SELECT weighed_g FROM catch_weights") == 2_025_500


async def test_a_pack_is_replaced_by_one_that_is_weighed(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    async with await village.browser(village.farmer) as farm:
        await farm.open(f"/farm/listings/{number}/edit")
        seen = await farm.submit(
            f"/farm/listings/{number}/packs", status=422, pack="箱", price="45", left="20", ceiling="11000"
        )
        assert "称重计价，装法要写斤数，比如 斤、5斤箱" in seen.text
        await farm.submit(f"/farm/listings/{number}/packs", pack="5斤箱", price="45", left="20", ceiling="11000")
        stored = "SELECT ceiling_bp FROM variants WHERE position = 0 AND listing_id = $1"
        assert await village.value(stored, village.dates.listing_id) == 11_000
        seen = await farm.open(f"/farm/listings/{number}/edit")
        [chosen, _] = [node for node in seen.root.all("option") if node.attrs.get("value") == "11000"]
        assert "selected" in chosen.attrs
        assert chosen.text == "称重，最多多收 10%"
