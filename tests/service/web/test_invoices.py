"""发票 on the pages of buyer, farmer and county: asking, recording, a red-letter invoice, and what nobody issued."""

from datetime import timedelta

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection, Fen
from market.kernel.clock import Clock, get_business_day
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.sales.invoices.tasks import update_changed_invoices
from market.sales.orders.models import OrderId
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import load_suborders, lock_order
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.browser import PageClient
from tests.support.make import SEAL, make_official


def make_number(sequence: int) -> str:
    """Return a number of an invoice of this year."""
    return f"{get_business_day(Clock().now()):%y}132{sequence:015}"


async def refund(village: Village, number: int, amount_fen: int) -> None:
    """Refund a part of the first parcel of an order, and let the worker look."""
    async with village.database.transaction() as conn:
        order_id = OrderId(await conn.fetchval("SELECT id FROM orders WHERE number = $1", number))
        await lock_order(conn, order_id)
        suborder = (await load_suborders(conn, order_id))[0]
        owner = await conn.fetchval(
            "SELECT account_id FROM producer_members WHERE producer_id = $1", suborder.producer_id
        )
        await refund_suborder(
            conn, suborder, goods_fen=Fen(amount_fen), key="some", kind="agreed refund before release", reason="agreed",
            by=owner, now=Clock().now(),
        )  # fmt: skip
    await update_changed_invoices(village.database, SEAL, now=Clock().now())


async def correct_number(farm: PageClient, farm_path: str) -> None:
    """Correct the recorded number, and correct it back."""
    await farm.open(farm_path)
    assert "号码是 20 位数字" in (await farm.submit(f"{farm_path}/number", right="12", status=422)).text
    seen = await farm.submit(f"{farm_path}/number", right=make_number(9))
    assert f"原来记错成 {make_number(1)}" in seen.text
    seen = await farm.submit(f"{farm_path}/number", right=make_number(1))
    assert f"原来记错成 {make_number(9)}" in seen.text


async def test_an_invoice_is_asked_for_issued_and_reduced_after_a_refund(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as buyer:
        await buy_everything(village, sandbox, buyer)
        number = await get_order_number(village)
        order, path = f"/orders/{number}", f"/orders/{number}/invoice/1"
        assert path in (await buyer.open(order)).links()
        await buyer.open(path)
        typed = {"kind": "unit", "title": "样例食堂", "tax_number": "91130624MA0000001A"}
        seen = await buyer.submit(path, typed=typed, status=422)
        assert "税号不对" in seen.text
        assert "91130624MA0000001A" in seen.html
        seen = await buyer.submit(path, typed=typed | {"tax_number": "91130624ma0000001l"})
        assert "交给卖家了" in seen.text
        assert "91130624MA0000001L" in seen.text
        assert "发票在开" in (await buyer.open(order)).text
    async with await village.browser(village.farmer) as farm:
        assert "1 张发票，等您开" in (await farm.open("/farm")).text
        [farm_path] = {
            each for each in (await farm.open("/farm/invoices")).links() if each.startswith("/farm/invoices/")
        }
        seen = await farm.open(farm_path)
        assert "样例食堂" in seen.text
        [due] = [node.attrs["value"] for node in seen.root.all("input") if node.attrs.get("id") == "amount"]
        sheet = await farm.open(f"{farm_path}/sheet")
        assert f"付的减退的 {due}.00" in sheet.text
        assert "自产农产品，免增值税" in sheet.text
        await farm.open(farm_path)
        seen = await farm.submit(farm_path, typed={"number": "123"}, status=422)
        assert "号码是 20 位数字" in seen.text
        seen = await farm.submit(farm_path, typed={"number": make_number(1), "amount": "1"}, status=422)
        assert f"现在该开 {due}.00 元" in seen.text
        seen = await farm.submit(farm_path, typed={"number": make_number(1), "amount": due})
        assert "没有要开的" in seen.text
        assert make_number(1) in seen.text
        assert "1 张发票，等您开" not in (await farm.open("/farm")).text
        await correct_number(farm, farm_path)
    await refund(village, number, 1_50)
    async with await village.browser(village.farmer) as farm:
        assert "开红字 1.50 元" in (await farm.open("/farm/invoices")).text
        await farm.open(farm_path)
        seen = await farm.submit(farm_path, typed={"number": make_number(1)}, status=422)
        assert "这个号码已经记过了" in seen.text
        assert "没有要开的" in (await farm.submit(farm_path, typed={"number": make_number(2)})).text
    async with await village.browser(village.buyer) as buyer:
        seen = await buyer.open(path)
        assert "开好了" in seen.text
        assert "红字发票" in seen.text
        assert make_number(2) in (await buyer.open(f"{path}/sheet")).text
        await buyer.open(path)
        assert "再开新的" in (await buyer.submit(path, typed={"kind": "person", "title": "样例买家"})).text
    async with await village.browser(village.host) as stranger:
        await stranger.open(path, status=404)
        await stranger.open(farm_path, status=404)


async def test_what_is_not_issued_goes_to_the_county_page(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as buyer:
        await buy_everything(village, sandbox, buyer)
        path = f"/orders/{await get_order_number(village)}/invoice/1"
        await buyer.open(path)
        seen = await buyer.submit(path, typed={"title": "样例买家"})
        own = next(link for link in seen.links() if link.startswith("/cases/"))
        assert "申请" in (await buyer.open(own)).text

    async def tell(_conn: Connection, _case: LockedCase) -> None:
        """Tell nobody."""

    assert await escalate_late_cases(village.database, SEAL, tell, now=Clock().now() + timedelta(days=30)) == 1
    async with village.database.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624")
        signed = await sign_in_without_code(conn, official, now=Clock().now(), second_factor=True)
    desk_path = own.replace("/cases/", "/desk/invoices/")
    async with PageClient(village.app) as desk:
        desk.client.cookies.set("session", signed.token, domain="market.test")
        assert desk_path in (await desk.open("/desk/cases")).links()
        assert "请打电话催" in (await desk.open(desk_path)).text
        assert "写明白为什么" in (await desk.submit(desk_path, typed={"text": ""}, status=422)).text
        assert "定好了" in (await desk.submit(desk_path, typed={"text": "卖家病了"})).text
        await desk.open(desk_path, status=404)
    async with await village.browser(village.buyer) as buyer:
        assert "卖家病了" in (await buyer.open(path)).text
