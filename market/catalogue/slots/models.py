"""Slots of activities, reservations of their places, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.listings.night_rules import RuleKind
from market.kernel import Fen, Refusal
from market.kernel.clock import SHANGHAI, get_business_day

SlotId = NewType("SlotId", UUID)

MAX_PLACES = 5000
MAX_DAYS_AHEAD = 365
"""How far ahead slots may be added."""
MAX_DAYS_AT_ONCE = 62
"""On how many days a host may add a slot at once."""
MAX_SLOTS_SHOWN = 100
"""How many slots a page of them has."""
MAX_SLOTS_COUNTED = 1_000


class SlotState(StrEnum):
    """The state of a slot; a closed one takes no more guests, those of a cancelled one get their money back."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CancelReason(StrEnum):
    """Why a slot was cancelled: the first two by its host."""

    WEATHER = "weather"
    HOST = "host"
    MINIMUM = "minimum"
    VILLAGE = "village"


CANCEL_REASON_NAMES = {
    CancelReason.WEATHER: "天气不好",
    CancelReason.HOST: "主家有事",
    CancelReason.MINIMUM: "人数不够",
    CancelReason.VILLAGE: "村撤并了",
}


HOST_CANCEL_REASONS = (CancelReason.WEATHER, CancelReason.HOST)


class ReservationState(StrEnum):
    """The state of a reservation of places: unpaid, paid, and how it ended.

    A seat, for which nothing is paid, waits, is offered, or is booked.
    """

    WAITING = "waiting"
    OFFERED = "offered"
    RESERVED = "reserved"
    BOOKED = "booked"
    ATTENDED = "attended"
    MISSED = "missed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Slot(Struct, frozen=True, kw_only=True):
    """A slot of an activity, with the refunds of cancelling a place in it; `free` places can be reserved.

    A place costs `price_fen` on its day, by `price_rule`, and for a child `child_price_fen`, if that has its own price.
    `holiday_name` is that of the public holiday whose day off it is, if it is one.
    """

    id: SlotId
    listing_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    minimum: int
    free: int
    state: SlotState
    holiday: bool
    tiers: list[CancellationTier]
    price_fen: Fen
    child_price_fen: Fen | None
    price_rule: RuleKind
    holiday_name: str | None

    @property
    def day(self) -> date:
        """The business day on which it starts."""
        return get_business_day(self.starts_at)


def format_slot_hours(starts_at: datetime, ends_at: datetime) -> str:
    """Format the hours of a slot: `8:00–12:00`."""
    start, end = starts_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    return f"{start.hour}:{start.minute:02}–{end.hour}:{end.minute:02}"


class SlotNeeded(Refusal):
    """The activity is ordered by slot, and none of its slots is named."""

    code = "slot_needed"
    status = 422
    zh = "先选“{title}”的哪一场。"
    en = "Choose a slot of “{title}”."


class SlotNotOffered(Refusal):
    """Goods are ordered with a slot, which only activities have."""

    code = "slot_not_offered"
    status = 422
    zh = "“{title}”不分场次，不用选场。"
    en = "“{title}” has no slots; order it without one."


class SlotStarted(Refusal):
    """The slot has started or is over."""

    code = "slot_started"
    zh = "“{title}”这一场已经开始了，换一场。"
    en = "This slot of “{title}” has started."


class SlotClosed(Refusal):
    """The host takes no more guests in the slot, or cancelled it."""

    code = "slot_closed"
    zh = "“{title}”这一场不接人了，换一场。"
    en = "This slot of “{title}” takes no more guests."


class PartyTooLarge(Refusal):
    """The party is larger than the slot has places in all."""

    code = "party_too_large"
    status = 422
    zh = "“{title}”这一场一共只有 {capacity} 个名额。"
    en = "This slot of “{title}” has {capacity} places in all."


class SlotFull(Refusal):
    """Fewer places are free than requested."""

    code = "slot_full"
    zh = "“{title}”这一场只剩 {left} 个名额了，少去几位，或者换一场。"
    en = "This slot of “{title}” has {left} free places."


class SlotReserved(SlotFull):
    """The missing places are in unpaid orders and may become free."""

    code = "slot_reserved"
    zh = "“{title}”这一场现在只剩 {left} 个名额，其余在等别人付款；{minutes} 分钟内没付款会放出来，可以再试。"
    en = "This slot of “{title}” has {left} free places; the rest is in orders that have {minutes} minutes to pay."


class InvalidSlot(Refusal):
    """A slot as its host entered it is invalid; `errors` lists the fields."""

    code = "slot_wrong"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class SlotOverlap(Refusal):
    """The activity has a slot at that time already; nothing was added."""

    code = "slot_overlap"
    status = 409
    zh = "这个时间已经有一场了，没有加。换个时间，或者先取消那一场。"
    en = "The activity has a slot at that time; nothing was added."


class SlotNotOpen(Refusal):
    """The slot cannot be changed: it has started, is over, or was cancelled."""

    code = "slot_not_open"
    zh = "这一场已经开始了，或者取消了，改不了。"
    en = "The slot has started or was cancelled and cannot be changed."


class SeatsFull(SlotFull):
    """Every seat is taken; the person can wait for one."""

    code = "seats_full"
    zh = "“{title}”名额满了。可以排队，有人不来就留给您 24 小时。"
    en = "Every seat of “{title}” is taken; wait for one that is given up."


class AlreadySeated(Refusal):
    """The person has a seat in the slot, or waits for one."""

    code = "already_seated"
    zh = "“{title}”这一场，这个人报过名了。"
    en = "The person has signed up for “{title}”."


class OfferLapsed(Refusal):
    """The seat is not offered, or its time is over."""

    code = "offer_lapsed"
    zh = "这个名额过了留的时间，让给下一位了。"
    en = "The seat is not offered any more."
