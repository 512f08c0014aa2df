"""Create and revoke officials: accounts with granted roles and a second factor."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.audit.record import add_audit_entry
from market.divisions.codes import get_scope
from market.identity.access import get_roles
from market.identity.actors import find_actor_by_handle
from market.identity.models import AccountId, HandleTaken, Role
from market.identity.second_factor import TOTP_CONTEXT, generate_secret, is_valid_secret, make_enrolment_uri
from market.identity.sign_in import PHONE_CONTEXT
from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text, normalize_identity_number, normalize_phone

_HANDLE = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
_SCOPE = re.compile(r"\d{2}(\d{2}){0,2}|\d{9}(\d{3})?")
_MAX_NAME_LENGTH = 60
IDENTITY_CONTEXT = "accounts.identity"


class InvalidOfficial(Refusal):
    """Some values of the official are not valid; `errors` lists each."""

    code = "bad_official"
    status = 422
    zh = "有几处要改：请看 errors。"
    en = "Some values are not valid; see errors."


class OtherPerson(Refusal):
    """The account belongs to a person with another identity number."""

    code = "other_person"
    status = 409
    zh = "账号 {handle} 登记的身份证号是另一个人的。"
    en = "The account {handle} belongs to a person with another identity number."


class OfficialWarning(StrEnum):
    """Something to look at when an official's account is made; it does not stop the account."""

    IDENTITY_MISSING = "identity_missing"
    SAME_IDENTITY = "same_identity"
    SAME_NAME = "same_name"


class Official(Struct, frozen=True):
    """A created official. The secret is returned once, for the authenticator app.

    `warnings` names, for each warning, the handles of the other officials that it is about.
    """

    account_id: AccountId
    handle: str
    totp_secret: str
    totp_uri: str
    warnings: dict[OfficialWarning, list[str]]


class OfficialSummary(Struct, frozen=True):
    """An official: which roles since when, what the account has, and when it was used; the lists are parallel."""

    handle: str
    name: str
    roles: list[Role]
    scopes: list[str]
    since: date
    phone: bool
    identity: bool
    second_factor: bool
    open_sessions: int
    last_seen_at: datetime | None


class NoSuchOfficial(Refusal):
    """No account with this handle has a role today."""

    code = "no_such_official"
    status = 404
    zh = "账号 {handle} 今天没有职责。"
    en = "The account {handle} has no role today."


class Namesake(Struct, frozen=True):
    """Another official with the same identity number, or the same name without blanks and titles."""

    handle: str
    same_identity: bool


# An account that already exists for the phone becomes the official's; a handle never moves to another phone.
ADD_OFFICIAL = Query(
    UUID,
    """
    INSERT INTO accounts (handle, name, phone_index, phone_sealed, totp_sealed, sample, created_at)
    VALUES (:handle, :name, :phone_index, :phone_sealed, :totp_sealed, :sample, :now)
    ON CONFLICT ON CONSTRAINT accounts_phone_unique DO UPDATE
       SET handle = coalesce(accounts.handle, excluded.handle),
           name = excluded.name,
           totp_sealed = excluded.totp_sealed
     WHERE accounts.closed_at IS NULL AND coalesce(accounts.handle, excluded.handle) = excluded.handle
    RETURNING id
    """,
)
SET_IDENTITY = Query(
    int,
    """
    UPDATE accounts SET identity_index = :identity_index, identity_sealed = :identity_sealed
     WHERE id = :account_id AND coalesce(identity_index, :identity_index) = :identity_index
    RETURNING 1
    """,
)
IS_IDENTITY_MISSING = Query(bool, "SELECT identity_index IS NULL FROM accounts WHERE id = :account_id")
LIST_NAMESAKES = Query(
    Namesake,
    """
    SELECT o.handle, coalesce(o.identity_index = a.identity_index, false) AS same_identity
      FROM accounts a
      JOIN accounts o ON o.id <> a.id AND o.handle IS NOT NULL AND o.closed_at IS NULL
                     AND (o.identity_index = a.identity_index OR fold_name(o.name) = fold_name(a.name))
     WHERE a.id = :account_id
     ORDER BY o.handle
     LIMIT 20
    """,
)
FIND_HANDLE_OWNER = Query(bytes, "SELECT coalesce(phone_index, ''::bytea) FROM accounts WHERE handle = :handle")
ADD_GRANT = Query(
    None,
    """
    INSERT INTO grants (account_id, role, scope, valid_during)
    VALUES (:account_id, :role, :scope, daterange(:day, NULL))
    ON CONFLICT DO NOTHING
    """,
)
# A grant that began today was held for no day; an empty range would not be valid.
END_GRANTS = Query(
    int,
    """
    WITH owner AS (SELECT id FROM accounts WHERE handle = :handle),
         begun_today AS (DELETE FROM grants USING owner
                          WHERE account_id = owner.id AND lower(valid_during) = :day::date RETURNING 1),
         ended AS (UPDATE grants SET valid_during = daterange(lower(valid_during), :day::date) FROM owner
                    WHERE account_id = owner.id AND valid_during @> :day::date AND lower(valid_during) < :day::date
                   RETURNING 1)
    SELECT (SELECT count(*) FROM begun_today) + (SELECT count(*) FROM ended)
    """,
)
SET_SECOND_FACTOR = Query(
    UUID,
    """
    UPDATE accounts SET totp_sealed = :totp_sealed WHERE handle = :handle AND closed_at IS NULL RETURNING id
    """,
)
LIST_OFFICIALS = Query(
    OfficialSummary,
    """
    SELECT a.handle, a.name, a.totp_sealed IS NOT NULL AS second_factor, a.phone_index IS NOT NULL AS phone,
           a.identity_index IS NOT NULL AS identity, g.roles, g.scopes, g.since,
           s.open_sessions, s.last_seen_at
      FROM accounts a
      JOIN LATERAL (SELECT array_agg(role ORDER BY role, scope) AS roles,
                           array_agg(scope ORDER BY role, scope) AS scopes,
                           min(lower(valid_during)) AS since
                      FROM grants WHERE account_id = a.id AND valid_during @> :day::date
                       AND (scope LIKE :within || '%' OR :within LIKE scope || '%')) g ON g.roles IS NOT NULL
      CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > :now) AS open_sessions,
                                 max(seen_at) AS last_seen_at
                            FROM sessions WHERE account_id = a.id) s
     WHERE a.handle IS NOT NULL AND a.closed_at IS NULL
     ORDER BY a.handle
     LIMIT 1000
    """,
)
REVOKE_OFFICIAL_SESSIONS = Query(
    None,
    """
    UPDATE sessions SET revoked_at = :now
     WHERE account_id = (SELECT id FROM accounts WHERE handle = :handle) AND revoked_at IS NULL
    """,
)


