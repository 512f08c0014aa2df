"""Send queued text messages: codes in a lane of their own, everything else with retries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from market.kernel import Database, Query
from market.kernel.seal import Seal
from market.people.notify.http_port import HttpPort
from market.people.notify.models import Message, MessagePort, SendFailed
from market.people.notify.queue import FACTS_CONTEXT, PHONE_CONTEXT
from market.people.notify.templates import CODE, CODE_LIFETIME, render_message
from payments.retries import BatchSummary, RetryPolicy, StoredTogether, describe_error, run_claimed, sum_batches
from payments.sql import run_in_pieces

log = structlog.get_logger()


class Lane(Struct, frozen=True, kw_only=True):
    """Messages that are sent independently of the others: a queue of notices never delays a code."""

    codes: bool
    concurrency: int
    retries: RetryPolicy


# A code is useless after five minutes, and its person can ask for another one.
CODES = Lane(
    codes=True,
    concurrency=8,
    retries=RetryPolicy(first_delay=timedelta(seconds=5), max_delay=timedelta(seconds=30), max_attempts=5),
)
# A notice outlasts a day without a provider.
NOTICES = Lane(
    codes=False,
    concurrency=16,
    retries=RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=1), max_attempts=30),
)


class QueuedMessage(Struct, frozen=True):
    """A row of the message queue, leased by this worker."""

    id: UUID
    phone_sealed: bytes
    template: str
    facts_sealed: bytes
    queued_at: datetime
    attempts: int


# One statement per lane, so that each has its own partial index. No index has `leased_until`, so that a claim writes no
# entry in any.
CLAIM_CODES = Query(
    QueuedMessage,
    """
    WITH due AS (
        SELECT id FROM messages
         WHERE template = 'code' AND dead_at IS NULL AND next_at <= clock_timestamp()
           AND leased_until <= clock_timestamp()
         ORDER BY next_at
         LIMIT :limit::integer
           FOR UPDATE SKIP LOCKED
    )
    UPDATE messages SET attempts = attempts + 1, leased_until = clock_timestamp() + :lease::interval
      FROM due
     WHERE messages.id = due.id
    RETURNING messages.id, phone_sealed, template, facts_sealed, queued_at, attempts
    """,
)
CLAIM_NOTICES = Query(
    QueuedMessage,
    """
    WITH due AS (
        SELECT id FROM messages
         WHERE template <> 'code' AND dead_at IS NULL AND next_at <= clock_timestamp()
           AND leased_until <= clock_timestamp()
         ORDER BY next_at
         LIMIT :limit::integer
           FOR UPDATE SKIP LOCKED
    )
    UPDATE messages SET attempts = attempts + 1, leased_until = clock_timestamp() + :lease::interval
      FROM due
     WHERE messages.id = due.id
    RETURNING messages.id, phone_sealed, template, facts_sealed, queued_at, attempts
    """,
)
DELETE_SENT = Query(None, "DELETE FROM messages WHERE id = ANY(:ids::uuid[])")
RETRY_MESSAGE = Query(
    None,
    """
    UPDATE messages
       SET error = :error, next_at = clock_timestamp() + :delay::interval, leased_until = '-infinity'
     WHERE id = :id
    """,
)
# The facts of a code are erased as soon as it is given up.
GIVE_UP_MESSAGE = Query(
    None,
    """
    UPDATE messages
       SET error = :error, dead_at = clock_timestamp(),
           facts_sealed = CASE WHEN template = 'code' THEN ''::bytea ELSE facts_sealed END
     WHERE id = :id
    """,
)
DELETE_OLD_MESSAGES = Query(
    None,
    """
    DELETE FROM messages
     WHERE id IN (SELECT id FROM messages WHERE dead_at < :before ORDER BY dead_at LIMIT :piece::integer)
    """,
)


async def send_due_messages(
    db: Database, seal: Seal, port: MessagePort, *, now: datetime, lanes: tuple[Lane, ...] = (CODES, NOTICES)
) -> BatchSummary:
    """Send every due message of the lanes; opens its own transactions.

    Each message is leased for a minute when a place for it is free. A failed one is retried after a delay that doubles
    and finally given up with its error. A code that may have been sent is not sent again. No
    connection is held while the port is called; what was sent meanwhile is deleted by one statement.
    """
    return sum_batches([await _send_lane(db, seal, port, lane, now) for lane in lanes])


async def _send_lane(db: Database, seal: Seal, port: MessagePort, lane: Lane, now: datetime) -> BatchSummary:
    claim_due = CLAIM_CODES if lane.codes else CLAIM_NOTICES

    async def claim(room: int) -> list[QueuedMessage]:
        async with db.connection() as conn:
            return await claim_due.all(conn, limit=room, lease=lane.retries.lease)

    async def delete_sent(sent: Sequence[UUID]) -> None:
        async with db.connection() as conn:
            await DELETE_SENT.run(conn, ids=list(sent))

    accepted = StoredTogether(delete_sent)

    async def send(queued: QueuedMessage) -> None:
        await port.send(_open_message(queued, seal, lane, now))
        await accepted.add(queued.id)

    async def fail(queued: QueuedMessage, error: Exception) -> None:
        delay = lane.retries.compute_delay(queued.attempts)
        if isinstance(error, SendFailed) and (error.permanent or (error.unknown and lane.codes)):
            delay = None
        log.warning("message_not_sent", template=queued.template, attempts=queued.attempts, final=delay is None)
        async with db.connection() as conn:
            if delay is None:
                await GIVE_UP_MESSAGE.run(conn, id=queued.id, error=describe_error(error))
            else:
                await RETRY_MESSAGE.run(conn, id=queued.id, error=describe_error(error), delay=delay)

    return await run_claimed(claim, send, fail, concurrency=lane.concurrency)


def _open_message(queued: QueuedMessage, seal: Seal, lane: Lane, now: datetime) -> Message:
    if queued.template == CODE and queued.queued_at + CODE_LIFETIME <= now:
        raise SendFailed("the code expired before it could be sent", permanent=True)
    if lane.retries.max_attempts is not None and queued.attempts > lane.retries.max_attempts:
        raise SendFailed("every attempt ended without an answer", permanent=True)
    facts = msgspec.json.decode(seal.open(queued.facts_sealed, FACTS_CONTEXT), type=dict[str, str])
    return Message(
        id=queued.id,
        phone=seal.open(queued.phone_sealed, PHONE_CONTEXT),
        template=queued.template,
        facts=facts,
        text=render_message(queued.template, facts),
        at=now,
    )


async def log_receipts(port: MessagePort) -> int:
    """Log which messages the provider could not deliver, if the port has receipts; return how many receipts came.

    Raises:
        SendFailed: the provider did not answer.
    """
    receipts = await port.fetch_receipts() if isinstance(port, HttpPort) else []
    for each in receipts:
        if not each.delivered:
            log.warning("message_not_delivered", ref=each.ref, reason=each.reason)
    return len(receipts)


async def delete_old_messages(db: Database, before: datetime) -> int:
    """Delete the messages given up before a moment of real time, with their phones; return how many."""
    return await run_in_pieces(db, DELETE_OLD_MESSAGES, before=before)
