"""Changing price and stock of an own listing: by a difference, once, while buyers order concurrently."""

import asyncio
from uuid import UUID

import pytest

from market.catalogue.listings.edit import VariantChange, change_variants, list_own_variants
from market.catalogue.listings.models import BadListing
from market.catalogue.stock.models import StockTooLow
from market.kernel import Connection, Fen, Refusal
from market.people.identity.models import NotFound
from tests.conftest import NOW
from tests.support.make import load_owner, make_product, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]


async def get_stock(conn: Connection, lot_id: UUID) -> tuple[int, int]:
    row = await conn.fetchrow("SELECT available_units, reserved_units FROM lots WHERE id = $1", lot_id)
    assert row is not None
    return row["available_units"], row["reserved_units"]


async def test_stock_changes_in_lot_units_once_per_reference(conn: Connection) -> None:
    product = await make_product(conn, left=50, lot_units_per_item=3, price_fen=45_00)
    seller = await load_owner(conn, product.producer_id)
    change = VariantChange(product.variant_id, Fen(46_00), -4)
    for _ in range(2):
        await change_variants(conn, seller, product.listing_id, [change], reference="a", now=NOW)
    assert await get_stock(conn, product.lot_id) == (38, 0)
    [variant] = await list_own_variants(conn, seller, product.listing_id)
    assert (variant.price_fen, variant.left) == (46_00, 12)
    await change_variants(conn, seller, product.listing_id, [change], reference="b", now=NOW)
    assert await get_stock(conn, product.lot_id) == (26, 0)
    prices = await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'listing.price'")
    assert prices == 1


@pytest.mark.parametrize("case", ["stranger", "other listing", "suspended", "uncounted"])
async def test_only_counted_variants_of_an_own_listing_are_changed(conn: Connection, case: str) -> None:
    product, stay = await make_product(conn), await make_stay(conn)
    seller = await load_owner(conn, product.producer_id)
    host = await load_owner(conn, stay.producer_id)
    if case == "suspended":
        await conn.execute("UPDATE listings SET state = 'suspended' WHERE id = $1", product.listing_id)
    actor = host if case in {"stranger", "uncounted"} else seller
    listing = stay.listing_id if case in {"other listing", "uncounted"} else product.listing_id
    variant = stay.variant_id if case == "uncounted" else product.variant_id
    with pytest.raises(NotFound):
        await change_variants(conn, actor, listing, [VariantChange(variant, Fen(1_00), 1)], reference="a", now=NOW)
    assert await get_stock(conn, product.lot_id) == (50, 0)
    assert await conn.fetchval("SELECT price_fen FROM variants WHERE id = $1", product.variant_id) == 45_00


@pytest.mark.parametrize("price", [0, -1, 1_000_000_01])
async def test_a_price_out_of_bounds_is_refused(conn: Connection, price: int) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    change = VariantChange(product.variant_id, Fen(price))
    with pytest.raises(BadListing):
        await change_variants(conn, seller, product.listing_id, [change], reference="a", now=NOW)


async def test_concurrent_orders_and_stock_changes_never_oversell(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=10)
        seller = await load_owner(conn, product.producer_id)

    async def order() -> bool:
        try:
            await shopping.place([(product.variant_id, 1)])
        except Refusal:
            return False
        return True

    async def remove_units(reference: str) -> bool:
        change = VariantChange(product.variant_id, Fen(45_00), -3)
        try:
            async with shopping.db.transaction() as conn:
                await change_variants(conn, seller, product.listing_id, [change], reference=reference, now=NOW)
        except StockTooLow:
            return False
        return True

    outcomes = await asyncio.gather(
        order(), order(), remove_units("a"), order(), order(), remove_units("a"), order(), remove_units("b"), order()
    )
    sold = sum(outcomes[index] for index in (0, 1, 3, 4, 6, 8))
    counted = int(outcomes[2] or outcomes[5]) + int(outcomes[7])
    async with shopping.db.connection() as conn:
        available, reserved = await get_stock(conn, product.lot_id)
        moved = await conn.fetchval("SELECT sum(units) FROM stock_moves WHERE lot_id = $1", product.lot_id)
    assert reserved == sold
    assert available == 10 - sold - 3 * counted
    assert available >= 0
    assert moved == -3 * counted
