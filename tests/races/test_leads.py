"""Two officials move one lead at once: one of them does."""

import asyncio

from market.kernel import Refusal
from market.people.identity.models import Role
from market.subsidies.intake.models import LeadStep
from market.subsidies.intake.take_step import LeadStepRequest, take_step
from tests.story.play import COUNTY, Player
from tests.subsidies.conftest import calculated_databases, calculated_template, january
from tests.subsidies.intake.intake import SUDDEN, Case, Intake, at, make_lead, step
from tests.support.make import SEAL, load_actor, make_official

__all__ = ["calculated_databases", "calculated_template", "january"]


async def test_of_a_review_a_return_and_a_rejection_at_once_one_counts(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        lead = await Intake(conn).walk(Case(make_lead(), standing=SUDDEN), LeadStep.CONFIRM)
        people = [await load_actor(conn, await make_official(conn, Role.TOWNSHIP, COUNTY)) for _ in range(3)]

    async def move(number: int, request: LeadStepRequest) -> str:
        try:
            async with january.database.transaction(scope=COUNTY) as conn:
                moved = await take_step(conn, SEAL, people[number % 3], lead.id, request, county=COUNTY, now=at(6))
        except Refusal as refusal:
            return refusal.code
        return moved.state

    names = (LeadStep.REVIEW, LeadStep.RETURN, LeadStep.REJECT) * 3
    answers = await asyncio.gather(*(move(number, step(name)) for number, name in enumerate(names)))
    async with january.database.transaction(scope=COUNTY) as conn:
        steps = await conn.fetch("SELECT before, after FROM lead_steps WHERE lead_id = $1 ORDER BY id", lead.id)
        state = await conn.fetchval("SELECT state FROM leads WHERE id = $1", lead.id)
    assert [each["before"] for each in steps][1:] == [each["after"] for each in steps][:-1]
    assert state == steps[-1]["after"]
    from_noticed = [each["after"] for each in steps if each["before"] == "noticed"]
    assert len(from_noticed) == 1
    assert from_noticed[0] in answers
    assert set(answers) <= {from_noticed[0], "lead_moved", "not_allowed"}


async def test_two_decisions_at_once_change_the_register_once(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        lead = await Intake(conn).walk(Case(make_lead(), standing=SUDDEN), LeadStep.REVIEW)
        people = [await load_actor(conn, await make_official(conn, Role.COUNTY, COUNTY)) for _ in range(3)]

    async def decide(number: int) -> str:
        try:
            async with january.database.transaction(scope=COUNTY) as conn:
                moved = await take_step(
                    conn, SEAL, people[number], lead.id, step(LeadStep.DECIDE), county=COUNTY, now=at(7)
                )
        except Refusal as refusal:
            return refusal.code
        return moved.state

    assert sorted(await asyncio.gather(*(decide(number) for number in range(3)))) == [
        "decided", "lead_moved", "lead_moved",
    ]  # fmt: skip
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM household_statuses WHERE household_code = 'H01'") == 2
