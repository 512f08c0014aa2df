"""Many buyers order a few boxes at once (`market demo race`) through the real checkout, counted in the database."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from msgspec import Struct

from market.catalogue.stock.lots import set_available_units
from market.catalogue.stock.models import LotId
from market.kernel import Connection, Database, Query, Refusal
from market.kernel.seal import Seal
from market.people.identity.models import AccountId
from market.sales.orders.address import Address, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, VariantId
from payments.ledger.verification import verify_ledger

BOXES = 50
MAX_BUYERS = 1_000
BATCHERS = 2
ADDRESS = Address("样例买家", "13900000000", "130100", "样例路 1 号")


class RaceResult(Struct, frozen=True):
    """The result: boxes sold, buyers refused, boxes sold beyond the stock."""

    sold: int
    told: int
    oversold: int
    listing: UUID


class NoRaceTarget(Refusal):
    """There is no sample product or there are no sample buyers."""

    code = "nothing_to_rush"
    zh = "没有可以抢购的样例商品或样例买家，请先装入样例数据。"
    en = "There is no sample product or no sample buyer; load the sample data first."


class _RaceTarget(Struct, frozen=True):
    listing_id: UUID
    variant_id: UUID
    lot_id: UUID
    lot_units_per_item: int


class _RaceCount(Struct, frozen=True):
    orders: int
    boxes: int


GET_RACE_TARGET = Query(
    _RaceTarget,
    """
    SELECT listings.id AS listing_id, variants.id AS variant_id, lot_id, lot_units_per_item
      FROM listings
      JOIN producers ON producers.id = listings.producer_id AND producers.state = 'open'
      JOIN variants ON variants.listing_id = listings.id AND variants.position IS NOT NULL
     WHERE listings.state = 'live' AND listings.kind = 'product' AND lot_id IS NOT NULL
       AND (:listing_id::uuid IS NULL OR listings.id = :listing_id)
     ORDER BY unit = '箱' DESC, lot_units_per_item, listings.number, variants.position
     LIMIT 1
    """,
)
# Buyers with the fewest unpaid orders, so that none has reached the limit.
LIST_SAMPLE_BUYERS = Query(
    UUID,
    """
    SELECT id FROM accounts
     WHERE sample AND closed_at IS NULL
     ORDER BY (SELECT count(*) FROM orders WHERE buyer_id = accounts.id AND state = 'placed'), id
     LIMIT :limit
    """,
)
COUNT_RACE_ORDERS = Query(
    _RaceCount,
    """
    SELECT count(DISTINCT orders.id)::integer AS orders, coalesce(sum(quantity), 0)::integer AS boxes
      FROM orders JOIN suborders ON order_id = orders.id JOIN order_lines ON suborder_id = suborders.id
     WHERE buyer_id = ANY(:buyers::uuid[]) AND starts_with(key, :prefix)
    """,
)


async def run_race(
    db: Database,
    seal: Seal,
    *,
    listing_id: UUID | None = None,
    buyers: int = 200,
    boxes: int = BOXES,
    now: datetime,
    tick: Callable[[], None] = lambda: None,
) -> RaceResult:
    """Let `buyers` (≤ 1,000) order one box each at once, of `boxes` available; call `tick` after each outcome.

    The listing's stock is set to `boxes` first, and the ledger is verified afterwards. The orders stay unpaid until
    they expire.

    Raises:
        NoRaceTarget: the listing is not on sale, or there are no sample accounts.
    """
    run = f"rush:{uuid4()}"
    async with db.transaction() as conn:
        target, people = await _load_target(conn, listing_id, min(buyers, MAX_BUYERS))
        await set_available_units(
            conn, LotId(target.lot_id), units=boxes * target.lot_units_per_item, reference=run, now=now
        )
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
        count = await COUNT_RACE_ORDERS.one(conn, buyers=list(set(people)), prefix=run)
        findings = await verify_ledger(conn)
    assert not findings, f"the ledger does not verify: {findings}"
    return RaceResult(count.boxes, len(people) - count.orders, max(0, count.boxes - boxes), target.listing_id)


async def _load_target(conn: Connection, listing_id: UUID | None, buyers: int) -> tuple[_RaceTarget, list[UUID]]:
    target = await GET_RACE_TARGET.maybe(conn, listing_id=listing_id)
    people = await LIST_SAMPLE_BUYERS.all(conn, limit=buyers)
    if target is None or not people:
        raise NoRaceTarget
    return target, [people[number % len(people)] for number in range(buyers)]
