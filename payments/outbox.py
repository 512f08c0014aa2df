"""The outbox: events for the caller, written in the same transaction as the change they report."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from payments.sql import Connection, Query

MAX_EVENTS = 1_000
"""The maximum number of events that are consumed at once."""


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
         WHERE consumed_at IS NULL AND topic = ANY(:topics::text[]) AND id > :after
         ORDER BY id
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    ), consumed AS (
        UPDATE {schema}.events SET consumed_at = clock_timestamp()
         WHERE id IN (SELECT id FROM due)
        RETURNING id, topic, order_ref, facts, at
    )
    SELECT id, topic, order_ref, facts, at FROM consumed ORDER BY id
    """,
)


async def publish_event(
    conn: Connection, topic: str, *, order: str, facts: Mapping[str, str | int | None], at: datetime
) -> None:
    """Write an event in the transaction of the change that it reports."""
    await INSERT_EVENT.run(conn, topic=topic, order=order, facts=dict(facts), at=at)


async def consume_events(
    conn: Connection, topics: Sequence[str], *, limit: int = 100, after: int = 0
) -> list[PaymentEvent]:
    """Consume at most `limit` (≤ 1,000) events of the topics, oldest first.

    They are consumed if the caller's transaction commits; concurrent callers get different events. To skip an event
    that cannot be handled, consume those `after` its id.

    Topics: payment.captured, payment.failed, payment.canceled, payment.expired, payment.late (money arrived for a
    closed payment and is being refunded), refund.succeeded, refund.failed, dispute.open, dispute.won, dispute.lost.
    A failed refund has `attempt` and `retries_left` among its facts.
    """
    return await CONSUME_EVENTS.all(conn, topics=list(topics), after=after, limit=min(limit, MAX_EVENTS))
