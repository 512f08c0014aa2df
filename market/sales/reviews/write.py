"""Write reviews of received purchases, once per purchase, and correct them within `EDITING_PERIOD`."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.seller_ties import SellerTie, find_seller_tie
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import require_no_contacts
from market.sales.orders.address import open_address
from market.sales.orders.models import SuborderState
from market.sales.reviews.models import (
    EDITING_PERIOD,
    MAX_RATING,
    MAX_REVIEW_LENGTH,
    MAX_REVIEW_PHOTOS,
    AlreadyReviewed,
    InvalidReview,
    NotReceivedYet,
    OwnListingReviewed,
    ReceiptUnproven,
    ReviewerTied,
    ReviewNotEditable,
    StayNotOver,
)


class Review(Struct, frozen=True):
    """A review."""

    id: UUID
    listing_id: UUID
    rating: int
    text: str
    at: datetime


class ReviewText(Struct, frozen=True, kw_only=True):
    """What a buyer writes: 1 to 5 stars, at most 500 characters, and at most three photos.

    The photos were uploaded for a review; `removed_ids` are photos no longer shown.
    """

    rating: int
    text: str = ""
    photo_ids: Sequence[UUID] = ()
    removed_ids: Sequence[UUID] = ()


class _Purchase(Struct, frozen=True):
    listing_id: UUID
    producer_id: UUID
    state: SuborderState
    leave_on: date | None
    address_sealed: bytes
    proven: bool


LIST_PURCHASES = Query(
    _Purchase,
    """
    SELECT DISTINCT listing_id, producer_id, suborders.state,
           (SELECT max(upper(nights)) FROM bookings WHERE suborder_id = suborders.id) AS leave_on, address_sealed,
           is_receipt_proven(suborders.id) AS proven
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN order_lines ON suborder_id = suborders.id
     WHERE suborders.id = :suborder_id AND buyer_id = :account_id
     LIMIT 100
    """,
)
# The unique key (suborder_id, listing_id) prevents duplicates; a trigger updates the listing's rating.
ADD_REVIEW = Query(
    Review,
    """
    INSERT INTO reviews (suborder_id, listing_id, account_id, rating, text, at)
    VALUES (:suborder_id, :listing_id, :account_id, :rating, :text, :now)
    ON CONFLICT (suborder_id, listing_id) DO NOTHING
    RETURNING id, listing_id, rating, text, at
    """,
)
EXISTS_OWN_REVIEW = Query(int, "SELECT 1 FROM reviews WHERE id = :review_id AND account_id = :account_id")
# The trigger keeps what the review said before and corrects the rating of the listing.
EDIT_REVIEW = Query(
    Review,
    """
    UPDATE reviews
       SET rating = :rating, text = :text,
           edited_at = greatest(:now::timestamptz, coalesce(edited_at, at) + interval '1 microsecond')
     WHERE id = :review_id AND account_id = :account_id AND at >= :written_since AND hidden_for IS NULL
    RETURNING id, listing_id, rating, text, at
    """,
)
REMOVE_REVIEW_PHOTOS = Query(
    None,
    """
    UPDATE review_photos SET removed_at = :now
     WHERE review_id = :review_id AND photo_id = ANY(:photo_ids::uuid[]) AND removed_at IS NULL
    """,
)
# Only photos that the buyer uploaded for reviews.
ADD_REVIEW_PHOTOS = Query(
    UUID,
    """
    INSERT INTO review_photos (review_id, photo_id)
    SELECT :review_id, id FROM photos
     WHERE id = ANY(:photo_ids::uuid[]) AND owner_id = :owner_id AND purpose = 'review'
    RETURNING photo_id
    """,
)
COUNT_SHOWN_PHOTOS = Query(
    int, "SELECT count(*) FROM review_photos WHERE review_id = :review_id AND removed_at IS NULL"
)


def _too_many_photos() -> FieldFault:
    return FieldFault("photo", say("一条评价最多 {0} 张照片", MAX_REVIEW_PHOTOS))


def check_review(review: ReviewText, *, photos: int) -> str:
    """Return the cleaned text of a review with `photos` new photos.

    It may tell what a seller asked for; links and telephones are not published. Source: 个人信息保护法 10.

    Raises:
        InvalidReview: the rating is not 1 to 5, the text is too long, or there are more than three photos.
        OffPlatformContact: the text holds a link or a telephone.
    """
    cleaned = clean_text(review.text)
    faults: list[FieldFault] = []
    if not 1 <= review.rating <= MAX_RATING:
        faults.append(FieldFault("rating", say("请选打几分，1 到 {0} 分", MAX_RATING)))
    if len(cleaned) > MAX_REVIEW_LENGTH:
        faults.append(FieldFault("text", say("最多 {0} 字，现在 {1} 字", MAX_REVIEW_LENGTH, len(cleaned))))
    if photos > MAX_REVIEW_PHOTOS:
        faults.append(_too_many_photos())
    if faults:
        raise InvalidReview(errors=tuple(faults))
    require_no_contacts(text=cleaned)
    return cleaned


async def write_review(
    conn: Connection,
    seal: Seal,
    buyer: Actor,
    suborder_id: UUID,
    review: ReviewText,
    *,
    listing_id: UUID | None = None,
    now: datetime,
) -> Review:
    """Store a buyer's review of a listing from a received suborder, in the caller's transaction.

    `listing_id` is required if the suborder has several listings; its lines are one purchase. A stay is received on
    arrival and can be reviewed from the day of departure.

    Raises:
        NotFound: the buyer did not buy the listing, or the suborder has several listings and `listing_id` is None.
        InvalidReview, OffPlatformContact: see `check_review`; or a photo was not uploaded by the buyer for a review.
        OwnListingReviewed: the buyer is a member of the producer, by this or by another account of the same identity.
        ReviewerTied: the parcel went to a seller's phone, or both accounts were used on one device.
        ReceiptUnproven: the buyer, or who received the parcel, has a seller's name, and neither a carrier nor a pickup
            point knows that the parcel arrived.
        NotReceivedYet: the suborder was not received.
        StayNotOver: the day of departure is in the future.
        AlreadyReviewed: this purchase was already reviewed.
    """
    cleaned = check_review(review, photos=len(review.photo_ids))
    purchases = await LIST_PURCHASES.all(conn, suborder_id=suborder_id, account_id=buyer.account_id)
    matching = [each for each in purchases if listing_id in {None, each.listing_id}]
    if len(matching) != 1:
        raise NotFound
    await _require_untied(conn, seal, buyer, matching[0])
    if matching[0].state is not SuborderState.RECEIVED:
        raise NotReceivedYet
    if matching[0].leave_on is not None and get_business_day(now) < matching[0].leave_on:
        raise StayNotOver(leave_on=matching[0].leave_on)
    written = await ADD_REVIEW.maybe(
        conn,
        suborder_id=suborder_id,
        listing_id=matching[0].listing_id,
        account_id=buyer.account_id,
        rating=review.rating,
        text=cleaned,
        now=now,
    )
    if written is None:
        raise AlreadyReviewed
    await _add_photos(conn, buyer, written.id, review.photo_ids)
    return written


async def _require_untied(conn: Connection, seal: Seal, buyer: Actor, purchase: _Purchase) -> None:
    """Require that a buyer is not the seller, as far as is known.

    Raises:
        OwnListingReviewed, ReviewerTied, ReceiptUnproven: see `write_review`.
    """
    address = open_address(seal, purchase.address_sealed)
    tie = await find_seller_tie(
        conn,
        buyer.account_id,
        purchase.producer_id,
        phone_index=None if address is None else seal.index(address.phone),
        name=None if address is None else address.name,
    )
    match tie:
        case SellerTie.MEMBER | SellerTie.IDENTITY:
            raise OwnListingReviewed
        case SellerTie.PHONE:
            raise ReviewerTied(reason="这单的收货电话是卖家的")
        case SellerTie.DEVICE:
            raise ReviewerTied(reason="您和卖家用过同一部手机登录")
        case SellerTie.NAME if not purchase.proven:
            raise ReceiptUnproven
        case _:
            return


async def edit_review(conn: Connection, buyer: Actor, review_id: UUID, review: ReviewText, *, now: datetime) -> Review:
    """Correct a review within seven days, in the caller's transaction; what it said before is kept.

    Raises:
        NotFound: the buyer did not write it.
        InvalidReview, OffPlatformContact: see `check_review`; or it would show more than three photos.
        ReviewNotEditable: it was written more than seven days ago, or is hidden.
    """
    cleaned = check_review(review, photos=len(review.photo_ids))
    if await EXISTS_OWN_REVIEW.maybe(conn, review_id=review_id, account_id=buyer.account_id) is None:
        raise NotFound
    edited = await EDIT_REVIEW.maybe(
        conn,
        review_id=review_id,
        account_id=buyer.account_id,
        rating=review.rating,
        text=cleaned,
        written_since=now - EDITING_PERIOD,
        now=now,
    )
    if edited is None:
        raise ReviewNotEditable(days=EDITING_PERIOD.days)
    await REMOVE_REVIEW_PHOTOS.run(conn, review_id=review_id, photo_ids=list(review.removed_ids), now=now)
    await _add_photos(conn, buyer, review_id, review.photo_ids)
    if await COUNT_SHOWN_PHOTOS.one(conn, review_id=review_id) > MAX_REVIEW_PHOTOS:
        raise InvalidReview(errors=(_too_many_photos(),))
    return edited


async def _add_photos(conn: Connection, buyer: Actor, review_id: UUID, photo_ids: Sequence[UUID]) -> None:
    ids = list(set(photo_ids))
    stored = await ADD_REVIEW_PHOTOS.all(conn, review_id=review_id, photo_ids=ids, owner_id=buyer.account_id)
    if len(stored) != len(ids):
        raise InvalidReview(errors=(FieldFault("photo", say("这张照片不能用，请再拍一张")),))
