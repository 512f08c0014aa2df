"""Deadlines in working days when the days off change: recomputed from what happened to the case, and recorded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from market.cases.casework.models import CaseMove, CaseState, LockedCase
from market.cases.casework.moves import LateCase, compute_due, get_extension_start, lock_case, move_case
from market.cases.casework.rules import MAX_STOPPED
from market.kernel import Connection, Database, Query
from market.kernel.seal import Seal
from payments.retries import run_each

log = structlog.get_logger()

_BATCH = 1_000
_STARTS = frozenset({CaseMove.RECEIVE, CaseMove.ESCALATE, CaseMove.REFUSE, CaseMove.REOPEN})
_BEFORE_ALL = UUID(int=0)


class PastMove(Struct, frozen=True):
    """A move as it was recorded: the level after it, its deadline, and when."""

    move: CaseMove
    level: int
    due_at: datetime
    at: datetime


LIST_PAST_MOVES = Query(
    PastMove, "SELECT move, level, due_at, at FROM case_events WHERE case_id = :case_id ORDER BY id LIMIT 1000"
)
LIST_WORKING_DAY_CASES = Query(
    LateCase, "SELECT id, county_code FROM list_working_day_cases(:after::uuid, :most::integer)"
)


async def compute_case_due(conn: Connection, case: LockedCase, past: Sequence[PastMove]) -> datetime:
    """Return the deadline of a case by today's days off: what `move_case` would have given it, move by move."""
    due_at = case.due_at
    stopped_at: datetime | None = None
    for each in past:
        match each.move:
            case move if move in _STARTS:
                due_at = await compute_due(conn, case.units[each.level - 1], case.dues[each.level - 1], each.at)
                stopped_at = None
            case CaseMove.EXTEND:
                unit = case.units[each.level - 1]
                due_at = await compute_due(conn, unit, case.extension, get_extension_start(unit, due_at))
            case CaseMove.ASK:
                due_at, stopped_at = due_at + MAX_STOPPED, each.at
            case CaseMove.SUPPLY if stopped_at is not None:
                due_at, stopped_at = due_at - max(stopped_at + MAX_STOPPED - each.at, timedelta()), None
            case CaseMove.PROPOSE:
                due_at, stopped_at = each.due_at, None
            case _:
                pass
    return due_at


async def reschedule_cases(db: Database, seal: Seal, *, now: datetime) -> int:
    """Move the deadlines of open cases in working days to what today's days off give; return how many moved.

    One transaction each, with an event that has the old and the new deadline. Repeating changes nothing. A case that
    fails delays no other.
    """
    moved = 0

    async def reschedule(each: LateCase) -> None:
        nonlocal moved
        async with db.transaction(scope=each.county_code) as conn:
            case = await lock_case(conn, each.id)
            if case.state is not CaseState.ASSIGNED:
                return
            due_at = await compute_case_due(conn, case, await LIST_PAST_MOVES.all(conn, case_id=case.id))
            # Nobody is late by a day off that is published when the day has passed.
            if due_at != case.due_at and due_at > min(case.due_at, now):
                await move_case(conn, seal, case, CaseMove.RESCHEDULE, by=None, new_due_at=due_at, now=now)
                moved += 1

    async def fail(each: LateCase, error: Exception) -> None:
        log.error("case_not_rescheduled", case=str(each.id), exc_info=error)

    after = _BEFORE_ALL
    while True:
        async with db.connection() as conn:
            batch = await LIST_WORKING_DAY_CASES.all(conn, after=after, most=_BATCH)
        await run_each(batch, reschedule, fail)
        if len(batch) < _BATCH:
            return moved
        after = batch[-1].id
