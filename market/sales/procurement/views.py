"""Purchases as a unit, a seller and a county read them, in the caller's scope."""

from datetime import date
from uuid import UUID

from market.cases.casework.models import WaitingCases
from market.kernel import Connection, Query
from market.people.identity.models import Actor, NotFound
from market.places.organisations.models import UnitDuty
from market.places.organisations.public_buyers import UnitSeat, find_unit_seat
from market.sales.procurement.models import (
    MAX_LISTED,
    AcceptanceCheck,
    NotOfPublicUnit,
    Purchase,
    PurchaseDetail,
    PurchaseLine,
    RedLetter,
)

DUTY_NAMES = {
    UnitDuty.REQUESTER: "申请",
    UnitDuty.APPROVER: "审批",
    UnitDuty.ACCEPTOR: "验收",
    UnitDuty.FINANCE: "财务",
}
_COLUMNS = """
    SELECT p.order_id, o.number, o.state AS order_state, p.organisation_id, u.name AS unit, u.credit_code,
           p.producer_id, s.name AS seller, p.producer_county, p.year, p.list, p.payment_days,
           p.payer_code, p.freight_fen, p.ordered_fen, p.accepted_fen, p.refused_fen, p.state, p.requested_by,
           r.name AS requester, p.requested_at, p.approved_by, a.name AS approver, p.approved_at,
           g.name AS signer, p.signed_at, p.delivered_at,
           CASE WHEN p.state = 'delivered' THEN get_acceptance_due(p.delivered_at) END AS accept_due_on,
           c.name AS acceptor, p.accepted_at, p.due_on, i.number AS invoice_number, i.issued_on AS invoice_issued_on,
           p.invoiced_at, p.paid_at,
           (SELECT coalesce(sum(b.fen), 0)::bigint FROM bank_receipts b
             WHERE b.payer_code = p.payer_code AND b.order_id IS NULL AND b.closed_at IS NULL) AS waiting_fen,
           p.returned_fen, p.reduced_fen,
           get_red_letter_due(p.reduce_since) AS reduce_due_on, p.ended_at, p.reason
      FROM procurements p
      JOIN orders o ON o.id = p.order_id
      JOIN organisations u ON u.id = p.organisation_id
      JOIN producers s ON s.id = p.producer_id
      JOIN accounts r ON r.id = p.requested_by
      LEFT JOIN accounts a ON a.id = p.approved_by
      LEFT JOIN accounts g ON g.id = p.signed_by
      LEFT JOIN accounts c ON c.id = p.accepted_by
      LEFT JOIN procurement_invoices i ON i.order_id = p.order_id
"""
GET_PURCHASE = Query(Purchase, _COLUMNS + " WHERE p.order_id = (SELECT id FROM orders WHERE number = :number)")
LIST_OF_UNIT = Query(
    Purchase, _COLUMNS + " WHERE p.organisation_id = :organisation_id ORDER BY p.requested_at DESC LIMIT :limit"
)
LIST_OF_SELLER = Query(
    Purchase, _COLUMNS + " WHERE p.producer_id = ANY(:producers::uuid[]) ORDER BY p.requested_at DESC LIMIT :limit"
)
LIST_OF_COUNTY = Query(
    Purchase,
    _COLUMNS
    + """
     WHERE u.county_code = :county
     ORDER BY p.paid_at IS NOT NULL, p.state = 'ended', p.due_on, p.delivered_at, p.requested_at DESC
     LIMIT :limit
    """,
)
COUNT_SELLER_STEPS = Query(
    int,
    """
    SELECT count(*) FROM procurements p JOIN orders o ON o.id = p.order_id
     WHERE p.producer_id = ANY(:producers::uuid[])
       AND p.state IN ('approved', 'contracted', 'accepted') AND o.state = 'placed'
    """,
)
SUM_UP_RED_LETTERS = Query(
    WaitingCases,
    """
    SELECT count(*) AS count,
           min(get_red_letter_due(reduce_since) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS due_at
      FROM procurements
     WHERE producer_id = ANY(:producers::uuid[]) AND returned_fen > reduced_fen
    """,
)
COUNT_LATE_RED_LETTERS = Query(
    int,
    """
    SELECT count(*) FROM procurements p JOIN organisations u ON u.id = p.organisation_id
     WHERE u.county_code = :county AND p.returned_fen > p.reduced_fen AND get_red_letter_due(p.reduce_since) < :day
    """,
)
COUNT_LATE = Query(
    int,
    """
    SELECT count(*) FROM procurements p JOIN organisations u ON u.id = p.organisation_id
     WHERE u.county_code = :county AND p.due_on < :day AND p.paid_at IS NULL
    """,
)
COUNT_LATE_ACCEPTANCES = Query(
    int,
    """
    SELECT count(*) FROM procurements p JOIN organisations u ON u.id = p.organisation_id
     WHERE u.county_code = :county AND p.state = 'delivered' AND get_acceptance_due(p.delivered_at) < :day
    """,
)
LIST_LINES = Query(
    PurchaseLine,
    """
    SELECT line_id, p.order_id, title, unit, p.price_fen, ordered, delivered, accepted
      FROM procurement_lines p JOIN order_lines l ON l.id = line_id
     WHERE p.order_id = :order_id
     ORDER BY l.position, line_id
    """,
)
LIST_CHECKS = Query(
    AcceptanceCheck,
    "SELECT item, passed, note FROM procurement_checks WHERE order_id = :order_id ORDER BY item DESC",
)

