"""Putting a message into the queue."""

from datetime import datetime

import msgspec

from market.kernel import Connection, Query
from market.kernel.queue import wake
from market.kernel.seal import Seal
from market.notify.templates import render

MESSAGES = "messages"
"""The job that sends what is queued."""
PHONE_CONTEXT = "messages.phone"
FACTS_CONTEXT = "messages.facts"

ADD_MESSAGE = Query(
    None,
    """
    INSERT INTO messages (phone_sealed, template, facts_sealed, queued_at)
    VALUES (:phone_sealed, :template, :facts_sealed, :now)
    """,
)


async def queue(
    conn: Connection, seal: Seal, *, phone: str, template: str, facts: dict[str, str] | None = None, now: datetime
) -> None:
    """Queue a message to a phone in the caller's transaction: it goes out when the transaction commits, and only then.

    `template` is a name of `TEMPLATES` and `facts` are what its text needs. The facts are kept sealed.

    Raises:
        KeyError: there is no such template, or a fact is missing: a bug of the caller, found before anything is kept.
    """
    facts = facts or {}
    render(template, facts)
    await ADD_MESSAGE.run(
        conn,
        phone_sealed=seal.seal(phone, PHONE_CONTEXT),
        template=template,
        facts_sealed=seal.seal(msgspec.json.encode(facts).decode(), FACTS_CONTEXT),
        now=now,
    )
    await wake(conn, MESSAGES)
