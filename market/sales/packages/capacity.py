"""What the households of a package have free, in one statement for all of its parts."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_day_start
from market.sales.packages.models import Package
from market.sales.packages.read import SUPPLIERS_ON_SALE
from market.sales.packages.rules import Capacity, PartAvailability, list_availability

# Who agreed and may sell today. A stay has its rooms that are free in every night, an activity a row for each slot that
# has not started, goods what is in stock.
LIST_CAPACITIES = Query(
    Capacity,
    """
    WITH supplier AS (
        SELECT s.position, s.ordinal, s.listing_id, s.variant_id, listings.kind, lot_id, lot_units_per_item,
               (SELECT coalesce(sum(l.packages), 0)
                  FROM package_lines l
                  JOIN order_lines line ON line.id = l.line_id AND line.variant_id = s.variant_id
                  JOIN suborders sub ON sub.id = line.suborder_id AND sub.state NOT IN ('cancelled', 'expired')
                 WHERE l.package_id = s.package_id AND l.position = s.position)::integer AS served
    """
    + SUPPLIERS_ON_SALE
    + """
           AND s.package_id = :package_id
           AND NOT EXISTS (SELECT FROM closures WHERE closures.producer_id = s.producer_id
                                                  AND closed_during @> :day::date)
    )
    SELECT position, ordinal, listing_id, variant_id, NULL::uuid AS slot_id, NULL::timestamptz AS starts_at,
           NULL::timestamptz AS ends_at, room.free, room.possible, room.most, served
      FROM supplier
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE NOT EXISTS (
                      SELECT FROM taken_nights t
                       WHERE t.room_id = rooms.id AND t.nights && daterange(:arrive::date, :leave::date)))::integer
                      AS free,
                  count(*) FILTER (WHERE NOT EXISTS (
                      SELECT FROM taken_nights t LEFT JOIN bookings b ON b.id = t.booking_id
                       WHERE t.room_id = rooms.id AND t.nights && daterange(:arrive::date, :leave::date)
                         AND b.state IS DISTINCT FROM 'reserved'))::integer AS possible,
                  count(*)::integer AS most
             FROM rooms WHERE rooms.listing_id = supplier.listing_id AND rooms.open) AS room
     WHERE kind = 'stay' AND :arrive::date < :leave::date
       AND NOT EXISTS (SELECT FROM list_night_prices(supplier.listing_id, :arrive::date, :leave::date) AS night
                        WHERE night.min_nights > :leave::date - :arrive::date)
    UNION ALL
    SELECT position, ordinal, supplier.listing_id, variant_id, slots.id, lower(during), upper(during), free,
           free + (SELECT coalesce(sum(party), 0) FROM slot_reservations r
                    WHERE r.slot_id = slots.id AND r.state = 'reserved')::integer, capacity, served
      FROM supplier JOIN slots ON slots.listing_id = supplier.listing_id
     WHERE supplier.kind = 'activity' AND slots.state = 'open' AND lower(during) > :now
       AND lower(during) >= :first::timestamptz AND lower(during) < :until::timestamptz
    UNION ALL
    SELECT position, ordinal, listing_id, variant_id, NULL, NULL, NULL,
           coalesce(available_units / lot_units_per_item, 9999),
           coalesce((available_units + reserved_units) / lot_units_per_item, 9999),
           coalesce((available_units + reserved_units) / lot_units_per_item, 9999), served
      FROM supplier LEFT JOIN lots ON lots.id = lot_id
     WHERE supplier.kind = 'product'
     ORDER BY position, starts_at, ordinal
    """,
)
LIST_DAYS_OFF = Query(
    date, "SELECT day FROM holidays WHERE day_off AND day BETWEEN :first::date AND :last::date LIMIT 1000"
)


async def load_capacities(
    conn: Connection, package: Package, *, arrive: date, now: datetime
) -> dict[int, list[Capacity]]:
    """Return what is free for each part, by position, when guests arrive on a day.

    Of activities those on the days of the visit: from the day of arrival to that of departure.
    """
    leave = arrive + timedelta(days=package.nights)
    rows = await LIST_CAPACITIES.all(
        conn, package_id=package.id, day=get_business_day(now), now=now, arrive=arrive, leave=leave,
        first=get_day_start(arrive), until=get_day_start(leave + timedelta(days=1)),
    )  # fmt: skip
    return {part.position: [row for row in rows if row.position == part.position] for part in package.parts}


async def load_availability(
    conn: Connection, package: Package, *, arrive: date, now: datetime
) -> list[PartAvailability]:
    """Return for each part how many packages fit when guests arrive on a day; none on a day that is not offered.

    Without `on_holidays` none for a visit with a night that is a day off, and no activity on one.
    """
    if not max(package.starts_on, get_business_day(now)) <= arrive <= package.ends_on:
        return []
    leave = arrive + timedelta(days=package.nights)
    off = set[date]() if package.on_holidays else set(await LIST_DAYS_OFF.all(conn, first=arrive, last=leave))
    if off & _list_nights(package, arrive):
        return []
    capacities = await load_capacities(conn, package, arrive=arrive, now=now)
    return [
        each
        for part in package.parts
        for each in list_availability(
            [each for each in capacities[part.position] if _get_day(each) not in off],
            position=part.position,
            quantity=part.quantity,
        )
    ]


def _get_day(capacity: Capacity) -> date | None:
    return None if capacity.starts_at is None else get_business_day(capacity.starts_at)


async def has_holiday(conn: Connection, package: Package, *, arrive: date, days: Sequence[date]) -> bool:
    """Return whether a night of a visit, or one of the days of its activities, is a day off of a public holiday."""
    asked = _list_nights(package, arrive) | set(days)
    return bool(asked and asked.intersection(await LIST_DAYS_OFF.all(conn, first=min(asked), last=max(asked))))


def _list_nights(package: Package, arrive: date) -> set[date]:
    return {arrive + timedelta(days=each) for each in range(package.nights)}


class OnSale(Struct, frozen=True):
    """A household that agreed to supply a part and sells it today; `sold_out`: too little is left for a package."""

    package_id: UUID
    position: int
    ordinal: int
    sold_out: bool


LIST_ON_SALE = Query(
    OnSale,
    """
    SELECT s.package_id, s.position::integer, s.ordinal::integer,
           EXISTS (SELECT FROM lots JOIN package_parts part
                       ON part.package_id = s.package_id AND part.position = s.position
                    WHERE lots.id = variants.lot_id
                      AND lots.available_units < variants.lot_units_per_item * part.quantity) AS sold_out
    """
    + SUPPLIERS_ON_SALE
    + " AND s.package_id = ANY(:package_ids::uuid[])",
)


async def list_lacking(conn: Connection, packages: Sequence[Package], *, today: date) -> dict[UUID, list[str]]:
    """Return in Chinese what of each package is not to be had today: `赵家枣园的大枣卖完了`."""
    rows = await LIST_ON_SALE.all(conn, package_ids=[each.id for each in packages], day=today)
    found = {(row.package_id, row.position, row.ordinal): row for row in rows}
    lacking: dict[UUID, list[str]] = {}
    for package in packages:
        for part in package.parts:
            for each in part.agreed:
                row = found.get((package.id, part.position, each.ordinal))
                if row is None or row.sold_out:
                    words = "现在不卖" if row is None else "卖完了"
                    lacking.setdefault(package.id, []).append(f"{each.producer}的{each.title}{words}")
    return lacking
