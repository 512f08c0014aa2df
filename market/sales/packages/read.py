"""Read packages: in full, for who composed them, for a household its own part, and for buyers."""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.search.text import parse_query
from market.kernel import Connection, Fen, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.structs import build_from
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.packages.models import MAX_OPEN_PACKAGES, Consent, Package, PackageState

_MAX_NUMBER = 2**62


class OfferPart(Struct, frozen=True, kw_only=True):
    """A part as buyers see it: what it is, of which households, and how much of it one package has."""

    position: int
    kind: ListingKind
    quantity: int
    unit: str
    choices: list["OfferChoice"]


class OfferChoice(Struct, frozen=True, kw_only=True):
    """One listing from which a part may come."""

    listing_number: int
    title: str
    producer: str


class PackageOffer(Struct, frozen=True, kw_only=True):
    """A package on sale, as buyers see it: what each household gets is not theirs to see before they book."""

    id: UUID
    number: int
    producer: str
    village: str
    county: str
    title: str
    story: str
    persons: int
    nights: int
    price_fen: Fen
    starts_on: date
    ends_on: date
    on_holidays: bool
    photo: str | None
    photo_kind: str | None
    parts: list[OfferPart]


class PackageFilters(Struct, frozen=True, kw_only=True):
    """What a buyer looks for among packages, all optional.

    `division` is a code truncated to its level; `category` is one of what is in the package.
    """

    text: str = ""
    division: str | None = None
    category: str | None = None
    price_from_fen: int | None = None
    price_to_fen: int | None = None


_NO_FILTERS = PackageFilters()
MAX_SEARCHED_PACKAGES = 400
"""How many packages one page looks at if it is asked for some only; the next page goes on where it stopped."""


class OwnPart(Struct, frozen=True, kw_only=True):
    """What a household supplies to each package, and what it gets for that."""

    position: int
    kind: ListingKind
    title: str
    quantity: int
    unit: str
    share_fen: Fen
    state: Consent


class PackageInvitation(Struct, frozen=True, kw_only=True):
    """A package of somebody else that a household is asked to supply: its own parts, and what else is in it.

    What the others get is not shown, nor how often they were booked; `booked` counts the household's own.
    """

    id: UUID
    number: int
    organiser: str
    title: str
    persons: int
    nights: int
    price_fen: Fen
    starts_on: date
    ends_on: date
    on_holidays: bool
    state: PackageState
    own_parts: list[OwnPart]
    others: list[str]
    booked: int


_PACKAGES = """
    SELECT packages.id, packages.number, packages.producer_id, producers.name AS producer, village.name AS village,
           county.name AS county, packages.title, packages.story, persons, nights, price_fen,
           lower(valid_during) AS starts_on, upper(valid_during) - 1 AS ends_on, on_holidays, packages.state,
           created_at, cover.name AS photo, cover.kind AS photo_kind,
           (SELECT jsonb_agg(jsonb_build_object(
                   'position', part.position, 'kind', part.kind, 'quantity', part.quantity, 'share_fen', part.share_fen,
                   'unit', CASE part.kind WHEN 'stay' THEN '间' WHEN 'activity' THEN '位' ELSE supplied.unit END,
                   'suppliers', supplied.suppliers) ORDER BY part.position)
              FROM package_parts AS part
             CROSS JOIN LATERAL (
                   SELECT min(variants.unit) AS unit,
                          jsonb_agg(jsonb_build_object(
                              'ordinal', s.ordinal, 'listing_id', s.listing_id, 'listing_number', listings.number,
                              'variant_id', s.variant_id, 'title', trim(listings.title || ' ' || variants.label),
                              'producer_id', s.producer_id, 'producer', households.name, 'state', s.state)
                              ORDER BY s.ordinal) AS suppliers
                     FROM package_suppliers AS s
                     JOIN listings ON listings.id = s.listing_id
                     JOIN variants ON variants.id = s.variant_id
                     JOIN producers AS households ON households.id = s.producer_id
                    WHERE s.package_id = part.package_id AND s.position = part.position) AS supplied
             WHERE part.package_id = packages.id) AS parts
      FROM packages
      JOIN producers ON producers.id = packages.producer_id
      JOIN divisions AS village ON village.code = producers.village_code
      JOIN divisions AS county ON county.code = producers.county_code || '000000'
      LEFT JOIN LATERAL (
           SELECT photos.name, photos.kind
             FROM package_suppliers AS s
             JOIN listings ON listings.id = s.listing_id
             JOIN photos ON photos.id = listings.photo_id AND photos.kind <> 'svg'
            WHERE s.package_id = packages.id AND s.state = 'agreed'
            ORDER BY s.position, s.ordinal LIMIT 1) AS cover ON true"""
