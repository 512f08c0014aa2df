"""How much work waits in each queue, how long, and what was given up: the figures that an operator is alerted by."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import Clock
from market.kernel.kept import KeptValue
from market.service.worker.schedules import SCHEDULES

KEPT_SECONDS = 5.0
MAX_COUNTED = 10_000
"""The largest number that is counted per queue, so that a scrape costs the same however long a queue is."""


class QueueState(Struct, frozen=True):
    """The due and the given-up items of a queue, and for how long the oldest due one has waited."""

    queue: str
    due: int
    dead: int
    oldest_due_seconds: float


class ScheduleState(Struct, frozen=True):
    """The failed attempts of a schedule since its last success, and how late its next one is."""

    name: str
    failures: int
    overdue_seconds: float


type QueueReadings = KeptValue[tuple[list[QueueState], list[ScheduleState]]]


class _StoredSchedule(Struct, frozen=True):
    name: str
    failures: int
    finished_at: datetime | None
    next_at: datetime


# Each part reads one partial index of what is open, at most MAX_COUNTED entries of it. Text messages and tasks that
# were given up stay for 30 days and nobody takes them up again, so only those of the last day count. Each attempt moves
# `next_at`, so that messages which failed and wait, and codes that were just given up, are counted a second time.
# `unknown`, `open` and `parked` wait for the provider or for a person: they are due from the beginning. Events,
# disputes and discrepancies have times of the business clock. Parcels that were never asked for belong to a database
# without a tracking service.
COUNT_QUEUES = Query(
    QueueState,
    """
    WITH message AS (
        (SELECT 'codes' AS queue, next_at, error, dead_at FROM messages
          WHERE template = 'code' AND dead_at IS NULL ORDER BY next_at LIMIT :most::integer)
        UNION ALL
        (SELECT 'notices', next_at, error, dead_at FROM messages
          WHERE template <> 'code' AND dead_at IS NULL ORDER BY next_at LIMIT :most)
        UNION ALL
        (SELECT CASE template WHEN 'code' THEN 'codes' ELSE 'notices' END, NULL, error, dead_at FROM messages
          WHERE dead_at > clock_timestamp() - interval '1 day' ORDER BY dead_at DESC LIMIT :most)
    ), item (queue, due_at, dead) AS (
        SELECT queue, next_at, dead_at IS NOT NULL FROM message
        UNION ALL
        SELECT 'failing_messages', clock_timestamp(), false FROM message
         WHERE error IS NOT NULL
           AND (dead_at IS NULL OR (queue = 'codes' AND dead_at > clock_timestamp() - interval '10 minutes'))
        UNION ALL
        (SELECT CASE state WHEN 'new' THEN 'webhooks' ELSE 'webhooks_parked' END,
                CASE state WHEN 'new' THEN next_at ELSE received_at END, false
           FROM payments.inbox WHERE state IN ('new', 'parked') ORDER BY next_at LIMIT :most)
        UNION ALL
        (SELECT 'webhooks', NULL, true FROM payments.inbox WHERE state = 'dead' LIMIT :most)
        UNION ALL
        (SELECT 'provider_calls', next_at, false FROM payments.operations
          WHERE state IN ('pending', 'sent', 'unknown') ORDER BY next_at LIMIT :most)
        UNION ALL
        (SELECT 'provider_calls_unknown', coalesce(first_sent_at, written_at), false FROM payments.operations
          WHERE state = 'unknown' LIMIT :most)
        UNION ALL
        (SELECT 'payment_events', coalesce(next_at, clock_timestamp() - (:now::timestamptz - at)), false
           FROM payments.events WHERE dead_at IS NULL ORDER BY id LIMIT :most)
        UNION ALL
        (SELECT 'payment_events', NULL, true FROM payments.events WHERE dead_at IS NOT NULL LIMIT :most)
        UNION ALL
        (SELECT 'refunds', retry_at, retry_at IS NULL FROM payments.refunds WHERE state = 'failed' LIMIT :most)
        UNION ALL
        (SELECT 'disputes', clock_timestamp() - (:now - opened_at), false FROM payments.disputes
          WHERE state = 'open' LIMIT :most)
        UNION ALL
        (SELECT 'discrepancies', clock_timestamp() - (:now - opened_at), false FROM payments.discrepancies
          WHERE closed_at IS NULL LIMIT :most)
        UNION ALL
        (SELECT 'suspense', clock_timestamp(), false
           FROM payments.accounts JOIN payments.balances ON account_id = accounts.id
          WHERE kind = 'suspense' AND amount_minor <> 0 LIMIT :most)
        UNION ALL
        (SELECT 'failed_items', next_at, attempts >= 10 FROM jobs.failures
          WHERE next_at < 'infinity' ORDER BY next_at LIMIT :most)
        UNION ALL
        (SELECT 'failed_items', NULL, true FROM jobs.failures WHERE next_at = 'infinity' LIMIT :most)
        UNION ALL
        (SELECT 'parcels', next_at, false FROM tracked_parcels
          WHERE state IN ('waiting', 'moving', 'unknown') AND next_at < 'infinity' AND claimed_at IS NOT NULL
          ORDER BY next_at LIMIT :most)
        UNION ALL
        (SELECT 'parcel_pushes', next_at, false FROM carrier_pushes WHERE state = 'new' ORDER BY next_at LIMIT :most)
        UNION ALL
        (SELECT 'parcel_pushes', NULL, true FROM carrier_pushes
          WHERE state = 'dead' AND received_at > clock_timestamp() - interval '2 days' LIMIT :most)
        UNION ALL
        (SELECT 'tasks', due_at, dead FROM list_waiting_tasks(:most))
        UNION ALL
        (SELECT 'late_rows', clock_timestamp(), false FROM count_late_rows(:most), generate_series(1, late_rows))
    )
    SELECT queue,
           count(*) FILTER (WHERE due_at <= clock_timestamp()) AS due,
           count(*) FILTER (WHERE dead) AS dead,
           coalesce(extract(epoch FROM clock_timestamp() - min(due_at) FILTER (WHERE due_at <= clock_timestamp())), 0)
               ::float8 AS oldest_due_seconds
      FROM item
     GROUP BY queue
    """,
)
QUEUES = (
    "codes",
    "notices",
    "failing_messages",
    "webhooks",
    "webhooks_parked",
    "provider_calls",
    "provider_calls_unknown",
    "payment_events",
    "refunds",
    "disputes",
    "discrepancies",
    "suspense",
    "failed_items",
    "parcels",
    "parcel_pushes",
    "tasks",
    "late_rows",
)
# An attempt that ended with its worker has no error: all but the newest, which may be running, failed.
LIST_SCHEDULES = Query(
    _StoredSchedule,
    """
    SELECT name, CASE WHEN error IS NULL THEN greatest(attempts - 1, 0) ELSE attempts END AS failures, finished_at,
           next_at
      FROM jobs.schedules
     WHERE name = ANY(:names::text[])
    """,
)


async def list_queue_states(conn: Connection, *, now: datetime) -> list[QueueState]:
    """Return the state of every queue, empty ones included; `now` is the time of the business clock.

    A text message or a task counts as dead for a day, everything else until a person has acted. A failed refund is dead
    when nothing retries it. Numbers above 10,000 are reported as 10,000.
    """
    found = {state.queue: state for state in await COUNT_QUEUES.all(conn, most=MAX_COUNTED, now=now)}
    return [found.get(queue, QueueState(queue, 0, 0, 0.0)) for queue in QUEUES]


async def list_schedule_states(conn: Connection) -> list[ScheduleState]:
    """Return the state of every schedule of this release that a worker has stored.

    A schedule is late when its interval has passed since it last finished, or its first run since it was due.
    """
    intervals = {each.name: each.interval for each in SCHEDULES}
    stored = await LIST_SCHEDULES.all(conn, names=list(intervals))
    return [
        ScheduleState(each.name, each.failures, _compute_overdue(each, intervals[each.name]).total_seconds())
        for each in stored
    ]


def _compute_overdue(schedule: _StoredSchedule, interval: timedelta) -> timedelta:
    due = schedule.next_at if schedule.finished_at is None else schedule.finished_at + interval
    return max(datetime.now(UTC) - due, timedelta())


def keep_readings(db: Database, clock: Clock) -> QueueReadings:
    """Return the states of all queues and schedules, read at most once in 5 s however often they are asked for."""

    async def load() -> tuple[list[QueueState], list[ScheduleState]]:
        async with db.connection() as conn:
            return await list_queue_states(conn, now=clock.now()), await list_schedule_states(conn)

    return KeptValue(load, seconds=KEPT_SECONDS)
