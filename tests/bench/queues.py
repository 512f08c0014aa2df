"""Benchmarks of the worker's queues: what orders cause, handled with 10,000 items waiting, and what waking it costs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from market.kernel import Connection, Database, open_database
from market.kernel.database import APP_ROLE
from market.people.identity.models import Actor
from market.people.notify.models import Message
from market.people.notify.queue import queue_message
from market.people.notify.send import NOTICES, send_due_messages
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import Line, VariantId
from market.sales.orders.pay import pay_order
from payments import GuardedGateway, Method, PaymentId, apply_events, finish_operations, request_refund
from payments.models import PaymentState, RefundState
from payments.outbox import publish_event
from payments.port import Action, Charge, ChargeRequest, Ok, Outcome, RefundReport, RefundRequest
from payments.stripe import Stripe
from payments.webhooks import INSERT_MESSAGE
from tests.bench.pairs import in_pairs
from tests.bench.shop import CALLERS, Environment, Row
from tests.support.make import DESTINATION, SEAL

ANSWER_SECONDS = 0.02
"""How long the providers of payments and of text messages take for an answer."""
WEBHOOKS = 400
EVENTS = 400
REFUNDS = 200
NOTICES_WAITING = 10_000 - WEBHOOKS - EVENTS - REFUNDS
CAUSED = 4 * WEBHOOKS + 3 * EVENTS + 3 * REFUNDS
"""A webhook causes an event, and an event messages to the buyer and the farm; a refund an event and a message."""
WRITERS = 24
COMMITS_EACH = 150
POLL_SECONDS = 0.5
COMMITS = 1_500
MARK_ONE_DONE = (
    "WITH due AS (SELECT id FROM bench_jobs WHERE done_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE bench_jobs SET done_at = now() FROM due WHERE bench_jobs.id = due.id"
)


class LocalProvider(Stripe):
    """A provider in this process that answers after a while: every charge is paid, and every refund succeeds."""

    def __init__(self) -> None:
        super().__init__("sk_test_bench", "whsec_bench")
        self._charges: dict[str, Charge] = {}

    async def create(self, request: ChargeRequest, key: str) -> Outcome[Charge]:
        """Create a charge at once, which is not part of the measurement."""
        ref, action = f"pi_{request.payment_id}", Action("https://provider.example", None, None)
        amount, paid = request.amount, PaymentState.CAPTURED
        self._charges[ref] = Charge(ref, request.payment_id, paid, amount, amount.minor)
        return Ok(Charge(ref, request.payment_id, PaymentState.REQUIRES_ACTION, amount, 0, action))

    async def get_charge(self, ref: str) -> Charge | None:
        """Return a paid charge."""
        await asyncio.sleep(ANSWER_SECONDS)
        return self._charges[ref]

    async def refund(self, request: RefundRequest, key: str) -> Outcome[RefundReport]:
        """Refund."""
        await asyncio.sleep(ANSWER_SECONDS)
        ref = f"re_{request.refund_id}"
        return Ok(RefundReport(ref, request.refund_id, request.attempt, RefundState.SUCCEEDED, request.amount))


class LocalPort:
    """A provider of text messages in this process."""

    async def send(self, message: Message) -> str:
        """Accept a message after a while."""
        await asyncio.sleep(ANSWER_SECONDS)
        return str(message.id)


async def _open_payments(environment: Environment, gateway: LocalProvider, count: int) -> list[PaymentId]:
    """Place orders of one line and start their payments."""
    numbers, opened = iter(range(count)), list[PaymentId]()

    async def caller(batcher: Batcher) -> None:
        for number in numbers:
            buyer = environment.buyers[number % len(environment.buyers)]
            line = Line(VariantId(environment.variants[number % len(environment.variants)]), 1)
            order = await place(batcher, buyer, [line], address=DESTINATION, key=str(uuid4()))
            actor = Actor(buyer, "样例买家", None, (), ())
            started = await pay_order(
                environment.db, gateway, actor, order.id, method=Method.ALIPAY, return_url=None, now=datetime.now(UTC)
            )
            opened.append(started.payment_id)

    async with Batcher(environment.db) as batcher:
        await asyncio.gather(*(caller(batcher) for _ in range(CALLERS // 8)))
    return opened


async def _store_webhooks(db: Database, payments: Sequence[PaymentId]) -> None:
    async with db.transaction() as conn:
        await INSERT_MESSAGE.run_many(
            conn,
            [
                {
                    "provider": "stripe",
                    "event_id": f"evt_{payment_id}",
                    "topic": "payment_intent.succeeded",
                    "object_ref": f"pi_{payment_id}",
                }
                for payment_id in payments
            ],
        )


async def _apply_all_webhooks(db: Database, gateway: LocalProvider) -> None:
    while (await apply_events(db, gateway, limit=1000)).done:
        pass


async def _fill_queues(environment: Environment, gateway: LocalProvider) -> None:
    """Let 10,000 items wait: refunds of paid orders, events of captured payments, webhooks and messages."""
    db, now = environment.db, datetime.now(UTC)
    payments = await _open_payments(environment, gateway, REFUNDS + EVENTS + WEBHOOKS)
    await _store_webhooks(db, payments[:REFUNDS])
    await _apply_all_webhooks(db, gateway)
    await apply_payment_events(db, None, SEAL, now=now)
    await send_due_messages(db, SEAL, LocalPort(), now=now, lanes=(NOTICES,))
    async with db.transaction() as conn:
        for payment_id in payments[:REFUNDS]:
            await request_refund(conn, payment_id, amount_minor=45_00, key=f"bench {payment_id}", at=now)
    await _store_webhooks(db, payments[REFUNDS : REFUNDS + EVENTS])
    await _apply_all_webhooks(db, gateway)
    await _store_webhooks(db, payments[REFUNDS + EVENTS :])
    async with db.transaction() as conn:
        for number in range(NOTICES_WAITING):
            phone = f"139{number:08}"
            await queue_message(conn, SEAL, phone=phone, template="to_ship", facts={"count": "1"}, now=now)


COUNT_WAITING = """
    SELECT (SELECT count(*) FROM messages WHERE dead_at IS NULL)
         + (SELECT count(*) FROM payments.inbox WHERE state IN ('new', 'parked'))
         + (SELECT count(*) FROM payments.events WHERE dead_at IS NULL)
         + (SELECT count(*) FROM payments.operations WHERE state IN ('pending', 'sent', 'unknown'))
