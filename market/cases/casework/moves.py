"""Open a case, move it on, and escalate what is late; each move and its event are one statement."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct
from msgspec.structs import replace

from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseOutcome, CaseState, LockedCase
from market.cases.casework.rules import apply_move, check_move, get_next_level
from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound, Role
from market.people.identity.supervisors import has_supervisor
from market.places.divisions.working_days import add_working_days
from payments.retries import RetryPolicy, run_each

log = structlog.get_logger()

TEXT_CONTEXT = "cases.text"
REASON_CONTEXT = "case_events.reason"
ESCALATION_JOB = "escalate_case"
MAX_LATE_CASES = 200
MAX_OVERDUE_CASES = 500
"""How many are read at a time. They stay overdue, so that the next ones are those behind them."""
_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))
_CLOCK_ACTOR = "clock"
_ANSWERER_INVOLVED = "P0110"
"""The error of the trigger `check_case_answerer`."""


class CaseCategory(Struct, frozen=True):
    """What a category of cases is called and who answers it, level by level."""

    name: str
    path: list[str]
    units: list[str]
    dues: list[int]


class LateCase(Struct, frozen=True):
    """A case whose deadline has passed, and its county."""

    id: UUID
    county_code: str


class OverdueCase(LateCase, frozen=True):
    """Such a case at its last level, and its deadline."""

    due_at: datetime


GET_CATEGORY = Query(
    CaseCategory,
    "SELECT name, path, units, dues FROM case_categories WHERE code = :category AND valid_during @> :day::date",
)
INSERT_CASE = Query(
    UUID,
    """
    INSERT INTO cases (category, division_code, asker_id, against_producer_id, against_account_id, for_producer_id,
                       text_sealed, path, first_due, received_at, due_at)
    VALUES (:category, :division_code, :asker_id, :against_producer_id, :against_account_id, :for_producer_id,
            :text_sealed, :path, :first_due, :now, :due_at)
    RETURNING id
    """,
)
INSERT_EVENT = Query(
    UUID,
    """
    INSERT INTO case_events (case_id, move, account_id, level, reason_sealed, old_due_at, due_at, at)
    VALUES (:case_id, :move, :account_id, :level, :reason_sealed, :old_due_at, :due_at, :now)
    RETURNING id
    """,
)
CASE_COLUMNS = """
    SELECT cases.id, number, category, name, county_code, division_code, asker_id, against_producer_id,
           against_account_id, for_producer_id, cases.path, units,
           CASE WHEN first_due IS NULL THEN dues ELSE first_due || dues[2:] END AS dues, extension, level,
           received_at, due_at, stopped_at,
           (SELECT count(*) FROM case_events e
             WHERE e.case_id = cases.id AND e.move = 'ask' AND e.level = cases.level
               AND e.at > coalesce(reopened_at, '-infinity')) AS questions,
           EXISTS (SELECT FROM case_events e
                    WHERE e.case_id = cases.id AND e.move = 'propose' AND e.level = cases.level
                      AND e.at > coalesce(reopened_at, '-infinity')) AS proposed,
           extended_at, reopened_at, state, outcome, answered_by, closed_at
      FROM cases JOIN case_categories ON code = category AND valid_during @> lower(received_during)
