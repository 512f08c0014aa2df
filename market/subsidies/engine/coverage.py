"""The days of one line in one month: bound or not, payable or not, and by which terms, charge and household."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from market.subsidies.engine.amounts import FullMonthRate, RateCache
from market.subsidies.engine.days import ServiceMonth, Span, intersect, merge_adjacent, subtract, to_span
from market.subsidies.engine.idle import NO_IDLENESS, Idleness, compute_idleness
from market.subsidies.engine.models import CaseLine, Programme, Terms


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
        idleness = compute_idleness(bindings, used_on, programme.idle, month)
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


class CoverageCache:
    """Computes coverages, and copies that of an earlier line with the same days and charges to another household.

    Lines under an idle rule and lines of several households are computed each by itself.
    """

    def __init__(self, month: ServiceMonth) -> None:
        self._month = month
        self._rates = RateCache()
        self._known: dict[tuple[object, ...], Coverage] = {}

    def get(self, line: CaseLine, programme: Programme) -> Coverage:
        """Return the line's coverage. The key contains the code of the programme, whose terms the case has once."""
        if programme.idle is not None or len(line.households) != 1:
            return compute_coverage(line, programme, self._month, self._rates)
        [own] = line.households
        key = (programme.code, line.in_snapshot, line.active, line.charges, own.start, own.until)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = compute_coverage(line, programme, self._month, self._rates)
            return known
        spans = tuple(replace(each, household=own.household) for each in known.spans)
        return Coverage(
            line, programme, known.bindings, known.bound, known.without_household, (), known.idleness, spans
        )
