"""Triage and answer a grievance as the official whose turn it is; ask the next level as the complainant."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.casework.models import (
    CaseAnswererInvolved,
    CaseMove,
    CaseNotMovable,
    CaseOutcome,
    CaseState,
    LockedCase,
)
from market.casework.moves import lock_case, move_case
from market.casework.tell import notify_assignee
from market.grievances.models import (
    GrievanceInvalid,
    GrievanceNotTriaged,
    GrievanceTopic,
    GrievanceTriagedBefore,
)
from market.grievances.receive import check_text
from market.grievances.views import Grievance, get_grievance
from market.identity.access import require_case_role
from market.identity.models import Actor, NotFound
from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.orders.notifications import format_due, notify_account

ANSWERS = frozenset({CaseOutcome.SOLVED, CaseOutcome.UNSOLVED, CaseOutcome.NOT_OURS, CaseOutcome.DUPLICATE})


class GrievanceLinks(Struct, frozen=True, kw_only=True):
    """What a grievance is about: the code of a line, a finding by its id, the notice of a lead by its number."""

    line: str = ""
    finding_id: UUID | None = None
    lead: int | None = None


class _KnownLinks(Struct, frozen=True):
    line: bool
    finding: bool
    lead_id: UUID | None


FIND_LINKS = Query(
    _KnownLinks,
    """
    SELECT EXISTS (SELECT FROM lines WHERE county_code = :county AND code = :line) AS line,
           EXISTS (SELECT FROM findings WHERE county_code = :county AND id = :finding_id::uuid) AS finding,
           (SELECT id FROM leads WHERE county_code = :county AND number = :lead::bigint) AS lead_id
    """,
)
TRIAGE = Query(
    int,
    """
    UPDATE grievances
       SET topic = :topic, triaged_at = :now, triaged_by = :account_id, line_code = :line, finding_id = :finding_id,
           lead_id = :lead_id
     WHERE case_id = :case_id AND triaged_at IS NULL
    RETURNING 1
    """,
)
# By any account of the person: a duty in the month of the finding (R14) or a decision of it; a step of the lead; of the
# line, a change, a decision of one of its findings, a step of the lead that brought it; and an answer before this one.
IS_INVOLVED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM cycle_duties d JOIN findings f ON f.cycle_id = d.cycle_id
                    WHERE f.id = g.finding_id AND (is_same_person(d.account_id, :account_id)
                                                   OR d.person_key = get_person_key(:account_id)))
        OR EXISTS (SELECT FROM finding_decisions
                    WHERE (finding_id = g.finding_id
                           OR finding_id IN (SELECT l.finding_id FROM finding_lines l
                                              WHERE l.county_code = g.county_code AND l.line_code = g.line_code))
                      AND is_same_person(account_id, :account_id))
        OR EXISTS (SELECT FROM lead_steps s JOIN leads l ON l.id = s.lead_id
                    WHERE (l.id = g.lead_id OR (l.county_code = g.county_code AND l.line_code = g.line_code))
                      AND (is_same_person(s.account_id, :account_id) OR s.person_key = get_person_key(:account_id)))
        OR EXISTS (SELECT FROM line_changes c
                    WHERE c.county_code = g.county_code AND c.line_code = g.line_code
                      AND (is_same_person(c.reported_by, :account_id) OR is_same_person(c.decided_by, :account_id)))
        OR EXISTS (SELECT FROM case_events e
                    WHERE e.case_id = g.case_id AND e.move = 'answer' AND is_same_person(e.account_id, :account_id))
      FROM grievances g
     WHERE g.case_id = :case_id
    """,
)


async def triage_grievance(
    conn: Connection,
    seal: Seal,
    official: Actor,
    case_id: UUID,
    *,
    topic: str,
    links: GrievanceLinks,
    now: datetime,
) -> Grievance:
    """Say what a grievance is about, once, and link it to what it concerns.

    In the caller's transaction, whose scope is the county of the case.

    Raises:
        NotFound: the grievance is not for the official to answer.
        SecondFactorRequired: the session has no second factor.
        GrievanceInvalid: the topic is unknown, or the county has no such line, finding or lead.
        GrievanceTriagedBefore: it was triaged before.
        CaseNotMovable: it was answered or withdrawn.
    """
    grievance = await _get_assigned(conn, seal, official, case_id)
    chosen = next((each for each in GrievanceTopic if each == topic), None)
    known = await FIND_LINKS.one(
        conn, county=grievance.county_code, line=links.line, finding_id=links.finding_id, lead=links.lead
    )
    faults = [
        FieldFault(field, message)
        for field, wrong, message in (
            ("topic", chosen is None, "请选什么事"),
            ("line", bool(links.line) and not known.line, "县里没有这个业务编号"),
            ("finding", links.finding_id is not None and not known.finding, "县里没有这件疑点"),
            ("lead", links.lead is not None and known.lead_id is None, "县里没有这条线索"),
        )
        if wrong
    ]
    if faults or chosen is None:
        raise GrievanceInvalid(errors=tuple(faults))
    await _lock_assigned(conn, case_id)
    triaged = await TRIAGE.maybe(
        conn,
        case_id=case_id,
        topic=chosen,
        now=now,
        account_id=official.account_id,
        line=links.line or None,
        finding_id=links.finding_id,
        lead_id=known.lead_id,
    )
    if triaged is None:
        raise GrievanceTriagedBefore
    return await _read(conn, seal, case_id)


