"""What the signed-in account keeps of the shop."""

from uuid import UUID

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from market.catalogue.favourites.keep import add_favourite, remove_favourite
from market.catalogue.favourites.models import Favourite, FavouriteKind
from market.catalogue.favourites.views import list_favourites
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.people.identity.models import Actor
from market.service.api.parameters import PageSize


class FavouriteController(Controller):
    """Favourites: listings and producers, at most 200 of an account."""

    path = "/api/v1/favourites"
    tags = ("favourites",)

    @get(operation_id="ListFavourites")
    async def list(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[Favourite]:
        """List what the account keeps, the latest first; what is off the shelf stays, with `on_sale` false."""
        async with db.connection() as conn:
            return await list_favourites(conn, actor.account_id, today=clock.today(), before=before, limit=limit)

    @put("/{kind:str}/{number:int}", operation_id="AddFavourite", status_code=204)
    async def add(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        kind: FromPath[FavouriteKind],
        number: FromPath[int],
    ) -> None:
        """Keep a listing or a producer by its public number; repeating changes nothing."""
        async with db.transaction() as conn:
            await add_favourite(conn, actor.account_id, kind, number, now=clock.now())

    @delete("/{kind:str}/{number:int}", operation_id="RemoveFavourite")
    async def remove(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        kind: FromPath[FavouriteKind],
        number: FromPath[int],
    ) -> None:
        """Keep a listing or a producer no more, whether or not it was kept."""
        async with db.transaction() as conn:
            await remove_favourite(conn, actor.account_id, kind, number)


ROUTES = [FavouriteController]
