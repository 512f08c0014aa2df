"""The register of guests that a host keeps at check-in: who stays, by which document, until a stated day.

Source: 旅馆业治安管理办法 6: a host checks the identity of each guest and registers it, and reports foreigners to the
police within 24 hours. The copy here is a help for that duty; 30 days after the stay it is deleted.
"""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from market.catalogue.bookings.models import BookingState
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text, mask_identity_number, normalize_identity_number, normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.sales.orders.transitions import lock_order_by_suborder
from market.sales.visits.models import RegisterClosed, StayGuestInvalid
from payments.sql import run_in_pieces

STAY_GUEST_CONTEXT = "stay_guests.guest"
REGISTER_LIFETIME = timedelta(days=30)
"""How long after the stay its register is kept: as long as a host needs to answer for it."""
REPORT_PERIOD = timedelta(hours=24)
"""Within which the host reports a foreigner. Source: 旅馆业治安管理办法 6."""
MAX_STAY_GUESTS = 20
"""The largest number of guests of one room."""
_MAX_NAME_LENGTH = 60
_DOCUMENT_NUMBER = re.compile(r"[A-Z0-9]{5,20}")


class GuestDocument(StrEnum):
    """By which document a guest was identified: an identity card, a travel permit, or a passport of another country."""

    IDENTITY = "identity"
    PERMIT = "permit"
    PASSPORT = "passport"


DOCUMENT_NAMES = {
    GuestDocument.IDENTITY: "身份证",
    GuestDocument.PERMIT: "港澳台通行证、居住证",
    GuestDocument.PASSPORT: "外国护照",
}


