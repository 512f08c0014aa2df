"""Identifiers that sort by time, made without asking the database.

Python has `uuid.uuid7` from 3.14 on; the layout is that of RFC 9562, section 5.7.
"""

import secrets
import time
from collections.abc import Iterator
from uuid import UUID

_VERSION, _VARIANT = 0x7, 0b10
RANDOM_BITS = 74
_LOW_BITS = 62


def make_uuid7(milliseconds: int, random_bits: int) -> UUID:
    """Return the UUID of version 7 of a Unix time in milliseconds (48 bits) and `RANDOM_BITS` random bits."""
    high, low = random_bits >> _LOW_BITS, random_bits & (1 << _LOW_BITS) - 1
    return UUID(int=milliseconds << 80 | _VERSION << 76 | high << 64 | _VARIANT << _LOW_BITS | low)


def create_ids() -> Iterator[UUID]:
    """Yield ids of this moment, without end; their random bits cannot be guessed."""
    milliseconds = time.time_ns() // 1_000_000
    while True:
        yield make_uuid7(milliseconds, secrets.randbits(RANDOM_BITS))
