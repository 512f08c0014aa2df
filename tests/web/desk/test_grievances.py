"""减免投诉: without a name, triaged, answered, looked at again by the level above; only the receipt opens it."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.grievances import receive
from market.identity.models import Role
from market.identity.sign_in import sign_in_without_code
from market.kernel import Database
from market.kernel.seal import Seal
from market.reports.counted.grievances import GRIEVANCES
from market.reports.counted.models import MonthOfReport, count_figures
from tests.support.app import Service
from tests.support.make import make_official
from tests.web.desk.county import COUNTY, JANUARY, NOW, Officials, import_story_files, play_january, serve_story
from tests.web.desk.desk_pages import open_desk_walker

TEXT = "样例：一月的减免没有到"


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def complain(service: Service) -> tuple[str, str]:
    """Complain without a name, and return number and code of the receipt, which alone open it."""
    async with open_desk_walker(service, None) as visitor:
        await visitor.open("/grievance?county=130624")
        seen = await visitor.submit("/grievance", county="", text=TEXT, status=422)
        assert "请选哪个县" in seen.text
        seen = await visitor.submit("/grievance", county=COUNTY, text="长" * 1001, status=422)
        assert "最多 1000 字" in seen.text
        seen = await visitor.submit("/grievance", county=COUNTY, text=TEXT)
        found = re.search(r"编号 (\d+).*?查询码 ([0-9A-Z-]{19})", seen.text)
        assert found is not None
        number, code = found.groups()
        await visitor.open("/grievance/answer")
        seen = await visitor.submit("/grievance/answer", number=number, code="2222-2222-2222-2222", status=404)
        assert TEXT not in seen.text
        seen = await visitor.submit("/grievance/answer", number=number, code=code.replace("-", " ").lower())
        assert TEXT in seen.text
        assert "县里在办" in seen.text
    return number, code


async def work(service: Service, token: str, finding: str) -> str:
    """Triage and answer it as the county, write down another one, and return the address of its page."""
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open("/desk/cases")
        page = next(link for link in seen.links() if link.startswith("/desk/grievances/"))
        await browser.open(page)
        seen = await browser.submit(page, act="triage", topic="missing", finding="x", status=422)
        assert "请粘贴疑点的编号" in seen.text
        seen = await browser.submit(page, act="triage", line="YD-99", finding="", lead="77", status=422)
        for words in ("县里没有这个业务编号", "县里没有这条线索"):
            assert words in seen.text
        seen = await browser.submit(page, act="triage", topic="missing", line="YD-01", finding=finding, lead="")
        assert "业务 YD-01、一件疑点" in seen.text
        seen = await browser.submit(page, act="answer", text="样例", status=422)
        assert "请选办得怎么样" in seen.text
        seen = await browser.submit(page, act="answer", outcome="unsolved", text="样例：那天已经销户")
        assert "查了，不能办" in seen.text
        seen = await browser.open(page)
        assert "样例：那天已经销户" in seen.text
        assert seen.root.all("textarea") == [], "answered"
        await browser.open("/desk/grievances")
        seen = await browser.submit("/desk/grievances", source="phone", text="样例：打电话来说的")
        assert re.search(r"查询码 [0-9A-Z-]{19}", seen.text)
    return page


async def test_a_grievance_without_a_name(
    service: Service, database: Database, people: Officials, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_story_files(database, seal, people)
    await play_january(database, people, until="run")
    number, code = await complain(service)
    async with database.transaction(scope=COUNTY) as conn:
        finding = str(await conn.fetchval("SELECT id FROM findings ORDER BY id LIMIT 1"))
    page = await work(service, people.tokens["xian"], finding)
    monkeypatch.setattr(receive, "MAX_UNTRIAGED_ANONYMOUS", 0)
    async with open_desk_walker(service, None) as visitor:
        await visitor.open("/grievance")
        await visitor.submit("/grievance", county=COUNTY, text=TEXT, status=429)
        await visitor.open("/grievance/answer")
        seen = await visitor.submit("/grievance/answer", number=number, code=code)
        assert "样例：那天已经销户" in seen.text
        await visitor.submit("/grievance/answer", act="appeal", text="", status=422)
        seen = await visitor.submit("/grievance/answer", act="appeal", text="样例：没有销户")
        assert "平台在办" in seen.text
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.PLATFORM, "13", name="样例平某")
        token = (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token
    async with open_desk_walker(service, token) as browser:
        await browser.open(page)
        await browser.submit(page, act="answer", outcome="solved", text="样例：补上了")
    async with open_desk_walker(service, None) as visitor:
        await visitor.open("/grievance/answer")
        seen = await visitor.submit("/grievance/answer", number=number, code=code)
        assert "办好了" in seen.text
        assert "请上一级再看一次" not in seen.text
    async with database.transaction(scope=COUNTY) as conn:
        month = MonthOfReport(county=COUNTY, month=JANUARY.replace(month=2), as_of=NOW.replace(month=3))
        counted = {row.key: row.n for row in await count_figures(conn, GRIEVANCES, month, [COUNTY])}
        assert counted == {
            "received": 2, "anonymous": 2, "triaged": 1, "triage_late": 1, "answered": 1, "answer_late": 1,
            "solved": 1, "appealed": 1,
        }  # fmt: skip
    async with database.transaction(scope="1307") as conn:
        assert await conn.fetchval("SELECT count(*) FROM grievances") == 0
