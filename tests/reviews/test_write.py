"""Reviews: by the buyer after receipt, once per purchase; the listing's rating is updated."""

import asyncpg
import pytest
from msgspec import structs

from market.aftersales.receive import confirm_receipt
from market.identity.models import NotFound
from market.kernel import Connection
from market.orders.queries import OrderView
from market.producers.off_platform import OffPlatformContact
from market.reviews.models import AlreadyReviewed, InvalidReview, NotReceivedYet, OwnListingReviewed
from market.reviews.write import ReviewText, write_review
from tests.conftest import NOW
from tests.support.make import days_since, load_actor, make_product
from tests.support.postgres import as_owner
from tests.support.shop import Shopping, make_buyer


async def an_order_of_two(shopping: Shopping, *, received: bool) -> OrderView:
    async with shopping.db.transaction() as conn:
        one = await make_product(conn)
        two = await make_product(conn, one.producer_id)
    order = await shopping.place([(one.variant_id, 1), (two.variant_id, 1)])
    await shopping.pay(order)
    if received:
        async with shopping.db.transaction() as conn:
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
    return await shopping.see(order)


async def test_each_received_listing_is_reviewed_once(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=True)
    (suborder,) = order.suborders
    first, second = [each.listing_id for each in suborder.lines]
    async with shopping.db.transaction() as conn:
        review = await write_review(
            conn, shopping.buyer, suborder.id, ReviewText(rating=5, text=" 枣很甜 "), listing_id=first, now=NOW
        )
        await write_review(conn, shopping.buyer, suborder.id, ReviewText(rating=2), listing_id=second, now=NOW)
        assert (review.rating, review.text, review.at) == (5, "枣很甜", NOW)
        with pytest.raises(AlreadyReviewed):
            await write_review(conn, shopping.buyer, suborder.id, ReviewText(rating=1), listing_id=first, now=NOW)
        rows = await conn.fetch("SELECT id, rating_sum, rating_count FROM listings ORDER BY id")
    assert {row["id"]: (row["rating_sum"], row["rating_count"]) for row in rows} == {first: (5, 1), second: (2, 1)}
    assert (await shopping.see_id(order.id)).suborders[0].reviewed


async def test_only_the_buyer_reviews(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=True)
    (suborder,) = order.suborders
    async with shopping.db.transaction() as conn:
        stranger = await make_buyer(conn)
        elsewhere = await make_product(conn)
        for actor, listing in ((stranger, suborder.lines[0].listing_id), (shopping.buyer, elsewhere.listing_id)):
            with pytest.raises(NotFound):
                await write_review(conn, actor, suborder.id, ReviewText(rating=5), listing_id=listing, now=NOW)
        with pytest.raises(NotFound):
            await write_review(conn, shopping.buyer, suborder.id, ReviewText(rating=5), now=NOW)
        assert await conn.fetchval("SELECT count(*) FROM reviews") == 0


async def test_an_order_cannot_be_reviewed_before_receipt(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=False)
    (suborder,) = order.suborders
    async with shopping.db.transaction() as conn:
        with pytest.raises(NotReceivedYet):
            await write_review(
                conn,
                shopping.buyer,
                suborder.id,
                ReviewText(rating=5),
                listing_id=suborder.lines[0].listing_id,
                now=NOW,
            )


@pytest.mark.parametrize(("rating", "text", "field"), [(0, "", "rating"), (6, "", "rating"), (5, "好" * 501, "text")])
async def test_a_review_is_limited(shared: object, conn: Connection, rating: int, text: str, field: str) -> None:
    buyer = await make_buyer(conn)
    with pytest.raises(InvalidReview) as refused:
        await write_review(conn, buyer, buyer.account_id, ReviewText(rating=rating, text=text), now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    assert shared is not None


async def test_another_account_of_the_sellers_identity_reviews_nothing(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=True)
    (suborder,) = order.suborders

    async def write() -> None:
        async with shopping.db.transaction() as conn:
            review, listing_id = ReviewText(rating=5), suborder.lines[0].listing_id
            await write_review(conn, shopping.buyer, suborder.id, review, listing_id=listing_id, now=NOW)

    async with shopping.db.transaction() as conn, as_owner(conn):
        seller = await conn.fetchval("SELECT account_id FROM producer_members LIMIT 1")
        both = [seller, shopping.buyer.account_id]
        await conn.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", both)
        await conn.execute("UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE id = ANY($1)", both)
    with pytest.raises(OwnListingReviewed):
        await write()
    async with shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE accounts SET identity_index = NULL, identity_sealed = NULL")
    await write()


async def test_a_review_holds_no_telephone_but_may_tell_what_a_seller_asked_for(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=True)
    (suborder,) = order.suborders
    listing_id = suborder.lines[0].listing_id

    async def write(text: str) -> str:
        async with shopping.db.transaction() as conn:
            review = ReviewText(rating=1, text=text)
            written = await write_review(conn, shopping.buyer, suborder.id, review, listing_id=listing_id, now=NOW)
        return written.text

    for text in ("卖家电话 139 0000 9001", "看 www.abc"):
        with pytest.raises(OffPlatformContact) as refused:
            await write(text)
        assert [fault.field for fault in refused.value.errors] == ["text"]
    assert await write("让我加微信转账，别上当") == "让我加微信转账，别上当"


async def test_a_review_is_never_changed_or_deleted(shopping: Shopping, owner: Connection) -> None:
    order = await an_order_of_two(shopping, received=True)
    (suborder,) = order.suborders
    async with shopping.db.transaction() as conn:
        await write_review(
            conn,
            shopping.buyer,
            suborder.id,
            ReviewText(rating=1, text="坏了"),
            listing_id=suborder.lines[0].listing_id,
            now=NOW,
        )
    for statement in ("DELETE FROM reviews", "UPDATE reviews SET rating = 5", "UPDATE reviews SET text = '好'"):
        with pytest.raises(asyncpg.PostgresError):
            await owner.execute(statement)
    await owner.execute("UPDATE reviews SET answer = '对不起，已补发', answered_at = at")
    with pytest.raises(asyncpg.PostgresError):
        await owner.execute("UPDATE reviews SET answer = '没有'")


async def test_a_producer_neither_reviews_nor_counts_what_it_buys_from_itself(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        own, foreign = await make_product(conn), await make_product(conn)
        buyer_id = shopping.buyer.account_id
        member = "INSERT INTO producer_members VALUES ($1, $2, 'member', $3)"
        await conn.execute(member, own.producer_id, buyer_id, days_since())
        member_buyer = structs.replace(shopping, buyer=await load_actor(conn, buyer_id))
    order = await member_buyer.place([(own.variant_id, 2), (foreign.variant_id, 1)])
    await member_buyer.pay(order)
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, member_buyer.buyer, order.id, positions=[1, 2], now=NOW)
        counts = await conn.fetch("SELECT id, sold_count FROM listings")
    seen = await member_buyer.see(order)
    async with shopping.db.transaction() as conn:
        for suborder in seen.suborders:
            (listing,) = [each.listing_id for each in suborder.lines]
            if listing == own.listing_id:
                with pytest.raises(OwnListingReviewed):
                    await write_review(conn, member_buyer.buyer, suborder.id, ReviewText(rating=5), now=NOW)
            else:
                await write_review(conn, member_buyer.buyer, suborder.id, ReviewText(rating=5), now=NOW)
    assert {row["id"]: row["sold_count"] for row in counts} == {own.listing_id: 0, foreign.listing_id: 1}
