"""A buyer's orders as a list, newest first."""

from datetime import datetime

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection, Fen, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.orders.models import OrderId, OrderState, SuborderState


class OrderBrief(Struct, frozen=True):
    """An order in a list, with its first titles."""

    id: OrderId
    number: int
    state: OrderState
    total_fen: Fen
    placed_at: datetime
    pay_until: datetime
    titles: list[str]
    sellers: int
    suborder_states: list[SuborderState]


LIST_ORDERS = Query(
    OrderBrief,
    """
    SELECT id, number, state, total_fen, placed_at, pay_until,
           ARRAY(SELECT title FROM suborders JOIN order_lines ON suborder_id = suborders.id
                  WHERE order_id = orders.id ORDER BY suborders.position, order_lines.position LIMIT 3) AS titles,
           (SELECT count(DISTINCT producer_id) FROM suborders WHERE order_id = orders.id) AS sellers,
           ARRAY(SELECT state FROM suborders WHERE order_id = orders.id ORDER BY position) AS suborder_states
      FROM orders
     WHERE buyer_id = :buyer_id AND number < :before
     ORDER BY number DESC
     LIMIT :limit
    """,
)
_MAX_NUMBER = 2**62


async def list_orders(
    conn: Connection, buyer: Actor, *, before: int | None = None, limit: int = 20
) -> Page[OrderBrief]:
    """Return a page of a buyer's orders, newest first; `before` is the last number of the previous page."""
    page_size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_ORDERS.all(
        conn,
        buyer_id=buyer.account_id,
        before=_MAX_NUMBER if before is None else max(0, min(before, _MAX_NUMBER)),
        limit=page_size + 1,
    )
    return make_page(rows, page_size, lambda row: row.number)
