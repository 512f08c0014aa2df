"""Stays by the night, over JSON."""

from datetime import date
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from market.bookings import CancelTerms, StayNight, cancel_terms, stay_nights
from market.kernel import Database
from market.kernel.clock import Clock


class StayController(Controller):
    """What a stay's calendar shows to anyone."""

    path = "/api/v1/stays"
    tags = ("stays",)

    @get("/{listing_id:uuid}/nights", operation_id="GetStayNights")
    async def nights(
        self, db: NamedDependency[Database], listing_id: FromPath[UUID], arrive: FromQuery[date], leave: FromQuery[date]
    ) -> list[StayNight]:
        """List the nights of a window of at most 92, each with its free rooms, price and holiday."""
        async with db.connection() as conn:
            return await stay_nights(conn, listing_id, arrive=arrive, leave=leave)

    @get("/{listing_id:uuid}/cancel-terms", operation_id="GetCancelTerms")
    async def terms(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        listing_id: FromPath[UUID],
        arrive: FromQuery[date],
        leave: FromQuery[date],
    ) -> CancelTerms:
        """Say what cancelling these nights today would give back."""
        async with db.connection() as conn:
            return await cancel_terms(conn, listing_id, arrive=arrive, leave=leave, day=clock.today())


ROUTES = [StayController]
