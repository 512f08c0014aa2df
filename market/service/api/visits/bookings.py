"""The calendar and the cancellation terms of a stay; nights that its host takes out of sale."""

from datetime import date
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from market.catalogue.bookings.calendar import get_cancellation_terms, list_stay_nights
from market.catalogue.bookings.host_nights import GuestNights, HostNights, close_nights, enter_guest, open_nights
from market.catalogue.bookings.models import CancellationTerms, StayNight
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor


class StayController(Controller):
    """The public calendar of a stay."""

    path = "/api/v1/stays"
    tags = ("stays",)

    @get("/{listing_id:uuid}/nights", operation_id="GetStayNights")
    async def nights(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        arrive: FromQuery[date],
        leave: FromQuery[date],
    ) -> list[StayNight]:
        """List the nights from `arrive` to `leave`, at most 92, each with free rooms, price and holiday."""
        async with db.connection() as conn:
            return await list_stay_nights(conn, listing_id, arrive=arrive, leave=leave, today=clock.today())

    @get("/{listing_id:uuid}/cancel-terms", operation_id="GetCancelTerms")
    async def terms(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        arrive: FromQuery[date],
        leave: FromQuery[date],
    ) -> CancellationTerms:
        """Return the refund for cancelling these nights today."""
        async with db.connection() as conn:
            return await get_cancellation_terms(conn, listing_id, arrive=arrive, leave=leave, day=clock.today())


class HostController(Controller):
    """Nights that a host takes out of sale."""

    path = "/api/v1/stays"
    tags = ("stays",)

    @post("/{listing_id:uuid}/closures", operation_id="CloseNights", status_code=204)
    async def close(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[HostNights],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Close nights of a room; nights closed before stay closed."""
        async with db.transaction() as conn:
            await close_nights(conn, actor, listing_id, data, now=clock.now())

    @post("/{listing_id:uuid}/openings", operation_id="OpenNights", status_code=204)
    async def open(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[HostNights],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Open nights of a room that the host closed, or gave to a guest of its own."""
        async with db.transaction() as conn:
            await open_nights(conn, actor, listing_id, data, now=clock.now())

    @post("/{listing_id:uuid}/guests", operation_id="EnterGuest", status_code=204)
    async def enter_guest(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[GuestNights],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Give nights of a room to a guest who did not order here."""
        async with db.transaction() as conn:
            await enter_guest(conn, seal, actor, listing_id, data, now=clock.now())


ROUTES = [StayController, HostController]
