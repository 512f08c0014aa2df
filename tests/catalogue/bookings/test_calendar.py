"""The calendar of a stay: prices by season, holidays, and free rooms of each night."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest
from asyncpg.connection import LoggedQuery

from market.catalogue.bookings.calendar import get_cancellation_terms, list_stay_nights
from market.catalogue.bookings.models import InvalidNightsWindow
from market.kernel import Connection
from market.people.identity.models import NotFound
from tests.conftest import NOW
from tests.support.make import StayIds, make_product, make_stay

SEASONS = [(date(2019, 10, 1), date(2019, 10, 4), 420_00), (date(2019, 10, 4), date(2019, 10, 8), 360_00)]


def october(day: int) -> date:
    return date(2019, 9, 30) + timedelta(days=day)


async def take(conn: Connection, stay: StayIds, room: int, first: int, last: int) -> None:
    await conn.execute(
        "INSERT INTO taken_nights VALUES ($1, $2)", stay.room_ids[room], asyncpg.Range(october(first), october(last))
    )


async def test_each_night_has_a_price_a_holiday_and_free_rooms(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=3, price_fen=280_00, seasons=SEASONS)
    await take(conn, stay, 0, 2, 5)
    await take(conn, stay, 1, 4, 6)
    await conn.execute("UPDATE rooms SET open = false WHERE id = $1", stay.room_ids[2])
    nights = await list_stay_nights(conn, stay.listing_id, arrive=october(1), leave=october(9))
    assert [(each.night.day, each.free, each.price_fen, each.holiday) for each in nights] == [
        (1, 2, 420_00, "国庆"), (2, 1, 420_00, "国庆"), (3, 1, 420_00, "国庆"), (4, 0, 360_00, "国庆"),
        (5, 1, 360_00, "国庆"), (6, 2, 360_00, "国庆"), (7, 2, 360_00, "国庆"), (8, 2, 280_00, None),
    ]  # fmt: skip


async def test_a_working_weekend_is_no_holiday(conn: Connection) -> None:
    stay = await make_stay(conn)
    (night,) = await list_stay_nights(conn, stay.listing_id, arrive=october(12), leave=october(13))
    assert night.holiday is None


async def test_a_taken_room_that_was_closed_is_not_counted_twice(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=2)
    await take(conn, stay, 1, 1, 3)
    await conn.execute("UPDATE rooms SET open = false WHERE id = $1", stay.room_ids[1])
    nights = await list_stay_nights(conn, stay.listing_id, arrive=october(1), leave=october(2))
    assert [each.free for each in nights] == [1]


@pytest.mark.parametrize(
    ("arrive", "leave"), [(date.min, date(1, 1, 3)), (date(9999, 12, 30), date.max)], ids=["first day", "last day"]
)
async def test_a_window_at_an_end_of_the_calendar_is_refused(conn: Connection, arrive: date, leave: date) -> None:
    stay = await make_stay(conn)
    with pytest.raises(InvalidNightsWindow):
        await list_stay_nights(conn, stay.listing_id, arrive=arrive, leave=leave)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (2, 1), (1, 94)])
async def test_a_window_has_1_to_92_nights(conn: Connection, first: int, last: int) -> None:
    with pytest.raises(InvalidNightsWindow):
        await list_stay_nights(conn, uuid4(), arrive=october(first), leave=october(last))


async def test_a_window_takes_one_statement_regardless_of_its_length(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=5)
    asked: list[str] = []

    def note(query: LoggedQuery) -> None:
        asked.append(query.query)

    conn.add_query_logger(note)
    try:
        nights = await list_stay_nights(conn, stay.listing_id, arrive=october(1), leave=october(93))
        await asyncio.sleep(0)  # asyncpg logs a statement in the next iteration of the loop
    finally:
        conn.remove_query_logger(note)
    assert (len(nights), len(asked)) == (92, 1)


async def test_only_a_stay_on_sale_has_a_calendar(conn: Connection) -> None:
    product, stay, closed = await make_product(conn), await make_stay(conn), await make_stay(conn)
    await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE id = $1", stay.listing_id)
    await conn.execute("UPDATE producers SET state = 'suspended' WHERE id = $1", closed.producer_id)
    for listing_id in (product.listing_id, stay.listing_id, closed.listing_id, uuid4()):
        with pytest.raises(NotFound):
            await list_stay_nights(conn, listing_id, arrive=october(1), leave=october(2))
        with pytest.raises(NotFound):
            await get_cancellation_terms(conn, listing_id, arrive=october(1), leave=october(2), day=date(2019, 9, 24))
    ordered = await get_cancellation_terms(
        conn, stay.listing_id, arrive=october(3), leave=october(5), day=date(2019, 9, 24), at=NOW
    )
    assert ordered.refund_bp == 5_000


async def test_the_terms_shown_before_payment_are_those_of_the_nights(conn: Connection) -> None:
    stay = await make_stay(conn)
    today = date(2019, 9, 24)
    holiday = await get_cancellation_terms(conn, stay.listing_id, arrive=october(3), leave=october(5), day=today)
    assert (holiday.holiday, holiday.days_left, holiday.refund_bp) == (True, 9, 5_000)
    assert [(each.days_before, each.refund_bp) for each in holiday.tiers] == [(15, 10_000), (7, 5_000), (0, 0)]
    ordinary = await get_cancellation_terms(conn, stay.listing_id, arrive=october(9), leave=october(10), day=today)
    assert (ordinary.holiday, ordinary.days_left, ordinary.refund_bp) == (False, 15, 10_000)
    touching = await get_cancellation_terms(conn, stay.listing_id, arrive=october(7), leave=october(9), day=today)
    assert touching.holiday


async def test_two_guests_never_share_a_night_and_may_share_a_day(owner: Connection) -> None:
    stay = await make_stay(owner, rooms=1)
    await take(owner, stay, 0, 1, 3)
    await take(owner, stay, 0, 3, 4)
    with pytest.raises(asyncpg.ExclusionViolationError) as refused:
        await take(owner, stay, 0, 2, 3)
    assert getattr(refused.value, "constraint_name", "") == "taken_nights_no_overlap"
