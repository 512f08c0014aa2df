"""What a shop does with `payments`, in a few words, for the tests."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from payments import Amount, Database, Method, Part, Payment, PaymentId, Purpose, find_payment, open_payment, start
from payments.port import Gateway
from payments.sandbox import Sandbox
from payments.sandbox.hooks import sign

_numbers = itertools.count(1)

PARTS = (Part("farm-1", 111_00), Part("farm-2", 35_00))


def an_order() -> str:
    """A reference that no other call returned."""
    return f"T-{next(_numbers)}"


def parts_of(order: str) -> list[Part]:
    """Two parts of 146.00 together, named after the order."""
    return [Part(f"{order}-1", 111_00), Part(f"{order}-2", 35_00)]


async def opened(
    db: Database,
    *,
    order: str | None = None,
    method: Method = Method.ALIPAY,
    parts: Sequence[Part] | None = None,
    purpose: Purpose = Purpose.FULL,
) -> Payment:
    """A payment of 146.00 that is written down and not yet started."""
    order = order or an_order()
    parts = parts or parts_of(order)
    total = sum(part.minor - part.discount_minor for part in parts)
    async with db.transaction() as conn:
        return await open_payment(
            conn, order=order, amount=Amount(total, "CNY"), method=method, parts=parts, purpose=purpose
        )


async def look(db: Database, payment_id: PaymentId) -> Payment:
    """The payment as it is now."""
    async with db.connection() as conn:
        return await find_payment(conn, payment_id)


async def started(db: Database, gateway: Gateway, **more: Any) -> Payment:  # noqa: ANN401 - as `opened` takes them
    """A payment that waits for its payer."""
    payment = await opened(db, **more)
    await start(db, gateway, payment.id)
    return await look(db, payment.id)


def ref_of(payment: Payment) -> str:
    """The provider's reference of a payment that was started."""
    assert payment.provider_ref is not None
    return payment.provider_ref


async def messages(sandbox: Sandbox, ref: str) -> list[tuple[dict[str, str], bytes]]:
    """Every message about a charge, oldest first, signed as the provider signs."""
    found: list[tuple[dict[str, str], bytes]] = []
    for event in (await sandbox.state())["events"]:
        thing = event["data"]["object"]
        if ref in (thing["id"], thing.get("payment_intent")):
            body = json.dumps(event).encode()
            found.append(({"Stripe-Signature": sign(body, sandbox.secret)}, body))
    return found


async def charges_of(sandbox: Sandbox, order: str) -> int:
    """How many successful charges the provider counts for an order."""
    charges = (await sandbox.state())["charges"]
    return sum(charge["paid"] and charge["metadata"].get("order") == order for charge in charges)


async def intents_of(sandbox: Sandbox, payment_id: PaymentId) -> list[dict[str, Any]]:
    """The intents that the provider holds for one of our payments."""
    return [each for each in (await sandbox.state())["intents"] if each["metadata"].get("payment") == str(payment_id)]
