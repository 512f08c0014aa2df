"""Collecting: one live payment per order, written before the call, safe to repeat."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from payments import (
    Action,
    Amount,
    Database,
    GatewayUnavailable,
    Method,
    Part,
    PaymentId,
    PaymentState,
    ProviderMismatch,
    Purpose,
    close_payment,
    consume_events,
    find_live_payment,
    finish_operations,
    list_failed_refunds,
    list_order_entries,
    list_payments,
    open_payment,
    poll_due_payments,
    poll_payment,
    record_bank_transfer,
    record_refund_transfer,
    start,
    verify_ledger,
)
from payments.errors import (
    AnotherTransferRecorded,
    NotBankTransfer,
    PartsDoNotSumToAmount,
    PaymentClosed,
    PaymentDeclined,
    PaymentInProgress,
    PaymentNotFound,
    TransferRecordedBefore,
)
from payments.sandbox import Sandbox
from payments.sql import Connection
from payments.stripe import Stripe
from tests.support.sandbox_payments import (
    get_provider_ref,
    list_intents,
    load_payment,
    make_order_ref,
    open_test_payment,
    start_test_payment,
)

NOBODY = PaymentId(UUID(int=1))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part("a", 99)],
        [Part("a", 101)],
        [Part("a", 50), Part("a", 50)],
        [Part("a", 100, discount_minor=1)],
        [Part(f"p{n}", 1) for n in range(101)],
    ],
)
async def test_parts_that_do_not_sum_to_the_amount_are_refused(conn: Connection, parts: list[Part]) -> None:
    with pytest.raises(PartsDoNotSumToAmount):
        await open_payment(conn, order="U", amount=Amount(100, "CNY"), method="alipay", parts=parts)
    assert await list_payments(conn, "U") == []


@pytest.mark.parametrize(
    ("order", "amount", "part"),
    [
        ("", Amount(100, "CNY"), Part("a", 100)),
        ("A 1", Amount(100, "CNY"), Part("a", 100)),
        ("A" * 91, Amount(100, "CNY"), Part("a", 100)),
        ("A\0", Amount(100, "CNY"), Part("a", 100)),
        ("U", Amount(100, "cny"), Part("a", 100)),
        ("U", Amount(0, "CNY"), Part("a", 0)),
        ("U", Amount(-1, "CNY"), Part("a", -1)),
        ("U", Amount(0, "CNY"), Part("a", 100, discount_minor=100)),
        ("U", Amount(101, "CNY"), Part("a", 100, discount_minor=-1)),
        ("U", Amount(100, "CNY"), Part("", 100)),
        ("U", Amount(100, "CNY"), Part("a b", 100)),
        ("U", Amount(100, "CNY"), Part("a" * 101, 100)),
    ],
)
async def test_what_could_not_be_booked_once_it_is_paid_is_not_opened(
    conn: Connection, order: str, amount: Amount, part: Part
) -> None:
    """The caller's transaction goes on."""
    with pytest.raises(ValueError, match="not a pa"):
        await open_payment(conn, order=order, amount=amount, method="alipay", parts=[part])
    assert await list_payments(conn, "U") == []
    longest = [Part("a" * 100, 100)]
    await open_payment(conn, order="A" * 90, amount=Amount(100, "CNY"), method="alipay", parts=longest)


async def test_a_payment_expires_after_half_an_hour_by_default(conn: Connection) -> None:
    at = datetime(2019, 9, 20, 1, 0, tzinfo=UTC)
    plain = await open_payment(conn, order="E1", amount=Amount(1, "CNY"), method="bank", parts=[Part("e", 1)], at=at)
    assert (plain.opened_at, plain.expires_at) == (at, at + timedelta(minutes=30))
    custom = await open_payment(
        conn,
        order="E2",
        amount=Amount(1, "CNY"),
        method="bank",
        parts=[Part("e", 1)],
        at=at,
        expires_at=at + timedelta(days=3),
    )
    assert custom.expires_at == at + timedelta(days=3)


async def test_an_order_has_one_live_payment(conn: Connection) -> None:
    one = Amount(1, "CNY")
    live = await open_payment(conn, order="D", amount=one, method="alipay", parts=[Part("d", 1)])
    for purpose in Purpose:
        with pytest.raises(PaymentInProgress):
            await open_payment(conn, order="D", amount=one, method="wechat", parts=[Part("d", 1)], purpose=purpose)
    assert await find_live_payment(conn, "D") == live
    assert await find_live_payment(conn, "D", Purpose.DEPOSIT) is None