"""
LOCK_CASE = Query(UUID, "SELECT id FROM cases WHERE id = :case_id FOR NO KEY UPDATE")
# After the lock, and in a statement of its own: it counts what the one before asked.
GET_CASE = Query(LockedCase, CASE_COLUMNS + " WHERE cases.id = :case_id")
MOVE_CASE = Query(
    UUID,
    """
    WITH moved AS (
        UPDATE cases
           SET level = :level, path = :path, due_at = :due_at, stopped_at = :stopped_at, extended_at = :extended_at,
               reopened_at = :reopened_at, state = :state, outcome = :outcome, answered_by = :answered_by,
               closed_at = :closed_at
         WHERE id = :case_id
        RETURNING id
    )
    INSERT INTO case_events (case_id, move, account_id, level, reason_sealed, old_due_at, due_at, outcome, at)
    SELECT id, :move, :account_id, :level, :reason_sealed, :old_due_at, :due_at, :outcome, :now FROM moved
    RETURNING case_id
    """,
)
LIST_OVERDUE_CASES = Query(
    OverdueCase,
    """
    SELECT id, county_code, due_at
      FROM list_overdue_cases(:now::timestamptz, :after_due::timestamptz, :after_id::uuid, :most::integer)
    """,
)
LIST_LATE_CASES = Query(LateCase, "SELECT id, county_code FROM list_late_cases(:now::timestamptz, :most::integer)")


def get_person_scope(actor: Actor) -> str:
    """Return the scope of a transaction in which a person sees the cases that concern them, and no others."""
    return get_account_scope(actor.account_id)


def get_account_scope(account_id: UUID) -> str:
    """Return the scope of a transaction in which the owner of an account sees the cases that concern them."""
    return f"person:{account_id}"


async def compute_due(conn: Connection, unit: str, count: int, start: datetime) -> datetime:
    """Return the deadline of `count` hours, days or working days after `start`; the last working day counts whole."""
    if unit == "working_day":
        day = await add_working_days(conn, get_business_day(start), count)
        return get_day_start(day + timedelta(days=1))
    return start + (timedelta(hours=count) if unit == "hour" else timedelta(days=count))


def get_extension_start(unit: str, due_at: datetime) -> datetime:
    """Return from when an extension counts: a deadline that is the end of a day belongs to that day."""
    return due_at - timedelta(microseconds=1) if unit == "working_day" else due_at


async def open_case(
    conn: Connection,
    seal: Seal,
    asker_id: UUID | None,
    *,
    by: Actor | None,
    category: str,
    division_code: str,
    against_producer_id: UUID | None,
    against_account_id: UUID | None = None,
    for_producer_id: UUID | None = None,
    first_due: int | None = None,
    text: str,
    now: datetime,
) -> LockedCase:
    """Receive a case and assign it to the first level of its category, in the caller's transaction (see scopes).

    `by` is the asker, or the official who writes down what somebody without a name says; None if the clock opens it for
    the asker, or if nobody is named. `for_producer_id` is the producer on whose behalf
    the asker, a member, asks. `first_due` is the time of the first level that its county has decided.
    """
    rules = await GET_CATEGORY.one(conn, category=category, day=get_business_day(now))
    due_at = await compute_due(conn, rules.units[0], first_due or rules.dues[0], now)
    case_id = await INSERT_CASE.one(
        conn,
        category=category,
        division_code=division_code,
        asker_id=asker_id,
        against_producer_id=against_producer_id,
        against_account_id=against_account_id,
        for_producer_id=for_producer_id,
        text_sealed=seal.seal(text, TEXT_CONTEXT),
        path=rules.path,
        first_due=first_due,
        now=now,
        due_at=due_at,
    )
    await INSERT_EVENT.one(
        conn, case_id=case_id, move=CaseMove.RECEIVE, account_id=None if by is None else by.account_id, level=1,
        reason_sealed=None, old_due_at=None, due_at=due_at, now=now,
    )  # fmt: skip
    case = await lock_case(conn, case_id)
    await _audit(conn, case, CaseMove.RECEIVE, by, now=now)
    return await move_case(conn, seal, case, CaseMove.ASSIGN, by=None, now=now)


async def lock_case(conn: Connection, case_id: UUID) -> LockedCase:
    """Lock a case for this transaction, after the order that it is about.

    Raises:
        NotFound: it does not exist, or does not concern the person of the transaction.
    """
    if await LOCK_CASE.maybe(conn, case_id=case_id) is None:
        raise NotFound
    return await GET_CASE.one(conn, case_id=case_id)


async def move_case(
    conn: Connection,
    seal: Seal,
    case: LockedCase,
    move: CaseMove,
    *,
    by: Actor | None,
    reason: str = "",
    outcome: CaseOutcome | None = None,
    new_due_at: datetime | None = None,
    now: datetime,
) -> LockedCase:
    """Move a locked case, record the event, and return the case; `by` is None for the clock.

    `new_due_at` is until when both sides answer a proposal, or the deadline of a rescheduled case.

    Whether the person may do it is for the area to check; that who answers is not involved is checked here. A case that
    goes up to a supervisor whom its county does not have goes to the platform.

    Raises:
        CaseAnswererInvolved: the person asked, or is complained of.
        CaseNotMovable, CaseAtTopLevel, CaseExtendedBefore, CaseReopenedBefore, CaseReasonMissing: see `check_move`.
    """
    check_move(case, move, reason=reason)
    due_at = await _get_due_after(conn, case, move, now=now)
    moved = apply_move(case, move, due_at=new_due_at or due_at, outcome=outcome, now=now)
    if moved.level > case.level:
        moved = await _skip_nobody(conn, moved, now=now)
    if move is CaseMove.ANSWER and by is not None:
        moved = replace(moved, answered_by=by.account_id)
    try:
        await MOVE_CASE.one(
            conn,
            case_id=case.id,
            level=moved.level,
            path=moved.path,
            due_at=moved.due_at,
            stopped_at=moved.stopped_at,
            extended_at=moved.extended_at,
            reopened_at=moved.reopened_at,
            state=moved.state,
            outcome=moved.outcome,
            answered_by=moved.answered_by,
            closed_at=moved.closed_at,
            move=move,
            account_id=None if by is None else by.account_id,
            reason_sealed=seal.seal(reason, REASON_CONTEXT) if reason else None,
            old_due_at=case.due_at,
            now=now,
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate == _ANSWERER_INVOLVED:
            raise CaseAnswererInvolved from error
        raise
    await _audit(conn, moved, move, by, now=now)
    return moved


async def _get_due_after(conn: Connection, case: LockedCase, move: CaseMove, *, now: datetime) -> datetime:
    """Return the deadline of a case after a move: that of the level it goes to, an extended one, or as it was."""
    if move in {CaseMove.ESCALATE, CaseMove.REOPEN, CaseMove.REFUSE}:
        level = get_next_level(case, move) - 1
        return await compute_due(conn, case.units[level], case.dues[level], now)
    if move is CaseMove.EXTEND:
        unit = case.units[case.level - 1]
        return await compute_due(conn, unit, case.extension, get_extension_start(unit, case.due_at))
    return case.due_at


async def _skip_nobody(conn: Connection, case: LockedCase, *, now: datetime) -> LockedCase:
    """Return a case that went one level up, at the platform if it went to a supervisor and the county has none."""
    if case.path[case.level - 1] != Role.SUPERVISOR:
        return case
    if await has_supervisor(conn, case.division_code, day=get_business_day(now)):
        return case
    log.warning("case_without_supervisor", case=case.number, county=case.county_code)
    return replace(case, path=[*case.path[: case.level - 1], Role.PLATFORM, *case.path[case.level :]])


async def _audit(conn: Connection, case: LockedCase, move: CaseMove, by: Actor | None, *, now: datetime) -> None:
    if move in {CaseMove.ASSIGN, CaseMove.CLOSE}:
        return
    await add_audit_entry(
        conn,
        actor=_CLOCK_ACTOR if by is None else str(by.account_id),
        action=f"case.{move}",
        object=f"case:{case.number}",
        detail={"category": case.category, "level": case.level},
        now=now,
    )


async def escalate_late_cases(
    db: Database, seal: Seal, tell: Callable[[Connection, LockedCase], Awaitable[None]], *, now: datetime
) -> int:
    """Escalate the cases past their deadline by one level, at most 200, one transaction each; return how many.

    `tell` queues the messages of the case's area, in its transaction. A case that fails is tried again later and
    delays no other.
    """
    async with db.connection() as conn:
        late = await LIST_LATE_CASES.all(conn, now=now, most=MAX_LATE_CASES)
    escalated = 0

    async def escalate(each: LateCase) -> None:
        nonlocal escalated
        async with db.transaction(scope=each.county_code) as conn:
            case = await lock_case(conn, each.id)
            if case.state is CaseState.ASSIGNED and case.due_at <= now:
                case = await move_case(conn, seal, case, CaseMove.ESCALATE, by=None, now=now)
                await tell(conn, case)
                escalated += 1
        await forget_failure(db, job=ESCALATION_JOB, item=each.id)

    async def fail(each: LateCase, error: Exception) -> None:
        await record_failure(db, _RETRIES, job=ESCALATION_JOB, item=each.id, error=error)

    await run_each(late, escalate, fail)
    return escalated


async def tell_overdue_cases(
    db: Database, tell: Callable[[Connection, LockedCase], Awaitable[None]], *, now: datetime
) -> int:
    """Tell somebody of the cases that are past their deadline at their last level; return how many.

    `tell` queues the messages of the case's area. Each is told of in a transaction of its own; one that fails is told
    of the next time and delays no other.
    """

    async def tell_one(each: LateCase) -> None:
        async with db.transaction(scope=each.county_code) as conn:
            await tell(conn, await lock_case(conn, each.id))

    async def fail(each: LateCase, error: Exception) -> None:
        log.error("overdue_case_not_told", case=str(each.id), exc_info=error)

    told, after_due, after_id = 0, datetime.min.replace(tzinfo=UTC), UUID(int=0)
    while True:
        async with db.connection() as conn:
            overdue = await LIST_OVERDUE_CASES.all(
                conn, now=now, after_due=after_due, after_id=after_id, most=MAX_OVERDUE_CASES
            )
        told += (await run_each(overdue, tell_one, fail)).done
        if len(overdue) < MAX_OVERDUE_CASES:
            return told
        after_due, after_id = overdue[-1].due_at, overdue[-1].id
