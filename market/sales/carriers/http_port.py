"""The port to a tracking service over HTTPS, such as one that asks all carriers.

Requests and pushes are signed as market/kernel/signed_http.py describes. A response is `{"code": "OK", …}`, or another
code; `no_such_parcel` says that the carrier does not know the number.

- `/track`: `{"carrier", "number", "push"}` → `{"code": "OK", "facts": [{"at", "step", "detail"}]}`. The service pushes
  to `push` whenever the parcel moves.
- A push is a POST to that address: `{"id", "carrier", "number"}`. It is repeated until the answer is 200.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from market.kernel.signed_http import SignedClient, verify_signed_request
from market.sales.carriers.models import MAX_FACTS, Carrier, TrackingFact, TrackingNotice, TrackingReport, TrackingStep
from payments.errors import InvalidSignature
from payments.port import Declined, Ok, Outcome, Unknown

NO_SUCH_PARCEL = "no_such_parcel"
WEBHOOK_PATH = "/carriers/webhook"


class _Fact(Struct):
    at: datetime
    step: TrackingStep
    detail: str = ""


class _TrackAnswer(Struct):
    code: str
    facts: list[_Fact] = []


class _Push(Struct):
    id: str
    carrier: str
    number: str


class HttpCarriers(SignedClient):
    """The carriers behind the service at `base`, which pushes to the site at `public_url`."""

    def __init__(self, base: str, *, key_id: str, secret: str, public_url: str) -> None:
        super().__init__(base, key_id=key_id, secret=secret)
        self._key_id, self._secret = key_id, secret
        self._push = public_url.rstrip("/") + WEBHOOK_PATH

    @property
    def name(self) -> str:
        """The name of the service."""
        return "carriers"

    async def track(self, carrier: Carrier, tracking: str) -> Outcome[TrackingReport]:
        """Return what the carrier knows of a parcel."""
        request: dict[str, object] = {"carrier": carrier, "number": tracking, "push": self._push}
        try:
            answer = await self.post("/track", request)
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        try:
            response = msgspec.json.decode(answer.content, type=_TrackAnswer)
        except msgspec.MsgspecError as error:
            return Unknown(f"http_{answer.status_code}: {error}"[:200])
        if response.code == NO_SUCH_PARCEL:
            return Declined(response.code)
        if not answer.is_success or response.code != "OK":
            return Unknown(response.code[:100])
        if any(each.at.tzinfo is None for each in response.facts):
            return Unknown("a time without a zone")
        latest = sorted(response.facts, key=lambda each: each.at)[-MAX_FACTS:]
        return Ok(TrackingReport([TrackingFact(each.at, each.step, each.detail) for each in latest]))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> TrackingNotice:
        """Verify a push."""
        path = urlsplit(self._push).path
        verify_signed_request(self._secret, key_id=self._key_id, path=path, headers=headers, body=body, now=now)
        try:
            push = msgspec.json.decode(body, type=_Push)
        except msgspec.MsgspecError as error:
            raise InvalidSignature(why="no message") from error
        if not (push.id + push.carrier + push.number).isprintable():
            raise InvalidSignature(why="no message")
        return TrackingNotice(push.id[:100], push.carrier[:20], push.number[:40])
