"""Where a parcel is, on the pages of its buyer and its seller."""

from datetime import timedelta

from market.sales.aftersales.ship import ship_suborder
from market.sales.carriers.http_port import HttpCarriers
from market.sales.carriers.track import poll_parcels
from market.service.demo.carrier.app import CarrierSandbox, create_app
from payments.sandbox import Sandbox
from payments.sandbox.server import running_app
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.carriers import KEY_ID, PUBLIC_URL, SECRET
from tests.support.make import SEAL, load_actor


async def test_buyer_and_seller_see_where_a_parcel_is_and_when_it_stands_still(
    village: Village, sandbox: Sandbox
) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        suborder = await village.value("SELECT id FROM suborders WHERE producer_id = $1", village.dates.producer_id)
        paid_at = await village.value("SELECT paid_at FROM orders")
        accepted_at = paid_at - timedelta(minutes=30)
        carrier = CarrierSandbox(lambda: accepted_at, key_id=KEY_ID, secret=SECRET)
        async with (
            running_app(create_app(carrier)) as url,
            HttpCarriers(url, key_id=KEY_ID, secret=SECRET, public_url=PUBLIC_URL) as port,
        ):

            async def poll(now: object) -> None:
                await village.value("UPDATE tracked_parcels SET next_at = now() RETURNING 1")
                await poll_parcels(village.database, port, SEAL, now=now)  # pyright: ignore[reportArgumentType]

            async with village.database.transaction() as conn:
                await ship_suborder(
                    conn, SEAL, await load_actor(conn, village.farmer), suborder, carrier="中通",
                    tracking="ZT01LOST", now=paid_at,
                )  # fmt: skip
            await poll(paid_at)
            carrier.now = lambda: paid_at
            await poll(paid_at)
            seen = await browser.open(f"/orders/{number}")
            assert "快递员在寄件的地方收了" in seen.text
            assert "送到以后 10 天没按，算收到" in seen.text
            assert "没动静" not in seen.text
            await village.value("UPDATE tracked_parcels SET moved_at = moved_at - interval '4 days' RETURNING 1")
            seen = await browser.open(f"/orders/{number}")
            assert "4 天没动静了。没收到以前，钱不给卖家" in seen.text
            seen = await farm.open(f"/farm/parcels/{suborder}")
            assert "4 天没动静了。请打电话问中通。" in seen.text
            assert "快递员在寄件的地方收了" in seen.text
            assert "要看一下" in (await farm.open("/farm/orders")).text
