"""我的信息: two taps from home, each consent withdrawn, a request that the county answers without seeing the copy."""

from market.people.identity.models import Role
from market.privacy.models import PersonalData
from tests.service.web.conftest import FARMER_PHONE, Village
from tests.support.make import VILLAGE, make_official


async def test_a_person_finds_consents_in_two_taps_and_withdraws(village: Village) -> None:
    async with await village.browser(village.buyer) as buyer:
        assert "/me" in (await buyer.open("/")).links()
        assert "/me/info" in (await buyer.open("/me")).links()
        assert "县里发防骗提醒时，也用短信告诉我" in (await buyer.open("/me/info")).text
        seen = await buyer.submit("/me/info/consents", act="give", kind="warning_sms")
        assert ("记下了" in seen.text, "撤回同意" in seen.text) == (True, True)
        seen = await buyer.submit("/me/info/consents", act="withdraw", kind="warning_sms")
        assert ("撤回了" in seen.text, "没有您的同意" in seen.text) == (True, True)
        seen = await buyer.submit("/me/info/name", status=422, name="乡集客服")
        assert 'name="name"' in seen.html
        assert "姓名改好了" in (await buyer.submit("/me/info/name", name="样例买家乙")).text
        kept = (await buyer.open("/me/info/kept")).text
        assert ("收货人、地址" in kept, "电子商务法 31" in kept, "钥匙毁掉" in kept) == (True,) * 3
    assert await village.value("SELECT name FROM accounts WHERE id = $1", village.buyer) == "样例买家乙"


async def test_a_request_is_answered_by_the_county_which_never_reads_the_copy(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
        elsewhere = await make_official(conn, Role.COUNTY, "130725")
    async with await village.browser(village.farmer) as farmer:
        assert "/me/info" in (await farmer.open("/farm/mine")).links()
        seen = await farmer.open("/me/info/requests")
        assert 'value="革新庄村"' in seen.html
        typed = {"kind": "correct", "field": "", "to": "county", "village": "革新庄村", "text": "少写了一口人"}
        seen = await farmer.submit("/me/info/requests", status=422, typed=typed)
        assert "选哪一样写错了" in seen.text
        seen = await farmer.submit("/me/info/requests", typed={**typed, "field": "household"})
        assert ("交上去了" in seen.text, "等县里答复" in seen.text) == (True, True)
        case = await village.value("SELECT case_id FROM data_requests")
        async with await village.browser(elsewhere, second_factor=True) as other:
            await other.open(f"/desk/data-requests/{case}", status=404)
        async with await village.browser(county, second_factor=True) as desk:
            assert f"/desk/data-requests/{case}" in (await desk.open("/desk/cases")).html
            seen = await desk.open(f"/desk/data-requests/{case}")
            assert ("少写了一口人" in seen.text, FARMER_PHONE in seen.html, "样例农户04" in seen.html) == (
                True,
                False,
                False,
            )
            await desk.submit(f"/desk/data-requests/{case}", status=422, outcome="solved", text="")
            await desk.submit(f"/desk/data-requests/{case}", outcome="solved", text="照户口本改了")
        assert "办了：照户口本改了" in (await farmer.open("/me/info")).text
        looks = (await farmer.open("/me/info/looks")).text
        assert ("阜平县县级审定" in looks, "看了您写的事" in looks) == (True, True)
        # The readable copy names every section that the file has, and lists what was asked.
        page = await farmer.open("/me/data?all=1")
        assert "照户口本改了" in page.text
        assert len(page.root.all("h2")) >= len(PersonalData.__struct_fields__)
    assert VILLAGE.startswith("130624")
