"""Until when received goods can be returned: a rule of the returns, and of what payouts keep back."""

from datetime import datetime, timedelta

from market.kernel.clock import get_business_day, get_day_start


def get_first_returnable(*, days: int, now: datetime) -> datetime:
    """Return from when on goods must have been received to be returnable now: the beginning of a business day.

    The day of receipt does not count, and the last of the `days` days does to its end.
    """
    return get_day_start(get_business_day(now) - timedelta(days=days))
