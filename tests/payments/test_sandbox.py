"""The sandbox as Stripe's interface: what it refuses, what it remembers, what the payer sees."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State

from payments.models import Method
from payments.sandbox import Paid, Sandbox, remember, running, serve
from payments.sandbox.server import free_port
from payments.stripe import Stripe

AUTH = {"Authorization": "Bearer sk_test_sample"}
ALIPAY = {
    "amount": "14600",
    "currency": "cny",
    "confirm": "true",
    "payment_method_data[type]": "alipay",
    "allowed_payment_method_types[]": "alipay",
    "return_url": "https://shop.example/back?order=1",
    "metadata[order]": "S-1",
}
WECHAT = {
    "amount": "500",
    "currency": "jpy",
    "confirm": "true",
    "payment_method_data[type]": "wechat_pay",
    "payment_method_options[wechat_pay][client]": "web",
}
CARD = {"amount": "900", "currency": "cny", "confirm": "true", "payment_method": "pm_card_visa"}


async def call(sandbox: Sandbox, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx.Response:
    url = f"{sandbox.url}/v1/{path}"
    if form is None:
        return await sandbox.client.get(url, headers=AUTH | headers)
    return await sandbox.client.post(url, data=form, headers=AUTH | headers)


async def made(sandbox: Sandbox, form: dict[str, str]) -> dict[str, Any]:
    answer = await call(sandbox, "payment_intents", form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "0"}, 400, "amount_too_small"),
        ({"amount": "1.5"}, 400, "parameter_invalid_integer"),
        ({"amount": ""}, 400, "parameter_invalid_integer"),
        ({"currency": "CNY"}, 400, "parameter_missing"),
        ({"payment_method_types[]": "alipay"}, 400, "payment_method_types_no_longer_supported"),
        ({"surprise": "1"}, 400, "parameter_unknown"),
        ({"return_url": ""}, 400, "parameter_missing"),
        ({"payment_method_data[type]": "wechat_pay"}, 400, "payment_intent_invalid_parameter"),
        ({"metadata": "x", "metadata[a]": "y"}, 400, "parameter_invalid"),
    ],
)
async def test_a_request_that_stripe_would_refuse_is_refused(
    sandbox: Sandbox, change: dict[str, str], status: int, code: str
) -> None:
    before = len((await sandbox.state())["intents"])
    assert code_of(await call(sandbox, "payment_intents", ALIPAY | change)) == (status, code)
    assert len((await sandbox.state())["intents"]) == before


async def test_without_a_key_nothing_is_answered(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post(f"{sandbox.url}/v1/payment_intents", data=ALIPAY)
    assert code_of(answer) == (401, "authentication_required")
    assert (await sandbox.client.get(f"{sandbox.url}/v1/charges")).status_code == 401


async def test_a_key_answers_the_same_for_ever_and_refuses_other_parameters(sandbox: Sandbox) -> None:
    first = await call(sandbox, "payment_intents", ALIPAY, **{"Idempotency-Key": "s1"})
    await sandbox.pay(first.json()["id"])
    again = await call(sandbox, "payment_intents", ALIPAY, **{"Idempotency-Key": "s1"})
    assert again.json() == first.json()
    other = await call(sandbox, "payment_intents", ALIPAY | {"amount": "1"}, **{"Idempotency-Key": "s1"})
    assert code_of(other) == (400, "idempotency_key_reused")
    assert other.json()["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize(
    ("token", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
async def test_declined_cards_decline_and_the_decline_is_remembered(
    sandbox: Sandbox, token: str, code: str, decline: str
) -> None:
    key = {"Idempotency-Key": token}
    for _ in range(2):
        answer = await call(sandbox, "payment_intents", CARD | {"payment_method": token}, **key)
        assert code_of(answer) == (402, code)
        assert answer.json()["error"]["decline_code"] == decline


async def test_a_card_is_captured_at_once_or_when_we_say_so(sandbox: Sandbox) -> None:
    assert (await made(sandbox, CARD))["status"] == "succeeded"
    held = await made(sandbox, CARD | {"capture_method": "manual"})
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 900)
    over = await call(sandbox, f"payment_intents/{held['id']}/capture", {"amount_to_capture": "901"})
    assert code_of(over) == (400, "amount_too_large")
    part = await call(sandbox, f"payment_intents/{held['id']}/capture", {"amount_to_capture": "700"})
    assert (part.json()["status"], part.json()["amount_received"]) == ("succeeded", 700)
    again = await call(sandbox, f"payment_intents/{held['id']}/capture", {})
    assert code_of(again) == (400, "payment_intent_unexpected_state")


async def test_an_intent_is_confirmed_once(sandbox: Sandbox) -> None:
    intent = await made(sandbox, {"amount": "100", "currency": "cny"})
    assert intent["status"] == "requires_payment_method"
    assert code_of(await call(sandbox, f"payment_intents/{intent['id']}/confirm", {})) == (400, "parameter_missing")
    form = {"payment_method_data[type]": "wechat_pay"}
    assert (await call(sandbox, f"payment_intents/{intent['id']}/confirm", form)).status_code == 200
    again = await call(sandbox, f"payment_intents/{intent['id']}/confirm", form)
    assert code_of(again) == (400, "payment_intent_unexpected_state")


async def test_refunds_are_bounded(sandbox: Sandbox) -> None:
    intent = await made(sandbox, CARD)
    form = {"payment_intent": intent["id"]}
    assert code_of(await call(sandbox, "refunds", form | {"amount": "901"})) == (400, "amount_too_large")
    assert (await call(sandbox, "refunds", form | {"amount": "400"})).json()["status"] == "succeeded"
    assert code_of(await call(sandbox, "refunds", form | {"amount": "501"})) == (400, "amount_too_large")
    charge = (await call(sandbox, f"charges/{intent['latest_charge']}")).json()
    assert (await call(sandbox, "refunds", {"charge": charge["id"]})).json()["amount"] == 500
    assert code_of(await call(sandbox, "refunds", form)) == (400, "charge_already_refunded")
    unpaid = await made(sandbox, ALIPAY)
    assert code_of(await call(sandbox, "refunds", {"payment_intent": unpaid["id"]})) == (400, "charge_not_captured")


async def test_a_disputed_charge_is_not_refunded(sandbox: Sandbox) -> None:
    intent = await made(sandbox, CARD)
    dispute = await sandbox.dispute(intent["id"])
    assert code_of(await call(sandbox, "refunds", {"payment_intent": intent["id"]})) == (400, "charge_disputed")
    assert (await sandbox.decide_dispute(dispute["id"], "lost"))["status"] == "lost"
    assert (await sandbox.decide_dispute(dispute["id"], "won"))["status"] == "lost"


async def test_transfers_are_bounded_by_their_charge(sandbox: Sandbox) -> None:
    intent = await made(sandbox, CARD)
    form = {"amount": "600", "currency": "cny", "destination": "acct_1", "source_transaction": intent["latest_charge"]}
    assert (await call(sandbox, "transfers", form)).json()["amount"] == 600
    assert code_of(await call(sandbox, "transfers", form)) == (400, "insufficient_funds")
    assert (await call(sandbox, "transfers", form | {"amount": "300"})).status_code == 200


async def test_what_does_not_exist_is_missing(sandbox: Sandbox) -> None:
    for path in ("payment_intents/pi_9", "charges/ch_9", "refunds/re_9", "disputes/dp_9"):
        assert code_of(await call(sandbox, path)) == (404, "resource_missing")
    assert code_of(await call(sandbox, "charges?starting_after=ch_9")) == (404, "resource_missing")
    assert code_of(await call(sandbox, "payment_intents/search?query=amount%3E1")) == (400, "parameter_invalid")


async def test_lists_are_paged_newest_first(sandbox: Sandbox) -> None:
    refs = [(await made(sandbox, CARD))["latest_charge"] for _ in range(3)]
    first = (await call(sandbox, "charges?limit=2")).json()
    assert [each["id"] for each in first["data"]] == refs[:0:-1]
    assert first["has_more"] is True
    rest = (await call(sandbox, f"charges?limit=1&starting_after={refs[1]}")).json()
    assert [each["id"] for each in rest["data"]] == [refs[0]]


# The payer's page.


class Page(HTMLParser):
    """What a strict reader finds on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[dict[str, str | None]]] = {}
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, []).append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


