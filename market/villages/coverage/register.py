"""Read the register of coverage: of a village, of a county by township, of all its rows; and end terms of a village."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Query
from market.kernel.disclosure import hide_small, hides_sum
from market.villages.coverage.models import NetworkOperator, Setting, Technology, TownshipCoverage, VillageCoverage

MAX_ROWS = 20_000


class CoverageRow(Struct, frozen=True, kw_only=True):
    """A row of the register, as open data."""

    village_code: str
    village: str
    operator: str
    technology: Technology
    setting: Setting
    share_bp: int
    down_mbps: int | None
    source: str
    observed_on: date


LIST_OPERATORS = Query(NetworkOperator, "SELECT code, name FROM operators ORDER BY rank")
LIST_OF_VILLAGE = Query(
    VillageCoverage,
    """
    SELECT operator, o.name AS operator_name, technology, setting, share_bp, down_mbps, source, observed_on
      FROM coverage JOIN operators o ON o.code = operator
     WHERE village_code = :village AND valid_during @> :day::date
     ORDER BY o.rank, technology, setting
     LIMIT 100
    """,
)
# A village counts for a technology if an operator covers at least half of its homes.
SUM_UP_TOWNSHIPS = Query(
    TownshipCoverage,
    """
    WITH villages AS (
        SELECT code FROM village_periods
         WHERE starts_with(code, :county) AND valid_during @> :day::date),
    covered AS (
        SELECT DISTINCT village_code, technology FROM coverage
         WHERE county_code = :county AND setting = 'homes' AND share_bp >= 5000 AND valid_during @> :day::date),
    reported AS (
        SELECT ancestor_code(village_code, 4) AS township, count(DISTINCT asker_id) AS reporters
          FROM outages JOIN cases ON cases.id = case_id
         WHERE starts_with(village_code, :county)
           AND received_at < date_trunc('quarter', :day::timestamp) AT TIME ZONE 'Asia/Shanghai'
           AND received_at >= (date_trunc('quarter', :day::timestamp) - interval '1 year') AT TIME ZONE 'Asia/Shanghai'
         GROUP BY 1)
    SELECT t.code, t.name, count(*)::integer AS villages,
           count(*) FILTER (WHERE (v.code, '4g') IN (SELECT village_code, technology FROM covered))::integer AS with_4g,
           count(*) FILTER (WHERE (v.code, '5g') IN (SELECT village_code, technology FROM covered))::integer AS with_5g,
           count(*) FILTER (WHERE (v.code, 'fibre') IN (SELECT village_code, technology FROM covered))::integer
               AS with_fibre,
           coalesce(max(reporters), 0)::integer AS reporters
      FROM villages v
      JOIN divisions t ON t.code = ancestor_code(v.code, 4)
      LEFT JOIN reported ON township = t.code
     GROUP BY t.code, t.name
     ORDER BY t.code
    """,
)
COUNT_UNCOVERED = Query(
    int,
    """
    SELECT count(*) FROM village_periods
     WHERE starts_with(code, :scope) AND valid_during @> :day::date
       AND code NOT IN (SELECT village_code FROM coverage
                         WHERE starts_with(county_code, left(:scope, 6)) AND technology = :technology
                           AND setting = 'homes' AND share_bp >= 5000 AND valid_during @> :day::date)
    """,
)
LIST_ROWS = Query(
    CoverageRow,
    """
    SELECT village_code, d.name AS village, o.name AS operator, technology, setting, share_bp, down_mbps, source,
           observed_on
      FROM coverage
      JOIN divisions d ON d.code = village_code
      JOIN operators o ON o.code = operator
     WHERE coverage.county_code = :county AND valid_during @> :day::date
     ORDER BY village_code, o.rank, technology, setting
     LIMIT :limit
    """,
)
# A measurement after the end of the village is of no village. The end may be long ago: any term may reach beyond it.
CUT_COVERAGE = Query(
    None,
    """
    UPDATE coverage SET valid_during = valid_during * daterange(NULL, :day::date)
     WHERE village_code = :village AND valid_during @> :day::date AND lower(valid_during) < :day::date
    """,
)
DROP_COVERAGE = Query(None, "DELETE FROM coverage WHERE village_code = :village AND lower(valid_during) >= :day::date")


async def list_operators(conn: Connection) -> list[NetworkOperator]:
    """Return the operators in their order."""
    return await LIST_OPERATORS.all(conn)


async def list_village_coverage(conn: Connection, village: str, *, day: date) -> list[VillageCoverage]:
    """Return what of a village is covered on a day, by operator."""
    return await LIST_OF_VILLAGE.all(conn, village=village, day=day)


async def sum_up_townships(conn: Connection, county: str, *, day: date) -> list[TownshipCoverage]:
    """Return the townships of a county; numbers of reporters that would tell of few are hidden.

    In the scope of the county, because reports are cases.
    """
    return hide_reporters(await SUM_UP_TOWNSHIPS.all(conn, county=county, day=day))


def hide_reporters(townships: Sequence[TownshipCoverage]) -> list[TownshipCoverage]:
    """Return the townships with their reporters as published: none below ten, none that the sum would tell; pure."""
    counts = [each.reporters or 0 for each in townships]
    hidden = [True] * len(counts) if hides_sum(counts) else hide_small(counts)
    return [replace(each, reporters=None) if hide else each for each, hide in zip(townships, hidden, strict=True)]


async def count_uncovered_villages(conn: Connection, scope: str, technology: Technology, *, day: date) -> int:
    """Return how many villages of a division no operator covers with a technology in at least half of their homes."""
    return await COUNT_UNCOVERED.one(conn, scope=scope, technology=technology, day=day)


async def list_coverage_rows(conn: Connection, county: str, *, day: date) -> list[CoverageRow]:
    """Return the register of a county on a day, at most 20,000 rows."""
    return await LIST_ROWS.all(conn, county=county, day=day, limit=MAX_ROWS)


async def end_village_coverage(conn: Connection, village: str, day: date) -> None:
    """End what is registered of a village on the first day without its code."""
    cut: dict[str, Any] = {"village": village, "day": day}
    await DROP_COVERAGE.run(conn, **cut)
    await CUT_COVERAGE.run(conn, **cut)
