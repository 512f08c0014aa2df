"""Accounts of a county's officials, kept by the county: make, move, end, replace the second factor.

The operator of the system does the same with commands for everyone; the county may do it for its own officials, except
for the account of the person who does it.
"""

from collections.abc import Sequence
from datetime import date, datetime

from market.kernel import Connection, FieldFault, Refusal
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.kernel.settings import DEFAULT_HELP_PHONE
from market.kernel.text import clean_name, normalize_identity_number, normalize_phone
from market.people.identity.access import require_county_role
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor, Role
from market.people.identity.officials import (
    InvalidOfficial,
    NoSuchOfficial,
    Official,
    OfficialSummary,
    OfficialWarning,
    create_official,
    move_official,
    reset_second_factor,
    revoke_official,
)
from market.people.identity.phone_accounts import lock_phone_account
from market.people.identity.same_person import is_same_person

COUNTY_ROLES = tuple(role for role in Role if role not in {Role.PLATFORM, Role.SUPERVISOR})
"""The roles that a county grants."""
KEPT_ROLES = frozenset(COUNTY_ROLES) - {Role.AUDITOR}
"""The roles that a county also changes and ends: who is audited does not move or end the auditor."""
PARTIAL_ROLES = frozenset({Role.VILLAGE, Role.TOWNSHIP})
"""The roles that may be for a part of the county; the others are for the whole county."""


class OwnAccount(Refusal):
    """Nobody changes an account of their own as an official."""

    code = "own_account"
    status = 403
    zh = "自己的账号要由另一位来改。"
    en = "Another official has to change your own account."


class OfficialElsewhere(Refusal):
    """The official has roles outside of the county, for the platform, or as its auditor."""

    code = "official_elsewhere"
    status = 403
    zh = "账号 {handle} 在别的地方也有职责，要由平台来改。"
    en = "The account {handle} has roles elsewhere; the platform has to change it."


class PersonHasAccount(Refusal):
    """Another official has the same identity number or the same name; nothing was made."""

    code = "person_has_account"
    status = 409
    zh = "这个人可能已经有账号：{handles}。核对过了还是要开，就勾上“已经核对”再按一次。"
    en = "This person may have an account already: {handles}. Confirm to make another one."


class SellerNumberMissing(Refusal):
    """The account works for a shop and has no identity number, without which its person is not told from another."""

    code = "seller_number_missing"
    status = 409
    zh = "这个手机号的账号开着店，没有登记身份证号，认不准人：请平台来开。"
    en = "The account of this phone works for a shop and has no identity number; the platform has to make it."


def _check_roles(county: str, roles: Sequence[Role], division: str) -> None:
    """Check that the county may grant these roles for a division.

    Raises:
        InvalidOfficial: the division is outside of the county, or a role is not for it.
    """
    scope = get_scope(division)
    faults: list[FieldFault] = []
    if not scope.startswith(county):
        faults.append(FieldFault("place", "a division of the county"))
    elif scope != county and not set(roles) <= PARTIAL_ROLES:
        faults.append(FieldFault("roles", "only village and township may be for a part of the county"))
    if not set(roles) <= set(COUNTY_ROLES):
        faults.append(FieldFault("roles", "roles of a county"))
    if faults:
        raise InvalidOfficial(errors=tuple(faults))


def is_kept_by(county: str, official: Actor | OfficialSummary) -> bool:
    """Return whether the county moves and ends the account: its roles are all the county's, none its auditor's."""
    return all(grant.scope.startswith(county) and grant.role in KEPT_ROLES for grant in official.grants)


async def find_county_official(conn: Connection, actor: Actor, county: str, handle: str, *, day: date) -> Actor | None:
    """Return an official of the county whose account the actor may change, or None if the handle has no role.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not decide for the whole county.
        OwnAccount: it is an account of the actor's own person.
        OfficialElsewhere: the official also has a role that is not the county's, or audits it.
    """
    require_county_role(actor, Role.COUNTY, county)
    official = await find_actor_by_handle(conn, handle, day=day)
    if official is None or not official.grants:
        return None
    if await is_same_person(conn, account_id=actor.account_id, other_id=official.account_id):
        raise OwnAccount
    if not is_kept_by(county, official):
        raise OfficialElsewhere(handle=handle)
    return official


async def _require_county_official(conn: Connection, actor: Actor, county: str, handle: str, *, now: datetime) -> None:
    if await find_county_official(conn, actor, county, handle, day=get_business_day(now)) is None:
        raise NoSuchOfficial(handle=handle)