def _list_faults(
    *, handle: str, name: str, phone: str | None, identity: str | None, roles: Sequence[Role], scope: str, secret: str
) -> tuple[FieldFault, ...]:
    faults: list[FieldFault] = []
    if not _HANDLE.fullmatch(handle):
        faults.append(FieldFault("handle", "2 to 32 of a-z 0-9 _ . -, beginning with a letter"))
    if not 0 < len(name) <= _MAX_NAME_LENGTH:
        faults.append(FieldFault("name", "1 to 60 characters"))
    if phone is None:
        faults.append(FieldFault("phone", "a mainland mobile number of 11 digits"))
    if identity is not None and normalize_identity_number(identity) is None:
        faults.append(FieldFault("identity", "an identity number of 18 characters with its check digit"))
    if not roles:
        faults.append(FieldFault("roles", "at least one role"))
    if not _SCOPE.fullmatch(scope):
        faults.append(FieldFault("place", "a division code of 2, 4, 6, 9 or 12 digits"))
    if not is_valid_secret(secret):
        faults.append(FieldFault("totp_secret", "base 32, at least 16 characters"))
    return tuple(faults)


async def create_official(
    conn: Connection,
    seal: Seal,
    *,
    name: str,
    handle: str,
    phone: str,
    identity: str | None = None,
    roles: Sequence[Role],
    division: str,
    totp_secret: str | None = None,
    sample: bool = False,
    by: str = "command line",
    now: datetime,
) -> Official:
    """Grant roles from today on to the account of a phone, and create the account if it does not exist.

    `division` is a code, full or truncated; the roles apply to it and every division below it. Repeating adds missing
    roles. `by` names the operator in the audit record. The second factor is replaced each time, as for a lost phone,
    and the account is signed out everywhere.
    `identity` is the person's identity number, by which the month knows two accounts of one person.

    Raises:
        InvalidOfficial: values are not valid; all are listed.
        HandleTaken: the handle belongs to another phone, or the phone has another handle.
        OtherPerson: the account has another identity number.
    """
    name, number, secret = clean_text(name), normalize_phone(phone), totp_secret or generate_secret()
    scope = get_scope(division)
    faults = _list_faults(
        handle=handle, name=name, phone=number, identity=identity, roles=roles, scope=scope, secret=secret
    )
    if number is None or faults:
        raise InvalidOfficial(errors=faults)
    owner = await FIND_HANDLE_OWNER.maybe(conn, handle=handle)
    if owner is not None and owner != seal.index(number):
        raise HandleTaken(handle=handle)
    try:
        created = await ADD_OFFICIAL.maybe(
            conn,
            handle=handle,
            name=name,
            phone_index=seal.index(number),
            phone_sealed=seal.seal(number, PHONE_CONTEXT),
            totp_sealed=seal.seal(secret, TOTP_CONTEXT),
            sample=sample,
            now=now,
        )
    except asyncpg.UniqueViolationError as error:
        raise HandleTaken(handle=handle) from error
    if created is None:
        raise HandleTaken(handle=handle)
    account_id = AccountId(created)
    warnings = await set_identity(conn, seal, account_id, identity, handle=handle)
    await _grant_roles(
        conn, account_id, handle=handle, roles=roles, scope=scope, by=by, action="official.make", now=now
    )
    return Official(account_id, handle, secret, make_enrolment_uri(secret, handle), warnings)


