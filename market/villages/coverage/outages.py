"""Report that there is no signal; the operator answers, then the county, then the platform."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.cases.casework.history import open_reason
from market.cases.casework.models import OPERATOR, CaseMove, CaseNotMovable, CaseState
from market.cases.casework.moves import TEXT_CONTEXT, lock_case, move_case, open_case
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_operator
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.notify.notifications import notify_account
from market.places.divisions.village_periods import find_village_fault
from market.villages.coverage.models import (
    ANSWERS,
    KIND_NAMES,
    MAX_OPEN_REPORTS,
    MAX_TEXT_LENGTH,
    OUTAGE,
    OUTAGE_TOWN,
    TECHNOLOGY_NAMES,
    NewOutage,
    Outage,
    OutageFields,
    OutageInvalid,
    OutageKind,
    TooManyOutages,
)
from market.villages.coverage.register import list_operators

MAX_LISTED = 200


class _OutageRow(OutageFields, frozen=True, kw_only=True):
    text_sealed: bytes
    answer_sealed: bytes | None


_COLUMNS = """
    SELECT o.case_id, c.number, o.kind, o.village_code, d.name AS village, c.county_code, o.operator,
           p.name AS operator_name, o.technology, o.since, c.state, c.outcome,
           CASE WHEN c.state = 'assigned' THEN c.path[c.level] END AS assignee, c.received_at, c.due_at, c.text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS answer_sealed
      FROM outages o
      JOIN cases c ON c.id = o.case_id
      JOIN divisions d ON d.code = o.village_code
      JOIN operators p ON p.code = o.operator
