"""Public responses, kept in the process for a moment in front of routing.

A kept response costs no routing, no statement and no rendering. Who sends a cookie of any person is answered from what
is kept only on the pages that are the same for that person, with the token of their own forms; other requests of
persons, and those with a bearer token, pass by. Source of the rules for validators and ages: RFC 9110, 8.8.3 and
13.1.2; RFC 9111, 4.2.3 and 5.1.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Protocol

from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send
from msgspec import Struct

from market.service.http import IMPERSONAL_COOKIES, choose_language
from market.service.metrics import count_kept_response, count_response

MAX_BYTES = 16 * 1024 * 1024
"""Of all kept responses of a process; the oldest give way."""
MAX_RESPONSE_BYTES = 256 * 1024
"""A longer response is not kept."""
MODE_COOKIES = ("elder", "band", "currency", "lang")
_KEY_HEADERS = frozenset({b"host", b"accept-language", b"cookie"})

type _Key = tuple[str, bytes, bytes, str, tuple[str, ...]]
type _Headers = list[tuple[bytes, bytes]]


class SharedPages(Protocol):
    """The pages that a person sees as everybody does, but for the token of their forms."""

    def covers(self, path: str, cookies: Mapping[str, str]) -> bool:
        """Return whether the page of a path shows nothing of the person whose cookies these are."""
        ...

    def get_tokens(self, scope: HTTPScope) -> tuple[bytes, bytes]:
        """Return the form token of a visitor without cookies, and that of the request."""
        ...


class _Request(Struct, frozen=True):
    """What a public response depends on; `personal` is true for a person who sees the page of everybody."""

    key: _Key
    personal: bool


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

    The application sees the request of a person for one of the pages that `shared` covers without their cookies, so
    that it cannot show anything of theirs; their form token is put into the answer, which no other cache may keep.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        seconds: float,
        shared: SharedPages | None = None,
        read_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._seconds = seconds
        self._shared = shared
        self._read_seconds = read_seconds
        # From the oldest to the newest: each is kept equally long, so the first are those that ended.
        self._kept: dict[_Key, _Kept] = {}
        self._bytes = 0
        self._loading: dict[_Key, asyncio.Future[_Kept | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request from what is kept, or pass it on and keep its response."""
        if scope["type"] != "http" or (request := self._read(scope)) is None:
            await self._app(scope, receive, send)
            return
        key = request.key
        started = self._read_seconds()
        found = self._find(key, started)
        if found is None and (loading := self._loading.get(key)) is not None:
            # Shielded: a visitor who goes away does not end the wait of the others.
            found = await asyncio.shield(loading)
        if found is not None:
            # Rounded up, so that no cache behind this one keeps it for a second more.
            status = await self._answer(scope, send, found, request, age=b"1")
            count_response("GET", found.route, status, self._read_seconds() - started)
            count_kept_response()
        elif not request.personal:
            await self._load(request, scope, scope, receive, send)
        elif not await self._load(request, scope, _hide_person(scope), receive, send):
            await self._app(scope, receive, send)

    def _read(self, scope: HTTPScope) -> _Request | None:
        """Return what a public response depends on, or None for a request of a person for a page of theirs."""
        found = _read_key_headers(scope)
        if found is None:
            return None
        given = _parse_cookies(found.get(b"cookie", b""))
        if given is None:
            return None
        personal = not given.keys() <= IMPERSONAL_COOKIES
        if personal and (self._shared is None or not self._shared.covers(scope["path"], given)):
            return None
        language = choose_language(found.get(b"accept-language", b"").decode("latin-1"))
        mode = tuple(given.get(name, "") for name in MODE_COOKIES)
        return _Request((scope["path"], scope["query_string"], found.get(b"host", b""), language, mode), personal)

    async def _answer(self, scope: HTTPScope, send: Send, kept: _Kept, request: _Request, *, age: bytes | None) -> int:
        if not request.personal:
            return await _send_kept(scope, send, kept, age=age)
        assert self._shared is not None
        anonymous, own = self._shared.get_tokens(scope)
        return await _send_kept(scope, send, _make_personal(kept, anonymous, own), age=None)

    def _find(self, key: _Key, now: float) -> _Kept | None:
        found = self._kept.get(key)
        return found if found is not None and now - found.began < self._seconds else None

    async def _load(self, request: _Request, scope: HTTPScope, asked: HTTPScope, receive: Receive, send: Send) -> bool:
        """Pass the request `asked` on, keep its response, and answer the request of `scope` with it.

        Return false for a person who has not been answered, because the response is not for all.
        """
        key = request.key
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
                    kept = _make_kept(start, message["body"], began, asked["path_template"])
                    self._keep(key, kept)
                    _resolve(promise, kept)
                    await self._answer(scope, send, kept, request, age=None)
                    return
                if not request.personal:
                    await send(start)
            # Nobody waits for a response that is not for all.
            _resolve(promise, None)
            if not request.personal:
                await send(message)

        try:
            await self._app(asked, receive, keep_and_send)
            return not request.personal or (promise.done() and promise.result() is not None)
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


