"""Queue text messages."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.notify.templates import render_message

PHONE_CONTEXT = "messages.phone"
FACTS_CONTEXT = "messages.facts"

ADD_MESSAGES = Query(
    None,
    """
    INSERT INTO messages (phone_sealed, phone_index, template, facts_sealed, queued_at)
    SELECT message.phone_sealed, message.phone_index, message.template, message.facts_sealed, :now
      FROM unnest(:phones_sealed::bytea[], :phone_indexes::bytea[], :templates::text[], :facts_sealed::bytea[])
           AS message (phone_sealed, phone_index, template, facts_sealed)
    """,
)
DELETE_MESSAGES = Query(
    None,
    """
    DELETE FROM messages
     WHERE phone_index = :phone_index AND queued_at < coalesce(:before::timestamptz, 'infinity')
    """,
)


class QueuedText(Struct, frozen=True):
    """A text message: `template` is a key of `TEMPLATES`, `facts` are the values of its placeholders."""

    phone: str
    template: str
    facts: dict[str, str]


async def queue_message(
    conn: Connection, seal: Seal, *, phone: str, template: str, facts: dict[str, str] | None = None, now: datetime
) -> None:
    """Queue a message in the caller's transaction; see `queue_messages`.

    Raises:
        KeyError: the template is unknown or a fact is missing (a bug of the caller). Nothing is stored.
    """
    await queue_messages(conn, seal, [QueuedText(phone, template, facts or {})], now=now)


async def queue_messages(conn: Connection, seal: Seal, messages: Sequence[QueuedText], *, now: datetime) -> None:
    """Queue messages in the caller's transaction; they are sent after it commits, and their facts stored encrypted.

    Raises:
        KeyError: a template is unknown or a fact is missing (a bug of the caller). Nothing is stored.
    """
    for each in messages:
        render_message(each.template, each.facts)
    if messages:
        await ADD_MESSAGES.run(
            conn,
            phones_sealed=[seal.seal(each.phone, PHONE_CONTEXT) for each in messages],
            phone_indexes=[seal.index(each.phone) for each in messages],
            templates=[each.template for each in messages],
            facts_sealed=[seal.seal(msgspec.json.encode(each.facts).decode(), FACTS_CONTEXT) for each in messages],
            now=now,
        )


async def delete_messages(conn: Connection, phone_index: bytes, *, before: datetime | None = None) -> None:
    """Delete the messages to a phone, waiting or given up: every one, or those queued before a time."""
    await DELETE_MESSAGES.run(conn, phone_index=phone_index, before=before)
