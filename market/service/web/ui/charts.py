"""Charts as small SVG, drawn on the server, with the figures at the end of each bar and in a table below.

The width is capped so that text stays near 18 px. There are at most three series; the third is hatched, so that
colour is never the only difference.
"""

from collections.abc import Sequence
from html import escape
from zlib import crc32

from minijinja import safe
from msgspec import Struct

from market.service.web.ui.format import count, percent_bp, wan, yuan

_WIDTH = 328
_STEP = 50
_BAR = 34
_MAX_SERIES = 3
_MAX_BARS = 40
_NO_FEN = ".00"
_HATCH = (
    '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="8" height="8" fill="var(--card)"/><rect width="4" height="8" fill="var(--red)"/></pattern></defs>'
)


class ChartBar(Struct, frozen=True):
    """One bar: its label and one whole number (fen, or a count) for each series."""

    label: str
    parts: tuple[int, ...]

    @property
    def whole(self) -> int:
        """The sum of its parts."""
        return sum(self.parts)


class Chart(Struct, frozen=True):
    """A chart with the table below it; print it with the macro `chart`."""

    svg: str
    title: str
    unit: str
    series: list[str]
    head: list[str]
    rows: list[list[str]]
    foot: list[str]


class DaysBar(Struct, frozen=True):
    """The days of a month with the entitled ones filled; print it with the macro `days_bar`."""

    svg: str
    words: str


def _measure(text: str) -> int:
    """Measure text in half-widths of an 18 px letter: two for Chinese, one for others."""
    return sum(2 if char > "\u2e80" else 1 for char in text)


def _choose_axis(maximum: int) -> tuple[int, int]:
    """Choose the step and the end of an axis of two steps, the step 1 to 5 × a power of ten."""
    power = 1
    while maximum > 10 * power:
        power *= 10
    step = next(factor * power for factor in range(1, 6) if maximum <= 2 * factor * power)
    return step, 2 * step


def _format_tick(value: int, *, fen: bool) -> str:
    if not fen:
        return count(value)
    return wan(value).removesuffix("元") if value >= 10_000_00 else _format_whole_yuan(value)


def _wrap_svg(height: int, title: str, desc: str, body: str) -> str:
    # The ids must differ between the charts of a page, and stay the same between renderings.
    mark = f"{crc32((title + desc).encode()):08x}"
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t{mark} d{mark}">'
        f'<title id="t{mark}">{escape(title)}</title><desc id="d{mark}">{escape(desc)}</desc>{body}</svg>'
    )


def _draw_line(x: int, gaps: Sequence[int], foot: int) -> str:
    """Draw a line of the axis below the bars, with a gap in each row whose figure it would cross."""
    drawn, y = "", 2
    for top in gaps:
        drawn += f"M{x} {y}V{top}"
        y = top + _BAR
    return f"{drawn}M{x} {y}V{foot + 2}"