GET_PACKAGE = Query(Package, _PACKAGES + " WHERE packages.id = :package_id")
GET_LIVE_PACKAGE = Query(
    Package,
    _PACKAGES + " WHERE packages.number = :number AND packages.state = 'live' AND producers.state = 'open'",
)
FIND_WITHDRAWN = Query(
    bool,
    "SELECT EXISTS (SELECT FROM packages WHERE number = :number AND state = 'withdrawn' AND published_at IS NOT NULL)",
)
LIST_OWN_PACKAGES = Query(
    Package,
    _PACKAGES
    + """
     WHERE packages.producer_id = :producer_id
     ORDER BY packages.state = 'withdrawn', packages.number DESC
     LIMIT :limit
    """,
)


class _Searched(Struct, frozen=True):
    """Whether any package is there to look at, and the last that one page looks at if there are more."""

    some: bool
    last: int | None


FIND_LAST_SEARCHED = Query(
    _Searched,
    """
    SELECT EXISTS (SELECT FROM packages WHERE state = 'live' AND number < :before) AS some,
           (SELECT number FROM packages
             WHERE state = 'live' AND number < :before
             ORDER BY number DESC OFFSET :most - 1 LIMIT 1) AS last
    """,
)
SUPPLIERS_ON_SALE: LiteralString = """
          FROM package_suppliers s
          JOIN listings ON listings.id = s.listing_id AND listings.state = 'live'
               AND listings.certified_until >= :day::date
          JOIN variants ON variants.id = s.variant_id AND variants.position IS NOT NULL AND ceiling_bp IS NULL
          JOIN producers AS household ON household.id = s.producer_id AND household.state = 'open'
         WHERE s.state = 'agreed'
           AND NOT EXISTS (SELECT FROM presales
                            WHERE presales.listing_id = s.listing_id AND send_until >= :day::date)"""
"""Who agreed to supply a part and may on a day: what is weighed or sold before its harvest is in no package."""
# What any list shows: one of which nobody supplies a part today is in none.
_LISTED = (
    """
     WHERE packages.state = 'live' AND producers.state = 'open' AND packages.number < :before
       AND packages.number >= :last
       AND upper(valid_during) > :day::date
       AND (:division::text IS NULL OR starts_with(producers.village_code, :division))
       AND (:category::text IS NULL OR EXISTS (
           SELECT FROM package_suppliers s JOIN listings ON listings.id = s.listing_id
            WHERE s.package_id = packages.id AND s.state = 'agreed' AND category_code = :category))
       AND (:price_from::bigint IS NULL OR price_fen >= :price_from)
       AND (:price_to::bigint IS NULL OR price_fen <= :price_to)
       AND NOT EXISTS (
           SELECT FROM package_parts AS part
            WHERE part.package_id = packages.id
              AND NOT EXISTS (
                  SELECT"""
    + SUPPLIERS_ON_SALE
    + " AND s.package_id = part.package_id AND s.position = part.position))"
)
_LATEST = """
     ORDER BY packages.number DESC
     LIMIT :limit
"""
LIST_LISTED_PACKAGES = Query(Package, _PACKAGES + _LISTED + _LATEST)
# A package has the words of its title and of all that is in it, with their places, categories and households.
SEARCH_LISTED_PACKAGES = Query(
    Package,
    _PACKAGES
    + """
     CROSS JOIN LATERAL (
           SELECT lower(packages.title) || ' 乡村套餐 ' || string_agg(listings.search_text, ' ') AS words,
                  string_agg(listings.search_pinyin, ' ') AS pinyin
             FROM package_suppliers AS s JOIN listings ON listings.id = s.listing_id
            WHERE s.package_id = packages.id AND s.state = 'agreed') AS text
    """
    + _LISTED
    + """
       AND text.words LIKE ALL(:pieces::text[]) AND text.words ~ ALL(:synonyms::text[])
       AND (:latin::text = '' OR text.words LIKE ALL(:latin_pieces::text[]) OR text.pinyin LIKE :latin_piece)
    """
    + _LATEST,
)
LIST_INVITED_PACKAGES = Query(
    Package,
    _PACKAGES
    + """
     WHERE packages.id IN (SELECT package_id FROM package_suppliers WHERE producer_id = :producer_id)
       AND packages.producer_id <> :producer_id
     ORDER BY packages.state = 'withdrawn', packages.number DESC
     LIMIT :limit
    """,
)
COUNT_ASKED = Query(
    int,
    """
    SELECT count(DISTINCT package_id)
      FROM package_suppliers JOIN packages ON packages.id = package_id
     WHERE package_suppliers.producer_id = ANY(:producer_ids::uuid[]) AND package_suppliers.state = 'asked'
       AND packages.state <> 'withdrawn'
    """,
)


class _OwnBookings(Struct, frozen=True):
    package_id: UUID
    packages: int


COUNT_OWN_BOOKINGS = Query(
    _OwnBookings,
    """
    SELECT l.package_id, sum(l.packages)::integer AS packages
      FROM package_lines l
      JOIN order_lines line ON line.id = l.line_id
      JOIN suborders s ON s.id = line.suborder_id AND s.state NOT IN ('placed', 'cancelled', 'expired')
     WHERE l.package_id = ANY(:package_ids::uuid[]) AND s.producer_id = :producer_id
     GROUP BY l.package_id
    """,
)


