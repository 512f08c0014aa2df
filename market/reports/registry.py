"""Every report, in one list: the command line offers all of them, the desk those with a CSV file."""

from typing import Literal

from market.kernel import Connection
from market.kernel.seal import Seal
from market.reports.counted.ageing import AGEING
from market.reports.counted.changes import CHANGES
from market.reports.counted.failures import FAILURES
from market.reports.counted.fairness import FAIRNESS
from market.reports.counted.funnel import FUNNEL
from market.reports.counted.grievances import GRIEVANCES
from market.reports.counted.idleness import IDLENESS
from market.reports.counted.models import CountedReport, MonthOfReport, count_figures
from market.reports.files.month_export import (
    get_findings_time,
    list_adjustment_rows,
    list_claim_rows,
    list_finding_rows,
    list_operator_rows,
    list_village_rows,
)
from market.reports.files.settlement_file import get_last_event_at
from market.reports.idle import list_idle_lines
from market.reports.month import OperatorSums, compute_total, sum_by_operator
from market.reports.month_view import MonthView, get_month_view
from market.reports.quarter import QuarterReport, compute_quarter
from market.reports.report import CsvFile, Report, make_month_report
from market.reports.tables import APPROVAL_TABLE
from market.subsidies.month.cycles import Cycle, find_cycle, read_month, read_quarter
from market.subsidies.month.settle import Settlement, get_settlement
from market.subsidies.names import OPERATOR_NAMES, Operator


async def _sum_operators(conn: Connection, _: Seal, cycle: Cycle) -> list[OperatorSums]:
    rows = await sum_by_operator(conn, cycle, [cycle.county_code])
    return [*rows, compute_total(rows)] if rows else []


def _name_operator_row(row: OperatorSums) -> str:
    return "合计" if row.operator == "total" else OPERATOR_NAMES[Operator(row.operator)]


async def _read_claims(conn: Connection, seal: Seal, county: str, month: str) -> object:
    return {"month": month, "rows": await list_claim_rows(conn, seal, county, read_month(month))}


async def _read_settlement(conn: Connection, seal: Seal, county: str, month: str) -> Settlement:
    return await get_settlement(conn, seal, await find_cycle(conn, county, read_month(month)))


async def _read_overview(conn: Connection, seal: Seal, county: str, month: str) -> MonthView:
    return await get_month_view(conn, seal, county, read_month(month), (county,))


async def _read_idle(conn: Connection, _: Seal, county: str, quarter: str) -> object:
    return {"quarter": quarter, "rows": await list_idle_lines(conn, county, *read_quarter(quarter))}


async def _read_quarter(conn: Connection, _: Seal, county: str, quarter: str) -> QuarterReport:
    return await compute_quarter(conn, county, *read_quarter(quarter))


async def _read_findings(conn: Connection, seal: Seal, county: str, month: str) -> object:
    cycle = await find_cycle(conn, county, read_month(month))
    return {
        "month": month,
        "rows": await list_finding_rows(conn, seal, county, cycle.month),
        "facts_at": await get_findings_time(conn, county, cycle.month),
    }


def _make_counted(report: CountedReport) -> Report:
    """Return a counted report for the command line: its figures by village, as they are counted now."""

    async def read(conn: Connection, _: Seal, county: str, month: str) -> object:
        cycle = await find_cycle(conn, county, read_month(month))
        as_of = await get_last_event_at(conn, cycle)
        counted = MonthOfReport(county=county, month=cycle.month, as_of=as_of)
        return {"month": month, "rows": await count_figures(conn, report, counted, [county])}

    return Report(read=read)


type ReportName = Literal[
    "sheets", "villages", "claims", "findings", "adjustments", "settlement", "idle", "quarter", "overview", "funnel",
    "changes", "ageing", "failures", "fairness", "idleness", "grievances",
]  # fmt: skip
_OPERATORS_CSV = CsvFile(
    name="operators.csv",
    title="按运营商",
    table=APPROVAL_TABLE,
    name_row=_name_operator_row,
    list_rows=_sum_operators,
)
REPORTS: dict[ReportName, Report] = {
    "sheets": make_month_report(lambda conn, _, cycle: list_operator_rows(conn, cycle), _OPERATORS_CSV),
    "villages": make_month_report(lambda conn, _, cycle: list_village_rows(conn, cycle)),
    "claims": Report(read=_read_claims),
    "findings": Report(read=_read_findings),
    "adjustments": make_month_report(lambda conn, _, cycle: list_adjustment_rows(conn, cycle)),
    "settlement": Report(read=_read_settlement),
    "idle": Report(read=_read_idle, by_quarter=True),
    "quarter": Report(read=_read_quarter, by_quarter=True),
    "overview": Report(read=_read_overview),
    "funnel": _make_counted(FUNNEL),
    "changes": _make_counted(CHANGES),
    "ageing": _make_counted(AGEING),
    "failures": _make_counted(FAILURES),
    "fairness": _make_counted(FAIRNESS),
    "idleness": _make_counted(IDLENESS),
    "grievances": _make_counted(GRIEVANCES),
}
CSV_FILES = {report.csv.name: report.csv for report in REPORTS.values() if report.csv}
"""The CSV files of a month by their names, in the order in which the desk offers them."""
