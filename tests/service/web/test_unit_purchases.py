"""A public unit buys on the pages: request at checkout, three people, printed papers, bank transfer."""

from datetime import timedelta

from market.people.identity.models import AccountId, Role
from tests.service.web.conftest import Village
from tests.support.browser import LoadedPage, PageClient, read_form_values
from tests.support.make import make_account, make_official
from tests.support.postgres import as_owner

CODE = "12130624MB0XAMP70J"
CHECKOUT = {
    "who": "样例小学食堂", "tel": "17010009001", "region": "130000", "address": "样例路 1 号", "method": "unit",
}  # fmt: skip


async def test_a_canteen_buys_accepts_and_pays_on_the_pages(village: Village) -> None:
    async with village.database.transaction() as conn:
        staff = await make_official(conn, Role.PLATFORM, "13", name="样例记账")
        second = await make_official(conn, Role.PLATFORM, "13", name="样例核账")
        county = await make_official(conn, Role.COUNTY, "130624")
        approver = await make_account(conn, name="样例审批", phone="17010009101")
        acceptor = await make_account(conn, name="样例验收", phone="17010009102")
    await _register(village, staff, requester="17010009001", approver="17010009101", acceptor="17010009102")
    async with await village.browser(village.buyer) as buyer:
        await buyer.open(f"/goods/{await village.number(village.dates.listing_id)}")
        await buyer.submit("/cart/goods", n="4")
        await buyer.open("/checkout?region=130000")
        seen = await buyer.submit("/checkout", typed=CHECKOUT)
        assert "等单位审批" in seen.text
        page = seen.path.partition("?")[0]
        number = page.rpartition("/")[2]
        assert "这是单位采购" in (await buyer.open(f"/orders/{number}")).text
        assert "/unit" in (await buyer.open("/me")).links()
    code = await _approve_to_invoice(village, page, approver, acceptor)
    async with (
        await village.browser(staff, second_factor=True) as desk,
        await village.browser(second, second_factor=True) as other,
    ):
        await desk.open("/desk/bank-receipts")
        receipt = {
            "reference": "样例流水1",
            "payer_code": code,
            "payer_name": "样例小学",
            "received_on": str(village.today),
        }
        seen = await desk.submit("/desk/bank-receipts", typed={**receipt, "amount": "135.01"})
        assert "等另一位工作人员核对，样例记账记的" in seen.text
        [waiting] = [each for each in seen.links() if each.startswith("/desk/bank-receipts/")]
        assert "核对过了" not in (await desk.open(waiting)).text
        seen = await _confirm(other)
        assert "和发票的金额不一样" in seen.text
        assert "发票 135.00 元，一共到了 135.01 元，多了 0.01 元" in seen.text
        await _send_back(village, desk, page)
        await desk.submit("/desk/bank-receipts", typed={**receipt, "amount": "100", "reference": "样例流水2"})
        seen = await _confirm(other)
        assert "还差 35.00 元" in seen.text
        await desk.submit("/desk/bank-receipts", typed={**receipt, "amount": "35", "reference": "样例流水3"})
        seen = await _confirm(other)
        assert seen.text.count(f"付了采购单 {number}") == 2
        assert "对公转账" not in (await desk.open("/desk")).text
    async with await village.browser(county, second_factor=True) as official:
        seen = await official.open("/desk/procurement?county=130624")
        assert ("样例小学食堂" in seen.text, "计入 135.00 元" in seen.text) == (True, True)
        [unit] = [each for each in seen.links() if "unit=" in each]
        seen = await official.open(unit)
        assert ("计入 135.00 元" in seen.text, f"采购单 {number}" in seen.text) == (True, True)
        await official.open(page, status=404)
    await _return_a_box(village, page, approver)


async def _register(village: Village, staff: AccountId, **phones: str) -> None:
    """Register who does what in the unit, by duty."""
    until = str(village.today + timedelta(days=30))
    unit = {"unit_name": "样例小学食堂", "credit_code": CODE, "ends_on": until}
    async with await village.browser(staff, second_factor=True) as desk:
        for duty, phone in phones.items():
            await desk.open("/desk/public-buyers")
            await desk.submit("/desk/public-buyers", typed={**unit, "phone": phone, "duty": duty})


async def test_what_a_unit_cannot_buy_stays_in_the_cart_and_the_choice_with_it(village: Village) -> None:
    async with village.database.transaction() as conn:
        staff = await make_official(conn, Role.PLATFORM, "13", name="样例记账")
    await _register(village, staff, requester="17010009001")
    async with await village.browser(village.buyer) as buyer:
        for product in (village.dates, village.millet):
            await buyer.open(f"/goods/{await village.number(product.listing_id)}")
            await buyer.submit("/cart/goods", n="1")
        await buyer.open("/checkout?region=130000")
        seen = await buyer.submit("/checkout", typed=CHECKOUT, status=422)
        assert "一份合同只跟一家，请分开下单" in seen.text
        assert ("method", "unit") in read_form_values(seen.form("/checkout"))
        counted = "SELECT (SELECT count(*) FROM orders) * 10 + (SELECT count(*) FROM cart_lines)"
        assert await village.value(counted) == 2, "nothing is placed"
        await buyer.open("/cart")
        await buyer.submit("/cart/change", press=("less", str(village.dates.variant_id)))
        await buyer.open("/checkout?region=130000")
        seen = await buyer.submit("/checkout", typed={**CHECKOUT, "tel": "12"}, status=422)
        assert ("method", "unit") in read_form_values(seen.form("/checkout"))
        assert "等单位审批" in (await buyer.submit("/checkout", tel="17010009001")).text
        buyer.page = seen
        assert "这是单位采购" in (await buyer.submit("/checkout", tel="17010009001")).text
        assert await village.value("SELECT count(*) FROM orders") == 1


