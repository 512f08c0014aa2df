"""Accounts of operators: each sends the files of one operator, for counties or a whole province.

They are no officials: they have no role, and open no page of the desk. What holds for officials of sign-in holds for
them too: a second factor, half an hour without a request, and everything ended at once when the account ends.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.kernel.settings import DEFAULT_HELP_PHONE
from market.kernel.text import clean_name, normalize_identity_number, normalize_phone
from market.people.identity.access import require_county_role
from market.people.identity.county_officials import SellerNumberMissing, select_identity
from market.people.identity.models import AccountId, Actor, HandleTaken, Role
from market.people.identity.officials import (
    IDENTITY_CONTEXT,
    HoldsOffice,
    InvalidOfficial,
    NoSuchOfficial,
    OtherPerson,
    list_account_faults,
    reset_second_factor,
)
from market.people.identity.phone_accounts import save_phone_account
from market.people.identity.second_factor import generate_secret

_SCOPE = re.compile(r"\d{2}(\d{2}){0,2}")
MAX_SCOPES = 200


class OperatorAccount(Struct, frozen=True):
    """A created account; the secret of the authenticator is returned once."""

    account_id: AccountId
    handle: str
    totp_secret: str


class OperatorSummary(Struct, frozen=True):
    """An account of an operator: for which divisions since when, what it has, and when it was used."""

    account_id: AccountId
    handle: str
    name: str
    operator: str
    scopes: list[str]
    since: date
    second_factor: bool
    open_sessions: int
    last_seen_at: datetime | None


class OperatorContact(Struct, frozen=True):
    """Whom a message about an operator's files goes to."""

    account_id: AccountId
    name: str
    phone_sealed: bytes


# 1: made; 0: the account has another identity number; -1: it holds an office, or is another operator's.
MAKE_OPERATOR = Query(
    int,
    """
    SELECT make_operator(:account_id::uuid, :operator::text, :scopes::text[], :identity_index::bytea,
                         :identity_sealed::bytea, :by::text, :now::timestamptz)
    """,
)
END_OPERATOR = Query(
    int,
    "SELECT end_operator(id, :by::text, :now::timestamptz) FROM accounts WHERE handle = :handle",
)
LIST_OPERATORS = Query(
    OperatorSummary,
    """
    SELECT a.id AS account_id, a.handle, a.name, g.operator, g.scopes, g.since,
           a.totp_sealed IS NOT NULL AS second_factor, s.open_sessions, s.last_seen_at
      FROM accounts a
      JOIN LATERAL (SELECT min(operator) AS operator, array_agg(scope ORDER BY scope) AS scopes,
                           min(lower(valid_during)) AS since
                      FROM operator_grants WHERE account_id = a.id AND valid_during @> :day::date
                       AND (starts_with(scope, :within) OR starts_with(:within, scope))) g ON g.operator IS NOT NULL
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > :now) AS open_sessions,
                                max(seen_at) AS last_seen_at
                           FROM sessions WHERE account_id = a.id) s
     WHERE a.handle IS NOT NULL AND a.closed_at IS NULL
     ORDER BY g.operator, a.handle
     LIMIT 1000
    """,
)
LIST_OPERATOR_CONTACTS = Query(
    OperatorContact,
    """
    SELECT DISTINCT a.id AS account_id, a.name, a.phone_sealed
      FROM operator_grants g JOIN accounts a ON a.id = g.account_id
     WHERE g.operator = :operator AND starts_with(:county::text, g.scope) AND g.valid_during @> :day::date
       AND a.closed_at IS NULL AND a.phone_sealed IS NOT NULL
     ORDER BY a.id
     LIMIT 20
    """,
)


async def create_operator(
    conn: Connection,
    seal: Seal,
    *,
    handle: str,
    name: str,
    phone: str,
    identity: str | None = None,
    operator: str,
    divisions: Sequence[str],
    totp_secret: str | None = None,
    sample: bool = False,
    by: str = "command line",
    help_phone: str = DEFAULT_HELP_PHONE,
    now: datetime,
) -> OperatorAccount:
    """Let the account of a phone send the files of an operator for some counties or wider divisions, from today on.

    Repeating adds divisions. The second factor is replaced each time and the account is signed out everywhere. A text
    message tells who had the account so far, with `help_phone` to call.

    Raises:
        InvalidOfficial: values are not valid; all are listed.
        HandleTaken, PhoneHasOtherName: see `save_phone_account`.
        OtherPerson: the account has another identity number.
        HoldsOffice: the account has a role, or is another operator's.
    """
    name, number, secret = clean_name(name), normalize_phone(phone), totp_secret or generate_secret()
    scopes = [get_scope(each) for each in divisions]
    faults = list_account_faults(handle=handle, name=name, phone=number, identity=identity, secret=secret)
    if not scopes or len(scopes) > MAX_SCOPES or not all(_SCOPE.fullmatch(each) for each in scopes):
        faults.append(FieldFault("place", "codes of counties, or of a wider division, of 2, 4 or 6 digits"))
    if number is None or faults:
        raise InvalidOfficial(errors=tuple(faults))
    given = normalize_identity_number(identity or "")
    created = await save_phone_account(
        conn, seal, handle=handle, name=name, phone=number, secret=secret, sample=sample, by=by,
        help_phone=help_phone, now=now,
    )  # fmt: skip
    made = await MAKE_OPERATOR.one(
        conn,
        account_id=created,
        operator=operator,
        scopes=scopes,
        identity_index=given and seal.index(given),
        identity_sealed=given and seal.seal(given, IDENTITY_CONTEXT),
        by=by,
        now=now,
    )
    if made == 0:
        raise OtherPerson(handle=handle)
    if made < 0:
        raise HoldsOffice(handle=handle)
    return OperatorAccount(AccountId(created), handle, secret)


