"""What buyers wished for in the last 90 days: who, when, what, and how it went."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen
from market.kernel.clock import day_of, start_of
from market.orders.models import SuborderKind
from market.orders.rules import DraftLine, DraftSuborder, Goods, Stay, line_of, line_of_stay, suborders_of
from market.sample.chance import Chance
from market.sample.shelves import Lodging, OnSale

DAYS = 90
_A_DAY = 46
"""Orders a day before chance; weekends have more."""
_STAY_PERCENT = 11
_SECOND_PERCENT = 26
_TRIES = 4
"""Stays that a guest looks at before buying something else."""
_OPEN, _CLOSE = 7, 23
_SATURDAY = 5


class Fate(StrEnum):
    """How an order ends, where its time allows it."""

    GOES_WELL = "goes well"
    EXPIRES = "expires"
    CANCELLED_UNPAID = "cancelled unpaid"
    CANCELLED_PAID = "cancelled paid"


class NightsTaken(Struct, frozen=True):
    """The room and the nights of one wish."""

    lodging: Lodging
    room_id: UUID
    arrive_on: date
    leave_on: date


class Asked(Struct, frozen=True):
    """One order as it was wished for."""

    buyer: int
    placed_at: datetime
    fate: Fate
    suborders: list[DraftSuborder]
    nights: NightsTaken | None = None
    waits: bool = False
    """Paid, and left for the seller to ship."""


class Wishes:
    """Makes the orders of the last days, oldest first; no room is asked for twice in a night."""

    def __init__(
        self,
        seed: int,
        goods: Sequence[OnSale],
        lodgings: Sequence[Lodging],
        *,
        buyers: int,
        quiet: UUID,
        now: datetime,
    ) -> None:
        """`quiet` is a producer that nobody orders from in the last days, but by `ask_for`."""
        self._chance = Chance(seed, "trade")
        self._goods = goods
        self._lodgings = lodgings
        self._buyers = buyers
        self._quiet = quiet
        self._now = now
        self._weights: dict[tuple[int, bool], list[int]] = {}
        self._by_county: dict[UUID, list[int]] = {}
        self._taken: dict[UUID, set[date]] = {}

    def all(self, *, share_percent: int = 100) -> list[Asked]:
        """Return the orders of the last 90 days; `share_percent` makes them fewer."""
        today = day_of(self._now)
        asked: list[Asked] = []
        for back in range(DAYS, -1, -1):
            day = today - timedelta(days=back)
            count = (_A_DAY + self._chance.between(-6, 8)) * (130 if day.weekday() >= _SATURDAY else 100)
            moments = sorted(self._moment(day) for _ in range(max(1, count * share_percent // 100_00)))
            asked.extend(self._one(at) for at in moments if at < self._now)
        return asked

    def ask_for(self, on_sale: OnSale, quantity: int, placed_at: datetime) -> Asked:
        """Return an order of one thing that is paid and waits to be shipped."""
        goods = on_sale.goods
        suborders = suborders_of([(goods, line_of(0, goods, quantity))], [])
        return Asked(self._chance.between(1, self._buyers - 1), placed_at, Fate.GOES_WELL, suborders, waits=True)

    def _moment(self, day: date) -> datetime:
        seconds = self._chance.between(_OPEN * 3600, _CLOSE * 3600)
        return start_of(day) + timedelta(seconds=seconds)

    def _fate(self) -> Fate:
        dice = self._chance.below(1000)
        if dice < 40:  # noqa: PLR2004 - in a thousand
            return Fate.EXPIRES
        if dice < 58:  # noqa: PLR2004 - in a thousand
            return Fate.CANCELLED_UNPAID
        return Fate.CANCELLED_PAID if dice < 72 else Fate.GOES_WELL  # noqa: PLR2004 - in a thousand

    def _one(self, at: datetime) -> Asked:
        # The first buyer is the demo's, who should find something in every state.
        buyer = 0 if self._chance.percent(1) else self._chance.between(0, self._buyers - 1)
        fate = self._fate()
        if self._chance.percent(_STAY_PERCENT):
            for _ in range(_TRIES):
                nights = self._find_nights(day_of(at), free=fate is not Fate.GOES_WELL)
                if nights is not None:
                    return Asked(buyer, at, fate, _stay_suborders(nights), nights)
        return Asked(buyer, at, fate, self._basket(at))

    def _basket(self, at: datetime) -> list[DraftSuborder]:
        quiet = self._now - at < timedelta(days=4)
        picked = [self._pick(at, quiet=quiet)]
        if self._chance.percent(_SECOND_PERCENT):
            picked.append(self._pick(at, quiet=quiet))
        lines: dict[UUID, tuple[Goods, DraftLine]] = {}
        for place, goods in enumerate(picked):
            few = (2, 3, 4) if goods.listing_kind == "activity" else (1, 1, 1, 2, 2, 3)
            quantity = self._chance.pick(few)
            lines.setdefault(goods.variant_id, (goods, line_of(place, goods, quantity)))
        return suborders_of(list(lines.values()), [])

    def _pick(self, at: datetime, *, quiet: bool) -> Goods:
        key = (day_of(at).month, quiet)
        if key not in self._weights:
            self._weights[key] = self._running_weights(*key)
        return self._goods[self._chance.weighed(self._weights[key])].goods

    def _running_weights(self, month: int, quiet: bool) -> list[int]:  # noqa: FBT001 - the two halves of one key
        total = 0
        sums: list[int] = []
        for each in self._goods:
            in_season = month in each.months
            weight = 4 * each.weight if in_season else (0 if each.fresh else each.weight)
            if quiet and each.goods.producer_id == self._quiet:
                weight = 0
            total += weight
            sums.append(total)
        return sums

    def _find_nights(self, day: date, *, free: bool) -> NightsTaken | None:
        """Find a free room of a stay that is open; what will be cancelled takes none."""
        lodging = self._chance.pick(self._lodgings)
        arrive_on = day + timedelta(days=self._chance.between(1, 35) if not free else self._chance.between(16, 40))
        leave_on = arrive_on + timedelta(days=self._chance.pick((1, 1, 1, 2, 2, 3)))
        nights = {arrive_on + timedelta(days=each) for each in range((leave_on - arrive_on).days)}
        if any(night.month not in lodging.months for night in nights):
            return None
        for room_id in lodging.room_ids:
            taken = self._taken.setdefault(room_id, set())
            if free or taken.isdisjoint(nights):
                if not free:
                    taken |= nights
                return NightsTaken(lodging, room_id, arrive_on, leave_on)
        return None


def _stay_suborders(nights: NightsTaken) -> list[DraftSuborder]:
    lodging = nights.lodging
    count = (nights.leave_on - nights.arrive_on).days
    days = [nights.arrive_on + timedelta(days=n) for n in range(count)]
    priced = [(night, lodging.price_of(night)) for night in days]
    listing = lodging.listing
    stay = Stay(
        n=1,
        listing_id=listing.id,
        listing_number=0,
        variant_id=lodging.variant_id,
        title=listing.title,
        unit=lodging.unit,
        commission_bp=listing.commission_bp,
        on_sale=True,
        producer_id=listing.producer_id,
        producer=lodging.farm.name,
        shop_open=True,
        nights=priced,
        holiday=False,
        tiers=[],
    )
    return suborders_of([], [(stay, line_of_stay(0, stay, 1))])


def is_parcel(suborder: DraftSuborder) -> bool:
    """Say whether a suborder is sent."""
    return suborder.kind is SuborderKind.GOODS


def total_of(suborders: Sequence[DraftSuborder]) -> tuple[Fen, Fen]:
    """Return what the goods and the freight of an order come to."""
    return Fen(sum(each.goods_fen for each in suborders)), Fen(sum(each.freight_fen for each in suborders))
