"""What a report reads of a whole county is not planned by statistics that may not know the county's rows yet."""

from datetime import date

from msgspec.structs import replace

from market.kernel import Connection
from market.reports.counted.fairness import FAIRNESS
from market.reports.counted.models import MonthOfReport, count_figures, list_items, make_count, make_list
from tests.conftest import NOW

COUNTY = "130624"
_SETTING = """
    SELECT current_setting('enable_nestloop') AS key, NULL AS village_code, current_setting('work_mem') AS subject,
           0 AS fen, '' AS note
"""


async def test_a_county_is_counted_and_listed_without_nested_loops(conn: Connection) -> None:
    report = replace(FAIRNESS, count=make_count(_SETTING), items=make_list(_SETTING))
    month = MonthOfReport(county=COUNTY, month=date(2019, 4, 1), as_of=NOW)
    assert [row.key for row in await count_figures(conn, report, month, [COUNTY])] == ["off"]
    listed = await list_items(conn, report, month, [COUNTY], key="off", within=COUNTY, limit=9)
    assert [row.subject for row in listed] == ["32MB"]
    assert await conn.fetchval("SELECT current_setting('enable_nestloop')") == "on", "for statements about few rows"
