"""What this library tells its user: rows written in the transaction that made them true."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from payments.sql import Connection, Query

MOST = 1_000
"""The most events that are taken at once."""


class Event(Struct, frozen=True):
    """Something that happened to an order's money. `facts` holds ids and minor units by name."""

    id: int
    topic: str
    order_ref: str
    facts: dict[str, str | int | None]
    at: datetime


ADD_EVENT = Query(
    None,
    "INSERT INTO payments.events (topic, order_ref, facts, at) VALUES (:topic, :order, :facts, :at)",
)
TAKE_EVENTS = Query(
    Event,
    """
    WITH waiting AS (
        SELECT id
          FROM payments.events
         WHERE taken_at IS NULL AND topic = ANY(:topics::text[]) AND id > :after
         ORDER BY id
         LIMIT :most
           FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE payments.events SET taken_at = clock_timestamp()
         WHERE id IN (SELECT id FROM waiting)
        RETURNING id, topic, order_ref, facts, at
    )
    SELECT id, topic, order_ref, facts, at FROM taken ORDER BY id
    """,
)


async def announce(
    conn: Connection, topic: str, *, order: str, facts: Mapping[str, str | int | None], at: datetime
) -> None:
    """Write an event beside the change that it tells of."""
    await ADD_EVENT.run(conn, topic=topic, order=order, facts=dict(facts), at=at)


async def take_events(conn: Connection, topics: Sequence[str], *, limit: int = 100, after: int = 0) -> list[Event]:
    """Take at most `limit` (≤ 1,000) waiting events of the topics, oldest first, and mark them as taken.

    They are taken if the caller's transaction commits and wait on if it does not; several takers get different ones.
    Whoever could not act on one goes on with those `after` its id.

    Topics: payment.captured, payment.failed, payment.canceled, payment.expired, payment.late (money that came in for a
    closed payment and is on its way back), refund.succeeded, refund.failed, dispute.open, dispute.won, dispute.lost.
    """
    return await TAKE_EVENTS.all(conn, topics=list(topics), after=after, most=min(limit, MOST))
