"""A buyer's orders as a list, newest first, by state and by words of what was bought and of its sellers."""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.page import MAX_PAGE_SIZE, Page
from market.kernel.text import clean_text
from market.people.identity.models import Actor
from market.sales.orders.models import OrderId, OrderState, SuborderState

MAX_SCANNED = 2000
"""How many orders one page of a search reads; the next page goes on behind them."""
MAX_WORDS = 4
"""How many words of a search are looked for; each must be found in an order."""
_MAX_NUMBER = 2**62
_NUMBER = re.compile(r"([0-9]{1,18})(?:-[0-9]{1,4})?")


class OrderGroup(StrEnum):
    """Orders by what they wait for: a payment, goods or visits, nothing; `ended`: unpaid, or cancelled."""

    UNPAID = "unpaid"
    OPEN = "open"
    FINISHED = "finished"
    ENDED = "ended"


ORDER_GROUPS: dict[OrderGroup, tuple[OrderState, ...]] = {
    OrderGroup.UNPAID: (OrderState.PLACED, OrderState.DEPOSITED),
    OrderGroup.OPEN: (OrderState.PAID,),
    OrderGroup.FINISHED: (OrderState.FINISHED,),
    OrderGroup.ENDED: (OrderState.CANCELLED, OrderState.EXPIRED),
}


class OrderBrief(Struct, frozen=True):
    """An order in a list, with its first titles.

    `goods`: parcels are in it, which can be bought again. Those of a package cannot: its price is for all of it.
    """

    id: OrderId
    number: int
    state: OrderState
    total_fen: Fen
    placed_at: datetime
    pay_until: datetime
    titles: list[str]
    sellers: int
    goods: bool
    suborder_states: list[SuborderState]


# The index orders_by_buyer is walked from the last number down; `scanned` bounds how far one page walks.
LIST_ORDERS = Query(
    OrderBrief,
    """
    SELECT id, number, state, total_fen, placed_at, pay_until,
           ARRAY(SELECT title FROM suborders JOIN order_lines ON suborder_id = suborders.id
                  WHERE order_id = orders.id ORDER BY suborders.position, order_lines.position LIMIT 3) AS titles,
           (SELECT count(DISTINCT producer_id) FROM suborders WHERE order_id = orders.id) AS sellers,
           EXISTS (SELECT FROM suborders WHERE order_id = orders.id AND kind = 'goods')
               AND NOT EXISTS (SELECT FROM package_orders WHERE order_id = orders.id) AS goods,
           ARRAY(SELECT state FROM suborders WHERE order_id = orders.id ORDER BY position) AS suborder_states
      FROM (SELECT * FROM orders
             WHERE buyer_id = :buyer_id AND number < :before
             ORDER BY number DESC LIMIT :scanned) AS orders
     WHERE (:states::text[] IS NULL OR state = ANY(:states::text[]))
       AND (:number::bigint IS NULL OR number = :number::bigint)
       AND NOT EXISTS (
           SELECT FROM unnest(:words::text[]) AS word
            WHERE NOT EXISTS (SELECT FROM suborders JOIN producers ON producers.id = producer_id
                               WHERE order_id = orders.id AND strpos(lower(producers.name), word) > 0)
              AND NOT EXISTS (SELECT FROM suborders JOIN order_lines ON suborder_id = suborders.id
                               WHERE order_id = orders.id AND strpos(lower(title), word) > 0))
     ORDER BY number DESC
     LIMIT :limit
    """,
)
FIND_LAST_SCANNED = Query(
    int,
    """
    SELECT number FROM orders WHERE buyer_id = :buyer_id AND number < :before
     ORDER BY number DESC OFFSET :scanned - 1 LIMIT 1
    """,
)
HAS_NUMBER = Query(bool, "SELECT EXISTS (SELECT FROM orders WHERE number = :number AND buyer_id = :buyer_id)")


def split_words(text: str) -> list[str]:
    """Return the first words of a search in lower case, at most `MAX_WORDS`."""
    return clean_text(text).lower().split()[:MAX_WORDS]


def parse_order_number(text: str) -> int | None:
    """Return the number of an order or of one of its parts (`1024`, `1024-2`), or None if the text is none."""
    match = _NUMBER.fullmatch(clean_text(text))
    return int(match[1]) if match else None


async def list_orders(
    conn: Connection,
    buyer: Actor,
    *,
    group: OrderGroup | None = None,
    text: str = "",
    before: int | None = None,
    limit: int = 20,
) -> Page[OrderBrief]:
    """Return a page of a buyer's orders, newest first, in at most three statements.

    `text` is the number of an order, else words of what was bought or of its sellers, of which each must be found.
    `before` is the `next` of the previous page. A page reads at most `MAX_SCANNED` orders, so that one in which little
    is found may be short and still have a next one.
    """
    page_size = max(1, min(limit, MAX_PAGE_SIZE))
    number = parse_order_number(text)
    if number is not None and not await HAS_NUMBER.one(conn, number=number, buyer_id=buyer.account_id):
        number = None
    start = _MAX_NUMBER if before is None else max(0, min(before, _MAX_NUMBER))
    if number is not None:
        start = min(start, number + 1)
    rows = await LIST_ORDERS.all(
        conn,
        buyer_id=buyer.account_id,
        before=start,
        scanned=MAX_SCANNED,
        states=None if group is None else list(ORDER_GROUPS[group]),
        number=number,
        words=[] if number is not None else split_words(text),
        limit=page_size + 1,
    )
    if len(rows) > page_size:
        return Page(rows[:page_size], str(rows[page_size - 1].number))
    if number is not None:
        return Page(rows, None)
    last = await FIND_LAST_SCANNED.maybe(conn, buyer_id=buyer.account_id, before=start, scanned=MAX_SCANNED)
    return Page(rows, None if last is None else str(last))