LIST_RED_LETTERS = Query(
    RedLetter,
    """
    SELECT number, issued_on, fen, recorded_at FROM procurement_red_letters
     WHERE order_id = :order_id ORDER BY recorded_at, number
    """,
)


async def get_seat(conn: Connection, actor: Actor, *duties: UnitDuty, day: date) -> UnitSeat:
    """Return the public unit that the actor works for; in one of `duties`, if any are given.

    Raises:
        NotOfPublicUnit: the actor works for none, or in another duty.
    """
    seat = await find_unit_seat(conn, actor.account_id, day=day)
    if seat is None or (duties and seat.duty not in duties):
        raise NotOfPublicUnit(duty="、".join(DUTY_NAMES[each] for each in duties or UnitDuty))
    return seat


async def get_purchase(conn: Connection, number: int) -> PurchaseDetail:
    """Return a purchase that the transaction may see, by the number of its order; the caller has checked who reads.

    Raises:
        NotFound: there is none.
    """
    purchase = await GET_PURCHASE.maybe(conn, number=number)
    if purchase is None:
        raise NotFound
    return PurchaseDetail(
        purchase,
        await load_lines(conn, purchase.order_id),
        await LIST_CHECKS.all(conn, order_id=purchase.order_id),
        await LIST_RED_LETTERS.all(conn, order_id=purchase.order_id),
    )


async def read_purchase(conn: Connection, actor: Actor, number: int, *, day: date) -> PurchaseDetail:
    """Return a purchase to who works for its seller or for its unit on `day`, in the person's scope.

    Officials read the lists of their county, and no single purchase.

    Raises:
        NotFound: there is none, or the actor works for neither on that day.
    """
    detail = await get_purchase(conn, number)
    if detail.purchase.producer_id not in actor.producers:
        seat = await find_unit_seat(conn, actor.account_id, day=day)
        if seat is None or seat.organisation_id != detail.purchase.organisation_id:
            raise NotFound
    return detail


async def load_lines(conn: Connection, order_id: UUID) -> list[PurchaseLine]:
    """Return the lines of a purchase."""
    return await LIST_LINES.all(conn, order_id=order_id)


async def list_unit_purchases(conn: Connection, organisation_id: UUID) -> list[Purchase]:
    """Return the purchases of a unit, the newest first, at most 200."""
    return await LIST_OF_UNIT.all(conn, organisation_id=organisation_id, limit=MAX_LISTED)


async def list_seller_purchases(conn: Connection, seller: Actor) -> list[Purchase]:
    """Return what public units bought from the producers that a person works for, the newest first, at most 200."""
    return await LIST_OF_SELLER.all(conn, producers=list(seller.producers), limit=MAX_LISTED)


async def count_seller_steps(conn: Connection, seller: Actor) -> int:
    """Return how many purchases wait for a seller to sign, deliver, or issue an invoice, in the person's scope."""
    return await COUNT_SELLER_STEPS.one(conn, producers=list(seller.producers))


async def sum_up_red_letters(conn: Connection, seller: Actor) -> WaitingCases:
    """Return how many purchases wait for a red-letter invoice of a seller, and when the first of them is due."""
    return await SUM_UP_RED_LETTERS.one(conn, producers=list(seller.producers))


async def count_late_red_letters(conn: Connection, county: str, *, day: date) -> int:
    """Return how many red-letter invoices that sellers owe a county's units are past their day."""
    return await COUNT_LATE_RED_LETTERS.one(conn, county=county, day=day)


async def count_late_acceptances(conn: Connection, county: str, *, day: date) -> int:
    """Return how many deliveries to a county's units are past the day until which they are accepted."""
    return await COUNT_LATE_ACCEPTANCES.one(conn, county=county, day=day)


async def count_late_purchases(conn: Connection, county: str, *, day: date) -> int:
    """Return how many accepted purchases of a county's units are past their last day of payment."""
    return await COUNT_LATE.one(conn, county=county, day=day)


async def list_county_purchases(conn: Connection, county: str) -> list[Purchase]:
    """Return the purchases of the units that are registered in a county, what is due first, at most 200."""
    return await LIST_OF_COUNTY.all(conn, county=county, limit=MAX_LISTED)
