"""Listings: publish, change, search and read."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.catalogue.listings.browse import CategoryCount, CountyCount, list_categories, list_counties
from market.catalogue.listings.describe import Description, NewDescription, edit_listing
from market.catalogue.listings.detail import ProductDetail, StayDetail, get_product, get_stay
from market.catalogue.listings.edit import ListingSummary, move_listing
from market.catalogue.listings.freight import FreightTerms, set_freight
from market.catalogue.listings.models import (
    ListingKind,
    ListingMove,
    NewActivity,
    NewStay,
    PublishedListing,
    Sort,
)
from market.catalogue.listings.night_rules import NightRule, list_night_rules, set_night_rule
from market.catalogue.listings.publish import NewProduct, publish_activity, publish_product, publish_stay
from market.catalogue.listings.search.listings import (
    CategoryCode,
    DivisionPrefix,
    ListingPage,
    SearchFilters,
    search_listings,
)
from market.catalogue.listings.templates import ListingTemplate, list_templates
from market.catalogue.listings.terms import NewSeason, Season, SeasonNights, clear_season, list_seasons, set_season
from market.catalogue.stock.lots import count_units
from market.catalogue.stock.models import Lot, LotId
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.packages.tell import tell_of_moved_listing
from market.service.api.idempotency import run_once
from market.service.api.parameters import Cursor, PageSize, PriceFen, Text
from market.service.api.producers import CACHE_ONE_SECOND
from market.service.http import HttpRequest


class ListingMoveRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A move of a listing to another state; suspending needs a reason."""

    move: ListingMove
    reason: Annotated[str, Meta(max_length=300)] = ""


