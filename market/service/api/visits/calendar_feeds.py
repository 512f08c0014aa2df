"""The secret address of a producer's calendar; codes that a phone checked without a network."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.visits.calendar_feed import NewCalendarFeed, create_calendar_feed, revoke_calendar_feed
from market.sales.visits.scans import (
    DoubleScan,
    GateData,
    NewScan,
    UploadedScan,
    list_double_scans,
    load_gate_data,
    upload_scan,
)


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


class ScanController(Controller):
    """Checking codes without a network."""

    path = "/api/v1"
    tags = ("stays",)

    @get("/check-in-keys", operation_id="GetGateData")
    async def data(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> GateData:
        """Return the public keys, the void codes and today's visits that a phone needs without a network."""
        async with db.connection() as conn:
            return await load_gate_data(conn, seal, actor, now=clock.now())

    @post("/check-in-scans", operation_id="UploadScan", status_code=200)
    async def upload(
        self,
        *,
        data: JSONBody[NewScan],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> UploadedScan:
        """Record a code as a phone checked it, and check the guest in; the same nonce is the same scan."""
        async with db.transaction() as conn:
            return await upload_scan(conn, seal, actor, data, now=clock.now())

    @get("/check-in-scans/doubles", operation_id="ListDoubleScans")
    async def doubles(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> list[DoubleScan]:
        """List the codes that several phones checked in the last days."""
        async with db.connection() as conn:
            return await list_double_scans(conn, actor, now=clock.now())


ROUTES = [CalendarFeedController, ScanController]
"""The controllers of calendars and scans."""
