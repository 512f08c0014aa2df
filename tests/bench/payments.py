"""How fast money is booked and messages are taken, against the same rows written without the ledger's guards."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from msgspec import Struct

from market.kernel.embedded import embedded_server
from market.kernel.migrate import create_database
from payments import Database, apply_events, open_database, post, receive, start
from payments.migrate import migrate
from payments.sandbox import Sandbox, running
from payments.sandbox.hooks import sign
from payments.sql import Connection
from payments.stripe import Stripe
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.payments.shop import look, messages, opened, ref_of

CONNECTIONS = 16
FACTS = 4_000
FACTS_BEFORE = 1_000
MESSAGES = 3_000
CHARGES = 60
AT_ONCE = 4
"""As many charges as the worker asks about at a time."""

# The rows of a captured payment of two parts without keys that differ, triggers, floors or balances to lock.
BARE_TABLES = """
    CREATE SCHEMA bare;
    CREATE TABLE bare.transactions (LIKE payments.transactions INCLUDING ALL);
    ALTER TABLE bare.transactions ALTER posted_in SET DEFAULT pg_current_xact_id();
    CREATE TABLE bare.accounts (LIKE payments.accounts INCLUDING ALL);
    CREATE TABLE bare.balances (LIKE payments.balances INCLUDING ALL);
    CREATE TABLE bare.postings (LIKE payments.postings INCLUDING ALL);
    CREATE TABLE bare.inbox (LIKE payments.inbox INCLUDING ALL);
"""
BARE_FACT = """
    WITH fact AS (
        INSERT INTO bare.transactions (key, kind, order_ref, at) VALUES ($1, 'paid', $2, $3) RETURNING id
    ), made AS (
        INSERT INTO bare.accounts (code, kind, currency, floor_minor, keep_balance)
        SELECT code, 'escrow', 'CNY', 0, true FROM unnest($4::text[]) AS code RETURNING id
    ), kept AS (
        INSERT INTO bare.balances (account_id, amount_minor, floor_minor)
        SELECT id, 7300, 0 FROM made RETURNING account_id
    )
    INSERT INTO bare.postings (transaction_id, seq, account_id, amount_minor)
    SELECT fact.id, row_number() OVER (), account_id, amount
      FROM fact, (SELECT account_id, 7300 AS amount FROM kept UNION ALL SELECT 1, -14600) AS legs
"""
BARE_MESSAGE = """
    INSERT INTO bare.inbox (provider, event_id, topic, object_ref, body) VALUES ('stripe', $1, $2, 'pi_nobody', $3)
