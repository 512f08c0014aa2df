"""Read leads and their steps; each reader those of the own divisions, or what they applied for."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import list_scopes
from market.people.identity.models import Actor, NotFound
from market.subsidies.intake.models import (
    DUE_STEPS,
    OPEN_STATES,
    LeadKind,
    LeadMember,
    LeadReason,
    LeadSource,
    LeadState,
    LeadStep,
)
from market.subsidies.register.queries import IDENTITY_CONTEXT, NAME_CONTEXT

OPINION_CONTEXT = "lead_steps.opinion"
PERSON_IDENTITY_CONTEXT = "lead_persons.identity"
PERSON_NAME_CONTEXT = "lead_persons.name"
MAX_LEADS = 50


class LeadFields(Struct, frozen=True, kw_only=True):
    """A lead without its persons. `notice_until` is the first day after the notice."""

    id: UUID
    number: int
    county_code: str
    village_code: str
    village: str
    kind: LeadKind
    source: LeadSource
    reason: LeadReason
    household_code: str | None
    into_code: str | None
    new_code: str | None
    line_code: str | None
    programme_code: str | None
    registered: bool | None
    monitoring: str
    tier: int | None
    state: LeadState
    notice_from: date | None
    notice_until: date | None
    effective_on: date | None
    reported_at: datetime
    decided_at: datetime | None


class LeadStepView(Struct, frozen=True, kw_only=True):
    """A step of a lead: who took it, when, and the opinion."""

    step: LeadStep
    after: LeadState
    name: str
    at: datetime
    opinion: str
    attended: int | None
    agreed: int | None


class Lead(LeadFields, frozen=True, kw_only=True):
    """A lead with its persons and its steps, oldest first."""

    members: list[LeadMember]
    steps: list[LeadStepView]


class LeadRow(LeadFields, frozen=True, kw_only=True):
    """A lead as it is stored."""

    applicant_id: UUID | None


class _StepRow(Struct, frozen=True, kw_only=True):
    step: LeadStep
    after: LeadState
    name: str
    at: datetime
    opinion_sealed: bytes | None
    attended: int | None
    agreed: int | None


class _PersonRow(Struct, frozen=True):
    identity_sealed: bytes
    name_sealed: bytes
    relation: str


class OwnLead(Struct, frozen=True, kw_only=True):
    """What a person applied for, as they see it: no category, no opinion, nobody's name.

    `consent_withdrawn`: the person withdrew the consent to what was decided and gave none since.
    """

    id: UUID
    number: int
    kind: LeadKind
    state: LeadState
    village_code: str
    village: str
    reported_at: datetime
    notice_from: date | None
    notice_until: date | None
    consent_withdrawn: bool


class OwnConsent(Struct, frozen=True, kw_only=True):
    """A consent to an application: on the page or on paper, to which version of the text, from when until when."""

    form: str
    text_version: int
    given_on: date
    withdrawn_at: datetime | None


class OwnApplication(Struct, frozen=True, kw_only=True):
    """An application in the copy of a person's data: what they wrote, how far it is, and what they consented to."""

    number: int
    village: str
    state: LeadState
    reported_at: datetime
    words: list[str]
    consents: list[OwnConsent]


class _StoredApplication(Struct, frozen=True, kw_only=True):
    number: int
    village: str
    state: LeadState
    reported_at: datetime
    words_sealed: list[bytes]
    consents: list[OwnConsent]


class HouseholdMember(Struct, frozen=True, kw_only=True):
    """A member of a household today."""

    person_id: UUID
    identity: str
    name: str
    relation: str
    number: int
    start: date


class _MemberRow(Struct, frozen=True, kw_only=True):
    person_id: UUID
    identity_sealed: bytes
    name_sealed: bytes
    relation: str
    number: int
    start: date


