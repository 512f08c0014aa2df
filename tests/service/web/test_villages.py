"""村里的事, 我的单位 and the county's desk: what areas stand on, as people see it."""

from datetime import timedelta

from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection
from market.kernel.clock import Clock
from market.people.identity.models import AccountId, Role
from tests.service.web.conftest import FARMER_PHONE, HOST_PHONE, Village
from tests.support.make import SEAL, VILLAGE, make_official, make_operator_account


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


async def test_a_shop_applies_for_what_the_county_offers_and_reads_the_decision(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    await village.value(
        """
        INSERT INTO fund_calls (county_code, name, department, kind, amount_fen, valid_during, basis, added_by,
                                added_at)
        VALUES ('130624', '样例菇棚改造', '样例农业农村局', 'fund', 2000000, '[2018-01-01,2099-01-01)', '样例文件', $1,
                now())
        RETURNING id
        """,
        county,
    )
    async with await village.browser(village.farmer) as farmer:
        assert "/village/funds" in (await farmer.open("/village")).html
        seen = await farmer.open("/village/funds")
        assert "一家最多 20,000.00 元" in seen.text
        at = f"/farm/funds/{await village.value('SELECT number FROM fund_calls')}"
        assert "样例革新庄枣园，农户，革新庄村" in (await farmer.open(at)).text
        seen = await farmer.submit(at, status=422, wanted="两万", text="换膜")
        assert "写成 20000 或 20000.00" in seen.text
        seen = await farmer.submit(at, status=422, wanted="30000", text="换膜")
        assert "最多 20000.00 元" in seen.text
        seen = await farmer.submit(at, wanted="15000", text="换膜")
        assert ("交上去了" in seen.text, "想要 15,000.00 元" in seen.text, "等县里定" in seen.text) == (True,) * 3
        async with await village.browser(county, second_factor=True) as desk:
            case = await village.value("SELECT case_id FROM fund_applications")
            assert f"/desk/funds/{case}" in (await desk.open("/desk/cases")).html
            assert "换膜" in (await desk.open(f"/desk/funds/{case}")).text
            seen = await desk.submit(f"/desk/funds/{case}", status=422, decision="grant", granted="", text="材料齐")
            assert "写给多少" in seen.text
            await desk.submit(f"/desk/funds/{case}", decision="grant", granted="12000", text="材料齐")
            assert "/desk/villages" in (await desk.open("/desk")).html
            assert "/desk/fund-calls" in (await desk.open("/desk/villages")).html
            seen = await desk.open("/desk/fund-calls")
            assert "12,000.00" in seen.text
            number = await village.value("SELECT number FROM fund_calls")
            assert "批了 12,000.00 元：材料齐" in (await desk.open(f"/desk/fund-calls/{number}")).text
        assert "批了 12,000.00 元：材料齐" in (await farmer.open("/village/funds")).text


async def test_a_company_is_paired_with_a_village_and_its_form_keeps_what_was_typed(village: Village) -> None:
    async with village.database.transaction() as conn:
        station = await make_official(conn, Role.VILLAGE, VILLAGE)
        county = await make_official(conn, Role.COUNTY, "130624")
    company = await village.value(
        """
        WITH made AS (
            INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by,
                                       verified_at)
            VALUES ('company', '样例食用菌公司', '91130624MA0XAMPL0Q', '130624', $1, now(), $2, now()) RETURNING id)
        INSERT INTO organisation_members SELECT id, $1, 'owner' FROM made RETURNING organisation_id
        """,
        village.farmer, county,
    )  # fmt: skip
    today, last = village.today, village.today.replace(year=village.today.year + 1)
    typed = {
        "organisation": str(company), "village": "革新庄村", "first": str(today), "last": str(last), "buy": "20000",
        "buy_last": "", "hire": "5", "hire_last": str(last),
    }  # fmt: skip
    async with await village.browser(village.farmer) as member:
        await member.open("/me/pairings")
        seen = await member.submit("/me/pairings", status=422, typed=typed)
        # A pledge without a term is refused at its field, and what was typed stays.
        assert 'href="#buy_last">写到哪天为止；承诺要有期限' in seen.html
        assert 'value="20000"' in seen.html
        seen = await member.submit("/me/pairings", typed={**typed, "buy_last": str(last)})
        assert ("提出去了" in seen.text, "等对方同意" in seen.text) == (True, True)
        found = await village.value("SELECT id FROM pairings")
        await member.open(f"/me/pairings/{found}")
        seen = await member.submit(f"/me/pairings/{found}", status=403, act="agree")
        assert "要对方来同意" in seen.text
        await member.open("/me/pairings")
        seen = await member.submit("/me/pairings", organisation=str(company), act="buy")
        assert "替它买" in seen.text
        assert "还没有单位和这个村结对" in (await member.open(f"/village/pairings?village={VILLAGE}")).text
        async with await village.browser(station, second_factor=True) as desk:
            assert "结对 1 对，等同意" in (await desk.open("/desk")).text
            assert "20,000.00 元" in (await desk.open(f"/desk/pairings/{found}")).text
            seen = await desk.submit(f"/desk/pairings/{found}", act="agree")
            assert ("同意了" in seen.text, "正在结对" in seen.text) == (True, True)
        seen = await member.open(f"/village/pairings?village={VILLAGE}")
        assert ("样例食用菌公司" in seen.text, "说好 20,000.00 元" in seen.text) == (True, True)
        assert "做了 0.00 元" in seen.text
        assert "一年过完" in (await member.open(f"/me/pairings/{found}")).text


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
        project = f"/desk/coverage/{await village.value('SELECT id FROM coverage_projects')}"
        seen = await desk.submit(project, status=422, act="build", spent="400000", reason="", done_on="2020-01-01")
        shown = {each.attrs.get("name"): each.attrs.get("value") for each in seen.root.all("input")}
        assert (shown["spent"], shown["done_on"]) == ("400000", "2020-01-01")
        seen = await desk.submit(project, act="build", spent="200000", reason="", done_on="2020-01-01")
        assert "建成，等验收" in seen.text
        await desk.submit(project, status=422, act="reopen", reason="")
        seen = await desk.submit(project, act="reopen", reason="还没有装天线")
        assert "在建" in seen.text
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


async def test_a_villager_signs_up_asks_and_finds_work(village: Village) -> None:
    """A course in three taps, a question whose answer the neighbours read, and a job that the worker confirms."""
    async with village.database.transaction() as conn:
        county, second = [await make_official(conn, Role.COUNTY, "130624") for _ in range(2)]
        station = await make_official(conn, Role.VILLAGE, VILLAGE)
    day, until = (village.today + timedelta(days=3)).isoformat(), (village.today + timedelta(days=30)).isoformat()
    near = f"village={VILLAGE}"
    async with await village.browser(county, second_factor=True) as desk:
        await desk.open("/desk/services")
        typed = {"kind": "course", "title": "剪枝", "organiser": "样例农广校", "village": "革新庄村", "room": "村委会"}
        hours = {"day": day, "starts": "09:00", "ends": "11:00", "places": "1"}
        seen = await desk.submit("/desk/services", status=422, typed={**typed, **hours, "day": "2019-01-01"})
        assert "开始时间已经过了" in seen.text
        assert "剪枝" in (await desk.submit("/desk/services", typed={**typed, **hours})).text
        await desk.open("/desk/agronomists")
        await desk.submit("/desk/agronomists", status=422, phone="17010009999", subject="果树")
        assert "样例农户08" in (await desk.submit("/desk/agronomists", phone=HOST_PHONE, subject="果树")).text
    slot = await village.value("SELECT id FROM slots WHERE kind = 'course'")
    async with await village.browser(village.farmer) as farmer:
        assert "/village/services?" in (await farmer.open("/village")).html
        await farmer.open(f"/village/services?{near}")
        assert "报上名了" in (await farmer.submit(f"/village/services/{slot}", act="take")).text
        async with await village.browser(station, second_factor=True) as office:
            await office.open(f"/village/services?{near}")
            elder = {"other": "1", "name": "样例王大爷", "act": "take"}
            assert "先问过本人" in (await office.submit(f"/village/services/{slot}", status=422, typed=elder)).text
            seen = await office.submit(f"/village/services/{slot}", typed={**elder, "agreed": "1"}, status=409)
            assert "名额满了，可以排队" in seen.text
            kept = {"other": "1", "act": "wait"}  # the name and the consent are on the page that came back
            seen = await office.submit(f"/village/services/{slot}", typed=kept)
            assert "排上队了" in seen.text
        seat = await village.value("SELECT id FROM slot_reservations WHERE state = 'booked' AND slot_id = $1", slot)
        await farmer.open(f"/village/services?{near}")
        assert "取消了" in (await farmer.submit(f"/village/seats/{seat}", act="leave")).text
        assert await village.value("SELECT state FROM slot_reservations WHERE name_sealed IS NOT NULL") == "offered"
        await farmer.open(f"/village/questions?{near}")
        assert "问出去了" in (await farmer.submit("/village/questions", typed={"text": "枣叶发黄怎么办"})).text
        found = await village.value("SELECT case_id FROM questions")
        async with await village.browser(village.host) as agronomist:
            assert "枣叶发黄怎么办" in (await agronomist.open("/village/asked")).text
            assert "答复了" in (await agronomist.submit(f"/village/asked/{found}", text="先看有没有积水")).text
        await farmer.open(f"/village/questions?{near}")
        await farmer.submit("/village/questions", typed={"text": "叶子有虫"})
        await answer_late_question(village, county)
        await farmer.open(f"/village/questions/{found}")
        seen = await farmer.submit(f"/village/questions/{found}", act="preview", text="枣叶发黄怎么办")
        assert "大家会看到" in seen.text
        await farmer.submit(f"/village/questions/{found}", act="share", text="枣叶发黄怎么办")
    async with await village.browser(village.buyer) as neighbour:
        assert "先看有没有积水" in (await neighbour.open(f"/village/questions?{near}")).text
    await walk_a_job(village, county, second, until)


async def answer_late_question(village: Village, county: AccountId) -> None:
    """What no agronomist answered in time is the county's."""

    async def tell(_conn: Connection, _case: object) -> None:
        pass

    later = Clock().now() + timedelta(days=15)
    assert await escalate_late_cases(village.database, SEAL, tell, now=later) == 1
    late = await village.value("SELECT id FROM cases WHERE category = 'question' AND state = 'assigned'")
    async with await village.browser(county, second_factor=True) as desk:
        assert f"/desk/questions/{late}" in (await desk.open("/desk/cases")).html
        assert "叶子有虫" in (await desk.open(f"/desk/questions/{late}")).text
        await desk.submit(f"/desk/questions/{late}", status=422, text="")
        await desk.submit(f"/desk/questions/{late}", text="挂黄板")


async def walk_a_job(village: Village, county: AccountId, second: AccountId, until: str) -> None:
    """The host employs; the farmer applies and confirms."""
    async with await village.browser(village.host) as employer:
        await employer.open("/me/organisations")
        typed = {"kind": "employer", "name": "样例枣业", "credit_code": "91130624MA0XAMPL0Q", "county": "阜平县"}
        await employer.submit("/me/organisations", typed={**typed, "until": ""})
        organisation = await village.value("SELECT id FROM organisations WHERE name = '样例枣业'")
        async with await village.browser(county, second_factor=True) as desk:
            await desk.open("/desk/organisations")
            await desk.submit(f"/desk/organisations/{organisation}", act="verify")
        await employer.open("/me/jobs")
        job = {
            "organisation": str(organisation), "title": "摘枣", "village": "革新庄村", "positions": "1",
            "wage_min": "120", "wage_max": "100", "per": "day", "first": village.today.isoformat(), "last": until,
            "note": "管午饭",
        }  # fmt: skip
        seen = await employer.submit("/me/jobs", status=422, typed=job)
        assert "最多的不能比最少的还少" in seen.text
        assert "等县里核" in (await employer.submit("/me/jobs", typed={**job, "wage_max": "150"})).text
        posting = await village.value("SELECT id FROM job_postings")
        async with await village.browser(second, second_factor=True) as desk:
            assert "招工 1 样，等核" in (await desk.open("/desk")).text
            await desk.open("/desk/jobs")
            assert "核好了" in (await desk.submit(f"/desk/jobs/{posting}", act="live")).text
        async with await village.browser(village.farmer) as worker:
            jobs = f"/village/jobs?village={VILLAGE}"
            assert "120 到 150 元一天" in (await worker.open(jobs)).text
            await worker.submit(f"/village/jobs/{posting}", status=422)
            assert "报上了" in (await worker.submit(f"/village/jobs/{posting}", consent="1")).text
            found = str(await village.value("SELECT id FROM job_applications"))
            assert FARMER_PHONE in (await employer.open(f"/me/jobs/{posting}")).text
            hired = {"act": "hire", "application": found, "hired_on": village.today.isoformat()}
            assert "等他自己确认" in (await employer.submit(f"/me/jobs/{posting}", typed=hired)).text
            await worker.open(jobs)
            assert "算找到活了" in (await worker.submit(f"/village/applications/{found}", act="confirm")).text
    async with await village.browser(second, second_factor=True) as desk:
        assert "办成了多少" in (await desk.open("/desk/service-figures?key=found_work")).text
        assert "这一季没有" in (await desk.open("/services?county=130624")).text


async def test_only_who_marks_attendance_gets_the_link_of_a_course(village: Village) -> None:
    async with village.database.transaction() as conn:
        county, finance = [await make_official(conn, role, "130624") for role in (Role.COUNTY, Role.FINANCE)]
    typed = {"kind": "course", "title": "剪枝", "organiser": "样例农广校", "village": "革新庄村", "room": "村委会"}
    hours = {"starts": "09:00", "ends": "11:00", "places": "1"}
    links = dict[str, list[str]]()
    async with await village.browser(county, second_factor=True) as desk:
        await desk.open("/desk/services")
        day = (village.today + timedelta(days=3)).isoformat()
        await desk.submit("/desk/services", typed={**typed, **hours, "day": day})
    for name, official in (("county", county), ("finance", finance)):
        async with await village.browser(official, second_factor=True) as desk:
            seen = await desk.open("/desk/services")
            assert "剪枝" in seen.text
            links[name] = [link for link in seen.links() if link.startswith("/desk/services/")]
    assert (len(links["county"]), links["finance"]) == (1, [])
