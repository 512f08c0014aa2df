"""A month of days for choosing nights: what the macro `cal` prints."""

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct

from market.kernel.clock import next_month
from market.web.look.format import month_zh

_WEEKDAYS = "一二三四五六日"


class Day(Struct, frozen=True):
    """What one day offers: words under its number (`280`, `满`), whether it can be pressed, a holiday's price."""

    words: str
    free: bool
    holiday: bool = False


class Cell(Struct, frozen=True):
    """One square of the calendar; an empty one has no number."""

    number: int = 0
    weekday: str = ""
    words: str = ""
    value: str = ""
    kind: str = ""
    chosen: bool = False


class Month(Struct, frozen=True):
    """A month as weeks from Monday to Sunday, with where the months before and after are."""

    title: str
    weeks: list[list[Cell]]
    back: str | None
    back_words: str
    more: str | None
    more_words: str


def _cell(day: date, offer: Day | None, arrive: date | None, leave: date | None) -> Cell:
    kinds = ["hol"] if offer is not None and offer.holiday else []
    words = offer.words if offer is not None else ""
    free = offer is not None and offer.free
    chosen = False
    if day == arrive:
        kinds.append("from")
        words, chosen = "到", True
    elif day == leave:
        kinds.append("to")
        words, chosen, free = "走", True, True
    elif arrive is not None and leave is not None and arrive < day < leave:
        kinds.append("mid")
        chosen = True
    return Cell(day.day, _WEEKDAYS[day.weekday()], words, day.isoformat() if free else "", " ".join(kinds), chosen)


def month_of_days(
    month: date,
    days: Mapping[date, Day],
    *,
    title: str,
    arrive: date | None = None,
    leave: date | None = None,
    back: str | None = None,
    more: str | None = None,
) -> Month:
    """Lay out the month that holds `month`; a day not in `days` is shown but cannot be pressed.

    `arrive` and `leave` mark the chosen nights; `back` and `more` are the addresses of the months beside it.
    """
    first = month.replace(day=1)
    after = next_month(first)
    cells = [Cell()] * first.weekday()
    day = first
    while day < after:
        cells.append(_cell(day, days.get(day), arrive, leave))
        day += timedelta(days=1)
    cells += [Cell()] * (-len(cells) % 7)
    before = first - timedelta(days=1)
    return Month(
        f"{month_zh(first)}，{title}",
        [cells[at : at + 7] for at in range(0, len(cells), 7)],
        back,
        f"{before.month}月",
        more,
        f"{after.month}月",
    )
