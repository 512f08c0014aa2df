"""The people of the sample's sales, and the steps that every sale has: order, payment, parcel, receipt."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Self, cast
from uuid import UUID

from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, Fen, Query
from market.kernel.clock import get_business_day, get_quarter_start
from market.kernel.database import SCOPE_SETTING
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.actors import find_actor_by_handle, find_actor_by_id
from market.people.identity.models import AccountId, Actor
from market.people.storage.files import FileStore
from market.people.storage.photos import PhotoPurpose, add_photo, prepare_drawing, prepare_photo
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.address import Address, address_to_point, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import Line, Nights, OrderId, PlacedOrder
from market.sales.orders.pay import pay_order
from market.sales.orders.queries import SuborderView, get_order
from market.sales.packages.book import PackageWish, book_package
from market.sales.pickup_points.models import PickupPoint
from market.service.demo.sample.accounts import FARMER_PHONE, HOST_PHONE
from market.service.demo.sample.identities import BUYER_PHONES, make_phone
from market.service.demo.sample.sales.provider import SampleProvider
from market.service.demo.sample.waking_hours import find_waking_moment
from market.service.web.ui.illustrations import draw_picture
from payments import Gateway, Method

_TO_PAY = timedelta(minutes=3)
_HOME_REGION = "130100"
_IMAGE_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
FIND_ACCOUNT = Query(UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index")


class SampleOffer(Struct, frozen=True):
    """A live listing of the sample with its first variant."""

    listing_id: UUID
    variant_id: UUID
    price_fen: Fen


class Sale(Struct, frozen=True):
    """A paid order of one suborder, and its buyer."""

    buyer: Actor
    order_id: OrderId
    suborder: SuborderView


FIND_OFFER = Query(
    SampleOffer,
    """
    SELECT listings.id AS listing_id, variants.id AS variant_id, price_fen
      FROM listings JOIN variants ON listing_id = listings.id AND position = 0
     WHERE title = :title AND producer_id = ANY(:producer_ids::uuid[]) AND state = 'live'
    """,
)


class OneConnection(Database):
    """A database of one connection, whose transactions are savepoints of the caller's transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.scope_setting = SCOPE_SETTING

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """Yield the connection."""
        yield self._conn


