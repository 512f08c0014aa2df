"""What people of a village, a unit and the county do in the demo, in Chromium at 360 px."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from market.service.demo.sample.identities import BUYER_PHONES, make_phone
from tests.journeys.demo import LATER, Demo, Visitor, choose, follow, open_owner, open_visitor
from tests.service.demo.sample.conftest import NOW
from tests.service.web.farm.test_selling import a_photo
from tests.support.chromium import launch_chromium
from tests.support.make import VILLAGE

pytestmark = pytest.mark.long

COURSE = (
    "课程名称,村代码,开始时间,结束时间,名额,主办单位\n"
    "食用菌越夏管理,{village},2026-07-09 09:00,2026-07-09 11:30,2,样例革新庄食用菌公司\n"
)


async def test_a_villager_reports_a_fault_and_goes_to_a_course_that_the_county_gives(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=True)
        page = visitor.page
        await visitor.become("farmer")
        await follow(visitor, "村里的事")
        await follow(visitor, "信号和宽带")
        village = page.url.partition("village=")[2]
        await page.locator("[name=kind]").first.check(force=True)
        await page.select_option("#operator", label="中国移动")
        await page.select_option("#technology", "4g")
        await page.fill("#text", "村东头，下雨以后就没有")
        await visitor.press("报上去")
        await expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_contain_text("报上去了")
        await visitor.become("operator")
        await visitor.open("/operators/outages")
        await page.locator("[name=outcome]").first.check(force=True)
        await page.fill("#text", "查了，是基站停电，已经来电")
        await visitor.press("答复")
        await expect(page.locator("main")).to_contain_text("短信告诉报的人")
        await visitor.become("county")
        await visitor.open("/desk/village-files/courses")
        await choose(page, "file", "courses.csv", COURSE.format(village=village).encode())
        await visitor.press("导入")
        await expect(page.get_by_role("alert")).to_contain_text("导入好了")
        await visitor.become("farmer")
        await visitor.open(f"/village/services?village={village}")
        await page.get_by_role("button", name=re.compile("^报名")).first.click()
        await visitor.check_page()
        await expect(page.locator("#own")).to_be_visible()
        await visitor.open(f"/village/plans?village={village}")
        await expect(page.locator("main")).to_contain_text("元")


async def test_a_shop_applies_and_the_county_decides_and_answers_the_province_without_scripts(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=False)
        page = visitor.page
        await visitor.become("farmer")
        await follow(visitor, "村里的事")
        await follow(visitor, "扶持和场地")
        await page.locator('main a[href^="/farm/funds/"]').first.click()
        if await page.locator("#wanted").count():
            await page.fill("#wanted", "500")
        await page.fill("#text", "换两个菇棚的遮阳网")
        await visitor.press("申请")
        await expect(page.locator("main")).to_contain_text("交上去了")
        await visitor.become("county")
        await visitor.open("/desk/cases")
        await follow(visitor, "扶持")
        await page.locator("[name=decision]").first.check()
        if await page.locator("#granted").count():
            await page.fill("#granted", "500")
        await page.fill("#text", "材料齐，符合今年的办法")
        await visitor.press("就这样定")
        await visitor.become("province")
        await visitor.open("/desk/supervision/new")
        await expect(page.locator("h1")).to_be_visible()
        await visitor.become("county")
        await visitor.open("/desk/supervision")
        await page.locator("section[aria-labelledby=received] a.row").first.click()
        await page.fill("#text", "今天逐村查了一遍，缺信号的报给了运营商")
        await visitor.press("报上去")
        await expect(page.locator("main")).to_contain_text("缺信号的报给了运营商")


REQUESTER, APPROVER = make_phone(BUYER_PHONES, 2), make_phone(BUYER_PHONES, 3)
TODAY = (NOW + LATER).date()


async def take(visitor: Visitor, page: str, words: str, done: str, **typed: str) -> None:
    """Take the step of a purchase that is due, with what is typed and every check passed, and read that it was done."""
    await visitor.open(page)
    for box in await visitor.page.locator("main form .opt [type=checkbox]").all():
        await box.check(force=True)
    for name, value in typed.items():
        await visitor.page.fill(f"#{name}", value)
    await visitor.press(words)
    await expect(visitor.page.get_by_role("status").or_(visitor.page.get_by_role("alert")).first).to_contain_text(done)


async def read_counted(page: Page) -> int:
    """Return how many fen of the unit's quota count as spent."""
    found = re.search(r"计入的\s+([0-9,.]+)", await page.locator(".acc").first.inner_text())
    assert found is not None
    return int(found[1].replace(",", "").replace(".", ""))


