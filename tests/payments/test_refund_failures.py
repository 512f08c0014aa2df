"""Refunds that the provider does not answer, declines, returns or reports late, and those paid by hand."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from payments import (
    Database,
    GatewayUnavailable,
    Method,
    ProviderMismatch,
    Refund,
    RefundId,
    RefundState,
    consume_events,
    finish_operations,
    get_balance,
    get_refund,
    list_failed_refunds,
    list_unknown_calls,
    poll_due_payments,
    poll_payment,
    record_bank_transfer,
    record_refund_transfer,
    retry_due_refunds,
    retry_refund,
    send_refund,
    stop_retrying_refund,
    verify_ledger,
)
from payments.errors import KeyAlreadyUsed, RefundNotFound, TransferRecordedBefore
from payments.operations import MARK_SENT, build_refund_key, record_unknown_outcome
from payments.pay import lock_payment
from payments.refund_records import book_refunds
from payments.sandbox import Sandbox
from payments.sql import Connection
from payments.stripe import Stripe
from tests.payments.refunding import AT, paid, unanswered, wanted
from tests.payments.slow_gateway import SlowGateway
from tests.support.sandbox_payments import (
    get_provider_ref,
    open_test_payment,
)


@pytest.mark.parametrize("do", ["500", "close"])
@pytest.mark.parametrize("after", [False, True])
async def test_an_unanswered_refund_is_made_exactly_once(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, do: str, *, after: bool
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    await sandbox.fault("refund", do, after=after)
    with pytest.raises(GatewayUnavailable):
        await send_refund(database, gateway, refund.id)
    async with database.connection() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.REQUESTED
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 1
    (charge,) = [
        each for each in (await sandbox.state())["charges"] if each["payment_intent"] == get_provider_ref(payment)
    ]
    assert charge["amount_refunded"] == 46_00
    async with database.connection() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.SUCCEEDED
        assert await verify_ledger(conn) == []
    assert await send_refund(database, gateway, refund.id) == await send_refund(database, gateway, refund.id)


@pytest.mark.parametrize("arrived", [False, True])
async def test_a_stale_refund_is_queried_instead_of_sent_again(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, *, arrived: bool
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    await sandbox.fault("refund", "close", after=arrived)
    with pytest.raises(GatewayUnavailable):
        await send_refund(database, gateway, refund.id)
    await owner.execute("UPDATE payments.operations SET first_sent_at = now() - interval '21 hours', next_at = now()")
    await sandbox.fault("list", "500")
    assert await finish_operations(database, gateway) == 0
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 1
    async with database.connection() as conn:
        state = (await get_refund(conn, refund.id)).state
    assert state is (RefundState.SUCCEEDED if arrived else RefundState.FAILED)


async def test_a_timeout_after_the_answer_of_another_attempt_does_not_open_the_call_again(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    async with database.transaction() as conn:
        slow = await MARK_SENT.one(conn, key=build_refund_key(refund.id, refund.attempt))
    await sandbox.fault("refund", "decline", code="insufficient_funds")
    await send_refund(database, gateway, refund.id)
    await record_unknown_outcome(database, slow, "timeout")
    assert await owner.fetchval("SELECT state FROM payments.operations WHERE id = $1", slow.id) == "declined"
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 0


async def test_a_failed_refund_keeps_its_money_reserved_and_is_sent_again(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    await sandbox.fault("refund", "decline", code="insufficient_funds")
    failed = await send_refund(database, gateway, refund.id)
    assert (failed.state, failed.reason) == (RefundState.FAILED, "insufficient_funds")
    async with database.transaction() as conn:
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 46_00
        assert [each.topic for each in await consume_events(conn, ["refund.failed"])] == ["refund.failed"]
        again = await retry_refund(conn, refund.id)
        assert (again.state, again.attempt) == (RefundState.REQUESTED, 2)
        assert await retry_refund(conn, refund.id) == again
    assert (await send_refund(database, gateway, refund.id)).state is RefundState.SUCCEEDED
    async with database.connection() as conn:
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 0
        assert await verify_ledger(conn) == []


async def test_two_declined_refunds_are_both_recorded_as_failed(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)
    await sandbox.fault("refund", "decline", code="insufficient_funds", times=2)
    for key in ("one", "two"):
        refund = await wanted(database, payment, 20_00, key=key)
        assert (await send_refund(database, gateway, refund.id)).state is RefundState.FAILED


async def test_a_refund_returned_by_the_payers_bank_is_transferred_by_hand(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    sent = await send_refund(database, gateway, refund.id)
    assert sent.provider_ref is not None
    await sandbox.set_refund(sent.provider_ref, "failed")
    await poll_payment(database, gateway, payment.id)
    async with database.transaction() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.FAILED
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 46_00
        assert await get_balance(conn, "clearing:alipay") == -146_00
        paid_out = await record_refund_transfer(conn, refund.id, reference="B-77", at=AT)
        assert (paid_out.state, paid_out.attempt, paid_out.succeeded_at) == (RefundState.SUCCEEDED, 2, AT)
        assert await record_refund_transfer(conn, refund.id, reference="B-77", at=AT) == paid_out
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 0
        assert await get_balance(conn, "clearing:bank") == 46_00
        assert await verify_ledger(conn) == []


async def test_a_pending_refund_succeeds_when_the_provider_reports_it(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund, ref = await unanswered(database, gateway, sandbox, payment)
    await poll_payment(database, gateway, payment.id)
    async with database.connection() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.PENDING
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 46_00
    await sandbox.set_refund(ref, "succeeded")
    await poll_payment(database, gateway, payment.id)
    async with database.connection() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.SUCCEEDED
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 0


async def test_a_refund_of_another_amount_is_not_booked(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    await sandbox.fault("refund", "lie")
    with pytest.raises(ProviderMismatch):
        await send_refund(database, gateway, refund.id)
    async with database.connection() as conn:
        assert (await get_refund(conn, refund.id)).state is RefundState.REQUESTED
        assert await get_balance(conn, f"refund:{payment.order_ref}") == 46_00


async def test_a_refund_of_a_bank_transfer_is_paid_by_hand(database: Database, gateway: Stripe) -> None:
    payment = await open_test_payment(database, method=Method.BANK)
    async with database.transaction() as conn:
        await record_bank_transfer(conn, payment.id, reference="in", at=AT)
    refund = await wanted(database, payment, 38_00)
    assert await send_refund(database, gateway, refund.id) == refund
    async with database.transaction() as conn:
        assert (await record_refund_transfer(conn, refund.id, reference="out", at=AT)).state is RefundState.SUCCEEDED
        assert await get_balance(conn, "clearing:bank") == -108_00
        with pytest.raises(KeyAlreadyUsed):
            await record_refund_transfer(conn, refund.id, reference="out again", at=AT)


async def test_a_number_of_the_bank_is_of_one_refund(database: Database) -> None:
    refunds: list[Refund] = []
    for order in range(2):
        payment = await open_test_payment(database, method=Method.BANK)
        async with database.transaction() as conn:
            await record_bank_transfer(conn, payment.id, reference=f"B-{order}", at=AT)
        refunds += [await wanted(database, payment, 38_00, key=f"{order}{part}") for part in "ab"]
    async with database.transaction() as conn:
        await record_refund_transfer(conn, refunds[0].id, reference="B-1", at=AT)
    for other in refunds[1:]:
        async with database.transaction() as conn:
            with pytest.raises(TransferRecordedBefore) as refused:
                await record_refund_transfer(conn, other.id, reference="B-1", at=AT)
            assert refused.value.facts["reference"] == "B-1"
    async with database.transaction() as conn:
        assert (
            await record_refund_transfer(conn, refunds[1].id, reference="B-1-2", at=AT)
        ).provider_ref == "bank:B-1-2"
        assert await get_balance(conn, "clearing:bank") == -292_00 + 76_00


async def test_a_refund_with_the_provider_is_not_recorded_by_hand(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    async with database.transaction() as conn:
        with pytest.raises(KeyAlreadyUsed):
            await record_refund_transfer(conn, refund.id, reference="x")


async def test_a_failed_refund_is_sent_again_five_times_and_then_left_to_a_person(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    await sandbox.fault("refund", "decline", code="insufficient_funds", times=7)
    await send_refund(database, gateway, refund.id)
    assert await retry_due_refunds(database, gateway) == 0
    waits: list[int] = []
    for _ in range(7):
        async with database.connection() as conn:
            (failed,) = await list_failed_refunds(conn)
        if failed.retry_at is not None:
            waits.append(round((failed.retry_at - datetime.now(UTC)) / timedelta(minutes=1)))
        await owner.execute("UPDATE payments.refunds SET retry_at = now() WHERE retry_at IS NOT NULL")
        await retry_due_refunds(database, gateway)
    assert waits == [10, 40, 160, 640, 2560]
    async with database.transaction() as conn:
        (failed,) = await list_failed_refunds(conn)
        assert (failed.attempt, failed.retry_at, failed.amount_minor) == (6, None, 46_00)
        events = await consume_events(conn, ["refund.failed"])
        assert [(each.facts["attempt"], each.facts["retries_left"]) for each in events] == [
            (1, 5), (2, 4), (3, 3), (4, 2), (5, 1), (6, 0)
        ]  # fmt: skip
    await sandbox.clear_faults()
    async with database.transaction() as conn:
        await retry_refund(conn, refund.id)
    assert (await send_refund(database, gateway, refund.id)).state is RefundState.SUCCEEDED
    async with database.connection() as conn:
        assert await list_failed_refunds(conn) == []


async def test_a_missing_refund_is_refused(database: Database, gateway: Stripe) -> None:
    nobody = RefundId((await open_test_payment(database)).id)
    with pytest.raises(RefundNotFound):
        await send_refund(database, gateway, nobody)


@pytest.mark.parametrize("late", ["decline", "500"])
async def test_an_answer_that_comes_after_that_of_another_worker_changes_nothing(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, late: str
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    slow = SlowGateway(gateway)
    await sandbox.fault("refund", late)
    sending = asyncio.create_task(send_refund(database, slow, refund.id))
    await slow.made.wait()
    await sandbox.fault("refund", "decline")
    assert (await send_refund(database, gateway, refund.id)).state is RefundState.FAILED
    async with database.transaction() as conn:
        await retry_refund(conn, refund.id)
    assert (await send_refund(database, gateway, refund.id)).state is RefundState.SUCCEEDED
    slow.answer.set()
    [outcome] = await asyncio.gather(sending, return_exceptions=True)
    assert isinstance(outcome, GatewayUnavailable if late == "500" else Refund)
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 0
    async with database.connection() as conn:
        current = await get_refund(conn, refund.id)
        assert (current.state, current.attempt) == (RefundState.SUCCEEDED, 2)
        assert await list_unknown_calls(conn) == await verify_ledger(conn) == []


@pytest.mark.parametrize("answered", [False, True])
async def test_a_declined_refund_that_the_provider_made_after_all_is_booked_and_not_made_twice(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, *, answered: bool
) -> None:
    """The answer comes late, or never: then the provider is asked before the refund is sent again."""
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    slow = SlowGateway(gateway)
    sending = asyncio.create_task(send_refund(database, slow, refund.id))
    await slow.made.wait()
    await sandbox.fault("refund", "decline")
    assert (await send_refund(database, gateway, refund.id)).state is RefundState.FAILED
    if answered:
        slow.answer.set()
        assert (await sending).state is RefundState.PENDING
    else:
        sending.cancel()
    await owner.execute("UPDATE payments.refunds SET retry_at = now() WHERE retry_at IS NOT NULL")
    assert await retry_due_refunds(database, gateway) == (0 if answered else 1)
    await owner.execute("UPDATE payments.payments SET poll_at = now() WHERE poll_at IS NOT NULL")
    assert await poll_due_payments(database, gateway) == 1
    (charge,) = [
        each for each in (await sandbox.state())["charges"] if each["payment_intent"] == get_provider_ref(payment)
    ]
    assert charge["amount_refunded"] == 46_00
    async with database.connection() as conn:
        current = await get_refund(conn, refund.id)
        assert (current.state, current.attempt) == (RefundState.SUCCEEDED, 1)
        assert await get_balance(conn, "clearing:alipay") == -100_00
        assert await list_failed_refunds(conn) == await verify_ledger(conn) == []


async def test_a_report_from_before_a_refund_came_back_changes_nothing(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await paid(database, gateway, sandbox)
    sent = await send_refund(database, gateway, (await wanted(database, payment, 46_00)).id)
    before = await gateway.list_refunds(get_provider_ref(payment))
    assert sent.provider_ref is not None
    await sandbox.set_refund(sent.provider_ref, "failed")
    await poll_payment(database, gateway, payment.id)
    async with database.transaction() as conn:
        await book_refunds(conn, await lock_payment(conn, payment.id), before, AT)
        assert (await get_refund(conn, sent.id)).state is RefundState.FAILED


async def test_a_refund_that_a_person_pays_meanwhile_is_not_sent_again(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, gateway, sandbox)
    first, second = [await wanted(database, payment, 46_00, key=key) for key in ("1", "2")]
    await sandbox.fault("refund", "decline", times=2)
    for refund in (first, second):
        assert (await send_refund(database, gateway, refund.id)).state is RefundState.FAILED
    await owner.execute(
        "UPDATE payments.refunds SET retry_at = now() - CASE id WHEN $1 THEN interval '1 hour' ELSE '0' END", first.id
    )
    slow = SlowGateway(gateway)
    retrying = asyncio.create_task(retry_due_refunds(database, slow))
    await slow.made.wait()
    async with database.transaction() as conn:
        await stop_retrying_refund(conn, second.id)
    slow.answer.set()
    await retrying
    async with database.transaction() as conn:
        assert (await get_refund(conn, first.id)).state is RefundState.SUCCEEDED
        assert ((await get_refund(conn, second.id)).state, second.attempt) == (RefundState.FAILED, 1)
        assert (await record_refund_transfer(conn, second.id, reference="B-1")).state is RefundState.SUCCEEDED
        assert await verify_ledger(conn) == []
