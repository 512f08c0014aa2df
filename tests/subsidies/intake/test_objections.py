"""An objection to a notice stops its lead until it is answered; nobody is named, and the receipt reads the answer."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from market.cases.casework.moves import get_person_scope
from market.cases.casework.worklist import list_assigned_cases
from market.kernel import Connection
from market.people.identity.models import NotFound, Role
from market.reports.counted.grievances import GRIEVANCES
from market.reports.counted.models import MonthOfReport, count_figures
from market.sales.aftersales.case_view import load_case_view
from market.subsidies.intake import objections
from market.subsidies.intake.models import LeadInvalid, LeadState, LeadStep, ObjectionWaiting, Vote
from market.subsidies.intake.objection_models import (
    MAX_OPEN_OBJECTIONS,
    NewObjection,
    Objection,
    ObjectionAnswer,
    ObjectionAnswered,
    ObjectionAnswererInvolved,
    ObjectionInvalid,
    ObjectionNotFound,
    ObjectionReason,
    ReceivedObjection,
    TooManyObjections,
)
from market.subsidies.intake.objections import (
    answer_objection,
    appeal_objection,
    find_by_receipt,
    get_objection_status,
    list_objections,
    object_to_notice,
    sum_up_objections,
)
from market.subsidies.intake.views import Lead
from tests.story.play import COUNTY, Player
from tests.subsidies.intake.intake import REPORTED_ON, SUDDEN, VILLAGE, Case, Intake, at, make_lead, step
from tests.support.make import SEAL, load_actor, make_official
from tests.support.postgres import as_owner

KNOWN = Case(make_lead(), standing=SUDDEN)
UPHELD, DISMISSED = ObjectionAnswer.UPHELD, ObjectionAnswer.DISMISSED
WORDS = "样例：他家儿子在县里开店"


async def object_to(
    intake: Intake, lead: Lead, *, days: int = 2, village: str = VILLAGE, number: int | None = None, text: str = WORDS
) -> ReceivedObjection:
    new = NewObjection(number=lead.number if number is None else number, reason=ObjectionReason.BETTER_OFF, text=text)
    return await object_to_notice(intake.conn, SEAL, village, new, recorder=None, now=at(days))


async def find_case(conn: Connection, received: ReceivedObjection) -> UUID:
    return (await find_by_receipt(conn, received.receipt))[1]


async def answer(intake: Intake, case_id: UUID, found: ObjectionAnswer, *, who: str, days: int) -> Objection:
    actor = await intake.actor(who)
    return await answer_objection(
        intake.conn, SEAL, actor, COUNTY, case_id, answer=found, text="样例：问了邻居", now=at(days)
    )


async def test_an_objection_stops_the_lead_until_the_township_answers_and_the_county_after_an_appeal(
    county: Connection,
) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    received = await object_to(intake, lead, days=5)
    case_id = await find_case(county, received)
    assert isinstance(await intake.refuse(lead.id, step(LeadStep.REVIEW), who="zhen", days=6), ObjectionWaiting)
    # cun visited the household and confirmed for the village, and holds the township's role too.
    for who, refusal in (("gan", NotFound), ("xian", NotFound), ("cun", ObjectionAnswererInvolved)):
        with pytest.raises(refusal):
            await answer(intake, case_id, DISMISSED, who=who, days=6)
    found = await answer(intake, case_id, DISMISSED, who="zhen", days=6)
    assert (found.answer, found.text, found.earlier) == (DISMISSED, WORDS, ["样例：问了邻居"])
    with pytest.raises(ObjectionAnswered):
        await answer(intake, case_id, UPHELD, who="zhen", days=6)
    await intake.take(lead.id, step(LeadStep.REVIEW), who="zhen", days=6)
    status = await get_objection_status(county, SEAL, case_id, now=at(7))
    assert (status.answer, status.answers, status.appeal_until) == (
        DISMISSED, ["样例：问了邻居"], REPORTED_ON + timedelta(days=13),
    )  # fmt: skip
    # The next level stops the lead again; what it finds right goes back to the visit and needs another notice.
    await appeal_objection(county, SEAL, case_id, "样例：没有去店里看", now=at(7))
    assert isinstance(await intake.refuse(lead.id, step(LeadStep.DECIDE), who="xian", days=8), ObjectionWaiting)
    with pytest.raises(ObjectionAnswered):
        await appeal_objection(county, SEAL, case_id, "样例：再问", now=at(7))
    await answer(intake, case_id, UPHELD, who="xian", days=8)
    assert (await get_objection_status(county, SEAL, case_id, now=at(8))).appeal_until is None
    for request, who in (
        (step(LeadStep.VISIT), "cun"),
        (step(LeadStep.MATCH, standing=SUDDEN), "gan"),
        (step(LeadStep.CONFIRM, vote=Vote(attended=9, agreed=8)), "cun"),
    ):
        again = await intake.take(lead.id, request, who=who, days=9)
    assert again.notice_from == REPORTED_ON + timedelta(days=10)


async def test_one_right_objection_ends_the_others_to_the_lead(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    first, second = await object_to(intake, lead), await object_to(intake, lead, text="样例：人不在村里")
    await answer(intake, await find_case(county, first), UPHELD, who="zhen", days=3)
    other = await get_objection_status(county, SEAL, await find_case(county, second), now=at(3))
    assert (other.answer, other.answers) == (UPHELD, ["样例：问了邻居"])
    assert await county.fetchval("SELECT state FROM leads WHERE id = $1", lead.id) == LeadState.REPORTED
    counted = await sum_up_objections(county, VILLAGE, since=REPORTED_ON)
    assert [(each.reason, each.answer, each.objections) for each in counted] == [
        (ObjectionReason.BETTER_OFF, UPHELD, 2)
    ]
    assert [each.answer for each in await list_objections(county, SEAL, lead.id)] == [UPHELD, UPHELD]
    # Both have their answer, and nothing of them is late, whenever the month is counted.
    month = MonthOfReport(county=COUNTY, month=REPORTED_ON.replace(day=1), as_of=at(60))
    figures = {row.key: row.n for row in await count_figures(county, GRIEVANCES, month, [COUNTY])}
    assert figures == {"received": 2, "answered": 2, "solved": 2}
    stored = await county.fetch("SELECT asker_id, text_sealed FROM cases WHERE category = 'objection'")
    assert [row["asker_id"] for row in stored] == [None, None]
    assert all(WORDS.encode() not in row["text_sealed"] for row in stored)


async def test_only_what_is_under_notice_in_the_village_today_is_objected_to(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    before = await county.fetchval("SELECT count(*) FROM cases")
    for wrong, field in (
        ({"days": 0}, "number"),
        ({"days": 6}, "number"),
        ({"village": "130624107221"}, "number"),
        ({"number": lead.number + 1}, "number"),
        ({"number": 2**40}, "number"),
        ({"text": " "}, "text"),
        ({"text": "长" * 501}, "text"),
    ):
        with pytest.raises(ObjectionInvalid) as refused:
            await object_to(intake, lead, **wrong)  # pyright: ignore[reportArgumentType]
        assert [each.field for each in refused.value.errors] == [field], wrong
    assert await county.fetchval("SELECT count(*) FROM cases") == before
    for receipt in ("", "AAAA-AAAA-AAAA"):
        with pytest.raises(ObjectionNotFound):
            await find_by_receipt(county, receipt)
    received = await object_to(intake, lead)
    written = received.receipt.replace("-", " ").lower()
    assert await find_by_receipt(county, written) == await find_by_receipt(county, received.receipt)
    with pytest.raises(LeadInvalid):
        await intake.take(lead.id, step(LeadStep.UPHOLD), who="zhen", days=2)
    for _ in range(MAX_OPEN_OBJECTIONS - 1):
        await object_to(intake, lead)
    with pytest.raises(TooManyObjections):
        await object_to(intake, lead)


async def test_objections_at_the_same_time_are_no_more_than_may_wait(
    january: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        lead = await Intake(conn).walk(KNOWN, LeadStep.CONFIRM)
    monkeypatch.setattr(objections, "MAX_OPEN_OBJECTIONS", 1)

    async def object_once() -> bool:
        try:
            async with january.database.transaction(scope=COUNTY) as conn:
                await object_to(Intake(conn), lead)
        except TooManyObjections:
            return False
        return True

    assert sorted(await asyncio.gather(*(object_once() for _ in range(6)))) == [False] * 5 + [True]


async def test_the_schema_takes_no_objection_to_what_is_not_under_notice(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    received = await object_to(intake, lead)
    case_id = await find_case(county, received)
    again = "INSERT INTO objections (case_id, lead_id, reason, receipt_hash) VALUES ($1, $2, 'other', 'x')"
    renamed = "UPDATE cases SET category = 'complaint_fraud' WHERE id = $1 AND $2::uuid IS NOT NULL"
    async with as_owner(county):
        for change, statement, state in (
            ("UPDATE leads SET notice = '[2019-03-01,2019-03-09)' WHERE id = $1", again, "P0147"),
            ("UPDATE leads SET state = 'matched', notice = NULL WHERE id = $1", again, "P0147"),
            ("UPDATE leads SET tier = 1 WHERE id = $1", renamed, "23514"),
        ):
            attempt = county.transaction()
            await attempt.start()
            await county.execute(change, lead.id)
            with pytest.raises(asyncpg.PostgresError) as refused:
                await county.execute(statement, case_id, lead.id)
            assert refused.value.sqlstate == state
            await attempt.rollback()


async def test_officials_of_the_village_s_township_have_it_on_their_worklist(county: Connection) -> None:
    intake = Intake(county)
    lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
    received = await object_to(intake, lead)
    own = await load_actor(county, await make_official(county, Role.TOWNSHIP, VILLAGE[:9]))
    other = await load_actor(county, await make_official(county, Role.TOWNSHIP, "130624107"))
    counts: list[list[int]] = []
    for actor in (own, other):
        await county.execute("SELECT set_config('market.scope', $1, true)", get_person_scope(actor))
        counts.append([each.number for each in await list_assigned_cases(county, actor)])
    assert counts == [[received.number], []]
    await county.execute("SELECT set_config('market.scope', $1, true)", get_person_scope(own))
    view = await load_case_view(county, SEAL, own, await find_case(county, received), now=at(3))
    assert (view.number, [(each.move, each.actor) for each in view.events]) == (received.number, [("receive", "asker")])
