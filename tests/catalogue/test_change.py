"""A seller changes price and stock of an own offer: by how much, once, beside buyers who order at the same moment."""

import asyncio
from uuid import UUID

import pytest

from market.catalogue import BadListing, OfferChange, change_offer, list_own_variants
from market.identity import NotFound
from market.kernel import Connection, Fen, Refusal
from market.stock import LessThanNothing
from tests.conftest import NOW
from tests.factories import a_product, a_stay, owner_of
from tests.rails import gateway, provider, sandbox
from tests.shopping import Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]


async def stock_of(conn: Connection, lot_id: UUID) -> tuple[int, int]:
    row = await conn.fetchrow("SELECT left_units, waiting_units FROM lots WHERE id = $1", lot_id)
    assert row is not None
    return row["left_units"], row["waiting_units"]


async def test_a_count_is_taken_in_units_of_the_lot_once_a_reference(conn: Connection) -> None:
    product = await a_product(conn, left=50, takes=3, price_fen=45_00)
    seller = await owner_of(conn, product.producer_id)
    change = OfferChange(product.variant_id, Fen(46_00), -4)
    for _ in range(2):
        await change_offer(conn, seller, product.listing_id, [change], reference="a", now=NOW)
    assert await stock_of(conn, product.lot_id) == (38, 0)
    [variant] = await list_own_variants(conn, seller, product.listing_id)
    assert (variant.price_fen, variant.left) == (46_00, 12)
    await change_offer(conn, seller, product.listing_id, [change], reference="b", now=NOW)
    assert await stock_of(conn, product.lot_id) == (26, 0)
    prices = await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'listing.price'")
    assert prices == 1


@pytest.mark.parametrize("case", ["stranger", "other listing", "suspended", "uncounted"])
async def test_what_is_not_ones_own_or_not_there_is_not_changed(conn: Connection, case: str) -> None:
    product, stay = await a_product(conn), await a_stay(conn)
    seller = await owner_of(conn, product.producer_id)
    host = await owner_of(conn, stay.producer_id)
    if case == "suspended":
        await conn.execute("UPDATE listings SET state = 'suspended' WHERE id = $1", product.listing_id)
    actor = host if case in {"stranger", "uncounted"} else seller
    listing = stay.listing_id if case in {"other listing", "uncounted"} else product.listing_id
    variant = stay.variant_id if case == "uncounted" else product.variant_id
    with pytest.raises(NotFound):
        await change_offer(conn, actor, listing, [OfferChange(variant, Fen(1_00), 1)], reference="a", now=NOW)
    assert await stock_of(conn, product.lot_id) == (50, 0)
    assert await conn.fetchval("SELECT price_fen FROM variants WHERE id = $1", product.variant_id) == 45_00


@pytest.mark.parametrize("price", [0, -1, 1_000_000_01])
async def test_a_price_out_of_bounds_is_refused(conn: Connection, price: int) -> None:
    product = await a_product(conn)
    seller = await owner_of(conn, product.producer_id)
    change = OfferChange(product.variant_id, Fen(price))
    with pytest.raises(BadListing):
        await change_offer(conn, seller, product.listing_id, [change], reference="a", now=NOW)


async def test_nothing_is_sold_twice_while_the_seller_takes_some_away(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await a_product(conn, left=10)
        seller = await owner_of(conn, product.producer_id)

    async def order() -> bool:
        try:
            await shopping.place([(product.variant_id, 1)])
        except Refusal:
            return False
        return True

    async def take_away(reference: str) -> bool:
        change = OfferChange(product.variant_id, Fen(45_00), -3)
        try:
            async with shopping.db.transaction() as conn:
                await change_offer(conn, seller, product.listing_id, [change], reference=reference, now=NOW)
        except LessThanNothing:
            return False
        return True

    done = await asyncio.gather(
        order(), order(), take_away("a"), order(), order(), take_away("a"), order(), take_away("b"), order()
    )
    sold = sum(done[place] for place in (0, 1, 3, 4, 6, 8))
    counted = int(done[2] or done[5]) + int(done[7])
    async with shopping.db.connection() as conn:
        left, waiting = await stock_of(conn, product.lot_id)
        kept = await conn.fetchval("SELECT sum(units) FROM stock_moves WHERE lot_id = $1", product.lot_id)
    assert waiting == sold
    assert left == 10 - sold - 3 * counted
    assert left >= 0
    assert kept == -3 * counted
