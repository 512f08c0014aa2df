"""The reviews of received goods and stays, and the sellers' answers."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.sales.orders.checkout.pricing import DraftSuborder
from market.sales.orders.models import SuborderKind
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.order_rows import ReviewCopyRow
from market.service.demo.sample.shop.texts import MIDDLING_REVIEWS, PLEASED_REVIEWS, POOR_REVIEWS, REVIEW_ANSWERS
from market.service.demo.sample.waking_hours import find_waking_moment

_REVIEWED_PERCENT = 45
_ANSWERED_PERCENT = 30
_CUMULATIVE_STARS = (2, 5, 11, 31, 100)
"""Of a hundred reviews, the number with at most 1, 2, 3, 4 and 5 stars."""
_MIN_PLEASED_STARS, _MIDDLING_STARS = 4, 3


class RatingSum(Struct):
    """The sum and the number of a listing's ratings."""

    total: int = 0
    count: int = 0


class ReviewGenerator:
    """Generates reviews of received suborders that are old enough to have one."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._rng = SeededRandom(seed, "reviews")
        self._now = now
        self.text_kinds: dict[UUID, tuple[str, ...]] = {}
        """The keys of `PLEASED_REVIEWS` that fit each listing."""
        self.reviews: list[ReviewCopyRow] = []
        self.ratings: dict[UUID, RatingSum] = {}

    def add_reviews(self, suborder_id: UUID, buyer_id: UUID, draft: DraftSuborder, received_at: datetime) -> None:
        """Add the buyer's reviews of a received suborder, for some of its listings."""
        for listing_id in dict.fromkeys(line.listing_id for line in draft.lines):
            rng = self._rng
            at = received_at + timedelta(hours=rng.randint(8, 130))
            if not rng.chance(_REVIEWED_PERCENT) or at >= self._now:
                continue
            answer_at = at + timedelta(hours=rng.randint(1, 60))
            roll = rng.randbelow(100)
            stars = next(n for n, bound in enumerate(_CUMULATIVE_STARS, 1) if roll < bound)
            text = rng.choice(self._list_texts(listing_id, draft.kind, stars))
            answer = rng.choice(REVIEW_ANSWERS[:2] if stars >= _MIN_PLEASED_STARS else REVIEW_ANSWERS[2:3])
            answered = rng.chance(_ANSWERED_PERCENT) and answer_at < self._now
            written_at = find_waking_moment(at, now=self._now)
            self.reviews.append(
                ReviewCopyRow(
                    rng.make_uuid7(written_at),
                    suborder_id,
                    listing_id,
                    buyer_id,
                    stars,
                    text,
                    answer if answered else None,
                    find_waking_moment(answer_at, now=self._now) if answered else None,
                    written_at,
                )
            )
            rating = self.ratings.setdefault(listing_id, RatingSum())
            rating.total += stars
            rating.count += 1

    def _list_texts(self, listing_id: UUID, kind: SuborderKind, stars: int) -> list[str]:
        """Return the texts that fit a listing and a number of stars."""
        if stars >= _MIN_PLEASED_STARS:
            default = ("stay" if kind is SuborderKind.STAY else "goods",)
            return [text for key in self.text_kinds.get(listing_id, default) for text in PLEASED_REVIEWS[key]]
        return list((MIDDLING_REVIEWS if stars == _MIDDLING_STARS else POOR_REVIEWS)[kind])
