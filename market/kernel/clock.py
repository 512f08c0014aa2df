"""Business time: instants are aware UTC datetimes; days and months are those of Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from msgspec import Struct

_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_MAX_CACHED = 1_024
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time zone and no daylight saving time since 1991. Source: tzdata, Asia/Shanghai."""


class Clock(Struct, frozen=True):
    """The business clock: the system clock plus `shift`, which a demo or a test sets to run on another day."""

    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the current instant as an aware UTC datetime."""
        return datetime.now(UTC) + self.shift

    def today(self) -> date:
        """Return the current business day in Asia/Shanghai."""
        return get_business_day(self.now())


def make_clock_at(moment: datetime) -> Clock:
    """Return a clock that reads `moment` now and runs on from there."""
    return Clock(moment - datetime.now(UTC))


def get_business_day(moment: datetime) -> date:
    """Return the business day of an instant."""
    return moment.astimezone(SHANGHAI).date()


def get_day_start(day: date) -> datetime:
    """Return the UTC instant at which a business day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def get_next_month(month: date) -> date:
    """Return the first day of the month after `month`."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def get_previous_month(month: date) -> date:
    """Return the first day of the month before `month`."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def get_quarter_start(day: date) -> date:
    """Return the first day of the quarter that a day lies in."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def get_next_quarter(first: date) -> date:
    """Return the first day of the quarter after the one that begins on `first`."""
    return get_next_month(get_next_month(get_next_month(first)))


def count_days_in_month(month: date) -> int:
    """Return the number of days in the month."""
    return (get_next_month(month) - month.replace(day=1)).days


@lru_cache(_MAX_CACHED)
def _read_month(text: str) -> date:
    """Read a month; a file has the same few in thousands of rows."""
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=SHANGHAI).date()


def parse_month(text: str, *, today: date | None = None) -> date:
    """Parse `2019-01` into the first day of the month; with `today` it is at most two years later.

    Raises:
        ValueError: the text is not a month in this format, or not from 1900 to 2999, or too far in the future.
    """
    month = _read_month(text)
    if not _FIRST_YEAR <= month.year <= _LAST_YEAR or (today is not None and month.year > today.year + 2):
        raise ValueError(text)
    return month
