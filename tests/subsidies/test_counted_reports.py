"""The reports that count: a figure is the number of rows of its list, and what is kept equals counting again."""

from datetime import UTC, date, datetime

import pytest

from market.kernel import Fen
from market.kernel.disclosure import hide_small
from market.people.identity.models import NotFound
from market.reports.counted.ageing import AGEING
from market.reports.counted.fairness import FAIRNESS
from market.reports.counted.funnel import FUNNEL
from market.reports.counted.keep import FigureDifference, compare_month, keep_closed_months, keep_month
from market.reports.counted.models import MonthOfReport, count_figures, list_items
from market.reports.counted.reports import COUNTED_REPORTS
from market.reports.counted.view import ReportView, load_items, load_report
from tests.story.play import COUNTY, Player
from tests.support.postgres import as_owner

JANUARY, FEBRUARY, MARCH = date(2019, 1, 1), date(2019, 2, 1), date(2019, 3, 1)
NOW = datetime(2019, 4, 20, 1, tzinfo=UTC)
VILLAGE = "130624101205"


async def test_each_figure_is_the_number_of_rows_of_its_list(quarter: Player) -> None:
    """Of every report and month, in each village, for the county and for the official of one village."""
    seen: set[str] = set()
    async with quarter.database.transaction(scope=COUNTY) as conn:
        for report in COUNTED_REPORTS.values():
            keys = {figure.key for figure in report.figures}
            for month in (JANUARY, FEBRUARY, MARCH):
                at = MonthOfReport(county=COUNTY, month=month, as_of=NOW)
                whole = await count_figures(conn, report, at, [COUNTY])
                assert {row.key for row in whole} <= keys
                seen |= {row.key for row in whole}
                for row in whole:
                    items = await list_items(
                        conn, report, at, [COUNTY], key=row.key, within=row.village or "none", limit=1000
                    )
                    assert (len(items), sum(item.fen for item in items)) == (row.n, row.fen), (report.name, row)
                    assert len({(item.subject, item.note) for item in items}) == row.n, (report.name, row)
                own = await count_figures(conn, report, at, [VILLAGE])
                assert own == [row for row in whole if row.village == VILLAGE], "the village's own rows, and no others"
                for row in [row for row in whole if row.village != VILLAGE][:1]:
                    at_other = row.village or "none"
                    assert not await list_items(conn, report, at, [VILLAGE], key=row.key, within=at_other, limit=1)
    assert seen >= {"eligible", "settled", "home_split", "line_in", "line_out", "removed", "women.has", "finding_30"}


async def test_kept_figures_equal_counting_again(quarter: Player) -> None:
    assert await keep_closed_months(quarter.database) == 3
    async with quarter.database.transaction(scope=COUNTY) as conn:
        for month in (JANUARY, FEBRUARY, MARCH):
            assert await compare_month(conn, COUNTY, month) == []
        kept = await load_report(conn, FUNNEL, COUNTY, [COUNTY], month=JANUARY, within=COUNTY, now=NOW)
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute("DELETE FROM counted_months WHERE month = '2019-01-01'")
    async with quarter.database.transaction(scope=COUNTY) as conn:
        counted = await load_report(conn, FUNNEL, COUNTY, [COUNTY], month=JANUARY, within=COUNTY, now=NOW)
        assert kept is not None
        assert counted is not None
        assert kept.month.kept
        assert not counted.month.kept
        assert (kept.lines, kept.divisions) == (counted.lines, counted.divisions)
        await keep_month(conn, COUNTY, JANUARY)
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute("UPDATE month_figures SET n = n + 1 WHERE month = '2019-01-01' AND key = 'home_in'")
        await conn.execute("UPDATE month_figures SET n = n + 1 WHERE month = '2019-01-01' AND key = 'settled'")
        await conn.execute("INSERT INTO month_figures VALUES ('130624', '2019-01-01', 'funnel', '', 'gone', 1, 0)")
    async with quarter.database.transaction(scope=COUNTY) as conn:
        differences = await compare_month(conn, COUNTY, JANUARY)
        assert differences
        assert all((each.kept or 0) == (each.counted or 0) + 1 for each in differences)
        assert {(each.report, each.key) for each in differences} == {("funnel", "gone"), ("funnel", "settled")}
        assert isinstance(differences[0], FigureDifference)
        assert await keep_month(conn, COUNTY, JANUARY)
        assert await compare_month(conn, COUNTY, JANUARY) == []
    # What was just counted is left; what changed since is counted again.
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE county_months SET changed_at = changed_at - interval '1 hour'")
    assert await keep_closed_months(quarter.database) == 0
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE county_months SET changed_at = clock_timestamp() WHERE month = '2019-02-01'")
    assert await keep_closed_months(quarter.database) == 1
    async with quarter.database.transaction(scope="1307") as conn:
        assert await conn.fetchval("SELECT count(*) FROM month_figures") == 0