class StockCount(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of stock in units, negative to remove; applied once per `reference`."""

    change: int
    reference: Annotated[str, Meta(min_length=1, max_length=100)]


class PublishController(Controller):
    """Listings, for their producers."""

    path = "/api/v1"
    tags = ["catalogue"]

    @post("/products", operation_id="PublishProduct", idempotent=True)
    async def publish_product(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewProduct],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[PublishedListing]:
        """Publish a farm product."""
        return await run_once(request, db, actor, lambda conn: publish_product(conn, actor, data, now=clock.now()))

    @post("/stays", operation_id="PublishStay", idempotent=True)
    async def publish_stay(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewStay],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[PublishedListing]:
        """Publish a stay."""
        return await run_once(request, db, actor, lambda conn: publish_stay(conn, actor, data, now=clock.now()))

    @post("/activities", operation_id="PublishActivity", idempotent=True)
    async def publish_activity(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewActivity],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[PublishedListing]:
        """Publish an activity."""
        return await run_once(request, db, actor, lambda conn: publish_activity(conn, actor, data, now=clock.now()))

    @post("/listings/{listing_id:uuid}/edits", operation_id="EditListing", idempotent=True)
    async def edit_listing(
        self,
        *,
        request: HttpRequest,
        listing_id: FromPath[UUID],
        data: JSONBody[NewDescription],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Description]:
        """Correct name, introduction, photo or category of a listing; placed orders keep theirs."""
        return await run_once(
            request, db, actor, lambda conn: edit_listing(conn, actor, listing_id, data, now=clock.now())
        )

    @post("/listings/{listing_id:uuid}/moves", operation_id="MoveListing", idempotent=True)
    async def move_listing(
        self,
        *,
        request: HttpRequest,
        listing_id: FromPath[UUID],
        data: JSONBody[ListingMoveRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[ListingSummary]:
        """Withdraw or relist a listing; county and platform suspend or reopen it."""

        async def move(conn: Connection) -> ListingSummary:
            moved = await move_listing(conn, actor, listing_id, data.move, reason=data.reason, now=clock.now())
            await tell_of_moved_listing(conn, seal, listing_id, data.move, now=clock.now())
            return moved

        return await run_once(request, db, actor, move)

    @post("/lots/{lot_id:uuid}/counts", operation_id="CountUnits", idempotent=True)
    async def count_units(
        self,
        *,
        request: HttpRequest,
        lot_id: FromPath[UUID],
        data: JSONBody[StockCount],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Lot]:
        """Add units to a lot or remove them, once per reference."""
        return await run_once(
            request,
            db,
            actor,
            lambda conn: count_units(
                conn, actor, LotId(lot_id), change=data.change, reference=data.reference, now=clock.now()
            ),
        )

    @post("/listings/{listing_id:uuid}/seasons", operation_id="SetSeason", idempotent=True)
    async def set_season(
        self,
        *,
        request: HttpRequest,
        listing_id: FromPath[UUID],
        data: JSONBody[NewSeason],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[list[Season]]:
        """Set the price of a season of a stay or activity, its least number of nights, or both, replacing others."""
        return await run_once(
            request, db, actor, lambda conn: set_season(conn, actor, listing_id, data, now=clock.now())
        )

    @get("/listings/{listing_id:uuid}/seasons", operation_id="ListSeasons")
    async def seasons(
        self, listing_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[Season]:
        """List the dated terms of an own stay or activity, the earliest first."""
        async with db.connection() as conn:
            return await list_seasons(conn, actor, listing_id)

    @post("/listings/{listing_id:uuid}/seasons/removal", operation_id="ClearSeason", status_code=200)
    async def clear_season(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[SeasonNights],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[Season]:
        """Remove what was set for some nights or days, so that the rules of the listing apply again."""
        async with db.transaction() as conn:
            return await clear_season(conn, actor, listing_id, data, now=clock.now())

    @get("/listings/{listing_id:uuid}/night-rules", operation_id="ListNightRules")
    async def night_rules(
        self, listing_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[NightRule]:
        """List the rules of an own stay or activity: prices and least numbers of nights of weekends and holidays."""
        async with db.connection() as conn:
            return await list_night_rules(conn, actor, listing_id)

    @put("/listings/{listing_id:uuid}/night-rules", operation_id="SetNightRule")
    async def set_night_rule(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[NightRule],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[NightRule]:
        """Set a rule of an own stay or activity; one without price and number is removed."""
        async with db.transaction() as conn:
            return await set_night_rule(conn, actor, listing_id, data, now=clock.now())

    @put("/producers/{producer_id:uuid}/freight", operation_id="SetFreight", status_code=204)
    async def set_freight(
        self,
        *,
        producer_id: FromPath[UUID],
        data: JSONBody[FreightTerms],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Set the freight terms of a producer; placed orders keep their freight."""
        async with db.transaction() as conn:
            await set_freight(conn, actor, producer_id, data, now=clock.now())

    @get("/templates", operation_id="GetTemplates")
    async def get_templates(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        producer_id: FromQuery[UUID],
    ) -> list[ListingTemplate]:
        """Return the local products of a producer's county with the prices of other sellers."""
        async with db.connection() as conn:
            return await list_templates(conn, actor, producer_id)


class CatalogueController(Controller):
    """Listings, as everyone sees them."""

    path = "/api/v1"
    tags = ["catalogue"]

    @get("/listings", operation_id="SearchListings", rate=RateClass.SEARCH)
    async def search(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        q: FromQuery[Text] = "",
        kind: FromQuery[ListingKind | None] = None,
        category: FromQuery[CategoryCode | None] = None,
        place: FromQuery[DivisionPrefix | None] = None,
        price_from_fen: FromQuery[PriceFen | None] = None,
        price_to_fen: FromQuery[PriceFen | None] = None,
        in_season: FromQuery[bool] = False,
        sort: FromQuery[Sort] = Sort.SCORE,
        after: FromQuery[Cursor | None] = None,
        most: FromQuery[PageSize] = 24,
    ) -> Response[ListingPage]:
        """Search listings by Chinese, pinyin or initials; the response states the rule of its order."""
        today = clock.today()
        filters = SearchFilters(
            text=q,
            kind=kind,
            category=category,
            division=place,
            price_from_fen=price_from_fen,
            price_to_fen=price_to_fen,
            month=today.month if in_season else None,
            sort=sort,
        )
        async with db.connection() as conn:
            return Response(
                await search_listings(conn, filters, today=today, after=after, limit=most),
                headers=CACHE_ONE_SECOND,
            )

    @get("/products/{listing_id:uuid}", operation_id="GetProduct")
    async def get_product(
        self, listing_id: FromPath[UUID], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> Response[ProductDetail]:
        """Return a product or an activity with its variants, stock and freight terms."""
        async with db.connection() as conn:
            return Response(await get_product(conn, listing_id, now=clock.now()), headers=CACHE_ONE_SECOND)

    @get("/stays/{listing_id:uuid}", operation_id="GetStay")
    async def get_stay(
        self, listing_id: FromPath[UUID], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> Response[StayDetail]:
        """Return a stay with its rooms and cancellation tiers."""
        async with db.connection() as conn:
            return Response(await get_stay(conn, listing_id, now=clock.now()), headers=CACHE_ONE_SECOND)

    @get("/categories", operation_id="ListCategories")
    async def list_categories(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> Response[list[CategoryCount]]:
        """Return the categories with their number of live listings and required certificates."""
        async with db.connection() as conn:
            return Response(await list_categories(conn, today=clock.today()), headers=CACHE_ONE_SECOND)

    @get("/counties", operation_id="ListCounties")
    async def list_counties(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> Response[list[CountyCount]]:
        """Return the counties with live listings, and their number."""
        async with db.connection() as conn:
            return Response(await list_counties(conn, today=clock.today()), headers=CACHE_ONE_SECOND)


ROUTES = [PublishController, CatalogueController]
