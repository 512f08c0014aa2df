"""The secret address of a producer's calendar."""

from uuid import UUID

from litestar import Controller, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.identity.models import Actor
from market.kernel import Database
from market.kernel.clock import Clock
from market.visits.calendar_feed import NewCalendarFeed, create_calendar_feed, revoke_calendar_feed


class CalendarFeedController(Controller):
    """The calendar of an own producer, in the format iCalendar (RFC 5545)."""

    path = "/api/v1/producers/{producer_id:uuid}/calendar-feed"
    tags = ("stays",)

    @post(operation_id="CreateCalendarFeed", status_code=201)
    async def create(
        self,
        *,
        producer_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> NewCalendarFeed:
        """Give the calendar a new secret address, which is returned once; an earlier one ends."""
        async with db.transaction() as conn:
            return await create_calendar_feed(conn, actor, producer_id, now=clock.now())

    @delete(operation_id="RevokeCalendarFeed", status_code=204)
    async def revoke(
        self,
        *,
        producer_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End the address of the calendar."""
        async with db.transaction() as conn:
            await revoke_calendar_feed(conn, actor, producer_id, now=clock.now())


ROUTES = [CalendarFeedController]
"""The controller of calendars."""
