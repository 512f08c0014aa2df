"""Refunds that the provider answers as pending, and about which no webhook comes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from payments import (
    Database,
    RefundState,
    StatementDiscrepancy,
    get_balance,
    get_refund,
    list_failed_refunds,
    poll_due_payments,
    reconcile,
    retry_due_refunds,
    verify_ledger,
)
from payments.refund_records import MAX_PENDING
from payments.sandbox import Sandbox
from payments.sql import Connection
from payments.stripe import Stripe
from tests.payments.refunding import paid, pending

POLL = "UPDATE payments.payments SET poll_at = now() WHERE poll_at IS NOT NULL"
WAIT = "SELECT round(extract(epoch FROM poll_at - clock_timestamp()) / 60)::integer FROM payments.payments"


async def test_a_pending_refund_is_asked_for_until_it_succeeds(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, gateway, sandbox)
    assert await owner.fetchval(WAIT) is None
    refund = await pending(database, gateway, sandbox, owner, payment)
    assert refund.provider_ref is not None
    for hours, wait in ((0, 5), (1, 60), (50, 360)):
        await owner.execute("UPDATE payments.refunds SET pending_since = now() - interval '1 hour' * $1", hours)
        await owner.execute(POLL)
        assert await poll_due_payments(database, gateway) == 1
        assert await owner.fetchval(WAIT) == wait
        assert await poll_due_payments(database, gateway) == 0
    await sandbox.set_refund(refund.provider_ref, "succeeded")
    await owner.execute(POLL)
    assert await poll_due_payments(database, gateway) == 1
    async with database.connection() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.SUCCEEDED
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 0
        assert await verify_ledger(conn) == []
    assert await owner.fetchval(WAIT) is None


async def test_a_pending_refund_that_fails_is_sent_again(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await pending(database, gateway, sandbox, owner, payment)
    assert refund.provider_ref is not None
    await sandbox.set_refund(refund.provider_ref, "failed")
    await owner.execute(POLL)
    assert await poll_due_payments(database, gateway) == 1
    async with database.connection() as conn:
        (failed,) = await list_failed_refunds(conn)
    assert (failed.state, failed.pending_since, failed.retry_at is None) == (RefundState.FAILED, None, False)
    assert await owner.fetchval(WAIT) is None
    await owner.execute("UPDATE payments.refunds SET retry_at = now()")
    assert await retry_due_refunds(database, gateway) == 1
    async with database.connection() as conn:
        again = await get_refund(conn, refund.id)
        assert (again.state, again.attempt) == (RefundState.SUCCEEDED, 2)
        assert await verify_ledger(conn) == []


@pytest.mark.parametrize("too_long", [False, True])
async def test_a_refund_that_stays_pending_is_left_to_a_person(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, *, too_long: bool
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await pending(database, gateway, sandbox, owner, payment)
    assert refund.provider_ref is not None

    async def compare(day: int) -> list[StatementDiscrepancy]:
        now = datetime.now(UTC)
        since, until = now - timedelta(minutes=5), now + timedelta(minutes=5)
        if day > 1:
            since, until = until, until + timedelta(days=1)
        found = await reconcile(database, gateway, day=date(2026, 11, day), since=since, until=until)
        return [each for each in found if str(refund.id) in each.reference]

    assert await compare(1) == []
    age = MAX_PENDING + timedelta(hours=1 if too_long else -1)
    await owner.execute("UPDATE payments.refunds SET pending_since = now() - $1::interval", age)
    found = await compare(2)
    assert [(each.kind, each.provider_minor) for each in found] == [("missing_here", -46_00)] * too_long
    assert await compare(3) == []
    async with database.connection() as conn:
        listed = await list_failed_refunds(conn)
    assert [(each.id, each.state, each.provider_ref) for each in listed] == [
        (refund.id, RefundState.PENDING, refund.provider_ref)
    ] * too_long
    await sandbox.set_refund(refund.provider_ref, "succeeded")
    await owner.execute(POLL)
    await poll_due_payments(database, gateway)
    await compare(4)
    async with database.connection() as conn:
        assert await list_failed_refunds(conn) == []
    assert await owner.fetchval("SELECT count(*) FROM payments.discrepancies WHERE closed_at IS NULL AND reference LIKE"
                                " '%' || $1", f"{refund.id}:1") == 0  # fmt: skip
