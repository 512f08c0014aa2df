"""Mediation on the pages of buyer, farmer and county, after a claim that was refused."""

from market.kernel.clock import Clock
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.test_bad_fruit import SoldBox, sold
from tests.support.browser import PageClient
from tests.support.make import make_official

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
        assert "争的是 9.00 元。" in seen.text
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
        assert "写 0 到 100" in seen.text
        await desk.submit(decide, typed={"share": "50", "reason": "各让一半"})
        assert "买家还没有说，卖家还没有说。" in (await desk.open(decide)).text
    answer = f"{ask}/answer"
    async with await sold.village.browser(sold.village.buyer) as buyer:
        assert "县里建议退 50%，4.50 元：各让一半" in (await buyer.open(ask)).text
        seen = await buyer.submit(answer, press=("answer", "agree"))
        assert "买家同意了，卖家还没有说。" in seen.text
        assert answer not in seen.html
    async with await sold.village.browser(sold.village.farmer) as farm:
        assert f"/farm/mediations/{mediation}" in (await farm.open("/farm")).links()
        await farm.open(f"/farm/mediations/{mediation}")
        seen = await farm.submit(f"/farm/mediations/{mediation}", press=("answer", "agree"))
        assert "双方谈好了：退 50%，4.50 元。" in seen.text
        assert "件调解" not in (await farm.open("/farm")).text
    assert await sold.village.value("SELECT sum(refunded_fen)::int FROM order_lines") == 4_50
    async with await sold.village.browser(sold.village.host) as stranger:
        await stranger.open(f"/farm/mediations/{mediation}", status=404)


async def test_the_platform_decides_what_a_side_refused(sold: SoldBox) -> None:
    path = await sold.open_claim()
    own, case = path.replace("/farm/claims/", "/cases/"), path.replace("/farm/claims/", "/desk/cases/")
    async with await sold.village.browser(sold.village.farmer) as farm:
        await farm.open(path)
        await farm.submit(path, press=("decision", "refuse"), typed={"reason": "装箱时都是好的"})
    async with sold.desk() as desk:
        await desk.open(case)
        await desk.submit(case, typed={"bad": "0", "reason": "照片看不出烂"})
    async with await sold.village.browser(sold.village.buyer) as buyer:
        await buyer.open(f"{own}/mediation")
        await buyer.submit(f"{own}/mediation", typed={"text": "照片里看得见"})
    mediation = await sold.village.value("SELECT case_id FROM mediations")
    decide = f"/desk/mediations/{mediation}"
    for role, scope in ((Role.COUNTY, "130624"), (Role.PLATFORM, "13")):
        async with sold.village.database.transaction() as conn:
            official = await make_official(conn, role, scope)
            signed = await sign_in_without_code(conn, official, now=Clock().now(), second_factor=True)
        async with PageClient(sold.village.app) as desk:
            desk.client.cookies.set("session", signed.token, domain="market.test")
            seen = await desk.open(decide)
            if role is Role.PLATFORM:
                assert "卖家不同意这个办法" in (await desk.open(f"/desk/cases/{mediation}/moves")).text
                assert "县里没有谈成。" in (await desk.open(decide)).text
            await desk.submit(decide, typed={"share": "50", "reason": "一半看得出"})
        if role is Role.COUNTY:
            async with await sold.village.browser(sold.village.farmer) as farm:
                await farm.open(f"/farm/mediations/{mediation}")
                seen = await farm.submit(
                    f"/farm/mediations/{mediation}", press=("answer", "refuse"), typed={"reason": "太多"}
                )
                assert "没有谈成，等平台定，" in seen.text
    async with await sold.village.browser(sold.village.buyer) as buyer:
        assert (
            "平台定的，不服的还可以去法院：退 50%，4.50 元。一半看得出" in (await buyer.open(f"{own}/mediation")).text
        )
