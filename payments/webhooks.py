"""Receiving the provider's webhooks: verify, store, answer. `payments.apply` acts on them later."""

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

from payments.errors import InvalidSignature
from payments.port import Gateway
from payments.sql import Connection, Database, Query, run_in_pieces

MAX_MESSAGE_BYTES = 1_048_576


class WebhookReceipt(Struct, frozen=True):
    """A message; `fresh` is False if nothing was stored, because it waits already or is about no charge or payout."""

    event_id: str
    fresh: bool


INSERT_MESSAGE = Query(
    str,
    """
    INSERT INTO {schema}.inbox (provider, event_id, topic, object_ref)
    VALUES (:provider, :event_id, :topic, :object_ref)
    ON CONFLICT (provider, event_id) DO NOTHING
    RETURNING event_id
    """,
)
REQUEUE = Query(
    None,
    """
    UPDATE {schema}.inbox SET state = 'new', next_at = clock_timestamp(), leased_until = NULL, error = NULL
     WHERE provider = :provider AND event_id = :event_id AND state = 'dead'
    """,
)
DELETE_OLD_MESSAGES = Query(
    None,
    """
    DELETE FROM {schema}.inbox
     WHERE (provider, event_id) IN (SELECT provider, event_id FROM {schema}.inbox
                                     WHERE state = 'done' AND received_at < :before
                                     ORDER BY received_at LIMIT :piece::integer)
    """,
)

DISMISS = Query(
    None,
    """
    UPDATE {schema}.inbox SET state = 'done', error = :note
     WHERE provider = :provider AND event_id = :event_id AND state = 'dead'
    """,
)


async def receive(
    db: Database, gateway: Gateway, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> WebhookReceipt:
    """Verify a message and store what it is about, committed; answer the provider with 200 afterwards.

    A message that waits is stored once. One that comes again after it was applied is applied again, with no effect.
    `now` is the real time, never a shifted business clock: it decides whether the message is fresh.

    Raises:
        InvalidSignature: the message is not the provider's, not fresh, of the other mode, or longer than 1 MiB.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        raise InvalidSignature(why="too long")
    notice = gateway.verify(headers, body, now or datetime.now(UTC))
    if not notice.object_ref:
        return WebhookReceipt(notice.id, fresh=False)
    async with db.transaction() as conn:
        stored = await INSERT_MESSAGE.maybe(
            conn,
            provider=gateway.name,
            event_id=notice.id,
            topic=notice.topic,
            object_ref=notice.object_ref,
        )
    return WebhookReceipt(notice.id, fresh=stored is not None)


async def requeue_message(conn: Connection, gateway: Gateway, event_id: str) -> bool:
    """Queue a dead message again, in the caller's transaction; return whether there was one with that id."""
    return await REQUEUE.run(conn, provider=gateway.name, event_id=event_id) == 1


async def delete_old_messages(db: Database, before: datetime) -> int:
    """Delete the dismissed messages received before a moment of real time, in pieces; return how many.

    Applied ones are deleted at once, and dead ones stay.
    """
    return await run_in_pieces(db, DELETE_OLD_MESSAGES, before=before)


async def dismiss_message(conn: Connection, gateway: Gateway, event_id: str, *, note: str) -> bool:
    """Close a dead message with a reason, in the caller's transaction; return whether there was one with that id.

    Some messages fail however often they are applied: those about a charge of another system, or about one that names a
    payment of ours and took another sum.
    """
    return await DISMISS.run(conn, provider=gateway.name, event_id=event_id, note=note) == 1
