"""Apply for what a county offers, with what the market knows filled in; the county decides with a reason."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from market.cases.casework.history import open_reason, record_case_looks
from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import TEXT_CONTEXT, lock_case, move_case, open_case
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_county_role, require_producer
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.people.notify.notifications import format_due, notify_producer
from market.villages.funds.calls import get_call
from market.villages.funds.models import (
    FUND,
    MAX_APPLICATIONS,
    MAX_TEXT_LENGTH,
    Application,
    ApplicationFields,
    CallClosed,
    FundAppliedBefore,
    FundCall,
    FundInvalid,
    NewFundApplication,
    Snapshot,
)
from payments.money import format_yuan

_YEAR = timedelta(days=365)
_CLOSED = "P0253"
"""The error of the trigger `check_fund_application` for a call that is closed, or of another county."""


class _ApplicationRow(ApplicationFields, frozen=True, kw_only=True):
    text_sealed: bytes
    reason_sealed: bytes | None


GET_VILLAGE = Query(str, "SELECT village_code FROM producers WHERE id = :producer_id AND state = 'open'")
LOAD_SNAPSHOT = Query(
    Snapshot,
    """
    SELECT p.name, p.kind, d.name AS village, p.produce, (p.opened_at AT TIME ZONE 'Asia/Shanghai')::date AS opened_on,
           count(s.id)::integer AS orders,
           coalesce(sum(s.goods_fen + s.freight_fen - s.discount_fen - s.refunded_fen), 0)::bigint AS sold_fen,
           ARRAY(SELECT DISTINCT kind FROM certificates c
                  WHERE c.producer_id = p.id AND c.verified_at IS NOT NULL AND c.kind <> 'identity'
                    AND coalesce(c.expires_on >= :day::date, true) ORDER BY kind) AS certificates
      FROM producers p
      JOIN divisions d ON d.code = p.village_code
      LEFT JOIN suborders s ON s.producer_id = p.id AND s.state = 'received' AND s.received_at > :since
     WHERE p.id = :producer_id
     GROUP BY p.id, d.name
    """,
)
ADD_APPLICATION = Query(
    UUID,
    """
    INSERT INTO fund_applications (case_id, call_id, producer_id, snapshot, wanted_fen)
    VALUES (:case_id, :call_id, :producer_id, :snapshot, :wanted_fen)
    RETURNING case_id
    """,
)
GRANT = Query(None, "UPDATE fund_applications SET granted_fen = :granted_fen WHERE case_id = :case_id")
_COLUMNS = """
    SELECT a.case_id, s.number, c.name AS call, c.number AS call_number, c.kind, c.amount_fen, p.name AS producer,
           a.producer_id, s.county_code, a.snapshot, a.wanted_fen, a.granted_fen, s.state, s.outcome,
           CASE WHEN s.state = 'assigned' THEN s.path[s.level] END AS assignee, s.received_at, s.due_at, s.closed_at,
           s.text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = s.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS reason_sealed
      FROM fund_applications a
      JOIN cases s ON s.id = a.case_id
      JOIN fund_calls c ON c.id = a.call_id
      JOIN producers p ON p.id = a.producer_id
