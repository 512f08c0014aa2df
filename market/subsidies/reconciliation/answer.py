"""Answer for differences, and record how each operator's month was reconciled."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.places.counties.load import load_county_settings
from market.subsidies.models import CycleId, DecisionReasonMissing
from market.subsidies.month.cycles import MAX_OPINION_LENGTH, Cycle, begin_step, require_state
from market.subsidies.month.steps import RECONCILE
from market.subsidies.names import OPERATOR_NAMES, Operator
from market.subsidies.reconciliation.models import (
    STOPPING_KINDS,
    DifferenceKind,
    DifferenceNotFound,
    DifferenceStops,
    OpenDifferences,
    ReturnMissing,
)


class AcceptedDifferences(Struct, frozen=True, kw_only=True):
    """How many differences of a month were accepted, and how many are open still."""

    county: str
    month: str
    accepted: int
    open: int


class _OperatorReturn(Struct, frozen=True, kw_only=True):
    """What an operator returned for a month; `rows` of its settlement file are 0 if it is paid for no line."""

    operator: Operator
    rows: int
    returned: bool
    open: int


LIST_OPEN_KINDS = Query(
    DifferenceKind,
    """
    SELECT d.kind FROM return_differences d JOIN return_files f USING (file_id)
     WHERE d.id = ANY(:ids::uuid[]) AND d.county_code = :county AND f.cycle_id = :cycle_id AND d.outcome IS NULL
       AND f.revision = (SELECT max(revision) FROM return_files WHERE cycle_id = :cycle_id AND operator = f.operator)
    """,
)
ACCEPT_DIFFERENCES = Query(
    None,
    """
    UPDATE return_differences
       SET outcome = 'accepted', why = :why, answered_by = :account_id, answered_at = :now
     WHERE id = ANY(:ids::uuid[]) AND county_code = :county AND outcome IS NULL
    """,
)
LIST_OPERATOR_RETURNS = Query(
    _OperatorReturn,
    """
    SELECT s.operator, coalesce(sent.rows, 0) AS rows, f.file_id IS NOT NULL AS returned,
           (SELECT count(*)::integer FROM return_differences d
             WHERE d.file_id = f.file_id AND d.outcome IS NULL) AS open
      FROM settlements s
      LEFT JOIN settlement_files sent USING (cycle_id, operator)
      LEFT JOIN LATERAL (
          SELECT file_id FROM return_files r
           WHERE r.cycle_id = s.cycle_id AND r.operator = s.operator ORDER BY revision DESC LIMIT 1) AS f ON true
     WHERE s.cycle_id = :cycle_id AND s.county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], s.operator)
    """,
)
ADD_RECONCILIATIONS = Query(
    None,
    """
    INSERT INTO reconciliations (cycle_id, operator, round, county_code, file_id, settled_fen, credited_fen,
                                 accepted_fen, reconciled_at)
    SELECT s.cycle_id, s.operator,
           (SELECT 1 + coalesce(max(round), 0) FROM reconciliations WHERE cycle_id = :cycle_id), s.county_code,
           f.file_id, s.pay_fen, f.credited_fen,
           CASE WHEN f.file_id IS NOT NULL THEN (
               SELECT coalesce(sum(coalesce(d.settled_fen, 0) - coalesce(d.credited_fen, 0)), 0)
                 FROM return_differences d WHERE d.file_id = f.file_id AND d.outcome = 'accepted') END,
           :now
      FROM settlements s
      LEFT JOIN LATERAL (
          SELECT file_id, credited_fen FROM return_files r
           WHERE r.cycle_id = s.cycle_id AND r.operator = s.operator ORDER BY revision DESC LIMIT 1) AS f ON true
     WHERE s.cycle_id = :cycle_id AND s.county_code = :county
    """,
)


async def accept_differences(
    conn: Connection,
    actor: Actor | None,
    county: str,
    month: date,
    *,
    ids: Sequence[UUID],
    why: str,
    now: datetime,
) -> AcceptedDifferences:
    """Accept open differences of a settled month with one reason, all of them or none.

    The reconciler answers, who did not import the return file (R14). The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not reconcile for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, CycleClosed, WrongState: the month is not settled, or is reconciled already.
        DecisionReasonMissing: the reason is missing or too long.
        DifferenceNotFound: a difference does not exist, is answered, or belongs to an earlier return file.
        DifferenceStops: a payment that came back cannot be accepted as paid.
    """
    cycle, actor, _ = await begin_step(conn, RECONCILE, actor, county, month, now=now)
    require_state(cycle, RECONCILE.froms)
    if not 1 <= len(why.strip()) <= MAX_OPINION_LENGTH:
        raise DecisionReasonMissing
    wanted = list(dict.fromkeys(ids))
    kinds = await LIST_OPEN_KINDS.all(conn, ids=wanted, county=county, cycle_id=cycle.id)
    if not wanted or len(kinds) != len(wanted):
        raise DifferenceNotFound
    if STOPPING_KINDS & set(kinds):
        raise DifferenceStops
    await ACCEPT_DIFFERENCES.run(conn, ids=wanted, county=county, why=why.strip(), account_id=actor.account_id, now=now)
    detail: dict[str, object] = {"differences": [str(each) for each in wanted], "why": why.strip()}
    who, object_ = str(actor.account_id), f"cycle:{county}:{cycle.name}"
    await add_audit_entry(conn, actor=who, action="accept differences", object=object_, detail=detail, now=now)
    left = sum(each.open for each in await _list_returns(conn, cycle.county_code, cycle.id))
    return AcceptedDifferences(county=county, month=cycle.name, accepted=len(wanted), open=left)


async def record_reconciliation(conn: Connection, cycle: Cycle, *, now: datetime) -> None:
    """Record for each operator what was compared; a month that was returned gets a record more.

    A return file is needed of each operator that is paid for a line, if the county's setting `returns_required` says
    so; else the month is reconciled without, which the record shows.

    Raises:
        OpenDifferences: a difference of a latest return file is open.
        ReturnMissing: the county needs a return file that did not come.
    """
    returns = await _list_returns(conn, cycle.county_code, cycle.id)
    open_ones = [each for each in returns if each.open]
    if open_ones:
        told = "；".join(f"{OPERATOR_NAMES[each.operator]}的回单有 {each.open} 条差异没有处理" for each in open_ones)
        raise OpenDifferences(month=cycle.name, operators=told)
    missing = [each.operator for each in returns if each.rows and not each.returned]
    settings = await load_county_settings(conn, cycle.county_code, day=get_business_day(now))
    if missing and settings.returns_required:
        raise ReturnMissing(month=cycle.name, operators="、".join(OPERATOR_NAMES[each] for each in missing))
    await ADD_RECONCILIATIONS.run(conn, county=cycle.county_code, cycle_id=cycle.id, now=now)


async def _list_returns(conn: Connection, county: str, cycle_id: CycleId) -> list[_OperatorReturn]:
    return await LIST_OPERATOR_RETURNS.all(conn, county=county, cycle_id=cycle_id)
