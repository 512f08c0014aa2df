"""Pricing: grouping into suborders, sums, the lowest commission."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.bookings.minimum import NightMinimum
from market.catalogue.listings.freight import FreightTerms
from market.catalogue.listings.night_rules import RuleKind
from market.kernel import Fen
from market.sales.orders.checkout.order_request import merge_lines
from market.sales.orders.checkout.pricing import (
    GoodsOffer,
    StayOffer,
    price_goods_line,
    price_stay_line,
    price_suborders,
)
from market.sales.orders.models import Line, SuborderKind, VariantId

FREIGHT = FreightTerms(first_g=1000, first_fen=Fen(8_00), next_g=1000, next_fen=Fen(3_00))


def uid(number: int) -> UUID:
    return UUID(int=number)


def goods(number: int, *, producer: int = 1, price: int = 10_00, bp: int = 200, kind: str = "product") -> GoodsOffer:
    return GoodsOffer(
        variant_id=uid(number),
        listing_id=uid(100 + number),
        listing_number=number,
        listing_kind=kind,
        title=f"样例 {number}",
        label="",
        unit="袋",
        price_fen=Fen(price),
        gross_g=600,
        lot_id=uid(200 + number),
        lot_units_per_item=1,
        commission_bp=bp,
        on_sale=True,
        producer_id=uid(producer),
        producer=f"农户 {producer}",
        shop_open=True,
        freight=FREIGHT,
    )


def stay(number: int, *, producer: int = 1) -> StayOffer:
    nights = [(date(2019, 10, 3), Fen(420_00)), (date(2019, 10, 4), Fen(360_00))]
    return StayOffer(
        n=number,
        listing_id=uid(300 + number),
        listing_number=number,
        variant_id=uid(400 + number),
        title="农家院",
        unit="间/晚",
        commission_bp=300,
        on_sale=True,
        producer_id=uid(producer),
        producer="农家",
        shop_open=True,
        nights=nights,
        minimum=NightMinimum(date(2019, 10, 3), 1, RuleKind.ALWAYS, None),
        holiday=False,
        tiers=[],
    )


def test_lines_of_one_variant_are_merged_at_its_first_index() -> None:
    lines = [Line(VariantId(uid(1)), 2), Line(VariantId(uid(2)), 1), Line(VariantId(uid(1)), 3)]
    assert merge_lines(lines) == [(0, Line(VariantId(uid(1)), 5)), (1, Line(VariantId(uid(2)), 1))]


def test_a_producer_sends_one_parcel_with_the_weight_of_all_its_lines() -> None:
    things = [goods(1), goods(2, producer=2), goods(3)]
    made = price_suborders([(each, price_goods_line(0, each, 2)) for each in things], [])
    assert [(each.producer_id, each.goods_fen, each.freight_fen) for each in made] == [
        (uid(1), 40_00, 14_00),
        (uid(2), 20_00, 11_00),
    ]
    assert [[line.variant_id for line in each.lines] for each in made] == [[uid(1), uid(3)], [uid(2)]]


def test_parcel_activities_and_each_stay_of_a_producer_are_separate_suborders() -> None:
    things = [goods(1), goods(2, kind="activity", bp=300)]
    stays = [stay(1), stay(2)]
    made = price_suborders(
        [(each, price_goods_line(0, each, 1)) for each in things],
        [(each, price_stay_line(0, each, 2)) for each in stays],
    )
    assert [(each.kind, each.commission_bp, each.goods_fen, each.freight_fen) for each in made] == [
        (SuborderKind.GOODS, 200, 10_00, 8_00),
        (SuborderKind.ACTIVITY, 300, 10_00, 0),
        (SuborderKind.STAY, 300, 1560_00, 0),
        (SuborderKind.STAY, 300, 1560_00, 0),
    ]


def test_the_lowest_commission_of_a_parcel_applies() -> None:
    things = [goods(1, bp=200), goods(2, bp=0), goods(3, bp=500)]
    (made,) = price_suborders([(each, price_goods_line(0, each, 1)) for each in things], [])
    assert made.commission_bp == 0


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 99)), min_size=1, max_size=12))
def test_every_line_is_in_one_suborder_of_its_producer(
    requests: list[tuple[int, int, int]],
) -> None:
    found = [
        (thing := goods(number, producer=producer), price_goods_line(0, thing, quantity))
        for number, producer, quantity in requests
    ]
    made = price_suborders(found, [])
    assert sum(each.goods_fen for each in made) == sum(10_00 * quantity for *_, quantity in requests)
    assert [line for each in made for line in each.lines if each.producer_id] == [
        line for producer in dict.fromkeys(thing.producer_id for thing, _ in found)
        for thing, line in found if thing.producer_id == producer
    ]  # fmt: skip
    assert len({each.producer_id for each in made}) == len(made)
