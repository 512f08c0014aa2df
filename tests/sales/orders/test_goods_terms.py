"""Storage, shelf life and regions of goods: written by sellers, kept by placing, said by the cart."""

from typing import Any

import msgspec
import pytest

from market.catalogue.listings.describe import NewDescription, edit_listing
from market.catalogue.listings.detail import get_product
from market.catalogue.listings.freight import ColdChainNotThere, ProductNotShippedThere
from market.catalogue.listings.goods_terms import GoodsTerms, Storage
from market.catalogue.listings.models import BadListing
from market.catalogue.listings.publish import NewProduct, publish_product
from market.kernel import Connection
from market.places.divisions.regions import REGIONS
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.models import Line, VariantId
from tests.conftest import NOW
from tests.support.make import load_owner, make_freight_template, make_producer, make_product, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

CHILLED = GoodsTerms(storage=Storage.CHILLED, shelf_days=7, no_ship=("65", "54"))


def description(**more: Any) -> NewDescription:
    values = {"version": 1, "title": "阜平大枣礼箱", "category": "nut"} | more
    return msgspec.convert(values, NewDescription)


async def test_the_terms_of_goods_are_published_corrected_and_kept(conn: Connection) -> None:
    seller = await load_owner(conn, await make_producer(conn))
    new = NewProduct(title="阜平核桃仁", category="nut", unit="5斤箱", price_fen=45_00, quantity=20, goods=CHILLED)
    published = await publish_product(conn, seller, new, now=NOW)
    listing = (await get_product(conn, published.listing_id, now=NOW)).listing
    assert (listing.goods.storage, listing.goods.shelf_days, listing.goods.no_ship) == ("chilled", 7, ("54", "65"))
    assert (listing.chilled, listing.perishable) == (True, True)
    edited = await edit_listing(conn, seller, published.listing_id, description(), now=NOW)
    assert edited.goods == listing.goods
    frozen = {"storage": "frozen", "shelf_days": None}
    edited = await edit_listing(conn, seller, published.listing_id, description(version=2, goods=frozen), now=NOW)
    assert edited.goods == GoodsTerms(storage=Storage.FROZEN)
    ambient = {"storage": "ambient"}
    edited = await edit_listing(conn, seller, published.listing_id, description(version=3, goods=ambient), now=NOW)
    assert (edited.goods, edited.perishable) == (GoodsTerms(), False)


@pytest.mark.parametrize(
    ("goods", "field"),
    [
        (GoodsTerms(shelf_days=0), "goods.shelf_days"),
        (GoodsTerms(shelf_days=3651), "goods.shelf_days"),
        (GoodsTerms(no_ship=("99",)), "goods.no_ship"),
        (GoodsTerms(no_ship=tuple(region.code for region in REGIONS)), "goods.no_ship"),
    ],
)
async def test_wrong_terms_are_refused_at_their_field(conn: Connection, goods: GoodsTerms, field: str) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    new = NewProduct(title="阜平核桃仁", category="nut", unit="5斤箱", price_fen=45_00, quantity=20, goods=goods)
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, seller, new, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    correction = NewDescription(version=1, title="阜平核桃仁", category="nut", goods=goods)
    with pytest.raises(BadListing) as refused:
        await edit_listing(conn, seller, product.listing_id, correction, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]


async def test_a_stay_has_no_terms_of_goods(conn: Connection) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    correction = NewDescription(version=1, title="农家院客房", category="stay", goods=CHILLED)
    with pytest.raises(BadListing) as refused:
        await edit_listing(conn, host, stay.listing_id, correction, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["goods"]


async def set_goods(conn: Connection, listing_id: object, storage: str, no_ship: list[str]) -> None:
    await conn.execute("UPDATE listings SET storage = $2, no_ship = $3 WHERE id = $1", listing_id, storage, no_ship)


async def test_a_product_that_is_not_shipped_there_is_refused_at_its_line_and_the_cart_stays(
    shopping: Shopping,
) -> None:
    async with shopping.db.transaction() as conn:
        shop = await make_producer(conn)
        await make_freight_template(conn, shop, no_cold=["13"], cold_fen=3_00)
        dates, tofu, milk = [await make_product(conn, shop) for _ in range(3)]
        await set_goods(conn, tofu.listing_id, "ambient", ["13"])
        await set_goods(conn, milk.listing_id, "chilled", [])
        lines = [Line(VariantId(each.variant_id), 1) for each in (dates, tofu, milk)]
        await put_cart(conn, shopping.buyer.account_id, lines=lines, now=NOW)
        cart = await get_cart(conn, shopping.buyer.account_id, region_code="130100", now=NOW)
        elsewhere = await get_cart(conn, shopping.buyer.account_id, region_code="440100", now=NOW)
    assert [line.problem for line in cart.groups[0].lines] == [
        "", "这一样不发往您的地区", "要冷链发，到不了您的地区",
    ]  # fmt: skip
    assert (cart.ready, elsewhere.ready) == (False, True)
    assert elsewhere.groups[0].freight_fen - cart.groups[0].freight_fen >= 3_00
    with pytest.raises(ProductNotShippedThere) as refused:
        await shopping.place([(dates.variant_id, 1), (tofu.variant_id, 1)])
    assert [fault.field for fault in refused.value.errors] == ["lines[1].variant_id"]
    with pytest.raises(ColdChainNotThere) as cold:
        await shopping.place([(dates.variant_id, 1), (milk.variant_id, 1)])
    assert [fault.field for fault in cold.value.errors] == ["lines[1].variant_id"]
    async with shopping.db.connection() as conn:
        assert (await get_cart(conn, shopping.buyer.account_id, now=NOW)).count == 3


async def test_an_order_costs_what_the_cart_shows_with_surcharges(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        shop = await make_producer(conn)
        await make_freight_template(
            conn, shop, first_fen=6_00, free_above_fen=1, cold_fen=3_50, remote_fen=9_00, remote=["13"]
        )
        dates, milk = await make_product(conn, shop), await make_product(conn, shop)
        await set_goods(conn, milk.listing_id, "frozen", [])
        lines = [Line(VariantId(each.variant_id), 2) for each in (dates, milk)]
        await put_cart(conn, shopping.buyer.account_id, lines=lines, now=NOW)
        cart = await get_cart(conn, shopping.buyer.account_id, region_code="130100", now=NOW)
    order = await shopping.place([(dates.variant_id, 2), (milk.variant_id, 2)])
    assert (cart.freight_fen, order.freight_fen, order.total_fen) == (12_50, 12_50, cart.total_fen)
    plain = await shopping.place([(dates.variant_id, 2)])
    assert plain.freight_fen == 9_00
