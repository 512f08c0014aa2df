"""Apply stored webhooks: each is a hint to ask the provider for the charge's current state."""

import logging
from datetime import datetime, timedelta

from msgspec import Struct

from payments.errors import GatewayUnavailable, PaymentNotFound, PayoutNotFound, ProviderMismatch
from payments.models import resolve_time
from payments.payout import poll_payout_by_ref
from payments.polling import book_provider_state
from payments.port import Gateway
from payments.retries import describe_error, escape_error, run_claimed
from payments.sql import Connection, Database, Query
from payments.suspense import book_suspense

LOG = logging.getLogger("payments")
MAX_CONCURRENT_CHARGES = 8
MAX_AGE = timedelta(days=1)
"""How long a message that cannot be applied is retried."""
MAX_AGE_UNANSWERED = timedelta(days=7)
"""The same for one about which the provider does not answer, which says nothing about the message."""


class InboxSummary(Struct, frozen=True, kw_only=True):
    """The number of messages that were applied, parked for a retry, and dead-lettered."""

    done: int = 0
    parked: int = 0
    dead: int = 0


class _InboxMessage(Struct, frozen=True):
    event_id: str
    topic: str
    object_ref: str


# The lease: if a worker dies, another one takes its messages after a minute. No index has `leased_until`, so that the
# claim writes no entry in any.
CLAIM_DUE_MESSAGES = Query(
    _InboxMessage,
    """
    WITH due AS (
        SELECT event_id
          FROM {schema}.inbox
         WHERE provider = :provider AND state IN ('new', 'parked') AND next_at <= clock_timestamp()
           AND (leased_until IS NULL OR leased_until <= clock_timestamp())
         ORDER BY next_at
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    )
    UPDATE {schema}.inbox SET attempts = attempts + 1, leased_until = clock_timestamp() + interval '1 minute'
      FROM due
     WHERE provider = :provider AND inbox.event_id = due.event_id
    RETURNING inbox.event_id, topic, object_ref
    """,
)
DELETE_APPLIED = Query(
    None, "DELETE FROM {schema}.inbox WHERE provider = :provider AND event_id = ANY(:event_ids::text[])"
)
# Retried after 10 s, 20 s, 40 s … at most an hour until it is too old; then a person has to decide.
PARK_MESSAGES = Query(
    str,
    """
    UPDATE {schema}.inbox
       SET state = CASE WHEN received_at < clock_timestamp() - :max_age::interval THEN 'dead' ELSE 'parked' END,
           error = :error, leased_until = NULL,
           next_at = clock_timestamp() + least(interval '5 seconds' * (2 ^ least(attempts, 12)), interval '1 hour')
     WHERE provider = :provider AND event_id = ANY(:event_ids::text[])
    RETURNING state
    """,
)
DEAD_LETTER = Query(
    None,
    """
    UPDATE {schema}.inbox SET state = 'dead', error = :error
     WHERE provider = :provider AND event_id = ANY(:event_ids::text[])
    """,
)


async def apply_events(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> InboxSummary:
    """Apply at most `limit` due messages: ask the provider for each charge's state and book it.

    Any order and any repetition of messages leads to the same state; several workers may run. A message about an
    unknown payment is parked and retried for a day, one about which the provider does not answer for a week; a dead one
    stays until `requeue_message`.
    """
    summaries: list[InboxSummary] = []
    left = limit

    async def claim(room: int) -> list[list[_InboxMessage]]:
        """Return messages by charge; there are never more charges than messages."""
        nonlocal left
        async with db.connection() as conn:
            due = await CLAIM_DUE_MESSAGES.all(conn, provider=gateway.name, limit=min(room, left))
        left -= len(due)
        by_charge: dict[str, list[_InboxMessage]] = {}
        for message in due:
            by_charge.setdefault(message.object_ref, []).append(message)
        return list(by_charge.values())

    async def process(messages: list[_InboxMessage]) -> None:
        charge_ref = messages[0].object_ref
        summaries.append(await _process_messages(db, gateway, charge_ref, messages, resolve_time(at)))

    async def fail(messages: list[_InboxMessage], error: Exception) -> None:
        """Leave the messages to their lease: they could be neither applied nor parked."""
        LOG.error("messages about %s could not be parked", messages[0].object_ref, exc_info=error)

    await run_claimed(claim, process, fail, concurrency=MAX_CONCURRENT_CHARGES)
    return InboxSummary(
        done=sum(each.done for each in summaries),
        parked=sum(each.parked for each in summaries),
        dead=sum(each.dead for each in summaries),
    )


async def _process_messages(
    db: Database, gateway: Gateway, charge_ref: str, messages: list[_InboxMessage], at: datetime
) -> InboxSummary:
    """Apply the messages about one charge. A failure on one charge must not block the others."""
    ids = [message.event_id for message in messages]
    try:
        await _apply_messages(db, gateway, charge_ref, messages, at)
    except ProviderMismatch as error:
        async with db.transaction() as conn:
            await DEAD_LETTER.run(conn, provider=gateway.name, event_ids=ids, error=escape_error(str(error)))
        return InboxSummary(dead=len(ids))
    except Exception as error:
        if not isinstance(error, GatewayUnavailable | PaymentNotFound | PayoutNotFound):
            LOG.exception("messages about %s could not be applied", charge_ref)
        async with db.transaction() as conn:
            max_age = MAX_AGE_UNANSWERED if isinstance(error, GatewayUnavailable) else MAX_AGE
            text = describe_error(error)
            states = await PARK_MESSAGES.all(conn, provider=gateway.name, event_ids=ids, error=text, max_age=max_age)
        return InboxSummary(parked=states.count("parked"), dead=states.count("dead"))
    return InboxSummary(done=len(ids))


async def _apply_messages(
    db: Database, gateway: Gateway, charge_ref: str, messages: list[_InboxMessage], at: datetime
) -> None:
    """Book what the provider says of a charge, and delete its messages in the same transaction.

    A charge that took money and belongs to no payment goes into suspense, because no payment will follow.

    Raises:
        PaymentNotFound: the charge belongs to no payment and took no money.
        PayoutNotFound: the payout is not ours, or its call has not been booked yet.
    """

    async def delete_done(conn: Connection) -> None:
        await DELETE_APPLIED.run(conn, provider=gateway.name, event_ids=[message.event_id for message in messages])

    if charge_ref and all(message.topic.startswith("payout.") for message in messages):
        await poll_payout_by_ref(db, gateway, charge_ref, at=at)
        async with db.transaction() as conn:
            await delete_done(conn)
        return
    charge = await gateway.get_charge(charge_ref) if charge_ref else None
    if charge is not None and charge.payment_id is not None:
        topics = " ".join(message.topic for message in messages)
        refunds, disputes = "refund" in topics, "dispute" in topics
        try:
            await book_provider_state(db, gateway, charge, refunds=refunds, disputes=disputes, at=at, also=delete_done)
        except PaymentNotFound:
            LOG.warning("charge %s names a payment of another system", charge.ref)
        else:
            return
    if charge_ref and (charge is None or not charge.captured_minor):
        raise PaymentNotFound
    async with db.transaction() as conn:
        if charge is not None:
            await book_suspense(conn, charge, at=at)
        await delete_done(conn)
