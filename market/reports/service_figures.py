"""What courses, clinic days and job postings came to: of a county, by township and quarter, with the list beneath."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Query
from market.kernel.clock import get_next_quarter, get_quarter_start
from market.kernel.disclosure import hide_small, hides_sum

FIGURES = ("courses", "attended", "certificates", "visits", "found_work")
"""The figures in their order; the first counts courses, the others count people, who may come several times."""
PEOPLE = FIGURES[1:]
MAX_QUARTERS = 8


class TownshipServices(Struct, frozen=True, kw_only=True):
    """A township in a quarter: courses held, who attended them, certificates, visits to clinic days, who found work.

    None where a number would tell of few; `found_work` counts each person once a quarter, where they were hired first.
    """

    code: str
    name: str
    courses: int
    attended: int | None
    certificates: int | None
    visits: int | None
    found_work: int | None


class ServiceItem(Struct, frozen=True, kw_only=True):
    """A course, a clinic day or an employer that a figure counts `n` of; nothing of a person."""

    title: str
    host: str
    village: str
    day: date | None
    n: int


# A course counts on the day it was held, a hire on the day of the worker's first confirmed one in the quarter.
_ITEMS = """
    WITH held AS (
        SELECT slots.id, slots.kind, slots.village_code, coalesce(c.title, '坐诊') AS title,
               coalesce(c.organiser, o.name) AS host,
               (lower(during) AT TIME ZONE 'Asia/Shanghai')::date AS day
          FROM slots
          LEFT JOIN course_sessions c ON c.slot_id = slots.id
          LEFT JOIN clinic_days k ON k.slot_id = slots.id
          LEFT JOIN organisations o ON o.id = k.organisation_id
         WHERE slots.village_code >= :county AND slots.village_code < :county || ':' AND slots.state <> 'cancelled'
           AND lower(during) >= :first::date::timestamp AT TIME ZONE 'Asia/Shanghai'
           AND lower(during) < :next::date::timestamp AT TIME ZONE 'Asia/Shanghai'),
    seats AS (
        SELECT held.*, (SELECT count(*) FROM slot_reservations r
                         WHERE r.slot_id = held.id AND r.state = 'attended') AS attended,
               (SELECT count(*) FROM slot_reservations r JOIN course_certificates t ON t.reservation_id = r.id
                 WHERE r.slot_id = held.id) AS certificates
          FROM held),
    hires AS (
        SELECT DISTINCT ON (a.account_id) a.account_id, p.village_code, p.title, o.name AS host
          FROM job_applications a
          JOIN job_postings p ON p.id = a.posting_id
          JOIN organisations o ON o.id = p.organisation_id
         WHERE p.village_code >= :county AND p.village_code < :county || ':' AND a.state = 'confirmed'
           AND a.hired_on >= :first::date AND a.hired_on < :next::date
         ORDER BY a.account_id, a.hired_on, a.id),
    items AS (
        SELECT 'courses' AS key, village_code, title, host, day, 1::bigint AS n FROM seats WHERE kind = 'course'
         UNION ALL
        SELECT 'attended', village_code, title, host, day, attended FROM seats WHERE kind = 'course'
         UNION ALL
        SELECT 'certificates', village_code, title, host, day, certificates FROM seats
         UNION ALL
        SELECT 'visits', village_code, title, host, day, attended FROM seats WHERE kind = 'clinic'
         UNION ALL
        SELECT 'found_work', village_code, title, host, NULL, count(*) FROM hires GROUP BY village_code, title, host)
"""
SUM_UP = Query(
    TownshipServices,
    _ITEMS
    + """
    SELECT t.code, t.name,
           coalesce(sum(n) FILTER (WHERE key = 'courses'), 0)::integer AS courses,
           coalesce(sum(n) FILTER (WHERE key = 'attended'), 0)::integer AS attended,
           coalesce(sum(n) FILTER (WHERE key = 'certificates'), 0)::integer AS certificates,
           coalesce(sum(n) FILTER (WHERE key = 'visits'), 0)::integer AS visits,
           coalesce(sum(n) FILTER (WHERE key = 'found_work'), 0)::integer AS found_work
      FROM items JOIN divisions t ON t.code = ancestor_code(village_code, 4)
     GROUP BY t.code, t.name
    HAVING sum(n) > 0
     ORDER BY t.code
    """,
)
LIST_ITEMS = Query(
    ServiceItem,
    _ITEMS
    + """
    SELECT title, host, d.name AS village, day, n::integer AS n
      FROM items JOIN divisions d ON d.code = village_code
     WHERE key = :key AND n > 0 AND starts_with(village_code, :within)
     ORDER BY day NULLS LAST, village_code, title
     LIMIT 1000
    """,
)


def list_quarters(today: date) -> list[date]:
    """Return the first days of the last `MAX_QUARTERS` quarters that are over, the latest first; pure.

    A running quarter is not published: from one day to the next it would tell of one person.
    """
    quarters: list[date] = []
    first = get_quarter_start(today)
    while len(quarters) < MAX_QUARTERS:
        first = get_quarter_start(date.fromordinal(first.toordinal() - 1))
        quarters.append(first)
    return quarters


async def sum_up_services(conn: Connection, county: str, quarter: date) -> list[TownshipServices]:
    """Return the figures of a county's townships in a quarter as they are; townships without any are left out."""
    return await SUM_UP.all(conn, county=county, first=quarter, next=get_next_quarter(quarter))


def hide_people(townships: Sequence[TownshipServices]) -> list[TownshipServices]:
    """Return the townships as published: no number of people below ten, and none that the sum would tell; pure."""
    published = list(townships)
    for key in PEOPLE:
        counts: list[int] = [getattr(each, key) for each in townships]
        hidden = [True] * len(counts) if hides_sum(counts) else hide_small(counts)
        published = [
            replace(each, **{key: None}) if hide else each for each, hide in zip(published, hidden, strict=True)
        ]
    return published


async def publish_services(conn: Connection, county: str, quarter: date) -> list[TownshipServices]:
    """Return the figures of a county's townships in a quarter as everybody may read them."""
    return hide_people(await sum_up_services(conn, county, quarter))


async def list_service_items(
    conn: Connection, county: str, quarter: date, *, key: str, within: str
) -> list[ServiceItem]:
    """Return what a figure of a county or a township in it counts: the numbers add up to the figure; at most 1,000."""
    assert key in FIGURES, key
    return await LIST_ITEMS.all(
        conn, county=county, first=quarter, next=get_next_quarter(quarter), key=key, within=within
    )
