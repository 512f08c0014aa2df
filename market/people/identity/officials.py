"""Create and revoke officials: accounts with granted roles and a second factor."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.kernel.settings import DEFAULT_HELP_PHONE
from market.kernel.text import clean_name, normalize_identity_number, normalize_phone
from market.people.identity.access import get_roles
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.auditors import find_auditor_fault, list_auditor_faults, set_auditor_end
from market.people.identity.models import AccountId, Grant, Role
from market.people.identity.phone_accounts import save_phone_account
from market.people.identity.second_factor import TOTP_CONTEXT, generate_secret, is_valid_secret, make_enrolment_uri

_HANDLE = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
_SCOPE = re.compile(r"\d{2}(\d{2}){0,2}|\d{9}(\d{3})?")
_MAX_NAME_LENGTH = 60
IDENTITY_CONTEXT = "accounts.identity"
_OPERATOR_IN_OFFICE = "P0150"
"""What the schema raises for a role of an account that sends an operator's files."""


class InvalidOfficial(Refusal):
    """Some values of the official are not valid; `errors` lists each."""

    code = "bad_official"
    status = 422
    zh = "有几处要改。"
    en = "Some values are not valid; see errors."


class OtherPerson(Refusal):
    """The account belongs to a person with another identity number."""

    code = "other_person"
    status = 409
    zh = "账号 {handle} 登记的身份证号是另一个人的。"
    en = "The account {handle} belongs to a person with another identity number."


