"""Settle a decided month with the operators, reconcile it, and close it."""

from datetime import date, datetime

from msgspec import Struct, structs

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.subsidies.agreements.terms import require_agreements
from market.subsidies.bank_accounts.paid import find_current_accounts
from market.subsidies.clawbacks.set_off import set_off_clawbacks
from market.subsidies.findings.record import list_blocked_lines
from market.subsidies.line_codes import show_line_codes
from market.subsidies.models import MonthRefusal, Outcome, StepResult
from market.subsidies.month.approve import advance_cycle
from market.subsidies.month.budget_lines import spend_month
from market.subsidies.month.cycles import LOCK_IMPORTS, Cycle, begin_step, require_state
from market.subsidies.month.held_adjustments import list_lines_not_raised, take_back_raises
from market.subsidies.month.steps import CLOSE, RECONCILE, SETTLE, SETTLED_STATES
from market.subsidies.names import OPERATOR_NAMES, Operator
from market.subsidies.reconciliation.answer import record_reconciliation
from market.subsidies.reconciliation.settlement_files import store_settlement_files
from payments.money import format_yuan


class OperatorSettlement(Struct, frozen=True, kw_only=True):
    """An operator's claims for a month, their approved part, and the public part, which it is paid."""

    rows: int
    claimed_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    adjustment_rows: int
    adjustment_public_fen: Fen
    adjustment_conceded_fen: Fen
    pay_fen: Fen


class ControlTotals(Struct, frozen=True):
    """The control totals of a settlement file."""

    rows: int
    pay_fen: Fen


class Settlement(Struct, frozen=True):
    """A month's settlement by operator, `provisional` until settled; `held` lists the lines that findings block."""

    month: str
    provisional: bool
    held: list[str]
    operators: dict[Operator, OperatorSettlement]
    control: ControlTotals


class _OperatorSums(Struct, frozen=True, kw_only=True):
    operator: Operator
    rows: int
    claimed_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    adjustment_rows: int
    adjustment_public_fen: Fen
    adjustment_conceded_fen: Fen


class NotReconciled(MonthRefusal):
    """The postings differ from the control totals that were stored at the settlement."""

    code = "not_reconciled"
    zh = "{month}的入账与结算时的控制数不一致：{differences}。"
    en = "The postings of {month} differ from the control totals of its settlement: {differences}."


class _OperatorMismatch(Struct, frozen=True, kw_only=True):
    operator: Operator
    control_fen: int
    posted_fen: int


POST_MONTH = Query(
    None,
    """
    INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator, kind,
                                  approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)
    SELECT :cycle_id, line_code, :month, 1, county_code, run_id, operator, kind, approved_fen, conceded_fen,
           public_fen, 0, shares, :now
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND approved_fen > 0 AND NOT line_code = ANY(:blocked::text[])
    """,
)
# In a settled month these lines were blocked at settlement, regardless of later decisions.
LIST_UNPOSTED_LINES = Query(
    str,
    """
    SELECT r.line_code FROM run_lines r
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.approved_fen > 0
       AND NOT EXISTS (SELECT FROM subsidy_postings p
                        WHERE p.cycle_id = :cycle_id AND p.line_code = r.line_code AND p.for_month = :month)
     ORDER BY r.line_code
    """,
)
LIST_OPERATOR_SUMS = Query(
    _OperatorSums,
    """
    WITH own AS (
        SELECT operator, count(claimed_fen)::integer AS rows, coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen,
               sum(approved_fen)::bigint AS approved_fen,
               coalesce(sum(conceded_fen) FILTER (WHERE NOT line_code = ANY(:blocked::text[])), 0)::bigint
                   AS conceded_fen,
               coalesce(sum(public_fen) FILTER (WHERE NOT line_code = ANY(:blocked::text[])), 0)::bigint AS public_fen
          FROM run_lines
         WHERE run_id = :run_id AND county_code = :county
         GROUP BY operator),
    earlier AS (
        SELECT operator, count(*)::integer AS adjustment_rows, sum(public_fen)::bigint AS adjustment_public_fen,
               sum(conceded_fen)::bigint AS adjustment_conceded_fen
          FROM (SELECT operator, sum(public_fen) AS public_fen, sum(conceded_fen) AS conceded_fen
                  FROM subsidy_postings
                 WHERE cycle_id = :cycle_id AND county_code = :county AND for_month < :month
                 GROUP BY operator, line_code, for_month
                HAVING (sum(conceded_fen) <> 0 OR sum(public_fen) <> 0)
                   AND NOT (line_code = ANY(:not_raised::text[]) AND sum(conceded_fen + public_fen) > 0)) AS adjusted
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
    INSERT INTO settlements (cycle_id, operator, county_code, rows, pay_fen, set_off_fen, bank_account_id, settled_at)
    SELECT :cycle_id, operator, :county, rows, pay_fen, set_off_fen, account, :now
      FROM jsonb_to_recordset(:rows::jsonb)
               AS r(operator text, rows integer, pay_fen bigint, set_off_fen bigint, account uuid)
    """,
)
LIST_MISMATCHES = Query(
    _OperatorMismatch,
    """
    SELECT operator, coalesce(control_fen, 0) AS control_fen, coalesce(posted_fen, 0) AS posted_fen
      FROM (SELECT operator, pay_fen AS control_fen FROM settlements
             WHERE cycle_id = :cycle_id AND county_code = :county) AS controls
      FULL JOIN (SELECT operator, sum(public_fen)::bigint AS posted_fen FROM subsidy_postings
                  WHERE cycle_id = :cycle_id AND county_code = :county GROUP BY operator) AS posted USING (operator)
     WHERE coalesce(control_fen, 0) <> coalesce(posted_fen, 0)
     ORDER BY operator
    """,
)


