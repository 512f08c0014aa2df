"""Checkouts while another transaction holds a lock: nobody else waits, and what waits gets an answer in time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from uuid import UUID

import pytest

from market.catalogue.slots.models import SlotId
from market.kernel import Busy, Connection, Database
from market.people.identity.models import AccountId
from market.sales.orders.checkout import batcher as batching
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.outcomes import PlacementOutcome
from market.sales.orders.checkout.place import place
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import Line, PlacedOrder, VariantId
from tests.conftest import NOW
from tests.sales.orders.requests import line, nights
from tests.support.make import DESTINATION, make_account, make_activity, make_product, make_stay


@asynccontextmanager
async def lock(database: Database, statement: str, item_id: UUID) -> AsyncGenerator[None]:
    """Hold a lock, as a process does that was lost within a transaction."""
    async with database.transaction() as conn:
        await conn.fetch(statement, item_id)
        yield


LOCK_LOT = "SELECT FROM lots WHERE id = $1 FOR NO KEY UPDATE"
LOCK_ROOMS = "SELECT FROM rooms WHERE listing_id = $1 FOR NO KEY UPDATE"
LOCK_SLOT = "SELECT FROM slots WHERE id = $1 FOR NO KEY UPDATE"
LOCK_BUYER = "SELECT pg_advisory_xact_lock(7004, hashtext($1::uuid::text))"


def place_one(batcher: Batcher, buyer: AccountId, variant_id: UUID) -> "asyncio.Task[PlacedOrder]":
    return asyncio.create_task(place(batcher, buyer, [line(variant_id)], address=DESTINATION, now=NOW))


async def test_a_locked_lot_delays_no_order_of_another_lot(database: Database) -> None:
    async with database.transaction() as conn:
        locked, free = await make_product(conn, left=99), await make_product(conn, left=99)
        buyers = [await make_account(conn) for _ in range(64)]
    begun = time.monotonic()
    async with Batcher(database) as batcher, lock(database, LOCK_LOT, locked.lot_id):
        stuck = [place_one(batcher, buyer, locked.variant_id) for buyer in buyers[:10]]
        others = await asyncio.gather(*(place_one(batcher, buyer, free.variant_id) for buyer in buyers[10:]))
        assert time.monotonic() - begun < 2
        assert [each.state for each in others] == ["placed"] * 54
        later = await asyncio.gather(*stuck, return_exceptions=True)
    assert [type(each) for each in later] == [Busy] * 10


@pytest.mark.parametrize("kind", ["lot", "rooms", "slot", "buyer"])
async def test_an_order_is_placed_when_what_it_needs_is_free_again(
    database: Database, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it waits in the database and is not tried again and again."""
    tried: list[int] = []

    async def count(conn: Connection, requests: Sequence[OrderRequest], *, skip_locked: bool) -> list[PlacementOutcome]:
        tried.append(len(requests))
        return await place_batch(conn, requests, skip_locked=skip_locked)

    monkeypatch.setattr(batching, "place_batch", count)
    async with database.transaction() as conn:
        product, stay, activity = await make_product(conn), await make_stay(conn), await make_activity(conn)
        buyer = await make_account(conn)
    [slot_id] = activity.slot_ids
    visit = Line(VariantId(activity.variant_id), 1, SlotId(slot_id))
    statement, item_id = {
        "lot": (LOCK_LOT, product.lot_id),
        "rooms": (LOCK_ROOMS, stay.listing_id),
        "slot": (LOCK_SLOT, slot_id),
        "buyer": (LOCK_BUYER, buyer),
    }[kind]
    async with Batcher(database) as batcher:
        async with lock(database, statement, item_id):
            task = asyncio.create_task(
                place(
                    batcher, buyer, [line(product.variant_id), visit], nights=[nights(stay.listing_id)],
                    address=DESTINATION, now=NOW,
                )
            )  # fmt: skip
            await asyncio.sleep(0.7)
            assert not task.done()
        assert (await task).state == "placed"
    assert len(tried) <= 3


