"""减免投诉: without a name, triaged, answered, looked at again by the level above; only the receipt opens it."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import get_account_scope, lock_case, move_case
from market.cases.grievances import network_counts, receive
from market.cases.grievances.answer import answer_grievance, appeal_grievance
from market.cases.grievances.involved import is_involved
from market.cases.grievances.triage import FIND_LINKS
from market.cases.grievances.views import Grievance, find_asker, find_own_grievance, get_grievance
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, Role
from market.people.identity.sign_in import sign_in_without_code
from market.people.identity.supervisors import list_unsupervised_counties
from market.reports.counted.grievances import GRIEVANCES
from market.reports.counted.models import MonthOfReport, count_figures
from tests.service.web.desk.county import COUNTY, JANUARY, NOW, Officials, import_story_files, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.browser import PageClient
from tests.support.looks import list_case_looks
from tests.support.make import make_official
from tests.support.postgres import as_owner

TEXT = "样例：一月的减免没有到，号码是 yd-01"
"""It names a line, which bars who had a part in it: who triages cannot leave it out."""


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
        assert page in (await browser.open("/desk/grievances")).links()
        await browser.open(page)
        seen = await browser.submit(page, act="triage", topic="missing", finding="x", status=422)
        assert "请粘贴疑点的编号" in seen.text
        seen = await browser.submit(
            page, act="triage", line="YD-99", finding="", lead="77", officer="样例没有某", status=422
        )
        for words in ("县里没有这个业务编号", "县里没有这条线索", "县里没有叫这个名字的办事人员"):
            assert words in seen.text
        await browser.submit(page, act="link", line="", finding="", lead="", officer="", status=422)
        seen = await browser.submit(page, act="triage", topic="missing", line="", finding="", lead="", officer="")
        seen = await browser.submit(page, act="answer", outcome="solved", text="样例", status=403)
        assert "分类的人不能自己答复" in seen.text
        await browser.submit(page, act="link", line="", finding="", lead="", officer="", status=422)
        seen = await browser.submit(page, act="link", finding=finding, officer="样例镇某")
        assert "一件疑点、样例镇某" in seen.text
        seen = await browser.submit(page, act="link", line="", finding="", officer="样例县某")
        assert "样例镇某" in seen.text, "what is linked stays"
        assert "样例县某" not in seen.text
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


def get_case_id(page: str) -> UUID:
    """Return the case of a page's address."""
    return UUID(page.partition("?")[0].rpartition("/")[2])


async def refuse_who_took_part(database: Database, seal: Seal, officer: Actor, page: str, finding: str) -> None:
    """Refuse the answer of an official for each part taken; the statement is taken back each time.

    The line is named by the text, by its number, or by being the complainant's own.
    """
    case_id = get_case_id(page)
    async with database.transaction(scope=COUNTY) as conn:
        attempt = conn.transaction()
        await attempt.start()
        grievance = await get_grievance(conn, seal, case_id)
        assert grievance is not None
        plain = replace(grievance, text="样例：没有减")
        async with as_owner(conn):
            await conn.execute("SET LOCAL session_replication_role = replica")  # only the rows that count
            await conn.execute("UPDATE grievances SET finding_id = NULL, officer_id = NULL")
            await conn.execute(PARTS["a change of the line"], officer.account_id, UUID(finding))
        assert not await is_involved(conn, seal, officer, plain)
        for text in ("样例：YD-01没有减", "样例：17050000101没有减", "样例：170 5000 0101", "样例：都是样 例副 某办的"):
            assert await is_involved(conn, seal, officer, replace(grievance, text=text)), text
        async with as_owner(conn):
            await conn.execute(
                "UPDATE accounts SET identity_sealed = '', identity_index ="
                " (SELECT identity_index FROM enrolments WHERE line_code = 'YD-01' LIMIT 1)"
                " WHERE id = (SELECT asker_id FROM cases WHERE id = $1)",
                case_id,
            )
        assert await is_involved(conn, seal, officer, plain), "of the complainant's own line"
        await attempt.rollback()
        await distinguish_namesakes(conn, seal, officer, plain)
    for part, statement in PARTS.items():
        async with database.transaction(scope=COUNTY) as conn:
            attempt = conn.transaction()
            await attempt.start()
            async with as_owner(conn):
                await conn.execute("SET LOCAL session_replication_role = replica")
                await conn.execute(statement, officer.account_id, UUID(finding))
            with pytest.raises(CaseAnswererInvolved):
                await answer_grievance(conn, seal, officer, case_id, outcome=CaseOutcome.SOLVED, text=part, now=NOW)
            await attempt.rollback()


