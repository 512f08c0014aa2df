"""The refund of a cancelled stay: which tiers apply, which of them decides, and rounding."""

from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.bookings.tiers import compute_stay_refund, get_refund_rate, select_tiers
from market.kernel import Fen

ORDINARY = [CancellationTier(False, 0, 0), CancellationTier(False, 7, 10_000), CancellationTier(False, 3, 5_000)]
HOLIDAY = [CancellationTier(True, 7, 5_000), CancellationTier(True, 15, 10_000), CancellationTier(True, 0, 0)]
tiers = st.lists(
    st.builds(
        CancellationTier, holiday=st.booleans(), days_before=st.integers(0, 60), refund_bp=st.integers(0, 10_000)
    ),
    max_size=6,
)


def test_the_longest_notice_that_is_met_decides() -> None:
    days = (30, 7, 6, 3, 2, 0, -1)
    assert [get_refund_rate(ORDINARY, days_left=each, holiday=False) for each in days] == [
        10_000, 10_000, 5_000, 5_000, 0, 0, 0,
    ]  # fmt: skip


def test_a_night_in_a_holiday_selects_the_holiday_tiers() -> None:
    both = ORDINARY + HOLIDAY
    days = (15, 14, 9, 7, 6, 0)
    assert [get_refund_rate(both, days_left=each, holiday=True) for each in days] == [10_000, 5_000, 5_000, 5_000, 0, 0]
    assert get_refund_rate(both, days_left=9, holiday=False) == 10_000
    assert [tier.days_before for tier in select_tiers(both, holiday=True)] == [15, 7, 0]


def test_without_holiday_tiers_the_ordinary_ones_apply() -> None:
    assert get_refund_rate(ORDINARY, days_left=7, holiday=True) == 10_000


def test_without_tiers_everything_is_refunded_until_the_day_before() -> None:
    assert [get_refund_rate([], days_left=each, holiday=False) for each in (1, 0, -1)] == [10_000, 0, 0]


def test_a_fraction_is_rounded_in_the_buyers_favour() -> None:
    assert compute_stay_refund(paid_fen=Fen(99_99), refund_bp=3333) == 33_33
    assert compute_stay_refund(paid_fen=Fen(1), refund_bp=1) == 1
    assert [compute_stay_refund(paid_fen=Fen(780_00), refund_bp=each) for each in (10_000, 5_000, 0)] == [
        780_00,
        390_00,
        0,
    ]


@given(st.integers(0, 10**9), st.integers(0, 10_000))
def test_refund_and_remainder_sum_to_the_amount(amount: int, refund_bp: int) -> None:
    back = compute_stay_refund(paid_fen=Fen(amount), refund_bp=refund_bp)
    kept = amount - back
    assert 0 <= back <= amount
    assert kept == amount * (10_000 - refund_bp) // 10_000


@given(tiers, st.integers(-5, 70), st.booleans())
def test_a_rate_is_one_of_the_tiers_or_zero(
    given_tiers: list[CancellationTier],
    days_left: int,
    holiday: bool,
) -> None:
    rate = get_refund_rate(given_tiers, days_left=days_left, holiday=holiday)
    fitting = select_tiers(given_tiers, holiday=holiday)
    kept = [tier.refund_bp for tier in fitting if tier.days_before <= days_left]
    longest = max((tier.days_before for tier in fitting if tier.days_before <= days_left), default=None)
    if not fitting:
        assert rate == (10_000 if days_left > 0 else 0)
    elif longest is None:
        assert (rate, kept) == (0, [])
    else:
        assert rate in [tier.refund_bp for tier in fitting if tier.days_before == longest]
