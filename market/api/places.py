"""Places, for forms that choose one."""

from datetime import date
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta

from market.catalogue.search import Place
from market.kernel import Database
from market.kernel.clock import Clock
from market.places import (
    Division,
    FoundDivision,
    ListedCounty,
    children_of,
    list_listed_counties,
    path_of,
    search_divisions,
)

A_DAY = {"Cache-Control": "public, max-age=86400"}
type Text = Annotated[str, Meta(min_length=1, max_length=40)]
type WholeCode = Annotated[str, Meta(pattern="^[0-9]{12}$")]


class PlaceController(Controller):
    """Divisions by code and by name."""

    path = "/api/v1/divisions"
    tags = ["places"]  # noqa: RUF012 - the framework's own declaration

    @get(operation_id="ListDivisions")
    async def list_divisions(
        self, db: NamedDependency[Database], parent: FromQuery[WholeCode | None] = None
    ) -> Response[list[Division]]:
        """Give what lies directly in a division, by code; without `parent`, the provinces."""
        async with db.connection() as conn:
            return Response(await children_of(conn, parent), headers=A_DAY)

    @get("/path", operation_id="GetDivisionPath")
    async def get_path(self, db: NamedDependency[Database], code: FromQuery[WholeCode]) -> Response[list[Division]]:
        """Give the way from the province down to a division."""
        async with db.connection() as conn:
            return Response(await path_of(conn, code), headers=A_DAY)

    @get("/search", operation_id="SearchDivisions")
    async def search(
        self,
        db: NamedDependency[Database],
        q: FromQuery[Text],
        within: FromQuery[Place | None] = None,
    ) -> Response[list[FoundDivision]]:
        """Find divisions by a piece of their name, or by pinyin or initials."""
        async with db.connection() as conn:
            return Response(await search_divisions(conn, q, within=within or ""), headers=A_DAY)

    @get("/listed", operation_id="ListListedCounties")
    async def listed(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], day: FromQuery[date | None] = None
    ) -> Response[list[ListedCounty]]:
        """Give the counties of the lists that stand on a day, or today."""
        async with db.connection() as conn:
            return Response(await list_listed_counties(conn, day=day or clock.today()), headers=A_DAY)


ROUTES = [PlaceController]
