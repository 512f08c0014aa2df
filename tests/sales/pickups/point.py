"""A pickup point in the county of the tests, its keeper, and a parcel that goes there."""

import json
from datetime import datetime
from uuid import UUID

import pytest

from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.sales.orders.address import address_to_point, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, PlacedOrder, SuborderState, VariantId
from market.sales.pickup_points.models import NewPickupPoint, PickupPoint
from market.sales.pickup_points.register import add_point
from market.sales.pickups.hand_over import Collection, hand_over, mark_arrived
from market.sales.pickups.models import Pickup, PickupCodeInvalid
from market.sales.pickups.view import list_pickups
from tests.conftest import NOW
from tests.support.make import (
    ProductIds,
    load_actor,
    load_owner,
    make_account,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.shop import BUYER_ADDRESS, Shopping

DAYS = 7
KEEPER_PHONE = "17000007701"


class Point:
    """A pickup point with its keeper, and goods of its county at 33.33 with freight."""

    def __init__(
        self, shopping: Shopping, owner: Connection, point: PickupPoint, keeper: Actor, goods: ProductIds, seller: Actor
    ) -> None:
        self.shopping, self.owner, self.point, self.keeper = shopping, owner, point, keeper
        self.goods, self.seller = goods, seller

    async def order(self, *, point: PickupPoint | None = None, key: str | None = None) -> PlacedOrder:
        w, chosen = self.shopping, point or self.point
        async with Batcher(w.db) as batcher:
            return await place(
                batcher, w.buyer.account_id, [Line(VariantId(self.goods.variant_id), 3)],
                address=seal_address(w.seal, address_to_point(BUYER_ADDRESS, chosen)), key=key,
                pickup_point_id=chosen.id, now=NOW,
            )  # fmt: skip

    async def buy(self) -> tuple[PlacedOrder, UUID]:
        """Return a paid order, and its parcel."""
        order = await self.order()
        await self.shopping.pay(order)
        return order, (await self.shopping.see(order)).suborders[0].id

    async def arrive(self, parcel: UUID, *, keeper: Actor | None = None, now: datetime = NOW) -> None:
        async with self.shopping.db.transaction() as conn:
            await mark_arrived(conn, self.shopping.seal, keeper or self.keeper, parcel, days=DAYS, now=now)

    async def hand_over(
        self, code: str, *, keeper: Actor | None = None, now: datetime = NOW
    ) -> Collection | PickupCodeInvalid:
        async with self.shopping.db.transaction() as conn:
            return await hand_over(conn, self.shopping.seal, keeper or self.keeper, code, now=now)

    async def see(self, order: PlacedOrder) -> Pickup:
        async with self.shopping.db.connection() as conn:
            (pickup,) = await list_pickups(conn, self.shopping.seal, self.shopping.buyer, order.id, days=DAYS)
        return pickup

    async def get_code(self, order: PlacedOrder) -> str:
        code = (await self.see(order)).code
        assert code is not None
        return code

    async def get_state(self, parcel: UUID) -> SuborderState:
        return SuborderState(await self.owner.fetchval("SELECT state FROM suborders WHERE id = $1", parcel))

    async def list_told(self, template: str) -> list[dict[str, str]]:
        return [json.loads(facts) for name, facts in await self.shopping.messages() if name == template]


async def register(shopping: Shopping, official: Actor, keeper_phone: str, *, name: str = "样例自提点") -> PickupPoint:
    new = NewPickupPoint(
        division_code="130624107000", name=name, address="样例街 1 号", phone="0312-7000001", hours="早 8 点到晚 6 点",
        keeper_phone=keeper_phone,
    )  # fmt: skip
    async with shopping.db.transaction() as conn:
        return await add_point(conn, shopping.seal, official, "130624", new, now=NOW)


@pytest.fixture
async def point(shopping: Shopping, owner: Connection) -> Point:
    async with shopping.db.transaction() as conn:
        keeper = await load_actor(conn, await make_account(conn, name="样例点长", phone=KEEPER_PHONE))
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        goods = await make_product(conn, price_fen=33_33, gross_g=1200, left=100)
        await make_freight_template(conn, goods.producer_id)
        seller = await load_owner(conn, goods.producer_id)
    return Point(shopping, owner, await register(shopping, official, KEEPER_PHONE), keeper, goods, seller)
