"""Read orders as their buyer sees them, in a constant number of statements."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import BookingState
from market.catalogue.bookings.signed_codes import VisitPass, sign_pass
from market.catalogue.bookings.transitions import CODE_CONTEXT
from market.catalogue.producers.closures import ClosureReason
from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import PHONE_CONTEXT
from market.places.counties.settings import SEND_DEFAULTS
from market.sales.orders.address import Address, open_address
from market.sales.orders.checkout.places import PlacesView, load_places
from market.sales.orders.deposits import Deposit, find_deposit
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.line_views import LineView, load_line_views
from market.sales.orders.models import OrderId, OrderState, PaymentTerms, SuborderId, SuborderKind, SuborderState
from market.sales.orders.money.refund_requests import SUM_WAITING_FEN
from market.sales.orders.send_by import CANCEL_ON, MOVED_FOR, PLANNED_BY, SEND_BY
from payments import (
    DisputeState,
    PaymentState,
    Purpose,
    Refund,
    RefundState,
    list_disputes,
    list_payments,
    list_refunds,
)


class BookingView(Struct, frozen=True):
    """One room of a stay; `code` is the check-in code, from payment until arrival.

    `signed_code` says the same so that it verifies without a network.
    """

    id: UUID
    suborder_id: SuborderId
    listing_id: UUID
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    code: str | None
    signed_code: str | None


class SuborderView(Struct, frozen=True, kw_only=True):
    """One producer's part of an order. A paid parcel is sent by `send_by`; on `cancel_on` an unsent one is cancelled.

    `planned_by`: the day by which it would be sent if the seller were closed on no day; `send_by` is later if closed
    days moved it, the first of them for the reason `moved_for`. `cancel_note`: why the seller did not send it.
    """

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
    send_by: date | None
    planned_by: date | None
    moved_for: ClosureReason | None
    cancel_on: date | None
    shipped_at: datetime | None
    received_at: datetime | None
    reviewed: bool
    cancel_note: str
    lines: list[LineView]
    bookings: list[BookingView]
    places: PlacesView | None


class PaymentView(Struct, frozen=True, kw_only=True):
    """The latest payment of an order."""

    state: PaymentState
    purpose: Purpose
    method: str
    amount_fen: Fen
    refunded_fen: Fen


class OrderView(Struct, frozen=True, kw_only=True):
    """An order as its buyer sees it.

    Of `refunded_fen`, `refund_arrived_fen` has reached the buyer and `refund_failed_fen` has not; the rest is pending.
    `refund_requested_fen` waits for a second person at the seller and is not in it.
    `deposit`: the order is paid in two parts. `terms`: it is paid after acceptance, if a public unit requested it.
    `disputed`: the buyer disputes a payment at the provider, which has not decided yet.
    """

    id: OrderId
    number: int
    state: OrderState
    terms: PaymentTerms
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    total_fen: Fen
    refunded_fen: Fen
    refund_arrived_fen: Fen
    refund_failed_fen: Fen
    refund_requested_fen: Fen
    disputed: bool
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime | None
    address: Address | None
    payment: PaymentView | None
    deposit: Deposit | None
    suborders: list[SuborderView]


class _OrderViewRow(Struct, frozen=True, kw_only=True):
    id: OrderId
    number: int
    state: OrderState
    terms: PaymentTerms
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    total_fen: Fen
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime | None
    address_sealed: bytes


class _SuborderViewRow(Struct, frozen=True, kw_only=True):
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
    send_by: date | None
    planned_by: date | None
    moved_for: ClosureReason | None
    cancel_on: date | None
    shipped_at: datetime | None
    received_at: datetime | None
    reviewed: bool
    cancel_note: str


class _BookingViewRow(Struct, frozen=True):
    id: UUID
    suborder_id: SuborderId
    listing_id: UUID
    room: str
    arrive_on: date
    leave_on: date
    state: BookingState
    code_sealed: bytes | None
    producer_number: int


class _HostPhoneRow(Struct, frozen=True):
    producer_id: UUID
    phone_sealed: bytes


GET_ORDER = Query(
    _OrderViewRow,
    """
    SELECT id, number, state, terms, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until, paid_at,
           address_sealed
      FROM orders WHERE id = :order_id AND buyer_id = :buyer_id
    """,
)
GET_OWN_ORDER_ID = Query(UUID, "SELECT id FROM orders WHERE number = :number AND buyer_id = :buyer_id")
LIST_SUBORDER_VIEWS = Query(
    _SuborderViewRow,
    """
    SELECT suborders.id, position, producer_id, producers.name AS producer, suborders.kind, suborders.state,
           suborders.goods_fen, suborders.freight_fen, suborders.discount_fen, refunded_fen, carrier, tracking,
           shipped_at, received_at, CASE WHEN suborders.kind = 'goods' THEN """
    + SEND_BY
    + """ END AS send_by, CASE WHEN suborders.kind = 'goods' THEN """
    + PLANNED_BY
    + """ END AS planned_by, CASE WHEN suborders.kind = 'goods' THEN """
    + MOVED_FOR
    + """ END AS moved_for, CASE WHEN suborders.kind = 'goods' THEN """
    + CANCEL_ON
    + """ END AS cancel_on,
           EXISTS (SELECT FROM reviews WHERE suborder_id = suborders.id) AS reviewed,
           CASE WHEN suborders.state = 'cancelled' THEN
                coalesce((SELECT note FROM suborder_events
                           WHERE suborder_id = suborders.id AND suborder_events.state = 'cancelled'), '')
           ELSE '' END AS cancel_note
      FROM suborders JOIN orders ON orders.id = order_id JOIN producers ON producers.id = producer_id
     WHERE order_id = :order_id
     ORDER BY position
    """,
)
LIST_BOOKING_VIEWS = Query(
    _BookingViewRow,
    """
    SELECT bookings.id, suborder_id, bookings.listing_id, rooms.name AS room, lower(nights) AS arrive_on,
           upper(nights) AS leave_on, bookings.state, code_sealed, producers.number AS producer_number
      FROM bookings
      JOIN suborders ON suborders.id = suborder_id
      JOIN producers ON producers.id = producer_id
      JOIN rooms ON rooms.id = room_id
     WHERE order_id = :order_id
     ORDER BY suborders.position, rooms.position
    """,
)
# One member of each producer that has a phone, owners first.
LIST_HOST_PHONES = Query(
    _HostPhoneRow,
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
GET_LATEST_ADDRESS = Query(
    bytes,
    """
    SELECT address_sealed
      FROM orders
     WHERE buyer_id = :buyer_id AND address_sealed <> ''
     ORDER BY EXISTS (SELECT FROM suborders WHERE order_id = orders.id AND kind = 'goods') DESC, number DESC
     LIMIT 1
    """,
)


async def get_order(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID) -> OrderView:
    """Return a buyer's own order.

    Raises:
        NotFound: the order does not exist or belongs to someone else.
    """
    row = await GET_ORDER.maybe(conn, order_id=order_id, buyer_id=buyer.account_id)
    if row is None:
        raise NotFound
    suborders = await LIST_SUBORDER_VIEWS.all(conn, order_id=order_id, **SEND_DEFAULTS)
    lines = await load_line_views(conn, order_id)
    bookings = [_build_booking(seal, each) for each in await LIST_BOOKING_VIEWS.all(conn, order_id=order_id)]
    places = await load_places(conn, seal, order_id)
    payments = await list_payments(conn, get_order_ref(row.number))
    views = [
        _build_suborder(
            row.number,
            each,
            [line for line in lines if line.suborder_id == each.id],
            [booking for booking in bookings if booking.suborder_id == each.id],
            places.get(each.id),
        )
        for each in suborders
    ]
    refunds = [refund for each in payments if each.refunded_minor for refund in await list_refunds(conn, each.id)]
    disputed = any(each.disputed_minor for each in payments) and any(
        each.state is DisputeState.OPEN for each in await list_disputes(conn, get_order_ref(row.number))
    )
    payment = None
    if payments:
        last = payments[0]
        payment = PaymentView(
            state=last.state,
            purpose=last.purpose,
            method=last.method,
            amount_fen=Fen(last.amount_minor),
            refunded_fen=Fen(last.refunded_minor),
        )
    return build_from(
        OrderView,
        row,
        refunded_fen=Fen(sum(each.refunded_fen for each in suborders)),
        refund_arrived_fen=_sum_refunds(refunds, RefundState.SUCCEEDED),
        refund_failed_fen=_sum_refunds(refunds, RefundState.FAILED),
        refund_requested_fen=Fen(await SUM_WAITING_FEN.one(conn, order_id=order_id)),
        disputed=disputed,
        address=open_address(seal, row.address_sealed),
        payment=payment,
        deposit=await find_deposit(conn, order_id),
        suborders=views,
    )


async def load_latest_address(conn: Connection, seal: Seal, buyer: Actor) -> Address | None:
    """Return the address of a buyer's latest parcel, else of their latest order, or None before the first one."""
    sealed = await GET_LATEST_ADDRESS.maybe(conn, buyer_id=buyer.account_id)
    return None if sealed is None else open_address(seal, sealed)


