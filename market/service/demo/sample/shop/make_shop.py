"""Make the sample shop: producers and their listings, the orders of the last 90 days, reviews and stock."""

import re
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.division_codes import PREFECTURE, truncate_code
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.structs import build_from
from market.service.demo.sample.accounts import BUYERS, SampleAccounts, make_accounts
from market.service.demo.sample.copy_rows import LotCopyRow, PhotoCopyRow, StockMoveCopyRow, VariantCopyRow
from market.service.demo.sample.divisions import SampleDivisions, load_divisions
from market.service.demo.sample.identities import FARMER_PHONES, make_phone
from market.service.demo.sample.public_data import SourceOffer, read_products, read_tourism
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.contacts import ContactCopyRow, list_sample_contacts
from market.service.demo.sample.shop.listings import ListingGenerator, ListingRows, ListingScore, is_stay
from market.service.demo.sample.shop.order_records import LotTally, OrderRecords
from market.service.demo.sample.shop.producers import (
    DEMO_FARMER,
    DEMO_HOST,
    ProducerGenerator,
    ProducerRows,
    SampleProducer,
)
from market.service.demo.sample.shop.record_orders import OrderRecorder
from market.service.demo.sample.shop.reviews import ReviewGenerator
from market.service.demo.sample.shop.sample_orders import OrderGenerator
from market.service.demo.sample.shop.slots import SampleSlots, SlotCopyRow, SlotReservationCopyRow
from market.service.demo.sample.waking_hours import find_waking_moment
from market.service.web.ui.illustrations import draw_picture

_DEMO_FARMER_TITLES = ("阜平大枣", "阜平核桃")
"""The goods of the demo's farmer."""
_DEMO_HOST_TITLE = "骆驼湾村农家小院"
"""The stay of the demo's host."""
_COMPETING_OFFERS = (
    ("阜平大枣", 94),
    ("阜平大枣", 107),
    ("阜平大枣", 100),
    ("阜平核桃", 97),
    ("阜平核桃", 110),
    ("阜平羊肚菌（干）", 104),
)
"""Goods that another producer of the county sells as well, at this percent of the price."""
_PENDING_APPLICATIONS = ((1, "阜平软枣猕猴桃"), (2, "阜平核桃"), (3, "阜平大枣"))
"""Applications that are still open: the steps taken, and the produce."""
_ROOMS = {"麻麻花的山坡 精品民宿（南峪村）": 15, "顾家台民宿大院": 12, "骆驼湾村农家小院": 10}
_IMAGE_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
_SCARCE_PERCENT = 6


class DatabaseFacts(Struct, frozen=True):
    """Facts of the database before the load: category codes by name, rest days, the highest numbers."""

    categories: dict[str, str]
    holidays: list[date]
    last_producer: int
    last_order: int


class SampleShop(Struct, frozen=True):
    """Every row of the shop, ready for COPY."""

    accounts: SampleAccounts
    producers: ProducerRows
    contacts: list[ContactCopyRow]
    listings: ListingRows
    photos: list[PhotoCopyRow]
    pictures: list[str]
    lots: list[LotCopyRow]
    variants: list[VariantCopyRow]
    opening_moves: list[StockMoveCopyRow]
    orders: OrderRecords
    slots: list[SlotCopyRow]
    reservations: list[SlotReservationCopyRow]
    reviews: ReviewGenerator
    scores: dict[UUID, ListingScore]


GET_DATABASE_FACTS = Query(
    DatabaseFacts,
    """
    SELECT (SELECT jsonb_object_agg(name, code) FROM categories) AS categories,
           ARRAY(SELECT day FROM holidays WHERE day_off ORDER BY day) AS holidays,
           (SELECT coalesce(max(number), 0) FROM producers) AS last_producer,
           (SELECT coalesce(max(number), 0) FROM orders) AS last_order
    """,
)


