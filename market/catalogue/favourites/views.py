"""What a person keeps, as a list."""

from datetime import date
from uuid import UUID

from market.catalogue.favourites.models import Favourite
from market.kernel import Connection, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.people.identity.models import AccountId

_LAST_ID = UUID(int=2**128 - 1)

LIST_FAVOURITES = Query(
    Favourite,
    """
    SELECT f.id, CASE WHEN l.id IS NULL THEN 'producer' ELSE 'listing' END AS kind,
           coalesce(l.number, p.number) AS number, coalesce(l.title, p.name) AS title, p.name AS producer,
           w.name AS village, l.kind AS listing_kind, g.name AS category, v.unit, v.price_fen,
           h.name AS photo, h.kind AS photo_kind, shown,
           shown AND (l.kind IS DISTINCT FROM 'product'
                      OR EXISTS (SELECT FROM variants s JOIN lots ON lots.id = s.lot_id
                                  WHERE s.listing_id = l.id AND s.position IS NOT NULL
                                    AND available_units >= s.lot_units_per_item)) AS on_sale,
           p.state = 'open'
           AND NOT EXISTS (SELECT FROM closures c
                            WHERE c.producer_id = p.id AND c.closed_during @> :today::date) AS taking_orders,
           f.added_at
      FROM favourites f
      LEFT JOIN listings l ON l.id = f.listing_id
      JOIN producers p ON p.id = coalesce(f.producer_id, l.producer_id)
      JOIN divisions w ON w.code = coalesce(l.origin_code, p.village_code)
      LEFT JOIN categories g ON g.code = l.category_code
      LEFT JOIN variants v ON v.listing_id = l.id AND v.position = 0
      LEFT JOIN photos h ON h.id = l.photo_id
      CROSS JOIN LATERAL (SELECT CASE WHEN l.id IS NULL THEN p.state IN ('open', 'suspended')
                                      ELSE l.state = 'live' AND l.certified_until >= :today::date END) AS s (shown)
     WHERE f.account_id = :account_id AND f.id < :before
     ORDER BY f.id DESC
     LIMIT :limit
    """,
)


async def list_favourites(
    conn: Connection, account_id: AccountId, *, today: date, before: UUID | None = None, limit: int = 20
) -> Page[Favourite]:
    """Return a page of what an account keeps, the latest first, what is off the shelf too.

    `before` is the last id of the previous page.
    """
    page_size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_FAVOURITES.all(
        conn, account_id=account_id, today=today, before=before or _LAST_ID, limit=page_size + 1
    )
    return make_page(rows, page_size, lambda row: row.id)
