"""Leads on the desk's pages; the sheet for the board has names, the public notice has none."""

import re
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path

import pytest

from market.kernel import Database
from market.people.identity.sign_in import sign_in_without_code
from market.subsidies.intake.models import LeadKind, LeadStep
from tests.access.fixtures import make_picture
from tests.service.web.desk.county import COUNTY, NOW, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.subsidies.intake.intake import SUDDEN, VILLAGE, Case, Intake, make_lead
from tests.subsidies.intake.test_consents import apply_and_enrol
from tests.support.app import Service
from tests.support.browser import LoadedPage, PageClient
from tests.support.looks import list_case_looks
from tests.support.make import make_account

UUID_PATH = re.compile(r"/desk/leads/[0-9a-f-]{36}")
OTHER_VILLAGE = "130624107221"
IDENTITY = "130624199003039917"
CATEGORIES = ("监测", "脱贫", "贫困", "突发", "边缘", "建档立卡")


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_new_household_is_reported_visited_matched_and_confirmed_on_pages(
    service: Service, county: Officials
) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/leads/new")
        seen = await browser.submit(
            "/desk/leads/new", kind="identify", source="warning", reason="expense", note="样例：药费单子多", status=422
        )
        assert "请选本县的村" in seen.text
        seen = await browser.submit(
            "/desk/leads/new", kind="identify", source="warning", reason="expense", note="样例：药费单子多",
            village_code="骆驼湾村",
        )  # fmt: skip
        path = seen.path.partition("?")[0]
        assert "名册里还没有的一户" in seen.text
        assert not [each for each in seen.root.all("form") if each.attrs.get("action") == path]
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        assert "线索 1 条，等您办" in (await browser.open("/desk")).text
        await browser.open(path)
        seen = await browser.submit(path, step="visit", opinion="样例：去看过", status=422)
        assert "请写这一户有谁" in seen.text
        await browser.submit(
            path, step="visit", opinion="样例：去看过", name1="样例何一", identity1="13062419900303991",
            relation1="户主", status=422,
        )  # fmt: skip
        seen = await browser.submit(path, step="visit", identity1="130624 19900303 9917")
        assert "样例何一，户主" in seen.text
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open(path)
        seen = await browser.submit(path, step="match", opinion="没有车", monitoring="突发严重困难户", status=422)
        assert "保障档是 1 到 99" in seen.text
        await browser.submit(
            path, step="match", opinion="没有车", monitoring="突发严重困难户", registered="0", tier="1",
            new_code="H90",
        )  # fmt: skip
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        await browser.open(path)
        seen = await browser.submit(path, step="confirm", opinion="同意", attended="9", agreed="4", status=422)
        assert "过半数同意" in seen.text
        seen = await browser.submit(path, step="confirm", opinion="同意", attended="9", agreed="8")
        assert "公示没有满" in seen.text
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        await browser.open(path)
        seen = await browser.submit(path, step="review", opinion="同意", status=409)
        assert "公示还没有满" in seen.text
        sheet = await browser.open(f"/desk/boards/{VILLAGE}")
        assert read_table(sheet)[1][1:5] == ["样例何一", "1", "申请帮扶", "开支大了"]
        assert IDENTITY not in sheet.html


async def test_the_public_notice_has_counts_and_reasons_and_no_name(service: Service, database: Database) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        lead = await Intake(conn, date(2019, 2, 12)).walk(Case(make_lead(), standing=SUDDEN), LeadStep.CONFIRM)
    async with PageClient(service.app) as browser:
        seen = await browser.open(f"/villages/{VILLAGE}/notice")
        assert "今天公示 1 户" in seen.text
        assert "1 户，收入少了，干部走访" in seen.text
        assert "2019年2月13日到2019年2月17日" in seen.text
        for word in ("样例赵", "H01", str(lead.id), *CATEGORIES):
            assert word not in seen.html, word
        assert "今天没有公示" in (await browser.open(f"/villages/{OTHER_VILLAGE}/notice")).text
        assert (await browser.client.get("/villages/130624999999/notice")).status_code == 404


