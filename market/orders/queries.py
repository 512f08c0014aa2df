"""Reading orders: a buyer sees their own, whole, in a constant number of statements."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.bookings import CODE_CONTEXT, BookingState
from market.identity import Actor, NotFound
from market.kernel import Connection, Fen, Query
from market.kernel.page import MOST, Page, cut
from market.kernel.seal import Seal
from market.orders.accounts import order_ref
from market.orders.address import Address, open_address
from market.orders.models import LineId, OrderId, OrderState, SuborderId, SuborderKind, SuborderState
from market.orders.tell import PHONE_CONTEXT
from payments import PaymentState, payments_of


class LineView(Struct, frozen=True):
    """One line as it was ordered."""

    id: LineId
    suborder_id: SuborderId
    listing_id: UUID
    listing_number: int
    variant_id: UUID
    title: str
    unit: str
    quantity: int
    price_fen: Fen
    amount_fen: Fen
    refunded_fen: Fen
    reviewed: bool


class BookingView(Struct, frozen=True):
    """One room of a stay; `code` is what the guest shows, from payment to arrival."""

    id: UUID
    suborder_id: SuborderId
    listing_id: UUID
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    code: str | None


class SuborderView(Struct, frozen=True):
    """One producer's share of an order."""

    id: SuborderId
    code: str
    position: int
    producer_id: UUID
    producer: str
    kind: SuborderKind
    state: SuborderState
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    total_fen: Fen
    refunded_fen: Fen
    carrier: str | None
    tracking: str | None
    shipped_at: datetime | None
    received_at: datetime | None
    reviewed: bool
    lines: list[LineView]
    bookings: list[BookingView]


class PaymentView(Struct, frozen=True):
    """The latest payment of an order."""

    state: PaymentState
    method: str
    amount_fen: Fen
    refunded_fen: Fen


class OrderView(Struct, frozen=True):
    """An order as its buyer sees it."""

    id: OrderId
    number: int
    state: OrderState
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    total_fen: Fen
    refunded_fen: Fen
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime | None
    address: Address | None
    payment: PaymentView | None
    suborders: list[SuborderView]


class OrderBrief(Struct, frozen=True):
    """An order in a list: what was in it, in few words."""

    id: OrderId
    number: int
    state: OrderState
    total_fen: Fen
    placed_at: datetime
    pay_until: datetime
    titles: list[str]
    sellers: int
    suborder_states: list[SuborderState]


class _OrderRow(Struct, frozen=True):
    id: OrderId
    number: int
    state: OrderState
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    total_fen: Fen
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime | None
    address_sealed: bytes


class _SuborderRow(Struct, frozen=True):
    id: SuborderId
    position: int
    producer_id: UUID
    producer: str
    kind: SuborderKind
    state: SuborderState
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    refunded_fen: Fen
    carrier: str | None
    tracking: str | None
    shipped_at: datetime | None
    received_at: datetime | None
    reviewed: bool


class _BookingRow(Struct, frozen=True):
    id: UUID
    suborder_id: SuborderId
    listing_id: UUID
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    code_sealed: bytes | None


class _HostRow(Struct, frozen=True):
    producer_id: UUID
    phone_sealed: bytes


