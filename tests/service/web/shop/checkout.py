"""Fill a cart, check out and pay, as a buyer does on the pages."""

from datetime import timedelta

from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.support.browser import LeftSiteError, LoadedPage, PageClient

ADDRESS = {"who": "样例买家甲", "tel": "17000009001", "region": "130000", "address": "石家庄市长安区样例路 1 号"}


async def fill_cart(village: Village, browser: PageClient) -> LoadedPage:
    """Put 2 boxes of dates, 3 bags of millet and two nights into the cart with the pages' forms."""
    for product, quantity in ((village.dates, "2"), (village.millet, "3")):
        await browser.open(f"/goods/{await village.number(product.listing_id)}")
        await browser.submit("/cart/goods", n=quantity)
    await choose_nights(village, browser)
    return await browser.submit("/cart/nights")


async def choose_nights(village: Village, browser: PageClient) -> LoadedPage:
    """Choose the days of arrival and departure in the calendar."""
    arrive = village.today + timedelta(days=40)
    leave = arrive + timedelta(days=2)
    path = f"/stays/{await village.number(village.stay.listing_id)}"
    await browser.open(f"{path}?month={arrive:%Y-%m}")
    await browser.submit(path, press=("day", str(arrive)))
    if arrive.month != leave.month:
        await browser.open(f"{path}?month={leave:%Y-%m}&from={arrive}")
    return await browser.submit(path, press=("day", str(leave)))


async def check_out(village: Village, browser: PageClient, method: str) -> str:
    """Check out the cart, and return the path or URL of the redirect."""
    await fill_cart(village, browser)
    await browser.open("/checkout?region=130000")
    try:
        return (await browser.submit("/checkout", method=method, typed=ADDRESS)).path
    except LeftSiteError as left:
        return left.where


async def pay_at_provider(village: Village, sandbox: Sandbox, browser: PageClient) -> LoadedPage:
    """Pay at the provider, then press 我已付款."""
    ref = await village.value("SELECT provider_ref FROM payments.payments ORDER BY opened_at DESC LIMIT 1")
    await sandbox.pay(ref)
    return await browser.submit(f"/orders/{await get_order_number(village)}/asked")


async def get_order_number(village: Village) -> int:
    return await village.value("SELECT max(number) FROM orders")


async def buy_everything(village: Village, sandbox: Sandbox, browser: PageClient) -> LoadedPage:
    """Buy everything and return the paid order's page."""
    await check_out(village, browser, "wechat")
    return await pay_at_provider(village, sandbox, browser)
