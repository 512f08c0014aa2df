"""The register of contacts that a county keeps: whom farmers call in their village, township or county."""

import re
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta, Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.division_codes import VILLAGE
from market.kernel.text import clean_name, normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, LocalContact, NotFound
from market.people.identity.reserved_names import NameKind, find_name_fault
from market.places.divisions.village_periods import find_village_fault

MAX_NAME_LENGTH, MAX_HOURS_LENGTH = 30, 60
MAX_AWAY_DAYS = 366
_PHONE = re.compile(r"[0-9]{5,12}")
_OFFICES = range(3, 6)
"""The levels of divisions that have an office: county, township, village."""


class ContactDetails(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to call: `hours` is text; nobody answers from `away_from` to `away_to`, both included."""

    name: str
    phone: str
    hours: str
    away_from: date | None = None
    away_to: date | None = None


class NewContact(ContactDetails, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contact of a division of 12 digits: of a village's station, or of the desk of a township or the county."""

    division_code: Annotated[str, Meta(pattern=r"^[0-9]{12}$")]


class Contact(Struct, frozen=True):
    """A registered contact; `kind` is `station` in a village, else `desk`."""

    id: UUID
    division_code: str
    division: str
    level: int
    kind: str
    name: str
    phone: str
    hours: str
    away_from: date | None
    away_to: date | None


class BadContact(Refusal):
    """Fields of the contact are invalid; `errors` lists each."""

    code = "bad_contact"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class ContactRegistered(Refusal):
    """The division has a contact already: change or end that one."""

    code = "contact_registered"
    status = 409
    zh = "这个地方已经登记了联系人，请改那一个，或者先停掉。"
    en = "The division has a contact already; change or end it."


LIST_CONTACTS = Query(
    Contact,
    """
    SELECT c.id, c.division_code, d.name AS division, d.level,
           CASE d.level WHEN 5 THEN 'station' ELSE 'desk' END AS kind,
           c.name, c.phone, c.hours, lower(c.away_during) AS away_from, upper(c.away_during) - 1 AS away_to
      FROM contacts c JOIN divisions d ON d.code = c.division_code
     WHERE c.county_code = :county AND (:contact_id::uuid IS NULL OR c.id = :contact_id::uuid)
     ORDER BY c.division_code
     LIMIT 1000
    """,
)
FIND_CONTACT = Query(LocalContact, "SELECT * FROM find_contact(:division_code, :day)")
GET_LEVEL = Query(int, "SELECT level FROM divisions WHERE code = :division_code AND county_code = :county")
ADD_CONTACT = Query(
    UUID,
    """
    INSERT INTO contacts (division_code, name, phone, hours, away_during)
    VALUES (:division_code, :name, :phone, :hours, :away_during)
    RETURNING id
    """,
)
CHANGE_CONTACT = Query(
    UUID,
    """
    UPDATE contacts SET name = :name, phone = :phone, hours = :hours, away_during = :away_during
     WHERE id = :contact_id AND county_code = :county
    RETURNING id
    """,
)
END_CONTACT = Query(UUID, "DELETE FROM contacts WHERE id = :contact_id AND county_code = :county RETURNING id")


async def list_contacts(conn: Connection, county: str) -> list[Contact]:
    """Return the contacts of a county (six digits) by division, at most 1,000."""
    return await LIST_CONTACTS.all(conn, county=county, contact_id=None)


async def get_contact(conn: Connection, county: str, contact_id: UUID) -> Contact:
    """Return a contact of a county.

    Raises:
        NotFound: the county has no such contact.
    """
    contact = await LIST_CONTACTS.maybe(conn, county=county, contact_id=contact_id)
    if contact is None:
        raise NotFound
    return contact


async def find_contact(conn: Connection, division_code: str, *, day: date) -> LocalContact | None:
    """Return whom to call about a division: in its village, else township, else county; None if nobody is there."""
    return await FIND_CONTACT.maybe(conn, division_code=division_code, day=day)


def _list_faults(details: ContactDetails) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not 1 <= len(details.name) <= MAX_NAME_LENGTH:
        faults.append(FieldFault("name", f"写姓名，最多 {MAX_NAME_LENGTH} 个字"))
    elif (fault := find_name_fault(details.name, NameKind.OFFICE)) is not None:
        faults.append(FieldFault("name", fault))
    if not _PHONE.fullmatch(details.phone):
        faults.append(FieldFault("phone", "电话是 5 到 12 位数字，座机带区号"))
    if not 1 <= len(details.hours) <= MAX_HOURS_LENGTH:
        faults.append(FieldFault("hours", f"写什么时候有人接，最多 {MAX_HOURS_LENGTH} 个字"))
    first, last = details.away_from, details.away_to
    if first is None or last is None:
        if first != last:
            faults.append(FieldFault("away_to", "不在的日子要有头一天和最后一天"))
    elif not 0 <= (last - first).days < MAX_AWAY_DAYS:
        faults.append(FieldFault("away_to", "最后一天不早于头一天，最多写一年"))
    return faults


def _clean_details(details: ContactDetails) -> dict[str, object]:
    """Return the columns of valid details.

    Raises:
        BadContact: fields are invalid; `errors` lists all of them.
    """
    cleaned = msgspec.structs.replace(
        details,
        name=clean_name(details.name),
        phone=re.sub(r"[\s-]", "", normalize_text(details.phone)),
        hours=clean_name(details.hours),
    )
    faults = _list_faults(cleaned)
    if faults:
        raise BadContact(errors=tuple(faults))
    away = asyncpg.Range(cleaned.away_from, cleaned.away_to, upper_inc=True) if cleaned.away_from else None
    return {"name": cleaned.name, "phone": cleaned.phone, "hours": cleaned.hours, "away_during": away}


async def add_contact(conn: Connection, actor: Actor, county: str, new: NewContact, *, now: datetime) -> Contact:
    """Register the contact of a division of the county, in the caller's transaction.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the contacts of the whole county.
        BadContact: fields are invalid, or the division is not a county, township or village of the county.
        ContactRegistered: the division has a contact.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    level = await GET_LEVEL.maybe(conn, division_code=new.division_code, county=county)
    if level not in _OFFICES:
        raise BadContact(errors=(FieldFault("division_code", "写本县或本县的乡镇、村"),))
    if level == VILLAGE and (fault := await find_village_fault(conn, new.division_code, day=get_business_day(now))):
        raise BadContact(errors=(FieldFault("division_code", fault),))
    columns = _clean_details(new)
    try:
        contact_id = await ADD_CONTACT.one(conn, division_code=new.division_code, **columns)
    except asyncpg.UniqueViolationError as error:
        raise ContactRegistered from error
    added = await get_contact(conn, county, contact_id)
    await _record(conn, actor, "contact.add", added, before=None, now=now)
    return added


async def change_contact(
    conn: Connection, actor: Actor, county: str, contact_id: UUID, details: ContactDetails, *, now: datetime
) -> Contact:
    """Change a contact of the county, in the caller's transaction; farmers see the change at once.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the contacts of the whole county.
        NotFound: the county has no such contact.
        BadContact: fields are invalid; `errors` lists all of them.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    before = await get_contact(conn, county, contact_id)
    if await CHANGE_CONTACT.maybe(conn, contact_id=contact_id, county=county, **_clean_details(details)) is None:
        raise NotFound
    changed = await get_contact(conn, county, contact_id)
    await _record(conn, actor, "contact.change", changed, before=before, now=now)
    return changed


async def end_contact(conn: Connection, actor: Actor, county: str, contact_id: UUID, *, now: datetime) -> None:
    """Remove a contact of the county, in the caller's transaction; farmers are then shown the next wider office.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the contacts of the whole county.
        NotFound: the county has no such contact.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    before = await get_contact(conn, county, contact_id)
    if await END_CONTACT.maybe(conn, contact_id=contact_id, county=county) is None:
        raise NotFound
    await _record(conn, actor, "contact.end", before, before=None, now=now)


async def _record(
    conn: Connection, actor: Actor, action: str, contact: Contact, *, before: Contact | None, now: datetime
) -> None:
    detail = {"contact": msgspec.to_builtins(contact)} | ({"before": msgspec.to_builtins(before)} if before else {})
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"contact:{contact.id}", detail=detail, now=now
    )
