"""The idle periods of a line (R8): notice, cure, and removal, from the days on which it was used."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from msgspec import Struct

from market.subsidies.engine.days import to_span
from market.subsidies.engine.idle import add_counted_days


class IdlePeriod(Struct, frozen=True, kw_only=True):
    """A period without use whose notice falls on `notice_on`; `last_use` is null if the binding has no known use.

    The days after the notice are not payable until the line is used again; without use before `removal_on` the line is
    removed on that day. `next_use` is the first known use after the notice, even one that comes after the removal.
    """

    last_use: date | None
    notice_on: date
    removal_on: date
    next_use: date | None

    @property
    def unpaid_from(self) -> date:
        """The first day that is not payable."""
        return self.notice_on + timedelta(days=1)

    @property
    def used_again(self) -> date | None:
        """The day of the use that ended the period before the removal."""
        return self.next_use if self.next_use is not None and self.next_use < self.removal_on else None


def list_idle_periods(
    start: date,
    end: date,
    used_on: Sequence[date],
    *,
    idle_days: int,
    cure_days: int,
    pauses: Sequence[tuple[date, date]] = (),
) -> Iterator[IdlePeriod]:
    """Yield the idle periods of a binding with a notice before `end`; `used_on` is ascending.

    A binding's first day counts as unused. Uses outside the binding are ignored. The days of `pauses`, which are
    ascending, each with the first day after it, count neither as used nor as unused.
    """
    paused = [to_span(max(low, start), high) for low, high in pauses if high > start]

    def add_days(day: date, days: int) -> date:
        return date.fromordinal(add_counted_days(day.toordinal(), days, paused))

    last: date | None = None
    uses = (day for day in used_on if start <= day < end and not any(low <= day < high for low, high in pauses))
    for use in [*uses, None]:
        notice = add_days(last or start - timedelta(days=1), idle_days)
        if notice < end and (use is None or use > notice):
            removal = add_days(notice, cure_days + 1)
            yield IdlePeriod(last_use=last, notice_on=notice, removal_on=removal, next_use=use)
        last = use
