"""The hours at which people of the sample act: nobody orders or packs at three in the morning."""

from datetime import datetime, timedelta

from market.kernel.clock import get_business_day, get_day_start

_MORNING, _NIGHT = timedelta(hours=7), timedelta(hours=22)
_DAY = timedelta(days=1)
_MAX_LATE_START, _MAX_EARLY_END = 241, 181
"""By less than how many minutes a day begins after seven and ends before ten, so that no two days look alike."""


def find_waking_moment(moment: datetime, *, now: datetime) -> datetime:
    """Move a past moment to between seven and ten of its day; what came first stays first, and nothing is after `now`.

    The same time of two days becomes two times. Of today it is between seven and now, and before seven of the evening
    before.
    """
    today = get_day_start(get_business_day(now))
    day = get_business_day(moment)
    start = get_day_start(day)
    if start < today:
        first = _MORNING + timedelta(minutes=day.toordinal() * 97 % _MAX_LATE_START)
        last = _NIGHT - timedelta(minutes=day.toordinal() * 53 % _MAX_EARLY_END)
        return start + first + (moment - start) * ((last - first) / _DAY)
    elapsed = max(now - today, timedelta(seconds=1))
    if elapsed > _MORNING:
        return today + _MORNING + (moment - today) * ((elapsed - _MORNING) / elapsed)
    return today - _DAY + _NIGHT + (moment - today) * (timedelta(hours=1) / elapsed)
