"""The shop: who sells what, who bought it in the last 90 days, and what they said."""

import re
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.sample.chance import Chance
from market.sample.farms import DEMO_FARMER, Farm, FarmMaker, Farms
from market.sample.names import FARMER_PHONES, phone
from market.sample.people import BUYERS, People, make_people
from market.sample.places import Places, load_divisions
from market.sample.reviewing import Reviewing
from market.sample.rows import Lot, Photo, StockMove, Variant
from market.sample.shelves import Fame, ShelfMaker, Shelves, is_stay
from market.sample.sources import Offer, products, tourism
from market.sample.trade import Wishes
from market.sample.traded import Tally, Traded
from market.sample.trading import Bookkeeper
from market.settings import Settings
from market.web.look.drawings import svg_picture

_OWN = ("阜平大枣", "阜平核桃")
"""What the demo's farmer sells."""
_NEIGHBOURS = (
    ("阜平大枣", 94),
    ("阜平大枣", 107),
    ("阜平大枣", 100),
    ("阜平核桃", 97),
    ("阜平核桃", 110),
    ("阜平羊肚菌（干）", 104),
)
"""What others of the county sell too, and at what percent of the price."""
_WAITING = ((1, "阜平软枣猕猴桃"), (2, "阜平核桃"), (3, "阜平大枣"))
"""Who has applied and waits: after how many steps, and what they grow."""
_ROOMS = {"麻麻花的山坡 精品民宿（南峪村）": 15, "顾家台民宿大院": 12, "骆驼湾村农家小院": 10}
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
_SCARCE_PERCENT = 6


class Facts(Struct, frozen=True):
    """What the database knows before the samples: categories by name, rest days, the last numbers given."""

    categories: dict[str, str]
    holidays: list[date]
    last_producer: int
    last_order: int


class Shop(Struct, frozen=True):
    """Everything of the shop, ready to be copied."""

    people: People
    farms: Farms
    shelves: Shelves
    photos: list[Photo]
    pictures: list[str]
    lots: list[Lot]
    variants: list[Variant]
    counts: list[StockMove]
    traded: Traded
    reviewing: Reviewing
    fame: dict[UUID, Fame]


FACTS = Query(
    Facts,
    """
    SELECT (SELECT jsonb_object_agg(name, code) FROM categories) AS categories,
           ARRAY(SELECT day FROM holidays WHERE rest ORDER BY day) AS holidays,
           (SELECT coalesce(max(number), 0) FROM producers) AS last_producer,
           (SELECT coalesce(max(number), 0) FROM orders) AS last_order
    """,
)


async def make_shop(
    conn: Connection, seed: int, settings: Settings, seal: Seal, *, share_percent: int, now: datetime
) -> Shop:
    """Make the shop out of the public data and the divisions that are there; `share_percent` thins the orders."""
    offers = [*products(), *tourism()]
    places = await load_divisions(conn, {offer.county_code for offer in offers})
    facts = await FACTS.one(conn)
    people = make_people(seed, seal, sorted({offer.county_code[:4] for offer in offers}), now)
    builder = _Builder(seed, seal, people, places, facts=facts, now=now)
    builder.open_shops()
    bookkeeper = Bookkeeper(
        seed,
        seal,
        people.buyers,
        people.buyer_names,
        {farm.producer_id: farm.number for farm in builder.farms.made.farms},
        last_number=facts.last_order,
        pay_minutes=settings.pay_minutes,
        receive_days=settings.receive_days,
        now=now,
    )
    shelves = builder.shelves.made
    bookkeeper.reviewing.words = builder.review_words
    wishes = Wishes(seed, shelves.goods, shelves.lodgings, buyers=BUYERS, quiet=builder.demo_farm.producer_id, now=now)
    asked = wishes.all(share_percent=share_percent)
    own = [each for each in shelves.goods if each.goods.producer_id == builder.demo_farm.producer_id]
    asked += [
        wishes.ask_for(own[0], 2, now - timedelta(hours=15)),
        wishes.ask_for(own[-1], 1, now - timedelta(hours=3)),
    ]
    for wish in sorted(asked, key=lambda wish: wish.placed_at):
        bookkeeper.book(wish)
    traded, reviewing = bookkeeper.made, bookkeeper.reviewing
    lots, variants, counts = builder.count_stock(traded.lots)
    return Shop(
        people,
        builder.farms.made,
        shelves,
        builder.photos,
        builder.pictures,
        lots,
        variants,
        counts,
        traded,
        reviewing,
        _fame(shelves, traded, reviewing),
    )


def _fame(shelves: Shelves, traded: Traded, reviewing: Reviewing) -> dict[UUID, Fame]:
    fame: dict[UUID, Fame] = {}
    for listing in shelves.listings:
        rating = reviewing.ratings.get(listing.id)
        sold = traded.sold.get(listing.id, 0)
        fame[listing.id] = Fame(sold, sold + (rating.total if rating else 0))
    return fame


