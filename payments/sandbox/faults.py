"""Scripted faults of the provider.

For calls: `hang` and `slow` (wait, then continue), `500`, `429`, `close` (the response breaks off), `decline`, `lie`
(a different sum in the response). With `after` the call takes effect before the fault. For webhooks (`on="webhook"`):
`duplicate`, `reorder`, `delay`, `drop`.
"""

import asyncio
from typing import Literal

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

HANG_SECONDS = 120.0


_POSTS = {"payment_intents": "create", "refunds": "refund", "transfers": "transfer", "payouts": "payout"}


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One fault for the next `times` matching calls.

    `on` is create, confirm, capture, cancel, refund, transfer, payout, reversals, retrieve, search, list, webhook or
    `*` (any call).
    """

    on: str
    do: Literal["hang", "slow", "500", "429", "close", "decline", "lie", "duplicate", "reorder", "delay", "drop"]
    times: int = 1
    after: bool = False
    seconds: float = HANG_SECONDS
    copies: int = 1
    code: str = "payment_method_provider_decline"


class FaultPlan:
    """The faults that are set."""

    def __init__(self) -> None:
        self._set: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Add a fault after those that are set."""
        self._set.append((fault, [fault.times]))

    def clear(self) -> None:
        """Clear all faults."""
        self._set.clear()

    def take(self, on: str) -> Fault | None:
        """Return the next fault for a call of this name, if any, and count it down."""
        for fault, remaining in self._set:
            if remaining[0] > 0 and (fault.on == on or (fault.on == "*" and on != "webhook")):
                remaining[0] -= 1
                return fault
        return None

    def count_remaining(self, on: str, do: str) -> int:
        """Return how many times a fault is still going to happen."""
        return sum(remaining[0] for fault, remaining in self._set if (fault.on, fault.do) == (on, do))


def get_call_name(method: str, path: str) -> str | None:
    """Return the call name that faults match a request by, or None if it is not part of the provider's API."""
    if not path.startswith("/v1/"):
        return None
    words = path.split("/")[2:]
    last = words[-1]
    if method == "POST":
        return _POSTS.get(last, last)
    if last == "search":
        return "search"
    return "list" if len(words) == 1 else "retrieve"


class FaultMiddleware:
    """ASGI middleware that applies the faults to the provider's API."""

    def __init__(self, app: ASGIApp, faults: FaultPlan) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, with the next matching fault."""
        name = get_call_name(scope["method"], scope["path"]) if scope["type"] == "http" else None
        fault = None if name is None else self._faults.take(name)
        if fault is None:
            await self._app(scope, receive, send)
            return
        if not fault.after and fault.do in {"hang", "slow"}:
            await asyncio.sleep(fault.seconds)
        if fault.do == "slow" and not fault.after:
            await self._app(scope, receive, send)
            return
        answer = await self._run(scope, receive) if fault.after or fault.do == "lie" else b""
        if fault.do in {"hang", "slow"} and fault.after:
            await asyncio.sleep(fault.seconds)
        await _send_faulty_answer(fault, answer, send)

    async def _run(self, scope: Scope, receive: Receive) -> bytes:
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            await asyncio.sleep(0)
            if message["type"] == "http.response.body":
                parts.append(message["body"])

        await self._app(scope, receive, keep)
        return b"".join(parts)


async def _send_faulty_answer(fault: Fault, answer: bytes, send: Send) -> None:
    match fault.do:
        case "500":
            await _answer(send, 500, _build_error("api_error", "api_error"))
        case "429":
            await _answer(send, 429, _build_error("invalid_request_error", "rate_limit"))
        case "decline":
            await _answer(send, 402, _build_error("card_error", fault.code))
        case "lie":
            body = msgspec.json.decode(answer)
            await _answer(send, 200, msgspec.json.encode({**body, "amount": body.get("amount", 0) + 1}))
        case "slow" if answer:
            await _answer(send, 200, answer)
        case _:
            # The declared length exceeds the body: the connection breaks off in the middle of the response.
            await _answer(send, 200, answer[:1] or b"{", declared_length=len(answer) + 1000)


def _build_error(kind: str, code: str) -> bytes:
    return msgspec.json.encode({"error": {"type": kind, "code": code, "message": "A scripted fault."}})


async def _answer(send: Send, status: int, body: bytes, *, declared_length: int | None = None) -> None:
    length = str(len(body) if declared_length is None else declared_length).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    if declared_length is not None:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
