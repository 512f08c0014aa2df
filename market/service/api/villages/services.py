"""Courses and clinic days near a village, and seats in them."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.services.attendance import get_certificate, mark_attendance
from market.villages.services.models import CourseCertificate, NewClinicDay, NewCourse, NewSeat, OwnSeat, ServiceSlot
from market.villages.services.seats import cancel_seat, list_own_seats, sign_up, take_offered_seat
from market.villages.services.slots import (
    add_clinic_day,
    add_course,
    cancel_service_slot,
    get_service_slot,
    list_near_slots,
)


class Attendance(Struct, frozen=True, forbid_unknown_fields=True):
    """The seats whose persons came; the others are marked as missed."""

    came: list[UUID]


class MarkedAttendance(Struct, frozen=True):
    """How many certificates were issued."""

    certificates: int


class ServiceController(Controller):
    """Courses and clinic days of villages, without anything to pay."""

    path = "/api/v1"
    tags = ("services",)

    @get("/villages/{village_code:str}/services", operation_id="ListNearServices")
    async def list_near(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], village_code: FromPath[str]
    ) -> list[ServiceSlot]:
        """List what starts within a week: in the village, then in its township, then in its county; at most 60."""
        async with db.connection() as conn:
            return await list_near_slots(conn, village_code, now=clock.now())

    @post("/services/{slot_id:uuid}/seats", operation_id="SignUp", idempotent=True)
    async def take(
        self,
        *,
        request: HttpRequest,
        slot_id: FromPath[UUID],
        data: JSONBody[NewSeat],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[OwnSeat]:
        """Take a seat, or a place on the waiting list: for oneself, a household that one helps, or as the station."""
        return await run_once(
            request, db, actor, lambda conn: sign_up(conn, seal, actor, slot_id, data, now=clock.now())
        )

    @get("/seats", operation_id="ListOwnSeats")
    async def list_own(
        self,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> list[OwnSeat]:
        """List the seats of the person and of those whom they signed up, what is to come first."""
        async with db.transaction() as conn:
            return await list_own_seats(conn, seal, actor.account_id, now=clock.now())

    @post("/seats/{seat_id:uuid}/take", operation_id="TakeOfferedSeat", status_code=200)
    async def take_offered(
        self,
        *,
        seat_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> OwnSeat:
        """Take the seat that is offered until `offered_until`."""
        async with db.transaction() as conn:
            return await take_offered_seat(conn, seal, actor, seat_id, now=clock.now())

    @post("/seats/{seat_id:uuid}/cancel", operation_id="CancelSeat", status_code=204)
    async def cancel(
        self,
        *,
        seat_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Give up a seat, which is offered to who waited longest, or stop waiting."""
        async with db.transaction() as conn:
            await cancel_seat(conn, seal, actor, seat_id, now=clock.now())

    @get("/certificates/{number:int}", operation_id="GetCertificate")
    async def get_own_certificate(
        self,
        number: FromPath[int],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> CourseCertificate:
        """Return a certificate of attendance of the person, or of somebody whom they signed up."""
        async with db.transaction() as conn:
            return await get_certificate(conn, seal, actor.account_id, number)

    @post("/counties/{county:str}/courses", operation_id="AddCourse", idempotent=True)
    async def add_course(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        data: JSONBody[NewCourse],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[ServiceSlot]:
        """Add a course of the county."""
        code = read_county(county)

        async def add(conn: Connection) -> ServiceSlot:
            return await get_service_slot(conn, await add_course(conn, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, add)

    @post("/counties/{county:str}/clinic-days", operation_id="AddClinicDay", idempotent=True)
    async def add_clinic_day(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        data: JSONBody[NewClinicDay],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[ServiceSlot]:
        """Add a clinic day of a verified clinic of the county."""
        code = read_county(county)

        async def add(conn: Connection) -> ServiceSlot:
            return await get_service_slot(conn, await add_clinic_day(conn, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, add)

    @post("/services/{slot_id:uuid}/attendance", operation_id="MarkAttendance", status_code=200)
    async def mark(
        self,
        *,
        slot_id: FromPath[UUID],
        data: JSONBody[Attendance],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> MarkedAttendance:
        """Mark who came, as the county or the station of the village; who attended a course gets a certificate."""
        async with db.transaction() as conn:
            return MarkedAttendance(await mark_attendance(conn, actor, slot_id, data.came, now=clock.now()))

    @post("/counties/{county:str}/services/{slot_id:uuid}/cancel", operation_id="CancelService", status_code=204)
    async def cancel_slot(
        self,
        *,
        county: FromPath[str],
        slot_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Cancel a course or a clinic day that has not started; who signed up is told."""
        async with db.transaction() as conn:
            await cancel_service_slot(conn, actor, read_county(county), slot_id, now=clock.now())


ROUTES = [ServiceController]
