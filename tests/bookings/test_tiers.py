"""What a cancelled stay gives back: which tiers, which of them, how it is rounded."""

from hypothesis import given
from hypothesis import strategies as st

from market.bookings import Tier, refund_rate, refund_share, tiers_for
from market.kernel import Fen

ORDINARY = [Tier(False, 0, 0), Tier(False, 7, 10_000), Tier(False, 3, 5_000)]  # noqa: FBT003 - rows
HOLIDAY = [Tier(True, 7, 5_000), Tier(True, 15, 10_000), Tier(True, 0, 0)]  # noqa: FBT003 - rows
tiers = st.lists(
    st.builds(Tier, holiday=st.booleans(), days_before=st.integers(0, 60), refund_bp=st.integers(0, 10_000)), max_size=6
)


def test_the_first_notice_that_was_kept_decides() -> None:
    days = (30, 7, 6, 3, 2, 0, -1)
    assert [refund_rate(ORDINARY, days_left=each, holiday=False) for each in days] == [
        10_000, 10_000, 5_000, 5_000, 0, 0, 0,
    ]  # fmt: skip


def test_a_night_in_a_holiday_brings_the_tiers_of_holidays() -> None:
    both = ORDINARY + HOLIDAY
    days = (15, 14, 9, 7, 6, 0)
    assert [refund_rate(both, days_left=each, holiday=True) for each in days] == [10_000, 5_000, 5_000, 5_000, 0, 0]
    assert refund_rate(both, days_left=9, holiday=False) == 10_000
    assert [tier.days_before for tier in tiers_for(both, holiday=True)] == [15, 7, 0]


def test_without_tiers_for_holidays_the_ordinary_ones_hold() -> None:
    assert refund_rate(ORDINARY, days_left=7, holiday=True) == 10_000


def test_without_any_tier_everything_goes_back_until_the_day_before() -> None:
    assert [refund_rate([], days_left=each, holiday=False) for each in (1, 0, -1)] == [10_000, 0, 0]


def test_the_fraction_is_the_buyers() -> None:
    assert refund_share(Fen(99_99), 3333) == 33_33
    assert refund_share(Fen(1), 1) == 1
    assert [refund_share(Fen(780_00), each) for each in (10_000, 5_000, 0)] == [780_00, 390_00, 0]


@given(st.integers(0, 10**9), st.integers(0, 10_000))
def test_what_goes_back_and_what_is_kept_are_the_whole(amount: int, refund_bp: int) -> None:
    back = refund_share(Fen(amount), refund_bp)
    kept = amount - back
    assert 0 <= back <= amount
    assert kept == amount * (10_000 - refund_bp) // 10_000


@given(tiers, st.integers(-5, 70), st.booleans())
def test_a_rate_is_one_of_the_tiers_or_nothing(given_tiers: list[Tier], days_left: int, holiday: bool) -> None:  # noqa: FBT001 - drawn
    rate = refund_rate(given_tiers, days_left=days_left, holiday=holiday)
    fitting = tiers_for(given_tiers, holiday=holiday)
    kept = [tier.refund_bp for tier in fitting if tier.days_before <= days_left]
    longest = max((tier.days_before for tier in fitting if tier.days_before <= days_left), default=None)
    if not fitting:
        assert rate == (10_000 if days_left > 0 else 0)
    elif longest is None:
        assert (rate, kept) == (0, [])
    else:
        assert rate in [tier.refund_bp for tier in fitting if tier.days_before == longest]
