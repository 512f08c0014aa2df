"""A bought order on its page: receipt, reviews, cancellation, refunds and disputes."""

from datetime import timedelta

from market.sales.aftersales.ship import ship_suborder
from payments import poll_payment
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.make import SEAL, load_actor


async def test_only_its_buyer_receives_and_reviews_a_parcel(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        suborder = await village.value("SELECT id FROM suborders WHERE producer_id = $1", village.dates.producer_id)
        async with village.database.transaction() as conn:
            farmer = await load_actor(conn, village.farmer)
            now = await conn.fetchval("SELECT paid_at FROM orders")
            await ship_suborder(conn, SEAL, farmer, suborder, carrier="邮政", tracking="XA123456789CN", now=now)
        async with await village.browser(village.farmer) as stranger:
            await stranger.open(f"/orders/{number}", status=404)
        seen = await browser.open(f"/orders/{number}")
        assert "邮政 XA123456789CN" in seen.text
        seen = await browser.submit(f"/orders/{number}/receive/1")
        assert "收到了" in seen.text
        assert await village.value("SELECT state FROM suborders WHERE id = $1", suborder) == "received"
        review = f"/orders/{number}/review/1?listing={await village.number(village.dates.listing_id)}"
        assert review in seen.links()
        page = await browser.open(review)
        seen = await browser.submit(review.split("?", maxsplit=1)[0], status=422)
        assert "请选打几分，1 到 5 分" in seen.text
        assert await village.value("SELECT count(*) FROM reviews") == 0
        seen = await browser.submit(review.split("?", maxsplit=1)[0], rating="4", text="枣甜个头匀")
        assert "评价发出去了" in seen.text
        assert review not in seen.links()
        seen = await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        assert "，1 人买过后写的，一条没删。分数是所有评价的平均。 4.0 分" in seen.text
        assert "样例买**" in seen.text
        assert "枣甜个头匀" in seen.text
        seen = await browser.open(review, status=409)
        assert f"/orders/{number}" in seen.links()
        browser.page = page
        await browser.submit(review.split("?", maxsplit=1)[0], status=409, rating="5", text="再写一次")
        assert await village.value("SELECT array_agg(rating) FROM reviews") == [4]


async def test_a_cancellation_shows_its_refund_before_it_is_confirmed(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        seen = await browser.open(f"/orders/{number}/cancel?part=3")
        assert "离到店 40 天，退 100% 560.00 元" in seen.text
        assert "大写：人民币伍佰陆拾元整" in seen.text
        assert await village.value("SELECT count(*) FROM taken_nights") == 1
        seen = await browser.submit(f"/orders/{number}/cancel")
        assert "取消了" in seen.text
        assert "退款 −560.00 元" in seen.text
        assert await village.value("SELECT count(*) FROM taken_nights") == 0
        assert await village.value("SELECT sum(amount_minor) FROM payments.refunds") == 560_00
        assert "取消了，房间放出来给别人住了。" in seen.text
        assert "付了 775.00 元，退了 560.00 元，您实际付 215.00 元。" in seen.text
        seen = await browser.open(f"/orders/{number}/cancel?part=3", status=409)
        assert f"/orders/{number}" in seen.links()


async def test_a_fully_refunded_order_shows_what_was_paid_and_refunded(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        await browser.open(f"/orders/{number}/cancel")
        seen = await browser.submit(f"/orders/{number}/cancel")
        assert "付了 775.00 元，退了 775.00 元，全退了。" in seen.text
        assert "零元" not in seen.text
        assert "取消了，东西放回去了。" in seen.text


async def test_a_paid_order_shows_the_next_steps_the_address_and_contacts(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        seen = await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        assert "几家各自发货，单号写在下面；到店住的，下面有入住码和店家电话。" in seen.text
        assert "河北省石家庄市长安区样例路 1 号" in seen.text
        host = await village.value(
            "SELECT count(*) FROM accounts WHERE id = $1 AND phone_sealed IS NOT NULL", village.host
        )
        assert ("店家电话" in seen.text) == bool(host)
        await village.value(
            "UPDATE suborders SET state = 'shipped', shipped_at = now() WHERE kind = 'goods' RETURNING 1"
        )
        seen = await browser.open(f"/orders/{number}")
        assert seen.heading == "都发出了，等着收"
        assert "各自发货" not in seen.text
        assert "775.00 元，三家" in (await browser.open("/me")).text


async def test_a_stay_can_be_reviewed_once_its_nights_are_over(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        review = f"/orders/{number}/review/3?listing={await village.number(village.stay.listing_id)}"
        move = (
            "UPDATE bookings SET nights = daterange($1::date, $2::date), state = 'arrived', arrived_at = now()"
            " RETURNING 1"
        )
        await village.value(
            "UPDATE suborders SET state = 'received', received_at = now() WHERE kind = 'stay' RETURNING 1"
        )
        await village.value(move, village.today, village.today + timedelta(days=1))
        seen = await browser.open(f"/orders/{number}")
        assert "到店了" in seen.text
        assert review not in seen.links()
        await browser.open(review)
        await browser.submit(review.split("?", maxsplit=1)[0], status=409, rating="5")
        assert "住完了再评价" in browser.current.text
        await village.value(move, village.today - timedelta(days=1), village.today)
        seen = await browser.open(f"/orders/{number}")
        assert "住过了" in seen.text
        assert review in seen.links()


async def test_a_refund_that_did_not_arrive_and_a_dispute_are_shown_on_the_order(
    village: Village, sandbox: Sandbox, gateway: Stripe
) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        await browser.open(f"/orders/{number}/cancel?part=3")
        await browser.submit(f"/orders/{number}/cancel")
        payment_id = await village.value("SELECT id FROM payments.payments")
        await sandbox.set_refund(await village.value("SELECT provider_ref FROM payments.refunds"), "failed")
        await poll_payment(village.database, gateway, payment_id)
        seen = await browser.open(f"/orders/{number}")
        assert "退款没有到账，我们在处理 560.00 元没有退到您的账户。" in seen.text
        assert "付了 775.00 元，要退 560.00 元，没有到账 560.00 元。" in seen.text
        assert "退款 −560.00 元" in seen.text
        assert "退了" not in seen.text
        await sandbox.open_dispute(await village.value("SELECT provider_ref FROM payments.payments"), 100_00)
        await poll_payment(village.database, gateway, payment_id)
        seen = await browser.open(f"/orders/{number}")
        assert "这笔付款有异议，正在处理" in seen.text
        await browser.open(f"/orders/{number}/cancel?part=1")
        seen = await browser.submit(f"/orders/{number}/cancel", status=409)
        assert "这笔付款正在银行处理异议，有结果以前不能取消或退款。" in seen.text
