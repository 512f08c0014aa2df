"""A rush at a few boxes, as `market demo race` shows it: the real checkout, counted from the database afterwards."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from msgspec import Struct

from market.identity import AccountId
from market.kernel import Connection, Database, Query, Refusal
from market.kernel.seal import Seal
from market.orders.address import Address, seal_address
from market.orders.batcher import Batcher
from market.orders.models import Line, VariantId
from market.orders.place import place
from market.stock import LotId, set_left
from payments.verification import verify

BOXES = 50
MOST_BUYERS = 1_000
BATCHERS = 2
ADDRESS = Address("样例买家", "13900000000", "130100", "样例路 1 号")


class Rush(Struct, frozen=True):
    """What came of it: boxes sold, buyers told that there are no more, boxes sold beyond the stock."""

    sold: int
    told: int
    oversold: int
    listing: UUID


class NothingToRush(Refusal):
    """The market has no product to rush at, or nobody to do it: it holds no sample data."""

    code = "nothing_to_rush"
    zh = "没有可以抢购的样例商品或样例买家，请先装入样例数据。"
    en = "There is no sample product, or no sample buyer; load the sample data first."


class _Target(Struct, frozen=True):
    listing_id: UUID
    variant_id: UUID
    lot_id: UUID
    takes: int


class _Count(Struct, frozen=True):
    orders: int
    boxes: int


TARGET = Query(
    _Target,
    """
    SELECT listings.id AS listing_id, variants.id AS variant_id, lot_id, takes
      FROM listings
      JOIN producers ON producers.id = listings.producer_id AND producers.state = 'open'
      JOIN variants ON variants.listing_id = listings.id
     WHERE listings.state = 'live' AND listings.kind = 'product' AND lot_id IS NOT NULL
       AND (:listing_id::uuid IS NULL OR listings.id = :listing_id)
     ORDER BY unit = '箱' DESC, takes, listings.number, variants.position
     LIMIT 1
    """,
)
# Buyers who hold the fewest unpaid orders, so that nobody is at the bound of them.
BUYERS = Query(
    UUID,
    """
    SELECT id FROM accounts
     WHERE sample AND closed_at IS NULL
     ORDER BY (SELECT count(*) FROM orders WHERE buyer_id = accounts.id AND state = 'placed'), id
     LIMIT :most
    """,
)
COUNT = Query(
    _Count,
    """
    SELECT count(DISTINCT orders.id)::integer AS orders, coalesce(sum(quantity), 0)::integer AS boxes
      FROM orders JOIN suborders ON order_id = orders.id JOIN order_lines ON suborder_id = suborders.id
     WHERE buyer_id = ANY(:buyers::uuid[]) AND starts_with(key, :prefix)
    """,
)


async def rush(
    db: Database,
    seal: Seal,
    *,
    listing_id: UUID | None = None,
    buyers: int = 200,
    boxes: int = BOXES,
    now: datetime,
    tick: Callable[[], None] = lambda: None,
) -> Rush:
    """Let `buyers` (≤ 1,000) order one box each at once, `boxes` being left; `tick` is called at each answer.

    The listing's stock is set to `boxes` by a count first. Afterwards the ledger is verified. The orders stay as they
    are: unpaid, until their time is over.

    Raises:
        NothingToRush: the listing is not on sale, or there are no sample accounts.
    """
    run = f"rush:{uuid4()}"
    async with db.transaction() as conn:
        target, people = await _prepare(conn, listing_id, min(buyers, MOST_BUYERS))
        await set_left(conn, LotId(target.lot_id), units=boxes * target.takes, reference=run, now=now)
    address = seal_address(seal, ADDRESS)

    async def one(batcher: Batcher, number: int, buyer: UUID) -> None:
        try:
            await place(
                batcher,
                AccountId(buyer),
                [Line(VariantId(target.variant_id), 1)],
                address=address,
                key=f"{run}:{number}",
                now=now,
            )
        except Refusal:
            pass
        finally:
            tick()

    async with Batcher(db, writers=BATCHERS) as batcher, asyncio.TaskGroup() as group:
        for number, buyer in enumerate(people):
            group.create_task(one(batcher, number, buyer))
    async with db.connection() as conn:
        count = await COUNT.one(conn, buyers=list(set(people)), prefix=run)
        findings = await verify(conn)
    assert not findings, f"the ledger does not verify: {findings}"  # noqa: S101 - our bug, and an alarm
    return Rush(count.boxes, len(people) - count.orders, max(0, count.boxes - boxes), target.listing_id)


async def _prepare(conn: Connection, listing_id: UUID | None, buyers: int) -> tuple[_Target, list[UUID]]:
    target = await TARGET.maybe(conn, listing_id=listing_id)
    people = await BUYERS.all(conn, most=buyers)
    if target is None or not people:
        raise NothingToRush
    return target, [people[number % len(people)] for number in range(buyers)]
