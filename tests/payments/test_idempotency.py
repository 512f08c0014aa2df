"""One answer per request: twins, replays, other bodies, and runs that died."""

import asyncio
from datetime import timedelta

import pytest

from payments import (
    Begun,
    Database,
    KeyReused,
    Replay,
    StillRunning,
    begin,
    fingerprint,
    finish,
    forget_old_keys,
    give_up,
    post,
    remember,
)
from payments.ledger import balance
from payments.sql import Connection

ONE = fingerprint("POST", "/orders", b'{"box": 1}')
OTHER = fingerprint("POST", "/orders", b'{"box": 2}')
LEGS = [("clearing:bank", -1), ("escrow:I-1", 1)]


async def claim(database: Database, print_: bytes = ONE, actor: str = "buyer", key: str = "k") -> Begun | Replay:
    async with database.transaction() as conn:
        return await begin(conn, actor=actor, key=key, fingerprint=print_)


def test_a_fingerprint_tells_requests_apart() -> None:
    prints = {ONE, OTHER, fingerprint("PUT", "/orders", b'{"box": 1}'), fingerprint("POST", "/order", b's{"box": 1}')}
    assert len(prints) == 4
    assert fingerprint("POST", "/orders", b'{"box": 1}') == ONE


async def test_a_repeated_request_gets_the_stored_answer(database: Database) -> None:
    assert await claim(database) == Begun(None)
    async with database.transaction() as conn:
        await finish(conn, actor="buyer", key="k", status=201, answer=b"made")
        await finish(conn, actor="buyer", key="k", status=500, answer=b"never")
    assert await claim(database) == Replay(201, b"made")


async def test_a_replay_commits_a_write_of_its_own(database: Database) -> None:
    await claim(database)
    async with database.transaction() as conn:
        await finish(conn, actor="buyer", key="k", status=201, answer=b"made")
    async with database.transaction() as conn:
        await begin(conn, actor="buyer", key="k", fingerprint=ONE)
        assert await conn.fetchval("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT replays FROM payments.idempotency") == 1


async def test_another_request_under_the_same_key_is_refused(database: Database) -> None:
    await claim(database)
    with pytest.raises(KeyReused) as refused:
        await claim(database, OTHER)
    assert refused.value.status == 422
    async with database.transaction() as conn:
        await finish(conn, actor="buyer", key="k", status=201, answer=b"made")
    with pytest.raises(KeyReused):
        await claim(database, OTHER)


async def test_two_actors_may_choose_the_same_key(database: Database) -> None:
    assert await claim(database) == Begun(None)
    assert await claim(database, OTHER, actor="another") == Begun(None)


async def test_while_a_request_runs_its_twin_is_told_to_wait(database: Database) -> None:
    await claim(database)
    with pytest.raises(StillRunning) as refused:
        await claim(database)
    assert (refused.value.status, refused.value.facts) == (409, {"retry_after": 1})


async def test_a_run_that_died_is_taken_over_where_it_stopped(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        await begin(conn, actor="buyer", key="k", fingerprint=ONE)
        await remember(conn, actor="buyer", key="k", subject="order 7")
    await owner.execute("UPDATE payments.idempotency SET locked_until = now()")
    assert await claim(database) == Begun("order 7")
    with pytest.raises(StillRunning):
        await claim(database)


async def test_twenty_twins_at_once_do_it_once_and_all_get_the_answer(database: Database) -> None:
    async def once() -> bytes:
        while True:
            try:
                async with database.transaction() as conn:
                    claimed = await begin(conn, actor="buyer", key="k", fingerprint=ONE)
                    if isinstance(claimed, Replay):
                        return claimed.answer
                    number = await post(conn, key="one", kind="x", legs=LEGS)
                    answer = str(number).encode()
                    await finish(conn, actor="buyer", key="k", status=201, answer=answer)
                    return answer
            except StillRunning:
                await asyncio.sleep(0.01)

    answers = await asyncio.gather(*(once() for _ in range(20)))
    assert len(set(answers)) == 1
    async with database.connection() as conn:
        assert await balance(conn, "escrow:I-1") == 1
        assert await conn.fetchval("SELECT replays FROM payments.idempotency") == 19


async def test_a_twin_that_waited_too_long_is_told_to_come_again(database: Database) -> None:
    async with database.transaction() as conn:
        await begin(conn, actor="buyer", key="k", fingerprint=ONE)
        async with database.connection() as other:
            await other.execute("SET lock_timeout = 50")
            with pytest.raises(StillRunning):
                async with other.transaction():
                    await begin(other, actor="buyer", key="k", fingerprint=ONE)
            await other.execute("RESET lock_timeout")


async def test_a_request_that_made_nothing_frees_its_key(database: Database) -> None:
    await claim(database)
    async with database.transaction() as conn:
        await give_up(conn, actor="buyer", key="k")
    assert await claim(database, OTHER) == Begun(None)
    async with database.transaction() as conn:
        await finish(conn, actor="buyer", key="k", status=200, answer=b"")
        await give_up(conn, actor="buyer", key="k")
    assert await claim(database, OTHER) == Replay(200, b"")


async def test_old_keys_are_forgotten(database: Database, owner: Connection) -> None:
    await claim(database, key="old")
    await owner.execute("UPDATE payments.idempotency SET begun_at = now() - interval '31 days'")
    await claim(database, key="new")
    async with database.transaction() as conn:
        assert await forget_old_keys(conn) == 1
        assert await forget_old_keys(conn, older_than=timedelta(0)) == 1
