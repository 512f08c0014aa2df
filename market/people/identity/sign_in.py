"""Sign in by phone and one-time code; the first sign-in creates the account."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from market.kernel import Connection, FieldFault, Query
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.settings import DEFAULT_HELP_PHONE
from market.kernel.text import clean_name, normalize_phone
from market.people.identity.codes import RESTORE_CODE, try_code
from market.people.identity.models import (
    NO_DEVICE,
    AccountId,
    Actor,
    Device,
    InvalidPhone,
    NameVerified,
    NewSession,
    NotSignedIn,
    OfficialNameFixed,
    WrongCode,
    WrongSecondFactor,
)
from market.people.identity.second_factor import use_second_factor
from market.people.identity.sessions import is_new_device, sign_out, start_session
from market.people.identity.verified_names import check_person_name
from market.people.notify.queue import queue_message

PHONE_CONTEXT = "accounts.phone"
DEFAULT_NAME = "乡集用户"

ADD_ACCOUNT = Query(
    None,
    """
    INSERT INTO accounts (name, phone_index, phone_sealed, created_at)
    VALUES (:name, :phone_index, :phone_sealed, :now)
    ON CONFLICT ON CONSTRAINT accounts_phone_unique DO NOTHING
    """,
)
ADD_NAMELESS_ACCOUNT = Query(UUID, "INSERT INTO accounts (name, created_at) VALUES (:name, :now) RETURNING id")
FIND_ACCOUNT_BY_PHONE = Query(UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND closed_at IS NULL")
LOCK_PHONE = Query(None, "SELECT pg_advisory_xact_lock(7009, get_byte(:phone_index::bytea, 0) / 4)")
GET_PHONE = Query(bytes, "SELECT phone_sealed FROM accounts WHERE id = :account_id AND phone_sealed IS NOT NULL")
# Under its name a household is paid, and the name says which accounts are one person. An applicant whose shop was not
# confirmed yet, or was refused, still corrects it. The lock lets no official confirm a shop while its applicant takes
# another name: the second one sees what the first did.
IS_NAME_VERIFIED = Query(
    bool,
    """
    WITH own AS MATERIALIZED (
        SELECT state FROM producers
         WHERE id IN (SELECT producer_id FROM producer_members WHERE account_id = :account_id)
         ORDER BY id
           FOR SHARE)
    SELECT EXISTS (SELECT FROM own WHERE state NOT IN ('applied', 'refused'))
    """,
)
# A name that the request does not change may be corrected by somebody else at that moment.
UPDATE_ACCOUNT = Query(
    UUID,
    """
    UPDATE accounts SET name = coalesce(:name, name), elder = :elder
     WHERE id = :account_id AND closed_at IS NULL
    RETURNING id
    """,
)


async def add_nameless_account(conn: Connection, *, now: datetime) -> UUID:
    """Add an account without name and phone, to which nobody can sign in, for somebody who gives no name."""
    return await ADD_NAMELESS_ACCOUNT.one(conn, name=DEFAULT_NAME, now=now)


async def sign_in(
    conn: Connection,
    seal: Seal,
    *,
    phone: str,
    code: str,
    second_factor: str | None = None,
    device: Device = NO_DEVICE,
    earlier_token: str | None = None,
    help_phone: str = DEFAULT_HELP_PHONE,
    network: str = "",
    now: datetime,
) -> NewSession | WrongCode | WrongSecondFactor:
    """Sign in and create a session; the session of `earlier_token` on the same device is revoked.

    An account that was used before is told by text message of a sign-in from a device it was never used on;
    `help_phone` is the number to call. The sign-in is recorded.

    A wrong code is returned, not raised, so that the caller commits the count of attempts before raising it. After a
    correct code with a wrong second factor, the code stays valid for its remaining attempts. Without a second factor an
    official is signed in, but every check in `access.py` refuses until it is verified.

    Raises:
        InvalidPhone: the phone is not a mainland mobile number.
    """
    number = normalize_phone(phone)
    if number is None:
        raise InvalidPhone(errors=(FieldFault("phone", say("请填 11 位手机号，13 到 19 开头")),))
    attempt = await try_code(conn, seal, phone=number, code=code, network=network, device=device, now=now)
    if isinstance(attempt, WrongCode):
        return attempt
    account_id = await _get_or_create_account(conn, seal, number, now=now)
    if account_id is None:
        return WrongCode()
    verified = bool(second_factor)
    if second_factor and not await use_second_factor(conn, seal, account_id, second_factor, now=now):
        await RESTORE_CODE.run(conn, id=attempt)
        return WrongSecondFactor()
    if await is_new_device(conn, account_id, device, now=now):
        await queue_message(conn, seal, phone=number, template="code_warning", facts={"phone": help_phone}, now=now)
    if earlier_token:
        await sign_out(conn, earlier_token, now=now)
    return await start_session(conn, account_id, second_factor=verified, device=device, now=now)


async def _get_or_create_account(conn: Connection, seal: Seal, phone: str, *, now: datetime) -> AccountId | None:
    phone_index = seal.index(phone)
    existing = await FIND_ACCOUNT_BY_PHONE.maybe(conn, phone_index=phone_index)
    if existing is None:
        await ADD_ACCOUNT.run(
            conn, name=DEFAULT_NAME, phone_index=phone_index, phone_sealed=seal.seal(phone, PHONE_CONTEXT), now=now
        )
        existing = await FIND_ACCOUNT_BY_PHONE.maybe(conn, phone_index=phone_index)
    return None if existing is None else AccountId(existing)


async def find_account_by_phone(conn: Connection, seal: Seal, phone: str) -> AccountId | None:
    """Return the open account of a phone, or None."""
    number = normalize_phone(phone)
    found = None if number is None else await FIND_ACCOUNT_BY_PHONE.maybe(conn, phone_index=seal.index(number))
    return None if found is None else AccountId(found)


async def lock_phones(conn: Connection, seal: Seal, phones: Iterable[str]) -> dict[bytes, str]:
    """Return telephones by their keyed hashes, in one order, without those that are none.

    The first sign-in with one of them waits for this transaction, and this one for a sign-in that began before: what is
    written for a telephone without an account is found by `link_story_people` and `link_benefit_households`.
    """
    numbers = {number for phone in phones if (number := normalize_phone(phone)) is not None}
    locked = dict(sorted((seal.index(number), number) for number in numbers))
    for index in locked:
        await LOCK_PHONE.run(conn, phone_index=index)
    return locked


async def find_account_by_index(conn: Connection, phone_index: bytes) -> AccountId | None:
    """Return the open account of a phone's keyed hash, or None."""
    found = await FIND_ACCOUNT_BY_PHONE.maybe(conn, phone_index=phone_index)
    return None if found is None else AccountId(found)


