"""A parcel that travels, and everything around it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from market.kernel import Connection
from market.people.identity.models import Actor
from market.sales.aftersales.ship import ship_suborder
from market.sales.carriers.http_port import HttpCarriers
from market.sales.carriers.models import TrackingStep
from market.sales.carriers.track import poll_parcels
from market.sales.carriers.tracking import Tracking, get_tracking
from market.sales.orders.models import SuborderState
from payments.retries import BatchSummary
from tests.support.carriers import MovedClock
from tests.support.make import load_owner, make_product
from tests.support.shop import Shopping


class Travel:
    """One parcel that was sent an hour after it was paid, and everything around it."""

    def __init__(self, shopping: Shopping, carriers: HttpCarriers, clock: MovedClock, owner: Connection) -> None:
        self.shopping, self.carriers, self.clock, self.owner = shopping, carriers, clock, owner
        self.suborder_id = UUID(int=0)
        self.seller: Actor | None = None

    async def send(self, tracking: str = "ZT0000001", carrier: str = "中通") -> "Travel":
        shopping = self.shopping
        async with shopping.db.transaction() as conn:
            product = await make_product(conn, price_fen=33_33, left=10)
            self.seller = await load_owner(conn, product.producer_id)
        order = await shopping.place([(product.variant_id, 3)])
        await shopping.pay(order)
        self.suborder_id = (await shopping.see(order)).suborders[0].id
        await self.correct(tracking, carrier, now=self.clock.set(hours=1))
        return self

    async def correct(self, tracking: str, carrier: str = "中通", *, now: datetime) -> None:
        assert self.seller is not None
        async with self.shopping.db.transaction() as conn:
            await ship_suborder(
                conn, self.shopping.seal, self.seller, self.suborder_id, carrier=carrier, tracking=tracking, now=now
            )

    async def poll(self, **after: float) -> BatchSummary:
        """Ask at a time after the payment, as if the parcel were due."""
        now = self.clock.set(**after)
        await self.owner.execute("UPDATE tracked_parcels SET next_at = now() WHERE next_at < 'infinity'")
        return await poll_parcels(self.shopping.db, self.carriers, self.shopping.seal, now=now)

    async def see(self) -> Tracking:
        async with self.shopping.db.connection() as conn:
            return await get_tracking(conn, self.shopping.buyer, self.suborder_id)

    async def see_steps(self) -> list[TrackingStep]:
        return [each.step for each in (await self.see()).facts]

    async def wait(self) -> timedelta:
        """Return in how long the parcel is due, to the minute."""
        return await self.owner.fetchval("SELECT date_trunc('minute', next_at - now() + '30 s') FROM tracked_parcels")

    async def get_state(self) -> SuborderState:
        return SuborderState(await self.owner.fetchval("SELECT state FROM suborders WHERE id = $1", self.suborder_id))


@pytest.fixture
async def travel(shopping: Shopping, carriers: HttpCarriers, carrier_clock: MovedClock, owner: Connection) -> Travel:
    return Travel(shopping, carriers, carrier_clock, owner)
