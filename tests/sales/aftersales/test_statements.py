"""docs/architecture.md lists the statements of an order and of a webhook in the order in which they run."""

import json
from datetime import UTC, datetime

import pytest

from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.address import seal_address
from market.sales.orders.cart import put_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place_cart import place_cart
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import Line, VariantId
from payments import get_payment
from payments.apply import apply_events
from payments.sandbox.webhooks import sign
from payments.webhooks import receive
from tests.conftest import NOW
from tests.support.make import make_product
from tests.support.shop import BUYER_ADDRESS, Shopping
from tests.support.statements import QueryTrace, find_missing, list_documented


async def test_the_documented_statements_run_in_the_documented_order(
    shopping: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, gateway, buyer = shopping.db, shopping.gateway, shopping.buyer
    async with db.transaction() as conn:
        product = await make_product(conn)
        await put_cart(conn, buyer.account_id, lines=[Line(VariantId(product.variant_id), 1)], now=NOW)
    trace = QueryTrace(monkeypatch)
    async with Batcher(db) as batcher:
        address = seal_address(shopping.seal, BUYER_ADDRESS)
        order = await place_cart(db, batcher, buyer.account_id, address=address, key="statements", now=NOW)
    stays = {"LIST_STAY_OFFERS"}  # of an order with nights
    documented = [name for name in list_documented("**The buyer checks out.**") if name not in stays]
    assert find_missing(documented, trace.take()) == []

    paying = await shopping.start(order)
    assert find_missing(list_documented("**The buyer pays.**"), trace.take()) == []

    async with db.connection() as conn:
        payment = await get_payment(conn, paying.payment_id)
    assert payment.provider_ref is not None
    await shopping.sandbox.pay(payment.provider_ref)
    events = (await shopping.sandbox.state())["events"]
    body = json.dumps(next(each for each in reversed(events) if each["type"] == "payment_intent.succeeded")).encode()
    trace.take()
    now = datetime.now(UTC)
    await receive(db, gateway, {"Stripe-Signature": sign(body, shopping.sandbox.secret)}, body, now=now)
    await apply_events(db, gateway, at=now)
    await apply_payment_events(db, None, shopping.seal, now=NOW)
    failures = {"PARK_MESSAGES", "DEAD_LETTER"}
    documented = [name for name in list_documented("## One webhook") if name not in failures]
    assert find_missing(documented, trace.take()) == []

    async with db.transaction() as conn:
        await conn.execute(
            "UPDATE suborders SET state = 'shipped', shipped_at = $1, carrier = '样例快递', tracking = 'SF000001'", NOW
        )
    trace.take()
    async with db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, buyer, order.id, now=NOW)
    assert find_missing(list_documented("**The buyer confirms receipt**"), trace.take()) == []


def test_a_statement_out_of_order_is_missed() -> None:
    assert find_missing(["B", "A"], ["A", "B", "C"]) == ["A"]
