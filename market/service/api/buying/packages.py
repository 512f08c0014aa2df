"""乡村套餐: composing, consent, selling, booking, and cancelling the rest."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.search.listings import CategoryCode, DivisionPrefix
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor
from market.sales.orders.address import Address, seal_address
from market.sales.orders.cancel import Cancellation
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.models import PlacedOrder
from market.sales.packages.book import PackageQuote, PackageWish, book_package, quote_package
from market.sales.packages.capacity import load_availability
from market.sales.packages.compose import OfferedVariant, compose_package, list_near_variants
from market.sales.packages.consent import answer_package, publish_package, withdraw_package
from market.sales.packages.models import NewPackage, Package
from market.sales.packages.order_parts import OrderedPackage, cancel_package_rest, get_ordered_package
from market.sales.packages.read import (
    PackageFilters,
    PackageInvitation,
    PackageOffer,
    get_live_package,
    get_own_package,
    list_invitations,
    list_offers,
    list_own_packages,
    make_offer,
)
from market.sales.packages.rules import PartAvailability
from market.service.api.idempotency import get_idempotency_key, run_once
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest
from payments import GuardedGateway

_MAX_NUMBER = 2**62


class PackageAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the household supplies its parts, at the shares and under the conditions shown."""

    agrees: bool


class PackageQuoteRequest(PackageWish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a buyer wants of a package; `region_code` is where its goods go, six digits."""

    region_code: Annotated[str, Meta(pattern="^[0-9]{6}$")]


class BookPackageRequest(PackageWish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a buyer wants of a package, and the address; `total_fen` is the total that the buyer saw.

    With another `cancel_terms` than the quote had (`QuotePackage`) nothing is placed: what cancelling refunds changed.
    """

    address: Address
    total_fen: int | None = None
    cancel_terms: Annotated[str, Meta(max_length=64)] | None = None


class ProducerPackageController(Controller):
    """The packages that a producer composed."""

    path = "/api/v1/producers/{producer_id:uuid}/packages"
    tags = ("packages",)

    @post(operation_id="ComposePackage", idempotent=True)
    async def compose(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        data: JSONBody[NewPackage],
    ) -> Response[Package]:
        """Compose a package of listings of the county, and ask each household; nothing is on sale before all agreed."""

        async def work(conn: Connection) -> Package:
            return await compose_package(conn, seal, actor, data, producer_id=producer_id, now=clock.now())

        return await run_once(request, db, actor, work)

    @get(operation_id="ListProducerPackages")
    async def list_own(
        self, *, db: NamedDependency[Database], actor: NamedDependency[Actor], producer_id: FromPath[UUID]
    ) -> list[Package]:
        """List the packages that the producer composed, with the answers of the households."""
        async with db.connection() as conn:
            return await list_own_packages(conn, actor, producer_id)

    @get("/choices", operation_id="ListPackageChoices")
    async def choices(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
    ) -> list[OfferedVariant]:
        """List what a package of the producer may have, of its own village first, at most 200."""
        async with db.connection() as conn:
            return await list_near_variants(conn, actor, producer_id, now=clock.now())

    @get("/{package_id:uuid}", operation_id="GetProducerPackage")
    async def show(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        package_id: FromPath[UUID],
    ) -> Package:
        """Return a package that the producer composed, with the answers of the households."""
        async with db.connection() as conn:
            return await get_own_package(conn, actor, producer_id, package_id)

    @post("/{package_id:uuid}/publish", operation_id="PublishPackage", status_code=200)
    async def publish(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        package_id: FromPath[UUID],
    ) -> Package:
        """Put a package on sale to which every household agreed."""
        async with db.transaction() as conn:
            return await publish_package(conn, actor, producer_id, package_id, now=clock.now())

    @post("/{package_id:uuid}/withdraw", operation_id="WithdrawPackage", status_code=200)
    async def withdraw(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        package_id: FromPath[UUID],
    ) -> Package:
        """Take a package off sale; what was booked stays booked."""
        async with db.transaction() as conn:
            return await withdraw_package(conn, actor, producer_id, package_id, now=clock.now())


class PackageInvitationController(Controller):
    """The packages of others that a producer is asked to supply."""

    path = "/api/v1/producers/{producer_id:uuid}/package-invitations"
    tags = ("packages",)

    @get(operation_id="ListPackageInvitations")
    async def list_asked(
        self, *, db: NamedDependency[Database], actor: NamedDependency[Actor], producer_id: FromPath[UUID]
    ) -> list[PackageInvitation]:
        """List the packages that the producer is asked to supply, each with its own parts and shares only."""
        async with db.connection() as conn:
            return await list_invitations(conn, actor, producer_id)

    @put("/{package_id:uuid}", operation_id="AnswerPackage", status_code=204)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        package_id: FromPath[UUID],
        data: JSONBody[PackageAnswer],
    ) -> None:
        """Agree to supply the parts, or decline; a household may change its answer, which withdraws what lacks it."""
        async with db.transaction() as conn:
            await answer_package(conn, seal, actor, producer_id, package_id, agrees=data.agrees, now=clock.now())


