"""Courses and clinic days near a village, the seats in them, and refusals."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.slots.models import ReservationState, SlotId
from market.catalogue.slots.seats import SlotKind
from market.kernel import Refusal
from market.people.identity.models import Role

STATION = frozenset({Role.VILLAGE})
"""The village's station: signs up who has no telephone, and marks who came in its village, as `COUNTY_KEEPERS` do."""
NEAR_DAYS = timedelta(days=7)
MAX_DAYS_AHEAD = 180
MAX_PLACES = 500
MIN_LENGTH, MAX_LENGTH = timedelta(minutes=15), timedelta(hours=12)
MAX_TITLE_LENGTH, MAX_ORGANISER_LENGTH, MAX_ROOM_LENGTH, MAX_NAME_LENGTH = 40, 60, 40, 20
MAX_LISTED = 60
DEFAULT_ROOM = "村委会"
CLINIC_LIFETIME = timedelta(days=30)
"""How long after a clinic day it is known who came; then seats are counted only."""
COURSE_LIFETIME = timedelta(days=3 * 366)
"""How long after a course it is known who came: three years, in which a certificate is shown again."""


class NewCourse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A course as it is added: hours with their zone."""

    title: Annotated[str, Meta(max_length=200)]
    village_code: Annotated[str, Meta(max_length=12)]
    room: Annotated[str, Meta(max_length=200)] = DEFAULT_ROOM
    starts_at: Annotated[datetime, Meta(tz=True)]
    ends_at: Annotated[datetime, Meta(tz=True)]
    places: int
    organiser: Annotated[str, Meta(max_length=200)]


class NewClinicDay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clinic day as it is added; `remote`: patients are seen by video from the room."""

    organisation_id: UUID
    remote: bool
    village_code: Annotated[str, Meta(max_length=12)]
    room: Annotated[str, Meta(max_length=200)] = DEFAULT_ROOM
    starts_at: Annotated[datetime, Meta(tz=True)]
    ends_at: Annotated[datetime, Meta(tz=True)]
    places: int


class ServiceSlot(Struct, frozen=True, kw_only=True):
    """A course or a clinic day, with its free places and how many wait; `host` organises it."""

    id: SlotId
    kind: SlotKind
    title: str
    host: str
    remote: bool
    village_code: str
    village: str
    room: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    free: int
    waiting: int
    cancelled: bool


class NewSeat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to sign up.

    Without `name` and `producer_id` the person of the account; with `producer_id` the owner of a household that the
    person helps; with `name` somebody whom the village's station signs up. `agreed`: that person asked for it.
    `wait`: take a place on the waiting list of a full slot. `seen_before`: of an appointment by video, that a doctor
    saw the person before; it is not stored.
    """

    wait: bool = False
    name: Annotated[str, Meta(max_length=100)] = ""
    producer_id: UUID | None = None
    agreed: bool = False
    seen_before: bool = False


class OwnSeat(Struct, frozen=True, kw_only=True):
    """A seat of a person, or of somebody whom they signed up, with its slot; `certificate` is the number of one.

    `ahead` is how many waited longer; `name` is empty of the person's own.
    """

    id: UUID
    state: ReservationState
    name: str
    offered_until: datetime | None
    ahead: int
    certificate: int | None
    slot: ServiceSlot


class Attendee(Struct, frozen=True, kw_only=True):
    """Somebody with a seat, as those see who mark attendance."""

    seat_id: UUID
    name: str
    state: ReservationState


class CourseCertificate(Struct, frozen=True, kw_only=True):
    """A certificate of attendance."""

    number: int
    name: str
    title: str
    host: str
    village: str
    day: date
    starts_at: datetime
    ends_at: datetime
    issued_at: datetime


class SlotInvalid(Refusal):
    """Fields of a course or a clinic day are invalid; `errors` lists each."""

    code = "service_slot_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class SeatInvalid(Refusal):
    """Whom to sign up is not said, or did not agree; `errors` lists each."""

    code = "seat_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class AttendanceTooEarly(Refusal):
    """Who came is marked from the start on, of a slot that was not cancelled."""

    code = "attendance_too_early"
    zh = "开始以后才能签到；取消的场次不签。"
    en = "Attendance is marked once the slot has started, unless it was cancelled."
