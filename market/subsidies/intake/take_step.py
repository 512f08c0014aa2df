"""Take a step of a lead: visit, match, village and notice, review, decision; or return or reject it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import get_visible_divisions, require_role
from market.people.identity.models import Actor, NotFound
from market.places.counties.load import load_county_settings
from market.subsidies.intake.carry_out import carry_out
from market.subsidies.intake.models import (
    DUE_STEPS,
    LEAD_MOVES,
    MAX_NOTICE_AHEAD,
    STATE_NAMES,
    LeadInvalid,
    LeadKind,
    LeadMove,
    LeadMoved,
    LeadOpenBefore,
    LeadState,
    LeadStep,
    MonitoringStatus,
    Vote,
)
from market.subsidies.intake.persons import GivenPersons, resolve_persons, store_persons
from market.subsidies.intake.record_step import record_step
from market.subsidies.intake.report import FIND_HOUSEHOLDS, check_opinion, list_enrolment_faults
from market.subsidies.intake.views import GET_LEAD, Lead, LeadRow, get_lead
from market.subsidies.month.cycles import LOCK_IMPORTS
from market.subsidies.register.queries import LIST_HOUSEHOLD_CODES
from market.subsidies.terminology import contradicts, list_types

TAKEN_BY_OFFICIALS = frozenset(LeadStep) - {LeadStep.REPORT, LeadStep.WITHDRAW, LeadStep.UPHOLD}
"""The steps of `take_step`; who answers an objection upholds it (`answer_objection`)."""
_MAX_ATTENDED = 1000
_MIN_ATTENDED = 3
_MAX_TIER = 99


class LeadStepRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step with what belongs to it.

    A visit names the persons, and of what a household applied for itself the household, line and programme. A match
    gives the code of a new household and the standing; the village its vote and the first day of the notice; the
    county the first day of the change, by default today.
    """

    step: LeadStep
    opinion: str
    household_code: str = ""
    line_code: str = ""
    programme_code: str = ""
    persons: GivenPersons = GivenPersons()
    new_code: str = ""
    standing: MonitoringStatus | None = None
    vote: Vote | None = None
    effective_on: date | None = None


COMPLETE_LEAD = Query(
    None,
    """
    UPDATE leads SET household_code = :household_code, line_code = :line_code, programme_code = :programme_code
     WHERE id = :lead_id
    """,
)
HAS_PERSONS = Query(bool, "SELECT EXISTS (SELECT FROM lead_persons WHERE lead_id = :lead_id)")
SET_MATCH = Query(
    None,
    """
    UPDATE leads SET new_code = :new_code, registered = :registered, monitoring = :monitoring, tier = :tier
     WHERE id = :lead_id
    """,
)


def find_move(state: LeadState, step: LeadStep) -> LeadMove:
    """Return the move of a step from a state.

    Raises:
        LeadMoved: the step does not start from the state.
    """
    for move in LEAD_MOVES:
        if move.step is step and move.before is state:
            return move
    raise LeadMoved(state=STATE_NAMES[state])


async def take_step(
    conn: Connection, seal: Seal, actor: Actor, lead_id: UUID, request: LeadStepRequest, *, county: str, now: datetime
) -> Lead:
    """Take a step of a lead in the caller's transaction of the county, and return the lead.

    The county's decision stores what it changes in the register, by the functions of the imports.

    Raises:
        NotFound: the lead is not in the actor's divisions.
        NotAllowed, SecondFactorRequired: another role takes the step that is due, or returns and rejects now.
        LeadInvalid: fields of the step are missing or wrong.
        LeadMoved, SecondLeadDuty, NoticeNotEnded, ObjectionWaiting, ConsentMissing: see `record_step`.
        RegisterChanged: the register has changed since, see `carry_out`.
    """
    divisions = get_visible_divisions(actor, county)
    row = await GET_LEAD.maybe(conn, lead_id=lead_id, divisions=list(divisions))
    if row is None:
        raise NotFound
    if request.step not in TAKEN_BY_OFFICIALS:
        raise LeadInvalid(errors=(FieldFault("step", "没有这一步"),))
    move = find_move(row.state, request.step)
    require_role(actor, DUE_STEPS[row.state].roles, row.village_code)
    opinion = check_opinion(request.opinion, field="opinion", missing="请写意见")
    await _take(conn, seal, actor, row, request, move=move, opinion=opinion, now=now)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"lead.{request.step}", object=f"lead:{lead_id}",
        detail={"from": str(move.before), "to": str(move.after)}, now=now,
    )  # fmt: skip
    return await get_lead(conn, seal, lead_id, divisions)


