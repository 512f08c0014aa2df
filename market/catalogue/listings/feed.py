"""The packs of products on sale, page by page, for catalogues of other platforms."""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString

from msgspec import Struct

from market.kernel import Connection, Fen, Query

FEED_SIZE = 500
"""Packs on one page of the feed."""


class FeedItem(Struct, frozen=True, kw_only=True):
    """A pack of a product on sale, with the stored names of its photos: the cover, and those after it.

    `number` and `position` identify it, `in_stock` is whether one can be bought today. `presale_from` is the first day
    on which a pre-sold product is sent. Prices are those of a single pack for everyone.
    """

    number: int
    position: int
    title: str
    unit: str
    story: str
    category: str
    seller: str
    county: str
    village: str
    price_fen: Fen
    net_g: int | None
    photo: str | None
    photo_kind: str | None
    more_photos: list[str]
    in_stock: bool
    presale_from: date | None


_ITEM: LiteralString = """
    SELECT l.number, v.position, l.title, v.unit, l.story, c.name AS category, p.name AS seller, county.name AS county,
           village.name AS village, v.price_fen, v.net_g, f.name AS photo, f.kind AS photo_kind,
           ARRAY(SELECT more.name FROM listing_photos JOIN photos more ON more.id = listing_photos.photo_id
                  WHERE listing_id = l.id ORDER BY listing_photos.position) AS more_photos,
           coalesce(lots.available_units >= v.lot_units_per_item, false) AND p.state = 'open'
           AND NOT EXISTS (SELECT FROM closures
                            WHERE closures.producer_id = l.producer_id AND closed_during @> :today::date) AS in_stock,
           CASE WHEN presales.send_from > :today::date THEN presales.send_from END AS presale_from
"""
_ABOUT: LiteralString = """
      JOIN producers p ON p.id = l.producer_id
      JOIN categories c ON c.code = l.category_code
      JOIN divisions county ON county.code = rpad(l.county_code, 12, '0')
      JOIN divisions village ON village.code = l.origin_code
      LEFT JOIN lots ON lots.id = v.lot_id
      LEFT JOIN photos f ON f.id = l.photo_id
      LEFT JOIN presales ON presales.listing_id = l.id
"""
# Both by number, so that a page stays the same whatever is bought meanwhile.
LIST_FEED_ITEMS = Query(
    FeedItem,
    _ITEM
    + """
      FROM listings l
      JOIN variants v ON v.listing_id = l.id AND v.position IS NOT NULL
"""
    + _ABOUT
    + """
     WHERE l.kind = 'product' AND l.state = 'live' AND l.certified_until >= :today::date
       AND (l.number, v.position) > (:number::bigint, :position::smallint)
     ORDER BY l.number, v.position
     LIMIT :limit
    """,
)
# The first packs of each county from an index of its own, then the first of those.
LIST_COUNTIES_FEED_ITEMS = Query(
    FeedItem,
    """
    WITH packs AS (
        SELECT first_packs.* FROM unnest(:counties::text[]) AS given (county_code)
         CROSS JOIN LATERAL (
            SELECT l.id, l.number, v.id AS variant_id, v.position
              FROM listings l JOIN variants v ON v.listing_id = l.id AND v.position IS NOT NULL
             WHERE l.county_code = given.county_code AND l.kind = 'product' AND l.state = 'live'
               AND l.certified_until >= :today::date AND l.number >= :number::bigint
               AND (l.number, v.position) > (:number::bigint, :position::smallint)
             ORDER BY l.number, v.position
             LIMIT :limit) AS first_packs
         ORDER BY first_packs.number, first_packs.position
         LIMIT :limit)
    """
    + _ITEM
    + """
      FROM packs
      JOIN listings l ON l.id = packs.id
      JOIN variants v ON v.id = packs.variant_id
"""
    + _ABOUT
    + " ORDER BY l.number, v.position",
)


async def list_feed_items(
    conn: Connection,
    *,
    after: tuple[int, int] = (0, 0),
    limit: int = FEED_SIZE,
    today: date,
    counties: Sequence[str] | None = None,
) -> tuple[list[FeedItem], tuple[int, int] | None]:
    """Return the packs on sale behind a number and position, and the last of them if there are more; at most 500.

    With `counties`, at most 100 and each once, only theirs.
    """
    number, position = after
    size = max(1, min(limit, FEED_SIZE))
    page: dict[str, object] = {"number": number, "position": position, "today": today, "limit": size + 1}
    if counties is None:
        found = await LIST_FEED_ITEMS.all(conn, **page)
    else:
        found = await LIST_COUNTIES_FEED_ITEMS.all(conn, **page, counties=list(counties))
    shown = found[:size]
    return shown, (shown[-1].number, shown[-1].position) if len(found) > size else None
