"""预留份额: the quota of a unit and a year by the rule of its region, and the book of what counts."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.places.organisations.models import UnitDuty
from market.sales.procurement.models import CountedEntry, PurchaseInvalid, UnitQuotaRequest, YearBook
from market.sales.procurement.rules import compute_least_quota
from market.sales.procurement.views import get_seat
from payments.money import format_yuan

FIRST_YEAR = 2019
MAX_COUNTED = 1000
MAX_CANTEEN_FEN = 10_000_000_000_00


class QuotaRule(Struct, frozen=True):
    """The least share of the canteen's purchases that a unit reserves, with its source."""

    region: str
    ratio_bp: int
    source: str


# A county's rule is nearer than its prefecture's, and so on to the country's.
FIND_RULE = Query(
    QuotaRule,
    """
    SELECT region, ratio_bp, source FROM quota_rules
     WHERE valid_during @> :day::date AND (region = '00' OR starts_with(:county::text, region))
     ORDER BY region <> '00' DESC, length(region) DESC LIMIT 1
    """,
)
SAVE_QUOTA = Query(
    None,
    """
    INSERT INTO unit_quotas (organisation_id, year, canteen_fen, quota_fen, region, ratio_bp, set_by, set_at)
    VALUES (:organisation_id, :year, :canteen_fen, :quota_fen, :region, :ratio_bp, :by, :now)
    ON CONFLICT ON CONSTRAINT unit_quotas_pkey DO UPDATE
       SET canteen_fen = excluded.canteen_fen, quota_fen = excluded.quota_fen, region = excluded.region,
           ratio_bp = excluded.ratio_bp, set_by = excluded.set_by, set_at = excluded.set_at
    """,
)
_BOOK = """
    SELECT u.id AS organisation_id, u.name AS unit, :year::integer AS year, q.canteen_fen, q.quota_fen,
           coalesce(q.ratio_bp, r.ratio_bp) AS ratio_bp, r.source, s.*
      FROM organisations u
      LEFT JOIN unit_quotas q ON q.organisation_id = u.id AND q.year = :year
     CROSS JOIN LATERAL (
           SELECT ratio_bp, source FROM quota_rules
            WHERE valid_during @> make_date(:year::integer, 12, 31)
              AND (region = '00' OR starts_with(u.county_code, region))
            ORDER BY region <> '00' DESC, length(region) DESC LIMIT 1) AS r
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(fen) FILTER (WHERE kind = 'committed'), 0)::bigint AS committed_fen,
                  coalesce(sum(fen) FILTER (WHERE kind = 'accepted'), 0)::bigint AS accepted_fen,
                  coalesce(sum(fen) FILTER (WHERE kind = 'restored'), 0)::bigint AS restored_fen,
                  (coalesce(sum(fen) FILTER (WHERE kind = 'spent'), 0)
                   - coalesce(sum(fen) FILTER (WHERE kind = 'returned'), 0))::bigint AS spent_fen,
                  coalesce(sum(fen) FILTER (WHERE kind = 'returned'), 0)::bigint AS returned_fen,
                  coalesce(sum(fen) FILTER (WHERE order_number IS NOT NULL), 0)::bigint AS platform_fen
             FROM quota_entries e WHERE e.organisation_id = u.id AND e.year = :year) AS s
"""
GET_BOOK = Query(YearBook, _BOOK + " WHERE u.id = :organisation_id")
LIST_BOOKS = Query(
    YearBook,
    _BOOK
    + """
     WHERE u.county_code = :county AND u.kind = 'public_unit' AND u.verified_at IS NOT NULL
     ORDER BY u.name, u.id LIMIT 500
    """,
)

