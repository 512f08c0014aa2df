"""Signing in by phone and one-time code; the first time makes the account."""

from datetime import datetime
from uuid import UUID

from market.identity.codes import GIVE_CODE_BACK, try_code
from market.identity.models import AccountId, BadPhone, SignedIn, WrongCode, WrongSecondFactor
from market.identity.second_factor import use_second_factor
from market.identity.sessions import sign_out, start_session
from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean, clean_phone

PHONE_CONTEXT = "accounts.phone"
NEW_NAME = "乡集用户"

ADD_ACCOUNT = Query(
    None,
    """
    INSERT INTO accounts (name, phone_index, phone_sealed, created_at)
    VALUES (:name, :phone_index, :phone_sealed, :now)
    ON CONFLICT ON CONSTRAINT accounts_phone_is_free DO NOTHING
    """,
)
ACCOUNT_BY_PHONE = Query(UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND closed_at IS NULL")
PHONE_OF = Query(bytes, "SELECT phone_sealed FROM accounts WHERE id = :account_id AND phone_sealed IS NOT NULL")
RENAME = Query(None, "UPDATE accounts SET name = :name, elder = :elder WHERE id = :account_id")


async def sign_in(
    conn: Connection,
    seal: Seal,
    *,
    phone: str,
    code: str,
    second_factor: str | None = None,
    device: str = "",
    earlier_token: str | None = None,
    now: datetime,
) -> SignedIn | WrongCode | WrongSecondFactor:
    """Sign in and open a session; an `earlier_token` of the device ends, so that no session outlives a sign-in.

    A wrong code is returned, not raised, because its try must be committed: the caller commits, then raises it. With
    the right code and a wrong second factor the code stays good for the tries that are left. An official who shows no
    second factor is signed in without it and may do nothing of the office until it is shown.

    Raises:
        BadPhone: it is no mobile number.
    """
    number = clean_phone(phone)
    if number is None:
        raise BadPhone(errors=(FieldFault("phone", "请填 11 位手机号"),))
    tried = await try_code(conn, seal, phone=number, code=clean(code), now=now)
    if tried is None or not tried.right:
        return WrongCode()
    account_id = await _account_of(conn, seal, number, now=now)
    if account_id is None:
        return WrongCode()
    shown = bool(second_factor)
    if second_factor and not await use_second_factor(conn, seal, account_id, clean(second_factor), now=now):
        await GIVE_CODE_BACK.run(conn, id=tried.id)
        return WrongSecondFactor()
    if earlier_token:
        await sign_out(conn, earlier_token, now=now)
    return await start_session(conn, account_id, second_factor=shown, device=device, now=now)


async def _account_of(conn: Connection, seal: Seal, phone: str, *, now: datetime) -> AccountId | None:
    phone_index = seal.index(phone)
    found = await ACCOUNT_BY_PHONE.maybe(conn, phone_index=phone_index)
    if found is None:
        await ADD_ACCOUNT.run(
            conn, name=NEW_NAME, phone_index=phone_index, phone_sealed=seal.seal(phone, PHONE_CONTEXT), now=now
        )
        found = await ACCOUNT_BY_PHONE.maybe(conn, phone_index=phone_index)
    return None if found is None else AccountId(found)


async def sign_in_without_code(
    conn: Connection, account_id: AccountId, *, now: datetime, second_factor: bool, device: str = "demo"
) -> SignedIn:
    """Open a session for an account without asking anything: for the demo's one-click links alone.

    The caller makes sure that the settings say `demo`.

    Raises:
        NotSignedIn: the account is closed or unknown.
    """
    return await start_session(conn, account_id, second_factor=second_factor, device=device, now=now)


async def phone_of(conn: Connection, seal: Seal, account_id: AccountId) -> str | None:
    """Return the account's phone number in full, for a message to it; None where it has none."""
    sealed = await PHONE_OF.maybe(conn, account_id=account_id)
    return None if sealed is None else seal.open(sealed, PHONE_CONTEXT)


async def change_account(conn: Connection, account_id: AccountId, *, name: str, elder: bool) -> None:
    """Set the name that others see (1 to 60 characters, checked by the caller) and whether pages are large."""
    await RENAME.run(conn, account_id=account_id, name=name, elder=elder)