async def test_a_deposit_and_a_balance_exclude_a_full_payment_only(conn: Connection) -> None:
    one = Amount(1, "CNY")
    for purpose in (Purpose.DEPOSIT, Purpose.BALANCE):
        await open_payment(conn, order="D", amount=one, method="alipay", parts=[Part("d", 1)], purpose=purpose)
    for purpose in Purpose:
        with pytest.raises(PaymentInProgress):
            await open_payment(conn, order="D", amount=one, method="alipay", parts=[Part("d", 1)], purpose=purpose)


async def test_twenty_concurrent_opens_open_one_payment(database: Database) -> None:
    async def once() -> bool:
        try:
            await open_test_payment(database, order="one")
        except PaymentInProgress:
            return False
        return True

    assert sum(await asyncio.gather(*(once() for _ in range(20)))) == 1


@pytest.mark.parametrize(("method", "qr"), [(Method.ALIPAY, False), (Method.WECHAT, True)])
async def test_a_started_payment_returns_the_payers_action(
    database: Database, gateway: Stripe, sandbox: Sandbox, method: Method, *, qr: bool
) -> None:
    payment = await open_test_payment(database, method=method)
    action = await start(database, gateway, payment.id)
    ref = get_provider_ref(await load_payment(database, payment.id))
    page = f"{sandbox.url}/pay/{ref}"
    assert action == Action(page, page if qr else None, f"{sandbox.url}/qr/{ref}.png" if qr else None)
    assert await start(database, gateway, payment.id) == action