async def _confirm(desk: PageClient) -> LoadedPage:
    """Confirm the latest transfer as another person of the staff."""
    seen = await desk.open("/desk/bank-receipts")
    latest = next(each for each in seen.links() if each.startswith("/desk/bank-receipts/"))
    await desk.open(latest)
    seen = await desk.submit(f"{latest}/confirmation")
    assert "核对好了" in seen.text
    return seen


async def _send_back(village: Village, desk: PageClient, page: str) -> None:
    """Send a transfer of another sum than invoiced back; the unit reads of it before."""
    async with await village.browser(village.buyer) as buyer:
        assert "到账 135.01 元，多了 0.01 元" in (await buyer.open(page)).text
    assert "对公转账 1 笔要办" in (await desk.open("/desk")).text
    seen = await desk.open("/desk/bank-receipts")
    [receipt] = [each for each in seen.links() if each.startswith("/desk/bank-receipts/")]
    await desk.open(receipt)
    seen = await desk.submit(receipt, status=422, typed={"note": "样例退款1"})
    assert "请选怎么了" in seen.text
    seen = await desk.submit(receipt, status=422, typed={"note": "样例退款1", "closed_as": "returned"})
    assert "写哪天退的" in seen.text
    day = str(village.today)
    seen = await desk.submit(receipt, typed={"note": "样例退款1", "closed_as": "returned", "returned_on": day})
    assert "原路退回了，样例退款1" in seen.text
    assert "怎么了" not in (await desk.open(receipt)).text
    await desk.open("/desk/bank-receipts")


async def _return_a_box(village: Village, page: str, approver: AccountId) -> None:
    """Record the red-letter invoice of what came back; the unit reads it."""
    async with village.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE procurements SET returned_fen = 4500")  # as the refund does
    digits = f"{village.today.year % 100:02d}{2:018d}"
    async with await village.browser(village.farmer) as farmer, await village.browser(approver) as boss:
        assert "1 张红字发票，公家单位退了货" in (await farmer.open("/farm")).text
        assert page in (await farmer.open("/farm/units")).links()
        seen = await farmer.open(page)
        assert "付清了，后来退了 45.00 元，等卖家开红字发票" in seen.text
        assert "等卖家开红字发票" in (await boss.open(page)).text
        assert "记下" not in [each.text for each in (await boss.open(page)).root.all("button")]
        seen = await farmer.submit(page, status=422, typed={"number": "1", "amount": "45.01"}, press=("act", "reduce"))
        assert ("号码是 20 位数字" in seen.text, "最多 45.00 元" in seen.text) == (True, True)
        seen = await farmer.submit(page, typed={"number": digits, "amount": "45"}, press=("act", "reduce"))
        assert "红字发票记好了" in seen.text
        seen = await boss.open(page)
        assert f"{digits}，冲 45.00 元" in seen.text
        assert "等卖家开红字发票" not in seen.text
        assert "公家单位退了货" not in (await farmer.open("/farm")).text


async def _approve_to_invoice(village: Village, page: str, approver: AccountId, acceptor: AccountId) -> str:
    """Approve, sign, deliver and accept three of four boxes, record the invoice; return the payer's code."""
    async with await village.browser(approver) as boss, await village.browser(village.farmer) as farmer:
        await boss.open("/unit")
        seen = await boss.submit("/unit", status=422, typed={"canteen": "100", "quota": "9"})
        assert "预留 10.00 到 100.00 元" in seen.text
        seen = await boss.submit("/unit", typed={"canteen": "1000", "quota": "100"})
        assert page in seen.links()
        await boss.open(page)
        assert "批了" in (await boss.submit(page, press=("act", "approve"))).text
        assert "1 单公家单位买的" in (await farmer.open("/farm")).text
        await farmer.open("/farm/units")
        await farmer.open(page)
        seen = await farmer.submit(page, press=("act", "sign"))
        assert "签了合同" in seen.text
        seen = await farmer.submit(page, status=422, typed={"reason": ""}, press=("act", "end"))
        assert ("n0", "4") in read_form_values(seen.form(page, {"n0"})), "the other form is as it was"
        assert "送到了" in (await farmer.submit(page, typed={"n0": "4"}, press=("act", "deliver"))).text
        async with await village.browser(acceptor) as keeper:
            await keeper.open("/unit")
            await keeper.open(page)
            seen = await keeper.submit(page, status=422, typed={"n0": "3"}, press=("act", "accept"))
            assert seen.text.count("合格的勾上，不合格的写哪里") == 6, "nothing is checked that nobody ticked"
            ticked = {f"p{index}": ["1"] for index in range(3)}
            seen = await keeper.submit(
                page, status=422, typed={"n0": "3", "c0": "两箱碎了"}, press=("act", "accept"), ticked=ticked
            )
            assert "勾了合格，又写了不合格的，留一样" in seen.text
            seen = await keeper.submit(
                page, status=422, typed={"n0": "5", "c0": ""}, press=("act", "accept"), ticked=ticked
            )
            assert "写 0 到 4 的整数" in seen.text
            seen = await keeper.submit(page, typed={"n0": "3"}, press=("act", "accept"))
            assert "验收了，等发票" in seen.text
            assert "135.00" in (await keeper.open(f"{page}/acceptance")).text
            assert "样例审批" in (await keeper.open(f"{page}/contract")).text
        await farmer.open(page)
        digits = f"{village.today.year % 100:02d}{1:018d}"
        await farmer.submit(page, typed={"number": digits}, press=("act", "invoice"))
        seen = await boss.open(page)
        return next(each for each in seen.text.split() if each.startswith("CG"))
