"""Collecting: one live payment an order, written down before the call, safe to repeat."""

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
    ProviderDisagrees,
    Purpose,
    ask,
    ask_due,
    close_payment,
    entries,
    finish_operations,
    live_payment,
    open_payment,
    payments_of,
    record_transfer,
    start,
    take_events,
    verify,
)
from payments.models import (
    AlreadyPaying,
    NotOffline,
    PaymentClosed,
    PaymentDeclined,
    UnevenParts,
    UnknownPayment,
)
from payments.sandbox import Sandbox
from payments.sql import Connection
from payments.stripe import Stripe
from tests.payments.shop import an_order, intents_of, look, opened, ref_of, started

NOBODY = PaymentId(UUID(int=1))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part("a", 99)],
        [Part("a", 101)],
        [Part("a", 50), Part("a", 50)],
        [Part("a", 100, 1)],
        [Part(f"p{n}", 1) for n in range(101)],
    ],
)
async def test_parts_that_are_not_the_amount_are_refused(conn: Connection, parts: list[Part]) -> None:
    with pytest.raises(UnevenParts):
        await open_payment(conn, order="U", amount=Amount(100, "CNY"), method="alipay", parts=parts)
    assert await payments_of(conn, "U") == []


async def test_a_payment_expires_half_an_hour_after_it_was_opened_unless_told_otherwise(conn: Connection) -> None:
    at = datetime(2019, 9, 20, 1, 0, tzinfo=UTC)
    plain = await open_payment(conn, order="E1", amount=Amount(1, "CNY"), method="bank", parts=[Part("e", 1)], at=at)
    assert (plain.opened_at, plain.expires_at) == (at, at + timedelta(minutes=30))
    told = await open_payment(
        conn,
        order="E2",
        amount=Amount(1, "CNY"),
        method="bank",
        parts=[Part("e", 1)],
        at=at,
        expires_at=at + timedelta(days=3),
    )
    assert told.expires_at == at + timedelta(days=3)


async def test_an_order_has_one_live_payment(conn: Connection) -> None:
    one = Amount(1, "CNY")
    live = await open_payment(conn, order="D", amount=one, method="alipay", parts=[Part("d", 1)])
    for purpose in Purpose:
        with pytest.raises(AlreadyPaying):
            await open_payment(conn, order="D", amount=one, method="wechat", parts=[Part("d", 1)], purpose=purpose)
    assert await live_payment(conn, "D") == live
    assert await live_payment(conn, "D", Purpose.DEPOSIT) is None


async def test_a_deposit_and_a_balance_bear_each_other_and_no_payment_in_full(conn: Connection) -> None:
    one = Amount(1, "CNY")
    for purpose in (Purpose.DEPOSIT, Purpose.BALANCE):
        await open_payment(conn, order="D", amount=one, method="alipay", parts=[Part("d", 1)], purpose=purpose)
    for purpose in Purpose:
        with pytest.raises(AlreadyPaying):
            await open_payment(conn, order="D", amount=one, method="alipay", parts=[Part("d", 1)], purpose=purpose)


async def test_twenty_who_open_at_once_open_one(database: Database) -> None:
    async def once() -> bool:
        try:
            await opened(database, order="one")
        except AlreadyPaying:
            return False
        return True

    assert sum(await asyncio.gather(*(once() for _ in range(20)))) == 1


@pytest.mark.parametrize(("method", "qr"), [(Method.ALIPAY, False), (Method.WECHAT, True)])
async def test_a_started_payment_says_what_its_payer_has_to_do(
    database: Database, gateway: Stripe, sandbox: Sandbox, method: Method, *, qr: bool
) -> None:
    payment = await opened(database, method=method)
    action = await start(database, gateway, payment.id)
    ref = ref_of(await look(database, payment.id))
    page = f"{sandbox.url}/pay/{ref}"
    assert action == Action(page, page if qr else None, f"{sandbox.url}/qr/{ref}.png" if qr else None)
    assert await start(database, gateway, payment.id) == action