async def distinguish_namesakes(conn: Connection, seal: Seal, officer: Actor, plain: Grievance) -> None:
    """Of two officials of one name the one who is linked is meant; a name alone is refused with both accounts."""
    attempt = conn.transaction()
    await attempt.start()
    name = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", officer.account_id)
    named = replace(plain, text=f"样例：都是{name}办的")
    async with as_owner(conn):
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute("UPDATE accounts SET handle = 'deputy' WHERE id = $1", officer.account_id)
        other = await conn.fetchval(
            "INSERT INTO accounts (handle, name, created_at) SELECT 'namesake', name, now() FROM accounts WHERE id = $1"
            " RETURNING id",
            officer.account_id,
        )
        await conn.execute(
            "INSERT INTO grants (account_id, role, scope, valid_during) VALUES ($1, 'county', $2, '[2018-01-01,)')",
            other, COUNTY,
        )  # fmt: skip
        await conn.execute("UPDATE grievances SET finding_id = NULL, officer_id = NULL")
    assert await is_involved(conn, seal, officer, named), "the name is written, and nobody is linked"
    given = {"county": COUNTY, "line": "", "finding_id": None, "lead": None}
    found = await FIND_LINKS.one(conn, **given, officer=name)
    assert found.namesakes == ["deputy", "namesake"]
    found = await FIND_LINKS.one(conn, **given, officer="namesake")
    assert (found.officer_id, found.namesakes) == (other, [])
    async with as_owner(conn):
        await conn.execute("UPDATE grievances SET officer_id = $1", other)
    assert not await is_involved(conn, seal, officer, named), "another account of the name is meant"
    async with as_owner(conn):
        await conn.execute("UPDATE grievances SET officer_id = $1", officer.account_id)
    assert await is_involved(conn, seal, officer, plain)
    await attempt.rollback()


async def keep_from_answering(database: Database, people: Officials, case_id: UUID) -> None:
    """The schema refuses the answers of who triaged it and of the official complained of, whatever the code says."""
    for handle in ("xian", "zhen"):
        async with database.transaction(scope=COUNTY) as conn:
            with pytest.raises(asyncpg.PostgresError, match="needs another person"):
                await conn.execute(
                    "UPDATE cases SET state = 'answered', answered_by = $1 WHERE id = $2",
                    people.actors[handle].account_id,
                    case_id,
                )


