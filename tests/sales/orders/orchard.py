"""An orchard that sells before the harvest, and its buyer, in tests of deposits."""

from datetime import date, datetime
from typing import Any

import pytest
from msgspec import Struct

from market.catalogue.listings.presale import PresaleTerms, set_presale
from market.kernel import Fen
from market.kernel.clock import SHANGHAI
from market.people.identity.models import Actor
from market.sales.orders.lapse_balances import lapse_balances
from market.sales.orders.models import PlacedOrder
from market.sales.orders.money.verification import verify_orders
from payments import Method, Purpose, list_payments
from payments.ledger.verification import verify_ledger
from tests.conftest import NOW
from tests.support.make import (
    ProductIds,
    load_owner,
    make_freight_template,
    make_product,
)
from tests.support.shop import Shopping

TERMS = PresaleTerms(
    deposit_fen=Fen(20_00), balance_from=date(2019, 9, 28), balance_until=date(2019, 9, 30),
    send_from=date(2019, 10, 1), send_until=date(2019, 10, 8),
)  # fmt: skip


def noon(month: int, day: int) -> datetime:
    return datetime(2019, month, day, 12, tzinfo=SHANGHAI)


DUE, LAST, OVER = noon(9, 28), noon(9, 30), noon(10, 1)


class Orchard(Struct, frozen=True):
    """New dates at 59.00 in pre-sale with a deposit of 20.00, old ones at 45.00, and freight of 8.00."""

    shopping: Shopping
    new: ProductIds
    old: ProductIds
    owner: Actor

    async def order(self, *, deposited: bool = True, **more: Any) -> PlacedOrder:
        """Place an order of two boxes of new dates, and pay its deposit."""
        placed = await self.shopping.place([(self.new.variant_id, 2)], **more)
        if deposited:
            await self.shopping.pay(placed, method=Method.WECHAT)
        return placed

    async def lapse(self, now: datetime) -> int:
        """End orders whose balance was not paid."""
        w = self.shopping
        return await lapse_balances(w.db, w.gateway, w.seal, now=now)

    async def verify(self) -> None:
        """Check every order and the ledger."""
        async with self.shopping.db.connection() as conn:
            assert await verify_orders(conn) == await verify_ledger(conn) == []

    async def count_charges(self, order: PlacedOrder) -> dict[Purpose, int]:
        """Return how many payments of each part of an order were captured."""
        async with self.shopping.db.connection() as conn:
            payments = await list_payments(conn, str(order.number))
        captured = [each.purpose for each in payments if each.captured_minor]
        return {purpose: captured.count(purpose) for purpose in set(captured)}


@pytest.fixture
async def orchard(shopping: Shopping) -> Orchard:
    async with shopping.db.transaction() as conn:
        new = await make_product(conn, price_fen=59_00, left=20, gross_g=400, title="新枣")
        old = await make_product(conn, new.producer_id, price_fen=45_00, gross_g=400)
        await make_freight_template(conn, new.producer_id)
        owner = await load_owner(conn, new.producer_id)
        await set_presale(conn, owner, new.listing_id, TERMS, now=NOW)
    return Orchard(shopping, new, old, owner)