LIST_COUNTED = Query(
    CountedEntry,
    """
    SELECT o.number, e.order_number, e.line_number, coalesce(s.name, w.supplier) AS seller, w.product,
           CASE e.kind WHEN 'spent' THEN e.fen ELSE -e.fen END AS fen, e.at
      FROM quota_entries e
      LEFT JOIN orders o ON o.id = e.order_id
      LEFT JOIN procurements p ON p.order_id = e.order_id
      LEFT JOIN producers s ON s.id = p.producer_id
      LEFT JOIN platform_purchases w ON w.order_number = e.order_number AND w.line_number = e.line_number
     WHERE e.organisation_id = :organisation_id AND e.year = :year AND e.kind IN ('spent', 'returned')
     ORDER BY e.at DESC, e.id DESC LIMIT :limit
    """,
)


async def set_unit_quota(conn: Connection, actor: Actor, new: UnitQuotaRequest, *, now: datetime) -> YearBook:
    """Set the quota of the actor's unit for a year, at least what the rule of its region asks for; or correct it.

    The caller's transaction has the scope of the person.

    Raises:
        NotOfPublicUnit: the actor neither approves nor keeps the finances of a unit.
        PurchaseInvalid: the year or an amount is wrong, or the quota is below the least.
    """
    today = get_business_day(now)
    seat = await get_seat(conn, actor, UnitDuty.APPROVER, UnitDuty.FINANCE, day=today)
    if not FIRST_YEAR <= new.year <= today.year + 1:
        raise PurchaseInvalid(errors=(FieldFault("year", f"年度应在 {FIRST_YEAR} 到 {today.year + 1} 之间"),))
    rule = await FIND_RULE.one(conn, day=date(new.year, 12, 31), county=seat.county_code)
    if not 0 <= new.canteen_fen <= MAX_CANTEEN_FEN:
        raise PurchaseInvalid(errors=(FieldFault("canteen_fen", "食堂一年采购的钱，没有食堂写 0"),))
    least = compute_least_quota(canteen_fen=new.canteen_fen, ratio_bp=rule.ratio_bp)
    if not least <= new.quota_fen <= new.canteen_fen:
        text = f"预留 {format_yuan(least)} 到 {format_yuan(new.canteen_fen)} 元；{rule.source}"
        raise PurchaseInvalid(errors=(FieldFault("quota_fen", text),))
    await SAVE_QUOTA.run(
        conn, organisation_id=seat.organisation_id, year=new.year, canteen_fen=new.canteen_fen,
        quota_fen=new.quota_fen, region=rule.region, ratio_bp=rule.ratio_bp, by=actor.account_id, now=now,
    )  # fmt: skip
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="procurement.quota", object=f"organisation:{seat.organisation_id}",
        detail={"year": new.year, "canteen_fen": new.canteen_fen, "quota_fen": new.quota_fen}, now=now,
    )  # fmt: skip
    return await get_year_book(conn, seat.organisation_id, new.year)


async def get_year_book(conn: Connection, organisation_id: UUID, year: int) -> YearBook:
    """Return a unit's book of a year, in a scope that may read it."""
    return await GET_BOOK.one(conn, organisation_id=organisation_id, year=year)


async def list_counted(conn: Connection, organisation_id: UUID, year: int) -> list[CountedEntry]:
    """Return what a unit's `spent_fen` of a year adds up, the newest first, at most 1,000; as `get_year_book`."""
    return await LIST_COUNTED.all(conn, organisation_id=organisation_id, year=year, limit=MAX_COUNTED)


async def get_own_book(conn: Connection, actor: Actor, year: int, *, day: date) -> YearBook:
    """Return the book of the actor's unit.

    Raises:
        NotOfPublicUnit: the actor works for none.
        PurchaseInvalid: there are no rules of that year.
    """
    seat = await get_seat(conn, actor, day=day)
    if not FIRST_YEAR <= year <= day.year + 1:
        raise PurchaseInvalid(errors=(FieldFault("year", f"年度应在 {FIRST_YEAR} 到 {day.year + 1} 之间"),))
    return await get_year_book(conn, seat.organisation_id, year)


async def list_county_books(conn: Connection, county: str, year: int) -> list[YearBook]:
    """Return the books of a year of the verified units that are registered in a county, by name, at most 500."""
    return await LIST_BOOKS.all(conn, county=county, year=year)
