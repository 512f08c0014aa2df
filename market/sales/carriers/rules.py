"""What the facts of a carrier say of a parcel; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from market.sales.carriers.models import TrackingFact, TrackingState, TrackingStep
from payments.retries import RetryPolicy

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far the clock of a carrier may be wrong: facts from before the payment, less this, are another parcel's."""
UNKNOWN_AFTER = timedelta(days=2)
"""How long a carrier may take until it knows a number; sellers write it down before the courier comes."""
QUIET = RetryPolicy(first_delay=timedelta(hours=2), max_delay=timedelta(hours=12))
"""When a parcel that did not move is asked for again."""
UNANSWERED = RetryPolicy(first_delay=timedelta(minutes=5), max_delay=timedelta(hours=6))
"""When a carrier that did not answer is asked again."""


class TrackingStatus(Struct, frozen=True):
    """Where a parcel is: its state, when it moved last, and when it was delivered."""

    state: TrackingState
    moved_at: datetime
    delivered_at: datetime | None = None


def derive_status(
    facts: Sequence[TrackingFact], *, paid_at: datetime, registered_at: datetime, now: datetime
) -> TrackingStatus:
    """Return where a parcel is by all facts that are known of it; those of the future do not count yet.

    A parcel without a fact is `waiting`, and `unknown` two days after its number was registered.
    """
    past = sorted((each for each in facts if each.happened_at <= now + CLOCK_TOLERANCE), key=lambda f: f.happened_at)
    if not past:
        late = now >= registered_at + UNKNOWN_AFTER
        return TrackingStatus(TrackingState.UNKNOWN if late else TrackingState.WAITING, registered_at)
    last = past[-1]
    if past[0].happened_at < paid_at - CLOCK_TOLERANCE:
        return TrackingStatus(TrackingState.MISMATCHED, last.happened_at)
    delivered = [each.happened_at for each in past if each.step is TrackingStep.DELIVERED]
    if delivered:
        return TrackingStatus(TrackingState.DELIVERED, last.happened_at, delivered[0])
    returned = any(each.step is TrackingStep.RETURNED for each in past)
    return TrackingStatus(TrackingState.RETURNED if returned else TrackingState.MOVING, last.happened_at)
