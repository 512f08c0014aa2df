"""问县里 and 公益, as people and the county's desk see them."""

from market.people.identity.models import Role
from tests.service.web.conftest import Village
from tests.support.make import VILLAGE, make_official


async def test_a_citizen_asks_and_reads_the_answer_and_shares_it(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    at = f"/village/inquiries?village={VILLAGE}"
    async with await village.browser(village.buyer) as asker:
        assert at in (await asker.open(f"/village?village={VILLAGE}")).html
        seen = await asker.open(at)
        # Emergency numbers stand before the form.
        assert 0 < seen.html.index("tel:110") < seen.html.index('name="text"')
        assert "咨询，5 个工作日里答" in seen.text
        seen = await asker.submit("/village/inquiries", status=422, kind="inquiry", text="")
        assert "写想问什么" in seen.text
        seen = await asker.submit("/village/inquiries", kind="disclosure", text="申请公开道路硬化的验收单")
        assert ("问出去了" in seen.text, "等县里答复" in seen.text) == (True, True)
        case = await village.value("SELECT case_id FROM inquiries")
        async with await village.browser(county, second_factor=True) as desk:
            assert f"/desk/inquiries/{case}" in (await desk.open("/desk/cases")).html
            seen = await desk.open("/desk/inquiries")
            assert ("等答复 1 件" in seen.text, "革新庄村" in seen.text) == (True, True)
            await desk.open(f"/desk/inquiries/{case}")
            seen = await desk.submit(f"/desk/inquiries/{case}", status=422, outcome="", text="x")
            assert "请选怎么答" in seen.text
            await desk.submit(f"/desk/inquiries/{case}", outcome="extend", text="要调档案")
            assert "要调档案" in (await asker.open(at)).text
            seen = await desk.open(f"/desk/inquiries/{case}")
            assert "延期，再要" not in seen.text
            await desk.submit(
                f"/desk/inquiries/{case}", outcome="solved", text="在村委会公示栏", public_text="道路硬化的验收单在哪看"
            )
            seen = await desk.open("/desk/inquiries")
            assert ("答了 1 件" in seen.text, "按时答的 1 件" in seen.text) == (True, True)
        async with await village.browser() as visitor:
            assert "道路硬化的验收单" not in (await visitor.open(at)).text
            seen = await asker.open(f"/village/inquiries/{case}")
            assert "道路硬化的验收单在哪看" in seen.text
            await asker.submit(f"/village/inquiries/{case}", act="share", text="道路硬化的验收单在哪看")
            seen = await visitor.open(at)
            assert ("道路硬化的验收单在哪看" in seen.text, "答：在村委会公示栏" in seen.text) == (True, True)
            await asker.open(f"/village/inquiries/{case}")
            await asker.submit(f"/village/inquiries/{case}", act="unshare", text="道路硬化的验收单在哪看")
            assert "道路硬化的验收单" not in (await visitor.open(at)).text


async def test_a_charity_gives_a_notice_that_the_county_checks(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    charity = await village.value(
        """
        WITH made AS (
            INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by,
                                       verified_at)
            VALUES ('charity', '样例爱心协会', '52130624MJ0XAMPE17', '130624', $1, now(), $2, now()) RETURNING id),
        licensed AS (INSERT INTO organisation_licences SELECT id, '[2018-01-01,)' FROM made)
        INSERT INTO organisation_members SELECT id, $1, 'owner' FROM made RETURNING organisation_id
        """,
        village.farmer, county,
    )  # fmt: skip
    typed = {
        "organisation": str(charity), "kind": "school", "title": "志愿者补课", "village": "革新庄村", "place": "村小学",
        "first": str(village.today), "last": str(village.today), "note": "想帮的扫码捐款",
    }  # fmt: skip
    async with await village.browser(village.farmer) as member:
        await member.open("/me/notices")
        seen = await member.submit("/me/notices", status=422, typed=typed)
        assert 'href="#note">公益信息不收钱、不收捐款' in seen.html
        seen = await member.submit("/me/notices", typed={**typed, "note": "上午九点"})
        assert ("送去核了" in seen.text, "等县里核" in seen.text) == (True, True)
        found = await village.value("SELECT id FROM charity_notices")
        async with await village.browser(county, second_factor=True) as desk:
            assert "公益信息 1 条，等核" in (await desk.open("/desk")).text
            await desk.open("/desk/charity")
            seen = await desk.submit(f"/desk/charity/{found}", status=422, act="refuse", reason="")
            assert "写为什么退回" in seen.text
            seen = await desk.submit(f"/desk/charity/{found}", act="live", reason="")
            assert "核好了" in seen.text
        seen = await member.open(f"/village/charity?village={VILLAGE}")
        assert ("志愿者补课" in seen.text, "样例爱心协会" in seen.text, "不收捐款" in seen.text) == (True,) * 3
        await member.open("/me/notices")
        seen = await member.submit(f"/me/notices/{found}")
        assert "停了，大家看不到了" in seen.text
        assert "没有公益活动" in (await member.open(f"/village/charity?village={VILLAGE}")).text