class HoldsOffice(Refusal):
    """An account sends an operator's bills or examines them, never both, and sends those of one operator."""

    code = "holds_office"
    status = 409
    zh = "账号 {handle} 已经是办事人员，或是运营商的；交账单的和审账单的不能是一个账号，一个账号只交一家的。"
    en = "The account {handle} is an official's or an operator's already: who sends a bill does not examine it."


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

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Each role with the division it is for."""
        return tuple(Grant(role, scope) for role, scope in zip(self.roles, self.scopes, strict=True))


class Appointment(Struct, frozen=True):
    """The roles that an account gets for a scope, and the identity number of its person, if it is known."""

    account_id: AccountId
    handle: str
    roles: Sequence[Role]
    scope: str
    identity: str | None


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


# Returns the accounts of another person. Sorted by audit chain, so that two transactions take their chains in one order
# (docs/locks.md); without the OFFSET the function would be called before they are sorted.
MAKE_OFFICIALS = Query(
    UUID,
    """
    SELECT account_id
      FROM (SELECT account_id, roles, scope, identity_index, identity_sealed
              FROM unnest(:account_ids::uuid[], :roles::text[], :scopes::text[], :identity_indexes::bytea[],
                          :identities_sealed::bytea[])
                   AS officials (account_id, roles, scope, identity_index, identity_sealed)
             ORDER BY hashtextextended('account:' || account_id, 0) & 15, account_id OFFSET 0) AS sorted
     WHERE NOT make_official(account_id, string_to_array(roles, ','), scope, identity_index, identity_sealed,
                             :by::text, :now::timestamptz)
    """,
)
IS_IDENTITY_MISSING = Query(bool, "SELECT identity_index IS NULL FROM accounts WHERE id = :account_id")
LIST_NAMESAKES = Query(
    Namesake,
    """
    SELECT o.handle, bool_or(o.same_identity) AS same_identity
      FROM accounts a
     CROSS JOIN LATERAL (
           SELECT id, handle, true AS same_identity FROM accounts
            WHERE identity_index = a.identity_index AND handle IS NOT NULL AND closed_at IS NULL
           UNION ALL
           SELECT id, handle, false FROM accounts
            WHERE fold_official_name(name) = fold_official_name(a.name) AND handle IS NOT NULL AND closed_at IS NULL
           ) AS o
     WHERE a.id = :account_id AND o.id <> a.id
     GROUP BY o.handle
     ORDER BY o.handle
     LIMIT 20
    """,
)
REPLACE_ROLES = Query(
    int,
    """
    SELECT replace_roles(id, :roles::text[], :scope::text, :by::text, :now::timestamptz)
      FROM accounts WHERE handle = :handle
    """,
)
SET_SECOND_FACTOR = Query(
    UUID,
    """
    SELECT id FROM set_second_factor(:handle::text, :totp_sealed::bytea, :by::text, :now::timestamptz) AS id
     WHERE id IS NOT NULL
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
                       AND (starts_with(scope, :within) OR starts_with(:within, scope))) g ON g.roles IS NOT NULL
      CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > :now) AS open_sessions,
                                 max(seen_at) AS last_seen_at
                            FROM sessions WHERE account_id = a.id) s
     WHERE a.handle IS NOT NULL AND a.closed_at IS NULL
     ORDER BY a.handle
     LIMIT 1000
    """,
)


def list_account_faults(
    *, handle: str, name: str, phone: str | None, identity: str | None, secret: str
) -> list[FieldFault]:
    """Return what is wrong with the values of an account that signs in with a second factor."""
    faults: list[FieldFault] = []
    if not _HANDLE.fullmatch(handle):
        faults.append(FieldFault("handle", "2 to 32 of a-z 0-9 _ . -, beginning with a letter"))
    if not 0 < len(name) <= _MAX_NAME_LENGTH:
        faults.append(FieldFault("name", "1 to 60 characters"))
    if phone is None:
        faults.append(FieldFault("phone", "a mainland mobile number of 11 digits"))
    if identity is not None and normalize_identity_number(identity) is None:
        faults.append(FieldFault("identity", "an identity number of 18 characters with its check digit"))
    if not is_valid_secret(secret):
        faults.append(FieldFault("totp_secret", "base 32, at least 16 characters"))
    return faults


def _list_role_faults(roles: Sequence[Role], scope: str, last: date | None, *, today: date) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not roles:
        faults.append(FieldFault("roles", "at least one role"))
    if not _SCOPE.fullmatch(scope):
        faults.append(FieldFault("place", "a division code of 2, 4, 6, 9 or 12 digits"))
    return faults + list_auditor_faults(roles, scope, last, today=today)


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
    last: date | None = None,
    by: str = "command line",
    help_phone: str = DEFAULT_HELP_PHONE,
    now: datetime,
) -> Official:
    """Grant roles from today on to the account of a phone, and create the account if it does not exist.

    `division` is a code, full or truncated; the roles apply to it and every division below it. Repeating adds missing
    roles. `by` names the operator in the audit record. The second factor is replaced each time, as for a lost phone,
    and the account is signed out everywhere.
    An auditor's roles end after `last`, or after `MAX_AUDIT_DAYS`; an auditor has no other role.
    `identity` is the person's identity number, by which the month knows two accounts of one person.
    A text message tells who had the account so far, with `help_phone` to call.

    Raises:
        InvalidOfficial: values are not valid; all are listed.
        HandleTaken, PhoneHasOtherName: see `save_phone_account`.
        OtherPerson: the account has another identity number.
    """
    name, number, secret = clean_name(name), normalize_phone(phone), totp_secret or generate_secret()
    scope = get_scope(division)
    faults = list_account_faults(handle=handle, name=name, phone=number, identity=identity, secret=secret)
    faults += _list_role_faults(roles, scope, last, today=get_business_day(now))
    if number is None or faults:
        raise InvalidOfficial(errors=tuple(faults))
    created = await save_phone_account(
        conn, seal, handle=handle, name=name, phone=number, secret=secret, sample=sample, by=by,
        help_phone=help_phone, now=now,
    )  # fmt: skip
    account_id = AccountId(created)
    await appoint(conn, seal, [Appointment(account_id, handle, roles, scope, identity)], by=by, now=now)
    if last is not None:
        await set_auditor_end(conn, account_id, last, by=by, now=now)
    warnings = await find_warnings(conn, account_id, handle)
    return Official(account_id, handle, secret, make_enrolment_uri(secret, handle), warnings)


async def appoint(conn: Connection, seal: Seal, appointments: Sequence[Appointment], *, by: str, now: datetime) -> None:
    """Grant accounts roles from today on and store the identity numbers of their persons; each is recorded.

    Accounts of one person then have the same key (`get_person_key`), which the duties of a month compare. The accounts
    are signed out everywhere.

    Raises:
        OtherPerson: an account has another identity number; the caller rolls back.
        HoldsOffice: an account sends an operator's files; the caller rolls back.
        InvalidOfficial: an auditor would have another role, or be one for a part of a county.
    """
    numbers = [normalize_identity_number(each.identity or "") for each in appointments]
    try:
        refused = await MAKE_OFFICIALS.all(
            conn,
            account_ids=[each.account_id for each in appointments],
            roles=[",".join(each.roles) for each in appointments],
            scopes=[each.scope for each in appointments],
            identity_indexes=[number and seal.index(number) for number in numbers],
            identities_sealed=[number and seal.seal(number, IDENTITY_CONTEXT) for number in numbers],
            by=by,
            now=now,
        )
    except asyncpg.PostgresError as error:
        if fault := find_auditor_fault(error):
            raise InvalidOfficial(errors=(fault,)) from error
        if error.sqlstate != _OPERATOR_IN_OFFICE:
            raise
        raise HoldsOffice(handle="、".join(each.handle for each in appointments)) from error
    for each in appointments:
        if each.account_id in refused:
            raise OtherPerson(handle=each.handle)


async def find_warnings(conn: Connection, account_id: AccountId, handle: str) -> dict[OfficialWarning, list[str]]:
    """Return what to look at in an official's account."""
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
    return await REPLACE_ROLES.maybe(conn, handle=handle, roles=[], scope=None, by=by, now=now) or 0


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
        InvalidOfficial: the division is not a code, or not one for an auditor, who has no other role.
    """
    day, scope = get_business_day(now), get_scope(division)
    if not _SCOPE.fullmatch(scope):
        raise InvalidOfficial(errors=(FieldFault("place", "a division code of 2, 4, 6, 9 or 12 digits"),))
    owner = await find_actor_by_handle(conn, handle, day=day)
    if owner is None or not owner.grants:
        raise NoSuchOfficial(handle=handle)
    granted = list(roles) or sorted(get_roles(owner))
    try:
        await REPLACE_ROLES.one(conn, handle=handle, roles=granted, scope=scope, by=by, now=now)
    except asyncpg.PostgresError as error:
        if fault := find_auditor_fault(error):
            raise InvalidOfficial(errors=(fault,)) from error
        raise
    return granted


async def reset_second_factor(conn: Connection, seal: Seal, handle: str, *, by: str, now: datetime) -> str:
    """Replace an official's second factor, as for a lost phone, and sign the account out; return the new secret.

    Raises:
        NoSuchOfficial: no open account has the handle.
    """
    secret = generate_secret()
    sealed = seal.seal(secret, TOTP_CONTEXT)
    if await SET_SECOND_FACTOR.maybe(conn, handle=handle, totp_sealed=sealed, by=by, now=now) is None:
        raise NoSuchOfficial(handle=handle)
    return secret