async def complain_above_limits(visitor: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Complain from a network that complained as often as it may, and to a county that is full."""
    asked = await visitor.open("/grievance")
    offered = [each.attrs["value"] for each in asked.root.all("option")]
    assert len(offered) == len(set(offered)), "a county on two lists is offered once"
    monkeypatch.setattr(network_counts, "MAX_NAMELESS_A_DAY", 1)
    seen = await visitor.submit("/grievance", county=COUNTY, text=TEXT, status=429)
    assert "从您这个网络写的不留名投诉够多了" in seen.text
    monkeypatch.setattr(receive, "MAX_UNTRIAGED_ANONYMOUS", 0)
    seen = await visitor.submit("/grievance", county=COUNTY, text=TEXT, status=429)
    assert "这个县不留名的投诉还有很多没有看" in seen.text


async def test_a_grievance_without_a_name(
    service: Service, database: Database, people: Officials, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_story_files(database, seal, people)
    await play_january(database, people, until="run")
    number, code = await complain(service)
    async with database.transaction(scope=COUNTY) as conn:
        finding = str(await conn.fetchval("SELECT id FROM findings ORDER BY id LIMIT 1"))
    async with open_desk_walker(service, people.tokens["cai"]) as browser:
        links = (await browser.open("/desk/grievances")).links()
        assert [link for link in links if link.startswith("/desk/grievances/")] == [], "finance answers none"
    page = await triage(service, people.tokens["xian"], finding)
    async with database.transaction(scope=COUNTY) as conn:
        assert await list_case_looks(conn, people.actors["xian"]) == [f"case:{number}"]
        deputy_id = await make_official(conn, Role.COUNTY, COUNTY, name="样例副某")
        token = (await sign_in_without_code(conn, deputy_id, now=NOW, second_factor=True)).token
    deputy = replace(people.actors["xian"], account_id=deputy_id, name="样例副某")
    await refuse_who_took_part(database, seal, deputy, page, finding)
    await keep_from_answering(database, people, get_case_id(page))
    await answer(service, token, page)
    await go_to_the_platform(database, seal, get_case_id(page))
    above = await sign_in_above(database, COUNTY[:4])
    async with open_desk_walker(service, None) as visitor:
        await complain_above_limits(visitor, monkeypatch)
        await visitor.open("/grievance/answer")
        seen = await visitor.submit("/grievance/answer", number=number, code=code)
        assert "样例：那天已经销户" in seen.text
        await visitor.submit("/grievance/answer", act="appeal", text="", status=422)
        seen = await visitor.submit("/grievance/answer", act="appeal", text="样例：没有销户")
        assert "上一级在办" in seen.text
    await hide_from_others(service, database, token, get_case_id(page))
    async with open_desk_walker(service, above) as browser:
        seen = await browser.open("/desk")
        assert "减免投诉 1 件，等您定" in seen.text
        [cases] = [link for link in seen.links() if link.startswith("/desk/cases")]
        [own] = [link for link in (await browser.open(cases)).links() if link.startswith("/desk/grievances/")]
        assert get_case_id(own) == get_case_id(page)
        assert "样例：那天已经销户" in (await browser.open(own)).text, "the county's answer"
        action = own.partition("?")[0]
        seen = await browser.submit(action, act="answer", outcome="solved", text="样例：补上了")
        assert (seen.path.partition("?")[0], "减免投诉" in seen.text) == ("/desk/cases", False)
    async with open_desk_walker(service, None) as visitor:
        await visitor.open("/grievance/answer")
        seen = await visitor.submit("/grievance/answer", number=number, code=code)
        assert "办好了" in seen.text
        assert "请上一级再看一次" not in seen.text
    await refuse_third_look(database, seal, int(number), code)
    await count_months(database)


async def go_to_the_platform(database: Database, seal: Seal, case_id: UUID) -> None:
    """Nobody supervises the county yet: a second look goes to the platform, and the path changes for nothing else."""
    async with database.transaction(scope=COUNTY) as conn:
        assert COUNTY in [each.code for each in await list_unsupervised_counties(conn, day=NOW.date())]
        undone = conn.transaction()
        await undone.start()
        asked = await move_case(
            conn, seal, await lock_case(conn, case_id), CaseMove.REOPEN, by=None, reason="样例", now=NOW
        )
        assert (asked.path, asked.assigned_role) == (["county", "platform"], Role.PLATFORM)
        assert (await lock_case(conn, case_id)).path == ["county", "platform"]
        await undone.rollback()
        for path in ("{platform,supervisor}", "{county,platform}"):
            with pytest.raises(asyncpg.PostgresError, match="the path of the case"):
                async with conn.transaction():
                    await conn.execute("UPDATE cases SET path = $2::text::text[] WHERE id = $1", case_id, path)


async def sign_in_above(database: Database, scope: str) -> str:
    """Sign in an official of a prefecture."""
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.SUPERVISOR, scope, name=f"样例上某{scope}")
        return (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token


async def hide_from_others(service: Service, database: Database, county: str, case_id: UUID) -> None:
    """What is looked at again is not for the platform, another prefecture, and the county, which answered it."""
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.PLATFORM, "13", name="样例平某")
        platform = (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token
    other = await sign_in_above(database, "1307")
    for token in (platform, other, county):
        async with open_desk_walker(service, token) as browser:
            await browser.open(f"/desk/grievances/{case_id}?county={COUNTY}", status=404)
            path: dict[str, object] = {"county": COUNTY, "case_id": case_id}
            seen = await service.call("GetGrievance", token=token, path=path)
            assert (seen.status_code, TEXT in seen.text) == (404, False)
            answer = {"outcome": "solved", "text": "样例"}
            seen = await service.call("AnswerGrievance", answer, token=token, path=path)
            assert seen.status_code == 404
    async with open_desk_walker(service, other) as browser:
        assert "减免投诉" not in (await browser.open("/desk/region")).text
    async with database.transaction(scope=COUNTY) as conn:
        assert (
            await conn.fetchval("SELECT count(*) FROM case_events WHERE case_id = $1 AND move = 'answer'", case_id) == 1
        )


async def refuse_third_look(database: Database, seal: Seal, number: int, code: str) -> None:
    """What was looked at again, or has no level above, is not appealed."""
    async with database.connection() as conn:
        asker = await find_asker(conn, number, code)
    async with database.transaction(scope=get_account_scope(asker)) as conn:
        again = await find_own_grievance(conn, seal, number)
        with pytest.raises(CaseNotMovable):
            await appeal_grievance(conn, seal, again, text="样例：再看一次", now=NOW)
        raised = replace(again, reopened_at=None)
        assert not raised.may_appeal(NOW), "there is no level above"
        assert replace(raised, last_level=False).may_appeal(NOW)
        assert not replace(again, last_level=False).may_appeal(NOW), "it was looked at again"


async def count_months(database: Database) -> None:
    """Count the month of both; a figure as of the first answer does not follow the second one."""
    month = MonthOfReport(county=COUNTY, month=JANUARY.replace(month=2), as_of=NOW.replace(month=3))
    async with database.transaction(scope=COUNTY) as conn:
        counted = {row.key: row.n for row in await count_figures(conn, GRIEVANCES, month, [COUNTY])}
        assert counted == {
            "received": 2, "anonymous": 2, "triaged": 1, "triage_late": 1, "answered": 1, "answer_late": 1,
            "solved": 1, "appealed": 1,
        }  # fmt: skip
        async with as_owner(conn):
            await conn.execute(
                "UPDATE case_events SET at = at + interval '30 days' WHERE outcome = 'solved' OR move = 'reopen'"
            )
        earlier = {row.key: row.n for row in await count_figures(conn, GRIEVANCES, month, [COUNTY])}
        assert {"answered", "solved", "appealed"} & earlier.keys() == {"answered"}
    async with database.transaction(scope="1307") as conn:
        assert await conn.fetchval("SELECT count(*) FROM grievances") == 0
