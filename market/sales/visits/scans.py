"""Codes that were checked without a network: what a phone needs to check them, and the upload of what it did."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.bookings.signed_codes import PREFIX, count_days, list_public_keys, read_pass
from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.check_in import check_in_guest, find_visit_by_code, redeem_visit
from market.sales.aftersales.models import CheckInCodeUsed, CheckInOutsideStay, InvalidCheckInCode, VisitCancelled
from payments.sql import run_in_pieces

MAX_SCAN_AGE = timedelta(days=7)
"""How long after a scan its upload still checks the guest in."""
DOUBLES_PERIOD = timedelta(days=3)
SCAN_LIFETIME = timedelta(days=90)
"""How long a scan is kept. The visit itself has when its guest arrived."""
MAX_REVOKED = 500
MAX_DOUBLES = 50


class ScanOutcome(StrEnum):
    """What became of a scan: the guest is checked in, had been before, or the code was not valid."""

    ADMITTED = "admitted"
    AGAIN = "again"
    CANCELLED = "cancelled"
    OUTSIDE = "outside"
    WRONG = "wrong"


class NewScan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code as a phone checked it; the same `nonce` is the same scan. `code` is signed, or the digits of a code."""

    nonce: UUID
    code: Annotated[str, Meta(max_length=200)]
    shown_at: Annotated[datetime, Meta(tz=True)]


class UploadedScan(Struct, frozen=True, kw_only=True):
    """What became of a scan; `others` are the times at which other phones checked the same code."""

    nonce: UUID
    outcome: ScanOutcome
    others: list[datetime]


class DoubleScan(Struct, frozen=True, kw_only=True):
    """A visit whose code several phones checked."""

    visit_id: UUID
    title: str
    order_code: str
    scans: list[datetime]


class ExpectedVisit(Struct, frozen=True, kw_only=True):
    """A visit of today or tomorrow, as the phone shows it when its code is checked."""

    visit_id: UUID
    about: str


class RevokedCode(Struct, frozen=True):
    """A visit whose code is void; with days only a code that states them, because the visit was moved to others."""

    visit_id: UUID
    first: date | None
    last: date | None


class GateData(Struct, frozen=True, kw_only=True):
    """What a phone keeps to check codes without a network."""

    keys: dict[str, str]
    producers: list[int]
    revoked: list[str]
    expected: dict[str, str]


class _StoredScan(Struct, frozen=True):
    outcome: ScanOutcome
    visit_id: UUID