async def get_package(conn: Connection, package_id: UUID) -> Package:
    """Return a package in full, for functions that have checked who asks.

    Raises:
        NotFound: there is no such package.
    """
    package = await GET_PACKAGE.maybe(conn, package_id=package_id)
    if package is None:
        raise NotFound
    return package


async def get_own_package(conn: Connection, actor: Actor, producer_id: UUID, package_id: UUID) -> Package:
    """Return a package that a producer of the actor's composed.

    Raises:
        NotFound: there is none, or the actor does not work for who composed it.
    """
    require_producer(actor, producer_id)
    package = await get_package(conn, package_id)
    if package.producer_id != producer_id:
        raise NotFound
    return package


async def get_live_package(conn: Connection, number: int) -> Package:
    """Return a package on sale by its public number, in full.

    Raises:
        NotFound: there is none.
    """
    package = await GET_LIVE_PACKAGE.maybe(conn, number=number)
    if package is None:
        raise NotFound
    return package


async def is_withdrawn(conn: Connection, number: int) -> bool:
    """Return whether a package that was on sale is not sold any more."""
    return await FIND_WITHDRAWN.one(conn, number=number)


async def list_own_packages(conn: Connection, actor: Actor, producer_id: UUID) -> list[Package]:
    """Return the packages that a producer of the actor's composed, withdrawn ones last, at most 100.

    Raises:
        NotFound: the actor does not work for it.
    """
    require_producer(actor, producer_id)
    return await LIST_OWN_PACKAGES.all(conn, producer_id=producer_id, limit=5 * MAX_OPEN_PACKAGES)


async def list_invitations(conn: Connection, actor: Actor, producer_id: UUID) -> list[PackageInvitation]:
    """Return the packages of others that a producer of the actor's is asked to supply, or supplies, at most 100.

    Raises:
        NotFound: the actor does not work for it.
    """
    require_producer(actor, producer_id)
    packages = await LIST_INVITED_PACKAGES.all(conn, producer_id=producer_id, limit=5 * MAX_OPEN_PACKAGES)
    rows = await COUNT_OWN_BOOKINGS.all(conn, package_ids=[each.id for each in packages], producer_id=producer_id)
    booked = {row.package_id: row.packages for row in rows}
    return [_make_invitation(each, producer_id, booked.get(each.id, 0)) for each in packages]


async def count_asked(conn: Connection, producer_ids: Sequence[UUID]) -> int:
    """Return how many packages wait for an answer of the producers."""
    return await COUNT_ASKED.one(conn, producer_ids=list(producer_ids))


async def list_offers(
    conn: Connection, filters: PackageFilters = _NO_FILTERS, *, before: int | None = None, limit: int = 20, today: date
) -> Page[PackageOffer]:
    """Return a page of the packages on sale that match, the newest first.

    With filters it looks at the next `MAX_SEARCHED_PACKAGES` only: a page may be short, or empty, and have a `next`.
    """
    size = max(1, min(limit, MAX_PAGE_SIZE))
    first = _MAX_NUMBER if before is None else max(0, min(before, _MAX_NUMBER))
    last = None
    if filters != _NO_FILTERS:
        searched = await FIND_LAST_SEARCHED.one(conn, before=first, most=MAX_SEARCHED_PACKAGES)
        if not searched.some:
            return Page([], None)
        last = searched.last
    given = {
        "before": first, "last": last or 0, "division": filters.division, "category": filters.category,
        "price_from": filters.price_from_fen, "price_to": filters.price_to_fen, "day": today, "limit": size + 1,
    }  # fmt: skip
    typed = parse_query(filters.text)
    if typed.is_empty:
        rows = await LIST_LISTED_PACKAGES.all(conn, **given)
    else:
        rows = await SEARCH_LISTED_PACKAGES.all(
            conn, **given, pieces=typed.pieces, synonyms=typed.synonyms, latin=typed.latin,
            latin_pieces=typed.latin_pieces, latin_piece=typed.latin_piece,
        )  # fmt: skip
    page = make_page([make_offer(row) for row in rows], size, lambda row: row.number)
    return page if page.next is not None or last is None else Page(page.items, str(last))


def make_offer(package: Package) -> PackageOffer:
    """Return a package as buyers see it: the parts with those who agreed, without their shares."""
    parts = [
        build_from(OfferPart, part, choices=[build_from(OfferChoice, each) for each in part.agreed])
        for part in package.parts
    ]
    return build_from(PackageOffer, package, parts=parts)


def _make_invitation(package: Package, producer_id: UUID, booked: int) -> PackageInvitation:
    own = [
        build_from(OwnPart, part, title=each.title, state=each.state)
        for part in package.parts
        for each in part.suppliers
        if each.producer_id == producer_id
    ]
    others = [
        f"{each.producer}：{each.title}"
        for part in package.parts
        for each in part.suppliers
        if each.producer_id != producer_id and each.state is not Consent.DECLINED
    ]
    return build_from(
        PackageInvitation, package, organiser=package.producer, own_parts=own, others=others, booked=booked
    )
