"""The sample listings: one for each product and tourism offer, with variants, lots, rooms and night prices."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from market.catalogue.listings.goods_terms import GoodsTerms, Storage, is_perishable
from market.catalogue.listings.models import HOLIDAY_TIERS, WORKDAY_TIERS
from market.catalogue.listings.search.text import build_search_columns
from market.catalogue.listings.units import Unit, parse_unit
from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.places.counties.settings import CountySettings
from market.sales.orders.checkout.pricing import GoodsOffer
from market.service.demo.sample.copy_rows import CancelTierCopyRow, NightRuleCopyRow, RoomCopyRow, TakenNightsCopyRow
from market.service.demo.sample.divisions import SampleDivisions
from market.service.demo.sample.public_data import SourceOffer
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.producers import SampleProducer
from market.service.demo.sample.shop.texts import find_gi, write_goods_story, write_visit_story
from market.service.demo.sample.shop.unit_weights import estimate_gross_g, find_pair_unit, parse_source_unit

PRICED_NIGHTS = 365
_CHILLED_DAYS = 7
_WEEKEND_PERCENT, _HOLIDAY_PERCENT = 120, 150
"""Percent of the base price for a Friday or Saturday night, and for a holiday night; sample values."""
_FRIDAY, _SATURDAY = 4, 5
_LONG_HOLIDAYS = ("春节", "国庆")
"""Holidays in which the sample hosts let rooms for two nights at least."""

_IN_SEASON_ONLY = frozenset({"水果", "蔬菜"})
"""Categories that are not sold out of season: no melon in November."""


class SampleListing(Struct, frozen=True, kw_only=True):
    """A listing as it is inserted; its counts and score come from `ListingScore`."""

    id: UUID
    producer_id: UUID
    kind: str
    category_code: str
    title: str
    story: str
    origin_code: str
    harvest_months: list[int]
    storage: Storage
    shelf_days: int | None
    perishable: bool
    photo_id: UUID
    commission_bp: int
    gi: str
    search_text: str
    search_words: list[str]
    search_pinyin: str
    published_at: datetime


class ListingScore(Struct, frozen=True):
    """The counts that orders add to a listing; triggers maintain its ratings."""

    sold_count: int = 0
    score: int = 0


class SampleGoods(Struct, frozen=True):
    """A variant that can be ordered, with its season and its weight in the random choice."""

    goods: GoodsOffer
    months: tuple[int, ...]
    weight: int
    fresh: bool
    """Not sold out of season."""


class SampleLodging(Struct, frozen=True, kw_only=True):
    """A stay with its rooms and night prices."""

    listing: SampleListing
    producer: SampleProducer
    variant_id: UUID
    unit: str
    price_fen: Fen
    room_ids: tuple[UUID, ...]
    months: tuple[int, ...]
    prices: dict[date, Fen]

    def get_price(self, night: date) -> Fen:
        """Return the price of one room for a night."""
        return self.prices.get(night, self.price_fen)


class SampleVariant(Struct, frozen=True):
    """A variant whose lot is not counted yet."""

    id: UUID
    listing_id: UUID
    position: int
    label: str
    unit: Unit
    gross_g: int
    price_fen: Fen
    lot_units_per_item: int


class ListingRows(Struct):
    """The listings and the rows that belong to them, and the goods and lodgings that orders choose from."""

    listings: list[SampleListing]
    sizes: list[SampleVariant]
    lots: dict[UUID, UUID]
    """Lot id by listing id; stays and activities have no lot."""
    goods: list[SampleGoods]
    lodgings: list[SampleLodging]
    rooms: list[RoomCopyRow]
    rules: list[NightRuleCopyRow]
    tiers: list[CancelTierCopyRow]
    closed: list[TakenNightsCopyRow]


ADD_LISTING = Query(
    None,
    """
    INSERT INTO listings (id, producer_id, kind, category_code, title, story, origin_code, harvest_months, storage,
                          shelf_days, perishable, photo_id, commission_bp, gi, search_text, search_words, search_pinyin,
                          published_at, sold_count, ranked_sold_count, score, sample, certified_until)
    VALUES (:id, :producer_id, :kind, :category_code, :title, :story, :origin_code, :harvest_months, :storage,
            :shelf_days, :perishable, :photo_id, :commission_bp, :gi, :search_text,
            array_to_tsvector(:search_words::text[]), :search_pinyin, :published_at, :sold_count, :sold_count,
            :score, true,
            get_certified_until(:producer_id, :category_code))
    """,
)


async def add_listings(conn: Connection, listings: list[SampleListing], fame: dict[UUID, ListingScore]) -> None:
    """Insert the listings, pipelined, since COPY cannot convert an array to a tsvector."""
    await ADD_LISTING.run_many(conn, (_build_parameters(each, fame.get(each.id, ListingScore())) for each in listings))


def _build_parameters(listing: SampleListing, fame: ListingScore) -> dict[str, object]:
    return msgspec.structs.asdict(listing) | msgspec.structs.asdict(fame)


class ListingGenerator:
    """Generates listings one by one into `rows`; `add_photo` draws a listing's image and returns its id."""

    def __init__(
        self,
        seed: int,
        divisions: SampleDivisions,
        categories: dict[str, str],
        holidays: set[date],
        *,
        add_photo: Callable[[SourceOffer, SampleProducer], UUID],
        now: datetime,
    ) -> None:
        self._rng = SeededRandom(seed, "shelves")
        self._divisions = divisions
        self._categories = categories
        self._names = {code: name for name, code in categories.items()}
        self._holidays = holidays
        self._add_photo = add_photo
        self._today = get_business_day(now)
        self.rows = ListingRows([], [], {}, [], [], [], [], [], [])

    def get_category(self, offer: SourceOffer, *, is_visit: bool) -> str:
        """Return the category code: that of the data for goods, one of three for tourism."""
        if not is_visit:
            return self._categories[offer.category]
        if is_stay(offer):
            return "stay"
        return "picking" if offer.category == "采摘园" else "outing"

    def list_goods(
        self, offer: SourceOffer, producer: SampleProducer, *, weight: int, price_fen: Fen | None = None
    ) -> SampleListing:
        """List farm goods in the unit of the data and, for some, also in packs of two."""
        listing = self._listing(offer, producer, kind="product", story=write_goods_story)
        price = price_fen or offer.price_fen
        self.rows.lots[listing.id] = self._rng.make_uuid7(producer.opened_at)
        gross_g = estimate_gross_g(offer.unit)
        sizes = [
            SampleVariant(self._size_id(producer), listing.id, 0, "", parse_source_unit(offer.unit), gross_g, price, 1)
        ]
        pair = find_pair_unit(offer.unit)
        if pair is not None and self._rng.chance(60):
            double = Fen(price * 2 * 95 // 1000 * 10)  # rounded down to 0.10 yuan in the buyer's favour
            sizes.append(
                SampleVariant(
                    self._size_id(producer), listing.id, 1, "两份装", parse_unit(pair), 2 * gross_g, double, 2
                )
            )
        self._put_on_sale(offer, listing, producer, sizes, weight=weight)
        return listing

    def list_visit(self, offer: SourceOffer, producer: SampleProducer, *, weight: int) -> SampleListing:
        """List an activity; its places are those of its slots."""
        listing = self._listing(offer, producer, kind="activity", story=write_visit_story)
        size = SampleVariant(self._size_id(producer), listing.id, 0, "", parse_unit(offer.unit), 0, offer.price_fen, 1)
        self._put_on_sale(offer, listing, producer, [size], weight=weight)
        return listing

    def list_stay(self, offer: SourceOffer, producer: SampleProducer, *, rooms: int) -> SampleListing:
        """List a stay with its rooms, price rules and the days on which it is closed."""
        listing = self._listing(offer, producer, kind="stay", story=write_visit_story)
        unit = offer.unit
        size = SampleVariant(self._size_id(producer), listing.id, 0, "", parse_unit(unit), 0, offer.price_fen, 1)
        self.rows.sizes.append(size)
        word = {"院": "号院", "人": "号铺"}.get(unit[0], "号房")
        room_ids = tuple(self._rng.make_uuid7(producer.opened_at) for _ in range(rooms))
        self.rows.rooms.extend(RoomCopyRow(each, listing.id, at, f"{at} {word}") for at, each in enumerate(room_ids, 1))
        for holiday, tiers in ((False, WORKDAY_TIERS), (True, HOLIDAY_TIERS)):
            self.rows.tiers.extend(
                CancelTierCopyRow(listing.id, holiday, each.days_before, each.refund_bp) for each in tiers
            )
        prices = {} if offer.price_seen else self._night_prices(offer.price_fen)
        if prices:
            self.rows.rules.extend(
                NightRuleCopyRow(listing.id, applies, holiday, price_fen, min_nights)
                for applies, holiday, price_fen, min_nights in (
                    ("weekend", "", _raise_price(offer.price_fen, _WEEKEND_PERCENT), None),
                    ("holiday", "", _raise_price(offer.price_fen, _HOLIDAY_PERCENT), None),
                    *(("holiday", name, None, 2) for name in _LONG_HOLIDAYS),
                )
            )
        for start, end in self._closed_days(offer.months):
            self.rows.closed.extend(TakenNightsCopyRow(each, asyncpg.Range(start, end), None) for each in room_ids)
        self.rows.lodgings.append(
            SampleLodging(
                listing=listing,
                producer=producer,
                variant_id=size.id,
                unit=unit,
                price_fen=offer.price_fen,
                room_ids=room_ids,
                months=offer.months,
                prices=prices,
            )
        )
        return listing

    def _listing(
        self, offer: SourceOffer, producer: SampleProducer, *, kind: str, story: Callable[[SourceOffer, str], str]
    ) -> SampleListing:
        category = self.get_category(offer, is_visit=kind != "product")
        columns = build_search_columns(
            offer.title,
            county=self._divisions.counties[offer.county_code],
            category=self._names[category],
            producer=producer.name,
            division_names=self._divisions.list_enclosing_names(producer.village_code),
        )
        published = producer.opened_at + timedelta(days=1, hours=self._rng.randbelow(48))
        defaults = CountySettings()
        storage = Storage.CHILLED if offer.chilled else Storage.AMBIENT
        listing = SampleListing(
            id=self._rng.make_uuid7(published),
            producer_id=producer.producer_id,
            kind=kind,
            category_code=category,
            title=offer.title,
            story=story(offer, self._divisions.format_village(producer.village_code)),
            origin_code=producer.village_code,
            harvest_months=list(offer.months),
            storage=storage,
            shelf_days=_CHILLED_DAYS if offer.chilled else None,
            perishable=is_perishable(category, storage),
            photo_id=self._add_photo(offer, producer),
            commission_bp=defaults.goods_commission_bp if kind == "product" else defaults.tourism_commission_bp,
            gi=find_gi(offer.zone),
            search_text=columns.search_text,
            search_words=columns.search_words,
            search_pinyin=columns.search_pinyin,
            published_at=published,
        )
        self.rows.listings.append(listing)
        return listing

    def _size_id(self, producer: SampleProducer) -> UUID:
        return self._rng.make_uuid7(producer.opened_at)

    def _put_on_sale(
        self,
        offer: SourceOffer,
        listing: SampleListing,
        producer: SampleProducer,
        sizes: list[SampleVariant],
        *,
        weight: int,
    ) -> None:
        self.rows.sizes.extend(sizes)
        for size in sizes:
            goods = GoodsOffer(
                variant_id=size.id,
                listing_id=listing.id,
                listing_number=0,
                listing_kind=listing.kind,
                title=listing.title,
                label=size.label,
                unit=size.unit.text,
                price_fen=size.price_fen,
                gross_g=size.gross_g,
                lot_id=self.rows.lots.get(listing.id),
                lot_units_per_item=size.lot_units_per_item,
                commission_bp=listing.commission_bp,
                on_sale=True,
                producer_id=producer.producer_id,
                producer=producer.name,
                shop_open=True,
                freight=producer.freight,
                goods=GoodsTerms(storage=listing.storage),
            )
            share = weight if size.position == 0 else max(1, weight // 3)
            fresh = offer.chilled or listing.kind == "activity" or offer.category in _IN_SEASON_ONLY
            self.rows.goods.append(SampleGoods(goods, offer.months, share, fresh))

    def _night_prices(self, base: Fen) -> dict[date, Fen]:
        """Return the nights above the base price, as far as the rules of the sample hosts raise them."""
        prices: dict[date, Fen] = {}
        for ahead in range(-95, PRICED_NIGHTS):
            night = self._today + timedelta(days=ahead)
            percent = _HOLIDAY_PERCENT if night in self._holidays else _WEEKEND_PERCENT
            if percent == _HOLIDAY_PERCENT or night.weekday() in {_FRIDAY, _SATURDAY}:
                prices[night] = _raise_price(base, percent)
        return prices

    def _closed_days(self, months: tuple[int, ...]) -> list[tuple[date, date]]:
        """Return the half-open spans of days outside the season, from today on."""
        spans: list[tuple[date, date]] = []
        for ahead in range(PRICED_NIGHTS):
            night = self._today + timedelta(days=ahead)
            if night.month in months:
                continue
            after = night + timedelta(days=1)
            if spans and spans[-1][1] == night:
                spans[-1] = (spans[-1][0], after)
            else:
                spans.append((night, after))
        return spans


def is_stay(offer: SourceOffer) -> bool:
    """Return whether a tourism offer is sold by the night."""
    return offer.unit.endswith("晚")


def _raise_price(base: Fen, percent: int) -> Fen:
    """Return a percentage of the base price in whole yuan, rounded down in the guest's favour."""
    return Fen(base * percent // 100_00 * 100)
