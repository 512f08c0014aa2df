"""The account of a phone becomes an official's or an operator's; a phone without an account gets one.

The account keeps its name: under a name a person sells, is paid, and is known as one person where a number is missing.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.seal import Seal
from market.kernel.settings import DEFAULT_HELP_PHONE
from market.people.identity.models import HandleTaken
from market.people.identity.second_factor import TOTP_CONTEXT
from market.people.identity.sign_in import DEFAULT_NAME, PHONE_CONTEXT
from market.people.notify.queue import queue_message

_OTHER_NAME = "这个手机号已经有账号，登记的不是这个姓名；核对手机号，登记错了的先更正姓名"


class PhoneHasOtherName(Refusal):
    """The phone has an account under another name, which is not told; `errors` names the field."""

    code = "phone_has_other_name"
    status = 422
    zh = "这个手机号已经有账号，登记的不是这个姓名。核对手机号；登记错了的，先更正姓名。"
    en = "The phone has an account under another name. Check the phone; correct the name first if it is wrong."

    def __init__(self) -> None:
        super().__init__(errors=(FieldFault("name", _OTHER_NAME),))


class PhoneAccount(Struct, frozen=True):
    """The open account of a phone: whose, whether it has an identity number, and whether it ever worked for a shop."""

    account_id: UUID
    handle: str | None
    name: str
    numbered: bool
    sells: bool

    def check_name(self, name: str) -> None:
        """Check that an official or an operator made of the account would have its name; nobody chose the default one.

        Raises:
            PhoneHasOtherName: it is another one.
        """
        if self.name not in {name, DEFAULT_NAME}:
            raise PhoneHasOtherName


LOCK_PHONE_ACCOUNT = Query(
    PhoneAccount,
    """
    SELECT id AS account_id, handle, name, identity_index IS NOT NULL AS numbered,
           EXISTS (SELECT FROM producer_members WHERE account_id = accounts.id) AS sells
      FROM accounts
     WHERE phone_index = :phone_index AND closed_at IS NULL
       FOR NO KEY UPDATE
    """,
)
FIND_HANDLE_OWNER = Query(bytes, "SELECT coalesce(phone_index, ''::bytea) FROM accounts WHERE handle = :handle")
# An account that already exists for the phone becomes the official's; a handle never moves to another phone.
SAVE_OFFICIAL = Query(
    UUID,
    """
    SELECT id
      FROM save_official(:handle::text, :name::text, :phone_index::bytea, :phone_sealed::bytea, :totp_sealed::bytea,
                         :sample::boolean, :by::text, :now::timestamptz) AS id
     WHERE id IS NOT NULL
    """,
)


async def lock_phone_account(conn: Connection, seal: Seal, phone: str) -> PhoneAccount | None:
    """Return the open account of a normalized phone, which nobody else changes until the transaction ends, or None."""
    return await LOCK_PHONE_ACCOUNT.maybe(conn, phone_index=seal.index(phone))


async def save_phone_account(
    conn: Connection,
    seal: Seal,
    *,
    handle: str,
    name: str,
    phone: str,
    secret: str,
    sample: bool,
    by: str,
    help_phone: str = DEFAULT_HELP_PHONE,
    now: datetime,
) -> UUID:
    """Give the account of a normalized phone a handle and a second factor, or create it with them; return its id.

    Who had the account without a handle is told by text message, with `help_phone` to call. Only an account that has
    the handle already gets another name.

    Raises:
        HandleTaken: the handle belongs to another phone, or the phone has another handle.
        PhoneHasOtherName: the account had no handle, and has another name.
    """
    owner = await FIND_HANDLE_OWNER.maybe(conn, handle=handle)
    if owner is not None and owner != seal.index(phone):
        raise HandleTaken(handle=handle)
    existing = await lock_phone_account(conn, seal, phone)
    taken = existing is not None and existing.handle is None
    if existing is not None and taken:
        existing.check_name(name)
    try:
        saved = await SAVE_OFFICIAL.maybe(
            conn,
            handle=handle,
            name=name,
            phone_index=seal.index(phone),
            phone_sealed=seal.seal(phone, PHONE_CONTEXT),
            totp_sealed=seal.seal(secret, TOTP_CONTEXT),
            sample=sample,
            by=by,
            now=now,
        )
    except asyncpg.UniqueViolationError as error:
        raise HandleTaken(handle=handle) from error
    if saved is None:
        raise HandleTaken(handle=handle)
    if taken:
        await queue_message(conn, seal, phone=phone, template="account_in_office", facts={"phone": help_phone}, now=now)
    return saved
