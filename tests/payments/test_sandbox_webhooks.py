"""The sandbox's webhooks, its state over restarts, and its server."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State

from payments.models import Method
from payments.sandbox import Sandbox, SeededPayment, SeededRefund, running, seed_payments, serve
from payments.sandbox.server import free_port
from payments.stripe import Stripe
from tests.payments.sandbox_calls import ALIPAY, CARD, WECHAT, call, create_intent

# Messages.


class Shop:
    """A shop that accepts webhooks after refusing the first few."""

    def __init__(self, refuse: int) -> None:
        self.refuse = refuse
        self.taken: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def take(self, body: bytes) -> int:
        if self.refuse:
            self.refuse -= 1
            return 503
        self.taken.append(json.loads(body))
        self._news.set()
        return 200

    async def topics(self, count: int) -> list[str]:
        """Wait for a number of webhooks and return their topics."""
        async with asyncio.timeout(20):
            while len(self.taken) < count:
                self._news.clear()
                await self._news.wait()
        return [each["type"] for each in self.taken]


@asynccontextmanager
async def listening(refuse: int = 0) -> AsyncGenerator[tuple[str, Shop]]:
    shop = Shop(refuse)

    @post("/hook")
    async def hook(request: Request[Any, Any, State]) -> Response[str]:
        body = await request.body()
        gateway.verify(dict(request.headers), body, datetime.now(UTC))
        return Response("", status_code=shop.take(body))

    port = free_port()
    app = Litestar([hook], openapi_config=None, logging_config=None)
    server = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    async with Stripe("sk_test_sample", "whsec_shop") as gateway:
        yield f"http://127.0.0.1:{port}/hook", shop
    server.stop()
    await task


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, ["payment_intent.requires_action", "payment_intent.succeeded"]),
        ({"do": "duplicate", "copies": 2, "times": 1}, ["payment_intent.requires_action"] * 3),
        ({"do": "drop", "times": 1}, ["payment_intent.succeeded"]),
        ({"do": "reorder", "times": 2}, ["payment_intent.succeeded", "payment_intent.requires_action"]),
        ({"do": "delay", "seconds": 0.5, "times": 1}, ["payment_intent.succeeded", "payment_intent.requires_action"]),
    ],
)
async def test_webhooks_arrive_signed_and_with_the_scripted_faults(
    fault: dict[str, Any] | None, expected: list[str]
) -> None:
    async with listening() as (url, shop), running(webhook_url=url, secret="whsec_shop") as sandbox:
        if fault is not None:
            await sandbox.fault("webhook", **fault)
        intent = await create_intent(sandbox, ALIPAY)
        if expected != ["payment_intent.requires_action"] * 3:
            await sandbox.pay(intent["id"])
        assert await shop.topics(len(expected)) == expected


async def test_a_refused_webhook_is_sent_again() -> None:
    async with listening(refuse=2) as (url, shop), running(webhook_url=url, secret="whsec_shop") as sandbox:
        await create_intent(sandbox, ALIPAY)
        assert await shop.topics(1) == ["payment_intent.requires_action"]


async def test_a_restarted_sandbox_keeps_its_intents_and_sends_undelivered_webhooks(tmp_path: Path) -> None:
    async with running(folder=tmp_path, secret="whsec_shop") as sandbox:
        intent = await create_intent(sandbox, ALIPAY)
        key = {"Idempotency-Key": "kept"}
        first = (await call(sandbox, "payment_intents", WECHAT, **key)).json()
    async with (
        listening() as (url, shop),
        running(folder=tmp_path, webhook_url=url, secret="whsec_shop") as sandbox,
    ):
        assert (await call(sandbox, f"payment_intents/{intent['id']}")).json()["status"] == "requires_action"
        again = (await call(sandbox, "payment_intents", WECHAT, **key)).json()
        assert again["id"] == first["id"]
        assert (await create_intent(sandbox, CARD))["id"] not in {intent["id"], first["id"]}
        assert sorted(await shop.topics(3)) == [
            "payment_intent.requires_action",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
        ]


async def test_a_seeded_payment_sends_no_webhook_and_can_be_refunded(tmp_path: Path) -> None:
    at = datetime(2026, 4, 8, 9, 30, tzinfo=UTC)
    seed_payments(
        tmp_path,
        [
            SeededPayment(
                ref="pi_sample_1",
                payment_id=uuid4(),
                order="T-9",
                method=Method.WECHAT,
                minor=146_00,
                at=at,
                refunds=[SeededRefund(ref="re_sample_1", refund_id=uuid4(), attempt=1, minor=46_00, at=at)],
            )
        ],
    )
    async with (
        listening() as (url, shop),
        running(folder=tmp_path, webhook_url=url, secret="whsec_shop") as sandbox,
    ):
        known = (await call(sandbox, "payment_intents/pi_sample_1")).json()
        assert (known["status"], known["amount_received"], known["created"]) == ("succeeded", 146_00, 1_775_640_600)
        refund = {"payment_intent": "pi_sample_1"}
        assert (await call(sandbox, "refunds", refund | {"amount": "10001"})).status_code == 400
        given = (await call(sandbox, "refunds", refund | {"amount": "10000"})).json()
        assert (given["status"], given["amount"], given["currency"]) == ("succeeded", 100_00, "cny")
        assert sorted(await shop.topics(2)) == ["charge.refunded", "refund.created"]
        day = "balance_transactions?created[gte]=1775640600&created[lt]=1775640601"
        statement = (await call(sandbox, day)).json()["data"]
        assert [(each["type"], each["amount"]) for each in statement] == [("refund", -46_00), ("charge", 146_00)]


async def test_two_sandboxes_do_not_share_a_port(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        await serve(int(sandbox.url.rsplit(":", 1)[1]))


async def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post(f"{sandbox.url}/_faults", json=[{"on": "create", "do": "explode"}])
    assert answer.status_code == 400
