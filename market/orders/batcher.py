"""A queue that places many callers' orders in few transactions."""

import asyncio
from collections import deque
from typing import Self
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Busy, Database
from market.orders.models import PlacedOrder
from market.orders.order_request import OrderRequest
from market.orders.placing import PlacementOutcome, place_batch

MAX_BATCH = 64
MAX_QUEUED = 4_096
"""Further requests are refused as `Busy`."""
WRITERS = 2
_SQLSTATES_OF_ONE_REQUEST = frozenset({"22", "23", "P0"})
"""SQLSTATE classes of errors in the data of a request: data exceptions, constraints, and errors raised by functions."""


class _QueuedRequest(Struct, frozen=True, eq=False):
    request: OrderRequest
    outcome: "asyncio.Future[PlacedOrder]"


class Batcher:
    """Places orders in batches: up to 64 queued requests become one transaction with an outcome for each.

    There is no timer: a free writer takes the queued requests at once. A single request is placed immediately; under
    load the next batch fills while the previous one commits. Use it as a context manager; on exit it waits until the
    queue is empty.
    """

    def __init__(self, db: Database, *, writers: int = WRITERS) -> None:
        self._db = db
        self._queue: deque[_QueuedRequest] = deque()
        self._filled = asyncio.Event()
        self._closing = False
        self._writers = writers
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._write()) for _ in range(self._writers)]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._closing = True
        self._filled.set()
        await asyncio.gather(*self._tasks)

    async def place(self, request: OrderRequest) -> PlacedOrder:
        """Queue a request and return its order once it is committed. Refusals are those of `market.orders.place`.

        Raises:
            Busy: the queue is full, or the batcher is closing.
        """
        if self._closing or not self._tasks or len(self._queue) >= MAX_QUEUED:
            raise Busy
        queued = _QueuedRequest(request, asyncio.get_running_loop().create_future())
        self._queue.append(queued)
        self._filled.set()
        return await queued.outcome

    async def _write(self) -> None:
        while True:
            batch = self._take_batch()
            if batch:
                await self._place(batch)
            elif self._closing:
                return
            else:
                self._filled.clear()
                await self._filled.wait()

    def _take_batch(self) -> list[_QueuedRequest]:
        """Take the next requests; the second of two with one key stays queued, and a later batch finds the order."""
        batch: list[_QueuedRequest] = []
        duplicates: list[_QueuedRequest] = []
        keys: set[tuple[UUID, str]] = set()
        while self._queue and len(batch) < MAX_BATCH:
            queued = self._queue.popleft()
            key = (queued.request.buyer_id, queued.request.key)
            if queued.outcome.done():  # the caller was cancelled
                continue
            (duplicates if key in keys else batch).append(queued)
            keys.add(key)
        self._queue.extendleft(reversed(duplicates))
        return batch

    async def _place(self, batch: list[_QueuedRequest]) -> None:
        outcomes: list[PlacementOutcome]
        try:
            async with self._db.transaction() as conn:
                outcomes = await place_batch(conn, [queued.request for queued in batch])
        except Exception as error:  # noqa: BLE001 - any error becomes the outcome of the requests it concerns
            if len(batch) > 1 and _concerns_one_request(error):
                for queued in batch:
                    await self._place([queued])
                return
            outcomes = [error] * len(batch)
        for queued, outcome in zip(batch, outcomes, strict=True):
            if queued.outcome.done():
                continue
            if isinstance(outcome, Exception):
                queued.outcome.set_exception(outcome)
            else:
                queued.outcome.set_result(outcome)


def _concerns_one_request(error: Exception) -> bool:
    """Return whether an error is about the data of one request, so that each is retried alone."""
    if isinstance(error, asyncpg.PostgresError):
        return error.sqlstate[:2] in _SQLSTATES_OF_ONE_REQUEST
    return isinstance(error, ValueError) or not isinstance(error, (Busy, OSError, asyncpg.InterfaceError))
