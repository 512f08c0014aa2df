"""Making an official: an account with roles for places and a second factor, by the operator's hand."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.audit import record
from market.identity.models import AccountId, HandleTaken, Role
from market.identity.second_factor import CONTEXT, enrolment_uri, is_secret, new_secret
from market.identity.sign_in import PHONE_CONTEXT
from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.kernel.text import clean, clean_phone
from market.places.codes import scope_of

_HANDLE = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
_SCOPE = re.compile(r"\d{2}(\d{2}){0,2}|\d{9}(\d{3})?")
_LONGEST_NAME = 60


class BadOfficial(Refusal):
    """Something that was given of an official is not right; each is named."""

    code = "bad_official"
    status = 422
    zh = "有几处要改：请看 errors。"
    en = "Some of what was given is not right; see errors."


class Official(Struct, frozen=True):
    """An official as made: the secret is told once, to be typed or scanned into an authenticator."""

    account_id: AccountId
    handle: str
    totp_secret: str
    totp_uri: str


class OfficialRow(Struct, frozen=True):
    """An official in the operator's list."""

    handle: str
    name: str
    roles: list[str]
    scopes: list[str]


# By phone an account that a person made by signing in becomes the official's; a handle is never taken over.
ADD_OFFICIAL = Query(
    UUID,
    """
    INSERT INTO accounts (handle, name, phone_index, phone_sealed, totp_sealed, sample, created_at)
    VALUES (:handle, :name, :phone_index, :phone_sealed, :totp_sealed, :sample, :now)
    ON CONFLICT ON CONSTRAINT accounts_phone_is_free DO UPDATE
       SET handle = coalesce(accounts.handle, excluded.handle),
           name = excluded.name,
           totp_sealed = excluded.totp_sealed
     WHERE accounts.closed_at IS NULL AND coalesce(accounts.handle, excluded.handle) = excluded.handle
    RETURNING id
    """,
)
HANDLE_OWNER = Query(bytes, "SELECT coalesce(phone_index, ''::bytea) FROM accounts WHERE handle = :handle")
ADD_GRANT = Query(
    None,
    """
    INSERT INTO grants (account_id, role, scope, valid_during)
    VALUES (:account_id, :role, :scope, daterange(:day, NULL))
    ON CONFLICT DO NOTHING
    """,
)
# A role that began today lasts today, for a time without a day is no time.
END_GRANTS = Query(
    None,
    """
    UPDATE grants SET valid_during = daterange(lower(valid_during), greatest(:day::date, lower(valid_during) + 1))
     WHERE account_id = (SELECT id FROM accounts WHERE handle = :handle)
       AND valid_during @> :day::date
    """,
)
DROP_SESSIONS = Query(
    None,
    """
    UPDATE sessions SET revoked_at = :now
     WHERE account_id = (SELECT id FROM accounts WHERE handle = :handle) AND revoked_at IS NULL
    """,
)
OFFICIALS = Query(
    OfficialRow,
    """
    SELECT a.handle, a.name, array_agg(g.role ORDER BY g.role, g.scope) AS roles,
           array_agg(g.scope ORDER BY g.role, g.scope) AS scopes
      FROM accounts a JOIN grants g ON g.account_id = a.id AND g.valid_during @> :day::date
     WHERE a.handle IS NOT NULL AND a.closed_at IS NULL
     GROUP BY a.handle, a.name
     ORDER BY a.handle
     LIMIT 1000
    """,
)


def _faults(
    *, handle: str, name: str, phone: str | None, roles: Sequence[Role], scope: str, secret: str
) -> tuple[FieldFault, ...]:
    faults: list[FieldFault] = []
    if not _HANDLE.fullmatch(handle):
        faults.append(FieldFault("handle", "2 to 32 of a-z 0-9 _ . -, beginning with a letter"))
    if not 0 < len(name) <= _LONGEST_NAME:
        faults.append(FieldFault("name", "1 to 60 characters"))
    if phone is None:
        faults.append(FieldFault("phone", "a mainland mobile number of 11 digits"))
    if not roles:
        faults.append(FieldFault("roles", "at least one role"))
    if not _SCOPE.fullmatch(scope):
        faults.append(FieldFault("place", "a division code of 2, 4, 6, 9 or 12 digits"))
    if not is_secret(secret):
        faults.append(FieldFault("totp_secret", "base 32, at least 16 characters"))
    return tuple(faults)


async def make_official(
    conn: Connection,
    seal: Seal,
    *,
    name: str,
    handle: str,
    phone: str,
    roles: Sequence[Role],
    place: str,
    totp_secret: str | None = None,
    sample: bool = False,
    by: str = "command line",
    now: datetime,
) -> Official:
    """Make an account an official's from today on; made again for the same phone it gains the roles it lacks.

    `place` is a division code, whole or cut to its level; the roles hold for it and for all below it.

    `by` names the operator in the record. The second factor is set anew each time, for a lost phone too.

    Raises:
        BadOfficial: a value is not right; all are named.
        HandleTaken: another phone has the handle, or the phone another handle.
    """
    name, number, secret = clean(name), clean_phone(phone), totp_secret or new_secret()
    scope = scope_of(place)
    faults = _faults(handle=handle, name=name, phone=number, roles=roles, scope=scope, secret=secret)
    if number is None or faults:
        raise BadOfficial(errors=faults)
    owner = await HANDLE_OWNER.maybe(conn, handle=handle)
    if owner is not None and owner != seal.index(number):
        raise HandleTaken(handle=handle)
    try:
        made = await ADD_OFFICIAL.maybe(
            conn,
            handle=handle,
            name=name,
            phone_index=seal.index(number),
            phone_sealed=seal.seal(number, PHONE_CONTEXT),
            totp_sealed=seal.seal(secret, CONTEXT),
            sample=sample,
            now=now,
        )
    except asyncpg.UniqueViolationError as error:
        raise HandleTaken(handle=handle) from error
    if made is None:
        raise HandleTaken(handle=handle)
    account_id = AccountId(made)
    for role in roles:
        await ADD_GRANT.run(conn, account_id=account_id, role=role, scope=scope, day=day_of(now))
    await record(
        conn,
        actor=by,
        action="official.make",
        object=f"account:{account_id}",
        detail={"handle": handle, "roles": [str(role) for role in roles], "scope": scope},
        now=now,
    )
    return Official(account_id, handle, secret, enrolment_uri(secret, handle))


async def end_official(conn: Connection, handle: str, *, by: str, now: datetime) -> int:
    """End every role of a handle from today on (one that began today, tomorrow) and sign it out everywhere.

    Returns how many roles ended.
    """
    ended = await END_GRANTS.run(conn, handle=handle, day=day_of(now))
    await DROP_SESSIONS.run(conn, handle=handle, now=now)
    await record(conn, actor=by, action="official.end", object=f"handle:{handle}", detail={"roles": ended}, now=now)
    return ended


async def list_officials(conn: Connection, *, now: datetime) -> list[OfficialRow]:
    """Return the officials of the day by handle, at most 1,000."""
    return await OFFICIALS.all(conn, day=day_of(now))
