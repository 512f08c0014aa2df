"""Solar terms, and the home page's greeting by season."""

from datetime import date, timedelta

from msgspec import Struct

from market.kernel.language import say
from market.service.web.ui.format import NUMERALS, day_short, weekday

# Name, month, and the term's constant for the years 2001 to 2099, in ten-thousandths of a day.
# Source: 寿星通用公式, [Y·D + C] − L with D = 0.2422, and its known exceptions.
_TERMS = (
    ("小寒", 1, 5_4055), ("大寒", 1, 20_1200), ("立春", 2, 3_8700), ("雨水", 2, 18_7300), ("惊蛰", 3, 5_6300),
    ("春分", 3, 20_6460), ("清明", 4, 4_8100), ("谷雨", 4, 20_1000), ("立夏", 5, 5_5200), ("小满", 5, 21_0400),
    ("芒种", 6, 5_6780), ("夏至", 6, 21_3700), ("小暑", 7, 7_1080), ("大暑", 7, 22_8300), ("立秋", 8, 7_5000),
    ("处暑", 8, 23_1300), ("白露", 9, 7_6460), ("秋分", 9, 23_0420), ("寒露", 10, 8_3180), ("霜降", 10, 23_4380),
    ("立冬", 11, 7_4380), ("小雪", 11, 22_3600), ("大雪", 12, 7_1800), ("冬至", 12, 21_9400),
)  # fmt: skip
_EXCEPTIONS = {
    (2002, "立秋"): 1, (2008, "小满"): 1, (2016, "小暑"): 1, (2019, "小寒"): -1, (2021, "冬至"): -1, (2026, "雨水"): -1,
    (2082, "大寒"): 1, (2084, "春分"): 1, (2089, "秋分"): 1, (2089, "霜降"): 1, (2089, "立冬"): 1,
}  # fmt: skip
_DAY_UNITS = 10_000
_YEAR_DRIFT = 2_422
_FIRST_YEAR, _LAST_YEAR = 2001, 2099

_RIPE_BY_MONTH = (
    "年货上集", "年后开集", "野菜冒尖", "香椿发芽", "樱桃红了", "麦子黄了",
    "蜜桃熟了", "头茬梨熟", "枣红了", "山楂红了", "白菜入窖", "核桃正香",
)  # fmt: skip
"""Produce in season in Hebei by month, January first."""
_MAX_DAYS_ANNOUNCED = 7


class SeasonGreeting(Struct, frozen=True):
    """The heading of the home page and the line below it."""

    title: str
    line: str


def compute_term_day(year: int, index: int) -> date:
    """Return the day of a solar term: `index` 0 (小寒) to 23 (冬至).

    Source: 寿星通用公式; valid for 2001 to 2099.
    """
    name, month, constant = _TERMS[index]
    short = year - 2000
    leaps = (short - 1) // 4 if month <= 2 else short // 4
    day = (short * _YEAR_DRIFT + constant) // _DAY_UNITS - leaps + _EXCEPTIONS.get((year, name), 0)
    return date(year, month, day)


def _find_next_term(day: date) -> tuple[str, date]:
    """Return the term of a day, or the first after it."""
    for year in (day.year, day.year + 1):
        for index, (name, _, _) in enumerate(_TERMS):
            if (term_day := compute_term_day(year, index)) >= day:
                return name, term_day
    raise AssertionError("a year has 24 terms")


def _find_current_term(day: date) -> str:
    """Return the latest term that has begun on a day."""
    current = _TERMS[-1][0]
    for index, (name, _, _) in enumerate(_TERMS):
        if compute_term_day(day.year, index) <= day:
            current = name
    return current


def make_season_greeting(day: date) -> SeasonGreeting:
    """Return the greeting of a day, `秋分将至，枣红了` and `9月20日，三天后`: one line together on a narrow phone."""
    ripe = say(_RIPE_BY_MONTH[day.month - 1])
    if not _FIRST_YEAR <= day.year < _LAST_YEAR:
        return SeasonGreeting(ripe, say("{0}，{1}", day_short(day), weekday(day)))
    term, when = _find_next_term(day)
    name = say(term)
    away = (when - day) // timedelta(days=1)
    if away == 0:
        return SeasonGreeting(say("今日{0}，{1}", name, ripe), say("{0}，{1}", day_short(day), weekday(day)))
    if away <= _MAX_DAYS_ANNOUNCED:
        in_days = say("{0}，{1}天后", day_short(day), say(NUMERALS[away]))
        return SeasonGreeting(
            say("{0}将至，{1}", name, ripe), say("{0}，明天", day_short(day)) if away == 1 else in_days
        )
    return SeasonGreeting(
        say("{0}时节，{1}", say(_find_current_term(day)), ripe), say("{0}，{1}", day_short(day), weekday(day))
    )
