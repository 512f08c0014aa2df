"""七天无理由退货 through the pages of buyer, farmer and county: to the refund, refused and decided, too late."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.kernel.clock import Clock
from market.people.identity.models import AccountId, Role
from market.people.identity.sign_in import sign_in_without_code
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import create_coupon
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.browser import LoadedPage, PageClient
from tests.support.coupons import make_platform_staff, new_coupon
from tests.support.make import SEAL, load_actor, make_official

WHERE = "样例农户 17010009002 阜平县样例村 1 号"


class SoldParcel(Struct, frozen=True):
    """Two boxes, 90.00, shipped by the farmer; their order's page, the form of a return, and the field of the line."""

    village: Village
    order: str
    form: str
    field: str
    finance: AccountId

    async def ask(self, quantity: str = "2") -> str:
        """Ask for a return as the buyer, and return the path of its page."""
        async with await self.village.browser(self.village.buyer) as buyer:
            assert self.form in (await buyer.open(self.order)).links()
            await buyer.open(self.form)
            seen = await buyer.submit(self.form, typed={self.field: quantity, "text": "颜色不对"})
            assert "交给卖家了" in seen.text
            return seen.path.partition("?")[0]

    async def see_order(self) -> LoadedPage:
        async with await self.village.browser(self.village.buyer) as buyer:
            return await buyer.open(self.order)

    async def open_desk(self) -> PageClient:
        """Return a client of the county's finance with its second factor."""
        browser = PageClient(self.village.app)
        async with self.village.database.transaction() as conn:
            signed = await sign_in_without_code(conn, self.finance, now=Clock().now(), second_factor=True)
        browser.client.cookies.set("session", signed.token, domain="market.test")
        return browser

    async def receive(self, *, days_ago: int) -> None:
        order_id: UUID = await self.village.value("SELECT max(id::text)::uuid FROM orders")
        position = int(self.form.rpartition("/")[2])
        async with self.village.database.transaction() as conn:
            actor = await load_actor(conn, self.village.buyer)
            early = Clock().now() - timedelta(days=days_ago)
            await confirm_receipt(conn, SEAL, actor, order_id, positions=[position], now=early)


@pytest.fixture
async def sold(village: Village, sandbox: Sandbox) -> SoldParcel:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
    number = await get_order_number(village)
    suborder = await village.value("SELECT id FROM suborders WHERE producer_id = $1", village.dates.producer_id)
    async with village.database.transaction() as conn:
        farmer = await load_actor(conn, village.farmer)
        await ship_suborder(conn, SEAL, farmer, suborder, carrier="邮政", tracking="XA123456789CN", now=Clock().now())
        finance = await make_official(conn, Role.FINANCE, "130624")
    position = await village.value("SELECT position FROM suborders WHERE id = $1", suborder)
    line = await village.value("SELECT id FROM order_lines WHERE suborder_id = $1", suborder)
    return SoldParcel(village, f"/orders/{number}", f"/orders/{number}/return/{position}", f"n-{line}", finance)


async def test_goods_go_back_and_the_price_is_refunded(sold: SoldParcel) -> None:
    path = await sold.ask("1")
    seen = await sold.see_order()
    assert "退货，阜平大枣礼箱 × 1，货款 45.00 元：等卖家答复，" in seen.text
    assert sold.form not in seen.links()
    farm_path = path.replace("/returns/", "/farm/returns/")
    async with await sold.village.browser(sold.village.farmer) as farm:
        home = await farm.open("/farm")
        assert "今天要做的 1 件退货，等您办" in home.text
        assert "/farm/returns" in home.links()
        assert farm_path in (await farm.open("/farm/returns")).links()
        seen = await farm.open(farm_path)
        assert "买家说：颜色不对" in seen.text
        seen = await farm.submit(farm_path, press=("decision", "agree"), status=422)
        assert "请写退到哪里" in seen.text
        seen = await farm.submit(farm_path, press=("decision", "agree"), typed={"address": WHERE})
        assert "同意了" in seen.text
        assert "件退货，等您办" not in (await farm.open("/farm")).text
    async with await sold.village.browser(sold.village.buyer) as buyer:
        seen = await buyer.open(path)
        assert WHERE in seen.text
        seen = await buyer.submit(path, typed={"carrier": "邮政", "tracking": "?"}, status=422)
        assert "快递单号是 4 到 40 位字母和数字" in seen.text
        seen = await buyer.submit(path, typed={"carrier": "邮政", "tracking": "XB0000000001CN"})
        assert "单号记下了" in seen.text
        assert "寄出了，邮政 XB0000000001CN。卖家收到就退货款；10 天没说话，算收到。" in seen.text
        assert "不退了" not in seen.text
    async with await sold.village.browser(sold.village.farmer) as farm:
        assert "件退货，等您办" in (await farm.open("/farm")).text
        await farm.open(farm_path)
        seen = await farm.submit(farm_path, press=("decision", "object"), status=422)
        assert "请写哪里不对" in seen.text
        seen = await farm.submit(farm_path, press=("decision", "arrived"))
        assert "货款原路退给买家" in seen.text
        assert farm_path not in [form.attrs.get("action") for form in (await farm.open(farm_path)).root.all("form")]
    assert "货款按原路退给您。" in (await sold.see_order()).text
    assert await sold.village.value("SELECT sum(refunded_fen)::int FROM order_lines") == 45_00
    async with await sold.village.browser(sold.village.host) as stranger:
        await stranger.open(path, status=404)
        await stranger.open(farm_path, status=404)


