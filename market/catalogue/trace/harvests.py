"""Record what was harvested, mix lots into a new one, and take back a lot that nothing was made of."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import to_builtins

from market.catalogue.trace.models import (
    MAX_LISTED,
    MAX_PARTS,
    OLDEST_HARVEST_DAYS,
    HarvestLot,
    HarvestTooLarge,
    LotInUse,
    LotParent,
    LotPart,
    LotsDiffer,
    LotUsedUp,
    NewHarvest,
    NoYieldLimit,
    TraceInvalid,
)
from market.catalogue.trace.plots import require_open_producer
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.text import clean_name
from market.people.identity.access import require_county_role, require_producer
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound

_NO_LIMIT = "P0910"
_PARTS_DIFFER = "P0912"

FIND_PLOT_PRODUCER = Query(UUID, "SELECT producer_id FROM plots WHERE id = :plot_id")
ADD_LOT = Query(
    int,
    """
    INSERT INTO harvest_lots (producer_id, plot_id, crop, harvested_on, grams, added_by, added_at)
    VALUES (:producer_id, :plot_id, :crop, :harvested_on, :grams, :account_id, :now)
    RETURNING number
    """,
)
# The earliest harvest is that of the mixture. Parents are locked in the order of their ids.
ADD_MIXED_LOT = Query(
    int,
    """
    WITH parts AS (
        SELECT l.id, l.producer_id, l.crop, l.harvested_on, t.grams
          FROM jsonb_to_recordset(:parts::jsonb) AS t (lot bigint, grams bigint)
          JOIN harvest_lots l ON l.number = t.lot),
    mixed AS (
        INSERT INTO harvest_lots (producer_id, crop, harvested_on, grams, added_by, added_at)
        SELECT :producer_id, min(crop), min(harvested_on), sum(grams), :account_id, :now FROM parts
        RETURNING id, number)
    SELECT number FROM mixed
    """,
)
ADD_PARTS = Query(
    None,
    """
    INSERT INTO lot_parts (lot_id, parent_id, grams)
    SELECT mixed.id, l.id, t.grams
      FROM jsonb_to_recordset(:parts::jsonb) AS t (lot bigint, grams bigint)
      JOIN harvest_lots l ON l.number = t.lot
      JOIN harvest_lots mixed ON mixed.number = :number
     ORDER BY l.id
    """,
)
_COLUMNS = """
    SELECT l.id, l.number, l.producer_id, s.name AS producer, s.county_code, coalesce(p.name, '') AS plot, l.crop,
           l.harvested_on, l.grams, l.used_grams, l.last_serial AS labels,
           (SELECT count(*)::integer FROM labels WHERE lot_id = l.id AND revoked_at IS NOT NULL) AS revoked
      FROM harvest_lots l
      JOIN producers s ON s.id = l.producer_id
      LEFT JOIN plots p ON p.id = l.plot_id