async def withdraw_application(conn: Connection, seal: Seal, actor: Actor, lead_id: UUID, *, now: datetime) -> None:
    """Withdraw what the actor applied for, in the caller's transaction with the scope of the person.

    Raises:
        NotFound: the actor did not apply for it.
        LeadMoved: it has ended.
    """
    row = await GET_LEAD.maybe(conn, lead_id=lead_id, divisions=[""])
    if row is None or row.applicant_id != actor.account_id:
        raise NotFound
    move = find_move(row.state, LeadStep.WITHDRAW)
    await _record(conn, seal, actor, row, move, now=now)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="lead.withdraw", object=f"lead:{lead_id}",
        detail={"from": str(move.before)}, now=now,
    )  # fmt: skip


async def _take(
    conn: Connection, seal: Seal, actor: Actor, row: LeadRow, request: LeadStepRequest,
    *, move: LeadMove, opinion: str, now: datetime,
) -> None:  # fmt: skip
    """Store what belongs to the step, then the step, then what it changes in the register."""
    today = get_business_day(now)
    match request.step:
        case LeadStep.VISIT:
            await _complete(conn, seal, row, request, day=today)
            await _record(conn, seal, actor, row, move, opinion=opinion, now=now)
        case LeadStep.MATCH:
            await _match(conn, row, request, day=today)
            await _record(conn, seal, actor, row, move, opinion=opinion, now=now)
        case LeadStep.CONFIRM:
            vote = _check_vote(request.vote)
            settings = await load_county_settings(conn, row.county_code, day=today)
            notice = compute_notice(vote.notice_from, settings.notice_days, today=today)
            await _record(conn, seal, actor, row, move, opinion=opinion, vote=vote, notice=notice, now=now)
        case LeadStep.DECIDE:
            effective_on = request.effective_on or today
            if not get_business_day(row.reported_at) <= effective_on <= today:
                first = get_business_day(row.reported_at)
                raise LeadInvalid(errors=(FieldFault("effective_on", f"应在 {first} 到 {today} 之间"),))
            await LOCK_IMPORTS.run(conn, county=row.county_code)
            await _record(conn, seal, actor, row, move, opinion=opinion, effective_on=effective_on, now=now)
            await carry_out(conn, seal, row, effective_on=effective_on, now=now)
        case _:
            await _record(conn, seal, actor, row, move, opinion=opinion, now=now)


async def _record(
    conn: Connection, seal: Seal, actor: Actor, row: LeadRow, move: LeadMove,
    *, opinion: str = "", vote: Vote | None = None, notice: "asyncpg.Range[date] | None" = None,
    effective_on: date | None = None, now: datetime,
) -> None:  # fmt: skip
    await record_step(
        conn, seal, actor, row.id, step=move.step, before=move.before, after=move.after, opinion=opinion, vote=vote,
        notice=notice, effective_on=effective_on, now=now,
    )  # fmt: skip


async def _complete(conn: Connection, seal: Seal, row: LeadRow, request: LeadStepRequest, *, day: date) -> None:
    """Add what the visit found: the persons, and the household of what was applied for on a page."""
    household, line, programme = row.household_code, row.line_code, row.programme_code
    faults: list[FieldFault] = []
    if household is None and (typed := request.household_code.strip().upper()):
        found = await FIND_HOUSEHOLDS.all(conn, county=row.county_code, codes=[typed], day=day)
        if not found or found[0].village_code != row.village_code:
            faults.append(FieldFault("household_code", "这个村的名册里现在没有这一户"))
        household = typed
    if household is None and row.kind is not LeadKind.IDENTIFY:
        faults.append(FieldFault("household_code", "请写户编号"))
    if row.kind is LeadKind.ENROL and line is None:
        line, programme = request.line_code.strip(), request.programme_code.strip()
        faults += await list_enrolment_faults(conn, row.county_code, line, programme)
    if faults:
        raise LeadInvalid(errors=tuple(faults))
    persons = await resolve_persons(
        conn, seal, row.county_code, row.kind, request.persons, household=household, day=day
    )
    needed = household is None or row.kind in {LeadKind.SPLIT, LeadKind.ENROL}
    if needed and not persons and not await HAS_PERSONS.one(conn, lead_id=row.id):
        raise LeadInvalid(errors=(FieldFault("persons", "请写这一户有谁" if household is None else "请选人"),))
    try:
        await COMPLETE_LEAD.run(
            conn, lead_id=row.id, household_code=household, line_code=line, programme_code=programme
        )
    except asyncpg.UniqueViolationError as error:
        raise LeadOpenBefore from error
    if persons:
        await store_persons(conn, seal, row.id, persons)


