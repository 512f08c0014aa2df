"""A queue that places many callers' orders in few transactions."""

import asyncio
from collections import deque
from typing import Self
from uuid import UUID

import asyncpg
from msgspec import Struct, field

from market.kernel import Busy, Connection, Database, Query
from market.kernel.database import limit_lock_wait
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.outcomes import ItemLocked, PlacementOutcome
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import PlacedOrder

MAX_BATCH = 64
MAX_QUEUED = 4_096
"""Further requests are refused as `Busy`."""
MAX_QUEUED_S = 5.0
"""A request that is queued for longer is refused as `Busy`."""
WRITERS = 2
PATIENCE_S = 0.02
"""How long a request is queued before a writer other than the first takes it: a batch costs little more than an order.
"""
MAX_ITEM_WAIT_MS = 2_000
"""How long a lane waits for its item before what needs it is refused as `Busy`."""
MAX_LANES = 4
"""How many locked items are waited for at once, each with a connection; requests for others share one more lane."""
RETRY_S = 0.1
"""How long the shared lane waits before it tries again."""
_SQLSTATES_OF_SOME_REQUESTS = ("22", "23", "P0", "40", "55", "57014")
"""SQLSTATEs, or their classes, of errors that only some requests of a batch may cause: data exceptions, constraints,
errors raised by functions, deadlocks, locks, and statements that took too long."""

# An id is that of a lot, of a stay, of a slot or of a buyer.
LOCK_ITEM = Query(
    int,
    """
    SELECT (SELECT count(*) FROM (SELECT FROM lots WHERE id = :id FOR NO KEY UPDATE) AS lot)::integer
         + (SELECT count(*) FROM (SELECT FROM rooms WHERE listing_id = :id ORDER BY id FOR NO KEY UPDATE) AS room)
           ::integer
         + (SELECT count(*) FROM (SELECT FROM slots WHERE id = :id FOR NO KEY UPDATE) AS slot)::integer
      FROM pg_advisory_xact_lock(7004, hashtext(:id::uuid::text))
    """,
)


class _QueuedRequest(Struct, eq=False):
    request: OrderRequest
    outcome: "asyncio.Future[PlacedOrder]"
    drop_at: float
    taken: bool = False

    def is_over(self) -> bool:
        """Return whether the request needs no writer any more; refuse it if it was queued for too long."""
        if not self.outcome.done() and self.outcome.get_loop().time() >= self.drop_at:
            self.outcome.set_exception(Busy())
        return self.outcome.done()

    def drop(self) -> None:
        """Refuse the request unless a writer has it."""
        if not self.taken and not self.outcome.done():
            self.outcome.set_exception(Busy())


class _Lane(Struct, eq=False):
    """The requests that wait for a locked item; `cart_ids` are what requests name of it."""

    cart_ids: set[UUID] = field(default_factory=set[UUID])
    queue: deque[_QueuedRequest] = field(default_factory=deque[_QueuedRequest])


