"""A paid parcel of two lines, and what its buyer, its seller, the worker and the county do about its invoice."""

import itertools
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.kernel import Connection, Fen
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor, Role
from market.sales.aftersales.case_moves import notify_late_case
from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep, IssuedInvoice
from market.sales.invoices.record import record_invoice
from market.sales.invoices.tasks import update_changed_invoices
from market.sales.invoices.views import SaleInvoice, get_sale_invoice
from market.sales.orders.models import OrderId
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import load_suborders, lock_order
from tests.conftest import NOW
from tests.support.make import add_member, load_actor, load_owner, make_official, make_product
from tests.support.shop import Shopping

PERSON = InvoiceDetails(kind=InvoiceKind.PERSON, title="样例买家")
UNIT = InvoiceDetails(kind=InvoiceKind.UNIT, title="样例食堂", tax_number="91130624MA0000001L", email="a@sample.cn")
PAID_FEN = 90_00
ISSUE, REDUCE = InvoiceStep.ISSUE, InvoiceStep.REDUCE
_numbers = itertools.count(1)


def make_number(year: int = 19) -> str:
    """Return a new number of an invoice of a year."""
    return f"{year:02}132{next(_numbers):015}"


class Invoiced(Struct, frozen=True):
    """A parcel of 90.00 yuan without freight: its parties, officials of its county and of another one."""

    shopping: Shopping
    order_id: OrderId
    suborder_id: UUID
    producer_id: UUID
    owner: Actor
    partner: Actor
    county: Actor
    elsewhere: Actor

    async def ask(self, details: InvoiceDetails = PERSON, *, by: Actor | None = None, now: datetime = NOW) -> None:
        buyer, w = by or self.shopping.buyer, self.shopping
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            await ask_invoice(conn, w.seal, buyer, self.suborder_id, details, now=now)

    async def record(
        self, amount_fen: int, step: InvoiceStep = ISSUE, *, number: str = "", by: Actor | None = None,
        now: datetime = NOW, before_refund: bool = False, self_grown: bool = False,
    ) -> UUID:  # fmt: skip
        seller, w = by or self.owner, self.shopping
        issued = IssuedInvoice(
            step=step, number=number or make_number(), issued_on=get_business_day(now), amount_fen=amount_fen,
            before_refund=before_refund, self_grown=self_grown,
        )  # fmt: skip
        async with w.db.transaction(scope=get_person_scope(seller)) as conn:
            return await record_invoice(conn, w.seal, seller, self.suborder_id, issued, now=now)

    async def refund(self, amount_fen: int, *, now: datetime = NOW) -> None:
        """Refund a part of the goods, as the seller does; the money is sent by a job."""
        async with self.shopping.db.transaction() as conn:
            await lock_order(conn, self.order_id)
            [suborder] = await load_suborders(conn, self.order_id)
            await refund_suborder(
                conn, suborder, goods_fen=Fen(amount_fen), key=make_number(), kind="agreed refund before release",
                reason="agreed", by=self.owner.account_id, now=now,
            )  # fmt: skip

    async def work(self, *, now: datetime = NOW) -> int:
        """Do what the worker does after refunds."""
        return await update_changed_invoices(self.shopping.db, self.shopping.seal, now=now)

    async def see(self, reader: Actor | None = None) -> SaleInvoice:
        """Return the invoice as a reader sees it, by default the seller."""
        found = await self.find(reader or self.owner)
        assert found is not None
        return found

    async def find(self, reader: Actor) -> SaleInvoice | None:
        async with self.shopping.db.transaction(scope=get_person_scope(reader)) as conn:
            return await get_sale_invoice(conn, self.shopping.seal, reader, self.suborder_id)

    async def escalate(self, now: datetime) -> int:
        w = self.shopping

        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_case(conn, w.seal, case, now=now)

        return await escalate_late_cases(w.db, w.seal, tell, now=now)

    async def list_told(self) -> list[str]:
        """Return the templates of the messages about the invoice, in order."""
        return [name for name, _ in await self.shopping.messages() if name.startswith(("invoice_", "case_"))]


async def make_invoiced(shopping: Shopping) -> Invoiced:
    """Let the buyer pay a parcel of two boxes of a new producer."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=PAID_FEN // 2)
        owner = await load_owner(conn, product.producer_id)
        partner = await add_member(conn, product.producer_id, "样例合伙人")
        county, elsewhere = [
            await load_actor(conn, await make_official(conn, Role.COUNTY, scope)) for scope in ("130624", "130725")
        ]
    order = await shopping.place([(product.variant_id, 2)], now=NOW)
    await shopping.pay(order, now=NOW)
    [suborder] = (await shopping.see(order)).suborders
    assert suborder.total_fen == PAID_FEN
    return Invoiced(shopping, order.id, suborder.id, product.producer_id, owner, partner, county, elsewhere)


@pytest.fixture
async def invoiced(shopping: Shopping) -> Invoiced:
    return await make_invoiced(shopping)


DAY = timedelta(days=1)
