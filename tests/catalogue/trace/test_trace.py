"""Lots are bounded by what a plot gives, labels by the lot, and what is made of a lot is exact."""

import asyncio
import random
from collections.abc import Awaitable
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from market.catalogue.trace import LabelForged, LabelRevoked, verify_label
from market.catalogue.trace.harvest_file import import_harvests, write_harvest_template
from market.catalogue.trace.harvests import (
    delete_lot,
    get_lot,
    list_county_lots,
    list_lots,
    list_parents,
    mix_lots,
    record_harvest,
)
from market.catalogue.trace.labels import (
    list_runs,
    list_signed_labels,
    load_label_keys,
    make_labels,
    revoke_labels,
    scan_label,
)
from market.catalogue.trace.models import (
    HarvestTooLarge,
    LotInUse,
    LotPart,
    LotsDiffer,
    LotUsedUp,
    NewHarvest,
    NewLabels,
    NewPlot,
    NoYieldLimit,
    PlotKnown,
    PromiseBasis,
    PromiseNeeded,
    TraceInvalid,
)
from market.catalogue.trace.plots import add_plot, list_plot_yields, list_plots, list_yield_limits
from market.kernel import Connection, Database, Refusal
from market.kernel.seal import Seal, derive_seal
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import NotAllowed, NotFound, Role
from tests.catalogue.producers.applicants import make_official_actor
from tests.catalogue.trace.world import MOST, TODAY, TraceWorld, harvest, make_trace_world, take_yields
from tests.conftest import NOW
from tests.support.make import load_owner, make_producer

TWO_OF_FIVE_KG = NewLabels(count=2, grams=5000, promise=PromiseBasis.OWN_PROMISE)


async def test_a_harvest_is_at_most_what_the_plot_gives_in_a_year(conn: Connection) -> None:
    world = await make_trace_world(conn)
    first = await harvest(conn, world, 299_000)
    with pytest.raises(HarvestTooLarge):
        await harvest(conn, world, MOST - 299_000 + 1)
    await harvest(conn, world, MOST - 299_000)
    with pytest.raises(HarvestTooLarge):
        await harvest(conn, world, 1)
    # Another crop and another year have their own limit; the plot's is what the county says on the day.
    await harvest(conn, world, 600_000, crop="大枣")
    with pytest.raises(NoYieldLimit):
        await harvest(conn, world, 1, day=date(2018, 12, 31))
    [dates, mushrooms] = sorted(await list_plot_yields(conn, [world.shop], year=2019), key=lambda each: each.crop)
    assert (dates.harvested_grams, dates.limit_grams) == (600_000, 600_000)
    assert (mushrooms.harvested_grams, mushrooms.limit_grams) == (MOST, MOST)
    await delete_lot(conn, world.farmer, first.number)
    assert (await harvest(conn, world, 299_000)).left_grams == 299_000
    for day, fields in ((date(2019, 9, 21), ["day"]), (date(2018, 9, 18), ["day"])):
        with pytest.raises(TraceInvalid) as refused:
            await harvest(conn, world, 1, day=day)
        assert [each.field for each in refused.value.errors] == fields
    with pytest.raises(NoYieldLimit):
        await harvest(conn, world, 1, crop="核桃")


async def test_limits_come_by_file_and_a_later_one_ends_the_one_before(conn: Connection) -> None:
    county = (await make_trace_world(conn)).county
    tried = await take_yields(conn, county, "香菇,120,2019-06-01,样例新调查", dry_run=True)
    assert tried.counts == {"new": 0, "changed": 1, "same": 0}
    assert [each.kg_per_mu for each in await list_yield_limits(conn, "130624", day=TODAY)] == [200, 100]
    stored = await take_yields(
        conn, county, "香菇,120,2019-06-01,样例新调查", "大枣,200,2019-01-01,样例产量调查", "核桃,90,2019-01-01,样例"
    )
    assert stored.counts == {"new": 1, "changed": 1, "same": 1}
    await take_yields(conn, county, "香菇,130,2019-06-01,样例更正")
    limits = {each.crop: each for each in await list_yield_limits(conn, "130624", day=TODAY)}
    assert (limits["香菇"].kg_per_mu, limits["香菇"].source, limits["核桃"].kg_per_mu) == (130, "样例更正", 90)
    [before] = [each for each in await list_yield_limits(conn, "130624", day=date(2019, 5, 31)) if each.crop == "香菇"]
    assert (before.kg_per_mu, before.last) == (100, date(2019, 5, 31))
    with pytest.raises(FileMalformed) as refused:
        await take_yields(
            conn,
            county,
            "香菇,0,2019-07-01,样例",
            "大枣,1,2018-12-31,样例",
            "梨,1,2019-01-01,样",
            "大枣,1,2019-02-01,样例",
        )
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "每亩最多kg"), (3, "起始日期"), (4, "依据"), (5, "作物"),
    ]  # fmt: skip


