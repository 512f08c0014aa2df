"""The port to an SMS provider over HTTPS, in the manner of Aliyun and Tencent: templates by id, signed requests.

Requests are signed as market/kernel/signed_http.py describes. A response is `{"code": "OK", …}`, or another code. Codes
and reasons are stored without long numbers, because a provider may repeat the phone or the code in them.

- `/send`: `{"id", "phone", "sign_name", "template_id", "parameters"}` → `{"code": "OK", "ref"}`. The provider sends a
  repeated `id` once.
- `/receipts`: `{"limit"}` → `{"code": "OK", "receipts": [{"ref", "delivered", "reason"}]}`, each receipt once.
"""

from collections.abc import Mapping

import httpx
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from market.kernel.signed_http import SignedClient
from market.kernel.text import mask_long_numbers
from market.people.notify.models import DeliveryReceipt, Message, SendFailed
from market.people.notify.templates import SIGNATURE

MAX_RECEIPTS = 500
_NOT_NOW = {401, 403, 429}
"""Statuses that refuse us, for a key, a clock or a limit, and not the message: it is sent later."""


class _Response(Struct):
    code: str
    ref: str | None = None
    receipts: list[DeliveryReceipt] = []


class HttpPort(SignedClient):
    """Sends messages through the provider at `base`. Use it as an async context manager.

    `template_ids` maps the templates of this project to those that the provider has approved.
    """

    def __init__(self, base: str, *, key_id: str, secret: str, template_ids: Mapping[str, str]) -> None:
        super().__init__(base, key_id=key_id, secret=secret)
        self._template_ids = dict(template_ids)

    async def send(self, message: Message) -> str | None:
        """Send one message; return the provider's reference.

        Raises:
            SendFailed: permanent if the provider refused it or its template has no id; unknown if the answer was lost.
        """
        template_id = self._template_ids.get(message.template)
        if template_id is None:
            raise SendFailed(f"MARKET_SMS_TEMPLATES has no id for {message.template}", permanent=True)
        response = await self._call(
            "/send",
            {
                "id": str(message.id),
                "phone": message.phone,
                "sign_name": SIGNATURE.strip("【】"),
                "template_id": template_id,
                "parameters": message.facts,
            },
        )
        return response.ref

    async def fetch_receipts(self) -> list[DeliveryReceipt]:
        """Return the receipts that arrived since the last call, at most 500.

        Raises:
            SendFailed: the provider did not answer, or refused.
        """
        receipts = (await self._call("/receipts", {"limit": MAX_RECEIPTS})).receipts
        return [replace(each, reason=mask_long_numbers(each.reason[:200])) for each in receipts]

    async def _call(self, action: str, request: dict[str, object]) -> _Response:
        try:
            answer = await self.post(action, request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SendFailed(type(error).__name__) from error
        except httpx.HTTPError as error:
            raise SendFailed(type(error).__name__, unknown=True) from error
        try:
            response = msgspec.json.decode(answer.content, type=_Response)
        except msgspec.DecodeError:
            response = _Response(code=f"http_{answer.status_code}")
        if answer.is_success and response.code == "OK":
            return response
        not_now = answer.status_code in _NOT_NOW
        refused = 400 <= answer.status_code < 500 and not not_now
        raise SendFailed(mask_long_numbers(response.code[:100]), permanent=refused, unknown=not refused and not not_now)
