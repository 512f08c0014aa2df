"""Read the changes of booked stays, for their buyers and hosts."""

from uuid import UUID

from market.kernel import Connection, Query
from market.people.identity.models import Actor
from market.sales.visits.models import BookingChange

MAX_CHANGES = 100
_COLUMNS = """
    SELECT c.id, c.suborder_id, orders.number AS order_number, suborders.position, order_lines.title,
           order_lines.quantity AS rooms, c.proposed_by, c.state, lower(c.nights) AS arrive_on,
           upper(c.nights) AS leave_on, lower(c.old_nights) AS old_arrive_on, upper(c.old_nights) AS old_leave_on,
           c.paid_fen, c.price_fen, c.proposed_at, c.expires_at
      FROM booking_changes c
      JOIN suborders ON suborders.id = c.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN order_lines ON order_lines.suborder_id = suborders.id AND order_lines.position = 1
"""
GET_BOOKING_CHANGE = Query(BookingChange, _COLUMNS + " WHERE c.id = :change_id")
LIST_ORDER_CHANGES = Query(
    BookingChange,
    _COLUMNS
    + """
     WHERE order_id = :order_id AND buyer_id = :buyer_id
     ORDER BY c.proposed_at DESC, c.id DESC LIMIT :limit
    """,
)
LIST_OPEN_CHANGES = Query(
    BookingChange,
    _COLUMNS
    + """
     WHERE producer_id = ANY(:producer_ids::uuid[]) AND c.state = 'proposed'
     ORDER BY c.expires_at, c.id LIMIT :limit
    """,
)
COUNT_ASKED_CHANGES = Query(
    int,
    """
    SELECT count(*)::integer FROM booking_changes c JOIN suborders ON suborders.id = suborder_id
     WHERE producer_id = ANY(:producer_ids::uuid[]) AND c.state = 'proposed' AND c.proposed_by = 'buyer'
    """,
)


async def list_order_changes(conn: Connection, buyer: Actor, order_id: UUID) -> list[BookingChange]:
    """Return the changes of a buyer's own order, the latest first, at most 100; none of someone else's."""
    return await LIST_ORDER_CHANGES.all(conn, order_id=order_id, buyer_id=buyer.account_id, limit=MAX_CHANGES)


async def list_open_changes(conn: Connection, host: Actor) -> list[BookingChange]:
    """Return the open changes of the actor's stays, those that lapse first before, at most 100."""
    return await LIST_OPEN_CHANGES.all(conn, producer_ids=list(host.producers), limit=MAX_CHANGES)


async def count_asked_changes(conn: Connection, host: Actor) -> int:
    """Return how many guests of the actor's stays wait for an answer about other days."""
    return await COUNT_ASKED_CHANGES.one(conn, producer_ids=list(host.producers))
