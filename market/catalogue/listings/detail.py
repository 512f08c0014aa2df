"""One listing in full: a product, an activity or a stay."""

from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

from msgspec import Struct, field

from market.catalogue.listings.freight import FREIGHT_JSON, FreightTerms
from market.catalogue.listings.goods_terms import GOODS_JSON, GoodsTerms
from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.presale import PresaleTerms
from market.catalogue.listings.tier_prices import TIERS_JSON, TierPrice
from market.catalogue.producers.closures import ClosureReason
from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.structs import build_from
from market.people.identity.models import NotFound
from market.places.counties.settings import SEND_DEFAULTS


class ListingVariant(Struct, frozen=True, kw_only=True):
    """A size of a product; `left` items can be bought now, `reserved` ones are in unpaid orders.

    With `ceiling_bp` it is weighed before it is sent: the price is by weight, at most this share of what was ordered.
    """

    id: UUID
    label: str
    unit: str
    price_fen: Fen
    public_price_fen: Fen | None
    tiers: list[TierPrice] = []
    net_g: int | None
    pieces: int | None
    per_kg_fen: Fen | None
    gross_g: int
    left: int | None
    reserved: int | None = field(name="waiting")
    lot_id: UUID | None
    ceiling_bp: int | None = None


class ListingDetail(Struct, frozen=True):
    """The fields that all kinds of listings show; `prefecture` to `village` name the origin.

    `offered` says that a coupon of its seller or for several sellers can be claimed. `more_photos` are the stored names
    of the photos after the cover, in order.
    """

    id: UUID
    number: int
    kind: ListingKind
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
    producer_number: int
    producer: str
    producer_kind: str
    self_grown: bool
    taking_orders: bool
    closed_for: ClosureReason | None
    reopens_on: date | None
    harvest_months: list[int]
    in_season: bool
    chilled: bool
    goods: GoodsTerms
    perishable: bool
    gi: str
    certificates: list[str]
    rating_sum: int
    rating_count: int
    sold_count: int
    photo: str | None
    photo_kind: str | None
    state: str
    certified: bool
    published_at: datetime
    version: int
    sample: bool
    ship_days: int
    unsent_days: int
    commission_bp: int
    offered: bool
    more_photos: list[str] = []


class _ListingRow(ListingDetail, frozen=True, kw_only=True):
    """A listing with its variants and what only products have."""

    variants: list[ListingVariant]
    freight: FreightTerms | None
    presale: PresaleTerms | None


class ProductDetail(Struct, frozen=True):
    """A product or an activity with its variants and freight terms."""

    listing: ListingDetail
    variants: list[ListingVariant]
    freight: FreightTerms | None
    presale: PresaleTerms | None


class StayRoom(Struct, frozen=True):
    """A room or a yard of a stay."""

    id: UUID
    position: int
    name: str
    open: bool


class StayCancelTier(Struct, frozen=True):
    """The refund for cancelling at least `days_before` days ahead, for holiday or ordinary nights."""

    holiday: bool
    days_before: int
    refund_bp: int


class StayDetail(Struct, frozen=True):
    """A stay with its rooms, the base price of a night and its cancellation tiers."""

    listing: ListingDetail
    price_fen: Fen
    unit: str
    rooms: list[StayRoom]
    tiers: list[StayCancelTier]


class ShelfPlace(Struct, frozen=True, kw_only=True):
    """Where a listing stood that may not be on sale any more; `producer` is empty if it is closed."""

    kind: ListingKind
    withdrawn: bool
    category_code: str
    category: str
    producer_number: int
    producer: str


