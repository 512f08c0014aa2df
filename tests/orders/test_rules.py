"""From wishes to suborders: grouping, sums, the lowest commission."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen
from market.orders import FreightTemplate, Line, SuborderKind, VariantId
from market.orders.rules import Goods, Stay, line_of, line_of_stay, merge, suborders_of

FREIGHT = FreightTemplate(1000, Fen(8_00), 1000, Fen(3_00))


def uid(number: int) -> UUID:
    return UUID(int=number)


def goods(number: int, *, producer: int = 1, price: int = 10_00, bp: int = 200, kind: str = "product") -> Goods:
    return Goods(
        uid(number), uid(100 + number), number, kind, f"样例 {number}", "", "袋", Fen(price), 600, uid(200 + number), 1,
        bp, True, uid(producer), f"农户 {producer}", True, FREIGHT,  # noqa: FBT003 - a row
    )  # fmt: skip


def stay(number: int, *, producer: int = 1) -> Stay:
    nights = [(date(2019, 10, 3), Fen(420_00)), (date(2019, 10, 4), Fen(360_00))]
    return Stay(
        number, uid(300 + number), number, uid(400 + number), "农家院", "间/晚", 300, True, uid(producer), "农家", True,  # noqa: FBT003 - a row
        nights, False, [],  # noqa: FBT003 - a row
    )  # fmt: skip


def test_lines_of_one_variant_are_one_line_at_its_first_place() -> None:
    lines = [Line(VariantId(uid(1)), 2), Line(VariantId(uid(2)), 1), Line(VariantId(uid(1)), 3)]
    assert merge(lines) == [(0, Line(VariantId(uid(1)), 5)), (1, Line(VariantId(uid(2)), 1))]


def test_a_producer_sends_one_parcel_whose_weight_is_all_its_lines() -> None:
    things = [goods(1), goods(2, producer=2), goods(3)]
    made = suborders_of([(each, line_of(0, each, 2)) for each in things], [])
    assert [(each.producer_id, each.goods_fen, each.freight_fen) for each in made] == [
        (uid(1), 40_00, 14_00),
        (uid(2), 20_00, 11_00),
    ]
    assert [[line.variant_id for line in each.lines] for each in made] == [[uid(1), uid(3)], [uid(2)]]


def test_parcels_places_and_each_stay_of_one_producer_are_apart() -> None:
    things = [goods(1), goods(2, kind="activity", bp=300)]
    stays = [stay(1), stay(2)]
    made = suborders_of(
        [(each, line_of(0, each, 1)) for each in things], [(each, line_of_stay(0, each, 2)) for each in stays]
    )
    assert [(each.kind, each.commission_bp, each.goods_fen, each.freight_fen) for each in made] == [
        (SuborderKind.GOODS, 200, 10_00, 8_00),
        (SuborderKind.ACTIVITY, 300, 10_00, 0),
        (SuborderKind.STAY, 300, 1560_00, 0),
        (SuborderKind.STAY, 300, 1560_00, 0),
    ]


def test_the_lowest_commission_of_a_parcel_counts() -> None:
    things = [goods(1, bp=200), goods(2, bp=0), goods(3, bp=500)]
    (made,) = suborders_of([(each, line_of(0, each, 1)) for each in things], [])
    assert made.commission_bp == 0


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 99)), min_size=1, max_size=12))
def test_every_line_lands_in_one_suborder_of_its_producer_and_the_sums_are_kept(
    wishes: list[tuple[int, int, int]],
) -> None:
    found = [
        (thing := goods(number, producer=producer), line_of(0, thing, quantity))
        for number, producer, quantity in wishes
    ]
    made = suborders_of(found, [])
    assert sum(each.goods_fen for each in made) == sum(10_00 * quantity for *_, quantity in wishes)
    assert [line for each in made for line in each.lines if each.producer_id] == [
        line for producer in dict.fromkeys(thing.producer_id for thing, _ in found)
        for thing, line in found if thing.producer_id == producer
    ]  # fmt: skip
    assert len({each.producer_id for each in made}) == len(made)
