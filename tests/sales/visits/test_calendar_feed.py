"""A host's calendar: every taken night and slot, valid iCalendar, no guests, gone when its address is revoked."""

import re
from datetime import date, datetime, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.bookings.host_nights import (
    GuestNights,
    HostGuest,
    HostNights,
    close_nights,
    enter_guest,
    open_nights,
)
from market.people.identity.models import NotFound
from market.sales.visits.calendar_feed import create_calendar_feed, read_calendar_feed, revoke_calendar_feed
from market.sales.visits.icalendar import CalendarEvent, write_calendar
from tests.conftest import NOW
from tests.support.make import load_owner, make_activity, make_stay
from tests.support.shop import BUYER_ADDRESS, Shopping, make_october_nights

DAY = date(2019, 10, 3)


def parse(text: str) -> list[dict[str, str]]:
    """Return the events of a calendar as RFC 5545 reads them: lines unfolded, then properties, then escapes."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
    lines = re.sub(r"\r\n[ \t]", "", text).split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and name != "END":
            events[-1][name] = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
    return events


async def test_the_calendar_has_taken_nights_and_slots_without_the_guests(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        activity = await make_activity(conn, stay.producer_id)
        host = await load_owner(conn, stay.producer_id)
        await make_stay(conn)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    async with shopping.db.transaction() as conn:
        nights = GuestNights(
            room_id=stay.room_ids[1],
            first=DAY,
            until=DAY + timedelta(days=1),
            guest=HostGuest("样例路人", "13900009002"),
        )
        await enter_guest(conn, shopping.seal, host, stay.listing_id, nights, now=NOW)
        await conn.execute(
            "INSERT INTO taken_nights VALUES ($1, $2)",
            stay.room_ids[0],
            asyncpg.Range(DAY + timedelta(days=9), DAY + timedelta(days=10)),
        )
        feed = await create_calendar_feed(conn, host, stay.producer_id, now=NOW)
        text = await read_calendar_feed(conn, feed.path.removeprefix("/calendars/").removesuffix(".ics"), now=NOW)
    events = parse(text)
    stays = [each for each in events if "DTSTART;VALUE=DATE" in each]
    assert [(each["DTSTART;VALUE=DATE"], each["DTEND;VALUE=DATE"], each["SUMMARY"]) for each in stays] == [
        ("20191003", "20191005", f"农家院客房 1 号房：订单 {order.number}-1"),
        ("20191003", "20191004", "农家院客房 2 号房：自己来的客人"),
        ("20191012", "20191013", "农家院客房 1 号房：关房"),
    ]
    assert len(events) - len(stays) == len(activity.slot_ids)
    assert len({each["UID"] for each in events}) == len(events)
    for secret in (BUYER_ADDRESS.name, BUYER_ADDRESS.phone, "样例路人", "13900009002"):
        assert secret not in text


async def test_closed_nights_in_a_row_are_one_event_and_hide_no_later_booking(
    shopping: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sales.visits.calendar_feed.MAX_CALENDAR_EVENTS", 4)
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
        first, until = NOW.date(), DAY - timedelta(days=2)
        for room_id in stay.room_ids[:2]:
            nights = HostNights(room_id=room_id, first=first, until=until)
            await close_nights(conn, host, stay.listing_id, nights, now=NOW)
        gap = HostNights(room_id=stay.room_ids[0], first=first + timedelta(days=3), until=first + timedelta(days=4))
        await open_nights(conn, host, stay.listing_id, gap, now=NOW)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    async with shopping.db.transaction() as conn:
        feed = await create_calendar_feed(conn, host, stay.producer_id, now=NOW)
        text = await read_calendar_feed(conn, feed.path.removeprefix("/calendars/").removesuffix(".ics"), now=NOW)
    events = parse(text)
    assert [(each["DTSTART;VALUE=DATE"], each["DTEND;VALUE=DATE"], each["SUMMARY"]) for each in events] == [
        ("20190920", "20190923", "农家院客房 1 号房：关房"),
        ("20190920", "20191001", "农家院客房 2 号房：关房"),
        ("20190924", "20191001", "农家院客房 1 号房：关房"),
        ("20191003", "20191005", f"农家院客房 1 号房：订单 {order.number}-1"),
    ]
    assert len({each["UID"] for each in events}) == len(events)


async def test_an_address_ends_when_it_is_replaced_or_revoked(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay, other = await make_stay(conn), await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
        addresses = [(await create_calendar_feed(conn, host, stay.producer_id, now=NOW)).path[11:-4] for _ in range(2)]
        with pytest.raises(NotFound):
            await create_calendar_feed(conn, host, other.producer_id, now=NOW)
        with pytest.raises(NotFound):
            await read_calendar_feed(conn, addresses[0], now=NOW)
        assert "VCALENDAR" in await read_calendar_feed(conn, addresses[1], now=NOW)
        left = (NOW + timedelta(days=1)).date()
        await conn.execute(
            "UPDATE producer_members SET valid_during = daterange(lower(valid_during), $2) WHERE account_id = $1",
            host.account_id, left,
        )  # fmt: skip
        with pytest.raises(NotFound):
            await read_calendar_feed(conn, addresses[1], now=NOW + timedelta(days=2))
        await revoke_calendar_feed(conn, host, stay.producer_id, now=NOW)
        with pytest.raises(NotFound):
            await read_calendar_feed(conn, addresses[1], now=NOW)
        stored = await conn.fetchval("SELECT count(*) FROM calendar_feeds")
    assert stored == 0


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n,;\\"), max_size=200), st.integers(1, 5)
)
def test_any_text_survives_folding_and_escaping(text: str, days: int) -> None:
    start = datetime.fromisoformat("2019-10-03T08:00:00+08:00")
    event = CalendarEvent(uid="1", summary=text, start=start, end=start + timedelta(days=days), description=text)
    [found] = parse(write_calendar(text, [event], now=NOW))
    assert (found["SUMMARY"], found.get("DESCRIPTION", ""), found["DTSTART"]) == (text, text, "20191003T000000Z")
