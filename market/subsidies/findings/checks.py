"""The checks before payment: some stop a line, others only list it on a worksheet. Each check is one SQL statement."""

import asyncio
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, get_next_month
from market.kernel.seal import Seal
from market.subsidies.engine.calculate import calculate
from market.subsidies.findings.ask_again import ask_again
from market.subsidies.findings.check_table import CHECKS, Check
from market.subsidies.findings.record import CheckResult, record_findings
from market.subsidies.findings.self_assessed import (
    LIST_ASSESSED_LINES,
    AssessedLines,
    SimilarName,
    find_self_assessed,
    find_similar_names,
)
from market.subsidies.findings.signatures import FIND_BURSTS, FIND_SIGNATURE_FAULTS, EnrolmentBursts, SignatureFaults
from market.subsidies.findings.stopping_checks import CHARGE_BELOW_PLAN, DEAD_IN_SERVICE_MONTH, CheckRow, DeceasedLine
from market.subsidies.findings.suspects import (
    FIND_BINDING_SUSPECTS,
    FIND_HOUSEHOLD_SUSPECTS,
    FIND_RUN_SUSPECTS,
    BindingSuspects,
    HouseholdSuspects,
)
from market.subsidies.findings.thresholds import Thresholds, load_thresholds
from market.subsidies.models import RunId
from market.subsidies.month.build_case import load_facts
from market.subsidies.month.case_queries import IS_MONTH_SETTLED, PLAN_FOR_COUNTY, PLAN_FOR_FEW
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import format_month_zh
from payments.money import format_yuan

_MAX_MONTHS_BACK = 36


class _PaidEvidence(Struct, frozen=True):
    """What the decisions saw that pay a line."""

    line: str
    evidence: str


LIST_PAID_EVIDENCE = Query(
    _PaidEvidence,
    """
    SELECT DISTINCT l.line_code AS line, d.evidence
      FROM finding_lines l
      JOIN findings f ON f.id = l.finding_id AND f.check_code = :check
      JOIN finding_decisions d ON d.finding_id = f.id AND l.line_code = ANY(d.pays)
     WHERE l.county_code = :county AND f.county_code = :county AND d.county_code = :county AND l.verdict = 'pay'
    """,
)


class Preparation(Struct, frozen=True):
    """What the checks of a month read that does not depend on its run.

    Their thresholds, suspects by binding and household, what is wrong with signatures, and each assessor's lines.
    """

    thresholds: Thresholds
    bindings: BindingSuspects
    households: HouseholdSuspects
    signatures: SignatureFaults
    bursts: EnrolmentBursts
    assessed: list[AssessedLines]
    similar: list[SimilarName]


async def prepare_checks(conn: Connection, cycle: Cycle, *, seal: Seal, now: datetime) -> Preparation:
    """Return what the checks of a month read before it is calculated.

    The thresholds are those of the programme for the month, or else the county's of today.
    """
    thresholds = await load_thresholds(conn, cycle.county_code, cycle.month, today=get_business_day(now))
    notice_days = thresholds.list_values("enrolled_without_notice", "notice_days")
    recheck_days = thresholds.list_values("register_entry_old", "recheck_days")
    county = cycle.county_code
    months: dict[str, Any] = {"county": county, "month": cycle.month, "next": get_next_month(cycle.month)}
    limits = thresholds.get_parameters("enrolment_burst")
    bindings = await FIND_BINDING_SUSPECTS.one(conn, longest_notice=max(notice_days, default=0), **months)
    households = await FIND_HOUSEHOLD_SUSPECTS.one(conn, shortest_recheck=min(recheck_days, default=0), **months)
    signatures = await FIND_SIGNATURE_FAULTS.one(conn, county=county)
    bursts = await FIND_BURSTS.one(conn, **months, **limits)
    assessed = await LIST_ASSESSED_LINES.all(conn, county=county)
    similar = await asyncio.to_thread(find_similar_names, seal, assessed)
    return Preparation(thresholds, bindings, households, signatures, bursts, assessed, similar)


async def run_checks(
    conn: Connection, cycle: Cycle, run_id: RunId, prepared: Preparation, *, seal: Seal, facts_at: datetime
) -> int:
    """Run every check on the cycle's run and record the findings; return how many opened, lapsed or are asked again.

    The evidence of each finding states the thresholds. `facts_at` is the time of the facts of the run.
    """
    given: dict[str, object] = {
        "county": cycle.county_code,
        "run_id": run_id,
        "month": cycle.month,
        "next": get_next_month(cycle.month),
    }
    results = await _run_queries(conn, cycle, prepared, given)
    found = {(each.check, each.subject) for each in results}
    self_assessed = await find_self_assessed(conn, cycle.county_code, run_id, prepared.assessed, prepared.similar)
    code = "preparer_is_approver"
    # A line with another fault of those who signed it has one finding.
    results += [_to_result(code, CHECKS[code], row) for row in self_assessed if (code, row.subject) not in found]
    deceased = await DEAD_IN_SERVICE_MONTH.all(conn, **{name: given[name] for name in DEAD_IN_SERVICE_MONTH.names})
    results += await _check_deceased(conn, seal, cycle, deceased)
    recorded = await record_findings(conn, cycle, results, facts_at=facts_at)
    return recorded + await ask_again(conn, cycle, run_id, facts_at=facts_at)


