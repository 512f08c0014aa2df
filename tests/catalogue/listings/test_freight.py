"""Freight: first weight, started further weights, free above, and regions not served."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market.catalogue.listings.freight import (
    ColdChainNotThere,
    FreightTerms,
    ProductNotShippedThere,
    RegionNotServed,
    Shipment,
    compute_freight,
    find_parcel_fault,
    ships_to,
)
from market.catalogue.listings.goods_terms import GoodsTerms, Storage
from market.kernel import Fen, Refusal

T1 = FreightTerms(
    first_g=1000, first_fen=Fen(6_00), next_g=1000, next_fen=Fen(2_00), free_above_fen=Fen(88_00), no_ship=("54", "65")
)
T2 = FreightTerms(first_g=2000, first_fen=Fen(8_00), next_g=1000, next_fen=Fen(1_50), free_above_fen=Fen(150_00))
T3 = FreightTerms(first_g=1000, first_fen=Fen(8_00), next_g=1000, next_fen=Fen(3_00))

templates = st.builds(
    FreightTerms,
    first_g=st.integers(1, 10_000),
    first_fen=st.integers(0, 5_000).map(Fen),
    next_g=st.integers(1, 10_000),
    next_fen=st.integers(0, 5_000).map(Fen),
    free_above_fen=st.none() | st.integers(1, 50_000).map(Fen),
)
weights = st.integers(0, 1_000_000)
sums = st.integers(0, 100_000).map(Fen)


def test_the_figures_of_the_story() -> None:
    assert compute_freight(T1, gross_g=5600, goods_fen=Fen(90_00)) == 0
    assert compute_freight(T1, gross_g=2800, goods_fen=Fen(45_00)) == 10_00
    assert compute_freight(T2, gross_g=3250, goods_fen=Fen(45_00)) == 11_00
    assert compute_freight(T2, gross_g=4400, goods_fen=Fen(78_00)) == 12_50
    assert compute_freight(T3, gross_g=2200, goods_fen=Fen(64_00)) == 14_00
    assert compute_freight(T3, gross_g=3300, goods_fen=Fen(96_00)) == 17_00


def test_a_started_weight_step_counts_fully_and_a_full_one_once() -> None:
    steps = [compute_freight(T3, gross_g=grams, goods_fen=Fen(1)) for grams in (0, 999, 1000, 1001, 2000, 2001)]
    assert steps == [8_00, 8_00, 8_00, 11_00, 11_00, 14_00]


def test_freight_is_free_from_exactly_the_given_sum() -> None:
    assert compute_freight(T1, gross_g=9000, goods_fen=Fen(87_99)) == 22_00
    assert compute_freight(T1, gross_g=9000, goods_fen=Fen(88_00)) == 0


def test_without_a_template_freight_is_included_and_every_region_is_served() -> None:
    assert compute_freight(None, gross_g=50_000, goods_fen=Fen(1)) == 0
    assert ships_to(None, "540100")


def test_a_region_is_identified_by_its_first_two_digits() -> None:
    assert [ships_to(T1, code) for code in ("540100", "650100", "130100", "155400")] == [False, False, True, True]


@given(templates, weights, sums)
def test_freight_covers_started_weights_and_not_one_more(t: FreightTerms, grams: int, goods: Fen) -> None:
    fen = compute_freight(t, gross_g=grams, goods_fen=goods)
    if t.free_above_fen is not None and goods >= t.free_above_fen:
        assert fen == 0
        return
    begun = 0
    while t.first_g + begun * t.next_g < grams and begun < 1000:
        begun += 1
    if begun < 1000:
        assert fen == t.first_fen + begun * t.next_fen
    else:
        assert fen >= t.first_fen + 1000 * t.next_fen


@given(templates, weights, weights, sums)
def test_more_weight_never_costs_less(t: FreightTerms, one: int, other: int, goods: Fen) -> None:
    light, heavy = sorted((one, other))
    assert compute_freight(t, gross_g=light, goods_fen=goods) <= compute_freight(t, gross_g=heavy, goods_fen=goods)


@given(templates, weights, weights, sums)
def test_one_parcel_never_costs_more_than_two(t: FreightTerms, one: int, other: int, goods: Fen) -> None:
    together = compute_freight(t, gross_g=one + other, goods_fen=Fen(2 * goods))
    apart = compute_freight(t, gross_g=one, goods_fen=goods) + compute_freight(t, gross_g=other, goods_fen=goods)
    next_is_no_dearer = t.next_fen * t.first_g <= t.first_fen * t.next_g
    if next_is_no_dearer:
        assert together <= apart + t.next_fen


def test_surcharges_are_added_also_where_freight_is_free() -> None:
    terms = FreightTerms(
        first_g=1000, first_fen=Fen(6_00), next_g=1000, next_fen=Fen(2_00), free_above_fen=Fen(88_00),
        cold_fen=Fen(5_00), remote_fen=Fen(10_00), remote=("54", "65"),
    )  # fmt: skip

    def freight(goods_fen: int, *, cold: bool, region: str | None) -> int:
        return compute_freight(terms, gross_g=1500, goods_fen=Fen(goods_fen), cold=cold, region_code=region)

    assert freight(50_00, cold=False, region="130100") == 8_00
    assert freight(50_00, cold=True, region="130100") == 13_00
    assert freight(50_00, cold=True, region="650100") == 23_00
    assert freight(88_00, cold=False, region="130100") == 0
    assert freight(88_00, cold=True, region="650100") == 15_00
    assert freight(88_00, cold=True, region=None) == 5_00


@given(templates, weights, sums, st.integers(0, 5_000), st.integers(0, 5_000), st.booleans(), st.booleans())
def test_surcharges_are_exactly_what_they_are(
    t: FreightTerms, grams: int, goods: Fen, cold_fen: int, remote_fen: int, cold: bool, far: bool
) -> None:
    charged = structs.replace(t, cold_fen=Fen(cold_fen), remote_fen=Fen(remote_fen), remote=("65",))
    region = "650100" if far else "130100"
    plain = compute_freight(t, gross_g=grams, goods_fen=goods, cold=cold, region_code=region)
    full = compute_freight(charged, gross_g=grams, goods_fen=goods, cold=cold, region_code=region)
    assert full - plain == cold * cold_fen + far * remote_fen


def test_cold_goods_do_not_go_where_the_cold_chain_ends_and_others_do() -> None:
    terms = structs.replace(T3, no_ship=("54",), no_cold=("65",))
    chilled, ambient = GoodsTerms(storage=Storage.CHILLED), GoodsTerms(no_ship=("46",))

    def fault(goods: GoodsTerms, region: str | None) -> type[Refusal] | None:
        found = find_parcel_fault(terms, goods, Shipment(gross_g=1, region_code=region))
        return found and found.refusal

    assert [fault(chilled, region) for region in ("130100", "650100", "540100", "460100", None)] == [
        None, ColdChainNotThere, RegionNotServed, None, None,
    ]  # fmt: skip
    assert [fault(ambient, region) for region in ("130100", "650100", "540100", "460100")] == [
        None, None, RegionNotServed, ProductNotShippedThere,
    ]  # fmt: skip
