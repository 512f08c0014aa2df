"""Freight: first weight, started further weights, free above, and regions not served."""

from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.freight import FreightTerms, compute_freight, ships_to
from market.kernel import Fen

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
