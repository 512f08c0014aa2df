"""Report a lead: an official what they saw, a household what it applies for."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_scopes, require_role
from market.people.identity.models import Actor
from market.places.divisions.village_periods import find_village_fault
from market.subsidies.intake.consents import consent_on_page
from market.subsidies.intake.models import (
    MAX_OPINION_LENGTH,
    REPORTERS,
    LeadInvalid,
    LeadKind,
    LeadOpenBefore,
    LeadReason,
    LeadSource,
    LeadState,
    LeadStep,
)
from market.subsidies.intake.persons import GivenPersons, resolve_persons, store_persons
from market.subsidies.intake.record_step import record_step
from market.subsidies.programmes.import_programmes import load_programme_kinds

MAX_OWN_OPEN = 2
"""How many applications of one person may be open."""


class NewLead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a household when it is reported.

    `village_code` is needed for a household that is not in the register, which only `identify` may be about.
    `into_code` is the household that a merged one joins; `line_code` and `programme_code` say what is enrolled.
    """

    kind: LeadKind
    source: LeadSource
    reason: LeadReason
    note: str
    village_code: str = ""
    household_code: str = ""
    into_code: str = ""
    line_code: str = ""
    programme_code: str = ""
    persons: GivenPersons = GivenPersons()


class _KnownHousehold(Struct, frozen=True):
    code: str
    village_code: str


# A merged household, or one without a standing, is nobody's any more.
FIND_HOUSEHOLDS = Query(
    _KnownHousehold,
    """
    SELECT h.code, s.village_code
      FROM households h
      JOIN household_statuses s ON s.county_code = h.county_code AND s.household_code = h.code
                               AND s.valid_during @> :day::date
     WHERE h.county_code = :county AND h.code = ANY(:codes::text[]) AND h.merged_into IS NULL
    """,
)
ADD_LEAD = Query(
    UUID,
    """
    INSERT INTO leads (village_code, kind, source, reason, household_code, into_code, line_code, programme_code,
                       applicant_id, reported_at)
    VALUES (:village_code, :kind, :source, :reason, :household_code, :into_code, :line_code, :programme_code,
            :applicant_id, :now)
    RETURNING id
    """,
)
COUNT_OWN_OPEN = Query(
    int,
    """
    SELECT count(*) FROM leads
     WHERE applicant_id = :account_id AND state NOT IN ('decided', 'rejected', 'withdrawn')
    """,
)


def check_opinion(text: str, *, field: str = "note", missing: str = "请写情况") -> str:
    """Return the cleaned text of a lead or a step.

    Raises:
        LeadInvalid: it is empty or longer than 500 characters.
    """
    written = clean_text(text)
    if not written:
        raise LeadInvalid(errors=(FieldFault(field, missing),))
    if len(written) > MAX_OPINION_LENGTH:
        raise LeadInvalid(errors=(FieldFault(field, f"最多 {MAX_OPINION_LENGTH} 个字"),))
    return written


async def report_lead(conn: Connection, seal: Seal, actor: Actor, county: str, new: NewLead, *, now: datetime) -> UUID:
    """Report what an official saw on a round, or a warning of data, in the caller's transaction of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the actor reports no leads of the village.
        LeadInvalid: fields are missing or wrong; `errors` lists them.
        LeadOpenBefore: a lead of this kind about the household is open.
    """
    require_county_scopes(actor, REPORTERS, county)
    note = check_opinion(new.note)
    faults: list[FieldFault] = []
    if new.source is LeadSource.SELF:
        faults.append(FieldFault("source", "自己申请的由农户在手机上提"))
    day = get_business_day(now)
    wanted = [code.strip().upper() for code in (new.household_code, new.into_code) if code.strip()]
    known = {each.code: each for each in await FIND_HOUSEHOLDS.all(conn, county=county, codes=wanted, day=day)}
    household, into = new.household_code.strip().upper(), new.into_code.strip().upper()
    faults += _list_household_faults(new.kind, household, into, known)
    village = known[household].village_code if household in known else new.village_code
    if not household and not village.startswith(county):
        faults.append(FieldFault("village_code", "请选本县的村"))
    elif not household and (fault := await find_village_fault(conn, village, day=day)):
        faults.append(FieldFault("village_code", fault))
    line, programme = new.line_code.strip(), new.programme_code.strip()
    if new.kind is LeadKind.ENROL:
        faults += await list_enrolment_faults(conn, county, line, programme)
    if faults:
        raise LeadInvalid(errors=tuple(faults))
    require_role(actor, REPORTERS, village)
    enrols = new.kind is LeadKind.ENROL
    persons = await resolve_persons(conn, seal, county, new.kind, new.persons, household=household or None, day=day)
    lead_id = await _add(
        conn, seal, actor, new, note, village_code=village, household_code=household or None, into_code=into or None,
        line_code=line if enrols else None, programme_code=programme if enrols else None, applicant_id=None, now=now,
    )  # fmt: skip
    await store_persons(conn, seal, lead_id, persons)
    return lead_id


