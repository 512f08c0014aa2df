"""What pays in tests: the sandbox on real HTTP, the real `stripe` library, and the buyer's press of the button."""

from collections.abc import AsyncGenerator
from datetime import datetime

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from market.orders import Paying, act_on_payments
from payments import find_payment
from payments.events import ask
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe


@pytest.fixture(scope="session")
async def provider() -> AsyncGenerator[Sandbox]:
    """The session's provider."""
    async with running() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(provider: Sandbox) -> AsyncGenerator[Sandbox]:
    """The provider without faults, whatever the test before left."""
    await provider.heal()
    yield provider
    await provider.heal()


@pytest.fixture(scope="session")
async def gateway(provider: Sandbox) -> AsyncGenerator[Stripe]:
    """Stripe's own library, made once: it reads the system's certificates each time."""
    async with Stripe("sk_test_sample", provider.secret, base=provider.url, timeout=5) as stripe:
        yield stripe


async def press(db: Database, gateway: Stripe, sandbox: Sandbox, paying: Paying, *, now: datetime) -> None:
    """Pay at the provider as the buyer does, and let the payment be booked."""
    async with db.connection() as conn:
        payment = await find_payment(conn, paying.payment_id)
    assert payment.provider_ref is not None
    await sandbox.pay(payment.provider_ref)
    await ask(db, gateway, paying.payment_id, at=now)


async def press_and_follow(
    db: Database, gateway: Stripe, sandbox: Sandbox, seal: Seal, paying: Paying, *, now: datetime
) -> None:
    """Pay, and let the order follow."""
    await press(db, gateway, sandbox, paying, now=now)
    await act_on_payments(db, gateway, seal, now=now)
