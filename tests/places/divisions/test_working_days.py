"""Working days count by the published holidays."""

from datetime import date

import pytest

from market.kernel import Connection
from market.places.divisions.working_days import add_working_days


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2019, 9, 20), 0, date(2019, 9, 20)),
        (date(2019, 9, 20), 1, date(2019, 9, 23)),
        # 28 September is a Saturday; the 29th, a Sunday, is worked, and 1 to 7 October are off.
        (date(2019, 9, 27), 1, date(2019, 9, 29)),
        (date(2019, 9, 30), 1, date(2019, 10, 8)),
        (date(2019, 9, 30), 5, date(2019, 10, 12)),
        (date(2035, 1, 5), 1, date(2035, 1, 8)),
    ],
)
async def test_working_days_skip_days_off_and_count_worked_weekends(
    conn: Connection, day: date, count: int, expected: date
) -> None:
    assert await add_working_days(conn, day, count) == expected
