"""Load the sample data in four transactions, so that an interrupted load resumes where it stopped."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.storage.files import FileStore
from market.people.storage.photos import prepare_drawing
from market.sales.reviews.score import refresh_figures_after
from market.service.demo.sample.accounts import DEMO_COUNTY, NEIGHBOUR_COUNTIES, SampleLogin, list_logins
from market.service.demo.sample.copy_rows import copy_rows
from market.service.demo.sample.county.neighbours import simulate_neighbours
from market.service.demo.sample.county.simulate_months import ANALYSE_COUNTY, EXISTS_CYCLE, CountySimulation
from market.service.demo.sample.divisions import load_divisions
from market.service.demo.sample.sales.run import EXISTS_SALES, simulate_sales
from market.service.demo.sample.shop.coupons import add_sample_coupons
from market.service.demo.sample.shop.listings import add_listings
from market.service.demo.sample.shop.make_shop import SampleShop, make_shop
from market.service.demo.sample.shop.order_rows import LedgerFact
from market.service.demo.sample.shop.payouts import add_sample_payouts
from market.service.demo.sample.shop.pickup_point import add_sample_pickup_point
from market.service.demo.sample.shop.tracked_parcels import add_tracked_parcels
from payments.sql import prepare_connection

SEED = 20260401
_SHOP_STEPS = 3
_FACT_BATCH_SIZE = 512
type Progress = Callable[[str, int, int], None]
"""Called with a phase, the work done and its total."""


class SampleSummary(Struct, frozen=True):
    """The rows loaded now (none for parts loaded before), and the sample logins."""

    accounts: list[SampleLogin]
    counts: dict[str, int]


EXISTS_SHOP = Query(bool, "SELECT EXISTS (SELECT FROM listings WHERE sample)")
# Posted by the ledger's own function in order of time, so that escrow never goes below zero.
POST_FACTS = Query(
    int,
    """
    SELECT count(payments.post(key, kind, order_ref, at, 'CNY', codes, amounts))
      FROM (SELECT *
              FROM jsonb_to_recordset(:facts::jsonb)
                AS f (n integer, key text, kind text, order_ref text, at timestamptz, codes text[], amounts bigint[])
             ORDER BY n) AS facts
    """,
)
ADVANCE_NUMBERS = Query(
    None,
    """
    SELECT setval(pg_get_serial_sequence('orders', 'number'), greatest((SELECT max(number) FROM orders), 1)),
           setval(pg_get_serial_sequence('producers', 'number'), greatest((SELECT max(number) FROM producers), 1))
    """,
)
# As `write_orders` does when an order is placed.
COPY_PERISHABLE = (
    "UPDATE order_lines SET perishable = false FROM listings WHERE listings.id = listing_id AND NOT listings.perishable"
)
# Of 3,000 rows a table instead of 30,000: enough for the plans of a load, and ANALYZE runs a dozen times in it.
COARSE_STATISTICS = "SET default_statistics_target = 10"
FULL_STATISTICS = "RESET default_statistics_target"
ANALYSE_LEDGER = "ANALYZE payments.accounts, payments.balances, payments.transactions, payments.postings"
ANALYSE_SHOP = (
    "ANALYZE accounts, listings, variants, lots, orders, suborders, order_lines, bookings, taken_nights, reviews,"
    " payments.payments, payments.accounts, payments.transactions, payments.postings"
)


class _LoadContext(Struct, frozen=True):
    """The arguments of a load."""

    conn: Connection
    seed: int
    scale: int
    settings: Settings
    seal: Seal
    files: FileStore
    now: datetime
    progress: Progress


async def load_sample(
    owner_dsn: str,
    settings: Settings,
    seal: Seal,
    files: FileStore,
    *,
    now: datetime,
    progress: Progress,
    seed: int = SEED,
    scale: int = 100,
) -> SampleSummary:
    """Load the samples into a migrated database, as its owner; parts that are already loaded are skipped.

    Equal seeds and `now` yield equal rows. `scale` is the percentage of households and orders, at least 2. Opens four
    transactions of its own: the shop with its orders, the subsidies, those of the counties around, which have one size,
    and sales with everything that may follow them.
    """
    conn = await asyncpg.connect(owner_dsn)
    counts: dict[str, int] = {}
    try:
        await prepare_connection(conn)
        await conn.execute(COARSE_STATISTICS)
        load = _LoadContext(conn, seed, scale, settings, seal, files, now, progress)
        async with conn.transaction():
            if not await EXISTS_SHOP.one(conn):
                counts |= await _load_shop(load)
        async with conn.transaction():
            if not await EXISTS_CYCLE.one(conn, county=DEMO_COUNTY):
                counts |= await _load_county(load)
        async with conn.transaction():
            if not await EXISTS_CYCLE.one(conn, county=NEIGHBOUR_COUNTIES[0]):
                counts |= await _load_neighbours(load)
        # Nothing else looks at them soon: autovacuum waits until a tenth of a table has changed.
        await conn.execute(FULL_STATISTICS)
        await conn.execute(ANALYSE_SHOP)
        await conn.execute(ANALYSE_COUNTY)
        async with conn.transaction():
            if not await EXISTS_SALES.one(conn):
                counts |= await simulate_sales(
                    conn, seal, files, settings, now=now, report=lambda done, total: progress("买卖", done, total)
                )
    finally:
        await conn.close()
    return SampleSummary(list_logins(seal), counts)


async def _load_county(load: _LoadContext) -> dict[str, int]:
    county = CountySimulation(
        load.conn,
        load.seal,
        load.files,
        await load_divisions(load.conn, {DEMO_COUNTY}),
        seed=load.seed,
        scale=load.scale,
        now=load.now,
        report=lambda done, total: load.progress("补贴", done, total),
    )
    return await county.run()


async def _load_neighbours(load: _LoadContext) -> dict[str, int]:
    return await simulate_neighbours(
        load.conn,
        load.seal,
        await load_divisions(load.conn, set(NEIGHBOUR_COUNTIES)),
        seed=load.seed,
        now=load.now,
        report=lambda done, total: load.progress("邻县", done, total),
    )


async def _load_shop(load: _LoadContext) -> dict[str, int]:
    conn, progress = load.conn, load.progress
    progress("店铺", 0, _SHOP_STEPS)
    shop = await make_shop(conn, load.seed, load.settings, load.seal, share_percent=load.scale, now=load.now)
    progress("店铺", 1, _SHOP_STEPS)
    for done, (photo, drawing) in enumerate(zip(shop.photos, shop.pictures, strict=True), 1):
        await prepare_drawing(load.files, drawing, width=photo.width, height=photo.height)
        progress("图片", done, len(shop.photos))
    await _copy_shop(conn, shop)
    progress("店铺", 2, _SHOP_STEPS)
    await _copy_orders(conn, shop)
    await ADVANCE_NUMBERS.run(conn)
    progress("店铺", _SHOP_STEPS, _SHOP_STEPS)
    await _post_facts(conn, _sort_facts(shop.orders.facts), progress)
    await conn.execute(ANALYSE_SHOP)
    await add_sample_payouts(conn, load.seed, load.seal, now=load.now)
    await add_tracked_parcels(conn)
    await add_sample_pickup_point(conn, load.seed, load.seal, now=load.now)
    await add_sample_coupons(conn, load.seed, load.seal, now=load.now)
    after: UUID | None = UUID(int=0)
    while after is not None:
        after = (await refresh_figures_after(conn, after, now=load.now)).last_id
    return {
        "accounts": len(shop.accounts.accounts),
        "producers": len(shop.producers.producers),
        "listings": len(shop.listings.listings),
        "orders": len(shop.orders.orders),
        "bookings": len(shop.orders.bookings),
        "reviews": len(shop.reviews.reviews),
        "ledger": len(shop.orders.facts),
    }


async def _post_facts(conn: Connection, facts: list[LedgerFact], progress: Progress) -> None:
    """Post the facts in batches; ANALYZE as the ledger grows keeps its query plans suited to its size."""
    for done in range(0, len(facts), _FACT_BATCH_SIZE):
        progress("账目", done, len(facts))
        await POST_FACTS.one(conn, facts=facts[done : done + _FACT_BATCH_SIZE])
        if done.bit_count() <= 1 or done == _FACT_BATCH_SIZE:
            await conn.execute(ANALYSE_LEDGER)
    progress("账目", len(facts), len(facts))


async def _copy_shop(conn: Connection, shop: SampleShop) -> None:
    accounts, producers, listings = shop.accounts, shop.producers, shop.listings
    for rows in (
        accounts.accounts,
        accounts.grants,
        accounts.operator_grants,
        shop.photos,
        shop.contacts,
        producers.producers,
        producers.members,
        producers.steps,
        producers.certificates,
        producers.freights,
    ):
        await copy_rows(conn, rows)
    await add_listings(conn, listings.listings, shop.scores)
    for rows in (
        shop.lots,
        shop.variants,
        shop.opening_moves,
        listings.rooms,
        listings.rules,
        listings.tiers,
        listings.closed,
        shop.slots,
    ):
        await copy_rows(conn, rows)


async def _copy_orders(conn: Connection, shop: SampleShop) -> None:
    orders = shop.orders
    for rows in (
        orders.orders,
        orders.suborders,
        orders.lines,
        orders.bookings,
        orders.booked_nights,
        orders.taken_nights,
        shop.reservations,
        orders.events,
        orders.moves,
        orders.line_refunds,
        shop.reviews.reviews,
        orders.payments,
        orders.parts,
        orders.refunds,
    ):
        await copy_rows(conn, rows)
    await conn.execute(COPY_PERISHABLE)


def _sort_facts(facts: list[LedgerFact]) -> list[LedgerFact]:
    """Return the facts in order of time, renumbered."""
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.n))
    return [msgspec.structs.replace(fact, n=n) for n, fact in enumerate(ordered)]
