"""Buying the goods of an earlier order again."""

from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number


async def test_the_goods_of_an_order_are_in_the_cart_again_once(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        path = f"/orders/{await get_order_number(village)}"
        assert await village.value("SELECT count(*) FROM cart_lines") == 0
        for _ in range(2):
            await browser.open(path)
            seen = await browser.submit(f"{path}/again")
            assert seen.path == "/cart"
            assert "/checkout" in seen.html
        quantities = await village.value("SELECT array_agg(quantity ORDER BY quantity) FROM cart_lines")
        assert quantities == [2, 3]
        assert await village.value("SELECT count(*) FROM cart_nights") == 0
