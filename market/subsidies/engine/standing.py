"""One line in one month: on which days it is bound, and on which payable, by which terms, charge and household."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

from msgspec import Struct

from market.subsidies.engine.amounts import Rate, Rates
from market.subsidies.engine.days import Month, Span, join_touching, leave_out, overlap, span_of
from market.subsidies.engine.idle import SPEAKING, Silence, read_silence
from market.subsidies.engine.models import Line, Programme, Terms


class Dated(Protocol):
    """Whatever is in force from one day until another, exclusive."""

    @property
    def start(self) -> date:
        """The first day."""
        ...

    @property
    def until(self) -> date | None:
        """The day after the last, None when there is no last."""
        ...


class Stretch(Struct, frozen=True, gc=False):
    """Payable days, `start` until `end`, under one household, one version of the terms and one charge."""

    start: int
    end: int
    household: str
    terms: Terms
    rate: Rate


class Standing(Struct, frozen=True, gc=False):
    """What the month makes of a line before any cap of its household."""

    line: Line
    programme: Programme
    bindings: tuple[Span, ...]
    used_on: tuple[int, ...]
    silence: Silence
    stretches: tuple[Stretch, ...]


def spans_of(items: Iterable[Dated]) -> list[Span]:
    """Return the days of dated items."""
    return [span_of(item.start, item.until) for item in items]


def during[Item: Dated](start: int, end: int, items: Iterable[Item]) -> Iterator[tuple[int, int, Item]]:
    """Yield each item in force between two days, with the days on which it is."""
    for item in items:
        low, high = span_of(item.start, item.until)
        low, high = max(low, start), min(high, end)
        if low < high:
            yield low, high, item


def stand(line: Line, programme: Programme, month: Month, rates: Rates) -> Standing:
    """Return the line's standing in the month (R6, R7, R8, R13: a line outside the snapshot has no payable day)."""
    bindings = tuple(join_touching(spans_of(line.active)))
    used_on: tuple[int, ...] = ()
    silence = SPEAKING
    if programme.idle is not None:
        used_on = tuple(day.toordinal() for day in line.used_on)
        silence = read_silence(bindings, used_on, programme.idle, month)
    payable = overlap(bindings, [(month.first, month.end)]) if line.in_snapshot else []
    if silence is not SPEAKING:
        payable = leave_out(leave_out(payable, silence.in_cure), silence.removed)
    stretches = tuple(
        Stretch(low, high, membership.household, terms, rates.rate(terms, charge.monthly_fen))
        for start, end in payable
        for start, end, membership in during(start, end, line.households)
        for start, end, terms in during(start, end, programme.terms)
        for low, high, charge in during(start, end, line.charges)
    )
    return Standing(line, programme, bindings, used_on, silence, stretches)