def draw_stacked_bars(
    title: str, series: Sequence[str], bars: Sequence[ChartBar], *, unit: str = "元", fen: bool = True
) -> Chart:
    """Draw horizontal bars of one to three series.

    Figures are fen if `fen` is true (printed in yuan), else counts. Widths are rounded for display only.

    Raises:
        ValueError: more than three series, more than 40 bars, a bar with another number of parts, or a negative part.
    """
    if not 1 <= len(series) <= _MAX_SERIES or len(bars) > _MAX_BARS:
        raise ValueError("a chart has one to three series and at most 40 bars")
    if any(len(bar.parts) != len(series) or min(bar.parts) < 0 for bar in bars):
        raise ValueError("each bar has one part, not below zero, for each series")
    write = yuan if fen else count
    left = max((9 * _measure(bar.label) for bar in bars), default=0) + 14
    step, end = _choose_axis(max((bar.whole for bar in bars), default=1) or 1)
    right = max((9 * len(write(bar.whole)) for bar in bars), default=0) + 12
    room = max(_WIDTH - left - right, 40)
    drawn: list[str] = [_HATCH] if len(series) == _MAX_SERIES else []
    figures: list[tuple[int, int, int]] = []
    for row, bar in enumerate(bars):
        top, x = 10 + _STEP * row, left * 10
        drawn.append(f'<text x="0" y="{top + 24}">{escape(bar.label)}</text>')
        for index, part in enumerate(bar.parts, 1):
            width = 10 * room * part // end
            if width:
                drawn.append(
                    f'<rect class="b{index}" x="{x // 10}.{x % 10}" y="{top}"'
                    f' width="{width // 10}.{width % 10}" height="{_BAR}"/>'
                )
                x += width + 10
        begin, written = x // 10 + 6, write(bar.whole)
        figures.append((top, begin, begin + 9 * len(written)))
        drawn.append(f'<text x="{begin}" y="{top + 24}">{written}</text>')
    foot = _STEP * len(bars) + 2
    ticks = [(at, left + room * at // end) for at in range(0, end + 1, step)]
    lines = "".join(
        _draw_line(x, [top for top, begin, over in figures if begin - 2 <= x <= over + 2], foot) for _, x in ticks
    )
    drawn.insert(0, f'<path class="ax" fill="none" d="{lines}"/>')
    # Three labels; four would overlap on a phone, and so may three long ones.
    labels = [(x, _format_tick(at, fen=fen)) for at, x in ticks]
    if 9 * _measure(labels[1][1] + labels[2][1]) // 2 + 4 > labels[2][0] - labels[1][0]:
        del labels[1]
    for x, text in labels:
        drawn.append(f'<text x="{x}" y="{foot + 24}" text-anchor="middle">{text}</text>')
    drawn.append(f'<text x="{_WIDTH - 2}" y="{foot + 24}" text-anchor="end">{escape(unit)}</text>')
    desc = "；".join(f"{bar.label} {write(bar.whole)}" for bar in bars) + f"（{unit}）"
    several = len(series) > 1
    sums = [sum(parts) for parts in zip(*(bar.parts for bar in bars), strict=True)] if bars else [0] * len(series)
    return Chart(
        safe(_wrap_svg(foot + 34, title, desc, "".join(drawn))),
        title,
        unit,
        list(series),
        ["项目", *(["合计"] if several else []), *series],
        [[bar.label, *([write(bar.whole)] if several else []), *map(write, bar.parts)] for bar in bars],
        ["合计", *([write(sum(sums))] if several else []), *map(write, sums)],
    )


def draw_bars(title: str, rows: Sequence[tuple[str, int]], *, unit: str = "元", fen: bool = True) -> Chart:
    """Draw one bar per row: `draw_stacked_bars` with one series."""
    return draw_stacked_bars(title, [unit], [ChartBar(label, (value,)) for label, value in rows], unit=unit, fen=fen)


def draw_funnel(title: str, rows: Sequence[tuple[str, int]], *, unit: str = "户") -> Chart:
    """Draw how many remain after each stage; the table shows their share of the first stage.

    Raises:
        ValueError: more than 40 stages, or a negative count.
    """
    chart = draw_bars(title, rows, unit=unit, fen=False)
    first = rows[0][1] if rows else 0
    shares = [percent_bp(10_000 * value // first) if first else "—" for _, value in rows]
    return Chart(
        chart.svg,
        title,
        unit,
        [unit],
        ["步骤", unit, "占第一步"],
        [[label, count(value), share] for (label, value), share in zip(rows, shares, strict=True)],
        [],
    )


def draw_days_bar(month_days: int, entitled: range, words: str) -> DaysBar:
    """Draw a month of `month_days` days with `entitled` (days of the month, half open) filled.

    Raises:
        ValueError: the entitled days are not days of that month.
    """
    if entitled and not (entitled.start >= 1 and entitled.stop <= month_days + 1):
        raise ValueError("entitled days lie in the month")
    marks = "".join(
        f'<rect class="{"yes" if day in entitled else "no"}" x="{10 * (day - 1)}" width="8" height="18"/>'
        for day in range(1, month_days + 1)
    )
    right = 10 * month_days
    begins = f'<text x="{10 * (entitled.start - 1)}" y="40">{entitled.start}日</text>' if entitled.start > 4 else ""
    return DaysBar(
        safe(
            f'<svg class="days" viewBox="0 0 {right} 44" role="img" aria-label="{escape(words)}">{marks}'
            f'<text x="0" y="40">1日</text>{begins if entitled and entitled.start < month_days - 4 else ""}'
            f'<text x="{right}" y="40" text-anchor="end">{month_days}日</text></svg>'
        ),
        words,
    )


def draw_split_bar(parts: Sequence[tuple[str, int]]) -> str:
    """Draw one bar split into at most three parts; the rows below name them."""
    whole = sum(fen for _, fen in parts) or 1
    drawn, x = "", 0
    for (_, fen), colour in zip(parts, _SPLIT_COLOURS, strict=False):
        width = 1000 * fen // whole
        drawn += f'<path fill="var(--{colour})" d="M{x} 0h{width}v28h-{width}z"/>'
        x += width
    return safe(
        f'<svg class="split" viewBox="0 0 {x or 1} 28" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'
    )


_SPLIT_COLOURS = ("pine", "gold", "red")


def draw_split_key(index: int) -> str:
    """Draw the legend key of one part of `draw_split_bar`."""
    colour = _SPLIT_COLOURS[index % len(_SPLIT_COLOURS)]
    return safe(f'<svg class="dot" aria-hidden="true"><rect width="16" height="16" fill="var(--{colour})"/></svg>')


def draw_price_range(low: int, usual: int, high: int) -> str:
    """Draw a price range in fen from `low` to `high`, with the usual price marked; labels in yuan.

    Raises:
        ValueError: not low ≤ usual ≤ high.
    """
    if not low <= usual <= high:
        raise ValueError("low ≤ usual ≤ high")
    span = high - low or 1
    at = 94 + 140 * (usual - low) // span
    labels = [(94, low), (at, usual), (234, high)]
    # A label that would overlap its neighbour is omitted; the hint above has all three.
    if usual in (low, high) or min(at - 94, 234 - at) < 9 * _measure(yuan(high)):
        labels = [(94, low), (234, high)]
    # All labels use the same decimals: 31 next to 20.90 would look like another kind of number.
    written = [yuan(fen) for _, fen in labels]
    if all(text.endswith(_NO_FEN) for text in written):
        written = [text.removesuffix(_NO_FEN) for text in written]
    texts = "".join(
        f'<text x="{x}" y="52" text-anchor="middle">{text}</text>' for (x, _), text in zip(labels, written, strict=True)
    )
    return safe(
        '<svg class="range" viewBox="0 0 328 56" aria-hidden="true"><path d="M8 22h312" stroke="var(--line)"'
        ' stroke-width="8"/><path d="M94 22h140" stroke="var(--gold)" stroke-width="8"/>'
        f'<circle cx="{at}" cy="22" r="9" fill="var(--knife)"/>{texts}</svg>'
    )


def _format_whole_yuan(fen: int) -> str:
    return yuan(fen).removesuffix(_NO_FEN)
