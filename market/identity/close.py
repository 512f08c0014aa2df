"""Erase an account: what identifies its owner is deleted, the row stays for the records that name its id."""

from datetime import datetime
from uuid import UUID

from market.identity.models import AccountId
from market.kernel import Connection, Query

CLOSED_NAME = "已注销"

LOCK_ACCOUNT = Query(UUID, "SELECT id FROM accounts WHERE id = :account_id AND closed_at IS NULL FOR UPDATE")
ERASE_ACCOUNT = Query(None, "SELECT erase_account(:account_id::uuid, :name::text, :by::text, :now::timestamptz)")


async def lock_account(conn: Connection, account_id: AccountId) -> bool:
    """Lock an account until the transaction ends; return whether it is open."""
    return await LOCK_ACCOUNT.maybe(conn, account_id=account_id) is not None


async def erase_account(conn: Connection, account_id: AccountId, *, by: str, now: datetime) -> None:
    """Close an account and delete its name, phone, identity number, codes and sessions; `by` is in the audit record."""
    await ERASE_ACCOUNT.run(conn, account_id=account_id, name=CLOSED_NAME, by=by, now=now)
