"""Grievances that are answered while the clock gives them to the next level."""

import asyncio
from typing import NamedTuple
from uuid import UUID

import pytest

from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import lock_case, move_case
from market.cases.grievances.answer import answer_grievance, extend_grievance
from market.cases.grievances.receive import receive_grievance
from market.cases.grievances.triage import GrievanceLinks, triage_grievance
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, Role
from tests.conftest import NOW
from tests.support.make import load_actor, make_official
from tests.support.postgres import wait_for_blocked

COUNTY = "130624"


class Received(NamedTuple):
    """A grievance that was triaged, and who answers it."""

    case_id: UUID
    official: Actor


async def receive(database: Database, seal: Seal) -> Received:
    async with database.transaction(scope=COUNTY) as conn:
        triager, official = [await load_actor(conn, await make_official(conn, Role.COUNTY, COUNTY)) for _ in range(2)]
        receipt = await receive_grievance(conn, seal, asker=None, county=COUNTY, text="样例：没有到账", now=NOW)
        case_id = await conn.fetchval("SELECT id FROM cases WHERE number = $1", receipt.number)
        await triage_grievance(conn, seal, triager, case_id, topic="missing", links=GrievanceLinks(), now=NOW)
    return Received(case_id, official)


async def move(conn: Connection, seal: Seal, received: Received, kind: CaseMove) -> None:
    case = await lock_case(conn, received.case_id)
    await move_case(conn, seal, case, kind, by=None, now=NOW)


async def test_a_grievance_is_answered_by_the_level_that_has_it_once_it_is_locked(
    database: Database, seal: Seal, owner: Connection
) -> None:
    case_id, official = received = await receive(database, seal)

    async def answer() -> None:
        async with database.transaction(scope=COUNTY) as conn:
            await answer_grievance(
                conn, seal, official, case_id, outcome=CaseOutcome.SOLVED, text="样例：已到账", now=NOW
            )

    async with database.transaction(scope=COUNTY) as conn:
        await move(conn, seal, received, CaseMove.ESCALATE)
        answering = asyncio.create_task(answer())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(CaseNotMovable):
        await answering


async def test_who_moves_a_grievance_takes_the_case_before_its_record(
    database: Database, seal: Seal, owner: Connection
) -> None:
    case_id, official = received = await receive(database, seal)

    async def extend() -> None:
        async with database.transaction(scope=COUNTY) as conn:
            await extend_grievance(conn, seal, official, case_id, reason="样例：还要查", now=NOW)

    async with database.transaction(scope=COUNTY) as conn:
        await lock_case(conn, case_id)
        extending = asyncio.create_task(extend())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
        await move(conn, seal, received, CaseMove.ESCALATE)
    with pytest.raises(CaseNotMovable):
        await extending
