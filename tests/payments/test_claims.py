"""Work that is claimed in batches: a slow or failing item delays no other, and no event is handled twice in effect."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from payments import Connection, Database, PaymentEvent, handle_events
from payments.outbox import publish_event
from payments.retries import BatchSummary, StoredTogether, run_claimed

AT = datetime(2019, 9, 20, 1, tzinfo=UTC)
TOPICS = ["test.happened"]


class Queue:
    """Numbers to claim; remembers for how many each claim asked."""

    def __init__(self, count: int) -> None:
        self.waiting = list(range(count))
        self.rooms: list[int] = []
        self.done: list[int] = []
        self.failed: list[int] = []

    async def claim(self, room: int) -> list[int]:
        self.rooms.append(room)
        await asyncio.sleep(0)
        claimed, self.waiting = self.waiting[:room], self.waiting[room:]
        return claimed

    async def fail(self, item: int, _error: Exception) -> None:
        self.failed.append(item)


async def test_slow_items_occupy_their_own_places_only() -> None:
    queue, others_done = Queue(40), asyncio.Event()

    async def work(item: int) -> None:
        if item < 3:
            await others_done.wait()
        queue.done.append(item)
        if len(queue.done) == 37:
            others_done.set()

    async with asyncio.timeout(5):
        assert await run_claimed(queue.claim, work, queue.fail, concurrency=4) == BatchSummary(done=40)
    assert sorted(queue.done[-3:]) == [0, 1, 2]


async def test_no_more_items_are_claimed_than_there_are_free_places() -> None:
    queue, running, highest = Queue(50), 0, 0

    async def work(_item: int) -> None:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        await asyncio.sleep(0.001)
        running -= 1

    assert await run_claimed(queue.claim, work, queue.fail, concurrency=5, limit=30) == BatchSummary(done=30)
    assert (highest, max(queue.rooms), len(queue.waiting)) == (5, 5, 20)


async def test_a_failing_item_is_recorded_and_the_others_are_done_too() -> None:
    queue = Queue(10)

    async def work(item: int) -> None:
        if item == 4:
            raise KeyError(item)

    assert await run_claimed(queue.claim, work, queue.fail, concurrency=3) == BatchSummary(done=9, failed=1)
    assert queue.failed == [4]


async def test_the_items_in_progress_end_before_an_error_of_the_claim_is_raised() -> None:
    queue = Queue(0)

    async def claim(_room: int) -> list[int]:
        queue.rooms.append(1)
        if len(queue.rooms) == 2:
            raise ConnectionRefusedError
        return [7]

    async def work(item: int) -> None:
        await asyncio.sleep(0.01)
        queue.done.append(item)

    with pytest.raises(ConnectionRefusedError):
        await run_claimed(claim, work, queue.fail, concurrency=2)
    assert queue.done == [7]


async def test_results_that_arrive_during_a_statement_are_stored_by_the_next_one() -> None:
    batches: list[list[int]] = []

    async def store(results: Sequence[int]) -> None:
        batches.append(list(results))
        await asyncio.sleep(0.01)

    together = StoredTogether(store)
    await asyncio.gather(*(together.add(number) for number in range(6)))
    assert batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_result_that_was_not_stored_is_reported_to_everybody_in_its_batch() -> None:
    async def store(results: Sequence[int]) -> None:
        await asyncio.sleep(0.01)
        if 3 in results:
            raise ConnectionResetError

    together = StoredTogether(store)
    first = asyncio.create_task(together.add(0))
    await asyncio.sleep(0)
    outcomes = await asyncio.gather(*(together.add(number) for number in (2, 3, 4)), return_exceptions=True)
    await first
    assert [type(outcome) for outcome in outcomes] == [ConnectionResetError] * 3
    await together.add(5)


async def publish(database: Database, count: int) -> None:
    async with database.transaction() as conn:
        for number in range(count):
            await publish_event(conn, TOPICS[0], order=f"O-{number % 7}", facts={"n": number}, at=AT)


async def test_several_workers_and_requests_handle_each_event_once_in_effect(
    database: Database, owner: Connection
) -> None:
    """The requests take over what workers have claimed: the statement that consumes decides, not the lease."""
    await owner.execute("CREATE TABLE effects (n integer); GRANT ALL ON effects TO PUBLIC")
    await publish(database, 70)

    async def handle(conn: Connection, event: PaymentEvent) -> None:
        await conn.execute("INSERT INTO effects VALUES ($1)", event.facts["n"])
        await asyncio.sleep(0.002)

    handled = await asyncio.gather(
        *(handle_events(database, TOPICS, handle) for _ in range(4)),
        *(handle_events(database, TOPICS, handle, order=f"O-{number}") for number in range(7)),
    )
    assert sum(map(len, handled)) == 70
    assert await owner.fetchval("SELECT array_agg(n ORDER BY n) FROM effects") == list(range(70))


async def test_a_failing_event_is_due_again_and_leaves_no_effect_and_its_neighbours_do(
    database: Database, owner: Connection
) -> None:
    await owner.execute("CREATE TABLE effects (n integer); GRANT ALL ON effects TO PUBLIC")
    await publish(database, 9)
    reported: list[object] = []

    async def handle(conn: Connection, event: PaymentEvent) -> int:
        await conn.execute("INSERT INTO effects VALUES ($1)", event.facts["n"])
        if event.facts["n"] == 4:
            await conn.execute("SELECT 1 / 0")
        return int(event.facts["n"] or 0)

    def report(event: PaymentEvent, error: Exception) -> None:
        reported.append((event.facts["n"], type(error).__name__))

    assert sorted(await handle_events(database, TOPICS, handle, failed=report)) == [0, 1, 2, 3, 5, 6, 7, 8]
    assert reported == [(4, "DivisionByZeroError")]
    assert await owner.fetchval("SELECT array_agg(n ORDER BY n) FROM effects") == [0, 1, 2, 3, 5, 6, 7, 8]
    assert await handle_events(database, TOPICS, handle) == []
    row = await owner.fetchrow(
        "SELECT attempts, error, round(extract(epoch FROM next_at - clock_timestamp()))::integer BETWEEN 1 AND 5"
        " FROM payments.events"
    )
    assert row is not None
    assert tuple(row) == (1, "DivisionByZeroError: division by zero", True)


async def test_what_a_worker_had_claimed_when_it_died_is_handled_when_its_lease_ends(
    database: Database, owner: Connection
) -> None:
    await publish(database, 3)

    async def hang(_conn: Connection, _event: PaymentEvent) -> None:
        await asyncio.sleep(60)

    async def handle(_conn: Connection, event: PaymentEvent) -> object:
        return event.facts["n"]

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await handle_events(database, TOPICS, hang)
    assert await handle_events(database, TOPICS, handle) == []
    assert await handle_events(database, TOPICS, handle, order="O-1") == [1]
    await owner.execute("UPDATE payments.events SET next_at = now()")
    assert sorted(map(str, await handle_events(database, TOPICS, handle))) == ["0", "2"]
