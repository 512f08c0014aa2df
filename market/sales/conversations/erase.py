"""Delete old conversations, and erase what a buyer wrote whose account is closed."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Database, Query

_CHUNK = 500

DELETE_CONVERSATIONS = Query(int, "SELECT delete_conversations(:before::timestamptz, :most::integer)")
ERASE_MESSAGES = Query(None, "SELECT erase_messages(:account_id::uuid)")


async def delete_old_conversations(db: Database, before: datetime) -> int:
    """Delete conversations in which nothing was written since a moment, in pieces; return how many."""
    total, deleted = 0, _CHUNK
    while deleted == _CHUNK:
        async with db.transaction() as conn:
            deleted = await DELETE_CONVERSATIONS.one(conn, before=before, most=_CHUNK)
        total += deleted
    return total


async def erase_messages(conn: Connection, account_id: UUID) -> None:
    """Erase the texts and photos that an account wrote as a buyer."""
    await ERASE_MESSAGES.run(conn, account_id=account_id)
