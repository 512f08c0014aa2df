"""How much of a stay comes back when it is cancelled."""

from collections.abc import Sequence

from market.bookings.models import Tier
from market.kernel import BASIS, Fen, rate_down


def tiers_for(tiers: Sequence[Tier], *, holiday: bool) -> list[Tier]:
    """Return the tiers that apply, the longest notice first: those of holidays where the stay has a night in one.

    A stay without tiers of its own for holidays keeps its ordinary ones.
    """
    fitting = [tier for tier in tiers if tier.holiday] if holiday else []
    return sorted(
        fitting or [tier for tier in tiers if not tier.holiday], key=lambda tier: tier.days_before, reverse=True
    )


def refund_rate(tiers: Sequence[Tier], *, days_left: int, holiday: bool) -> int:
    """Return the share, in basis points, that comes back `days_left` days before arrival.

    The first tier whose notice is kept decides; with less notice than any tier asks for nothing comes back. A stay
    without any tier gives everything back until the day before arrival.
    """
    fitting = tiers_for(tiers, holiday=holiday)
    if not fitting:
        return BASIS if days_left > 0 else 0
    return next((tier.refund_bp for tier in fitting if days_left >= tier.days_before), 0)


def refund_share(amount: Fen, refund_bp: int) -> Fen:
    """Return what comes back of a sum; what is kept is rounded down, so that the buyer gains the fraction."""
    return Fen(amount - rate_down(amount, BASIS - refund_bp))
