"""What is for sale: publishing, searching, reading."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.api.plumbing import once
from market.api.producers import SHORTLY
from market.catalogue import (
    CategoryCount,
    CountyCount,
    Found,
    Kind,
    Move,
    NewActivity,
    NewFreight,
    NewProduct,
    NewSeason,
    NewStay,
    Product,
    Published,
    Season,
    Sort,
    Standing,
    Stay,
    Template,
    Wanted,
    change_price,
    get_product,
    get_stay,
    list_categories,
    list_counties,
    list_templates,
    move_listing,
    publish_activity,
    publish_product,
    publish_stay,
    search_listings,
    set_freight,
    set_season,
)
from market.catalogue.models import MOST_PRICE_FEN
from market.catalogue.search import Code, Place
from market.identity import Actor
from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.stock import Lot, LotId, count_units

# Litestar reads the bounds of a query parameter only through a named type.
type Text = Annotated[str, Meta(max_length=200)]
type Cursor = Annotated[str, Meta(max_length=80)]
type Most = Annotated[int, Meta(ge=1, le=100)]
type PriceFen = Annotated[int, Meta(ge=1, le=MOST_PRICE_FEN)]


class PriceChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The price of a variant from now on; orders placed keep theirs."""

    price_fen: Annotated[int, Meta(ge=1, le=MOST_PRICE_FEN)]


