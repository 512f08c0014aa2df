"""Idempotent requests: each Idempotency-Key header runs once."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Response

from market.kernel import Connection, Database, Refusal
from market.kernel.idempotency import (
    StoredResponse,
    begin_request,
    compute_fingerprint,
    finish_request,
    run_despite_deadlocks,
)
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest

MAX_KEY_LENGTH = 200


class IdempotencyKeyNeeded(Refusal):
    """The request requires an idempotency key and has none, or one that is too long."""

    code = "idempotency_key_needed"
    status = 400
    zh = "请求缺少 Idempotency-Key。"
    en = "Send an Idempotency-Key header: 1 to 200 characters that identify this request."


def get_idempotency_key(request: HttpRequest) -> str:
    """Return the request's idempotency key.

    Raises:
        IdempotencyKeyNeeded: the header is missing or longer than 200 characters.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise IdempotencyKeyNeeded
    return key


async def run_once[T](
    request: HttpRequest,
    db: Database,
    actor: Actor,
    work: Callable[[Connection], Awaitable[T]],
    *,
    scope: str | None = None,
    body: bytes | None = None,
) -> Response[T]:
    """Run `work` in one transaction and store its response under the request's key; a repeated request replays it.

    The status is the route's. A refusal is not stored: nothing was changed, and a retry may use the same key. Pass
    `body` if the request's stream was already read, as with a form: it is fingerprinted instead.

    Raises:
        IdempotencyKeyNeeded: the request has no key.
        IdempotencyKeyReused: the key was used with a different request.
        RequestInProgress: a duplicate request is still running.
    """
    status = request.route_handler.status_code
    stored = await store_once(request, db, actor, work, scope=scope, status=status, body=body)
    response: Response[Any] = Response(stored.body, status_code=stored.status, media_type="application/json")
    return response


async def store_once[T](
    request: HttpRequest,
    db: Database,
    actor: Actor,
    work: Callable[[Connection], Awaitable[T]],
    *,
    scope: str | None,
    status: int,
    body: bytes | None,
) -> StoredResponse:
    """Return what `run_once` responds with.

    Raises:
        IdempotencyKeyNeeded, IdempotencyKeyReused, RequestInProgress: see `run_once`.
    """
    key, actor_id = get_idempotency_key(request), str(actor.account_id)
    fingerprint = compute_fingerprint(request.method, request.url.path, await request.body() if body is None else body)
    seal: Seal = request.app.state["market"].seal

    async def run() -> StoredResponse:
        async with db.transaction(scope=scope) as conn:
            stored = await begin_request(conn, seal, actor=actor_id, key=key, fingerprint=fingerprint)
            if stored is not None:
                return stored
            response = msgspec.json.encode(await work(conn))
            await finish_request(conn, seal, actor=actor_id, key=key, status=status, response=response)
        return StoredResponse(status, response)

    return await run_despite_deadlocks(run)
