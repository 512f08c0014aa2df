"""Where a parcel is, as pages say it to its buyer and its seller."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from market.catalogue.producers.closures import CLOSURE_REASON_NAMES
from market.kernel.language import say
from market.sales.aftersales.models import OWN_DELIVERY
from market.sales.carriers.models import CARRIER_NAMES, STEP_NAMES, TrackingState
from market.sales.carriers.tracking import Tracking
from market.sales.orders.models import SuborderState
from market.sales.orders.queries import SuborderView
from market.sales.pickups.models import Pickup, PickupState
from market.service.web.ui.format import clock, day_short

MAX_SHOWN = 8


class TrackingLine(Struct, frozen=True):
    """What happened to a parcel, oldest first, as (words, state, day); and what is wrong with it, if anything."""

    steps: list[tuple[str, str, str]]
    trouble: str


def present_tracking(tracking: Tracking, *, now: datetime, unmoved_days: int, to_seller: bool = False) -> TrackingLine:
    """Return the latest facts of a parcel, and what keeps it from arriving."""
    delivered = tracking.state is TrackingState.DELIVERED
    shown = tracking.facts[-MAX_SHOWN:]
    steps = [
        (
            fact.detail or say(STEP_NAMES[fact.step]),
            "now" if fact is shown[-1] and not delivered else "done",
            say("{0} {1}　{2}", day_short(fact.happened_at), clock(fact.happened_at), say(STEP_NAMES[fact.step])),
        )
        for fact in shown
    ]
    return TrackingLine(steps, _describe_trouble(tracking, now, unmoved_days, to_seller=to_seller))


def summarize_tracking(tracking: Tracking, *, now: datetime, unmoved_days: int) -> str:
    """Return in a word or two where a parcel is."""
    if tracking.state is TrackingState.DELIVERED:
        return say("送到了，等买家收")
    trouble = _describe_trouble(tracking, now, unmoved_days, to_seller=True)
    return say("要看一下") if trouble else say("在路上")


def _describe_trouble(tracking: Tracking, now: datetime, unmoved_days: int, *, to_seller: bool) -> str:
    carrier = say(CARRIER_NAMES[tracking.carrier])
    still = (now - tracking.moved_at) // timedelta(days=1)
    what = {
        TrackingState.UNKNOWN: say("{0}查不到这个单号。", carrier),
        TrackingState.MISMATCHED: say("这个单号是以前的包裹的。"),
        TrackingState.RETURNED: say("{0}说退回去了。", carrier),
        TrackingState.GIVEN_UP: say("{0}一直没有送到。", carrier),
        TrackingState.MOVING: say("{0} 天没动静了。", still) if still >= unmoved_days else "",
    }.get(tracking.state, "")
    if not what:
        return ""
    if to_seller:
        check = tracking.state in {TrackingState.UNKNOWN, TrackingState.MISMATCHED}
        return what + (
            say("请对一下，写错了就在下面改。") if check else say("请打电话问{0}。钱要等买家收到。", carrier)
        )
    return what + say("没收到以前，钱不给卖家；平台也看到了。着急请打电话。")


def describe_pickup(pickup: Pickup, state: SuborderState) -> list[str]:
    """Return where a parcel is picked up, until when, and what became of it."""
    point = pickup.point
    where = say("自提：{0}，{1}，{2}，电话 {3}。", point.name, point.address, point.hours, point.phone)
    if pickup.state is PickupState.RETURNED:
        return [say("过了日子没有取。")]
    if state not in {SuborderState.PAID, SuborderState.SHIPPED}:
        return []
    if pickup.state is PickupState.ARRIVED and pickup.until:
        return [where, say("到了，{0}前去取。", day_short(pickup.until))]
    return [where, say("到了会把取货码发给您。")]


def describe_carrier(suborder: SuborderView) -> str:
    """Return the carrier and the number of a parcel that was sent, or that its seller brings it."""
    if suborder.tracking:
        return f"{say(suborder.carrier or '')} {suborder.tracking}"
    return say(OWN_DELIVERY) if suborder.shipped_at else ""


def describe_sending(suborder: SuborderView, today: date) -> list[str]:
    """Return until when a paid parcel is sent, or when it is cancelled if it is late."""
    if suborder.state is not SuborderState.PAID or suborder.send_by is None or suborder.cancel_on is None:
        return []
    if today <= suborder.send_by:
        return [say("{0}前发货。{1}", day_short(suborder.send_by), _describe_move(suborder))]
    return [
        say("晚了，{0}就该发，已经催卖家。", day_short(suborder.send_by)),
        say("{0}还没发，自动取消，钱全退给您；您也可以现在不要。", day_short(suborder.cancel_on)),
    ]


def _describe_move(suborder: SuborderView) -> str:
    """Return why a parcel is sent later than planned, if closed days of its seller moved it."""
    if suborder.moved_for is None or suborder.planned_by is None:
        return ""
    reason = say(CLOSURE_REASON_NAMES[suborder.moved_for])
    return say("卖家{0}歇几天，本来是{1}前，往后推了；不想等可以不要，全退。", reason, day_short(suborder.planned_by))
