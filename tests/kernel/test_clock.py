"""Business days and months are those of Shanghai, for times in any zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Connection
from market.kernel.clock import (
    Clock,
    count_days_in_month,
    get_business_day,
    get_day_start,
    get_next_month,
    get_previous_month,
    make_clock_at,
    parse_month,
)


def test_a_business_day_begins_at_16_utc_of_the_day_before() -> None:
    assert get_business_day(datetime(2019, 1, 31, 15, 59, 59, tzinfo=UTC)) == date(2019, 1, 31)
    assert get_business_day(datetime(2019, 1, 31, 16, 0, tzinfo=UTC)) == date(2019, 2, 1)
    assert get_day_start(date(2019, 2, 1)) == datetime(2019, 1, 31, 16, 0, tzinfo=UTC)


async def test_the_sql_function_returns_the_same_days(conn: Connection) -> None:
    moments = [datetime(2019, 1, 31, 15, 59, 59, tzinfo=UTC) + timedelta(seconds=n * 3607) for n in range(500)]
    found = await conn.fetch("SELECT business_day(m) AS day FROM unnest($1::timestamptz[]) AS m", moments)
    assert [row["day"] for row in found] == [get_business_day(moment) for moment in moments]


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)))
def test_months_follow_each_other_without_a_gap(day: date) -> None:
    month = day.replace(day=1)
    assert get_previous_month(get_next_month(month)) == month
    assert month + timedelta(days=count_days_in_month(month)) == get_next_month(month)
    assert get_next_month(day) == get_next_month(month)


def test_february_has_29_days_in_a_leap_year() -> None:
    assert (
        count_days_in_month(date(2019, 2, 9)),
        count_days_in_month(date(2020, 2, 9)),
        count_days_in_month(date(2019, 12, 31)),
    ) == (28, 29, 31)


def test_a_month_is_parsed_from_its_text_or_refused() -> None:
    assert parse_month("2019-02") == date(2019, 2, 1)
    for wrong in ("2019-13", "2019", "2019-02-01", "二月"):
        with pytest.raises(ValueError, match=r"does not match|unconverted"):
            parse_month(wrong)


def test_a_clock_started_at_a_moment_runs_on_from_there() -> None:
    moment = datetime(2019, 9, 20, 1, 0, tzinfo=UTC)
    clock = make_clock_at(moment)
    assert timedelta(0) <= clock.now() - moment < timedelta(minutes=1)
    assert clock.today() == date(2019, 9, 20)
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(minutes=1)
