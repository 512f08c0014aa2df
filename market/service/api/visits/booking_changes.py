"""Changes of the days of booked stays: what they cost, asking, offering and answering."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.visits.change_booking import (
    answer_change,
    offer_change,
    propose_change,
    quote_change,
    withdraw_change,
)
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.models import BookingChange, BookingChangeQuote
from market.sales.visits.read_changes import list_open_changes, list_order_changes
from payments import GuardedGateway


class BookingChangeAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer of the side that did not propose the change."""

    accept: bool


class ChangedOrderController(Controller):
    """The changes of an own order."""

    path = "/api/v1/orders/{order_id:uuid}"
    tags = ("stays",)

    @get("/booking-changes", operation_id="ListBookingChanges")
    async def changes(
        self, order_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[BookingChange]:
        """List the changes of an own order, the latest first."""
        async with db.connection() as conn:
            return await list_order_changes(conn, actor, order_id)

    @post("/suborders/{position:int}/booking-changes/quote", operation_id="QuoteBookingChange", status_code=200)
    async def quote(
        self,
        *,
        order_id: FromPath[UUID],
        position: FromPath[int],
        data: JSONBody[NewDays],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> BookingChangeQuote:
        """Return what other days for a paid stay would cost, and whether they need the host's consent."""
        async with db.transaction() as conn:
            return await quote_change(conn, actor, order_id, position, data, now=clock.now())

    @post("/suborders/{position:int}/booking-changes", operation_id="ProposeBookingChange", status_code=201)
    async def propose(
        self,
        *,
        order_id: FromPath[UUID],
        position: FromPath[int],
        data: JSONBody[NewDays],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> BookingChange:
        """Ask for other days; done at once if the stay could be cancelled today for all of its money."""
        return await propose_change(db, gateway, seal, actor, order_id, position=position, days=data, now=clock.now())


class BookingChangeController(Controller):
    """A change of a booking, as both sides see it."""

    path = "/api/v1"
    tags = ("stays",)

    @get("/booking-changes", operation_id="ListOpenBookingChanges")
    async def open_changes(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[BookingChange]:
        """List the open changes of the stays that the account hosts."""
        async with db.connection() as conn:
            return await list_open_changes(conn, actor)

    @post("/bookings/{booking_id:uuid}/booking-changes", operation_id="OfferBookingChange", status_code=201)
    async def offer(
        self,
        *,
        booking_id: FromPath[UUID],
        data: JSONBody[NewDays],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> BookingChange:
        """Offer the guest of an own stay other days, which cost nothing more."""
        async with db.transaction() as conn:
            return await offer_change(conn, seal, actor, booking_id, data, now=clock.now())

    @post("/booking-changes/{change_id:uuid}/answer", operation_id="AnswerBookingChange", status_code=200)
    async def answer(
        self,
        *,
        change_id: FromPath[UUID],
        data: JSONBody[BookingChangeAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> BookingChange:
        """Accept or decline what the other side proposed."""
        return await answer_change(db, gateway, seal, actor, change_id, accept=data.accept, now=clock.now())

    @post("/booking-changes/{change_id:uuid}/withdrawal", operation_id="WithdrawBookingChange", status_code=200)
    async def withdraw(
        self,
        *,
        change_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> BookingChange:
        """Withdraw a change that the own side proposed."""
        async with db.transaction() as conn:
            return await withdraw_change(conn, actor, change_id, now=clock.now())


ROUTES = [ChangedOrderController, BookingChangeController]
"""The controllers of changes of bookings."""
