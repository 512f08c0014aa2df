"""The sandbox's API: refusals, stored objects, and the payer's page."""

from html.parser import HTMLParser

import pytest

from payments.sandbox import Sandbox
from tests.payments.sandbox_calls import ALIPAY, CARD, WECHAT, call, create_intent, get_error


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
    assert get_error(await call(sandbox, "payment_intents", ALIPAY | change)) == (status, code)
    assert len((await sandbox.state())["intents"]) == before


async def test_a_request_without_an_api_key_is_refused(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post(f"{sandbox.url}/v1/payment_intents", data=ALIPAY)
    assert get_error(answer) == (401, "authentication_required")
    assert (await sandbox.client.get(f"{sandbox.url}/v1/charges")).status_code == 401


async def test_an_idempotency_key_repeats_its_answer_and_refuses_other_parameters(sandbox: Sandbox) -> None:
    first = await call(sandbox, "payment_intents", ALIPAY, **{"Idempotency-Key": "s1"})
    await sandbox.pay(first.json()["id"])
    again = await call(sandbox, "payment_intents", ALIPAY, **{"Idempotency-Key": "s1"})
    assert again.json() == first.json()
    other = await call(sandbox, "payment_intents", ALIPAY | {"amount": "1"}, **{"Idempotency-Key": "s1"})
    assert get_error(other) == (400, "idempotency_key_reused")
    assert other.json()["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize(
    ("token", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
async def test_declined_cards_decline_and_the_decline_is_stored(
    sandbox: Sandbox, token: str, code: str, decline: str
) -> None:
    key = {"Idempotency-Key": token}
    for _ in range(2):
        answer = await call(sandbox, "payment_intents", CARD | {"payment_method": token}, **key)
        assert get_error(answer) == (402, code)
        assert answer.json()["error"]["decline_code"] == decline


async def test_a_card_is_captured_automatically_or_manually(sandbox: Sandbox) -> None:
    assert (await create_intent(sandbox, CARD))["status"] == "succeeded"
    authorized = await create_intent(sandbox, CARD | {"capture_method": "manual"})
    assert (authorized["status"], authorized["amount_capturable"]) == ("requires_capture", 900)
    over = await call(sandbox, f"payment_intents/{authorized['id']}/capture", {"amount_to_capture": "901"})
    assert get_error(over) == (400, "amount_too_large")
    part = await call(sandbox, f"payment_intents/{authorized['id']}/capture", {"amount_to_capture": "700"})
    assert (part.json()["status"], part.json()["amount_received"]) == ("succeeded", 700)
    again = await call(sandbox, f"payment_intents/{authorized['id']}/capture", {})
    assert get_error(again) == (400, "payment_intent_unexpected_state")


async def test_an_intent_is_confirmed_once(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, {"amount": "100", "currency": "cny"})
    assert intent["status"] == "requires_payment_method"
    assert get_error(await call(sandbox, f"payment_intents/{intent['id']}/confirm", {})) == (400, "parameter_missing")
    form = {"payment_method_data[type]": "wechat_pay"}
    assert (await call(sandbox, f"payment_intents/{intent['id']}/confirm", form)).status_code == 200
    again = await call(sandbox, f"payment_intents/{intent['id']}/confirm", form)
    assert get_error(again) == (400, "payment_intent_unexpected_state")


async def test_refunds_are_limited_to_the_charge(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, CARD)
    form = {"payment_intent": intent["id"]}
    assert get_error(await call(sandbox, "refunds", form | {"amount": "901"})) == (400, "amount_too_large")
    assert (await call(sandbox, "refunds", form | {"amount": "400"})).json()["status"] == "succeeded"
    assert get_error(await call(sandbox, "refunds", form | {"amount": "501"})) == (400, "amount_too_large")
    charge = (await call(sandbox, f"charges/{intent['latest_charge']}")).json()
    assert (await call(sandbox, "refunds", {"charge": charge["id"]})).json()["amount"] == 500
    assert get_error(await call(sandbox, "refunds", form)) == (400, "charge_already_refunded")
    unpaid = await create_intent(sandbox, ALIPAY)
    assert get_error(await call(sandbox, "refunds", {"payment_intent": unpaid["id"]})) == (400, "charge_not_captured")


async def test_a_disputed_charge_is_not_refunded(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, CARD)
    dispute = await sandbox.open_dispute(intent["id"])
    assert get_error(await call(sandbox, "refunds", {"payment_intent": intent["id"]})) == (400, "charge_disputed")
    assert (await sandbox.close_dispute(dispute["id"], "lost"))["status"] == "lost"
    assert (await sandbox.close_dispute(dispute["id"], "won"))["status"] == "lost"


async def test_transfers_are_limited_to_their_charge(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, CARD)
    form = {"amount": "600", "currency": "cny", "destination": "acct_1", "source_transaction": intent["latest_charge"]}
    assert (await call(sandbox, "transfers", form)).json()["amount"] == 600
    assert get_error(await call(sandbox, "transfers", form)) == (400, "insufficient_funds")
    assert (await call(sandbox, "transfers", form | {"amount": "300"})).status_code == 200


async def test_a_missing_object_is_not_found(sandbox: Sandbox) -> None:
    for path in ("payment_intents/pi_9", "charges/ch_9", "refunds/re_9", "disputes/dp_9"):
        assert get_error(await call(sandbox, path)) == (404, "resource_missing")
    assert get_error(await call(sandbox, "charges?starting_after=ch_9")) == (404, "resource_missing")
    assert get_error(await call(sandbox, "payment_intents/search?query=amount%3E1")) == (400, "parameter_invalid")


async def test_lists_are_paged_newest_first(sandbox: Sandbox) -> None:
    refs = [(await create_intent(sandbox, CARD))["latest_charge"] for _ in range(3)]
    first = (await call(sandbox, "charges?limit=2")).json()
    assert [each["id"] for each in first["data"]] == refs[:0:-1]
    assert first["has_more"] is True
    rest = (await call(sandbox, f"charges?limit=1&starting_after={refs[1]}")).json()
    assert [each["id"] for each in rest["data"]] == [refs[0]]


# The payer's page.


class Page(HTMLParser):
    """The elements of a page."""

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


async def test_the_payers_page_shows_the_sum_and_buttons_to_pay_and_to_abandon(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, ALIPAY)
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


async def test_paying_redirects_the_payer_to_the_shop_and_cannot_be_undone(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, ALIPAY)
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


async def test_abandoning_redirects_the_payer_to_the_shop_unpaid(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, ALIPAY)
    url = intent["next_action"]["alipay_handle_redirect"]["url"]
    answer = await sandbox.client.post(url, data={"action": "abandon"})
    assert answer.headers["location"].endswith("&redirect_status=failed")
    assert "没有付款" in (await sandbox.client.get(url)).text
    answer = await sandbox.client.post(url, data={"action": "pay"})
    assert answer.headers["location"].endswith("&redirect_status=failed")


async def test_a_wechat_code_leads_to_the_page(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, WECHAT)
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


async def test_pages_of_missing_payments_say_so(sandbox: Sandbox) -> None:
    for method in ("GET", "POST"):
        answer = await sandbox.client.request(method, f"{sandbox.url}/pay/pi_9")
        assert answer.status_code == 404
        assert "没有这笔付款" in answer.text
    assert "演练收银台" in (await sandbox.client.get(sandbox.url)).text
    assert (await sandbox.client.get(f"{sandbox.url}/qr/pi_9.png")).status_code == 404


async def test_an_order_number_is_escaped_on_the_page(sandbox: Sandbox) -> None:
    intent = await create_intent(sandbox, ALIPAY | {"metadata[order]": "<script>alert(1)</script>"})
    page = Page((await sandbox.client.get(f"{sandbox.url}/pay/{intent['id']}")).text)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.words
