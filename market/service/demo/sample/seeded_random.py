"""Reproducible random numbers: each named stream of a seed yields the same sequence every time."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from market.kernel.uuid7 import RANDOM_BITS, make_uuid7


class SeededRandom:
    """One named stream of a seed; drawing from it does not affect other streams."""

    def __init__(self, seed: int, name: str) -> None:
        digest = sha256(f"{seed}/{name}".encode()).digest()
        self._random = random.Random(int.from_bytes(digest))

    def randbelow(self, bound: int) -> int:
        """Return an integer from 0 to `bound` − 1."""
        return self._random.randrange(bound)

    def randint(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def chance(self, share: int) -> bool:
        """Return True with a probability of `share` percent."""
        return self._random.randrange(100) < share

    def choice[T](self, values: Sequence[T]) -> T:
        """Return a random value."""
        return values[self._random.randrange(len(values))]

    def weighted_index(self, cumulative: Sequence[int]) -> int:
        """Return an index into cumulative weights, with the probability of its weight."""
        return bisect_right(cumulative, self._random.randrange(cumulative[-1]))

    def sample[T](self, values: Sequence[T], count: int) -> list[T]:
        """Return up to `count` distinct values in random order."""
        return self._random.sample(values, min(count, len(values)))

    def shuffled[T](self, values: Sequence[T]) -> list[T]:
        """Return the values in random order."""
        return self._random.sample(values, len(values))

    def make_uuid7(self, moment: datetime) -> UUID:
        """Return a UUID of version 7: it sorts by `moment`, its other bits are random."""
        milliseconds = int(moment.timestamp()) * 1000 + self._random.randrange(1000)
        return make_uuid7(milliseconds, self._random.getrandbits(RANDOM_BITS))
