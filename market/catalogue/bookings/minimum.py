"""How many nights a guest stays at least. Pure."""

from datetime import date, timedelta

from msgspec import Struct

from market.catalogue.bookings.models import StayTooShort
from market.catalogue.listings.night_rules import RuleKind
from market.kernel import FieldFault
from market.kernel.language import say, say_day


class NightMinimum(Struct, frozen=True):
    """The night that asks for the longest stay, the rule by which it does, and its holiday.

    `fills_gap`: the stay is shorter, and fills a gap between others that nothing longer can be sold in.
    """

    night: date
    min_nights: int
    min_rule: RuleKind
    holiday: str | None
    fills_gap: bool = False


def find_short_stay(minimum: NightMinimum, *, title: str, arrive: date, leave: date, field: str) -> StayTooShort | None:
    """Return the refusal of a stay that is shorter than one of its nights asks for, with the right day, or None.

    One that fills a gap is not too short: the nights could not be sold otherwise.
    """
    if minimum.fills_gap or (leave - arrive).days >= minimum.min_nights:
        return None
    until = arrive + timedelta(days=minimum.min_nights)
    reason = describe_reason(minimum)
    day = say_day(until)
    fault = FieldFault(
        field,
        say("{0}最少住 {1} 晚，改到{2}走", reason, minimum.min_nights, day)
        if reason
        else say("最少住 {0} 晚，改到{1}走", minimum.min_nights, day),
    )
    return StayTooShort(
        title=title, reason=reason, min_nights=minimum.min_nights, until=until, day=day, errors=(fault,)
    )


def describe_reason(minimum: NightMinimum) -> str:
    """Return the days for which the least number of nights holds: `国庆`; empty if it always holds."""
    if minimum.min_rule is RuleKind.HOLIDAY:
        return say(minimum.holiday or "放假")
    if minimum.min_rule is RuleKind.WEEKEND:
        return say("周五、周六晚上")
    return say_day(minimum.night) if minimum.min_rule is RuleKind.SEASON else ""
