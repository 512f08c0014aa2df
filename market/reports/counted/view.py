"""A report of a month as people read it: beside the month before, the year before and the budget, by division."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_previous_month
from market.kernel.disclosure import hide_small
from market.kernel.division_codes import COUNTY, LEVEL_DIGITS, TOWNSHIP, VILLAGE
from market.people.identity.models import NotFound
from market.places.divisions.queries import get_division_names
from market.reports.counted.closings import CLOSED_AT
from market.reports.counted.models import CountedReport, Figure, FigureRow, ItemRow, MonthOfReport, count_figures
from market.reports.counted.models import list_items as list_counted_items
from market.subsidies.models import CycleState
from market.subsidies.month.steps import CLOSE

NO_VILLAGE = "none"
MAX_MONTHS = 60
"""Five years: the months to choose from."""
_NUMBER = FigureRow(village="", key="", n=0, fen=Fen(0))


class ReportMonth(Struct, frozen=True, kw_only=True):
    """A month to choose: its state, whether its figures are kept, its budget and what was paid of it.

    `as_of` is its closing, None while it is open; `budget_fen` is None without a budget.
    """

    month: date
    state: CycleState
    kept: bool
    as_of: datetime | None
    budget_fen: Fen | None
    paid_fen: Fen


class _MonthFigure(Struct, frozen=True, kw_only=True):
    month: date
    key: str
    n: int
    fen: Fen


class FigureLine(Struct, frozen=True, kw_only=True):
    """A figure of the report: now, in the month before and in the same month of the year before.

    None where that month's figures are not kept, or are hidden because they are small; `hidden` is the latter of now.
    """

    figure: Figure
    n: int | None
    fen: Fen
    before: int | None
    year_before: int | None
    share_bp: int | None
    hidden: bool


class DivisionLine(Struct, frozen=True):
    """The figures of a township or village, in the order of the report; `code` is `none` for rows without a village."""

    code: str
    name: str
    figures: list[int]


class ReportView(Struct, frozen=True, kw_only=True):
    """A report of a month within a division, which is the county's code or that of a township or village.

    `path` are the names from the county down; `spent` is what was paid of the budget of the year so far.
    """

    report: CountedReport
    months: list[ReportMonth]
    month: ReportMonth
    within: str
    lines: list[FigureLine]
    divisions: list[DivisionLine]
    names: dict[str, str]
    year_budget_fen: Fen | None
    year_paid_fen: Fen


LIST_REPORT_MONTHS = Query(
    ReportMonth,
    """
    SELECT c.month, c.state, k.county_code IS NOT NULL AS kept,
           coalesce(k.as_of, """
    + CLOSED_AT
    + """) AS as_of,
           b.public_fen AS budget_fen,
           (SELECT coalesce(sum(pay_fen), 0)::bigint FROM settlements s
             WHERE s.cycle_id = c.id AND s.county_code = :county) AS paid_fen
      FROM cycles c
      LEFT JOIN counted_months k ON k.county_code = :county AND k.month = c.month
      LEFT JOIN budgets b ON b.county_code = :county AND b.month = c.month
     WHERE c.county_code = :county
     ORDER BY c.month DESC
     LIMIT :limit::integer
    """,
)
_KEPT = """
      FROM month_figures
     WHERE county_code = :county AND report = :report
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(nullif(village_code, ''), county_code), division)))
"""
LIST_KEPT_FIGURES = Query(
    FigureRow,
    "SELECT left(village_code, :digits::integer) AS village, key, sum(n)::integer AS n, sum(fen)::bigint AS fen"
    + _KEPT
    + " AND month = :month GROUP BY 1, 2 LIMIT 50000",
)
SUM_KEPT_FIGURES = Query(
    _MonthFigure,
    "SELECT month, key, sum(n)::integer AS n, sum(fen)::bigint AS fen"
    + _KEPT
    + """
       AND month = ANY(:months::date[])
       AND CASE WHEN :within = 'none' THEN village_code = ''
                ELSE starts_with(coalesce(nullif(village_code, ''), county_code), :within) END
     GROUP BY month, key
    """,
)


def get_year_before(month: date) -> date:
    """Return the same month of the year before."""
    return month.replace(year=month.year - 1)


async def load_report(
    conn: Connection,
    report: CountedReport,
    county: str,
    divisions: Sequence[str],
    *,
    month: date | None,
    within: str,
    now: datetime,
) -> ReportView | None:
    """Load a report of a month, by default the last closed one; None for a county without months.

    `within` is the county's code, or that of a township (nine digits) or village in it, or `none` for rows without a
    village. Four statements at most, beside the settings of one that counts. A report that hides small
    figures is shown for the whole of what the official may see and not by division, because the divisions' differences
    would tell what is hidden.

    Raises:
        NotFound: the month was never opened, or `within` is no division of the county.
    """
    if report.hides:
        within = county
    if within != NO_VILLAGE and not (within.startswith(county) and len(within) in LEVEL_DIGITS[COUNTY - 1 :]):
        raise NotFound
    months = await LIST_REPORT_MONTHS.all(conn, county=county, limit=MAX_MONTHS)
    if not months:
        return None
    chosen = _choose_month(months, month)
    report = report.name_for(chosen.month)
    rows = await _load_rows(conn, report, county, divisions, chosen, digits=_count_digits(within), now=now)
    earlier = [get_previous_month(chosen.month), get_year_before(chosen.month)]
    sums = await SUM_KEPT_FIGURES.all(
        conn, county=county, months=earlier, report=report.name, divisions=list(divisions), within=within
    )
    kept = {each.month for each in months if each.kept}
    inside = [row for row in rows if _lies_within(row.village, within)]
    totals = _sum_by_key(inside)
    before, year_before = (
        {each.key: each.n for each in sums if each.month == day} if day in kept else None for day in earlier
    )
    by_division = {} if report.hides else _group_by_division(inside, within)
    names = await get_division_names(conn, {code for code in (*by_division, within) if code != NO_VILLAGE} | {county})
    return ReportView(
        report=report,
        months=months,
        month=chosen,
        within=within,
        lines=_build_lines(report, totals, before, year_before),
        divisions=[
            DivisionLine(code, names.get(code, "没有村的"), [sums.get(f.key, 0) for f in report.figures])
            for code, sums in sorted(by_division.items(), key=lambda item: (item[0] == NO_VILLAGE, item[0]))
        ],
        names=names,
        year_budget_fen=_sum_year([each.budget_fen for each in months if _is_of_year(each, chosen)]),
        year_paid_fen=Fen(sum(each.paid_fen for each in months if _is_of_year(each, chosen))),
    )


class ItemPage(Struct, frozen=True):
    """A page of the rows that a figure counts; `kept` is the figure that the report shows, if it is kept."""

    month: ReportMonth
    items: list[ItemRow]
    matches: int
    kept: int | None


async def load_items(
    conn: Connection,
    report: CountedReport,
    figure: Figure,
    county: str,
    divisions: Sequence[str],
    *,
    month: date,
    within: str,
    limit: int,
    skip: int,
    now: datetime,
) -> ItemPage:
    """List the rows that a figure counts, as they are now.

    Raises:
        NotFound: the month was never opened, `within` is no division of the county, or the figure is hidden.
    """
    view = await load_report(conn, report, county, divisions, month=month, within=within, now=now)
    line = None if view is None else next(each for each in view.lines if each.figure.key == figure.key)
    if view is None or line is None or line.hidden:
        raise NotFound
    counted = MonthOfReport(county=county, month=view.month.month, as_of=view.month.as_of or now)
    items = await list_counted_items(
        conn, report, counted, list(divisions), key=figure.key, within=view.within, limit=limit, skip=skip
    )
    return ItemPage(view.month, items, items[0].matches if items else 0, line.n if view.month.kept else None)


async def _load_rows(
    conn: Connection,
    report: CountedReport,
    county: str,
    divisions: Sequence[str],
    month: ReportMonth,
    *,
    digits: int,
    now: datetime,
) -> list[FigureRow]:
    """Return the figures of a month by village, or, if they are kept, by the divisions that `digits` of a code name."""
    if month.kept:
        return await LIST_KEPT_FIGURES.all(
            conn, county=county, month=month.month, report=report.name, divisions=list(divisions), digits=digits
        )
    counted = MonthOfReport(county=county, month=month.month, as_of=month.as_of or now)
    return await count_figures(conn, report, counted, list(divisions))


def _choose_month(months: Sequence[ReportMonth], wanted: date | None) -> ReportMonth:
    if wanted is None:
        return next((each for each in months if each.state == CLOSE.after), months[0])
    chosen = next((each for each in months if each.month == wanted), None)
    if chosen is None:
        raise NotFound
    return chosen


def _is_of_year(month: ReportMonth, chosen: ReportMonth) -> bool:
    return month.month.year == chosen.month.year and month.month <= chosen.month


def _sum_year(budgets: Sequence[Fen | None]) -> Fen | None:
    known = [each for each in budgets if each is not None]
    return Fen(sum(known)) if known else None


def _lies_within(village: str, within: str) -> bool:
    if within == NO_VILLAGE:
        return not village
    return village.startswith(within) if village else len(within) == LEVEL_DIGITS[COUNTY - 1]


def _count_digits(within: str) -> int:
    """Return how many digits name the divisions below: townships of a county, otherwise villages."""
    return LEVEL_DIGITS[TOWNSHIP - 1] if len(within) == LEVEL_DIGITS[COUNTY - 1] else LEVEL_DIGITS[VILLAGE - 1]


def _group_by_division(rows: Iterable[FigureRow], within: str) -> dict[str, dict[str, int]]:
    """Return the figures of the divisions below: townships of a county, villages of a township."""
    if within == NO_VILLAGE or len(within) == LEVEL_DIGITS[VILLAGE - 1]:
        return {}
    digits = _count_digits(within)
    groups: dict[str, dict[str, int]] = {}
    for row in rows:
        group = groups.setdefault(row.village[:digits] or NO_VILLAGE, {})
        group[row.key] = group.get(row.key, 0) + row.n
    return groups


def _sum_by_key(rows: Iterable[FigureRow]) -> dict[str, FigureRow]:
    totals: dict[str, FigureRow] = {}
    for row in rows:
        sums = totals.get(row.key, _NUMBER)
        totals[row.key] = FigureRow(village="", key=row.key, n=sums.n + row.n, fen=Fen(sums.fen + row.fen))
    return totals


def _build_lines(
    report: CountedReport,
    totals: dict[str, FigureRow],
    before: dict[str, int] | None,
    year_before: dict[str, int] | None,
) -> list[FigureLine]:
    now = {key: row.n for key, row in totals.items()}
    hidden, hidden_before, hidden_year = (
        list_hidden(report, sums) if report.hides and sums is not None else set[str]()
        for sums in (now, before, year_before)
    )
    lines: list[FigureLine] = []
    for figure in report.figures:
        key, whole = figure.key, now.get(figure.whole, 0)
        n = now.get(key, 0)
        hide = key in hidden
        lines.append(
            FigureLine(
                figure=figure,
                n=None if hide else n,
                fen=Fen(0) if hide else totals.get(key, _NUMBER).fen,
                before=None if before is None or key in hidden_before else before.get(key, 0),
                year_before=None if year_before is None or key in hidden_year else year_before.get(key, 0),
                share_bp=None if hide or not whole or figure.whole in hidden else 10_000 * n // whole,
                hidden=hide,
            )
        )
    return lines


def list_hidden(report: CountedReport, sums: dict[str, int]) -> set[str]:
    """Return the figures of a report that are hidden, partition by partition.

    A part of a figure is hidden if the rest of it is small too: 9 of 12 who have it tell of 3 who have not.
    """
    hidden: set[str] = set()
    partitions: dict[str, list[Figure]] = {}
    for figure in report.figures:
        partitions.setdefault(figure.partition, []).append(figure)
    for figures in partitions.values():
        parts = [sums.get(figure.key, 0) for figure in figures]
        rests = [sums.get(figure.whole, 0) - part for figure, part in zip(figures, parts, strict=True)]
        marks = hide_small(
            parts, rests=[rest if figure.whole else 0 for figure, rest in zip(figures, rests, strict=True)]
        )
        hidden |= {figure.key for figure, mark in zip(figures, marks, strict=True) if mark}
    return hidden
