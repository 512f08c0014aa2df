"""R8: the notice, cure period and removal of lines whose use is the proof of life."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec import Struct

from market.subsidies.engine.days import ServiceMonth, Span, intersect, merge_adjacent, subtract
from market.subsidies.engine.models import IdleRule


class Idleness(Struct, frozen=True, gc=False, kw_only=True):
    """The days of a month that a line loses by not being used.

    `in_cure` are the bound days after a notice and before use or removal, `removed` those from a removal on; neither is
    payable. `removed_on` is the first removal within the month.
    """

    in_cure: list[Span]
    removed: list[Span]
    notices: list[int]
    removed_on: int | None


NO_IDLENESS = Idleness(in_cure=[], removed=[], notices=[], removed_on=None)
"""The idleness of a line that loses no days."""


def add_counted_days(day: int, days: int, paused: Iterable[Span]) -> int:
    """Return the day on which as many days have passed since `day`, without those of pauses, which are ascending."""
    reached = day + days
    for start, until in paused:
        if day < start <= reached:
            reached += until - start
    return reached


def compute_idleness(
    bindings: Sequence[Span],
    used_on: Sequence[int],
    idle: IdleRule,
    month: ServiceMonth,
    *,
    paused: Sequence[Span] = (),
) -> Idleness:
    """Return the days of the month that a line loses by not being used; each binding is counted separately.

    `bindings` are ascending and do not touch; `used_on` is ascending. A binding's first day counts as unused. The
    count starts at the last use before the month; older gaps have no effect. Bindings that a pause alone separates are
    one, whose paused days count neither as used nor as unused; `paused` is ascending and not in `bindings`.
    """
    in_cure: list[Span] = []
    removed: list[Span] = []
    notices: list[int] = []
    removed_on: int | None = None
    for start, until in merge_adjacent(sorted([*bindings, *paused])) if paused else bindings:
        if not intersect(bindings, [(max(start, month.first), min(until, month.end))]):
            continue
        end = min(until, month.end)
        uses = [day for day in used_on if start <= day < end and not _is_within(day, paused)]
        before = [day for day in uses if day < month.first]
        last_use = before[-1] if before else start - 1
        for use in chain(uses[len(before) :], [end]):
            notice = add_counted_days(last_use, idle.idle_days, paused)
            removal = add_counted_days(notice, idle.cure_days + 1, paused)
            unpaid = subtract(intersect([(notice + 1, min(use, removal))], [(month.first, end)]), paused)
            notices += [notice] * len(unpaid)
            in_cure += unpaid
            if removal <= use:
                removed += subtract(intersect([(removal, end)], [(month.first, end)]), paused)
                if removal < end and removed_on is None:
                    removed_on = removal
                break
            last_use = use
    return Idleness(in_cure=in_cure, removed=removed, notices=notices, removed_on=removed_on)


def _is_within(day: int, spans: Iterable[Span]) -> bool:
    return any(start <= day < until for start, until in spans)


def is_never_used(bindings: Iterable[Span], used_on: Sequence[int], month: ServiceMonth) -> bool:
    """Return whether no use within a binding is known by the end of the month."""
    for start, until in bindings:
        later = bisect_left(used_on, start)
        if later < len(used_on) and used_on[later] < min(until, month.end):
            return False
    return True


def list_idleness(
    idleness: Idleness, bindings: Iterable[Span], used_on: Sequence[int], month: ServiceMonth
) -> tuple[object, ...]:
    """Return everything of a line's use that makes and explains its sums."""
    return (
        tuple(idleness.in_cure),
        tuple(idleness.removed),
        tuple(idleness.notices),
        idleness.removed_on,
        is_never_used(bindings, used_on, month),
    )
