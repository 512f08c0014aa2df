"""Read reviews: of a listing or a producer for everyone, of one's own purchase, and their photos."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingKind
from market.kernel import Connection, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.structs import build_from
from market.people.identity.models import Actor, NotFound
from market.people.storage.photos import PAGE_WIDTHS
from market.sales.reviews.models import EDITING_PERIOD, HIDING_REASON_NAMES, HidingReason

_NAME_DIGITS = 40
_SAMPLE = "样例"


class _ReviewFields(Struct, frozen=True, kw_only=True):
    id: UUID
    listing_id: UUID
    listing_number: int
    kind: ListingKind
    title: str
    rating: int
    text: str
    photos: list[str]
    bought: str | None
    at: datetime
    edited_at: datetime | None
    answer: str | None
    changed_after_answer: bool
    hidden_for: HidingReason | None


class _ReviewRow(_ReviewFields, frozen=True, kw_only=True):
    name: str


class PublicReview(_ReviewFields, frozen=True, kw_only=True):
    """A review as everyone sees it, `who` wrote it with a masked name; `bought` is the listing's name then, if changed.

    The text and the photos of a hidden review are empty; `photos` are names of stored pictures.
    """

    who: str

    @property
    def hidden_reason(self) -> str:
        """Why the text is not shown, in words; empty if it is."""
        return HIDING_REASON_NAMES[self.hidden_for] if self.hidden_for else ""


class OwnReview(Struct, frozen=True, kw_only=True):
    """A buyer's own review; it can be changed until `editable_until`, unless it is hidden."""

    id: UUID
    order_number: int
    title: str
    rating: int
    text: str
    photo_ids: list[UUID]
    photos: list[str]
    at: datetime
    edited_at: datetime | None
    answer: str | None
    hidden_for: HidingReason | None

    @property
    def editable_until(self) -> datetime:
        """When the period for changing it ends."""
        return self.at + EDITING_PERIOD

    def is_editable(self, now: datetime) -> bool:
        """Return whether its buyer can still change it."""
        return self.hidden_for is None and now <= self.editable_until


_COLUMNS = """
    SELECT r.id, r.listing_id, l.number AS listing_number, l.kind, l.title, r.rating,
           CASE WHEN r.hidden_for IS NULL THEN r.text ELSE '' END AS text,
           ARRAY(SELECT f.name FROM review_photos p JOIN photos f ON f.id = p.photo_id
                  WHERE p.review_id = r.id AND p.removed_at IS NULL AND r.hidden_for IS NULL
                  ORDER BY p.photo_id) AS photos,
           (SELECT o.title FROM order_lines o
             WHERE o.suborder_id = r.suborder_id AND o.listing_id = r.listing_id AND NOT starts_with(o.title, l.title)
             ORDER BY o.position LIMIT 1) AS bought,
           r.at, r.edited_at, r.answer, coalesce(r.edited_at > r.answered_at, false) AS changed_after_answer,
           r.hidden_for, a.name
      FROM reviews r JOIN accounts a ON a.id = r.account_id JOIN listings l ON l.id = r.listing_id
"""
LIST_LISTING_REVIEWS = Query(
    _ReviewRow,
    _COLUMNS
    + """
     WHERE r.listing_id = :listing_id AND (:before::uuid IS NULL OR r.id < :before::uuid)
     ORDER BY r.id DESC
     LIMIT :limit
    """,
)
LIST_PRODUCER_REVIEWS = Query(
    _ReviewRow,
    _COLUMNS
    + """
     WHERE r.producer_id = :producer_id AND (:before::uuid IS NULL OR r.id < :before::uuid)
     ORDER BY r.id DESC
     LIMIT :limit
    """,
)
# The latest of each producer, by its index.
LIST_SELLER_REVIEWS = Query(
    _ReviewRow,
    _COLUMNS
    + """
     WHERE r.id = ANY(ARRAY(
               SELECT latest.id
                 FROM unnest(:producer_ids::uuid[]) AS own (producer_id)
                CROSS JOIN LATERAL (SELECT id FROM reviews x
                                     WHERE x.producer_id = own.producer_id
                                       AND (:before::uuid IS NULL OR x.id < :before::uuid)
                                     ORDER BY id DESC LIMIT :limit) AS latest))
     ORDER BY r.id DESC
     LIMIT :limit
    """,
)
GET_SELLER_REVIEW = Query(
    _ReviewRow, _COLUMNS + " WHERE r.id = :review_id AND r.producer_id = ANY(:producer_ids::uuid[])"
)
GET_OWN_REVIEW = Query(
    OwnReview,
    """
    SELECT r.id, orders.number AS order_number, l.title, r.rating, r.text, r.at, r.edited_at, r.answer, r.hidden_for,
           ARRAY(SELECT p.photo_id FROM review_photos p
                  WHERE p.review_id = r.id AND p.removed_at IS NULL ORDER BY p.photo_id) AS photo_ids,
           ARRAY(SELECT f.name FROM review_photos p JOIN photos f ON f.id = p.photo_id
                  WHERE p.review_id = r.id AND p.removed_at IS NULL ORDER BY p.photo_id) AS photos
      FROM reviews r
      JOIN listings l ON l.id = r.listing_id
      JOIN suborders ON suborders.id = r.suborder_id
      JOIN orders ON orders.id = order_id
     WHERE r.id = :review_id AND r.account_id = :account_id
    """,
)
# A picture that no shown review has is not public, even to those who know its path.
FIND_SHOWN_PHOTO = Query(
    int,
    """
    SELECT 1
      FROM photos f
      JOIN review_photos p ON p.photo_id = f.id
      JOIN reviews r ON r.id = p.review_id
     WHERE f.name = :name AND f.purpose = 'review' AND p.removed_at IS NULL AND r.hidden_for IS NULL
     LIMIT 1
    """,
)


