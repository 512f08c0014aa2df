"""What buyers wrote about what they received, and what sellers answered."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.orders.models import SuborderKind
from market.orders.rules import DraftSuborder
from market.sample.chance import Chance
from market.sample.texts import ANSWERS, MIDDLING, POOR, REVIEWS
from market.sample.trade_rows import Review

_SHARE_PERCENT = 45
_ANSWERED_PERCENT = 30
_RATINGS = (2, 5, 11, 31, 100)
"""Of a hundred reviews, how many have at most 1, 2, 3, 4 and 5 stars."""
_PLEASED, _MIDDLING = 4, 3


class Rating(Struct):
    """The stars of a listing."""

    total: int = 0
    count: int = 0


class Reviewing:
    """Writes reviews for what was received, where there has been time for it."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._chance = Chance(seed, "reviews")
        self._now = now
        self.words: dict[UUID, tuple[str, ...]] = {}
        """For each listing the kinds of texts that fit it."""
        self.reviews: list[Review] = []
        self.ratings: dict[UUID, Rating] = {}

    def look_back(self, suborder_id: UUID, buyer_id: UUID, draft: DraftSuborder, received_at: datetime) -> None:
        """Let the buyer of a received suborder write about each of its listings, or not."""
        for listing_id in dict.fromkeys(line.listing_id for line in draft.lines):
            chance = self._chance
            at = received_at + timedelta(hours=chance.between(8, 130))
            if not chance.percent(_SHARE_PERCENT) or at >= self._now:
                continue
            dice = chance.below(100)
            stars = next(n for n, most in enumerate(_RATINGS, 1) if dice < most)
            text = chance.pick(self._fitting(listing_id, draft.kind, stars))
            answer = chance.pick(ANSWERS[:2] if stars >= _PLEASED else ANSWERS[2:3])
            answered = chance.percent(_ANSWERED_PERCENT)
            self.reviews.append(
                Review(
                    chance.id_at(at), suborder_id, listing_id, buyer_id, stars, text, answer if answered else None, at
                )
            )
            rating = self.ratings.setdefault(listing_id, Rating())
            rating.total += stars
            rating.count += 1

    def _fitting(self, listing_id: UUID, kind: SuborderKind, stars: int) -> list[str]:
        """Return the texts that fit a listing and the stars that it is given."""
        if stars >= _PLEASED:
            otherwise = ("stay" if kind is SuborderKind.STAY else "goods",)
            return [text for word in self.words.get(listing_id, otherwise) for text in REVIEWS[word]]
        return list((MIDDLING if stars == _MIDDLING else POOR)[kind])