class _Builder:
    """Opens the shops of all offers, and counts their stock when the orders are known."""

    def __init__(self, seed: int, seal: Seal, people: People, places: Places, *, facts: Facts, now: datetime) -> None:
        self._chance = Chance(seed, "shop")
        self.farms = FarmMaker(seed, seal, people, places, last_number=facts.last_producer, now=now)
        self.shelves = ShelfMaker(
            seed, places, facts.categories, set(facts.holidays), add_photo=self._add_photo, now=now
        )
        self.photos: list[Photo] = []
        self.pictures: list[str] = []
        self.review_words: dict[UUID, tuple[str, ...]] = {}
        self.demo_farm: Farm

    def open_shops(self) -> None:
        """Open a producer for each product and each tourism offer, and list it."""
        goods = products()
        by_title = {offer.title: offer for offer in goods}
        self.demo_farm = self.farms.open(by_title[_OWN[0]], farmer=DEMO_FARMER)
        self.farms.add_helper(self.demo_farm, "样例唐乙丑", phone(FARMER_PHONES, 9999))
        for offer in goods:
            own = offer.title in _OWN
            farm = self.demo_farm if own else self.farms.open(offer)
            self._list(offer, farm, weight=3 if own else self._chance.between(4, 24))
        for title, percent in _NEIGHBOURS:
            offer = msgspec.structs.replace(by_title[title], place="")
            price = Fen(offer.price_fen * percent // 1000 * 10)
            self._list(offer, self.farms.open(offer), weight=3, price_fen=price)
        for offer in tourism():
            self._open_visit(offer)
        for steps, title in _WAITING:
            self.farms.open(msgspec.structs.replace(by_title[title], place=""), steps=steps)

    def _list(self, offer: Offer, farm: Farm, *, weight: int, price_fen: Fen | None = None) -> None:
        listing = self.shelves.list_goods(offer, farm, weight=weight, price_fen=price_fen)
        words = ["goods"]
        words += ["fresh"] if offer.category in {"水果", "蔬菜"} else []
        words += ["chilled"] if offer.chilled else []
        words += ["grain"] if listing.category_code == "coarse_grain" else []
        self.review_words[listing.id] = tuple(words)

    def _open_visit(self, offer: Offer) -> None:
        if is_stay(offer):
            farm = self.farms.open(offer, is_stay=True)
            rooms = _ROOMS.get(offer.title, self._chance.between(3, 8))
            self.review_words[self.shelves.list_stay(offer, farm, rooms=rooms).id] = ("stay",)
            return
        farm = self.farms.open(offer, is_visit=True)
        listing = self.shelves.list_visit(offer, farm, weight=self._chance.between(2, 9))
        self.review_words[listing.id] = (listing.category_code,)

    def _add_photo(self, offer: Offer, farm: Farm) -> UUID:
        drawn = svg_picture(offer.category, offer.title, len(self.photos))
        size = _SIZE.search(drawn)
        assert size is not None, "a picture says its size"  # noqa: S101 - drawn by our own code
        photo_id = self._chance.id_at(farm.opened_at)
        self.photos.append(
            Photo(
                id=photo_id,
                owner_id=farm.owner_id,
                purpose="listing",
                sha256=sha256(drawn.encode()).digest(),
                width=int(size[1]),
                height=int(size[2]),
                kind="svg",
                created_at=farm.opened_at,
            )
        )
        self.pictures.append(drawn)
        return photo_id

    def count_stock(self, taken: dict[UUID, Tally]) -> tuple[list[Lot], list[Variant], list[StockMove]]:
        """Return lots that hold what orders took and something more, each with its first count."""
        lots: list[Lot] = []
        counts: list[StockMove] = []
        units = {size.listing_id: size.unit.text for size in self.shelves.made.sizes if size.position == 0}
        opened = {farm.producer_id: farm.opened_at for farm in self.farms.made.farms}
        for listing in self.shelves.made.listings:
            lot_id = self.shelves.made.lots.get(listing.id)
            if lot_id is None:
                continue
            tally = taken.get(lot_id, Tally())
            left = (
                self._chance.between(3, 8) if self._chance.percent(_SCARCE_PERCENT) else self._chance.between(40, 400)
            )
            lots.append(
                Lot(
                    id=lot_id,
                    producer_id=listing.producer_id,
                    label=listing.title,
                    unit=units[listing.id],
                    left_units=left,
                    waiting_units=tally.waiting,
                    sold_units=tally.sold,
                )
            )
            count = left + tally.waiting + tally.sold
            counts.append(StockMove(lot_id, "count", "opened", count, opened[listing.producer_id]))
        variants = [
            Variant(
                id=size.id,
                listing_id=size.listing_id,
                position=size.position,
                label=size.label,
                unit=size.unit.text,
                price_fen=size.price_fen,
                net_g=size.unit.net_g,
                pieces=size.unit.pieces,
                gross_g=size.gross_g,
                lot_id=self.shelves.made.lots.get(size.listing_id),
                takes=size.takes,
            )
            for size in self.shelves.made.sizes
        ]
        return lots, variants, counts
