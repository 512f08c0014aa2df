"""The requirements for publishing a listing: an admitted producer, and a certificate that the category requires."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import (
    MAX_LIVE_LISTINGS,
    BadListing,
    CertificateNeeded,
    CertificateUnverified,
    ListingKind,
    ProducerNotOpen,
    TooManyListings,
)
from market.catalogue.producers.models import CERTIFICATE_NAMES, PRODUCER_STATE_NAMES
from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound


class Seller(Struct, frozen=True):
    """The fields of a producer that publishing needs.

    `division_names` are prefecture, township and village. `certificates` are the kinds of verified certificates,
    `unverified` those that the county has not verified yet; expired ones are in neither.
    """

    name: str
    state: str
    village_code: str
    county: str
    division_names: list[str]
    live: int
    certificates: list[str]
    unverified: list[str]
    sample: bool


class Category(Struct, frozen=True):
    """A category, and the certificate kinds of which one is required to publish there."""

    name: str
    kind: ListingKind
    required_certificates: list[str]
    source: str


LOCK_SELLER = Query(UUID, "SELECT id FROM producers WHERE id = :producer_id FOR NO KEY UPDATE")
GET_SELLER = Query(
    Seller,
    """
    SELECT p.name, p.state, p.village_code, d.name AS county, p.sample,
           ARRAY(SELECT name FROM divisions
                  WHERE code IN (ancestor_code(p.village_code, 2), ancestor_code(p.village_code, 4),
                                 p.village_code)
                  ORDER BY level) AS division_names,
           (SELECT count(*) FROM listings WHERE producer_id = p.id AND state = 'live') AS live,
           ARRAY(SELECT DISTINCT kind FROM certificates
                  WHERE producer_id = p.id AND verified_at IS NOT NULL
                    AND (expires_on IS NULL OR expires_on >= :day::date)
                  ORDER BY kind) AS certificates,
           ARRAY(SELECT DISTINCT kind FROM certificates
                  WHERE producer_id = p.id AND verified_at IS NULL AND rejected_at IS NULL
                    AND (expires_on IS NULL OR expires_on >= :day::date)
                  ORDER BY kind) AS unverified
      FROM producers p JOIN divisions d ON d.code = rpad(p.county_code, 12, '0')
     WHERE p.id = :producer_id
    """,
)
FIND_CATEGORY = Query(Category, "SELECT name, kind, required_certificates, source FROM categories WHERE code = :code")


async def lock_seller(conn: Connection, producer_id: UUID) -> None:
    """Lock a producer, so that concurrent publishing cannot exceed its maximum number of live listings.

    Raises:
        NotFound: there is no such producer.
    """
    if await LOCK_SELLER.maybe(conn, producer_id=producer_id) is None:
        raise NotFound


async def get_open_seller(conn: Connection, producer_id: UUID, day: date) -> Seller:
    """Return a producer that may sell on `day`.

    Raises:
        NotFound: there is no such producer.
        ProducerNotOpen: it is not admitted, or is suspended.
    """
    seller = await GET_SELLER.maybe(conn, producer_id=producer_id, day=day)
    if seller is None:
        raise NotFound
    if seller.state != "open":
        raise ProducerNotOpen(state=PRODUCER_STATE_NAMES[seller.state])
    return seller


async def get_active_seller(conn: Connection, producer_id: UUID, day: date) -> Seller:
    """Return a producer that may publish another listing on `day`.

    Raises:
        NotFound: there is no such producer.
        ProducerNotOpen: it is not admitted, or is suspended.
        TooManyListings: it has the maximum number of live listings.
    """
    seller = await get_open_seller(conn, producer_id, day)
    if seller.live >= MAX_LIVE_LISTINGS:
        raise TooManyListings(limit=MAX_LIVE_LISTINGS)
    return seller


async def get_category(conn: Connection, code: str, kind: ListingKind) -> Category:
    """Return a category of listings of the given kind.

    Raises:
        BadListing: there is no such category of that kind.
    """
    category = await FIND_CATEGORY.maybe(conn, code=code)
    if category is None or category.kind is not kind:
        raise BadListing(errors=(FieldFault("category", "没有这个类别，请从类别里选"),))
    return category


def require_certificates(category: Category, seller: Seller) -> None:
    """Require one of the certificates that the category lists.

    Raises:
        CertificateUnverified: one was submitted, and the county has not verified it yet.
        CertificateNeeded: the producer has none of them.
    """
    required = set(category.required_certificates)
    if not required or required & set(seller.certificates):
        return
    unverified = [kind for kind in category.required_certificates if kind in seller.unverified]
    refusal, kinds = (
        (CertificateUnverified, unverified) if unverified else (CertificateNeeded, category.required_certificates)
    )
    raise refusal(
        category=category.name,
        certificates="或".join(CERTIFICATE_NAMES[kind] for kind in kinds),
        kinds=", ".join(kinds),
        source=category.source,
    )


async def find_publish_refusal(
    conn: Connection, actor: Actor, producer_id: UUID, *, category: str, kind: ListingKind, now: datetime
) -> Refusal | None:
    """Return the refusal that publishing in a category would raise now for a producer of the actor, or None.

    A page shows it before the seller fills in the form.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: there is no such category.
    """
    require_producer(actor, producer_id)
    required = await get_category(conn, category, kind)
    try:
        require_certificates(required, await get_active_seller(conn, producer_id, get_business_day(now)))
    except (ProducerNotOpen, TooManyListings, CertificateNeeded) as refusal:
        return refusal
    return None
