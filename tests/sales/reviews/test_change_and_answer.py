"""Reviews are changed by their buyer within a week, have photos, and are answered; nothing of them is lost."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from market.kernel import Connection
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.aftersales.receive import confirm_receipt
from market.sales.reviews.answer import answer_review, count_unanswered_reviews
from market.sales.reviews.models import InvalidReview, InvalidReviewAnswer, ReviewAnsweredBefore, ReviewNotEditable
from market.sales.reviews.views import (
    PublicReview,
    get_own_review,
    get_seller_review,
    list_listing_reviews,
    list_producer_reviews,
    require_shown_photo,
)
from market.sales.reviews.write import ReviewText, edit_review, write_review
from tests.conftest import NOW
from tests.support.make import SEAL, load_owner, make_product
from tests.support.shop import Shopping, make_buyer

DAY = timedelta(days=1)


class Reviewed(Struct, frozen=True):
    """A review of two stars, its listing, and the owner of its producer."""

    shopping: Shopping
    review_id: UUID
    listing_id: UUID
    producer_id: UUID
    owner: Actor

    async def edit(self, review: ReviewText, *, after: timedelta = DAY) -> None:
        async with self.shopping.db.transaction() as conn:
            await edit_review(conn, self.shopping.buyer, self.review_id, review, now=NOW + after)

    async def answer(self, text: str, *, after: timedelta = DAY) -> None:
        async with self.shopping.db.transaction() as conn:
            await answer_review(conn, self.owner, self.review_id, text, now=NOW + after)

    async def see(self) -> PublicReview:
        """Return the review as everyone sees it."""
        async with self.shopping.db.connection() as conn:
            [review] = (await list_listing_reviews(conn, self.listing_id)).items
        return review

    async def photo(self, *, by: Actor | None = None, purpose: str = "review") -> UUID:
        async with self.shopping.db.transaction() as conn:
            return await make_photo(conn, by or self.shopping.buyer, purpose)

    async def get_rating(self) -> tuple[int, int]:
        async with self.shopping.db.connection() as conn:
            row = await conn.fetchrow("SELECT rating_sum, rating_count FROM listings WHERE id = $1", self.listing_id)
        assert row is not None
        return row["rating_sum"], row["rating_count"]


async def make_photo(conn: Connection, owner: Actor, purpose: str) -> UUID:
    return await conn.fetchval(
        "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
        " VALUES ($1, $2, sha256(uuidv7()::text::bytea), 720, 540, 'webp', $3) RETURNING id",
        owner.account_id,
        purpose,
        NOW,
    )


@pytest.fixture
async def reviewed(shopping: Shopping) -> Reviewed:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        owner = await load_owner(conn, product.producer_id)
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    seen = await shopping.see(order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        text = ReviewText(rating=2, text="有点小")
        review = await write_review(conn, SEAL, shopping.buyer, seen.suborders[0].id, text, now=NOW)
    return Reviewed(shopping, review.id, product.listing_id, product.producer_id, owner)


async def test_a_review_is_changed_within_seven_days_and_what_it_said_is_kept(reviewed: Reviewed) -> None:
    await reviewed.edit(ReviewText(rating=5, text="又寄了大的"), after=7 * DAY)
    seen = await reviewed.see()
    assert (seen.rating, seen.text, seen.edited_at) == (5, "又寄了大的", NOW + 7 * DAY)
    assert await reviewed.get_rating() == (5, 1)
    with pytest.raises(ReviewNotEditable):
        await reviewed.edit(ReviewText(rating=1), after=7 * DAY + timedelta(seconds=1))
    async with reviewed.shopping.db.connection() as conn:
        rows = await conn.fetch("SELECT rating, text, answer, replaced_at FROM review_versions")
    assert [tuple(row) for row in rows] == [(2, "有点小", None, NOW + 7 * DAY)]
    assert await reviewed.get_rating() == (5, 1)


async def test_only_its_buyer_sees_and_changes_a_review(reviewed: Reviewed) -> None:
    async with reviewed.shopping.db.transaction() as conn:
        stranger = await make_buyer(conn)
        for actor in (stranger, reviewed.owner):
            with pytest.raises(NotFound):
                await edit_review(conn, actor, reviewed.review_id, ReviewText(rating=5), now=NOW)
            with pytest.raises(NotFound):
                await get_own_review(conn, actor, reviewed.review_id)
    assert (await reviewed.see()).rating == 2


@given(stars=st.lists(st.integers(1, 5), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_rating_of_a_listing_is_the_sum_of_what_reviews_say_now(reviewed: Reviewed, stars: list[int]) -> None:
    for number in stars:
        await reviewed.edit(ReviewText(rating=number))
        assert await reviewed.get_rating() == (number, 1)


async def test_changes_at_the_same_time_leave_the_rating_of_the_last_one(reviewed: Reviewed) -> None:
    await asyncio.gather(*(reviewed.edit(ReviewText(rating=1 + number % 5)) for number in range(10)))
    assert await reviewed.get_rating() == ((await reviewed.see()).rating, 1)


async def test_a_review_shows_at_most_three_photos_of_its_buyer(reviewed: Reviewed) -> None:
    photos = [await reviewed.photo() for _ in range(4)]
    with pytest.raises(InvalidReview):
        await reviewed.edit(ReviewText(rating=2, photo_ids=photos))
    await reviewed.edit(ReviewText(rating=2, photo_ids=photos[:3]))
    assert len((await reviewed.see()).photos) == 3
    with pytest.raises(InvalidReview):
        await reviewed.edit(ReviewText(rating=2, photo_ids=photos[3:]))
    await reviewed.edit(ReviewText(rating=2, photo_ids=photos[3:], removed_ids=photos[:2]))
    async with reviewed.shopping.db.connection() as conn:
        names = [await conn.fetchval("SELECT name FROM photos WHERE id = $1", each) for each in photos]
        assert (await reviewed.see()).photos == names[2:]
        await require_shown_photo(conn, f"{names[3]}-240.webp")
        with pytest.raises(NotFound):
            await require_shown_photo(conn, f"{names[0]}-240.webp")


async def test_changes_at_the_same_time_show_at_most_three_photos(reviewed: Reviewed) -> None:
    photos = [await reviewed.photo() for _ in range(8)]
    changes = [reviewed.edit(ReviewText(rating=2, photo_ids=photos[n : n + 2])) for n in range(0, 8, 2)]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(each, InvalidReview) for each in outcomes) == 3
    assert len((await reviewed.see()).photos) == 2


async def test_a_photo_of_somebody_else_or_for_something_else_is_refused(reviewed: Reviewed) -> None:
    for photo in (await reviewed.photo(by=reviewed.owner), await reviewed.photo(purpose="claim")):
        with pytest.raises(InvalidReview):
            await reviewed.edit(ReviewText(rating=2, photo_ids=[photo]))
    assert (await reviewed.see()).photos == []


async def test_a_review_is_answered_once_and_again_only_after_it_was_changed(reviewed: Reviewed) -> None:
    async with reviewed.shopping.db.connection() as conn:
        assert await count_unanswered_reviews(conn, reviewed.owner, since=NOW) == 1
    for wrong in ("", "谢" * 501):
        with pytest.raises(InvalidReviewAnswer):
            await reviewed.answer(wrong)
    for away in ("打我 13900009001", "加微信退您", "吃了能治病"):
        with pytest.raises(ForbiddenWord):
            await reviewed.answer(away)
    await reviewed.answer("下次挑大的")
    with pytest.raises(ReviewAnsweredBefore):
        await reviewed.answer("再说一句")
    assert ((await reviewed.see()).answer, (await reviewed.see()).changed_after_answer) == ("下次挑大的", False)
    await reviewed.edit(ReviewText(rating=4, text="补了一箱"), after=2 * DAY)
    assert (await reviewed.see()).changed_after_answer
    await reviewed.answer("谢谢您", after=2 * DAY)
    with pytest.raises(ReviewAnsweredBefore):
        await reviewed.answer("再谢", after=3 * DAY)
    assert ((await reviewed.see()).answer, (await reviewed.see()).changed_after_answer) == ("谢谢您", False)
    async with reviewed.shopping.db.connection() as conn:
        rows = await conn.fetch("SELECT rating, answer FROM review_versions ORDER BY id")
        assert await count_unanswered_reviews(conn, reviewed.owner, since=NOW) == 0
    assert [tuple(row) for row in rows] == [(2, "下次挑大的"), (4, "下次挑大的")]


async def test_only_a_member_of_the_seller_answers(reviewed: Reviewed) -> None:
    async with reviewed.shopping.db.transaction() as conn:
        other = await load_owner(conn, (await make_product(conn)).producer_id)
        for actor in (other, reviewed.shopping.buyer):
            with pytest.raises(NotFound):
                await answer_review(conn, actor, reviewed.review_id, "不是我们", now=NOW)
            with pytest.raises(NotFound):
                await get_seller_review(conn, actor, reviewed.review_id)
        [listed] = (await list_producer_reviews(conn, reviewed.producer_id)).items
    assert (listed.id, listed.who, listed.answer) == (reviewed.review_id, "样例买**", None)
