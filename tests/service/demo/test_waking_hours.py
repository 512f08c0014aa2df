"""The people of the sample act by day, in the order in which they did."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from market.kernel.clock import SHANGHAI
from market.service.demo.carrier.routes import find_working_moment
from market.service.demo.sample.waking_hours import find_waking_moment

NOWS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 31)).map(lambda each: each.replace(tzinfo=SHANGHAI))
AGO = st.integers(0, 60 * 24 * 20).map(lambda minutes: timedelta(minutes=minutes))


@given(NOWS, AGO, AGO)
def test_people_of_the_sample_act_by_day_in_their_order(now: datetime, one: timedelta, other: timedelta) -> None:
    earlier, later = max(one, other), min(one, other)
    moments = [find_waking_moment(now - ago, now=now) for ago in (earlier, later)]
    assert moments == sorted(moments)
    assert (moments[0] < moments[1]) == (earlier > later)
    for each in moments:
        assert each <= now
        assert 7 <= each.astimezone(SHANGHAI).hour < 24


def test_the_same_time_of_ten_days_becomes_ten_times() -> None:
    now = datetime(2026, 11, 28, 2, 50, tzinfo=SHANGHAI)
    moments = [find_waking_moment(now - timedelta(days=days), now=now) for days in range(1, 11)]
    assert len({each.astimezone(SHANGHAI).time() for each in moments}) == 10


@given(NOWS, AGO)
def test_parcels_of_the_sample_travel_by_day_in_their_order(sent: datetime, later: timedelta) -> None:
    moments = [find_working_moment(each) for each in (sent, sent + later)]
    assert (moments[0] < moments[1]) == (later > timedelta(0))
    assert moments[0] >= sent
    assert moments[1] >= sent + later
    for each in moments:
        assert 8 <= each.astimezone(SHANGHAI).hour < 20