class NewStayGuest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest as the host registers them."""

    name: Annotated[str, Meta(max_length=200)]
    document: GuestDocument
    number: Annotated[str, Meta(max_length=60)]


class StayGuest(Struct, frozen=True, kw_only=True):
    """A registered guest; `report_by`: until when a foreigner is reported to the police."""

    id: UUID
    name: str
    document: GuestDocument
    number: str
    registered_at: datetime
    report_by: datetime | None
    delete_on: date

    @property
    def masked_number(self) -> str:
        """The number with its middle hidden."""
        return mask_identity_number(self.number)


class RegisteredStay(Struct, frozen=True, kw_only=True):
    """A room of a stay and its registered guests; `open`: guests may be registered now."""

    booking_id: UUID
    order_code: str
    title: str
    room: str
    arrive_on: date
    leave_on: date
    open: bool
    guests: list[StayGuest]


class _SealedGuest(Struct, frozen=True):
    name: str
    number: str


class _RegisteredStayRow(Struct, frozen=True, kw_only=True):
    booking_id: UUID
    suborder_id: UUID
    order_code: str
    title: str
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState


class _StayGuestRow(Struct, frozen=True):
    id: UUID
    document: GuestDocument
    guest_sealed: bytes
    registered_at: datetime
    delete_on: date


FIND_REGISTERED_STAY = Query(
    _RegisteredStayRow,
    """
    SELECT bookings.id AS booking_id, bookings.suborder_id,
           orders.number || '-' || suborders.position AS order_code, order_lines.title, rooms.name AS room,
           lower(nights) AS arrive_on, upper(nights) AS leave_on, bookings.state
      FROM bookings
      JOIN suborders ON suborders.id = bookings.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN order_lines ON order_lines.id = line_id
      JOIN rooms ON rooms.id = room_id
     WHERE bookings.id = :booking_id AND producer_id = ANY(:producer_ids::uuid[])
    """,
)
LIST_STAY_GUESTS = Query(
    _StayGuestRow,
    """
    SELECT id, document, guest_sealed, registered_at, delete_on FROM stay_guests
     WHERE booking_id = :booking_id AND delete_on > :day::date
     ORDER BY registered_at, id
     LIMIT :limit
    """,
)
ADD_STAY_GUEST = Query(
    None,
    """
    INSERT INTO stay_guests (booking_id, document, guest_sealed, registered_by, registered_at, delete_on)
    VALUES (:booking_id, :document, :guest_sealed, :by, :now, :delete_on)
    """,
)
REMOVE_STAY_GUEST = Query(int, "DELETE FROM stay_guests WHERE id = :guest_id AND booking_id = :booking_id RETURNING 1")
DELETE_DUE_GUESTS = Query(
    None,
    """
    DELETE FROM stay_guests
     WHERE id IN (SELECT id FROM stay_guests WHERE delete_on <= :before::date LIMIT :piece::integer)
    """,
)


async def get_guest_register(
    conn: Connection, seal: Seal, host: Actor, booking_id: UUID, *, now: datetime
) -> RegisteredStay:
    """Return the registered guests of a room of the actor's stay, until the day on which they are deleted.

    Raises:
        NotFound: there is no such booking, or the stay belongs to someone else.
    """
    stay = await _find_stay(conn, host, booking_id)
    rows = await LIST_STAY_GUESTS.all(conn, booking_id=booking_id, day=get_business_day(now), limit=MAX_STAY_GUESTS)
    return build_from(RegisteredStay, stay, open=_is_open(stay, now), guests=[_open_guest(seal, row) for row in rows])


async def register_guest(
    conn: Connection, seal: Seal, host: Actor, booking_id: UUID, new: NewStayGuest, *, now: datetime
) -> RegisteredStay:
    """Register a guest of a room of the actor's stay, in the caller's transaction; return the register.

    A guest who is registered already, by the same number, is not registered twice.

    Raises:
        NotFound: there is no such booking, or the stay belongs to someone else.
        StayGuestInvalid: name or number is invalid, or the room has 20 guests; `errors` names the field.
        RegisterClosed: the first day of the stay has not come, it is over, or it was cancelled.
    """
    stay = await _find_stay(conn, host, booking_id)
    guest = _check_guest(new)
    await lock_order_by_suborder(conn, stay.suborder_id)
    stay = await _find_stay(conn, host, booking_id)
    if not _is_open(stay, now):
        raise RegisterClosed
    register = await get_guest_register(conn, seal, host, booking_id, now=now)
    if any(each.number == guest.number for each in register.guests):
        return register
    if len(register.guests) >= MAX_STAY_GUESTS:
        raise StayGuestInvalid(errors=(FieldFault("name", f"一间最多登记 {MAX_STAY_GUESTS} 位"),))
    await ADD_STAY_GUEST.run(
        conn,
        booking_id=booking_id,
        document=new.document,
        guest_sealed=seal.seal(msgspec.json.encode(guest).decode(), STAY_GUEST_CONTEXT),
        by=host.account_id,
        now=now,
        delete_on=stay.leave_on + REGISTER_LIFETIME,
    )
    await _add_entry(conn, host, "stay.register", stay, now=now)
    return await get_guest_register(conn, seal, host, booking_id, now=now)


async def remove_guest(conn: Connection, host: Actor, booking_id: UUID, guest_id: UUID, *, now: datetime) -> None:
    """Remove a guest who was registered by mistake, in the caller's transaction.

    Raises:
        NotFound: there is no such guest, or the stay belongs to someone else.
    """
    stay = await _find_stay(conn, host, booking_id)
    if await REMOVE_STAY_GUEST.maybe(conn, guest_id=guest_id, booking_id=booking_id) is None:
        raise NotFound
    await _add_entry(conn, host, "stay.unregister", stay, now=now)


async def delete_due_guests(db: Database, before: datetime) -> int:
    """Delete the registered guests whose day has come; return how many."""
    return await run_in_pieces(db, DELETE_DUE_GUESTS, before=get_business_day(before))


def _is_open(stay: _RegisteredStayRow, now: datetime) -> bool:
    """Return whether guests may be registered: from the first day of a paid stay to its last."""
    return (
        stay.state in {BookingState.BOOKED, BookingState.ARRIVED}
        and stay.arrive_on <= get_business_day(now) <= stay.leave_on
    )


def _check_guest(new: NewStayGuest) -> _SealedGuest:
    name, number = clean_text(new.name), normalize_text(new.number).upper().replace(" ", "")
    faults: list[FieldFault] = []
    if not 0 < len(name) <= _MAX_NAME_LENGTH:
        faults.append(FieldFault("name", f"照证件写姓名，最多 {_MAX_NAME_LENGTH} 个字"))
    if new.document is GuestDocument.IDENTITY:
        number = normalize_identity_number(number) or ""
        if not number:
            faults.append(FieldFault("number", "身份证号没写对，照身份证写 18 位，最后一位可能是 X"))
    elif not _DOCUMENT_NUMBER.fullmatch(number):
        faults.append(FieldFault("number", "证件号没写对，照证件写，5 到 20 位字母和数字"))
    if faults:
        raise StayGuestInvalid(errors=tuple(faults))
    return _SealedGuest(name, number)


def _open_guest(seal: Seal, row: _StayGuestRow) -> StayGuest:
    guest = msgspec.json.decode(seal.open(row.guest_sealed, STAY_GUEST_CONTEXT), type=_SealedGuest)
    foreign = row.document is GuestDocument.PASSPORT
    report_by = row.registered_at + REPORT_PERIOD if foreign else None
    return build_from(StayGuest, row, name=guest.name, number=guest.number, report_by=report_by)


async def _find_stay(conn: Connection, host: Actor, booking_id: UUID) -> _RegisteredStayRow:
    stay = await FIND_REGISTERED_STAY.maybe(conn, booking_id=booking_id, producer_ids=list(host.producers))
    if stay is None:
        raise NotFound
    return stay


async def _add_entry(conn: Connection, host: Actor, action: str, stay: _RegisteredStayRow, *, now: datetime) -> None:
    """Record who changed the register of which booking; the guest is not named."""
    await add_audit_entry(
        conn,
        actor=str(host.account_id),
        action=action,
        object=f"order:{stay.order_code}",
        detail={"booking": str(stay.booking_id)},
        now=now,
    )
