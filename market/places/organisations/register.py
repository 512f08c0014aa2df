"""Register an organisation as its member, verify it as an official, and list them."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, AccountId, Actor, NotFound
from market.places.organisations.credit_codes import is_credit_code, normalize_credit_code
from market.places.organisations.models import (
    MAX_NAME_LENGTH,
    MemberRole,
    NewOrganisation,
    Organisation,
    OrganisationDecided,
    OrganisationId,
    OrganisationInUse,
    OrganisationInvalid,
    OrganisationOwnVerifier,
)

MAX_OWN = 10
MAX_LISTED = 500

_COLUMNS = """
    SELECT o.id, o.kind, o.name, o.credit_code, o.county_code, o.applied_at, o.verified_at,
           l.valid_during IS NOT NULL AS licensed, upper(l.valid_during) - 1 AS licensed_until
      FROM organisations o
      LEFT JOIN organisation_licences l ON l.organisation_id = o.id AND l.valid_during @> :day::date
"""
GET_ORGANISATION = Query(Organisation, _COLUMNS + " WHERE o.id = :organisation_id")
LIST_OF_COUNTY = Query(
    Organisation,
    _COLUMNS
    + """
     WHERE o.county_code = :county AND (o.verified_at IS NOT NULL OR :pending)
     ORDER BY o.verified_at IS NOT NULL, o.name, o.id
     LIMIT :limit
    """,
)
LIST_OF_MEMBER = Query(
    Organisation,
    _COLUMNS
    + """
      JOIN organisation_members m ON m.organisation_id = o.id
     WHERE m.account_id = :account_id
     ORDER BY o.applied_at DESC
     LIMIT :limit
    """,
)
COUNT_PENDING = Query(int, "SELECT count(*) FROM organisations WHERE county_code = :county AND verified_at IS NULL")
COUNT_OWN = Query(int, "SELECT count(*) FROM organisations WHERE applied_by = :account_id")
IS_COUNTY = Query(bool, "SELECT EXISTS (SELECT FROM divisions WHERE code = rpad(:county, 12, '0') AND level = 3)")
ADD_ORGANISATION = Query(
    UUID,
    """
    INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at)
    VALUES (:kind, :name, :credit_code, :county, :account_id, :now)
    RETURNING id
    """,
)
ADD_MEMBER = Query(
    None,
    """
    INSERT INTO organisation_members (organisation_id, account_id, role)
    VALUES (:organisation_id, :account_id, :role)
    """,
)
ADD_LICENCE = Query(
    None,
    "INSERT INTO organisation_licences (organisation_id, valid_during) VALUES (:organisation_id, :during::daterange)",
)
IS_APPLICANT = Query(
    bool, "SELECT is_same_person(applied_by, :account_id) FROM organisations WHERE id = :organisation_id"
)
VERIFY = Query(
    UUID,
    """
    UPDATE organisations SET verified_by = :account_id, verified_at = :now
     WHERE id = :organisation_id AND county_code = :county AND verified_at IS NULL
    RETURNING id
    """,
)
DELETE_MEMBERS = Query(None, "DELETE FROM organisation_members WHERE organisation_id = :organisation_id")
DELETE_LICENCES = Query(None, "DELETE FROM organisation_licences WHERE organisation_id = :organisation_id")
REFUSE = Query(
    UUID,
    """
    DELETE FROM organisations WHERE id = :organisation_id AND county_code = :county AND verified_at IS NULL
    RETURNING id
    """,
)


def list_name_faults(name: str, credit_code: str) -> list[FieldFault]:
    """Return what is wrong with a cleaned name and a normalised code."""
    faults: list[FieldFault] = []
    if not 2 <= len(name) <= MAX_NAME_LENGTH:
        faults.append(FieldFault("name", f"单位名称写 2 到 {MAX_NAME_LENGTH} 个字"))
    if not is_credit_code(credit_code):
        faults.append(FieldFault("credit_code", "统一社会信用代码不对，请照证书上的 18 位写"))
    return faults


async def register_organisation(conn: Connection, actor: Actor, new: NewOrganisation, *, now: datetime) -> Organisation:
    """Register an organisation as its owner; an official of its county verifies it next.

    The caller's transaction has the scope of the person.

    Raises:
        OrganisationInvalid: fields are invalid, the code is registered, or the person registered `MAX_OWN`.
    """
    name, code, today = clean_text(new.name), normalize_credit_code(new.credit_code), get_business_day(now)
    faults = list_name_faults(name, code)
    if not await IS_COUNTY.one(conn, county=new.county_code):
        faults.append(FieldFault("county_code", "请选单位所在的县"))
    if new.licensed_until is not None and new.licensed_until < today:
        faults.append(FieldFault("licensed_until", "执照已经过期了"))
    await lock_quota(conn, "organisations", actor.account_id)
    if await COUNT_OWN.one(conn, account_id=actor.account_id) >= MAX_OWN:
        faults.append(FieldFault("name", f"一个人最多登记 {MAX_OWN} 个单位"))
    if faults:
        raise OrganisationInvalid(errors=tuple(faults))
    try:
        added = await ADD_ORGANISATION.one(
            conn, kind=new.kind, name=name, credit_code=code, county=new.county_code, account_id=actor.account_id,
            now=now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise OrganisationInvalid(errors=(FieldFault("credit_code", "这个代码的单位已经登记了"),)) from error
    await ADD_MEMBER.run(conn, organisation_id=added, account_id=actor.account_id, role=MemberRole.OWNER)
    await ADD_LICENCE.run(conn, organisation_id=added, during=make_licence(today, new.licensed_until))
    await _audit(conn, actor, "organisation.register", added, {"name": name, "credit_code": code}, now=now)
    return await get_organisation(conn, OrganisationId(added), day=today)


def make_licence(first: date, last: date | None) -> "asyncpg.Range[date]":
    """Return the period of a licence from the day on which it was shown to its last day."""
    return asyncpg.Range(first, None if last is None else last + timedelta(days=1))


async def get_organisation(conn: Connection, organisation_id: OrganisationId, *, day: date) -> Organisation:
    """Return an organisation that the transaction may see.

    Raises:
        NotFound: there is none.
    """
    found = await GET_ORGANISATION.maybe(conn, organisation_id=organisation_id, day=day)
    if found is None:
        raise NotFound
    return found


async def decide_organisation(
    conn: Connection, official: Actor, county: str, organisation_id: OrganisationId, *, verified: bool, now: datetime
) -> None:
    """Verify an organisation of the county, or refuse it: then nothing of it is kept but the audit entry.

    The caller's transaction has the scope of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the official does not keep the organisations of the whole county.
        NotFound: the county has no such organisation.
        OrganisationOwnVerifier: the official registered or imported it, by whatever account.
        OrganisationDecided: it was verified before.
        OrganisationInUse: it is refused although something refers to it; the caller's transaction must not commit.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    found = await get_organisation(conn, organisation_id, day=get_business_day(now))
    if found.county_code != county:
        raise NotFound
    if verified and await IS_APPLICANT.one(conn, organisation_id=organisation_id, account_id=official.account_id):
        raise OrganisationOwnVerifier
    if found.verified_at is not None:
        raise OrganisationDecided
    if verified:
        done = await VERIFY.maybe(
            conn, organisation_id=organisation_id, county=county, account_id=official.account_id, now=now
        )
    else:
        try:
            await DELETE_MEMBERS.run(conn, organisation_id=organisation_id)
            await DELETE_LICENCES.run(conn, organisation_id=organisation_id)
            done = await REFUSE.maybe(conn, organisation_id=organisation_id, county=county)
        except asyncpg.ForeignKeyViolationError as error:
            raise OrganisationInUse from error
    if done is None:
        raise OrganisationDecided
    action = "organisation.verify" if verified else "organisation.refuse"
    await _audit(
        conn, official, action, organisation_id, {"name": found.name, "credit_code": found.credit_code}, now=now
    )


