"""The backup drill under load: back up, restore next to it, compare every table, verify the ledger."""

import asyncio
import contextlib
import itertools
from pathlib import Path
from uuid import UUID

from deploy.backup import drill
from market.identity.models import AccountId
from market.kernel import Connection, Database
from market.orders.address import Address, seal_address
from market.orders.batcher import Batcher
from market.orders.models import Line, VariantId
from market.orders.place import place
from payments import post
from tests.conftest import NOW
from tests.support.make import SEAL, make_account, make_producer, make_product


async def buy(database: Database, buyers: list[AccountId], variant: UUID, placed: list[int]) -> None:
    """Place orders and post to the ledger until cancelled, below the limit of unpaid orders per buyer."""
    address = seal_address(SEAL, Address("样例买家", "17000009001", "130100", "样例路 1 号"))
    async with Batcher(database) as batcher:
        for number, buyer in enumerate(itertools.cycle(buyers)):
            await place(
                batcher, buyer, [Line(VariantId(variant), 1)], address=address, key=f"{buyer}:{number}", now=NOW
            )
            async with database.transaction() as conn:
                legs = [("clearing:alipay", -100), (f"escrow:{buyer}-{number}", 100)]
                await post(conn, key=f"{buyer}:{number}", kind="paid", order=f"{buyer}-{number}", legs=legs, at=NOW)
            placed.append(number)


async def test_a_backup_under_load_restores_completely(
    database: Database, dsn: str, owner: Connection, folder: Path
) -> None:
    async with database.transaction() as conn:
        buyers = [await make_account(conn) for _ in range(200)]
        product = await make_product(conn, await make_producer(conn), left=100_000)
    await owner.execute("UPDATE lots SET available_units = 100000")
    placed: list[int] = []
    work = [asyncio.create_task(buy(database, buyers[n::4], product.variant_id, placed)) for n in range(4)]
    try:
        while len(placed) < 50:
            await asyncio.sleep(0.01)
        assert await drill(dsn, folder, f"{dsn}_beside") == 0
        assert len(placed) > 50
    finally:
        for task in work:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*work)
    restored = f"{dsn.rpartition('/')[2]}_beside"
    await owner.execute(f'DROP DATABASE "{restored}" WITH (FORCE)')
