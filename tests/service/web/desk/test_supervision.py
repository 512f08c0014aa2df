"""督办 on the desk: the province gives, the prefecture passes on, the county reports, and it is checked."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import NOW, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import make_official

TASK = {
    "assignee": "130600000000", "title": "没有 4G 的村都开通", "text": "每个村都能打电话", "basis": "样例督〔2019〕1号",
    "due_on": "2019-12-30", "measure": "villages_without_4g", "target": "0",
}  # fmt: skip

EVIDENCE, RETURNED = ("act", "evidence"), ("act", "returned")


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def sign_in(database: Database, scope: str, name: str) -> str:
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.SUPERVISOR, scope, name=name)
        return (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token


async def test_from_the_province_to_the_county_and_back(
    service: Service, database: Database, people: Officials
) -> None:
    prefecture = await sign_in(database, "1306", "样例市某")
    async with open_desk_walker(service, await sign_in(database, "13", "样例省某")) as browser:
        seen = await browser.open("/desk/region")
        assert "/desk/supervision" in seen.links()
        await browser.open("/desk/supervision/new")
        wrong = {**TASK, "assignee": "", "due_on": "2001-01-01"}
        seen = await browser.submit("/desk/supervision/new", typed=wrong, status=422)
        assert "请选河北省里面的市或县" in seen.text
        assert "不能早于今天" in seen.text
        seen = await browser.submit("/desk/supervision/new", typed=TASK)
        assert "布置好了" in seen.text
        above = seen.path.rpartition("/")[2].partition("?")[0]
    async with open_desk_walker(service, prefecture) as browser:
        assert "1 件要报结果" in (await browser.open("/desk/region")).text
        assert "没有 4G 的村都开通" in (await browser.open("/desk/supervision")).text
        assert f"/desk/supervision/new?parent={above}" in (await browser.open(f"/desk/supervision/{above}")).links()
        await browser.open(f"/desk/supervision/new?parent={above}")
        down = {"assignee": "130624000000", "due_on": "2019-12-31"}
        seen = await browser.submit("/desk/supervision/new", typed=down, status=422)
        assert "不能晚于上级给的期限" in seen.text
        seen = await browser.submit("/desk/supervision/new", typed={**down, "due_on": "2019-12-20"})
        below = seen.path.rpartition("/")[2].partition("?")[0]
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        assert "上级督办 1 件，等报结果" in (await browser.open("/desk")).text
        await browser.open(f"/desk/supervision/{above}", status=404)
        await browser.open(f"/desk/supervision/{below}")
        seen = await browser.submit(
            f"/desk/supervision/{below}", press=EVIDENCE, text="找样例某，电话 13800138000", status=422
        )
        assert "不写网址、电话号码、身份证号和账号" in seen.text
        seen = await browser.submit(f"/desk/supervision/{below}", press=EVIDENCE, text="装了基站")
        assert "平台数的：没有 4G 的村" in seen.text
        await browser.open("/desk/supervision/new", status=403)
    async with open_desk_walker(service, prefecture) as browser:
        assert "1 件等核" in (await browser.open("/desk/region")).text
        await browser.open(f"/desk/supervision/{below}")
        await browser.submit(f"/desk/supervision/{below}", press=RETURNED, reason="", status=422)
        seen = await browser.submit(f"/desk/supervision/{below}", press=RETURNED, reason="写清哪几个村")
        assert "退回了，等再报" in seen.text
        assert "写清哪几个村" in seen.text
