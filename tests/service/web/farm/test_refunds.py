"""Refunds that need a second person, on the pages of the seller and the buyer."""

from contextlib import suppress

from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, choose_nights, get_order_number, pay_at_provider
from tests.support.browser import LeftSiteError
from tests.support.make import add_member

REQUEST = """
    INSERT INTO refund_requests (suborder_id, line_id, key, amount_fen, reason, note, requested_by, requested_at)
    SELECT suborder_id, l.id, 'asked:1', 60_00, 'agreed', '说好退一箱', $1, paid_at
      FROM order_lines l JOIN suborders s ON s.id = suborder_id JOIN orders ON orders.id = order_id
     WHERE producer_id = $2
    RETURNING id
"""


async def request_refund(village: Village, sandbox: Sandbox) -> tuple[str, int]:
    """Buy, and request a refund of 60 yuan as the farmer; return the path of its decision, and the order's number."""
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
    request_id = await village.value(REQUEST, village.farmer, village.dates.producer_id)
    return f"/farm/refunds/{request_id}", await get_order_number(village)


async def test_a_sellers_second_person_decides_and_the_buyer_sees_it(village: Village, sandbox: Sandbox) -> None:
    path, number = await request_refund(village, sandbox)
    async with village.database.transaction() as conn:
        member = await add_member(conn, village.dates.producer_id, "样例合伙人")
    suborder = await village.value("SELECT suborder_id FROM refund_requests")
    async with await village.browser(village.farmer) as farm:
        assert "/farm/refunds" in (await farm.open("/farm")).links()
        for page in (f"/farm/parcels/{suborder}", "/farm/refunds"):
            seen = await farm.open(page)
            for words in (
                "超过 500.00 元，要另一个人同意",
                "退 60.00 元",
                "说好退一箱",
                "等另一个人同意",
                "不退了，撤回",
            ):
                assert words in seen.text, words
        seen = await farm.submit(path, status=403, decision="consent")
        assert "要另一个人同意。" in seen.text
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/orders/{number}")
        assert "退款还没有定 卖家想退您 60.00 元" in seen.text
        assert "不用再申请" not in seen.text, "it may lapse, and the time of a claim would have passed"
        assert "坏果包赔照样申请" in seen.text
    async with await village.browser(member.account_id) as farm:
        await farm.open("/farm/refunds")
        seen = await farm.submit(path, decision="consent")
        assert "同意了，已经在退" in seen.text
        assert path not in seen.html
    assert await village.value("SELECT refunded_fen FROM suborders WHERE id = $1", suborder) == 60_00
    async with await village.browser(village.buyer) as browser:
        assert "退款还没有定" not in (await browser.open(f"/orders/{number}")).text


async def test_a_guest_whose_refund_waits_is_not_told_of_bad_fruit(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await choose_nights(village, browser)
        await browser.submit("/cart/nights")
        await browser.open("/checkout")
        with suppress(LeftSiteError):
            await browser.submit("/checkout", method="wechat", who="样例住客", tel="17000009001")
        await pay_at_provider(village, sandbox, browser)
        await village.value(REQUEST, village.host, await village.value("SELECT producer_id FROM suborders"))
        seen = await browser.open(f"/orders/{await get_order_number(village)}")
        assert "退款还没有定 卖家想退您 60.00 元" in seen.text
        assert "坏果包赔照样" not in seen.text


async def test_a_seller_withdraws_a_refund(village: Village, sandbox: Sandbox) -> None:
    path, _ = await request_refund(village, sandbox)
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/refunds")
        assert "不同意，没有退" in (await farm.submit(path, decision="refuse")).text
    assert await village.value("SELECT sum(refunded_fen)::integer FROM suborders") == 0
