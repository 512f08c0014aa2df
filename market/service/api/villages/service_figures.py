"""Figures of courses, clinic days and job postings, for programs."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import NotFound
from market.reports.service_figures import TownshipServices, list_quarters, publish_services
from market.subsidies.month.cycles import read_county, read_quarter

type QuarterName = Annotated[str, Meta(pattern="^[0-9]{4}Q[1-4]$")]


@get("/api/v1/counties/{county:str}/service-figures", tags=["services"], operation_id="ListServiceFigures")
async def list_figures(
    county: FromPath[str],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    quarter: FromQuery[QuarterName | None] = None,
) -> Response[list[TownshipServices]]:
    """List a county's figures of a quarter that is over, by township; null where a number would tell of few people."""
    quarters = list_quarters(clock.today())
    first = read_quarter(quarter)[0] if quarter else quarters[0]
    if first not in quarters:
        raise NotFound
    async with db.connection() as conn:
        townships = await publish_services(conn, read_county(county), first)
    return Response(townships, headers={"Cache-Control": "public, max-age=3600"})


ROUTES = [list_figures]
