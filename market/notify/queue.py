"""Queue text messages."""

from datetime import datetime

import msgspec

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.notify.templates import render_message

PHONE_CONTEXT = "messages.phone"
FACTS_CONTEXT = "messages.facts"

ADD_MESSAGE = Query(
    None,
    """
    INSERT INTO messages (phone_sealed, phone_index, template, facts_sealed, queued_at)
    VALUES (:phone_sealed, :phone_index, :template, :facts_sealed, :now)
    """,
)
DELETE_MESSAGES = Query(None, "DELETE FROM messages WHERE phone_index = :phone_index")


async def queue_message(
    conn: Connection, seal: Seal, *, phone: str, template: str, facts: dict[str, str] | None = None, now: datetime
) -> None:
    """Queue a message in the caller's transaction; it is sent after the transaction commits.

    `template` is a key of `TEMPLATES`; `facts` are the values of its placeholders, and are stored encrypted.

    Raises:
        KeyError: the template is unknown or a fact is missing (a bug of the caller). Nothing is stored.
    """
    facts = facts or {}
    render_message(template, facts)
    await ADD_MESSAGE.run(
        conn,
        phone_sealed=seal.seal(phone, PHONE_CONTEXT),
        phone_index=seal.index(phone),
        template=template,
        facts_sealed=seal.seal(msgspec.json.encode(facts).decode(), FACTS_CONTEXT),
        now=now,
    )


async def delete_messages(conn: Connection, seal: Seal, phone: str) -> None:
    """Delete every message to a phone, waiting or given up."""
    await DELETE_MESSAGES.run(conn, phone_index=seal.index(phone))