def mask_name(name: str) -> str:
    """Return the first character of a name, the rest masked; 样例 stays, as it is no name."""
    mark, rest = (_SAMPLE, name.removeprefix(_SAMPLE)) if name.startswith(_SAMPLE) else ("", name)
    return f"{mark}{rest[:1]}**"


def _publish(row: _ReviewRow) -> PublicReview:
    return build_from(PublicReview, row, who=mask_name(row.name))


def _make_page(rows: list[_ReviewRow], size: int) -> Page[PublicReview]:
    return make_page([_publish(row) for row in rows], size, lambda review: review.id)


async def list_listing_reviews(
    conn: Connection, listing_id: UUID, *, before: UUID | None = None, limit: int = 20
) -> Page[PublicReview]:
    """Return 1 to 100 reviews of a listing, latest first; those older than the review `before`, if given."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    return _make_page(await LIST_LISTING_REVIEWS.all(conn, listing_id=listing_id, before=before, limit=size + 1), size)


async def list_producer_reviews(
    conn: Connection, producer_id: UUID, *, before: UUID | None = None, limit: int = 20
) -> Page[PublicReview]:
    """Return 1 to 100 reviews of everything that a producer sells, latest first, older than `before`, if given."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    return _make_page(
        await LIST_PRODUCER_REVIEWS.all(conn, producer_id=producer_id, before=before, limit=size + 1), size
    )


async def list_seller_reviews(
    conn: Connection, seller: Actor, *, before: UUID | None = None, limit: int = 20
) -> Page[PublicReview]:
    """Return the reviews of all producers that the actor works for, latest first."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_SELLER_REVIEWS.all(conn, producer_ids=list(seller.producers), before=before, limit=size + 1)
    return _make_page(rows, size)


async def get_seller_review(conn: Connection, seller: Actor, review_id: UUID) -> PublicReview:
    """Return a review of a producer that the actor works for.

    Raises:
        NotFound: there is none.
    """
    row = await GET_SELLER_REVIEW.maybe(conn, review_id=review_id, producer_ids=list(seller.producers))
    if row is None:
        raise NotFound
    return _publish(row)


async def get_own_review(conn: Connection, buyer: Actor, review_id: UUID) -> OwnReview:
    """Return a review that the buyer wrote.

    Raises:
        NotFound: the buyer did not write it.
    """
    review = await GET_OWN_REVIEW.maybe(conn, review_id=review_id, account_id=buyer.account_id)
    if review is None:
        raise NotFound
    return review


def get_review_photo_path(name: str, width: int = PAGE_WIDTHS[0]) -> str:
    """Return the path of a picture of a review."""
    return f"/review-photos/{name}-{width}.webp"


async def require_shown_photo(conn: Connection, name: str) -> None:
    """Require that a review that is not hidden shows the picture of a file name.

    Raises:
        NotFound: none does.
    """
    if await FIND_SHOWN_PHOTO.maybe(conn, name=name[:_NAME_DIGITS]) is None:
        raise NotFound
