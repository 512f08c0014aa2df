"""A buyer's way through the shop in tests: place, pay at the sandbox, and what is left behind."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import pytest
from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.notify.queue import FACTS_CONTEXT
from market.orders import (
    Address,
    Batcher,
    Line,
    ListingId,
    Nights,
    OrderView,
    Paying,
    Placed,
    VariantId,
    get_order,
    pay_order,
    place,
    seal_address,
)
from payments import Method, all_balances
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.factories import an_account, the_actor
from tests.rails import press_and_follow

ADDRESS = Address("样例买家", "13900009001", "130100", "样例路 1 号")


class Shopping(Struct, frozen=True):
    """One buyer in one market."""

    db: Database
    seal: Seal
    gateway: Stripe
    sandbox: Sandbox
    buyer: Actor

    async def place(
        self, lines: Sequence[tuple[UUID, int]] = (), *, nights: Sequence[Nights] = (), now: datetime = NOW
    ) -> Placed:
        """Place an order by a batcher of its own."""
        async with Batcher(self.db) as batcher:
            return await place(
                batcher,
                self.buyer.account_id,
                [Line(VariantId(variant_id), quantity) for variant_id, quantity in lines],
                nights=nights,
                address=seal_address(self.seal, ADDRESS),
                now=now,
            )

    async def start(self, order: Placed, *, method: Method = Method.ALIPAY, now: datetime = NOW) -> Paying:
        """Begin to pay."""
        return await pay_order(
            self.db, self.gateway, self.buyer, order.id, method=method, return_url="http://localhost/back", now=now
        )

    async def pay(self, order: Placed, *, method: Method = Method.ALIPAY, now: datetime = NOW) -> None:
        """Pay, and let the order follow."""
        paying = await self.start(order, method=method, now=now)
        await press_and_follow(self.db, self.gateway, self.sandbox, self.seal, paying, now=now)

    async def see(self, order: Placed) -> OrderView:
        """Read the order as its buyer does."""
        async with self.db.connection() as conn:
            return await get_order(conn, self.seal, self.buyer, order.id)

    async def see_id(self, order_id: UUID) -> OrderView:
        """Read the order of that id as its buyer does."""
        async with self.db.connection() as conn:
            return await get_order(conn, self.seal, self.buyer, order_id)

    async def lots(self) -> list[tuple[int, int, int]]:
        """Read every lot: left, waiting, sold."""
        async with self.db.connection() as conn:
            rows = await conn.fetch("SELECT left_units, waiting_units, sold_units FROM lots ORDER BY id")
        return [tuple(row) for row in rows]

    async def messages(self) -> list[tuple[str, str]]:
        """Read what was queued: template and facts as JSON, in order."""
        async with self.db.connection() as conn:
            rows = await conn.fetch("SELECT template, facts_sealed FROM messages ORDER BY queued_at, id")
        return [(row["template"], self.seal.open(row["facts_sealed"], FACTS_CONTEXT)) for row in rows]

    async def balances(self) -> dict[str, int]:
        """Read every account that is not empty."""
        async with self.db.connection() as conn:
            return {each.code: each.minor for each in await all_balances(conn) if each.minor}


async def a_shopper(conn: Connection) -> Actor:
    """A new buyer, as an actor."""
    return await the_actor(conn, await an_account(conn))


def stay_of(listing_id: UUID, *, arrive: int = 3, leave: int = 5, rooms: int = 1) -> Nights:
    """Nights of October 2019; by default those of the story, in the holiday."""
    return Nights(ListingId(listing_id), date(2019, 10, arrive), date(2019, 10, leave), rooms)


@pytest.fixture
async def shopping(database: Database, seal: Seal, gateway: Stripe, sandbox: Sandbox) -> Shopping:
    """A buyer in an empty market."""
    async with database.transaction() as conn:
        buyer = await a_shopper(conn)
    return Shopping(database, seal, gateway, sandbox, buyer)
