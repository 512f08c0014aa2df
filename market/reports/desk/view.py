"""A month in one answer: sums, hashes, who did what, what is reduced and why, what waits."""

from collections.abc import Sequence
from datetime import date

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen
from market.reports.desk.findings import FindingView, OpenFindings, list_findings, open_findings
from market.reports.desk.months import (
    Event,
    Holder,
    ReasonRow,
    RunInfo,
    SheetRow,
    TierRow,
    WaitingVillage,
    events_of,
    holders_of,
    reasons_of,
    run_info,
    sheet_of,
    tiers_of,
    total,
    villages_waiting,
)
from market.reports.desk.waiting import due_of
from market.reports.subsidies.month import AdjustmentRow, adjustments_of
from market.subsidies.cycles import find_cycle
from market.subsidies.models import CycleId, RunId, State
from market.subsidies.settle import Settlement, settlement_of


class MonthView(Struct, frozen=True, kw_only=True):
    """A month of a county as far as the official sees it; `operators` add up to `total`."""

    county: str
    month: str
    state: State
    due_on: date
    run: RunInfo | None
    operators: list[SheetRow]
    total: SheetRow
    budget_fen: Fen | None
    tiers: list[TierRow]
    reasons: list[ReasonRow]
    adjustments: list[AdjustmentRow]
    settlement: Settlement | None
    findings: list[FindingView]
    open_findings: OpenFindings
    events: list[Event]
    duties: list[Holder]
    waiting: list[WaitingVillage]
    cycle_id: CycleId
    run_id: RunId | None


async def view_month(conn: Connection, county: str, month: date, places: Sequence[str]) -> MonthView:
    """Gather a month; the caller's transaction is bound to the county.

    Raises:
        NoCycle: nothing was opened for it.
    """
    cycle = await find_cycle(conn, county, month)
    operators = await sheet_of(conn, cycle, places)
    findings, _ = await list_findings(conn, county, places, month=month)
    duty = "village" if cycle.state is State.CALCULATED else "township"
    waits = cycle.state in (State.CALCULATED, State.CONFIRMED)
    run = await run_info(conn, cycle)
    # What is budgeted, paid and adjusted is told of the county alone, so only to who sees all of it.
    whole = list(places) == [county]
    if run is not None and not whole:
        run = msgspec.structs.replace(run, budget_fen=None)
    return MonthView(
        county=county,
        month=cycle.name,
        state=cycle.state,
        due_on=due_of(month),
        run=run,
        operators=operators,
        total=total(operators),
        budget_fen=run.budget_fen if run else None,
        tiers=await tiers_of(conn, cycle) if whole else [],
        reasons=await reasons_of(conn, cycle, places),
        adjustments=await adjustments_of(conn, county, month) if whole else [],
        settlement=await settlement_of(conn, cycle) if cycle.run_id and whole else None,
        findings=findings,
        open_findings=await open_findings(conn, county, places, month),
        events=await events_of(conn, cycle),
        duties=await holders_of(conn, cycle.id, county),
        waiting=await villages_waiting(conn, cycle, places, duty=duty) if waits else [],
        cycle_id=cycle.id,
        run_id=cycle.run_id,
    )
