"""Erase an account: what identifies its owner is deleted, the row stays for the records that name its id."""

from datetime import datetime
from uuid import UUID

from market.identity.models import AccountId
from market.kernel import Connection, Query

CLOSED_NAME = "已注销"

LOCK_ACCOUNT = Query(UUID, "SELECT id FROM accounts WHERE id = :account_id AND closed_at IS NULL FOR UPDATE")
DELETE_CODES = Query(
    None,
    "DELETE FROM sign_in_codes WHERE phone_index = (SELECT phone_index FROM accounts WHERE id = :account_id)",
)
DELETE_SESSIONS = Query(None, "DELETE FROM sessions WHERE account_id = :account_id")
ERASE_ACCOUNT = Query(
    None,
    """
    UPDATE accounts
       SET name = :name, phone_index = NULL, phone_sealed = NULL, totp_sealed = NULL, identity_index = NULL,
           identity_sealed = NULL, elder = false, closed_at = :now
     WHERE id = :account_id
    """,
)


async def lock_account(conn: Connection, account_id: AccountId) -> bool:
    """Lock an account until the transaction ends; return whether it is open."""
    return await LOCK_ACCOUNT.maybe(conn, account_id=account_id) is not None


async def erase_account(conn: Connection, account_id: AccountId, *, now: datetime) -> None:
    """Close an account and delete its name, phone, identity number, codes and sessions with their devices."""
    await DELETE_CODES.run(conn, account_id=account_id)
    await DELETE_SESSIONS.run(conn, account_id=account_id)
    await ERASE_ACCOUNT.run(conn, account_id=account_id, name=CLOSED_NAME, now=now)