async def test_the_payers_page_has_the_sum_one_button_to_pay_and_one_to_give_up(sandbox: Sandbox) -> None:
    intent = await made(sandbox, ALIPAY)
    url = intent["next_action"]["alipay_handle_redirect"]["url"]
    answer = await sandbox.client.get(url)
    page = Page(answer.text)
    assert page.attributes["html"] == [{"lang": "zh-CN"}]
    assert page.attributes["button"] == [
        {"class": "pay", "name": "action", "value": "pay"},
        {"class": "no", "name": "action", "value": "abandon"},
    ]
    assert "146.00 元" in page.words
    assert [word for word in page.words if word in {"付款", "放弃", "支付宝", "S-1"}] == [
        "支付宝",
        "S-1",
        "付款",
        "放弃",
    ]
    assert "script" not in page.tags
    assert page.tags.count("h1") == 1
    assert answer.headers["cache-control"] == "no-store"


async def test_paying_sends_the_payer_back_to_the_shop_once_and_for_all(sandbox: Sandbox) -> None:
    intent = await made(sandbox, ALIPAY)
    url = intent["next_action"]["alipay_handle_redirect"]["url"]
    for _ in range(2):
        answer = await sandbox.client.post(url, data={"action": "pay"})
        assert answer.status_code == 303
        assert answer.headers["location"] == (
            f"https://shop.example/back?order=1&payment_intent={intent['id']}&redirect_status=succeeded"
        )
    assert (await sandbox.state())["charges"][-1]["payment_intent"] == intent["id"]
    charges = [each for each in (await sandbox.state())["charges"] if each["payment_intent"] == intent["id"]]
    assert len(charges) == 1
    assert "付款成功" in (await sandbox.client.get(url)).text


