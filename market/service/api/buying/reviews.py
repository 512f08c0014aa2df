"""Reviews: read by everyone, written and changed by buyers, answered and appealed by sellers."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.reviews.answer import answer_review
from market.sales.reviews.appeal import OpenedAppeal, appeal_review, decide_appeal
from market.sales.reviews.appeal_views import ReviewAppeal, list_assigned_appeals
from market.sales.reviews.models import HidingReason
from market.sales.reviews.score import ProducerFigures, ProducerScore, compute_score, get_figures
from market.sales.reviews.views import (
    OwnReview,
    PublicReview,
    get_own_review,
    list_listing_reviews,
    list_producer_reviews,
)
from market.sales.reviews.write import Review, ReviewText, edit_review, write_review
from market.service.api.idempotency import run_once
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest


class ReviewRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A review with 1 to 5 stars; `listing_id` is required if the suborder has several listings.

    The photos were uploaded with the purpose `review`; everyone sees them.
    """

    rating: int
    text: Annotated[str, Meta(max_length=2000)] = ""
    listing_id: UUID | None = None
    photo_ids: Annotated[list[UUID], Meta(max_length=10)] = []


class ReviewChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A changed review; `photo_ids` are added, `removed_ids` are photos that are no longer shown."""

    rating: int
    text: Annotated[str, Meta(max_length=2000)] = ""
    photo_ids: Annotated[list[UUID], Meta(max_length=10)] = []
    removed_ids: Annotated[list[UUID], Meta(max_length=10)] = []


class ReviewAnswerRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the seller answers in public."""

    text: Annotated[str, Meta(max_length=1000)]


class ReviewAppealRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """For which legal reason the text of a review should not be shown, and why."""

    claimed: HidingReason
    text: Annotated[str, Meta(max_length=1000)]


class ReviewAppealDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """The legal reason for which the text is hidden, or none, and why."""

    hide_for: HidingReason | None
    reason: Annotated[str, Meta(max_length=1000)]


class PublicScore(Struct, frozen=True, kw_only=True):
    """The public score of a producer and the figures that it is computed from; both are None before the first count.

    `sending` = round(50 × (`in_time` + `kept_stays`) / (`parcels` + `stays`)),
    `praise` = round(50 × (`stars` − `reviews`) / (4 × `reviews`)), `total` their sum; below 5 parcels and stays
    `total` = round(100 × (`stars` − `reviews`) / (4 × `reviews`)); below 3 reviews there is no score.
    """

    figures: ProducerFigures | None
    score: ProducerScore | None


class ReviewController(Controller):
    """Reviews of what was bought."""

    path = "/api/v1"
    tags = ("reviews",)

    @get("/listings/{listing_id:uuid}/reviews", operation_id="ListReviews")
    async def listing_reviews(
        self,
        *,
        db: NamedDependency[Database],
        listing_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[PublicReview]:
        """List the reviews of a listing, latest first, with masked names."""
        async with db.connection() as conn:
            return await list_listing_reviews(conn, listing_id, before=before, limit=limit)

    @get("/producers/{producer_id:uuid}/reviews", operation_id="ListProducerReviews")
    async def producer_reviews(
        self,
        *,
        db: NamedDependency[Database],
        producer_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[PublicReview]:
        """List the reviews of everything that a producer sells, latest first, with masked names."""
        async with db.connection() as conn:
            return await list_producer_reviews(conn, producer_id, before=before, limit=limit)

    @get("/producers/{producer_id:uuid}/score", operation_id="GetScore")
    async def score(self, *, db: NamedDependency[Database], producer_id: FromPath[UUID]) -> PublicScore:
        """Return the public score of a producer with the figures that it is computed from, counted last night."""
        async with db.connection() as conn:
            figures = await get_figures(conn, producer_id)
        return PublicScore(figures=figures, score=compute_score(figures) if figures else None)

    @post("/suborders/{suborder_id:uuid}/reviews", operation_id="WriteReview", idempotent=True)
    async def write(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[ReviewRequest],
    ) -> Response[Review]:
        """Review a listing of a received suborder, once."""
        review = ReviewText(rating=data.rating, text=data.text, photo_ids=data.photo_ids)
        return await run_once(
            request, db, actor,
            lambda conn: write_review(
                conn, seal, actor, suborder_id, review, listing_id=data.listing_id, now=clock.now()
            ),
        )  # fmt: skip

    @get("/reviews/{review_id:uuid}", operation_id="GetOwnReview")
    async def own(
        self, *, db: NamedDependency[Database], actor: NamedDependency[Actor], review_id: FromPath[UUID]
    ) -> OwnReview:
        """Return a review that you wrote, hidden or not."""
        async with db.connection() as conn:
            return await get_own_review(conn, actor, review_id)

    @put("/reviews/{review_id:uuid}", operation_id="EditReview")
    async def edit(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        review_id: FromPath[UUID],
        data: JSONBody[ReviewChange],
    ) -> Review:
        """Change a review within seven days; what it said before is kept."""
        changed = ReviewText(rating=data.rating, text=data.text, photo_ids=data.photo_ids, removed_ids=data.removed_ids)
        async with db.transaction() as conn:
            return await edit_review(conn, actor, review_id, changed, now=clock.now())

    @post("/reviews/{review_id:uuid}/answer", operation_id="AnswerReview", status_code=204)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        review_id: FromPath[UUID],
        data: JSONBody[ReviewAnswerRequest],
    ) -> None:
        """Answer a review in public, as a member of the producer, once; again if its buyer changed it."""
        async with db.transaction() as conn:
            await answer_review(conn, actor, review_id, data.text, now=clock.now())

    @post("/reviews/{review_id:uuid}/appeal", operation_id="AppealReview", status_code=201)
    async def appeal(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        review_id: FromPath[UUID],
        data: JSONBody[ReviewAppealRequest],
    ) -> OpenedAppeal:
        """Ask the platform, as the seller and once, to hide the text of a review for a legal reason."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await appeal_review(
                conn, seal, actor, review_id, claimed=data.claimed, text=data.text, now=clock.now()
            )

    @get("/review-appeals", operation_id="ListAssignedAppeals")
    async def assigned_appeals(
        self, *, db: NamedDependency[Database], seal: NamedDependency[Seal], actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
    ) -> list[ReviewAppeal]:  # fmt: skip
        """List the appeals that your roles decide now, by deadline."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_assigned_appeals(conn, seal, actor, now=clock.now())

    @post("/review-appeals/{case_id:uuid}/decision", operation_id="DecideAppeal", status_code=200)
    async def decide(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[ReviewAppealDecision],
    ) -> ReviewAppeal:
        """Decide an appeal as the platform: the text is hidden for a legal reason, or stays; the stars count."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await decide_appeal(
                conn, seal, actor, case_id, hide_for=data.hide_for, reason=data.reason, now=clock.now()
            )


ROUTES = [ReviewController]