async def test_labels_use_the_lot_and_are_signed_scanned_and_revoked(conn: Connection, seal: Seal) -> None:
    world = await make_trace_world(conn)
    lot = await harvest(conn, world, 20_000)
    run = await make_labels(conn, seal, world.farmer, lot.number, TWO_OF_FIVE_KG, now=NOW)
    assert (run.first_serial, run.count, run.promise) == (1, 2, "own_promise")
    with pytest.raises(LotUsedUp):
        await make_labels(conn, seal, world.farmer, lot.number, NewLabels(count=3, grams=5000), now=NOW)
    with pytest.raises(TraceInvalid):
        await make_labels(conn, seal, world.farmer, lot.number, NewLabels(count=1, grams=10, gtin="123"), now=NOW)
    more = await make_labels(
        conn, seal, world.farmer, lot.number, NewLabels(count=1, grams=10_000, gtin="6901234567892"), now=NOW
    )
    assert (more.first_serial, (await get_lot(conn, lot.number)).left_grams) == (3, 0)
    [one, two] = await list_signed_labels(conn, world.farmer, run.number)
    [three] = await list_signed_labels(conn, world.farmer, more.number)
    assert three.text.startswith(f"/01/06901234567892/10/{lot.number}/21/3?3103=010000&7007=190920&p=")
    keys = await load_label_keys(conn, now=NOW)
    assert (len(keys.keys), keys.revoked) == (1, [])
    assert [verify_label(each.text, keys).serial for each in (one, two, three)] == [1, 2, 3]
    scanned = await scan_label(conn, "https://market.example" + two.text)
    assert (scanned.crop, scanned.plot, scanned.grams, scanned.village, scanned.revoked_at) == (
        "香菇", "东坡地", 5000, "革新庄村", None,
    )  # fmt: skip
    with pytest.raises(LabelForged):
        await scan_label(conn, two.text.replace("005000", "006000"))
    # A label that a stolen key signed has no row.
    with pytest.raises(NotFound):
        await scan_label(conn, await _sign_elsewhere(conn, seal, world))
    assert await revoke_labels(conn, world.farmer, lot.number, serial=2, reason="袋子破了", now=NOW) == [2]
    with pytest.raises(NotFound):
        await revoke_labels(conn, world.farmer, lot.number, serial=2, reason="再来一次", now=NOW)
    with pytest.raises(TraceInvalid):
        await revoke_labels(conn, world.farmer, lot.number, serial=1, reason=" ", now=NOW)
    keys = await load_label_keys(conn, now=NOW)
    assert keys.revoked == [f"{lot.number}.2"]
    with pytest.raises(LabelRevoked):
        verify_label(two.text, keys)
    assert (await scan_label(conn, two.text)).revoke_reason == "袋子破了"
    # What was revoked stays used, and what has labels is not deleted.
    assert (await get_lot(conn, lot.number)).left_grams == 0
    with pytest.raises(LotInUse):
        await delete_lot(conn, world.farmer, lot.number)
    # The county revokes the rest; another county, and a role that keeps no pages, may not.
    for role, scope in ((Role.COUNTY, "130725"), (Role.IMPORTER, "130725")):
        other = await make_official_actor(conn, role, scope)
        with pytest.raises(NotAllowed):
            await revoke_labels(conn, other, lot.number, serial=None, reason="抽检", now=NOW)
    assert await revoke_labels(conn, world.county, lot.number, serial=None, reason="抽检不合格", now=NOW) == [1, 3]
    assert [each.revoked for each in await list_runs(conn, lot.id)] == [1, 2]
    # A label of an earlier secret still verifies after the secret was replaced.
    second = await harvest(conn, world, 1000)
    later = derive_seal("another secret of the tests, 32 characters", "a secret of the tests, 32 characters and more")
    await make_labels(conn, later, world.farmer, second.number, NewLabels(count=1, grams=1000), now=NOW)
    keys = await load_label_keys(conn, now=NOW)
    assert (len(keys.keys), (await scan_label(conn, one.text)).serial) == (2, 1)