async def test_twenty_concurrent_starts_create_one_charge(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await open_test_payment(database)
    actions = await asyncio.gather(*(start(database, gateway, payment.id) for _ in range(20)))
    assert len({action.redirect_url for action in actions}) == 1
    intents = await list_intents(sandbox, payment.id)
    assert len(intents) == 1


async def test_captured_money_is_in_escrow_by_part(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    order = make_order_ref()
    parts = [Part(f"{order}-1", 90_50, discount_minor=5_49), Part(f"{order}-2", 78_00, discount_minor=4_51)]
    payment = await start_test_payment(database, gateway, order=order, method=Method.WECHAT, parts=parts)
    await sandbox.pay(get_provider_ref(payment))
    at = datetime(2019, 9, 20, 1, 11, tzinfo=UTC)
    paid = await poll_payment(database, gateway, payment.id, at=at)
    assert (paid.state, paid.captured_minor, paid.captured_at) == (PaymentState.CAPTURED, 158_50, at)
    async with database.transaction() as conn:
        (entry,) = await list_order_entries(conn, order=order)
        assert (entry.key, entry.kind, entry.at) == (f"paid:{payment.id}", "paid", at)
        assert entry.legs == [
            ("clearing:wechat", -158_50),
            ("promotion", -10_00),
            (f"escrow:{order}-1", 90_50),
            (f"escrow:{order}-2", 78_00),
        ]
        (event,) = await consume_events(conn, ["payment.captured"])
        assert (event.order_ref, event.at) == (order, at)
        assert event.facts == {
            "payment": str(payment.id),
            "purpose": "full",
            "method": "wechat",
            "currency": "CNY",
            "minor": 158_50,
            "reason": None,
        }
        assert await consume_events(conn, ["payment.captured"]) == []
        assert await verify_ledger(conn) == []
    assert await start(database, gateway, payment.id) == Action()


async def test_events_stay_unconsumed_if_the_transaction_fails(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    async with database.connection() as conn:
        transaction = conn.transaction()
        await transaction.start()
        assert len(await consume_events(conn, ["payment.captured"])) == 1
        await transaction.rollback()
    async with database.transaction() as conn:
        assert await consume_events(conn, ["payment.failed"]) == []
        assert len(await consume_events(conn, ["payment.captured"])) == 1


async def test_two_consumers_get_different_events_without_waiting(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payments = [await start_test_payment(database, gateway) for _ in range(2)]
    for payment in payments:
        await sandbox.pay(get_provider_ref(payment))
        await poll_payment(database, gateway, payment.id)
    async with database.transaction() as one, database.transaction() as other:
        taken = [(await consume_events(conn, ["payment.captured"], limit=1))[0].order_ref for conn in (one, other)]
        assert await consume_events(other, ["payment.captured"]) == []
    assert taken == [payment.order_ref for payment in payments]


async def test_an_abandoned_payment_fails_and_another_may_be_opened(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.abandon(get_provider_ref(payment))
    failed = await poll_payment(database, gateway, payment.id)
    assert (failed.state, failed.reason) == (PaymentState.FAILED, "payment_intent_authentication_failure")
    with pytest.raises(PaymentClosed) as refused:
        await start(database, gateway, payment.id)
    assert refused.value.facts == {"state": PaymentState.FAILED}
    again = await start_test_payment(database, gateway, order=payment.order_ref)
    assert again.state is PaymentState.REQUIRES_ACTION


async def test_a_decline_fails_the_payment(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    await sandbox.fault("create", "decline", code="payment_method_provider_decline")
    payment = await open_test_payment(database)
    with pytest.raises(PaymentDeclined) as refused:
        await start(database, gateway, payment.id)
    assert refused.value.facts == {"reason": "payment_method_provider_decline"}
    assert (await load_payment(database, payment.id)).state is PaymentState.FAILED


@pytest.mark.parametrize("do", ["500", "429", "close", "hang"])
@pytest.mark.parametrize("after", [False, True])
async def test_an_unanswered_start_can_be_repeated_and_finds_the_one_charge(
    database: Database, sandbox: Sandbox, do: str, *, after: bool
) -> None:
    async with Stripe("sk_test_sample", sandbox.secret, base=sandbox.url, timeout=0.5) as gateway:
        payment = await open_test_payment(database)
        await sandbox.fault("create", do, after=after, seconds=2)
        with pytest.raises(GatewayUnavailable):
            await start(database, gateway, payment.id)
        assert (await load_payment(database, payment.id)).state is PaymentState.CREATED
        action = await start(database, gateway, payment.id)
        assert action.redirect_url is not None
        intents = await list_intents(sandbox, payment.id)
        assert len(intents) == 1


async def test_a_job_resolves_an_unknown_call(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await open_test_payment(database)
    await sandbox.fault("create", "close", after=True)
    with pytest.raises(GatewayUnavailable):
        await start(database, gateway, payment.id)
    assert await finish_operations(database, gateway) == 0
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 1
    assert (await load_payment(database, payment.id)).state is PaymentState.REQUIRES_ACTION


@pytest.mark.parametrize("arrived", [False, True])
async def test_after_twenty_hours_a_call_is_queried_instead_of_repeated(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, *, arrived: bool
) -> None:
    payment = await open_test_payment(database)
    await sandbox.fault("create", "close", after=arrived)
    with pytest.raises(GatewayUnavailable):
        await start(database, gateway, payment.id)
    await owner.execute("UPDATE payments.operations SET first_sent_at = now() - interval '21 hours', next_at = now()")
    await sandbox.fault("create", "500", times=99)
    await finish_operations(database, gateway)
    state = PaymentState.REQUIRES_ACTION if arrived else PaymentState.FAILED
    assert (await load_payment(database, payment.id)).state is state


async def test_a_charge_of_another_amount_is_not_booked(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await open_test_payment(database)
    await sandbox.fault("create", "lie")
    with pytest.raises(ProviderMismatch):
        await start(database, gateway, payment.id)
    assert (await load_payment(database, payment.id)).state is PaymentState.CREATED
    assert await owner.fetchval("SELECT state FROM payments.operations") == "unknown"


async def test_a_payment_without_news_is_polled(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    assert await poll_due_payments(database, gateway) == 0
    await owner.execute("UPDATE payments.payments SET poll_at = now()")
    assert await poll_due_payments(database, gateway) == 1
    assert (await load_payment(database, payment.id)).state is PaymentState.CAPTURED
    await owner.execute("UPDATE payments.payments SET poll_at = now() WHERE poll_at IS NOT NULL")
    assert await poll_due_payments(database, gateway) == 0


async def test_polling_an_unavailable_provider_changes_nothing(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await start_test_payment(database, gateway)
    await owner.execute("UPDATE payments.payments SET poll_at = now()")
    await sandbox.fault("retrieve", "500", times=2)
    assert await poll_due_payments(database, gateway) == 0
    with pytest.raises(GatewayUnavailable):
        await poll_payment(database, gateway, payment.id)
    assert await load_payment(database, payment.id) == payment


async def test_polling_a_payment_unknown_to_the_provider_changes_nothing(database: Database, gateway: Stripe) -> None:
    payment = await open_test_payment(database)
    assert await poll_payment(database, gateway, payment.id) == payment


async def test_a_bank_transfer_is_booked_when_it_arrives(database: Database, gateway: Stripe) -> None:
    order = make_order_ref()
    payment = await open_test_payment(database, order=order, method=Method.BANK, parts=[Part(f"{order}-1", 942_00)])
    assert await start(database, gateway, payment.id) == Action()
    at = datetime(2019, 9, 25, 8, 0, tzinfo=UTC)
    async with database.transaction() as conn:
        paid = await record_bank_transfer(conn, payment.id, reference="B-20190925-7", at=at)
    async with database.transaction() as conn:
        assert await record_bank_transfer(conn, payment.id, reference="B-20190925-7", at=at) == paid
    assert (paid.state, paid.provider_ref, paid.captured_at) == (PaymentState.CAPTURED, "bank:B-20190925-7", at)
    async with database.connection() as conn:
        (entry,) = await list_order_entries(conn, order=order)
    assert entry.legs == [("clearing:bank", -942_00), (f"escrow:{order}-1", 942_00)]


async def test_a_bank_transfer_is_booked_for_one_payment_and_a_payment_under_one_number(database: Database) -> None:
    orders = [make_order_ref() for _ in range(2)]
    first, second = [await open_test_payment(database, order=order, method=Method.BANK) for order in orders]
    async with database.transaction() as conn:
        await record_bank_transfer(conn, first.id, reference="B-8")
        with pytest.raises(AnotherTransferRecorded) as another:
            await record_bank_transfer(conn, first.id, reference="B-9")
        with pytest.raises(TransferRecordedBefore) as before:
            await record_bank_transfer(conn, second.id, reference="B-8")
        paid = await record_bank_transfer(conn, second.id, reference="B-8-2")
    assert (paid.state, paid.provider_ref) == (PaymentState.CAPTURED, "bank:B-8-2")
    assert (another.value.facts, before.value.facts) == ({"reference": "B-8"}, {"reference": "B-8", "order": orders[0]})
    for refusal in (another.value, before.value):
        assert [(fault.field, fault.message) for fault in refusal.errors] == [("reference", refusal.text())]


async def test_only_a_bank_payment_is_recorded_by_hand(database: Database) -> None:
    online = await open_test_payment(database)
    async with database.transaction() as conn:
        with pytest.raises(NotBankTransfer):
            await record_bank_transfer(conn, online.id, reference="x")


async def test_a_bank_transfer_for_a_closed_payment_is_booked_and_waits_to_be_returned(
    database: Database, gateway: Stripe
) -> None:
    payment = await open_test_payment(database, method=Method.BANK)
    await close_payment(database, gateway, payment.id)
    async with database.transaction() as conn:
        late = await record_bank_transfer(conn, payment.id, reference="B-7")
        assert await record_bank_transfer(conn, payment.id, reference="B-7") == late
    assert (late.state, late.provider_ref, late.captured_minor) == ("canceled", "bank:B-7", payment.amount_minor)
    async with database.transaction() as conn:
        [refund] = await list_failed_refunds(conn)
        assert (refund.state, refund.amount_minor) == ("requested", payment.amount_minor)
        assert await conn.fetchval("SELECT count(*) FROM payments.operations WHERE kind = 'refund'") == 0
        await record_refund_transfer(conn, refund.id, reference="B-8")
        assert await list_failed_refunds(conn) == []
        assert await verify_ledger(conn) == []


async def test_a_missing_payment_is_refused_everywhere(database: Database, gateway: Stripe) -> None:
    with pytest.raises(PaymentNotFound):
        await start(database, gateway, NOBODY)
    with pytest.raises(PaymentNotFound):
        await close_payment(database, gateway, NOBODY)
    with pytest.raises(PaymentNotFound):
        await poll_payment(database, gateway, NOBODY)
