"""代理: the county names who stands in for whom, sees it, and ends it; a month without enough people says so."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from tests.service.web.desk.county import Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.postgres import as_owner


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_deputy_is_named_seen_and_ended(service: Service, people: Officials, database: Database) -> None:
    async with database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO grants (account_id, role, scope, valid_during)"
            " SELECT id, 'supervisor', '1306', daterange('2018-01-01', NULL) FROM accounts WHERE handle = 'dui'"
        )
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        seen = await browser.open("/desk/officials")
        assert "/desk/deputies" in seen.links()
        offered = await browser.open("/desk/deputies")
        handles = {node.attrs["value"] for node in offered.root.all("option")}
        assert "zhen" in handles
        assert "dui" not in handles, "whose account the county does not keep is refused, and not offered"
        typed = {"absent": "xian", "deputy": "zhen", "first": "2019-02-14", "last": "2019-02-20"}
        seen = await browser.submit("/desk/deputies", typed=typed)
        assert "代理的人定好了" in seen.text
        assert "样例镇某 代 样例县某" in seen.text
        assert "2019年2月14日到2019年2月20日，县级审定" in seen.text
        seen = await browser.open("/desk/officials")
        assert "2019年2月14日到2019年2月20日代样例县某办：县级审定" in seen.text
        assert "2019年2月14日到2019年2月20日由样例镇某代理" in seen.text
    async with open_desk_walker(service, people.tokens["zhen"]) as browser:
        await browser.open("/desk/deputies")  # the deputy decides for the county, and keeps its accounts, for a week
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/deputies")
        seen = await browser.submit("/desk/deputies/end")
        assert "不再代理了" in seen.text
        assert "现在没有人代理" in seen.text
    async with open_desk_walker(service, people.tokens["zhen"]) as browser:
        await browser.open("/desk/deputies", status=403)


async def test_wrong_days_and_people_are_refused_in_words(service: Service, people: Officials) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/deputies")
        typed = {"absent": "cun", "deputy": "zhen", "first": "2019-02-13", "last": "2019-02-20"}
        seen = await browser.submit("/desk/deputies", typed=typed, status=422)
        assert "从今天起、一年以内的一天" in seen.text
        seen = await browser.submit("/desk/deputies", typed={**typed, "first": "2019-02-14", "last": ""}, status=422)
        assert "不早于第一天，最多 90 天" in seen.text
        seen = await browser.submit(
            "/desk/deputies", typed={**typed, "first": "2019-02-14", "deputy": "xian"}, status=403
        )
        assert "自己的账号要由另一位来改" in seen.text


async def test_a_county_with_too_few_people_is_told_before_the_month_begins(
    service: Service, people: Officials
) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        assert "办账的人不够" not in (await browser.open("/desk")).text
        await browser.open("/desk/officials/dui")
        await browser.submit("/desk/officials/dui/end")
        seen = await browser.open("/desk")
        assert "一个月的账要 7 个人分头办，现在的人只够办 6 项，还差：对账。" in seen.text
        await browser.open("/desk/officials/cun")
        await browser.submit("/desk/officials/cun/move", place="城厢村", roles="village")
        assert "没有人核实的村" not in (await browser.open("/desk")).text, "no household is registered here yet"
    async with open_desk_walker(service, people.tokens["cun"]) as browser:
        assert (await browser.open("/desk")).path.startswith("/sign-in")