async def answer_grievance(
    conn: Connection,
    seal: Seal,
    official: Actor,
    case_id: UUID,
    *,
    outcome: CaseOutcome | None,
    text: str,
    now: datetime,
) -> Grievance:
    """Answer a triaged grievance, which closes it; the complainant reads the answer, and is told if they can be.

    In the caller's transaction, whose scope is the county of the case.

    Raises:
        NotFound: the grievance is not for the official to answer.
        SecondFactorRequired: the session has no second factor.
        GrievanceInvalid: the outcome is not one of `ANSWERS`, or the text is missing or too long.
        GrievanceNotTriaged: it was not triaged.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the official complained, had a part in what the grievance is linked to, or answered it
            before (see `IS_INVOLVED`).
    """
    if outcome not in ANSWERS:
        raise GrievanceInvalid(errors=(FieldFault("outcome", "请选办得怎么样"),))
    written = check_text(text, field="text", missing="请写怎么办的，投诉的人看得到")
    grievance = await _get_assigned(conn, seal, official, case_id)
    case = await _lock_assigned(conn, case_id)
    if grievance.triaged_at is None:
        raise GrievanceNotTriaged
    if await IS_INVOLVED.one(conn, case_id=case_id, account_id=official.account_id):
        raise CaseAnswererInvolved
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "complaint_answered", facts, now=now)
    return await _read(conn, seal, case_id)


async def extend_grievance(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, reason: str, now: datetime
) -> Grievance:
    """Take more time for a grievance, once, with a reason that the complainant reads.

    Raises:
        NotFound, SecondFactorRequired, CaseNotMovable: see `answer_grievance`.
        GrievanceInvalid: the reason is missing or too long.
        CaseExtendedBefore: it was extended before.
    """
    written = check_text(reason, field="reason", missing="请写为什么")
    await _get_assigned(conn, seal, official, case_id)
    case = await _lock_assigned(conn, case_id)
    await move_case(conn, seal, case, CaseMove.EXTEND, by=official, reason=written, now=now)
    return await _read(conn, seal, case_id)


async def appeal_grievance(
    conn: Connection, seal: Seal, grievance: Grievance, *, text: str, now: datetime
) -> Grievance:
    """Ask the next level to look at an answered grievance again, once, within 30 days; its officials are told.

    The caller's transaction has the scope of the account that complained. Source: 信访工作条例 35.

    Raises:
        GrievanceInvalid: the reason is missing or too long.
        CaseNotMovable: it is not answered, was looked at again, or the time is over.
    """
    written = check_text(text, field="text", missing="请写哪里不同意")
    case = await lock_case(conn, grievance.case_id)
    current = await _read(conn, seal, grievance.case_id)
    if not current.may_appeal(now):
        raise CaseNotMovable(state=case.state)
    moved = await move_case(conn, seal, case, CaseMove.REOPEN, by=None, reason=written, now=now)
    facts = {"name": case.name, "number": str(case.number), "due": format_due(moved.due_at)}
    await notify_assignee(conn, seal, moved, "case_assigned", facts, now=now)
    return await _read(conn, seal, grievance.case_id)


async def _get_assigned(conn: Connection, seal: Seal, official: Actor, case_id: UUID) -> Grievance:
    grievance = await get_grievance(conn, seal, case_id)
    if grievance is None:
        raise NotFound
    require_case_role(official, grievance.assignee, grievance.county_code)
    return grievance


async def _lock_assigned(conn: Connection, case_id: UUID) -> LockedCase:
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    return case


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> Grievance:
    grievance = await get_grievance(conn, seal, case_id)
    assert grievance is not None, "a grievance is not deleted"
    return grievance
