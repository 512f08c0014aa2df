"""Scripted faults: what a provider does wrong, on demand.

Of calls: `hang` and `slow` (wait, then go on), `500`, `429`, `close` (the answer breaks off), `decline`, `lie` (another
sum in the answer). `after` says that the call is carried out before it goes wrong. Of messages (`on="webhook"`):
`duplicate`, `reorder`, `delay`, `drop`.
"""

import asyncio
from typing import Literal

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

HANG_SECONDS = 120.0


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One fault, for the next `times` matching calls.

    `on` is create, confirm, capture, cancel, refund, retrieve, search, list, webhook or `*` (any call).
    """

    on: str
    do: Literal["hang", "slow", "500", "429", "close", "decline", "lie", "duplicate", "reorder", "delay", "drop"]
    times: int = 1
    after: bool = False
    seconds: float = HANG_SECONDS
    copies: int = 1
    code: str = "payment_method_provider_decline"


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._set: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Set a fault behind those that are set."""
        self._set.append((fault, [fault.times]))

    def clear(self) -> None:
        """Forget all of them."""
        self._set.clear()

    def take(self, on: str) -> Fault | None:
        """Return the fault that the next call of this name meets, and count it."""
        for fault, left in self._set:
            if left[0] > 0 and (fault.on == on or (fault.on == "*" and on != "webhook")):
                left[0] -= 1
                return fault
        return None

    def left(self, on: str, do: str) -> int:
        """Return how many more times a fault is going to happen."""
        return sum(left[0] for fault, left in self._set if (fault.on, fault.do) == (on, do))


def name_of(method: str, path: str) -> str | None:
    """Return the name that faults call a request by, or None for what is none of the provider's interface."""
    if not path.startswith("/v1/"):
        return None
    words = path.split("/")[2:]
    last = words[-1]
    if method == "POST":
        return {"payment_intents": "create", "refunds": "refund"}.get(last, last)
    if last == "search":
        return "search"
    return "list" if len(words) == 1 else "retrieve"


class FaultyGate:
    """ASGI middleware that lets the set faults happen to the provider's interface."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or spoil it."""
        name = name_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        fault = None if name is None else self._faults.take(name)
        if fault is None:
            await self._app(scope, receive, send)
            return
        if not fault.after and fault.do in {"hang", "slow"}:
            await asyncio.sleep(fault.seconds)
        if fault.do == "slow" and not fault.after:
            await self._app(scope, receive, send)
            return
        answer = await self._carried_out(scope, receive) if fault.after or fault.do == "lie" else b""
        if fault.do in {"hang", "slow"} and fault.after:
            await asyncio.sleep(fault.seconds)
        await _spoil(fault, answer, send)

    async def _carried_out(self, scope: Scope, receive: Receive) -> bytes:
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            await asyncio.sleep(0)
            if message["type"] == "http.response.body":
                parts.append(message["body"])

        await self._app(scope, receive, keep)
        return b"".join(parts)


async def _spoil(fault: Fault, answer: bytes, send: Send) -> None:
    match fault.do:
        case "500":
            await _answer(send, 500, _error("api_error", "api_error"))
        case "429":
            await _answer(send, 429, _error("invalid_request_error", "rate_limit"))
        case "decline":
            await _answer(send, 402, _error("card_error", fault.code))
        case "lie":
            said = msgspec.json.decode(answer)
            await _answer(send, 200, msgspec.json.encode({**said, "amount": said.get("amount", 0) + 1}))
        case "slow" if answer:
            await _answer(send, 200, answer)
        case _:
            # More is promised than comes: the connection breaks off in the middle of the answer.
            await _answer(send, 200, answer[:1] or b"{", promised=len(answer) + 1000)


def _error(kind: str, code: str) -> bytes:
    return msgspec.json.encode({"error": {"type": kind, "code": code, "message": "A scripted fault."}})


async def _answer(send: Send, status: int, body: bytes, *, promised: int | None = None) -> None:
    length = str(len(body) if promised is None else promised).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    if promised is not None:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
