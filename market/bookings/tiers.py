"""How much of a stay is refunded when it is cancelled."""

from collections.abc import Sequence

from market.bookings.models import CancellationTier
from market.kernel import BASIS_POINTS, Fen, apply_rate


def select_tiers(tiers: Sequence[CancellationTier], *, holiday: bool) -> list[CancellationTier]:
    """Return the tiers that apply, longest notice first: those of holidays if the stay has a night in one.

    A stay without tiers for holidays keeps its ordinary ones.
    """
    fitting = [tier for tier in tiers if tier.holiday] if holiday else []
    return sorted(
        fitting or [tier for tier in tiers if not tier.holiday], key=lambda tier: tier.days_before, reverse=True
    )


def get_refund_rate(tiers: Sequence[CancellationTier], *, days_left: int, holiday: bool) -> int:
    """Return the share, in basis points, that is refunded `days_left` days before arrival.

    The first tier whose notice is met decides; with less notice than every tier nothing is refunded. A stay without
    tiers refunds everything until the day before arrival.
    """
    fitting = select_tiers(tiers, holiday=holiday)
    if not fitting:
        return BASIS_POINTS if days_left > 0 else 0
    return next((tier.refund_bp for tier in fitting if days_left >= tier.days_before), 0)


def compute_stay_refund(amount: Fen, refund_bp: int) -> Fen:
    """Return the refunded part of a sum; what the producer keeps is rounded down, in the buyer's favour."""
    return Fen(amount - apply_rate(amount, BASIS_POINTS - refund_bp))
