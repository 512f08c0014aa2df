"""Payouts: never more than is owed, never twice, and back to what is owed if they fail."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from payments import (
    AccountKind,
    Database,
    GatewayUnavailable,
    InsufficientBalance,
    KeyAlreadyUsed,
    Payout,
    PayoutId,
    PayoutNotFound,
    PayoutState,
    ProviderMismatch,
    apply_events,
    consume_events,
    find_payout,
    finish_operations,
    list_failed_payouts,
    list_payouts,
    list_unknown_calls,
    poll_due_payouts,
    poll_payout,
    post,
    receive,
    reconcile,
    request_payout,
    send_payout,
    sum_requested_payouts,
    verify_ledger,
)
from payments.ledger.journal import Leg
from payments.port import AccountRequest, Declined, Ok
from payments.sandbox import Sandbox
from payments.sandbox.webhooks import sign
from payments.stripe import Stripe
from tests.payments.payouts import (
    SHORTLY,
    find_transfers,
    get_balances,
    load,
    make_calls_due,
    make_payout,
    open_bank_account,
    owe,
    require_sound,
)
from tests.payments.slow_gateway import SlowGateway


async def test_a_payout_leaves_what_is_owed_and_arrives_when_the_bank_confirms(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payee = await owe(database)
    payout = await make_payout(database, gateway, payee)
    assert (payout.state, await get_balances(database, payee)) == (PayoutState.CREATED, (0, 0, 100_00, 0))
    sent = await send_payout(database, gateway, payout.id)
    assert (sent.state, await get_balances(database, payee)) == (PayoutState.IN_TRANSIT, (0, 0, 100_00, 0))
    await require_sound(database)
    assert sent.provider_ref is not None
    await sandbox.set_payout(sent.provider_ref, "paid")
    for _ in range(2):
        paid = await poll_payout(database, gateway, payout.id)
        assert (paid.state, await get_balances(database, payee)) == (PayoutState.PAID, (0, 0, 0, 100_00))
    await require_sound(database)
    async with database.transaction() as conn:
        events = await consume_events(conn, ["payout.in_transit", "payout.paid", "payout.failed"])
    assert [(each.topic, each.order_ref, each.facts["minor"]) for each in events] == [
        ("payout.in_transit", f"payee:{payee}", 100_00),
        ("payout.paid", f"payee:{payee}", 100_00),
    ]


@pytest.mark.parametrize("paid_before", [False, True])
async def test_a_failed_payout_returns_the_recorded_parts_with_its_reason(
    database: Database, gateway: Stripe, sandbox: Sandbox, *, paid_before: bool
) -> None:
    payee = await owe(database)
    payout = await send_payout(database, gateway, (await make_payout(database, gateway, payee)).id)
    assert payout.provider_ref is not None
    if paid_before:
        await sandbox.set_payout(payout.provider_ref, "paid")
        await poll_payout(database, gateway, payout.id)
    await sandbox.set_payout(payout.provider_ref, "failed", "account_closed")
    for _ in range(2):
        failed = await poll_payout(database, gateway, payout.id)
        assert (failed.state, failed.reason) == (PayoutState.FAILED, "account_closed")
        assert await get_balances(database, payee) == (90_00, 10_00, 0, 0)
    assert [each["reversed"] for each in await find_transfers(sandbox, payout)] == [True]
    await require_sound(database)
    again = await make_payout(database, gateway, payee, destination=payout.destination, key="2")
    assert (await send_payout(database, gateway, again.id)).state is PayoutState.IN_TRANSIT
    assert await get_balances(database, payee) == (0, 0, 100_00, 0)


async def test_a_declined_payout_fails_at_once_and_takes_the_transfer_back(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payee = await owe(database)
    destination = await open_bank_account(gateway, payee, "000100000000")
    payout = await make_payout(database, gateway, payee, destination=destination)
    failed = await send_payout(database, gateway, payout.id)
    assert (failed.state, failed.reason) == (PayoutState.FAILED, "payouts_not_allowed")
    assert await get_balances(database, payee) == (90_00, 10_00, 0, 0)
    assert [each["reversed"] for each in await find_transfers(sandbox, payout)] == [True]
    await require_sound(database)


@pytest.mark.parametrize(
    ("on", "after"), [("transfer", False), ("transfer", True), ("payout", False), ("payout", True)]
)
async def test_a_payout_without_an_answer_is_unknown_and_made_once(
    database: Database, gateway: Stripe, sandbox: Sandbox, dsn: str, on: str, *, after: bool
) -> None:
    payee = await owe(database)
    payout = await make_payout(database, gateway, payee)
    await sandbox.fault(on, "500", after=after)
    with pytest.raises(GatewayUnavailable):
        await send_payout(database, gateway, payout.id)
    assert (await load(database, payout)).state is PayoutState.CREATED
    assert await get_balances(database, payee) == (0, 0, 100_00, 0)
    await make_calls_due(dsn)
    assert await finish_operations(database, gateway) == 1
    assert (await load(database, payout)).state is PayoutState.IN_TRANSIT
    assert len(await find_transfers(sandbox, payout)) == 1
    assert await get_balances(database, payee) == (0, 0, 100_00, 0)


@pytest.mark.parametrize("arrived", ["nothing", "transfer", "payout"])
async def test_a_payout_whose_key_is_too_old_is_looked_up(
    database: Database, gateway: Stripe, sandbox: Sandbox, dsn: str, arrived: str
) -> None:
    payee = await owe(database)
    payout = await make_payout(database, gateway, payee)
    await sandbox.fault("transfer" if arrived == "nothing" else "payout", "500", after=arrived == "payout")
    with pytest.raises(GatewayUnavailable):
        await send_payout(database, gateway, payout.id)
    owner = await asyncpg.connect(dsn)
    await owner.execute("UPDATE payments.operations SET first_sent_at = now() - interval '21 hours', next_at = now()")
    await owner.close()
    async with database.connection() as conn:
        calls = await list_unknown_calls(conn)
    assert [(each.kind, each.order_ref, each.amount_minor) for each in calls] == [("payout", None, 100_00)]
    assert await finish_operations(database, gateway) == 1
    found = await load(database, payout)
    if arrived == "payout":
        assert (found.state, await get_balances(database, payee)) == (PayoutState.IN_TRANSIT, (0, 0, 100_00, 0))
    else:
        assert (found.state, found.reason) == (PayoutState.FAILED, "never_arrived")
        assert await get_balances(database, payee) == (90_00, 10_00, 0, 0)
        assert all(each["reversed"] for each in await find_transfers(sandbox, payout))
    await require_sound(database)


async def test_forty_payouts_at_once_pay_what_is_owed_once(database: Database, gateway: Stripe) -> None:
    payee = await owe(database)
    destination = await open_bank_account(gateway, payee)

    async def ask(number: int) -> str:
        try:
            await make_payout(database, gateway, payee, destination=destination, key=f"race:{payee}:{number}")
        except InsufficientBalance:
            return "refused"
        return "requested"

    outcomes = await asyncio.gather(*(ask(number) for number in range(40)))
    assert (outcomes.count("requested"), outcomes.count("refused")) == (1, 39)
    assert await get_balances(database, payee) == (0, 0, 100_00, 0)


async def test_a_payout_sent_twenty_times_at_once_is_made_once(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payout = await make_payout(database, gateway, await owe(database))
    await asyncio.gather(*(send_payout(database, gateway, payout.id) for _ in range(20)))
    assert len(await find_transfers(sandbox, payout)) == 1
    assert await get_balances(database, payout.payee) == (0, 0, 100_00, 0)


async def test_disputed_money_is_not_paid_out(database: Database, gateway: Stripe) -> None:
    payee = await owe(database)
    async with database.transaction() as conn:
        legs: list[Leg] = [(f"payable:{payee}", -1), ("disputed:O-1", 1)]
        await post(conn, key=f"disputed:{payee}", kind="dispute opened", legs=legs)
    with pytest.raises(InsufficientBalance):
        await make_payout(database, gateway, payee)
    assert await get_balances(database, payee) == (89_99, 10_00, 0, 0)


async def test_a_failure_is_a_problem_until_the_payee_was_paid_after_it(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payee, days = await owe(database), itertools.count(1)

    async def decide(payout: Payout, status: str) -> None:
        sent = await send_payout(database, gateway, payout.id)
        await sandbox.set_payout(str(sent.provider_ref), status, "account_closed" if status == "failed" else None)
        at = datetime.now(UTC) + timedelta(days=next(days))
        await poll_payout(database, gateway, payout.id, at=at)

    async def list_failed() -> list[PayoutId]:
        async with database.connection() as conn:
            assert await list_failed_payouts(conn) == await list_failed_payouts(conn, payee=payee)
            assert await list_failed_payouts(conn, payee="nobody") == []
            return [each.id for each in await list_failed_payouts(conn)]

    first = await make_payout(database, gateway, payee, key="1")
    await decide(first, "failed")
    assert await list_failed() == [first.id]
    second = await make_payout(database, gateway, payee, key="2")
    assert await list_failed() == [first.id]
    await decide(second, "failed")
    assert await list_failed() == [first.id, second.id]
    third = await make_payout(database, gateway, payee, key="3")
    await decide(third, "paid")
    assert await list_failed() == []
    await decide(third, "failed")
    assert await list_failed() == [first.id, second.id, third.id]


async def test_what_was_requested_since_an_instant_counts_unless_it_failed(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payee, since = await owe(database), datetime.now(UTC)
    payout = await make_payout(database, gateway, payee, key="k")
    async with database.connection() as conn:
        assert await sum_requested_payouts(conn, payee, since=since) == 100_00
        assert await sum_requested_payouts(conn, payee, since=since + timedelta(days=1)) == 0
        assert await sum_requested_payouts(conn, "nobody", since=since) == 0
        assert await find_payout(conn, key="k") == payout
        assert await find_payout(conn, key="other") is None
    sent = await send_payout(database, gateway, payout.id)
    await sandbox.set_payout(str(sent.provider_ref), "failed", "account_closed")
    await poll_payout(database, gateway, payout.id)
    async with database.connection() as conn:
        assert await sum_requested_payouts(conn, payee, since=since) == 0


async def test_a_key_is_one_payout(database: Database, gateway: Stripe) -> None:
    payee = await owe(database)
    first = await make_payout(database, gateway, payee, key="same")
    assert (await make_payout(database, gateway, payee, key="same")).id == first.id
    other = await owe(database)
    with pytest.raises(KeyAlreadyUsed):
        await make_payout(database, gateway, other, key="same")
    assert await get_balances(database, other) == (90_00, 10_00, 0, 0)


async def test_a_payout_takes_money_and_brings_none(database: Database, gateway: Stripe) -> None:
    payee = await owe(database)
    for legs in ([], [(f"payable:{payee}", 1)], [(f"payable:{payee}", -2), (f"freight:{payee}", 1)]):
        async with database.transaction() as conn:
            with pytest.raises(ValueError, match="takes money"):
                await request_payout(conn, gateway, payee=payee, destination="acct_1", legs=legs, key="odd")
    async with database.connection() as conn:
        assert await list_payouts(conn, payee) == []


async def test_a_webhook_is_a_hint_to_ask_for_the_payout(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payout = await send_payout(database, gateway, (await make_payout(database, gateway, await owe(database))).id)
    assert payout.provider_ref is not None
    await sandbox.set_payout(payout.provider_ref, "paid")
    event = next(
        each
        for each in (await sandbox.state())["events"]
        if each["type"] == "payout.paid" and each["data"]["object"]["id"] == payout.provider_ref
    )
    body = json.dumps(event).encode()
    for _ in range(3):
        await receive(database, gateway, {"Stripe-Signature": sign(body, sandbox.secret)}, body)
    assert (await apply_events(database, gateway)).done == 1
    assert (await load(database, payout)).state is PayoutState.PAID
    event["id"], event["data"]["object"]["id"] = "evt_other", "po_other"
    body = json.dumps(event).encode()
    await receive(database, gateway, {"Stripe-Signature": sign(body, sandbox.secret)}, body)
    assert (await apply_events(database, gateway)).parked == 1


async def test_a_payout_that_no_webhook_reports_is_polled(
    database: Database, gateway: Stripe, sandbox: Sandbox, dsn: str
) -> None:
    payout = await send_payout(database, gateway, (await make_payout(database, gateway, await owe(database))).id)
    assert payout.provider_ref is not None
    await sandbox.set_payout(payout.provider_ref, "paid")
    assert await poll_due_payouts(database, gateway) == 0
    await make_calls_due(dsn)
    assert await poll_due_payouts(database, gateway) == 1
    assert (await load(database, payout)).state is PayoutState.PAID
    await sandbox.set_payout(payout.provider_ref, "failed", "account_closed")
    await make_calls_due(dsn)
    assert await poll_due_payouts(database, gateway) == 1
    assert (await load(database, payout)).state is PayoutState.FAILED
    await make_calls_due(dsn)
    assert await poll_due_payouts(database, gateway) == 0


async def test_a_provider_that_pays_another_sum_is_not_believed(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payout = await make_payout(database, gateway, await owe(database))
    await sandbox.fault("payout", "lie")
    with pytest.raises(ProviderMismatch):
        await send_payout(database, gateway, payout.id)
    assert (await load(database, payout)).state is PayoutState.CREATED


async def test_an_unknown_payout_is_not_found(database: Database, gateway: Stripe) -> None:
    await make_payout(database, gateway, await owe(database))
    with pytest.raises(PayoutNotFound):
        await poll_payout(database, gateway, PayoutId(uuid4()))


@pytest.mark.parametrize("ends", ["paid", "failed", "in_transit"])
async def test_the_sandbox_pays_to_wechat_accounts_which_stripe_declines(
    database: Database, gateway: Stripe, sandbox: Sandbox, ends: str
) -> None:
    payee = await owe(database)
    request = AccountRequest(payee=payee, kind=AccountKind.WECHAT, holder="样例", number="13900000001")
    assert await gateway.open_account(request, f"account:{payee}") == Declined("account_kind")
    async with Stripe(
        "sk_test_sample", sandbox.secret, base=sandbox.url, account_kinds=frozenset(AccountKind)
    ) as wechat:
        opened = await wechat.open_account(request, f"account:{payee}")
        assert isinstance(opened, Ok)
        assert opened.value.verified
        payout = await make_payout(database, wechat, payee, destination=opened.value.ref)
        payout = await send_payout(database, wechat, payout.id)
        assert payout.provider_ref is not None
        await sandbox.set_payout(payout.provider_ref, ends)
        assert (await poll_payout(database, wechat, payout.id)).state == ends
    owed = {"paid": (0, 0, 0), "failed": (90_00, 10_00, 0), "in_transit": (0, 0, 100_00)}
    assert (await get_balances(database, payee))[:3] == owed[ends]


@pytest.mark.parametrize("ends", ["in_transit", "paid", "failed", "returned"])
async def test_the_statement_agrees_with_a_payout_in_every_state(
    database: Database, gateway: Stripe, sandbox: Sandbox, ends: str
) -> None:
    payout = await send_payout(database, gateway, (await make_payout(database, gateway, await owe(database))).id)
    assert payout.provider_ref is not None
    if ends in {"paid", "returned"}:
        await sandbox.set_payout(payout.provider_ref, "paid")
        await poll_payout(database, gateway, payout.id)
    if ends in {"failed", "returned"}:
        await sandbox.set_payout(payout.provider_ref, "failed")
        await poll_payout(database, gateway, payout.id)
    now = datetime.now(UTC)
    found = await reconcile(database, gateway, day=now.date(), since=now - SHORTLY, until=now + SHORTLY)
    assert [each for each in found if str(payout.id) in each.reference] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payments.payouts SET amount_minor = amount_minor + 1",
        "UPDATE payments.payouts SET state = 'paid', paid_at = now()",
        "UPDATE payments.payouts SET state = 'failed', failed_at = now()",
    ],
)
async def test_a_payout_that_its_postings_contradict_is_found(
    database: Database, gateway: Stripe, dsn: str, change: str
) -> None:
    await make_payout(database, gateway, await owe(database))
    owner = await asyncpg.connect(dsn)
    await owner.execute(change)
    await owner.close()
    async with database.connection() as conn:
        codes = {each.code for each in await verify_ledger(conn)}
    assert codes == {"wrong_transit", "unposted_payout"}


async def test_the_service_changes_neither_sum_nor_payee_nor_account(database: Database, gateway: Stripe) -> None:
    await make_payout(database, gateway, await owe(database))
    for column in ("amount_minor", "payee", "destination", "key", "currency"):
        async with database.transaction() as conn:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(f"UPDATE payments.payouts SET {column} = {column}")


async def test_a_payout_that_another_worker_sent_is_not_owed_again(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payee = await owe(database)
    payout = await make_payout(database, gateway, payee)
    slow = SlowGateway(gateway)
    await sandbox.fault("transfer", "decline")
    sending = asyncio.create_task(send_payout(database, slow, payout.id))
    await slow.made.wait()
    sent = await send_payout(database, gateway, payout.id)
    await sandbox.set_payout(sent.provider_ref or "", "paid")
    await poll_payout(database, gateway, payout.id)
    slow.answer.set()
    assert (await sending).state is PayoutState.PAID
    assert await get_balances(database, payee) == (0, 0, 0, 100_00)
    await require_sound(database)