async def _grant_roles(
    conn: Connection,
    account_id: AccountId,
    *,
    handle: str,
    roles: Sequence[Role],
    scope: str,
    by: str,
    action: str,
    now: datetime,
) -> None:
    """Grant roles from today on, sign the account out everywhere, and record it."""
    for role in roles:
        await ADD_GRANT.run(conn, account_id=account_id, role=role, scope=scope, day=get_business_day(now))
    await REVOKE_OFFICIAL_SESSIONS.run(conn, handle=handle, now=now)
    await add_audit_entry(
        conn,
        actor=by,
        action=action,
        object=f"account:{account_id}",
        detail={"handle": handle, "roles": [str(role) for role in roles], "scope": scope},
        now=now,
    )


async def set_identity(
    conn: Connection, seal: Seal, account_id: AccountId, identity: str | None, *, handle: str
) -> dict[OfficialWarning, list[str]]:
    """Store a valid identity number of an official's account, or None; return what to look at.

    Accounts of one person then have the same `accounts.person_key`, which the duties of a month compare.

    Raises:
        OtherPerson: the account has another identity number.
    """
    number = normalize_identity_number(identity or "")
    if number is not None and not await SET_IDENTITY.maybe(
        conn,
        account_id=account_id,
        identity_index=seal.index(number),
        identity_sealed=seal.seal(number, IDENTITY_CONTEXT),
    ):
        raise OtherPerson(handle=handle)
    namesakes = await LIST_NAMESAKES.all(conn, account_id=account_id)
    warnings = {
        OfficialWarning.IDENTITY_MISSING: [handle]
        if await IS_IDENTITY_MISSING.one(conn, account_id=account_id)
        else [],
        OfficialWarning.SAME_IDENTITY: [other.handle for other in namesakes if other.same_identity],
        OfficialWarning.SAME_NAME: [other.handle for other in namesakes if not other.same_identity],
    }
    return {warning: handles for warning, handles in warnings.items() if handles}


async def revoke_official(conn: Connection, handle: str, *, by: str, now: datetime) -> int:
    """End every role of a handle from today on, with its sessions and second factor; return the number of roles."""
    ended_roles = await END_GRANTS.one(conn, handle=handle, day=get_business_day(now))
    await SET_SECOND_FACTOR.maybe(conn, handle=handle, totp_sealed=None)
    await REVOKE_OFFICIAL_SESSIONS.run(conn, handle=handle, now=now)
    await add_audit_entry(
        conn, actor=by, action="official.end", object=f"handle:{handle}", detail={"roles": ended_roles}, now=now
    )
    return ended_roles


async def list_officials(conn: Connection, within: str, *, now: datetime) -> list[OfficialSummary]:
    """Return the officials with a role today for a division, a part of it or a wider one, by handle, at most 1,000.

    `within` is a code, full or truncated, or empty for all. The caller checks who may see the list.
    """
    scope = get_scope(within) if within else ""
    return await LIST_OFFICIALS.all(conn, within=scope, day=get_business_day(now), now=now)


async def move_official(
    conn: Connection, handle: str, division: str, *, roles: Sequence[Role] = (), by: str, now: datetime
) -> list[Role]:
    """End every role of a handle and grant it `roles`, by default the same ones, for another division from today on.

    The account is signed out everywhere. Returns the roles.

    Raises:
        NoSuchOfficial: the handle has no role today.
        InvalidOfficial: the division is not a code.
    """
    day, scope = get_business_day(now), get_scope(division)
    if not _SCOPE.fullmatch(scope):
        raise InvalidOfficial(errors=(FieldFault("place", "a division code of 2, 4, 6, 9 or 12 digits"),))
    owner = await find_actor_by_handle(conn, handle, day=day)
    if owner is None or not owner.grants:
        raise NoSuchOfficial(handle=handle)
    granted = list(roles) or sorted(get_roles(owner))
    await END_GRANTS.one(conn, handle=handle, day=day)
    await _grant_roles(
        conn, owner.account_id, handle=handle, roles=granted, scope=scope, by=by, action="official.move", now=now
    )
    return granted


async def reset_second_factor(conn: Connection, seal: Seal, handle: str, *, by: str, now: datetime) -> str:
    """Replace an official's second factor, as for a lost phone, and sign the account out; return the new secret.

    Raises:
        NoSuchOfficial: no open account has the handle.
    """
    secret = generate_secret()
    account_id = await SET_SECOND_FACTOR.maybe(conn, handle=handle, totp_sealed=seal.seal(secret, TOTP_CONTEXT))
    if account_id is None:
        raise NoSuchOfficial(handle=handle)
    await REVOKE_OFFICIAL_SESSIONS.run(conn, handle=handle, now=now)
    await add_audit_entry(
        conn,
        actor=by,
        action="official.second_factor",
        object=f"account:{account_id}",
        detail={"handle": handle},
        now=now,
    )
    return secret
