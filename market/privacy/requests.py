"""Ask about the own data; the county or the platform answers in 15 working days and never sees the copy."""

from datetime import datetime
from uuid import UUID

from market.cases.casework.history import open_reason
from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import lock_case, move_case, open_case
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.identity.person_keys import find_person_seal, make_person_seal
from market.people.notify.notifications import format_due, notify_account
from market.places.divisions.village_periods import find_village_fault
from market.privacy.request_models import (
    MAX_DETAIL_LENGTH,
    MAX_OPEN_REQUESTS,
    PROVINCE_CODE,
    REQUEST_NAMES,
    DataRequest,
    DataRequestFields,
    DataRequestInvalid,
    DataRequestKind,
    NewDataRequest,
    TooManyDataRequests,
)

COUNTY_REQUEST, PLATFORM_REQUEST = "data_county", "data_platform"
DETAIL_CONTEXT = "data_requests.detail"
ANSWERS = frozenset({CaseOutcome.SOLVED, CaseOutcome.UNSOLVED, CaseOutcome.NOT_OURS})
"""How a request is answered: done, refused with the reason, or for somebody else."""
MAX_LISTED = 100


class _RequestRow(DataRequestFields, frozen=True, kw_only=True):
    asker_id: UUID | None
    detail_by_key: bytes
    answer_sealed: bytes | None


COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM data_requests JOIN cases ON cases.id = case_id
     WHERE asker_id = :account_id AND state = 'assigned'
    """,
)
ADD_REQUEST = Query(
    None,
    """
    INSERT INTO data_requests (case_id, category, kind, field, detail_by_key)
    VALUES (:case_id, :category, :kind, :field, :detail_by_key)
    """,
)
_COLUMNS = """
    SELECT r.case_id, c.number, r.kind, r.field, coalesce(d.name, '') AS division, c.county_code, c.state, c.outcome,
           CASE WHEN c.state = 'assigned' THEN c.path[c.level] END AS assignee, c.received_at, c.due_at, c.closed_at,
           c.asker_id, r.detail_by_key,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS answer_sealed
      FROM data_requests r JOIN cases c ON c.id = r.case_id LEFT JOIN divisions d ON d.code = c.division_code
