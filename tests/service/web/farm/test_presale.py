"""预售 on the pages: set by the seller, bought with a deposit, and paid in its window."""

from datetime import timedelta

from market.service.web.ui.format import day_short
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import ADDRESS, choose_nights, get_order_number, pay_at_provider


async def test_a_presale_is_set_bought_with_a_deposit_and_its_balance_paid(village: Village, sandbox: Sandbox) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}/presale"
    first = village.today + timedelta(days=30)
    days = {
        "balance_from": str(first), "balance_until": str(first + timedelta(days=5)), "send_from": str(first),
        "send_until": str(first + timedelta(days=15)),
    }  # fmt: skip
    async with await village.browser(village.farmer) as farm:
        assert path in (await farm.open(f"/farm/listings/{number}")).links()
        await farm.open(path)
        seen = await farm.submit(path, status=422, typed=days, deposit="45")
        assert "订金要比一份的价钱少" in seen.text
        assert str(first) in {each.attrs.get("value") for each in seen.root.all("input")}
        assert "现在是预售。" in (await farm.submit(path, typed=days, deposit="20")).text
    window = f"{day_short(first)}到{day_short(first + timedelta(days=5))}"
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/goods/{number}")
        assert f"预售：一箱先付订金 20.00 元，尾款{window}付" in seen.text
        last = day_short(first + timedelta(days=15))
        assert f"{day_short(first)}到{last}发货；过了{last}再有" in seen.text
        assert "付款后" not in seen.text
        await browser.submit("/cart/goods", n="2")
        assert "现在付订金 40.00 元；尾款 50.00 元" in (await browser.open("/cart?region=130000")).text
        seen = await browser.open("/checkout?region=130000")
        assert "过了没付，订单取消，订金全退；农户交不出货，付过的全退。" in seen.text
        assert "付订金 40.00 元" in seen.text
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        seen = await pay_at_provider(village, sandbox, browser)
        assert "订金付了，40.00 元" in seen.text
        assert "等尾款" in seen.text
        order = await get_order_number(village)
        assert f"/orders/{order}/pay" not in seen.links()
        listed = (await browser.open("/me")).text
        assert "等尾款" in listed
        assert "订金付了" not in listed  # too long beside the goods at 360 px
    async with await village.browser(village.farmer) as farm:
        assert "付了订金，等尾款的 1 单" in (await farm.open("/farm/orders")).text
        suborder = await village.value("SELECT id FROM suborders")
        seen = await farm.open(f"/farm/parcels/{suborder}")
        assert "尾款付了再发" in seen.text
        assert "快递单号" not in seen.text
        await farm.open(path)
        assert "现在和平常一样卖。" in (await farm.submit(path, press=("do", "end"))).text
    await village.value("UPDATE deposits SET balance_from = $1 RETURNING 1", village.today)
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/orders/{order}")
        assert "该付尾款了" in seen.text
        seen = await browser.open(f"/orders/{order}/pay")
        assert "付款 50.00 元" in seen.text
        await browser.submit(f"/orders/{order}/pay", method="wechat")
        seen = await pay_at_provider(village, sandbox, browser)
        assert "付好了，90.00 元" in seen.text


async def test_a_deposit_is_cancelled_by_its_buyer_and_goes_back(village: Village, sandbox: Sandbox) -> None:
    first = village.today + timedelta(days=30)
    insert = "INSERT INTO presales VALUES ($1, 2000, $2::date, $2::date + 5, $2::date, $2::date + 15) RETURNING 1"
    await village.value(insert, village.dates.listing_id, first)
    async with await village.browser(village.buyer) as browser:
        await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
        await browser.submit("/cart/goods", n="1")
        await browser.open("/checkout?region=130000")
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        await pay_at_provider(village, sandbox, browser)
        order = await get_order_number(village)
        seen = await browser.open(f"/orders/{order}/cancel")
        assert "取消，退 20.00 元" in seen.text
        seen = await browser.submit(f"/orders/{order}/cancel")
        assert "取消了" in seen.text
    assert await village.value("SELECT refunded_minor FROM payments.payments") == 20_00


async def test_a_host_asks_for_a_deposit_and_the_guest_reads_its_rule(village: Village, sandbox: Sandbox) -> None:
    number = await village.number(village.stay.listing_id)
    path = f"/farm/listings/{number}/deposit"
    async with await village.browser(village.host) as farm:
        assert path in (await farm.open(f"/farm/listings/{number}")).links()
        await farm.open(path)
        seen = await farm.submit(path, status=422, share="95", days="3")
        assert "订金从 5% 到 90%" in seen.text
        assert "客人先付订金。" in (await farm.submit(path, share="30", days="3")).text
    async with await village.browser(village.buyer) as browser:
        await choose_nights(village, browser)
        assert "现在付订金 168.00 元；尾款 392.00 元" in (await browser.submit("/cart/nights")).text
        seen = await browser.open("/checkout")
        assert "过了没付，按退订规则退订金；店家接待不了，付过的全退。" in seen.text
        await browser.submit("/checkout", method="wechat", typed={"who": "样例住客", "tel": "17000009001"})
        seen = await pay_at_provider(village, sandbox, browser)
        assert "该付尾款了" in seen.text
