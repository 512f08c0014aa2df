"""Choose the orders of the last 90 days: buyer, time, contents and how each ends."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.minimum import NightMinimum
from market.catalogue.listings.night_rules import RuleKind
from market.kernel import Fen
from market.kernel.clock import get_business_day, get_day_start
from market.sales.orders.checkout.pricing import (
    DraftLine,
    DraftSuborder,
    GoodsOffer,
    StayOffer,
    price_goods_line,
    price_stay_line,
    price_suborders,
)
from market.sales.orders.models import SuborderKind
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.listings import SampleGoods, SampleLodging
from market.service.demo.sample.shop.slots import SampleSlots

ORDER_DAYS = 90
_ORDERS_PER_DAY = 46
"""Average orders a day; weekends have 30 percent more."""
_STAY_PERCENT = 11
_SECOND_LINE_PERCENT = 26
_STAY_ATTEMPTS = 4
"""The maximum number of attempts to book a stay, before the buyer orders goods instead."""
_OPENING_HOUR, _CLOSING_HOUR = 7, 23
_SATURDAY = 5


class OrderFate(StrEnum):
    """How an order ends, once enough time has passed."""

    GOES_WELL = "goes well"
    EXPIRES = "expires"
    CANCELLED_UNPAID = "cancelled unpaid"
    CANCELLED_PAID = "cancelled paid"


class SampleStay(Struct, frozen=True):
    """The room and the nights of an order of a stay."""

    lodging: SampleLodging
    room_id: UUID
    arrive_on: date
    leave_on: date


class SampleOrder(Struct, frozen=True):
    """An order before it is turned into rows by `OrderRecorder`."""

    buyer: int
    placed_at: datetime
    fate: OrderFate
    suborders: list[DraftSuborder]
    stay: SampleStay | None = None
    awaits_shipping: bool = False
    """Paid, and not shipped yet."""


class OrderGenerator:
    """Generates the orders of the last 90 days, oldest first; a room is booked once per night."""

    def __init__(
        self,
        seed: int,
        goods: Sequence[SampleGoods],
        lodgings: Sequence[SampleLodging],
        slots: SampleSlots,
        *,
        buyers: int,
        paused_producer_id: UUID,
        now: datetime,
    ) -> None:
        """`paused_producer_id` gets no random orders in the last four days, only those of `order_one`."""
        self._rng = SeededRandom(seed, "trade")
        self._goods = goods
        self._lodgings = lodgings
        self._slots = slots
        self._buyers = buyers
        self._paused_producer_id = paused_producer_id
        self._now = now
        self._weights: dict[tuple[int, bool], list[int]] = {}
        self._by_county: dict[UUID, list[int]] = {}
        self._taken: dict[UUID, set[date]] = {}

    def generate(self, *, share_percent: int = 100) -> list[SampleOrder]:
        """Return the orders of the last 90 days, reduced to `share_percent`."""
        today = get_business_day(self._now)
        orders: list[SampleOrder] = []
        for back in range(ORDER_DAYS, -1, -1):
            day = today - timedelta(days=back)
            count = (_ORDERS_PER_DAY + self._rng.randint(-6, 8)) * (130 if day.weekday() >= _SATURDAY else 100)
            moments = sorted(self._pick_time(day) for _ in range(max(1, count * share_percent // 100_00)))
            orders.extend(self._make_order(at) for at in moments if at < self._now)
        return orders

    def order_one(self, on_sale: SampleGoods, quantity: int, placed_at: datetime) -> SampleOrder:
        """Return an order of one variant that is paid and awaits shipping."""
        goods = on_sale.goods
        suborders = price_suborders([(goods, price_goods_line(0, goods, quantity))], [])
        return SampleOrder(
            self._rng.randint(1, self._buyers - 1), placed_at, OrderFate.GOES_WELL, suborders, awaits_shipping=True
        )

    def _pick_time(self, day: date) -> datetime:
        seconds = self._rng.randint(_OPENING_HOUR * 3600, _CLOSING_HOUR * 3600)
        return get_day_start(day) + timedelta(seconds=seconds)

    def _pick_fate(self) -> OrderFate:
        roll = self._rng.randbelow(1000)
        if roll < 40:
            return OrderFate.EXPIRES
        if roll < 58:
            return OrderFate.CANCELLED_UNPAID
        return OrderFate.CANCELLED_PAID if roll < 72 else OrderFate.GOES_WELL

    def _make_order(self, at: datetime) -> SampleOrder:
        # The first buyer is the demo's and gets more orders than others, so that every state occurs.
        buyer = 0 if self._rng.chance(1) else self._rng.randint(0, self._buyers - 1)
        fate = self._pick_fate()
        if self._rng.chance(_STAY_PERCENT):
            for _ in range(_STAY_ATTEMPTS):
                stay = self._find_stay(get_business_day(at), takes_nights=fate is OrderFate.GOES_WELL)
                if stay is not None:
                    return SampleOrder(buyer, at, fate, _draft_stay(stay), stay)
        return SampleOrder(buyer, at, fate, self._draft_goods(at))

    def _draft_goods(self, at: datetime) -> list[DraftSuborder]:
        quiet = self._now - at < timedelta(days=4)
        picked = [self._pick_goods(at, quiet=quiet)]
        if self._rng.chance(_SECOND_LINE_PERCENT):
            picked.append(self._pick_goods(at, quiet=quiet))
        lines: dict[UUID, tuple[GoodsOffer, DraftLine]] = {}
        for position, goods in enumerate(picked):
            visit = goods.listing_kind == "activity"
            quantity = self._rng.choice((2, 3, 4) if visit else (1, 1, 1, 2, 2, 3))
            slot = None
            if visit and goods.variant_id not in lines:
                slot = self._slots.take(goods, get_business_day(at), quantity)
            lines.setdefault(goods.variant_id, (goods, price_goods_line(position, goods, quantity, slot)))
        return price_suborders(list(lines.values()), [])

    def _pick_goods(self, at: datetime, *, quiet: bool) -> GoodsOffer:
        key = (get_business_day(at).month, quiet)
        if key not in self._weights:
            self._weights[key] = self._running_weights(key[0], quiet=key[1])
        return self._goods[self._rng.weighted_index(self._weights[key])].goods

    def _running_weights(self, month: int, *, quiet: bool) -> list[int]:
        total = 0
        sums: list[int] = []
        for each in self._goods:
            in_season = month in each.months
            weight = 4 * each.weight if in_season else (0 if each.fresh else each.weight)
            if quiet and each.goods.producer_id == self._paused_producer_id:
                weight = 0
            total += weight
            sums.append(total)
        return sums

    def _find_stay(self, day: date, *, takes_nights: bool) -> SampleStay | None:
        """Return a free room of an open stay, or None; an order that will expire or be cancelled takes no nights."""
        lodging = self._rng.choice(self._lodgings)
        arrive_on = day + timedelta(days=self._rng.randint(1, 35) if takes_nights else self._rng.randint(16, 40))
        leave_on = arrive_on + timedelta(days=self._rng.choice((1, 1, 1, 2, 2, 3)))
        nights = {arrive_on + timedelta(days=each) for each in range((leave_on - arrive_on).days)}
        if any(night.month not in lodging.months for night in nights):
            return None
        for room_id in lodging.room_ids:
            booked = self._taken.setdefault(room_id, set())
            if not takes_nights or booked.isdisjoint(nights):
                if takes_nights:
                    booked |= nights
                return SampleStay(lodging, room_id, arrive_on, leave_on)
        return None


def _draft_stay(booked: SampleStay) -> list[DraftSuborder]:
    lodging = booked.lodging
    count = (booked.leave_on - booked.arrive_on).days
    days = [booked.arrive_on + timedelta(days=n) for n in range(count)]
    priced = [(night, lodging.get_price(night)) for night in days]
    listing = lodging.listing
    stay = StayOffer(
        n=1,
        listing_id=listing.id,
        listing_number=0,
        variant_id=lodging.variant_id,
        title=listing.title,
        unit=lodging.unit,
        commission_bp=listing.commission_bp,
        on_sale=True,
        producer_id=listing.producer_id,
        producer=lodging.producer.name,
        shop_open=True,
        nights=priced,
        minimum=NightMinimum(booked.arrive_on, 1, RuleKind.ALWAYS, None),
        holiday=False,
        tiers=[],
    )
    return price_suborders([], [(stay, price_stay_line(0, stay, 1))])


def is_parcel(suborder: DraftSuborder) -> bool:
    """Return whether a suborder is shipped."""
    return suborder.kind is SuborderKind.GOODS


def sum_suborders(suborders: Sequence[DraftSuborder]) -> tuple[Fen, Fen]:
    """Return the sums of an order's goods and of its freight."""
    return Fen(sum(each.goods_fen for each in suborders)), Fen(sum(each.freight_fen for each in suborders))
