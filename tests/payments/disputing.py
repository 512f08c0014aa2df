"""A paid order, its release, and what its accounts hold."""

from payments import Database, Part, Payment, balances, poll_payment, post
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.support.sandbox_payments import get_provider_ref, start_test_payment


async def pay(database: Database, gateway: Stripe, sandbox: Sandbox, order: str, *, discount_minor: int = 0) -> Payment:
    """Pay an order of 40.00 and 5.00, less a discount of the platform on the first part."""
    parts = [Part(f"{order}-1", 40_00, discount_minor=discount_minor), Part(f"{order}-2", 5_00)]
    payment = await start_test_payment(database, gateway, order=order, parts=parts)
    await sandbox.pay(get_provider_ref(payment))
    return await poll_payment(database, gateway, payment.id)


async def release(database: Database, order: str) -> None:
    """Release the first part: 39.20 to the payee, 0.80 of commission."""
    async with database.transaction() as conn:
        legs = [(f"escrow:{order}-1", -40_00), (f"payable:{order}", 39_20), ("commission", 80)]
        await post(conn, key=f"released:{order}-1", kind="released", order=order, legs=legs)


async def load_balances(database: Database, order: str) -> dict[str, int]:
    async with database.connection() as conn:
        return {code: minor for code, minor in (await balances(conn, order=order)).items() if minor}
