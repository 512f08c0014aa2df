"""Formats of sums, days, weights and numbers for people; every function is pure.

Sums are whole fen. Rounding (half up) is for display only; no rounded figure enters a calculation.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Protocol

from minijinja import safe

from market.catalogue.listings.units import format_weight
from market.kernel import Fen
from market.kernel.clock import SHANGHAI
from market.kernel.language import ENGLISH, MONTHS, get_language, say, say_day
from market.kernel.text import mask_identity_number, mask_phone
from market.people.notify.notifications import format_due
from market.villages.channels.models import Rate
from payments.money import divide_half_up, format_amount, format_percent, format_yuan

MINUS = "−"
NUMERALS = "零一两三四五六七八九十"
"""Of what is counted: 两 and not 二."""
_FIGURES = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")
_WEEKDAYS = "一二三四五六日"
_GRAMS_OF_JIN = 500
_MISSING_WORDS = ("没写", "没选", "没填", "没拍", "请写", "请选", "要填")
_TEN_THOUSAND_YUAN_FEN = 10_000_00
"""Ten thousand yuan, in fen."""
_MAX_CAPITALS_YUAN = 10**12
"""Sums from 10^12 yuan on have no name in `_GROUPS`."""


class FieldError(Protocol):
    """A fault of one form field."""

    @property
    def field(self) -> str:
        """The name of the input."""
        ...

    @property
    def message(self) -> str:
        """What is wrong and what would be right, in plain words."""
        ...


def _sign(value: int) -> str:
    return MINUS if value < 0 else ""


def yuan(fen: int) -> str:
    """Write a sum in yuan with two decimals: 1250 → `12.50`, −1300 → `−13.00`."""
    whole, rest = format_yuan(abs(fen)).split(".")
    return f"{_sign(fen)}{int(whole):,}.{rest}"


def yuan_big(fen: int) -> str:
    """Write a price as the red figure of cards and product pages: `¥12.50` as markup."""
    return safe(f'<span class="yen">{_sign(fen)}¥<b>{yuan(abs(fen))}</b></span>')


def yuan_input(fen: int | None) -> str:
    """Format a sum for an input field: 3900 → `39`, 3950 → `39.50`, None → empty."""
    return "" if fen is None else format_yuan(fen).removesuffix(".00")


def wan(fen: int) -> str:
    """Write a sum for overviews: `1.2万元` from ten thousand yuan on, below that `8,600.00元`."""
    if abs(fen) < _TEN_THOUSAND_YUAN_FEN:
        return f"{yuan(fen)}元"
    whole, tenth = divmod(divide_half_up(abs(fen) * 10, _TEN_THOUSAND_YUAN_FEN), 10)
    return f"{_sign(fen)}{whole:,}.{tenth}万元"


def _group_capitals(group: int) -> str:
    """Write 1 to 9999 in capitals; consecutive inner zeros are one 零, trailing zeros are omitted."""
    written = ""
    for position in (3, 2, 1, 0):
        figure = group // 10**position % 10
        if figure:
            written += _FIGURES[figure] + _PLACES[position]
        elif written and not written.endswith("零"):
            written += "零"
    return written.rstrip("零")


def _whole_capitals(whole: int) -> str:
    written = ""
    for index in (2, 1, 0):
        group = whole // 10_000**index % 10_000
        if group == 0:
            continue
        # A group that does not fill its four places, or that follows an empty group, is read with 零 before it.
        previous = whole // 10_000 ** (index + 1)
        if written and (group < 1000 or previous % 10_000 == 0):
            written += "零"
        written += _group_capitals(group) + _GROUPS[index]
    return written


def capitals(fen: int) -> str:
    """Write a sum in the capitals of signed documents: 42600 → `人民币肆佰贰拾陆元整`.

    Ends with 整 after 元 or 角, not after 分; a negative sum begins `人民币负`.

    Source: 《会计基础工作规范》第五十二条 (整 after 元 or 角, none after 分; 零 for inner zeros).
    Source: 《支付结算办法》附件一 (零 is optional where 万 or 元 is zero and the next digit is not).

    Raises:
        ValueError: the sum is 10^12 yuan or more.
    """
    whole, rest = map(int, format_yuan(abs(fen)).split("."))
    if whole >= _MAX_CAPITALS_YUAN:
        raise ValueError("no name for so large a sum")
    jiao, cent = divmod(rest, 10)
    written = "人民币负" if fen < 0 else "人民币"
    if whole:
        written += _whole_capitals(whole) + "元"
    if rest == 0:
        return written + ("整" if whole else "零元整")
    if jiao:
        # Where 万 or 元 is zero and the next digit is not, 零 is optional: it is omitted.
        written += _FIGURES[jiao] + "角"
    elif whole:
        written += "零"
    return written + (_FIGURES[cent] + "分" if cent else "整")


def count(number: int) -> str:
    """Write a whole number with separators: 16000 → `16,000`."""
    return f"{_sign(number)}{abs(number):,}"


def percent_bp(rate_bp: int) -> str:
    """Write basis points as a percentage without trailing zeros: 5000 → `50%`, 1250 → `12.5%`."""
    return f"{_sign(rate_bp)}{format_percent(abs(rate_bp))}"


def weight(grams: int) -> str:
    """Write a weight with 斤 beside 公斤: 2500 → `2.5 公斤（5 斤）`; under one 斤 in grams: `250 克`."""
    if get_language() == ENGLISH:
        return f"{_trim(format_yuan(grams // 10))} kg" if grams >= _GRAMS_OF_JIN else f"{grams} g"
    return format_weight(grams)


def per_jin(price_fen: int, grams: int) -> str:
    """Format the price of 500 g: `合 6.40 元/斤`."""
    return say("合 {0} 元/斤", yuan(divide_half_up(price_fen * 500, grams)))


def per_kg(price_fen: int, grams: int) -> str:
    """Format a price by weight: `合 6.40 元/斤，12.80 元/公斤`."""
    return say("{0}，{1} 元/公斤", per_jin(price_fen, grams), yuan(divide_half_up(price_fen * 1000, grams)))


def _trim(decimals: str) -> str:
    return decimals.rstrip("0").rstrip(".")


def _local(moment: date | datetime) -> date | datetime:
    return moment.astimezone(SHANGHAI) if isinstance(moment, datetime) else moment


def day_zh(moment: date | datetime) -> str:
    """Write a day in full: `2018年6月3日` (a timestamp by the clock of Shanghai)."""
    day = _local(moment)
    if get_language() == ENGLISH:
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def day_short(moment: date | datetime) -> str:
    """Write a day that cannot be of another year, such as a deadline: `6月3日`."""
    return say_day(_local(moment))


def deadline(moment: datetime) -> str:
    """Write a deadline: `9 月 21 日 15 点`, or `9 月 21 日` if it is the end of that day; messages say the same."""
    if get_language() != ENGLISH:
        return format_due(moment)
    at = moment.astimezone(SHANGHAI)
    if (at.hour, at.minute) == (0, 0):
        return day_short(at.date() - timedelta(days=1))
    return f"{day_short(at)}, {at:%H:%M}"


def month_name(day: date) -> str:
    """Write a month without its year: `3月`."""
    return MONTHS[day.month - 1] if get_language() == ENGLISH else f"{day.month}月"


def month_zh(day: date) -> str:
    """Write a month: `2019年3月`."""
    if get_language() == ENGLISH:
        return f"{MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月"


def weekday(moment: date | datetime) -> str:
    """Write the day of the week: `周四`."""
    return say(f"周{_WEEKDAYS[_local(moment).weekday()]}")


def clock_zh(moment: datetime) -> str:
    """Write a moment with its day, by the 24-hour clock of Shanghai: `2018年9月20日 17:05`."""
    return f"{day_zh(moment)} {clock(moment)}"


def clock(moment: datetime) -> str:
    """Write the time of day by the clock of Shanghai: `17:05`."""
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def phone(number: str) -> str:
    """Group a mobile number for reading aloud: `170-0000-9100`; other numbers stay unchanged."""
    if len(number) == 11 and number.isdigit() and number.startswith("1"):
        return f"{number[:3]}-{number[3:7]}-{number[7:]}"
    return number


def score(tenths: int) -> str:
    """Format an average rating in tenths: 48 → `4.8 分`."""
    return say("{0}.{1} 分", tenths // 10, tenths % 10)


def faults(errors: dict[str, str] | Sequence[FieldError]) -> list[tuple[str, str]]:
    """Return the faults of a form as (field, message), in order."""
    if isinstance(errors, dict):
        return list(errors.items())
    return [(error.field, error.message) for error in errors]


def faults_title(errors: dict[str, str] | Sequence[FieldError]) -> str:
    """Write the title of a form's faults: `还差 2 样` if all are missing, else `有 2 处要改`."""
    found = [message for _, message in faults(errors)]
    missing = all(any(word in message for word in _MISSING_WORDS) for message in found)
    return say("还差 {0} 样", len(found)) if missing else say("有 {0} 处要改", len(found))


