"""docs/architecture.md lists the statements of an order and of a webhook in the order in which they run."""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from market.aftersales.receive import confirm_receipt
from market.kernel import Connection
from market.orders.address import seal_address
from market.orders.batcher import Batcher
from market.orders.cart import put_lines
from market.orders.mark_paid import apply_payment_events
from market.orders.models import Line, VariantId
from market.orders.place_cart import place_cart
from payments import get_payment
from payments.apply import apply_events
from payments.sandbox.webhooks import sign
from payments.sql import Query
from payments.webhooks import receive
from tests.conftest import NOW
from tests.support.make import make_product
from tests.support.shop import BUYER_ADDRESS, Shopping

PAGE = Path("docs/architecture.md").read_text("utf-8")


def list_documented(heading: str) -> list[str]:
    """Return the queries that the table below a heading or bold words names, in order."""
    table = PAGE.split(heading, 1)[1].split("\n| 1 |", 1)[1].split("\n\n", 1)[0]
    names = set(name_queries().values())
    documented = [name for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", table) if name in names]
    assert documented, heading
    return documented


def name_queries() -> dict[int, str]:
    """Return the name of each query by its id."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in {"market", "payments"}]
    values: list[tuple[str, object]] = [item for module in modules for item in vars(module).items()]
    return {id(value): name for name, value in values if type(value).__name__ == "Query"}


class QueryTrace:
    """The names of the queries that ran, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        resolve: Callable[[Query[Any], Connection], str] = Query[Any].resolve
        names = name_queries()

        def record(query: Query[Any], conn: Connection) -> str:
            self.names.append(names.get(id(query), "?"))
            return resolve(query, conn)

        monkeypatch.setattr(Query, "resolve", record)

    def take(self) -> list[str]:
        """Return the names since the last call."""
        names, self.names[:] = list(self.names), []
        return names


def find_missing(documented: list[str], ran: list[str]) -> list[str]:
    """Return the documented names that do not follow one another in what ran."""
    rest = iter(ran)
    return [name for name in documented if name not in rest]


async def test_the_documented_statements_run_in_the_documented_order(
    shopping: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, gateway, buyer = shopping.db, shopping.gateway, shopping.buyer
    async with db.transaction() as conn:
        product = await make_product(conn)
        await put_lines(conn, buyer.account_id, [Line(VariantId(product.variant_id), 1)], now=NOW)
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
