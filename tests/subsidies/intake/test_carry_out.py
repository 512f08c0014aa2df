"""What the county's decision on a lead changes in the register, and that nothing is overwritten."""

from datetime import date
from typing import Any

import pytest

from market.kernel import Connection
from market.subsidies.intake.models import LeadKind, LeadMember, LeadState, LeadStep, RegisterChanged
from market.subsidies.intake.persons import GivenPersons
from tests.story.play import COUNTY, Player
from tests.subsidies.intake.intake import NEW_FAMILY, SUDDEN, VILLAGE, Case, Intake, make_lead, step
from tests.support.make import SEAL
from tests.support.postgres import as_owner

DECIDED_ON = date(2019, 2, 25)


async def list_statuses(conn: Connection, household: str) -> list[tuple[Any, ...]]:
    rows = await conn.fetch(
        "SELECT lower(valid_during), upper(valid_during), registered, monitoring, risk_removed_on, tier,"
        " lead_id IS NOT NULL FROM household_statuses WHERE household_code = $1 ORDER BY valid_during",
        household,
    )
    return [tuple(row) for row in rows]


async def list_members(conn: Connection, household: str) -> list[tuple[Any, ...]]:
    rows = await conn.fetch(
        "SELECT member_number, relation, lower(valid_during), upper(valid_during), leave_reason FROM memberships"
        " WHERE household_code = $1 ORDER BY valid_during, member_number",
        household,
    )
    return [tuple(row) for row in rows]


LONG = date(2016, 1, 1)


async def test_a_known_household_has_its_standing_from_its_own_day_on(county: Connection) -> None:
    await Intake(county).walk(Case(make_lead(), standing=SUDDEN), effective_on=date(2019, 2, 20))
    assert await list_statuses(county, "H01") == [
        (LONG, date(2019, 2, 20), True, "", None, 2, True),
        (date(2019, 2, 20), None, True, "突发严重困难户", None, 1, True),
    ]
    kept = await county.fetchrow(
        "SELECT facts, replaced_by, replaced_by_lead IS NOT NULL AS by_lead FROM fact_versions"
        " WHERE fact = 'household_statuses' AND subject = 'H01'"
    )
    assert kept is not None
    assert (kept["replaced_by"], kept["by_lead"]) == (None, True)
    assert kept["facts"]["valid_during"] == "[2016-01-01,)"


async def test_a_household_without_risk_leaves(county: Connection) -> None:
    intake = Intake(county)
    await intake.walk(Case(make_lead(LeadKind.EXIT, "H09")), effective_on=date(2019, 2, 22))
    assert await list_statuses(county, "H09") == [
        (LONG, date(2019, 2, 22), True, "脱贫不稳定户", None, 1, True),
        (date(2019, 2, 22), None, True, "脱贫不稳定户", date(2019, 2, 22), 1, True),
    ]


async def test_a_new_household_comes_into_the_register(county: Connection) -> None:
    new = make_lead(household="", village_code=VILLAGE)
    case = Case(new, GivenPersons(added=NEW_FAMILY), "h77", SUDDEN)
    lead = await Intake(county).walk(case)
    assert await list_statuses(county, "H77") == [(DECIDED_ON, None, True, "突发严重困难户", None, 1, True)]
    assert await list_members(county, "H77") == [
        (1, "户主", DECIDED_ON, None, ""),
        (2, "配偶", DECIDED_ON, None, ""),
    ]
    person = await county.fetchrow(
        "SELECT * FROM persons WHERE identity_index = $1", SEAL.index(NEW_FAMILY[1].identity)
    )
    assert person is not None
    assert (person["born_on"], person["sex"], person["lead_id"]) == (date(1992, 4, 4), "女", lead.id)
    assert SEAL.open(person["name_sealed"], "persons.name") == "样例何二"


