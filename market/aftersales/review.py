"""Reviews: only by who bought and received the thing, once a purchase; they are answered, never changed."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.aftersales.models import MOST_REVIEW, AlreadyReviewed, NotReceivedYet, NotSleptYet, ReviewWrong
from market.identity import Actor, NotFound
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import day_of
from market.kernel.text import clean
from market.orders.models import SuborderState

MOST_STARS = 5


class Review(Struct, frozen=True):
    """A review as it was written."""

    id: UUID
    listing_id: UUID
    rating: int
    text: str
    at: datetime


class _Bought(Struct, frozen=True):
    listing_id: UUID
    state: SuborderState
    leave_on: date | None


BOUGHT = Query(
    _Bought,
    """
    SELECT DISTINCT listing_id, suborders.state,
           (SELECT max(upper(nights)) FROM bookings WHERE suborder_id = suborders.id) AS leave_on
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN order_lines ON suborder_id = suborders.id
     WHERE suborders.id = :suborder_id AND buyer_id = :account_id
     LIMIT 100
    """,
)
# The unique key (suborder_id, listing_id) decides between two presses; the listing's rating follows by trigger.
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
    """Review a listing of a received suborder; a suborder of one listing need not name it.

    A stay is received on arrival, and reviewed from the morning of departure on.

    Raises:
        NotFound: the buyer did not buy it, or did not say which of several listings is meant.
        ReviewWrong: not 1 to 5 stars, or more than 500 characters.
        NotReceivedYet: it was not received.
        NotSleptYet: it is a stay, and its nights are not over.
        AlreadyReviewed: this purchase was reviewed before.
    """
    words = clean(text)
    faults: list[FieldFault] = []
    if not 1 <= rating <= MOST_STARS:
        faults.append(FieldFault("rating", f"请选打几分，1 到 {MOST_STARS} 分"))
    if len(words) > MOST_REVIEW:
        faults.append(FieldFault("text", f"最多 {MOST_REVIEW} 字，现在 {len(words)} 字"))
    if faults:
        raise ReviewWrong(errors=tuple(faults))
    bought = await BOUGHT.all(conn, suborder_id=suborder_id, account_id=buyer.account_id)
    meant = [each for each in bought if listing_id in {None, each.listing_id}]
    if len(meant) != 1:
        raise NotFound
    if meant[0].state is not SuborderState.RECEIVED:
        raise NotReceivedYet
    if meant[0].leave_on is not None and day_of(now) < meant[0].leave_on:
        raise NotSleptYet(leave_on=meant[0].leave_on)
    review = await ADD_REVIEW.maybe(
        conn,
        suborder_id=suborder_id,
        listing_id=meant[0].listing_id,
        account_id=buyer.account_id,
        rating=rating,
        text=words,
        now=now,
    )
    if review is None:
        raise AlreadyReviewed
    return review
