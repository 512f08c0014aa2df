"""Write reviews of received purchases, once per purchase; a review never changes."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.aftersales.models import (
    MAX_REVIEW_LENGTH,
    AlreadyReviewed,
    InvalidReview,
    NotReceivedYet,
    OwnListingReviewed,
    StayNotOver,
)
from market.identity.models import Actor, NotFound
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.text import clean_text
from market.orders.models import SuborderState

MAX_RATING = 5


class Review(Struct, frozen=True):
    """A review."""

    id: UUID
    listing_id: UUID
    rating: int
    text: str
    at: datetime


class _Purchase(Struct, frozen=True):
    listing_id: UUID
    producer_id: UUID
    state: SuborderState
    leave_on: date | None


LIST_PURCHASES = Query(
    _Purchase,
    """
    SELECT DISTINCT listing_id, producer_id, suborders.state,
           (SELECT max(upper(nights)) FROM bookings WHERE suborder_id = suborders.id) AS leave_on
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


async def write_review(
    conn: Connection,
    buyer: Actor,
    suborder_id: UUID,
    *,
    listing_id: UUID | None = None,
    rating: int,
    text: str,
    now: datetime,
) -> Review:
    """Review a listing of a received suborder; `listing_id` may be None if the suborder has only one.

    A stay is received on arrival and can be reviewed from the day of departure.

    Raises:
        NotFound: the buyer did not buy the listing, or the suborder has several listings and `listing_id` is None.
        InvalidReview: the rating is not 1 to 5, or the text is longer than 500 characters.
        OwnListingReviewed: the buyer is a member of the producer.
        NotReceivedYet: the suborder was not received.
        StayNotOver: the day of departure is in the future.
        AlreadyReviewed: this purchase was already reviewed.
    """
    cleaned = clean_text(text)
    faults: list[FieldFault] = []
    if not 1 <= rating <= MAX_RATING:
        faults.append(FieldFault("rating", f"请选打几分，1 到 {MAX_RATING} 分"))
    if len(cleaned) > MAX_REVIEW_LENGTH:
        faults.append(FieldFault("text", f"最多 {MAX_REVIEW_LENGTH} 字，现在 {len(cleaned)} 字"))
    if faults:
        raise InvalidReview(errors=tuple(faults))
    purchases = await LIST_PURCHASES.all(conn, suborder_id=suborder_id, account_id=buyer.account_id)
    matching = [each for each in purchases if listing_id in {None, each.listing_id}]
    if len(matching) != 1:
        raise NotFound
    if matching[0].producer_id in buyer.producers:
        raise OwnListingReviewed
    if matching[0].state is not SuborderState.RECEIVED:
        raise NotReceivedYet
    if matching[0].leave_on is not None and get_business_day(now) < matching[0].leave_on:
        raise StayNotOver(leave_on=matching[0].leave_on)
    review = await ADD_REVIEW.maybe(
        conn,
        suborder_id=suborder_id,
        listing_id=matching[0].listing_id,
        account_id=buyer.account_id,
        rating=rating,
        text=cleaned,
        now=now,
    )
    if review is None:
        raise AlreadyReviewed
    return review
