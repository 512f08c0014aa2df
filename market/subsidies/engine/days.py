"""Days as numbers (`date.toordinal`), half-open spans of them, and the month.

They are numbers because the last month of the calendar ends on a day that `date` cannot represent.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

type Span = tuple[int, int]
"""The first day and the day after the last."""

FOREVER = date.max.toordinal() + 1
"""The end of an open-ended span."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class ServiceMonth(Struct, frozen=True, gc=False):
    """One service month: its first day and the first day after it."""

    first: int
    end: int

    @property
    def days(self) -> int:
        """Its number of days."""
        return self.end - self.first


def read_month(text: str) -> ServiceMonth | None:
    """Parse a month such as `2019-04`; return None if the text is not a month."""
    first = read_day(f"{text}-01")
    if first is None:
        return None
    return ServiceMonth(first.toordinal(), first.toordinal() + monthrange(first.year, first.month)[1])


def read_day(text: str) -> date | None:
    """Parse a day such as `2019-04-11`; return None if the text is not a day."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def to_span(start: date, until: date | None) -> Span:
    """Return the span from `start` until `until`, exclusive; without `until` it has no end."""
    return start.toordinal(), FOREVER if until is None else until.toordinal()


def merge_adjacent(spans: Iterable[Span]) -> list[Span]:
    """Return ascending, disjoint spans with adjacent ones merged."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def intersect(some: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Return the days in both, as ascending spans; each argument is ascending and disjoint."""
    both: list[Span] = []
    for start, end in some:
        for from_, until in others:
            low, high = max(start, from_), min(end, until)
            if low < high:
                both.append((low, high))
    return both


def subtract(some: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return the days of `some` that are not in `others`, as ascending spans; `others` is ascending."""
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
    """Return the number of days in the spans."""
    return sum(end - start for start, end in spans)


def format_day(day: int) -> str:
    """Return the day as text, `2019-04-11`."""
    return date.fromordinal(day).isoformat()
