"""Pagination: pages of bounded size, continued by a key, never by an offset."""

from collections.abc import Callable

from msgspec import Struct

from payments.errors import Refusal

MAX_PAGE_SIZE = 100
"""The largest page size."""


class Page[T](Struct, frozen=True):
    """One page of a list. `next` is the key that continues it, None on the last page."""

    items: list[T]
    next: str | None


class BadCursor(Refusal):
    """The pagination cursor is not one that this service issued."""

    code = "bad_cursor"
    status = 422
    zh = "翻页的记号不对，请从头看。"
    en = "The cursor is invalid; start again without it."


def make_page[T](rows: list[T], limit: int, get_key: Callable[[T], object]) -> Page[T]:
    """Return a page of at most `limit` rows, given up to `limit + 1` rows that were read."""
    has_more = len(rows) > limit
    items = rows[:limit]
    return Page(items, str(get_key(items[-1])) if has_more and items else None)