async def get_settlement(conn: Connection, seal: Seal, cycle: Cycle) -> Settlement:
    """Return what each operator is paid in a cycle: the public part of its month and the adjustments posted in it."""
    settlement = await _sum_settlement(conn, cycle)
    return structs.replace(settlement, held=sorted(await show_line_codes(conn, seal, settlement.held)))


async def _sum_settlement(conn: Connection, cycle: Cycle) -> Settlement:
    """Return the settlement of a cycle; `held` has the codes as they are stored."""
    provisional = cycle.state not in SETTLED_STATES
    if provisional:
        blocked = list(await list_blocked_lines(conn, cycle.county_code, cycle.month))
    else:
        blocked = await LIST_UNPOSTED_LINES.all(
            conn, county=cycle.county_code, cycle_id=cycle.id, run_id=cycle.run_id, month=cycle.month
        )
    sums = await LIST_OPERATOR_SUMS.all(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        run_id=cycle.run_id,
        month=cycle.month,
        blocked=blocked,
        not_raised=await list_lines_not_raised(conn, cycle),
    )
    operators = {
        row.operator: build_from(OperatorSettlement, row, pay_fen=Fen(row.public_fen + row.adjustment_public_fen))
        for row in sums
    }
    control = ControlTotals(
        sum(each.rows for each in operators.values()), Fen(sum(each.pay_fen for each in operators.values()))
    )
    return Settlement(cycle.name, provisional, blocked, operators, control)


async def settle_month(
    conn: Connection, actor: Actor | None, county: str, month: date, *, seal: Seal, now: datetime, opinion: str = ""
) -> StepResult:
    """Post the decided amounts, one posting per line, and store each operator's control totals and settlement file.

    A line blocked by a stopping finding is not posted, and what adjustments raise it by is taken back. Clawbacks are
    set off. A calculation of the county is waited for: what it takes for settled does not change under it. The caller
    owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not settle for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, CycleClosed, WrongState: the month is not decided, or is past this step.
        AgreementMissing: the county requires agreements, see `require_agreements`.
        BankAccountMissing: the county requires bank accounts, see `find_current_accounts`.
    """
    await LOCK_IMPORTS.run(conn, county=county)
    cycle, actor, _ = await begin_step(conn, SETTLE, actor, county, month, now=now)
    require_state(cycle, SETTLE.froms)
    await require_agreements(conn, county, month, run_id=cycle.run_id, now=now)
    await take_back_raises(conn, cycle, now=now)
    settlement = await _sum_settlement(conn, cycle)
    paid = [operator for operator, each in settlement.operators.items() if each.pay_fen > 0]
    accounts = await find_current_accounts(conn, county, month, paid=paid, now=now)
    await POST_MONTH.run(
        conn,
        county=county,
        cycle_id=cycle.id,
        run_id=cycle.run_id,
        month=month,
        blocked=settlement.held,
        now=now,
    )
    pays = {operator: each.pay_fen for operator, each in settlement.operators.items()}
    withheld = await set_off_clawbacks(conn, cycle, actor, pays, now=now)
    rows = [
        {
            "operator": operator, "rows": each.rows, "pay_fen": each.pay_fen, "set_off_fen": withheld[operator],
            "account": accounts.get(operator),
        }
        for operator, each in settlement.operators.items()
    ]  # fmt: skip
    await ADD_SETTLEMENTS.run(conn, county=county, cycle_id=cycle.id, rows=rows, now=now)
    await spend_month(conn, cycle, now=now)
    await store_settlement_files(conn, seal, cycle, list(settlement.operators))
    return await advance_cycle(conn, cycle, actor, SETTLE, action="settle month", now=now, opinion=opinion)


async def reconcile_month(
    conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime, opinion: str = ""
) -> StepResult:
    """Compare the postings with the stored control totals, and require answers for what operators credited otherwise.

    Postings and totals were both written here: equal sums show that nothing was lost or changed since. What an operator
    credited is known from its return file. Without one the month is reconciled all the same, which `reconciliations`
    keeps, unless the county's setting `returns_required` needs it. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not reconcile for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, CycleClosed, WrongState: the month is not settled, or is past this step.
        NotReconciled: an operator's sums differ.
        OpenDifferences: a difference of a return file is open.
        ReturnMissing: the county needs a return file that did not come.
    """
    cycle, actor, _ = await begin_step(conn, RECONCILE, actor, county, month, now=now)
    require_state(cycle, RECONCILE.froms)
    mismatches = await LIST_MISMATCHES.all(conn, county=county, cycle_id=cycle.id)
    if mismatches:
        names = "；".join(
            f"{OPERATOR_NAMES[each.operator]}，控制数 {format_yuan(each.control_fen)} 元，"
            f"入账 {format_yuan(each.posted_fen)} 元"
            for each in mismatches
        )
        raise NotReconciled(month=cycle.name, differences=names)
    await record_reconciliation(conn, cycle, now=now)
    return await advance_cycle(conn, cycle, actor, RECONCILE, action="reconcile month", now=now, opinion=opinion)


async def close_month(
    conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime, opinion: str = ""
) -> StepResult:
    """Close a reconciled month permanently; closing it again is a no-op. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not reconcile for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, WrongState: the month is not reconciled.
    """
    cycle, actor, _ = await begin_step(conn, CLOSE, actor, county, month, now=now)
    if cycle.state is CLOSE.after:
        return StepResult(outcome=Outcome.NO_OP, county=county, month=cycle.name, state=cycle.state)
    require_state(cycle, CLOSE.froms)
    return await advance_cycle(conn, cycle, actor, CLOSE, action="close month", now=now, opinion=opinion)