async def test_a_signed_consent_is_printed_and_photographed(
    service: Service, county: Officials, database: Database
) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        new = make_lead(LeadKind.ENROL, line_code="YD-77", programme_code="P1")
        lead_id = await Intake(conn, NOW.date()).report(new)
    path = f"/desk/leads/{lead_id}"
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        assert "没有同意，县里审定不了" in (await browser.open(path)).text
        assert "随时可以撤回" in (await browser.open(f"{path}/consent")).text
        await browser.open(path)
        seen = await browser.submit(
            f"{path}/consent", files={"photo": ("a.jpg", b"no picture", "image/jpeg")}, status=422
        )
        assert "请写哪天签的" in seen.text
        await browser.submit(
            f"{path}/consent",
            given_on="2019-02-14",
            files={"photo": ("a.jpg", b"no picture", "image/jpeg")},
            status=422,
        )
        seen = await browser.submit(f"{path}/consent", files={"photo": ("a.jpg", make_picture(120), "image/jpeg")})
        assert "签了字，样例村某传的照片" in seen.text
        photo = await browser.client.get(
            next(href for each in seen.root.all("a") if "/consents/" in (href := each.attrs.get("href") or ""))
        )
        assert (photo.headers["content-type"], photo.content[8:12]) == ("image/webp", b"WEBP")


async def test_a_household_applies_sees_how_far_it_is_and_withdraws(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        account_id = await make_account(conn, name="样例何三")
        token = (await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)).token
    async with open_desk_walker(service, token) as browser:
        await browser.open("/farm/bill/applications")
        seen = await browser.submit("/farm/bill/applications", village="没有这个村", note="样例：三口人", status=422)
        assert "没有找到这个村" in seen.text
        assert "点“申请”，就是同意下面这段话" in seen.text
        seen = await browser.submit("/farm/bill/applications", village=VILLAGE, note="样例：三口人")
        assert "骆驼湾村 等入户核实" in seen.text
        assert not [word for word in CATEGORIES if word in seen.html]
        [path] = find_withdrawals(seen)
        action = path.removesuffix("/withdrawal")
        assert action not in {each.attrs.get("action") for each in seen.root.all("form")}, "one press withdraws"
        seen = await browser.open(path)
        assert "撤回了，以后想办要从头申请。" in seen.text
        assert "/farm/bill/applications" in seen.links()
        assert "已撤回" in (await browser.submit(action)).text
        await browser.open(path, status=404)


async def test_a_household_is_asked_before_its_reduction_ends(service: Service, database: Database) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        lead_id, person = await apply_and_enrol(conn)
        token = (await sign_in_without_code(conn, person.account_id, now=NOW, second_factor=False)).token
    async with open_desk_walker(service, token) as browser:
        for page in ("/me/info", "/farm/bill/applications"):
            seen = await browser.open(page)
            assert find_withdrawals(seen) == [f"/farm/bill/applications/{lead_id}/withdrawal"]
            actions = {each.attrs.get("action") for each in seen.root.all("form")}
            assert f"/farm/bill/applications/{lead_id}/consent" not in actions
            assert "reduction" not in {each.attrs.get("value") for each in seen.root.all("input")}
        seen = await browser.open(find_withdrawals(seen)[0])
        assert (
            "从今天起不再减话费，以前减的不用退。以后想再减，要重新同意，再等村里、乡镇恢复，那几天不补。" in seen.text
        )
        seen = await browser.submit(f"/farm/bill/applications/{lead_id}/consent")
        assert "您撤回了同意；重新同意以后，村里、乡镇恢复减免" in seen.text
        assert find_withdrawals(seen) == []
        await browser.open(f"/farm/bill/applications/{lead_id}/withdrawal", status=404)


def find_withdrawals(seen: LoadedPage) -> list[str]:
    return [each for each in seen.links() if each.startswith("/farm/bill/applications/")]


