"""Many callers, few commits: what waits is placed together, and a lone caller waits for nobody."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Self
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Busy, Connection, Database, Fen, FieldFault, Query, Refusal
from market.orders.facts import IDS, STANDING, Standing, goods_of, stays_of
from market.orders.models import (
    MOST_WAITING,
    NightsHeld,
    NightsTaken,
    OrderId,
    OrderState,
    OtherOrderUnderKey,
    Placed,
    SoldOut,
    TooManyWaiting,
    WaitingForPayment,
)
from market.orders.rules import DraftLine, DraftSuborder
from market.orders.wish import Wish, draft, pay_until

MOST_AT_ONCE = 64
MOST_QUEUED = 4_096
"""Beyond this many waiting wishes the service is full, and says so at once."""
WRITERS = 2
_OF_ONE_WISH = frozenset({"22", "23", "P0"})
"""Classes of SQLSTATE that are about what was written: data, constraints, the schema's own checks."""


class Decided(Struct, frozen=True):
    """What the function says of one order of a batch; `lacking` is a lot or a stay."""

    n: int
    outcome: str
    number: int | None
    lacking: UUID | None
    left_units: int | None
    waiting: bool


PLACE_ORDERS = Query(
    Decided, "SELECT n, outcome, number, lacking, left_units, waiting FROM place_orders(:asked::jsonb)"
)
EMPTY_CARTS = Query(
    None,
    """
    WITH gone AS (SELECT * FROM unnest(:buyers::uuid[], :things::uuid[]) AS gone (buyer_id, thing_id)),
         lines AS (DELETE FROM cart_lines USING gone WHERE account_id = buyer_id AND variant_id = thing_id)
    DELETE FROM cart_nights USING gone WHERE account_id = buyer_id AND listing_id = thing_id
    """,
)

type Outcome = Placed | Exception


class _Waiting(Struct, frozen=True, eq=False):
    wish: Wish
    answer: "asyncio.Future[Placed]"