def of(errors: dict[str, str] | Sequence[FieldError], name: str) -> str | None:
    """Return the first fault of the field `name`, or None."""
    return next((message for field, message in faults(errors) if field == name), None)


def lines(text: str) -> str:
    """Escape text and turn its line ends into `<br>`: markup."""
    return safe("<br>".join(escape(line) for line in text.split("\n")))


def about(fen: int, rate: Rate) -> str:
    """Format about what an amount is in another currency, rounded half up: `USD 6.36`."""
    amount = rate.convert(Fen(fen))
    return f"{amount.currency} {format_amount(amount)}"


def draw_options(options: Sequence[tuple[str, str]], chosen: str) -> str:
    """Return the options of a `<select>` from (value, words); those of the provinces are the same on many pages."""
    kept = options if isinstance(options, tuple) else tuple((value, words) for value, words in options)
    return _draw_options(kept, chosen)


@lru_cache(maxsize=128)
def _draw_options(options: tuple[tuple[str, str], ...], chosen: str) -> str:
    drawn: list[str] = []
    for value, words in options:
        selected = " selected" if value == chosen else ""
        drawn.append(f'<option value="{escape(str(value))}"{selected}>{escape(str(words))}</option>')
    return safe("".join(drawn))


FILTERS = {
    "about": about,
    "capitals": capitals,
    "clock": clock,
    "clock_zh": clock_zh,
    "count": count,
    "day_short": day_short,
    "day_zh": day_zh,
    "faults": faults,
    "faults_title": faults_title,
    "lines": lines,
    "mask_identity": mask_identity_number,
    "mask_phone": mask_phone,
    "month_zh": month_zh,
    "of": of,
    "options": draw_options,
    "per_jin": per_jin,
    "per_kg": per_kg,
    "percent_bp": percent_bp,
    "phone": phone,
    "score": score,
    "wan": wan,
    "weekday": weekday,
    "weight": weight,
    "yuan": yuan,
    "yuan_big": yuan_big,
    "yuan_input": yuan_input,
}
"""The template filters, by name."""
