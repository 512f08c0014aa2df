"""The register of the guests of a booked room, which its host keeps."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.visits.guest_register import (
    NewStayGuest,
    RegisteredStay,
    get_guest_register,
    register_guest,
    remove_guest,
)


class GuestRegisterController(Controller):
    """The registered guests of one room of an own stay."""

    path = "/api/v1/bookings/{booking_id:uuid}/guests"
    tags = ("stays",)

    @get(operation_id="ListStayGuests")
    async def guests(
        self,
        *,
        booking_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> RegisteredStay:
        """Return the registered guests, each with the day on which they are deleted."""
        async with db.connection() as conn:
            return await get_guest_register(conn, seal, actor, booking_id, now=clock.now())

    @post(operation_id="RegisterStayGuest", status_code=200)
    async def register(
        self,
        *,
        booking_id: FromPath[UUID],
        data: JSONBody[NewStayGuest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> RegisteredStay:
        """Register a guest; one with the same number is registered once."""
        async with db.transaction() as conn:
            return await register_guest(conn, seal, actor, booking_id, data, now=clock.now())

    @delete("/{guest_id:uuid}", operation_id="RemoveStayGuest", status_code=204)
    async def remove(
        self,
        *,
        booking_id: FromPath[UUID],
        guest_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Remove a guest who was registered by mistake."""
        async with db.transaction() as conn:
            await remove_guest(conn, actor, booking_id, guest_id, now=clock.now())


ROUTES = [GuestRegisterController]
"""The controller of the register."""