VARIANT_JSON: Final[LiteralString] = (
    """
    jsonb_build_object(
        'id', v.id, 'label', v.label, 'unit', v.unit, 'price_fen', v.price_fen,
        'public_price_fen', v.public_price_fen, 'tiers',
    """
    + TIERS_JSON
    + """,
        'net_g', v.net_g, 'pieces', v.pieces, 'per_kg_fen', (2000 * v.price_fen + v.net_g) / (2 * v.net_g),
        'gross_g', v.gross_g, 'left', o.available_units / v.lot_units_per_item,
        'waiting', o.reserved_units / v.lot_units_per_item, 'lot_id', v.lot_id, 'ceiling_bp', v.ceiling_bp)
    """
)
"""A row of `variants AS v` with its lot `o`, if it has one, as the JSON of a `ListingVariant`."""
# A certificate that some categories require is shown only in those: no homestay permit on millet.
GET_LISTING = Query(
    _ListingRow,
    """
    SELECT l.id, l.number, l.kind, l.title, l.story, l.category_code, g.name AS category, l.origin_code,
           l.county_code, a.name AS prefecture, d.name AS county, t.name AS township, w.name AS village,
           EXISTS (SELECT FROM listed_counties c WHERE c.county_code = l.county_code
                      AND c.valid_during @> :today::date) AS listed_county,
           l.producer_id, p.number AS producer_number, p.name AS producer, p.kind AS producer_kind, p.self_grown,
           p.state = 'open' AND o.id IS NULL AS taking_orders, o.reason AS closed_for,
           upper(o.closed_during) AS reopens_on, l.harvest_months,
           l.harvest_months @> ARRAY[extract(month FROM :today::date)::smallint] AS in_season,
           l.storage <> 'ambient' AS chilled,
    """
    + GOODS_JSON
    + """ AS goods, l.perishable, l.gi,
           ARRAY(SELECT DISTINCT c.kind FROM certificates c
                  WHERE c.producer_id = p.id AND c.verified_at IS NOT NULL AND c.kind <> 'identity'
                    AND (c.expires_on IS NULL OR c.expires_on >= :today::date)
                    AND (c.kind <> 'geographical_indication'
                         OR EXISTS (SELECT FROM unnest(c.area) AS part WHERE starts_with(l.origin_code, part)))
                    AND (c.kind = ANY(g.required_certificates)
                         OR NOT EXISTS (SELECT FROM categories WHERE c.kind = ANY(required_certificates)))
                  ORDER BY c.kind) AS certificates,
           l.rating_sum, l.rating_count, l.sold_count, f.name AS photo, f.kind AS photo_kind, l.state,
           l.certified_until >= :today::date AS certified, l.published_at, l.version, l.sample,
           coalesce(get_county_setting(p.county_code, 'ship_days', :today::date), :ship_days::integer)
               AS ship_days,
           coalesce(get_county_setting(p.county_code, 'unsent_days', :today::date), :unsent_days::integer)
               AS unsent_days,
           l.commission_bp,
           EXISTS (SELECT FROM coupons c
                    WHERE c.state = 'open' AND c.code IS NULL AND c.claimed < c.quota
                      AND upper(c.valid_during) > :today::date
                      AND (c.producer_id IS NULL OR c.producer_id = p.id)) AS offered,
           coalesce((SELECT jsonb_agg(
    """
    + VARIANT_JSON
    + """ ORDER BY v.position)
                       FROM variants v LEFT JOIN lots o ON o.id = v.lot_id
                      WHERE v.listing_id = l.id AND v.position IS NOT NULL), '[]') AS variants,
           (SELECT """
    + FREIGHT_JSON
    + """ FROM freight_templates WHERE freight_templates.producer_id = p.id) AS freight,
           (SELECT jsonb_build_object('deposit_fen', deposit_fen, 'balance_from', balance_from,
                                      'balance_until', balance_until, 'send_from', send_from, 'send_until', send_until)
              FROM presales WHERE presales.listing_id = l.id) AS presale,
           ARRAY(SELECT more.name FROM listing_photos JOIN photos more ON more.id = listing_photos.photo_id
                  WHERE listing_id = l.id ORDER BY position) AS more_photos
      FROM listings l
      JOIN categories g ON g.code = l.category_code
      JOIN producers p ON p.id = l.producer_id
      LEFT JOIN closures o ON o.producer_id = p.id AND o.closed_during @> :today::date
      JOIN divisions a ON a.code = ancestor_code(l.origin_code, 2)
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions t ON t.code = ancestor_code(l.origin_code, 4)
      JOIN divisions w ON w.code = l.origin_code
      LEFT JOIN photos f ON f.id = l.photo_id
     WHERE l.id = coalesce(:listing_id::uuid, (SELECT id FROM listings WHERE number = :number::bigint))
       AND (l.state = 'live' AND l.certified_until >= :today::date
           OR l.producer_id = ANY(:producer_ids::uuid[]))
    """,
)
LIST_ROOMS = Query(
    StayRoom, "SELECT id, position, name, open FROM rooms WHERE listing_id = :listing_id ORDER BY position LIMIT 200"
)
LIST_CANCEL_TIERS = Query(
    StayCancelTier,
    """
    SELECT holiday, days_before, refund_bp FROM cancel_tiers
     WHERE listing_id = :listing_id AND upper_inf(valid_during) ORDER BY holiday, days_before DESC LIMIT 40
    """,
)
GET_SHELF_PLACE = Query(
    ShelfPlace,
    """
    SELECT l.kind, l.state = 'withdrawn' AS withdrawn, l.category_code, g.name AS category,
           p.number AS producer_number, CASE p.state WHEN 'open' THEN p.name ELSE '' END AS producer
      FROM listings l JOIN categories g ON g.code = l.category_code JOIN producers p ON p.id = l.producer_id
     WHERE l.id = :listing_id AND l.state <> 'suspended'
    """,
)
FIND_LISTING_ID = Query(UUID, "SELECT id FROM listings WHERE number = :number")
FIND_VARIANT_NUMBER = Query(
    int, "SELECT number FROM listings JOIN variants ON listing_id = listings.id WHERE variants.id = :variant_id"
)


