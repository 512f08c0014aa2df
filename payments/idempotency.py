"""One answer per request, however often it is sent: a key, a fingerprint of the request, the stored answer."""

import hashlib
from datetime import timedelta

import asyncpg
from msgspec import Struct

from payments.errors import Refusal
from payments.sql import Connection, Query

LOCK_SECONDS = 60
"""How long a request is taken to be running; after that a twin takes it over where it stopped."""
KEPT = timedelta(days=30)


class KeyReused(Refusal):
    """The key came with another request before."""

    code = "idempotency_key_reused"
    status = 422
    zh = "这个 Idempotency-Key 已用于另一个请求。"
    en = "This Idempotency-Key was used for another request."


class StillRunning(Refusal):
    """The same request is being carried out at this moment; `retry_after` is in seconds."""

    code = "request_running"
    zh = "同一请求正在处理，请稍候。"
    en = "The same request is being carried out; try again in {retry_after} s."


class Begun(Struct, frozen=True):
    """The request is ours to carry out; `subject` is what a run that died had made already, or None."""

    subject: str | None


class Replay(Struct, frozen=True):
    """The request was answered before, and this is the answer."""

    status: int
    answer: bytes


class _Kept(Struct, frozen=True):
    fingerprint: bytes
    subject: str | None
    status: int | None
    answer: bytes | None
    running: bool


BEGIN = Query(
    str,
    """
    INSERT INTO payments.idempotency (actor, key, fingerprint, locked_until)
    VALUES (:actor, :key, :fingerprint, clock_timestamp() + interval '60 seconds')
    ON CONFLICT (actor, key) DO NOTHING
    RETURNING key
    """,
)
LOCK = Query(
    _Kept,
    """
    SELECT fingerprint, subject, status, answer, locked_until > clock_timestamp() AS running
      FROM payments.idempotency
     WHERE actor = :actor AND key = :key
       FOR NO KEY UPDATE
    """,
)
TAKE_OVER = Query(
    None,
    """
    UPDATE payments.idempotency SET locked_until = clock_timestamp() + interval '60 seconds'
     WHERE actor = :actor AND key = :key
    """,
)
# A write, so that the replay's commit waits for the standby as the first answer's did: without it an answer could be
# repeated whose own commit is then lost.
COUNT_REPLAY = Query(None, "UPDATE payments.idempotency SET replays = replays + 1 WHERE actor = :actor AND key = :key")
REMEMBER = Query(None, "UPDATE payments.idempotency SET subject = :subject WHERE actor = :actor AND key = :key")
FINISH = Query(
    None,
    """
    UPDATE payments.idempotency SET status = :status, answer = :answer
     WHERE actor = :actor AND key = :key AND status IS NULL
    """,
)
GIVE_UP = Query(
    None, "DELETE FROM payments.idempotency WHERE actor = :actor AND key = :key AND status IS NULL AND subject IS NULL"
)
FORGET = Query(
    None,
    """
    DELETE FROM payments.idempotency
     WHERE (actor, key) IN (SELECT actor, key FROM payments.idempotency
                             WHERE begun_at < clock_timestamp() - :older_than::interval ORDER BY begun_at LIMIT 10000)
    """,
)


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Return what a request is recognised by."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


async def begin(conn: Connection, *, actor: str, key: str, fingerprint: bytes) -> Begun | Replay:
    """Claim a request, or return the answer it got before; in the caller's transaction, which must be committed.

    A caller that carries out everything in this one transaction calls `finish` in it too, and a twin waits for it. One
    that calls a provider in between commits after `remember`, and `finish`es in a later transaction. Keys are kept for
    30 days.

    Raises:
        KeyReused: the key came with another fingerprint.
        StillRunning: a twin is at it.
    """
    try:
        fresh = await BEGIN.maybe(conn, actor=actor, key=key, fingerprint=fingerprint)
        if fresh is not None:
            return Begun(None)
        kept = await LOCK.maybe(conn, actor=actor, key=key)
    except asyncpg.LockNotAvailableError as error:
        raise StillRunning(retry_after=1) from error
    if kept is None:
        raise StillRunning(retry_after=1)
    if kept.fingerprint != fingerprint:
        raise KeyReused
    if kept.status is not None and kept.answer is not None:
        await COUNT_REPLAY.run(conn, actor=actor, key=key)
        return Replay(kept.status, kept.answer)
    if kept.running:
        raise StillRunning(retry_after=1)
    await TAKE_OVER.run(conn, actor=actor, key=key)
    return Begun(kept.subject)


async def remember(conn: Connection, *, actor: str, key: str, subject: str) -> None:
    """Note what the request has made, in the transaction that makes it: whoever takes over goes on from there."""
    await REMEMBER.run(conn, actor=actor, key=key, subject=subject)


async def finish(conn: Connection, *, actor: str, key: str, status: int, answer: bytes) -> None:
    """Store the answer that every repetition gets; the first one stays."""
    await FINISH.run(conn, actor=actor, key=key, status=status, answer=answer)


async def give_up(conn: Connection, *, actor: str, key: str) -> None:
    """Forget a request that made nothing, so that its key may be used again; one with a subject or answer stays."""
    await GIVE_UP.run(conn, actor=actor, key=key)


async def forget_old_keys(conn: Connection, *, older_than: timedelta = KEPT) -> int:
    """Forget keys past their time, at most 10,000; return how many."""
    return await FORGET.run(conn, older_than=older_than)
