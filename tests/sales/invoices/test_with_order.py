"""An invoice that is asked for when an order is placed is due once it is paid, and forgotten if it never is."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.people.identity.sign_in import sign_in_without_code
from market.sales.invoices.ask import ask_invoice, ask_with_order
from market.sales.invoices.erase import erase_old_invoice_details
from market.sales.invoices.models import (
    DETAILS_LIFETIME,
    UNPAID_LIFETIME,
    InvoiceDetails,
    InvoiceStep,
    IssuedInvoice,
    NoInvoiceDue,
    NotInvoiced,
)
from market.sales.invoices.record import record_invoice
from market.sales.invoices.tasks import update_changed_invoices
from market.sales.invoices.views import SaleInvoice, get_sale_invoice
from market.sales.orders.address import seal_address
from market.sales.orders.cancel import cancel_order
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.models import Line, OrderId, PlacedOrder, VariantId
from tests.conftest import NOW
from tests.sales.invoices.invoiced import PERSON, UNIT, make_number
from tests.support.app import build_settings, run_service
from tests.support.make import load_owner, make_product
from tests.support.postgres import as_owner
from tests.support.shop import BUYER_ADDRESS, Shopping, make_buyer

HOUR = timedelta(hours=1)


class UnpaidOrder(Struct, frozen=True):
    """An order of two sellers that is not paid, with what was asked of both."""

    shopping: Shopping
    bought: list[tuple[UUID, int]]
    order: PlacedOrder
    owner: Actor
    suborder_ids: list[UUID]

    async def see(self, index: int = 0) -> SaleInvoice:
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            found = await get_sale_invoice(conn, w.seal, w.buyer, self.suborder_ids[index])
        assert found is not None
        return found

    async def work(self) -> int:
        return await update_changed_invoices(self.shopping.db, self.shopping.seal, now=NOW + HOUR)

    async def list_told(self) -> list[str]:
        return [name for name, _ in await self.shopping.messages() if name.startswith("invoice_")]


async def place_asking(w: Shopping, bought: list[tuple[UUID, int]], details: InvoiceDetails) -> PlacedOrder:
    """Place an order under one key, with the request of its invoices."""
    return await w.place(bought, key="one", companion=ask_with_order(w.seal, w.buyer, details, now=NOW))


@pytest.fixture
async def asked(shopping: Shopping) -> UnpaidOrder:
    async with shopping.db.transaction() as conn:
        products = [await make_product(conn) for _ in range(2)]
        owner = await load_owner(conn, products[0].producer_id)
    bought = [(each.variant_id, 1) for each in products]
    order = await place_asking(shopping, bought, UNIT)
    view = await shopping.see(order)
    mine = sorted(view.suborders, key=lambda each: each.producer_id not in owner.producers)
    return UnpaidOrder(shopping, bought, order, owner, [each.id for each in mine])


async def test_each_seller_is_told_once_the_order_is_paid(asked: UnpaidOrder) -> None:
    before = await asked.see()
    assert (before.details, before.task.step, before.paid, before.case_id) == (UNIT, InvoiceStep.NONE, False, None)
    assert (await asked.work(), await asked.list_told()) == (0, [])
    w = asked.shopping
    issued = IssuedInvoice(
        step=InvoiceStep.ISSUE, number=make_number(), issued_on=get_business_day(NOW), amount_fen=asked.order.total_fen
    )
    with pytest.raises(NoInvoiceDue):
        async with w.db.transaction(scope=get_person_scope(asked.owner)) as conn:
            await record_invoice(conn, w.seal, asked.owner, asked.suborder_ids[0], issued, now=NOW)
    await w.pay(asked.order)
    assert await asked.work() == 2
    for index in range(2):
        seen = await asked.see(index)
        assert (seen.task.step, seen.task.least_fen) == (InvoiceStep.ISSUE, seen.paid_fen)
        assert seen.case_id is not None
    assert await asked.list_told() == ["invoice_asked_seller"] * 2
    assert await asked.work() == 0


async def test_placing_again_with_its_key_changes_nothing_that_the_buyer_changed(asked: UnpaidOrder) -> None:
    w = asked.shopping
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        await ask_invoice(conn, w.seal, w.buyer, asked.suborder_ids[0], PERSON, now=NOW)
    assert (await place_asking(w, asked.bought, UNIT)).id == asked.order.id
    assert [(await asked.see(index)).details for index in range(2)] == [PERSON, UNIT]


async def test_a_request_is_stored_with_its_order_or_neither_is_and_the_orders_beside_them_are(
    shopping: Shopping,
) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        product = await make_product(conn)
        buyers = [await make_buyer(conn) for _ in range(3)]
    bought, address = [(0, Line(VariantId(product.variant_id), 1))], seal_address(w.seal, BUYER_ADDRESS)
    companions = [ask_with_order(w.seal, each, PERSON, now=NOW) for each in buyers]

    async def ask_and_crash(conn: Connection, order_id: OrderId) -> None:
        await companions[1](conn, order_id)
        raise RuntimeError

    requests = [
        OrderRequest(
            buyer_id=buyer.account_id, lines=tuple(bought), nights=(), destination=address, key="one",
            fingerprint=b"one", now=NOW, pay_minutes=30, companion=companion,
        )
        for buyer, companion in zip(buyers, (companions[0], ask_and_crash, companions[2]), strict=True)
    ]  # fmt: skip
    async with Batcher(w.db) as batcher:
        outcomes = await asyncio.gather(*map(batcher.place, requests), return_exceptions=True)
    assert [isinstance(each, PlacedOrder) for each in outcomes] == [True, False, True]
    count = "SELECT array_agg(buyer_id ORDER BY buyer_id) FROM "
    async with w.db.transaction() as conn, as_owner(conn):
        kept = [await conn.fetchval(count + table) for table in ("orders", "invoice_requests")]
    assert kept == [sorted([buyers[0].account_id, buyers[2].account_id])] * 2


async def test_what_ends_unpaid_is_not_invoiced_and_its_details_go_after_a_month(asked: UnpaidOrder) -> None:
    w = asked.shopping
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, asked.order.id, now=NOW + HOUR)
    assert (await asked.work(), await asked.list_told()) == (0, [])
    with pytest.raises(NotInvoiced):
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            await ask_invoice(conn, w.seal, w.buyer, asked.suborder_ids[0], PERSON, now=NOW + HOUR)
    a_month_later = NOW + UNPAID_LIFETIME - DETAILS_LIFETIME
    assert await erase_old_invoice_details(w.db, a_month_later) == 0
    assert await erase_old_invoice_details(w.db, a_month_later + HOUR) == 2
    assert (await asked.see()).details is None


async def test_the_details_of_a_paid_order_stay_for_years(asked: UnpaidOrder) -> None:
    await asked.shopping.pay(asked.order)
    assert await erase_old_invoice_details(asked.shopping.db, NOW) == 0
    assert await erase_old_invoice_details(asked.shopping.db, NOW + HOUR) == 2


async def test_the_api_asks_with_the_order_and_names_a_wrong_field(shopping: Shopping, dsn: str, folder: Path) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        product = await make_product(conn)
        token = (await sign_in_without_code(conn, w.buyer.account_id, now=NOW, second_factor=False)).token
    order = {
        "address": {"name": "样例", "phone": "13900009001", "region_code": "130100", "street": "样例路 1 号"},
        "lines": [{"variant_id": str(product.variant_id), "quantity": 1}],
        "invoice": {"kind": "unit", "title": "样例食堂", "tax_number": "123"},
    }
    async with run_service(build_settings(dsn, folder, now=NOW)) as service:
        refused = await service.call("PlaceOrder", order, token=token, key="a")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "invoice.tax_number")
        order["invoice"] = {"kind": "person", "title": "样例买家"}
        placed = [(await service.call("PlaceOrder", order, token=token, key="b")).json() for _ in range(2)]
        assert placed[0]["id"] == placed[1]["id"]
        [suborder] = (await w.see_id(UUID(placed[0]["id"]))).suborders
        seen = await service.call("GetInvoice", token=token, path={"suborder_id": str(suborder.id)})
        assert (seen.json()["paid"], seen.json()["details"]["title"]) == (False, "样例买家")
