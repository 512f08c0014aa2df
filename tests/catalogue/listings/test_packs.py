"""Several packs of a product: offered at once or later, and ended, without touching what was ordered."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from market.catalogue.listings.detail import ListingVariant, get_product
from market.catalogue.listings.models import BadListing, ListingChanged, Sort, WrongListingState
from market.catalogue.listings.more_packs import LastPack, PackLimitReached, add_pack, end_pack
from market.catalogue.listings.packs import MAX_PACKS, NewPack, replace_pack
from market.catalogue.listings.publish import NewProduct, publish_product
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.catalogue.listings.tier_prices import PriceTerms, TierPrice, set_price_terms
from market.kernel import Connection, Fen, Refusal
from market.people.identity.models import NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.models import Line, NotForSale, VariantId
from tests.conftest import NOW
from tests.support.make import SEPTEMBER, ProductIds, load_owner, make_producer, make_product, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, make_buyer, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

BIG = NewPack(unit="10斤箱", price_fen=80_00)


async def list_packs(conn: Connection, product: ProductIds) -> list[ListingVariant]:
    return (await get_product(conn, product.listing_id, now=NOW)).variants


async def test_a_product_is_published_with_several_packs(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    seller = await load_owner(conn, producer_id)
    new = NewProduct(
        title="阜平大枣", category="fruit", unit="5斤箱", price_fen=45_00, quantity=20,
        packs=(BIG, NewPack(unit="500g袋", price_fen=10_00, quantity=7)),
    )  # fmt: skip
    published = await publish_product(conn, seller, new, now=NOW)
    packs = (await get_product(conn, published.listing_id, now=NOW)).variants
    assert [(pack.unit, pack.price_fen, pack.left) for pack in packs] == [
        ("5斤箱", 45_00, 20),
        ("10斤箱", 80_00, 10),
        ("500g袋", 10_00, 7),
    ]
    assert packs[0].lot_id == packs[1].lot_id != packs[2].lot_id


async def test_packs_of_one_lot_are_ordered_within_its_units(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, unit="5斤箱", net_g=2500, left=5)
        seller = await load_owner(conn, product.producer_id)
        big = await add_pack(conn, seller, product.listing_id, BIG, now=NOW)
    await shopping.place([(big.variant_id, 2), (product.variant_id, 1)])
    assert await shopping.lots() == [(0, 5, 0)]


@pytest.mark.parametrize(
    ("pack", "refusal", "field"),
    [
        (NewPack(unit="3斤盒", price_fen=20_00), BadListing, "quantity"),
        (NewPack(unit="袋", price_fen=20_00), BadListing, "quantity"),
        (NewPack(unit="2斤盒", price_fen=20_00), BadListing, "quantity"),
        (NewPack(unit="5斤箱", price_fen=20_00, quantity=3), BadListing, "unit"),
        (NewPack(unit="0斤箱", price_fen=20_00, quantity=3), BadListing, "unit"),
        (NewPack(unit="3斤盒", price_fen=0, quantity=3), BadListing, "price_fen"),
        (NewPack(unit="3斤盒", price_fen=1_00, quantity=-1), BadListing, "quantity"),
        (NewPack(unit="3斤盒", price_fen=1_00, quantity=1, label="降血糖"), ForbiddenWord, "label"),
    ],
)
async def test_a_further_pack_that_is_wrong_is_refused(
    conn: Connection, pack: NewPack, refusal: type[Refusal], field: str
) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500)
    seller = await load_owner(conn, product.producer_id)
    with pytest.raises(refusal) as refused:
        await add_pack(conn, seller, product.listing_id, pack, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    assert await conn.fetchval("SELECT count(*) FROM variants") == 1


async def test_faults_of_further_packs_name_the_pack(conn: Connection) -> None:
    seller = await load_owner(conn, await make_producer(conn))
    new = NewProduct(
        title="阜平大枣", category="fruit", unit="5斤箱", price_fen=45_00, quantity=20,
        packs=(BIG, NewPack(unit="0斤箱", price_fen=0, quantity=1)),
    )  # fmt: skip
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, seller, new, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["packs[1].price_fen", "packs[1].unit"]


async def test_a_listing_has_at_most_eight_packs(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    for n in range(1, MAX_PACKS):
        pack = NewPack(unit=f"{n}两袋", price_fen=100 * n, quantity=1)
        await add_pack(conn, seller, product.listing_id, pack, now=NOW)
    with pytest.raises(PackLimitReached):
        await add_pack(conn, seller, product.listing_id, NewPack(unit="9两袋", price_fen=1_00, quantity=1), now=NOW)


async def test_an_ended_pack_is_not_sold_and_the_next_one_is_the_first(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, unit="5斤箱", net_g=2500, left=10)
        seller = await load_owner(conn, product.producer_id)
        small = NewPack(unit="1斤袋", price_fen=9_00, quantity=6)
        added = await add_pack(conn, seller, product.listing_id, small, now=NOW)
        buyer = await make_buyer(conn)
        await put_cart(conn, buyer.account_id, lines=[Line(VariantId(product.variant_id), 2)], now=NOW)
    order = await shopping.place([(product.variant_id, 3)])
    async with shopping.db.transaction() as conn:
        summary = await end_pack(conn, seller, product.variant_id, now=NOW)
        [pack] = await list_packs(conn, product)
        [line] = (await get_cart(conn, buyer.account_id, now=NOW)).groups[0].lines
        cheap = SearchFilters(price_to_fen=10_00, sort=Sort.PRICE)
        [card] = (await search_listings(conn, cheap, today=SEPTEMBER)).items
    assert (summary.listing_id, summary.price_fen) == (product.listing_id, 9_00)
    assert (pack.id, card.variant_id, card.price_fen) == (added.variant_id, added.variant_id, 9_00)
    assert (line.quantity, line.problem) == (2, "卖家换了装法，点名字看新的")
    assert await shopping.lots() == [(0, 3, 0), (6, 0, 0)]
    ordered = (await shopping.see(order)).suborders[0].lines[0]
    assert (ordered.unit, ordered.price_fen, ordered.quantity) == ("5斤箱", 45_00, 3)
    with pytest.raises(NotForSale):
        await shopping.place([(product.variant_id, 1)])
    async with shopping.db.transaction() as conn:
        with pytest.raises(ListingChanged):
            await end_pack(conn, seller, product.variant_id, now=NOW)
        with pytest.raises(LastPack):
            await end_pack(conn, seller, added.variant_id, now=NOW)


async def test_units_that_another_pack_sells_stay_when_a_pack_ends(conn: Connection) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500, left=10)
    seller = await load_owner(conn, product.producer_id)
    await add_pack(conn, seller, product.listing_id, BIG, now=NOW)
    await end_pack(conn, seller, product.variant_id, now=NOW)
    assert [(pack.unit, pack.left) for pack in await list_packs(conn, product)] == [("10斤箱", 5)]


async def test_of_all_packs_ended_at_once_one_stays(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        seller = await load_owner(conn, product.producer_id)
        packs = [product.variant_id]
        for n in range(1, 5):
            pack = NewPack(unit=f"{n}两袋", price_fen=100 * n, quantity=1)
            packs.append((await add_pack(conn, seller, product.listing_id, pack, now=NOW)).variant_id)

    async def end(variant_id: Any) -> bool:
        try:
            async with shopping.db.transaction() as conn:
                await end_pack(conn, seller, variant_id, now=NOW)
        except LastPack:
            return False
        return True

    assert sorted(await asyncio.gather(*map(end, packs))) == [False, True, True, True, True]
    async with shopping.db.connection() as conn:
        assert await conn.fetch("SELECT position FROM variants WHERE position IS NOT NULL") == [(0,)]


async def test_of_equal_packs_added_at_once_one_is_offered(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        seller = await load_owner(conn, product.producer_id)

    async def add() -> bool:
        try:
            async with shopping.db.transaction() as conn:
                pack = NewPack(unit="3斤盒", price_fen=30_00, quantity=5)
                await add_pack(conn, seller, product.listing_id, pack, now=NOW)
        except BadListing:
            return False
        return True

    assert sorted(await asyncio.gather(*(add() for _ in range(5)))) == [False] * 4 + [True]
    assert await shopping.lots() == [(50, 0, 0), (5, 0, 0)]


async def test_only_own_products_that_are_not_suspended_get_packs(conn: Connection) -> None:
    product, other, stay = await make_product(conn), await make_product(conn), await make_stay(conn)
    stranger, host = await load_owner(conn, other.producer_id), await load_owner(conn, stay.producer_id)
    pack = NewPack(unit="3斤盒", price_fen=30_00, quantity=5)
    for actor, listing_id in ((stranger, product.listing_id), (host, stay.listing_id)):
        with pytest.raises(NotFound):
            await add_pack(conn, actor, listing_id, pack, now=NOW)
    with pytest.raises(NotFound):
        await end_pack(conn, stranger, product.variant_id, now=NOW)
    await conn.execute("UPDATE listings SET state = 'suspended'")
    seller = await load_owner(conn, product.producer_id)
    with pytest.raises(WrongListingState):
        await add_pack(conn, seller, product.listing_id, pack, now=NOW)
    with pytest.raises(WrongListingState):
        await end_pack(conn, seller, product.variant_id, now=NOW)


async def test_a_replaced_pack_that_others_share_leaves_them_their_units(conn: Connection) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500, left=10)
    seller = await load_owner(conn, product.producer_id)
    await add_pack(conn, seller, product.listing_id, BIG, now=NOW)
    new = NewPack(unit="2斤盒", price_fen=20_00, quantity=4)
    await replace_pack(conn, seller, product.variant_id, new, now=NOW)
    assert [(pack.unit, pack.left) for pack in await list_packs(conn, product)] == [("2斤盒", 4), ("10斤箱", 5)]


async def test_a_pack_is_not_replaced_by_one_that_another_pack_is(conn: Connection) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500, left=10)
    seller = await load_owner(conn, product.producer_id)
    await add_pack(conn, seller, product.listing_id, BIG, now=NOW)
    with pytest.raises(BadListing) as refused:
        await replace_pack(conn, seller, product.variant_id, replace(BIG, quantity=4), now=NOW)
    assert [each.field for each in refused.value.errors] == ["unit"]
    await replace_pack(conn, seller, product.variant_id, replace(BIG, label="礼盒", quantity=4), now=NOW)
    assert [(pack.unit, pack.label) for pack in await list_packs(conn, product)] == [("10斤箱", "礼盒"), ("10斤箱", "")]


async def test_a_pack_weighs_what_it_says_or_as_many_of_the_first_as_it_takes(conn: Connection) -> None:
    seller = await load_owner(conn, await make_producer(conn))
    egg = NewProduct(title="土鸡蛋", category="livestock", unit="1枚装", price_fen=1_30, quantity=1200, gross_g=65)
    made = await publish_product(conn, seller, egg, now=NOW)
    eggs = ProductIds(seller.producers[0], made.listing_id, made.variant_id, made.lot_id or UUID(int=0))
    await add_pack(conn, seller, eggs.listing_id, NewPack(unit="30枚箱", price_fen=39_00), now=NOW)
    heavier = NewPack(unit="60枚箱", price_fen=76_00, gross_g=4_400)
    boxes = await add_pack(conn, seller, eggs.listing_id, heavier, now=NOW)
    assert [(pack.unit, pack.gross_g) for pack in await list_packs(conn, eggs)] == [
        ("1枚装", 65), ("30枚箱", 1_950), ("60枚箱", 4_400),
    ]  # fmt: skip
    heaviest = NewPack(unit="60枚箱", label="双层", price_fen=80_00, gross_g=5_000)
    await replace_pack(conn, seller, boxes.variant_id, heaviest, now=NOW)
    assert (await list_packs(conn, eggs))[2].gross_g == 5_000


@pytest.mark.parametrize("gross_g", [-1, 1_000_001])
async def test_a_pack_weighs_at_most_a_tonne(conn: Connection, gross_g: int) -> None:
    product = await make_product(conn)
    pack = NewPack(unit="3斤盒", price_fen=30_00, quantity=5, gross_g=gross_g)
    with pytest.raises(BadListing) as refused:
        await add_pack(conn, await load_owner(conn, product.producer_id), product.listing_id, pack, now=NOW)
    assert [(each.field, each.message) for each in refused.value.errors] == [("gross_g", "毛重从 0 到 1000000 克")]


@pytest.mark.parametrize(
    ("new", "tiers", "public"),
    [
        (NewPack(unit="5斤篮", price_fen=45_00), [(2, 43_00), (9, 40_00)], 41_00),
        (NewPack(unit="5斤箱", price_fen=43_00), [(9, 40_00)], 41_00),
        (NewPack(unit="5斤箱", price_fen=41_00, quantity=3), [(9, 40_00)], 41_00),
        (NewPack(unit="5斤箱", price_fen=39_00), [], None),
        (NewPack(unit="10斤箱", price_fen=80_00, quantity=5), [], None),
    ],
)
async def test_a_pack_of_as_much_keeps_the_lower_prices_of_the_one_it_replaces(
    conn: Connection, new: NewPack, tiers: list[tuple[int, int]], public: int | None
) -> None:
    product = await make_product(conn, unit="5斤箱", net_g=2500)
    seller = await load_owner(conn, product.producer_id)
    terms = PriceTerms(tiers=(TierPrice(2, Fen(43_00)), TierPrice(9, Fen(40_00))), public_price_fen=Fen(41_00))
    await set_price_terms(conn, seller, product.variant_id, terms, now=NOW)
    await replace_pack(conn, seller, product.variant_id, new, now=NOW)
    [pack] = await list_packs(conn, product)
    assert [(each.from_quantity, each.price_fen) for each in pack.tiers] == tiers
    assert pack.public_price_fen == public