async def _run_queries(
    conn: Connection, cycle: Cycle, prepared: Preparation, given: dict[str, object]
) -> list[CheckResult]:
    """Return the results of the checks that are one statement; those that begin with few rows are the last to run."""
    results: list[CheckResult] = []
    planned_for_few = False
    thresholds = prepared.thresholds
    run = await FIND_RUN_SUSPECTS.one(conn, county=cycle.county_code, run_id=given["run_id"])
    given |= (
        asdict(run)
        | asdict(prepared.bindings)
        | asdict(prepared.households)
        | asdict(prepared.signatures)
        | asdict(prepared.bursts)
    )
    for code, check in sorted(CHECKS.items(), key=lambda item: item[1].few):
        if check.query is None:
            continue
        if check.few and not planned_for_few:
            await PLAN_FOR_FEW.run(conn)
            planned_for_few = True
        parameters = given | check.parameters | thresholds.get_parameters(code)
        if check.prepare is not None:
            parameters |= await check.prepare(conn, cycle.county_code, cycle.month, thresholds.list_programmes(code))
        rows = await check.query.all(conn, **{name: parameters[name] for name in check.query.names})
        results += [_to_result(code, check, row) for row in rows]
    await PLAN_FOR_COUNTY.run(conn)
    return results


async def list_unpaid_below_plan(conn: Connection, cycle: Cycle, run_id: RunId) -> frozenset[str]:
    """Return the lines of a run that were billed less than their plan, and that nobody decided to pay nevertheless.

    A closed month has no findings of its own: what its corrections claim waits for the finding of the open month, in
    which its evidence stands with the month before it. A decision about another difference is none about this one.
    """
    months = {"county": cycle.county_code, "month": cycle.month}
    await PLAN_FOR_COUNTY.run(conn)
    suspects = await FIND_BINDING_SUSPECTS.one(conn, next=get_next_month(cycle.month), longest_notice=0, **months)
    rows = await CHARGE_BELOW_PLAN.all(conn, run_id=run_id, billed_below=suspects.billed_below, **months)
    await PLAN_FOR_FEW.run(conn)
    seen = await LIST_PAID_EVIDENCE.all(conn, county=cycle.county_code, check="charge_below_plan")
    paid = {(each.line, part.removeprefix(f"{cycle.name} ")) for each in seen for part in each.evidence.split("；")}
    return frozenset(row.subject for row in rows if (row.subject, row.evidence) not in paid)


def _to_result(code: str, check: Check, row: CheckRow) -> CheckResult:
    return CheckResult(code, row.subject, row.lines, row.at_risk_fen, row.evidence, check.stops, check.monthly)


async def _check_deceased(
    conn: Connection, seal: Seal, cycle: Cycle, deceased: list[DeceasedLine]
) -> list[CheckResult]:
    """Return the findings of deceased persons: what their lines claim now, and what was overpaid since death."""
    overpaid: dict[str, list[tuple[date, int]]] = {row.subject: [] for row in deceased}
    month = _first_month_back(cycle.month)
    while month < cycle.month:
        # Deaths become known late and many at a time, so each month is read once for everyone deceased by then.
        affected = [row for row in deceased if row.died_on < get_next_month(month)]
        if affected and await IS_MONTH_SETTLED.one(conn, county=cycle.county_code, month=month, settled=SETTLED_STATES):
            for line, over_fen in await _find_overpaid(conn, seal, cycle.county_code, month, affected):
                overpaid[line].append((month, over_fen))
        month = get_next_month(month)
    results = [_describe_deceased(cycle.month, row, overpaid[row.subject]) for row in deceased]
    return [each for each in results if each.at_risk_fen]


def _describe_deceased(month: date, row: DeceasedLine, overpaid: list[tuple[date, int]]) -> CheckResult:
    month_text = format_month_zh(f"{month:%Y-%m}")
    overpaid_text = "".join(f"；{format_month_zh(f'{each:%Y-%m}')}多结 {format_yuan(fen)}" for each, fen in overpaid)
    evidence = (
        f"{row.died_on} 死亡，{row.known_on} 登记{overpaid_text}；{month_text}申请 {format_yuan(row.at_risk_fen)}"
    )
    at_risk = Fen(row.at_risk_fen + sum(fen for _, fen in overpaid))
    return CheckResult(
        "dead_in_service_month", row.subject, [row.subject], at_risk, evidence, stops=True, monthly=False
    )


async def _find_overpaid(
    conn: Connection, seal: Seal, county: str, month: date, deceased: list[DeceasedLine]
) -> list[tuple[str, int]]:
    """Return what each line was overpaid in a settled month; the other lines of the household share its caps."""
    line_codes = frozenset(line for row in deceased for line in (row.subject, *row.neighbours))
    facts = await load_facts(conn, seal, county, month, only=line_codes)
    settled = facts.settled or {}
    answer = await asyncio.to_thread(calculate, facts.case)
    paid = [(row.subject, settled[row.subject].funded_fen) for row in deceased if row.subject in settled]
    over = [(line, funded_fen - answer.line(line).approved_fen) for line, funded_fen in paid]
    return [(line, fen) for line, fen in over if fen > 0]


def _first_month_back(month: date) -> date:
    return month.replace(year=month.year - _MAX_MONTHS_BACK // 12)
