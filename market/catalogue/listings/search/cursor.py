"""The position in a list of listings behind which a page begins: the key of its order and a listing."""

from uuid import UUID

from market.kernel.page import BadCursor

_MAX_KEY = 2**62
_MIN_ID = UUID(int=0)


def parse_cursor(text: str | None) -> tuple[int, UUID]:
    """Return the key and listing of a cursor; without one, those before every listing.

    Raises:
        BadCursor: it is not a `next` of this service.
    """
    if text is None:
        return _MAX_KEY, _MIN_ID
    key, _, listing_id = text.partition(".")
    try:
        position = int(key), UUID(listing_id)
    except ValueError as error:
        raise BadCursor from error
    if abs(position[0]) > _MAX_KEY:
        raise BadCursor
    return position