async def test_a_refused_return_is_decided_at_the_desk(sold: SoldParcel) -> None:
    path = await sold.ask()
    farm_path, case = path.replace("/returns/", "/farm/returns/"), path.replace("/returns/", "/desk/returns/")
    async with await sold.village.browser(sold.village.farmer) as farm:
        await farm.open(farm_path)
        seen = await farm.submit(farm_path, press=("decision", "refuse"), typed={"reason": "拆封了"})
        assert "转给县里了" in seen.text
    assert "等县里答复" in (await sold.see_order()).text
    async with await sold.open_desk() as desk:
        assert "退货 1 件，等您定" in (await desk.open("/desk")).text
        assert case in (await desk.open("/desk/cases")).links()
        seen = await desk.open(case)
        assert "没有直接退：拆封了" in seen.text
        seen = await desk.submit(case, press=("decision", "grant"), typed={"reason": "没拆"}, status=422)
        assert "请写退到哪里" in seen.text
        seen = await desk.submit(case, press=("decision", "grant"), typed={"reason": "没拆", "address": WHERE})
        assert "没有要定的。" in seen.text
    async with await sold.village.browser(sold.village.buyer) as buyer:
        await buyer.open(path)
        seen = await buyer.submit(path, press=("decision", "withdraw"))
        assert "不退了 货留着用。" in seen.text


async def test_what_cannot_be_returned_says_why_and_keeps_what_was_typed(sold: SoldParcel) -> None:
    async with await sold.village.browser(sold.village.buyer) as buyer:
        await buyer.open(sold.form)
        for typed, fault in (("3", "写整数，不能比买的 2 多"), ("x", "写整数"), ("", "请写退几件")):
            seen = await buyer.submit(sold.form, typed={sold.field: typed, "text": "颜色不对"}, status=422)
            assert fault in seen.text
            assert f'value="{typed}"' in seen.html
            assert "颜色不对" in seen.text
        seen = await buyer.submit(sold.form, typed={sold.field: "1", "text": "长" * 301}, status=422)
        assert "最多 300 字" in seen.text
        await sold.receive(days_ago=8)
        seen = await buyer.submit(sold.form, typed={sold.field: "1", "text": ""}, status=409)
        assert "收到已经过了 7 天" in seen.text
        seen = await buyer.open(sold.form, status=409)
        assert "收到已经过了 7 天" in seen.text
        assert sold.form not in (await buyer.open(sold.order)).links()
    assert await sold.village.value("SELECT count(*) FROM cases") == 0


async def test_fresh_goods_have_no_return(sold: SoldParcel) -> None:
    await sold.village.value("UPDATE order_lines SET perishable = true RETURNING 1")
    async with await sold.village.browser(sold.village.buyer) as buyer:
        assert sold.form not in (await buyer.open(sold.order)).links()
        seen = await buyer.open(sold.form, status=409)
        assert "鲜货没有七天无理由退货" in seen.text
    assert await sold.village.value("SELECT count(*) FROM cases") == 0


async def test_the_buyer_reads_that_the_part_of_a_coupon_goes_back_to_the_platform(
    village: Village, sandbox: Sandbox
) -> None:
    today = Clock().today()
    async with village.database.transaction() as conn:
        buyer, staff = await load_actor(conn, village.buyer), await make_platform_staff(conn)
        new = new_coupon(starts_on=today, ends_on=today, min_goods_fen=100_00, amount_fen=10_00)
        coupon = await create_coupon(conn, staff, new, now=Clock().now())
        await claim_voucher(conn, buyer, number=coupon.number, code=None, now=Clock().now())
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        order = f"/orders/{await get_order_number(village)}"
        suborder = await village.value("SELECT id FROM suborders WHERE producer_id = $1", village.dates.producer_id)
        position = await village.value("SELECT position FROM suborders WHERE id = $1", suborder)
        async with village.database.transaction() as conn:
            farmer = await load_actor(conn, village.farmer)
            await ship_suborder(
                conn, SEAL, farmer, suborder, carrier="邮政", tracking="XA123456789CN", now=Clock().now()
            )
        words = "券减掉的那份退回平台"
        assert words not in (await browser.open(order)).text
        assert words in (await browser.open(f"{order}/claim/{position}")).text
        seen = await browser.open(f"{order}/return/{position}")
        assert words in seen.text
        line = await village.value("SELECT id FROM order_lines WHERE suborder_id = $1", suborder)
        await browser.submit(f"{order}/return/{position}", typed={f"n-{line}": "1"})
        assert words in (await browser.open(order)).text