async def test_starting_twenty_times_at_once_makes_one_charge(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await opened(database)
    actions = await asyncio.gather(*(start(database, gateway, payment.id) for _ in range(20)))
    assert len({action.redirect_url for action in actions}) == 1
    intents = await intents_of(sandbox, payment.id)
    assert len(intents) == 1


async def test_money_that_came_in_is_in_escrow_part_by_part(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = an_order()
    parts = [Part(f"{order}-1", 90_50, 5_49), Part(f"{order}-2", 78_00, 4_51)]
    payment = await started(database, gateway, order=order, method=Method.WECHAT, parts=parts)
    await sandbox.pay(ref_of(payment))
    at = datetime(2019, 9, 20, 1, 11, tzinfo=UTC)
    paid = await ask(database, gateway, payment.id, at=at)
    assert (paid.state, paid.captured_minor, paid.captured_at) == (PaymentState.CAPTURED, 158_50, at)
    async with database.transaction() as conn:
        (entry,) = await entries(conn, order=order)
        assert (entry.key, entry.kind, entry.at) == (f"paid:{payment.id}", "paid", at)
        assert entry.legs == [
            ("clearing:wechat", -158_50),
            ("promotion", -10_00),
            (f"escrow:{order}-1", 90_50),
            (f"escrow:{order}-2", 78_00),
        ]
        (event,) = await take_events(conn, ["payment.captured"])
        assert (event.order_ref, event.at) == (order, at)
        assert event.facts == {
            "payment": str(payment.id),
            "purpose": "full",
            "method": "wechat",
            "currency": "CNY",
            "minor": 158_50,
            "reason": None,
        }
        assert await take_events(conn, ["payment.captured"]) == []
        assert await verify(conn) == []
    assert await start(database, gateway, payment.id) == paid.action


async def test_events_wait_on_where_the_takers_transaction_fails(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await started(database, gateway)
    await sandbox.pay(ref_of(payment))
    await ask(database, gateway, payment.id)
    async with database.connection() as conn:
        transaction = conn.transaction()
        await transaction.start()
        assert len(await take_events(conn, ["payment.captured"])) == 1
        await transaction.rollback()
    async with database.transaction() as conn:
        assert await take_events(conn, ["payment.failed"]) == []
        assert len(await take_events(conn, ["payment.captured"])) == 1


async def test_two_takers_get_different_events_and_neither_waits(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payments = [await started(database, gateway) for _ in range(2)]
    for payment in payments:
        await sandbox.pay(ref_of(payment))
        await ask(database, gateway, payment.id)
    async with database.transaction() as one, database.transaction() as other:
        taken = [(await take_events(conn, ["payment.captured"], limit=1))[0].order_ref for conn in (one, other)]
        assert await take_events(other, ["payment.captured"]) == []
    assert taken == [payment.order_ref for payment in payments]


async def test_a_payer_who_gives_up_ends_the_payment_and_may_open_another(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await started(database, gateway)
    await sandbox.abandon(ref_of(payment))
    failed = await ask(database, gateway, payment.id)
    assert (failed.state, failed.reason) == (PaymentState.FAILED, "payment_intent_authentication_failure")
    with pytest.raises(PaymentClosed) as refused:
        await start(database, gateway, payment.id)
    assert refused.value.facts == {"state": PaymentState.FAILED}
    again = await started(database, gateway, order=payment.order_ref)
    assert again.state is PaymentState.REQUIRES_ACTION


async def test_a_decline_fails_the_payment(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    await sandbox.fault("create", "decline", code="payment_method_provider_decline")
    payment = await opened(database)
    with pytest.raises(PaymentDeclined) as refused:
        await start(database, gateway, payment.id)
    assert refused.value.facts == {"reason": "payment_method_provider_decline"}
    assert (await look(database, payment.id)).state is PaymentState.FAILED


@pytest.mark.parametrize("do", ["500", "429", "close", "hang"])
@pytest.mark.parametrize("after", [False, True])
async def test_no_answer_is_unknown_and_pressing_again_finds_the_one_charge(
    database: Database, sandbox: Sandbox, do: str, *, after: bool
) -> None:
    async with Stripe("sk_test_sample", sandbox.secret, base=sandbox.url, timeout=0.5) as gateway:
        payment = await opened(database)
        await sandbox.fault("create", do, after=after, seconds=2)
        with pytest.raises(GatewayUnavailable):
            await start(database, gateway, payment.id)
        assert (await look(database, payment.id)).state is PaymentState.CREATED
        action = await start(database, gateway, payment.id)
        assert action.redirect_url is not None
        intents = await intents_of(sandbox, payment.id)
        assert len(intents) == 1


async def test_a_job_finds_out_what_became_of_an_unknown_call(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await opened(database)
    await sandbox.fault("create", "close", after=True)
    with pytest.raises(GatewayUnavailable):
        await start(database, gateway, payment.id)
    assert await finish_operations(database, gateway) == 0
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    assert await finish_operations(database, gateway) == 1
    assert (await look(database, payment.id)).state is PaymentState.REQUIRES_ACTION


@pytest.mark.parametrize("arrived", [False, True])
async def test_after_twenty_hours_one_asks_instead_of_sending_again(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, *, arrived: bool
) -> None:
    payment = await opened(database)
    await sandbox.fault("create", "close", after=arrived)
    with pytest.raises(GatewayUnavailable):
        await start(database, gateway, payment.id)
    await owner.execute("UPDATE payments.operations SET first_sent_at = now() - interval '21 hours', next_at = now()")
    await sandbox.fault("create", "500", times=99)
    await finish_operations(database, gateway)
    state = PaymentState.REQUIRES_ACTION if arrived else PaymentState.FAILED
    assert (await look(database, payment.id)).state is state


async def test_a_provider_that_asks_for_another_sum_is_not_believed(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await opened(database)
    await sandbox.fault("create", "lie")
    with pytest.raises(ProviderDisagrees):
        await start(database, gateway, payment.id)
    assert (await look(database, payment.id)).state is PaymentState.CREATED
    assert await owner.fetchval("SELECT state FROM payments.operations") == "unknown"


async def test_a_payment_nothing_is_heard_of_is_asked_about(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await started(database, gateway)
    await sandbox.pay(ref_of(payment))
    assert await ask_due(database, gateway) == 0
    await owner.execute("UPDATE payments.payments SET ask_at = now()")
    assert await ask_due(database, gateway) == 1
    assert (await look(database, payment.id)).state is PaymentState.CAPTURED
    await owner.execute("UPDATE payments.payments SET ask_at = now() WHERE ask_at IS NOT NULL")
    assert await ask_due(database, gateway) == 0


async def test_asking_a_silent_provider_changes_nothing(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await started(database, gateway)
    await owner.execute("UPDATE payments.payments SET ask_at = now()")
    await sandbox.fault("retrieve", "500", times=2)
    assert await ask_due(database, gateway) == 0
    with pytest.raises(GatewayUnavailable):
        await ask(database, gateway, payment.id)
    assert await look(database, payment.id) == payment


async def test_asking_about_a_payment_the_provider_never_saw_changes_nothing(
    database: Database, gateway: Stripe
) -> None:
    payment = await opened(database)
    assert await ask(database, gateway, payment.id) == payment


async def test_a_bank_transfer_is_booked_when_it_arrives(database: Database, gateway: Stripe) -> None:
    order = an_order()
    payment = await opened(database, order=order, method=Method.BANK, parts=[Part(f"{order}-1", 942_00)])
    assert await start(database, gateway, payment.id) == Action()
    at = datetime(2019, 9, 25, 8, 0, tzinfo=UTC)
    async with database.transaction() as conn:
        paid = await record_transfer(conn, payment.id, reference="B-20190925-7", at=at)
    async with database.transaction() as conn:
        assert await record_transfer(conn, payment.id, reference="B-20190925-7", at=at) == paid
    assert (paid.state, paid.provider_ref, paid.captured_at) == (PaymentState.CAPTURED, "bank:B-20190925-7", at)
    async with database.connection() as conn:
        (entry,) = await entries(conn, order=order)
    assert entry.legs == [("clearing:bank", -942_00), (f"escrow:{order}-1", 942_00)]


async def test_only_a_live_bank_payment_is_recorded_by_hand(database: Database, gateway: Stripe) -> None:
    online, offline = await opened(database), await opened(database, method=Method.BANK)
    await close_payment(database, gateway, offline.id)
    async with database.transaction() as conn:
        with pytest.raises(NotOffline):
            await record_transfer(conn, online.id, reference="x")
        with pytest.raises(PaymentClosed):
            await record_transfer(conn, offline.id, reference="x")


async def test_a_payment_that_does_not_exist_is_unknown_everywhere(database: Database, gateway: Stripe) -> None:
    with pytest.raises(UnknownPayment):
        await start(database, gateway, NOBODY)
    with pytest.raises(UnknownPayment):
        await close_payment(database, gateway, NOBODY)
    with pytest.raises(UnknownPayment):
        await ask(database, gateway, NOBODY)