async def test_a_canteen_buys_accepts_and_pays_and_it_counts_without_scripts(demo: Demo) -> None:
    async with launch_chromium() as browser, open_owner(demo.dsn) as conn:
        number = await conn.fetchval("SELECT number FROM listings WHERE title = '革新庄玉米糁（食堂装）'")
        visitor = await open_visitor(browser, demo, scripts=False)
        page = visitor.page
        await visitor.be(demo, REQUESTER)
        await visitor.open("/unit")
        counted = await read_counted(page)
        await visitor.open(f"/goods/{number}")
        await page.fill("[name=n]", "2")
        await page.locator('form[action="/cart/goods"] button').first.click()
        await visitor.open("/checkout?region=130000")
        for name, words in (("who", "样例小学食堂"), ("tel", REQUESTER), ("address", "样例路 1 号")):
            await page.fill(f"#{name}", words)
        await page.locator("[name=method][value=unit]").check(force=True)
        await page.locator("main button.main").click()
        await expect(page.locator("main")).to_contain_text("等单位审批")
        await visitor.check_page()
        order = page.url.removeprefix(demo.address).partition("?")[0]
        await visitor.be(demo, APPROVER)
        await take(visitor, order, "同意采购", "批了")
        await visitor.become("farmer")
        await take(visitor, order, "签合同，接这一单", "合同签好了")
        await take(visitor, order, "送到了", "等单位验收", n0="2")
        await visitor.become("buyer")
        await take(visitor, order, "验收", "验收记好了", n0="1")
        await visitor.become("farmer")
        await take(visitor, order, "记下", "发票记好了", number=f"{TODAY:%y}{number:018d}", issued_on=str(TODAY))
        await visitor.be(demo, APPROVER)
        await visitor.open(order)
        code = await page.locator("b", has_text="CG").inner_text()
        await visitor.become("platform")
        await visitor.open("/desk/bank-receipts")
        for name, words in (("reference", "样例流水九"), ("payer_code", code), ("payer_name", "样例小学"),
                            ("amount", "90"), ("received_on", str(TODAY))):  # fmt: skip
            await page.fill(f"#{name}", words)
        await visitor.press("记下")
        await expect(page.locator("main")).to_contain_text("等另一位工作人员核对")
        await visitor.become("confirmer")
        await visitor.open("/desk/bank-receipts")
        await page.locator("section[aria-labelledby=w] ul a").first.click()
        await visitor.press("核对过了，银行账上有这一笔")
        await expect(page.locator("main")).to_contain_text(f"付了采购单 {order.rpartition('/')[2]}")
        await visitor.be(demo, APPROVER)
        await visitor.open("/unit")
        # One of the two sacks was accepted and paid; the other is back in the year's quota.
        assert await read_counted(page) - counted == 90_00


async def test_a_villager_asks_with_a_photo_and_shares_the_answer_with_neighbours(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=True)
        page = visitor.page
        await visitor.become("farmer")
        await follow(visitor, "村里的事")
        await follow(visitor, "问农技员")
        asking = page.url.removeprefix(demo.address)
        await page.fill("#text", "枣叶卷了，背面有红点，三天了")
        await page.set_input_files("#photo", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()})
        await visitor.press("问出去")
        await expect(page.locator("#own")).to_be_visible()
        await visitor.become("host")
        await visitor.open("/farm/mine")
        await follow(visitor, "别人问我的")
        asked = page.locator("section", has_text="背面有红点").first
        await expect(asked.locator("img")).to_be_visible()
        await asked.locator("textarea").fill("像是红蜘蛛，傍晚打一遍水，叶子背面多打几下。")
        await asked.get_by_role("button").click()
        await visitor.check_page()
        await expect(page.get_by_role("alert").or_(page.get_by_role("status")).first).to_contain_text("答复了")
        neighbour = await open_visitor(browser, demo, scripts=True)
        await neighbour.open(asking)
        await expect(neighbour.page.locator("main")).not_to_contain_text("背面有红点")
        await visitor.become("farmer")
        await visitor.open(asking)
        await page.locator("a", has_text="给乡亲们也看看").first.click()
        await visitor.check_page()
        await visitor.press("先看一遍")
        await visitor.press("我看过了，就这样给大家看")
        await neighbour.open(asking)
        await expect(neighbour.page.locator("main")).to_contain_text("背面有红点")
        await expect(neighbour.page.locator("main img")).to_have_count(0)


async def test_an_employer_posts_the_county_checks_and_a_worker_confirms(demo: Demo) -> None:
    async with launch_chromium() as browser:
        visitor = await open_visitor(browser, demo, scripts=True)
        page = visitor.page
        await visitor.become("farmer")
        await visitor.open("/me/jobs")
        last = str(TODAY + timedelta(days=30))
        for name, words in (("title", "样例菇棚采菇"), ("village", "革新庄村"), ("positions", "3"), ("wage_min", "120"),
                            ("wage_max", "140"), ("last", last), ("note", "管午饭")):  # fmt: skip
            await page.fill(f"#{name}", words)
        await visitor.press("送去核")
        await visitor.become("county")
        await visitor.open("/desk/jobs")
        await page.get_by_role("button", name=re.compile("^核过了.*样例菇棚采菇")).click()
        await visitor.check_page()
        await visitor.become("host")
        await visitor.open("/village/jobs?village=" + VILLAGE)
        posting = page.locator("main div.gap", has_text="样例菇棚采菇").last
        await posting.locator("[name=consent]").check(force=True)
        await posting.get_by_role("button").click()
        await visitor.check_page()
        await expect(page.locator("#own")).to_contain_text("样例菇棚采菇")
        await visitor.become("farmer")
        await visitor.open("/me/jobs")
        await follow(visitor, "样例菇棚采菇")
        await page.get_by_role("button", name=re.compile("^来上工了")).first.click()
        await visitor.check_page()
        await visitor.become("host")
        await visitor.open("/village/jobs?village=" + VILLAGE)
        await page.get_by_role("button", name=re.compile("^是，去上工了.*样例菇棚采菇")).click()
        await visitor.check_page()
        await visitor.become("farmer")
        await visitor.open("/me/jobs")
        await expect(page.locator("main")).to_contain_text("本人确认的 1 人")
