"""Public responses, kept in the process for a moment in front of routing, for visitors without a session or cart.

A kept response costs no routing, no statement and no rendering. Who sends a cookie of any person, or a bearer token,
passes by. Source of the rules for validators and ages: RFC 9110, 8.8.3 and 13.1.2; RFC 9111, 4.2.3 and 5.1.
"""

import asyncio
import time
from collections.abc import Callable
from hashlib import blake2b

from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send
from msgspec import Struct

from market.http import choose_language
from market.metrics import count_kept_response, count_response

MAX_BYTES = 16 * 1024 * 1024
"""Of all kept responses of a process; the oldest give way."""
MAX_RESPONSE_BYTES = 256 * 1024
"""A longer response is not kept."""
IMPERSONAL_COOKIES = frozenset({"elder", "band", "currency", "lang", "drafts"})
"""Cookies that choose a mode of a page, or that only scripts read. Any other belongs to somebody."""
MODE_COOKIES = ("elder", "band", "currency", "lang")
_KEY_HEADERS = frozenset({b"host", b"accept-language", b"cookie"})
_NONCE = b"'nonce-"

type _Key = tuple[str, bytes, bytes, str, tuple[str, ...]]
type _Headers = list[tuple[bytes, bytes]]


class _Kept(Struct, frozen=True):
    """A response: its headers with the validator, without an age; when its request began; its route for the metrics."""

    began: float
    headers: _Headers
    body: bytes
    etag: bytes
    route: str

    @property
    def size(self) -> int:
        """Bytes of the response, without those of the objects that hold it."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers)


class ResponseCache:
    """ASGI application that answers from what `app` answered to the same request within `seconds`.

    The key is path, query, host, language and mode. Requests that come while the first is being answered wait for its
    answer. Kept are responses with status 200 whose Cache-Control begins with `public`, that set no cookie and come in
    one piece. Every one has a weak ETag, its own if it has one, and an equal If-None-Match is answered with 304.
    """

    def __init__(self, app: ASGIApp, *, seconds: float, read_seconds: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._seconds = seconds
        self._read_seconds = read_seconds
        # From the oldest to the newest: each is kept equally long, so the first are those that ended.
        self._kept: dict[_Key, _Kept] = {}
        self._bytes = 0
        self._loading: dict[_Key, asyncio.Future[_Kept | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request from what is kept, or pass it on and keep its response."""
        if scope["type"] != "http" or (key := _make_key(scope)) is None:
            await self._app(scope, receive, send)
            return
        started = self._read_seconds()
        found = self._find(key, started)
        if found is None and (loading := self._loading.get(key)) is not None:
            # Shielded: a visitor who goes away does not end the wait of the others.
            found = await asyncio.shield(loading)
        if found is None:
            await self._load(key, scope, receive, send)
            return
        # Rounded up, so that no cache behind this one keeps it for a second more.
        status = await _answer(scope, send, found, age=b"1")
        count_response("GET", found.route, status, self._read_seconds() - started)
        count_kept_response()

    def _find(self, key: _Key, now: float) -> _Kept | None:
        found = self._kept.get(key)
        return found if found is not None and now - found.began < self._seconds else None

    async def _load(self, key: _Key, scope: HTTPScope, receive: Receive, send: Send) -> None:
        began = self._read_seconds()
        promise: asyncio.Future[_Kept | None] = asyncio.get_running_loop().create_future()
        first = self._loading.setdefault(key, promise) is promise
        held: HTTPResponseStartEvent | None = None

        async def keep_and_send(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _may_be_kept(message):
                held = message
                return
            if held is not None and message["type"] == "http.response.body":
                start, held = held, None
                if not message.get("more_body") and len(message["body"]) <= MAX_RESPONSE_BYTES:
                    kept = _make_kept(start, message["body"], began, scope["path_template"])
                    self._keep(key, kept)
                    _resolve(promise, kept)
                    await _answer(scope, send, kept, age=None)
                    return
                await send(start)
            # Nobody waits for a response that is not for all.
            _resolve(promise, None)
            await send(message)

        try:
            await self._app(scope, receive, keep_and_send)
        finally:
            _resolve(promise, None)
            if first:
                del self._loading[key]

    def _keep(self, key: _Key, kept: _Kept) -> None:
        self._drop(key)
        self._kept[key] = kept
        self._bytes += kept.size
        while self._bytes > MAX_BYTES or kept.began - next(iter(self._kept.values())).began >= self._seconds:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.size


def _make_key(scope: HTTPScope) -> _Key | None:
    """Return what a public response depends on, or None for a request of a person."""
    if scope["method"] != "GET":
        return None
    seen: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        # Of a header that comes twice, the application might read the other one.
        if name == b"authorization" or name in seen:
            return None
        if name in _KEY_HEADERS:
            seen[name] = value
    mode: tuple[str, ...] = ()
    if cookies := seen.get(b"cookie", b"").decode("latin-1"):
        pairs = [part.strip().partition("=") for part in cookies.split(";") if part.strip()]
        given = {name: value for name, _, value in pairs}
        if len(given) < len(pairs) or not given.keys() <= IMPERSONAL_COOKIES:
            return None
        mode = tuple(given.get(name, "") for name in MODE_COOKIES)
    language = choose_language(seen.get(b"accept-language", b"").decode("latin-1"))
    return scope["path"], scope["query_string"], seen.get(b"host", b""), language, mode


def _may_be_kept(start: HTTPResponseStartEvent) -> bool:
    headers = dict(start["headers"])
    public = headers.get(b"cache-control", b"").startswith(b"public")
    return start["status"] == 200 and public and b"set-cookie" not in headers


def _make_kept(start: HTTPResponseStartEvent, body: bytes, began: float, route: str) -> _Kept:
    """Return a response with its ETag; the nonce of its scripts, which differs in each rendering, is no part of it."""
    headers: _Headers = list(start["headers"])
    if own := dict(headers).get(b"etag"):
        return _Kept(began, headers, body, own, route)
    policy = dict(headers).get(b"content-security-policy", b"")
    _, found, rest = policy.partition(_NONCE)
    content = body.replace(rest.partition(b"'")[0], b"") if found else body
    etag = b'W/"%s"' % blake2b(content, digest_size=12).hexdigest().encode()
    return _Kept(began, [*headers, (b"etag", etag)], body, etag, route)


async def _answer(scope: HTTPScope, send: Send, kept: _Kept, *, age: bytes | None) -> int:
    """Send a response, or 304 without a body to who has it; return the status.

    A 304 has no Content-Security-Policy: it would replace that of the stored page, whose nonce is another.
    """
    ages = [(b"age", age)] if age else []
    if _has(scope, kept.etag):
        headers = [each for each in kept.headers if each[0] in {b"etag", b"cache-control", b"vary"}]
        await send({"type": "http.response.start", "status": 304, "headers": headers + ages})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return 304
    await send({"type": "http.response.start", "status": 200, "headers": kept.headers + ages})
    await send({"type": "http.response.body", "body": kept.body, "more_body": False})
    return 200


def _has(scope: HTTPScope, etag: bytes) -> bool:
    """Return whether If-None-Match names a validator; it compares weakly."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return etag.removeprefix(b"W/") in {each.strip().removeprefix(b"W/") for each in value.split(b",")}
    return False


def _resolve[T](promise: "asyncio.Future[T]", value: T) -> None:
    if not promise.done():
        promise.set_result(value)