class SaleSimulation:
    """Plays sales on one connection, in the caller's transaction: all of them are in the sample, or none."""

    def __init__(self, conn: Connection, seal: Seal, files: FileStore, settings: Settings, *, now: datetime) -> None:
        self.conn = conn
        self.seal = seal
        self.settings = settings
        self.now = now
        self.today: date = get_business_day(now)
        self.last_quarter_day: date = get_quarter_start(self.today) - timedelta(days=20)
        self.db = OneConnection(conn)
        self.provider = cast("Gateway", SampleProvider())  # sales call nothing else of it
        self._files = files
        self._batcher = Batcher(self.db, writers=1)
        self.farmer: Actor
        self.host: Actor
        self.buyer: Actor

    async def __aenter__(self) -> Self:
        await self._batcher.__aenter__()
        self.farmer = await self.find_person(FARMER_PHONE)
        self.host = await self.find_person(HOST_PHONE)
        self.buyer = await self.find_buyer(1)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._batcher.__aexit__(*exc)

    def ago(self, *, days: float = 0, hours: float = 0) -> datetime:
        """Return about the moment so long before the sample's present, at an hour at which people are awake."""
        return find_waking_moment(self.now - timedelta(days=days, hours=hours), now=self.now)

    async def find_buyer(self, number: int) -> Actor:
        """Return a sample buyer; the first is the demo's."""
        return await self.find_person(make_phone(BUYER_PHONES, number))

    async def find_person(self, phone: str) -> Actor:
        """Return the person with a phone."""
        account_id = await FIND_ACCOUNT.one(self.conn, phone_index=self.seal.index(phone))
        return await self.load_actor(AccountId(account_id))

    async def load_actor(self, account_id: AccountId) -> Actor:
        """Return the person with an account."""
        actor = await find_actor_by_id(self.conn, account_id, second_factor=True, day=self.today)
        assert actor is not None, "the shop is loaded first, with its people"
        return actor

    async def find_official(self, handle: str) -> Actor:
        """Return an official of the demo's county."""
        actor = await find_actor_by_handle(self.conn, handle, day=self.today)
        assert actor is not None, "the shop is loaded first, with its officials"
        return actor

    async def find_offer(self, seller: Actor, title: str) -> SampleOffer:
        """Return a seller's listing by its title."""
        return await FIND_OFFER.one(self.conn, title=title, producer_ids=list(seller.producers))

    @asynccontextmanager
    async def act_as(self, person: Actor) -> AsyncGenerator[Connection]:
        """Yield the connection with the scope in which a person sees their own cases."""
        async with self.db.transaction(scope=get_person_scope(person)) as conn:
            yield conn

    async def add_photo(self, owner: Actor, purpose: PhotoPurpose, content: bytes, *, at: datetime) -> UUID:
        """Store a person's photo and return its id."""
        return await add_photo(self.conn, owner.account_id, await prepare_photo(self._files, content, purpose), now=at)

    async def add_drawing(self, seller: Actor, category: str, title: str, *, at: datetime) -> UUID:
        """Store the drawing of a listing and return its id."""
        drawing = draw_picture(category, title, int(at.timestamp()))
        size = _IMAGE_SIZE.search(drawing)
        assert size is not None, "a drawing states its size"
        prepared = await prepare_drawing(self._files, drawing, width=int(size[1]), height=int(size[2]))
        return await add_photo(self.conn, seller.account_id, prepared, now=at)

    async def buy(
        self,
        buyer: Actor,
        lines: Sequence[Line] = (),
        *,
        nights: Sequence[Nights] = (),
        point: PickupPoint | None = None,
        at: datetime,
    ) -> Sale:
        """Order from one seller and pay three minutes later: all of it, or the deposit."""
        placed = await self.order(buyer, lines, nights=nights, point=point, at=at)
        await self._pay(buyer, placed.id, at=at + _TO_PAY)
        return Sale(buyer, placed.id, await self.see(buyer, placed.id))

    async def order(
        self,
        buyer: Actor,
        lines: Sequence[Line] = (),
        *,
        nights: Sequence[Nights] = (),
        point: PickupPoint | None = None,
        at: datetime,
    ) -> PlacedOrder:
        """Order without paying."""
        address = Address(buyer.name, "13900009001", _HOME_REGION, "样例路 1 号")
        if point is not None:
            address = address_to_point(address, point)
        return await place(
            self._batcher,
            buyer.account_id,
            lines,
            nights=nights,
            address=seal_address(self.seal, address),
            pickup_point_id=None if point is None else point.id,
            now=at,
            pay_minutes=self.settings.pay_minutes,
        )

    async def book(self, buyer: Actor, number: int, wish: PackageWish, *, at: datetime) -> None:
        """Book a package and pay three minutes later."""
        address = Address(buyer.name, "13900009001", _HOME_REGION, "样例路 1 号")
        placed = await book_package(
            self.db,
            self._batcher,
            buyer.account_id,
            number,
            wish,
            address=seal_address(self.seal, address),
            key=f"sample package {number}",
            now=at,
            pay_minutes=self.settings.pay_minutes,
        )
        await self._pay(buyer, placed.id, at=at + _TO_PAY)

    async def _pay(self, buyer: Actor, order_id: OrderId, *, at: datetime) -> None:
        await pay_order(self.db, self.provider, buyer, order_id, method=Method.ALIPAY, return_url=None, now=at)
        await apply_payment_events(self.db, self.provider, self.seal, now=at, concurrency=1)

    async def see(self, buyer: Actor, order_id: UUID) -> SuborderView:
        """Return the suborder of an order of one seller, as its buyer sees it."""
        order = await get_order(self.conn, self.seal, buyer, order_id)
        return order.suborders[0]

    async def ship(self, sale: Sale, seller: Actor, tracking: str, *, at: datetime) -> None:
        """Send the parcel of a sale by post."""
        await ship_suborder(self.conn, self.seal, seller, sale.suborder.id, carrier="邮政", tracking=tracking, now=at)

    async def receive(self, sale: Sale, *, at: datetime) -> None:
        """Confirm as the buyer that the parcel has come."""
        await confirm_receipt(self.conn, self.seal, sale.buyer, sale.order_id, now=at)

    async def buy_and_receive(
        self, buyer: Actor, lines: Sequence[Line], seller: Actor, tracking: str, *, received: datetime
    ) -> Sale:
        """Buy goods that are sent the next day and received three days later."""
        sale = await self.buy(buyer, lines, at=received - timedelta(days=4))
        await self.ship(sale, seller, tracking, at=received - timedelta(days=3))
        await self.receive(sale, at=received)
        return sale
