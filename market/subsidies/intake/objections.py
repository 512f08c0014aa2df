"""公示异议: object to a lead under notice without a name, answer the objection, and ask the next level once.

An objection is a case of `casework`. While one waits, no step takes its lead on (`take_lead_step`).
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason, record_case_looks
from market.cases.casework.models import OBJECTION, CaseMove, CaseOutcome, CaseState, LockedCase
from market.cases.casework.moves import TEXT_CONTEXT, lock_case, move_case, open_case
from market.cases.casework.receipts import hash_receipt, make_receipt
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import get_visible_divisions, require_case_role
from market.people.identity.models import Actor
from market.subsidies.intake.models import LeadState, LeadStep
from market.subsidies.intake.objection_models import (
    APPEAL_PERIOD,
    MAX_OBJECTION_LENGTH,
    MAX_OPEN_OBJECTIONS,
    NewObjection,
    Objection,
    ObjectionAnswer,
    ObjectionAnswered,
    ObjectionAnswererInvolved,
    ObjectionCount,
    ObjectionInvalid,
    ObjectionNotFound,
    ObjectionReason,
    ObjectionStatus,
    ReceivedObjection,
    TooManyObjections,
)
from market.subsidies.intake.record_step import record_step

_RECEIPT_GROUPS = 3
_ANSWERS = {CaseOutcome.SOLVED: ObjectionAnswer.UPHELD, CaseOutcome.UNSOLVED: ObjectionAnswer.DISMISSED}
_OUTCOMES = {answer: outcome for outcome, answer in _ANSWERS.items()}
SHOWN_DAYS = 60
"""How long a village's page counts an objection."""


