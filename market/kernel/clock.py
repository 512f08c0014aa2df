"""Business time: instants are aware UTC, days and months are those of Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone

from msgspec import Struct

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one zone without summer time since 1991. Source: tzdata, Asia/Shanghai."""


class Clock(Struct, frozen=True):
    """The business clock: the real one, moved by `shift` where a demo or a test lives on another day."""

    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return this instant, aware, in UTC."""
        return datetime.now(UTC) + self.shift

    def today(self) -> date:
        """Return the business day that it is in Asia/Shanghai."""
        return day_of(self.now())


def clock_at(moment: datetime) -> Clock:
    """Return a clock that stands at `moment` now and goes on from there."""
    return Clock(moment - datetime.now(UTC))


def day_of(moment: datetime) -> date:
    """Return the business day of an instant."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """Return the instant at which a business day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after `month`."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def previous_month(month: date) -> date:
    """Return the first day of the month before `month`."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def days_in(month: date) -> int:
    """Return how many days a month has."""
    return (next_month(month) - month.replace(day=1)).days


def parse_month(text: str) -> date:
    """Read `2019-01` as the month's first day.

    Raises:
        ValueError: the text is not a month in that form.
    """
    moment = datetime.strptime(text, "%Y-%m").replace(tzinfo=SHANGHAI)
    return moment.date()
