"""The calendar and the cancellation terms of a stay."""

from datetime import date
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from market.bookings.calendar import get_cancellation_terms, list_stay_nights
from market.bookings.models import CancellationTerms, StayNight
from market.kernel import Database
from market.kernel.clock import Clock


class StayController(Controller):
    """The public calendar of a stay."""

    path = "/api/v1/stays"
    tags = ("stays",)

    @get("/{listing_id:uuid}/nights", operation_id="GetStayNights")
    async def nights(
        self, db: NamedDependency[Database], listing_id: FromPath[UUID], arrive: FromQuery[date], leave: FromQuery[date]
    ) -> list[StayNight]:
        """List the nights from `arrive` to `leave`, at most 92, each with free rooms, price and holiday."""
        async with db.connection() as conn:
            return await list_stay_nights(conn, listing_id, arrive=arrive, leave=leave)

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


ROUTES = [StayController]
