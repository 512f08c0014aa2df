"""Leads move by steps of different people, and wait for the notice."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from market.kernel import Connection
from market.subsidies.intake.models import (
    DUE_STEPS,
    LEAD_MOVES,
    LeadInvalid,
    LeadKind,
    LeadMoved,
    LeadOpenBefore,
    LeadState,
    LeadStep,
    NoticeNotEnded,
    SecondLeadDuty,
    Vote,
)
from market.subsidies.intake.take_step import compute_notice, list_steps
from market.subsidies.intake.views import get_lead, list_leads
from tests.story.play import COUNTY
from tests.subsidies.intake.intake import REPORTED_ON, SUDDEN, Case, Intake, at, make_lead, step
from tests.support.make import SEAL
from tests.support.postgres import as_owner

KNOWN = Case(make_lead(), standing=SUDDEN)
YES = Vote(attended=9, agreed=8)


async def test_the_tables_of_moves_in_code_and_schema_are_the_same(county: Connection) -> None:
    stored = await county.fetch("SELECT step, before, after, duty FROM lead_moves")
    assert {tuple(row) for row in stored} == {
        (str(move.step), str(move.before), str(move.after), move.duty) for move in LEAD_MOVES
    }


async def test_a_lead_goes_from_the_visit_to_the_countys_decision(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN)
    assert lead.state is LeadState.DECIDED
    assert [(each.step, each.name) for each in lead.steps] == [
        (LeadStep.REPORT, "样例甘某"),
        (LeadStep.VISIT, "样例村某"),
        (LeadStep.MATCH, "样例甘某"),
        (LeadStep.CONFIRM, "样例村某"),
        (LeadStep.REVIEW, "样例镇某"),
        (LeadStep.DECIDE, "样例县某"),
    ]
    assert lead.notice_from is not None
    assert lead.notice_until is not None
    assert (lead.notice_until - lead.notice_from).days == 5
    assert (lead.effective_on, lead.decided_at) == (date(2019, 2, 25), at(7))


async def test_the_notice_has_full_days_and_nothing_goes_on_before_its_end(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    assert (lead.notice_from, lead.notice_until) == (date(2019, 2, 19), date(2019, 2, 24))
    early = await intake.refuse(lead.id, step(LeadStep.REVIEW), who="zhen", days=5)
    assert isinstance(early, NoticeNotEnded)
    assert early.facts == {"until": date(2019, 2, 24)}
    assert (await intake.take(lead.id, step(LeadStep.REVIEW), who="zhen", days=6)).state is LeadState.REVIEWED


@pytest.mark.parametrize("first", [REPORTED_ON, REPORTED_ON - timedelta(days=1), REPORTED_ON + timedelta(days=31)])
def test_a_notice_begins_tomorrow_at_the_earliest(first: date) -> None:
    with pytest.raises(LeadInvalid):
        compute_notice(first, 5, today=REPORTED_ON)


def test_a_notice_has_the_days_of_its_county() -> None:
    notice = compute_notice(None, 7, today=REPORTED_ON)
    assert (notice.lower, notice.upper) == (date(2019, 2, 19), date(2019, 2, 26))


async def test_a_county_that_wants_longer_notices_gets_them(county: Connection) -> None:
    async with as_owner(county):
        await county.execute(
            "INSERT INTO county_settings VALUES ($1, 'notice_days', daterange('2019-01-01', NULL), 8, '样例')", COUNTY
        )
    lead = await Intake(county).walk(KNOWN, LeadStep.CONFIRM)
    assert lead.notice_until == date(2019, 2, 27)


@pytest.mark.parametrize(
    ("who", "due"),
    [("cun", LeadStep.REVIEW), ("gan", LeadStep.DECIDE)],
)
async def test_who_has_another_duty_of_the_lead_is_refused(county: Connection, who: str, due: LeadStep) -> None:
    """The official cun also has the township's role and confirmed; gan also has the county's role and matched."""
    intake = Intake(county)
    before = {LeadStep.REVIEW: LeadStep.CONFIRM, LeadStep.DECIDE: LeadStep.REVIEW}[due]
    lead = await intake.walk(KNOWN, before)
    assert isinstance(await intake.refuse(lead.id, step(due), who=who, days=8), SecondLeadDuty)


async def test_who_reported_does_not_confirm(county: Connection) -> None:
    intake = Intake(county)
    lead_id = await intake.report(make_lead(), who="cun")
    await intake.take(lead_id, step(LeadStep.VISIT), who="cun", days=0)
    await intake.take(lead_id, step(LeadStep.MATCH, standing=SUDDEN), who="gan", days=0)
    refusal = await intake.refuse(lead_id, step(LeadStep.CONFIRM, vote=YES), who="cun", days=0)
    assert isinstance(refusal, SecondLeadDuty)


async def test_people_count_and_not_accounts(county: Connection) -> None:
    """Another account of the person who confirmed, known by the same identity number, does not review."""
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    async with as_owner(county):
        await county.execute(
            "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE handle IN ('cun', 'zhen')"
        )
    assert isinstance(await intake.refuse(lead.id, step(LeadStep.REVIEW), who="zhen", days=6), SecondLeadDuty)


async def test_a_member_of_the_household_takes_no_step(county: Connection) -> None:
    intake = Intake(county)
    lead_id = await intake.report(make_lead(), who="gan")
    async with as_owner(county):
        await county.execute(
            "UPDATE accounts SET identity_index = $1, identity_sealed = 'x' WHERE handle = 'cun'",
            SEAL.index("130624196202029910"),
        )
    for name in (LeadStep.VISIT, LeadStep.REJECT):
        assert isinstance(await intake.refuse(lead_id, step(name), who="cun", days=0), SecondLeadDuty)


async def test_a_step_needs_its_role(county: Connection) -> None:
    intake = Intake(county)
    lead_id = await intake.report(make_lead(), who="gan")
    for who in ("jiang", "xian", "cai"):
        assert (await intake.refuse(lead_id, step(LeadStep.VISIT), who=who, days=0)).code == "not_allowed"


async def test_a_lead_goes_back_to_the_step_before_with_a_reason(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.REVIEW)
    back = await intake.take(lead.id, step(LeadStep.RETURN), who="xian", days=7)
    assert (back.state, back.notice_until) == (LeadState.NOTICED, date(2019, 2, 24))
    back = await intake.take(lead.id, step(LeadStep.RETURN), who="zhen", days=7)
    assert (back.state, back.notice_until) == (LeadState.MATCHED, None)
    again = await intake.take(lead.id, step(LeadStep.CONFIRM, vote=YES), who="cun", days=8)
    assert (again.notice_from, again.notice_until) == (date(2019, 2, 27), date(2019, 3, 4))
    assert isinstance(await intake.refuse(lead.id, step(LeadStep.REVIEW), who="zhen", days=9), NoticeNotEnded)
    reason = await intake.refuse(lead.id, step(LeadStep.RETURN, opinion=" "), who="zhen", days=9)
    assert [each.field for each in reason.errors] == ["opinion"]


@pytest.mark.parametrize("until", [LeadStep.VISIT, LeadStep.MATCH, LeadStep.CONFIRM, LeadStep.REVIEW])
async def test_whose_turn_it_is_rejects_and_nothing_follows(county: Connection, until: LeadStep) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, until)
    who = {LeadStep.VISIT: "gan", LeadStep.MATCH: "cun", LeadStep.CONFIRM: "zhen", LeadStep.REVIEW: "xian"}[until]
    assert (await intake.take(lead.id, step(LeadStep.REJECT), who=who, days=7)).state is LeadState.REJECTED
    assert isinstance(await intake.refuse(lead.id, step(LeadStep.VISIT), who="cun", days=7), LeadMoved)
    assert await county.fetchval("SELECT count(*) FROM household_statuses WHERE lead_id IS NOT NULL") == 0


async def test_one_lead_of_a_kind_is_open_for_a_household(county: Connection) -> None:
    intake = Intake(county)
    await intake.report(make_lead(), who="gan")
    attempt = county.transaction()
    await attempt.start()
    with pytest.raises(LeadOpenBefore):
        await intake.report(make_lead(), who="cun")
    await attempt.rollback()
    await intake.report(make_lead(LeadKind.EXIT, "H02"), who="cun")
    open_leads, more = await list_leads(county, COUNTY, [COUNTY])
    assert ([each.kind for each in open_leads], more) == (["exit", "identify"], False)


@pytest.mark.parametrize(
    ("vote", "field"),
    [(None, "attended"), ((2, 2), "attended"), ((9, 10), "agreed"), ((8, 4), "agreed"), ((1001, 900), "attended")],
)
async def test_the_village_agrees_by_more_than_half(
    county: Connection, vote: tuple[int, int] | None, field: str
) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.MATCH)
    given = Vote(attended=vote[0], agreed=vote[1]) if vote else None
    refusal = await intake.refuse(lead.id, step(LeadStep.CONFIRM, vote=given), who="cun", days=0)
    assert [each.field for each in refusal.errors] == [field]


async def test_an_official_of_another_village_does_not_see_it(county: Connection) -> None:
    intake = Intake(county)
    lead_id = await intake.report(make_lead(), who="gan")
    async with as_owner(county):
        await county.execute(
            "UPDATE grants SET scope = '130624104' WHERE account_id = $1", (await intake.actor("cun")).account_id
        )
    del intake.actors["cun"]
    assert (await intake.refuse(lead_id, step(LeadStep.VISIT), who="cun", days=0)).code == "not_found"


ATTEMPTS = {
    "another state": "UPDATE leads SET state = 'decided' WHERE id = $1",
    "a shorter notice": "UPDATE leads SET notice = daterange('2019-02-19', '2019-02-23') WHERE id = $1",
    "a step rewritten": "UPDATE lead_steps SET step = 'decide' WHERE lead_id = $1",
    "a step removed": "DELETE FROM lead_steps WHERE lead_id = $1",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_the_service_cannot_move_a_lead_without_a_step(county: Connection, attempt: str) -> None:
    lead = await Intake(county).walk(KNOWN, LeadStep.CONFIRM)
    with pytest.raises(asyncpg.PostgresError):
        await county.execute(ATTEMPTS[attempt], lead.id)


ADD_STEP = """
    INSERT INTO lead_steps (lead_id, step, before, after, account_id, opinion_sealed, attended, agreed, notice,
                            effective_on, at)
    SELECT $1, $2, $3, $4, id, 'x', $6, $7, $8, $9, '2019-02-18T01:00Z' FROM accounts WHERE handle = $5
