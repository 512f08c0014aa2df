"""Loading the sample data: two transactions, so that a load that was cut off is taken up where it ended."""

from collections.abc import Callable
from datetime import datetime

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.sample.county import ANALYSE_COUNTY, SUBSIDIES_ARE_THERE, County
from market.sample.people import DEMO_COUNTY, DemoAccount, demo_accounts
from market.sample.places import load_divisions
from market.sample.rows import copy_rows
from market.sample.shelves import add_listings
from market.sample.shop import Shop, make_shop
from market.sample.trade_rows import Fact
from market.settings import Settings
from market.storage import Files, prepare_drawing
from payments.sql import prepare_connection

SEED = 20260401
_SHOP_STEPS = 3
_FACTS_AT_ONCE = 512
type Progress = Callable[[str, int, int], None]
"""Is told a phase, how much of it is done, and how much there is."""


class SampleSummary(Struct, frozen=True):
    """What was loaded now (counts are zero for what was there already), and who can sign in."""

    accounts: list[DemoAccount]
    counts: dict[str, int]


SHOP_IS_THERE = Query(bool, "SELECT EXISTS (SELECT FROM listings WHERE sample)")
# Posted by the ledger's own function, in the order of time: escrow is filled before it is emptied.
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
NUMBER_ON = Query(
    None,
    """
    SELECT setval(pg_get_serial_sequence('orders', 'number'), greatest((SELECT max(number) FROM orders), 1)),
           setval(pg_get_serial_sequence('producers', 'number'), greatest((SELECT max(number) FROM producers), 1))
    """,
)
ANALYSE_LEDGER = "ANALYZE payments.accounts, payments.balances, payments.transactions, payments.postings"
ANALYSE = (
    "ANALYZE accounts, listings, variants, lots, orders, suborders, order_lines, bookings, taken_nights, reviews,"
    " payments.payments, payments.accounts, payments.transactions, payments.postings"
)


class _Load(Struct, frozen=True):
    """What a load is made of."""

    conn: Connection
    seed: int
    scale: int
    settings: Settings
    seal: Seal
    files: Files
    now: datetime
    progress: Progress


async def load_sample(  # noqa: PLR0917 - no two are of one type
    owner_dsn: str,
    settings: Settings,
    seal: Seal,
    files: Files,
    now: datetime,
    progress: Progress,
    *,
    seed: int = SEED,
    scale: int = 100,
) -> SampleSummary:
    """Fill a migrated database with the samples, as its owner; what is there already is left as it is.

    The same seed and the same `now` give the same rows. `scale` is the percentage of households and orders, at
    least 2. Opens its own two transactions, the shop with its orders and the subsidies; each is there whole or not at
    all.
    """
    conn = await asyncpg.connect(owner_dsn)
    counts: dict[str, int] = {}
    try:
        await prepare_connection(conn)
        load = _Load(conn, seed, scale, settings, seal, files, now, progress)
        async with conn.transaction():
            if not await SHOP_IS_THERE.one(conn):
                counts |= await _load_shop(load)
        await conn.execute(ANALYSE)
        async with conn.transaction():
            if not await SUBSIDIES_ARE_THERE.one(conn, county=DEMO_COUNTY):
                counts |= await _load_subsidies(load)
        await conn.execute(ANALYSE_COUNTY)
    finally:
        await conn.close()
    return SampleSummary(demo_accounts(seal), counts)


async def _load_subsidies(load: _Load) -> dict[str, int]:
    county = County(
        load.conn,
        load.seal,
        load.files,
        await load_divisions(load.conn, {DEMO_COUNTY}),
        seed=load.seed,
        scale=load.scale,
        now=load.now,
        told=lambda done, total: load.progress("补贴", done, total),
    )
    return await county.play()


async def _load_shop(load: _Load) -> dict[str, int]:
    conn, progress = load.conn, load.progress
    progress("店铺", 0, _SHOP_STEPS)
    shop = await make_shop(conn, load.seed, load.settings, load.seal, share_percent=load.scale, now=load.now)
    progress("店铺", 1, _SHOP_STEPS)
    for done, (photo, drawn) in enumerate(zip(shop.photos, shop.pictures, strict=True), 1):
        await prepare_drawing(load.files, drawn, width=photo.width, height=photo.height)
        progress("图片", done, len(shop.photos))
    await _copy_shop(conn, shop)
    progress("店铺", 2, _SHOP_STEPS)
    await _copy_orders(conn, shop)
    await NUMBER_ON.run(conn)
    progress("店铺", _SHOP_STEPS, _SHOP_STEPS)
    await _post_facts(conn, _in_order(shop.traded.facts), progress)
    return {
        "accounts": len(shop.people.accounts),
        "producers": len(shop.farms.producers),
        "listings": len(shop.shelves.listings),
        "orders": len(shop.traded.orders),
        "bookings": len(shop.traded.bookings),
        "reviews": len(shop.reviewing.reviews),
        "ledger": len(shop.traded.facts),
    }


async def _post_facts(conn: Connection, facts: list[Fact], progress: Progress) -> None:
    """Post the facts; the ledger's plans are made for a ledger of that size, so it is looked at as it grows."""
    for done in range(0, len(facts), _FACTS_AT_ONCE):
        progress("账目", done, len(facts))
        await POST_FACTS.one(conn, facts=facts[done : done + _FACTS_AT_ONCE])
        if done.bit_count() <= 1 or done == _FACTS_AT_ONCE:
            await conn.execute(ANALYSE_LEDGER)
    progress("账目", len(facts), len(facts))


async def _copy_shop(conn: Connection, shop: Shop) -> None:
    people, farms, shelves = shop.people, shop.farms, shop.shelves
    for rows in (
        people.accounts,
        people.grants,
        shop.photos,
        farms.producers,
        farms.members,
        farms.steps,
        farms.certificates,
        farms.freights,
    ):
        await copy_rows(conn, rows)
    await add_listings(conn, shelves.listings, shop.fame)
    for rows in (shop.lots, shop.variants, shop.counts, shelves.rooms, shelves.nights, shelves.tiers, shelves.closed):
        await copy_rows(conn, rows)


async def _copy_orders(conn: Connection, shop: Shop) -> None:
    traded = shop.traded
    for rows in (
        traded.orders,
        traded.suborders,
        traded.lines,
        traded.bookings,
        traded.booked_nights,
        traded.taken_nights,
        traded.events,
        traded.moves,
        traded.line_refunds,
        shop.reviewing.reviews,
        traded.payments,
        traded.parts,
        traded.refunds,
    ):
        await copy_rows(conn, rows)


def _in_order(facts: list[Fact]) -> list[Fact]:
    """Return the facts in the order of time, numbered so."""
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.n))
    return [
        Fact(
            n=n,
            key=fact.key,
            kind=fact.kind,
            order_ref=fact.order_ref,
            at=fact.at,
            codes=fact.codes,
            amounts=fact.amounts,
        )
        for n, fact in enumerate(ordered)
    ]
