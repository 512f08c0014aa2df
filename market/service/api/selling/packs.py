"""The packs of products, and their prices, for their producers."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.catalogue.listings.edit import ListingSummary, change_price
from market.catalogue.listings.models import MAX_PRICE_FEN
from market.catalogue.listings.more_packs import add_pack, end_pack
from market.catalogue.listings.packs import NewPack, OfferedPack, replace_pack
from market.catalogue.listings.tier_prices import PriceTerms, set_price_terms
from market.kernel import Connection, Database, Fen
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.packages.tell import tell_of_retired_pack
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest


class PriceChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The new price of a variant; placed orders keep their price."""

    price_fen: Annotated[int, Meta(ge=1, le=MAX_PRICE_FEN)]


class PackController(Controller):
    """Packs on offer."""

    path = "/api/v1"
    tags = ["catalogue"]

    @post("/variants/{variant_id:uuid}/prices", operation_id="ChangePrice", idempotent=True)
    async def change_price(
        self,
        *,
        request: HttpRequest,
        variant_id: FromPath[UUID],
        data: JSONBody[PriceChange],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[ListingSummary]:
        """Change the price of a variant; placed orders keep their price."""
        price = Fen(data.price_fen)
        return await run_once(
            request, db, actor, lambda conn: change_price(conn, actor, variant_id, price, now=clock.now())
        )

    @put("/variants/{variant_id:uuid}/price-terms", operation_id="SetPriceTerms")
    async def set_price_terms(
        self,
        *,
        variant_id: FromPath[UUID],
        data: JSONBody[PriceTerms],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> PriceTerms:
        """Set the lower prices of a pack from a quantity on, and its price for public units."""
        async with db.transaction() as conn:
            return await set_price_terms(conn, actor, variant_id, data, now=clock.now())

    @post("/variants/{variant_id:uuid}/packs", operation_id="ReplacePack", idempotent=True)
    async def replace_pack(
        self,
        *,
        request: HttpRequest,
        variant_id: FromPath[UUID],
        data: JSONBody[NewPack],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[OfferedPack]:
        """Replace the pack of a variant by a new variant; placed orders keep theirs."""

        async def replace(conn: Connection) -> OfferedPack:
            replacement = await replace_pack(conn, actor, variant_id, data, now=clock.now())
            await tell_of_retired_pack(conn, seal, variant_id, now=clock.now())
            return replacement

        return await run_once(request, db, actor, replace)

    @post("/listings/{listing_id:uuid}/packs", operation_id="AddPack", idempotent=True)
    async def add_pack(
        self,
        *,
        request: HttpRequest,
        listing_id: FromPath[UUID],
        data: JSONBody[NewPack],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[OfferedPack]:
        """Offer one more pack of a product; without a quantity it sells from the stock of the first pack."""
        return await run_once(request, db, actor, lambda conn: add_pack(conn, actor, listing_id, data, now=clock.now()))

    @post("/variants/{variant_id:uuid}/end", operation_id="EndPack", idempotent=True)
    async def end_pack(
        self,
        *,
        request: HttpRequest,
        variant_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[ListingSummary]:
        """Take one of several packs off sale; placed orders keep theirs."""

        async def end(conn: Connection) -> ListingSummary:
            listing = await end_pack(conn, actor, variant_id, now=clock.now())
            await tell_of_retired_pack(conn, seal, variant_id, now=clock.now())
            return listing

        return await run_once(request, db, actor, end)


ROUTES = [PackController]