"""
GET_APPLICATION = Query(_ApplicationRow, _COLUMNS + " WHERE a.case_id = :case_id")
LIST_OF_PRODUCERS = Query(
    _ApplicationRow,
    _COLUMNS
    + " WHERE a.producer_id = ANY(:producer_ids::uuid[]) ORDER BY s.received_at DESC, s.number DESC LIMIT :limit",
)
LIST_OF_CALL = Query(
    _ApplicationRow, _COLUMNS + " WHERE a.call_id = :call_id ORDER BY s.received_at, a.case_id LIMIT :limit"
)


def _open(seal: Seal, row: _ApplicationRow) -> Application:
    text = seal.open(row.text_sealed, TEXT_CONTEXT)
    return build_from(Application, row, text=text, reason=open_reason(seal, row.reason_sealed))


async def load_snapshot(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> Snapshot:
    """Return what an application of a producer would have without being typed.

    Raises:
        NotFound: the actor does not work for it.
    """
    require_producer(actor, producer_id)
    found = await LOAD_SNAPSHOT.maybe(conn, producer_id=producer_id, day=get_business_day(now), since=now - _YEAR)
    if found is None:
        raise NotFound
    return found


async def apply_for_fund(
    conn: Connection, seal: Seal, actor: Actor, number: int, new: NewFundApplication, *, now: datetime
) -> Application:
    """Apply to a call for a producer that may sell; the county is told. In the person's scope.

    Raises:
        NotFound: there is no such call, or the actor does not work for the producer.
        FundInvalid: the text is missing or too long, or more is wanted than the call gives; `errors` lists each.
        CallClosed: the call takes no applications today, or the producer is of another county or may not sell.
        FundAppliedBefore: the producer applied to it before.
    """
    require_producer(actor, new.producer_id)
    call = await get_call(conn, number)
    written = clean_text(new.text)
    _require_sound(call, written, new.wanted_fen, field="wanted", missing="写拿来做什么")
    village = await GET_VILLAGE.maybe(conn, producer_id=new.producer_id)
    if village is None:
        raise CallClosed
    case = await open_case(
        conn, seal, actor.account_id, by=actor, category=FUND, division_code=village, against_producer_id=None,
        for_producer_id=new.producer_id, text=written, now=now,
    )  # fmt: skip
    try:
        await ADD_APPLICATION.one(
            conn,
            case_id=case.id,
            call_id=call.id,
            producer_id=new.producer_id,
            snapshot=await load_snapshot(conn, actor, new.producer_id, now=now),
            wanted_fen=new.wanted_fen,
        )
    except asyncpg.UniqueViolationError:
        raise FundAppliedBefore from None
    except asyncpg.PostgresError as error:
        if error.sqlstate == _CLOSED:
            raise CallClosed from error
        raise
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    return await _read(conn, seal, case.id)


def _require_sound(
    call: FundCall | Application, text: str, amount_fen: Fen | None, *, field: str, missing: str
) -> None:
    faults: list[FieldFault] = []
    if amount_fen is not None and call.amount_fen is None:
        faults.append(FieldFault(field, "这一项不给钱，空着"))
    elif amount_fen is not None and call.amount_fen is not None and not 0 < amount_fen <= call.amount_fen:
        faults.append(FieldFault(field, f"大于 0，最多 {format_yuan(call.amount_fen)} 元"))
    if not text:
        faults.append(FieldFault("text", missing))
    elif len(text) > MAX_TEXT_LENGTH:
        faults.append(FieldFault("text", f"最多 {MAX_TEXT_LENGTH} 字"))
    if faults:
        raise FundInvalid(errors=tuple(faults))


async def decide_application(
    conn: Connection,
    seal: Seal,
    official: Actor,
    case_id: UUID,
    *,
    granted: bool,
    granted_fen: Fen | None,
    text: str,
    now: datetime,
) -> Application:
    """Grant an application, of money a sum up to what the call gives, or refuse it; the producer reads the reason.

    Raises:
        NotFound: it is not for the official to decide.
        SecondFactorRequired: the session has no second factor.
        FundInvalid: the reason is missing, or the sum is missing, or more than the call gives; `errors` lists each.
        CaseNotMovable: it was decided before.
        CaseAnswererInvolved: the official works for the producer.
    """
    found = await get_application(conn, seal, case_id)
    if found is None:
        raise NotFound
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    require_case_role(official, case.assignee, found.county_code)
    written = clean_text(text)
    sum_fen = granted_fen if granted else None
    _require_sound(found, written, sum_fen, field="granted", missing="写原因，申请的人看得到")
    if granted and found.amount_fen is not None and sum_fen is None:
        raise FundInvalid(errors=(FieldFault("granted", "写给多少"),))
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    outcome = CaseOutcome.SOLVED if granted else CaseOutcome.UNSOLVED
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    if sum_fen is not None:
        await GRANT.run(conn, case_id=case_id, granted_fen=sum_fen)
    template = "fund_granted" if granted else "fund_refused"
    await notify_producer(conn, seal, found.producer_id, template, {"call": found.call}, now=now)
    return await _read(conn, seal, case_id)


async def get_application(conn: Connection, seal: Seal, case_id: UUID) -> Application | None:
    """Return an application that the transaction may see, or None."""
    row = await GET_APPLICATION.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_own_applications(conn: Connection, seal: Seal, actor: Actor) -> list[Application]:
    """Return the applications of the producers that the actor works for, the newest first, in the person's scope."""
    rows = await LIST_OF_PRODUCERS.all(conn, producer_ids=list(actor.producers), limit=MAX_APPLICATIONS)
    return [_open(seal, row) for row in rows]


async def list_call_applications(
    conn: Connection, seal: Seal, official: Actor, county: str, number: int, *, now: datetime
) -> list[Application]:
    """Return the applications to a call of a county, the earliest first, in a transaction of the county.

    At most `MAX_APPLICATIONS`. The look is recorded.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
        NotFound: the county has no such call.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    call = await get_call(conn, number)
    if call.county_code != county:
        raise NotFound
    rows = await LIST_OF_CALL.all(conn, call_id=call.id, limit=MAX_APPLICATIONS)
    found = [_open(seal, row) for row in rows]
    await record_case_looks(conn, official, found, now=now)
    return found


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> Application:
    found = await get_application(conn, seal, case_id)
    assert found is not None, "an application is not deleted"
    return found