"""


class Ground(Struct, frozen=True):
    """A durable server with the library's tables alone, and the sandbox behind Stripe's own client."""

    db: Database
    gateway: Stripe
    sandbox: Sandbox
    repeats: int
    numbers: Iterator[int]


@asynccontextmanager
async def payments_ground(*, quick: bool) -> AsyncGenerator[Ground]:
    """Lend the ground of the figures of payments."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        await create_database(server.dsn("postgres"), "bench")
        await asyncio.to_thread(migrate, server.dsn("bench"))
        owner = await asyncpg.connect(server.dsn("bench"))
        await owner.execute(BARE_TABLES)
        await owner.close()
        db = await open_database(server.dsn("bench"), max_size=CONNECTIONS)
        async with running() as sandbox, Stripe("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
            ground = Ground(db, gateway, sandbox, 2 if quick else 5, itertools.count(1))
            await _trade(ground, server.dsn("bench"))
            yield ground
        await db.close()


async def _all_at_once(ground: Ground, count: int, work: Callable[[Connection, int], Awaitable[object]]) -> int:
    """Do a piece of work `count` times on as many connections as there are, each piece with its own number."""
    todo = iter([next(ground.numbers) for _ in range(count)])

    async def worker() -> None:
        async with ground.db.connection() as conn:
            for number in todo:
                await work(conn, number)

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return count


async def _post(conn: Connection, number: int) -> None:
    await post(
        conn,
        key=f"paid:{number}",
        kind="paid",
        order=f"B-{number}",
        at=datetime.now(UTC),
        legs=[("clearing:alipay", -146_00), (f"escrow:B-{number}-1", 73_00), (f"escrow:B-{number}-2", 73_00)],
    )


async def _post_bare(conn: Connection, number: int) -> None:
    codes = [f"escrow:B-{number}-1", f"escrow:B-{number}-2"]
    await conn.execute(BARE_FACT, f"paid:{number}", f"B-{number}", datetime.now(UTC), codes)


async def _trade(ground: Ground, dsn: str) -> None:
    """Make a ledger that has traded before: plans are made for tables of a size that the planner knows."""
    await _all_at_once(ground, FACTS_BEFORE, _post)
    owner = await asyncpg.connect(dsn)
    await owner.execute("ANALYZE")
    await owner.close()


async def ledger_facts(ground: Ground) -> Row:
    """Facts of three legs posted a second, each committed; the limit writes the same rows in one bare statement."""
    return await in_pairs(
        "ledger_facts",
        "facts/s",
        repeats=ground.repeats,
        limit=lambda: _all_at_once(ground, FACTS, _post_bare),
        ours=lambda: _all_at_once(ground, FACTS, _post),
    )


def _signed(ground: Ground) -> tuple[str, dict[str, str], bytes]:
    """Return a message nobody has seen, as the provider signs it."""
    number = f"evt_bench_{next(ground.numbers)}"
    thing = {"object": "payment_intent", "id": "pi_nobody"}
    event = {
        "id": number,
        "object": "event",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {"object": thing},
    }
    body = json.dumps(event).encode()
    return number, {"Stripe-Signature": sign(body, ground.sandbox.secret)}, body


async def webhook_received(ground: Ground) -> Row:
    """Messages verified and stored a second, each committed; the limit inserts the same rows unread."""

    async def ours() -> int:
        todo = iter(prepared)

        async def worker() -> None:
            for _, headers, body in todo:
                await receive(ground.db, ground.gateway, headers, body)

        await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
        return MESSAGES

    async def bare() -> int:
        todo = iter(prepared)

        async def worker() -> None:
            async with ground.db.connection() as conn:
                for number, _, body in todo:
                    await conn.execute(BARE_MESSAGE, number, "payment_intent.succeeded", body)

        await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
        return MESSAGES

    rows: list[Row] = []
    for _ in range(ground.repeats):
        prepared = [_signed(ground) for _ in range(MESSAGES)]
        rows.append(await in_pairs("webhook_received", "messages/s", repeats=1, limit=bare, ours=ours))
    return sorted(rows, key=lambda row: row.ratio)[len(rows) // 2]


async def _paid(ground: Ground) -> list[str]:
    """Take the messages of payments that were just paid, and return the provider's references."""
    refs: list[str] = []
    for _ in range(CHARGES):
        payment = await opened(ground.db, order=f"C-{next(ground.numbers)}")
        await start(ground.db, ground.gateway, payment.id)
        refs.append(ref_of(await look(ground.db, payment.id)))
        await ground.sandbox.pay(refs[-1])
        for headers, body in (await messages(ground.sandbox, refs[-1]))[-1:]:
            await receive(ground.db, ground.gateway, headers, body)
    return refs


async def webhook_applied(ground: Ground) -> Row:
    """Payments captured and booked a second by the worker; the limit only asks the provider about each."""

    async def ours() -> int:
        applied = await apply_events(ground.db, ground.gateway, limit=1000)
        assert applied.done == CHARGES, applied
        return CHARGES

    async def bare() -> int:
        todo = iter(refs)

        async def worker() -> None:
            for ref in todo:
                await ground.gateway.charge(ref)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return CHARGES

    async with ground.db.transaction() as conn:
        await conn.execute("UPDATE payments.inbox SET state = 'done' WHERE object_ref = 'pi_nobody'")
    rows: list[Row] = []
    for _ in range(ground.repeats):
        refs = await _paid(ground)
        rows.append(await in_pairs("webhook_applied", "payments/s", repeats=1, limit=bare, ours=ours))
    return sorted(rows, key=lambda row: row.ratio)[len(rows) // 2]


FIGURES: dict[str, Callable[[Ground], Awaitable[Row]]] = {
    "ledger_facts": ledger_facts,
    "webhook_received": webhook_received,
    "webhook_applied": webhook_applied,
}
"""The group `payments`: each figure by its name."""
