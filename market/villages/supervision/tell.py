"""Tell the officials of a division of its tasks: of moves, three days before the day, and on each day after it."""

from datetime import date, datetime
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.notify.notifications import format_month_day
from market.people.notify.queue import queue_message
from market.villages.supervision.rules import get_assignee_role
from payments.retries import run_listed

log = structlog.get_logger()

DAYS_BEFORE, DAYS_AFTER = 3, 10
MAX_TOLD_OFFICIALS = 10
MAX_DUE = 1_000


class DueTask(Struct, frozen=True):
    """A task of whose day its officials are to be told, stored under `remind_day`."""

    id: UUID
    number: int
    assignee_scope: str
    due_on: date
    remind_day: date


LIST_DUE = Query(DueTask, "SELECT * FROM list_due_supervision(:today, :before, :after, :most::integer)")
# The row of a reminder is what claims its messages: of two workers only one inserts it.
CLAIM_REMINDER = Query(
    int,
    """
    INSERT INTO supervision_events (task_id, kind, at, day)
    SELECT id, 'reminded', :now, :day FROM supervision_tasks WHERE id = :task_id AND state IN ('issued', 'returned')
    ON CONFLICT DO NOTHING
    RETURNING 1
    """,
)
LIST_PHONES = Query(
    bytes,
    """
    SELECT DISTINCT phone_sealed FROM grants JOIN accounts ON accounts.id = account_id
     WHERE role = :role AND scope = :scope AND valid_during @> :day::date
       AND phone_sealed IS NOT NULL AND accounts.closed_at IS NULL
     LIMIT :most
    """,
)


async def notify_division(
    conn: Connection, seal: Seal, scope: str, template: str, facts: dict[str, str], *, now: datetime
) -> int:
    """Queue a message to the officials who do the tasks of a division, at most 10; return how many."""
    phones = await LIST_PHONES.all(
        conn, role=get_assignee_role(scope), scope=scope, day=get_business_day(now), most=MAX_TOLD_OFFICIALS
    )
    for sealed in phones:
        await queue_message(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)
    return len(phones)


async def tell_due_supervision(db: Database, seal: Seal, *, now: datetime) -> int:
    """Tell of tasks that end within 3 days, once, and of overdue ones daily for 10 days; return how many messages.

    Opens its own transactions, one for each task, so that one that fails delays no other.
    """
    today, told = get_business_day(now), 0

    async def list_due(most: int) -> list[DueTask]:
        async with db.connection() as conn:
            return await LIST_DUE.all(conn, today=today, before=DAYS_BEFORE, after=DAYS_AFTER, most=most)

    async def tell(task: DueTask) -> int:
        nonlocal told
        async with db.transaction(scope=task.assignee_scope) as conn:
            if await CLAIM_REMINDER.maybe(conn, task_id=task.id, day=task.remind_day, now=now) is None:
                return 0
            facts = {"number": str(task.number), "day": format_month_day(task.due_on)}
            template = "supervision_late" if task.due_on < today else "supervision_due"
            told += await notify_division(conn, seal, task.assignee_scope, template, facts, now=now)
        return 1

    async def fail(task: DueTask, error: Exception) -> None:
        log.error("supervision_not_told", task=str(task.id), exc_info=error)

    await run_listed(list_due, tell, fail, most=MAX_DUE)
    return told