"""


async def _handle_all(environment: Environment, gateway: LocalProvider) -> int:
    """Run the worker's polls until nothing waits; return how many items were handled."""
    db, now, guarded, port = environment.db, datetime.now(UTC), GuardedGateway(gateway), LocalPort()

    async def repeat(work: Callable[[], Awaitable[object]]) -> None:
        while True:
            await work()
            await asyncio.sleep(0.1)

    polls = [
        asyncio.create_task(repeat(work))
        for work in (
            lambda: apply_events(db, guarded, at=now),
            lambda: apply_payment_events(db, None, SEAL, now=now),
            lambda: finish_operations(db, guarded, at=now),
            lambda: send_due_messages(db, SEAL, port, now=now, lanes=(NOTICES,)),
        )
    ]
    async with db.connection() as conn:
        while await conn.fetchval(COUNT_WAITING):
            for each in polls:
                assert not each.done(), each.exception()
            await asyncio.sleep(0.1)
    for each in polls:
        each.cancel()
        with suppress(asyncio.CancelledError):
            await each
    return CAUSED + NOTICES_WAITING


async def jobs_per_second(environment: Environment) -> Row:
    """Measure items handled a second with 10,000 waiting; the limit marks rows as done, one commit after another."""

    async def bare() -> int:
        async with environment.db.connection() as conn:
            for _ in range(COMMITS):
                await conn.execute(MARK_ONE_DONE)
        return COMMITS

    async def handle() -> int:
        return await _handle_all(environment, gateway)

    owner = await asyncpg.connect(environment.dsn)
    await owner.execute(
        "CREATE TABLE bench_jobs (id bigint PRIMARY KEY, done_at timestamptz);"
        "CREATE INDEX ON bench_jobs (id) WHERE done_at IS NULL; GRANT SELECT, UPDATE ON bench_jobs TO market_app"
    )
    rows, gateway = list[Row](), LocalProvider()
    for _ in range(max(1, environment.repeats // 2)):
        await _fill_queues(environment, gateway)
        await owner.execute("TRUNCATE bench_jobs")
        await owner.execute(f"INSERT INTO bench_jobs SELECT generate_series(1, {10 * COMMITS})")
        await owner.execute("ANALYZE")
        rows.append(await in_pairs("jobs_per_second", "items/s", repeats=1, limit=bare, ours=handle))
    await owner.execute("DROP TABLE bench_jobs")
    await owner.close()
    await gateway.aclose()
    return sorted(rows, key=lambda row: row.ratio)[len(rows) // 2]


async def commits_with_wakeup(environment: Environment) -> Row:
    """Measure commits a second of 24 connections that each write an event while the worker polls for events.

    The limit writes the same row into a table that nobody polls. Nobody handles the events of either.
    """
    owner = await asyncpg.connect(environment.dsn)
    await owner.execute(
        "CREATE TABLE bench_events (LIKE payments.events INCLUDING ALL); GRANT INSERT ON bench_events TO market_app"
    )
    db = await open_database(environment.dsn, role=APP_ROLE, max_size=WRITERS)
    bare_sql = "INSERT INTO bench_events (topic, order_ref, facts, at) VALUES ($1, $2, $3, $4)"
    at = datetime.now(UTC)

    async def write_bare(conn: Connection) -> None:
        await conn.execute(bare_sql, "bench.written", "bench", {}, at)

    async def write_event(conn: Connection) -> None:
        await publish_event(conn, "bench.written", order="bench", facts={}, at=at)

    async def commit_all(write: Callable[[Connection], Awaitable[object]]) -> int:
        todo = iter(range(WRITERS * COMMITS_EACH))

        async def writer() -> None:
            async with db.connection() as conn:
                for _ in todo:
                    async with conn.transaction():
                        await write(conn)

        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        return WRITERS * COMMITS_EACH

    async def poll() -> None:
        while True:
            await apply_payment_events(environment.db, None, SEAL, now=at)
            await asyncio.sleep(POLL_SECONDS)

    async def forget() -> None:
        await owner.execute("TRUNCATE bench_events; DELETE FROM payments.events WHERE topic = 'bench.written'")
        await owner.execute("VACUUM payments.events")

    polling = asyncio.create_task(poll())
    row = await in_pairs(
        "commits_with_wakeup",
        "commits/s",
        repeats=environment.repeats,
        limit=lambda: commit_all(write_bare),
        ours=lambda: commit_all(write_event),
        reset=forget,
    )
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    await db.close()
    await owner.execute("DROP TABLE bench_events")
    await owner.close()
    return row


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "commits_with_wakeup": commits_with_wakeup,
    "jobs_per_second": jobs_per_second,
}
"""The figures of the queues in the group `shop`."""