async def test_a_split_keeps_where_it_came_from(county: Connection) -> None:
    intake = Intake(county)
    persons = await intake.choose("H01", 3, relations=["户主"])
    await intake.walk(Case(make_lead(LeadKind.SPLIT), persons, "H01A"))
    assert await county.fetchval("SELECT split_from FROM households WHERE code = 'H01A'") == "H01"
    assert await list_members(county, "H01A") == [(1, "户主", DECIDED_ON, None, "")]
    assert (3, "之子", LONG, DECIDED_ON, "分户") in await list_members(county, "H01")
    assert await list_statuses(county, "H01A") == [(DECIDED_ON, None, True, "", None, 2, True)]


async def test_a_merger_keeps_where_it_went(county: Connection) -> None:
    await Intake(county).walk(Case(make_lead(LeadKind.MERGE, "H02", into_code="H01")))
    merged = await county.fetchrow("SELECT merged_into, merged_on FROM households WHERE code = 'H02'")
    assert merged is not None
    assert tuple(merged) == ("H01", DECIDED_ON)
    assert [each[3:] for each in await list_members(county, "H02")] == [(DECIDED_ON, "并户")] * 2
    assert [each[:3] for each in await list_members(county, "H01")] == [
        (1, "户主", LONG), (2, "配偶", LONG), (3, "之子", LONG), (4, "其他", DECIDED_ON), (5, "配偶", DECIDED_ON),
    ]  # fmt: skip
    assert (await list_statuses(county, "H02"))[-1][1] == DECIDED_ON


async def test_nobody_joins_a_merged_household_and_no_merger_is_undone(county: Connection) -> None:
    await Intake(county).walk(Case(make_lead(LeadKind.MERGE, "H02", into_code="H01")))
    attempts = (
        "UPDATE households SET merged_into = 'H03', merged_on = '2019-03-01' WHERE code = 'H02'",
        "UPDATE households SET merged_into = 'H02', merged_on = '2019-03-01' WHERE code = 'H10'",
        "UPDATE households SET merged_into = 'H03', merged_on = '2019-03-01' WHERE code = 'H10'",
        "UPDATE memberships SET valid_during = daterange('2016-01-01', NULL) WHERE household_code = 'H02'",
        (
            "INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during)"
            " SELECT county_code, id, 'H02', 9, '其他', daterange('2019-04-01', NULL) FROM persons LIMIT 1"
        ),
    )
    for attempt in attempts:
        savepoint = county.transaction()
        await savepoint.start()
        with pytest.raises(Exception, match="merged"):
            await county.execute(attempt)
        await savepoint.rollback()


