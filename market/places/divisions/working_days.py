"""Deadlines in working days: Monday to Friday, as far as the published holidays do not say otherwise."""

from datetime import date

from market.kernel import Connection, Query

ADD_WORKING_DAYS = Query(date, "SELECT add_working_days(:day::date, :count::integer)")


async def add_working_days(conn: Connection, day: date, count: int) -> date:
    """Return the `count`-th working day after `day`, from 0 to 60; the day itself is day zero.

    A day off that is worked instead counts. Years without published holidays have weekends only, so a deadline in them
    may move when they are published.
    """
    return await ADD_WORKING_DAYS.one(conn, day=day, count=count)