async def select_identity(
    conn: Connection, seal: Seal, actor: Actor, *, phone: str, name: str, identity: str
) -> str | None:
    """Return the identity number to store if the county makes an official or an operator of a phone, or None.

    Nobody is renamed this way. Who works for a shop without a number stays known by name, so that two accounts of one
    person do not become two people's: such a number is stored at the command line only.

    Raises:
        OwnAccount: the phone's account is one of the actor's own person.
        PhoneHasOtherName: the phone has an account under another name.
    """
    number = normalize_phone(phone)
    account = None if number is None else await lock_phone_account(conn, seal, number)
    if account is None:
        return identity
    if await is_same_person(conn, account_id=actor.account_id, other_id=account.account_id):
        raise OwnAccount
    account.check_name(clean_name(name))
    valid = normalize_identity_number(identity) is not None  # another one is refused when the account is made
    return None if valid and account.sells and not account.numbered else identity


async def create_county_official(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    *,
    name: str,
    handle: str,
    phone: str,
    identity: str,
    roles: Sequence[Role],
    division: str,
    confirmed: bool,
    last: date | None = None,
    help_phone: str = DEFAULT_HELP_PHONE,
    now: datetime,
) -> Official:
    """Make an official of the county, in the caller's transaction, which a refusal has to roll back.

    An official who exists gets the roles in addition, a new second factor, and is signed out everywhere. Unless
    `confirmed`, nobody gets a second account: a person is known by identity number, or else by name without blanks and
    titles. The number of who works for a shop is not stored (`select_identity`), of which `IDENTITY_MISSING` warns.

    Raises:
        NotAllowed, SecondFactorRequired, OwnAccount, OfficialElsewhere: see `find_county_official`.
        PhoneHasOtherName: see `select_identity`.
        InvalidOfficial, HandleTaken, OtherPerson, HoldsOffice: see `create_official` and `appoint`.
        PersonHasAccount: another official is or may be the same person, and it is not confirmed.
        SellerNumberMissing: another official may be the same person, and no number tells them apart.
    """
    await find_county_official(conn, actor, county, handle, day=get_business_day(now))
    _check_roles(county, roles, division)
    stored = await select_identity(conn, seal, actor, phone=phone, name=name, identity=identity)
    official = await create_official(
        conn,
        seal,
        name=name,
        handle=handle,
        phone=phone,
        identity=stored,
        roles=roles,
        division=division,
        last=last,
        by=str(actor.account_id),
        help_phone=help_phone,
        now=now,
    )
    others = [
        *official.warnings.get(OfficialWarning.SAME_IDENTITY, []),
        *official.warnings.get(OfficialWarning.SAME_NAME, []),
    ]
    if others and stored is None:
        raise SellerNumberMissing
    if others and not confirmed:
        raise PersonHasAccount(handles="、".join(others))
    return official


async def move_county_official(
    conn: Connection, actor: Actor, county: str, handle: str, *, roles: Sequence[Role], division: str, now: datetime
) -> None:
    """Give an official of the county other roles or another division, as `move_official` does.

    Raises:
        NotAllowed, SecondFactorRequired, OwnAccount, OfficialElsewhere: see `find_county_official`.
        NoSuchOfficial: the handle has no role today.
        InvalidOfficial: there is no role, or a role or the division is not the county's to give.
    """
    await _require_county_official(conn, actor, county, handle, now=now)
    _check_roles(county, roles, division)
    if not roles:
        raise InvalidOfficial(errors=(FieldFault("roles", "at least one role"),))
    await move_official(conn, handle, division, roles=roles, by=str(actor.account_id), now=now)


async def revoke_county_official(conn: Connection, actor: Actor, county: str, handle: str, *, now: datetime) -> None:
    """End every role of an official of the county at once, as `revoke_official` does.

    Raises:
        NotAllowed, SecondFactorRequired, OwnAccount, OfficialElsewhere: see `find_county_official`.
        NoSuchOfficial: the handle has no role today.
    """
    await _require_county_official(conn, actor, county, handle, now=now)
    await revoke_official(conn, handle, by=str(actor.account_id), now=now)


async def reset_county_second_factor(
    conn: Connection, seal: Seal, actor: Actor, county: str, handle: str, *, now: datetime
) -> str:
    """Replace the second factor of an official of the county, as for a lost phone; return the new secret.

    Raises:
        NotAllowed, SecondFactorRequired, OwnAccount, OfficialElsewhere: see `find_county_official`.
        NoSuchOfficial: the handle has no role today.
    """
    await _require_county_official(conn, actor, county, handle, now=now)
    return await reset_second_factor(conn, seal, handle, by=str(actor.account_id), now=now)
