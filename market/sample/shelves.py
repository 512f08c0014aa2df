"""What is for sale: a listing for each product and each tourism offer, with sizes, lots, rooms and nights."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from market.catalogue.models import GOODS_COMMISSION_BP, HOLIDAY_TIERS, TOURISM_COMMISSION_BP, WORKDAY_TIERS
from market.catalogue.publish import PERISHABLE
from market.catalogue.searching import search_columns
from market.catalogue.units import Unit, parse_unit
from market.kernel import Connection, Fen, Query
from market.kernel.clock import day_of
from market.orders.rules import Goods
from market.sample.chance import Chance
from market.sample.farms import Farm
from market.sample.measures import gross_of, pair_of, unit_of
from market.sample.places import Places
from market.sample.rows import CancelTier, NightPrice, Room, TakenNights
from market.sample.sources import Offer
from market.sample.texts import gi_of, goods_story, visit_story

NIGHTS_AHEAD = 365
_WEEKEND, _HOLIDAY = 120, 150
"""What a night of Friday or Saturday, and one in a holiday, costs of the base price, in percent; sample values."""
_FRIDAY, _SATURDAY = 4, 5

_IN_SEASON_ONLY = frozenset({"水果", "蔬菜"})
"""Nobody buys these months after the harvest: no melon in November."""


class Listing(Struct, frozen=True, kw_only=True):
    """A listing as it is written; counts and score come from its orders."""

    id: UUID
    producer_id: UUID
    kind: str
    category_code: str
    title: str
    story: str
    origin_code: str
    harvest_months: list[int]
    chilled: bool
    perishable: bool
    photo_id: UUID
    commission_bp: int
    gi: str
    searched: str
    words: list[str]
    latin: str
    published_at: datetime


class Fame(Struct, frozen=True):
    """What orders made of a listing; its stars follow from the reviews by themselves."""

    sold_count: int = 0
    score: int = 0


class OnSale(Struct, frozen=True):
    """Goods or places that an order can take, and what makes people want them."""

    goods: Goods
    months: tuple[int, ...]
    weight: int
    fresh: bool
    """Not to be had out of season."""


class Lodging(Struct, frozen=True):
    """A stay, its rooms, and what a night costs."""

    listing: Listing
    farm: Farm
    variant_id: UUID
    unit: str
    price_fen: Fen
    room_ids: tuple[UUID, ...]
    months: tuple[int, ...]
    prices: dict[date, Fen]

    def price_of(self, night: date) -> Fen:
        """Return what one room costs that night."""
        return self.prices.get(night, self.price_fen)


class Size(Struct, frozen=True):
    """A variant before its lot is counted."""

    id: UUID
    listing_id: UUID
    position: int
    label: str
    unit: Unit
    gross_g: int
    price_fen: Fen
    takes: int


class Shelves(Struct):
    """Every listing with what belongs to it, and the same as orders see it."""

    listings: list[Listing]
    sizes: list[Size]
    lots: dict[UUID, UUID]
    """The lot of each listing that has one."""
    goods: list[OnSale]
    lodgings: list[Lodging]
    rooms: list[Room]
    nights: list[NightPrice]
    tiers: list[CancelTier]
    closed: list[TakenNights]


ADD_LISTING = Query(
    None,
    """
    INSERT INTO listings (id, producer_id, kind, category_code, title, story, origin_code, harvest_months, chilled,
                          perishable, photo_id, commission_bp, gi, searched, words, latin, published_at, sold_count,
                          score, sample)
    VALUES (:id, :producer_id, :kind, :category_code, :title, :story, :origin_code, :harvest_months, :chilled,
            :perishable, :photo_id, :commission_bp, :gi, :searched, array_to_tsvector(:words::text[]), :latin,
            :published_at, :sold_count, :score, true)
    """,
)


async def add_listings(conn: Connection, listings: list[Listing], fame: dict[UUID, Fame]) -> None:
    """Write the listings, pipelined; COPY cannot make a tsvector of an array."""
    await ADD_LISTING.run_many(conn, (_row(each, fame.get(each.id, Fame())) for each in listings))


def _row(listing: Listing, fame: Fame) -> dict[str, object]:
    return msgspec.structs.asdict(listing) | msgspec.structs.asdict(fame)


class ShelfMaker:
    """Makes listings one by one; `add_photo` draws the picture of one and returns its id."""

    def __init__(
        self,
        seed: int,
        places: Places,
        categories: dict[str, str],
        holidays: set[date],
        *,
        add_photo: Callable[[Offer, Farm], UUID],
        now: datetime,
    ) -> None:
        self._chance = Chance(seed, "shelves")
        self._places = places
        self._categories = categories
        self._names = {code: name for name, code in categories.items()}
        self._holidays = holidays
        self._add_photo = add_photo
        self._today = day_of(now)
        self.made = Shelves([], [], {}, [], [], [], [], [], [])

    def category_of(self, offer: Offer, *, is_visit: bool) -> str:
        """Return the category's code: that of the file for goods, one of three for tourism."""
        if not is_visit:
            return self._categories[offer.category]
        if is_stay(offer):
            return "stay"
        return "picking" if offer.category == "采摘园" else "outing"

    def list_goods(self, offer: Offer, farm: Farm, *, weight: int, price_fen: Fen | None = None) -> Listing:
        """List farm goods in the size of the data and, for some, as a pair of it."""
        listing = self._listing(offer, farm, kind="product", story=goods_story)
        price = price_fen or offer.price_fen
        self.made.lots[listing.id] = self._chance.id_at(farm.opened_at)
        gross_g = gross_of(offer.unit)
        sizes = [Size(self._size_id(farm), listing.id, 0, "", unit_of(offer.unit), gross_g, price, 1)]
        pair = pair_of(offer.unit)
        if pair is not None and self._chance.percent(60):
            double = Fen(price * 2 * 95 // 1000 * 10)  # rounded down to 0.10 yuan: the buyer gains
            sizes.append(Size(self._size_id(farm), listing.id, 1, "两份装", parse_unit(pair), 2 * gross_g, double, 2))
        self._put_on_sale(offer, listing, farm, sizes, weight=weight)
        return listing

    def list_visit(self, offer: Offer, farm: Farm, *, weight: int) -> Listing:
        """List an activity: places, or the weight that one picks."""
        listing = self._listing(offer, farm, kind="activity", story=visit_story)
        self.made.lots[listing.id] = self._chance.id_at(farm.opened_at)
        size = Size(self._size_id(farm), listing.id, 0, "", parse_unit(offer.unit), 0, offer.price_fen, 1)
        self._put_on_sale(offer, listing, farm, [size], weight=weight)
        return listing

    def list_stay(self, offer: Offer, farm: Farm, *, rooms: int) -> Listing:
        """List a stay with its rooms, the prices of its nights, and the months in which it is closed."""
        listing = self._listing(offer, farm, kind="stay", story=visit_story)
        unit = offer.unit
        size = Size(self._size_id(farm), listing.id, 0, "", parse_unit(unit), 0, offer.price_fen, 1)
        self.made.sizes.append(size)
        word = {"院": "号院", "人": "号铺"}.get(unit[0], "号房")
        room_ids = tuple(self._chance.id_at(farm.opened_at) for _ in range(rooms))
        self.made.rooms.extend(Room(each, listing.id, at, f"{at} {word}") for at, each in enumerate(room_ids, 1))
        for holiday, tiers in ((False, WORKDAY_TIERS), (True, HOLIDAY_TIERS)):
            self.made.tiers.extend(CancelTier(listing.id, holiday, each.days_before, each.refund_bp) for each in tiers)
        prices = {} if offer.price_seen else self._night_prices(offer.price_fen)
        self.made.nights.extend(NightPrice(listing.id, days, Fen(price)) for days, price in _spans(prices))
        for start, end in self._closed_days(offer.months):
            self.made.closed.extend(TakenNights(each, asyncpg.Range(start, end), None) for each in room_ids)
        self.made.lodgings.append(
            Lodging(listing, farm, size.id, unit, offer.price_fen, room_ids, offer.months, prices)
        )
        return listing

    def _listing(self, offer: Offer, farm: Farm, *, kind: str, story: Callable[[Offer, str], str]) -> Listing:
        category = self.category_of(offer, is_visit=kind != "product")
        columns = search_columns(
            offer.title,
            county=self._places.counties[offer.county_code],
            category=self._names[category],
            producer=farm.name,
            around=self._places.around(farm.village_code),
        )
        published = farm.opened_at + timedelta(days=1, hours=self._chance.below(48))
        listing = Listing(
            id=self._chance.id_at(published),
            producer_id=farm.producer_id,
            kind=kind,
            category_code=category,
            title=offer.title,
            story=story(offer, self._places.spoken(farm.village_code)),
            origin_code=farm.village_code,
            harvest_months=list(offer.months),
            chilled=offer.chilled,
            perishable=category in PERISHABLE or offer.chilled,
            photo_id=self._add_photo(offer, farm),
            commission_bp=GOODS_COMMISSION_BP if kind == "product" else TOURISM_COMMISSION_BP,
            gi=gi_of(offer.zone),
            searched=columns.searched,
            words=columns.words,
            latin=columns.latin,
            published_at=published,
        )
        self.made.listings.append(listing)
        return listing

    def _size_id(self, farm: Farm) -> UUID:
        return self._chance.id_at(farm.opened_at)

    def _put_on_sale(self, offer: Offer, listing: Listing, farm: Farm, sizes: list[Size], *, weight: int) -> None:
        self.made.sizes.extend(sizes)
        for size in sizes:
            goods = Goods(
                variant_id=size.id,
                listing_id=listing.id,
                listing_number=0,
                listing_kind=listing.kind,
                title=listing.title,
                label=size.label,
                unit=size.unit.text,
                price_fen=size.price_fen,
                gross_g=size.gross_g,
                lot_id=self.made.lots[listing.id],
                takes=size.takes,
                commission_bp=listing.commission_bp,
                on_sale=True,
                producer_id=farm.producer_id,
                producer=farm.name,
                shop_open=True,
                freight=farm.freight,
            )
            share = weight if size.position == 0 else max(1, weight // 3)
            fresh = offer.chilled or listing.kind == "activity" or offer.category in _IN_SEASON_ONLY
            self.made.goods.append(OnSale(goods, offer.months, share, fresh))

    def _night_prices(self, base: Fen) -> dict[date, Fen]:
        """Return the nights that cost more than the base price, in whole yuan, rounded down: the guest gains."""
        prices: dict[date, Fen] = {}
        for ahead in range(-95, NIGHTS_AHEAD):
            night = self._today + timedelta(days=ahead)
            percent = _HOLIDAY if night in self._holidays else _WEEKEND
            if percent == _HOLIDAY or night.weekday() in {_FRIDAY, _SATURDAY}:
                prices[night] = Fen(base * percent // 100_00 * 100)
        return prices

    def _closed_days(self, months: tuple[int, ...]) -> list[tuple[date, date]]:
        """Return the half-open spans of days from today on that lie outside the season."""
        spans: list[tuple[date, date]] = []
        for ahead in range(NIGHTS_AHEAD):
            night = self._today + timedelta(days=ahead)
            if night.month in months:
                continue
            after = night + timedelta(days=1)
            if spans and spans[-1][1] == night:
                spans[-1] = (spans[-1][0], after)
            else:
                spans.append((night, after))
        return spans


def is_stay(offer: Offer) -> bool:
    """Say whether a tourism offer is sold by the night."""
    return offer.unit.endswith("晚")


def _spans(prices: dict[date, Fen]) -> "list[tuple[asyncpg.Range[date], Fen]]":
    """Join neighbouring nights of one price into half-open ranges."""
    spans: list[tuple[date, date, Fen]] = []
    for night, price in sorted(prices.items()):
        after = night + timedelta(days=1)
        if spans and spans[-1][1] == night and spans[-1][2] == price:
            spans[-1] = (spans[-1][0], after, price)
        else:
            spans.append((night, after, price))
    return [(asyncpg.Range(start, end), price) for start, end, price in spans]
