"""Sign up for a course or a clinic day, for oneself or as somebody's helper or station; wait, take, give up."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.slots.models import ReservationState
from market.catalogue.slots.seats import (
    NAME_CONTEXT,
    Seat,
    SlotKind,
    accept_seat,
    end_seat,
    forget_persons,
    give_up_seat,
    list_lapsed_offers,
    list_stranded_seats,
    take_seat,
)
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import list_scopes, require_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.notify.notifications import format_due, notify_account
from market.villages.services.models import (
    CLINIC_LIFETIME,
    COURSE_LIFETIME,
    MAX_NAME_LENGTH,
    STATION,
    NewSeat,
    OwnSeat,
    SeatInvalid,
    ServiceSlot,
)
from market.villages.services.slots import SLOT_COLUMNS, get_service_slot
from payments.retries import RetryPolicy, run_each

LAPSE_JOB = "lapse_offer"
_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))
MAX_OWN = 100


class HelpedOwner(Struct, frozen=True):
    """A household that a person helps, and its owner's account."""

    producer_id: UUID
    name: str
    account_id: AccountId


class _OwnSeatRow(Struct, frozen=True, kw_only=True):
    seat_id: UUID
    state: ReservationState
    name: str | None
    name_sealed: bytes | None
    offered_until: datetime | None
    ahead: int
    certificate: int | None
    slot_id: UUID


LIST_HELPED = Query(
    HelpedOwner,
    """
    SELECT DISTINCT ON (p.id) p.id AS producer_id, a.name, a.id AS account_id
      FROM producer_members h
      JOIN producers p ON p.id = h.producer_id
      JOIN producer_members m ON m.producer_id = p.id AND m.role = 'owner' AND m.valid_during @> :day::date
      JOIN accounts a ON a.id = m.account_id AND a.closed_at IS NULL
     WHERE h.account_id = :account_id AND h.role = 'helper' AND h.valid_during @> :day::date
     ORDER BY p.id, a.id
     LIMIT 20
    """,
)
LIST_OWN = Query(
    _OwnSeatRow,
    """
    SELECT r.id AS seat_id, r.state, r.name_sealed, r.offered_until, r.slot_id, c.number AS certificate,
           CASE WHEN r.account_id <> :account_id THEN a.name END AS name,
           CASE WHEN r.state = 'waiting'
                THEN (SELECT count(*) FROM slot_reservations w
                       WHERE w.slot_id = r.slot_id AND w.state = 'waiting' AND w.id < r.id)
                ELSE 0 END AS ahead
      FROM slot_reservations r
      JOIN slots ON slots.id = r.slot_id
      LEFT JOIN accounts a ON a.id = r.account_id
      LEFT JOIN course_certificates c ON c.reservation_id = r.id
     WHERE :account_id IN (r.account_id, r.signed_up_by) AND r.state NOT IN ('cancelled', 'expired')
     ORDER BY upper(during) < :now, abs(extract(epoch FROM lower(during) - :now)), r.id
     LIMIT :limit
    """,
)
LIST_SLOTS = Query(ServiceSlot, SLOT_COLUMNS + " WHERE slots.id = ANY(:slot_ids::uuid[])")
LIST_LIVE = Query(
    UUID,
    """
    SELECT r.id FROM slot_reservations r JOIN slots ON slots.id = slot_id
     WHERE account_id = :account_id AND r.state IN ('waiting', 'offered', 'booked') AND lower(during) > :now
     ORDER BY slot_id
    """,
)


async def list_helped_owners(conn: Connection, account_id: AccountId, *, now: datetime) -> list[HelpedOwner]:
    """Return the households that a person helps, with the account of an owner."""
    return await LIST_HELPED.all(conn, account_id=account_id, day=get_business_day(now))


def is_station(actor: Actor, village: str) -> bool:
    """Return whether a person is the station of a village's county, who signs up others by name."""
    return any(scope.startswith(get_county_code(village)) for scope in list_scopes(actor, STATION))


async def sign_up(conn: Connection, seal: Seal, actor: Actor, slot_id: UUID, new: NewSeat, *, now: datetime) -> OwnSeat:
    """Take a seat, or a place on the waiting list, in the caller's transaction; who has it is told.

    Raises:
        NotFound: there is no such slot.
        SeatInvalid: a name without the person's consent, a household that the actor does not help, or an appointment by
            video of somebody whom no doctor has seen; `errors` lists each.
        NotAllowed, SecondFactorRequired: a name is written by somebody who is no station of the county.
        SlotStarted, SlotClosed, SeatsFull, AlreadySeated: see `take_seat`.
    """
    slot = await get_service_slot(conn, slot_id)
    name, account_id = clean_text(new.name), actor.account_id
    faults: list[FieldFault] = []
    if new.producer_id is not None:
        helped = {each.producer_id: each for each in await list_helped_owners(conn, actor.account_id, now=now)}
        owner = helped.get(new.producer_id)
        if owner is None:
            faults.append(FieldFault("producer_id", "您不是这家的帮手"))
        else:
            account_id = owner.account_id
    elif name:
        county = get_county_code(slot.village_code)
        scope = next((each for each in list_scopes(actor, STATION) if each.startswith(county)), county)
        require_role(actor, STATION, scope)
        if len(name) > MAX_NAME_LENGTH:
            faults.append(FieldFault("name", f"最多 {MAX_NAME_LENGTH} 个字"))
    if (name or new.producer_id is not None) and not new.agreed:
        faults.append(FieldFault("agreed", "先问过本人，本人同意了再报"))
    if slot.remote and not new.seen_before:
        faults.append(FieldFault("seen_before", "远程只看复诊；没看过的，先到卫生室或者医院"))
    if faults:
        raise SeatInvalid(errors=tuple(faults))
    named = name if new.producer_id is None else ""
    seat = await take_seat(
        conn, seal, slot_id, title=slot.title, account_id=None if named else account_id, name=named,
        signed_up_by=actor.account_id, wait=new.wait, now=now,
    )  # fmt: skip
    if seat.account_id != actor.account_id:
        await _audit(conn, str(actor.account_id), "seat.sign_up", seat, now=now)
    template = "seat_booked" if seat.state is ReservationState.BOOKED else "seat_waiting"
    await _tell(conn, seal, seat, slot, template, now=now)
    return await _read(conn, seal, actor, seat.id, now=now)