async def list_organisations(conn: Connection, county: str, *, pending: bool, day: date) -> list[Organisation]:
    """Return the organisations of a county, those to verify first if `pending`, else the verified; at most 500."""
    return await LIST_OF_COUNTY.all(conn, county=county, pending=pending, day=day, limit=MAX_LISTED)


async def list_own_organisations(conn: Connection, account_id: AccountId, *, day: date) -> list[Organisation]:
    """Return the organisations that a person is a member of, in the person's scope, the newest first."""
    return await LIST_OF_MEMBER.all(conn, account_id=account_id, day=day, limit=MAX_LISTED)


async def require_own_organisation(conn: Connection, actor: Actor, organisation_id: UUID, *, day: date) -> bool:
    """Require membership of an organisation; return whether it was verified.

    Raises:
        NotFound: the actor is no member of it.
    """
    own = {each.id: each for each in await list_own_organisations(conn, actor.account_id, day=day)}
    found = own.get(organisation_id)
    if found is None:
        raise NotFound
    return found.verified_at is not None


async def count_pending_organisations(conn: Connection, county: str) -> int:
    """Return how many organisations of a county wait to be verified, in the county's scope."""
    return await COUNT_PENDING.one(conn, county=county)


async def _audit(
    conn: Connection, actor: Actor, action: str, organisation_id: UUID, detail: dict[str, object], *, now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"organisation:{organisation_id}", detail=detail,
        now=now,
    )  # fmt: skip
