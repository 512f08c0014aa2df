"""Reviews: by the buyer after receipt, once per purchase; the listing's rating is updated."""

from uuid import UUID

import asyncpg
import pytest
from msgspec import structs

from market.kernel import Connection
from market.people.identity.models import AccountId, Device, NotFound
from market.people.identity.sessions import start_session
from market.people.identity.sign_in import DEFAULT_NAME
from market.people.moderation.off_platform import OffPlatformContact
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.address import Address
from market.sales.orders.queries import OrderView
from market.sales.reviews.models import (
    AlreadyReviewed,
    InvalidReview,
    NotReceivedYet,
    OwnListingReviewed,
    ReceiptUnproven,
    ReviewerTied,
)
from market.sales.reviews.write import ReviewText, write_review
from tests.conftest import NOW
from tests.support.make import SEAL, days_since, load_actor, make_product
from tests.support.shop import Shopping, make_buyer

BUYERS_ADDRESS = Address("样例买家", "13900009001", "110101", "样例街 1 号")


async def an_order_of_two(shopping: Shopping, *, received: bool, address: Address = BUYERS_ADDRESS) -> OrderView:
    async with shopping.db.transaction() as conn:
        one = await make_product(conn)
        two = await make_product(conn, one.producer_id)
    order = await shopping.place([(one.variant_id, 1), (two.variant_id, 1)], address=address)
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
            conn,
            SEAL,
            shopping.buyer,
            suborder.id,
            ReviewText(rating=5, text=" 枣很甜 "),
            listing_id=first,
            now=NOW,
        )
        await write_review(conn, SEAL, shopping.buyer, suborder.id, ReviewText(rating=2), listing_id=second, now=NOW)
        assert (review.rating, review.text, review.at) == (5, "枣很甜", NOW)
        with pytest.raises(AlreadyReviewed):
            await write_review(conn, SEAL, shopping.buyer, suborder.id, ReviewText(rating=1), listing_id=first, now=NOW)
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
                await write_review(conn, SEAL, actor, suborder.id, ReviewText(rating=5), listing_id=listing, now=NOW)
        with pytest.raises(NotFound):
            await write_review(conn, SEAL, shopping.buyer, suborder.id, ReviewText(rating=5), now=NOW)
        assert await conn.fetchval("SELECT count(*) FROM reviews") == 0


async def test_an_order_cannot_be_reviewed_before_receipt(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=False)
    (suborder,) = order.suborders
    async with shopping.db.transaction() as conn:
        with pytest.raises(NotReceivedYet):
            await write_review(
                conn,
                SEAL,
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
        await write_review(conn, SEAL, buyer, buyer.account_id, ReviewText(rating=rating, text=text), now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    assert shared is not None


async def try_review(shopping: Shopping, order: OrderView) -> None:
    """Write a review of the first listing and take it back."""
    (suborder,) = order.suborders
    async with shopping.db.connection() as conn:
        transaction = conn.transaction()
        await transaction.start()
        try:
            review, listing_id = ReviewText(rating=5), suborder.lines[0].listing_id
            await write_review(conn, SEAL, shopping.buyer, suborder.id, review, listing_id=listing_id, now=NOW)
        finally:
            await transaction.rollback()


async def test_another_account_of_the_sellers_identity_reviews_nothing(shopping: Shopping, owner: Connection) -> None:
    order = await an_order_of_two(shopping, received=True)
    seller = await owner.fetchval("SELECT account_id FROM producer_members LIMIT 1")
    both = [seller, shopping.buyer.account_id]
    await owner.execute("UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE id = ANY($1)", both)
    with pytest.raises(OwnListingReviewed):
        await try_review(shopping, order)
    await owner.execute("UPDATE accounts SET identity_index = NULL, identity_sealed = NULL")
    await try_review(shopping, order)


@pytest.mark.parametrize(
    ("account", "shown"),
    [("样例\u3164同名", "样例买家"), (DEFAULT_NAME, "樣例同名（会计）")],
    ids=["account", "parcel"],
)
async def test_a_namesake_reviews_what_somebody_else_saw_arrive(
    shopping: Shopping, owner: Connection, account: str, shown: str
) -> None:
    address = Address(shown, "13900009001", "110101", "样例街 1 号")
    order = await an_order_of_two(shopping, received=True, address=address)
    (suborder,) = order.suborders
    seller = await owner.fetchval("SELECT account_id FROM producer_members LIMIT 1")
    await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = $1", seller)
    await owner.execute("UPDATE accounts SET name = $2 WHERE id = $1", shopping.buyer.account_id, account)
    with pytest.raises(ReceiptUnproven):
        await try_review(shopping, order)
    await owner.execute(
        "INSERT INTO tracked_parcels (suborder_id, carrier, tracking, registered_at, moved_at, state, delivered_at)"
        " VALUES ($1, 'post', 'XA1234567890', $2, $2, 'delivered', $2)", suborder.id, NOW,
    )  # fmt: skip
    await try_review(shopping, order)
    await owner.execute("UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE id = $1", seller)
    await owner.execute("DELETE FROM tracked_parcels")
    with pytest.raises(ReceiptUnproven):
        await try_review(shopping, order)
    await owner.execute(
        "UPDATE accounts SET identity_index = 'y', identity_sealed = 'y' WHERE id = $1", shopping.buyer.account_id
    )
    await try_review(shopping, order)


async def test_who_used_the_sellers_device_or_phone_reviews_nothing(shopping: Shopping, owner: Connection) -> None:
    order = await an_order_of_two(shopping, received=True)
    seller = await owner.fetchval("SELECT account_id FROM producer_members LIMIT 1")
    await try_review(shopping, order)
    for key, account in (("browser", seller), ("other", shopping.buyer.account_id)):
        await sign_in_on(owner, account, key)
    await try_review(shopping, order)
    await sign_in_on(owner, shopping.buyer.account_id, "browser")
    with pytest.raises(ReviewerTied) as refused:
        await try_review(shopping, order)
    assert "同一部手机" in refused.value.text("zh")
    await owner.execute("DELETE FROM sessions")
    await owner.execute(
        "UPDATE accounts SET phone_index = NULL, phone_sealed = NULL WHERE id = $1", shopping.buyer.account_id
    )
    await owner.execute(
        "UPDATE accounts SET phone_index = $2, phone_sealed = 'x' WHERE id = $1", seller, SEAL.index("13900009001")
    )
    with pytest.raises(ReviewerTied) as refused:
        await try_review(shopping, order)
    assert "收货电话" in refused.value.text("zh")


async def sign_in_on(conn: Connection, account_id: UUID, key: str) -> None:
    await start_session(conn, AccountId(account_id), second_factor=False, device=Device(key, key), now=NOW)


async def test_a_review_holds_no_telephone_but_may_tell_what_a_seller_asked_for(shopping: Shopping) -> None:
    order = await an_order_of_two(shopping, received=True)
    (suborder,) = order.suborders
    listing_id = suborder.lines[0].listing_id

    async def write(text: str) -> str:
        async with shopping.db.transaction() as conn:
            review = ReviewText(rating=1, text=text)
            written = await write_review(
                conn, SEAL, shopping.buyer, suborder.id, review, listing_id=listing_id, now=NOW
            )
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
            SEAL,
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
                    await write_review(conn, SEAL, member_buyer.buyer, suborder.id, ReviewText(rating=5), now=NOW)
            else:
                await write_review(conn, SEAL, member_buyer.buyer, suborder.id, ReviewText(rating=5), now=NOW)
    assert {row["id"]: row["sold_count"] for row in counts} == {own.listing_id: 0, foreign.listing_id: 1}
