"""All figures of a month in one view: sums, hashes, events, duties, reductions, findings, pending villages."""

from collections.abc import Sequence
from datetime import date

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen
from market.kernel.seal import Seal
from market.reports.files.month_export import AdjustmentRow, list_adjustment_rows
from market.reports.findings import FindingView, OpenFindingCounts, count_open_findings, list_findings
from market.reports.month import (
    DutyHolder,
    MonthEvent,
    MonthOpinion,
    OperatorSums,
    PendingVillage,
    ReasonRow,
    RunSummary,
    TierRow,
    compute_total,
    find_run_summary,
    list_duty_holders,
    list_month_events,
    list_month_opinions,
    list_pending_villages,
    sum_by_operator,
    sum_by_reason,
    sum_by_tier,
)
from market.reports.worklist import compute_due_day
from market.subsidies.models import CycleId, CycleState, RunId
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.settle import Settlement, get_settlement
from market.subsidies.month.steps import NEXT_STEPS


class MonthView(Struct, frozen=True, kw_only=True):
    """A month of a county as the official sees it; `operators` add up to `total`."""

    county: str
    month: str
    state: CycleState
    due_on: date
    run: RunSummary | None
    operators: list[OperatorSums]
    total: OperatorSums
    budget_fen: Fen | None
    tiers: list[TierRow]
    reasons: list[ReasonRow]
    adjustments: list[AdjustmentRow]
    settlement: Settlement | None
    findings: list[FindingView]
    open_findings: OpenFindingCounts
    events: list[MonthEvent]
    opinions: list[MonthOpinion]
    duties: list[DutyHolder]
    waiting: list[PendingVillage]
    cycle_id: CycleId
    run_id: RunId | None


async def get_month_view(conn: Connection, seal: Seal, county: str, month: date, divisions: Sequence[str]) -> MonthView:
    """Return a month; the caller's transaction has the scope of the county.

    Raises:
        CycleNotFound: no cycle was opened for the month.
    """
    cycle = await find_cycle(conn, county, month)
    operators = await sum_by_operator(conn, cycle, divisions)
    findings, _ = await list_findings(conn, county, divisions, seal=seal, month=month)
    step = NEXT_STEPS.get(cycle.state)
    approval = step.duty if step is not None and step.by_division else None
    run = await find_run_summary(conn, cycle)
    # Budget, payment and adjustments exist only for the whole county, so only its officials see them.
    whole_county = list(divisions) == [county]
    if run is not None and not whole_county:
        run = msgspec.structs.replace(run, budget_fen=None)
    return MonthView(
        county=county,
        month=cycle.name,
        state=cycle.state,
        due_on=compute_due_day(month),
        run=run,
        operators=operators,
        total=compute_total(operators),
        budget_fen=run.budget_fen if run else None,
        tiers=await sum_by_tier(conn, cycle) if whole_county else [],
        reasons=await sum_by_reason(conn, cycle, divisions),
        adjustments=await list_adjustment_rows(conn, cycle) if whole_county else [],
        settlement=await get_settlement(conn, seal, cycle) if cycle.run_id and whole_county else None,
        findings=findings,
        open_findings=await count_open_findings(conn, county, divisions, month),
        events=await list_month_events(conn, cycle),
        opinions=await list_month_opinions(conn, cycle),
        duties=await list_duty_holders(conn, cycle.id, county),
        waiting=await list_pending_villages(conn, cycle, divisions, duty=approval) if approval is not None else [],
        cycle_id=cycle.id,
        run_id=cycle.run_id,
    )
