"""A label is put on one thing that its shop sends, once; who scans it reads that it was sold."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from market.catalogue.trace.labels import list_runs, list_signed_labels, make_labels, revoke_labels, scan_label
from market.catalogue.trace.models import NewLabels, NewPlot, PromiseBasis, TraceInvalid
from market.catalogue.trace.packed import LabelCode, PackedLot, list_packed_lots, pack_labels, read_label_codes
from market.catalogue.trace.plots import add_plot
from market.catalogue.trace.unpacked import list_unpacked_labels, unpack_labels
from market.kernel import Connection
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from tests.catalogue.trace.world import TraceWorld, harvest, make_trace_world
from tests.conftest import NOW
from tests.support.make import load_owner, make_freight_template, make_producer, make_product
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import wait_for_locks
from tests.support.shop import Shopping, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]


class Packing(Struct, frozen=True):
    """A paid parcel of two lines of a shop that has a lot with three labels."""

    shopping: Shopping
    farmer: Actor
    county: Actor
    order_id: UUID
    suborder_id: UUID
    lines: tuple[UUID, UUID]
    lot: int
    scanned: list[str]

    async def pack(self, line: int, typed: str, actor: Actor | None = None) -> list[PackedLot]:
        async with self.shopping.db.transaction() as conn:
            return await pack_labels(conn, actor or self.farmer, self.lines[line], read_label_codes(typed), now=NOW)

    async def refuse(self, line: int, typed: str) -> str:
        with pytest.raises(TraceInvalid) as refused:
            await self.pack(line, typed)
        [fault] = refused.value.errors
        return fault.message.partition("：")[0]

    async def unpack(self, line: int, typed: str, actor: Actor | None = None) -> list[PackedLot]:
        async with self.shopping.db.transaction() as conn:
            return await unpack_labels(conn, actor or self.farmer, self.lines[line], read_label_codes(typed), now=NOW)

    async def refuse_unpacking(self, line: int, typed: str) -> str:
        with pytest.raises(TraceInvalid) as refused:
            await self.unpack(line, typed)
        [fault] = refused.value.errors
        return fault.message

    async def ship(self) -> None:
        async with self.shopping.db.transaction() as conn:
            await ship_suborder(
                conn, self.shopping.seal, self.farmer, self.suborder_id, carrier="顺丰", tracking="SF100200300", now=NOW
            )

    async def list_removed(self) -> list[tuple[UUID, int]]:
        async with self.shopping.db.connection() as conn:
            return [(each.order_line_id, each.serial) for each in await list_unpacked_labels(conn, self.suborder_id)]

    async def count(self) -> int:
        async with self.shopping.db.connection() as conn:
            return await conn.fetchval("SELECT count(*) FROM packed_labels")


@pytest.fixture
async def packing(shopping: Shopping) -> Packing:
    async with shopping.db.transaction(scope="130624") as conn:
        world = await make_trace_world(conn)
    async with shopping.db.transaction() as conn:
        await make_freight_template(conn, world.shop)
        one = await make_product(conn, world.shop, title="样例香菇", unit="袋", price_fen=32_00, category="grain")
        two = await make_product(conn, world.shop, title="样例木耳", unit="袋", price_fen=30_00, category="grain")
        lot = await harvest(conn, world, 20_000)
        new = NewLabels(count=3, grams=5000, promise=PromiseBasis.OWN_PROMISE)
        run = await make_labels(conn, shopping.seal, world.farmer, lot.number, new, now=NOW)
        scanned = [each.text for each in await list_signed_labels(conn, world.farmer, run.number)]
    order = await shopping.place([(one.variant_id, 2), (two.variant_id, 1)])
    await shopping.pay(order)
    async with shopping.db.connection() as conn:
        rows = await conn.fetch(
            "SELECT l.id, suborder_id FROM order_lines l JOIN suborders s ON s.id = suborder_id"
            " WHERE order_id = $1 ORDER BY l.position",
            order.id,
        )
    [first, second] = rows
    lines = (first["id"], second["id"])
    return Packing(shopping, world.farmer, world.county, order.id, first["suborder_id"], lines, lot.number, scanned)


def test_labels_are_read_as_they_are_printed() -> None:
    assert read_label_codes("12-3、12-5到7, 13-1；12-3 ") == [
        LabelCode(12, 3), LabelCode(12, 5), LabelCode(12, 6), LabelCode(12, 7), LabelCode(13, 1),
    ]  # fmt: skip
    assert read_label_codes(" ") == []
    for wrong in ("12", "12-x", "12-3到2", "12-1到61", "12-1到60 13-1", "第12批3号"):
        with pytest.raises(TraceInvalid):
            read_label_codes(wrong)


async def test_a_packed_label_says_that_it_was_sold(packing: Packing) -> None:
    lot = packing.lot
    [packed] = await packing.pack(0, f"{lot}-1到2")
    assert (packed.lot, packed.crop, packed.plot, packed.serials) == (lot, "香菇", "东坡地", [1, 2])
    await packing.pack(0, f"{lot}-2")  # a repetition
    assert [await packing.refuse(1, f"{lot}-{n}") for n in (2, 4)] == [f"{lot}-2", f"{lot}-4"]
    assert await packing.count() == 2
    async with packing.shopping.db.connection() as conn:
        seen = [await scan_label(conn, each) for each in packing.scanned]
    assert [each.packed_at for each in seen] == [NOW, NOW, None]
    async with packing.shopping.db.transaction() as conn:
        await revoke_labels(conn, packing.county, lot, serial=3, reason="样例召回", now=NOW)
        await revoke_labels(conn, packing.county, lot, serial=1, reason="样例召回", now=NOW)
    assert await packing.refuse(1, f"{lot}-3") == f"{lot}-3", "revoked"
    async with packing.shopping.db.connection() as conn:
        sold = await scan_label(conn, packing.scanned[0])
    assert (sold.packed_at, sold.revoked_at) == (NOW, NOW), "a recall finds what was sold"


async def test_a_label_is_of_the_shop_that_sends_the_parcel(packing: Packing) -> None:
    lot, shopping = packing.lot, packing.shopping
    async with shopping.db.transaction() as conn:
        shop = await make_producer(conn)
        stranger = await load_owner(conn, shop)
        plot = await add_plot(conn, stranger, shop, NewPlot(name="南坡地", area_m2=2000), now=NOW)
        other = TraceWorld(stranger, shop, plot.id, packing.county)
        foreign = await harvest(conn, other, 5000)
        run = NewLabels(count=1, grams=5000, promise=PromiseBasis.OWN_PROMISE)
        await make_labels(conn, shopping.seal, stranger, foreign.number, run, now=NOW)
    for actor in (stranger, shopping.buyer):
        with pytest.raises(NotFound):
            await packing.pack(0, f"{lot}-1", actor)
    assert await packing.refuse(0, f"{lot}-1、{foreign.number}-1") == f"{foreign.number}-1"
    assert await packing.count() == 0, "all or none"
    await packing.ship()
    await packing.pack(0, f"{lot}-1")
    async with shopping.db.transaction() as conn:
        later = NOW + timedelta(days=3)
        await confirm_receipt(conn, shopping.seal, shopping.buyer, packing.order_id, positions=[1], now=later)
    assert await packing.refuse(0, f"{lot}-2") == f"{lot}-2", "it arrived"
    async with shopping.db.connection() as conn:
        assert [each.serials for each in await list_packed_lots(conn, packing.suborder_id)] == [[1]]
        [run] = await list_runs(conn, await conn.fetchval("SELECT id FROM harvest_lots WHERE number = $1", lot))
    assert run.count == 3


async def test_two_lines_and_a_revocation_at_once_get_a_label_once(packing: Packing) -> None:
    done = await asyncio.gather(*(packing.pack(n % 2, f"{packing.lot}-1到3") for n in range(6)), return_exceptions=True)
    assert {type(each) for each in done} == {list, TraceInvalid}
    async with packing.shopping.db.connection() as conn:
        lines = await conn.fetch("SELECT order_line_id, count(*) FROM packed_labels GROUP BY 1")
    assert [each["count"] for each in lines] == [3], "one line has all of them"


async def test_the_schema_keeps_a_revoked_label_from_being_packed(packing: Packing) -> None:
    async with packing.shopping.db.transaction() as conn:
        await revoke_labels(conn, packing.farmer, packing.lot, serial=1, reason="样例", now=NOW)
    with pytest.raises(asyncpg.PostgresError, match="is revoked"):
        async with packing.shopping.db.transaction() as conn:
            await conn.execute(
                "INSERT INTO packed_labels SELECT id, 1, $2, $3, now() FROM harvest_lots WHERE number = $1",
                packing.lot, packing.lines[0], packing.farmer.account_id,
            )  # fmt: skip


async def test_a_label_is_taken_off_again_until_the_parcel_is_sent(packing: Packing) -> None:
    lot = packing.lot
    await packing.pack(0, f"{lot}-1到3")
    with pytest.raises(NotFound):
        await packing.unpack(0, f"{lot}-1", packing.shopping.buyer)
    for line, typed, told in (
        (0, " ", "请选要去掉的标签"),
        (1, f"{lot}-1", f"{lot}-1：没有贴在这样东西上"),
        (0, f"{lot}-1、{lot}-9、{lot + 1}-1", f"{lot}-9、{lot + 1}-1：没有贴在这样东西上"),
    ):
        assert await packing.refuse_unpacking(line, typed) == told
    assert (await packing.count(), await packing.list_removed()) == (3, []), "all or none"
    [left] = await packing.unpack(0, f"{lot}-2到3")
    assert left.serials == [1]
    async with packing.shopping.db.connection() as conn:
        assert (await scan_label(conn, packing.scanned[1])).packed_at is None, "not sold"
    await packing.pack(1, f"{lot}-2")
    await packing.unpack(1, f"{lot}-2")
    await packing.pack(1, f"{lot}-2")
    first, second = packing.lines
    assert sorted(await packing.list_removed()) == sorted([(first, 2), (first, 3), (second, 2)])
    await packing.ship()
    assert await packing.refuse_unpacking(0, f"{lot}-1") == "发出了的，标签不能再去掉"
    assert await packing.count() == 2


async def test_a_label_is_not_taken_off_what_is_being_sent(packing: Packing, owner: Connection) -> None:
    await packing.pack(0, f"{packing.lot}-1")
    async with owner.transaction():
        # The one who sends has the parcel; the other has read that it was not sent, and waits for its row.
        await owner.execute(
            "UPDATE suborders SET state = 'shipped', shipped_at = now() WHERE id = $1", packing.suborder_id
        )
        waiting = asyncio.ensure_future(packing.refuse_unpacking(0, f"{packing.lot}-1"))
        await wait_for_locks(owner, 1)
    assert await waiting == "发出了的，标签不能再去掉"
    assert (await packing.count(), await packing.list_removed()) == (1, [])


async def test_two_who_take_a_label_off_at_once_do_it_once(packing: Packing) -> None:
    await packing.pack(0, f"{packing.lot}-1到3")
    typed = f"{packing.lot}-1到3"
    done = await asyncio.gather(*(packing.unpack(0, typed) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["TraceInvalid"] * 3 + ["list"]
    assert (await packing.count(), len(await packing.list_removed())) == (0, 3)