def _sum_refunds(refunds: list[Refund], state: RefundState) -> Fen:
    return Fen(sum(each.amount_minor for each in refunds if each.state is state))


async def load_host_phones(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID, *, day: date) -> dict[UUID, str]:
    """Return the phone of each producer at which the buyer paid a stay or an activity, as of `day`."""
    rows = await LIST_HOST_PHONES.all(conn, order_id=order_id, buyer_id=buyer.account_id, day=day)
    return {row.producer_id: seal.open(row.phone_sealed, PHONE_CONTEXT) for row in rows}


def _build_booking(seal: Seal, row: _BookingViewRow) -> BookingView:
    code = seal.open(row.code_sealed, CODE_CONTEXT) if row.code_sealed and row.state is BookingState.BOOKED else None
    visit = VisitPass(
        visit_id=row.id, producer_number=row.producer_number, first=row.arrive_on, last=row.leave_on, party=0
    )
    return build_from(BookingView, row, code=code, signed_code=sign_pass(seal, visit) if code else None)


def _build_suborder(
    number: int,
    row: _SuborderViewRow,
    lines: list[LineView],
    bookings: list[BookingView],
    places: PlacesView | None,
) -> SuborderView:
    return build_from(
        SuborderView,
        row,
        code=f"{number}-{row.position}",
        total_fen=Fen(row.goods_fen + row.freight_fen - row.discount_fen),
        lines=lines,
        bookings=bookings,
        places=places,
    )


async def get_order_id(conn: Connection, buyer: Actor, number: int) -> OrderId:
    """Return the id of a buyer's own order by its public number.

    Raises:
        NotFound: the order does not exist or belongs to someone else.
    """
    order_id = await GET_OWN_ORDER_ID.maybe(conn, number=number, buyer_id=buyer.account_id)
    if order_id is None:
        raise NotFound
    return OrderId(order_id)
