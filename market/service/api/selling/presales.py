"""Terms of a listing: pre-sales of products, deposits of stays, what is refunded to who cancels, what a child pays."""

from uuid import UUID

from litestar import Controller, delete, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.catalogue.listings.cancel_tiers import CancelTerms, set_cancel_terms
from market.catalogue.listings.person_classes import set_child_price
from market.catalogue.listings.presale import PresaleTerms, end_presale, set_presale
from market.catalogue.listings.stay_deposit import StayDeposit, set_stay_deposit
from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.people.identity.models import Actor


class PresaleController(Controller):
    """The terms on which a product is sold before its harvest; the details of the product show them."""

    path = "/api/v1/listings/{listing_id:uuid}/presale"
    tags = ("catalogue",)

    @put(operation_id="SetPresale")
    async def set_terms(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        data: JSONBody[PresaleTerms],
    ) -> PresaleTerms:
        """Sell a product before its harvest, with a deposit and a balance; orders that were placed keep their terms."""
        async with db.transaction() as conn:
            return await set_presale(conn, actor, listing_id, data, now=clock.now())

    @delete(operation_id="EndPresale", status_code=204)
    async def end(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
    ) -> None:
        """Sell a product as usual again; repeating changes nothing."""
        async with db.transaction() as conn:
            await end_presale(conn, actor, listing_id, now=clock.now())


class StayDepositController(Controller):
    """The share of a stay that is paid when it is booked."""

    path = "/api/v1/stays/{listing_id:uuid}/deposit"
    tags = ("catalogue",)

    @put(operation_id="SetStayDeposit")
    async def set_deposit(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        data: JSONBody[StayDeposit],
    ) -> StayDeposit:
        """Let guests pay a stay in two parts; booked stays keep their terms."""
        async with db.transaction() as conn:
            await set_stay_deposit(conn, actor, listing_id, data, now=clock.now())
        return data

    @delete(operation_id="EndStayDeposit", status_code=204)
    async def end(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
    ) -> None:
        """Let guests pay a stay at once; repeating changes nothing."""
        async with db.transaction() as conn:
            await set_stay_deposit(conn, actor, listing_id, None, now=clock.now())


class ChildPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """What a child pays for a place; null: as much as an adult."""

    price_fen: Fen | None


class VisitTermsController(Controller):
    """What is refunded to a guest who cancels, and what a child pays."""

    path = "/api/v1/listings/{listing_id:uuid}"
    tags = ("catalogue",)

    @put("/cancel-terms", operation_id="SetCancelTerms")
    async def set_terms(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        data: JSONBody[CancelTerms],
    ) -> CancelTerms:
        """Set the refund tiers of a stay or an activity for orders placed from now on; placed ones keep theirs."""
        async with db.transaction() as conn:
            return await set_cancel_terms(conn, actor, listing_id, data, now=clock.now())

    @put("/child-price", operation_id="SetChildPrice")
    async def set_child(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        data: JSONBody[ChildPrice],
    ) -> ChildPrice:
        """Set what a child pays in an activity, at most what an adult pays; placed orders keep their price."""
        async with db.transaction() as conn:
            return ChildPrice(await set_child_price(conn, actor, listing_id, data.price_fen, now=clock.now()))


ROUTES = [PresaleController, StayDepositController, VisitTermsController]
