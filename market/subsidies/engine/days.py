"""Days as numbers (`date.toordinal`), half-open spans of them, and the month.

Numbers, because the last month of the calendar ends on a day that no `date` can name.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

type Span = tuple[int, int]
"""The first day and the day after the last."""

FOREVER = date.max.toordinal() + 1
"""The end of a span that has none."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Month(Struct, frozen=True, gc=False):
    """One service month: its first day and the first day after it."""

    first: int
    end: int

    @property
    def days(self) -> int:
        """Its number of days."""
        return self.end - self.first


def read_month(text: str) -> Month | None:
    """Return the month that is written `2019-04`, or None when it is none."""
    first = read_day(f"{text}-01")
    if first is None:
        return None
    return Month(first.toordinal(), first.toordinal() + monthrange(first.year, first.month)[1])


def read_day(text: str) -> date | None:
    """Return the day that is written `2019-04-11`, or None when it is none."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def span_of(start: date, until: date | None) -> Span:
    """Return the span from `start` until `until`, exclusive; without `until` it has no end."""
    return start.toordinal(), FOREVER if until is None else until.toordinal()


def join_touching(spans: Iterable[Span]) -> list[Span]:
    """Return ascending, disjoint spans with those that touch made one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def overlap(some: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Return the days that are in both, as ascending spans; each side is ascending and disjoint."""
    both: list[Span] = []
    for start, end in some:
        for from_, until in others:
            low, high = max(start, from_), min(end, until)
            if low < high:
                both.append((low, high))
    return both


def leave_out(some: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return the days of `some` that are in none of `others`, as ascending spans; `others` are ascending."""
    rest = list(some)
    for low, high in others:
        rest = [
            piece
            for start, end in rest
            for piece in ((start, min(end, low)), (max(start, high), end))
            if piece[0] < piece[1]
        ]
    return rest


def count_days(spans: Iterable[Span]) -> int:
    """Return how many days the spans hold."""
    return sum(end - start for start, end in spans)


def name_day(day: int) -> str:
    """Return the day as it is written, `2019-04-11`."""
    return date.fromordinal(day).isoformat()


def name_span(start: int, end: int) -> str:
    """Return the span as people read it, its last day included: `2019-04-11..2019-04-30`."""
    return name_day(start) if end == start + 1 else f"{name_day(start)}..{name_day(end - 1)}"