async def apply_for_household(
    conn: Connection, seal: Seal, actor: Actor, *, village_code: str, note: str, now: datetime
) -> UUID:
    """Apply for the reduction of the own household's phone bill; the village visits it and completes what is missing.

    The application is the consent on the page: the page or the program that sends it shows the text of `CONSENT_TEXTS`.

    The transaction has the scope of the person (`get_person_scope`).

    Raises:
        LeadInvalid: the village is unknown, or the note is missing or too long.
        LeadOpenBefore: two applications of the person are open.
    """
    written = check_opinion(note, missing="请写家里的情况")
    if fault := await find_village_fault(conn, village_code, day=get_business_day(now)):
        raise LeadInvalid(errors=(FieldFault("village_code", fault),))
    await lock_quota(conn, "leads", actor.account_id)
    if await COUNT_OWN_OPEN.one(conn, account_id=actor.account_id) >= MAX_OWN_OPEN:
        raise LeadOpenBefore
    new = NewLead(kind=LeadKind.ENROL, source=LeadSource.SELF, reason=LeadReason.OTHER, note=written)
    lead_id = await _add(
        conn, seal, actor, new, written, village_code=village_code, household_code=None, into_code=None,
        line_code=None, programme_code=None, applicant_id=actor.account_id, now=now,
    )  # fmt: skip
    await consent_on_page(conn, actor, lead_id, now=now)
    return lead_id


def _list_household_faults(
    kind: LeadKind, household: str, into: str, known: dict[str, _KnownHousehold]
) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if household and household not in known:
        faults.append(FieldFault("household_code", "名册里现在没有这一户"))
    elif not household and kind is not LeadKind.IDENTIFY:
        faults.append(FieldFault("household_code", "请写户编号"))
    if kind is LeadKind.MERGE:
        if not into or into not in known:
            faults.append(FieldFault("into_code", "请写并到哪一户，名册里要有"))
        elif into == household:
            faults.append(FieldFault("into_code", "不能并到自己"))
    elif into:
        faults.append(FieldFault("into_code", "只有并户才写"))
    return faults


async def list_enrolment_faults(conn: Connection, county: str, line: str, programme: str) -> list[FieldFault]:
    """Return what is wrong with the line and the programme of an enrolment."""
    faults: list[FieldFault] = []
    if not 1 <= len(line) <= 40 or "#" in line:
        faults.append(FieldFault("line_code", "请写业务编号，最多 40 个字符，不带 #"))
    if programme not in (kinds := await load_programme_kinds(conn, county)):
        faults.append(FieldFault("programme_code", f"没有这个项目，应是 {'、'.join(kinds)}"))
    return faults


async def _add(
    conn: Connection, seal: Seal, actor: Actor, new: NewLead, note: str, *, now: datetime, **columns: object
) -> UUID:
    try:
        lead_id = await ADD_LEAD.one(conn, kind=new.kind, source=new.source, reason=new.reason, now=now, **columns)
    except asyncpg.UniqueViolationError as error:
        raise LeadOpenBefore from error
    await record_step(
        conn, seal, actor, lead_id, step=LeadStep.REPORT, before=LeadState.NEW, after=LeadState.REPORTED, opinion=note,
        now=now,
    )  # fmt: skip
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="lead.report", object=f"lead:{lead_id}",
        detail={"kind": str(new.kind), "source": str(new.source)}, now=now,
    )  # fmt: skip
    return lead_id
