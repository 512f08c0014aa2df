"""Closing a payment: at the provider first, and never two charges for one order."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from payments import (
    Action,
    Database,
    GatewayUnavailable,
    Method,
    PaymentId,
    PaymentState,
    balances,
    close_payment,
    consume_events,
    expire_payments,
    finish_operations,
    list_balances,
    list_order_entries,
    list_payments,
    poll_payment,
    start,
    verify_ledger,
)
from payments.errors import AlreadyPaid, PaymentClosed, PaymentInProgress
from payments.sandbox import Sandbox
from payments.sql import Connection
from payments.stripe import Stripe
from tests.support.sandbox_payments import (
    change_method,
    count_charges,
    get_provider_ref,
    list_intents,
    load_payment,
    make_parts,
    open_test_payment,
    start_test_payment,
)


async def test_a_payment_never_sent_is_closed_without_a_call(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    await sandbox.fault("*", "500", times=9)
    payment = await open_test_payment(database)
    closed = await close_payment(database, gateway, payment.id)
    assert (closed.state, closed.reason) == (PaymentState.CANCELED, "canceled")
    assert await close_payment(database, gateway, payment.id) == closed
    with pytest.raises(PaymentClosed):
        await start(database, gateway, payment.id)


async def test_a_call_that_succeeded_is_deleted_and_the_payment_is_known_by_its_reference(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    """Without its call a payment is closed at the provider nevertheless, and it is not created again."""
    payment = await start_test_payment(database, gateway)
    assert await owner.fetchval("SELECT count(*) FROM payments.operations") == 0
    await owner.execute("UPDATE payments.payments SET state = 'created' WHERE id = $1", payment.id)
    assert await start(database, gateway, payment.id) == Action()
    assert await owner.fetchval("SELECT count(*) FROM payments.operations") == 0
    assert (await close_payment(database, gateway, payment.id)).state is PaymentState.CANCELED
    [intent] = await list_intents(sandbox, payment.id)
    assert intent["status"] == "canceled"


async def test_closing_ends_the_payment_at_the_provider(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payment = await start_test_payment(database, gateway)
    closed = await close_payment(database, gateway, payment.id)
    assert closed.state is PaymentState.CANCELED
    assert closed.closed_at is not None
    found = {each["id"]: each["status"] for each in (await sandbox.state())["intents"]}
    assert found[get_provider_ref(payment)] == "canceled"


async def test_closing_a_just_paid_payment_books_it(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    with pytest.raises(AlreadyPaid):
        await close_payment(database, gateway, payment.id)
    assert (await load_payment(database, payment.id)).state is PaymentState.CAPTURED
    with pytest.raises(AlreadyPaid):
        await close_payment(database, gateway, payment.id)


async def test_a_payment_that_cannot_be_canceled_stays_live(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.fault("cancel", "500")
    with pytest.raises(GatewayUnavailable):
        await change_method(database, gateway, payment.id, method=Method.WECHAT)
    async with database.connection() as conn:
        assert [each.id for each in await list_payments(conn, payment.order_ref)] == [payment.id]
    closed = await close_payment(database, gateway, payment.id)
    assert closed.state is PaymentState.CANCELED


async def test_closing_a_payment_whose_start_timed_out_finds_and_cancels_it(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await open_test_payment(database)
    await sandbox.fault("create", "close", after=True)
    with pytest.raises(GatewayUnavailable):
        await start(database, gateway, payment.id)
    closed = await close_payment(database, gateway, payment.id)
    assert closed.state is PaymentState.CANCELED
    found = {each["id"]: each["status"] for each in (await sandbox.state())["intents"]}
    assert found[get_provider_ref(closed)] == "canceled"


async def test_a_job_cancels_what_could_not_be_canceled_at_once(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.fault("cancel", "hang", after=True, seconds=0)
    with pytest.raises(GatewayUnavailable):
        await close_payment(database, gateway, payment.id, reason="expired")
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 1
    assert (await load_payment(database, payment.id)).state is PaymentState.EXPIRED


@pytest.mark.parametrize("end", [PaymentState.CAPTURED, PaymentState.FAILED])
async def test_an_unanswered_cancel_is_completed_once_the_payment_ended_by_itself(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, end: PaymentState
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.fault("cancel", "500")
    with pytest.raises(GatewayUnavailable):
        await close_payment(database, gateway, payment.id)
    await (sandbox.pay if end is PaymentState.CAPTURED else sandbox.abandon)(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    await owner.execute("UPDATE payments.operations SET next_at = now() WHERE payment_id = $1", payment.id)
    assert await finish_operations(database, gateway) == 1
    left = "SELECT state, error FROM payments.operations WHERE payment_id = $1 AND kind = 'cancel'"
    assert [tuple(row) for row in await owner.fetch(left, payment.id)] == [("declined", "ended_without_it")]
    assert (await load_payment(database, payment.id)).state is end


async def test_a_payment_by_another_method_follows_the_closed_one_and_is_charged_once(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    old = await start_test_payment(database, gateway)
    new = await change_method(database, gateway, old.id, method=Method.WECHAT)
    assert (new.method, new.amount, new.purpose) == (Method.WECHAT, old.amount, old.purpose)
    assert (await load_payment(database, old.id)).state is PaymentState.CANCELED
    await start(database, gateway, new.id)
    await sandbox.pay(get_provider_ref(await load_payment(database, new.id)))
    await poll_payment(database, gateway, new.id)
    order = old.order_ref
    async with database.connection() as conn:
        assert await balances(conn, order=order) == {f"escrow:{order}-1": 111_00, f"escrow:{order}-2": 35_00}
    assert await count_charges(sandbox, order) == 1


async def test_a_late_success_of_a_closed_payment_is_refunded(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.abandon(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    for intent in (await sandbox.state())["intents"]:
        if intent["id"] == get_provider_ref(payment):
            confirm = {"payment_method_data[type]": "alipay", "return_url": "https://shop.example/"}
            headers = {"Authorization": "Bearer sk_test_sample"}
            url = f"{sandbox.url}/v1/payment_intents/{intent['id']}/confirm"
            (await sandbox.client.post(url, data=confirm, headers=headers)).raise_for_status()
    await sandbox.pay(get_provider_ref(payment))
    late = await poll_payment(database, gateway, payment.id)
    assert (late.state, late.captured_minor, late.refunded_minor) == (PaymentState.FAILED, 146_00, 146_00)
    assert await poll_payment(database, gateway, payment.id) == late
    assert await finish_operations(database, gateway) == 1
    async with database.transaction() as conn:
        assert [(each.kind, each.legs) for each in await list_order_entries(conn, order=payment.order_ref)] == [
            ("late payment", [("clearing:alipay", -146_00), (f"refund:{payment.order_ref}", 146_00)]),
            ("refund settled", [(f"refund:{payment.order_ref}", -146_00), ("clearing:alipay", 146_00)]),
        ]
        assert [each.minor for each in await list_balances(conn)] == [0, 0]
        assert [each.topic for each in await consume_events(conn, ["payment.late", "refund.succeeded"])] == [
            "payment.late",
            "refund.succeeded",
        ]
        assert await verify_ledger(conn) == []


async def test_an_unpaid_payment_expires_at_the_provider_too(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    waiting, paid, fresh = [await start_test_payment(database, gateway) for _ in range(3)]
    never_sent = await open_test_payment(database)
    await sandbox.pay(get_provider_ref(paid))
    now = datetime.now(UTC) + timedelta(minutes=31)
    async with database.transaction() as conn:
        await conn.execute("SELECT 1")
    ended = await expire_payments(database, gateway, now=now)
    assert set(ended) == {waiting.id, fresh.id, never_sent.id}
    assert (await load_payment(database, waiting.id)).state is PaymentState.EXPIRED
    assert (await load_payment(database, paid.id)).state is PaymentState.CAPTURED
    async with database.transaction() as conn:
        topics = [each.topic for each in await consume_events(conn, ["payment.expired", "payment.captured"])]
    assert sorted(topics) == ["payment.captured", "payment.expired", "payment.expired", "payment.expired"]
    assert await expire_payments(database, gateway, now=now) == []


async def make_cancellations_due(database: Database) -> None:
    async with database.connection() as conn:
        await conn.execute("UPDATE payments.operations SET next_at = clock_timestamp() WHERE kind = 'cancel'")


async def test_a_payment_that_cannot_be_canceled_keeps_no_other_from_expiring_and_waits_ever_longer(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    stuck, other = await start_test_payment(database, gateway), await start_test_payment(database, gateway)
    now = datetime.now(UTC) + timedelta(minutes=31)
    await sandbox.fault("cancel", "500")
    assert await expire_payments(database, gateway, now=now, limit=1) == []
    assert await expire_payments(database, gateway, now=now, limit=1) == [other.id]
    waits: list[int] = []
    for _ in range(3):
        async with database.connection() as conn:
            waits.append(
                await conn.fetchval(
                    "SELECT round(extract(epoch FROM next_at - clock_timestamp()) / 60)::integer"
                    " FROM payments.operations WHERE payment_id = $1 AND kind = 'cancel' AND state = 'unknown'",
                    stuck.id,
                )
            )
        await make_cancellations_due(database)
        await sandbox.fault("cancel", "500")
        assert await finish_operations(database, gateway) == 0
    assert waits == [2, 4, 8]


async def test_a_payment_that_cannot_be_canceled_expires_by_a_later_call(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    now = datetime.now(UTC) + timedelta(minutes=31)
    assert await expire_payments(database, gateway, now=datetime.now(UTC)) == []
    await sandbox.fault("cancel", "500")
    assert await expire_payments(database, gateway, now=now) == []
    await make_cancellations_due(database)
    assert await expire_payments(database, gateway, now=now) == [payment.id]


async def test_ten_concurrent_payers_closers_and_changers_leave_at_most_one_charge(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for _ in range(5):
        payment = await start_test_payment(database, gateway)
        order = payment.order_ref

        async def change(payment_id: PaymentId = payment.id) -> None:
            try:
                new = await change_method(database, gateway, payment_id, method=Method.WECHAT)
                await start(database, gateway, new.id)
            except (AlreadyPaid, PaymentInProgress, PaymentClosed, GatewayUnavailable):
                pass

        await asyncio.gather(sandbox.pay(get_provider_ref(payment)), *(change() for _ in range(4)))
        async with database.connection() as conn:
            found = await list_payments(conn, order)
        for each in found:
            if each.provider_ref is not None:
                await sandbox.pay(each.provider_ref)
                await poll_payment(database, gateway, each.id)
        assert await count_charges(sandbox, order) == 1
        async with database.connection() as conn:
            assert await balances(conn, order=order) == {
                f"escrow:{part.name}": part.minor for part in make_parts(order)
            }
            assert await verify_ledger(conn) == []


async def test_a_processing_payment_can_be_canceled_only_later(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.set_intent(get_provider_ref(payment), "processing")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            await close_payment(database, gateway, payment.id)
    assert (await load_payment(database, payment.id)).state is PaymentState.PROCESSING
    await sandbox.set_intent(get_provider_ref(payment), "requires_action")
    closed = await close_payment(database, gateway, payment.id)
    assert closed.state is PaymentState.CANCELED


async def test_a_payment_unknown_to_the_provider_is_closed_locally(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await open_test_payment(database)
    await sandbox.fault("create", "500")
    with pytest.raises(GatewayUnavailable):
        await start(database, gateway, payment.id)
    await owner.execute("UPDATE payments.operations SET first_sent_at = now() - interval '21 hours'")
    await sandbox.fault("search", "500")
    with pytest.raises(GatewayUnavailable):
        await close_payment(database, gateway, payment.id)
    closed = await close_payment(database, gateway, payment.id)
    assert (closed.state, closed.reason) == (PaymentState.FAILED, "never_arrived")
    async with database.connection() as conn:
        assert await verify_ledger(conn) == []
        assert await conn.fetchval("SELECT count(*) FROM payments.operations WHERE state IN ('sent', 'unknown')") == 0
