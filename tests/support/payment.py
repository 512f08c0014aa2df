"""Payments in tests: the sandbox over real HTTP, the real `stripe` library, and the buyer's payment."""

from collections.abc import AsyncGenerator
from datetime import datetime

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.pay import PaymentInstructions
from payments import get_payment
from payments.polling import poll_payment
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe


@pytest.fixture(scope="session")
async def provider() -> AsyncGenerator[Sandbox]:
    """The session's provider."""
    async with running() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(provider: Sandbox) -> AsyncGenerator[Sandbox]:
    """The provider, without faults left by other tests."""
    await provider.clear_faults()
    yield provider
    await provider.clear_faults()


@pytest.fixture(scope="session")
async def gateway(provider: Sandbox) -> AsyncGenerator[Stripe]:
    """Stripe's own library, created once because it loads the system's certificates."""
    async with Stripe("sk_test_sample", provider.secret, base=provider.url, timeout=5) as stripe:
        yield stripe


async def pay_at_sandbox(
    db: Database, gateway: Stripe, sandbox: Sandbox, paying: PaymentInstructions, *, now: datetime
) -> None:
    """Pay at the sandbox as the buyer, and book the payment."""
    async with db.connection() as conn:
        payment = await get_payment(conn, paying.payment_id)
    assert payment.provider_ref is not None
    await sandbox.pay(payment.provider_ref)
    await poll_payment(db, gateway, paying.payment_id, at=now)


async def pay_and_apply(
    db: Database, gateway: Stripe, sandbox: Sandbox, seal: Seal, paying: PaymentInstructions, *, now: datetime
) -> None:
    """Pay at the sandbox, and apply the payment to its order."""
    await pay_at_sandbox(db, gateway, sandbox, paying, now=now)
    await apply_payment_events(db, gateway, seal, now=now)
