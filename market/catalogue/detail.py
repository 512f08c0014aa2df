"""One listing in full: a product, an activity or a stay, and what a poster and a search engine are told of it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.models import Freight, Kind
from market.catalogue.terms import get_freight
from market.identity import NotFound
from market.kernel import Connection, Fen, Query


class Variant(Struct, frozen=True):
    """A size in which a product is sold; `left` can be bought now, `waiting` are in unpaid orders."""

    id: UUID
    label: str
    unit: str
    price_fen: Fen
    public_price_fen: Fen | None
    net_g: int | None
    pieces: int | None
    per_kg_fen: Fen | None
    gross_g: int
    left: int | None
    waiting: int | None
    lot_id: UUID | None


class Listing(Struct, frozen=True):
    """What all kinds of listings show. `origin` is the path from county to village."""

    id: UUID
    number: int
    kind: Kind
    title: str
    story: str
    category_code: str
    category: str
    origin_code: str
    county_code: str
    prefecture: str
    county: str
    township: str
    village: str
    listed_county: bool
    producer_id: UUID
    producer: str
    producer_kind: str
    self_grown: bool
    taking_orders: bool
    harvest_months: list[int]
    in_season: bool
    chilled: bool
    perishable: bool
    gi: str
    certificates: list[str]
    rating_sum: int
    rating_count: int
    sold_count: int
    photo: str | None
    photo_kind: str | None
    state: str
    published_at: datetime
    sample: bool


class Product(Struct, frozen=True):
    """A product or an activity with its sizes and its freight."""

    listing: Listing
    variants: list[Variant]
    freight: Freight | None


class Room(Struct, frozen=True):
    """A room or a yard of a stay."""

    id: UUID
    position: int
    name: str
    open: bool


class Tier(Struct, frozen=True):
    """What is given back to who cancels at least so many days before, on holidays or not."""

    holiday: bool
    days_before: int
    refund_bp: int


class Stay(Struct, frozen=True):
    """A stay with its rooms, the base price of a night, and what a cancellation gives back."""

    listing: Listing
    price_fen: Fen
    unit: str
    rooms: list[Room]
    tiers: list[Tier]


# A permit that some category needs says nothing of the others: a homestay permit is not shown on millet.
LISTING = Query(
    Listing,
    """
    SELECT l.id, l.number, l.kind, l.title, l.story, l.category_code, g.name AS category, l.origin_code,
           l.county_code, a.name AS prefecture, d.name AS county, t.name AS township, w.name AS village,
           EXISTS (SELECT FROM listed_counties c WHERE c.county_code = l.county_code
                      AND c.valid_during @> business_day(:now)) AS listed_county,
           l.producer_id, p.name AS producer, p.kind AS producer_kind, p.self_grown,
           p.state = 'open' AS taking_orders, l.harvest_months,
           l.harvest_months @> ARRAY[extract(month FROM business_day(:now))::smallint] AS in_season,
           l.chilled, l.perishable, l.gi,
           ARRAY(SELECT DISTINCT c.kind FROM certificates c
                  WHERE c.producer_id = p.id AND c.verified_at IS NOT NULL AND c.kind <> 'identity'
                    AND (c.expires_on IS NULL OR c.expires_on >= business_day(:now))
                    AND (c.kind = ANY(g.needs)
                         OR NOT EXISTS (SELECT FROM categories WHERE c.kind = ANY(needs)))
                  ORDER BY c.kind) AS certificates,
           l.rating_sum, l.rating_count, l.sold_count, f.name AS photo, f.kind AS photo_kind, l.state,
           l.published_at, l.sample
      FROM listings l
      JOIN categories g ON g.code = l.category_code
      JOIN producers p ON p.id = l.producer_id
      JOIN divisions a ON a.code = rpad(left(l.origin_code, 4), 12, '0')
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions t ON t.code = rpad(left(l.origin_code, 9), 12, '0')
      JOIN divisions w ON w.code = l.origin_code
      LEFT JOIN photos f ON f.id = l.photo_id
     WHERE l.id = :listing_id AND (l.state = 'live' OR l.producer_id = ANY(:own::uuid[]))
    """,
)
VARIANTS_OF = Query(
    Variant,
    """
    SELECT v.id, v.label, v.unit, v.price_fen, v.public_price_fen, v.net_g, v.pieces,
           (2000 * v.price_fen + v.net_g) / (2 * v.net_g) AS per_kg_fen, v.gross_g,
           o.left_units / v.takes AS left, o.waiting_units / v.takes AS waiting, v.lot_id
      FROM variants v LEFT JOIN lots o ON o.id = v.lot_id
     WHERE v.listing_id = :listing_id
     ORDER BY v.position
     LIMIT 50
    """,
)
ROOMS_OF = Query(
    Room, "SELECT id, position, name, open FROM rooms WHERE listing_id = :listing_id ORDER BY position LIMIT 200"
)
TIERS_OF = Query(
    Tier,
    """
    SELECT holiday, days_before, refund_bp FROM cancel_tiers
     WHERE listing_id = :listing_id ORDER BY holiday, days_before DESC LIMIT 40
    """,
)
LISTING_BY_NUMBER = Query(UUID, "SELECT id FROM listings WHERE number = :number")


async def listing_id_of(conn: Connection, number: int) -> UUID:
    """Return the id of the listing with the short number that people see.

    Raises:
        NotFound: there is none.
    """
    found = await LISTING_BY_NUMBER.maybe(conn, number=number)
    if found is None:
        raise NotFound
    return found


async def get_product(conn: Connection, listing_id: UUID, *, own: tuple[UUID, ...] = (), now: datetime) -> Product:
    """Return a live product or activity in full; to the people of a producer (`own`) its withdrawn ones too.

    Raises:
        NotFound: there is none, or it is a stay.
    """
    listing = await LISTING.maybe(conn, listing_id=listing_id, own=list(own), now=now)
    if listing is None or listing.kind is Kind.STAY:
        raise NotFound
    return Product(
        listing,
        await VARIANTS_OF.all(conn, listing_id=listing_id),
        await get_freight(conn, listing.producer_id),
    )


async def get_stay(conn: Connection, listing_id: UUID, *, own: tuple[UUID, ...] = (), now: datetime) -> Stay:
    """Return a live stay in full; its free nights and their prices are told by `market.bookings`.

    Raises:
        NotFound: there is none, or it is no stay.
    """
    listing = await LISTING.maybe(conn, listing_id=listing_id, own=list(own), now=now)
    if listing is None or listing.kind is not Kind.STAY:
        raise NotFound
    [base] = await VARIANTS_OF.all(conn, listing_id=listing_id)
    return Stay(
        listing,
        base.price_fen,
        base.unit,
        await ROOMS_OF.all(conn, listing_id=listing_id),
        await TIERS_OF.all(conn, listing_id=listing_id),
    )
