"""What every handler shares: one error body, and requests that are done once however often they come."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response
from msgspec import Struct

from market.identity import Actor
from market.kernel import Busy, Connection, Database, Refusal
from payments.idempotency import Replay, begin, fingerprint, finish

PROBLEM = "application/problem+json"


class Problem(Struct, frozen=True, omit_defaults=True):
    """The one error body. Source: RFC 9457; `code` is stable, `errors` names the fields that are wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] = []


class IdempotencyKeyNeeded(Refusal):
    """The request creates something and came without a key."""

    code = "idempotency_key_needed"
    status = 400
    zh = "请求缺少 Idempotency-Key。"
    en = "Send an Idempotency-Key header: 1 to 200 characters that name this one request."


def key_of(request: Request[Any, Any, Any]) -> str:
    """Return the request's idempotency key.

    Raises:
        IdempotencyKeyNeeded: there is none, or it is too long.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not 0 < len(key) <= 200:  # noqa: PLR2004 - as the refusal says
        raise IdempotencyKeyNeeded
    return key


async def once[T](
    request: Request[Any, Any, Any],
    db: Database,
    actor: Actor,
    work: Callable[[Connection], Awaitable[T]],
    *,
    scope: str | None = None,
    status: int = 201,
    body: bytes | None = None,
) -> Response[Any]:
    """Do `work` in one transaction and keep its answer under the request's key; a repetition gets the kept answer.

    A refusal is not kept: nothing was done, and the same key may try again. `body` stands for the request's own where
    that was a form, whose stream is read already.

    Raises:
        IdempotencyKeyNeeded: the request has no key.
        KeyReused: the key belongs to another request.
        StillRunning: a twin has been at it for longer than a lock is waited for.
    """
    key, who = key_of(request), str(actor.account_id)
    asked = fingerprint(request.method, request.url.path, await request.body() if body is None else body)
    async with db.transaction(scope=scope) as conn:
        begun = await begin(conn, actor=who, key=key, fingerprint=asked)
        if isinstance(begun, Replay):
            return Response(begun.answer, status_code=begun.status, media_type="application/json")
        answer = msgspec.json.encode(await work(conn))
        await finish(conn, actor=who, key=key, status=status, answer=answer)
    return Response(answer, status_code=status, media_type="application/json")


def language_of(request: Request[Any, Any, Any]) -> str:
    """Return `en` for who asks for English before Chinese, else `zh`."""
    accepted = request.headers.get("accept-language", "").lower()
    return "en" if accepted.startswith("en") else "zh"


def problem_of(refusal: Refusal, language: str) -> Response[bytes]:
    """Answer a refusal as a program reads it."""
    errors: list[dict[str, Any]] = [msgspec.to_builtins(fault) for fault in refusal.errors]
    rows = refusal.facts.get("rows")
    if isinstance(rows, (list, tuple)):
        errors += msgspec.to_builtins(rows)
    body = Problem(
        f"/problems/{refusal.code}",
        type(refusal).title(language),
        refusal.status,
        refusal.text(language),
        refusal.code,
        errors,
    )
    again = refusal.facts.get("retry_after", 2 if refusal.status == Busy.status else None)
    headers = {"Retry-After": str(again)} if again is not None else None
    return Response(msgspec.json.encode(body), status_code=refusal.status, media_type=PROBLEM, headers=headers)
