"""Payments at the sandbox, for tests of `payments` alone."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from payments import (
    Amount,
    Database,
    Method,
    Part,
    Payment,
    PaymentId,
    Purpose,
    close_payment,
    get_payment,
    open_payment,
    start,
)
from payments.port import Gateway
from payments.sandbox import Sandbox
from payments.sandbox.webhooks import sign

_numbers = itertools.count(1)

PARTS = (Part("farm-1", 111_00), Part("farm-2", 35_00))


def make_order_ref() -> str:
    """Return a new order reference."""
    return f"T-{next(_numbers)}"


def make_parts(order: str) -> list[Part]:
    """Return two parts of 146.00 together, named after the order."""
    return [Part(f"{order}-1", 111_00), Part(f"{order}-2", 35_00)]


async def open_test_payment(
    db: Database,
    *,
    order: str | None = None,
    method: Method = Method.ALIPAY,
    parts: Sequence[Part] | None = None,
    purpose: Purpose = Purpose.FULL,
) -> Payment:
    """Open a payment of 146.00 that is not started yet."""
    order = order or make_order_ref()
    parts = parts or make_parts(order)
    total = sum(part.minor - part.discount_minor for part in parts)
    async with db.transaction() as conn:
        return await open_payment(
            conn, order=order, amount=Amount(total, "CNY"), method=method, parts=parts, purpose=purpose
        )


async def load_payment(db: Database, payment_id: PaymentId) -> Payment:
    """Load the current state of a payment."""
    async with db.connection() as conn:
        return await get_payment(conn, payment_id)


async def start_test_payment(db: Database, gateway: Gateway, **more: Any) -> Payment:
    """Open and start a payment, which then awaits its payer."""
    payment = await open_test_payment(db, **more)
    await start(db, gateway, payment.id)
    return await load_payment(db, payment.id)


async def change_method(db: Database, gateway: Gateway, payment_id: PaymentId, *, method: Method) -> Payment:
    """Close a payment and open another for its order, as a caller does whose payer chooses another method."""
    old = await close_payment(db, gateway, payment_id)
    return await open_test_payment(db, order=old.order_ref, method=method, purpose=old.purpose)


def get_provider_ref(payment: Payment) -> str:
    """Return the provider's reference of a started payment."""
    assert payment.provider_ref is not None
    return payment.provider_ref


async def list_messages(sandbox: Sandbox, ref: str) -> list[tuple[dict[str, str], bytes]]:
    """Return every webhook message about a charge, oldest first, with the provider's signature."""
    found: list[tuple[dict[str, str], bytes]] = []
    for event in (await sandbox.state())["events"]:
        thing = event["data"]["object"]
        if ref in (thing["id"], thing.get("payment_intent")):
            body = json.dumps(event).encode()
            found.append(({"Stripe-Signature": sign(body, sandbox.secret)}, body))
    return found


async def count_charges(sandbox: Sandbox, order: str) -> int:
    """Return the number of the provider's successful charges of an order."""
    charges = (await sandbox.state())["charges"]
    return sum(charge["paid"] and charge["metadata"].get("order") == order for charge in charges)


async def list_intents(sandbox: Sandbox, payment_id: PaymentId) -> list[dict[str, Any]]:
    """Return the provider's intents of a payment."""
    return [each for each in (await sandbox.state())["intents"] if each["metadata"].get("payment") == str(payment_id)]