ORDER = Query(
    _OrderRow,
    """
    SELECT id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until, paid_at,
           address_sealed
      FROM orders WHERE id = :order_id AND buyer_id = :buyer_id
    """,
)
ORDER_ID = Query(UUID, "SELECT id FROM orders WHERE number = :number AND buyer_id = :buyer_id")
SUBORDERS = Query(
    _SuborderRow,
    """
    SELECT suborders.id, position, producer_id, producers.name AS producer, suborders.kind, suborders.state, goods_fen,
           freight_fen, discount_fen, refunded_fen, carrier, tracking, shipped_at, received_at,
           EXISTS (SELECT FROM reviews WHERE suborder_id = suborders.id) AS reviewed
      FROM suborders JOIN producers ON producers.id = producer_id
     WHERE order_id = :order_id
     ORDER BY position
    """,
)
LINES = Query(
    LineView,
    """
    SELECT order_lines.id, suborder_id, listing_id, listings.number AS listing_number, variant_id, order_lines.title,
           unit, quantity, price_fen, amount_fen, order_lines.refunded_fen,
           EXISTS (SELECT FROM reviews r
                    WHERE r.suborder_id = suborders.id AND r.listing_id = order_lines.listing_id) AS reviewed
      FROM order_lines
      JOIN suborders ON suborders.id = suborder_id
      JOIN listings ON listings.id = listing_id
     WHERE order_id = :order_id
     ORDER BY suborders.position, order_lines.position
    """,
)
BOOKINGS = Query(
    _BookingRow,
    """
    SELECT bookings.id, suborder_id, bookings.listing_id, rooms.name AS room, lower(nights) AS arrive_on,
           upper(nights) AS leave_on, bookings.state, code_sealed
      FROM bookings
      JOIN suborders ON suborders.id = suborder_id
      JOIN rooms ON rooms.id = room_id
     WHERE order_id = :order_id
     ORDER BY suborders.position, rooms.position
    """,
)
ORDERS_OF = Query(
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
     LIMIT :most
    """,
)
# Whoever booked and paid may call the house: a member of it whose phone is known, the owners first.
HOSTS_OF = Query(
    _HostRow,
    """
    SELECT DISTINCT ON (producer_id) producer_id, phone_sealed
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producer_members USING (producer_id)
      JOIN accounts ON accounts.id = account_id
     WHERE order_id = :order_id AND buyer_id = :buyer_id AND suborders.kind <> 'goods'
       AND suborders.state IN ('paid', 'received') AND valid_during @> :day::date AND phone_sealed IS NOT NULL
     ORDER BY producer_id, role <> 'owner', account_id
     LIMIT 100
    """,
)
_LAST = 2**62


async def get_order(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID) -> OrderView:
    """Return a buyer's own order.

    Raises:
        NotFound: there is none such of this buyer.
    """
    row = await ORDER.maybe(conn, order_id=order_id, buyer_id=buyer.account_id)
    if row is None:
        raise NotFound
    suborders = await SUBORDERS.all(conn, order_id=order_id)
    lines = await LINES.all(conn, order_id=order_id)
    bookings = [_booking(seal, each) for each in await BOOKINGS.all(conn, order_id=order_id)]
    payments = await payments_of(conn, order_ref(row.number))
    views = [
        _suborder(
            row.number,
            each,
            [line for line in lines if line.suborder_id == each.id],
            [booking for booking in bookings if booking.suborder_id == each.id],
        )
        for each in suborders
    ]
    payment = None
    if payments:
        last = payments[0]
        payment = PaymentView(last.state, last.method, Fen(last.amount_minor), Fen(last.refunded_minor))
    return OrderView(
        row.id,
        row.number,
        row.state,
        row.goods_fen,
        row.freight_fen,
        row.discount_fen,
        row.total_fen,
        Fen(sum(each.refunded_fen for each in suborders)),
        row.placed_at,
        row.pay_until,
        row.paid_at,
        open_address(seal, row.address_sealed),
        payment,
        views,
    )


async def hosts_of(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID, *, day: date) -> dict[UUID, str]:
    """Return the phone of each producer at which the buyer has paid nights or places, as of `day`."""
    rows = await HOSTS_OF.all(conn, order_id=order_id, buyer_id=buyer.account_id, day=day)
    return {row.producer_id: seal.open(row.phone_sealed, PHONE_CONTEXT) for row in rows}


def _booking(seal: Seal, row: _BookingRow) -> BookingView:
    shown = row.state is BookingState.BOOKED and row.code_sealed is not None
    code = seal.open(row.code_sealed, CODE_CONTEXT) if shown and row.code_sealed is not None else None
    return BookingView(row.id, row.suborder_id, row.listing_id, row.room, row.arrive_on, row.leave_on, row.state, code)


def _suborder(number: int, row: _SuborderRow, lines: list[LineView], bookings: list[BookingView]) -> SuborderView:
    return SuborderView(
        row.id,
        f"{number}-{row.position}",
        row.position,
        row.producer_id,
        row.producer,
        row.kind,
        row.state,
        row.goods_fen,
        row.freight_fen,
        row.discount_fen,
        Fen(row.goods_fen + row.freight_fen - row.discount_fen),
        row.refunded_fen,
        row.carrier,
        row.tracking,
        row.shipped_at,
        row.received_at,
        row.reviewed,
        lines,
        bookings,
    )


async def order_numbered(conn: Connection, buyer: Actor, number: int) -> OrderId:
    """Return the id of a buyer's own order by the number that people see.

    Raises:
        NotFound: there is none such of this buyer.
    """
    order_id = await ORDER_ID.maybe(conn, number=number, buyer_id=buyer.account_id)
    if order_id is None:
        raise NotFound
    return OrderId(order_id)


async def list_orders(
    conn: Connection, buyer: Actor, *, before: int | None = None, limit: int = 20
) -> Page[OrderBrief]:
    """Return a page of a buyer's orders, newest first; `before` is the number that the last page ended with."""
    most = max(1, min(limit, MOST))
    rows = await ORDERS_OF.all(
        conn, buyer_id=buyer.account_id, before=_LAST if before is None else max(0, min(before, _LAST)), most=most + 1
    )
    return cut(rows, most, lambda row: row.number)
