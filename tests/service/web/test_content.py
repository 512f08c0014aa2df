"""Stories, warnings and reports on the pages of villagers, of everybody, and of the county."""

import re
from datetime import timedelta

from market.people.identity.models import Role
from market.people.storage.photos import PhotoPurpose
from tests.service.web.conftest import FARMER_PHONE, HOST_PHONE, Village
from tests.service.web.farm.test_selling import a_photo
from tests.support.make import VILLAGE, make_official

STORIES = f"/village/stories?village={VILLAGE}"
TEXT = "革新庄的枣树有几百年的，秋天打枣，全村人都上山，晚上熬枣粥喝。"


async def test_a_story_is_written_consented_published_and_hidden_by_who_it_shows(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    async with await village.browser(village.farmer) as farmer, await village.browser(village.host) as host:
        assert STORIES in (await farmer.open("/village")).html
        await farmer.open(f"{STORIES}&write=1")
        typed = {"title": "打枣", "text": f"{TEXT}今年滞销", "phones": HOST_PHONE}
        seen = await farmer.submit("/village/stories", status=422, typed=typed)
        assert "请换个说法：滞销" in seen.text
        seen = await farmer.submit("/village/stories", typed={**typed, "text": TEXT})
        assert "1 人里 0 人同意了" in seen.text
        assert "故事写到您的，要您同意" in (await host.open("/me/info")).text
        number = await village.value("SELECT number FROM stories")
        await farmer.open(f"/stories/{number}/consent", status=404)
        await farmer.open(f"/stories/{number}", status=404)
        await host.open(f"/stories/{number}/consent")
        seen = await host.submit(f"/stories/{number}/consent", act="consent")
        assert ("记下了" in seen.text, "村里的故事写到我：打枣" in seen.text) == (True, True)
        async with await village.browser(county, second_factor=True) as desk:
            assert "村里的故事 1 篇，等看" in (await desk.open("/desk")).text
            assert f"/desk/stories/{number}" in (await desk.open("/desk/stories")).html
            await desk.open(f"/desk/stories/{number}")
            assert "登出来了" in (await desk.submit(f"/desk/stories/{number}", act="publish")).text
        assert TEXT in (await farmer.open(f"/stories/{number}")).text
        assert "打枣" in (await farmer.open(STORIES)).text
        await host.open("/me/info")
        assert "撤回了" in (await host.submit("/me/info/consents", act="withdraw", kind="story")).text
        await farmer.open(f"/stories/{number}", status=404)
        assert "有人不同意、撤回了" in (await farmer.open(STORIES)).text


async def test_neither_form_tells_whether_a_telephone_has_an_account(village: Village) -> None:
    """The answers are the same to the byte, but for keys, tokens and numbers."""
    number = await village.number(village.dates.listing_id)
    rules = f"商品,户编号,方式,比例\n{number},N05,卖货,60%\n{number},N06,卖货,40%\n".encode()
    unused, answers = "17029990001", list[list[str]]()
    async with await village.browser(village.farmer) as farmer:
        await farmer.open("/farm/benefits")
        await farmer.submit("/farm/benefits", press=("do", "import"), files={"file": ("a.csv", rules, "text/csv")})
        for phone in (HOST_PHONE, unused):
            await farmer.open(f"{STORIES}&write=1")
            told = await farmer.submit("/village/stories", typed={"title": "打枣", "text": TEXT, "phones": phone})
            await village.value("DELETE FROM story_people RETURNING 1")
            await village.value("DELETE FROM stories RETURNING 1")
            await farmer.open("/farm/benefits")
            seen = await farmer.submit("/farm/benefits/households", typed={"code": "N05", "phone": phone})
            answers.append([_hide_ids(told.html), _hide_ids(seen.html)])
        await farmer.open("/farm/benefits")
        wrong = await farmer.submit("/farm/benefits/households", status=422, typed={"code": "N05", "phone": "12"})
        assert "手机号不对" in wrong.text
    assert "1 人里 0 人同意了" in answers[0][0]
    assert answers[0] == answers[1]


def _hide_ids(html: str) -> str:
    """Leave out what differs from answer to answer: keys, tokens and numbers of stories."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|nonce[^ >]+|value=\"[A-Za-z0-9_.=-]{20,}\"|/stories/[0-9]+", "", html)


async def test_the_photo_of_a_story_is_shown_only_while_it_is_published(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    async with await village.browser(village.farmer) as farmer, await village.browser() as visitor:
        await farmer.open(f"{STORIES}&write=1")
        await farmer.submit(
            "/village/stories",
            typed={"title": "打枣", "text": TEXT},
            files={"photo": ("a.jpg", a_photo(), "image/jpeg")},
        )
        name = await village.value("SELECT name FROM photos WHERE purpose = $1", PhotoPurpose.STORY)
        number = await village.value("SELECT number FROM stories")
        path = f"/story-photos/{name}-480.webp"
        assert [(await each.client.get(path)).status_code for each in (farmer, visitor)] == [200, 404]
        async with await village.browser(county, second_factor=True) as desk:
            await desk.open(f"/desk/stories/{number}")
            await desk.submit(f"/desk/stories/{number}", act="publish")
            answer = await visitor.client.get(path)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
            await desk.open(f"/desk/stories/{number}")
            await desk.submit(f"/desk/stories/{number}", status=422, act="hide", reason="")
            await desk.submit(f"/desk/stories/{number}", act="hide", reason="照片看不清")
        assert (await visitor.client.get(path)).status_code == 404


async def test_a_listing_and_a_review_have_a_report_button_and_the_seller_does_not_learn_who(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    number = await village.number(village.dates.listing_id)
    at = f"/report/listing/{number}"
    async with await village.browser(village.buyer) as buyer:
        assert at in (await buyer.open(f"/goods/{number}")).html
        await buyer.open(at)
        assert "请选为什么" in (await buyer.submit(at, status=422, text="说能治病")).text
        seen = await buyer.submit(at, reason="medical", text="说能治病")
        assert ("对方不知道是您" in seen.text, "说能治病" in seen.text) == (True, True)
    async with await village.browser(county, second_factor=True) as desk:
        case = await village.value("SELECT case_id FROM content_reports")
        assert f"/desk/reports-of-content/{case}" in (await desk.open("/desk/cases")).html
        seen = await desk.open(f"/desk/reports-of-content/{case}")
        assert ("说能治病" in seen.text, "样例买家甲" in seen.html) == (True, False)
        await desk.submit(f"/desk/reports-of-content/{case}", status=422, decision="hide", text="")
        await desk.submit(f"/desk/reports-of-content/{case}", decision="hide", text="属实，请改")
    assert await village.value("SELECT state FROM listings WHERE id = $1", village.dates.listing_id) == "suspended"
    async with await village.browser(village.farmer) as farmer:
        assert "样例买家甲" not in (await farmer.open("/farm/listings/" + str(number))).html
        await farmer.open(f"/desk/reports-of-content/{case}", status=403)


async def test_a_county_warns_on_every_page_of_its_farmers(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    words = "有人冒充干部办减免、要验证码，别给"
    async with await village.browser(county, second_factor=True) as desk:
        assert "/desk/warnings" in (await desk.open("/desk/villages")).html
        await desk.open("/desk/warnings")
        typed = {"reason": "subsidy", "first": str(village.today), "last": str(village.today + timedelta(days=9))}
        seen = await desk.submit("/desk/warnings", status=422, typed={**typed, "text": "短"})
        assert "写 6 到 50 个字" in seen.text
        assert "农户的每一页下面都有" in (await desk.submit("/desk/warnings", typed={**typed, "text": words})).text
        async with await village.browser(village.farmer) as farmer:
            for path in ("/farm", "/farm/orders", "/farm/sell", "/farm/mine"):
                assert words in (await farmer.open(path)).html
            await desk.open("/desk/warnings")
            warning = await village.value("SELECT id FROM fraud_warnings")
            assert "停了" in (await desk.submit(f"/desk/warnings/{warning}")).text
            assert words not in (await farmer.open("/farm")).html
    assert FARMER_PHONE != HOST_PHONE