async def test_the_household_of_an_application_is_found_at_the_visit_and_its_person_chosen(
    service: Service, county: Officials, database: Database
) -> None:
    async with database.transaction() as conn:
        account_id = await make_account(conn, name="样例何三")
        token = (await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)).token
    async with database.transaction(scope=COUNTY) as conn:
        found = await conn.fetchrow(
            "SELECT household_code, village_name FROM household_statuses WHERE county_code = '130624'"
            " AND village_code <> $1 AND upper_inf(valid_during) ORDER BY household_code LIMIT 1",
            OTHER_VILLAGE,
        )
    assert found is not None
    household, village = str(found["household_code"]), str(found["village_name"])
    async with open_desk_walker(service, token) as browser:
        await browser.open("/farm/bill/applications")
        await browser.submit("/farm/bill/applications", village=village, note="样例：三口人")
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        seen = await browser.open("/desk/leads")
        [path] = [each.partition("?")[0] for each in seen.links() if UUID_PATH.search(each)]
        await browser.open(path)
        typed = {"line_code": "YD-77", "programme_code": "P1", "opinion": "样例：去看过"}
        seen = await browser.submit(path, typed=typed, step="visit", household_code="H99", status=422)
        assert "这个村的名册里现在没有这一户" in seen.text
        assert "这条业务谁用" not in seen.text
        seen = await browser.submit(path, typed=typed, step="visit", household_code=household.lower(), status=422)
        assert "请选人" in seen.text
        assert "这条业务谁用" in seen.text
        [person, *_] = [each.attrs["value"] for each in seen.root.all("input") if each.attrs.get("name") == "chosen"]
        seen = await browser.submit(path, step="visit", chosen=person)
        assert "记下了：入户核实" in seen.text


async def test_a_villager_objects_without_a_name_and_reads_the_answer_with_the_receipt(
    service: Service, county: Officials, database: Database
) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        lead = await Intake(conn, date(2019, 2, 12)).walk(Case(make_lead(), standing=SUDDEN), LeadStep.CONFIRM)
    notice = f"/villages/{VILLAGE}/notice"
    async with PageClient(service.app) as villager:
        await villager.open(notice)
        path = f"/villages/{VILLAGE}/objections"
        seen = await villager.submit(path, number="9999", text="样例：他家有店", status=422)
        assert "请选一个" in seen.text
        seen = await villager.submit(path, number=str(lead.number), reason="better_off", text="样例：他家有店")
        receipt = next(word for word in seen.text.split() if len(word) == 14 and word.count("-") == 2)
        assert "1 件，正在核实" in (await villager.open(notice)).text
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        assert "公示异议 1 件，等您定" in (await browser.open("/desk")).text
        seen = await browser.open(f"/desk/leads/{lead.id}")
        assert "家里的条件不止这样 等答复" in seen.text
        objection = next(
            href for each in seen.root.all("a") if "/desk/objections/" in (href := each.attrs.get("href") or "")
        )
        await browser.open(objection)
        seen = await browser.submit(objection.partition("?")[0], text="样例：店是别人的", status=422)
        assert "请选成立不成立" in seen.text
        await browser.submit(objection.partition("?")[0], answer="dismissed", text="样例：店是别人的")
    async with database.transaction(scope=COUNTY) as conn:
        assert len(await list_case_looks(conn, county.actors["zhen"])) == 1
    async with PageClient(service.app) as villager:
        await villager.open("/objections")
        seen = await villager.submit("/objections", receipt="AAAA-BBBB-CCCC", status=404)
        assert "请对一遍" in seen.text
        seen = await villager.submit("/objections", receipt=receipt)
        assert "答复：样例：店是别人的" in seen.text
        seen = await villager.submit("/objections", receipt=receipt, appeal="1", text="样例：去问问别人")
        assert "正在核实" in seen.text
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        await browser.open(f"/desk/leads/{lead.id}")
        path = f"/desk/leads/{lead.id}/objections"
        seen = await browser.submit(path, reason="other", text="", status=422)
        assert "请写您知道的情况" in seen.text
        seen = await browser.submit(path, reason="other", text="样例：来村部说的")
        assert "把回执码抄给提异议的人" in seen.text
