"""Pickup points of counties, and the parcels that are picked up there."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor
from market.sales.pickup_points.models import NewPickupPoint, PickupPoint
from market.sales.pickup_points.register import add_point, change_keeper, list_points, open_point
from market.sales.pickups.hand_over import Collection, hand_over, mark_arrived
from market.sales.pickups.models import Pickup, PickupCodeInvalid, PointParcel
from market.sales.pickups.view import list_pickups, list_point_parcels
from market.service.api.contacts import read_own_county


class PickupPointOpening(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a point takes new orders."""

    open: bool


class PickupPointKeeper(Struct, frozen=True, forbid_unknown_fields=True):
    """The phone of the account that keeps a point from now on."""

    keeper_phone: Annotated[str, Meta(max_length=30)]


class CollectionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The pickup code that the buyer shows."""

    code: Annotated[str, Meta(max_length=40)]


class PickupPointController(Controller):
    """The register of pickup points of a county."""

    path = "/api/v1/counties/{county:str}/pickup-points"
    tags = ("pickups",)

    @get(operation_id="ListPickupPoints")
    async def list(self, db: NamedDependency[Database], county: FromPath[str]) -> list[PickupPoint]:
        """List the open pickup points of a county (six digits)."""
        async with db.connection() as conn:
            return await list_points(conn, [county])

    @post(operation_id="AddPickupPoint", status_code=201)
    async def add(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        county: FromPath[str],
        data: JSONBody[NewPickupPoint],
    ) -> PickupPoint:
        """Register a point, as the county's official."""
        async with db.transaction() as conn:
            return await add_point(conn, seal, actor, read_own_county(actor, county), data, now=clock.now())

    @post("/{point_id:uuid}/opening", operation_id="OpenPickupPoint", status_code=200)
    async def open(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        county: FromPath[str],
        point_id: FromPath[UUID],
        data: JSONBody[PickupPointOpening],
    ) -> PickupPoint:
        """Open a point, or close it to new orders, as the county's official."""
        async with db.transaction() as conn:
            return await open_point(
                conn, actor, read_own_county(actor, county), point_id, opened=data.open, now=clock.now()
            )

    @post("/{point_id:uuid}/keeper", operation_id="ChangePickupPointKeeper", status_code=200)
    async def change_keeper(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        county: FromPath[str],
        point_id: FromPath[UUID],
        data: JSONBody[PickupPointKeeper],
    ) -> PickupPoint:
        """Give a point to another keeper, as the county's official; both keepers are told."""
        own = read_own_county(actor, county)
        async with db.transaction() as conn:
            return await change_keeper(
                conn, seal, actor, own, point_id, keeper_phone=data.keeper_phone, now=clock.now()
            )


class PickupController(Controller):
    """Parcels at pickup points."""

    path = "/api/v1"
    tags = ("pickups",)

    @get("/orders/{order_id:uuid}/pickups", operation_id="ListOrderPickups")
    async def of_order(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        order_id: FromPath[UUID],
    ) -> list[Pickup]:
        """List the pickups of an order of the account, with the codes of the parcels that wait for it."""
        async with db.connection() as conn:
            return await list_pickups(conn, seal, actor, order_id, days=settings.pickup_days)

    @get("/point-parcels", operation_id="ListPointParcels")
    async def of_keeper(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
    ) -> list[PointParcel]:
        """List the parcels that wait at the account's points, and those on their way to them."""
        async with db.connection() as conn:
            return await list_point_parcels(conn, seal, actor, days=settings.pickup_days)

    @post("/point-parcels/{suborder_id:uuid}/arrival", operation_id="MarkParcelArrived", status_code=204)
    async def arrive(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        suborder_id: FromPath[UUID],
    ) -> None:
        """Record that a parcel arrived at the account's point; its buyer gets a code. Repeating changes nothing."""
        async with db.transaction() as conn:
            await mark_arrived(conn, seal, actor, suborder_id, days=settings.pickup_days, now=clock.now())

    @post("/collections", operation_id="CollectParcel", status_code=200)
    async def collect(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        data: JSONBody[CollectionRequest],
    ) -> Collection:
        """Hand over the parcel with a code; each code works once, and the money goes to the seller."""
        async with db.transaction() as conn:
            outcome = await hand_over(conn, seal, actor, data.code, now=clock.now())
        if isinstance(outcome, PickupCodeInvalid):
            raise outcome
        return outcome


ROUTES = [PickupPointController, PickupController]
