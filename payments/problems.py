"""What a person has to look at: messages that cannot be applied, and calls whose outcome stays unknown."""

from datetime import datetime

from msgspec import Struct

from payments.sql import Connection, Query


class StuckMessage(Struct, frozen=True):
    """A webhook that could not be applied: parked for another attempt, or dead until it is queued again."""

    provider: str
    event_id: str
    topic: str
    state: str
    attempts: int
    received_at: datetime
    error: str | None


class UnknownCall(Struct, frozen=True):
    """A call to the provider that has had no answer for an hour; it is repeated automatically."""

    order_ref: str
    kind: str
    key: str
    attempts: int
    first_sent_at: datetime
    error: str | None


LIST_STUCK_MESSAGES = Query(
    StuckMessage,
    """
    SELECT provider, event_id, topic, state, attempts, received_at, error
      FROM {schema}.inbox
     WHERE state = 'dead' OR (state = 'parked' AND received_at < clock_timestamp() - interval '1 hour')
     ORDER BY received_at
     LIMIT 1000
    """,
)
LIST_UNKNOWN_CALLS = Query(
    UnknownCall,
    """
    SELECT order_ref, operations.kind, key, attempts, first_sent_at, error
      FROM {schema}.operations JOIN {schema}.payments ON payments.id = payment_id
     WHERE operations.state IN ('sent', 'unknown') AND first_sent_at < clock_timestamp() - interval '1 hour'
     ORDER BY first_sent_at
     LIMIT 1000
    """,
)


async def list_stuck_messages(conn: Connection) -> list[StuckMessage]:
    """Return the dead messages and those parked for an hour, oldest first, at most 1,000."""
    return await LIST_STUCK_MESSAGES.all(conn)


async def list_unknown_calls(conn: Connection) -> list[UnknownCall]:
    """Return the calls without an answer for an hour, oldest first, at most 1,000."""
    return await LIST_UNKNOWN_CALLS.all(conn)
