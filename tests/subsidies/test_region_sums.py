"""The sums of a region: equal to the counties' own reports, computed again after a change, hidden from others."""

from datetime import date

import pytest

from market.kernel import Connection, Database, Fen
from market.reports import region
from market.reports.quarter import QuarterMonths, compute_quarter, count_final_months
from market.reports.region import (
    LIST_CHANGED_QUARTERS,
    CountyProgress,
    list_counties,
    list_operator_sums,
    list_recent_quarters,
    refresh_quarters,
    sum_counties,
)
from market.subsidies.models import CycleState
from tests.story.play import COUNTY, Player
from tests.support.postgres import as_owner

FIRST, UNTIL = date(2019, 1, 1), date(2019, 4, 1)
TODAY = date(2019, 4, 15)
LONG_AGO = "UPDATE county_months SET changed_at = changed_at - interval '1 hour'"


async def load(database: Database, scope: str, *, today: date = TODAY) -> dict[str, CountyProgress]:
    async with database.transaction(scope=scope) as conn:
        return {each.county: each for each in await list_counties(conn, scope, quarter=FIRST, today=today)}


async def test_the_sums_of_a_region_are_those_of_its_counties_reports(quarter: Player) -> None:
    assert await refresh_quarters(quarter.database) == 1
    async with quarter.database.transaction(scope=COUNTY) as conn:
        report = await compute_quarter(conn, COUNTY, FIRST, UNTIL)
    async with quarter.database.transaction(scope="13") as conn:
        assert await list_operator_sums(conn, "13", quarter=FIRST) == report.rows
    total = report.rows[-1]
    assert (total.operator, total.kind) == ("total", "all")
    for scope in ("13", "1306", COUNTY):
        county = (await load(quarter.database, scope))[COUNTY]
        assert (county.users, county.households, county.persons) == (total.users, total.households, total.persons)
        assert (county.conceded_fen, county.public_fen, county.closed_months) == (
            total.conceded_fen, total.public_fen, 3,
        )  # fmt: skip


async def test_the_quarter_in_which_a_county_begins_is_final_without_the_months_before(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        began = await count_final_months(conn, COUNTY, date(2018, 12, 1), date(2019, 3, 1))
        assert began == QuarterMonths(final=3, began=FIRST)
        assert await count_final_months(conn, COUNTY, FIRST, UNTIL) == QuarterMonths(final=3, began=None)
        last = await count_final_months(conn, COUNTY, date(2019, 3, 1), date(2019, 6, 1))
        assert last == QuarterMonths(final=1, began=None), "months to come are not final"
        assert (await compute_quarter(conn, COUNTY, date(2018, 12, 1), date(2019, 3, 1))).provisional is False
    await refresh_quarters(quarter.database)
    async with quarter.database.transaction(scope="13") as conn:
        later = await list_counties(conn, "13", quarter=date(2018, 10, 1), today=TODAY)
    assert next(each.closed_months for each in later if each.county == COUNTY) == 3, "it began after the quarter"


async def test_what_changed_is_computed_again_and_what_did_not_is_left(quarter: Player) -> None:
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute(LONG_AGO)
    assert await refresh_quarters(quarter.database) == 1
    assert await refresh_quarters(quarter.database) == 0
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE county_months SET changed_at = clock_timestamp() WHERE month = '2019-02-01'")
        await conn.execute("UPDATE quarter_sums SET users = 0, new_users = 0")
    assert await refresh_quarters(quarter.database) == 1
    assert (await load(quarter.database, "13"))[COUNTY].users == 24


async def test_each_month_is_read_once(new_conn: Connection) -> None:
    async with as_owner(new_conn):
        await new_conn.execute(
            "INSERT INTO county_months SELECT (130100 + n)::text, month, 'closed', now()"
            "  FROM generate_series(1, 40) n, generate_series(date '2012-01-01', '2021-12-01', '1 month') AS month"
        )
        await new_conn.execute(
            "INSERT INTO quarter_sums SELECT county_code, month, 'total', 'all', 1, 1, 1, 1, 1, 1, 1, 1, 1, 3,"
            "  now() + interval '1 h' * (1 - 2 * (county_code = '130101' AND month >= '2020-01-01')::integer)"
            "  FROM county_months WHERE extract(month FROM month) IN (1, 4, 7, 10)"
        )
        await new_conn.execute("ANALYZE county_months, quarter_sums")
    counted = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'county_months'"
    before = await new_conn.fetchval(counted)
    changed = await LIST_CHANGED_QUARTERS.all(new_conn, limit=100)
    assert {each.county_code for each in changed} == {"130101"}
    assert [each.quarter for each in changed] == [date(y, m, 1) for y in (2020, 2021) for m in (1, 4, 7, 10)]
    assert await new_conn.fetchval(counted) - before <= 40 * 120


async def test_a_quarter_that_cannot_be_computed_takes_no_others_place(
    quarter: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region, "MAX_AT_ONCE", 1)
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO county_months SELECT '130121', month, state, changed_at - interval '1 day' FROM county_months"
        )
        await conn.execute("ALTER TABLE quarter_sums ADD CONSTRAINT none CHECK (county_code <> '130121')")
    assert await refresh_quarters(quarter.database) == 1
    assert (await load(quarter.database, COUNTY))[COUNTY].users == 24