async def _sign_elsewhere(conn: Connection, seal: Seal, world: TraceWorld) -> str:
    """Return a label whose row is gone, as of somebody who knows the secret."""
    point = conn.transaction()
    await point.start()
    lot = await harvest(conn, world, 1000)
    run = await make_labels(conn, seal, world.farmer, lot.number, NewLabels(count=1, grams=500), now=NOW)
    [label] = await list_signed_labels(conn, world.farmer, run.number)
    await point.rollback()
    return label.text


async def test_a_mixture_is_a_new_lot_of_its_parents(conn: Connection, seal: Seal) -> None:
    world = await make_trace_world(conn)
    early = await harvest(conn, world, 30_000, day=date(2019, 9, 10))
    late = await harvest(conn, world, 50_000)
    dates = await harvest(conn, world, 10_000, crop="大枣")
    mix = [LotPart(lot=early.number, grams=30_000), LotPart(lot=late.number, grams=20_000)]
    for parts, refusal in (
        (mix[:1], TraceInvalid),
        ([mix[0], mix[0]], TraceInvalid),
        ([mix[0], LotPart(lot=dates.number, grams=1)], LotsDiffer),
        ([LotPart(lot=early.number, grams=30_001), mix[1]], LotUsedUp),
        ([mix[0], LotPart(lot=10**9, grams=1)], NotFound),
    ):
        with pytest.raises(refusal):
            await mix_lots(conn, world.farmer, world.shop, parts, now=NOW)
    mixed = await mix_lots(conn, world.farmer, world.shop, mix, now=NOW)
    assert (mixed.grams, mixed.plot, mixed.harvested_on) == (50_000, "", date(2019, 9, 10))
    assert [(each.number, each.grams) for each in await list_parents(conn, mixed.id)] == [
        (early.number, 30_000), (late.number, 20_000),
    ]  # fmt: skip
    assert [each.left_grams for each in await list_lots(conn, [world.shop])] == [10_000, 30_000, 50_000, 0]
    with pytest.raises(LotInUse):
        await delete_lot(conn, world.farmer, early.number)
    await delete_lot(conn, world.farmer, mixed.number)
    assert (await get_lot(conn, early.number)).left_grams == 30_000
    again = await mix_lots(conn, world.farmer, world.shop, mix, now=NOW)
    await make_labels(conn, seal, world.farmer, again.number, NewLabels(count=10, grams=5000), now=NOW)
    # Nothing of another shop is mixed in, nor labelled, nor seen by its number.
    other = await make_producer(conn, name="样例别家")
    stranger = await load_owner(conn, other)
    for call in (
        mix_lots(conn, stranger, other, mix, now=NOW),
        make_labels(conn, seal, stranger, late.number, NewLabels(count=1, grams=10), now=NOW),
        delete_lot(conn, stranger, late.number),
        add_plot(conn, stranger, world.shop, NewPlot(name="别家的", area_m2=1), now=NOW),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(NotAllowed):
        await revoke_labels(conn, stranger, again.number, serial=1, reason="捣乱", now=NOW)
    with pytest.raises(PlotKnown):
        await add_plot(conn, world.farmer, world.shop, NewPlot(name="东坡地", area_m2=1), now=NOW)
    assert len(await list_county_lots(conn, world.county, "130624")) == 4
    with pytest.raises(NotAllowed):
        await list_county_lots(conn, world.county, "130725")


async def test_a_cooperative_labels_with_the_certificate(conn: Connection, seal: Seal) -> None:
    world = await make_trace_world(conn, kind="cooperative")
    lot = await harvest(conn, world, 20_000)
    with pytest.raises(PromiseNeeded):
        await make_labels(conn, seal, world.farmer, lot.number, NewLabels(count=1, grams=10), now=NOW)
    assert (await get_lot(conn, lot.number)).used_grams == 0
    await make_labels(conn, seal, world.farmer, lot.number, TWO_OF_FIVE_KG, now=NOW)


async def test_a_file_records_plots_and_harvests_or_names_its_bad_cells(conn: Connection) -> None:
    world = await make_trace_world(conn)
    head = "地块,面积亩,作物,采收日期,重量kg"

    async def take(*rows: str, dry_run: bool = False) -> tuple[int, int, bool]:
        done = await import_harvests(
            conn, world.farmer, world.shop, name="采收.csv", content="\n".join((head, *rows)).encode(),
            dry_run=dry_run, now=NOW,
        )  # fmt: skip
        return done.plots, done.lots, done.repeated

    rows = (
        "东坡地,,香菇,2019-09-20,100",
        "西坡地,1.5,香菇,2019-09-19,120.5",
        "北坡地,2,,,",
        "东坡地,3,香菇,2019-09-18,1",
    )
    assert await take(*rows, dry_run=True) == (2, 3, False)
    assert len(await list_plots(conn, [world.shop])) == 1
    assert await take(*rows) == (2, 3, False)
    assert await take(*rows) == (0, 0, True)
    assert [each.area_m2 for each in await list_plots(conn, [world.shop])] == [2000, 1333, 1000]
    assert [each.grams for each in await list_lots(conn, [world.shop])] == [100_000, 120_500, 1000]
    with pytest.raises(FileMalformed) as refused:
        await take(
            "东坡地,4,香菇,2019-09-20,1", "南坡地,,香菇,2019-09-20,1", "东坡地,,核桃,2019-09-20,1",
            "东坡地,,香菇,2019-09-21,1", "东坡地,,香菇,2019-09-20,200", "东坡地,,香菇,2019-09-20,一百",
            ",1,香菇,2019-09-20,1", "东坡地,x,香菇,2019-09-20,1",
        )  # fmt: skip
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "面积亩"), (3, "面积亩"), (4, "作物"), (5, "采收日期"), (6, "重量kg"), (7, "重量kg"), (8, "地块"),
        (9, "面积亩"),
    ]  # fmt: skip
    assert len(await list_lots(conn, [world.shop])) == 3
    assert write_harvest_template()[:2] == b"PK"


