"""A calendar month for choosing nights; the macro `cal` prints it."""

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct

from market.kernel.clock import get_next_month
from market.kernel.language import say
from market.service.web.ui.format import month_name, month_zh

_WEEKDAYS = "一二三四五六日"
"""A character for each day; the English has a letter."""


class CalendarDay(Struct, frozen=True):
    """A day: the text below its number (`280`, `满`), and whether it can be chosen and is a holiday."""

    words: str
    free: bool
    holiday: bool = False


class CalendarCell(Struct, frozen=True):
    """A cell of the calendar; number 0 is an empty cell."""

    number: int = 0
    weekday: str = ""
    words: str = ""
    value: str = ""
    kind: str = ""
    chosen: bool = False


class CalendarMonth(Struct, frozen=True):
    """A month as weeks from Monday to Sunday, with links to the months before and after."""

    title: str
    weeks: list[list[CalendarCell]]
    back: str | None
    back_words: str
    more: str | None
    more_words: str


def _make_cell(day: date, offer: CalendarDay | None, arrive: date | None, leave: date | None) -> CalendarCell:
    kinds = ["hol"] if offer is not None and offer.holiday else []
    words = offer.words if offer is not None else ""
    free = offer is not None and offer.free
    chosen = False
    if day == arrive:
        kinds.append("from")
        words, chosen = say("到"), True
    elif day == leave:
        kinds.append("to")
        words, chosen, free = say("走"), True, True
    elif arrive is not None and leave is not None and arrive < day < leave:
        kinds.append("mid")
        chosen = True
    return CalendarCell(
        day.day, say(_WEEKDAYS)[day.weekday()], words, day.isoformat() if free else "", " ".join(kinds), chosen
    )


def make_calendar_month(
    month: date,
    days: Mapping[date, CalendarDay],
    *,
    title: str,
    arrive: date | None = None,
    leave: date | None = None,
    back: str | None = None,
    more: str | None = None,
) -> CalendarMonth:
    """Lay out the month of a day; a day that is not in `days` is shown but cannot be chosen.

    `arrive` and `leave` mark the chosen nights; `back` and `more` are the URLs of the months before and after.
    """
    first = month.replace(day=1)
    after = get_next_month(first)
    cells = [CalendarCell()] * first.weekday()
    day = first
    while day < after:
        cells.append(_make_cell(day, days.get(day), arrive, leave))
        day += timedelta(days=1)
    cells += [CalendarCell()] * (-len(cells) % 7)
    before = first - timedelta(days=1)
    return CalendarMonth(
        say("{0}，{1}", month_zh(first), title),
        [cells[at : at + 7] for at in range(0, len(cells), 7)],
        back,
        month_name(before),
        more,
        month_name(after),
    )