async def test_a_calculation_and_a_step_are_changes(january: Player) -> None:
    async with january.database.transaction() as conn, as_owner(conn):
        await conn.execute(LONG_AGO)
        before = await conn.fetchval("SELECT changed_at FROM county_months")
        await conn.execute(
            "INSERT INTO runs SELECT (jsonb_populate_record(r, jsonb_build_object('id', uuidv7(), 'n', r.n + 1))).*"
            " FROM runs r"
        )
        after = await conn.fetchval("SELECT changed_at FROM county_months")
        assert after > before, "a run"
        await conn.execute(LONG_AGO)
    await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-05")
    async with january.database.transaction(scope=COUNTY) as conn:
        row = await conn.fetchrow("SELECT state, changed_at FROM county_months")
    assert row is not None
    assert row["state"] == "confirmed"
    assert row["changed_at"] > before


@pytest.mark.parametrize(
    ("scope", "seen"), [("13", True), ("1306", True), (COUNTY, True), ("130624101", True), ("1307", False), ("", False)]
)
async def test_a_region_sees_its_own_counties_alone(quarter: Player, scope: str, seen: bool) -> None:
    await refresh_quarters(quarter.database)
    async with quarter.database.transaction(scope=scope) as conn:
        for table in ("county_months", "quarter_sums"):
            assert await conn.fetchval(f"SELECT count(*) > 0 FROM {table}") is seen
        if len(scope) < len(COUNTY):
            assert await conn.fetchval("SELECT count(*) FROM cycles") == 0, "a region sees nothing of the register"
            assert await conn.fetchval("SELECT count(*) FROM household_statuses") == 0


async def test_who_is_late_and_since_when(quarter: Player) -> None:
    on_time = (await load(quarter.database, "1306"))[COUNTY]
    assert (on_time.began, on_time.month, on_time.days_late(TODAY)) == (FIRST, None, 0)
    april = (await load(quarter.database, "1306", today=date(2019, 5, 21)))[COUNTY]
    assert (april.month, april.state, april.days_late(date(2019, 5, 21))) == (date(2019, 4, 1), CycleState.OPEN, 1)
    assert april.days_late(date(2019, 5, 20)) == 0
    other = (await load(quarter.database, "1306"))["130629"]
    assert (other.began, other.month, other.days_late(date(2030, 1, 1))) == (None, None, 0)
    assert len({each.prefecture for each in (await load(quarter.database, "13")).values()}) > 10


def test_counties_add_up_and_one_open_month_makes_the_sum_provisional() -> None:
    def make(county: str, *, users: int, closed: int, began: date | None = FIRST) -> CountyProgress:
        return CountyProgress(
            county=county, name=county, prefecture="x", began=began, month=FIRST if closed < 3 else None,
            state=CycleState.OPEN if closed < 3 else None, users=users, households=users, persons=users,
            conceded_fen=Fen(100 * users), public_fen=Fen(users), closed_months=closed, sent_on=None, sent_by="",
            changed_since=False,
        )  # fmt: skip

    counties = [
        make("130624", users=3, closed=3),
        make("130629", users=4, closed=2),
        make("1", users=0, closed=0, began=None),
    ]
    total = sum_counties("保定市", counties, today=TODAY)
    assert (total.counties, total.users, total.conceded_fen, total.public_fen) == (2, 7, 700, 7)
    assert (total.late, total.provisional) == (1, True)
    assert not sum_counties("保定市", counties[:1], today=TODAY).provisional


def test_the_last_quarters() -> None:
    assert list_recent_quarters(date(2019, 2, 28), 3) == [date(2019, 1, 1), date(2018, 10, 1), date(2018, 7, 1)]
