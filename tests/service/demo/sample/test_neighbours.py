"""The counties around the demo county: what the desks above and the open data show of them."""

from datetime import date

from market.kernel import Connection
from market.reports.counted.keep import keep_month
from market.reports.open_data import list_open_figures
from market.reports.region import list_counties, refresh_quarter
from market.service.demo.sample.accounts import NEIGHBOUR_COUNTIES
from market.service.demo.sample.county.neighbours import compute_quarter_months
from market.subsidies.register.rechecks import sum_up_rechecks

FIRST_QUARTER = date(2026, 1, 1)
TODAY = date(2026, 6, 10)


def test_the_months_reach_from_the_last_quarter_that_is_over_to_last_month() -> None:
    reached = {day: compute_quarter_months(day) for day in (date(2026, 6, 10), date(2026, 7, 1), date(2026, 11, 28))}
    assert {day: (months.first.month, months.last.month) for day, months in reached.items()} == {
        date(2026, 6, 10): (1, 5), date(2026, 7, 1): (4, 6), date(2026, 11, 28): (7, 10),
    }  # fmt: skip


async def test_the_desk_above_compares_counties_and_one_quarter_is_published(sample: Connection) -> None:
    closed, stuck, confirmed, elsewhere = NEIGHBOUR_COUNTIES
    for county in (*NEIGHBOUR_COUNTIES, "130624"):
        await refresh_quarter(sample, county, FIRST_QUARTER)
    counties = await list_counties(sample, "13", quarter=FIRST_QUARTER, today=TODAY)
    began = {each.county: each for each in counties if each.began is not None}
    assert began.keys() == {*NEIGHBOUR_COUNTIES, "130624"}
    assert {county: (each.month, each.state) for county, each in began.items()} == {
        closed: (None, None),
        stuck: (date(2026, 1, 1), "calculated"),
        confirmed: (date(2026, 5, 1), "confirmed"),
        elsewhere: (date(2026, 1, 1), "calculated"),
        "130624": (date(2026, 5, 1), "confirmed"),
    }
    assert [began[county].days_late(TODAY) > 0 for county in (stuck, confirmed)] == [True, False]
    assert began[closed].closed_months == 3
    assert began[closed].users > 150
    figures = await list_open_figures(sample, quarter=FIRST_QUARTER)
    assert {each.county for each in figures} == {closed, "130624"}
    assert sum(each.users is not None for each in figures) >= 5, "townships and operators, not all of them hidden"
    assert await keep_month(sample, closed, FIRST_QUARTER)
    kept = await sample.fetch("SELECT DISTINCT report FROM month_figures WHERE county_code = $1", closed)
    assert {row["report"] for row in kept} == {"funnel", "ageing", "failures", "fairness"}


async def test_some_rechecks_are_due_and_some_are_late(sample: Connection) -> None:
    villages = await sum_up_rechecks(sample, "130624", ("130624",), today=TODAY)
    assert 0 < sum(each.overdue for each in villages) < sum(each.due for each in villages) <= 24