FIND_SCAN = Query(
    _StoredScan,
    """
    SELECT outcome, visit_id FROM check_in_scans
     WHERE nonce = :nonce AND (uploaded_by = :by OR producer_id = ANY(:producers::uuid[]))
    """,
)
ADD_SCAN = Query(
    int,
    """
    INSERT INTO check_in_scans (nonce, producer_id, visit_id, outcome, shown_at, uploaded_at, uploaded_by)
    VALUES (:nonce, :producer_id, :visit_id, :outcome, :shown_at, :now, :by)
        ON CONFLICT DO NOTHING
    RETURNING 1
    """,
)
DELETE_OLD_SCANS = Query(
    None,
    """
    DELETE FROM check_in_scans
     WHERE nonce IN (SELECT nonce FROM check_in_scans WHERE uploaded_at < :before LIMIT :piece::integer)
    """,
)
LIST_OTHER_SCANS = Query(
    datetime,
    "SELECT shown_at FROM check_in_scans WHERE visit_id = :visit_id AND nonce <> :nonce ORDER BY shown_at LIMIT 20",
)
FIND_VISIT_PRODUCER = Query(
    UUID,
    """
    SELECT producer_id FROM bookings JOIN suborders ON suborders.id = suborder_id WHERE bookings.id = :visit_id
    UNION ALL
    SELECT producer_id FROM slot_reservations r JOIN suborders ON suborders.id = suborder_id WHERE r.id = :visit_id
    """,
)
LIST_PRODUCER_NUMBERS = Query(
    int, "SELECT number FROM producers WHERE id = ANY(:producer_ids::uuid[]) ORDER BY number LIMIT 100"
)
LIST_REVOKED_CODES = Query(
    RevokedCode,
    """
    SELECT visit_id, first, last FROM (
        SELECT bookings.id AS visit_id, NULL::date AS first, NULL::date AS last
          FROM bookings JOIN suborders ON suborders.id = suborder_id
         WHERE producer_id = ANY(:producer_ids::uuid[]) AND bookings.state = 'cancelled'
           AND code_hash IS NOT NULL AND upper(nights) >= :day::date
        UNION ALL
        SELECT bookings.id, lower(c.old_nights), upper(c.old_nights)
          FROM booking_changes c
          JOIN suborders ON suborders.id = c.suborder_id
          JOIN bookings ON bookings.suborder_id = suborders.id
         WHERE producer_id = ANY(:producer_ids::uuid[]) AND c.state = 'done' AND upper(c.old_nights) >= :day::date
           AND c.old_nights <> bookings.nights
        UNION ALL
        SELECT r.id, NULL, NULL
          FROM slot_reservations r JOIN suborders ON suborders.id = r.suborder_id JOIN slots ON slots.id = slot_id
         WHERE producer_id = ANY(:producer_ids::uuid[]) AND r.code_hash IS NOT NULL
           AND (r.state = 'cancelled' OR slots.state = 'cancelled') AND business_day(upper(during)) >= :day::date
    ) AS revoked
     ORDER BY visit_id DESC LIMIT :limit
    """,
)
LIST_EXPECTED_VISITS = Query(
    ExpectedVisit,
    """
    SELECT bookings.id AS visit_id, order_lines.title || '，' || rooms.name AS about
      FROM bookings
      JOIN suborders ON suborders.id = bookings.suborder_id
      JOIN order_lines ON order_lines.id = line_id
      JOIN rooms ON rooms.id = room_id
     WHERE producer_id = ANY(:producer_ids::uuid[]) AND bookings.state = 'booked'
       AND nights && daterange(:day::date - 1, :day::date + 2)
    UNION ALL
    SELECT r.id, listings.title || '，' || party || ' 位'
      FROM slots
      JOIN listings ON listings.id = slots.listing_id AND producer_id = ANY(:producer_ids::uuid[])
      JOIN slot_reservations r ON r.slot_id = slots.id AND r.state = 'booked'
     WHERE business_day(lower(during)) BETWEEN :day::date AND :day::date + 1
     LIMIT :limit
    """,
)
LIST_DOUBLE_SCANS = Query(
    DoubleScan,
    """
    SELECT visit_id, order_lines.title, orders.number || '-' || suborders.position AS order_code, scans
      FROM (SELECT visit_id, array_agg(shown_at ORDER BY shown_at) AS scans
              FROM check_in_scans
             WHERE producer_id = ANY(:producer_ids::uuid[]) AND visit_id IN (
                   SELECT visit_id FROM check_in_scans
                    WHERE producer_id = ANY(:producer_ids::uuid[]) AND uploaded_at > :since)
             GROUP BY visit_id HAVING count(*) > 1) AS doubled
      LEFT JOIN bookings ON bookings.id = visit_id
      LEFT JOIN slot_reservations r ON r.id = visit_id
      JOIN suborders ON suborders.id = coalesce(bookings.suborder_id, r.suborder_id)
      JOIN orders ON orders.id = order_id
      JOIN order_lines ON order_lines.suborder_id = suborders.id AND order_lines.position = 1
     ORDER BY scans DESC LIMIT :limit
    """,
)


async def load_gate_data(conn: Connection, seal: Seal, actor: Actor, *, now: datetime) -> GateData:
    """Return what the actor's phone needs: public keys, the actor's producers, void codes and today's visits.

    A void code is named by the end of its visit's id, and by the days that it states if only that one is void.
    """
    producers, day = list(actor.producers), get_business_day(now)
    revoked = await LIST_REVOKED_CODES.all(conn, producer_ids=producers, day=day, limit=MAX_REVOKED)
    expected = await LIST_EXPECTED_VISITS.all(conn, producer_ids=producers, day=day, limit=MAX_REVOKED)
    return GateData(
        keys=list_public_keys(seal),
        producers=await LIST_PRODUCER_NUMBERS.all(conn, producer_ids=producers),
        revoked=[_name_code(each) for each in revoked],
        expected={_shorten(each.visit_id): each.about for each in expected},
    )


