"""A host's calendar for other programs: taken nights and slots at a secret, revocable address, without the guests."""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.visits.icalendar import CalendarEvent, write_calendar

MAX_CALENDAR_EVENTS = 2000
_PAST_DAYS, _COMING_DAYS = timedelta(days=31), timedelta(days=400)
_SECRET_BYTES = 32
_MAX_SECRET_LENGTH = 100


class NewCalendarFeed(Struct, frozen=True):
    """The path of a new calendar, which is shown once: only the hash of its secret is stored."""

    path: str


class CalendarFeed(Struct, frozen=True):
    """A producer and since when its calendar has its address; None if it has none."""

    producer_id: UUID
    producer: str
    created_at: datetime | None


class _FeedOwner(Struct, frozen=True):
    producer_id: UUID
    name: str


class _TakenNights(Struct, frozen=True):
    uid: str
    title: str
    room: str
    first: date
    until: date
    order_code: str | None
    guest: bool


class _FeedSlot(Struct, frozen=True):
    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    taken: int
    capacity: int


SET_FEED = Query(
    None,
    """
    INSERT INTO calendar_feeds (producer_id, secret_hash, created_by, created_at)
    VALUES (:producer_id, :secret_hash, :by, :now)
        ON CONFLICT (producer_id) DO UPDATE
       SET secret_hash = EXCLUDED.secret_hash, created_by = EXCLUDED.created_by, created_at = EXCLUDED.created_at
    """,
)
REVOKE_FEED = Query(int, "DELETE FROM calendar_feeds WHERE producer_id = :producer_id RETURNING 1")
LIST_FEEDS = Query(
    CalendarFeed,
    """
    SELECT producers.id AS producer_id, name AS producer, calendar_feeds.created_at
      FROM producers LEFT JOIN calendar_feeds ON producer_id = producers.id
     WHERE producers.id = ANY(:producer_ids::uuid[]) ORDER BY producers.number LIMIT 100
    """,
)
FIND_FEED_OWNER = Query(
    _FeedOwner,
    """
    SELECT producer_id, name FROM calendar_feeds JOIN producers ON producers.id = producer_id
     WHERE secret_hash = :secret_hash
       AND EXISTS (SELECT FROM producer_members m
                    WHERE m.producer_id = calendar_feeds.producer_id AND m.account_id = created_by
                      AND m.valid_during @> :day::date)
    """,
)
# An order that is not paid keeps its nights out of sale, as the calendar says. Each closed night is a row: those that
# follow each other are one event.
LIST_FEED_NIGHTS = Query(
    _TakenNights,
    """
    WITH taken AS (
        SELECT room_id, taken_nights.nights, booking_id, guest_sealed IS NOT NULL AS guest, listings.title,
               rooms.name AS room, rooms.position
          FROM taken_nights
          JOIN rooms ON rooms.id = room_id
          JOIN listings ON listings.id = rooms.listing_id
         WHERE listings.producer_id = :producer_id AND taken_nights.nights && daterange(:first, :until)
    ), merged AS (
        SELECT * FROM taken WHERE booking_id IS NOT NULL OR guest
         UNION ALL
        SELECT room_id, unnest(range_agg(nights)), NULL, false, title, room, position
          FROM taken WHERE booking_id IS NULL AND NOT guest
         GROUP BY room_id, title, room, position
    )
    SELECT coalesce(booking_id::text, merged.room_id || '-' || lower(merged.nights)) AS uid, title, room,
           lower(merged.nights) AS first, upper(merged.nights) AS until,
           orders.number || '-' || suborders.position AS order_code, guest
      FROM merged
      LEFT JOIN bookings ON bookings.id = booking_id
      LEFT JOIN suborders ON suborders.id = bookings.suborder_id
      LEFT JOIN orders ON orders.id = suborders.order_id
     ORDER BY lower(merged.nights), merged.position
     LIMIT :limit
    """,
)
LIST_FEED_SLOTS = Query(
    _FeedSlot,
    """
    SELECT slots.id, title, lower(during) AS starts_at, upper(during) AS ends_at, capacity - free AS taken, capacity
      FROM slots JOIN listings ON listings.id = listing_id
     WHERE producer_id = :producer_id AND slots.state <> 'cancelled'
       AND lower(during) >= :first::date AND lower(during) < :until::date
     ORDER BY lower(during)
     LIMIT :limit
    """,
)


async def create_calendar_feed(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> NewCalendarFeed:
    """Give the calendar of the actor's producer a new secret address, in the caller's transaction; an earlier one ends.

    Raises:
        NotFound: the actor is not a member of the producer.
    """
    require_producer(actor, producer_id)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    await SET_FEED.run(conn, producer_id=producer_id, secret_hash=_hash(secret), by=actor.account_id, now=now)
    await _add_entry(conn, actor, "calendar.create", producer_id, now=now)
    return NewCalendarFeed(f"/calendars/{secret}.ics")


async def revoke_calendar_feed(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> None:
    """End the address of the calendar of the actor's producer, in the caller's transaction; ending none is no error.

    Raises:
        NotFound: the actor is not a member of the producer.
    """
    require_producer(actor, producer_id)
    if await REVOKE_FEED.maybe(conn, producer_id=producer_id) is not None:
        await _add_entry(conn, actor, "calendar.revoke", producer_id, now=now)


async def list_calendar_feeds(conn: Connection, actor: Actor) -> list[CalendarFeed]:
    """Return the actor's producers, and since when each calendar has an address."""
    return await LIST_FEEDS.all(conn, producer_ids=list(actor.producers))


async def read_calendar_feed(conn: Connection, secret: str, *, now: datetime) -> str:
    """Return the calendar at a secret address: the last month and the coming year, without names or phones of guests.

    Raises:
        NotFound: the address is unknown or was revoked, or who made it is no member any more.
    """
    owner, day = None, get_business_day(now)
    if len(secret) <= _MAX_SECRET_LENGTH:
        owner = await FIND_FEED_OWNER.maybe(conn, secret_hash=_hash(secret), day=day)
    if owner is None:
        raise NotFound
    window = {"producer_id": owner.producer_id, "first": day - _PAST_DAYS, "until": day + _COMING_DAYS}
    nights = await LIST_FEED_NIGHTS.all(conn, limit=MAX_CALENDAR_EVENTS, **window)
    slots = await LIST_FEED_SLOTS.all(conn, limit=MAX_CALENDAR_EVENTS, **window)
    events = [
        CalendarEvent(
            uid=f"{each.uid}@xiangji", summary=f"{each.title} {each.room}：{_describe_nights(each)}",
            start=each.first, end=each.until,
        )
        for each in nights
    ] + [
        CalendarEvent(
            uid=f"{each.id}@xiangji", summary=f"{each.title}：订出 {each.taken}/{each.capacity} 个名额",
            start=each.starts_at, end=each.ends_at,
        )
        for each in slots
    ]  # fmt: skip
    return write_calendar(owner.name, events, now=now)


def _describe_nights(nights: _TakenNights) -> str:
    if nights.order_code is not None:
        return f"订单 {nights.order_code}"
    return "自己来的客人" if nights.guest else "关房"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def _add_entry(conn: Connection, actor: Actor, action: str, producer_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"producer:{producer_id}", detail={}, now=now
    )
