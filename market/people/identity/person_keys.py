"""Keys of persons: what is sealed with a person's key is gone with the key, also where no row is rewritten.

The key lies in one row, sealed with the secret; closing the account deletes the row (`erase_account`). See ADR 104.
"""

import os
from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.identity.models import NotSignedIn

PERSON_KEY_CONTEXT = "person_keys.key"
_KEY_BYTES = 32
_KEY_ID = 1

GET_KEY = Query(bytes, "SELECT key_sealed FROM person_keys WHERE account_id = :account_id")
# Two requests at once make one key: the second finds that of the first. An account that is being closed is waited for.
ADD_KEY = Query(
    None,
    """
    INSERT INTO person_keys (account_id, key_sealed, made_at)
    SELECT id, :key_sealed, :now FROM accounts WHERE id = :account_id AND closed_at IS NULL FOR KEY SHARE
    ON CONFLICT (account_id) DO NOTHING
    """,
)


async def find_person_seal(conn: Connection, seal: Seal, account_id: UUID | None) -> Seal | None:
    """Return what opens the texts of a person, or None if the key was destroyed or is not for this transaction."""
    if account_id is None:
        return None
    sealed = await GET_KEY.maybe(conn, account_id=account_id)
    if sealed is None:
        return None
    key = seal.open_bytes(sealed, PERSON_KEY_CONTEXT)
    return Seal({_KEY_ID: key}, _KEY_ID, key)


async def make_person_seal(conn: Connection, seal: Seal, account_id: UUID, *, now: datetime) -> Seal:
    """Return what seals the texts of a person, in the person's scope; the key is made on first use.

    Raises:
        NotSignedIn: the account was closed meanwhile.
    """
    key = seal.seal_bytes(os.urandom(_KEY_BYTES), PERSON_KEY_CONTEXT)
    await ADD_KEY.run(conn, account_id=account_id, key_sealed=key, now=now)
    made = await find_person_seal(conn, seal, account_id)
    if made is None:
        raise NotSignedIn
    return made
