"""Who came to a course or a clinic day, and the certificates of those who attended a course."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.models import ReservationState
from market.catalogue.slots.seats import NAME_CONTEXT, SlotKind, lock_seat_slot, mark_seats
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.audit.record import add_audit_entry, record_looks
from market.people.identity.access import require_role
from market.people.identity.models import COUNTY_KEEPERS, AccountId, Actor, NotFound
from market.villages.services.models import (
    STATION,
    AttendanceTooEarly,
    Attendee,
    CourseCertificate,
    ServiceSlot,
)
from market.villages.services.slots import get_service_slot

MARKERS = COUNTY_KEEPERS | STATION


class _AttendeeRow(Struct, frozen=True, kw_only=True):
    seat_id: UUID
    name: str | None
    name_sealed: bytes | None
    state: ReservationState


class _CertificateRow(Struct, frozen=True, kw_only=True):
    number: int
    name: str | None
    name_sealed: bytes | None
    slot_id: UUID
    issued_at: datetime


LIST_ATTENDEES = Query(
    _AttendeeRow,
    """
    SELECT r.id AS seat_id, a.name, name_sealed, r.state
      FROM slot_reservations r LEFT JOIN accounts a ON a.id = account_id
     WHERE slot_id = :slot_id AND joined_at IS NOT NULL AND r.state NOT IN ('cancelled', 'expired')
     ORDER BY r.state = 'waiting', r.id
     LIMIT 1000
    """,
)
ISSUE_CERTIFICATES = Query(
    int,
    """
    WITH issued AS (
        INSERT INTO course_certificates (reservation_id, issued_by, issued_at)
        SELECT r.id, :account_id, :now
          FROM slot_reservations r
         WHERE r.slot_id = :slot_id AND r.state = 'attended'
            ON CONFLICT (reservation_id) DO NOTHING
        RETURNING 1)
    SELECT count(*) FROM issued
    """,
)
GET_CERTIFICATE = Query(
    _CertificateRow,
    """
    SELECT number, a.name, name_sealed, slot_id, issued_at
      FROM course_certificates c
      JOIN slot_reservations r ON r.id = reservation_id
      LEFT JOIN accounts a ON a.id = r.account_id
     WHERE number = :number AND r.signed_up_by IS NOT NULL
       AND (:account_id IN (r.account_id, r.signed_up_by))
    """,
)


async def list_attendees(
    conn: Connection, seal: Seal, official: Actor, slot_id: UUID, *, now: datetime
) -> list[Attendee]:
    """Return who has a seat in a slot, then who waits, for those who mark attendance there.

    In the caller's transaction: each person can read who looked.

    Raises:
        NotFound: there is no such slot.
        NotAllowed, SecondFactorRequired: the official is neither a keeper of its county nor the station of its village.
    """
    slot = await get_service_slot(conn, slot_id)
    require_role(official, MARKERS, slot.village_code)
    rows = await LIST_ATTENDEES.all(conn, slot_id=slot_id)
    looked = [f"seat:{row.seat_id}" for row in rows if row.name is not None or row.name_sealed is not None]
    await record_looks(conn, actor=str(official.account_id), action="seat.look", objects=looked, now=now)
    return [Attendee(seat_id=row.seat_id, name=_open_name(seal, row), state=row.state) for row in rows]


async def mark_attendance(
    conn: Connection, official: Actor, slot_id: UUID, came: Collection[UUID], *, now: datetime
) -> int:
    """Mark who came of those with a seat, the others as missed, and issue the certificates of a course; return them.

    Who was marked missed may be marked again; who attended stays so. In the caller's transaction.

    Raises:
        NotFound, NotAllowed, SecondFactorRequired: see `list_attendees`.
        AttendanceTooEarly: the slot has not started, or was cancelled.
    """
    slot = await get_service_slot(conn, slot_id)
    require_role(official, MARKERS, slot.village_code)
    locked = await lock_seat_slot(conn, slot_id)
    if now < locked.starts_at or slot.cancelled:
        raise AttendanceTooEarly
    marked = await mark_seats(conn, slot_id, came, now=now)
    issued = 0
    if locked.kind is SlotKind.COURSE:
        issued = await ISSUE_CERTIFICATES.one(conn, slot_id=slot_id, account_id=official.account_id, now=now)
    await add_audit_entry(
        conn,
        actor=str(official.account_id),
        action="service_slot.attendance",
        object=f"slot:{slot_id}",
        detail={"attended": marked, "certificates": issued},
        now=now,
    )
    return issued


def _open_name(seal: Seal, row: _AttendeeRow | _CertificateRow) -> str:
    return row.name or "" if row.name_sealed is None else seal.open(row.name_sealed, NAME_CONTEXT)


async def get_certificate(conn: Connection, seal: Seal, account_id: AccountId, number: int) -> CourseCertificate:
    """Return a certificate of a person, or of somebody whom they signed up.

    Raises:
        NotFound: there is none of theirs with this number.
    """
    row = await GET_CERTIFICATE.maybe(conn, number=number, account_id=account_id)
    if row is None:
        raise NotFound
    slot: ServiceSlot = await get_service_slot(conn, row.slot_id)
    return build_from(
        CourseCertificate, slot, number=row.number, name=_open_name(seal, row), day=get_business_day(slot.starts_at),
        issued_at=row.issued_at,
    )  # fmt: skip
