"""Reviews of what was bought: written and changed by buyers, answered and appealed by sellers, never deleted.

Exports what an application needs to take and answer reviews without HTTP; see docs/library.md.
"""

from market.sales.reviews.answer import answer_review
from market.sales.reviews.views import PublicReview, list_listing_reviews, list_producer_reviews
from market.sales.reviews.write import Review, ReviewText, edit_review, write_review

__all__ = [
    "PublicReview",
    "Review",
    "ReviewText",
    "answer_review",
    "edit_review",
    "list_listing_reviews",
    "list_producer_reviews",
    "write_review",
]
