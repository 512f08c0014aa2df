"""Objections that two officials of one level answer at once."""

import asyncio

import pytest

from market.cases.casework.moves import lock_case
from market.kernel import Connection
from market.subsidies.intake.models import LeadStep
from market.subsidies.intake.objection_models import ObjectionAnswer, ObjectionAnswered
from market.subsidies.intake.objections import LOCK_LEAD, answer_objection
from tests.story.play import COUNTY, Player
from tests.subsidies.conftest import calculated_databases, calculated_template, january
from tests.subsidies.intake.intake import Intake, at
from tests.subsidies.intake.test_objections import KNOWN, find_case, object_to
from tests.support.make import SEAL
from tests.support.postgres import wait_for_blocked

__all__ = ["calculated_databases", "calculated_template", "january"]


async def test_who_answers_an_objection_takes_lead_and_case_before_their_records(
    january: Player, owner: Connection
) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        intake = Intake(conn)
        lead = await intake.walk(KNOWN, LeadStep.CONFIRM)
        case_id = await find_case(conn, await object_to(intake, lead, days=5))
        official = await intake.actor("zhen")

    async def answer(conn: Connection) -> None:
        await answer_objection(
            conn, SEAL, official, COUNTY, case_id, answer=ObjectionAnswer.DISMISSED, text="样例：问了", now=at(6)
        )

    async def answer_again() -> None:
        async with january.database.transaction(scope=COUNTY) as conn:
            await answer(conn)

    async with january.database.transaction(scope=COUNTY) as conn:
        await LOCK_LEAD.one(conn, lead_id=lead.id)
        await lock_case(conn, case_id)
        answering = asyncio.create_task(answer_again())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
        await answer(conn)
    with pytest.raises(ObjectionAnswered):
        await answering
