"""The outbox: events for the caller, written in the same transaction as the change they report.

Consuming an event deletes it: the one that deletes it handles it, and nobody reads it afterwards.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from payments.retries import RetryPolicy, describe_error, run_claimed, run_each
from payments.sql import Connection, Database, Query

MAX_EVENTS = 1_000
"""The maximum number of events that are consumed at once."""
EVENT_RETRIES = RetryPolicy(first_delay=timedelta(seconds=5), max_delay=timedelta(hours=1), max_attempts=24)
"""An event that cannot be handled is given up after about 16 hours."""
EVENT_CONCURRENCY = 4
"""How many events `handle_events` handles at once, each in a transaction of its own."""


class PaymentEvent(Struct, frozen=True):
    """A change of an order's money. `facts` holds ids and amounts in minor units by name."""

    id: int
    topic: str
    order_ref: str
    facts: dict[str, str | int | None]
    at: datetime


INSERT_EVENT = Query(
    None,
    "INSERT INTO {schema}.events (topic, order_ref, facts, at) VALUES (:topic, :order, :facts, :at)",
)
CONSUME_EVENTS = Query(
    PaymentEvent,
    """
    WITH due AS (
        SELECT id
          FROM {schema}.events
         WHERE dead_at IS NULL AND topic = ANY(:topics::text[]) AND id > :after
           AND (next_at IS NULL OR next_at <= clock_timestamp()) AND (:order::text IS NULL OR order_ref = :order)
         ORDER BY id
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    ), consumed AS (
        DELETE FROM {schema}.events WHERE id IN (SELECT id FROM due)
        RETURNING id, topic, order_ref, facts, at
    )
    SELECT id, topic, order_ref, facts, at FROM consumed ORDER BY id
    """,
)
# A lease moves `next_at` and counts no attempt. For one order the lease of another worker does not matter: its page
# would wait for a worker that may have died. The consuming statement decides between the two.
CLAIM_EVENTS = Query(
    PaymentEvent,
    """
    WITH due AS (
        SELECT id
          FROM {schema}.events
         WHERE dead_at IS NULL AND topic = ANY(:topics::text[])
           AND (next_at IS NULL OR next_at <= clock_timestamp())
         ORDER BY id
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE {schema}.events SET next_at = clock_timestamp() + :lease::interval
         WHERE id IN (SELECT id FROM due)
        RETURNING id, topic, order_ref, facts, at
    )
    SELECT id, topic, order_ref, facts, at FROM claimed ORDER BY id
    """,
)
LIST_EVENTS_OF_ORDER = Query(
    PaymentEvent,
    """
    SELECT id, topic, order_ref, facts, at
      FROM {schema}.events
     WHERE dead_at IS NULL AND order_ref = :order AND topic = ANY(:topics::text[])
       AND (error IS NULL OR next_at <= clock_timestamp())
     ORDER BY id
     LIMIT :limit
    """,
)
CONSUME_EVENT = Query(int, "DELETE FROM {schema}.events WHERE id = :event_id AND dead_at IS NULL RETURNING id")
COUNT_FAILED_ATTEMPT = Query(
    int,
    """
    UPDATE {schema}.events SET attempts = attempts + 1, error = :error
     WHERE id = :event_id RETURNING attempts
    """,
)
RETRY_EVENT = Query(
    None, "UPDATE {schema}.events SET next_at = clock_timestamp() + :delay::interval WHERE id = :event_id"
)
GIVE_UP_EVENT = Query(None, "UPDATE {schema}.events SET dead_at = clock_timestamp() WHERE id = :event_id")


async def publish_event(
    conn: Connection, topic: str, *, order: str, facts: Mapping[str, str | int | None], at: datetime
) -> None:
    """Write an event in the transaction of the change that it reports."""
    await INSERT_EVENT.run(conn, topic=topic, order=order, facts=dict(facts), at=at)


async def consume_events(
    conn: Connection, topics: Sequence[str], *, limit: int = 100, after: int = 0, order: str | None = None
) -> list[PaymentEvent]:
    """Consume at most `limit` (≤ 1,000) events of the topics, oldest first; only those of `order`, if it is given.

    They are consumed if the caller's transaction commits; concurrent callers get different events. An event
    that cannot be handled is passed to `record_event_failure` after the rollback; to skip it, consume those `after` it.

    Topics: payment.captured, payment.failed, payment.canceled, payment.expired, payment.late (money arrived for a
    closed payment and is being refunded), refund.succeeded, refund.failed, dispute.open, dispute.won, dispute.lost,
    payout.in_transit, payout.paid, payout.failed (their order is `payee:` and the payee).
    A failed refund has `attempt` and `retries_left` among its facts.
    """
    return await CONSUME_EVENTS.all(conn, topics=list(topics), after=after, limit=min(limit, MAX_EVENTS), order=order)


async def handle_events[Result](
    db: Database,
    topics: Sequence[str],
    handle: Callable[[Connection, PaymentEvent], Awaitable[Result]],
    *,
    failed: Callable[[PaymentEvent, Exception], object] = lambda _event, _error: None,
    order: str | None = None,
    limit: int = 10_000,
    concurrency: int = EVENT_CONCURRENCY,
) -> list[Result]:
    """Handle at most `limit` due events, each in a transaction that also consumes it; return what was returned.

    They are claimed with a lease, and `concurrency` are handled at once, so that a slow one delays no other. Of
    several workers one handles an event. A failed one is passed to `failed` and due again after a delay that doubles.
    With `order` only the events of that order are handled, one after another.
    """
    results: list[Result] = []

    async def work(event: PaymentEvent) -> None:
        async with db.transaction() as conn:
            if await CONSUME_EVENT.maybe(conn, event_id=event.id) is None:
                return
            result = await handle(conn, event)
        results.append(result)

    async def fail(event: PaymentEvent, error: Exception) -> None:
        async with db.transaction() as conn:
            await record_event_failure(conn, event, error)
        failed(event, error)

    async def claim(room: int) -> list[PaymentEvent]:
        async with db.connection() as conn:
            return await CLAIM_EVENTS.all(conn, topics=list(topics), limit=room, lease=EVENT_RETRIES.lease)

    if order is None:
        await run_claimed(claim, work, fail, concurrency=concurrency, limit=limit)
    else:
        async with db.connection() as conn:
            due = await LIST_EVENTS_OF_ORDER.all(conn, order=order, topics=list(topics), limit=min(limit, MAX_EVENTS))
        await run_each(due, work, fail)
    return results


async def record_event_failure(conn: Connection, event: PaymentEvent, error: Exception) -> None:
    """Record that an event could not be handled: it is due again after a while, or given up after the last attempt."""
    attempts = await COUNT_FAILED_ATTEMPT.maybe(conn, event_id=event.id, error=describe_error(error))
    if attempts is None:
        return
    delay = EVENT_RETRIES.compute_delay(attempts)
    if delay is None:
        await GIVE_UP_EVENT.run(conn, event_id=event.id)
    else:
        await RETRY_EVENT.run(conn, event_id=event.id, delay=delay)
