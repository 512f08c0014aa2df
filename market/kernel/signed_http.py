"""Signed JSON over HTTPS, in the manner of Aliyun and Tencent: calls to providers, and the messages they push.

A request is a POST with a JSON body. Its `Authorization` header is
`HMAC-SHA256 Credential=<key id>, Signature=<hex>`; the signature is the HMAC-SHA-256, under the key's secret, of the
lines `POST`, path, `X-Timestamp`, `X-Nonce` and the SHA-256 of the body.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import msgspec

from payments.errors import InvalidSignature

TIMEOUT_SECONDS = 8.0
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far the timestamp of a pushed message may lie in the past or in the future."""
MAX_PUSHED_BYTES = 65_536


def sign_request(secret: str, *, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the signature of a request."""
    text = "\n".join(("POST", path, timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def build_signed_headers(key_id: str, secret: str, *, path: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request that is sent now."""
    timestamp, nonce = str(int(time.time())), token_hex(8)
    signature = sign_request(secret, path=path, timestamp=timestamp, nonce=nonce, body=body)
    return {
        "Content-Type": "application/json",
        "Authorization": f"HMAC-SHA256 Credential={key_id}, Signature={signature}",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
    }


def verify_signed_request(
    secret: str, *, key_id: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Require that a pushed message was signed with our secret, within five minutes of `now`, the real time.

    Raises:
        InvalidSignature: the signature or the timestamp is wrong, or the message is longer than 64 KiB.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get("x-timestamp", "")
    if len(body) > MAX_PUSHED_BYTES:
        raise InvalidSignature(why="too long")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise InvalidSignature(why="no timestamp")
    if abs(now.timestamp() - int(timestamp)) > MAX_CLOCK_SKEW.total_seconds():
        raise InvalidSignature(why="not fresh")
    signature = sign_request(secret, path=path, timestamp=timestamp, nonce=given.get("x-nonce", ""), body=body)
    expected = f"HMAC-SHA256 Credential={key_id}, Signature={signature}"
    if not secret or not hmac.compare_digest(expected.encode(), given.get("authorization", "").encode()):
        raise InvalidSignature(why="signature")


class SignedClient:
    """Posts signed requests to the provider at `base`. Use it as an async context manager."""

    def __init__(self, base: str, *, key_id: str, secret: str) -> None:
        self._base = base.rstrip("/")
        self._path = urlsplit(self._base).path
        self._key_id, self._secret = key_id, secret
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def post(self, action: str, request: dict[str, object]) -> httpx.Response:
        """Post one request to `base` + `action`; what httpx raises is the caller's to read."""
        body = msgspec.json.encode(request)
        headers = build_signed_headers(self._key_id, self._secret, path=self._path + action, body=body)
        return await self._http.post(self._base + action, content=body, headers=headers)