def _read_key_headers(scope: HTTPScope) -> dict[bytes, bytes] | None:
    """Return the headers on which a public response may depend, or None for a request that may not be answered so."""
    if scope["method"] != "GET":
        return None
    seen: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        # Of a header that comes twice, the application might read the other one.
        if name == b"authorization" or name in seen:
            return None
        if name in _KEY_HEADERS:
            seen[name] = value
    return seen


def _parse_cookies(header: bytes) -> dict[str, str] | None:
    """Return the cookies of a request, or None if one comes twice, as the application might read the other one."""
    if not header:
        return {}
    pairs = [part.strip().partition("=") for part in header.decode("latin-1").split(";") if part.strip()]
    given = {name: value for name, _, value in pairs}
    return given if len(given) == len(pairs) else None


def _hide_person(scope: HTTPScope) -> HTTPScope:
    """Return a request with only the cookies that choose a mode."""
    headers: _Headers = []
    for name, value in scope["headers"]:
        if name != b"cookie":
            headers.append((name, value))
            continue
        parts = [part.strip() for part in value.split(b";")]
        if modes := [part for part in parts if part.partition(b"=")[0].decode("latin-1") in MODE_COOKIES]:
            headers.append((name, b"; ".join(modes)))
    return {**scope, "headers": headers, "state": {**scope["state"]}}


def _make_personal(kept: _Kept, anonymous: bytes, own: bytes) -> _Kept:
    """Return a kept page with the form token of a person, which no cache but that of the browser may keep."""
    etag = b'W/"%s"' % blake2b(kept.etag + own, digest_size=12).hexdigest().encode()
    changed = {b"cache-control": b"private, no-cache", b"etag": etag}
    headers = [(name, changed.get(name, value)) for name, value in kept.headers]
    return _Kept(kept.began, headers, kept.body.replace(anonymous, own), etag, kept.route)


def _may_be_kept(start: HTTPResponseStartEvent) -> bool:
    headers = dict(start["headers"])
    public = headers.get(b"cache-control", b"").startswith(b"public")
    return start["status"] == 200 and public and b"set-cookie" not in headers


def _make_kept(start: HTTPResponseStartEvent, body: bytes, began: float, route: str) -> _Kept:
    """Return a response with its own ETag, or one of its bytes."""
    headers: _Headers = list(start["headers"])
    if own := dict(headers).get(b"etag"):
        return _Kept(began, headers, body, own, route)
    etag = b'W/"%s"' % blake2b(body, digest_size=12).hexdigest().encode()
    return _Kept(began, [*headers, (b"etag", etag)], body, etag, route)


async def _send_kept(scope: HTTPScope, send: Send, kept: _Kept, *, age: bytes | None) -> int:
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
