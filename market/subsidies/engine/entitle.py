"""R1, R4 and R5: the entitlement of a line under the cap of its household, rounded once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from market.subsidies.engine.coverage import Coverage, PayableSpan
from market.subsidies.engine.days import ServiceMonth
from market.subsidies.engine.models import Proration
from market.subsidies.engine.steps import CapScale
from payments.money import Fen, divide_half_up

_START = attrgetter("start")


class Portion(Struct, gc=False):
    """Days with one amount; `scale` if the household's cap reduced it."""

    start: int
    end: int
    span: PayableSpan
    scale: CapScale | None


class CapGroup(Struct, frozen=True, gc=False):
    """Lines that a household cap scaled together on any day, and the fen that they share."""

    line_ids: tuple[str, ...]
    shared_fen: Fen


class Entitlement(Struct, frozen=True, gc=False):
    """A line's entitlement, its exact fraction of fen, and the days it comes from."""

    coverage: Coverage
    portions: tuple[Portion, ...]
    numerator: int
    denominator: int
    entitled_fen: Fen
    group: CapGroup | None


def compute_entitlements(coverages: Sequence[Coverage], month: ServiceMonth) -> list[Entitlement]:
    """Return the entitlements of all lines; `coverages` are sorted by line id."""
    portions: list[list[Portion]] = []
    capped: dict[tuple[str, str], list[tuple[int, PayableSpan]]] = defaultdict(list)
    for at, coverage in enumerate(coverages):
        own: list[Portion] = []
        for span in _list_counted_spans(coverage, month):
            if span.terms.household_cap_fen is None:
                own.append(Portion(span.start, span.end, span, None))
            else:
                capped[coverage.programme.code, span.household].append((at, span))
        portions.append(own)
    links = _UnionFind()
    for spans in capped.values():
        _cap_household(spans, portions, links)
    exact = [_compute_exact(coverage, own, month) for coverage, own in zip(coverages, portions, strict=True)]
    shared = _share_groups(coverages, exact, links)
    alone = [(Fen(divide_half_up(*fraction)), None) for fraction in exact]
    return [
        Entitlement(coverage, tuple(sorted(own, key=_START)), *exact[at], *shared.get(at, alone[at]))
        for at, (coverage, own) in enumerate(zip(coverages, portions, strict=True))
    ]


def _list_counted_spans(coverage: Coverage, month: ServiceMonth) -> Sequence[PayableSpan]:
    """Return the payable days that count: all of them, or only the 1st without proration."""
    if coverage.programme.proration is Proration.DAILY:
        return coverage.spans
    return [replace(span, end=month.first + 1) for span in coverage.spans if span.start == month.first]


def _cap_household(spans: list[tuple[int, PayableSpan]], portions: list[list[Portion]], links: "_UnionFind") -> None:
    """Add one household's portions in one programme, scaled on the days when its lines together exceed the cap."""
    days = sorted({day for _, span in spans for day in (span.start, span.end)})
    for low, high in pairwise(days):
        payable = [(at, span) for at, span in spans if span.start <= low and high <= span.end]
        scale = _find_scale([span for _, span in payable])
        for at, span in payable:
            last = portions[at][-1] if portions[at] else None
            if last is not None and last.span is span and last.scale == scale:
                last.end = high
            else:
                portions[at].append(Portion(low, high, span, scale))
            if scale is not None:
                links.union(payable[0][0], at)


def _find_scale(payable: Sequence[PayableSpan]) -> CapScale | None:
    """Return the scale of a household's payable lines on one day, or None when they are within the cap."""
    if not payable:
        return None
    sum_fen = Fen(sum(span.rate.amount_fen for span in payable))
    # All are under one version of one programme's terms, so under one cap.
    cap_fen = payable[0].terms.household_cap_fen
    if cap_fen is None or sum_fen <= cap_fen:
        return None
    return CapScale(household=payable[0].household, cap_fen=cap_fen, sum_fen=sum_fen)


def _compute_exact(coverage: Coverage, portions: Iterable[Portion], month: ServiceMonth) -> tuple[int, int]:
    """Return a line's entitlement in fen as numerator and denominator, not rounded."""
    days = month.days if coverage.programme.proration is Proration.DAILY else 1
    whole = 0
    scaled: list[Fraction] = []
    for portion in portions:
        amount_days = portion.span.rate.amount_fen * (portion.end - portion.start)
        if portion.scale is None:
            whole += amount_days
        else:
            scaled.append(Fraction(amount_days * portion.scale.cap_fen, portion.scale.sum_fen))
    if not scaled:
        return whole, days
    return ((whole + sum(scaled)) / days).as_integer_ratio()


def _share_groups(
    coverages: Sequence[Coverage], exact: Sequence[tuple[int, int]], links: "_UnionFind"
) -> dict[int, tuple[Fen, CapGroup]]:
    """Round each group's sum half up and share it by the largest remainders of its lines, ties to the smaller id."""
    shared: dict[int, tuple[Fen, CapGroup]] = {}
    for members in links.list_groups():
        amounts = [Fraction(*exact[at]) for at in members]
        group = CapGroup(
            tuple(coverages[at].line.id for at in members), Fen(divide_half_up(*sum(amounts).as_integer_ratio()))
        )
        floors = [floor(amount) for amount in amounts]
        by_remainder = sorted(range(len(members)), key=lambda i: (floors[i] - amounts[i], i))
        for i in by_remainder[: group.shared_fen - sum(floors)]:
            floors[i] += 1
        shared.update((at, (Fen(fen), group)) for at, fen in zip(members, floors, strict=True))
    return shared


class _UnionFind:
    """Disjoint sets of lines, by index, that were scaled together; each line points towards the root of its set."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def union(self, one: int, other: int) -> None:
        """Merge the groups of two lines."""
        self._next[self._find(other)] = self._find(one)

    def list_groups(self) -> list[list[int]]:
        """Return the groups, members ascending."""
        members: dict[int, list[int]] = defaultdict(list)
        for at in sorted(self._next):
            members[self._find(at)].append(at)
        return list(members.values())

    def _find(self, at: int) -> int:
        following = self._next.setdefault(at, at)
        while following != at:
            # Path halving shortens later lookups.
            self._next[at] = self._next[following]
            at, following = following, self._next[following]
        return at
