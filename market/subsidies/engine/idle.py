"""R8: lines whose use is the proof of life, their notice, their cure and their removal."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec import Struct

from market.subsidies.engine.days import Month, Span, overlap
from market.subsidies.engine.models import Idle


class Silence(Struct, frozen=True, gc=False):
    """What long silence does to a line's month.

    `in_cure` are the bound days after a notice and before use or removal, `removed` those from a removal on; neither
    is payable. `removed_on` is the first removal that the month knows of.
    """

    in_cure: list[Span]
    removed: list[Span]
    notices: list[int]
    removed_on: int | None


SPEAKING = Silence([], [], [], None)
"""Of a line that is never too silent."""


def read_silence(bindings: Iterable[Span], used_on: Sequence[int], idle: Idle, month: Month) -> Silence:
    """Return which days of the month a line loses for want of use, by the clock of each binding in the month.

    `bindings` are ascending and do not touch; `used_on` is ascending. A binding's first day counts as unused. The
    clock of the month starts at the last use before it: older gaps remove nothing.
    """
    in_cure: list[Span] = []
    removed: list[Span] = []
    notices: list[int] = []
    removed_on: int | None = None
    for start, until in bindings:
        if until <= month.first or start >= month.end:
            continue
        end = min(until, month.end)
        own = [day for day in used_on if start <= day < end]
        before = [day for day in own if day < month.first]
        last_use = before[-1] if before else start - 1
        for use in chain(own[len(before) :], [end]):
            notice = last_use + idle.idle_days
            removal = notice + idle.cure_days + 1
            silent = overlap([(notice + 1, min(use, removal))], [(month.first, end)])
            if silent:
                notices.append(notice)
                in_cure += silent
            if removal <= use:
                removed += overlap([(removal, end)], [(month.first, end)])
                if removal < end and removed_on is None:
                    removed_on = removal
                break
            last_use = use
    return Silence(in_cure, removed, notices, removed_on)


def is_never_used(bindings: Iterable[Span], used_on: Sequence[int], month: Month) -> bool:
    """Return whether no use within a binding is known up to the end of the month."""
    for start, until in bindings:
        later = bisect_left(used_on, start)
        if later < len(used_on) and used_on[later] < min(until, month.end):
            return False
    return True