async def take_offered_seat(conn: Connection, seal: Seal, actor: Actor, seat_id: UUID, *, now: datetime) -> OwnSeat:
    """Take the seat that is offered to a person, or to somebody whom they signed up.

    Raises:
        NotFound, OfferLapsed: see `accept_seat`.
    """
    await accept_seat(conn, actor.account_id, seat_id, now=now)
    return await _read(conn, seal, actor, seat_id, now=now)


async def cancel_seat(conn: Connection, seal: Seal, actor: Actor, seat_id: UUID, *, now: datetime) -> None:
    """Give up a seat, or stop waiting; the seat is offered to who waited longest, in the same transaction.

    Raises:
        NotFound, SlotStarted: see `give_up_seat`.
    """
    offered = await give_up_seat(conn, actor.account_id, seat_id, now=now)
    if offered is not None:
        await _tell_offered(conn, seal, offered, now=now)


async def give_up_seats(conn: Connection, seal: Seal, account_id: AccountId, *, now: datetime) -> None:
    """Give up every seat to come of a person who closes their account."""
    for seat_id in await LIST_LIVE.all(conn, account_id=account_id, now=now):
        offered = await give_up_seat(conn, account_id, seat_id, now=now)
        if offered is not None:
            await _tell_offered(conn, seal, offered, now=now)


async def list_own_seats(
    conn: Connection, seal: Seal, account_id: AccountId, *, now: datetime, limit: int = MAX_OWN
) -> list[OwnSeat]:
    """Return the seats of a person and of those whom they signed up, what is to come first."""
    rows = await LIST_OWN.all(conn, account_id=account_id, now=now, limit=limit)
    slots = {each.id: each for each in await LIST_SLOTS.all(conn, slot_ids=[row.slot_id for row in rows])}
    return [
        build_from(OwnSeat, row, id=row.seat_id, name=_open_name(seal, row), slot=slots[row.slot_id])  # pyright: ignore[reportArgumentType]
        for row in rows
    ]


def _open_name(seal: Seal, row: _OwnSeatRow) -> str:
    return row.name or "" if row.name_sealed is None else seal.open(row.name_sealed, NAME_CONTEXT)


async def _read(conn: Connection, seal: Seal, actor: Actor, seat_id: UUID, *, now: datetime) -> OwnSeat:
    seats = await list_own_seats(conn, seal, actor.account_id, now=now)
    found = next((each for each in seats if each.id == seat_id), None)
    if found is None:
        raise NotFound
    return found


async def _tell(
    conn: Connection, seal: Seal, seat: Seat, slot: ServiceSlot, template: str, *, now: datetime, **more: str
) -> None:
    who = "您" if seat.name_sealed is None else seal.open(seat.name_sealed, NAME_CONTEXT)
    facts = {"who": who, "title": slot.title, "when": format_due(slot.starts_at), **more}
    if template != "seat_ended":
        facts["where"] = f"{slot.village}{slot.room}"
    await notify_account(conn, seal, seat.told, template, facts, now=now)


async def _tell_offered(conn: Connection, seal: Seal, seat: Seat, *, now: datetime) -> None:
    assert seat.offered_until is not None, "the seat is offered"
    slot = await get_service_slot(conn, seat.slot_id)
    await _tell(conn, seal, seat, slot, "seat_offered", now=now, until=format_due(seat.offered_until))


async def end_due_seats(db: Database, seal: Seal, *, now: datetime) -> int:
    """End the offers that nobody took in time and the seats of cancelled slots; tell whose they were, and who is next.

    One transaction each, at most 1,000; one that fails is tried again later and delays no other. Return how many.
    """
    async with db.connection() as conn:
        due = [*await list_lapsed_offers(conn, now=now), *await list_stranded_seats(conn)]

    async def end(seat_id: UUID) -> None:
        async with db.transaction() as conn:
            ended = await end_seat(conn, seat_id, now=now)
            if ended is not None:
                seat, offered = ended
                slot = await get_service_slot(conn, seat.slot_id)
                await _tell(conn, seal, seat, slot, "service_cancelled" if slot.cancelled else "seat_ended", now=now)
                if offered is not None:
                    await _tell_offered(conn, seal, offered, now=now)
        await forget_failure(db, job=LAPSE_JOB, item=seat_id)

    async def fail(seat_id: UUID, error: Exception) -> None:
        await record_failure(db, _RETRIES, job=LAPSE_JOB, item=seat_id, error=error)

    return (await run_each(due, end, fail)).done


async def forget_old_seats(db: Database, before: datetime) -> int:
    """Forget who had a seat on clinic days `CLINIC_LIFETIME` ago and in courses `COURSE_LIFETIME` ago; return how many.

    Those whose attendance nobody marked count as missed.
    """
    clinics = await forget_persons(db, SlotKind.CLINIC, before=before - CLINIC_LIFETIME)
    return clinics + await forget_persons(db, SlotKind.COURSE, before=before - COURSE_LIFETIME)


async def _audit(conn: Connection, actor: str, action: str, seat: Seat, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=actor, action=action, object=f"seat:{seat.id}", detail={"slot": str(seat.slot_id)}, now=now
    )
