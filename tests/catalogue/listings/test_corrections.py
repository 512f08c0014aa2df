"""Correcting a published listing: its description and its packs, without touching what was ordered."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from market.catalogue.listings.describe import NewDescription, edit_listing
from market.catalogue.listings.detail import get_product
from market.catalogue.listings.edit import change_price
from market.catalogue.listings.models import (
    BadListing,
    CertificateNeeded,
    ListingChanged,
    ProducerNotOpen,
    WrongListingState,
)
from market.catalogue.listings.packs import NewPack, replace_pack
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.kernel import Connection, Fen, Refusal
from market.people.identity.models import NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.models import Line, NotForSale, VariantId
from tests.conftest import NOW
from tests.support.make import SEPTEMBER, ProductIds, load_owner, make_certificate, make_product, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, make_buyer, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]


def description(**more: Any) -> NewDescription:
    values = {"version": 1, "title": "阜平大枣礼箱", "category": "fruit", "story": "晒了二十天。"} | more
    return msgspec.convert(values, NewDescription)


async def find_titles(conn: Connection, text: str) -> list[str]:
    return [card.title for card in (await search_listings(conn, SearchFilters(text=text), today=SEPTEMBER)).items]


async def get_listing(conn: Connection, product: ProductIds) -> dict[str, Any]:
    row = await conn.fetchrow("SELECT * FROM listings WHERE id = $1", product.listing_id)
    assert row is not None
    return dict(row)


async def test_a_corrected_listing_keeps_its_reviews_and_is_found_by_its_new_words(conn: Connection) -> None:
    product = await make_product(conn, title="革新庄核桃")
    seller = await load_owner(conn, product.producer_id)
    await conn.execute("UPDATE listings SET rating_sum = 9, rating_count = 2, gi = '地理标志产品'")
    edited = await edit_listing(conn, seller, product.listing_id, description(title="革新庄晒枣"), now=NOW)
    assert (edited.version, edited.title, edited.story, edited.gi) == (2, "革新庄晒枣", "晒了二十天。", "")
    assert await find_titles(conn, "晒枣") == ["革新庄晒枣"]
    assert await find_titles(conn, "szao") == ["革新庄晒枣"]
    assert await find_titles(conn, "核桃") == []
    listing = await get_listing(conn, product)
    assert (listing["rating_sum"], listing["rating_count"], listing["state"]) == (9, 2, "live")
    detail = await conn.fetchval("SELECT detail FROM audit_entries WHERE action = 'listing.edit'")
    assert detail == {
        "title": {"from": "革新庄核桃", "to": "革新庄晒枣"},
        "story": {"from": "", "to": "晒了二十天。"},
        "gi": {"from": "地理标志产品", "to": ""},
    }


async def test_a_correction_from_an_older_version_is_refused(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    await edit_listing(conn, seller, product.listing_id, description(title="第一个名字"), now=NOW)
    before = await get_listing(conn, product)
    with pytest.raises(ListingChanged):
        await edit_listing(conn, seller, product.listing_id, description(title="第二个名字"), now=NOW)
    assert await get_listing(conn, product) == before


async def test_of_two_parallel_corrections_one_wins(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        seller = await load_owner(conn, product.producer_id)

    async def edit(title: str) -> str | None:
        try:
            async with shopping.db.transaction() as conn:
                edited = await edit_listing(conn, seller, product.listing_id, description(title=title), now=NOW)
        except ListingChanged:
            return None
        return edited.title

    titles = await asyncio.gather(*(edit(f"名字{n}") for n in range(5)))
    [won] = [title for title in titles if title]
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT title || version FROM listings") == f"{won}2"


@pytest.mark.parametrize(
    ("change", "refusal", "field"),
    [
        ({"title": "枣"}, BadListing, "title"),
        ({"story": "长" * 2001}, BadListing, "story"),
        ({"title": "降血糖的枣"}, ForbiddenWord, "title"),
        ({"story": "再不买就滞销了"}, ForbiddenWord, "story"),
        ({"category": "stay"}, BadListing, "category"),
        ({"category": "picking"}, BadListing, "category"),
        ({"photo_id": UUID(int=7)}, BadListing, "photo_id"),
        ({"category": "processed"}, CertificateNeeded, None),
    ],
)
async def test_a_correction_is_checked_like_a_new_listing(
    conn: Connection, change: dict[str, Any], refusal: type[Refusal], field: str | None
) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    before = await get_listing(conn, product)
    with pytest.raises(refusal) as refused:
        await edit_listing(conn, seller, product.listing_id, description(**change), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ([field] if field else [])
    assert await get_listing(conn, product) == before


async def test_another_category_needs_its_certificate_and_sets_whether_the_goods_perish(conn: Connection) -> None:
    product = await make_product(conn)
    await conn.execute("UPDATE listings SET perishable = true")
    await make_certificate(conn, product.producer_id, "small_workshop")
    seller = await load_owner(conn, product.producer_id)
    await edit_listing(conn, seller, product.listing_id, description(category="processed"), now=NOW)
    listing = await get_listing(conn, product)
    assert (listing["category_code"], listing["perishable"]) == ("processed", False)


@pytest.mark.parametrize("case", ["stranger", "suspended listing", "suspended producer"])
async def test_only_an_own_listing_that_may_be_sold_is_corrected(conn: Connection, case: str) -> None:
    product, other = await make_product(conn), await make_product(conn)
    seller = await load_owner(conn, (other if case == "stranger" else product).producer_id)
    if case == "suspended listing":
        await conn.execute("UPDATE listings SET state = 'suspended' WHERE id = $1", product.listing_id)
    if case == "suspended producer":
        await conn.execute("UPDATE producers SET state = 'suspended' WHERE id = $1", product.producer_id)
    before = await get_listing(conn, product)
    refusal = {"stranger": NotFound, "suspended listing": WrongListingState}.get(case, ProducerNotOpen)
    with pytest.raises(refusal):
        await edit_listing(conn, seller, product.listing_id, description(), now=NOW)
    with pytest.raises(refusal):
        await replace_pack(conn, seller, product.variant_id, NewPack(unit="箱", price_fen=1_00), now=NOW)
    assert await get_listing(conn, product) == before


async def test_a_photo_stays_until_another_replaces_it(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    photos = [
        await conn.fetchval(
            "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
            " VALUES ($1, 'listing', $2, 720, 540, 'webp', $3) RETURNING id",
            seller.account_id,
            bytes([n]) * 32,
            NOW,
        )
        for n in range(2)
    ]
    await conn.execute("UPDATE listings SET photo_id = $1", photos[0])
    await edit_listing(conn, seller, product.listing_id, description(), now=NOW)
    assert (await get_listing(conn, product))["photo_id"] == photos[0]
    edited = await edit_listing(conn, seller, product.listing_id, description(version=2, photo_id=photos[1]), now=NOW)
    assert edited.photo_id == photos[1]
    edited = await edit_listing(conn, seller, product.listing_id, description(version=3, remove_photo=True), now=NOW)
    assert (edited.photo_id, edited.photo) == (None, None)


async def test_a_replaced_pack_leaves_orders_and_carts_as_they_were(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, unit="5斤箱", net_g=2500, left=10)
        seller = await load_owner(conn, product.producer_id)
        buyer = await make_buyer(conn)
        await put_cart(conn, buyer.account_id, lines=[Line(VariantId(product.variant_id), 2)], now=NOW)
    order = await shopping.place([(product.variant_id, 3)])
    new = NewPack(unit="2斤盒", price_fen=20_00, quantity=40)
    async with shopping.db.transaction() as conn:
        replaced = await replace_pack(conn, seller, product.variant_id, new, now=NOW)
        [pack] = (await get_product(conn, product.listing_id, now=NOW)).variants
        [line] = (await get_cart(conn, buyer.account_id, now=NOW)).groups[0].lines
        old_lot = await conn.fetchrow("SELECT available_units, reserved_units FROM lots WHERE id = $1", product.lot_id)
    assert (pack.id, pack.unit, pack.net_g, pack.left, pack.per_kg_fen) == (
        replaced.variant_id, "2斤盒", 1000, 40, 20_00,
    )  # fmt: skip
    assert pack.gross_g == 1120
    assert (line.unit, line.problem) == ("5斤箱", "卖家换了装法，点名字看新的")
    assert old_lot is not None
    assert tuple(old_lot) == (0, 3)
    ordered = (await shopping.see(order)).suborders[0].lines[0]
    assert (ordered.unit, ordered.price_fen, ordered.quantity) == ("5斤箱", 45_00, 3)
    with pytest.raises(NotForSale):
        await shopping.place([(product.variant_id, 1)])
    async with shopping.db.transaction() as conn:
        with pytest.raises(ListingChanged):
            await replace_pack(conn, seller, product.variant_id, new, now=NOW)
        with pytest.raises(NotFound):
            await change_price(conn, seller, product.variant_id, Fen(1_00), now=NOW)


async def test_a_pack_of_the_same_weight_keeps_its_stock(conn: Connection) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500, gross_g=2950, left=10, lot_units_per_item=5)
    seller = await load_owner(conn, product.producer_id)
    await replace_pack(conn, seller, product.variant_id, NewPack(unit="2.5kg礼盒", price_fen=50_00), now=NOW)
    [pack] = (await get_product(conn, product.listing_id, now=NOW)).variants
    assert (pack.unit, pack.lot_id, pack.left, pack.gross_g, pack.price_fen) == (
        "2.5kg礼盒", product.lot_id, 2, 2950, 50_00,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pack", "field"),
    [
        (NewPack(unit="2斤盒", price_fen=20_00), "quantity"),
        (NewPack(unit="袋", price_fen=20_00), "quantity"),
        (NewPack(unit="0斤箱", price_fen=20_00), "unit"),
        (NewPack(unit="5斤盒", price_fen=0), "price_fen"),
        (NewPack(unit="5斤盒", price_fen=20_00, label="长" * 21), "label"),
        (NewPack(unit="5斤盒", price_fen=20_00, quantity=-1), "quantity"),
    ],
)
async def test_a_pack_that_is_wrong_is_refused(conn: Connection, pack: NewPack, field: str) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500)
    seller = await load_owner(conn, product.producer_id)
    with pytest.raises(BadListing) as refused:
        await replace_pack(conn, seller, product.variant_id, pack, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    assert await conn.fetchval("SELECT count(*) FROM variants") == 1


async def test_units_that_another_pack_sells_stay(conn: Connection) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500, left=10)
    small = await conn.fetchval(
        "INSERT INTO variants (listing_id, position, label, unit, price_fen, net_g, lot_id)"
        " VALUES ($1, 1, '小', '1斤袋', 10_00, 500, $2) RETURNING id",
        product.listing_id,
        product.lot_id,
    )
    seller = await load_owner(conn, product.producer_id)
    new = NewPack(unit="10斤箱", price_fen=80_00, label="大", quantity=4)
    await replace_pack(conn, seller, product.variant_id, new, now=NOW)
    packs = (await get_product(conn, product.listing_id, now=NOW)).variants
    assert [(pack.label, pack.unit, pack.left) for pack in packs] == [("大", "10斤箱", 4), ("小", "1斤袋", 10)]
    await replace_pack(conn, seller, small, NewPack(unit="2斤袋", price_fen=18_00, label="小", quantity=0), now=NOW)
    assert await conn.fetchval("SELECT available_units FROM lots WHERE id = $1", product.lot_id) == 0


async def test_a_stay_has_no_packs(conn: Connection) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    with pytest.raises(NotFound):
        await replace_pack(conn, host, stay.variant_id, NewPack(unit="间/晚", price_fen=1_00), now=NOW)