"""
FIRST, LAST = REPORTED_ON + timedelta(days=1), REPORTED_ON + timedelta(days=6)
CONFIRM = ("confirm", "matched", "noticed", "cun")
WRONG_STEPS: dict[str, tuple[object, ...]] = {
    "a notice of four days": (*CONFIRM, 9, 9, asyncpg.Range(FIRST, LAST - timedelta(days=1)), None),
    "a notice from today": (*CONFIRM, 9, 9, asyncpg.Range(REPORTED_ON, LAST), None),
    "half of the village": (*CONFIRM, 8, 4, asyncpg.Range(FIRST, LAST), None),
    "no notice": (*CONFIRM, 9, 9, None, None),
    "a step that is no move": ("decide", "matched", "decided", "xian", None, None, None, REPORTED_ON),
    "a step from another state": ("visit", "reported", "visited", "cun", None, None, None, None),
}


async def add_step(conn: Connection, lead_id: UUID, name: str) -> None:
    *first, days, effective_on = WRONG_STEPS[name]
    await conn.execute(ADD_STEP, lead_id, *first, days, effective_on)


@pytest.mark.parametrize("attempt", WRONG_STEPS)
async def test_the_schema_refuses_a_step_that_breaks_the_rules(county: Connection, attempt: str) -> None:
    lead = await Intake(county).walk(KNOWN, LeadStep.MATCH)
    with pytest.raises(asyncpg.PostgresError):
        await add_step(county, lead.id, attempt)


async def test_another_county_sees_no_lead(county: Connection) -> None:
    lead = await Intake(county).walk(KNOWN, LeadStep.CONFIRM)
    await county.execute("SELECT set_config('market.scope', '130725', true)")
    for table in ("leads", "lead_steps"):
        assert await county.fetchval(f"SELECT count(*) FROM {table}") == 0
    await county.execute("SELECT set_config('market.scope', $1, true)", f"person:{UUID(int=1)}")
    assert await county.fetchval("SELECT count(*) FROM leads WHERE id = $1", lead.id) == 0


async def test_opinions_are_sealed(county: Connection) -> None:
    lead = await Intake(county).walk(KNOWN, LeadStep.VISIT)
    assert (await get_lead(county, SEAL, lead.id, [COUNTY])).steps[-1].opinion == "样例：看过了，属实"
    stored = await county.fetchval("SELECT opinion_sealed FROM lead_steps WHERE lead_id = $1 LIMIT 1", lead.id)
    assert "样例".encode() not in stored


def test_each_state_offers_its_due_step_first() -> None:
    assert {state: list_steps(state)[0] for state in DUE_STEPS} == {state: due.step for state, due in DUE_STEPS.items()}
    assert list_steps(LeadState.REPORTED) == [LeadStep.VISIT, LeadStep.REJECT]
    assert list_steps(LeadState.DECIDED) == ()
