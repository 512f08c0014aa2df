"""Answer a grievance as the official whose turn it is; ask the next level as the complainant."""

from datetime import datetime
from uuid import UUID

from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome, LockedCase
from market.cases.casework.moves import lock_case, move_case
from market.cases.casework.tell import notify_assignee
from market.cases.grievances.involved import is_involved
from market.cases.grievances.models import GrievanceInvalid, GrievanceNotTriaged, GrievanceTriagerAnswers
from market.cases.grievances.receive import check_text
from market.cases.grievances.triage import lock_assigned, read_grievance
from market.cases.grievances.views import Grievance
from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due, notify_account

ANSWERS = frozenset({CaseOutcome.SOLVED, CaseOutcome.UNSOLVED, CaseOutcome.NOT_OURS, CaseOutcome.DUPLICATE})

IS_TRIAGER = Query(
    bool,
    """
    SELECT is_same_person(triaged_by, :account_id) FROM grievances WHERE case_id = :case_id
    """,
)


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
        GrievanceTriagerAnswers: the official triaged it, and a level above could answer.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the official complained, is complained of, had a part in what the grievance is linked to
            or names, or answered it before (see `IS_INVOLVED`).
    """
    if outcome not in ANSWERS:
        raise GrievanceInvalid(errors=(FieldFault("outcome", "请选办得怎么样"),))
    written = check_text(text, field="text", missing="请写怎么办的，投诉的人看得到")
    grievance, case = await lock_assigned(conn, seal, official, case_id, now=now)
    if grievance.triaged_at is None:
        raise GrievanceNotTriaged
    if case.level < len(case.path) and await IS_TRIAGER.one(conn, case_id=case_id, account_id=official.account_id):
        raise GrievanceTriagerAnswers
    if await is_involved(conn, seal, official, grievance):
        raise CaseAnswererInvolved
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "complaint_answered", facts, now=now)
    return await read_grievance(conn, seal, case_id)


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
    _, case = await lock_assigned(conn, seal, official, case_id, now=now)
    await move_case(conn, seal, case, CaseMove.EXTEND, by=official, reason=written, now=now)
    return await read_grievance(conn, seal, case_id)


async def raise_grievance(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, reason: str, now: datetime
) -> Grievance:
    """Give a grievance to the next level, whose officials are told, with a reason that the complainant reads.

    Raises:
        NotFound, SecondFactorRequired, CaseNotMovable: see `answer_grievance`.
        GrievanceInvalid: the reason is missing or too long.
        CaseAtTopLevel: no level is above.
    """
    written = check_text(reason, field="up", missing="请写为什么")
    _, case = await lock_assigned(conn, seal, official, case_id, now=now)
    moved = await move_case(conn, seal, case, CaseMove.ESCALATE, by=official, reason=written, now=now)
    await _tell_assigned(conn, seal, moved, now=now)
    return await read_grievance(conn, seal, case_id)


async def _tell_assigned(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)


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
    current = await read_grievance(conn, seal, grievance.case_id)
    if not current.may_appeal(now):
        raise CaseNotMovable(state=case.state)
    moved = await move_case(conn, seal, case, CaseMove.REOPEN, by=None, reason=written, now=now)
    await _tell_assigned(conn, seal, moved, now=now)
    return await read_grievance(conn, seal, grievance.case_id)