async def test_giving_up_sends_the_payer_back_unpaid(sandbox: Sandbox) -> None:
    intent = await made(sandbox, ALIPAY)
    url = intent["next_action"]["alipay_handle_redirect"]["url"]
    answer = await sandbox.client.post(url, data={"action": "abandon"})
    assert answer.headers["location"].endswith("&redirect_status=failed")
    assert "没有付款" in (await sandbox.client.get(url)).text
    answer = await sandbox.client.post(url, data={"action": "pay"})
    assert answer.headers["location"].endswith("&redirect_status=failed")


async def test_a_wechat_code_leads_to_the_page(sandbox: Sandbox) -> None:
    intent = await made(sandbox, WECHAT)
    code = intent["next_action"]["wechat_pay_display_qr_code"]
    assert code["data"] == f"{sandbox.url}/pay/{intent['id']}"
    png, svg = [await sandbox.client.get(code[kind]) for kind in ("image_url_png", "image_url_svg")]
    assert png.content.startswith(b"\x89PNG")
    assert b"<svg" in svg.content
    page = await sandbox.client.get(code["hosted_instructions_url"])
    assert "500 日元" in page.text
    answer = await sandbox.client.post(code["data"], data={"action": "pay"})
    assert answer.status_code == 200
    assert "付款成功" in answer.text


