"""Identifiers made in Python."""

import time
from itertools import islice
from uuid import RFC_4122, UUID

from market.kernel.uuid7 import create_ids, make_uuid7


def test_the_example_of_the_standard() -> None:
    """RFC 9562, appendix A.6."""
    assert make_uuid7(0x017F22E279B0, 0xCC3 << 62 | 0x18C4DC0C0C07398F) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


def test_ids_are_distinct_and_of_this_moment() -> None:
    begun = time.time_ns() // 1_000_000
    ids = list(islice(create_ids(), 1_000))
    assert len(set(ids)) == len(ids)
    assert {(each.version, each.variant) for each in ids} == {(7, RFC_4122)}
    assert all(begun <= each.int >> 80 <= time.time_ns() // 1_000_000 for each in ids)
