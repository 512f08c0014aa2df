"""Sending what is queued."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from market.kernel import Database, Query
from market.kernel.seal import Seal
from market.notify.ports import Message, Port
from market.notify.queue import FACTS_CONTEXT, PHONE_CONTEXT
from market.notify.templates import render

log = structlog.get_logger()

MOST_ATTEMPTS = 5
BATCH = 100
WAIT = timedelta(minutes=1)
"""Before the second attempt; each later one waits this much longer."""
CODE_LIFE = timedelta(minutes=5)
"""A code that could no longer be used is not sent. Source: money-and-trust, one-time codes."""


class Queued(Struct, frozen=True):
    """A message as it lies in the queue."""

    id: UUID
    phone_sealed: bytes
    template: str
    facts_sealed: bytes
    queued_at: datetime


class Sent(Struct, frozen=True):
    """How many messages went out, and how many wait for another attempt."""

    sent: int
    failed: int


# Taken by marking the attempt: whoever dies before sending leaves the message to a later attempt.
TAKE_DUE = Query(
    Queued,
    """
    UPDATE messages
       SET attempts = attempts + 1, tried_at = :now
     WHERE id IN (
           SELECT id
             FROM messages
            WHERE sent_at IS NULL
              AND attempts < :most::integer
              AND (tried_at IS NULL OR tried_at + attempts * :wait::interval <= :now)
              AND (template <> 'code' OR queued_at > :oldest_code)
            ORDER BY queued_at
            LIMIT :batch::integer
              FOR UPDATE SKIP LOCKED)
    RETURNING id, phone_sealed, template, facts_sealed, queued_at
    """,
)
# A code that was sent is kept nowhere.
MARK_SENT = Query(
    None,
    """
    UPDATE messages
       SET sent_at = :now, facts_sealed = CASE WHEN template = 'code' THEN ''::bytea ELSE facts_sealed END
     WHERE id = :id
    """,
)


async def send_due(db: Database, seal: Seal, port: Port, *, now: datetime) -> Sent:
    """Send every message that is due, at least once each, in transactions of its own.

    One that the port cannot take is tried again after 1, 2, 3 and 4 minutes, and then left. No connection is held while
    the port is spoken to.
    """
    sent = failed = 0
    while True:
        async with db.transaction() as conn:
            due = await TAKE_DUE.all(
                conn, now=now, most=MOST_ATTEMPTS, wait=WAIT, oldest_code=now - CODE_LIFE, batch=BATCH
            )
        if not due:
            return Sent(sent, failed)
        for queued in sorted(due, key=lambda message: message.queued_at):
            facts = msgspec.json.decode(seal.open(queued.facts_sealed, FACTS_CONTEXT), type=dict[str, str])
            message = Message(seal.open(queued.phone_sealed, PHONE_CONTEXT), render(queued.template, facts), now)
            try:
                await port.send(message)
            except OSError as error:
                failed += 1
                log.warning("message_not_sent", template=queued.template, error=str(error))
                continue
            sent += 1
            async with db.transaction() as conn:
                await MARK_SENT.run(conn, id=queued.id, now=now)