class ListingMove(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a listing."""

    move: Move
    reason: Annotated[str, Meta(max_length=300)] = ""


class StockCount(Struct, frozen=True, forbid_unknown_fields=True):
    """Units that came (or, negative, went), under a reference that counts once."""

    change: int
    reference: Annotated[str, Meta(min_length=1, max_length=100)]


class PublishController(Controller):
    """Offers, by their producers."""

    path = "/api/v1"
    tags = ["catalogue"]  # noqa: RUF012 - the framework's own declaration

    @post("/products", operation_id="PublishProduct")
    async def publish_product(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[NewProduct],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Published]:
        """Put a farm product up for sale."""
        return await once(request, db, actor, lambda conn: publish_product(conn, actor, data, now=clock.now()))

    @post("/stays", operation_id="PublishStay")
    async def publish_stay(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[NewStay],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Published]:
        """Put a stay up for booking."""
        return await once(request, db, actor, lambda conn: publish_stay(conn, actor, data, now=clock.now()))

    @post("/activities", operation_id="PublishActivity")
    async def publish_activity(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[NewActivity],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Published]:
        """Put an activity up for sale."""
        return await once(request, db, actor, lambda conn: publish_activity(conn, actor, data, now=clock.now()))

    @post("/variants/{variant_id:uuid}/prices", operation_id="ChangePrice")
    async def change_price(
        self,
        *,
        request: Request[Any, Any, Any],
        variant_id: FromPath[UUID],
        data: JSONBody[PriceChange],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Standing]:
        """Change a price; orders that were placed keep theirs."""
        price = Fen(data.price_fen)
        return await once(
            request, db, actor, lambda conn: change_price(conn, actor, variant_id, price, now=clock.now())
        )

    @post("/listings/{listing_id:uuid}/moves", operation_id="MoveListing")
    async def move_listing(
        self,
        *,
        request: Request[Any, Any, Any],
        listing_id: FromPath[UUID],
        data: JSONBody[ListingMove],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Standing]:
        """Withdraw a listing or offer it again; for county and platform: suspend or reopen it."""
        return await once(
            request,
            db,
            actor,
            lambda conn: move_listing(conn, actor, listing_id, data.move, reason=data.reason, now=clock.now()),
        )

    @post("/lots/{lot_id:uuid}/counts", operation_id="CountUnits")
    async def count_units(
        self,
        *,
        request: Request[Any, Any, Any],
        lot_id: FromPath[UUID],
        data: JSONBody[StockCount],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Lot]:
        """Add to what is left or take away from it; the same reference counts once."""
        return await once(
            request,
            db,
            actor,
            lambda conn: count_units(
                conn, actor, LotId(lot_id), change=data.change, reference=data.reference, now=clock.now()
            ),
        )

    @post("/stays/{listing_id:uuid}/seasons", operation_id="SetSeason")
    async def set_season(
        self,
        *,
        request: Request[Any, Any, Any],
        listing_id: FromPath[UUID],
        data: JSONBody[NewSeason],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[list[Season]]:
        """Set the price of the nights of a season."""
        return await once(request, db, actor, lambda conn: set_season(conn, actor, listing_id, data, now=clock.now()))

    @put("/producers/{producer_id:uuid}/freight", operation_id="SetFreight", status_code=204)
    async def set_freight(
        self,
        *,
        producer_id: FromPath[UUID],
        data: JSONBody[NewFreight],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Set what carriage costs for a producer; orders that were placed keep theirs."""
        async with db.transaction() as conn:
            await set_freight(conn, actor, producer_id, data, now=clock.now())

    @get("/templates", operation_id="GetTemplates")
    async def get_templates(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        producer_id: FromQuery[UUID],
    ) -> list[Template]:
        """Give the local products of a producer's county with what others ask for them."""
        async with db.connection() as conn:
            return await list_templates(conn, actor, producer_id)


class CatalogueController(Controller):
    """Offers, as everyone sees them."""

    path = "/api/v1"
    tags = ["catalogue"]  # noqa: RUF012 - the framework's own declaration

    @get("/listings", operation_id="SearchListings")
    async def search(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        q: FromQuery[Text] = "",
        kind: FromQuery[Kind | None] = None,
        category: FromQuery[Code | None] = None,
        place: FromQuery[Place | None] = None,
        price_from_fen: FromQuery[PriceFen | None] = None,
        price_to_fen: FromQuery[PriceFen | None] = None,
        in_season: FromQuery[bool] = False,
        sort: FromQuery[Sort] = Sort.SCORE,
        after: FromQuery[Cursor | None] = None,
        most: FromQuery[Most] = 24,
    ) -> Response[Found]:
        """Find what is for sale by Chinese, pinyin or initials; the order's rule is named in the answer."""
        month = clock.today().month
        wanted = Wanted(
            text=q,
            kind=kind,
            category=category,
            place=place,
            price_from_fen=price_from_fen,
            price_to_fen=price_to_fen,
            month=month if in_season else None,
            sort=sort,
        )
        async with db.transaction() as conn:
            return Response(
                await search_listings(conn, wanted, this_month=month, after=after, most=most), headers=SHORTLY
            )

    @get("/products/{listing_id:uuid}", operation_id="GetProduct")
    async def get_product(
        self, listing_id: FromPath[UUID], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> Response[Product]:
        """Give a product or an activity with its sizes, its stock and its freight."""
        async with db.connection() as conn:
            return Response(await get_product(conn, listing_id, now=clock.now()), headers=SHORTLY)

    @get("/stays/{listing_id:uuid}", operation_id="GetStay")
    async def get_stay(
        self, listing_id: FromPath[UUID], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> Response[Stay]:
        """Give a stay with its rooms and what a cancellation gives back."""
        async with db.connection() as conn:
            return Response(await get_stay(conn, listing_id, now=clock.now()), headers=SHORTLY)

    @get("/categories", operation_id="ListCategories")
    async def list_categories(self, db: NamedDependency[Database]) -> Response[list[CategoryCount]]:
        """Give the categories with what each holds and the certificates it needs."""
        async with db.connection() as conn:
            return Response(await list_categories(conn), headers=SHORTLY)

    @get("/counties", operation_id="ListCounties")
    async def list_counties(self, db: NamedDependency[Database]) -> Response[list[CountyCount]]:
        """Give the counties that sell with what each holds."""
        async with db.connection() as conn:
            return Response(await list_counties(conn), headers=SHORTLY)


ROUTES = [PublishController, CatalogueController]
