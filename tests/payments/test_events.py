"""Messages: verified, stored once, acted on by asking; any order and any repetition ends in the same state."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments import (
    Applied,
    Database,
    GatewayUnavailable,
    PaymentState,
    apply_events,
    balances,
    entries,
    finish_operations,
    receive,
    request_refund,
    revive,
    send_refund,
    start,
    take_events,
    verify,
)
from payments.events import CLAIM_MESSAGES
from payments.models import BadSignature
from payments.operations import CLAIM
from payments.port import Charge
from payments.sandbox import Sandbox
from payments.sandbox.hooks import sign
from payments.sql import Connection
from payments.stripe import Stripe
from tests.payments.shop import intents_of, look, messages, opened, ref_of, started

NOW = datetime.now(UTC)


def message(sandbox: Sandbox, **changes: Any) -> tuple[dict[str, str], bytes]:  # noqa: ANN401 - JSON
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


async def test_the_header_is_found_however_it_is_written(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    headers, body = message(sandbox)
    assert (await receive(database, gateway, {"stripe-signature": headers["Stripe-Signature"]}, body)).fresh


@pytest.mark.parametrize("place", [0, 5, 40, -1])
async def test_one_changed_byte_is_refused(database: Database, gateway: Stripe, sandbox: Sandbox, place: int) -> None:
    headers, body = message(sandbox)
    changed = bytearray(body)
    changed[place] ^= 1
    with pytest.raises(BadSignature) as refused:
        await receive(database, gateway, headers, bytes(changed))
    assert refused.value.facts == {"why": "signature"}
    assert await stored(database) == 0


@pytest.mark.parametrize("header", ["", "t=1", "v1=0", "t=x,v1=0", "nonsense", f"t={2**70},v1=0"])
async def test_a_header_that_is_no_signature_is_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, header: str
) -> None:
    _, body = message(sandbox)
    with pytest.raises(BadSignature):
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
async def test_an_old_message_and_one_from_the_future_are_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, shift: timedelta, *, taken: bool
) -> None:
    _, body = message(sandbox)
    headers = {"Stripe-Signature": sign(body, sandbox.secret, int((NOW + shift).timestamp()))}
    if taken:
        assert (await receive(database, gateway, headers, body, now=NOW)).fresh
        return
    with pytest.raises(BadSignature) as refused:
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
        ({"type": "x", "data": {"object": {"object": "payment_intent"}}}, "shape"),
    ],
)
async def test_a_message_of_the_other_mode_or_of_no_known_shape_is_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadSignature) as refused:
        await receive(database, gateway, *message(sandbox, **changes))
    assert refused.value.facts == {"why": why}


async def test_without_a_secret_no_message_is_taken_however_it_is_signed(database: Database) -> None:
    async with Stripe("sk_test_sample", "") as gateway:
        body = b'{"id":"evt_1","type":"x","livemode":false,"data":{"object":{"object":"payment_intent","id":"pi_1"}}}'
        with pytest.raises(BadSignature) as refused:
            await receive(database, gateway, {"Stripe-Signature": sign(body, "")}, body)
    assert refused.value.facts == {"why": "no secret"}
    assert await stored(database) == 0


async def test_broken_text_and_endless_messages_are_refused(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    headers, _ = message(sandbox)
    for body in (b"\xff\xfe{}", b"x" * 1_048_577):
        with pytest.raises(BadSignature):
            await receive(database, gateway, headers, body)
    assert await stored(database) == 0


async def test_a_hundred_deliveries_at_once_are_one_transaction(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await started(database, gateway)
    await sandbox.pay(ref_of(payment))
    headers, body = (await messages(sandbox, ref_of(payment)))[-1]
    received = await asyncio.gather(*(receive(database, gateway, headers, body) for _ in range(100)))
    assert sum(each.fresh for each in received) == 1
    applied = await asyncio.gather(*(apply_events(database, gateway) for _ in range(8)))
    assert sum(each.done for each in applied) == 1
    async with database.transaction() as conn:
        assert len(await entries(conn, order=payment.order_ref)) == 1
        assert len(await take_events(conn, ["payment.captured"])) == 1
        assert await verify(conn) == []


async def test_every_order_and_repetition_of_messages_ends_in_the_same_state(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    ends: set[str] = set()
    for order in itertools.permutations(range(3)):
        payment = await started(database, gateway)
        await sandbox.pay(ref_of(payment))
        await apply_all(database, gateway, (await messages(sandbox, ref_of(payment)))[:1])
        async with database.transaction() as conn:
            refund = await request_refund(conn, payment.id, amount_minor=46_00, key=f"r:{payment.order_ref}")
        await send_refund(database, gateway, refund.id)
        sent = (await messages(sandbox, ref_of(payment)))[-3:]
        for place in (*order, *reversed(order)):
            await apply_all(database, gateway, [sent[place]])
        now = await look(database, payment.id)
        async with database.connection() as conn:
            left = await balances(conn, order=payment.order_ref)
            kinds = [entry.kind for entry in await entries(conn, order=payment.order_ref)]
            assert await verify(conn) == []
        ends.add(f"{now.state} {now.captured_minor} {now.refunded_minor} {sorted(left.values())} {kinds}")
    assert ends == {
        "captured 14600 4600 [0, 2397, 7603] ['paid', 'refunded', 'refund settled']",
    }


async def apply_all(database: Database, gateway: Stripe, sent: list[tuple[dict[str, str], bytes]]) -> None:
    for headers, body in sent:
        await receive(database, gateway, headers, body)
    await apply_events(database, gateway)


async def test_a_message_before_our_own_answer_is_recorded_finds_its_payment(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await opened(database)
    await sandbox.fault("create", "close", after=True)
    with pytest.raises(GatewayUnavailable, match="APIConnectionError"):
        await start(database, gateway, payment.id)
    (intent,) = await intents_of(sandbox, payment.id)
    await sandbox.pay(intent["id"])
    await apply_all(database, gateway, await messages(sandbox, intent["id"]))
    now = await look(database, payment.id)
    assert (now.state, now.provider_ref) == (PaymentState.CAPTURED, intent["id"])


async def test_a_message_about_nothing_known_is_parked_then_dead_and_can_be_revived(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    await receive(database, gateway, *message(sandbox))
    assert await apply_events(database, gateway) == Applied(parked=1)
    assert await apply_events(database, gateway) == Applied()
    await owner.execute("UPDATE payments.inbox SET next_at = now()")
    assert await apply_events(database, gateway) == Applied(parked=1)
    await owner.execute("UPDATE payments.inbox SET next_at = now(), received_at = now() - interval '25 hours'")
    assert await apply_events(database, gateway) == Applied(dead=1)
    async with database.connection() as conn:
        assert [(each.code, each.subject) for each in await verify(conn)] == [("dead_message", "evt_sample")]
    assert await revive(database, gateway, "evt_sample")
    assert not await revive(database, gateway, "evt_sample")
    assert await apply_events(database, gateway) == Applied(dead=1)


async def test_a_charge_that_is_not_ours_is_parked(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    theirs = await sandbox.client.post(
        f"{sandbox.url}/v1/payment_intents",
        data={"amount": "100", "currency": "cny"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    ref = theirs.json()["id"]
    await receive(database, gateway, *message(sandbox, data={"object": {"object": "payment_intent", "id": ref}}))
    assert await apply_events(database, gateway) == Applied(parked=1)


async def test_a_message_that_concerns_no_charge_is_done_with(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    await receive(database, gateway, *message(sandbox, type="payout.paid", data={"object": {"object": "payout"}}))
    assert await apply_events(database, gateway) == Applied(done=1)


async def test_while_the_provider_is_silent_messages_wait(
    database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection
) -> None:
    payment = await started(database, gateway)
    await sandbox.pay(ref_of(payment))
    headers, body = (await messages(sandbox, ref_of(payment)))[-1]
    await receive(database, gateway, headers, body)
    await sandbox.fault("retrieve", "500")
    assert await apply_events(database, gateway) == Applied(parked=1)
    await owner.execute("UPDATE payments.inbox SET next_at = now()")
    assert await apply_events(database, gateway) == Applied(done=1)


async def test_a_provider_that_reports_another_sum_is_not_booked_and_a_person_is_called(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    payment = await started(database, gateway)
    await sandbox.pay(ref_of(payment))
    headers, body = (await messages(sandbox, ref_of(payment)))[-1]
    await receive(database, gateway, headers, body)
    await sandbox.fault("retrieve", "lie")
    assert await apply_events(database, gateway) == Applied(dead=1)
    assert (await look(database, payment.id)).captured_minor == 0
    async with database.connection() as conn:
        assert [each.code for each in await verify(conn)] == ["dead_message"]


async def test_at_most_so_many_messages_are_taken_at_once(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for number in range(5):
        await receive(
            database,
            gateway,
            *message(sandbox, id=f"evt_{number}", type="payout.paid", data={"object": {"object": "p"}}),
        )
    assert await apply_events(database, gateway, limit=3) == Applied(done=3)
    assert await apply_events(database, gateway, limit=3) == Applied(done=2)


class Poison(Stripe):
    """A gateway with a bug: one charge breaks it."""

    broken: str

    async def charge(self, ref: str) -> Charge | None:
        if ref == self.broken:
            raise ZeroDivisionError
        return await super().charge(ref)


async def test_one_message_that_breaks_us_does_not_hold_up_the_others(
    database: Database, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with Poison("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
        bad, good = await started(database, gateway), await started(database, gateway)
        gateway.broken = ref_of(bad)
        for payment in (bad, good):
            await sandbox.pay(ref_of(payment))
            await receive(database, gateway, *(await messages(sandbox, ref_of(payment)))[-1])
        assert await apply_events(database, gateway) == Applied(done=1, parked=1)
    assert (await look(database, good.id)).state is PaymentState.CAPTURED
    assert [record.getMessage() for record in caplog.records if record.name == "payments"] == [
        f"messages about {ref_of(bad)} could not be acted on"
    ]


async def test_one_call_that_breaks_us_does_not_hold_up_the_others(
    database: Database, sandbox: Sandbox, owner: Connection
) -> None:
    async with Poison("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
        bad, good = await opened(database), await opened(database)
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
    assert (await look(database, good.id)).state is PaymentState.REQUIRES_ACTION


async def test_two_workers_claim_different_messages_and_neither_waits(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for number in range(2):
        await receive(database, gateway, *message(sandbox, id=f"evt_{number}"))
    async with database.transaction() as one, database.transaction() as other:
        claimed = [(await CLAIM_MESSAGES.one(conn, provider="stripe", most=1)).event_id for conn in (one, other)]
        assert await CLAIM_MESSAGES.all(other, provider="stripe", most=9) == []
    assert sorted(claimed) == ["evt_0", "evt_1"]


async def test_two_workers_claim_different_calls_and_neither_waits(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    for _ in range(2):
        payment = await started(database, gateway)
        await sandbox.pay(ref_of(payment))
        await apply_all(database, gateway, (await messages(sandbox, ref_of(payment)))[-1:])
        async with database.transaction() as conn:
            await request_refund(conn, payment.id, amount_minor=1, key=f"r:{payment.order_ref}")
    async with database.transaction() as one, database.transaction() as other:
        claimed = [(await CLAIM.one(conn, most=1)).key for conn in (one, other)]
        assert await CLAIM.all(other, most=9) == []
    assert len(set(claimed)) == 2
