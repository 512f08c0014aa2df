"""Add, cancel and list courses and clinic days."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.models import CancelReason, SlotId, SlotNotOpen
from market.catalogue.slots.seats import SlotKind, add_seat_slot, cancel_seat_slot, lock_seat_slot
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.division_codes import get_county_code
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.places.divisions.village_periods import find_village_fault
from market.villages.services.models import (
    MAX_DAYS_AHEAD,
    MAX_LENGTH,
    MAX_LISTED,
    MAX_ORGANISER_LENGTH,
    MAX_PLACES,
    MAX_ROOM_LENGTH,
    MAX_TITLE_LENGTH,
    MIN_LENGTH,
    NEAR_DAYS,
    NewClinicDay,
    NewCourse,
    ServiceSlot,
    SlotInvalid,
)


class Clinic(Struct, frozen=True):
    """A verified clinic of a county."""

    id: UUID
    name: str


SLOT_COLUMNS = """
    SELECT slots.id, slots.kind, coalesce(c.title, CASE WHEN k.remote THEN '远程看病' ELSE '坐诊' END) AS title,
           coalesce(c.organiser, o.name) AS host, coalesce(k.remote, false) AS remote, slots.village_code,
           d.name AS village, room, lower(during) AS starts_at, upper(during) AS ends_at, capacity, free,
           (SELECT count(*) FROM slot_reservations r WHERE r.slot_id = slots.id AND r.state = 'waiting') AS waiting,
           slots.state = 'cancelled' AS cancelled
      FROM slots
      LEFT JOIN course_sessions c ON c.slot_id = slots.id
      LEFT JOIN clinic_days k ON k.slot_id = slots.id
      LEFT JOIN organisations o ON o.id = k.organisation_id
      JOIN divisions d ON d.code = slots.village_code
"""
GET_SLOT = Query(ServiceSlot, SLOT_COLUMNS + " WHERE slots.id = :slot_id")
# The own village first, then its township, then the county.
LIST_NEAR = Query(
    ServiceSlot,
    SLOT_COLUMNS
    + """
     WHERE slots.village_code >= :county AND slots.village_code < :county || ':' AND slots.state <> 'cancelled'
       AND lower(during) > :now AND lower(during) < :until
     ORDER BY slots.village_code <> :village, NOT starts_with(slots.village_code, left(:village, 9)), lower(during),
              slots.id
     LIMIT :limit
    """,
)
# What is to come first, the soonest on top, then what is over, the latest on top.
LIST_OF_COUNTY = Query(
    ServiceSlot,
    SLOT_COLUMNS
    + """
     WHERE slots.village_code >= :county AND slots.village_code < :county || ':' AND upper(during) > :since
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(slots.village_code, division))
     ORDER BY upper(during) <= :now, abs(extract(epoch FROM lower(during) - :now)), slots.id
     LIMIT :limit
    """,
)
LIST_CLINICS = Query(
    Clinic,
    """
    SELECT id, name FROM organisations
     WHERE county_code = :county AND kind = 'clinic' AND verified_at IS NOT NULL
     ORDER BY name LIMIT 200
    """,
)
IS_LICENSED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM organisation_licences
                    WHERE organisation_id = :organisation_id AND valid_during @> :day::date)
    """,
)
ADD_COURSE = Query(
    None,
    """
    INSERT INTO course_sessions (slot_id, title, organiser, organisation_id, added_by)
    VALUES (:slot_id, :title, :organiser,
            (SELECT min(id::text)::uuid FROM organisations
              WHERE county_code = :county AND name = :organiser AND verified_at IS NOT NULL HAVING count(*) = 1),
            :account_id)
    """,
)
ADD_CLINIC_DAY = Query(
    None,
    """
    INSERT INTO clinic_days (slot_id, remote, organisation_id, added_by)
    VALUES (:slot_id, :remote, :organisation_id, :account_id)
    """,
)
LIST_FROM_DAY = Query(
    UUID,
    "SELECT id FROM slots WHERE village_code = :village AND lower(during) >= :since AND state <> 'cancelled'",
)
COUNT_UNMARKED = Query(
    int,
    """
    SELECT count(*) FROM slots
     WHERE village_code >= :county AND village_code < :county || ':' AND state <> 'cancelled'
       AND upper(during) <= :now
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(village_code, division))
       AND EXISTS (SELECT FROM slot_reservations r WHERE r.slot_id = slots.id AND r.state = 'booked')
    """,
)


