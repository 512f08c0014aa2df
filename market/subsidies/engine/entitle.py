"""R1, R4 and R5: what a line is entitled to, under the cap of its household, rounded once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from market.subsidies.engine.amounts import half_up
from market.subsidies.engine.days import Month
from market.subsidies.engine.models import Proration
from market.subsidies.engine.standing import Standing, Stretch
from payments.money import Fen

_START = attrgetter("start")


class Scale(Struct, frozen=True, gc=False):
    """By what a household's lines are scaled on a day: its cap over what they would sum to."""

    cap_fen: Fen
    sum_fen: Fen


class Portion(Struct, gc=False):
    """Days of one amount, and by what the household's cap scaled it, if it did."""

    start: int
    end: int
    stretch: Stretch
    scale: Scale | None


class Group(Struct, frozen=True, gc=False):
    """Lines that a household's cap scaled together on some day, and the fen that they share."""

    line_ids: tuple[str, ...]
    shared_fen: Fen


class Entitlement(Struct, frozen=True, gc=False):
    """A line's entitlement, its exact fraction in fen, and the days that make it."""

    standing: Standing
    portions: tuple[Portion, ...]
    numerator: int
    denominator: int
    entitled_fen: Fen
    group: Group | None


def entitle(standings: Sequence[Standing], month: Month) -> list[Entitlement]:
    """Return the entitlements of all lines; the standings are in the order of their lines' ids."""
    portions: list[list[Portion]] = []
    capped: dict[tuple[str, str], list[tuple[int, Stretch]]] = defaultdict(list)
    for at, standing in enumerate(standings):
        own: list[Portion] = []
        for stretch in _counted(standing, month):
            if stretch.terms.household_cap_fen is None:
                own.append(Portion(stretch.start, stretch.end, stretch, None))
            else:
                capped[standing.programme.code, stretch.household].append((at, stretch))
        portions.append(own)
    links = _Links()
    for stretches in capped.values():
        _cap_household(stretches, portions, links)
    exact = [_exact(standing, own, month) for standing, own in zip(standings, portions, strict=True)]
    shared = _share_groups(standings, exact, links)
    return [
        Entitlement(standing, tuple(sorted(own, key=_START)), *exact[at], *shared.get(at, (half_up(*exact[at]), None)))
        for at, (standing, own) in enumerate(zip(standings, portions, strict=True))
    ]


def _counted(standing: Standing, month: Month) -> Sequence[Stretch]:
    """Return the payable days that count: all of them, or without proration the first of the month alone."""
    if standing.programme.proration is Proration.DAILY:
        return standing.stretches
    return [replace(stretch, end=month.first + 1) for stretch in standing.stretches if stretch.start == month.first]


def _cap_household(stretches: list[tuple[int, Stretch]], portions: list[list[Portion]], links: "_Links") -> None:
    """Add one household's portions in one programme, scaled on the days on which its lines exceed its cap together."""
    days = sorted({day for _, stretch in stretches for day in (stretch.start, stretch.end)})
    for low, high in pairwise(days):
        payable = [(at, stretch) for at, stretch in stretches if stretch.start <= low and high <= stretch.end]
        scale = _scale([stretch for _, stretch in payable])
        for at, stretch in payable:
            last = portions[at][-1] if portions[at] else None
            if last is not None and last.stretch is stretch and last.scale == scale:
                last.end = high
            else:
                portions[at].append(Portion(low, high, stretch, scale))
            if scale is not None:
                links.tie(payable[0][0], at)


def _scale(payable: Sequence[Stretch]) -> Scale | None:
    """Return by what the payable lines of a household and programme are scaled on a day, None when the cap is kept."""
    sum_fen = Fen(sum(stretch.rate.amount_fen for stretch in payable))
    # All of them are under the same version of the same programme's terms, so under the same cap.
    cap_fen = payable[0].terms.household_cap_fen if payable else None
    return None if cap_fen is None or sum_fen <= cap_fen else Scale(cap_fen, sum_fen)


def _exact(standing: Standing, portions: Iterable[Portion], month: Month) -> tuple[int, int]:
    """Return a line's entitlement in fen as numerator and denominator, not rounded."""
    days = month.days if standing.programme.proration is Proration.DAILY else 1
    whole = 0
    scaled: list[Fraction] = []
    for portion in portions:
        amount_days = portion.stretch.rate.amount_fen * (portion.end - portion.start)
        if portion.scale is None:
            whole += amount_days
        else:
            scaled.append(Fraction(amount_days * portion.scale.cap_fen, portion.scale.sum_fen))
    if not scaled:
        return whole, days
    return ((whole + sum(scaled)) / days).as_integer_ratio()


def _share_groups(
    standings: Sequence[Standing], exact: Sequence[tuple[int, int]], links: "_Links"
) -> dict[int, tuple[Fen, Group]]:
    """Round each group's sum half up and share it by the largest remainders of its lines, ties to the smaller id."""
    shared: dict[int, tuple[Fen, Group]] = {}
    for members in links.groups():
        amounts = [Fraction(*exact[at]) for at in members]
        group = Group(tuple(standings[at].line.id for at in members), half_up(*sum(amounts).as_integer_ratio()))
        floors = [floor(amount) for amount in amounts]
        by_remainder = sorted(range(len(members)), key=lambda i: (floors[i] - amounts[i], i))
        for i in by_remainder[: group.shared_fen - sum(floors)]:
            floors[i] += 1
        shared.update((at, (Fen(fen), group)) for at, fen in zip(members, floors, strict=True))
    return shared


class _Links:
    """Which lines, by position, were scaled together: each leads to another of its group, the head to itself."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def tie(self, one: int, other: int) -> None:
        """Put two lines into one group."""
        self._next[self._head(other)] = self._head(one)

    def groups(self) -> list[list[int]]:
        """Return the groups, members ascending."""
        members: dict[int, list[int]] = defaultdict(list)
        for at in sorted(self._next):
            members[self._head(at)].append(at)
        return list(members.values())

    def _head(self, at: int) -> int:
        following = self._next.setdefault(at, at)
        while following != at:
            # Halving the way keeps later walks short.
            self._next[at] = self._next[following]
            at, following = following, self._next[following]
        return at
