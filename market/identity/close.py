"""Erase an account: what identifies its owner is deleted, the row stays for the records that name its id."""

from datetime import datetime
from uuid import UUID

from market.identity.models import AccountId
from market.kernel import Connection, Query

CLOSED_NAME = "已注销"

# Who signs in locks a code, and refers to the account then.
LOCK_CODES = Query(
    UUID,
    """
    SELECT id FROM sign_in_codes WHERE phone_index = (SELECT phone_index FROM accounts WHERE id = :account_id)
     ORDER BY id FOR UPDATE
    """,
)
LOCK_ACCOUNT = Query(UUID, "SELECT id FROM accounts WHERE id = :account_id AND closed_at IS NULL FOR UPDATE")
ERASE_ACCOUNT = Query(None, "SELECT erase_account(:account_id::uuid, :name::text, :by::text, :now::timestamptz)")
LIST_TO_ERASE_AGAIN = Query(
    UUID,
    """
    SELECT id FROM accounts
     WHERE erase_again_at <= :now
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'erase_again' AND item = accounts.id AND next_at > clock_timestamp())
     ORDER BY erase_again_at, id
     LIMIT :limit
    """,
)
DELETE_SESSIONS = Query(None, "DELETE FROM sessions WHERE account_id = :account_id")
FINISH_ERASURE = Query(None, "UPDATE accounts SET erase_again_at = NULL WHERE id = :account_id")


async def lock_account(conn: Connection, account_id: AccountId) -> bool:
    """Lock an account, after the codes of its phone, until the transaction ends; return whether it is open."""
    await LOCK_CODES.all(conn, account_id=account_id)
    return await LOCK_ACCOUNT.maybe(conn, account_id=account_id) is not None


async def erase_account(conn: Connection, account_id: AccountId, *, by: str, now: datetime) -> None:
    """Close an account and delete its name, phone, identity number, codes and sessions; `by` is in the audit record."""
    await ERASE_ACCOUNT.run(conn, account_id=account_id, name=CLOSED_NAME, by=by, now=now)


async def list_accounts_to_erase_again(conn: Connection, *, now: datetime, limit: int) -> list[AccountId]:
    """Return the closed accounts whose requests under way at the closing have ended, the earliest first."""
    return [AccountId(each) for each in await LIST_TO_ERASE_AGAIN.all(conn, now=now, limit=limit)]


async def finish_erasure(conn: Connection, account_id: AccountId) -> None:
    """Delete the sessions that began while an account was closed; nothing writes for it any more."""
    await DELETE_SESSIONS.run(conn, account_id=account_id)
    await FINISH_ERASURE.run(conn, account_id=account_id)
