"""The checks before money moves: what stops a line, and what people look at; each is one statement over the month."""

import asyncio
from datetime import date, datetime

from market.kernel import Connection, Fen
from market.kernel.clock import next_month
from market.subsidies.case import gather
from market.subsidies.case_facts import MONTH_IS_SETTLED
from market.subsidies.checks_stop import (
    CHARGE_BELOW_PLAN,
    CLAIM_OUTSIDE_SNAPSHOT,
    DEAD_IN_SERVICE_MONTH,
    ENROLLED_WITHOUT_NOTICE,
    ONE_IDENTITY_TWO_ENROLMENTS,
    PREPARER_IS_APPROVER,
    TWO_OPERATORS,
    Dead,
    Finding,
)
from market.subsidies.checks_watch import (
    CARD_OR_DEVICE_CHANGED,
    CLAIM_ABOVE_CHARGE,
    ENROLMENT_BURST,
    EQUAL_SUMS_IN_VILLAGE,
    ONE_DEVICE_MANY_SIMS,
    PAID_NEVER_USED,
    REALNAME_DIFFERS,
    REMOVAL_OUTLIER,
    SPLIT_BEFORE_ENROLMENT,
    TOO_MANY_LINES,
)
from market.subsidies.cycles import Cycle
from market.subsidies.engine import calculate
from market.subsidies.findings import Found, keep_findings
from market.subsidies.models import RunId
from payments.money import yuan

NOTICE_DAYS = 5
"""公示, before the decision, of at least five days. Source: subsidy-rulebook, Words."""
SPLIT_DAYS = 90
DEVICE_SIMS = 3
OUTLIER_TIMES = 2
BURST_ENROLMENTS = 20
BURST_DAYS = 7
LEAST_LINES = 20
_MOST_MONTHS_BACK = 36

_MONTHLY = {"two_operators_one_household", "claim_outside_snapshot"}
_STOPPING = {
    "one_identity_two_enrolments": ONE_IDENTITY_TWO_ENROLMENTS,
    "two_operators_one_household": TWO_OPERATORS,
    "claim_outside_snapshot": CLAIM_OUTSIDE_SNAPSHOT,
    "enrolled_without_notice": ENROLLED_WITHOUT_NOTICE,
    "charge_below_plan": CHARGE_BELOW_PLAN,
    "preparer_is_approver": PREPARER_IS_APPROVER,
}
_WATCHING = {
    "too_many_lines": TOO_MANY_LINES,
    "one_device_many_sims": ONE_DEVICE_MANY_SIMS,
    "split_before_enrolment": SPLIT_BEFORE_ENROLMENT,
    "realname_differs": REALNAME_DIFFERS,
    "card_or_device_changed": CARD_OR_DEVICE_CHANGED,
    "paid_never_used": PAID_NEVER_USED,
    "claim_above_charge": CLAIM_ABOVE_CHARGE,
    "removal_outlier": REMOVAL_OUTLIER,
    "enrolment_burst": ENROLMENT_BURST,
    "equal_sums_in_village": EQUAL_SUMS_IN_VILLAGE,
}
_THRESHOLDS: dict[str, object] = {
    "notice_days": NOTICE_DAYS,
    "split_days": SPLIT_DAYS,
    "sims": DEVICE_SIMS,
    "times": OUTLIER_TIMES,
    "burst": BURST_ENROLMENTS,
    "burst_days": BURST_DAYS,
    "least": LEAST_LINES,
}


async def find_all(conn: Connection, cycle: Cycle, run_id: RunId, *, now: datetime) -> int:
    """Run every check on the cycle's run and keep what they find; return how many findings opened or lapsed."""
    scope: dict[str, object] = {
        "county": cycle.county_code,
        "run_id": run_id,
        "month": cycle.month,
        "next": next_month(cycle.month),
        **_THRESHOLDS,
    }
    found: list[Found] = []
    for checks, stops in ((_STOPPING, True), (_WATCHING, False)):
        for check, query in checks.items():
            rows = await query.all(conn, **{name: scope[name] for name in query.names})
            found += [_found(check, row, stops=stops) for row in rows]
    dead = await DEAD_IN_SERVICE_MONTH.all(conn, **{name: scope[name] for name in DEAD_IN_SERVICE_MONTH.names})
    found += await _of_the_dead(conn, cycle, dead)
    return await keep_findings(conn, cycle, found, now=now)


def _found(check: str, row: Finding, *, stops: bool) -> Found:
    return Found(check, row.subject, row.lines, row.at_risk_fen, row.evidence, stops, check in _MONTHLY)


async def _of_the_dead(conn: Connection, cycle: Cycle, dead: list[Dead]) -> list[Found]:
    """Return the findings of dead persons: what their lines claim now, and what went to them too much since."""
    too_much: dict[str, list[tuple[date, int]]] = {row.subject: [] for row in dead}
    month = _months_back(cycle.month)
    while month < cycle.month:
        # A month is read once for all who were dead by then: a county's deaths are known late, and many at a time.
        concerned = [row for row in dead if row.died_on < next_month(month)]
        if concerned and await MONTH_IS_SETTLED.one(conn, county=cycle.county_code, month=month):
            for line, over_fen in await _settled_too_much(conn, cycle.county_code, month, concerned):
                too_much[line].append((month, over_fen))
        month = next_month(month)
    found = [_found_dead(cycle.month, row, too_much[row.subject]) for row in dead]
    return [each for each in found if each.at_risk_fen]


def _found_dead(month: date, row: Dead, too_much: list[tuple[date, int]]) -> Found:
    said = "".join(f"；{each:%Y-%m} 多结 {yuan(fen)}" for each, fen in too_much)
    evidence = f"{row.died_on} 死亡，{row.known_on} 登记{said}；{month:%Y-%m} 申请 {yuan(row.at_risk_fen)}"
    at_risk = Fen(row.at_risk_fen + sum(fen for _, fen in too_much))
    return Found("dead_in_service_month", row.subject, [row.subject], at_risk, evidence, stops=True, monthly=False)


async def _settled_too_much(conn: Connection, county: str, month: date, dead: list[Dead]) -> list[tuple[str, int]]:
    """Return what a settled month paid each line beyond what it would be now; a household's lines share its caps."""
    only = frozenset(line for row in dead for line in (row.subject, *row.neighbours))
    facts = await gather(conn, county, month, only=only)
    settled = facts.settled or {}
    answer = await asyncio.to_thread(calculate, facts.case)
    paid = [(row.subject, settled[row.subject].funded_fen) for row in dead if row.subject in settled]
    over = [(line, funded_fen - answer.line(line).approved_fen) for line, funded_fen in paid]
    return [(line, fen) for line, fen in over if fen > 0]


def _months_back(month: date) -> date:
    return month.replace(year=month.year - _MOST_MONTHS_BACK // 12)