async def test_two_at_once_use_no_more_than_there_is(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        world = await make_trace_world(conn)
        lot = await harvest(conn, world, 100_000)

    async def label() -> bool:
        async with database.transaction() as conn:
            await make_labels(conn, seal, world.farmer, lot.number, NewLabels(count=10, grams=3000), now=NOW)
        return True

    async def pick() -> bool:
        async with database.transaction() as conn:
            await harvest(conn, world, 50_000)
        return True

    done = await asyncio.gather(*(label() for _ in range(6)), *(pick() for _ in range(6)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == (["HarvestTooLarge"] * 2 + ["LotUsedUp"] * 3 + ["bool"] * 7)
    async with database.connection() as conn:
        used = await get_lot(conn, lot.number)
        serials = await conn.fetch("SELECT serial FROM labels ORDER BY serial")
    assert (used.used_grams, [row[0] for row in serials]) == (90_000, list(range(1, 31)))


async def test_the_weight_of_every_lot_is_exact_whatever_happens(conn: Connection, seal: Seal) -> None:
    """A random shop against a model in Python: what is left of each lot, and of what the plot may give."""
    world = await make_trace_world(conn)
    drawn = random.Random(905)
    grams: dict[int, int] = {}
    used: dict[int, int] = {}
    parents: dict[int, list[tuple[int, int]]] = {}
    for _ in range(120):
        at = drawn.choice([*grams, 0])
        amount = drawn.randrange(1, 60_000)
        step = drawn.choice(("harvest", "label", "label", "mix", "delete"))
        if step == "harvest":
            picked = sum(n for lot, n in grams.items() if lot not in parents)
            lot = await _try(harvest(conn, world, amount))
            assert (lot is None) == (picked + amount > MOST)
            if lot is not None:
                grams[lot.number], used[lot.number] = amount, 0
        elif step == "label" and at:
            new = NewLabels(count=drawn.randrange(1, 4), grams=max(10, amount // 8))
            need = new.count * new.grams
            made = await _try(make_labels(conn, seal, world.farmer, at, new, now=NOW))
            assert (made is None) == (used[at] + need > grams[at])
            used[at] += need if made is not None else 0
        elif step == "mix" and len(grams) > 1:
            parts = [(lot, drawn.randrange(1, 20_000)) for lot in drawn.sample(sorted(grams), 2)]
            mixed = await _try(
                mix_lots(conn, world.farmer, world.shop, [LotPart(lot=n, grams=g) for n, g in parts], now=NOW)
            )
            assert (mixed is None) == any(used[lot] + part > grams[lot] for lot, part in parts)
            if mixed is not None:
                grams[mixed.number], used[mixed.number] = sum(part for _, part in parts), 0
                parents[mixed.number] = parts
                for lot, part in parts:
                    used[lot] += part
        elif step == "delete" and at:
            kept = await _try(_delete(conn, world, at)) is None
            assert kept == (used[at] > 0)
            if not kept:
                for lot, part in parents.pop(at, []):
                    used[lot] -= part
                del grams[at], used[at]
        lots = {each.number: (each.grams, each.used_grams) for each in await list_lots(conn, [world.shop])}
        assert lots == {lot: (grams[lot], used[lot]) for lot in grams}
    picked = sum(n for lot, n in grams.items() if lot not in parents)
    assert sum(each.harvested_grams for each in await list_plot_yields(conn, [world.shop], year=2019)) == picked
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def _delete(conn: Connection, world: TraceWorld, number: int) -> int:
    await delete_lot(conn, world.farmer, number)
    return number


async def _try[T](call: Awaitable[T]) -> T | None:
    """Return what a call returns, None if it was refused."""
    try:
        return await call
    except Refusal:
        return None


async def test_the_schema_keeps_lots_and_labels_as_they_were(conn: Connection, seal: Seal) -> None:
    world = await make_trace_world(conn)
    lot = await harvest(conn, world, 20_000)
    run = await make_labels(conn, seal, world.farmer, lot.number, TWO_OF_FIVE_KG, now=NOW)
    await revoke_labels(conn, world.farmer, lot.number, serial=1, reason="样例", now=NOW)
    other = await harvest(conn, world, 1000, crop="大枣")
    run_id: UUID = await conn.fetchval("SELECT id FROM label_runs WHERE number = $1", run.number)
    revive = f"UPDATE labels SET revoked_at = NULL, revoked_by = NULL, revoke_reason = '' WHERE run_id = '{run_id}'"
    copy = f"""
        INSERT INTO labels (lot_id, serial, run_id, payload, key_id, signature)
        SELECT lot_id, 3, run_id, payload, key_id, signature FROM labels WHERE serial = 1 AND run_id = '{run_id}'
    """
    part = f"INSERT INTO lot_parts (lot_id, parent_id, grams) VALUES ('{lot.id}', '{other.id}', 1)"
    empty = f"""
        INSERT INTO harvest_lots (producer_id, crop, harvested_on, grams, added_by, added_at)
        SELECT producer_id, crop, harvested_on, 5, added_by, added_at FROM harvest_lots WHERE id = '{lot.id}'
    """
    for statement, state in (
        (revive, "P0913"),
        (copy, "P0914"),
        (part, "P0912"),
        (empty, "P0911"),
        (f"UPDATE harvest_lots SET used_grams = 0 WHERE id = '{lot.id}'", "42501"),
        ("UPDATE plot_yields SET harvested_grams = 0", "42501"),
        ("UPDATE plots SET area_m2 = 6000000", "42501"),
        ("DELETE FROM labels", "42501"),
    ):
        await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        point = conn.transaction()
        await point.start()
        with pytest.raises(asyncpg.PostgresError) as refused:
            await conn.execute(statement)
        await point.rollback()
        assert refused.value.sqlstate == state, statement
    new = NewHarvest(plot_id=lot.id, crop="香菇", harvested_on=TODAY, grams=1)
    with pytest.raises(NotFound):
        await record_harvest(conn, world.farmer, new, now=NOW)