async def upload_scan(conn: Connection, seal: Seal, actor: Actor, scan: NewScan, *, now: datetime) -> UploadedScan:
    """Record a scan as it was made, and check the guest in if nobody has, in the caller's transaction.

    The first upload of a visit redeems its code; a later one learns of the earlier. A repeated upload returns what was
    recorded, also to another member of the team who has the phone now. Signed codes are not guessed, digits count as
    attempts.

    Raises:
        TooManyCheckInCodes: the actor tried ten wrong digits in the last hour.
    """
    producers = list(actor.producers)
    known = await FIND_SCAN.maybe(conn, nonce=scan.nonce, by=actor.account_id, producers=producers)
    if known is not None:
        return await _describe(conn, scan, known.outcome, known.visit_id)
    visit_id = await _find_visit(conn, seal, actor, scan, now=now)
    producer_id = None if visit_id is None else await FIND_VISIT_PRODUCER.maybe(conn, visit_id=visit_id)
    if visit_id is None or producer_id not in actor.producers:
        return UploadedScan(nonce=scan.nonce, outcome=ScanOutcome.WRONG, others=[])
    shown_at = min(scan.shown_at, now)
    outcome = ScanOutcome.ADMITTED
    try:
        if now - shown_at > MAX_SCAN_AGE:
            outcome = ScanOutcome.OUTSIDE
        else:
            await redeem_visit(conn, seal, actor, visit_id, shown_at=shown_at, now=now)
    except CheckInCodeUsed:
        outcome = ScanOutcome.AGAIN
    except CheckInOutsideStay:
        outcome = ScanOutcome.OUTSIDE
    except VisitCancelled:
        outcome = ScanOutcome.CANCELLED
    is_added = await ADD_SCAN.maybe(
        conn,
        nonce=scan.nonce,
        producer_id=producer_id,
        visit_id=visit_id,
        outcome=outcome,
        shown_at=shown_at,
        now=now,
        by=actor.account_id,
    )
    if is_added is None:  # the same phone's other upload of it, which this one waited for
        outcome = (await FIND_SCAN.one(conn, nonce=scan.nonce, by=actor.account_id, producers=producers)).outcome
    return await _describe(conn, scan, outcome, visit_id)


async def list_double_scans(conn: Connection, actor: Actor, *, now: datetime) -> list[DoubleScan]:
    """Return the visits of the actor's producers whose code several phones checked in the last days."""
    return await LIST_DOUBLE_SCANS.all(
        conn, producer_ids=list(actor.producers), since=now - DOUBLES_PERIOD, limit=MAX_DOUBLES
    )


async def _find_visit(conn: Connection, seal: Seal, actor: Actor, scan: NewScan, *, now: datetime) -> UUID | None:
    """Return the visit of a signed code or of typed digits; wrong digits are recorded as an attempt."""
    if scan.code.strip().startswith(PREFIX):
        stated = read_pass(seal, scan.code)
        return None if stated is None else stated.visit_id
    visit_id = await find_visit_by_code(conn, seal, actor, scan.code, now=now)
    if visit_id is None:
        outcome = await check_in_guest(conn, seal, actor, scan.code, now=now)
        assert isinstance(outcome, InvalidCheckInCode)
    return visit_id


async def _describe(conn: Connection, scan: NewScan, outcome: ScanOutcome, visit_id: UUID) -> UploadedScan:
    others = await LIST_OTHER_SCANS.all(conn, visit_id=visit_id, nonce=scan.nonce)
    return UploadedScan(nonce=scan.nonce, outcome=outcome, others=others)


def _shorten(visit_id: UUID) -> str:
    """Return the end of a visit's id, which is random."""
    return visit_id.hex[-12:]


def _name_code(code: RevokedCode) -> str:
    """Return what a phone compares with a code that it reads."""
    days = [each for each in (code.first, code.last) if each is not None]
    return ":".join([_shorten(code.visit_id), *(str(count_days(each)) for each in days)])


async def delete_old_scans(db: Database, before: datetime) -> int:
    """Delete the scans that were uploaded before a moment; return how many."""
    return await run_in_pieces(db, DELETE_OLD_SCANS, before=before)