"""
GET_LOT = Query(HarvestLot, _COLUMNS + " WHERE l.number = :number")
LIST_LOTS = Query(
    HarvestLot,
    _COLUMNS
    + """
     WHERE l.producer_id = ANY(:producer_ids::uuid[]) ORDER BY l.harvested_on DESC, l.number DESC LIMIT :limit
    """,
)
LIST_COUNTY_LOTS = Query(
    HarvestLot,
    _COLUMNS + " WHERE s.county_code = :county ORDER BY l.harvested_on DESC, l.number DESC LIMIT :limit",
)
LIST_PARENTS = Query(
    LotParent,
    """
    SELECT l.number, coalesce(p.name, '') AS plot, l.harvested_on, t.grams
      FROM lot_parts t
      JOIN harvest_lots l ON l.id = t.parent_id
      LEFT JOIN plots p ON p.id = l.plot_id
     WHERE t.lot_id = :lot_id ORDER BY l.number
    """,
)
DELETE_PARTS = Query(None, "DELETE FROM lot_parts WHERE lot_id = :lot_id")
DELETE_LOT = Query(int, "DELETE FROM harvest_lots WHERE id = :lot_id AND used_grams = 0 RETURNING number")


async def record_harvest(conn: Connection, actor: Actor, new: NewHarvest, *, now: datetime) -> HarvestLot:
    """Record what was harvested on a plot of the actor's as a new lot.

    Raises:
        NotFound: the plot is not of a producer of the actor's, or that may not sell.
        TraceInvalid: the day is in the future or more than a year ago, or the weight is none; `errors` lists each.
        NoYieldLimit: the county has no limit for the crop on the day.
        HarvestTooLarge: the plot cannot give that much of the crop in the year.
    """
    producer_id = await FIND_PLOT_PRODUCER.maybe(conn, plot_id=new.plot_id)
    if producer_id is None:
        raise NotFound
    await require_open_producer(conn, actor, producer_id)
    today = get_business_day(now)
    faults: list[FieldFault] = []
    if new.harvested_on > today:
        faults.append(FieldFault("day", "还没到这一天"))
    elif new.harvested_on < today - timedelta(days=OLDEST_HARVEST_DAYS):
        faults.append(FieldFault("day", "一年以前收的不能再记"))
    if new.grams < 1:
        faults.append(FieldFault("kg", "写成 120 或 120.5"))
    if faults:
        raise TraceInvalid(errors=tuple(faults))
    try:
        async with conn.transaction():
            number = await ADD_LOT.one(
                conn, producer_id=producer_id, plot_id=new.plot_id, crop=clean_name(new.crop),
                harvested_on=new.harvested_on, grams=new.grams, account_id=actor.account_id, now=now,
            )  # fmt: skip
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "plot_yields_within_limit":
            raise HarvestTooLarge from None
        raise
    except asyncpg.PostgresError as error:
        if error.sqlstate == _NO_LIMIT:
            raise NoYieldLimit from None
        raise
    return await get_lot(conn, number)


async def mix_lots(
    conn: Connection, actor: Actor, producer_id: UUID, parts: Sequence[LotPart], *, now: datetime
) -> HarvestLot:
    """Mix parts of at least two lots of a producer and crop into a new lot, harvested when the earliest of them was.

    Raises:
        NotFound: the actor does not work for the producer, it may not sell, or a lot is not the producer's.
        TraceInvalid: there are fewer than two lots, more than `MAX_PARTS`, or one twice.
        LotsDiffer: they are of several crops.
        LotUsedUp: less is left of a lot.
    """
    await require_open_producer(conn, actor, producer_id)
    if not 2 <= len(parts) <= MAX_PARTS or max(Counter(each.lot for each in parts).values()) > 1:
        raise TraceInvalid(errors=(FieldFault("parts", f"选 2 到 {MAX_PARTS} 批，每批写多少公斤"),))
    lots = {each.number: each for each in [await get_lot(conn, part.lot) for part in parts]}
    if any(each.producer_id != producer_id for each in lots.values()):
        raise NotFound
    if len({each.crop for each in lots.values()}) > 1:
        raise LotsDiffer
    rows = to_builtins(list(parts))
    try:
        async with conn.transaction():
            number = await ADD_MIXED_LOT.one(
                conn, parts=rows, producer_id=producer_id, account_id=actor.account_id, now=now
            )
            await ADD_PARTS.run(conn, parts=rows, number=number)
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "harvest_lots_not_overused":
            raise LotUsedUp from None
        raise
    except asyncpg.PostgresError as error:
        if error.sqlstate == _PARTS_DIFFER:
            raise LotsDiffer from None
        raise
    return await get_lot(conn, number)


async def delete_lot(conn: Connection, actor: Actor, number: int) -> None:
    """Take back a lot that was recorded wrongly; its plot, or the lots that it was mixed of, get the weight back.

    Raises:
        NotFound: there is no such lot of a producer of the actor's.
        LotInUse: it has labels, revoked ones too, or is part of another lot.
    """
    lot = await get_own_lot(conn, actor, number)
    try:
        async with conn.transaction():
            await DELETE_PARTS.run(conn, lot_id=lot.id)
            if await DELETE_LOT.maybe(conn, lot_id=lot.id) is None:
                raise LotInUse
    except asyncpg.ForeignKeyViolationError:
        raise LotInUse from None


async def get_lot(conn: Connection, number: int) -> HarvestLot:
    """Return a lot by its number.

    Raises:
        NotFound: there is none.
    """
    found = await GET_LOT.maybe(conn, number=number)
    if found is None:
        raise NotFound
    return found


async def get_own_lot(conn: Connection, actor: Actor, number: int) -> HarvestLot:
    """Return a lot of a producer of the actor's.

    Raises:
        NotFound: there is none.
    """
    lot = await get_lot(conn, number)
    require_producer(actor, lot.producer_id)
    return lot


async def list_lots(conn: Connection, producer_ids: Sequence[UUID]) -> list[HarvestLot]:
    """Return the lots of producers, the latest harvest first, at most `MAX_LISTED`."""
    return await LIST_LOTS.all(conn, producer_ids=list(producer_ids), limit=MAX_LISTED)


async def list_county_lots(conn: Connection, official: Actor, county: str) -> list[HarvestLot]:
    """Return the lots of a county's producers, the latest harvest first, at most `MAX_LISTED`.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    return await LIST_COUNTY_LOTS.all(conn, county=county, limit=MAX_LISTED)


async def get_county_lot(conn: Connection, official: Actor, county: str, number: int) -> HarvestLot:
    """Return a lot of a county.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
        NotFound: the county has no such lot.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    lot = await get_lot(conn, number)
    if lot.county_code != county:
        raise NotFound
    return lot


async def list_parents(conn: Connection, lot_id: UUID) -> list[LotParent]:
    """Return the lots that a mixed one was made of."""
    return await LIST_PARENTS.all(conn, lot_id=lot_id)
