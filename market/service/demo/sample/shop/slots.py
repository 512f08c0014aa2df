"""The sample slots of activities: a morning on the days of orders, and on the weekends of the next weeks."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.night_rules import RuleKind
from market.catalogue.slots.models import ReservationState, Slot, SlotId, SlotState
from market.kernel.clock import get_business_day, get_day_start
from market.sales.orders.checkout.pricing import GoodsOffer
from market.sales.orders.models import SuborderState
from market.service.demo.sample.copy_rows import CopyRow
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.listings import SampleGoods
from market.service.demo.sample.shop.order_records import SampleSuborder

SLOT_PLACES = 20
_START, _END = timedelta(hours=8), timedelta(hours=12)
_WEEKS_AHEAD = 4
_SATURDAY = 5
_LIVE_STATES = {ReservationState.RESERVED, ReservationState.BOOKED, ReservationState.ATTENDED}
_STATES = {
    SuborderState.PLACED: ReservationState.RESERVED,
    SuborderState.PAID: ReservationState.BOOKED,
    SuborderState.RECEIVED: ReservationState.ATTENDED,
    SuborderState.CANCELLED: ReservationState.CANCELLED,
    SuborderState.EXPIRED: ReservationState.EXPIRED,
}


class SlotCopyRow(CopyRow, frozen=True):
    """A slot of an activity."""

    table = "slots"
    id: UUID
    listing_id: UUID
    during: "asyncpg.Range[datetime]"
    capacity: int
    free: int


class SlotReservationCopyRow(CopyRow, frozen=True, kw_only=True):
    """The places of a suborder in a slot."""

    table = "slot_reservations"
    id: UUID
    slot_id: UUID
    suborder_id: UUID
    party: int
    state: str
    code_hash: bytes | None
    code_sealed: bytes | None
    attended_at: datetime | None


class SampleSlots:
    """Makes a slot when it is first asked for; each takes as many guests as it has places."""

    def __init__(self, seed: int) -> None:
        self._rng = SeededRandom(seed, "slots")
        self._slots: dict[tuple[UUID, date], Slot] = {}
        self._asked: dict[SlotId, int] = {}

    def take(self, goods: GoodsOffer, day: date, party: int) -> Slot:
        """Take places for a party that orders on `day`: in a slot of the next days that has them."""
        day += timedelta(days=self._rng.randint(1, 6))
        while True:
            slot = self._provide(goods, day)
            if self._asked[slot.id] + party <= SLOT_PLACES:
                self._asked[slot.id] += party
                return slot
            day += timedelta(days=1)

    def add_weekends(self, goods: Sequence[SampleGoods], now: datetime) -> None:
        """Add the slots of the next weekends in the season of each activity."""
        days = [get_business_day(now) + timedelta(days=ahead) for ahead in range(1, 7 * _WEEKS_AHEAD + 1)]
        for each in goods:
            for day in days if each.goods.listing_kind == ListingKind.ACTIVITY else ():
                if day.weekday() >= _SATURDAY and day.month in each.months:
                    self._provide(each.goods, day)

    def list_rows(self, reservations: Iterable[SlotReservationCopyRow]) -> list[SlotCopyRow]:
        """Return the slots, whose free places are those that no live reservation takes."""
        taken = dict.fromkeys(self._asked, 0)
        for each in reservations:
            taken[SlotId(each.slot_id)] += each.party if each.state in _LIVE_STATES else 0
        return [
            SlotCopyRow(
                slot.id,
                slot.listing_id,
                asyncpg.Range(slot.starts_at, slot.ends_at),
                SLOT_PLACES,
                SLOT_PLACES - taken[slot.id],
            )
            for slot in self._slots.values()
        ]

    def _provide(self, goods: GoodsOffer, day: date) -> Slot:
        key = (goods.listing_id, day)
        if key not in self._slots:
            start = get_day_start(day)
            slot = Slot(
                id=SlotId(self._rng.make_uuid7(start)), listing_id=goods.listing_id, starts_at=start + _START,
                ends_at=start + _END, capacity=SLOT_PLACES, minimum=1, free=SLOT_PLACES, state=SlotState.OPEN,
                holiday=False, tiers=[], price_fen=goods.price_fen, child_price_fen=None, price_rule=RuleKind.ALWAYS,
                holiday_name=None,
            )  # fmt: skip
            self._slots[key], self._asked[slot.id] = slot, 0
        return self._slots[key]


def make_reservation(
    suborder: SampleSuborder, slot: Slot, reservation_id: UUID, code_hash: bytes, code_sealed: bytes
) -> SlotReservationCopyRow:
    """Return the places of a suborder; only paid ones have a code."""
    state = _STATES[suborder.state]
    coded = state in {ReservationState.BOOKED, ReservationState.ATTENDED}
    return SlotReservationCopyRow(
        id=reservation_id,
        slot_id=slot.id,
        suborder_id=suborder.id,
        party=sum(line.quantity for line in suborder.draft.lines),
        state=state,
        code_hash=code_hash if coded else None,
        code_sealed=code_sealed if coded else None,
        attended_at=suborder.received_at,
    )