class Batcher:
    """Places orders: whatever waits (at most 64) becomes one transaction with a result for each.

    There is no timer: a writer takes what is there the moment it is free, so that a lone wish is placed at once, and a
    crowd fills the next batch while one is being committed. Use it as a context manager; leaving waits for what is
    queued.
    """

    def __init__(self, db: Database, *, writers: int = WRITERS) -> None:
        self._db = db
        self._queue: deque[_Waiting] = deque()
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

    async def place(self, wish: Wish) -> Placed:
        """Queue a wish and return its order once it is committed. Refusals are those of `market.orders.place`.

        Raises:
            Busy: too many wishes wait, or the batcher is closing.
        """
        if self._closing or not self._tasks or len(self._queue) >= MOST_QUEUED:
            raise Busy
        waiting = _Waiting(wish, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._filled.set()
        return await waiting.answer

    async def _write(self) -> None:
        while True:
            batch = self._take()
            if batch:
                await self._place(batch)
            elif self._closing:
                return
            else:
                self._filled.clear()
                await self._filled.wait()

    def _take(self) -> list[_Waiting]:
        """Take the next wishes; two under one key go into different batches, so that the second finds the first."""
        batch: list[_Waiting] = []
        twins: list[_Waiting] = []
        seen: set[tuple[UUID, str]] = set()
        while self._queue and len(batch) < MOST_AT_ONCE:
            waiting = self._queue.popleft()
            name = (waiting.wish.buyer_id, waiting.wish.key)
            if waiting.answer.done():  # its caller went away
                continue
            (twins if name in seen else batch).append(waiting)
            seen.add(name)
        self._queue.extendleft(reversed(twins))
        return batch

    async def _place(self, batch: list[_Waiting]) -> None:
        try:
            async with self._db.transaction() as conn:
                outcomes = await place_batch(conn, [waiting.wish for waiting in batch])
        except asyncpg.PostgresError as error:
            # One wish that the database cannot take must not pull the others down with it.
            if len(batch) > 1 and error.sqlstate[:2] in _OF_ONE_WISH:
                for waiting in batch:
                    await self._place([waiting])
                return
            outcomes = [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer to each who waits
            outcomes = [error] * len(batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(outcome, Exception):
                waiting.answer.set_exception(outcome)
            else:
                waiting.answer.set_result(outcome)


async def place_batch(conn: Connection, wishes: Sequence[Wish]) -> list[Outcome]:
    """Place the wishes (no two of one buyer and key) in the caller's transaction; return an answer for each.

    The number of statements does not depend on the number of wishes.
    """
    outcomes: dict[int, Outcome] = {}
    waiting: dict[int, int] = {}
    for standing in await _standing(conn, wishes):
        waiting[standing.n] = standing.waiting
        if standing.placed is not None:
            outcomes[standing.n] = _known(wishes[standing.n - 1], standing.placed, standing.fingerprint)
    drafts = await _drafts(conn, wishes, outcomes, waiting)
    if drafts:
        ids = iter(await IDS.all(conn, count=sum(_ids_needed(suborders) for suborders in drafts.values())))
        asked = _Asked()
        for n, suborders in drafts.items():
            asked.add(n, wishes[n - 1], suborders, ids)
        twins: list[int] = []
        for decided in await PLACE_ORDERS.all(conn, asked=asked.plain()):
            outcome = _outcome(decided, wishes[decided.n - 1], drafts[decided.n], asked.ids[decided.n])
            if outcome is None:
                twins.append(decided.n)
            else:
                outcomes[decided.n] = outcome
        for n, standing in zip(twins, await _standing(conn, [wishes[n - 1] for n in twins]), strict=True):
            assert standing.placed is not None, "a twin was committed before it was found"  # noqa: S101
            outcomes[n] = _known(wishes[n - 1], standing.placed, standing.fingerprint)
        await _empty_carts(conn, wishes, outcomes)
    return [outcomes[n] for n in range(1, len(wishes) + 1)]


async def _standing(conn: Connection, wishes: Sequence[Wish]) -> list[Standing]:
    if not wishes:
        return []
    rows = await STANDING.all(conn, buyers=[wish.buyer_id for wish in wishes], keys=[wish.key for wish in wishes])
    return sorted(rows, key=lambda row: row.n)


def _known(wish: Wish, placed: Placed, fingerprint: bytes | None) -> Outcome:
    return placed if fingerprint == wish.fingerprint else OtherOrderUnderKey()


async def _drafts(
    conn: Connection, wishes: Sequence[Wish], outcomes: dict[int, Outcome], waiting: dict[int, int]
) -> dict[int, list[DraftSuborder]]:
    """Work out each wish that is not answered yet; what cannot be ordered is answered here."""
    fresh = [(n, wish) for n, wish in enumerate(wishes, 1) if n not in outcomes]
    goods = await goods_of(conn, [line.variant_id for _, wish in fresh for _, line in wish.lines])
    nights = [each for _, wish in fresh for each in wish.nights]
    stays = await stays_of(conn, nights)
    drafts: dict[int, list[DraftSuborder]] = {}
    place = 1
    for n, wish in fresh:
        own = [stays.get(place + offset) for offset in range(len(wish.nights))]
        place += len(wish.nights)
        try:
            if waiting[n] >= MOST_WAITING:
                raise TooManyWaiting(most=MOST_WAITING)
            drafts[n] = draft(wish, goods, own)
        except Refusal as refusal:
            outcomes[n] = refusal
    return drafts


def _ids_needed(suborders: Sequence[DraftSuborder]) -> int:
    rooms = sum(line.quantity for each in suborders for line in each.lines if line.stay is not None)
    return 1 + len(suborders) + sum(len(each.lines) for each in suborders) + rooms


class _Asked:
    """The rows of a batch as `place_orders` takes them."""

    def __init__(self) -> None:
        self.ids: dict[int, UUID] = {}
        self._orders: list[dict[str, object]] = []
        self._suborders: list[dict[str, object]] = []
        self._lines: list[dict[str, object]] = []
        self._stays: list[dict[str, object]] = []

    def plain(self) -> dict[str, list[dict[str, object]]]:
        """Return the four lists by name."""
        return {
            "orders": self._orders,
            "suborders": self._suborders,
            "lines": self._lines,
            "stays": self._stays,
        }

    def add(self, n: int, wish: Wish, suborders: Sequence[DraftSuborder], ids: Iterator[UUID]) -> None:
        """Add one order with its parts."""
        order_id = self.ids[n] = next(ids)
        self._orders.append(
            {
                "n": n,
                "id": order_id,
                "buyer_id": wish.buyer_id,
                "key": wish.key,
                "fingerprint": wish.fingerprint.hex(),
                "region_code": wish.destination.region_code,
                "address": wish.destination.sealed.hex(),
                "goods_fen": sum(each.goods_fen for each in suborders),
                "freight_fen": sum(each.freight_fen for each in suborders),
                "discount_fen": 0,
                "placed_at": wish.now,
                "pay_until": pay_until(wish),
            }
        )
        for position, each in enumerate(suborders, 1):
            suborder_id = next(ids)
            self._suborders.append(
                {
                    "n": n,
                    "id": suborder_id,
                    "order_id": order_id,
                    "position": position,
                    "producer_id": each.producer_id,
                    "kind": each.kind,
                    "goods_fen": each.goods_fen,
                    "freight_fen": each.freight_fen,
                    "discount_fen": 0,
                    "commission_bp": each.commission_bp,
                }
            )
            for line_position, line in enumerate(each.lines, 1):
                self._add_line(n, suborder_id, line_position, line, ids)

    def _add_line(self, n: int, suborder_id: UUID, position: int, line: DraftLine, ids: Iterator[UUID]) -> None:
        line_id = next(ids)
        self._lines.append(
            {
                "n": n,
                "id": line_id,
                "suborder_id": suborder_id,
                "position": position,
                "listing_id": line.listing_id,
                "variant_id": line.variant_id,
                "title": line.title,
                "unit": line.unit,
                "quantity": line.quantity,
                "price_fen": line.price_fen,
                "amount_fen": line.amount_fen,
                "lot_id": line.lot_id,
                "units": 0 if line.lot_id is None else line.units,
            }
        )
        if line.stay is not None:
            nights = line.stay.nights
            self._stays.append(
                {
                    "n": n,
                    "suborder_id": suborder_id,
                    "line_id": line_id,
                    "listing_id": line.listing_id,
                    "arrive": nights[0][0],
                    "leave": nights[-1][0].fromordinal(nights[-1][0].toordinal() + 1),
                    "room_fen": line.price_fen,
                    "bookings": [next(ids) for _ in range(line.quantity)],
                    "prices": [{"night": night, "fen": price} for night, price in nights],
                }
            )


def _outcome(decided: Decided, wish: Wish, suborders: Sequence[DraftSuborder], order_id: UUID) -> Outcome | None:
    """Return the answer that the function's word stands for; None for an order whose twin was there first."""
    lines = [line for each in suborders for line in each.lines]
    if decided.outcome == "placed":
        assert decided.number is not None  # noqa: S101 - a placed order has its number
        return _placed(order_id, decided.number, wish, suborders)
    if decided.outcome == "known":
        return None
    if decided.outcome == "nights_taken":
        line = next(line for line in lines if line.stay is not None and line.listing_id == decided.lacking)
        kind = NightsHeld if decided.waiting else NightsTaken
        return kind(title=line.title, minutes=wish.pay_minutes, errors=(FieldFault(line.field, "这几晚房间不够"),))
    short = [line for line in lines if line.lot_id == decided.lacking]
    first = short[0]
    left = (decided.left_units or 0) // (first.units // first.quantity)
    return (WaitingForPayment if decided.waiting else SoldOut)(
        title=first.title,
        left=left,
        unit=first.unit,
        minutes=wish.pay_minutes,
        errors=tuple(FieldFault(line.field, f"只剩 {left} {first.unit}") for line in short),
    )


def _placed(order_id: UUID, number: int, wish: Wish, suborders: Sequence[DraftSuborder]) -> Placed:
    goods = sum(each.goods_fen for each in suborders)
    freight = sum(each.freight_fen for each in suborders)
    return Placed(
        OrderId(order_id), number, OrderState.PLACED, Fen(goods), Fen(freight), Fen(0), Fen(goods + freight), wish.now,
        pay_until(wish),
    )  # fmt: skip


async def _empty_carts(conn: Connection, wishes: Sequence[Wish], outcomes: dict[int, Outcome]) -> None:
    gone: list[tuple[UUID, UUID]] = []
    for n, wish in enumerate(wishes, 1):
        if wish.from_cart and isinstance(outcomes[n], Placed):
            gone += [(wish.buyer_id, line.variant_id) for _, line in wish.lines]
            gone += [(wish.buyer_id, each.listing_id) for each in wish.nights]
    if gone:
        await EMPTY_CARTS.run(conn, buyers=[buyer for buyer, _ in gone], things=[thing for _, thing in gone])
