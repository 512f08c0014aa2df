"""The hours at which people of the sample act: nobody orders or packs at three in the morning."""

from datetime import datetime, timedelta

from market.kernel.clock import get_business_day, get_day_start

_MORNING, _NIGHT = timedelta(hours=7), timedelta(hours=22)
_DAY = timedelta(days=1)


def find_waking_moment(moment: datetime, *, now: datetime) -> datetime:
    """Move a past moment to between seven and ten of its day; what came first stays first, and nothing is after `now`.

    Of today it is between seven and now, and before seven of the evening before.
    """
    today = get_day_start(get_business_day(now))
    start = get_day_start(get_business_day(moment))
    if start < today:
        return start + _MORNING + (moment - start) * ((_NIGHT - _MORNING) / _DAY)
    elapsed = max(now - today, timedelta(seconds=1))
    if elapsed > _MORNING:
        return today + _MORNING + (moment - today) * ((elapsed - _MORNING) / elapsed)
    return today - _DAY + _NIGHT + (moment - today) * (timedelta(hours=1) / elapsed)
