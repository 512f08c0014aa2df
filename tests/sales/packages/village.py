"""A village of a co-operative that guides, two homestays and an orchard, with a package of all of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import Struct, structs

from market.kernel import Connection
from market.kernel.clock import SHANGHAI
from market.people.identity.models import Actor
from market.sales.orders.address import seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.models import PlacedOrder
from market.sales.packages.book import PackageWish, PartTime, book_package
from market.sales.packages.compose import compose_package
from market.sales.packages.consent import answer_package, publish_package
from market.sales.packages.models import NewPackage, NewPart, Package
from tests.conftest import NOW
from tests.support.make import (
    ActivityIds,
    ProductIds,
    StayIds,
    load_owner,
    make_activity,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.shop import BUYER_ADDRESS, Shopping

ARRIVE = date(2019, 9, 21)
SUNDAY = date(2019, 9, 22)
MORNING = datetime(2019, 9, 22, 8, tzinfo=SHANGHAI)
"""When the activity of the second day starts."""


class Village(Struct, frozen=True, kw_only=True):
    """The households, what they offer, and their package: 400 元 for two persons and one night."""

    shopping: Shopping
    guide: Actor
    hosts: tuple[Actor, ...]
    orchard: Actor
    activity: ActivityIds
    stays: tuple[StayIds, ...]
    product: ProductIds
    package: Package

    async def book(
        self,
        *,
        count: int = 1,
        wish: PackageWish | None = None,
        key: str | None = None,
        now: datetime = NOW,
        **more: Any,
    ) -> PlacedOrder:
        async with Batcher(self.shopping.db) as batcher:
            return await book_package(
                self.shopping.db, batcher, self.shopping.buyer.account_id, self.package.number,
                wish or make_wish(count),
                address=seal_address(self.shopping.seal, BUYER_ADDRESS), key=key or str(uuid4()), now=now, **more,
            )  # fmt: skip

    async def fetch(self, sql: str, *arguments: object) -> Any:
        async with self.shopping.db.connection() as conn:
            return await conn.fetchval(sql, *arguments)

    async def count_free(self) -> tuple[int, int, int, int]:
        """Return the free rooms of both stays in the night, the free places on Sunday, and the available boxes."""
        async with self.shopping.db.connection() as conn:
            rooms = [
                await conn.fetchval(
                    "SELECT count(*) FROM rooms WHERE listing_id = $1 AND NOT EXISTS"
                    " (SELECT FROM taken_nights WHERE room_id = rooms.id AND nights @> $2::date)",
                    stay.listing_id,
                    ARRIVE,
                )
                for stay in self.stays
            ]
            places = await conn.fetchval("SELECT free FROM slots WHERE id = $1", self.activity.slot_ids[0])
            boxes = await conn.fetchval("SELECT available_units FROM lots WHERE id = $1", self.product.lot_id)
        return rooms[0], rooms[1], places, boxes


def make_wish(count: int = 1) -> PackageWish:
    return PackageWish(count=count, arrive_on=ARRIVE, times=[PartTime(2, MORNING)])


def make_new_package(stays: tuple[UUID, ...], activity: UUID, product: UUID, **more: Any) -> NewPackage:
    new = NewPackage(
        title="枣乡两日",
        persons=2,
        nights=1,
        price_fen=400_00,
        starts_on=date(2019, 9, 20),
        ends_on=date(2019, 11, 30),
        parts=[
            NewPart(variant_ids=list(stays), quantity=1, share_fen=250_00),
            NewPart(variant_ids=[activity], quantity=2, share_fen=110_01),
            NewPart(variant_ids=[product], quantity=1, share_fen=39_99),
        ],
    )
    return structs.replace(new, **more)


async def make_households(conn: Connection, *, rooms: int = 2, places: int = 20, left: int = 50) -> dict[str, Any]:
    """Insert the households and what they sell."""
    guide_id = await make_producer(conn, kind="cooperative", name="样例合作社")
    host_ids = [await make_producer(conn, kind="homestay", name=f"样例农家{name}") for name in "甲乙"]
    orchard_id = await make_producer(conn, name="样例枣园")
    return {
        "guide": await load_owner(conn, guide_id),
        "hosts": tuple([await load_owner(conn, each) for each in host_ids]),
        "orchard": await load_owner(conn, orchard_id),
        "activity": await make_activity(conn, guide_id, days=(SUNDAY,), places=places),
        "stays": tuple([await make_stay(conn, each, rooms=rooms) for each in host_ids]),
        "product": await make_product(conn, orchard_id, left=left),
    }


async def agree_and_publish(shopping: Shopping, made: dict[str, Any], package: Package) -> Package:
    async with shopping.db.transaction() as conn:
        for household in (*made["hosts"], made["orchard"]):
            await answer_package(
                conn, shopping.seal, household, household.producers[0], package.id, agrees=True, now=NOW
            )
        return await publish_package(conn, made["guide"], made["guide"].producers[0], package.id, now=NOW)


async def make_village(shopping: Shopping, **sizes: int) -> Village:
    async with shopping.db.transaction() as conn:
        made = await make_households(conn, **sizes)
        new = make_new_package(
            tuple(each.variant_id for each in made["stays"]), made["activity"].variant_id, made["product"].variant_id
        )
        package = await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)
    return Village(shopping=shopping, package=await agree_and_publish(shopping, made, package), **made)


@pytest.fixture
async def village(shopping: Shopping) -> Village:
    """A village with its package on sale."""
    return await make_village(shopping)