_COLUMNS = """
    SELECT leads.id, leads.number, leads.county_code, village_code, divisions.name AS village, kind, source, reason,
           household_code, into_code, new_code, line_code, programme_code, registered, monitoring, tier, state,
           lower(notice) AS notice_from, upper(notice) AS notice_until, effective_on, reported_at, decided_at,
           applicant_id
      FROM leads JOIN divisions ON divisions.code = village_code
"""
GET_LEAD = Query(
    LeadRow,
    _COLUMNS
    + """
     WHERE leads.id = :lead_id
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS scope WHERE starts_with(village_code, scope))
    """,
)
LIST_LEADS = Query(
    LeadRow,
    _COLUMNS
    + """
     WHERE leads.county_code = :county AND state = ANY(:states::text[])
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS scope WHERE starts_with(village_code, scope))
     ORDER BY leads.id DESC
     OFFSET :skip LIMIT :limit
    """,
)
# A lead whose notice has not ended waits for nobody.
COUNT_DUE = Query(
    int,
    """
    SELECT count(*) FROM leads
     WHERE county_code = :county AND (state <> 'noticed' OR upper(notice) <= :day::date)
       AND EXISTS (SELECT FROM unnest(:states::text[], :scopes::text[]) AS due (state, scope)
                    WHERE due.state = leads.state AND starts_with(village_code, scope))
    """,
)
LIST_STEPS = Query(
    _StepRow,
    """
    SELECT step, after, accounts.name, at, opinion_sealed, attended, agreed
      FROM lead_steps JOIN accounts ON accounts.id = account_id
     WHERE lead_id = :lead_id
     ORDER BY lead_steps.id
     LIMIT 200
    """,
)
LIST_PERSONS = Query(
    _PersonRow,
    "SELECT identity_sealed, name_sealed, relation FROM lead_persons WHERE lead_id = :lead_id ORDER BY position",
)
LIST_OWN_LEADS = Query(
    OwnLead,
    """
    SELECT leads.id, leads.number, kind, state, village_code, divisions.name AS village, reported_at,
           lower(notice) AS notice_from, upper(notice) AS notice_until,
           coalesce((SELECT bool_and(c.withdrawn_at IS NOT NULL) FROM lead_consents c
                      WHERE c.lead_id = leads.id), false) AS consent_withdrawn
      FROM leads JOIN divisions ON divisions.code = village_code
     WHERE applicant_id = :account_id
     ORDER BY leads.id DESC
     LIMIT 20
    """,
)
LIST_OWN_APPLICATIONS = Query(
    _StoredApplication,
    """
    SELECT leads.number, divisions.name AS village, state, reported_at,
           ARRAY(SELECT opinion_sealed FROM lead_steps s
                  WHERE s.lead_id = leads.id AND s.account_id = :account_id AND opinion_sealed IS NOT NULL
                  ORDER BY s.id) AS words_sealed,
           coalesce((SELECT jsonb_agg(jsonb_build_object('form', form, 'text_version', text_version,
                                                         'given_on', given_on, 'withdrawn_at', withdrawn_at)
                                      ORDER BY c.id)
                       FROM lead_consents c WHERE c.lead_id = leads.id), '[]') AS consents
      FROM leads JOIN divisions ON divisions.code = village_code
     WHERE applicant_id = :account_id
     ORDER BY leads.id DESC
     LIMIT :limit
    """,
)
LIST_HOUSEHOLD_MEMBERS = Query(
    _MemberRow,
    """
    SELECT p.id AS person_id, identity_sealed, name_sealed, relation, member_number AS number,
           lower(valid_during) AS start
      FROM memberships m JOIN persons p ON p.id = m.person_id
     WHERE m.county_code = :county AND m.household_code = :household AND valid_during @> :day::date
     ORDER BY member_number
    """,
)


async def list_household_members(
    conn: Connection, seal: Seal, county: str, household: str, *, day: date
) -> list[HouseholdMember]:
    """Return the members of a household on a day, in their order."""
    return [
        build_from(
            HouseholdMember,
            row,
            identity=seal.open(row.identity_sealed, IDENTITY_CONTEXT),
            name=seal.open(row.name_sealed, NAME_CONTEXT),
        )
        for row in await LIST_HOUSEHOLD_MEMBERS.all(conn, county=county, household=household, day=day)
    ]


async def list_persons(conn: Connection, seal: Seal, lead_id: UUID) -> list[LeadMember]:
    """Return the persons of a lead, in their order."""
    return [
        LeadMember(
            seal.open(row.name_sealed, PERSON_NAME_CONTEXT),
            seal.open(row.identity_sealed, PERSON_IDENTITY_CONTEXT),
            row.relation,
        )
        for row in await LIST_PERSONS.all(conn, lead_id=lead_id)
    ]


async def get_lead(conn: Connection, seal: Seal, lead_id: UUID, divisions: Sequence[str]) -> Lead:
    """Return a lead of some divisions.

    Raises:
        NotFound: there is none.
    """
    row = await GET_LEAD.maybe(conn, lead_id=lead_id, divisions=list(divisions))
    if row is None:
        raise NotFound
    steps = [
        build_from(
            LeadStepView,
            step,
            opinion=seal.open(step.opinion_sealed, OPINION_CONTEXT) if step.opinion_sealed else "",
        )
        for step in await LIST_STEPS.all(conn, lead_id=lead_id)
    ]
    return build_from(Lead, row, members=await list_persons(conn, seal, lead_id), steps=steps)


async def list_leads(
    conn: Connection,
    county: str,
    divisions: Sequence[str],
    *,
    states: Sequence[LeadState] = OPEN_STATES,
    skip: int = 0,
    limit: int = MAX_LEADS,
) -> tuple[list[LeadFields], bool]:
    """Return the leads of some divisions in some states, latest first, and whether there are more."""
    size = min(limit, MAX_LEADS)
    rows = await LIST_LEADS.all(
        conn, county=county, divisions=list(divisions), states=list(states), skip=skip, limit=size + 1
    )
    return [build_from(LeadFields, row) for row in rows[:size]], len(rows) > size


async def count_due_leads(conn: Connection, actor: Actor, county: str, *, day: date) -> int:
    """Return how many leads of a county wait for a step of the actor's roles."""
    due = [(state, scope) for state, step in DUE_STEPS.items() for scope in list_scopes(actor, step.roles)]
    return await COUNT_DUE.one(
        conn, county=county, day=day, states=[state for state, _ in due], scopes=[scope for _, scope in due]
    )


async def list_own_applications(conn: Connection, seal: Seal, account_id: UUID, *, limit: int) -> list[OwnApplication]:
    """Return what a person wrote when they applied, latest first; the transaction has the person's scope."""
    return [
        build_from(OwnApplication, each, words=[seal.open(words, OPINION_CONTEXT) for words in each.words_sealed])
        for each in await LIST_OWN_APPLICATIONS.all(conn, account_id=account_id, limit=limit)
    ]


async def list_own_leads(conn: Connection, account_id: UUID) -> list[OwnLead]:
    """Return what a person applied for, latest first; the transaction has the person's scope."""
    return await LIST_OWN_LEADS.all(conn, account_id=account_id)