def list_hour_faults(starts_at: datetime, ends_at: datetime, *, now: datetime) -> list[FieldFault]:
    """Return what is wrong with the hours of a slot; pure."""
    faults: list[FieldFault] = []
    if starts_at <= now:
        faults.append(FieldFault("starts_at", "开始时间已经过了，写以后的"))
    elif (get_business_day(starts_at) - get_business_day(now)).days > MAX_DAYS_AHEAD:
        faults.append(FieldFault("starts_at", f"最远 {MAX_DAYS_AHEAD} 天以后"))
    if not MIN_LENGTH <= ends_at - starts_at <= MAX_LENGTH:
        faults.append(FieldFault("ends_at", "结束要比开始晚，15 分钟到 12 小时"))
    return faults


async def _list_faults(
    conn: Connection, county: str, new: NewCourse | NewClinicDay, *, now: datetime
) -> list[FieldFault]:
    faults = list_hour_faults(new.starts_at, new.ends_at, now=now)
    fault = await find_village_fault(conn, new.village_code, day=get_business_day(new.starts_at))
    if fault or not new.village_code.startswith(county):
        faults.append(FieldFault("village", fault or "请选本县的村"))
    if not 1 <= len(clean_text(new.room)) <= MAX_ROOM_LENGTH:
        faults.append(FieldFault("room", f"写在哪间屋，最多 {MAX_ROOM_LENGTH} 个字"))
    if not 1 <= new.places <= MAX_PLACES:
        faults.append(FieldFault("places", f"名额从 1 到 {MAX_PLACES}"))
    return faults


async def add_course(conn: Connection, official: Actor, county: str, new: NewCourse, *, now: datetime) -> SlotId:
    """Add a course of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
        SlotInvalid: fields are invalid, such as a course in the past; `errors` lists each.
        SlotOverlap: the room is taken at that time; the caller's transaction must not commit.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    title, organiser = clean_text(new.title), clean_text(new.organiser)
    faults = await _list_faults(conn, county, new, now=now)
    if not 2 <= len(title) <= MAX_TITLE_LENGTH:
        faults.append(FieldFault("title", f"课程名称写 2 到 {MAX_TITLE_LENGTH} 个字"))
    if not 2 <= len(organiser) <= MAX_ORGANISER_LENGTH:
        faults.append(FieldFault("organiser", f"主办单位写 2 到 {MAX_ORGANISER_LENGTH} 个字"))
    if faults:
        raise SlotInvalid(errors=tuple(faults))
    slot_id = await add_seat_slot(
        conn, kind=SlotKind.COURSE, village=new.village_code, room=clean_text(new.room), starts_at=new.starts_at,
        ends_at=new.ends_at, places=new.places,
    )  # fmt: skip
    await ADD_COURSE.run(
        conn, slot_id=slot_id, title=title, organiser=organiser, county=county, account_id=official.account_id
    )
    await _audit(conn, official, "course.add", slot_id, now=now)
    return slot_id


async def add_clinic_day(conn: Connection, official: Actor, county: str, new: NewClinicDay, *, now: datetime) -> SlotId:
    """Add a clinic day of a verified clinic of the county, whose licence is valid on it.

    Raises:
        NotAllowed, SecondFactorRequired, SlotOverlap: see `add_course`.
        SlotInvalid: fields are invalid, or the clinic is none or has no licence then; `errors` lists each.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    faults = await _list_faults(conn, county, new, now=now)
    if new.organisation_id not in {each.id for each in await list_clinics(conn, county)}:
        faults.append(FieldFault("organisation_id", "请选核过的医疗机构"))
    elif not await IS_LICENSED.one(conn, organisation_id=new.organisation_id, day=get_business_day(new.starts_at)):
        faults.append(FieldFault("organisation_id", "那天这家的执照已经过期"))
    if faults:
        raise SlotInvalid(errors=tuple(faults))
    slot_id = await add_seat_slot(
        conn, kind=SlotKind.CLINIC, village=new.village_code, room=clean_text(new.room), starts_at=new.starts_at,
        ends_at=new.ends_at, places=new.places,
    )  # fmt: skip
    await ADD_CLINIC_DAY.run(
        conn, slot_id=slot_id, remote=new.remote, organisation_id=new.organisation_id, account_id=official.account_id
    )
    await _audit(conn, official, "clinic_day.add", slot_id, now=now)
    return slot_id


