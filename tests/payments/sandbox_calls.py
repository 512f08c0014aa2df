"""Calls to the sandbox without the `stripe` library, for its own tests."""

from typing import Any

import httpx

from payments.sandbox import Sandbox

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


async def create_intent(sandbox: Sandbox, form: dict[str, str]) -> dict[str, Any]:
    answer = await call(sandbox, "payment_intents", form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def get_error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
