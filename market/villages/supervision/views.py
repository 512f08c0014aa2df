"""Read tasks: those that an official gave or has to do, one with its events, and how many wait."""

from collections.abc import Sequence
from datetime import date

from market.kernel import Connection, Query
from market.people.identity.access import require_scopes
from market.people.identity.models import Actor, NotFound
from market.villages.supervision.models import (
    MAX_TASKS,
    PARTIES,
    SupervisionCounts,
    SupervisionEvent,
    SupervisionList,
    SupervisionTask,
)
from market.villages.supervision.rules import list_assignee_scopes, list_issuer_scopes

_COLUMNS = """
    SELECT t.id, t.number, p.number AS parent, t.issuer_scope, i.name AS issuer, t.assignee_scope, d.name AS assignee,
           t.title, t.text, t.basis, t.due_on, t.measure, t.target, t.state, w.name AS issued_by, t.issued_at,
           t.evidence_text, t.evidence_figure, s.name AS sent_by, t.sent_at, t.reason, c.name AS decided_by,
           t.decided_at
      FROM supervision_tasks t
      LEFT JOIN supervision_tasks p ON p.id = t.parent_id
      JOIN divisions i ON i.code = rpad(t.issuer_scope, 12, '0')
      JOIN divisions d ON d.code = t.assignee_code
      JOIN accounts w ON w.id = t.issued_by
      LEFT JOIN accounts s ON s.id = t.sent_by
      LEFT JOIN accounts c ON c.id = t.decided_by
"""
# Overdue ones first, then what is to be done or checked by its day, then what is over.
_ORDER = """
     ORDER BY (t.state IN ('issued', 'returned') AND t.due_on < :today::date) DESC,
              t.state IN ('checked', 'withdrawn'), t.due_on, t.number
     LIMIT :limit
"""
LIST_GIVEN = Query(SupervisionTask, _COLUMNS + " WHERE t.issuer_scope = ANY(:scopes::text[])" + _ORDER)
LIST_RECEIVED = Query(SupervisionTask, _COLUMNS + " WHERE t.assignee_scope = ANY(:scopes::text[])" + _ORDER)
LIST_PASSED_ON = Query(SupervisionTask, _COLUMNS + " WHERE p.number = :number" + _ORDER)
GET_TASK = Query(SupervisionTask, _COLUMNS + " WHERE t.number = :number")
LOCK_TASK = Query(int, "SELECT number FROM supervision_tasks WHERE number = :number FOR NO KEY UPDATE")
LIST_EVENTS = Query(
    SupervisionEvent,
    """
    SELECT e.kind, a.name AS by, e.at, e.text, e.figure
      FROM supervision_events e
      JOIN supervision_tasks t ON t.id = e.task_id
      LEFT JOIN accounts a ON a.id = e.account_id
     WHERE t.number = :number
     ORDER BY e.id
     LIMIT 500
    """,
)
COUNT_TASKS = Query(
    SupervisionCounts,
    """
    SELECT owed.to_do, owed.late,
           (SELECT count(*) FROM supervision_tasks
             WHERE state = 'evidence' AND issuer_scope = ANY(:issuers::text[]))::integer AS to_check
      FROM (SELECT count(*)::integer AS to_do, (count(*) FILTER (WHERE due_on < :today::date))::integer AS late
              FROM supervision_tasks
             WHERE state IN ('issued', 'returned') AND assignee_scope = ANY(:assignees::text[])) AS owed
    """,
)


async def list_supervision(conn: Connection, actor: Actor, *, today: date) -> SupervisionList:
    """Return the tasks that the actor gave and has to do, at most 200 each, in the scope of the actor's division.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `PARTIES`.
    """
    require_scopes(actor, PARTIES)
    return SupervisionList(
        given=await LIST_GIVEN.all(conn, scopes=list_issuer_scopes(actor), today=today, limit=MAX_TASKS),
        received=await LIST_RECEIVED.all(conn, scopes=list_assignee_scopes(actor), today=today, limit=MAX_TASKS),
    )


async def get_supervision_task(conn: Connection, actor: Actor, number: int) -> SupervisionTask:
    """Return a task of the actor's division, or of a division inside it, in the scope of that division.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `PARTIES`.
        NotFound: there is no such task.
    """
    require_scopes(actor, PARTIES)
    found = await GET_TASK.maybe(conn, number=number)
    if found is None:
        raise NotFound
    return found


async def lock_supervision_task(conn: Connection, actor: Actor, number: int) -> SupervisionTask:
    """Lock a task for a move and return it. See `get_supervision_task`."""
    require_scopes(actor, PARTIES)
    await LOCK_TASK.maybe(conn, number=number)
    return await get_supervision_task(conn, actor, number)


async def list_passed_on(conn: Connection, number: int, *, today: date) -> Sequence[SupervisionTask]:
    """Return the tasks by which a prefecture passed one on to its counties, overdue ones first."""
    return await LIST_PASSED_ON.all(conn, number=number, today=today, limit=MAX_TASKS)


async def list_supervision_events(conn: Connection, number: int) -> Sequence[SupervisionEvent]:
    """Return what happened to a task, the earliest first, at most 500."""
    return await LIST_EVENTS.all(conn, number=number)


async def count_supervision(conn: Connection, actor: Actor, *, today: date) -> SupervisionCounts:
    """Return how many tasks wait for the actor, in the scope of the actor's division; zeros without a role."""
    return await COUNT_TASKS.one(
        conn, today=today, issuers=list_issuer_scopes(actor), assignees=list_assignee_scopes(actor)
    )
