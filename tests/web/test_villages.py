"""村里的事, 我的单位 and the county's desk: what areas stand on, as people see it."""

from market.identity.models import Role
from tests.support.make import VILLAGE, make_official, make_operator_account
from tests.web.conftest import Village


async def test_a_villager_finds_the_village_and_an_organisation_is_verified(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    async with await village.browser(village.farmer) as farmer:
        assert "/village" in (await farmer.open("/farm")).html
        seen = await farmer.open("/village")
        assert ("革新庄村" in seen.text, f"/villages/{VILLAGE}/notice" in seen.html) == (True, True)
        seen = await farmer.open("/village?q=顾家台")
        assert "/village?village=130624101201" in seen.html
        assert "请选到村" in (await farmer.open("/village?village=130624999999")).text
        typed = {"kind": "company", "name": "样例食用菌公司", "credit_code": "91130624MA0XAMPL0B", "county": "阜平县"}
        await farmer.open("/me/organisations")
        seen = await farmer.submit("/me/organisations", status=422, typed={**typed, "until": ""})
        assert "统一社会信用代码不对" in seen.text
        seen = await farmer.submit(
            "/me/organisations", typed={**typed, "until": "", "credit_code": "91130624MA0XAMPL0Q"}
        )
        assert "等县里核" in seen.text
    async with await village.browser(county, second_factor=True) as desk:
        assert "单位 1 家，等核" in (await desk.open("/desk")).text
        seen = await desk.open("/desk/organisations")
        assert "样例食用菌公司" in seen.text
        found = await village.value("SELECT id FROM organisations")
        seen = await desk.submit(f"/desk/organisations/{found}", act="verify")
        assert "核好了" in seen.text
        await desk.open("/desk/village-files/villages")
        seen = await desk.submit("/desk/village-files/villages", status=422, what="try")
        assert "还没选文件" in seen.text


async def test_anybody_compares_the_plans_of_the_operators(village: Village) -> None:
    at = f"/village/plans?village={VILLAGE}"
    async with await village.browser() as visitor:
        assert at in (await visitor.open(f"/village?village={VILLAGE}")).html
        assert "县里还没有录套餐" in (await visitor.open(at)).text
        await village.value(
            """
            INSERT INTO public_plans (county_code, code, operator, name, kinds, monthly_fen, data_mb, apply_at,
                                      valid_during)
            VALUES ('130624', 'A', 'mobile', '样例八元', '{mobile}', 800, 0, '样例营业厅', '[2018-01-01,)'),
                   ('130624', 'B', 'unicom', '样例融合', '{broadband,mobile}', 5900, 10240, '',
                    '[2018-01-01,2099-01-01)'),
                   ('130624', 'C', 'mobile', '样例过期', '{mobile}', 100, NULL, '', '[2016-01-01,2017-01-01)'),
                   ('130625', 'D', 'mobile', '样例邻县', '{mobile}', 200, NULL, '', '[2018-01-01,)')
            RETURNING code
            """
        )
        seen = (await visitor.open(at)).text
        shown = ("样例八元", "样例融合", "10 GB", "样例营业厅", "到2098年12月31日")
        assert [words in seen for words in shown] == [True] * 5
        assert [words in seen for words in ("样例过期", "样例邻县")] == [False] * 2


async def test_a_villager_reports_no_signal_and_the_operator_answers(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
        mobile = await make_operator_account(conn, "mobile", "130624")
    async with await village.browser(county, second_factor=True) as desk:
        await desk.open("/desk/coverage")
        seen = await desk.submit(
            "/desk/coverage", village="革新庄村", operator="mobile", name="5G 基站 1 座", planned="300000"
        )
        assert "计划 300,000.00 元" in seen.text
    async with await village.browser(village.farmer) as farmer:
        at = f"/village/coverage?village={VILLAGE}"
        assert at in (await farmer.open("/village")).html
        await farmer.open(at)
        typed = {"kind": "gone", "operator": "mobile", "technology": "4g", "since": "2020-01-01", "text": "村东头"}
        assert (
            "中国移动在这个村没有登记过4G" in (await farmer.submit("/village/coverage", status=422, typed=typed)).text
        )
        seen = await farmer.submit("/village/coverage", typed={**typed, "kind": "never"})
        assert ("报上去了" in seen.text, "等中国移动答复" in seen.text, "5G 基站 1 座" in seen.text) == (True,) * 3
        await farmer.submit("/village/coverage", typed={**typed, "kind": "never", "technology": "5g", "text": "村西头"})
        by_number = "SELECT case_id FROM outages JOIN cases ON cases.id = case_id ORDER BY number"
        found, later = await village.value(by_number), await village.value(f"{by_number} DESC")
        async with await village.browser(mobile, second_factor=True) as operator:
            assert "/operators/outages" in (await operator.open("/operators")).html
            assert "村东头" in (await operator.open("/operators/outages")).text
            # The second first: the other waits for a repair.
            await operator.open(f"/operators/outages?at={later}")
            await operator.submit(f"/operators/outages/{later}", outcome="solved", text="调了天线")
            await operator.submit(f"/operators/outages/{found}", status=422, outcome="solved", text="")
            seen = await operator.submit(f"/operators/outages/{found}", outcome="solved", text="换了电源")
            assert "没有等您答复的" in seen.text
        assert "修好了，通了：换了电源" in (await farmer.open(at)).text
        assert "各乡镇有5G的村" in (await farmer.open("/coverage?county=130624")).html
