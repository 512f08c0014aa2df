"""Cancelling a paid stay as its host."""

from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.visits.cancel_stay import CancelledStay, StayCancelReason, cancel_booked_stay
from payments import GuardedGateway


class StayCancellation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the host cancels, and whether the nights are closed instead of sold again."""

    reason: StayCancelReason
    close: bool = False


class StayCancellationController(Controller):
    """Stays that their hosts cancel."""

    path = "/api/v1/bookings"
    tags = ("stays",)

    @post("/{booking_id:uuid}/cancellation", operation_id="CancelBookedStay", status_code=200)
    async def cancel(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        actor: NamedDependency[Actor],
        booking_id: FromPath[UUID],
        data: JSONBody[StayCancellation],
    ) -> CancelledStay:
        """Cancel a paid stay of your guests, all of its rooms: they get all back, and it counts in your score."""
        return await cancel_booked_stay(
            db, gateway, seal, actor, booking_id, reason=data.reason, close=data.close, now=clock.now()
        )


ROUTES = [StayCancellationController]
