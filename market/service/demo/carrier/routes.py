"""Where a parcel of the sandbox is: a function of its number, the time at which it was accepted, and the clock."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from market.kernel.clock import get_business_day, get_day_start
from market.sales.carriers.models import TrackingFact, TrackingStep


class Fate(StrEnum):
    """What becomes of a parcel; a number that ends in one of these words has it, such as `JT0001LOST`."""

    ARRIVES = ""
    LATE = "LATE"
    LOST = "LOST"
    RETURNED = "BACK"
    UNHEARD_OF = "NONE"
    UNANSWERED = "MUTE"


_JOURNEY = (
    (timedelta(minutes=30), TrackingStep.ACCEPTED, "快递员在寄件的地方收了"),
    (timedelta(hours=9), TrackingStep.MOVED, "到了寄件地的分拣中心"),
    (timedelta(hours=26), TrackingStep.MOVED, "到了收件地的分拣中心"),
    (timedelta(hours=44), TrackingStep.OUT, "快递员在送，请留意电话"),
    (timedelta(hours=47), TrackingStep.DELIVERED, "本人签收"),
)
_RETURN = (
    (timedelta(hours=47), TrackingStep.PROBLEM, "地址上没有人，电话打不通"),
    (timedelta(hours=95), TrackingStep.RETURNED, "退给寄件人"),
)
_OPENS, _CLOSES = timedelta(hours=8), timedelta(hours=20)
_MORNING, _DAY = timedelta(hours=1), timedelta(days=1)
_LATE_FACTOR = 4
_LOST_AFTER = 2
_RETURNED_AFTER = 4


class SandboxParcel(Struct):
    """A parcel: when it was accepted, and how many times faster than a real one it travels.

    `by_day`: whatever happens to it happens between 8:00 and 20:00.
    """

    carrier: str
    number: str
    accepted_at: datetime
    speed: int
    push: str
    pushed: int = 0
    by_day: bool = False


def get_fate(number: str) -> Fate:
    """Return the fate of a number."""
    return next((fate for fate in Fate if fate and number.endswith(fate)), Fate.ARRIVES)


def find_working_moment(moment: datetime) -> datetime:
    """Move a moment into the hours from 8:00 to 20:00, never to an earlier one; what came first stays first.

    What happened in the night happens before nine in the morning, and what happened by day after nine.
    """
    start = get_day_start(get_business_day(moment))
    if moment - start >= _CLOSES:
        start += _DAY
    since = moment - start
    if since < _OPENS:
        night = _DAY - (_CLOSES - _OPENS)
        return start + _OPENS + (since + _DAY - _CLOSES) * (_MORNING / night)
    first = _OPENS + _MORNING
    return start + first + (since - _OPENS) * ((_CLOSES - first) / (_CLOSES - _OPENS))


def list_facts(parcel: SandboxParcel, now: datetime) -> list[TrackingFact]:
    """Return what has happened to a parcel until now."""
    fate = get_fate(parcel.number)
    journey = _JOURNEY
    if fate is Fate.LOST:
        journey = _JOURNEY[:_LOST_AFTER]
    elif fate is Fate.RETURNED:
        journey = _JOURNEY[:_RETURNED_AFTER] + _RETURN
    pace = _LATE_FACTOR if fate is Fate.LATE else 1
    timed: list[TrackingFact] = []
    for after, step, detail in journey:
        moment = parcel.accepted_at + after * pace / parcel.speed
        timed.append(TrackingFact(find_working_moment(moment) if parcel.by_day else moment, step, detail))
    return [fact for fact in timed if fact.happened_at <= now]
