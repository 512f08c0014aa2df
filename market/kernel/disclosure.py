"""Hide figures that would tell of single people, with as many others as it takes that sums do not tell them; pure."""

from collections.abc import Sequence

MIN_SHOWN = 10
"""The smallest figure of people that is shown; k of k-anonymity. Source: subsidy-rulebook, R16."""
_MIN_HIDDEN = 2
"""One figure hidden alone is the sum less the others."""


def hide_small(parts: Sequence[int], *, rests: Sequence[int] = (), least: int = MIN_SHOWN) -> list[bool]:
    """Return which of some figures that add up to a known sum are hidden.

    A figure from 1 to `least` - 1 is hidden, and one whose rest (see `rests`, in the order of the parts) is. Where the
    hidden ones add up to less than `least`, or one is hidden alone, the sum less what is shown would tell of it: the
    smallest others are hidden too, until that is not so. Where nothing is left to hide with, all are hidden, and
    the sum must be (see `hides_sum`). Zeros tell of nobody and hide nothing.
    """
    hidden = [_is_small(part, least) for part in parts]
    for index, rest in enumerate(rests):
        hidden[index] |= _is_small(rest, least)
    others = sorted((part, index) for index, part in enumerate(parts) if part >= least and not hidden[index])
    while any(hidden) and not _is_enough([part for part, hide in zip(parts, hidden, strict=True) if hide], least):
        if not others:
            return [True] * len(parts)
        _, index = others.pop(0)
        hidden[index] = True
    return hidden


def hides_sum(parts: Sequence[int], *, rests: Sequence[int] = (), least: int = MIN_SHOWN) -> bool:
    """Return whether the sum of some figures must be hidden too: it is small, or would tell of a hidden figure."""
    hidden = [part for part, hide in zip(parts, hide_small(parts, rests=rests, least=least), strict=True) if hide]
    return _is_small(sum(parts), least) or (bool(hidden) and not _is_enough(hidden, least))


def _is_small(part: int, least: int) -> bool:
    return 0 < part < least


def _is_enough(hidden: Sequence[int], least: int) -> bool:
    return sum(1 for part in hidden if part) >= _MIN_HIDDEN and sum(hidden) >= least