async def test_a_report_beside_other_months_and_the_budget(quarter: Player) -> None:
    """In four statements; each total is the sum of its divisions; a list is what its figure counts."""
    await keep_closed_months(quarter.database)
    sent: list[str] = []
    view: ReportView | None = None
    async with quarter.database.transaction(scope=COUNTY) as conn:
        # The second time: before, the driver asked for the types of the columns.
        for _ in range(2):
            sent.clear()
            with conn.query_logger(lambda each: sent.append(each.query)):  # pyright: ignore[reportUnknownLambdaType]
                view = await load_report(conn, FUNNEL, COUNTY, [COUNTY], month=None, within=COUNTY, now=NOW)
        assert len(sent) <= 4
        assert view is not None
        assert view.month.month == MARCH, "the last closed month"
        for index, line in enumerate(view.lines):
            assert line.n == sum(division.figures[index] for division in view.divisions)
            page = await load_items(
                conn, FUNNEL, line.figure, COUNTY, [COUNTY], month=MARCH, within=COUNTY, limit=3, skip=0, now=NOW
            )
            assert (page.matches, page.kept, len(page.items)) == (line.n, line.n, min(line.n or 0, 3))
        february = await load_report(conn, FUNNEL, COUNTY, [COUNTY], month=FEBRUARY, within=COUNTY, now=NOW)
        assert february is not None
        assert [line.before for line in view.lines] == [line.n for line in february.lines]
        assert {line.year_before for line in view.lines} == {None}
        assert view.month.budget_fen is not None
        paid = await conn.fetchval("SELECT sum(pay_fen) FROM settlements")
        assert view.year_paid_fen == paid
        assert view.year_budget_fen == await conn.fetchval(
            "SELECT sum(public_fen) FROM budgets WHERE month <= $1", MARCH
        )
        assert view.divisions[0].code.startswith(COUNTY)
        township = await load_report(
            conn, FUNNEL, COUNTY, [COUNTY], month=MARCH, within=view.divisions[0].code, now=NOW
        )
        assert township is not None
        assert [line.n for line in township.lines] == view.divisions[0].figures
        for month, within in ((date(2018, 1, 1), COUNTY), (MARCH, "130121"), (MARCH, "13")):
            with pytest.raises(NotFound):
                await load_report(conn, FUNNEL, COUNTY, [COUNTY], month=month, within=within, now=NOW)
        fair = await load_report(conn, FAIRNESS, COUNTY, [COUNTY], month=MARCH, within=VILLAGE, now=NOW)
        assert fair is not None
        assert (fair.within, fair.divisions) == (COUNTY, []), "divisions would tell what is hidden"
        hidden = [line for line in fair.lines if line.hidden]
        assert hidden
        assert all((line.n, line.fen, line.share_bp) == (None, Fen(0), None) for line in hidden)
        assert all(line.n is None or line.n == 0 or line.n >= 10 for line in fair.lines)
        with pytest.raises(NotFound):
            await load_items(
                conn, FAIRNESS, hidden[0].figure, COUNTY, [COUNTY], month=MARCH, within=COUNTY, limit=3, skip=0, now=NOW
            )


async def test_ages_are_counted_in_days_of_the_county(quarter: Player) -> None:
    """From 06:00 on 2 March to 12:00 on 1 April are 30 days; in UTC it is still 1 March when the finding is opened."""
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute("ALTER TABLE findings DISABLE TRIGGER USER")
        await conn.execute("UPDATE findings SET state = 'open', opened_at = '2019-03-02 06:00+08'")
        await conn.execute("ALTER TABLE findings ENABLE TRIGGER USER")
    as_of = datetime(2019, 4, 1, 4, tzinfo=UTC)
    async with quarter.database.transaction(scope=COUNTY) as conn:
        ages = {
            row.key
            for month in (JANUARY, FEBRUARY, MARCH)
            for row in await count_figures(
                conn, AGEING, MonthOfReport(county=COUNTY, month=month, as_of=as_of), [COUNTY]
            )
            if row.key.startswith("finding")
        }
    assert ages == {"finding_30"}


def test_small_figures_are_hidden_with_others() -> None:
    assert hide_small([]) == []
    assert hide_small([10, 0, 25]) == [False, False, False]
    assert hide_small([9, 25, 30]) == [True, True, False], "one alone is told by the sum"
    assert hide_small([4, 5, 30, 40]) == [True, True, True, False], "two of nine in all tell of nine"
    assert hide_small([5, 6, 30]) == [True, True, False]
    assert hide_small([9, 0]) == [True, True]
    assert hide_small([25, 12], rests=[3, 20]) == [True, True], "three of 28 who have nothing"