class PackageController(Controller):
    """Packages on sale."""

    path = "/api/v1/packages"
    tags = ("packages",)

    @get(operation_id="ListPackages")
    async def list_on_sale(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        q: FromQuery[str] = "",
        division: FromQuery[DivisionPrefix | None] = None,
        category: FromQuery[CategoryCode | None] = None,
        before: FromQuery[int | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[PackageOffer]:
        """List the packages on sale, the newest first.

        `q` matches their titles and what is in them; `division` is the code of one, truncated to its level.
        """
        filters = PackageFilters(text=q, division=division, category=category)
        async with db.connection() as conn:
            return await list_offers(conn, filters, before=before, limit=limit, today=clock.today())

    @get("/{number:int}", operation_id="GetPackage")
    async def show(self, *, db: NamedDependency[Database], number: FromPath[int]) -> PackageOffer:
        """Return a package on sale."""
        async with db.connection() as conn:
            return make_offer(await get_live_package(conn, min(number, _MAX_NUMBER)))

    @get("/{number:int}/availability", operation_id="GetPackageAvailability")
    async def availability(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        number: FromPath[int],
        arrive_on: FromQuery[date],
    ) -> list[PartAvailability]:
        """Return for each part how many packages fit when guests arrive on a day; of activities at each time."""
        async with db.connection() as conn:
            package = await get_live_package(conn, min(number, _MAX_NUMBER))
            return await load_availability(conn, package, arrive=arrive_on, now=clock.now())

    @post("/{number:int}/quote", operation_id="QuotePackage", status_code=200)
    async def quote(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        number: FromPath[int],
        data: JSONBody[PackageQuoteRequest],
    ) -> PackageQuote:
        """Return what packages cost with freight, and the least that cancelling them refunds."""
        async with db.connection() as conn:
            return await quote_package(
                conn, min(number, _MAX_NUMBER), _make_wish(data), region_code=data.region_code, now=clock.now(),
                pay_minutes=settings.pay_minutes,
            )  # fmt: skip

    @post("/{number:int}/orders", operation_id="BookPackage", idempotent=True)
    async def book(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        batcher: NamedDependency[Batcher],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        number: FromPath[int],
        data: JSONBody[BookPackageRequest],
    ) -> PlacedOrder:
        """Book packages as one order, once per Idempotency-Key header; it is paid like any other (`PayOrder`)."""
        key, now = get_idempotency_key(request), clock.now()
        async with db.connection() as conn:
            package = await get_live_package(conn, min(number, _MAX_NUMBER))
        parcel = any(part.kind is ListingKind.PRODUCT for part in package.parts)
        return await book_package(
            db, batcher, actor.account_id, package.number, _make_wish(data),
            address=seal_address(seal, data.address, parcel=parcel), key=key, total_fen=data.total_fen,
            cancel_terms=data.cancel_terms, now=now, pay_minutes=settings.pay_minutes,
        )  # fmt: skip


class OrderPackageController(Controller):
    """The packages of an order."""

    path = "/api/v1/orders/{order_id:uuid}/package"
    tags = ("packages",)

    @get(operation_id="GetOrderPackage")
    async def show(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        order_id: FromPath[UUID],
    ) -> OrderedPackage:
        """Return which part of a package each suborder of the account's order is."""
        async with db.connection() as conn:
            return await get_ordered_package(conn, actor, order_id, now=clock.now())

    @post("/rest-cancellation", operation_id="CancelPackageRest", status_code=200)
    async def cancel_rest(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        order_id: FromPath[UUID],
    ) -> Cancellation:
        """Cancel without cost what remains of a package, within 72 hours after a host cancelled its part."""
        return await cancel_package_rest(db, gateway, seal, actor, order_id, now=clock.now())


def _make_wish(data: PackageWish) -> PackageWish:
    return PackageWish(count=data.count, arrive_on=data.arrive_on, times=data.times)


ROUTES = [
    ProducerPackageController,
    PackageInvitationController,
    PackageController,
    OrderPackageController,
]
