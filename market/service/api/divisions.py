"""Administrative divisions, for forms that select one."""

from datetime import date
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta

from market.catalogue.listings.search.listings import DivisionPrefix
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.places.divisions.queries import (
    Division,
    DivisionMatch,
    ListedCounty,
    get_division_path,
    list_children,
    list_listed_counties,
    search_divisions,
)

CACHE_ONE_DAY = {"Cache-Control": "public, max-age=86400"}
type Text = Annotated[str, Meta(min_length=1, max_length=40)]
type WholeCode = Annotated[str, Meta(pattern="^[0-9]{12}$")]


class DivisionController(Controller):
    """Divisions by code and by name."""

    path = "/api/v1/divisions"
    tags = ["places"]

    @get(operation_id="ListDivisions")
    async def list_divisions(
        self, db: NamedDependency[Database], parent: FromQuery[WholeCode | None] = None
    ) -> Response[list[Division]]:
        """List the divisions directly below `parent`; without it, the provinces."""
        async with db.connection() as conn:
            return Response(await list_children(conn, parent), headers=CACHE_ONE_DAY)

    @get("/path", operation_id="GetDivisionPath")
    async def get_path(self, db: NamedDependency[Database], code: FromQuery[WholeCode]) -> Response[list[Division]]:
        """Return the path from the province down to a division."""
        async with db.connection() as conn:
            return Response(await get_division_path(conn, code), headers=CACHE_ONE_DAY)

    @get("/search", operation_id="SearchDivisions", rate=RateClass.SEARCH)
    async def search(
        self,
        db: NamedDependency[Database],
        q: FromQuery[Text],
        within: FromQuery[DivisionPrefix | None] = None,
    ) -> Response[list[DivisionMatch]]:
        """Search divisions by part of their name, pinyin or initials."""
        async with db.connection() as conn:
            return Response(await search_divisions(conn, q, within=within or ""), headers=CACHE_ONE_DAY)

    @get("/listed", operation_id="ListListedCounties")
    async def listed(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], day: FromQuery[date | None] = None
    ) -> Response[list[ListedCounty]]:
        """List the listed counties on a day, by default today."""
        async with db.connection() as conn:
            return Response(await list_listed_counties(conn, day=day or clock.today()), headers=CACHE_ONE_DAY)


ROUTES = [DivisionController]