async def cancel_service_slot(conn: Connection, official: Actor, county: str, slot_id: UUID, *, now: datetime) -> None:
    """Cancel a course or a clinic day of the county that has not started; the worker tells who had a seat.

    Raises:
        NotAllowed, SecondFactorRequired: see `add_course`.
        NotFound: the county has no such slot.
        SlotNotOpen: it has started, or was cancelled.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    slot = await lock_seat_slot(conn, slot_id)
    if not slot.village_code.startswith(county):
        raise NotFound
    reason = CancelReason.HOST
    if now >= slot.starts_at or not await cancel_seat_slot(
        conn, slot_id, by=official.account_id, reason=reason, now=now
    ):
        raise SlotNotOpen
    await _audit(conn, official, "service_slot.cancel", slot_id, now=now)


async def get_service_slot(conn: Connection, slot_id: UUID) -> ServiceSlot:
    """Return a course or a clinic day.

    Raises:
        NotFound: there is none.
    """
    slot = await GET_SLOT.maybe(conn, slot_id=slot_id)
    if slot is None:
        raise NotFound
    return slot


async def list_near_slots(
    conn: Connection, village: str, *, now: datetime, period: timedelta = NEAR_DAYS
) -> list[ServiceSlot]:
    """Return what starts within a week near a village: there, in its township, in its county; at most 60."""
    return await LIST_NEAR.all(
        conn, village=village, county=get_county_code(village), now=now, until=now + period, limit=MAX_LISTED
    )


async def list_county_slots(
    conn: Connection, county: str, divisions: Sequence[str], *, now: datetime
) -> list[ServiceSlot]:
    """Return the slots of an official's divisions in a county, those to come first and 30 days back, at most 60."""
    return await LIST_OF_COUNTY.all(
        conn, county=county, divisions=list(divisions), now=now, since=now - timedelta(days=30), limit=MAX_LISTED
    )


async def count_unmarked_slots(conn: Connection, county: str, divisions: Sequence[str], *, now: datetime) -> int:
    """Return how many slots of an official's divisions are over, and nobody marked who came."""
    return await COUNT_UNMARKED.one(conn, county=county, divisions=list(divisions), now=now)


async def list_clinics(conn: Connection, county: str) -> list[Clinic]:
    """Return the verified clinics of a county."""
    return await LIST_CLINICS.all(conn, county=county)


async def end_village_slots(conn: Connection, village: str, day: date) -> None:
    """Cancel what is planned in a village from the first day without its code; the worker tells who had a seat."""
    start = get_day_start(day)
    for slot_id in await LIST_FROM_DAY.all(conn, village=village, since=start):
        await cancel_seat_slot(conn, slot_id, by=None, reason=CancelReason.VILLAGE, now=start)


async def _audit(conn: Connection, actor: Actor, action: str, slot_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"slot:{slot_id}", detail={}, now=now
    )
