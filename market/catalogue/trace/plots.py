"""Plots of producers, and how much the county says that a 亩 gives."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from market.catalogue.trace.models import (
    MAX_AREA_M2,
    MAX_LISTED,
    MAX_PLOT_NAME_LENGTH,
    NewPlot,
    Plot,
    PlotKnown,
    PlotYield,
    TraceInvalid,
    YieldLimit,
)
from market.kernel import Connection, FieldFault, Query
from market.kernel.text import clean_name
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound

ADD_PLOT = Query(
    Plot,
    """
    INSERT INTO plots (producer_id, name, area_m2, added_by, added_at)
    VALUES (:producer_id, :name, :area_m2, :account_id, :now)
    RETURNING id, producer_id, name, area_m2
    """,
)
LIST_PLOTS = Query(
    Plot,
    """
    SELECT id, producer_id, name, area_m2 FROM plots WHERE producer_id = ANY(:producer_ids::uuid[])
     ORDER BY producer_id, name LIMIT :limit
    """,
)
LIST_YIELDS = Query(
    PlotYield,
    """
    SELECT plot_id, crop, year, harvested_grams, limit_grams
      FROM plot_yields JOIN plots ON plots.id = plot_id
     WHERE producer_id = ANY(:producer_ids::uuid[]) AND year = :year AND harvested_grams > 0
     ORDER BY plot_id, crop LIMIT :limit
    """,
)
_LIMIT_COLUMNS = """
    SELECT crop, kg_per_mu, lower(valid_during) AS first, upper(valid_during) - 1 AS last, source
      FROM yield_limits
"""
LIST_LIMITS = Query(
    YieldLimit,
    _LIMIT_COLUMNS + " WHERE county_code = :county AND valid_during @> :day::date ORDER BY crop LIMIT :limit",
)
LIST_SHOP_LIMITS = Query(
    YieldLimit,
    _LIMIT_COLUMNS
    + """
     WHERE county_code = (SELECT county_code FROM producers WHERE id = :producer_id) AND valid_during @> :day::date
     ORDER BY crop LIMIT :limit
    """,
)
CHECK_OPEN = Query(bool, "SELECT state = 'open' FROM producers WHERE id = :producer_id")


async def require_open_producer(conn: Connection, actor: Actor, producer_id: UUID) -> None:
    """Require that the actor works for a producer that may sell.

    Raises:
        NotFound: otherwise.
    """
    require_producer(actor, producer_id)
    if not await CHECK_OPEN.maybe(conn, producer_id=producer_id):
        raise NotFound


async def add_plot(conn: Connection, actor: Actor, producer_id: UUID, new: NewPlot, *, now: datetime) -> Plot:
    """Add a plot of a producer of the actor's; its area does not change later, because it bounds the harvest.

    Raises:
        NotFound: the actor does not work for the producer, or it may not sell.
        TraceInvalid: the name is missing or too long, or the area is none; `errors` lists each.
        PlotKnown: there is a plot of the name.
    """
    await require_open_producer(conn, actor, producer_id)
    name = clean_name(new.name)
    faults: list[FieldFault] = []
    if not 0 < len(name) <= MAX_PLOT_NAME_LENGTH:
        faults.append(FieldFault("name", f"写地块的名字，最多 {MAX_PLOT_NAME_LENGTH} 字"))
    if not 0 < new.area_m2 <= MAX_AREA_M2:
        faults.append(FieldFault("area", "写成 3 或 3.5，最多 10000 亩"))
    if faults:
        raise TraceInvalid(errors=tuple(faults))
    try:
        async with conn.transaction():
            return await ADD_PLOT.one(
                conn, producer_id=producer_id, name=name, area_m2=new.area_m2, account_id=actor.account_id, now=now
            )
    except asyncpg.UniqueViolationError:
        raise PlotKnown from None


async def list_plots(conn: Connection, producer_ids: Sequence[UUID]) -> list[Plot]:
    """Return the plots of producers by name, at most `MAX_LISTED`."""
    return await LIST_PLOTS.all(conn, producer_ids=list(producer_ids), limit=MAX_LISTED)


async def list_plot_yields(conn: Connection, producer_ids: Sequence[UUID], *, year: int) -> list[PlotYield]:
    """Return what the plots of producers gave in a year."""
    return await LIST_YIELDS.all(conn, producer_ids=list(producer_ids), year=year, limit=MAX_LISTED)


async def list_yield_limits(conn: Connection, county: str, *, day: date) -> list[YieldLimit]:
    """Return what a 亩 of a county gives by crop on a day, with its source; public."""
    return await LIST_LIMITS.all(conn, county=county, day=day, limit=MAX_LISTED)


async def list_shop_limits(conn: Connection, producer_id: UUID, *, day: date) -> list[YieldLimit]:
    """Return the same of a producer's county."""
    return await LIST_SHOP_LIMITS.all(conn, producer_id=producer_id, day=day, limit=MAX_LISTED)