class _ObjectionRow(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: int
    lead_id: UUID
    lead_number: int
    village_code: str
    village: str
    reason: ObjectionReason
    text_sealed: bytes
    recorded_by: str
    received_at: datetime
    due_at: datetime
    assignee: str
    state: CaseState
    outcome: CaseOutcome | None
    closed_at: datetime | None
    may_rise: bool
    answers_sealed: list[bytes]


class _Found(Struct, frozen=True):
    county_code: str
    case_id: UUID


class _Count(Struct, frozen=True, kw_only=True):
    reason: ObjectionReason
    outcome: CaseOutcome | None
    objections: int


LOCK_NOTICED_LEAD = Query(
    UUID,
    """
    SELECT id
      FROM leads
     WHERE number = :number AND village_code = :village AND state IN ('noticed', 'reviewed') AND notice @> :day::date
       FOR NO KEY UPDATE
    """,
)
# After the lock, and in a statement of its own: it counts what the one before added.
COUNT_WAITING = Query(
    int,
    """
    SELECT count(*) FROM objections JOIN cases ON cases.id = case_id WHERE lead_id = :lead_id AND state <> 'closed'
    """,
)
ADD_OBJECTION = Query(
    UUID,
    """
    INSERT INTO objections (case_id, lead_id, reason, receipt_hash, recorded_by)
    VALUES (:case_id, :lead_id, :reason, :receipt_hash, :recorded_by)
    RETURNING case_id
    """,
)
_COLUMNS = """
    SELECT o.case_id, c.number, o.lead_id, l.number AS lead_number, l.village_code, d.name AS village, o.reason,
           c.text_sealed, coalesce(a.name, '') AS recorded_by, c.received_at, c.due_at, c.path[c.level] AS assignee,
           c.state, c.outcome, c.closed_at, c.reopened_at IS NULL AND c.level < cardinality(c.path) AS may_rise,
           ARRAY(SELECT reason_sealed FROM case_events e
                  WHERE e.case_id = c.id AND move IN ('answer', 'settle') AND reason_sealed IS NOT NULL
                  ORDER BY e.id) AS answers_sealed
      FROM objections o
      JOIN cases c ON c.id = o.case_id
      JOIN leads l ON l.id = o.lead_id
      JOIN divisions d ON d.code = l.village_code
      LEFT JOIN accounts a ON a.id = o.recorded_by
"""
GET_OBJECTION = Query(_ObjectionRow, _COLUMNS + " WHERE o.case_id = :case_id")
LIST_OF_LEAD = Query(_ObjectionRow, _COLUMNS + " WHERE o.lead_id = :lead_id ORDER BY c.id LIMIT 100")
FIND_BY_RECEIPT = Query(_Found, "SELECT county_code, case_id FROM find_objection(:receipt_hash)")
SUM_UP_OBJECTIONS = Query(_Count, "SELECT * FROM sum_up_objections(:village::text, :since::date)")
LOCK_LEAD = Query(LeadState, "SELECT state FROM leads WHERE id = :lead_id FOR NO KEY UPDATE")
LIST_WAITING = Query(
    UUID,
    """
    SELECT case_id FROM objections JOIN cases ON cases.id = case_id
     WHERE lead_id = :lead_id AND case_id <> :case_id AND state <> 'closed'
     ORDER BY case_id
    """,
)
# Who brought the household onto the notice, or answered before, by whatever account.
IS_INVOLVED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM lead_steps
                    WHERE lead_id = :lead_id AND step IN ('report', 'visit', 'confirm')
                      AND is_same_person(account_id, :account_id))
        OR EXISTS (SELECT FROM case_events
                    WHERE case_id = :case_id AND move = 'answer' AND is_same_person(account_id, :account_id))
    """,
)


def check_objection_text(text: str, *, missing: str) -> str:
    """Return the cleaned text of an objection, an answer or an appeal.

    Raises:
        ObjectionInvalid: it is empty or longer than 500 characters.
    """
    written = clean_text(text)
    if not written:
        raise ObjectionInvalid(errors=(FieldFault("text", missing),))
    if len(written) > MAX_OBJECTION_LENGTH:
        raise ObjectionInvalid(errors=(FieldFault("text", f"最多 {MAX_OBJECTION_LENGTH} 个字"),))
    return written


async def object_to_notice(
    conn: Connection, seal: Seal, village_code: str, new: NewObjection, *, recorder: Actor | None, now: datetime
) -> ReceivedObjection:
    """Receive an objection to a lead under notice in a village, which stops the lead; the township is told.

    The transaction has the scope of the village's county. `recorder` is the official who writes down what somebody came
    to say; nobody else is named anywhere.

    Raises:
        ObjectionInvalid: the number is not under notice in the village today, or the text is missing or too long.
        TooManyObjections: ten objections to the lead wait.
    """
    written = check_objection_text(new.text, missing="请写您知道的情况")
    day = get_business_day(now)
    lead_id = None
    if 0 < new.number < 2**31:
        lead_id = await LOCK_NOTICED_LEAD.maybe(conn, number=new.number, village=village_code, day=day)
    if lead_id is None:
        raise ObjectionInvalid(errors=(FieldFault("number", "今天公示的名单上没有这个编号，请对一遍"),))
    if await COUNT_WAITING.one(conn, lead_id=lead_id) >= MAX_OPEN_OBJECTIONS:
        raise TooManyObjections
    case = await open_case(
        conn, seal, None, by=recorder, category=OBJECTION, division_code=village_code, against_producer_id=None,
        text=written, now=now,
    )  # fmt: skip
    receipt = make_receipt(_RECEIPT_GROUPS)
    await ADD_OBJECTION.one(
        conn, case_id=case.id, lead_id=lead_id, reason=new.reason, receipt_hash=hash_receipt(receipt),
        recorded_by=recorder.account_id if recorder else None,
    )  # fmt: skip
    await _tell(conn, seal, case, now=now)
    return ReceivedObjection(number=case.number, receipt=receipt, due_at=case.due_at)


async def find_by_receipt(conn: Connection, receipt: str) -> tuple[str, UUID]:
    """Return the county and the case of a receipt, in any transaction.

    Raises:
        ObjectionNotFound: no objection has it.
    """
    found = await FIND_BY_RECEIPT.maybe(conn, receipt_hash=hash_receipt(receipt))
    if found is None:
        raise ObjectionNotFound
    return found.county_code, found.case_id


async def get_objection_status(conn: Connection, seal: Seal, case_id: UUID, *, now: datetime) -> ObjectionStatus:
    """Return an objection as it is seen with its receipt; the transaction has the scope of its county."""
    row = await GET_OBJECTION.one(conn, case_id=case_id)
    appeal_until = None
    if row.outcome is CaseOutcome.UNSOLVED and row.may_rise and row.closed_at is not None:
        last = row.closed_at + APPEAL_PERIOD
        appeal_until = get_business_day(last) if now <= last else None
    return build_from(
        ObjectionStatus,
        row,
        answer=_read_answer(row),
        due_at=row.due_at if row.state is not CaseState.CLOSED else None,
        answers=_open_answers(seal, row),
        appeal_until=appeal_until,
    )


async def appeal_objection(conn: Connection, seal: Seal, case_id: UUID, text: str, *, now: datetime) -> None:
    """Ask the next level about an objection that was dismissed, once and within seven days; it stops the lead again.

    Raises:
        ObjectionInvalid: the text is missing or too long.
        ObjectionAnswered: the next level may not be asked, or not any more.
    """
    written = check_objection_text(text, missing="请写为什么不服")
    row = await GET_OBJECTION.one(conn, case_id=case_id)
    await LOCK_LEAD.one(conn, lead_id=row.lead_id)
    case = await lock_case(conn, case_id)
    if (await get_objection_status(conn, seal, case_id, now=now)).appeal_until is None:
        raise ObjectionAnswered
    moved = await move_case(conn, seal, case, CaseMove.REOPEN, by=None, reason=written, now=now)
    await _tell(conn, seal, moved, now=now)


async def answer_objection(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    case_id: UUID,
    *,
    answer: ObjectionAnswer,
    text: str,
    now: datetime,
) -> Objection:
    """Answer an objection as the township, or the county after it, in the caller's transaction of the county.

    One that is right takes a lead under notice back to the visit, and ends the others to it. `text` is read
    with the receipt.

    Raises:
        ObjectionNotFound: it is not in the actor's divisions, or for another role.
        SecondFactorRequired: the session has no second factor.
        ObjectionInvalid: the text is missing or too long.
        ObjectionAnswered: it was answered before.
        ObjectionAnswererInvolved: the person reported, visited or confirmed the lead, or answered it before.
        SecondLeadDuty: the lead concerns the person's household.
    """
    found = await _find_objection(conn, seal, actor, county, case_id)
    require_case_role(actor, found.assignee, found.village_code)
    written = check_objection_text(text, missing="请写怎么查的、结果怎样；提异议的人看得到，不要写名字")
    state = await LOCK_LEAD.one(conn, lead_id=found.lead_id)
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED or case.assignee != found.assignee:
        raise ObjectionAnswered
    # The chain of the record is locked after the lead and the case, as by the steps and moves of them.
    await record_case_looks(conn, actor, [found], now=now)
    if await IS_INVOLVED.one(conn, lead_id=found.lead_id, case_id=case_id, account_id=actor.account_id):
        raise ObjectionAnswererInvolved
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=_OUTCOMES[answer], now=now)
    if answer is ObjectionAnswer.UPHELD and state in {LeadState.NOTICED, LeadState.REVIEWED}:
        await record_step(
            conn, seal, actor, found.lead_id, step=LeadStep.UPHOLD, before=state, after=LeadState.REPORTED,
            opinion=written, now=now,
        )  # fmt: skip
        await add_audit_entry(
            conn, actor=str(actor.account_id), action="lead.uphold", object=f"lead:{found.lead_id}",
            detail={"from": str(state), "objection": case.number}, now=now,
        )  # fmt: skip
        for other in await LIST_WAITING.all(conn, lead_id=found.lead_id, case_id=case_id):
            await move_case(
                conn, seal, await lock_case(conn, other), CaseMove.SETTLE, by=None, reason=written,
                outcome=CaseOutcome.SOLVED, now=now,
            )  # fmt: skip
    return await get_objection(conn, seal, actor, county, case_id, now=now)


async def get_objection(
    conn: Connection, seal: Seal, actor: Actor, county: str, case_id: UUID, *, now: datetime
) -> Objection:
    """Return an objection of the official's divisions. The look is recorded.

    Raises:
        ObjectionNotFound: there is none.
    """
    found = await _find_objection(conn, seal, actor, county, case_id)
    await record_case_looks(conn, actor, [found], now=now)
    return found


async def _find_objection(conn: Connection, seal: Seal, actor: Actor, county: str, case_id: UUID) -> Objection:
    row = await GET_OBJECTION.maybe(conn, case_id=case_id)
    divisions = get_visible_divisions(actor, county)
    if row is None or not any(row.village_code.startswith(scope) for scope in divisions):
        raise ObjectionNotFound
    return _open(seal, row)


async def list_objections(conn: Connection, seal: Seal, lead_id: UUID) -> list[Objection]:
    """Return the objections to a visible lead, oldest first, at most 100."""
    return [_open(seal, row) for row in await LIST_OF_LEAD.all(conn, lead_id=lead_id)]


async def sum_up_objections(conn: Connection, village_code: str, *, since: date) -> list[ObjectionCount]:
    """Return how many objections a village has received since a day, by reason and answer."""
    counts = await SUM_UP_OBJECTIONS.all(conn, village=village_code, since=since)
    return [
        build_from(ObjectionCount, each, answer=_ANSWERS[each.outcome] if each.outcome else None) for each in counts
    ]


def _read_answer(row: _ObjectionRow) -> ObjectionAnswer | None:
    return _ANSWERS[row.outcome] if row.outcome else None


def _open_answers(seal: Seal, row: _ObjectionRow) -> list[str]:
    return [open_reason(seal, each) for each in row.answers_sealed]


def _open(seal: Seal, row: _ObjectionRow) -> Objection:
    text = seal.open(row.text_sealed, TEXT_CONTEXT)
    return build_from(Objection, row, text=text, answer=_read_answer(row), earlier=_open_answers(seal, row))


async def _tell(conn: Connection, seal: Seal, case: LockedCase, *, now: datetime) -> None:
    last = get_business_day(case.due_at - timedelta(microseconds=1))
    facts = {"name": case.name, "number": str(case.number), "due": f"{last.month} 月 {last.day} 日"}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
