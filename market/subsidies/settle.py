"""Paying the operators what the county decided, comparing it with what came back, and closing the month."""

from datetime import date, datetime

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Fen, Query, Refusal
from market.subsidies.approve import move_on
from market.subsidies.cycles import ROLE_OF, Cycle, hold_duty, lock_cycle, require_county, require_state
from market.subsidies.findings import held_lines
from market.subsidies.models import Done, Duty, Outcome, State
from market.subsidies.words import Operator

SETTLED_STATES = (State.SETTLED, State.RECONCILED, State.CLOSED)


class OperatorSettlement(Struct, frozen=True):
    """What an operator claimed of a month, what was approved, and what it is paid: the public part alone."""

    rows: int
    claimed_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    adjustment_rows: int
    adjustment_public_fen: Fen
    adjustment_conceded_fen: Fen
    pay_fen: Fen


class Control(Struct, frozen=True):
    """The control totals of a settlement file."""

    rows: int
    pay_fen: Fen


class Settlement(Struct, frozen=True):
    """A month's settlement by operator; `provisional` until it is settled, `held` are lines that wait."""

    month: str
    provisional: bool
    held: list[str]
    operators: dict[Operator, OperatorSettlement]
    control: Control


class _Sums(Struct, frozen=True):
    operator: Operator
    rows: int
    claimed_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    adjustment_rows: int
    adjustment_public_fen: Fen
    adjustment_conceded_fen: Fen


class NotReconciled(Refusal):
    """The postings do not come to what the operators were told."""

    code = "not_reconciled"
    zh = "{month} 的入账与结算文件不一致：{differences}。"
    en = "The postings of {month} differ from what was settled: {differences}."


class _Difference(Struct, frozen=True):
    operator: str
    told_fen: int
    posted_fen: int


POST_MONTH = Query(
    None,
    """
    INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator, kind,
                                  approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)
    SELECT :cycle_id, line_code, :month, 1, county_code, run_id, operator, kind, approved_fen, conceded_fen,
           public_fen, 0, shares, :now
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND approved_fen > 0 AND NOT line_code = ANY(:held::text[])
    """,
)
# Of a settled month what was held is what was not posted then, whatever was decided since.
HELD_AT_SETTLEMENT = Query(
    str,
    """
    SELECT r.line_code FROM run_lines r
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.approved_fen > 0
       AND NOT EXISTS (SELECT FROM subsidy_postings p
                        WHERE p.cycle_id = :cycle_id AND p.line_code = r.line_code AND p.for_month = :month)
     ORDER BY r.line_code
    """,
)
SETTLEMENT = Query(
    _Sums,
    """
    WITH own AS (
        SELECT operator, count(claimed_fen)::integer AS rows, coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen,
               sum(approved_fen)::bigint AS approved_fen,
               coalesce(sum(conceded_fen) FILTER (WHERE NOT line_code = ANY(:held::text[])), 0)::bigint AS conceded_fen,
               coalesce(sum(public_fen) FILTER (WHERE NOT line_code = ANY(:held::text[])), 0)::bigint AS public_fen
          FROM run_lines
         WHERE run_id = :run_id AND county_code = :county
         GROUP BY operator),
    earlier AS (
        SELECT operator, count(DISTINCT (line_code, for_month))::integer AS adjustment_rows,
               sum(public_fen)::bigint AS adjustment_public_fen, sum(conceded_fen)::bigint AS adjustment_conceded_fen
          FROM subsidy_postings
         WHERE cycle_id = :cycle_id AND county_code = :county AND for_month < :month
         GROUP BY operator)
    SELECT operator, coalesce(rows, 0) AS rows, coalesce(claimed_fen, 0) AS claimed_fen,
           coalesce(approved_fen, 0) AS approved_fen, coalesce(conceded_fen, 0) AS conceded_fen,
           coalesce(public_fen, 0) AS public_fen, coalesce(adjustment_rows, 0) AS adjustment_rows,
           coalesce(adjustment_public_fen, 0) AS adjustment_public_fen,
           coalesce(adjustment_conceded_fen, 0) AS adjustment_conceded_fen
      FROM own FULL JOIN earlier USING (operator)
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator)
    """,
)
ADD_SETTLEMENTS = Query(
    None,
    """
    INSERT INTO settlements (cycle_id, operator, county_code, rows, pay_fen, settled_at)
    SELECT :cycle_id, operator, :county, rows, pay_fen, :now
      FROM jsonb_to_recordset(:rows::jsonb) AS r(operator text, rows integer, pay_fen bigint)
    """,
)
DIFFERENCES = Query(
    _Difference,
    """
    SELECT operator, coalesce(told_fen, 0) AS told_fen, coalesce(posted_fen, 0) AS posted_fen
      FROM (SELECT operator, pay_fen AS told_fen FROM settlements
             WHERE cycle_id = :cycle_id AND county_code = :county) AS told
      FULL JOIN (SELECT operator, sum(public_fen)::bigint AS posted_fen FROM subsidy_postings
                  WHERE cycle_id = :cycle_id AND county_code = :county GROUP BY operator) AS posted USING (operator)
     WHERE coalesce(told_fen, 0) <> coalesce(posted_fen, 0)
     ORDER BY operator
    """,
)