"""
GET_OUTAGE = Query(_OutageRow, _COLUMNS + " WHERE o.case_id = :case_id")
LIST_OWN = Query(_OutageRow, _COLUMNS + " WHERE c.asker_id = :account_id ORDER BY c.received_at DESC LIMIT :limit")
LIST_OF_OPERATOR = Query(
    _OutageRow,
    _COLUMNS
    + """
     WHERE c.county_code = :county AND o.operator = :operator
     ORDER BY c.state <> 'assigned' OR c.level > 1, c.due_at, c.id
     LIMIT :limit
    """,
)
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM cases
     WHERE asker_id = :account_id AND category IN ('outage', 'outage_town') AND state <> 'closed'
    """,
)
# In the scope of the county, because reports are cases.
COUNT_PEOPLE_WAITING = Query(
    int,
    """
    SELECT count(DISTINCT asker_id) FROM outages JOIN cases ON cases.id = case_id
     WHERE village_code = :village AND state <> 'closed'
    """,
)
IS_SERVED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM coverage
                    WHERE village_code = :village AND operator = :operator AND technology = :technology AND share_bp > 0
                      AND valid_during @> :day::date)
    """,
)
IS_TOWN = Query(bool, "SELECT name ~ '(社区|居委会)$' FROM divisions WHERE code = :village")
ADD_OUTAGE = Query(
    None,
    """
    INSERT INTO outages (case_id, category, kind, village_code, operator, technology, since)
    VALUES (:case_id, :category, :kind, :village, :operator, :technology, :since)
    """,
)


def _open(seal: Seal, row: _OutageRow) -> Outage:
    return build_from(
        Outage, row, text=seal.open(row.text_sealed, TEXT_CONTEXT), answer=open_reason(seal, row.answer_sealed)
    )


async def report_outage(
    conn: Connection, seal: Seal, actor: Actor, village: str, new: NewOutage, *, now: datetime
) -> Outage:
    """Report that a service is gone, or never was there, in the person's scope; the operator answers it.

    Raises:
        OutageInvalid: the village is unknown or ended, the operator is unknown, has no such service there that could be
            gone, the day is in the future, or the text is too long.
        TooManyOutages: the person has `MAX_OPEN_REPORTS` open ones.
    """
    today, written = get_business_day(now), clean_text(new.text)
    faults: list[FieldFault] = []
    if fault := await find_village_fault(conn, village, day=today):
        faults.append(FieldFault("village", fault))
    names = {each.code: each.name for each in await list_operators(conn)}
    name = names.get(new.operator)
    if name is None:
        faults.append(FieldFault("operator", "请选哪家运营商"))
    elif new.kind is OutageKind.GONE and not await IS_SERVED.one(
        conn, village=village, operator=new.operator, technology=new.technology, day=today
    ):
        words = f"{name}在这个村没有登记过{TECHNOLOGY_NAMES[new.technology]}；请选“{KIND_NAMES[OutageKind.NEVER]}”"
        faults.append(FieldFault("operator", words))
    if new.since > today:
        faults.append(FieldFault("since", f"不能晚于今天 {today}"))
    if len(written) > MAX_TEXT_LENGTH:
        faults.append(FieldFault("text", f"最多 {MAX_TEXT_LENGTH} 字"))
    if faults:
        raise OutageInvalid(errors=tuple(faults))
    await lock_quota(conn, "outages", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id) >= MAX_OPEN_REPORTS:
        raise TooManyOutages
    category = OUTAGE_TOWN if await IS_TOWN.one(conn, village=village) else OUTAGE
    case = await open_case(
        conn, seal, actor.account_id, by=actor, category=category, division_code=village, against_producer_id=None,
        text=written, now=now,
    )  # fmt: skip
    await ADD_OUTAGE.run(
        conn, case_id=case.id, category=category, kind=new.kind, village=village, operator=new.operator,
        technology=new.technology, since=new.since,
    )  # fmt: skip
    return await _read(conn, seal, case.id)


async def get_outage(conn: Connection, seal: Seal, case_id: UUID) -> Outage | None:
    """Return a report that the transaction may see, or None."""
    row = await GET_OUTAGE.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_own_outages(conn: Connection, seal: Seal, account_id: AccountId) -> list[Outage]:
    """Return a person's reports, the newest first, in the person's scope."""
    return [_open(seal, row) for row in await LIST_OWN.all(conn, account_id=account_id, limit=MAX_LISTED)]


async def list_operator_outages(conn: Connection, seal: Seal, actor: Actor, county: str) -> Sequence[Outage]:
    """Return the reports about the actor's operator in a county, those that wait for it first by deadline.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `require_operator`.
    """
    operator = require_operator(actor, county)
    rows = await LIST_OF_OPERATOR.all(conn, county=county, operator=operator, limit=MAX_LISTED)
    return [_open(seal, row) for row in rows]


async def count_people_waiting(conn: Connection, village: str) -> int:
    """Return how many people wait for an answer about a village, in the scope of its county."""
    return await COUNT_PEOPLE_WAITING.one(conn, village=village)


async def answer_outage(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, outcome: str, text: str, now: datetime
) -> Outage:
    """Answer a report as the operator, or the officials, whose turn it is; the villager is told.

    In the caller's transaction, whose scope is the county.

    Raises:
        NotFound: it is not for the actor to answer: another operator's, another county's, another level's.
        NotAllowed, SecondFactorRequired: see `require_operator`, `require_case_role`.
        OutageInvalid: the outcome is none of `ANSWERS`, or the text is missing or too long.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the actor reported it.
    """
    found = await get_outage(conn, seal, case_id)
    if found is None:
        raise NotFound
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    if case.assignee == OPERATOR:
        if require_operator(actor, found.county_code) != found.operator:
            raise NotFound
    else:
        require_case_role(actor, case.assignee, found.village_code)
    chosen = next((each for each in ANSWERS if each == outcome), None)
    written = clean_text(text)
    faults = [FieldFault("outcome", "请选办得怎么样")] if chosen is None else []
    if not written or len(written) > MAX_TEXT_LENGTH:
        faults.append(FieldFault("text", f"请写查了什么、怎么办的，最多 {MAX_TEXT_LENGTH} 字"))
    if faults:
        raise OutageInvalid(errors=tuple(faults))
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=chosen, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "outage_answered", facts, now=now)
    return await _read(conn, seal, case_id)


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> Outage:
    found = await get_outage(conn, seal, case_id)
    assert found is not None, "a report is not deleted"
    return found
