"""闲置的号码 on the desk: masked until a line is opened, a call recorded beside it, a list to print."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path

import pytest

from market.kernel import Database
from market.subsidies.idle.lines import list_lines_to_call
from tests.service.web.desk.county import COUNTY, NOW, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service

NAME, PHONE, MASKED = "样例陈一", "17070000203", "170****0203"
CATEGORIES = ("监测", "脱贫", "贫困", "突发", "边缘", "建档立卡")


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_line_is_opened_called_and_printed(service: Service, county: Officials, database: Database) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        listed = await list_lines_to_call(conn, COUNTY, [COUNTY], today=date(2019, 2, 14))
    assert all(each.certain for each in listed)
    assert NOW.date() == date(2019, 2, 14)
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        seen = await browser.open("/desk/idle")
        assert "不一定闲置" not in seen.text
        assert read_table(seen) == read_table(await browser.open("/desk/idle?all=1"))
        rows = {row[0]: row[1:] for row in read_table(seen)[1:]}
        assert [*rows] == [each.line for each in listed]
        assert rows["LT-03"][1:] == [
            "样例陈*", MASKED, "2019年1月10日", "2月9日", "2月10日", "2月25日", "11 天", "先不减", "没有发", "还没有打",
        ]  # fmt: skip
        assert NAME not in seen.html
        assert PHONE not in seen.html
        seen = await browser.open("/desk/idle?line=LT-03")
        assert f'href="tel:{PHONE}"' in seen.html
        seen = await browser.submit("/desk/idle", outcome="will_use", note="长" * 201, status=422)
        assert "最多 200 字" in seen.text
        seen = await browser.submit("/desk/idle", outcome="will_use", note="样例：下午去充电")
        rows = {row[0]: row[1:] for row in read_table(seen)[1:]}
        assert rows["LT-03"][-1].startswith("答应去用（2019年2月14日")
        seen = await browser.open("/desk/idle?line=LT-03")
        assert "样例：下午去充电" in seen.text
        assert "登记业务变更" not in seen.text
        await browser.submit("/desk/idle", outcome="wants_end", note="")
        assert "/desk/lines?line=LT-03" in (await browser.open("/desk/idle?line=LT-03")).links()
        await browser.submit("/desk/idle", outcome="will_use", note="")
        sheet = await browser.open("/desk/idle/calls")
        printed = {row[0]: row[1:] for row in read_table(sheet)[1:]}
        assert printed["LT-03"][1:4] == [NAME, PHONE, "手机号 0203"]
        assert [word for word in CATEGORIES if word in sheet.html] == []
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        # Who keeps the programmes sees the list and records no call.
        assert "怎么说的" not in (await browser.open("/desk/idle?line=LT-03")).text
