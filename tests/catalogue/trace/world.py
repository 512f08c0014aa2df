"""A shop with a plot of 3 亩, of which one gives 100 kg of 香菇 in a year: at most 300 kg."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from market.catalogue.trace.harvests import record_harvest
from market.catalogue.trace.models import HarvestLot, NewHarvest, NewPlot
from market.catalogue.trace.plots import add_plot
from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.places.county_files.models import CountyFile, FileResult
from market.places.county_files.run_file_import import import_county_file
from market.villages.areas import COUNTY_FILE_KINDS
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import load_owner, make_producer

YIELD_HEAD = "作物,每亩最多kg,起始日期,依据"
TODAY = date(2019, 9, 20)
MOST = 300_000


class TraceWorld(Struct, frozen=True):
    """The owner of a shop, its plot, and an official of the county."""

    farmer: Actor
    shop: UUID
    plot: UUID
    county: Actor


async def take_yields(conn: Connection, official: Actor, *rows: str, dry_run: bool = False) -> FileResult:
    content = "\n".join((YIELD_HEAD, *rows)).encode()
    file = CountyFile(county="130624", name="亩产.csv", content=content, dry_run=dry_run, now=NOW)
    return await import_county_file(conn, official, COUNTY_FILE_KINDS["yields"], file)


async def make_trace_world(conn: Connection, *, kind: str = "household") -> TraceWorld:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    await take_yields(conn, county, "香菇,100,2019-01-01,样例产量调查", "大枣,200,2019-01-01,样例产量调查")
    shop = await make_producer(conn, kind=kind)
    farmer = await load_owner(conn, shop)
    plot = await add_plot(conn, farmer, shop, NewPlot(name="东坡地", area_m2=2000), now=NOW)
    return TraceWorld(farmer, shop, plot.id, county)


async def harvest(
    conn: Connection, world: TraceWorld, grams: int, *, crop: str = "香菇", day: date = TODAY
) -> HarvestLot:
    new = NewHarvest(plot_id=world.plot, crop=crop, harvested_on=day, grams=grams)
    return await record_harvest(conn, world.farmer, new, now=NOW)