async def make_shop(
    conn: Connection, seed: int, settings: Settings, seal: Seal, *, share_percent: int, now: datetime
) -> SampleShop:
    """Make the shop from the public data and the loaded divisions; `share_percent` reduces the number of orders."""
    offers = [*read_products(), *read_tourism()]
    divisions = await load_divisions(conn, {offer.county_code for offer in offers})
    facts = await GET_DATABASE_FACTS.one(conn)
    prefectures = sorted({truncate_code(offer.county_code, PREFECTURE) for offer in offers})
    accounts = make_accounts(seed, seal, prefectures, now)
    builder = _ShopBuilder(seed, seal, accounts, divisions, facts=facts, now=now)
    builder.add_offers()
    recorder = OrderRecorder(
        seed,
        seal,
        accounts.buyers,
        accounts.buyer_names,
        {producer.producer_id: producer.number for producer in builder.producers.rows.generated},
        last_number=facts.last_order,
        pay_minutes=settings.pay_minutes,
        receive_days=settings.receive_days,
        now=now,
    )
    listings = builder.listings.rows
    recorder.reviews.text_kinds = builder.review_kinds
    generator = OrderGenerator(
        seed,
        listings.goods,
        listings.lodgings,
        slots := SampleSlots(seed),
        buyers=BUYERS,
        paused_producer_id=builder.demo_producer.producer_id,
        now=now,
    )
    sample_orders = generator.generate(share_percent=share_percent)
    own = [each for each in listings.goods if each.goods.producer_id == builder.demo_producer.producer_id]
    sample_orders += [
        generator.order_one(own[0], 2, find_waking_moment(now - timedelta(hours=15), now=now)),
        generator.order_one(own[-1], 1, find_waking_moment(now - timedelta(hours=3), now=now)),
    ]
    for order in sorted(sample_orders, key=lambda order: order.placed_at):
        recorder.record(order)
    orders, reviews = recorder.records, recorder.reviews
    slots.add_weekends(listings.goods, now)
    lots, variants, opening_moves = builder.count_stock(orders.lots)
    return SampleShop(
        accounts,
        builder.producers.rows,
        list_sample_contacts(builder.demo_producer.village_code),
        listings,
        builder.photos,
        builder.pictures,
        lots,
        variants,
        opening_moves,
        orders,
        slots.list_rows(recorder.reservations),
        recorder.reservations,
        reviews,
        _score_listings(listings, orders, reviews),
    )


def _score_listings(listings: ListingRows, orders: OrderRecords, reviews: ReviewGenerator) -> dict[UUID, ListingScore]:
    scores: dict[UUID, ListingScore] = {}
    for listing in listings.listings:
        rating = reviews.ratings.get(listing.id)
        sold = orders.sold.get(listing.id, 0)
        scores[listing.id] = ListingScore(sold, sold + (rating.total if rating else 0))
    return scores


