"""减免投诉: without a name, triaged, answered, looked at again by the level above; only the receipt opens it."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from market.casework.models import CaseAnswererInvolved, CaseNotMovable, CaseOutcome
from market.casework.moves import get_account_scope
from market.grievances import receive
from market.grievances.answer import answer_grievance, appeal_grievance
from market.grievances.views import find_asker, find_own_grievance
from market.identity.models import Actor, Role
from market.identity.sign_in import sign_in_without_code
from market.kernel import Database
from market.kernel.seal import Seal
from market.reports.counted.grievances import GRIEVANCES
from market.reports.counted.models import MonthOfReport, count_figures
from tests.support.app import Service
from tests.support.make import make_official
from tests.support.postgres import as_owner
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
        found = re.search(r"编号 (\d+).*?回执码 ([0-9A-Z-]{19})", seen.text)
        assert found is not None
        number, code = found.groups()
        await visitor.open("/grievance/answer")
        seen = await visitor.submit("/grievance/answer", number=number, code="2222-2222-2222-2222", status=404)
        assert TEXT not in seen.text
        seen = await visitor.submit("/grievance/answer", number=number, code=code.replace("-", " ").lower())
        assert TEXT in seen.text
        assert "县里在办" in seen.text
    return number, code


async def triage(service: Service, token: str, finding: str) -> str:
    """Triage it as the county, and return the address of its page."""
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
    return page


async def answer(service: Service, token: str, page: str) -> None:
    """Answer it as the county, and write down another one."""
    async with open_desk_walker(service, token) as browser:
        await browser.open(page)
        seen = await browser.submit(page, act="answer", text="样例", status=422)
        assert "请选办得怎么样" in seen.text
        seen = await browser.submit(page, act="answer", outcome="unsolved", text="样例：那天已经销户")
        assert "查了，不能办" in seen.text
        seen = await browser.open(page)
        assert "样例：那天已经销户" in seen.text
        assert seen.root.all("textarea") == [], "answered"
        await browser.open("/desk/grievances")
        seen = await browser.submit("/desk/grievances", source="phone", text="样例：打电话来说的")
        assert re.search(r"回执码 [0-9A-Z-]{19}", seen.text)


# What an official ($1) did about the finding ($2) or the line YD-01 that a grievance is linked to.
PARTS = {
    "a duty of the month": """
        INSERT INTO cycle_duties (county_code, cycle_id, account_id, duty, taken_at)
        SELECT county_code, cycle_id, $1, 'county', now() FROM findings WHERE id = $2""",
    "a decision": """
        INSERT INTO finding_decisions (county_code, finding_id, cycle_id, account_id, pays, stops, why, decided_at)
        SELECT county_code, id, cycle_id, $1, '{}', '{}', '样例', now() FROM findings WHERE id = $2""",
    "a change of the line": """
        INSERT INTO line_changes (county_code, line_code, verb, effective_on, note_sealed, reported_by,
                                  reported_person, reported_at)
        SELECT county_code, 'YD-01', 'suspend', '2019-01-01', '', $1, '', now() FROM findings WHERE id = $2""",
    "a step of the lead of the line": """
        WITH lead AS (
            INSERT INTO leads (village_code, kind, source, reason, household_code, line_code, programme_code,
                               reported_at, state)
            SELECT '130624101205', 'enrol', 'cadre', 'other', 'X', 'YD-01', 'p', now(), 'reported'
              FROM findings WHERE id = $2
            RETURNING id)
        INSERT INTO lead_steps (lead_id, step, before, after, account_id, person_key, opinion_sealed, at)
        SELECT id, 'report', 'new', 'reported', $1, '', '', now() FROM lead""",
}


async def refuse_who_took_part(database: Database, seal: Seal, officer: Actor, page: str, finding: str) -> None:
    """Refuse the answer of an official for each part taken; the statement is taken back each time."""
    case_id = UUID(page.partition("?")[0].rpartition("/")[2])
    for part, statement in PARTS.items():
        async with database.transaction(scope=COUNTY) as conn:
            attempt = conn.transaction()
            await attempt.start()
            async with as_owner(conn):
                await conn.execute("SET LOCAL session_replication_role = replica")  # only the rows that count
                await conn.execute(statement, officer.account_id, UUID(finding))
            with pytest.raises(CaseAnswererInvolved):
                await answer_grievance(conn, seal, officer, case_id, outcome=CaseOutcome.SOLVED, text=part, now=NOW)
            await attempt.rollback()


async def test_a_grievance_without_a_name(
    service: Service, database: Database, people: Officials, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_story_files(database, seal, people)
    await play_january(database, people, until="run")
    number, code = await complain(service)
    async with database.transaction(scope=COUNTY) as conn:
        finding = str(await conn.fetchval("SELECT id FROM findings ORDER BY id LIMIT 1"))
    page = await triage(service, people.tokens["xian"], finding)
    await refuse_who_took_part(database, seal, people.actors["xian"], page, finding)
    await answer(service, people.tokens["xian"], page)
    monkeypatch.setattr(receive, "MAX_UNTRIAGED_ANONYMOUS", 0)
    async with open_desk_walker(service, None) as visitor:
        asked = await visitor.open("/grievance")
        offered = [each.attrs["value"] for each in asked.root.all("option")]
        assert len(offered) == len(set(offered)), "a county on two lists is offered once"
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
    async with database.connection() as conn:
        asker = await find_asker(conn, int(number), code)
    async with database.transaction(scope=get_account_scope(asker)) as conn:
        again = await find_own_grievance(conn, seal, int(number))
        with pytest.raises(CaseNotMovable):
            await appeal_grievance(conn, seal, again, text="样例：再看一次", now=NOW)
        raised = replace(again, reopened_at=None)
        assert not raised.may_appeal(NOW), "there is no level above"
        assert replace(raised, last_level=False).may_appeal(NOW)
        assert not replace(again, last_level=False).may_appeal(NOW), "it was looked at again"
    async with database.transaction(scope=COUNTY) as conn:
        month = MonthOfReport(county=COUNTY, month=JANUARY.replace(month=2), as_of=NOW.replace(month=3))
        counted = {row.key: row.n for row in await count_figures(conn, GRIEVANCES, month, [COUNTY])}
        assert counted == {
            "received": 2, "anonymous": 2, "triaged": 1, "triage_late": 1, "answered": 1, "answer_late": 1,
            "solved": 1, "appealed": 1,
        }  # fmt: skip
    async with database.transaction(scope="1307") as conn:
        assert await conn.fetchval("SELECT count(*) FROM grievances") == 0
