"""Answer reviews as the seller."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, FieldFault, Query
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import require_public_text
from market.sales.reviews.models import MAX_ANSWER_LENGTH, InvalidReviewAnswer, ReviewAnsweredBefore

EXISTS_SELLERS_REVIEW = Query(
    int, "SELECT 1 FROM reviews WHERE id = :review_id AND producer_id = ANY(:producer_ids::uuid[])"
)
ANSWER_REVIEW = Query(
    UUID,
    """
    UPDATE reviews
       SET answer = :answer, answered_by = :account_id,
           answered_at = greatest(:now::timestamptz, coalesce(edited_at, at))
     WHERE id = :review_id AND (answer IS NULL OR edited_at > answered_at)
    RETURNING id
    """,
)
COUNT_UNANSWERED_REVIEWS = Query(
    int,
    """
    SELECT count(*)
      FROM (SELECT FROM reviews
             WHERE producer_id = ANY(:producer_ids::uuid[]) AND answer IS NULL AND at >= :since::timestamptz
             LIMIT :most) AS unanswered
    """,
)


async def answer_review(conn: Connection, seller: Actor, review_id: UUID, text: str, *, now: datetime) -> None:
    """Answer a review in public, in the caller's transaction; once, and again after its buyer changed it.

    Raises:
        NotFound: it is not of a producer that the actor works for.
        InvalidReviewAnswer: the answer is empty or too long.
        ForbiddenWord: it contains a forbidden word, or leads away from the platform.
        ReviewAnsweredBefore: it was answered, and not changed since.
    """
    answer = clean_text(text)
    if not answer or len(answer) > MAX_ANSWER_LENGTH:
        message = f"最多 {MAX_ANSWER_LENGTH} 字" if answer else "请写一句回的话，买东西的人都看得到"
        raise InvalidReviewAnswer(errors=(FieldFault("answer", message),))
    require_public_text(answer=answer)
    if await EXISTS_SELLERS_REVIEW.maybe(conn, review_id=review_id, producer_ids=list(seller.producers)) is None:
        raise NotFound
    answered = await ANSWER_REVIEW.maybe(
        conn, review_id=review_id, answer=answer, account_id=seller.account_id, now=now
    )
    if answered is None:
        raise ReviewAnsweredBefore


async def count_unanswered_reviews(conn: Connection, seller: Actor, *, since: datetime, most: int = 99) -> int:
    """Return how many reviews since a moment wait for an answer of the actor's producers, at most `most`."""
    return await COUNT_UNANSWERED_REVIEWS.one(conn, producer_ids=list(seller.producers), since=since, most=most)