async def test_a_register_that_still_has_the_merged_household_is_refused_row_by_row(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        await Intake(conn).walk(Case(make_lead(LeadKind.MERGE, "H02", into_code="H01")))
    answer = await january(
        ["import", "register", "input/register/register-2019-03-01.csv", "--as", "gan", "--take-changes"], "2019-03-01"
    )
    assert answer["code"] == "file_malformed"
    found = [each for each in answer["errors"] if "并入 H01 户" in each["message"]]
    assert [(each["row"], each["column"]) for each in found] == [(5, "成员至"), (6, "成员至")]


async def test_a_decision_enrols_a_line_with_its_notice(county: Connection) -> None:
    intake = Intake(county)
    persons = await intake.choose("H01", 2)
    new = make_lead(LeadKind.ENROL, line_code="YD-77", programme_code="P1")
    lead = await intake.walk(Case(new, persons), effective_on=DECIDED_ON)
    row = await county.fetchrow("SELECT * FROM enrolments WHERE line_code = 'YD-77'")
    assert row is not None
    assert (row["applied_on"], row["notice"].lower, row["notice"].upper, row["decided_on"], row["entitled_from"]) == (
        date(2019, 2, 18), date(2019, 2, 19), date(2019, 2, 24), DECIDED_ON, DECIDED_ON,
    )  # fmt: skip
    assert (row["status"], row["agent"], row["assessor"], row["household_code"], row["lead_id"]) == (
        "已审定", "样例甘某", "样例村某", "H01", lead.id,
    )  # fmt: skip
    assert row["identity_index"] == SEAL.index("130624196404049928")


async def test_no_more_lines_of_a_programme_are_enrolled_than_a_household_may_have(county: Connection) -> None:
    """P1 allows two; H01 has YD-01, and YD-11, which ended in 2018, does not count."""
    intake = Intake(county)
    first = make_lead(LeadKind.ENROL, line_code="YD-77", programme_code="P1")
    await intake.walk(Case(first, await intake.choose("H01", 2)))
    second = make_lead(LeadKind.ENROL, line_code="YD-78", programme_code="P1")
    lead = await intake.walk(Case(second, await intake.choose("H01", 2)), until=LeadStep.REVIEW)
    await intake.consent(lead.id, days=6)
    refusal = await intake.refuse(lead.id, step(LeadStep.DECIDE), who="xian", days=7)
    assert [(each.field, each.message) for each in refusal.errors] == [
        ("line_code", "这个项目每户最多 2 条，H01 户已有 YD-01、YD-77")
    ]
    async with as_owner(county):
        await county.execute(
            "UPDATE bindings SET valid_during = daterange(lower(valid_during), '2019-02-20') WHERE line_code = 'YD-01'"
        )
    assert (await intake.take(lead.id, step(LeadStep.DECIDE), who="xian", days=7)).state is LeadState.DECIDED


@pytest.mark.parametrize(
    ("case", "change", "field"),
    [
        (Case(make_lead(LeadKind.EXIT, "H01")), "", "household_code"),
        (Case(make_lead(LeadKind.EXIT, "H02")), "", "household_code"),
        (
            Case(make_lead(), standing=SUDDEN),
            "UPDATE household_statuses SET valid_during = daterange('2019-02-26', NULL) WHERE household_code = 'H01'",
            "effective_on",
        ),
        (
            Case(make_lead(LeadKind.MERGE, "H02", into_code="H01")),
            "UPDATE household_statuses SET valid_during = '[2016-01-01,2019-02-20)' WHERE household_code = 'H01'",
            "household_code",
        ),
        (
            Case(make_lead(LeadKind.MERGE, "H02", into_code="H01")),
            "UPDATE memberships SET valid_during = daterange('2019-02-25', NULL) WHERE household_code = 'H02'",
            "effective_on",
        ),
    ],
)
async def test_a_register_that_changed_meanwhile_stops_the_decision(
    county: Connection, case: Case, change: str, field: str
) -> None:
    intake = Intake(county)
    lead = await intake.walk(case, LeadStep.REVIEW)
    if change:
        async with as_owner(county):
            await county.execute(change)
    refusal = await intake.refuse(lead.id, step(LeadStep.DECIDE), who="xian", days=7)
    assert isinstance(refusal, RegisterChanged)
    assert [each.field for each in refusal.errors] == [field]
    assert await county.fetchval("SELECT state FROM leads WHERE id = $1", lead.id) == LeadState.REVIEWED


async def test_a_person_of_a_household_does_not_come_in_twice(county: Connection) -> None:
    known = LeadMember("样例赵三", "13062419901010991X", "户主")
    case = Case(make_lead(household="", village_code=VILLAGE), GivenPersons(added=(known,)), "H78", SUDDEN)
    intake = Intake(county)
    lead = await intake.walk(case, LeadStep.REVIEW)
    refusal = await intake.refuse(lead.id, step(LeadStep.DECIDE), who="xian", days=7)
    assert [each.message for each in refusal.errors] == ["有人已经在名册的 H01 户里"]


@pytest.mark.parametrize("effective_on", [date(2019, 2, 17), date(2019, 2, 26)])
async def test_a_change_is_between_the_report_and_the_decision(county: Connection, effective_on: date) -> None:
    intake = Intake(county)
    lead = await intake.walk(Case(make_lead(), standing=SUDDEN), LeadStep.REVIEW)
    refusal = await intake.refuse(lead.id, step(LeadStep.DECIDE, effective_on=effective_on), who="xian", days=7)
    assert [each.field for each in refusal.errors] == ["effective_on"]
