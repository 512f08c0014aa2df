"""Webhooks: verified, stored once, applied by querying; any order and repetition ends in the same state."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments import (
    Database,
    GatewayUnavailable,
    InboxSummary,
    PaymentState,
    apply_events,
    balances,
    consume_events,
    dismiss_message,
    get_balance,
    list_order_entries,
    list_unresolved_balances,
    receive,
    request_refund,
    requeue_message,
    return_suspense,
    send_refund,
    start,
    verify_ledger,
)
from payments.apply import CLAIM_DUE_MESSAGES
from payments.errors import InvalidSignature
from payments.operations import CLAIM_DUE_OPERATIONS
from payments.sandbox import Sandbox
from payments.sandbox.webhooks import sign
from payments.sql import Connection
from payments.stripe import Stripe
from tests.support.sandbox_payments import (
    get_provider_ref,
    list_intents,
    list_messages,
    load_payment,
    open_test_payment,
    start_test_payment,
)

NOW = datetime.now(UTC)


def message(sandbox: Sandbox, **changes: Any) -> tuple[dict[str, str], bytes]:
    event: dict[str, Any] = {
        "id": "evt_sample",
        "object": "event",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {"object": {"object": "payment_intent", "id": "pi_nobody"}},
    }
    body = json.dumps({**event, **changes}).encode()
    return {"Stripe-Signature": sign(body, sandbox.secret)}, body


async def stored(database: Database) -> int:
    async with database.connection() as conn:
        return await conn.fetchval("SELECT count(*) FROM payments.inbox")


async def test_a_message_is_stored_once(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    headers, body = message(sandbox)
    first, again = [await receive(database, gateway, headers, body) for _ in range(2)]
    assert (first.event_id, first.fresh) == ("evt_sample", True)
    assert (again.event_id, again.fresh) == ("evt_sample", False)
    assert await stored(database) == 1


async def test_the_header_name_is_case_insensitive(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    headers, body = message(sandbox)
    assert (await receive(database, gateway, {"stripe-signature": headers["Stripe-Signature"]}, body)).fresh


@pytest.mark.parametrize("place", [0, 5, 40, -1])
async def test_one_changed_byte_is_refused(database: Database, gateway: Stripe, sandbox: Sandbox, place: int) -> None:
    headers, body = message(sandbox)
    changed = bytearray(body)
    changed[place] ^= 1
    with pytest.raises(InvalidSignature) as refused:
        await receive(database, gateway, headers, bytes(changed))
    assert refused.value.facts == {"why": "signature"}
    assert await stored(database) == 0


@pytest.mark.parametrize("header", ["", "t=1", "v1=0", "t=x,v1=0", "nonsense", f"t={2**70},v1=0", "t=1,v1=é"])
async def test_an_invalid_signature_header_is_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, header: str
) -> None:
    _, body = message(sandbox)
    with pytest.raises(InvalidSignature):
        await receive(database, gateway, {"Stripe-Signature": header}, body)


@pytest.mark.parametrize(
    ("shift", "taken"),
    [
        (timedelta(minutes=-6), False),
        (timedelta(minutes=-4), True),
        (timedelta(minutes=4), True),
        (timedelta(minutes=6), False),
        (timedelta(days=1), False),
    ],
)
async def test_messages_from_the_past_and_the_future_are_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, shift: timedelta, *, taken: bool
) -> None:
    _, body = message(sandbox)
    headers = {"Stripe-Signature": sign(body, sandbox.secret, int((NOW + shift).timestamp()))}
    if taken:
        assert (await receive(database, gateway, headers, body, now=NOW)).fresh
        return
    with pytest.raises(InvalidSignature) as refused:
        await receive(database, gateway, headers, body, now=NOW)
    assert refused.value.facts == {"why": "timestamp"}
    assert await stored(database) == 0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"livemode": True}, "mode"),
        ({"livemode": "false"}, "mode"),
        ({"data": {}}, "shape"),
        ({"data": {"object": []}}, "shape"),
        ({"data": None}, "shape"),
        ({"data": {"object": {"object": "charge", "payment_intent": {"id": "pi_1"}}}}, "shape"),
        ({"data": {"object": {"object": "charge", "payment_intent": 7}}}, "shape"),
        ({"id": "evt_\ud800"}, "shape"),
        ({"id": "evt_\0"}, "shape"),
        ({"id": "e" * 256}, "shape"),
        ({"data": {"object": {"object": "payment_intent", "id": "p" * 256}}}, "shape"),
        ({"id": 7}, "shape"),
        ({"type": "x", "data": {"object": {"object": "payment_intent"}}}, "shape"),
    ],
)
async def test_a_message_of_the_other_mode_or_of_an_unknown_shape_is_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidSignature) as refused:
        await receive(database, gateway, *message(sandbox, **changes))
    assert refused.value.facts == {"why": why}


async def test_a_message_that_is_nested_too_deeply_is_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    body = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(InvalidSignature):
        await receive(database, gateway, {"Stripe-Signature": sign(body, sandbox.secret)}, body)


async def test_without_a_secret_every_message_is_refused(database: Database) -> None:
    async with Stripe("sk_test_sample", "") as gateway:
        body = b'{"id":"evt_1","type":"x","livemode":false,"data":{"object":{"object":"payment_intent","id":"pi_1"}}}'
        with pytest.raises(InvalidSignature) as refused:
            await receive(database, gateway, {"Stripe-Signature": sign(body, "")}, body)
    assert refused.value.facts == {"why": "no secret"}
    assert await stored(database) == 0


async def test_invalid_utf8_and_oversized_messages_are_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    headers, _ = message(sandbox)
    for body in (b"\xff\xfe{}", b"x" * 1_048_577):
        with pytest.raises(InvalidSignature):
            await receive(database, gateway, headers, body)
    assert await stored(database) == 0


async def test_a_hundred_concurrent_deliveries_are_one_transaction(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    headers, body = (await list_messages(sandbox, get_provider_ref(payment)))[-1]
    received = await asyncio.gather(*(receive(database, gateway, headers, body) for _ in range(100)))
    assert sum(each.fresh for each in received) == 1
    applied = await asyncio.gather(*(apply_events(database, gateway) for _ in range(8)))
    assert sum(each.done for each in applied) == 1
    async with database.transaction() as conn:
        assert len(await list_order_entries(conn, order=payment.order_ref)) == 1
        assert len(await consume_events(conn, ["payment.captured"])) == 1
        assert await verify_ledger(conn) == []


async def test_messages_in_any_order_and_repetition_end_in_the_same_state(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    ends: set[str] = set()
    for order in itertools.permutations(range(3)):
        payment = await start_test_payment(database, gateway)
        await sandbox.pay(get_provider_ref(payment))
        await apply_all(database, gateway, (await list_messages(sandbox, get_provider_ref(payment)))[-1:])
        async with database.transaction() as conn:
            refund = await request_refund(conn, payment.id, amount_minor=46_00, key=f"r:{payment.order_ref}")
        await send_refund(database, gateway, refund.id)
        sent = (await list_messages(sandbox, get_provider_ref(payment)))[-3:]
        for place in (*order, *reversed(order)):
            await apply_all(database, gateway, [sent[place]])
        now = await load_payment(database, payment.id)
        async with database.connection() as conn:
            left = await balances(conn, order=payment.order_ref)
            kinds = [entry.kind for entry in await list_order_entries(conn, order=payment.order_ref)]
            assert await verify_ledger(conn) == []
        ends.add(f"{now.state} {now.captured_minor} {now.refunded_minor} {sorted(left.values())} {kinds}")
    assert ends == {
        "captured 14600 4600 [0, 2397, 7603] ['paid', 'refunded', 'refund settled']",
    }


async def apply_all(database: Database, gateway: Stripe, sent: list[tuple[dict[str, str], bytes]]) -> None:
    for headers, body in sent:
        await receive(database, gateway, headers, body)
    await apply_events(database, gateway)


async def test_a_message_before_the_recorded_answer_finds_its_payment(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await open_test_payment(database)
    await sandbox.fault("create", "close", after=True)
    with pytest.raises(GatewayUnavailable, match="APIConnectionError"):
        await start(database, gateway, payment.id)
    (intent,) = await list_intents(sandbox, payment.id)
    await sandbox.pay(intent["id"])
    await apply_all(database, gateway, await list_messages(sandbox, intent["id"]))
    now = await load_payment(database, payment.id)
    assert (now.state, now.provider_ref) == (PaymentState.CAPTURED, intent["id"])


async def test_a_message_about_an_unknown_charge_is_parked_then_dead_and_can_be_requeued(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    await receive(database, gateway, *message(sandbox))
    assert await apply_events(database, gateway) == InboxSummary(parked=1)
    assert await apply_events(database, gateway) == InboxSummary()
    await owner.execute("UPDATE payments.inbox SET next_at = now()")
    assert await apply_events(database, gateway) == InboxSummary(parked=1)
    await owner.execute("UPDATE payments.inbox SET next_at = now(), received_at = now() - interval '25 hours'")
    assert await apply_events(database, gateway) == InboxSummary(dead=1)
    async with database.connection() as conn:
        assert [(each.code, each.subject) for each in await verify_ledger(conn)] == [("dead_message", "evt_sample")]
    async with database.transaction() as conn:
        assert await requeue_message(conn, gateway, "evt_sample")
        assert not await requeue_message(conn, gateway, "evt_sample")
        assert not await dismiss_message(conn, gateway, "evt_sample", note="of another shop")
    assert await apply_events(database, gateway) == InboxSummary(dead=1)
    async with database.transaction() as conn:
        assert await dismiss_message(conn, gateway, "evt_sample", note="of another shop")
        assert await verify_ledger(conn) == []
    assert await apply_events(database, gateway) == InboxSummary()
    assert await owner.fetchval("SELECT error FROM payments.inbox") == "of another shop"


async def test_a_message_waits_longer_than_a_day_while_the_provider_does_not_answer(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    await receive(database, gateway, *message(sandbox))
    await owner.execute("UPDATE payments.inbox SET received_at = now() - interval '25 hours'")
    await sandbox.fault("retrieve", "500")
    assert await apply_events(database, gateway) == InboxSummary(parked=1)
    await owner.execute("UPDATE payments.inbox SET next_at = now(), received_at = now() - interval '8 days'")
    await sandbox.fault("retrieve", "500")
    assert await apply_events(database, gateway) == InboxSummary(dead=1)


async def test_a_charge_that_is_not_ours_is_parked(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    theirs = await sandbox.client.post(
        f"{sandbox.url}/v1/payment_intents",
        data={"amount": "100", "currency": "cny"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    ref = theirs.json()["id"]
    await receive(database, gateway, *message(sandbox, data={"object": {"object": "payment_intent", "id": ref}}))
    assert await apply_events(database, gateway) == InboxSummary(parked=1)


@pytest.mark.parametrize("currency", ["cny", "usd"])
async def test_money_of_a_charge_that_is_not_ours_is_kept_in_suspense_until_it_is_returned(
    database: Database, gateway: Stripe, sandbox: Sandbox, currency: str
) -> None:
    headers = {"Authorization": "Bearer sk_test_sample"}
    intents = f"{sandbox.url}/v1/payment_intents"
    theirs = await sandbox.client.post(
        intents,
        data={"amount": "2034", "currency": currency, "allowed_payment_method_types[0]": "alipay"},
        headers=headers,
    )
    ref = theirs.json()["id"]
    confirmed = {"payment_method_data[type]": "alipay", "return_url": "https://shop.example/"}
    await sandbox.client.post(f"{intents}/{ref}/confirm", data=confirmed, headers=headers)
    await sandbox.pay(ref)
    await receive(database, gateway, *message(sandbox, data={"object": {"object": "payment_intent", "id": ref}}))
    assert await apply_events(database, gateway) == InboxSummary(done=1)
    async with database.transaction() as conn:
        (suspended,) = await list_unresolved_balances(conn)
        assert (suspended.code, suspended.amount_minor, suspended.order_ref) == (f"suspense:{ref}", 20_34, None)
        assert await get_balance(conn, "clearing:alipay", currency.upper()) == -20_34
        assert [await return_suspense(conn, ref) for _ in range(2)] == [True, True]
        assert not await return_suspense(conn, "pi_unknown")
        assert await list_unresolved_balances(conn) == []
        assert await verify_ledger(conn, prefixes=()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "payout.paid", "data": {"object": {"object": "payout"}}},
        {"type": "payment_intent.created"},
        {"type": "payment_intent.requires_action"},
    ],
)
async def test_a_message_about_no_charge_or_of_what_our_call_did_is_not_stored(
    database: Database, gateway: Stripe, sandbox: Sandbox, changes: dict[str, Any]
) -> None:
    assert not (await receive(database, gateway, *message(sandbox, **changes))).fresh
    assert await stored(database) == 0


async def test_an_applied_message_is_deleted_and_books_nothing_when_it_comes_again(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    headers, body = (await list_messages(sandbox, get_provider_ref(payment)))[-1]
    for _ in range(3):
        assert (await receive(database, gateway, headers, body)).fresh
        assert await apply_events(database, gateway) == InboxSummary(done=1)
        assert await stored(database) == 0
    async with database.connection() as conn:
        assert len(await list_order_entries(conn, order=payment.order_ref)) == 1
        assert len(await consume_events(conn, ["payment.captured"])) == 1


async def test_the_number_of_messages_applied_at_once_is_limited(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for number in range(5):
        await receive(database, gateway, *message(sandbox, id=f"evt_{number}"))
    assert await apply_events(database, gateway, limit=3) == InboxSummary(parked=3)
    assert await apply_events(database, gateway, limit=3) == InboxSummary(parked=2)


async def test_two_workers_claim_different_messages_without_waiting(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for number in range(2):
        await receive(database, gateway, *message(sandbox, id=f"evt_{number}"))
    async with database.transaction() as one, database.transaction() as other:
        claimed = [(await CLAIM_DUE_MESSAGES.one(conn, provider="stripe", limit=1)).event_id for conn in (one, other)]
        assert await CLAIM_DUE_MESSAGES.all(other, provider="stripe", limit=9) == []
    assert sorted(claimed) == ["evt_0", "evt_1"]


async def test_two_workers_claim_different_calls_without_waiting(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for _ in range(2):
        payment = await start_test_payment(database, gateway)
        await sandbox.pay(get_provider_ref(payment))
        await apply_all(database, gateway, (await list_messages(sandbox, get_provider_ref(payment)))[-1:])
        async with database.transaction() as conn:
            await request_refund(conn, payment.id, amount_minor=1, key=f"r:{payment.order_ref}")
    async with database.transaction() as one, database.transaction() as other:
        claimed = [(await CLAIM_DUE_OPERATIONS.one(conn, limit=1)).key for conn in (one, other)]
        assert await CLAIM_DUE_OPERATIONS.all(other, limit=9) == []
    assert len(set(claimed)) == 2
