"""Pages of lists: bounded, continued by a key, never by an offset."""

from collections.abc import Callable

from msgspec import Struct

MOST = 100
"""The longest page that anyone gets."""


class Page[T](Struct, frozen=True):
    """One page of a list; `next` is the key that continues it, None at the end."""

    items: list[T]
    next: str | None


def cut[T](rows: list[T], limit: int, key_of: Callable[[T], object]) -> Page[T]:
    """Make a page of at most `limit` rows out of `limit + 1` that were read."""
    more = len(rows) > limit
    items = rows[:limit]
    return Page(items, str(key_of(items[-1])) if more and items else None)
