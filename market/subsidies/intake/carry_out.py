"""What the county's decision on a lead changes in the register, through the functions that imports use."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.subsidies.imports.enrolments import DECIDED, ENROLMENT_IDENTITY_CONTEXT, UPSERT_ENROLMENTS, EnrolmentRow
from market.subsidies.imports.register_rows import HEAD
from market.subsidies.intake.models import LeadKind, LeadMember, RegisterChanged
from market.subsidies.intake.views import LeadRow, list_persons
from market.subsidies.register.changes import RECORD_CHECKS, Origin, RegisterRows, store_register_rows
from market.subsidies.register.queries import (
    IDENTITY_CONTEXT,
    NAME_CONTEXT,
    HouseholdStatus,
    KnownHouseholdStatus,
)

SPLIT, MERGED = "分户", "并户"
"""Why a membership ended."""


class _Membership(Struct, frozen=True, kw_only=True):
    """A membership that has not ended."""

    identity_index: bytes
    household: str
    member_number: int
    relation: str
    start: date


class _Signers(Struct, frozen=True):
    """Who reported and who confirmed for the village, as an enrolment names them."""

    agent: str
    assessor: str


# The triggers that keep superseded facts read the lead whose decision replaces them.
SET_LEAD = Query(None, "SELECT set_config('market.lead', :lead_id::uuid::text, true)")
GET_STATUS = Query(
    KnownHouseholdStatus,
    """
    SELECT household_code AS household, lower(valid_during) AS start, village_code AS village, village_name, registered,
           monitoring, risk_removed_on, tier
      FROM household_statuses
     WHERE county_code = :county AND household_code = :household AND upper_inf(valid_during)
    """,
)
# Of a household, and of persons wherever they are: who ends in one place begins in another.
LIST_MEMBERSHIPS = Query(
    _Membership,
    """
    SELECT p.identity_index, m.household_code AS household, m.member_number, m.relation, lower(m.valid_during) AS start
      FROM memberships m JOIN persons p ON p.id = m.person_id
     WHERE m.county_code = :county AND (upper_inf(m.valid_during) OR upper(m.valid_during) > :day::date)
       AND (m.household_code = ANY(:households::text[]) OR p.identity_index = ANY(:indexes::bytea[]))
     ORDER BY m.household_code, m.member_number
    """,
)
LIST_PERSON_INDEXES = Query(
    bytes,
    "SELECT identity_index FROM persons WHERE county_code = :county AND identity_index = ANY(:indexes::bytea[])",
)
HAS_DECIDED_ENROLMENT = Query(
    bool, "SELECT EXISTS (SELECT FROM enrolments WHERE county_code = :county AND line_code = :line AND decided)"
)
END_STATUS = Query(
    None,
    """
    UPDATE household_statuses
       SET valid_during = daterange(lower(valid_during), :day::date), file_id = NULL, lead_id = :lead_id
     WHERE county_code = :county AND household_code = :household AND upper_inf(valid_during)
    """,
)
SET_MERGED = Query(
    None,
    "UPDATE households SET merged_into = :into, merged_on = :day WHERE county_code = :county AND code = :household",
)
GET_SIGNERS = Query(
    _Signers,
    """
    SELECT (SELECT a.name FROM lead_steps s JOIN accounts a ON a.id = s.account_id
             WHERE s.lead_id = :lead_id AND s.step = 'report' LIMIT 1) AS agent,
           (SELECT a.name FROM lead_steps s JOIN accounts a ON a.id = s.account_id
             WHERE s.lead_id = :lead_id AND s.step = 'confirm' ORDER BY s.id DESC LIMIT 1) AS assessor
    """,
)
# The household's other lines of the programme: enrolled for a member, and bound that day or not bound yet.
LIST_HOUSEHOLD_LINES = Query(
    str,
    """
    SELECT e.line_code
      FROM enrolments e
      JOIN persons p ON p.county_code = e.county_code AND p.identity_index = e.identity_index
      JOIN memberships m ON m.county_code = e.county_code AND m.person_id = p.id AND m.household_code = :household
                        AND m.valid_during @> :day::date
     WHERE e.county_code = :county AND e.programme_code = :programme AND e.decided AND e.line_code <> :line
       AND coalesce((SELECT bool_or(b.valid_during @> :day::date) FROM bindings b
                      WHERE b.county_code = e.county_code AND b.line_code = e.line_code), true)
     ORDER BY e.line_code COLLATE "C"
     LIMIT 100
    """,
)
GET_MAX_LINES = Query(int, "SELECT max_lines FROM programmes WHERE county_code = :county AND code = :programme")
GET_VILLAGE_NAME = Query(str, "SELECT name FROM divisions WHERE code = :village")


def _refuse(field: str, message: str) -> RegisterChanged:
    return RegisterChanged(errors=(FieldFault(field, message),))


async def carry_out(conn: Connection, seal: Seal, lead: LeadRow, *, effective_on: date, now: datetime) -> None:
    """Change the register as a decided lead says, from `effective_on` on, in the caller's transaction.

    The caller has recorded the decision and locked the county's imports.

    Raises:
        RegisterChanged: the household, a person or the line is not as the lead needs it; `errors` says what.
    """
    await SET_LEAD.run(conn, lead_id=lead.id)
    members = await list_persons(conn, seal, lead.id)
    match lead.kind:
        case LeadKind.IDENTIFY if lead.household_code is None:
            rows = await _make_household(conn, seal, lead, members, effective_on, now=now)
        case LeadKind.IDENTIFY | LeadKind.EXIT:
            rows = await _change_standing(conn, lead, effective_on)
        case LeadKind.SPLIT:
            rows = await _split(conn, seal, lead, members, effective_on)
        case LeadKind.MERGE:
            rows = await _merge(conn, lead, effective_on)
        case LeadKind.ENROL:
            await _enrol(conn, seal, lead, members, effective_on, now=now)
            return
    try:
        await store_register_rows(conn, lead.county_code, rows, origin=Origin(lead_id=lead.id), now=now)
    except asyncpg.UniqueViolationError as error:
        raise _refuse("new_code", "这个户编号已经有了") from error
    checked = [code for code in (lead.new_code, lead.into_code or lead.household_code) if code is not None]
    await RECORD_CHECKS.run(
        conn, county=lead.county_code, file_id=None, lead_id=lead.id,
        rows=[{"household": code, "checked_on": get_business_day(now)} for code in checked],
    )  # fmt: skip
    if lead.kind is LeadKind.MERGE:
        named = {"county": lead.county_code, "household": lead.household_code, "day": effective_on}
        await END_STATUS.run(conn, **named, lead_id=lead.id)
        await SET_MERGED.run(conn, **named, into=lead.into_code)


async def _get_status(conn: Connection, lead: LeadRow, household: str | None, effective_on: date) -> HouseholdStatus:
    """Return the present status of a household, which began before or on the day."""
    known = await GET_STATUS.maybe(conn, county=lead.county_code, household=household)
    if known is None:
        raise _refuse("household_code", f"名册里现在没有 {household} 户的情况")
    if known.start > effective_on:
        raise _refuse("effective_on", f"{household} 户现在的情况从 {known.start} 起，不能更早")
    return known.status


def _to_row(household: str | None, start: date, status: HouseholdStatus, **changes: object) -> dict[str, object]:
    values = {name: getattr(status, name) for name in HouseholdStatus.__struct_fields__}
    return {"household": household, "start": start, **values, **changes}


async def _change_standing(conn: Connection, lead: LeadRow, effective_on: date) -> RegisterRows:
    status = await _get_status(conn, lead, lead.household_code, effective_on)
    if lead.kind is LeadKind.EXIT:
        if not status.monitoring or status.risk_removed_on is not None:
            raise _refuse("household_code", "这一户现在不在监测里")
        changes: dict[str, object] = {"risk_removed_on": effective_on}
    else:
        changes = {
            "registered": lead.registered,
            "monitoring": lead.monitoring,
            "risk_removed_on": None,
            "tier": lead.tier,
        }
    return RegisterRows(statuses_changed=[_to_row(lead.household_code, effective_on, status, **changes)])


async def _make_household(
    conn: Connection, seal: Seal, lead: LeadRow, members: Sequence[LeadMember], effective_on: date, *, now: datetime
) -> RegisterRows:
    indexes = {each.identity: seal.index(each.identity) for each in members}
    elsewhere = await LIST_MEMBERSHIPS.all(
        conn, county=lead.county_code, day=effective_on, households=[], indexes=list(indexes.values())
    )
    if elsewhere:
        codes = "、".join(sorted({each.household for each in elsewhere}))
        raise _refuse("persons", f"有人已经在名册的 {codes} 户里")
    known = set(await LIST_PERSON_INDEXES.all(conn, county=lead.county_code, indexes=list(indexes.values())))
    today = get_business_day(now)
    if any(get_birthday(each.identity) > today for each in members):
        raise _refuse("persons", "有人的出生日期在今天以后")
    return RegisterRows(
        persons=[
            {
                "index": indexes[each.identity],
                "sealed": seal.seal(each.identity, IDENTITY_CONTEXT),
                "name": seal.seal(each.name, NAME_CONTEXT),
                "born_on": get_birthday(each.identity),
                "sex": "男" if int(each.identity[16]) % 2 else "女",
                "died_on": None,
            }
            for each in members
            if indexes[each.identity] not in known
        ],
        households=[{"code": lead.new_code, "split_from": ""}],
        statuses=[
            {
                "household": lead.new_code,
                "start": effective_on,
                "village": lead.village_code,
                "village_name": await GET_VILLAGE_NAME.one(conn, village=lead.village_code),
                "registered": lead.registered,
                "monitoring": lead.monitoring,
                "risk_removed_on": None,
                "tier": lead.tier,
            }
        ],
        memberships=_begin(seal, lead.new_code, members, effective_on),
    )


def get_birthday(identity: str) -> date:
    """Return the day of birth in a valid identity number of 18 digits. Source: GB 11643-1999."""
    return date(int(identity[6:10]), int(identity[10:12]), int(identity[12:14]))


def _begin(
    seal: Seal, household: str | None, members: Sequence[LeadMember], day: date, *, first_number: int = 1
) -> list[dict[str, object]]:
    return [
        {
            "index": seal.index(each.identity),
            "household": household,
            "member_number": number,
            "relation": each.relation,
            "start": day,
            "until": None,
            "leave_reason": "",
        }
        for number, each in enumerate(members, first_number)
    ]


def _end(membership: _Membership, day: date, reason: str) -> dict[str, object]:
    if membership.start >= day:
        raise _refuse("effective_on", f"有人 {membership.start} 才入 {membership.household} 户，应晚于这一天")
    return {
        "index": membership.identity_index,
        "household": membership.household,
        "member_number": membership.member_number,
        "relation": membership.relation,
        "start": membership.start,
        "until": day,
        "leave_reason": reason,
    }


async def _split(
    conn: Connection, seal: Seal, lead: LeadRow, members: Sequence[LeadMember], effective_on: date
) -> RegisterRows:
    status = await _get_status(conn, lead, lead.household_code, effective_on)
    leaving = {seal.index(each.identity) for each in members}
    current = await LIST_MEMBERSHIPS.all(
        conn, county=lead.county_code, day=effective_on, households=[lead.household_code], indexes=[]
    )
    if not leaving < {each.identity_index for each in current}:
        raise _refuse("persons", "要分出去的人已经不全在这一户，或者这一户没有人留下")
    return RegisterRows(
        households=[{"code": lead.new_code, "split_from": lead.household_code}],
        statuses=[_to_row(lead.new_code, effective_on, status)],
        memberships_changed=[_end(each, effective_on, SPLIT) for each in current if each.identity_index in leaving],
        memberships=_begin(seal, lead.new_code, members, effective_on),
    )


async def _merge(conn: Connection, lead: LeadRow, effective_on: date) -> RegisterRows:
    """Move every member; the head of the household that joins becomes another member, under the next free numbers."""
    await _get_status(conn, lead, lead.household_code, effective_on)
    await _get_status(conn, lead, lead.into_code, effective_on)
    current = await LIST_MEMBERSHIPS.all(
        conn, county=lead.county_code, day=effective_on, households=[lead.household_code, lead.into_code], indexes=[]
    )
    joining = [each for each in current if each.household == lead.household_code]
    others = [each for each in current if each.household == lead.into_code]
    if not joining or not others:
        raise _refuse("household_code", "两户都要有人才能并")
    has_head = any(each.relation == HEAD for each in others)
    first_number = max(each.member_number for each in others) + 1
    return RegisterRows(
        memberships_changed=[_end(each, effective_on, MERGED) for each in joining],
        memberships=[
            {
                "index": each.identity_index,
                "household": lead.into_code,
                "member_number": number,
                "relation": "其他" if has_head and each.relation == HEAD else each.relation,
                "start": effective_on,
                "until": None,
                "leave_reason": "",
            }
            for number, each in enumerate(joining, first_number)
        ],
    )


async def _require_free_line(conn: Connection, lead: LeadRow, day: date) -> None:
    """Require that the household has fewer lines of the programme than it may have.

    Raises:
        RegisterChanged: it has as many; they are named.
    """
    lines = await LIST_HOUSEHOLD_LINES.all(
        conn, county=lead.county_code, household=lead.household_code, programme=lead.programme_code,
        line=lead.line_code, day=day,
    )  # fmt: skip
    at_most = await GET_MAX_LINES.one(conn, county=lead.county_code, programme=lead.programme_code)
    if len(lines) >= at_most:
        raise _refuse("line_code", f"这个项目每户最多 {at_most} 条，{lead.household_code} 户已有 {'、'.join(lines)}")


async def _enrol(
    conn: Connection, seal: Seal, lead: LeadRow, members: Sequence[LeadMember], effective_on: date, *, now: datetime
) -> None:
    """Decide an enrolment; its entitlement does not begin before the month of the decision."""
    today = get_business_day(now)
    if effective_on < today.replace(day=1):
        raise _refuse("effective_on", f"不能早于审定的那个月，最早 {today.replace(day=1)}")
    if await HAS_DECIDED_ENROLMENT.one(conn, county=lead.county_code, line=lead.line_code):
        raise _refuse("line_code", "这条业务已经审定过")
    await _require_free_line(conn, lead, effective_on)
    index = seal.index(members[0].identity)
    current = await LIST_MEMBERSHIPS.all(
        conn, county=lead.county_code, day=effective_on, households=[], indexes=[index]
    )
    if lead.household_code not in {each.household for each in current}:
        raise _refuse("persons", f"这个人现在不在 {lead.household_code} 户")
    household, line, programme = lead.household_code, lead.line_code, lead.programme_code
    assert household is not None, "the visit completed the lead"
    assert line is not None, "the visit completed the lead"
    assert programme is not None, "the visit completed the lead"
    signers = await GET_SIGNERS.one(conn, lead_id=lead.id)
    enrolment = EnrolmentRow(
        line=line,
        programme=programme,
        identity_index=index,
        identity_sealed=seal.seal(members[0].identity, ENROLMENT_IDENTITY_CONTEXT),
        household=household,
        applied_on=get_business_day(lead.reported_at),
        notice_from=lead.notice_from,
        notice_until=lead.notice_until,
        decided_on=today,
        entitled_from=effective_on,
        status=DECIDED,
        agent=signers.agent,
        assessor=signers.assessor,
    )
    await UPSERT_ENROLMENTS.run(conn, county=lead.county_code, file_id=None, lead_id=lead.id, rows=[enrolment])