async def _match(conn: Connection, row: LeadRow, request: LeadStepRequest, *, day: date) -> None:
    """Set the code of a new household, and the standing that an identified one is to have."""
    faults: list[FieldFault] = []
    new_code = request.new_code.strip().upper()
    if row.kind is LeadKind.SPLIT or (row.kind is LeadKind.IDENTIFY and row.household_code is None):
        if not 1 <= len(new_code) <= 40:
            faults.append(FieldFault("new_code", "请给新户一个编号，最多 40 个字符"))
        elif new_code in await LIST_HOUSEHOLD_CODES.all(conn, county=row.county_code):
            faults.append(FieldFault("new_code", "这个户编号已经有了"))
    standing = request.standing
    if row.kind is LeadKind.IDENTIFY:
        types = list_types(day, day)
        if standing is None or standing.monitoring not in types:
            faults.append(FieldFault("monitoring", f"应是 {'、'.join(types)} 之一"))
        elif contradicts(registered=standing.registered, monitoring=standing.monitoring):
            answer = "是" if standing.registered else "否"
            faults.append(FieldFault("monitoring", f"原建档立卡“{answer}”的不会是{standing.monitoring}"))
        if standing is not None and not 1 <= standing.tier <= _MAX_TIER:
            faults.append(FieldFault("tier", f"保障档是 1 到 {_MAX_TIER}"))
    if faults:
        raise LeadInvalid(errors=tuple(faults))
    identifies = row.kind is LeadKind.IDENTIFY and standing is not None
    await SET_MATCH.run(
        conn,
        lead_id=row.id,
        new_code=new_code or None,
        registered=standing.registered if identifies and standing else None,
        monitoring=standing.monitoring if identifies and standing else "",
        tier=standing.tier if identifies and standing else None,
    )


def _check_vote(vote: Vote | None) -> Vote:
    if vote is None or not _MIN_ATTENDED <= vote.attended <= _MAX_ATTENDED:
        raise LeadInvalid(errors=(FieldFault("attended", f"到会的人 {_MIN_ATTENDED} 到 {_MAX_ATTENDED}"),))
    if not 0 <= vote.agreed <= vote.attended:
        raise LeadInvalid(errors=(FieldFault("agreed", "不能比到会的人多"),))
    if vote.agreed * 2 <= vote.attended:
        raise LeadInvalid(errors=(FieldFault("agreed", "到会的人过半数同意才能公示；没有过半，请选“不通过”"),))
    return vote


def compute_notice(notice_from: date | None, days: int, *, today: date) -> "asyncpg.Range[date]":
    """Return the days of a notice: `days` full ones from the given day, by default from tomorrow; half-open.

    Raises:
        LeadInvalid: it would begin today, before, or more than 30 days ahead.
    """
    first = notice_from or today + timedelta(days=1)
    if not today < first <= today + timedelta(days=MAX_NOTICE_AHEAD):
        raise LeadInvalid(errors=(FieldFault("notice_from", "最早从明天起，一天才算满一天；最多提前 30 天"),))
    return asyncpg.Range(first, first + timedelta(days=days))


def list_steps(state: LeadState) -> Sequence[LeadStep]:
    """Return the steps that officials may take in a state: the due one first."""
    if state not in DUE_STEPS:
        return ()
    possible = [move.step for move in LEAD_MOVES if move.before is state and move.step in TAKEN_BY_OFFICIALS]
    return sorted(possible, key=lambda step: step is not DUE_STEPS[state].step)
