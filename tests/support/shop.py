"""A buyer in tests: place, pay at the sandbox, and inspect the result."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import pytest
from msgspec import Struct

from market.catalogue.slots.models import SlotId
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.queue import FACTS_CONTEXT
from market.sales.coupons.models import VoucherId
from market.sales.orders.address import Address, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import Companion
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from market.sales.orders.pay import PaymentInstructions, pay_order
from market.sales.orders.queries import OrderView, get_order
from payments import Method, list_balances
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.support.make import load_actor, make_account
from tests.support.payment import pay_and_apply

BUYER_ADDRESS = Address("样例买家", "13900009001", "130100", "样例路 1 号")


class Shopping(Struct, frozen=True):
    """One buyer in one market."""

    db: Database
    seal: Seal
    gateway: Stripe
    sandbox: Sandbox
    buyer: Actor

    async def place(
        self,
        lines: Sequence[tuple[UUID, int]] = (),
        *,
        nights: Sequence[Nights] = (),
        slot: tuple[UUID, UUID, int] | None = None,
        voucher_id: VoucherId | None = None,
        address: Address = BUYER_ADDRESS,
        key: str | None = None,
        companion: Companion | None = None,
        now: datetime = NOW,
    ) -> PlacedOrder:
        """Place an order with its own batcher; `slot` is an activity's variant, its slot and a party."""
        places = [Line(VariantId(slot[0]), slot[2], SlotId(slot[1]))] if slot else []
        async with Batcher(self.db) as batcher:
            return await place(
                batcher,
                self.buyer.account_id,
                [Line(VariantId(variant_id), quantity) for variant_id, quantity in lines] + places,
                nights=nights,
                address=seal_address(self.seal, address),
                voucher_id=voucher_id,
                key=key,
                companion=companion,
                now=now,
            )

    async def start(
        self, order: PlacedOrder, *, method: Method = Method.ALIPAY, now: datetime = NOW
    ) -> PaymentInstructions:
        """Start a payment."""
        return await pay_order(
            self.db, self.gateway, self.buyer, order.id, method=method, return_url="http://localhost/back", now=now
        )

    async def pay(self, order: PlacedOrder, *, method: Method = Method.ALIPAY, now: datetime = NOW) -> None:
        """Pay at the sandbox and apply the events."""
        paying = await self.start(order, method=method, now=now)
        await pay_and_apply(self.db, self.gateway, self.sandbox, self.seal, paying, now=now)

    async def see(self, order: PlacedOrder) -> OrderView:
        """Return the order as its buyer sees it."""
        async with self.db.connection() as conn:
            return await get_order(conn, self.seal, self.buyer, order.id)

    async def see_id(self, order_id: UUID) -> OrderView:
        """Return an order by id as its buyer sees it."""
        async with self.db.connection() as conn:
            return await get_order(conn, self.seal, self.buyer, order_id)

    async def lots(self) -> list[tuple[int, int, int]]:
        """Return the available, reserved and sold units of every lot."""
        async with self.db.connection() as conn:
            rows = await conn.fetch("SELECT available_units, reserved_units, sold_units FROM lots ORDER BY id")
        return [tuple(row) for row in rows]

    async def messages(self) -> list[tuple[str, str]]:
        """Return the queued messages in order: template and facts as JSON."""
        async with self.db.connection() as conn:
            rows = await conn.fetch("SELECT template, facts_sealed FROM messages ORDER BY queued_at, id")
        return [(row["template"], self.seal.open(row["facts_sealed"], FACTS_CONTEXT)) for row in rows]

    async def balances(self) -> dict[str, int]:
        """Return the balance of every account that is not empty."""
        async with self.db.connection() as conn:
            return {each.code: each.minor for each in await list_balances(conn) if each.minor}


async def make_buyer(conn: Connection) -> Actor:
    """Insert a buyer and return it as an actor."""
    return await load_actor(conn, await make_account(conn))


def make_october_nights(listing_id: UUID, *, arrive: int = 3, leave: int = 5, rooms: int = 1) -> Nights:
    """Return nights of October 2019; by default those of the story, in the holiday."""
    return Nights(ListingId(listing_id), date(2019, 10, arrive), date(2019, 10, leave), rooms)


@pytest.fixture
async def shopping(database: Database, seal: Seal, gateway: Stripe, sandbox: Sandbox) -> Shopping:
    """Create a buyer in an empty market."""
    async with database.transaction() as conn:
        buyer = await make_buyer(conn)
    return Shopping(database, seal, gateway, sandbox, buyer)
