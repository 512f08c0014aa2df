"""The register of guests: checked, encrypted, for the host alone, deleted on the day that it states."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from market.people.identity.models import Actor, NotFound
from market.privacy.personal_data import PersonalStayGuests, load_personal_data
from market.sales.orders.queries import OrderView
from market.sales.visits.guest_register import (
    GuestDocument,
    NewStayGuest,
    RegisteredStay,
    delete_due_guests,
    get_guest_register,
    register_guest,
    remove_guest,
)
from market.sales.visits.models import RegisterClosed, StayGuestInvalid
from tests.support.make import load_owner, make_stay
from tests.support.shop import Shopping, make_october_nights

ARRIVAL = datetime.fromisoformat("2019-10-03T15:00:00+08:00")
NUMBER = "130624199001011230"


async def book(shopping: Shopping) -> tuple[OrderView, Actor]:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    return await shopping.see(order), host


def get_booking_id(order: OrderView) -> UUID:
    return order.suborders[0].bookings[0].id


async def register(
    shopping: Shopping, host: Actor, booking_id: UUID, *, number: str = NUMBER, name: str = "样例住客",
    document: GuestDocument = GuestDocument.IDENTITY, now: datetime = ARRIVAL,
) -> RegisteredStay:  # fmt: skip
    async with shopping.db.transaction() as conn:
        new = NewStayGuest(name=name, document=document, number=number)
        return await register_guest(conn, shopping.seal, host, booking_id, new, now=now)


def compute_check_digit(number: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11]


VALID = NUMBER[:17] + compute_check_digit(NUMBER[:17])


async def test_a_guest_is_registered_once_and_a_foreigner_has_a_time_for_the_police(shopping: Shopping) -> None:
    order, host = await book(shopping)
    booking_id = get_booking_id(order)
    await register(shopping, host, booking_id, number=f" {VALID[:6]} {VALID[6:].lower()}")
    await register(shopping, host, booking_id, number=VALID)
    seen = await register(
        shopping, host, booking_id, name="Sample Guest", number="e1234567", document=GuestDocument.PASSPORT
    )
    assert [(each.name, each.number, each.report_by, each.delete_on) for each in seen.guests] == [
        ("样例住客", VALID, None, date(2019, 11, 4)),
        ("Sample Guest", "E1234567", ARRIVAL + timedelta(hours=24), date(2019, 11, 4)),
    ]
    assert seen.guests[0].masked_number == f"130624********{VALID[-4:]}"
    async with shopping.db.connection() as conn:
        stored = await conn.fetchval("SELECT string_agg(guest_sealed, '') FROM stay_guests")
        audited = await conn.fetchval("SELECT string_agg(detail::text, '') FROM audit_entries")
    assert VALID.encode() not in stored
    assert VALID not in audited


async def test_a_wrong_number_is_refused_at_its_field(shopping: Shopping) -> None:
    order, host = await book(shopping)
    wrong = VALID[:17] + ("0" if VALID[17] != "0" else "1")
    for number, document in ((wrong, GuestDocument.IDENTITY), ("12", GuestDocument.PASSPORT)):
        with pytest.raises(StayGuestInvalid) as refused:
            await register(shopping, host, get_booking_id(order), number=number, document=document, name=" ")
        assert [each.field for each in refused.value.errors] == ["name", "number"]


async def test_only_the_host_sees_the_register(shopping: Shopping) -> None:
    order, host = await book(shopping)
    booking_id = get_booking_id(order)
    seen = await register(shopping, host, booking_id, number=VALID)
    async with shopping.db.transaction() as conn:
        other = await load_owner(conn, (await make_stay(conn)).producer_id)
    for actor in (other, shopping.buyer):
        async with shopping.db.transaction() as conn:
            with pytest.raises(NotFound):
                await get_guest_register(conn, shopping.seal, actor, booking_id, now=ARRIVAL)
            with pytest.raises(NotFound):
                await remove_guest(conn, actor, booking_id, seen.guests[0].id, now=ARRIVAL)
    async with shopping.db.transaction() as conn:
        copy = await load_personal_data(conn, shopping.seal, shopping.buyer.account_id)
    assert copy.stays == [PersonalStayGuests(order.number, 1, date(2019, 11, 4))]


async def test_guests_are_registered_from_the_first_day_to_the_last(shopping: Shopping) -> None:
    order, host = await book(shopping)
    for day in (ARRIVAL - timedelta(days=1), ARRIVAL + timedelta(days=3)):
        with pytest.raises(RegisterClosed):
            await register(shopping, host, get_booking_id(order), number=VALID, now=day)


async def test_the_register_is_deleted_on_its_day_and_not_before(shopping: Shopping) -> None:
    order, host = await book(shopping)
    await register(shopping, host, get_booking_id(order), number=VALID)
    due = datetime.fromisoformat("2019-11-04T00:00:00+08:00")
    for now, count in ((due - timedelta(seconds=1), 1), (due, 0)):
        async with shopping.db.connection() as conn:
            kept = await get_guest_register(conn, shopping.seal, host, get_booking_id(order), now=now)
            assert len(kept.guests) == count
    assert await delete_due_guests(shopping.db, due - timedelta(seconds=1)) == 0
    assert await delete_due_guests(shopping.db, due) == 1
    async with shopping.db.connection() as conn:
        assert (await get_guest_register(conn, shopping.seal, host, get_booking_id(order), now=ARRIVAL)).guests == []
