"""Erase an account: what identifies its owner is deleted, the row stays for the records that name its id."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.identity.models import AccountId

CLOSED_NAME = "已注销"


class ErasedPhone(Struct, frozen=True):
    """The keyed hash of the telephone of a closed account, and since when another account has the telephone."""

    phone_index: bytes
    taken_at: datetime | None


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
FINISH_ERASURE = Query(
    None, "UPDATE accounts SET erase_again_at = NULL, erased_phone_index = NULL WHERE id = :account_id"
)
FIND_ERASED_PHONE = Query(
    ErasedPhone,
    """
    SELECT erased_phone_index AS phone_index,
           (SELECT created_at FROM accounts n WHERE n.phone_index = a.erased_phone_index AND n.closed_at IS NULL)
           AS taken_at
      FROM accounts a
     WHERE id = :account_id AND erased_phone_index IS NOT NULL
    """,
)


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


async def find_erased_phone(conn: Connection, account_id: AccountId) -> ErasedPhone | None:
    """Return what is known of the telephone of a closed account until `finish_erasure`, or None."""
    return await FIND_ERASED_PHONE.maybe(conn, account_id=account_id)


async def finish_erasure(conn: Connection, account_id: AccountId) -> None:
    """Delete the sessions that began while an account was closed, and forget its telephone; nothing writes for it."""
    await DELETE_SESSIONS.run(conn, account_id=account_id)
    await FINISH_ERASURE.run(conn, account_id=account_id)