async def end_operator(conn: Connection, handle: str, *, by: str, now: datetime) -> int:
    """End the account of an operator from today on, with its sessions and second factor; return its divisions."""
    return await END_OPERATOR.maybe(conn, handle=handle, by=by, now=now) or 0


async def list_operators(conn: Connection, within: str, *, now: datetime) -> list[OperatorSummary]:
    """Return the accounts of operators for a division, a part of it or a wider one, at most 1,000; empty is all.

    The caller checks who may see the list.
    """
    scope = get_scope(within) if within else ""
    return await LIST_OPERATORS.all(conn, within=scope, day=get_business_day(now), now=now)


async def list_operator_contacts(conn: Connection, operator: str, county: str, *, day: date) -> list[OperatorContact]:
    """Return the accounts that send an operator's files of a county on a day, at most 20."""
    return await LIST_OPERATOR_CONTACTS.all(conn, operator=operator, county=county, day=day)


async def create_county_operator(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    *,
    handle: str,
    name: str,
    phone: str,
    identity: str,
    operator: str,
    help_phone: str = DEFAULT_HELP_PHONE,
    now: datetime,
) -> OperatorAccount:
    """Make an account of an operator for the actor's county, in the caller's transaction, which a refusal rolls back.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not decide for the whole county.
        OwnAccount, PhoneHasOtherName: see `select_identity`.
        SellerNumberMissing: the account of the phone works for a shop, and has no identity number.
        InvalidOfficial, HandleTaken, OtherPerson, HoldsOffice: see `create_operator`.
    """
    require_county_role(actor, Role.COUNTY, county)
    known = [each for each in await list_operators(conn, "", now=now) if each.handle == handle]
    if any(not scope.startswith(county) for each in known for scope in each.scopes):
        # The account also serves other counties, whose sessions this one may not end.
        raise HandleTaken(handle=handle)
    if await select_identity(conn, seal, actor, phone=phone, name=name, identity=identity) is None:
        raise SellerNumberMissing
    return await create_operator(
        conn,
        seal,
        handle=handle,
        name=name,
        phone=phone,
        identity=identity,
        operator=operator,
        divisions=[county],
        by=str(actor.account_id),
        help_phone=help_phone,
        now=now,
    )


async def _require_own(conn: Connection, actor: Actor, county: str, handle: str, *, now: datetime) -> None:
    """Require that the county keeps the account: it serves no other county.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not decide for the whole county.
        NoSuchOfficial: no operator's account of this county alone has the handle.
    """
    require_county_role(actor, Role.COUNTY, county)
    own = [each for each in await list_operators(conn, "", now=now) if each.handle == handle]
    if not own or any(not scope.startswith(county) for scope in own[0].scopes):
        raise NoSuchOfficial(handle=handle)


async def end_county_operator(conn: Connection, actor: Actor, county: str, handle: str, *, now: datetime) -> None:
    """End an operator's account that serves this county alone, at once.

    Raises:
        NotAllowed, SecondFactorRequired, NoSuchOfficial: see `create_county_operator`; accounts of several counties
            are ended by the operator of the system.
    """
    await _require_own(conn, actor, county, handle, now=now)
    await end_operator(conn, handle, by=str(actor.account_id), now=now)


async def reset_operator_factor(
    conn: Connection, seal: Seal, actor: Actor, county: str, handle: str, *, now: datetime
) -> str:
    """Replace the second factor of an operator's account that serves this county alone; return the new secret.

    Raises:
        NotAllowed, SecondFactorRequired, NoSuchOfficial: see `end_county_operator`.
    """
    await _require_own(conn, actor, county, handle, now=now)
    return await reset_second_factor(conn, seal, handle, by=str(actor.account_id), now=now)