class Batcher:
    """Places orders in batches: up to 64 queued requests become one transaction, with an outcome for each.

    The first writer takes the queued requests at once. A single request is placed immediately; under load the next
    batch fills while the previous one commits, and another writer takes it after 20 ms. A buyer has one request at a
    time in the batches. Requests for what another transaction keeps locked leave the queue for a lane of their own and
    delay nobody else. Use it as a context manager; on exit it waits until the queue is empty.
    """

    def __init__(self, db: Database, *, writers: int = WRITERS) -> None:
        self._db = db
        self._queue: deque[_QueuedRequest] = deque()
        self._filled = asyncio.Event()
        self._closing = False
        self._writers = writers
        self._tasks: list[asyncio.Task[None]] = []
        self._buyers: set[UUID] = set()
        self._lanes: dict[UUID | None, _Lane] = {}
        self._lane_tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._write(PATIENCE_S * (n > 0))) for n in range(self._writers)]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._closing = True
        self._filled.set()
        await asyncio.gather(*self._tasks)
        while self._lane_tasks:
            await asyncio.gather(*self._lane_tasks)

    async def place(self, request: OrderRequest) -> PlacedOrder:
        """Queue a request and return its order once it is committed. Refusals are those of `place.place`.

        Raises:
            Busy: the queue is full, the request was queued for 5 s, what it orders stays locked, or the batcher is
                closing.
        """
        if self._closing or not self._tasks or len(self._queue) >= MAX_QUEUED:
            raise Busy
        loop = asyncio.get_running_loop()
        queued = _QueuedRequest(request, loop.create_future(), loop.time() + MAX_QUEUED_S)
        self._queue.append(queued)
        self._filled.set()
        timer = loop.call_later(MAX_QUEUED_S, queued.drop)
        try:
            return await queued.outcome
        finally:
            timer.cancel()

    async def _write(self, patience: float) -> None:
        """Place what is queued until the batcher closes; leave it to the first writer for `patience` seconds."""
        while True:
            if self._queue and patience:
                queued_at = self._queue[0].drop_at - MAX_QUEUED_S
                left = queued_at + patience - asyncio.get_running_loop().time()
                if left > 0:
                    await asyncio.sleep(left)
                    continue
            batch = self._take_batch(self._queue)
            if batch:
                await self._place(batch)
                self._finish(batch)
            elif self._closing and not self._queue:
                return
            else:
                self._filled.clear()
                await self._filled.wait()

    def _take_batch(self, queue: deque[_QueuedRequest], *, in_lane: bool = False) -> list[_QueuedRequest]:
        """Take the next requests, one of each buyer; further ones stay queued until the first is placed."""
        batch: list[_QueuedRequest] = []
        others: list[_QueuedRequest] = []
        while queue and len(batch) < MAX_BATCH:
            queued = queue.popleft()
            if queued.is_over():
                continue
            busy_lane = None if in_lane else self._find_lane(queued.request)
            if busy_lane is not None:
                busy_lane.queue.append(queued)
            elif queued.request.buyer_id in self._buyers:
                others.append(queued)
            else:
                self._buyers.add(queued.request.buyer_id)
                queued.taken = True
                batch.append(queued)
        queue.extendleft(reversed(others))
        return batch

    def _find_lane(self, request: OrderRequest) -> _Lane | None:
        if not self._lanes:
            return None
        ids: set[UUID] = {request.buyer_id}
        ids.update(line.variant_id for _, line in request.lines)
        ids.update(each.listing_id for each in request.nights)
        return next((lane for lane in self._lanes.values() if ids & lane.cart_ids), None)

    def _finish(self, batch: list[_QueuedRequest]) -> None:
        """Let the next requests of the batch's buyers be taken."""
        self._buyers.difference_update(queued.request.buyer_id for queued in batch)
        self._filled.set()

    async def _place(
        self, batch: list[_QueuedRequest], *, item_id: UUID | None = None, skip_locked: bool = False
    ) -> None:
        """Place a batch and set the outcomes; with `item_id`, wait for the lock of that item first."""
        outcomes: list[PlacementOutcome]
        try:
            alone = item_id is None and not any(queued.request.writes_beside_order for queued in batch)
            async with self._db.connection() if alone else self._db.transaction() as conn:
                if item_id is not None:
                    await _wait_for_item(conn, item_id)
                requests = [queued.request for queued in batch]
                outcomes = await place_batch(conn, requests, skip_locked=skip_locked)
        except Exception as error:  # noqa: BLE001 - any error becomes the outcome of the requests it concerns
            if isinstance(error, asyncpg.LockNotAvailableError) and not skip_locked:
                await self._place(batch, skip_locked=True)
                return
            if len(batch) > 1 and _concerns_some_requests(error):
                middle = len(batch) // 2
                await self._place(batch[:middle], item_id=item_id, skip_locked=skip_locked)
                await self._place(batch[middle:], item_id=item_id, skip_locked=skip_locked)
                return
            outcomes = [error] * len(batch)
        for queued, outcome in zip(batch, outcomes, strict=True):
            self._set_outcome(queued, outcome)

    def _set_outcome(self, queued: _QueuedRequest, outcome: PlacementOutcome) -> None:
        queued.taken = False
        if isinstance(outcome, ItemLocked):
            self._wait_in_lane(queued, outcome)
        elif queued.outcome.done():
            return
        elif isinstance(outcome, Exception):
            queued.outcome.set_exception(outcome)
        else:
            queued.outcome.set_result(outcome)

    def _wait_in_lane(self, queued: _QueuedRequest, locked: ItemLocked) -> None:
        """Queue a request in the lane of the item that it found locked or, if there are many, in the shared one."""
        if queued.is_over():
            return
        item_id = locked.item_id if locked.item_id in self._lanes or len(self._lanes) < MAX_LANES else None
        lane = self._lanes.get(item_id)
        if lane is None:
            lane = self._lanes[item_id] = _Lane()
            task = asyncio.create_task(self._serve_lane(item_id, lane))
            self._lane_tasks.add(task)
            task.add_done_callback(self._lane_tasks.discard)
        lane.cart_ids |= locked.cart_ids
        lane.queue.append(queued)

    async def _serve_lane(self, item_id: UUID | None, lane: _Lane) -> None:
        """Place the requests of a lane as soon as its item is free; those of the shared lane are tried repeatedly."""
        while lane.queue:
            if item_id is None:
                await asyncio.sleep(RETRY_S)
            batch = self._take_batch(lane.queue, in_lane=True)
            if batch:
                await self._place(batch, item_id=item_id, skip_locked=True)
                self._finish(batch)
            else:  # the buyers have other requests in a batch
                await asyncio.sleep(0.01)
        del self._lanes[item_id]


async def _wait_for_item(conn: Connection, item_id: UUID) -> None:
    """Lock an item, as the first lock of the transaction, so that waiting for it cannot deadlock.

    Raises:
        Busy: it stays locked for 2 s.
    """
    await limit_lock_wait(conn, MAX_ITEM_WAIT_MS)
    try:
        await LOCK_ITEM.one(conn, id=item_id)
    except asyncpg.LockNotAvailableError as error:
        raise Busy from error


def _concerns_some_requests(error: Exception) -> bool:
    """Return whether an error may be caused by only some requests of a batch, so that the batch is divided."""
    if isinstance(error, asyncpg.PostgresError):
        return error.sqlstate.startswith(_SQLSTATES_OF_SOME_REQUESTS)
    return isinstance(error, ValueError) or not isinstance(error, (Busy, OSError, asyncpg.InterfaceError))
