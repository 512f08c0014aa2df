"""Chance that comes out the same every time: a stream has a name, and equal seeds and names give equal streams."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

_VERSION, _VARIANT = 0x7, 0b10


class Chance:
    """One named stream of a seed; a stream that asks more or less often leaves the others as they are."""

    def __init__(self, seed: int, name: str) -> None:
        digest = sha256(f"{seed}/{name}".encode()).digest()
        self._random = random.Random(int.from_bytes(digest))  # noqa: S311 - sample data must be predictable

    def below(self, bound: int) -> int:
        """Return 0 to `bound` − 1."""
        return self._random.randrange(bound)

    def between(self, low: int, high: int) -> int:
        """Return `low` to `high`, both included."""
        return self._random.randint(low, high)

    def percent(self, share: int) -> bool:
        """Say yes `share` times in a hundred."""
        return self._random.randrange(100) < share

    def pick[T](self, values: Sequence[T]) -> T:
        """Return one of the values."""
        return values[self._random.randrange(len(values))]

    def weighed(self, cumulative: Sequence[int]) -> int:
        """Return a place of a list of running sums of weights, as often as its weight says."""
        return bisect_right(cumulative, self._random.randrange(cumulative[-1]))

    def some[T](self, values: Sequence[T], count: int) -> list[T]:
        """Return `count` different ones of the values, in the order in which they came up."""
        return self._random.sample(values, min(count, len(values)))

    def shuffled[T](self, values: Sequence[T]) -> list[T]:
        """Return the values in another order."""
        return self._random.sample(values, len(values))

    def id_at(self, moment: datetime) -> UUID:
        """Return an id in the form of `uuidv7()`: it sorts by the moment, and the rest of it is chance."""
        milliseconds = int(moment.timestamp()) * 1000 + self._random.randrange(1000)
        rest = self._random.getrandbits(74)
        return UUID(
            int=milliseconds << 80 | _VERSION << 76 | (rest >> 62) << 64 | _VARIANT << 62 | rest & (1 << 62) - 1
        )
