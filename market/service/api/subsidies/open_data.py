"""What is published of the reductions, for programs: figures of closed quarters, and the plans of a county."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.reports.open_data import OpenFigure, list_open_figures
from market.reports.public_plans import PublicPlan, list_public_plans
from market.subsidies.month.cycles import read_county, read_quarter

CACHE_ONE_HOUR = {"Cache-Control": "public, max-age=3600"}
type CountyCode = Annotated[str, Meta(pattern="^[0-9]{6}$")]
type QuarterName = Annotated[str, Meta(pattern="^[0-9]{4}Q[1-4]$")]


@get("/api/v1/open-data/subsidies", tags=["subsidies"], operation_id="ListOpenFigures", rate=RateClass.SEARCH)
async def list_figures(
    db: NamedDependency[Database],
    county: FromQuery[CountyCode | None] = None,
    quarter: FromQuery[QuarterName | None] = None,
) -> Response[list[OpenFigure]]:
    """List the published figures of closed quarters by county, township and operator; null where they are hidden."""
    first = read_quarter(quarter)[0] if quarter else None
    async with db.connection() as conn:
        return Response(await list_open_figures(conn, county=county or "", quarter=first), headers=CACHE_ONE_HOUR)


@get("/api/v1/counties/{county:str}/plans", tags=["subsidies"], operation_id="ListPublicPlans")
async def list_plans(
    db: NamedDependency[Database], clock: NamedDependency[Clock], county: FromPath[str]
) -> list[PublicPlan]:
    """List the operators' plans that anybody in a county may have today, the cheapest of each kind first."""
    async with db.connection() as conn:
        return await list_public_plans(conn, read_county(county), day=clock.today())


ROUTES = [list_figures, list_plans]