async def get_listing_id(conn: Connection, number: int) -> UUID:
    """Return the id of the listing with the given public number.

    Raises:
        NotFound: there is no such listing.
    """
    listing_id = await FIND_LISTING_ID.maybe(conn, number=number)
    if listing_id is None:
        raise NotFound
    return listing_id


async def get_variant_number(conn: Connection, variant_id: UUID) -> int:
    """Return the public number of the listing that a variant is of, or was.

    Raises:
        NotFound: there is no such variant.
    """
    number = await FIND_VARIANT_NUMBER.maybe(conn, variant_id=variant_id)
    if number is None:
        raise NotFound
    return number


async def get_shelf_place(conn: Connection, listing_id: UUID) -> ShelfPlace:
    """Return where a listing stood, for the page of one that is not sold any more.

    Raises:
        NotFound: it is suspended; nothing of it is shown.
    """
    place = await GET_SHELF_PLACE.maybe(conn, listing_id=listing_id)
    if place is None:
        raise NotFound
    return place


async def get_product(
    conn: Connection, listing_id: UUID, *, producer_ids: tuple[UUID, ...] = (), now: datetime
) -> ProductDetail:
    """Return a product or activity in full: a live one, or any listing of the producers in `producer_ids`.

    Raises:
        NotFound: there is no such listing, or it is a stay.
    """
    row = await GET_LISTING.maybe(
        conn,
        listing_id=listing_id,
        number=None,
        producer_ids=list(producer_ids),
        today=get_business_day(now),
        **SEND_DEFAULTS,
    )
    return _complete_product(row)


async def get_numbered_product(conn: Connection, number: int, *, now: datetime) -> ProductDetail:
    """Return the live product or activity with a public number in full.

    Raises:
        NotFound: there is no such listing, or it is a stay.
    """
    row = await GET_LISTING.maybe(
        conn, listing_id=None, number=number, producer_ids=[], today=get_business_day(now), **SEND_DEFAULTS
    )
    return _complete_product(row)


def _complete_product(row: _ListingRow | None) -> ProductDetail:
    if row is None or row.kind is ListingKind.STAY:
        raise NotFound
    return ProductDetail(build_from(ListingDetail, row), row.variants, row.freight, row.presale)


async def get_stay(
    conn: Connection, listing_id: UUID, *, producer_ids: tuple[UUID, ...] = (), now: datetime
) -> StayDetail:
    """Return a stay in full: a live one, or any stay of the producers in `producer_ids`.

    `market.catalogue.bookings` returns its free nights and their prices.

    Raises:
        NotFound: there is no such listing, or it is not a stay.
    """
    row = await GET_LISTING.maybe(
        conn,
        listing_id=listing_id,
        number=None,
        producer_ids=list(producer_ids),
        today=get_business_day(now),
        **SEND_DEFAULTS,
    )
    if row is None or row.kind is not ListingKind.STAY:
        raise NotFound
    [base] = row.variants
    return StayDetail(
        build_from(ListingDetail, row),
        base.price_fen,
        base.unit,
        await LIST_ROOMS.all(conn, listing_id=listing_id),
        await LIST_CANCEL_TIERS.all(conn, listing_id=listing_id),
    )
