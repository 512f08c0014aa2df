"""The days of one line in one month: bound or not, payable or not, and by which terms, charge and household."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from market.subsidies.engine.amounts import FullMonthRate, RateCache
from market.subsidies.engine.days import ServiceMonth, Span, intersect, merge_adjacent, subtract, to_span
from market.subsidies.engine.idle import NO_IDLENESS, Idleness, compute_idleness, list_idleness
from market.subsidies.engine.models import ActiveSpan, CaseLine, IdleRule, Programme, Terms


class DatedItem(Protocol):
    """An item in force from one day until another, exclusive."""

    @property
    def start(self) -> date:
        """The first day."""
        ...

    @property
    def until(self) -> date | None:
        """The day after the last, or None without an end."""
        ...


class PayableSpan(Struct, frozen=True, gc=False):
    """Payable days, `start` until `end`, under one household, one version of the terms and one charge."""

    start: int
    end: int
    household: str
    terms: Terms
    rate: FullMonthRate


class Coverage(Struct, frozen=True, gc=False):
    """The bound and payable days of a line in a month, before any household cap.

    `bindings` are all spans of the line; `bound` are those of the month, of which `without_household` is a part.
    """

    line: CaseLine
    programme: Programme
    bindings: tuple[Span, ...]
    bound: list[Span]
    without_household: list[Span]
    used_on: tuple[int, ...]
    idleness: Idleness
    spans: tuple[PayableSpan, ...]

    @property
    def payable_days(self) -> int:
        """How many days of the month are payable."""
        return sum(span.end - span.start for span in self.spans)


def to_spans(items: Iterable[DatedItem]) -> list[Span]:
    """Return the spans of dated items."""
    return [to_span(item.start, item.until) for item in items]


def clip_items[Item: DatedItem](start: int, end: int, items: Iterable[Item]) -> Iterator[tuple[int, int, Item]]:
    """Yield each item in force between two days, with the days it is in force there."""
    for item in items:
        low, high = to_span(item.start, item.until)
        low, high = max(low, start), min(high, end)
        if low < high:
            yield low, high, item


def compute_coverage(line: CaseLine, programme: Programme, month: ServiceMonth, rates: RateCache) -> Coverage:
    """Return the line's coverage in the month (R6, R7, R8, R13: a line outside the snapshot has no payable day)."""
    bindings = tuple(merge_adjacent(to_spans(line.active)))
    used_on: tuple[int, ...] = ()
    idleness = NO_IDLENESS
    if programme.idle is not None:
        used_on = tuple(day.toordinal() for day in line.used_on)
        idleness = compute_idleness(bindings, used_on, programme.idle, month, paused=to_spans(line.paused))
    bound = intersect(bindings, [(month.first, month.end)])
    payable = bound if line.in_snapshot else []
    if idleness is not NO_IDLENESS:
        payable = subtract(subtract(payable, idleness.in_cure), idleness.removed)
    spans = tuple(
        PayableSpan(low, high, membership.household, terms, rates.get(terms, charge.monthly_fen))
        for start, end in payable
        for start, end, membership in clip_items(start, end, line.households)
        for start, end, terms in clip_items(start, end, programme.terms)
        for low, high, charge in clip_items(start, end, line.charges)
    )
    without_household = subtract(bound, to_spans(line.households))
    return Coverage(line, programme, bindings, bound, without_household, used_on, idleness, spans)


class CoverageGroups:
    """Groups of lines that get the same sums for the same reasons, with the coverage of the first line of each.

    The lines of a group differ in their ids, operators and households, in days of binding outside the month, and in
    days of use that change nothing. Lines under a household cap, and lines of several households, are each a group.
    """

    def __init__(self, month: ServiceMonth) -> None:
        self.coverages: list[Coverage] = []
        self.numbers: list[int] = []
        self._month = month
        self._rates = RateCache()
        self._known: dict[tuple[object, ...], int] = {}
        self._days: dict[tuple[ActiveSpan, ...], tuple[Span, ...]] = {}

    def add(self, line: CaseLine, programme: Programme) -> None:
        """Add the next line."""
        if len(line.households) != 1:
            self._add_group(compute_coverage(line, programme, self._month, self._rates))
            return
        key = self._build_key(line, programme)
        number = self._known.get(key)
        if number is None:
            self._known[key] = len(self.coverages)
            self._add_group(compute_coverage(line, programme, self._month, self._rates))
            return
        known = self.coverages[number]
        if all(span.terms.household_cap_fen is None for span in known.spans):
            self.numbers.append(number)
        else:
            self._add_group(_copy_coverage(known, line))

    def _build_key(self, line: CaseLine, programme: Programme) -> tuple[object, ...]:
        """Return everything that makes the sums of a line. A case has the terms of a programme's code once."""
        [own] = line.households
        days = self._days.get(line.active)
        if days is None:
            days = self._days[line.active] = clip_bindings(merge_adjacent(to_spans(line.active)), self._month)
        key = (
            line.programme,
            line.in_snapshot,
            days,
            line.charges,
            own.start,
            own.until,
            line.claimed_fen,
            line.settled_fen,
        )
        return key if programme.idle is None else (*key, *self._list_idleness(line, programme.idle))

    def _list_idleness(self, line: CaseLine, idle: IdleRule) -> tuple[object, ...]:
        bindings = merge_adjacent(to_spans(line.active))
        used_on = [day.toordinal() for day in line.used_on]
        idleness = compute_idleness(bindings, used_on, idle, self._month, paused=to_spans(line.paused))
        return list_idleness(idleness, bindings, used_on, self._month)

    def _add_group(self, coverage: Coverage) -> None:
        self.numbers.append(len(self.coverages))
        self.coverages.append(coverage)


def _copy_coverage(known: Coverage, line: CaseLine) -> Coverage:
    """Return the coverage of a line with the key of a known one, under its own household."""
    [own] = line.households
    spans = tuple(replace(each, household=own.household) for each in known.spans)
    return replace(known, line=line, spans=spans)


def clip_bindings(bindings: Iterable[Span], month: ServiceMonth) -> tuple[Span, ...]:
    """Return the days of binding that count in a month, and for each binding whether it has days before or after."""
    before, end = month.first - 1, month.end
    return tuple([(max(low, before), min(high, end)) for low, high in bindings])
