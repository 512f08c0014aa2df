"""A producer's sales as a list: what was paid for, newest first; by state, day, listing, number and recipient."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.page import MAX_PAGE_SIZE, Page
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.orders.address import open_address
from market.sales.orders.list_orders import parse_order_number
from market.sales.orders.models import SuborderId, SuborderKind, SuborderState

MAX_SCANNED = 5000
"""How many sales one page reads; the next page goes on behind them."""
_LAST_ID = UUID(int=2**128 - 1)


class SaleState(StrEnum):
    """The states of a suborder from the first payment on."""

    DEPOSITED = "deposited"
    PAID = "paid"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"


_NAME_STATES = (SaleState.DEPOSITED, SaleState.PAID, SaleState.SHIPPED)
"""The states in which a producer sees to whom it sends."""


class SaleFilters(Struct, frozen=True, kw_only=True):
    """What a seller looks for, all optional; days are those of the payment, both included.

    `text` is the number of an order, else part of the name of a recipient. Names are stored encrypted: they are looked
    for only in what is to be sent or on its way, which is where the seller sees them.
    """

    state: SaleState | None = None
    paid_from: date | None = None
    paid_until: date | None = None
    listing_number: int | None = None
    text: str = ""


class SaleBrief(Struct, frozen=True, kw_only=True):
    """A suborder in a producer's list, with its first titles; `recipient` until the parcel is received."""

    id: SuborderId
    code: str
    kind: SuborderKind
    state: SuborderState
    total_fen: Fen
    refunded_fen: Fen
    paid_at: datetime | None
    titles: list[str]
    quantity: int
    recipient: str | None


class _SaleRow(Struct, frozen=True, kw_only=True):
    id: SuborderId
    code: str
    kind: SuborderKind
    state: SuborderState
    total_fen: Fen
    refunded_fen: Fen
    paid_at: datetime | None
    titles: list[str]
    quantity: int
    address_sealed: bytes


# The index suborders_of_producer is walked from the last id down; `scanned` bounds how far one page walks.
LIST_SALES = Query(
    _SaleRow,
    """
    SELECT suborders.id, orders.number || '-' || suborders.position AS code, suborders.kind, suborders.state,
           suborders.goods_fen + suborders.freight_fen - suborders.discount_fen AS total_fen, refunded_fen, paid_at,
           ARRAY(SELECT title FROM order_lines WHERE suborder_id = suborders.id ORDER BY position LIMIT 3) AS titles,
           (SELECT coalesce(sum(quantity), 0) FROM order_lines WHERE suborder_id = suborders.id)::integer AS quantity,
           CASE WHEN suborders.kind = 'goods' AND suborders.state IN ('deposited', 'paid', 'shipped')
                THEN address_sealed ELSE '' END AS address_sealed
      FROM (SELECT * FROM suborders
             WHERE producer_id = :producer_id AND id < :before
             ORDER BY id DESC LIMIT :scanned) AS suborders
      JOIN orders ON orders.id = order_id
     WHERE (paid_at IS NOT NULL OR suborders.state = 'deposited')
       AND (:states::text[] IS NULL OR suborders.state = ANY(:states::text[]))
       AND (:number::bigint IS NULL OR orders.number = :number::bigint)
       AND (:paid_from::date IS NULL OR business_day(paid_at) >= :paid_from::date)
       AND (:paid_until::date IS NULL OR business_day(paid_at) <= :paid_until::date)
       AND (:listing_number::bigint IS NULL
            OR EXISTS (SELECT FROM order_lines JOIN listings ON listings.id = listing_id
                        WHERE suborder_id = suborders.id AND listings.number = :listing_number::bigint))
     ORDER BY suborders.id DESC
     LIMIT :limit
    """,
)
FIND_SALE_BY_NUMBER = Query(
    UUID,
    """
    SELECT suborders.id FROM orders JOIN suborders ON order_id = orders.id
     WHERE number = :number AND producer_id = :producer_id
     ORDER BY suborders.id DESC LIMIT 1
    """,
)
FIND_LAST_SCANNED_SALE = Query(
    UUID,
    """
    SELECT id FROM suborders WHERE producer_id = :producer_id AND id < :before
     ORDER BY id DESC OFFSET :scanned - 1 LIMIT 1
    """,
)


async def list_sales(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    producer_id: UUID,
    filters: SaleFilters,
    *,
    before: UUID | None = None,
    limit: int = 20,
) -> Page[SaleBrief]:
    """Return a page of a producer's sales, newest first, in at most three statements.

    `before` is the `next` of the previous page. A page reads at most `MAX_SCANNED` sales, so that one in which little
    is found may be short and still have a next one.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    page_size = max(1, min(limit, MAX_PAGE_SIZE))
    start = before or _LAST_ID
    number = parse_order_number(filters.text)
    if number is not None:
        found = await FIND_SALE_BY_NUMBER.maybe(conn, number=number, producer_id=producer_id)
        start = min(start, UUID(int=found.int + 1)) if found else UUID(int=0)
    name = "" if number is not None else clean_text(filters.text)
    rows = await LIST_SALES.all(
        conn,
        producer_id=producer_id,
        before=start,
        scanned=MAX_SCANNED,
        states=_list_states(filters.state, by_name=bool(name)),
        number=number,
        paid_from=filters.paid_from,
        paid_until=filters.paid_until,
        listing_number=filters.listing_number,
        limit=MAX_SCANNED if name else page_size + 1,
    )
    sales = [each for each in (_open(seal, row) for row in rows) if name in (each.recipient or "")]
    if len(sales) > page_size:
        return Page(sales[:page_size], str(sales[page_size - 1].id))
    if number is not None:
        return Page(sales, None)
    last = await FIND_LAST_SCANNED_SALE.maybe(conn, producer_id=producer_id, before=start, scanned=MAX_SCANNED)
    return Page(sales, None if last is None else str(last))


def _list_states(state: SaleState | None, *, by_name: bool) -> list[str] | None:
    """Return the states to look in, None for all; a name is looked for where its seller sees it."""
    if not by_name:
        return None if state is None else [state]
    return [each for each in _NAME_STATES if state in (None, each)]


def _open(seal: Seal, row: _SaleRow) -> SaleBrief:
    address = open_address(seal, row.address_sealed)
    return build_from(SaleBrief, row, recipient=address.name if address else None)
