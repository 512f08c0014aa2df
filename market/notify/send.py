"""Send queued text messages, with retries."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from market.kernel import Database, Query
from market.kernel.seal import Seal
from market.notify.ports import Message, MessagePort
from market.notify.queue import FACTS_CONTEXT, PHONE_CONTEXT
from market.notify.templates import CODE_LIFETIME, render_message

log = structlog.get_logger()

MAX_SEND_ATTEMPTS = 5
BATCH_SIZE = 100
RETRY_DELAY = timedelta(minutes=1)
"""Delay before the second attempt; each further delay is this much longer."""


class QueuedMessage(Struct, frozen=True):
    """A row of the message queue."""

    id: UUID
    phone_sealed: bytes
    template: str
    facts_sealed: bytes
    queued_at: datetime


class SendResult(Struct, frozen=True):
    """How many messages were sent and how many attempts failed."""

    sent: int
    failed: int


# Claiming counts as an attempt: if the process dies before sending, a later attempt sends the message.
CLAIM_DUE_MESSAGES = Query(
    QueuedMessage,
    """
    UPDATE messages
       SET attempts = attempts + 1, attempted_at = :now
     WHERE id IN (
           SELECT id
             FROM messages
            WHERE sent_at IS NULL
              AND attempts < :max_attempts::integer
              AND (attempted_at IS NULL OR attempted_at + attempts * :retry_delay::interval <= :now)
              AND (template <> 'code' OR queued_at > :expired_before)
            ORDER BY queued_at
            LIMIT :batch_size::integer
              FOR UPDATE SKIP LOCKED)
    RETURNING id, phone_sealed, template, facts_sealed, queued_at
    """,
)
# The facts of a sent code are erased.
MARK_SENT = Query(
    None,
    """
    UPDATE messages
       SET sent_at = :now, facts_sealed = CASE WHEN template = 'code' THEN ''::bytea ELSE facts_sealed END
     WHERE id = :id
    """,
)


async def send_due_messages(db: Database, seal: Seal, port: MessagePort, *, now: datetime) -> SendResult:
    """Send every due message at least once; opens its own transactions.

    A message that fails is retried after 1, 2, 3 and 4 minutes and then abandoned. No connection is held while the port
    is called.
    """
    sent = failed = 0
    while True:
        async with db.transaction() as conn:
            due = await CLAIM_DUE_MESSAGES.all(
                conn,
                now=now,
                max_attempts=MAX_SEND_ATTEMPTS,
                retry_delay=RETRY_DELAY,
                expired_before=now - CODE_LIFETIME,
                batch_size=BATCH_SIZE,
            )
        if not due:
            return SendResult(sent, failed)
        for queued in sorted(due, key=lambda message: message.queued_at):
            facts = msgspec.json.decode(seal.open(queued.facts_sealed, FACTS_CONTEXT), type=dict[str, str])
            message = Message(
                seal.open(queued.phone_sealed, PHONE_CONTEXT), render_message(queued.template, facts), now
            )
            try:
                await port.send(message)
            except OSError as error:
                failed += 1
                log.warning("message_not_sent", template=queued.template, error=str(error))
                continue
            sent += 1
            async with db.transaction() as conn:
                await MARK_SENT.run(conn, id=queued.id, now=now)
