"""Who supplies which packages, how shares divide a price, and the strictest refund, for any numbers."""

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.bookings.tiers import find_strictest_tiers, get_refund_rate
from market.kernel import Fen
from market.sales.packages.rules import Capacity, choose_suppliers, propose_shares


def make_capacity(ordinal: int, free: int, served: int = 0) -> Capacity:
    return Capacity(
        position=1, ordinal=ordinal, listing_id=UUID(int=ordinal), variant_id=UUID(int=ordinal), slot_id=None,
        starts_at=None, ends_at=None, free=free, possible=free, most=free, served=served,
    )  # fmt: skip


pools = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=6).map(
    lambda sizes: [make_capacity(ordinal, free, served) for ordinal, (free, served) in enumerate(sizes, 1)]
)


@given(pool=pools, quantity=st.integers(1, 5), count=st.integers(1, 20))
def test_all_packages_are_supplied_or_none_and_nobody_beyond_what_is_free(
    pool: list[Capacity], quantity: int, count: int
) -> None:
    chosen = choose_suppliers(pool, quantity=quantity, count=count)
    fitting = sum(each.free // quantity for each in pool)
    assert sum(packages for _, packages in chosen) == (count if fitting >= count else 0)
    assert all(0 < packages * quantity <= each.free for each, packages in chosen)
    assert len({each.ordinal for each, _ in chosen}) == len(chosen)


@given(pool=pools, quantity=st.integers(1, 5), count=st.integers(1, 20))
def test_as_few_households_as_possible_supply_a_party_and_they_take_turns(
    pool: list[Capacity], quantity: int, count: int
) -> None:
    chosen = choose_suppliers(pool, quantity=quantity, count=count)
    largest = sorted((each.free // quantity for each in pool), reverse=True)
    fewest = next((n for n in range(len(pool) + 1) if sum(largest[:n]) >= count), 0)
    assert len(chosen) == fewest
    if fewest == 1:
        able = [each for each in pool if each.free // quantity >= count]
        assert chosen[0][0] == min(able, key=lambda each: (each.served, each.ordinal))


@given(price=st.integers(2_00, 100_000_00), usual=st.lists(st.integers(1, 1_000_000_00), min_size=1, max_size=8))
def test_proposed_shares_are_the_price_and_fair_to_the_fen(price: int, usual: list[int]) -> None:
    shares = propose_shares(Fen(price), [Fen(each) for each in usual])
    assert sum(shares) == price
    assert all(share >= 0 for share in shares)
    assert all(abs(share * sum(usual) - price * each) < sum(usual) for share, each in zip(shares, usual, strict=True))


def test_what_is_left_goes_to_the_largest_remainder_and_ties_to_the_earlier_part() -> None:
    assert propose_shares(Fen(100), [Fen(1), Fen(1), Fen(1)]) == [34, 33, 33]
    assert propose_shares(Fen(100), [Fen(10), Fen(25), Fen(1)]) == [28, 69, 3]


def make_tiers(*tiers: tuple[int, int], holiday: bool = False) -> list[CancellationTier]:
    return [CancellationTier(holiday, days, rate) for days, rate in tiers]


visits = st.lists(
    st.dictionaries(st.integers(0, 20), st.integers(0, 10_000), max_size=3).map(
        lambda steps: make_tiers(*zip(sorted(steps), sorted(steps.values()), strict=True))
    ),
    min_size=1,
    max_size=4,
)


@given(tiers=visits, days_left=st.integers(0, 25))
def test_no_visit_refunds_less_than_the_strictest_tier_says(
    tiers: Sequence[Sequence[CancellationTier]], days_left: int
) -> None:
    strictest = find_strictest_tiers(tiers, holiday=False)
    least = min(get_refund_rate(each, days_left=days_left, holiday=False) for each in tiers)
    assert get_refund_rate(strictest, days_left=days_left, holiday=False) == least


def test_the_strictest_tier_names_each_notice_once() -> None:
    stay, walk = make_tiers((7, 10_000), (3, 5_000), (0, 0)), make_tiers((15, 10_000), (1, 8_000))
    assert find_strictest_tiers([stay, walk], holiday=False) == make_tiers((15, 10_000), (7, 8_000), (3, 5_000), (0, 0))
    assert find_strictest_tiers([[]], holiday=False) == make_tiers((1, 10_000))