class _ShopBuilder:
    """Makes the producers and listings of all offers; counts their stock once the orders are known."""

    def __init__(
        self,
        seed: int,
        seal: Seal,
        accounts: SampleAccounts,
        divisions: SampleDivisions,
        *,
        facts: DatabaseFacts,
        now: datetime,
    ) -> None:
        self._rng = SeededRandom(seed, "shop")
        self.producers = ProducerGenerator(seed, seal, accounts, divisions, last_number=facts.last_producer, now=now)
        self.listings = ListingGenerator(
            seed, divisions, facts.categories, set(facts.holidays), add_photo=self._add_photo, now=now
        )
        self.photos: list[PhotoCopyRow] = []
        self.pictures: list[str] = []
        self.review_kinds: dict[UUID, tuple[str, ...]] = {}
        self.demo_producer: SampleProducer

    def add_offers(self) -> None:
        """Add a producer and a listing for each product and each tourism offer."""
        goods = read_products()
        by_title = {offer.title: offer for offer in goods}
        self.demo_producer = self.producers.open_producer(by_title[_DEMO_FARMER_TITLES[0]], farmer=DEMO_FARMER)
        self.producers.add_helper(self.demo_producer, "样例唐乙丑", make_phone(FARMER_PHONES, 9999))
        for offer in goods:
            own = offer.title in _DEMO_FARMER_TITLES
            producer = self.demo_producer if own else self.producers.open_producer(offer)
            self._list_goods(offer, producer, weight=3 if own else self._rng.randint(4, 24))
        for title, percent in _COMPETING_OFFERS:
            offer = msgspec.structs.replace(by_title[title], division="")
            price = Fen(offer.price_fen * percent // 1000 * 10)
            self._list_goods(offer, self.producers.open_producer(offer), weight=3, price_fen=price)
        for offer in read_tourism():
            self._list_tourism(offer)
        for steps, title in _PENDING_APPLICATIONS:
            self.producers.open_producer(msgspec.structs.replace(by_title[title], division=""), steps=steps)

    def _list_goods(
        self, offer: SourceOffer, producer: SampleProducer, *, weight: int, price_fen: Fen | None = None
    ) -> None:
        listing = self.listings.list_goods(offer, producer, weight=weight, price_fen=price_fen)
        kinds = ["goods"]
        kinds += ["fresh"] if offer.category in {"水果", "蔬菜"} else []
        kinds += ["chilled"] if offer.chilled else []
        kinds += ["grain"] if listing.category_code == "coarse_grain" else []
        self.review_kinds[listing.id] = tuple(kinds)

    def _list_tourism(self, offer: SourceOffer) -> None:
        if is_stay(offer):
            host = DEMO_HOST if offer.title == _DEMO_HOST_TITLE else None
            producer = self.producers.open_producer(offer, is_stay=True, farmer=host)
            rooms = _ROOMS.get(offer.title, self._rng.randint(3, 8))
            self.review_kinds[self.listings.list_stay(offer, producer, rooms=rooms).id] = ("stay",)
            return
        producer = self.producers.open_producer(offer, is_visit=True)
        listing = self.listings.list_visit(offer, producer, weight=self._rng.randint(2, 9))
        self.review_kinds[listing.id] = (listing.category_code,)

    def _add_photo(self, offer: SourceOffer, producer: SampleProducer) -> UUID:
        drawing = draw_picture(offer.category, offer.title, len(self.photos))
        size = _IMAGE_SIZE.search(drawing)
        assert size is not None, "a drawing states its size"
        photo_id = self._rng.make_uuid7(producer.opened_at)
        self.photos.append(
            PhotoCopyRow(
                id=photo_id,
                owner_id=producer.owner_id,
                purpose="listing",
                sha256=sha256(drawing.encode()).digest(),
                width=int(size[1]),
                height=int(size[2]),
                kind="svg",
                created_at=producer.opened_at,
            )
        )
        self.pictures.append(drawing)
        return photo_id

    def count_stock(
        self, taken: dict[UUID, LotTally]
    ) -> tuple[list[LotCopyRow], list[VariantCopyRow], list[StockMoveCopyRow]]:
        """Return lots with the units of the orders and some remaining, the variants, and each lot's first count."""
        lots: list[LotCopyRow] = []
        opening_moves: list[StockMoveCopyRow] = []
        units = {size.listing_id: size.unit.text for size in self.listings.rows.sizes if size.position == 0}
        opened = {producer.producer_id: producer.opened_at for producer in self.producers.rows.generated}
        for listing in self.listings.rows.listings:
            lot_id = self.listings.rows.lots.get(listing.id)
            if lot_id is None:
                continue
            tally = taken.get(lot_id, LotTally())
            left = self._rng.randint(3, 8) if self._rng.chance(_SCARCE_PERCENT) else self._rng.randint(40, 400)
            lots.append(
                LotCopyRow(
                    id=lot_id,
                    producer_id=listing.producer_id,
                    label=listing.title,
                    unit=units[listing.id],
                    available_units=left,
                    reserved_units=tally.reserved,
                    sold_units=tally.sold,
                )
            )
            count = left + tally.reserved + tally.sold
            opening_moves.append(StockMoveCopyRow(lot_id, "count", "opened", count, opened[listing.producer_id]))
        variants = [
            build_from(
                VariantCopyRow,
                size,
                unit=size.unit.text,
                net_g=size.unit.net_g,
                pieces=size.unit.pieces,
                lot_id=self.listings.rows.lots.get(size.listing_id),
            )
            for size in self.listings.rows.sizes
        ]
        return lots, variants, opening_moves
