"""What a producer needs before it may offer something: to be admitted, and the certificates of the category."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.models import (
    MOST_LISTINGS,
    BadListing,
    CertificateNeeded,
    CertificateWaiting,
    Kind,
    ProducerNotOpen,
    TooManyListings,
)
from market.identity import Actor, NotFound, require_producer
from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import day_of
from market.producers.models import CERTIFICATE_NAMES, STATE_NAMES


class Seller(Struct, frozen=True):
    """What publishing needs to know of a producer.

    `around` names prefecture, township and village. `certificates` are the verified kinds that have not expired,
    `handed_in` those that wait for the county.
    """

    name: str
    state: str
    village_code: str
    county: str
    around: list[str]
    live: int
    certificates: list[str]
    handed_in: list[str]
    sample: bool


class Category(Struct, frozen=True):
    """A category, and the certificates of which one is needed to publish there."""

    name: str
    kind: Kind
    needs: list[str]
    source: str


LOCK_SELLER = Query(UUID, "SELECT id FROM producers WHERE id = :producer_id FOR NO KEY UPDATE")
SELLER = Query(
    Seller,
    """
    SELECT p.name, p.state, p.village_code, d.name AS county, p.sample,
           ARRAY(SELECT name FROM divisions
                  WHERE code IN (rpad(left(p.village_code, 4), 12, '0'), rpad(left(p.village_code, 9), 12, '0'),
                                 p.village_code)
                  ORDER BY level) AS around,
           (SELECT count(*) FROM listings WHERE producer_id = p.id AND state = 'live') AS live,
           ARRAY(SELECT DISTINCT kind FROM certificates
                  WHERE producer_id = p.id AND verified_at IS NOT NULL
                    AND (expires_on IS NULL OR expires_on >= :day::date)
                  ORDER BY kind) AS certificates,
           ARRAY(SELECT DISTINCT kind FROM certificates
                  WHERE producer_id = p.id AND verified_at IS NULL
                    AND (expires_on IS NULL OR expires_on >= :day::date)
                  ORDER BY kind) AS handed_in
      FROM producers p JOIN divisions d ON d.code = rpad(p.county_code, 12, '0')
     WHERE p.id = :producer_id
    """,
)
CATEGORY = Query(Category, "SELECT name, kind, needs, source FROM categories WHERE code = :code")


async def lock_seller(conn: Connection, producer_id: UUID) -> None:
    """Let one offer of a producer be published at a time, so that its share of live ones is kept.

    Raises:
        NotFound: there is no such producer.
    """
    if await LOCK_SELLER.maybe(conn, producer_id=producer_id) is None:
        raise NotFound


async def selling(conn: Connection, producer_id: UUID, day: date) -> Seller:
    """Return a producer that may sell now.

    Raises:
        NotFound: there is no such producer.
        ProducerNotOpen: it has not been admitted, or is suspended.
        TooManyListings: it has its share of live ones.
    """
    seller = await SELLER.maybe(conn, producer_id=producer_id, day=day)
    if seller is None:
        raise NotFound
    if seller.state != "open":
        raise ProducerNotOpen(state=STATE_NAMES[seller.state])
    if seller.live >= MOST_LISTINGS:
        raise TooManyListings(most=MOST_LISTINGS)
    return seller


async def category_of(conn: Connection, code: str, kind: Kind) -> Category:
    """Return a category of offers of one kind.

    Raises:
        BadListing: there is none.
    """
    category = await CATEGORY.maybe(conn, code=code)
    if category is None or category.kind is not kind:
        raise BadListing(errors=(FieldFault("category", "没有这个类别，请从类别里选"),))
    return category


def require_papers(category: Category, seller: Seller) -> None:
    """Let pass who holds one of the certificates that a category needs.

    Raises:
        CertificateWaiting: one was handed in, and the county has not verified it yet.
        CertificateNeeded: there is none.
    """
    needed = set(category.needs)
    if not needed or needed & set(seller.certificates):
        return
    waiting = [kind for kind in category.needs if kind in seller.handed_in]
    refusal, kinds = (CertificateWaiting, waiting) if waiting else (CertificateNeeded, category.needs)
    raise refusal(
        category=category.name,
        certificates="或".join(CERTIFICATE_NAMES[kind] for kind in kinds),
        kinds=", ".join(kinds),
        source=category.source,
    )


async def why_not(
    conn: Connection, actor: Actor, producer_id: UUID, *, category: str, kind: Kind, now: datetime
) -> Refusal | None:
    """Return why a producer of one's own could not publish in a category now, before anything is filled in.

    Raises:
        NotFound: the person does not work for the producer.
        BadListing: there is no such category.
    """
    require_producer(actor, producer_id)
    found = await category_of(conn, category, kind)
    try:
        require_papers(found, await selling(conn, producer_id, day_of(now)))
    except (ProducerNotOpen, TooManyListings, CertificateNeeded) as refusal:
        return refusal
    return None