"""
GET_REQUEST = Query(_RequestRow, _COLUMNS + " WHERE r.case_id = :case_id")
LIST_OWN_REQUESTS = Query(
    _RequestRow, _COLUMNS + " WHERE c.asker_id = :account_id ORDER BY c.received_at DESC, c.number DESC LIMIT :limit"
)
LIST_OPEN_REQUESTS = Query(
    UUID,
    """
    SELECT case_id FROM data_requests JOIN cases ON cases.id = case_id
     WHERE asker_id = :account_id AND state = 'assigned'
     ORDER BY case_id
    """,
)


async def _open(conn: Connection, seal: Seal, row: _RequestRow) -> DataRequest:
    own = await find_person_seal(conn, seal, row.asker_id)
    text = None if own is None else own.open(row.detail_by_key, DETAIL_CONTEXT)
    return build_from(DataRequest, row, text=text, answer=open_reason(seal, row.answer_sealed))


async def _find_division(conn: Connection, new: NewDataRequest, now: datetime) -> str:
    if not new.village_code or new.kind is DataRequestKind.COMPLAIN:
        return PROVINCE_CODE
    fault = await find_village_fault(conn, new.village_code, day=get_business_day(now))
    if fault is not None:
        raise DataRequestInvalid(errors=(FieldFault("village", fault),))
    return new.village_code


async def ask_about_data(
    conn: Connection, seal: Seal, actor: Actor, new: NewDataRequest, *, now: datetime
) -> DataRequest:
    """Ask about the own data, in the person's scope; whose turn it is, is told. A complaint goes to the platform.

    Raises:
        DataRequestInvalid: the words are missing or too long, a correction does not say of what, or the village does
            not exist; `errors` lists each.
        TooManyDataRequests: `MAX_OPEN_REQUESTS` of the person are open.
    """
    written, faults = clean_text(new.text), list[FieldFault]()
    if not written:
        faults.append(FieldFault("text", say("写清楚是什么、应该怎样")))
    elif len(written) > MAX_DETAIL_LENGTH:
        faults.append(FieldFault("text", say("最多 {0} 字", MAX_DETAIL_LENGTH)))
    if (new.kind is DataRequestKind.CORRECT) is (new.field is None):
        faults.append(FieldFault("field", say("选哪一样写错了") if new.field is None else say("只有更正要选")))
    if faults:
        raise DataRequestInvalid(errors=tuple(faults))
    division = await _find_division(conn, new, now)
    await lock_quota(conn, "data_requests", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id) >= MAX_OPEN_REQUESTS:
        raise TooManyDataRequests
    category = PLATFORM_REQUEST if division == PROVINCE_CODE else COUNTY_REQUEST
    # The case holds what kind of thing is asked, which stays; what exactly is sealed with the person's key.
    case = await open_case(
        conn, seal, actor.account_id, by=actor, category=category, division_code=division, against_producer_id=None,
        text=REQUEST_NAMES[new.kind], now=now,
    )  # fmt: skip
    own = await make_person_seal(conn, seal, actor.account_id, now=now)
    await ADD_REQUEST.run(
        conn, case_id=case.id, category=category, kind=new.kind, field=new.field or "",
        detail_by_key=own.seal(written, DETAIL_CONTEXT),
    )  # fmt: skip
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    return await _read(conn, seal, case.id)


async def get_data_request(conn: Connection, seal: Seal, case_id: UUID) -> DataRequest | None:
    """Return a request that the transaction may see, or None."""
    row = await GET_REQUEST.maybe(conn, case_id=case_id)
    return None if row is None else await _open(conn, seal, row)


async def list_data_requests(
    conn: Connection, seal: Seal, account_id: AccountId, *, limit: int = MAX_LISTED
) -> list[DataRequest]:
    """Return the requests of a person, the newest first, in the person's scope."""
    rows = await LIST_OWN_REQUESTS.all(conn, account_id=account_id, limit=limit)
    return [await _open(conn, seal, row) for row in rows]


async def answer_data_request(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, outcome: CaseOutcome, text: str, now: datetime
) -> DataRequest:
    """Answer a request as the official whose turn it is; the person is told and reads the reason.

    Raises:
        NotFound: it is not for the official to answer.
        SecondFactorRequired: the session has no second factor.
        DataRequestInvalid: the outcome is not of `ANSWERS`, or the reason is missing or too long; `errors` lists each.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the official asked it.
    """
    found = await get_data_request(conn, seal, case_id)
    if found is None:
        raise NotFound
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    require_case_role(official, case.assignee, found.county_code)
    written, faults = clean_text(text), list[FieldFault]()
    if outcome not in ANSWERS:
        faults.append(FieldFault("outcome", "请选办得怎么样"))
    if not written:
        faults.append(FieldFault("text", "写怎么办的、为什么，本人看得到"))
    elif len(written) > MAX_DETAIL_LENGTH:
        faults.append(FieldFault("text", f"最多 {MAX_DETAIL_LENGTH} 字"))
    if faults:
        raise DataRequestInvalid(errors=tuple(faults))
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "data_request_answered", facts, now=now)
    return await _read(conn, seal, case_id)


async def withdraw_data_requests(conn: Connection, seal: Seal, account_id: AccountId, *, now: datetime) -> None:
    """Withdraw the open requests of a person who closes their account, in the person's scope."""
    for case_id in await LIST_OPEN_REQUESTS.all(conn, account_id=account_id):
        case = await lock_case(conn, case_id)
        await move_case(conn, seal, case, CaseMove.WITHDRAW, by=Actor(account_id, ""), now=now)


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> DataRequest:
    found = await get_data_request(conn, seal, case_id)
    assert found is not None, "a request is not deleted"
    return found