@pytest.mark.parametrize("kind", ["lot", "buyer", "dearer", "withdrawn"])
async def test_a_repeated_request_gets_its_order_whatever_became_of_the_goods(
    database: Database, owner: Connection, kind: str
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
        buyer = await make_account(conn)
    wanted = [line(product.variant_id)]
    async with Batcher(database) as batcher:
        first = await place(batcher, buyer, wanted, key="one", address=DESTINATION, total_fen=45_00, now=NOW)
        if kind == "dearer":
            await owner.execute("UPDATE variants SET price_fen = price_fen + 1")
        elif kind == "withdrawn":
            await owner.execute("UPDATE listings SET state = 'withdrawn'")
        statement, item_id = (LOCK_BUYER, buyer) if kind == "buyer" else (LOCK_LOT, product.lot_id)
        async with lock(database, statement, item_id) if kind in {"lot", "buyer"} else nullcontext():
            again = await place(batcher, buyer, wanted, key="one", address=DESTINATION, total_fen=45_00, now=NOW)
    assert again == first


async def test_more_locked_lots_than_lanes_share_one_lane_and_are_placed_when_free(database: Database) -> None:
    """A commit that takes long locks the lots of a whole batch; nobody is refused for it."""
    async with database.transaction() as conn:
        products = [await make_product(conn) for _ in range(batching.MAX_LANES + 4)]
        free = await make_product(conn, left=99)
        buyers = [await make_account(conn) for _ in products]
        buyer = await make_account(conn)
    async with Batcher(database) as batcher:
        async with database.transaction() as conn:
            lots = [product.lot_id for product in products]
            await conn.fetch("SELECT FROM lots WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", lots)
            tasks = [
                place_one(batcher, buyer, product.variant_id) for buyer, product in zip(buyers, products, strict=True)
            ]
            await asyncio.sleep(0.7)
            assert (await place_one(batcher, buyer, free.variant_id)).state == "placed"
            assert not any(task.done() for task in tasks)
        assert [each.state for each in await asyncio.gather(*tasks)] == ["placed"] * len(products)


async def test_a_request_joins_those_that_wait_for_its_lot(database: Database) -> None:
    """While a lot is waited for, further requests for it cost the other writers no time."""
    async with database.transaction() as conn:
        locked, free = await make_product(conn, left=99), await make_product(conn, left=99)
        buyers = [await make_account(conn) for _ in range(20)]
    async with Batcher(database, writers=1) as batcher:
        async with lock(database, LOCK_LOT, locked.lot_id):
            stuck = [place_one(batcher, buyers[0], locked.variant_id)]
            await asyncio.sleep(0.7)
            begun = time.monotonic()
            for buyer in buyers[1:10]:
                stuck.append(place_one(batcher, buyer, locked.variant_id))
                assert (await place_one(batcher, buyers[10], free.variant_id)).state == "placed"
            assert time.monotonic() - begun < 1
        assert [each.state for each in await asyncio.gather(*stuck)] == ["placed"] * 10


async def test_a_request_that_no_writer_takes_in_time_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MAX_QUEUED_S", 0.2)
    async with database.transaction() as conn:
        product = await make_product(conn)
        buyer, other = await make_account(conn), await make_account(conn)
    async with Batcher(database, writers=1) as batcher, database.connection() as conn:
        # The writer waits for an account, which no batch skips.
        transaction = conn.transaction()
        await transaction.start()
        await conn.fetch("SELECT FROM accounts WHERE id = $1 FOR UPDATE", buyer)
        first = place_one(batcher, buyer, product.variant_id)
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await place_one(batcher, other, product.variant_id)
        await transaction.rollback()
        assert (await first).state == "placed"


async def test_a_statement_that_fails_for_one_request_fails_no_other(database: Database) -> None:
    """The account of one buyer is locked against new rows; the other 20 orders of the batch are placed."""
    async with database.transaction() as conn:
        product = await make_product(conn, left=99)
        buyers = [await make_account(conn) for _ in range(21)]
    lock_account = "SELECT FROM accounts WHERE id = $1 FOR UPDATE"
    async with Batcher(database, writers=1) as batcher, lock(database, lock_account, buyers[7]):
        answers = await asyncio.gather(
            *(place_one(batcher, buyer, product.variant_id) for buyer in buyers), return_exceptions=True
        )
    names = [type(each).__name__ for each in answers]
    assert names == ["PlacedOrder"] * 7 + ["LockNotAvailableError"] + ["PlacedOrder"] * 13
