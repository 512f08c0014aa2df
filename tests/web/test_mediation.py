"""Mediation on the pages of buyer, farmer and county, after a claim that was refused."""

from market.identity.models import Role
from market.identity.sign_in import sign_in_without_code
from market.kernel.clock import Clock
from tests.support.browser import PageClient
from tests.support.make import make_official
from tests.web.test_bad_fruit import SoldBox, sold

__all__ = ["sold"]


async def test_a_refused_claim_is_mediated_by_the_county(sold: SoldBox) -> None:
    path = await sold.open_claim()
    own, case = path.replace("/farm/claims/", "/cases/"), path.replace("/farm/claims/", "/desk/cases/")
    async with await sold.village.browser(sold.village.farmer) as farm:
        await farm.open(path)
        await farm.submit(path, press=("decision", "refuse"), typed={"reason": "装箱时都是好的"})
    async with sold.desk() as desk:
        await desk.open(case)
        await desk.submit(case, typed={"bad": "0", "reason": "照片看不出烂"})
    ask = f"{own}/mediation"
    async with await sold.village.browser(sold.village.buyer) as buyer:
        assert ask in (await buyer.open(own)).links()
        await buyer.open(ask)
        assert "请写您觉得哪里不对" in (await buyer.submit(ask, status=422)).text
        seen = await buyer.submit(ask, typed={"text": "照片里看得见"})
        assert "争的是 9.00 元，调解时先不打给卖家。" in seen.text
        assert "等县里调解，" in seen.text
    mediation = await sold.village.value("SELECT case_id FROM mediations")
    async with await sold.village.browser(sold.village.farmer) as farm:
        seen = await farm.open(f"/farm/mediations/{mediation}")
        assert "买家说：照片里看得见" in seen.text
        assert "原来没有同意：照片看不出烂" in seen.text
        assert f"/farm/mediations/{mediation}" in (await farm.open(f"/farm/cases/{mediation}")).links()
    async with sold.village.database.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624")
        signed = await sign_in_without_code(conn, official, now=Clock().now(), second_factor=True)
    async with PageClient(sold.village.app) as desk:
        desk.client.cookies.set("session", signed.token, domain="market.test")
        decide = f"/desk/mediations/{mediation}"
        assert decide in (await desk.open("/desk/cases")).links()
        await desk.open(decide)
        seen = await desk.submit(decide, typed={"share": "101", "reason": "各让一半"}, status=422)
        assert "请选一条" in seen.text
        seen = await desk.submit(decide, typed={"share": "101", "how": "agreed", "reason": "各让一半"}, status=422)
        assert "写 0 到 100" in seen.text
        seen = await desk.submit(decide, typed={"share": "50", "how": "agreed", "reason": "各让一半"})
        assert "定好了" in seen.text
    async with await sold.village.browser(sold.village.buyer) as buyer:
        assert "双方谈好了：退 50%，4.50 元。各让一半" in (await buyer.open(ask)).text
    assert await sold.village.value("SELECT sum(refunded_fen)::int FROM order_lines") == 4_50
    async with await sold.village.browser(sold.village.host) as stranger:
        await stranger.open(f"/farm/mediations/{mediation}", status=404)