async def sign_in_without_code(
    conn: Connection, account_id: AccountId, *, now: datetime, second_factor: bool, device: str = "demo"
) -> NewSession:
    """Create a session without any check, for the demo's one-click links only.

    The caller must check that the setting `demo` is on.

    Raises:
        NotSignedIn: the account is unknown or closed.
    """
    return await start_session(conn, account_id, second_factor=second_factor, device=Device(device), now=now)


async def get_phone(conn: Connection, seal: Seal, account_id: AccountId) -> str | None:
    """Return the account's full phone number, or None if it has none."""
    sealed = await GET_PHONE.maybe(conn, account_id=account_id)
    return None if sealed is None else seal.open(sealed, PHONE_CONTEXT)


async def update_account(conn: Connection, actor: Actor, *, name: str, elder: bool) -> None:
    """Set the display name (1 to 60 characters, checked by the caller) and whether pages use large type.

    Raises:
        OfficialNameFixed: the account is an official's, and the name is another one.
        NameReserved: the new name shows nothing, or passes for the platform or an authority (`reserved_names.py`).
        NameVerified: another name than that under which the person sells.
        NotSignedIn: the account was closed meanwhile.
    """
    cleaned = clean_name(name)
    renamed = cleaned != actor.name
    if renamed:
        if actor.handle is not None:
            raise OfficialNameFixed
        if cleaned != DEFAULT_NAME:
            check_person_name(cleaned)
        if await IS_NAME_VERIFIED.one(conn, account_id=actor.account_id):
            raise NameVerified(errors=(FieldFault("name", say("核过的姓名不能自己改")),))
    named = {"account_id": actor.account_id, "name": cleaned if renamed else None}
    if await UPDATE_ACCOUNT.maybe(conn, **named, elder=elder) is None:
        raise NotSignedIn
