"""One response per request: duplicates, replays, and other requests under the same key."""

import asyncio
import time

import pytest

from market.kernel import Database
from market.kernel.idempotency import (
    IdempotencyKeyReused,
    RequestInProgress,
    StoredResponse,
    begin_request,
    compute_fingerprint,
    finish_request,
)
from payments import post
from payments.ledger.journal import get_balance
from tests.support.make import SEAL

ONE = compute_fingerprint("POST", "/orders", b'{"box": 1}')
OTHER = compute_fingerprint("POST", "/orders", b'{"box": 2}')
LEGS = [("clearing:bank", -1), ("escrow:I-1", 1)]


async def claim(
    database: Database, fingerprint: bytes = ONE, actor: str = "buyer", key: str = "k"
) -> StoredResponse | None:
    async with database.transaction() as conn:
        return await begin_request(conn, SEAL, actor=actor, key=key, fingerprint=fingerprint)


def test_a_fingerprint_distinguishes_method_path_and_body() -> None:
    fingerprints = {
        ONE,
        OTHER,
        compute_fingerprint("PUT", "/orders", b'{"box": 1}'),
        compute_fingerprint("POST", "/order", b's{"box": 1}'),
    }
    assert len(fingerprints) == 4
    assert compute_fingerprint("POST", "/orders", b'{"box": 1}') == ONE


async def handle(database: Database, response: bytes = b"made", *, actor: str = "buyer", key: str = "k") -> None:
    """Handle a request: claim its key and store a response in one transaction."""
    async with database.transaction() as conn:
        assert await begin_request(conn, SEAL, actor=actor, key=key, fingerprint=ONE) is None
        await finish_request(conn, SEAL, actor=actor, key=key, status=201, response=response)


async def test_a_repeated_request_gets_the_stored_response(database: Database) -> None:
    await handle(database)
    async with database.transaction() as conn:
        await finish_request(conn, SEAL, actor="buyer", key="k", status=500, response=b"never")
    assert await claim(database) == StoredResponse(201, b"made")


async def test_a_replay_commits_a_write(database: Database) -> None:
    await handle(database)
    async with database.transaction() as conn:
        await begin_request(conn, SEAL, actor="buyer", key="k", fingerprint=ONE)
        assert await conn.fetchval("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT replays FROM idempotency_keys") == 1


async def test_another_request_under_the_same_key_is_refused(database: Database) -> None:
    await handle(database)
    with pytest.raises(IdempotencyKeyReused) as refused:
        await claim(database, OTHER)
    assert refused.value.status == 422


async def test_two_actors_may_use_the_same_key(database: Database) -> None:
    assert await claim(database) is None
    assert await claim(database, OTHER, actor="another") is None


async def test_a_key_without_a_response_is_in_progress(database: Database) -> None:
    await claim(database)
    with pytest.raises(RequestInProgress) as refused:
        await claim(database)
    assert (refused.value.status, refused.value.facts) == (409, {"retry_after": 1})


async def test_twenty_concurrent_duplicates_run_once_and_get_the_same_response(database: Database) -> None:
    async def run_once() -> bytes:
        while True:
            try:
                async with database.transaction() as conn:
                    stored = await begin_request(conn, SEAL, actor="buyer", key="k", fingerprint=ONE)
                    if stored is not None:
                        return stored.body
                    number = await post(conn, key="one", kind="x", legs=LEGS)
                    response = str(number).encode()
                    await finish_request(conn, SEAL, actor="buyer", key="k", status=201, response=response)
                    return response
            except RequestInProgress:
                await asyncio.sleep(0.01)

    answers = await asyncio.gather(*(run_once() for _ in range(20)))
    assert len(set(answers)) == 1
    async with database.connection() as conn:
        assert await get_balance(conn, "escrow:I-1") == 1
        assert await conn.fetchval("SELECT replays FROM idempotency_keys") == 19


async def test_a_duplicate_of_a_running_request_is_answered_at_once(database: Database) -> None:
    async with database.transaction() as conn:
        await begin_request(conn, SEAL, actor="buyer", key="k", fingerprint=ONE)
        began = time.monotonic()
        with pytest.raises(RequestInProgress):
            await claim(database)
        # A wait for the row would end after the lock timeout of 4 s.
        assert time.monotonic() - began < 2
        assert await claim(database, key="another") is None
