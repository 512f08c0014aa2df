"""The stored scores: exact, refreshed in pieces, and in the lock order of paid orders."""

import asyncio
from datetime import timedelta

from market.catalogue.listings.search.scores import refresh_scores
from market.kernel import Connection, Database
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.mark_paid import mark_paid
from market.sales.orders.models import Line, PlacedOrder, VariantId
from market.sales.orders.transitions import lock_order_by_number
from tests.conftest import NOW
from tests.support.make import DESTINATION, SEAL, ProductIds, make_account, make_product

MONTH_AGO = NOW - timedelta(days=30)


async def test_the_score_counts_sales_ratings_and_age(database: Database, owner: Connection) -> None:
    product = await make_product(owner, now=NOW - timedelta(days=60))
    await owner.execute("UPDATE listings SET sold_count = 600, rating_sum = 25, rating_count = 5")
    await make_product(owner, now=NOW)
    await make_product(owner, now=NOW, state="withdrawn")
    assert await refresh_scores(database, new_since=MONTH_AGO) == 2
    scores = await owner.fetch("SELECT id = $1 AS old, score FROM listings ORDER BY score DESC", product.listing_id)
    assert [tuple(row) for row in scores] == [(True, 1100), (False, 50), (False, 0)]
    assert await refresh_scores(database, new_since=MONTH_AGO) == 0


async def test_more_listings_than_one_piece_are_refreshed(database: Database, owner: Connection) -> None:
    await make_product(owner)
    await owner.execute(
        "INSERT INTO listings (producer_id, kind, category_code, title, origin_code, commission_bp, search_text,"
        " search_words, published_at)"
        " SELECT producer_id, kind, category_code, title, origin_code, commission_bp, search_text, search_words,"
        " published_at FROM listings, generate_series(1, 10001)"
    )
    assert await refresh_scores(database, new_since=MONTH_AGO) == 10_002
    assert await owner.fetchval("SELECT count(*) FROM listings WHERE score = 50") == 10_002


async def order(db: Database, *products: ProductIds) -> PlacedOrder:
    async with db.transaction() as conn:
        buyer = await make_account(conn)
    async with Batcher(db) as batcher:
        lines = [Line(VariantId(each.variant_id), 1) for each in products]
        return await place(batcher, buyer, lines, address=DESTINATION, now=NOW)


async def pay(conn: Connection, placed: PlacedOrder) -> None:
    locked = await lock_order_by_number(conn, placed.number)
    assert locked is not None
    await mark_paid(conn, SEAL, locked, method="alipay", now=NOW)


async def test_scores_are_refreshed_while_orders_are_paid(database: Database, owner: Connection) -> None:
    """The listing with the lower id is stored behind the other one, so that a refresh in stored order deadlocks."""
    first, second = await make_product(owner), await make_product(owner)
    small, large = await order(database, first), await order(database, first, second)
    await owner.execute("UPDATE listings SET sold_count = 10 WHERE id = $1", second.listing_id)
    await owner.execute("UPDATE listings SET sold_count = 10 WHERE id = $1", first.listing_id)
    async with database.transaction() as conn:
        await pay(conn, small)
        refresh = asyncio.create_task(refresh_scores(database, new_since=MONTH_AGO))
        async with asyncio.timeout(3):
            while not await owner.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                await asyncio.sleep(0.01)
        await pay(conn, large)
    assert await refresh == 2
    scores = await owner.fetch("SELECT sold_count, score FROM listings ORDER BY id")
    assert [tuple(row) for row in scores] == [(12, 74), (11, 72)]


async def test_sales_are_counted_without_writing_an_index(database: Database, owner: Connection) -> None:
    products = [await make_product(owner) for _ in range(20)]
    for placed in [await order(database, each) for each in products * 2]:
        async with database.transaction() as conn:
            await pay(conn, placed)
    await database.close()  # a connection reports its counts when it ends
    updates = await owner.fetchrow(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = 'listings'::regclass"
    )
    assert updates is not None
    assert updates["n_tup_upd"] == 40
    assert updates["n_tup_hot_upd"] >= 36
