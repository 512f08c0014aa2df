"""Lower prices from a quantity on and for public units: one rule for the cart, the order and its line."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.listings.edit import change_price
from market.catalogue.listings.models import MAX_PRICE_FEN, BadListing
from market.catalogue.listings.tier_prices import PriceTerms, TierPrice, list_price_term_faults, set_price_terms
from market.kernel import Connection, Fen
from market.kernel.seal import Seal
from market.people.identity.models import NotAllowed, NotFound, Role
from market.places.organisations.credit_codes import is_credit_code
from market.places.organisations.public_buyers import (
    NewPublicBuyer,
    OwnPublicBuyer,
    PublicBuyerInvalid,
    list_public_buyers,
    save_public_buyer,
)
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import Cart, get_cart
from market.sales.orders.checkout.pricing import GoodsOffer, PriceBasis, choose_price, price_goods_line
from market.sales.orders.models import Line, VariantId
from tests.conftest import NOW
from tests.support.make import (
    load_actor,
    load_owner,
    make_account,
    make_official,
    make_product,
    make_public_buyer,
    make_stay,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

TIERS = PriceTerms(tiers=(TierPrice(3, Fen(40_00)), TierPrice(10, Fen(36_50))), public_price_fen=Fen(38_00))
CREDIT_CODE = "91350100M000100Y43"
"""The example of GB 32100-2015."""


def offer(price_fen: int, tiers: list[TierPrice], public_price_fen: int | None) -> GoodsOffer:
    return GoodsOffer(
        variant_id=UUID(int=1), listing_id=UUID(int=2), listing_number=1, listing_kind="product", title="枣", label="",
        unit="箱", price_fen=Fen(price_fen), gross_g=1, lot_id=None, lot_units_per_item=1, commission_bp=200,
        on_sale=True, producer_id=UUID(int=3), producer="样例枣园", shop_open=True, freight=None, tiers=tiers,
        public_price_fen=None if public_price_fen is None else Fen(public_price_fen),
    )  # fmt: skip


prices = st.integers(1, 100_000)


@given(
    prices,
    st.lists(st.builds(TierPrice, st.integers(2, 50), prices.map(Fen)), max_size=3),
    st.none() | prices,
    st.integers(1, 60),
    st.booleans(),
)
def test_a_line_costs_the_lowest_price_that_applies(
    price: int, tiers: list[TierPrice], public: int | None, quantity: int, public_buyer: bool
) -> None:
    goods = offer(price, tiers, public)
    line = price_goods_line(0, goods, quantity, public_buyer=public_buyer)
    applying = [price, *(tier.price_fen for tier in tiers if tier.from_quantity <= quantity)]
    applying += [public] if public_buyer and public is not None else []
    assert line.price_fen == min(applying)
    assert line.amount_fen == min(applying) * quantity
    more = choose_price(goods, quantity + 1, public_buyer=public_buyer)[0]
    assert more <= line.price_fen


def test_the_basis_says_which_price_applied() -> None:
    goods = offer(45_00, list(TIERS.tiers), 38_00)
    seen = [choose_price(goods, n, public_buyer=public) for n in (2, 3, 10) for public in (False, True)]
    assert seen == [
        (45_00, PriceBasis.UNIT), (38_00, PriceBasis.PUBLIC), (40_00, PriceBasis.TIER), (38_00, PriceBasis.PUBLIC),
        (36_50, PriceBasis.TIER), (36_50, PriceBasis.TIER),
    ]  # fmt: skip


def test_more_must_never_cost_more_for_each() -> None:
    def fields(*tiers: tuple[int, int], public: int | None = None) -> list[str]:
        terms = PriceTerms(
            tiers=tuple(TierPrice(count, Fen(price)) for count, price in tiers),
            public_price_fen=None if public is None else Fen(public),
        )
        return [fault.field for fault in list_price_term_faults(terms, Fen(45_00))]

    assert fields((3, 40_00), (10, 36_50), public=45_00) == []
    assert fields((1, 40_00)) == ["tiers[0].from_quantity"]
    assert fields((3, 45_00)) == ["tiers[0].price_fen"]
    assert fields((3, 40_00), (3, 41_00)) == ["tiers[1].from_quantity", "tiers[1].price_fen"]
    assert fields((10_000, 0)) == ["tiers[0].from_quantity", "tiers[0].price_fen"]
    assert fields(public=45_01) == fields(public=0) == ["public_price_fen"]


async def read_cart(shopping: Shopping, variant_id: UUID, quantity: int) -> Cart:
    async with shopping.db.transaction() as conn:
        lines = [Line(VariantId(variant_id), quantity)]
        await put_cart(conn, shopping.buyer.account_id, lines=lines, whole=True, now=NOW)
        return await get_cart(conn, shopping.buyer.account_id, now=NOW)


@pytest.mark.parametrize(
    ("public", "quantity", "price", "basis"),
    [
        (False, 2, 45_00, "unit"),
        (False, 3, 40_00, "tier"),
        (True, 2, 38_00, "public"),
        (True, 10, 36_50, "tier"),
    ],
)
async def test_the_order_and_its_line_have_the_price_that_the_cart_showed(
    shopping: Shopping, public: bool, quantity: int, price: int, basis: str
) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        seller = await load_owner(conn, product.producer_id)
        await set_price_terms(conn, seller, product.variant_id, TIERS, now=NOW)
        if public:
            staff = await make_official(conn, Role.PLATFORM, "13")
            await make_public_buyer(conn, shopping.buyer.account_id, CREDIT_CODE, by=staff, ends_on=NOW.date())
    cart = await read_cart(shopping, product.variant_id, quantity)
    [line] = cart.groups[0].lines
    assert (line.price_fen, line.price_basis, cart.total_fen) == (price, basis, price * quantity)
    order = await shopping.place([(product.variant_id, quantity)])
    assert order.total_fen == price * quantity
    async with shopping.db.transaction() as conn:
        await set_price_terms(conn, seller, product.variant_id, PriceTerms(), now=NOW)
        kept = await conn.fetchrow("SELECT price_fen, amount_fen, price_basis FROM order_lines")
    assert kept is not None
    assert tuple(kept) == (price, price * quantity, basis)
    if public:
        later = await shopping.place([(product.variant_id, 1)], now=NOW + timedelta(days=1))
        assert later.total_fen == 45_00


async def test_a_lower_price_of_one_item_wins_over_its_tiers(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        seller = await load_owner(conn, product.producer_id)
        await set_price_terms(conn, seller, product.variant_id, TIERS, now=NOW)
        await change_price(conn, seller, product.variant_id, Fen(35_00), now=NOW)
    assert (await shopping.place([(product.variant_id, 10)])).total_fen == 350_00


async def test_only_own_products_have_further_prices(conn: Connection) -> None:
    product, stay = await make_product(conn), await make_stay(conn)
    seller, host = await load_owner(conn, product.producer_id), await load_owner(conn, stay.producer_id)
    for actor, variant_id in ((host, product.variant_id), (host, stay.variant_id)):
        with pytest.raises(NotFound):
            await set_price_terms(conn, actor, variant_id, TIERS, now=NOW)
    wrong = [PriceTerms(tiers=(TierPrice(3, Fen(45_00)),))]
    wrong += [PriceTerms(public_price_fen=Fen(fen)) for fen in (-1, 0, MAX_PRICE_FEN + 1, 2**31, 2**63)]
    for terms in wrong:
        with pytest.raises(BadListing):
            await set_price_terms(conn, seller, product.variant_id, terms, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM tier_prices") == 0


async def test_staff_verify_a_public_unit(conn: Connection, seal: Seal) -> None:
    staff = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))
    buyer_id = await make_account(conn, phone="13900007777")
    new = NewPublicBuyer(
        phone="139 0000 7777", unit_name="样例县第一小学", credit_code=CREDIT_CODE, ends_on=date(2020, 9, 1)
    )
    for ends_on in (date(2020, 9, 1), date(2021, 9, 1)):
        changed = NewPublicBuyer(phone=new.phone, unit_name=new.unit_name, credit_code=new.credit_code, ends_on=ends_on)
        saved = await save_public_buyer(conn, seal, staff, changed, now=NOW)
    assert (saved.account_id, saved.ends_on) == (buyer_id, date(2021, 9, 1))
    assert await list_public_buyers(conn, staff) == [saved]
    wrong = NewPublicBuyer(phone="1", unit_name="校", credit_code="91350100M000100Y44", ends_on=date(2000, 1, 1))
    with pytest.raises(PublicBuyerInvalid) as refused:
        await save_public_buyer(conn, seal, staff, wrong, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["phone", "unit_name", "credit_code", "ends_on"]
    county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    with pytest.raises(NotAllowed):
        await save_public_buyer(conn, seal, county, new, now=NOW)


async def test_staff_give_no_account_of_their_own_a_duty_of_a_unit(conn: Connection, seal: Seal) -> None:
    staff = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))
    await make_account(conn, phone="13900007777", name=staff.name)
    new = NewPublicBuyer(
        phone="13900007777", unit_name="样例县第一小学", credit_code=CREDIT_CODE, ends_on=date(2020, 9, 1)
    )
    with pytest.raises(OwnPublicBuyer):
        await save_public_buyer(conn, seal, staff, new, now=NOW)
    assert await list_public_buyers(conn, staff) == []


def test_a_credit_code_has_its_check_character() -> None:
    assert is_credit_code(CREDIT_CODE)
    others = [CREDIT_CODE[:n] + ("1" if CREDIT_CODE[n] != "1" else "2") + CREDIT_CODE[n + 1 :] for n in range(18)]
    assert not any(map(is_credit_code, others))
    assert not is_credit_code("9135O100M000100Y43")