async def settlement_of(conn: Connection, cycle: Cycle) -> Settlement:
    """Return what each operator is paid of a cycle: its own month's public part and the adjustments posted in it."""
    provisional = cycle.state not in SETTLED_STATES
    if provisional:
        held = sorted(await held_lines(conn, cycle.county_code, cycle.month))
    else:
        held = await HELD_AT_SETTLEMENT.all(
            conn, county=cycle.county_code, cycle_id=cycle.id, run_id=cycle.run_id, month=cycle.month
        )
    sums = await SETTLEMENT.all(
        conn, county=cycle.county_code, cycle_id=cycle.id, run_id=cycle.run_id, month=cycle.month, held=held
    )
    operators = {
        row.operator: OperatorSettlement(
            row.rows,
            row.claimed_fen,
            row.approved_fen,
            row.conceded_fen,
            row.public_fen,
            row.adjustment_rows,
            row.adjustment_public_fen,
            row.adjustment_conceded_fen,
            Fen(row.public_fen + row.adjustment_public_fen),
        )
        for row in sums
    }
    control = Control(
        sum(each.rows for each in operators.values()), Fen(sum(each.pay_fen for each in operators.values()))
    )
    return Settlement(cycle.name, provisional, held, operators, control)


async def settle_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> Done:
    """Post what the county decided, a posting a line, and fix each operator's control totals.

    A line that a stopping finding holds is not posted. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not settle for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        NoCycle, CycleClosed, WrongState: the month is not decided, or is further on.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.SETTLEMENT, now=now)
    actor = require_county(actor, ROLE_OF[Duty.SETTLEMENT], county)
    require_state(cycle, [State.DECIDED])
    settlement = await settlement_of(conn, cycle)
    await POST_MONTH.run(
        conn,
        county=county,
        cycle_id=cycle.id,
        run_id=cycle.run_id,
        month=month,
        held=settlement.held,
        now=now,
    )
    rows = [
        {"operator": operator, "rows": each.rows, "pay_fen": each.pay_fen}
        for operator, each in settlement.operators.items()
    ]
    await ADD_SETTLEMENTS.run(conn, county=county, cycle_id=cycle.id, rows=rows, now=now)
    return await move_on(conn, cycle, actor, State.SETTLED, action="settle month", now=now)


async def reconcile_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> Done:
    """Compare the postings with what each operator was told it is paid. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not reconcile for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        NoCycle, CycleClosed, WrongState: the month is not settled, or is further on.
        NotReconciled: an operator's sums differ.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.RECONCILIATION, now=now)
    actor = require_county(actor, ROLE_OF[Duty.RECONCILIATION], county)
    require_state(cycle, [State.SETTLED])
    different = await DIFFERENCES.all(conn, county=county, cycle_id=cycle.id)
    if different:
        names = "；".join(f"{each.operator} {each.told_fen} ≠ {each.posted_fen}" for each in different)
        raise NotReconciled(month=cycle.name, differences=names)
    return await move_on(conn, cycle, actor, State.RECONCILED, action="reconcile month", now=now)


async def close_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> Done:
    """Close a reconciled month for good; closing again is a no-op. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not reconcile for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        NoCycle, WrongState: the month is not reconciled.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.RECONCILIATION, now=now)
    actor = require_county(actor, ROLE_OF[Duty.RECONCILIATION], county)
    if cycle.state is State.CLOSED:
        return Done(outcome=Outcome.NO_OP, county=county, month=cycle.name, state=cycle.state)
    require_state(cycle, [State.RECONCILED])
    return await move_on(conn, cycle, actor, State.CLOSED, action="close month", now=now)
