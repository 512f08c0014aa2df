"""Coverage comes by file; a report is answered by its operator, else by the county; two people end a project."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from market.cases.casework.models import CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.kernel import Connection, Database, Fen
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, NotFound, OperatorSeat, Role
from market.places.county_files.models import CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.coverage.models import (
    MAX_OPEN_REPORTS,
    NewOutage,
    NewProject,
    Outage,
    OutageInvalid,
    OutageKind,
    ProjectInvalid,
    ProjectNotMovable,
    Technology,
    TooManyOutages,
    TownshipCoverage,
)
from market.villages.coverage.outages import answer_outage, count_people_waiting, list_operator_outages, report_outage
from market.villages.coverage.projects import accept_project, add_project, build_project, list_projects, reopen_project
from market.villages.coverage.register import hide_reporters, list_village_coverage, sum_up_townships
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import OTHER_VILLAGE, VILLAGE, load_actor, make_operator_account
from tests.support.postgres import as_owner

TODAY = date(2019, 9, 20)
HEADER = "村代码,运营商,制式,场景,覆盖率,下行速率,数据来源,采集日期"
ROW = f"{VILLAGE},中国移动,4G,住的地方,98.5,20,运营商路测,2019-08-31"
GONE = NewOutage(
    kind=OutageKind.GONE, operator="mobile", technology=Technology.G4, since=date(2019, 9, 18), text="村东头没有"
)


async def take(
    conn: Connection, actor: Actor, *rows: str, kind: str = "coverage"
) -> tuple[FileOutcome, dict[str, int]]:
    header = HEADER if kind == "coverage" else "村代码,村名,起始日期,终止日期,并入村代码,依据"
    content = "\n".join([header, *rows]).encode()
    file = CountyFile(county="130624", name="a.csv", content=content, dry_run=False, now=NOW)
    result = await import_county_file(conn, actor, COUNTY_FILE_KINDS[kind], file)
    return result.outcome, result.counts


async def load_operator(conn: Connection, operator: str, scope: str = "130624") -> Actor:
    actor = await load_actor(conn, await make_operator_account(conn, operator, scope))
    return replace(actor, operator=OperatorSeat(operator, (scope,)))


async def test_a_later_measurement_ends_the_one_before_and_a_village_ends_with_its_terms(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    assert await take(conn, county, ROW) == (FileOutcome.STORED, {"new": 1, "changed": 0, "same": 0})
    later = ROW.replace("98.5", "40").replace("2019-08-31", "2019-09-10")
    assert await take(conn, county, later) == (FileOutcome.STORED, {"new": 0, "changed": 1, "same": 0})
    [shown] = await list_village_coverage(conn, VILLAGE, day=TODAY)
    assert (shown.operator_name, shown.share_bp, shown.observed_on) == ("中国移动", 4000, date(2019, 9, 10))
    assert [each.share_bp for each in await list_village_coverage(conn, VILLAGE, day=date(2019, 9, 1))] == [9850]
    with pytest.raises(FileMalformed) as refused:
        await take(
            conn, county,
            ROW.replace("98.5", "98.6"),
            ROW.replace(VILLAGE, "130725100201"),
            ROW.replace("中国移动", "铁通").replace("98.5", "101").replace("2019-08-31", "2019-09-21"),
        )  # fmt: skip
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "采集日期"), (3, "村代码"), (4, "运营商"), (4, "覆盖率"), (4, "采集日期"),
    ]  # fmt: skip
    with pytest.raises(asyncpg.ExclusionViolationError):
        async with conn.transaction():
            await conn.execute(
                "INSERT INTO coverage (village_code, operator, technology, setting, share_bp, source, observed_on,"
                " valid_during) VALUES ($1, 'mobile', '4g', 'homes', 1, '样例', '2019-09-15', '[2019-09-15,)')",
                VILLAGE,
            )
    await take(conn, county, f"{VILLAGE},革新庄村,,2019-09-19,,样例〔2019〕1号", kind="villages")
    assert await list_village_coverage(conn, VILLAGE, day=TODAY) == []
    assert len(await list_village_coverage(conn, VILLAGE, day=date(2019, 9, 19))) == 1
    with pytest.raises(FileMalformed, match="1 faults"):
        await take(conn, county, ROW.replace("中国移动", "中国广电"))


async def report(
    database: Database, seal: Seal, villager: Actor, new: NewOutage = GONE, village: str = VILLAGE
) -> Outage:
    async with database.transaction(scope=get_person_scope(villager)) as conn:
        return await report_outage(conn, seal, villager, village, new, now=NOW)


async def answer(database: Database, seal: Seal, actor: Actor, case_id: UUID, outcome: str = "solved") -> Outage:
    async with database.transaction(scope="130624") as conn:
        return await answer_outage(conn, seal, actor, case_id, outcome=outcome, text="换了电源", now=NOW)


async def test_the_operator_answers_in_72_hours_else_the_county(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        await take(conn, county, ROW)
        villager = await an_applicant(conn)
        mobile, unicom = [await load_operator(conn, each) for each in ("mobile", "unicom")]
        away = await load_operator(conn, "mobile", "130725")
    for new, village, field in (
        (replace(GONE, operator="unicom"), VILLAGE, "operator"),
        (replace(GONE, operator="tietong"), VILLAGE, "operator"),
        (replace(GONE, since=date(2019, 9, 21)), VILLAGE, "since"),
        (replace(GONE, kind=OutageKind.NEVER), "130624107999", "village"),
        (replace(GONE, text="长" * 501), VILLAGE, "text"),
    ):
        with pytest.raises(OutageInvalid) as refused:
            await report(database, seal, villager, new, village)
        assert [each.field for each in refused.value.errors] == [field]
    never = await report(database, seal, villager, replace(GONE, operator="broadnet", kind=OutageKind.NEVER))
    first = await report(database, seal, villager)
    assert (first.assignee, first.due_at) == ("operator", NOW + timedelta(hours=72))
    for stranger, refusal in ((unicom, NotFound), (away, NotFound), (county, NotAllowed), (villager, NotAllowed)):
        with pytest.raises(refusal):
            await answer(database, seal, stranger, first.case_id)
    async with database.transaction(scope="130624") as conn:
        assert await count_people_waiting(conn, VILLAGE) == 1
        assert [each.number for each in await list_operator_outages(conn, seal, mobile, "130624")] == [first.number]
        assert await list_operator_outages(conn, seal, unicom, "130624") == []
        townships = await sum_up_townships(conn, "130624", day=date(2019, 10, 1))
    counted = [(each.villages > 0, each.with_4g) for each in townships if each.code == "130624107000"]
    assert (counted, {each.reporters for each in townships}) == ([(True, 1)], {None})
    answered = await answer(database, seal, mobile, first.case_id)
    assert (answered.state, answered.outcome, answered.answer) == (CaseState.CLOSED, CaseOutcome.SOLVED, "换了电源")
    with pytest.raises(CaseNotMovable):
        await answer(database, seal, mobile, first.case_id)

    async def tell(_conn: Connection, _case: object) -> None:
        pass

    assert await escalate_late_cases(database, seal, tell, now=NOW + timedelta(hours=73)) == 1
    broadnet = replace(mobile, operator=OperatorSeat("broadnet", ("130624",)))
    for stranger in (broadnet, elsewhere):
        with pytest.raises(NotFound):
            await answer(database, seal, stranger, never.case_id)
    with pytest.raises(OutageInvalid):
        await answer(database, seal, county, never.case_id, outcome="withdrawn")
    assert (await answer(database, seal, county, never.case_id, outcome="unsolved")).state is CaseState.CLOSED
    for _ in range(MAX_OPEN_REPORTS):
        await report(database, seal, villager, replace(GONE, kind=OutageKind.NEVER), OTHER_VILLAGE)
    with pytest.raises(TooManyOutages):
        await report(database, seal, villager)


async def test_a_project_above_plan_needs_a_reason_and_a_second_person_accepts_it(conn: Connection) -> None:
    one, other = [await make_official_actor(conn, Role.COUNTY, "130624") for _ in range(2)]
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    new = NewProject(village_code=VILLAGE, operator="mobile", name="5G 基站 1 座", planned_fen=Fen(300_000_00))
    wrong = NewProject(village_code="130725100201", operator="x", name="建", planned_fen=Fen(0))
    with pytest.raises(ProjectInvalid) as refused:
        await add_project(conn, one, "130624", wrong, now=NOW)
    assert [each.field for each in refused.value.errors] == ["village", "operator", "name", "planned"]
    project = await add_project(conn, one, "130624", new, now=NOW)
    with pytest.raises(NotAllowed):
        await add_project(conn, elsewhere, "130624", new, now=NOW)
    with pytest.raises(NotFound):
        await accept_project(conn, elsewhere, "130725", project, now=NOW)
    with pytest.raises(ProjectInvalid) as over:
        await build_project(conn, one, "130624", project, spent_fen=Fen(300_000_01), reason="", done_on=TODAY, now=NOW)
    assert [each.field for each in over.value.errors] == ["reason"]
    with pytest.raises(ProjectNotMovable):
        await accept_project(conn, other, "130624", project, now=NOW)
    with pytest.raises(ProjectInvalid) as long:
        await build_project(
            conn, one, "130624", project, spent_fen=Fen(310_000_00), reason="长" * 201, done_on=TODAY, now=NOW
        )
    assert [each.field for each in long.value.errors] == ["reason"]
    await build_project(
        conn, one, "130624", project, spent_fen=Fen(310_000_00), reason="加了电杆", done_on=TODAY, now=NOW
    )
    with pytest.raises(ProjectNotMovable):
        await accept_project(conn, one, "130624", project, now=NOW)
    for statement in (
        "UPDATE coverage_projects SET overrun_reason = ''",
        "UPDATE coverage_projects SET state = 'accepted', accepted_on = done_on, accepted_by = done_by",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with conn.transaction():
                await conn.execute(statement)
    await accept_project(conn, other, "130624", project, now=NOW)
    [kept] = await list_projects(conn, "130624")
    assert (kept.state, kept.spent_fen, kept.accepted_on) == ("accepted", 310_000_00, TODAY)


async def test_a_report_of_the_first_morning_of_a_quarter_is_of_this_quarter(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        await take(conn, await make_official_actor(conn, Role.COUNTY, "130624"), ROW)
        villagers = [await an_applicant(conn) for _ in range(10)]
    for villager in villagers:
        await report(database, seal, villager)
    for received, day, shown in (
        ("2019-10-01 00:30+08", date(2019, 10, 1), 0),
        ("2019-10-01 00:30+08", date(2020, 1, 1), 10),
        ("2018-10-01 00:30+08", date(2019, 10, 1), 10),
        ("2018-09-30 23:30+08", date(2019, 10, 1), 0),
    ):
        async with database.transaction(scope="130624") as conn, as_owner(conn):
            await conn.execute("ALTER TABLE cases DISABLE TRIGGER USER")
            await conn.execute("UPDATE cases SET received_at = $1::text::timestamptz", received)
            await conn.execute("ALTER TABLE cases ENABLE TRIGGER USER")
        async with database.transaction(scope="130624") as conn:
            townships = await sum_up_townships(conn, "130624", day=day)
            assert sum(each.reporters or 0 for each in townships) == shown


@given(counts=st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_published_reports_tell_of_no_few(counts: list[int]) -> None:
    """What is hidden adds up to ten people at least, of two townships at least, or nothing is shown."""
    townships = [
        TownshipCoverage(code=str(n), name="", villages=1, with_4g=0, with_5g=0, with_fibre=0, reporters=each)
        for n, each in enumerate(counts)
    ]
    published = [each.reporters for each in hide_reporters(townships)]
    hidden = [each for each, shown in zip(counts, published, strict=True) if shown is None]
    assert all(shown in {0, each} or shown is None for shown, each in zip(published, counts, strict=True))
    assert not any(0 < (shown or 0) < 10 for shown in published)
    whole_hidden = all(shown is None for shown in published)
    assert whole_hidden or not hidden or (sum(hidden) >= 10 and sum(1 for each in hidden if each) >= 2)


async def test_a_project_that_is_not_done_goes_back_with_a_reason(conn: Connection) -> None:
    one, other = [await make_official_actor(conn, Role.COUNTY, "130624") for _ in range(2)]
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    new = NewProject(village_code=VILLAGE, operator="mobile", name="5G 基站 1 座", planned_fen=Fen(300_000_00))
    project = await add_project(conn, one, "130624", new, now=NOW)

    async def build(done_on: date | None) -> None:
        spent = Fen(200_000_00)
        await build_project(conn, one, "130624", project, spent_fen=spent, reason="", done_on=done_on, now=NOW)

    await build(None)
    with pytest.raises(ProjectNotMovable):
        await reopen_project(conn, one, "130624", project, "还没有装天线", now=NOW)
    for accepts in (False, True):
        await build(TODAY)
        if accepts:
            await accept_project(conn, other, "130624", project, now=NOW)
        with pytest.raises(NotAllowed):
            await reopen_project(conn, elsewhere, "130624", project, "还没有装天线", now=NOW)
        with pytest.raises(NotFound):
            await reopen_project(conn, elsewhere, "130725", project, "还没有装天线", now=NOW)
        for reason in ("", "长" * 201):
            with pytest.raises(ProjectInvalid) as refused:
                await reopen_project(conn, one, "130624", project, reason, now=NOW)
            assert [each.field for each in refused.value.errors] == ["reason"]
        await reopen_project(conn, one, "130624", project, "还没有装天线", now=NOW)
        [kept] = await list_projects(conn, "130624")
        assert (kept.state, kept.spent_fen, kept.done_on, kept.accepted_on) == ("building", 200_000_00, None, None)
    noted = await conn.fetch("SELECT detail FROM audit_entries WHERE action = 'coverage_project.reopen'")
    assert [row["detail"] for row in noted] == [{"reason": "还没有装天线"}] * 2
