"""Messages and calls that fail, while the provider is unavailable or in error: they are kept, and block no other."""

import json

import pytest

from payments import (
    Database,
    GatewayUnavailable,
    InboxSummary,
    PaymentState,
    apply_events,
    finish_operations,
    get_balance,
    list_unresolved_balances,
    receive,
    requeue_message,
    start,
    verify_ledger,
)
from payments.port import Charge
from payments.sandbox import Sandbox
from payments.sql import Connection
from payments.stripe import Stripe
from tests.support.sandbox_payments import (
    get_provider_ref,
    list_messages,
    load_payment,
    open_test_payment,
    start_test_payment,
)


async def test_messages_are_parked_while_the_provider_is_unavailable(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    headers, body = (await list_messages(sandbox, get_provider_ref(payment)))[-1]
    await receive(database, gateway, headers, body)
    await sandbox.fault("retrieve", "500")
    assert await apply_events(database, gateway) == InboxSummary(parked=1)
    await owner.execute("UPDATE payments.inbox SET next_at = now()")
    assert await apply_events(database, gateway) == InboxSummary(done=1)


async def test_a_report_of_another_amount_is_dead_lettered_and_not_booked(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    headers, body = (await list_messages(sandbox, get_provider_ref(payment)))[-1]
    await receive(database, gateway, headers, body)
    await sandbox.fault("retrieve", "lie")
    assert await apply_events(database, gateway) == InboxSummary(dead=1)
    assert (await load_payment(database, payment.id)).captured_minor == 0
    ref = get_provider_ref(payment)
    async with database.transaction() as conn:
        assert [each.code for each in await verify_ledger(conn, prefixes=())] == ["dead_message"]
        (suspended,) = await list_unresolved_balances(conn)
        assert (suspended.code, suspended.order_ref) == (f"suspense:{ref}", payment.order_ref)
        assert await get_balance(conn, "clearing:alipay") == -suspended.amount_minor
        await requeue_message(conn, gateway, json.loads(body)["id"])
    assert await apply_events(database, gateway) == InboxSummary(done=1)
    async with database.connection() as conn:
        assert await list_unresolved_balances(conn) == []
        assert await get_balance(conn, "clearing:alipay") == -payment.amount_minor
        assert await verify_ledger(conn, prefixes=()) == []


class BuggyGateway(Stripe):
    """A gateway with a bug that one charge triggers."""

    broken: str

    async def get_charge(self, ref: str) -> Charge | None:
        if ref == self.broken:
            raise ZeroDivisionError
        return await super().get_charge(ref)


async def test_a_message_that_fails_unexpectedly_does_not_block_the_others(
    database: Database, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with BuggyGateway("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
        bad, good = await start_test_payment(database, gateway), await start_test_payment(database, gateway)
        gateway.broken = get_provider_ref(bad)
        for payment in (bad, good):
            await sandbox.pay(get_provider_ref(payment))
            await receive(database, gateway, *(await list_messages(sandbox, get_provider_ref(payment)))[-1])
        assert await apply_events(database, gateway) == InboxSummary(done=1, parked=1)
    assert (await load_payment(database, good.id)).state is PaymentState.CAPTURED
    assert [record.getMessage() for record in caplog.records if record.name == "payments"] == [
        f"messages about {get_provider_ref(bad)} could not be applied"
    ]


async def test_a_call_that_fails_unexpectedly_does_not_block_the_others(
    database: Database, sandbox: Sandbox, owner: Connection
) -> None:
    async with BuggyGateway("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
        bad, good = await open_test_payment(database), await open_test_payment(database)
        for payment in (bad, good):
            await sandbox.fault("create", "500")
            with pytest.raises(GatewayUnavailable):
                await start(database, gateway, payment.id)
        await owner.execute("UPDATE payments.operations SET next_at = now()")
        await owner.execute(
            "UPDATE payments.operations SET first_sent_at = now() - interval '1 day' WHERE key LIKE $1", f"%{bad.id}"
        )
        await owner.execute("ALTER TABLE payments.payments ADD CONSTRAINT broken CHECK (state <> 'failed')")
        assert await finish_operations(database, gateway) == 1
    assert (await load_payment(database, good.id)).state is PaymentState.REQUIRES_ACTION
