"""The gateway contract, run on Stripe's own library against the sandbox, and the outcomes of its responses."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from payments import Amount, GatewayUnavailable, Method, PaymentId, PaymentState, PayoutId, RefundId
from payments.port import (
    Charge,
    ChargeRequest,
    Declined,
    Ok,
    Outcome,
    PayoutRequest,
    RefundReport,
    RefundRequest,
    Unknown,
)
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from payments.testing import ContractViolationError, GatewayHarness, gateway_contract
from tests.payments.payouts import open_bank_account
from tests.support.sandbox_payments import list_messages

BACK = "https://shop.example/back?x=1"


def a_request(method: Method = Method.ALIPAY, back: str | None = BACK) -> ChargeRequest:
    payment_id = PaymentId(uuid4())
    return ChargeRequest(payment_id, f"G-{payment_id}", Amount(10_00, "CNY"), method, back)


def make_harness(gateway: Stripe, sandbox: Sandbox) -> GatewayHarness:
    async def message(ref: str) -> tuple[Mapping[str, str], bytes]:
        return (await list_messages(sandbox, ref))[-1]

    return GatewayHarness(gateway, sandbox.pay, message)


async def test_stripe_fulfils_the_contract(gateway: Stripe, sandbox: Sandbox) -> None:
    @asynccontextmanager
    async def make() -> AsyncGenerator[GatewayHarness]:
        yield make_harness(gateway, sandbox)

    assert await gateway_contract(make) == 8


class Forgetful(Stripe):
    """A gateway that does not send our keys."""

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        return await super().create(request, f"{key}:{uuid4()}")


class Generous(Stripe):
    """A gateway that accepts every refund."""

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        outcome = await super().refund(request, key)
        return outcome if isinstance(outcome, Ok) else Ok((await self.list_refunds(request.charge_ref))[0])


class TimestampBlind(Stripe):
    """A gateway that does not check timestamps."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Any:
        return super().verify(headers, body, datetime.now(UTC))


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (Forgetful, "the same key creates one charge"),
        (Generous, "a refund above the remaining amount is declined"),
        (TimestampBlind, "a webhook that is changed, unsigned, old or from the future is rejected"),
    ],
)
async def test_the_contract_detects_a_gateway_that_violates_it(
    sandbox: Sandbox, kind: type[Stripe], promise: str
) -> None:
    @asynccontextmanager
    async def make() -> AsyncGenerator[GatewayHarness]:
        async with kind("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
            yield make_harness(gateway, sandbox)

    with pytest.raises(ContractViolationError) as broken:
        await gateway_contract(make)
    assert str(broken.value) == promise


async def _charge(gateway: Stripe) -> object:
    return await gateway.get_charge("pi_1")


async def _find(gateway: Stripe) -> object:
    return await gateway.find_charge(PaymentId(uuid4()))


async def _refunds(gateway: Stripe) -> object:
    return await gateway.list_refunds("pi_1")


async def _disputes(gateway: Stripe) -> object:
    return await gateway.list_disputes("pi_1")


async def _statement(gateway: Stripe) -> object:
    return await gateway.list_statement_lines(datetime.now(UTC), datetime.now(UTC))


@pytest.mark.parametrize("do", ["500", "429", "close"])
@pytest.mark.parametrize(
    ("on", "call"),
    [
        ("retrieve", _charge),
        ("search", _find),
        ("list", _refunds),
        ("list", _disputes),
        ("list", _statement),
    ],
)
async def test_a_query_without_an_answer_raises(
    gateway: Stripe, sandbox: Sandbox, do: str, on: str, call: Callable[[Stripe], Awaitable[object]]
) -> None:
    await sandbox.fault(on, do)
    with pytest.raises(GatewayUnavailable):
        await call(gateway)


async def test_a_timeout_is_unknown_and_the_same_key_finds_the_charge(sandbox: Sandbox, gateway: Stripe) -> None:
    request = a_request()
    async with Stripe("sk_test_sample", sandbox.secret, base=sandbox.url, timeout=0.3) as hasty:
        await sandbox.fault("create", "slow", seconds=1, after=True)
        assert isinstance(await hasty.create(request, "k1"), Unknown)
    found = await gateway.find_charge(request.payment_id)
    again = await gateway.create(request, "k1")
    assert isinstance(again, Ok)
    assert found is not None
    assert again.value.ref == found.ref


async def test_a_key_with_another_request_is_unknown_not_declined(gateway: Stripe) -> None:
    await gateway.create(a_request(), "k2")
    outcome = await gateway.create(a_request(), "k2")
    assert outcome == Unknown(
        "IdempotencyError: Keys for idempotent requests can only be used with the same parameters."
    )


async def test_a_wrong_api_key_is_unknown_not_declined(sandbox: Sandbox) -> None:
    async with Stripe("rk_nobody", sandbox.secret, base=sandbox.url) as stranger:
        outcome = await stranger.create(a_request(), "k3")
    assert outcome == Unknown("AuthenticationError: You did not provide an API key.")


async def test_an_invalid_response_is_unknown(gateway: Stripe, sandbox: Sandbox) -> None:
    request = a_request()
    created = await gateway.create(request, "k4")
    assert isinstance(created, Ok)
    theirs = next(each for each in (await sandbox.state())["intents"] if each["id"] == created.value.ref)
    assert theirs["status"] == "requires_action"
    async with Stripe("sk_test_sample", sandbox.secret, base=f"{sandbox.url}/pay/{created.value.ref}") as lost:
        assert isinstance(await lost.create(request, "k5"), Unknown | Declined)


async def test_without_a_return_url_the_payer_ends_on_the_providers_site(gateway: Stripe, sandbox: Sandbox) -> None:
    created = await gateway.create(a_request(back=None), "k6")
    assert isinstance(created, Ok)
    theirs = next(each for each in (await sandbox.state())["intents"] if each["id"] == created.value.ref)
    assert theirs["return_url"] == f"{sandbox.url}/"


async def test_a_declined_cancel_without_a_query_answer_is_unknown(gateway: Stripe, sandbox: Sandbox) -> None:
    created = await gateway.create(a_request(), "k7")
    assert isinstance(created, Ok)
    await sandbox.pay(created.value.ref)
    await sandbox.fault("retrieve", "500")
    assert isinstance(await gateway.cancel(created.value.ref, "k8"), Unknown)
    kept = await gateway.cancel(created.value.ref, "k8")
    assert isinstance(kept, Ok)
    assert kept.value.state is PaymentState.CAPTURED
    assert await gateway.cancel("pi_nobody", "k9") == Declined(
        "resource_missing", "No such payment_intent: 'pi_nobody'"
    )


async def test_foreign_metadata_is_ignored(gateway: Stripe, sandbox: Sandbox) -> None:
    made = await sandbox.client.post(
        f"{sandbox.url}/v1/payment_intents",
        data={
            "amount": "100",
            "currency": "cny",
            "confirm": "true",
            "payment_method": "pm_card_visa",
            "metadata[payment]": "not a number of ours",
        },
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    ref = made.json()["id"]
    charge = await gateway.get_charge(ref)
    assert charge is not None
    assert (charge.payment_id, charge.state, charge.captured_minor) == (None, PaymentState.CAPTURED, 100)
    await sandbox.client.post(
        f"{sandbox.url}/v1/refunds",
        data={"payment_intent": ref, "metadata[refund]": "x", "metadata[attempt]": "y"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    (report,) = await gateway.list_refunds(ref)
    assert (report.refund_id, report.attempt, report.amount) == (None, 0, Amount(100, "CNY"))


async def test_all_refunds_of_a_charge_are_listed(gateway: Stripe, sandbox: Sandbox) -> None:
    """Of one that is not in the list it is said that it was never made."""
    created = await gateway.create(a_request(), f"many:{uuid4()}")
    assert isinstance(created, Ok)
    ref = created.value.ref
    await sandbox.pay(ref)
    made = [RefundId(uuid4()) for _ in range(101)]
    for each in made:
        await gateway.refund(RefundRequest(each, 1, ref, Amount(1, "CNY")), f"r:{each}")
    assert {each.refund_id for each in await gateway.list_refunds(ref)} == set(made)


async def test_a_payout_is_found_however_many_followed(gateway: Stripe) -> None:
    """The transfer of one that is not found is taken back."""
    destination = await open_bank_account(gateway, f"many-{uuid4()}")
    made = [PayoutId(uuid4()) for _ in range(101)]
    for each in made:
        assert isinstance(await gateway.pay_out(PayoutRequest(each, destination, Amount(1, "CNY")), f"p:{each}"), Ok)
    found = await gateway.find_payout(destination, made[0])
    assert found is not None
    assert found.payout_id == made[0]


async def test_a_statement_longer_than_a_page_is_read_to_its_end(gateway: Stripe, sandbox: Sandbox) -> None:
    since = datetime.now(UTC) - timedelta(seconds=2)
    ours: set[PaymentId | RefundId] = set()
    for number in range(60):
        request, refund_id = a_request(), RefundId(uuid4())
        created = await gateway.create(request, f"page:{number}:{uuid4()}")
        assert isinstance(created, Ok)
        await sandbox.pay(created.value.ref)
        await gateway.refund(RefundRequest(refund_id, 1, created.value.ref, Amount(1, "CNY")), f"r:{refund_id}")
        ours |= {request.payment_id, refund_id}
    lines = await gateway.list_statement_lines(since, datetime.now(UTC) + timedelta(seconds=2))
    of_ours = [line for line in lines if line.payment_id in ours or line.refund_id in ours]
    assert len(of_ours) == 120
    assert {(line.kind, line.method, line.amount.minor, line.fee) for line in of_ours} == {
        ("charge", "alipay", 10_00, Amount(6, "CNY")),
        ("refund", "alipay", -1, Amount(0, "CNY")),
    }


NONSENSE = [
    b"", b"<html>", b"null", b"[]", b"{}", b'{"data": null}', b'{"data": [null]}', b'{"data": [{}], "has_more": true}',
    b'{"data": [], "has_more": true}',
    (b'{"id": "x", "object": "payment_intent", "status": "succeeded", "amount": 1, "currency": "cny", "metadata": null,'
    b' "amount_received": 1, "last_payment_error": null, "next_action": null, "payment_method_types": null}'),
    (b'{"data": [{"id": "x", "type": "charge", "amount": null, "fee": 0, "currency": "cny", "source": null}],'
    b' "has_more": false}'),
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE)
async def test_an_answer_that_makes_no_sense_is_none(body: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]) if length else 0)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Stripe("sk_test_sample", "whsec", base=base, timeout=5) as gateway:
            assert isinstance(await gateway.create(a_request(), "k"), Unknown)
            with pytest.raises(GatewayUnavailable):
                await gateway.get_charge("x")
            day = datetime(2019, 9, 20, tzinfo=UTC)
            for listed in (gateway.list_statement_lines(day, day + timedelta(days=1)), gateway.list_refunds("x")):
                with pytest.raises(GatewayUnavailable):
                    await listed
