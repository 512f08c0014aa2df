"""Benchmarks of the ledger and the webhooks, against the same rows written without the ledger's checks."""

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

from market.kernel.postgres.embedded import embedded_server
from market.kernel.postgres.migrate import create_database
from payments import Database, apply_events, open_database, post, receive, start
from payments.migrate import migrate
from payments.sandbox import Sandbox, running
from payments.sandbox.webhooks import sign
from payments.sql import Connection
from payments.stripe import Stripe
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.support.sandbox_payments import get_provider_ref, list_messages, load_payment, open_test_payment

CONNECTIONS = 16
FACTS = 4_000
FACTS_BEFORE = 1_000
MESSAGES = 3_000
CHARGES = 60
AT_ONCE = 4
"""The worker's concurrent queries of charges."""

# The rows of a captured payment of two parts, without triggers, floors or locked balances.
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
    INSERT INTO bare.inbox (provider, event_id, topic, object_ref) VALUES ('stripe', $1, $2, 'pi_nobody')
"""


class Environment(Struct, frozen=True):
    """A durable server with only the library's tables, and the sandbox behind Stripe's own client."""

    db: Database
    gateway: Stripe
    sandbox: Sandbox
    repeats: int
    numbers: Iterator[int]


@asynccontextmanager
async def payments_environment(*, quick: bool) -> AsyncGenerator[Environment]:
    """Yield the environment of the payment figures."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        await create_database(server.dsn("postgres"), "bench")
        await asyncio.to_thread(migrate, server.dsn("bench"))
        owner = await asyncpg.connect(server.dsn("bench"))
        await owner.execute(BARE_TABLES)
        await owner.close()
        db = await open_database(server.dsn("bench"), max_size=CONNECTIONS)
        async with running() as sandbox, Stripe("sk_test_sample", sandbox.secret, base=sandbox.url) as gateway:
            environment = Environment(db, gateway, sandbox, 2 if quick else 5, itertools.count(1))
            await _fill_ledger(environment, server.dsn("bench"))
            yield environment
        await db.close()


async def _all_at_once(
    environment: Environment, count: int, work: Callable[[Connection, int], Awaitable[object]]
) -> int:
    """Run work `count` times over all connections, each with its own number."""
    todo = iter([next(environment.numbers) for _ in range(count)])

    async def worker() -> None:
        async with environment.db.connection() as conn:
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


async def _fill_ledger(environment: Environment, dsn: str) -> None:
    """Fill and analyse the ledger first, so that the planner knows the size of its tables."""
    await _all_at_once(environment, FACTS_BEFORE, _post)
    owner = await asyncpg.connect(dsn)
    await owner.execute("ANALYZE")
    await owner.close()


async def ledger_facts(environment: Environment) -> Row:
    """Measure facts of three legs posted and committed per second; the limit writes the rows in one bare statement."""
    return await in_pairs(
        "ledger_facts",
        "facts/s",
        repeats=environment.repeats,
        limit=lambda: _all_at_once(environment, FACTS, _post_bare),
        ours=lambda: _all_at_once(environment, FACTS, _post),
    )


def _sign_message(environment: Environment) -> tuple[str, dict[str, str], bytes]:
    """Return a new message with the provider's signature."""
    number = f"evt_bench_{next(environment.numbers)}"
    thing = {"object": "payment_intent", "id": "pi_nobody"}
    event = {
        "id": number,
        "object": "event",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {"object": thing},
    }
    body = json.dumps(event).encode()
    return number, {"Stripe-Signature": sign(body, environment.sandbox.secret)}, body


async def webhook_received(environment: Environment) -> Row:
    """Measure messages verified, stored and committed per second; the limit inserts the same rows unverified."""

    async def ours() -> int:
        todo = iter(prepared)

        async def worker() -> None:
            for _, headers, body in todo:
                await receive(environment.db, environment.gateway, headers, body)

        await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
        return MESSAGES

    async def bare() -> int:
        todo = iter(prepared)

        async def worker() -> None:
            async with environment.db.connection() as conn:
                for number, _, _ in todo:
                    await conn.execute(BARE_MESSAGE, number, "payment_intent.succeeded")

        await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
        return MESSAGES

    rows: list[Row] = []
    for _ in range(environment.repeats):
        prepared = [_sign_message(environment) for _ in range(MESSAGES)]
        rows.append(await in_pairs("webhook_received", "messages/s", repeats=1, limit=bare, ours=ours))
    return sorted(rows, key=lambda row: row.ratio)[len(rows) // 2]


async def _receive_paid(environment: Environment) -> list[str]:
    """Receive the messages of newly paid payments, and return the provider's references."""
    refs: list[str] = []
    for _ in range(CHARGES):
        payment = await open_test_payment(environment.db, order=f"C-{next(environment.numbers)}")
        await start(environment.db, environment.gateway, payment.id)
        refs.append(get_provider_ref(await load_payment(environment.db, payment.id)))
        await environment.sandbox.pay(refs[-1])
        for headers, body in (await list_messages(environment.sandbox, refs[-1]))[-1:]:
            await receive(environment.db, environment.gateway, headers, body)
    return refs


async def webhook_applied(environment: Environment) -> Row:
    """Measure payments captured and booked per second by the worker; the limit only fetches each from the provider."""

    async def ours() -> int:
        applied = await apply_events(environment.db, environment.gateway, limit=1000)
        assert applied.done == CHARGES, applied
        return CHARGES

    async def bare() -> int:
        todo = iter(refs)

        async def worker() -> None:
            for ref in todo:
                await environment.gateway.get_charge(ref)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return CHARGES

    async with environment.db.transaction() as conn:
        await conn.execute("DELETE FROM payments.inbox WHERE object_ref = 'pi_nobody'")
    rows: list[Row] = []
    for _ in range(environment.repeats):
        refs = await _receive_paid(environment)
        rows.append(await in_pairs("webhook_applied", "payments/s", repeats=1, limit=bare, ours=ours))
    return sorted(rows, key=lambda row: row.ratio)[len(rows) // 2]


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "ledger_facts": ledger_facts,
    "webhook_received": webhook_received,
    "webhook_applied": webhook_applied,
}
"""The figures of the group `payments`, by name."""
