"""Compute the refund of a cancelled visit: a stay, or places in a slot."""

from collections.abc import Sequence

from market.catalogue.bookings.models import CancellationTerms, CancellationTier
from market.kernel import BASIS_POINTS, Fen, apply_rate


def select_tiers(tiers: Sequence[CancellationTier], *, holiday: bool) -> list[CancellationTier]:
    """Return the applicable tiers, longest notice first: those for holidays if the stay has a holiday night.

    A stay without holiday tiers uses its ordinary ones.
    """
    holiday_tiers = [tier for tier in tiers if tier.holiday] if holiday else []
    return sorted(
        holiday_tiers or [tier for tier in tiers if not tier.holiday], key=lambda tier: tier.days_before, reverse=True
    )


def get_refund_rate(tiers: Sequence[CancellationTier], *, days_left: int, holiday: bool) -> int:
    """Return the share, in basis points, that is refunded `days_left` days before arrival.

    The first tier whose notice is met applies; with less notice than every tier nothing is refunded. A stay without
    tiers is refunded in full until the day before arrival.
    """
    applicable = select_tiers(tiers, holiday=holiday)
    if not applicable:
        return BASIS_POINTS if days_left > 0 else 0
    return next((tier.refund_bp for tier in applicable if days_left >= tier.days_before), 0)


def find_strictest_tiers(tiers: Sequence[Sequence[CancellationTier]], *, holiday: bool) -> list[CancellationTier]:
    """Return for several visits, each with its tiers, the least that is refunded of any at each notice.

    The result has one tier for each notice at which that changes, longest first. A visit without tiers is refunded in
    full until the day before.
    """
    notices = sorted({1, *(tier.days_before for each in tiers for tier in each)}, reverse=True)
    strictest: list[CancellationTier] = []
    for days in notices:
        rate = min((get_refund_rate(each, days_left=days, holiday=holiday) for each in tiers), default=0)
        if strictest and strictest[-1].refund_bp == rate:
            strictest[-1] = CancellationTier(holiday, days, rate)
        else:
            strictest.append(CancellationTier(holiday, days, rate))
    return strictest


def make_terms(tiers: Sequence[CancellationTier], *, days_left: int, holiday: bool) -> CancellationTerms:
    """Return the refund `days_left` days before a visit, and the tiers that apply to it."""
    refund_bp = get_refund_rate(tiers, days_left=days_left, holiday=holiday)
    return CancellationTerms(holiday, days_left, refund_bp, select_tiers(tiers, holiday=holiday))


def compute_stay_refund(*, paid_fen: Fen, refund_bp: int) -> Fen:
    """Return the refund of a paid stay; the part that the producer keeps is rounded down, in the buyer's favour."""
    return Fen(paid_fen - apply_rate(paid_fen, BASIS_POINTS - refund_bp))