async def test_pages_that_lead_nowhere_say_so(sandbox: Sandbox) -> None:
    for method in ("GET", "POST"):
        answer = await sandbox.client.request(method, f"{sandbox.url}/pay/pi_9")
        assert answer.status_code == 404
        assert "没有这笔付款" in answer.text
    assert "演练收银台" in (await sandbox.client.get(sandbox.url)).text
    assert (await sandbox.client.get(f"{sandbox.url}/qr/pi_9.png")).status_code == 404


async def test_an_order_number_is_text_on_the_page(sandbox: Sandbox) -> None:
    intent = await made(sandbox, ALIPAY | {"metadata[order]": "<script>alert(1)</script>"})
    page = Page((await sandbox.client.get(f"{sandbox.url}/pay/{intent['id']}")).text)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.words


# Messages.


class Shop:
    """A shop that takes messages, after refusing the first few."""

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
        """The topics that arrived, once there are so many."""
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
async def test_messages_arrive_signed_and_go_wrong_as_asked(fault: dict[str, Any] | None, expected: list[str]) -> None:
    async with listening() as (url, shop), running(hook_url=url, secret="whsec_shop") as sandbox:
        if fault is not None:
            await sandbox.fault("webhook", **fault)
        intent = await made(sandbox, ALIPAY)
        if expected != ["payment_intent.requires_action"] * 3:
            await sandbox.pay(intent["id"])
        assert await shop.topics(len(expected)) == expected


async def test_a_message_that_is_refused_is_sent_again() -> None:
    async with listening(refuse=2) as (url, shop), running(hook_url=url, secret="whsec_shop") as sandbox:
        await made(sandbox, ALIPAY)
        assert await shop.topics(1) == ["payment_intent.requires_action"]


async def test_a_restarted_sandbox_knows_its_intents_and_sends_what_it_owes(tmp_path: Path) -> None:
    async with running(folder=tmp_path, secret="whsec_shop") as sandbox:
        intent = await made(sandbox, ALIPAY)
        key = {"Idempotency-Key": "kept"}
        first = (await call(sandbox, "payment_intents", WECHAT, **key)).json()
    async with (
        listening() as (url, shop),
        running(folder=tmp_path, hook_url=url, secret="whsec_shop") as sandbox,
    ):
        assert (await call(sandbox, f"payment_intents/{intent['id']}")).json()["status"] == "requires_action"
        again = (await call(sandbox, "payment_intents", WECHAT, **key)).json()
        assert again["id"] == first["id"]
        assert (await made(sandbox, CARD))["id"] not in {intent["id"], first["id"]}
        assert sorted(await shop.topics(3)) == [
            "payment_intent.requires_action",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
        ]


async def test_a_payment_from_before_can_be_refunded_and_nobody_is_told_of_it(tmp_path: Path) -> None:
    at = datetime(2026, 4, 8, 9, 30, tzinfo=UTC)
    remember(tmp_path, [Paid("pi_sample_1", uuid4(), "T-9", Method.WECHAT, 146_00, 46_00, at)])
    async with (
        listening() as (url, shop),
        running(folder=tmp_path, hook_url=url, secret="whsec_shop") as sandbox,
    ):
        known = (await call(sandbox, "payment_intents/pi_sample_1")).json()
        assert (known["status"], known["amount_received"], known["created"]) == ("succeeded", 146_00, 1_775_640_600)
        refund = {"payment_intent": "pi_sample_1"}
        assert (await call(sandbox, "refunds", refund | {"amount": "10001"})).status_code == 400
        given = (await call(sandbox, "refunds", refund | {"amount": "10000"})).json()
        assert (given["status"], given["amount"], given["currency"]) == ("succeeded", 100_00, "cny")
        assert sorted(await shop.topics(2)) == ["charge.refunded", "refund.created"]


async def test_two_sandboxes_do_not_share_a_port(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        await serve(int(sandbox.url.rsplit(":", 1)[1]))


async def test_a_fault_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post(f"{sandbox.url}/_faults", json=[{"on": "create", "do": "explode"}])
    assert answer.status_code == 400
