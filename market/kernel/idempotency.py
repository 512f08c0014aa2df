"""Idempotent requests: a key, the fingerprint of the request, and its stored response."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Database, Query, Refusal
from market.kernel.seal import Seal, UnsealError
from payments.sql import run_in_pieces

RESPONSE_CONTEXT = "idempotency_keys.response"
MAX_RUNS = 3
KEY_LIFETIME = timedelta(days=30)
"""How long a key and its response are kept."""


class IdempotencyKeyReused(Refusal):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    status = 422
    zh = "这个 Idempotency-Key 已用于另一个请求。"
    en = "This Idempotency-Key was used for another request."


class RequestInProgress(Refusal):
    """A duplicate request is running; `retry_after` is in seconds."""

    code = "request_running"
    zh = "同一请求正在处理，请稍候。"
    en = "The same request is still running; try again in {retry_after} s."


class StoredResponse(Struct, frozen=True):
    """The response to an earlier request with the same key."""

    status: int
    body: bytes


class _StoredRequest(Struct, frozen=True):
    fingerprint: bytes
    status: int | None
    response: bytes | None


# The advisory lock is held until the transaction ends. A duplicate does not get it and inserts nothing, instead of
# waiting for the row of the other transaction with a connection in hand; COUNT_REPLAY then finds no row.
INSERT_KEY = Query(
    str,
    """
    INSERT INTO idempotency_keys (actor, key, fingerprint)
    SELECT :actor::text, :key::text, :fingerprint::bytea
     WHERE pg_try_advisory_xact_lock(hashtextextended(:actor || ' ' || :key, 7006))
    ON CONFLICT (actor, key) DO NOTHING
    RETURNING key
    """,
)
# A write, so that a replay also waits until the standby confirms; otherwise it could return a response whose
# commit is lost in a failover.
COUNT_REPLAY = Query(
    _StoredRequest,
    """
    UPDATE idempotency_keys SET replays = replays + 1
     WHERE actor = :actor AND key = :key
    RETURNING fingerprint, status, response
    """,
)
STORE_RESPONSE = Query(
    None,
    """
    UPDATE idempotency_keys SET status = :status, response = :response
     WHERE actor = :actor AND key = :key AND status IS NULL
    """,
)
DELETE_OLD_KEYS = Query(
    None,
    """
    DELETE FROM idempotency_keys
     WHERE (actor, key) IN (SELECT actor, key FROM idempotency_keys
                             WHERE created_at < :before
                             ORDER BY created_at
                             LIMIT :piece::integer)
    """,
)
DELETE_KEY = Query(None, "DELETE FROM idempotency_keys WHERE actor = :actor AND key = :key")
DELETE_ACTOR_KEYS = Query(None, "DELETE FROM idempotency_keys WHERE actor = :actor")


def compute_fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Return the hash that identifies a request."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


async def run_despite_deadlocks[T](run: Callable[[], Awaitable[T]]) -> T:
    """Run one transaction, again if the server ends it because another one waits for it and it for that one.

    Nothing of the ended transaction stays, and the other one goes on. After three times its error is raised.
    """
    for _ in range(MAX_RUNS - 1):
        try:
            return await run()
        except asyncpg.DeadlockDetectedError:
            continue
    return await run()


async def begin_request(
    conn: Connection, seal: Seal, *, actor: str, key: str, fingerprint: bytes
) -> StoredResponse | None:
    """Claim a key in the caller's transaction; return the stored response if the request was handled before.

    After None the caller does the work and calls `finish_request` in the same transaction. Keys are kept for 30 days.

    Raises:
        IdempotencyKeyReused: the key was used with another fingerprint.
        RequestInProgress: a duplicate request has not ended; nothing was waited for.
    """
    try:
        if await INSERT_KEY.maybe(conn, actor=actor, key=key, fingerprint=fingerprint) is not None:
            return None
        stored = await COUNT_REPLAY.maybe(conn, actor=actor, key=key)
    except asyncpg.LockNotAvailableError as error:
        raise RequestInProgress(retry_after=1) from error
    if stored is None:
        # Another transaction has the key, or `delete_old_keys` deleted it between the two statements.
        raise RequestInProgress(retry_after=1)
    if stored.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if stored.status is None or stored.response is None:
        raise RequestInProgress(retry_after=1)
    try:
        return StoredResponse(stored.status, seal.open(stored.response, RESPONSE_CONTEXT).encode())
    except UnsealError as error:
        # Stored by a release that did not encrypt it, or under a secret that is no longer known.
        raise IdempotencyKeyReused from error


async def finish_request(conn: Connection, seal: Seal, *, actor: str, key: str, status: int, response: bytes) -> None:
    """Store the response, encrypted, that duplicate requests get; a stored response is never replaced."""
    sealed = seal.seal(response.decode(), RESPONSE_CONTEXT)
    await STORE_RESPONSE.run(conn, actor=actor, key=key, status=status, response=sealed)


async def free_key(conn: Connection, *, actor: str, key: str) -> None:
    """Delete a key, so that its request may be repeated, as when what it asked for was refused later."""
    await DELETE_KEY.run(conn, actor=actor, key=key)


async def delete_old_keys(db: Database, before: datetime) -> int:
    """Delete the keys with their responses that were first used before a moment of real time; return how many."""
    return await run_in_pieces(db, DELETE_OLD_KEYS, before=before)


async def delete_actor_keys(conn: Connection, actor: str) -> None:
    """Delete every key of an actor with its response."""
    await DELETE_ACTOR_KEYS.run(conn, actor=actor)
